//! Where demands went: from channel to department to outcome, as bands as high as there were many.

use std::collections::BTreeMap;

use qingting_models::records::ReportFlow;

use super::{Drawing, SMALL, Shape, Stands, Tone, WIDTH, shortened, text_at};

/// So many departments are drawn, the others together.
const DEPARTMENTS: usize = 8;
const OTHERS: &str = "其他单位";
const NOBODY: &str = "未派单";
/// All demands together are so high.
const ALL: i32 = 5_200;
const TOP: i32 = 900;
/// A name needs so much room from one to the next.
const ROOM: i32 = 430;
const GAP: i32 = 110;
/// Where the three columns stand, and how wide their bars are.
const COLUMNS: [i32; 3] = [2_300, 6_600, 12_000];
const WIDE: i32 = 260;

/// The drawing; `None` without a demand.
pub(in crate::report) fn flow(flow: &[ReportFlow], what: &str) -> Option<Drawing> {
    let all: i64 = flow.iter().map(|way| way.items).sum();
    if all <= 0 {
        return None;
    }
    let drawn = most_named(flow);
    let ways: Vec<([String; 3], i64)> = flow
        .iter()
        .map(|way| {
            let department = match &way.department {
                None => NOBODY,
                Some(name) if drawn.contains(name) => name,
                Some(_) => OTHERS,
            };
            ([way.channel.label().to_owned(), department.to_owned(), way.outcome.clone()], way.items)
        })
        .collect();
    let columns: [Vec<Node>; 3] = std::array::from_fn(|column| nodes(&ways, column, all));
    let height = columns.iter().filter_map(|nodes| nodes.last()).map(|node| node.slot_end).max()? + 100;
    let mut shapes = Vec::new();
    for left in 0..2 {
        bands(&mut shapes, &ways, all, left, &columns);
    }
    for (column, nodes) in columns.iter().enumerate() {
        let name = ["渠道", "主办单位", "结果"][column];
        let (x, stands) = match column {
            0 => (COLUMNS[0] - 120, Stands::Left),
            _ => (COLUMNS[column] + WIDE + 120, Stands::Right),
        };
        shapes.push(text_at(x, TOP - 350, name.into(), stands));
        for node in nodes {
            let Node { y, height, .. } = *node;
            shapes.push(Shape::Bar { x: COLUMNS[column], y, width: WIDE, height, tone: Tone::Now });
            let text = format!("{} {}", shortened(&node.name), node.items);
            shapes.push(text_at(x, y + height / 2 + SMALL / 3, text, stands));
        }
    }
    let told = |nodes: &[Node]| {
        nodes.iter().map(|node| format!("{} {}", node.name, node.items)).collect::<Vec<_>>().join("，")
    };
    let says = format!(
        "{what} {all} 件。渠道：{}；主办单位：{}；结果：{}",
        told(&columns[0]),
        told(&columns[1]),
        told(&columns[2])
    );
    Some(Drawing { width: WIDTH, height, shapes, says })
}

/// The departments that are drawn by their names.
fn most_named(flow: &[ReportFlow]) -> Vec<String> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for way in flow {
        if let Some(name) = &way.department {
            *sums.entry(name).or_default() += way.items;
        }
    }
    let mut sums: Vec<(&str, i64)> = sums.into_iter().collect();
    sums.sort_by_key(|(_, items)| -items);
    // One alone is not put under others.
    let drawn = if sums.len() <= DEPARTMENTS + 1 { sums.len() } else { DEPARTMENTS };
    sums.into_iter().take(drawn).map(|(name, _)| name.to_owned()).collect()
}

struct Node {
    name: String,
    items: i64,
    y: i32,
    height: i32,
    slot_end: i32,
}

/// The names of a column from the top, the most first, those that are no names last.
fn nodes(ways: &[([String; 3], i64)], column: usize, all: i64) -> Vec<Node> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for (names, items) in ways {
        *sums.entry(&names[column]).or_default() += items;
    }
    let mut sums: Vec<(&str, i64)> = sums.into_iter().collect();
    sums.sort_by_key(|(name, items)| (*name == NOBODY, *name == OTHERS, -items));
    let mut y = TOP;
    let node = |(name, items): (&str, i64)| {
        let height = high(items, all).max(12);
        let slot = height.max(ROOM);
        let node =
            Node { name: name.to_owned(), items, y: y + (slot - height) / 2, height, slot_end: y + slot };
        y += slot + GAP;
        node
    };
    sums.into_iter().map(node).collect()
}

