//! Counts as bars: by day, and by name.

use qingting_models::records::ReportDay;

use super::{Drawing, LEFT, Shape, Stands, TOP, Tone, WIDTH, legend, shortened, text_at};

/// Items by day as bars, with the days before as outlines beside them and the usual as a dotted line.
pub fn trend(days: &[ReportDay], this: &str, before: &str) -> Drawing {
    const HEIGHT: i32 = 5_200;
    const BASE: i32 = HEIGHT - 900;
    let room = WIDTH - LEFT - 200;
    let count = i32::try_from(days.len().max(1)).unwrap_or(1);
    let step = room / count;
    let most = days.iter().map(|d| d.items.max(d.before.unwrap_or(0))).max().unwrap_or(0);
    let usual_most = days.iter().filter_map(|d| d.usual).fold(0.0, f64::max);
    let top = scale((most as f64).max(usual_most));
    let high = |n: f64| ((BASE - TOP) as f64 * n / top) as i32;
    let mut shapes = axis(BASE, top, &high);
    // Two bars and a gap, or one bar where the two would stand; of a year each is a hair's breadth.
    let bar = (step * 2 / 5).max(1);
    let held = days.iter().any(|day| day.before.is_some());
    let aside = if held { bar } else { bar / 2 };
    let mut usual = Vec::new();
    // Labels of days every so often, as there is room for about fourteen.
    let every = (days.len() / 14 + 1).max(1);
    for (n, day) in days.iter().enumerate() {
        let x = LEFT + step * i32::try_from(n).unwrap_or(0) + step / 10;
        if let Some(before) = day.before {
            shapes.push(bar_of(x, BASE, bar, high(before as f64), Tone::Before));
        }
        shapes.push(bar_of(x + aside, BASE, bar, high(day.items as f64), Tone::Now));
        if let Some(mean) = day.usual {
            usual.push((x + bar, BASE - high(mean)));
        }
        if n % every == 0 {
            let mark = day.mark.as_deref().and_then(|mark| mark.chars().next());
            let text =
                format!("{}/{}{}", day.day.month(), day.day.day(), mark.map_or(String::new(), String::from));
            shapes.push(text_at(x + bar, BASE + 450, text, Stands::Middle));
        }
        if days.len() <= 14 {
            shapes.push(text_at(
                x + aside + bar / 2,
                BASE - high(day.items as f64) - 90,
                day.items.to_string(),
                Stands::Middle,
            ));
        }
    }
    if usual.len() > 1 {
        shapes.push(Shape::Line { points: usual, tone: Tone::Usual });
    }
    // Only what is drawn is named.
    let mut named = vec![(Tone::Now, this)];
    if held {
        named.push((Tone::Before, before));
    }
    if days.iter().filter(|day| day.usual.is_some()).count() > 1 {
        named.push((Tone::Usual, "同类日平均"));
    }
    shapes.extend(legend(&named));
    let total: i64 = days.iter().map(|day| day.items).sum();
    let items = days.iter().map(|day| day.items).max().unwrap_or(0);
    let busiest: Vec<&ReportDay> = days.iter().filter(|day| day.items == items).collect();
    let says = match busiest.as_slice() {
        _ if items <= 0 => format!("{this}没有信息"),
        [one] => format!(
            "{this}每日信息量，共 {total} 条；最多的一天是{}月{}日，{items} 条",
            one.day.month(),
            one.day.day()
        ),
        _ => format!("{this}每日信息量，共 {total} 条；每天最多 {items} 条"),
    };
    Drawing { width: WIDTH, height: HEIGHT, shapes, says }
}

/// A name with its count and the one of the days before.
pub(in crate::report) type Bar = (String, i64, Option<i64>);

/// Bars that lie, one a name, with the days before as an outline below each.
pub(in crate::report) fn bars(rows: &[Bar], what: &str, this: &str, before: &str) -> Drawing {
    const ROW: i32 = 620;
    const NAMES: i32 = 3_600;
    let height = TOP + ROW * i32::try_from(rows.len().max(1)).unwrap_or(1) + 200;
    let most = rows.iter().map(|(_, n, b)| (*n).max(b.unwrap_or(0))).max().unwrap_or(0).max(1);
    let room = WIDTH - NAMES - 1_600;
    let long = |n: i64| (f64::from(room) * n as f64 / most as f64) as i32;
    let mut shapes = Vec::new();
    for (n, (name, now, then)) in rows.iter().enumerate() {
        let y = TOP + ROW * i32::try_from(n).unwrap_or(0);
        shapes.push(text_at(NAMES - 150, y + 340, shortened(name), Stands::Left));
        shapes.push(Shape::Bar { x: NAMES, y, width: long(*now).max(20), height: 300, tone: Tone::Now });
        if let Some(then) = then {
            let (width, y) = (long(*then).max(20), y + 310);
            shapes.push(Shape::Bar { x: NAMES, y, width, height: 150, tone: Tone::Before });
        }
        shapes.push(text_at(NAMES + long(*now) + 120, y + 290, now.to_string(), Stands::Right));
    }
    shapes.extend(legend(&[(Tone::Now, this), (Tone::Before, before)]));
    let told: Vec<String> = rows.iter().map(|(name, now, _)| format!("{name} {now} 条")).collect();
    Drawing { width: WIDTH, height, shapes, says: format!("{what}：{}", told.join("，")) }
}

/// The next round number that is not smaller.
fn scale(most: f64) -> f64 {
    let mut step = 1.0;
    loop {
        for by in [1.0, 2.0, 5.0] {
            if step * by * 4.0 >= most {
                return step * by * 4.0;
            }
        }
        step *= 10.0;
    }
}

fn axis(base: i32, top: f64, high: &dyn Fn(f64) -> i32) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for quarter in 0..=4 {
        let n = top * f64::from(quarter) / 4.0;
        let y = base - high(n);
        shapes.push(Shape::Line { points: vec![(LEFT, y), (WIDTH - 200, y)], tone: Tone::Axis });
        shapes.push(text_at(LEFT - 120, y + 120, label(n), Stands::Left));
    }
    shapes
}

/// There is room for four figures.
fn label(n: f64) -> String {
    if n >= 10_000.0 { format!("{}万", n / 10_000.0) } else { format!("{n:.0}") }
}

fn bar_of(x: i32, base: i32, width: i32, height: i32, tone: Tone) -> Shape {
    // What there was is never drawn as nothing, and nothing as no bar at all.
    Shape::Bar { x, y: base - height.max(12), width, height: height.max(12), tone }
}
