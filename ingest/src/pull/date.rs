//! Dates as list pages write them: beside other words, without a year, or counted back from the present.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use qingting_models::clock;

use crate::feed::parse_date;

/// Signs around a date.
const BRACKETS: &[char] = &['[', ']', '【', '】', '(', ')', '（', '）', '<', '>', '〔', '〕', '|', '｜'];

/// The first time that a text tells; `now` is what 昨天, 3小时前 and a day without a year are measured from.
pub(super) fn find(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim().trim_matches(BRACKETS).trim();
    if text.is_empty() || text.chars().count() > 2_000 {
        return None;
    }
    parse_date(text)
        .filter(|_| !is_bare_number(text))
        .or_else(|| within(text))
        .or_else(|| relative(text, now))
        .or_else(|| without_year(text, now))
}

/// A number alone is a counter or a page number on a list page, seldom a time.
fn is_bare_number(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// A full date within other words: four digits of a year, and as much of what follows as still reads as a time.
fn within(text: &str) -> Option<Timestamp> {
    let starts = text.char_indices().filter(|(at, c)| {
        let before = text[..*at].chars().next_back();
        c.is_ascii_digit() && !before.is_some_and(|b| b.is_ascii_digit())
    });
    for (at, _) in starts {
        let tail = &text[at..];
        let year = tail.get(..4).is_some_and(|y| y.bytes().all(|b| b.is_ascii_digit()));
        if !year || !tail[4..].trim_start().starts_with(['-', '/', '.', '年']) {
            continue;
        }
        // The longest beginning that is a time: with seconds, without, the day alone.
        let ends: Vec<usize> = tail.char_indices().map(|(i, c)| i + c.len_utf8()).take(28).collect();
        let found =
            ends.into_iter().rev().filter(|end| *end >= 8).find_map(|end| parse_date(tail[..end].trim()));
        if found.is_some() {
            return found;
        }
    }
    None
}

/// 刚刚, 5分钟前, 3小时前, 2天前, 今天 10:20, 昨天, 前天.
fn relative(text: &str, now: Timestamp) -> Option<Timestamp> {
    if text.contains("刚刚") {
        return Some(now);
    }
    for (word, seconds) in [("秒", 1), ("分钟", 60), ("小时", 3600), ("天", 86_400), ("周", 7 * 86_400)]
    {
        let marked = [format!("{word}前"), format!("{word}之前"), format!("{word}以前")];
        if let Some(head) = marked.iter().find_map(|mark| Some(text.split_once(mark.as_str())?.0.trim_end()))
        {
            let digits = head.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            let back = digits.parse::<i64>().ok()?.checked_mul(seconds)?;
            return now.checked_sub(SignedDuration::from_secs(back)).ok();
        }
    }
    for (word, days) in [("前天", 2), ("昨天", 1), ("昨日", 1), ("今天", 0), ("今日", 0)] {
        if let Some((_, after)) = text.split_once(word) {
            let day = clock::local_date(now).checked_sub(jiff::Span::new().days(days)).ok()?;
            let hour = after.trim().get(..5).unwrap_or(after.trim());
            return parse_date(&format!("{day} {hour}")).or_else(|| parse_date(&day.to_string()));
        }
    }
    None
}

/// `11-02`, `11/02 10:20`, `11月2日`: the last such day that is not in the future.
fn without_year(text: &str, now: Timestamp) -> Option<Timestamp> {
    let mut numbers = text.char_indices().filter(|(at, c)| {
        c.is_ascii_digit()
            && !text[..*at].chars().next_back().is_some_and(|b| b.is_ascii_digit() || "-/.月:".contains(b))
    });
    numbers.find_map(|(at, _)| {
        // 第3-5号 is a row of houses.
        let beside = text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        month_and_day(&text[at..], beside, now)
    })
}

fn month_and_day(text: &str, beside: bool, now: Timestamp) -> Option<Timestamp> {
    let (month, rest) = number(text)?;
    let sign = rest.chars().next().filter(|c| "-/月".contains(*c))?;
    let (day, rest) = number(&rest[sign.len_utf8()..])?;
    let rest = if sign == '月' { rest.strip_prefix(['日', '号'])? } else { rest };
    if sign != '月' && (beside || rest.starts_with(|c: char| c.is_alphanumeric() || "-/.%".contains(c))) {
        return None;
    }
    let today = clock::local_date(now);
    let this_year = Date::new(today.year(), month, day).ok();
    let tomorrow = today.tomorrow().ok()?;
    let date = match this_year {
        Some(date) if date <= tomorrow => date,
        _ => Date::new(today.year() - 1, month, day).ok()?,
    };
    let hour = rest.trim().get(..5).unwrap_or(rest.trim());
    parse_date(&format!("{date} {hour}")).or_else(|| parse_date(&date.to_string()))
}

/// A number of one or two digits at the start.
fn number(text: &str) -> Option<(i8, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if end > 2 {
        return None;
    }
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-02 09:00.
    fn told(text: &str) -> Option<String> {
        let now = Timestamp::from_second(1_793_581_200).unwrap();
        find(text, now).map(|at| clock::rfc3339(at)[..16].to_owned())
    }

    #[test]
    fn dates_are_found_as_list_pages_write_them() {
        for (text, day) in [
            ("2026-10-31", "2026-10-31T00:00"),
            ("[2026-10-31]", "2026-10-31T00:00"),
            ("（2026/10/31）", "2026-10-31T00:00"),
            ("发布时间：2026年10月31日 08:05 来源：县府办", "2026-10-31T08:05"),
            ("关于停水的通知 2026.10.31", "2026-10-31T00:00"),
            ("Sat, 31 Oct 2026 08:05:00 +0800", "2026-10-31T08:05"),
            ("刚刚", "2026-11-02T09:00"),
            ("15 分钟前", "2026-11-02T08:45"),
            ("县新闻 3小时前", "2026-11-02T06:00"),
            ("2天前", "2026-10-31T09:00"),
            ("昨天 10:20", "2026-11-01T10:20"),
            ("前天", "2026-10-31T00:00"),
            ("今天 08:30 阅读", "2026-11-02T08:30"),
            ("10-31", "2026-10-31T00:00"),
            ("[11/02 08:05]", "2026-11-02T08:05"),
            ("12月31日", "2025-12-31T00:00"),
        ] {
            assert_eq!(told(text).as_deref(), Some(day), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_no_dates() {
        for text in [
            "",
            "阅读 1234",
            "20",
            "1234567890",
            "3/100",
            "第3-5号路",
            "13-40",
            "10-11-12",
            "2026年度计划",
            "12-30%",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9年月日前天昨小时分钟:/. \\-\\[]{0,24}") {
            let _ = told(&text);
        }
    }
}
