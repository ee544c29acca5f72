//! `map.csv`: where the towns lie to one another, as tiles of equal size, for the map in reports.

use std::collections::BTreeMap;

use super::codes::Town;
use super::departments::Departments;
use super::error::CountyError;
use super::table::{Row, for_each_row};

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "map.csv";

const COLUMNS: &[&str] = &["town", "column", "row"];
/// Tiles stand in so many columns and rows at most.
const LARGEST: u32 = 20;

/// A town's place: columns count from the west, rows from the north, both from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    pub town: Town,
    pub column: u32,
    pub row: u32,
}

/// The tiles in the order of the file; none where the county has no map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TownMap {
    tiles: Vec<Tile>,
}

impl TownMap {
    /// Reads and checks the file's text against the towns that have an office; `file` is the name that errors show. A town
    /// may have no tile, so that one can be added to the offices first; a file without rows is a county without a map.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed.
    pub fn parse(file: &str, text: &str, departments: &Departments) -> Result<Self, CountyError> {
        let mut tiles: Vec<Tile> = Vec::new();
        let mut taken: BTreeMap<(u32, u32), (Town, usize)> = BTreeMap::new();
        for_each_row(file, text, COLUMNS, COLUMNS, |row| {
            let town = Town::from(row.required("town")?);
            if !departments.towns().any(|known| *known == town) {
                let what = format!("town \"{town}\" has no office in departments.csv");
                return Err(row.at.invalid(what, departments.town_names()));
            }
            let place = (number(row, "column")?, number(row, "row")?);
            if tiles.iter().any(|tile| tile.town == town) {
                return Err(row.at.invalid(format!("\"{town}\" stands twice"), "each town once"));
            }
            if let Some((other, line)) = taken.insert(place, (town.clone(), row.at.line)) {
                let what = format!("the tile of \"{town}\" is that of \"{other}\" in line {line}");
                return Err(row.at.invalid(what, "each tile once"));
            }
            tiles.push(Tile { town, column: place.0, row: place.1 });
            Ok(())
        })?;
        Ok(Self { tiles })
    }

    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }
}

fn number(row: &Row<'_>, column: &str) -> Result<u32, CountyError> {
    let text = row.required(column)?;
    text.parse().ok().filter(|n| (1..=LARGEST).contains(n)).ok_or_else(|| {
        row.at.invalid(format!("{column} \"{text}\" is not a place"), format!("1 to {LARGEST}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICES: &str = include_str!("../../../data/xiangshan/departments.csv");
    const MAP: &str = include_str!("../../../data/xiangshan/map.csv");

    fn read(text: &str) -> Result<TownMap, String> {
        let departments = Departments::parse("departments.csv", OFFICES).unwrap();
        TownMap::parse(FILE, text, &departments).map_err(|error| error.to_string())
    }

    #[test]
    fn every_town_of_the_sample_has_a_tile_of_its_own() {
        assert_eq!(read(MAP).unwrap().tiles().len(), 18);
        assert_eq!(read("town,column,row\n").unwrap(), TownMap::default());
    }

    #[test]
    fn a_new_town_is_added_to_the_offices_before_the_map() {
        let offices = format!("{}\nxinshe,新设镇人民政府,新设镇,乡镇街道,新设镇,,,\n", OFFICES.trim_end());
        let departments = Departments::parse("departments.csv", &offices).unwrap();
        assert!(departments.towns().any(|town| town.as_str() == "新设镇"));
        assert_eq!(TownMap::parse(FILE, MAP, &departments).unwrap().tiles().len(), 18);
    }

    #[test]
    fn what_is_no_map_is_refused_where_it_stands() {
        let wrong = |rows: &str| read(&format!("town,column,row\n{rows}")).unwrap_err();
        assert!(wrong("沙漠镇,1,1\n").starts_with("map.csv line 2: town \"沙漠镇\" has no office"));
        assert!(
            wrong("石浦镇,0,1\n")
                .starts_with("map.csv line 2: column \"0\" is not a place; allowed: 1 to 20")
        );
        assert!(wrong("石浦镇,1,北\n").contains("row \"北\" is not a place"));
        assert!(wrong("石浦镇,1,1\n石浦镇,2,1\n").contains("line 3: \"石浦镇\" stands twice"));
        let shared = wrong("石浦镇,1,1\n鹤浦镇,1,1\n");
        assert!(shared.contains("the tile of \"鹤浦镇\" is that of \"石浦镇\" in line 2"), "{shared}");
    }
}
