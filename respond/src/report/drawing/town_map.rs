//! Counts by town as a map of tiles.

use qingting_models::records::{ReportShare, ReportTile};

use super::{Drawing, Shape, Stands, Tone, WIDTH, grade, grades, text_at};

const TOP: i32 = 900;
const HIGH: i32 = 1_250;
const WIDE: i32 = 2_600;
const GAP: i32 = 80;

/// The towns where they lie, the more the darker; `None` without a map.
pub(in crate::report) fn town_map(
    tiles: &[ReportTile],
    towns: &[ReportShare],
    what: &str,
) -> Option<Drawing> {
    let columns = tiles.iter().map(|tile| tile.column).max()?;
    let rows = tiles.iter().map(|tile| tile.row).max()?;
    let number = |n: u32| i32::try_from(n).unwrap_or(1).max(1);
    let count = |tile: &ReportTile| {
        let share = towns.iter().find(|share| share.code.as_deref() == Some(tile.town.as_str()));
        share.map_or(0, |share| share.count.now)
    };
    let most = tiles.iter().map(count).max().unwrap_or(0);
    let wide = (WIDTH / number(columns)).min(WIDE);
    let left = (WIDTH - wide * number(columns)) / 2;
    let mut shapes = grades(left, 450, most);
    for tile in tiles {
        let (x, y) = (left + (number(tile.column) - 1) * wide, TOP + (number(tile.row) - 1) * HIGH);
        let (width, height) = (wide - GAP, HIGH - GAP);
        let n = count(tile);
        shapes.push(Shape::Bar { x, y, width, height, tone: Tone::Heat(grade(n, most)) });
        shapes.push(text_at(x + width / 2, y + 520, tile.town.as_str().to_owned(), Stands::Middle));
        shapes.push(text_at(x + width / 2, y + 960, n.to_string(), Stands::Middle));
    }
    let mut told: Vec<(i64, &str)> = tiles.iter().map(|tile| (count(tile), tile.town.as_str())).collect();
    told.sort_by_key(|(n, _)| -n);
    let told: Vec<String> =
        told.iter().filter(|(n, _)| *n > 0).map(|(n, town)| format!("{town} {n} 条")).collect();
    let says = if told.is_empty() { "没有".into() } else { told.join("，") };
    Some(Drawing {
        width: WIDTH,
        height: TOP + HIGH * number(rows) + 50,
        shapes,
        says: format!("{what}：{says}"),
    })
}

#[cfg(test)]
mod tests {
    use qingting_models::county::Town;
    use qingting_models::records::Compared;

    use super::*;

    #[test]
    fn a_town_stands_on_its_tile_as_dark_as_its_count() {
        let tile = |town: &str, column, row| ReportTile { town: Town::from(town), column, row };
        let share = |town: &str, now| ReportShare {
            code: Some(town.into()),
            name: town.into(),
            count: Compared { now, before: None, year_ago: None },
        };
        let tiles = [tile("甲镇", 1, 1), tile("乙镇", 2, 2), tile("丙乡", 2, 1)];
        let drawing = town_map(&tiles, &[share("甲镇", 8), share("丙乡", 1)], "本周").unwrap();
        let heats: Vec<u8> = drawing.shapes[10..]
            .iter()
            .filter_map(|shape| match shape {
                Shape::Bar { tone: Tone::Heat(grade), .. } => Some(*grade),
                _ => None,
            })
            .collect();
        assert_eq!(heats, [4, 0, 1]);
        assert_eq!(drawing.says, "本周：甲镇 8 条，丙乡 1 条");
        assert!(town_map(&[], &[], "本周").is_none());
    }
}
