//! How times are written for people: near ones in words, the exact one in the title.

use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use qingting_models::clock::{local, minute_text, rfc3339};

/// A time as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "part/moment.html")]
pub struct Moment {
    text: String,
    exact: String,
    iso: String,
}

impl askama::filters::HtmlSafe for Moment {}

impl Moment {
    /// `at` as seen at `now`: `刚刚`, `8 分钟前`, `今天 08:30`, `昨天 17:05`, `11月20日`, `2025年3月2日`.
    pub fn new(at: Timestamp, now: Timestamp) -> Self {
        Self { text: words(at, now), exact: minute_text(at), iso: rfc3339(at) }
    }

    /// The words alone.
    pub fn words(&self) -> &str {
        &self.text
    }

    /// A time at which something is to happen; one that has come, or is a minute away, is `马上`.
    pub fn to_come(at: Timestamp, now: Timestamp) -> Self {
        let soon = at.as_second() - now.as_second() < 60;
        Self { text: if soon { "马上".into() } else { words(at, now) }, ..Self::new(at, now) }
    }
}

fn words(at: Timestamp, now: Timestamp) -> String {
    let (then, today) = (local(at), local(now));
    let clock = then.strftime("%H:%M");
    let seconds = now.as_second() - at.as_second();
    let days = (then.date() - today.date()).get_days();
    if (0..60).contains(&seconds) {
        return "刚刚".into();
    }
    if (60..3600).contains(&seconds) {
        return format!("{} 分钟前", seconds / 60);
    }
    match days {
        0 => format!("今天 {clock}"),
        -1 => format!("昨天 {clock}"),
        1 => format!("明天 {clock}"),
        2 => format!("后天 {clock}"),
        _ if then.year() == today.year() => format!("{}月{}日 {clock}", then.month(), then.day()),
        _ => format!("{}年{}月{}日", then.year(), then.month(), then.day()),
    }
}

/// A day with its weekday: `2026年12月1日 星期二`.
pub fn day_text(day: Date) -> String {
    let weekday = ["一", "二", "三", "四", "五", "六", "日"];
    let name = weekday.get(usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())).unwrap_or(&"");
    format!("{}年{}月{}日 星期{name}", day.year(), day.month(), day.day())
}

/// How much of the time is left until `due`, or by how much it is passed: `还剩 2 天 3 小时`, `超期 40 分钟`.
pub fn left_text(due: Timestamp, now: Timestamp) -> String {
    let seconds = due.as_second() - now.as_second();
    let span = span_text(seconds.abs());
    if seconds >= 0 { format!("还剩 {span}") } else { format!("超期 {span}") }
}

/// `3 天 2 小时`, `5 小时 10 分钟`, `12 分钟`, `不到 1 分钟`.
fn span_text(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3600, seconds % 3600 / 60);
    match (days, hours, minutes) {
        (0, 0, 0) => "不到 1 分钟".into(),
        (0, 0, m) => format!("{m} 分钟"),
        (0, h, 0) => format!("{h} 小时"),
        (0, h, m) => format!("{h} 小时 {m} 分钟"),
        (d, 0, _) => format!("{d} 天"),
        (d, h, _) => format!("{d} 天 {h} 小时"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("{text}+08:00").parse().unwrap()
    }

    #[test]
    fn near_times_are_said_in_words() {
        let now = at("2026-11-23T10:00:00");
        for (then, said) in [
            ("2026-11-23T09:59:30", "刚刚"),
            ("2026-11-23T09:15:00", "45 分钟前"),
            ("2026-11-23T08:30:00", "今天 08:30"),
            ("2026-11-22T23:59:00", "昨天 23:59"),
            ("2026-11-24T17:00:00", "明天 17:00"),
            ("2026-11-20T08:05:00", "11月20日 08:05"),
            ("2025-03-02T08:05:00", "2025年3月2日"),
        ] {
            assert_eq!(words(at(then), now), said, "{then}");
        }
    }

    #[test]
    fn what_is_due_happens_at_once() {
        let now = at("2026-11-23T10:00:00");
        for (then, said) in [
            ("2026-11-23T09:40:00", "马上"),
            ("2026-11-23T10:00:00", "马上"),
            ("2026-11-23T10:00:40", "马上"),
            ("2026-11-23T10:15:00", "今天 10:15"),
        ] {
            assert_eq!(Moment::to_come(at(then), now).text, said, "{then}");
        }
    }

    #[test]
    fn an_hour_after_midnight_yesterday_is_yesterday() {
        assert_eq!(words(at("2026-11-22T22:00:00"), at("2026-11-23T01:00:00")), "昨天 22:00");
    }

    #[test]
    fn what_is_left_is_said_to_the_hour_or_minute() {
        let now = at("2026-11-23T10:00:00");
        assert_eq!(left_text(at("2026-11-25T13:30:00"), now), "还剩 2 天 3 小时");
        assert_eq!(left_text(at("2026-11-23T09:20:00"), now), "超期 40 分钟");
        assert_eq!(left_text(now, now), "还剩 不到 1 分钟");
    }
}
