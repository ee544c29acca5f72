//! Small charts of counts by day, drawn on the server as one path of an SVG, with their figures in words.

use askama::Template;
use jiff::ToSpan;
use jiff::civil::Date;

/// Height of the drawing and width of a day in it, in its own units.
const HEIGHT: i64 = 24;
const DAY: i64 = 4;
/// The gap between two bars.
const GAP: i64 = 1;

/// Counts of the last days as bars.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "part/chart.html")]
pub struct Chart {
    path: String,
    width: i64,
    height: i64,
    /// What the drawing shows, for those who cannot see it.
    pub label: String,
    /// `近 30 天平均每天 4.2 条`.
    pub rate: String,
    pub first: String,
    pub last: String,
}

impl askama::filters::HtmlSafe for Chart {}

impl Chart {
    /// The `span` days that end with `today`; days that `counts` leaves out had none. The rate counts the
    /// days since `since` only, when that is later.
    pub fn of_days(counts: &[(Date, i64)], today: Date, span: i64, since: Date) -> Self {
        let span = span.clamp(1, 366);
        let days: Vec<Date> = (0..span).rev().map(|back| today.saturating_sub(back.days())).collect();
        let count_of = |day: &Date| counts.iter().find(|(d, _)| d == day).map_or(0, |(_, n)| (*n).max(0));
        let bars: Vec<i64> = days.iter().map(count_of).collect();
        let total: i64 = bars.iter().sum();
        let known = days.iter().filter(|day| **day >= since).count().max(1);
        let rate = rate_text(total, known);
        let most = bars.iter().copied().max().unwrap_or(0);
        let busiest: Vec<Date> =
            days.iter().zip(&bars).filter(|(_, n)| **n == most).map(|(day, _)| *day).collect();
        let label = if total > 0 {
            let known = if known < days.len() { "添加以来".into() } else { format!("近 {span} 天") };
            let busiest = match busiest.as_slice() {
                [day] => format!("最多的一天是 {}月{}日，{most} 条", day.month(), day.day()),
                _ => format!("每天最多 {most} 条"),
            };
            format!("{known}共 {total} 条，平均{rate}；{busiest}")
        } else {
            format!("近 {span} 天没有新信息")
        };
        let day_text =
            |day: Option<&Date>| day.map_or_else(String::new, |d| format!("{}月{}日", d.month(), d.day()));
        Self {
            path: path(&bars, most),
            width: span * DAY,
            height: HEIGHT,
            label,
            rate: if known < days.len() {
                format!("添加以来平均{rate}")
            } else {
                format!("近 {span} 天平均{rate}")
            },
            first: day_text(days.first()),
            last: day_text(days.last()),
        }
    }
}

impl Chart {
    /// The `span` days that end with `last`, which may be long past: the words say which days.
    pub fn until(counts: &[(Date, i64)], last: Date, span: i64) -> Self {
        let chart = Self::of_days(counts, last, span, Date::MIN);
        let total: i64 =
            counts.iter().filter(|(day, _)| *day > last.saturating_sub(span.days())).map(|(_, n)| n).sum();
        let label = format!("{}至{}共 {total} 条", chart.first, chart.last);
        Self { label, ..chart }
    }
}

/// A day with something is never drawn as one without.
fn path(bars: &[i64], most: i64) -> String {
    let mut path = String::new();
    for (n, count) in (0..).zip(bars) {
        let high = if *count > 0 { (count * (HEIGHT - 1) / most.max(1)).max(2) } else { 1 };
        path.push_str(&format!("M{} {HEIGHT}v-{high}h{}v{high}z", n * DAY, DAY - GAP));
    }
    path
}

/// `每天 4.2 条`; whole numbers from ten on.
fn rate_text(total: i64, days: usize) -> String {
    let rate = total as f64 / days as f64;
    if total == 0 || rate >= 10.0 {
        format!("每天 {rate:.0} 条")
    } else if rate < 0.1 {
        "每天不到 0.1 条".into()
    } else {
        format!("每天 {rate:.1} 条")
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn each_day_has_a_bar_and_the_words_say_what_they_show() {
        let today = date(2026, 11, 23);
        let counts = [(date(2026, 11, 20), 8), (date(2026, 11, 22), 4), (date(2026, 10, 1), 99)];
        let chart = Chart::of_days(&counts, today, 30, date(2020, 1, 1));
        assert_eq!(chart.path.matches('M').count(), 30);
        assert_eq!(chart.label, "近 30 天共 12 条，平均每天 0.4 条；最多的一天是 11月20日，8 条");
        assert_eq!(chart.rate, "近 30 天平均每天 0.4 条");
        assert_eq!((chart.first.as_str(), chart.last.as_str()), ("10月25日", "11月23日"));
        assert!(chart.path.contains("M104 24v-23h3v23z") && chart.path.contains("M112 24v-11h3v11z"));
        let even = Chart::of_days(&[(today, 4), (date(2026, 11, 20), 4)], today, 30, date(2020, 1, 1));
        assert_eq!(even.label, "近 30 天共 8 条，平均每天 0.3 条；每天最多 4 条");
    }

    #[test]
    fn a_source_without_items_and_one_with_huge_counts_are_drawn() {
        let today = date(2026, 11, 23);
        let empty = Chart::of_days(&[], today, 30, today);
        assert_eq!(
            (empty.label.as_str(), empty.rate.as_str()),
            ("近 30 天没有新信息", "添加以来平均每天 0 条")
        );
        let huge = Chart::of_days(&[(today, i64::MAX / 64), (date(2026, 11, 22), 1)], today, 30, today);
        assert!(huge.path.contains("v-23h") && huge.path.contains("v-2h"), "{}", huge.path);
    }

    #[test]
    fn days_that_are_past_are_named() {
        let chart = Chart::until(&[(date(2026, 3, 2), 9), (date(2026, 5, 20), 4)], date(2026, 5, 20), 28);
        assert_eq!(chart.label, "4月23日至5月20日共 4 条");
    }

    #[test]
    fn the_rate_counts_the_days_since_the_source_is_there() {
        let today = date(2026, 11, 23);
        let chart = Chart::of_days(&[(today, 6)], today, 30, date(2026, 11, 22));
        assert_eq!(chart.rate, "添加以来平均每天 3.0 条");
    }
}
