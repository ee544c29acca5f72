//! Reads the dates of feeds, which seldom keep to their standard. A date without a zone is Asia/Shanghai.

use jiff::Timestamp;
use jiff::civil::DateTime;
use qingting_models::clock;

use crate::sheet::times;

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads a date in the style of RFC 3339, RFC 2822 or C's `ctime`; `None` for anything else.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    times::parse(text).ok().or_else(|| words(text))
}

/// Day, month name, year, time and zone in any order: `Mon, 6 Jan 2020 12:09:38 +0800`,
/// `Mon Jan 06 12:09:38 CST 2020`. A day name is passed over: many are wrong.
fn words(text: &str) -> Option<Timestamp> {
    let (mut day, mut month, mut year, mut time, mut offset) = (None, None, None, None, 8 * 3600);
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()) {
        let digits = word.bytes().all(|b| b.is_ascii_digit());
        if word.contains(':') && time.is_none() && !word.starts_with(['+', '-']) {
            time = Some(clock_time(word)?);
        } else if digits && word.len() <= 2 && day.is_none() {
            day = word.parse::<i8>().ok();
        } else if digits && word.len() == 4 {
            year = word.parse::<i16>().ok();
        } else if digits && word.len() == 2 {
            year = word.parse::<i16>().ok().map(|y| 2000 + y);
        } else if let Some(zone) = zone(word) {
            offset = zone;
        } else if let Some(found) = word.get(..3).map(str::to_ascii_lowercase) {
            month = month.or(MONTHS.iter().position(|m| *m == found));
        }
    }
    let (hour, minute, second) = time.unwrap_or((0, 0, 0));
    let month = i8::try_from(month? + 1).ok()?;
    let local = DateTime::new(year?, month, day?, hour, minute, second, 0).ok()?;
    // `from_local` takes the wall clock for +08:00.
    let at = clock::from_local(local).ok()?.as_second() + 8 * 3600 - offset;
    Timestamp::from_second(at).ok()
}

fn clock_time(word: &str) -> Option<(i8, i8, i8)> {
    let mut parts = word.split(':').map(|p| p.split('.').next().unwrap_or(p).parse::<i8>().ok());
    Some((parts.next()??, parts.next()??, parts.next().flatten().unwrap_or(0)))
}

/// Seconds east of Greenwich. `CST` is China's in the feeds that this county reads.
fn zone(word: &str) -> Option<i64> {
    let named = match word.to_ascii_uppercase().as_str() {
        "Z" | "UT" | "UTC" | "GMT" => Some(0),
        "CST" | "BJT" => Some(8),
        "JST" => Some(9),
        "EST" => Some(-5),
        "EDT" => Some(-4),
        "PST" => Some(-8),
        "PDT" => Some(-7),
        _ => None,
    };
    if let Some(hours) = named {
        return Some(hours * 3600);
    }
    let signed = word.trim_start_matches("GMT").trim_start_matches("UTC");
    let sign = match signed.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits: String = signed[1..].chars().filter(char::is_ascii_digit).collect();
    let value: i64 = digits.parse().ok()?;
    let (hours, minutes) = if digits.len() > 2 { (value / 100, value % 100) } else { (value, 0) };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_feeds_write_them() {
        for text in [
            "Mon, 06 Jan 2020 12:09:38 +0800",
            "Wed, 6 January 2020 04:09:38 GMT",
            "6 Jan 20 12:09:38 CST",
            "Mon Jan 06 12:09:38 CST 2020",
            "Mon, 06 Jan 2020 12:09:38 GMT+0800",
            "2020-01-06T12:09:38+08:00",
            "2020-01-06 12:09:38",
            "Mon, 06 Jan 2020 12:09:38",
        ] {
            assert_eq!(
                parse(text).map(clock::rfc3339).as_deref(),
                Some("2020-01-06T12:09:38+08:00"),
                "{text}"
            );
        }
        for text in ["", "soon", "32 Jan 2020 10:00:00", "Jan 2020", "6 Jan 2020 10:99:00"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
