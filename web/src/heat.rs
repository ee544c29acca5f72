//! How much the last seven days brought of each topic and in each town, beside the usual: for the overview and the wall.

use qingting_models::county::{Tile, Town};
use qingting_models::store::{WeekCount, WeekFigures};
use qingting_respond::report::drawing::grade;

use crate::access::url_encode;
use crate::names::Names;

/// Rows of a table, the largest.
const ROWS: usize = 18;

/// A topic or a town.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeatRow {
    pub name: String,
    pub count: i64,
    /// What seven days hold as a rule; `None` while the house is too young to know.
    pub usual: Option<i64>,
    /// More than chance explains.
    pub risen: bool,
    pub href: String,
}

/// A table with bars, the most first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeatTable {
    pub id: &'static str,
    pub title: &'static str,
    pub head: &'static str,
    /// The greatest count, at least 1.
    pub most: i64,
    pub rows: Vec<HeatRow>,
}

/// A town on the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeatTile {
    pub row: HeatRow,
    /// Its column, row and grade of heat as classes: `c3 r1 heat2`.
    pub class: String,
}

/// The towns as tiles where they lie, and those without a tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeatMap {
    pub tiles: Vec<HeatTile>,
    pub others: Vec<HeatRow>,
}

impl HeatTable {
    fn new(id: &'static str, title: &'static str, head: &'static str, mut rows: Vec<HeatRow>) -> Self {
        rows.retain(|row| row.count > 0);
        rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        rows.truncate(ROWS);
        Self { id, title, head, most: rows.first().map_or(1, |row| row.count).max(1), rows }
    }

    pub fn of_topics(week: &WeekFigures, names: &Names) -> Self {
        let row = |(code, count): &(qingting_models::county::TopicCode, WeekCount)| HeatRow {
            name: names.topic(code.as_str()).to_owned(),
            count: count.week,
            usual: count.usual,
            risen: count.is_risen(),
            href: format!("/items?state=all&topic={}", url_encode(code.as_str())),
        };
        Self::new("topics", "话题（近七天）", "话题", week.by_topic.iter().map(row).collect())
    }

    pub fn of_towns(week: &WeekFigures) -> Self {
        let rows = week.by_town.iter().map(|(town, count)| of_town(town, *count)).collect();
        Self::new("towns", "乡镇街道（近七天）", "乡镇街道", rows)
    }
}

impl HeatMap {
    /// `None` in a county without a map.
    pub fn new(week: &WeekFigures, tiles: &[Tile]) -> Option<Self> {
        let count = |town: &Town| {
            let found = week.by_town.iter().find(|(code, _)| code == town);
            found.map(|(_, count)| *count).unwrap_or_default()
        };
        let most = tiles.iter().map(|tile| count(&tile.town).week).max()?;
        let tile = |tile: &Tile| {
            let row = of_town(&tile.town, count(&tile.town));
            let class = format!("c{} r{} heat{}", tile.column, tile.row, grade(row.count, most));
            HeatTile { row, class }
        };
        let unplaced = week
            .by_town
            .iter()
            .filter(|(town, count)| count.week > 0 && tiles.iter().all(|tile| tile.town != *town));
        Some(Self {
            tiles: tiles.iter().map(tile).collect(),
            others: unplaced.map(|(town, count)| of_town(town, *count)).collect(),
        })
    }
}

fn of_town(town: &Town, count: WeekCount) -> HeatRow {
    HeatRow {
        name: town.as_str().to_owned(),
        count: count.week,
        usual: count.usual,
        risen: count.is_risen(),
        href: format!("/items?state=all&town={}", url_encode(town.as_str())),
    }
}

#[cfg(test)]
impl HeatTable {
    pub fn sample(t: &str) -> Self {
        Self {
            title: "话题（近七天）", ..Self::new("topics", "话题", "话题", vec![HeatRow::sample(t)])
        }
    }
}

#[cfg(test)]
impl HeatRow {
    pub fn sample(t: &str) -> Self {
        Self { name: t.to_owned(), count: 12, usual: Some(4), risen: true, href: t.to_owned() }
    }
}

#[cfg(test)]
impl HeatMap {
    pub fn sample(t: &str) -> Self {
        let tile = HeatTile { row: HeatRow::sample(t), class: "c3 r1 heat4".into() };
        Self { tiles: vec![tile], others: vec![HeatRow::sample(t)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week() -> WeekFigures {
        let count = |week, usual| WeekCount { week, usual };
        WeekFigures {
            by_town: vec![
                (Town::from("甲镇"), count(40, Some(20))),
                (Town::from("外地"), count(3, None)),
                (Town::from("乙乡"), count(10, Some(9))),
                (Town::from("丙乡"), count(0, Some(2))),
            ],
            ..WeekFigures::default()
        }
    }

    #[test]
    fn a_town_stands_on_its_tile_and_one_without_a_tile_beside_the_map() {
        let tile = |town: &str, column, row| Tile { town: Town::from(town), column, row };
        let map =
            HeatMap::new(&week(), &[tile("甲镇", 2, 1), tile("乙乡", 1, 3), tile("丙乡", 4, 4)]).unwrap();
        let told: Vec<_> =
            map.tiles.iter().map(|t| (t.row.name.as_str(), t.class.as_str(), t.row.risen)).collect();
        assert_eq!(
            told,
            [("甲镇", "c2 r1 heat4", true), ("乙乡", "c1 r3 heat1", false), ("丙乡", "c4 r4 heat0", false)]
        );
        assert_eq!(map.others.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["外地"]);
        assert_eq!(HeatMap::new(&week(), &[]), None);
    }

    #[test]
    fn a_table_has_the_most_first_and_nothing_that_is_nothing() {
        let table = HeatTable::of_towns(&week());
        assert_eq!(table.rows.iter().map(|row| row.count).collect::<Vec<_>>(), [40, 10, 3]);
        assert_eq!(table.most, 40);
    }
}