fn high(items: i64, all: i64) -> i32 {
    (f64::from(ALL) * items as f64 / all.max(1) as f64) as i32
}

/// The bands from one column to the next. On both sides they stand in the order of what they lead to, so that they cross
/// as little as the order of the names lets them.
fn bands(
    shapes: &mut Vec<Shape>,
    ways: &[([String; 3], i64)],
    all: i64,
    left: usize,
    columns: &[Vec<Node>; 3],
) {
    let (from, to) = (&columns[left], &columns[left + 1]);
    let place = |nodes: &[Node], name: &str| nodes.iter().position(|node| node.name == name);
    let mut sums: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for (names, items) in ways {
        let ends = (place(from, &names[left]), place(to, &names[left + 1]));
        if let (Some(a), Some(b)) = ends {
            *sums.entry((a, b)).or_default() += items;
        }
    }
    // What of each name is drawn already, in items.
    let (mut out, mut into) = (vec![0; from.len()], vec![0; to.len()]);
    for ((a, b), items) in sums {
        let edge = |node: &Node, before: i64| {
            let top = node.y + high(before, all);
            (top, (node.y + high(before + items, all)).max(top + 8))
        };
        let ((top, bottom), (top2, bottom2)) = (edge(&from[a], out[a]), edge(&to[b], into[b]));
        (out[a], into[b]) = (out[a] + items, into[b] + items);
        let (x, x2) = (COLUMNS[left] + WIDE, COLUMNS[left + 1]);
        shapes.push(Shape::Band { points: vec![(x, top), (x2, top2), (x2, bottom2), (x, bottom)] });
    }
}

#[cfg(test)]
mod tests {
    use qingting_models::records::Channel;

    use super::*;

    fn way(channel: Channel, department: Option<&str>, outcome: &str, items: i64) -> ReportFlow {
        ReportFlow { channel, department: department.map(str::to_owned), outcome: outcome.into(), items }
    }

    #[test]
    fn every_demand_goes_through_all_three_columns() {
        let ways = [
            way(Channel::Hotline, Some("县人社局"), "已解决", 6),
            way(Channel::Hotline, None, "未立工单", 3),
            way(Channel::Complaint, Some("县住建局"), "办理中", 1),
        ];
        let drawing = flow(&ways, "本周诉求").unwrap();
        let high = |band: &[(i32, i32)], x: i32| {
            let ys: Vec<i32> = band.iter().filter(|p| p.0 == x).map(|p| p.1).collect();
            ys.iter().max().unwrap() - ys.iter().min().unwrap()
        };
        for x in [COLUMNS[0] + WIDE, COLUMNS[1], COLUMNS[1] + WIDE, COLUMNS[2]] {
            let bands = drawing.shapes.iter().filter_map(|shape| match shape {
                Shape::Band { points } if points.iter().any(|p| p.0 == x) => Some(points),
                _ => None,
            });
            let sum: i32 = bands.map(|points| high(points, x)).sum();
            assert!((ALL - 20..=ALL + 20).contains(&sum), "{sum} at {x}");
        }
        assert!(drawing.says.contains("县人社局 6，县住建局 1，未派单 3"), "{}", drawing.says);
        assert!(flow(&[], "本周诉求").is_none());
    }

    #[test]
    fn names_have_room_and_small_offices_stand_together() {
        let ways: Vec<ReportFlow> = (0..30)
            .map(|n| way(Channel::Hotline, Some(["甲", "乙", "丙"][n % 3]).filter(|_| n < 3), "办理中", 1))
            .chain((0..20).map(|n| way(Channel::Site, Some(&format!("第{n}局")), "办理中", 40 - n)))
            .collect();
        let drawing = flow(&ways, "本周诉求").unwrap();
        let mut at: Vec<(i32, i32)> = drawing
            .shapes
            .iter()
            .filter_map(|shape| match shape {
                Shape::Text { at, .. } => Some(*at),
                _ => None,
            })
            .collect();
        at.sort_unstable();
        for pair in at.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            assert!(pair[1].1 - pair[0].1 >= SMALL, "{pair:?}");
        }
        assert!(drawing.says.contains(OTHERS) && drawing.says.contains("第0局 40"));
        assert!(at.iter().all(|(_, y)| *y < drawing.height));
    }
}
