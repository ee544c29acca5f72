//! Counts by day as a calendar: a row for each week, or for many weeks a column for each.

use jiff::civil::Date;
use qingting_models::records::{ReportCalendarDay, ReportSpan, days_apart};

use super::{Drawing, Shape, Stands, Tone, WIDTH, grade, grades, text_at};

/// Of more weeks than these each is a column, and days have no figures.
const ROWS: i32 = 16;
const TOP: i32 = 1_300;
const WEEKDAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];

/// The days from the first to the last of `days`, those of `span` framed.
pub(in crate::report) fn calendar(days: &[ReportCalendarDay], span: &ReportSpan) -> Option<Drawing> {
    let (first, last) = (days.first()?, days.last()?);
    let monday = -i32::from(first.day.weekday().to_monday_zero_offset());
    let place = |day: Date| {
        let number = days_apart(first.day, day) - monday;
        (number.div_euclid(7), number.rem_euclid(7))
    };
    let weeks = place(last.day).0 + 1;
    let most = days.iter().map(|day| day.items).max().unwrap_or(0);
    let busiest = days.iter().rev().max_by_key(|day| day.items)?;
    let says = format!(
        "{}至{}每日信息量；最多的一天是{}，{} 条",
        day_text(first.day),
        day_text(last.day),
        day_text(busiest.day),
        busiest.items
    );
    let grid = if weeks <= ROWS { Grid::rows() } else { Grid::columns(weeks) };
    let mut shapes = grades(grid.left, 450, most);
    grid.name_weekdays(&mut shapes);
    let mut sum = 0;
    for (n, day) in days.iter().enumerate() {
        let (week, weekday) = place(day.day);
        let (x, y) = grid.at(week, weekday);
        let (width, height) = (grid.width - grid.gap, grid.height - grid.gap);
        shapes.push(Shape::Bar { x, y, width, height, tone: Tone::Heat(grade(day.items, most)) });
        if (span.from..=span.to).contains(&day.day) && weeks <= ROWS {
            shapes.push(Shape::Bar { x, y, width, height, tone: Tone::Before });
        }
        sum += day.items;
        let ends = weekday == 6 || n + 1 == days.len();
        if weeks <= ROWS {
            let mark = day.mark.as_deref().and_then(|mark| mark.chars().next());
            let text = format!("{}{}", day.items, mark.map_or(String::new(), |mark| format!(" {mark}")));
            shapes.push(text_at(x + width / 2, y + height / 2 + 120, text, Stands::Middle));
            if weekday == 0 || n == 0 {
                let text = format!("{}/{}", day.day.month(), day.day.day());
                shapes.push(text_at(grid.left - 150, y + height / 2 + 120, text, Stands::Left));
            }
            if ends {
                let x = grid.left + 7 * grid.width + 1_000;
                shapes.push(text_at(x, y + height / 2 + 120, sum.to_string(), Stands::Left));
                sum = 0;
            }
        } else if day.day.day() == 1 || n == 0 && day.day.day() <= 20 {
            let y = TOP + 7 * grid.height + 400;
            shapes.push(text_at(x, y, format!("{}月", day.day.month()), Stands::Right));
        }
    }
    Some(Drawing { width: WIDTH, height: grid.bottom(weeks), shapes, says })
}

/// Where the days stand.
struct Grid {
    left: i32,
    width: i32,
    height: i32,
    gap: i32,
    /// Weeks go down, else to the right.
    down: bool,
}

impl Grid {
    fn rows() -> Self {
        Self { left: 1_800, width: 1_750, height: 620, gap: 60, down: true }
    }

    fn columns(weeks: i32) -> Self {
        const LEFT: i32 = 900;
        Self { left: LEFT, width: (WIDTH - LEFT - 100) / weeks.max(1), height: 480, gap: 40, down: false }
    }

    fn at(&self, week: i32, weekday: i32) -> (i32, i32) {
        let (column, row) = if self.down { (weekday, week) } else { (week, weekday) };
        (self.left + column * self.width, TOP + row * self.height)
    }

    fn bottom(&self, weeks: i32) -> i32 {
        if self.down { TOP + weeks * self.height + 100 } else { TOP + 7 * self.height + 600 }
    }

    fn name_weekdays(&self, shapes: &mut Vec<Shape>) {
        for (n, name) in (0i32..).zip(WEEKDAYS) {
            let (x, y) = self.at(0, n);
            shapes.push(if self.down {
                text_at(x + (self.width - self.gap) / 2, TOP - 150, format!("周{name}"), Stands::Middle)
            } else {
                text_at(self.left - 150, y + self.height / 2 + 120, format!("周{name}"), Stands::Left)
            });
        }
        if self.down {
            let x = self.left + 7 * self.width + 1_000;
            shapes.push(text_at(x, TOP - 150, "合计".into(), Stands::Left));
        }
    }
}

fn day_text(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;

    fn days(from: Date, length: i64) -> Vec<ReportCalendarDay> {
        let day = |n: i64| ReportCalendarDay { day: from.saturating_add(n.days()), items: n % 9, mark: None };
        (0..length).map(day).collect()
    }

    fn texts(drawing: &Drawing) -> Vec<&str> {
        let texts = drawing.shapes.iter().filter_map(|shape| match shape {
            Shape::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    #[test]
    fn a_week_is_a_row_and_its_own_days_are_framed() {
        let span = ReportSpan::week_of(date(2026, 11, 23)).unwrap();
        let mut days = days(date(2026, 11, 9), 21);
        days[15].mark = Some("休·示例".into());
        let drawing = calendar(&days, &span).unwrap();
        let framed = drawing.shapes.iter().filter(|s| matches!(s, Shape::Bar { tone: Tone::Before, .. }));
        assert_eq!(framed.count(), 7);
        let texts = texts(&drawing);
        for text in [
            "11/9",
            "11/16",
            "11/23",
            "周日",
            "6 休",
            &days[..7].iter().map(|d| d.items).sum::<i64>().to_string(),
        ] {
            assert!(texts.contains(&text), "{text}: {texts:?}");
        }
    }

    #[test]
    fn of_a_year_a_week_is_a_column_without_figures_and_nothing_lies_outside() {
        let span = ReportSpan::days_between(date(2026, 1, 1), date(2026, 12, 31)).unwrap();
        let drawing = calendar(&days(date(2026, 1, 1), 365), &span).unwrap();
        assert!(texts(&drawing).contains(&"12月") && !texts(&drawing).contains(&"1/1"));
        for shape in &drawing.shapes {
            if let Shape::Bar { x, y, width, height, .. } = shape {
                assert!(*x >= 0 && x + width <= drawing.width && y + height <= drawing.height, "{shape:?}");
            }
        }
        assert!(calendar(&[], &span).is_none());
    }
}
