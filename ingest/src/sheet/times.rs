//! Reads the times that sheets and feeds write. A time without a zone is Asia/Shanghai.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use qingting_models::clock;

/// The forms that [`parse`] takes, for messages.
pub const ALLOWED: &str = "2020/1/6 12:09:38, 2020-01-06 12:09, 2020年1月6日 (with or without a time), \
                           an Excel serial number, epoch seconds or milliseconds, RFC 3339";

/// Cells that stand for "no time".
const NOTHING: &[&str] =
    &["-", "--", "—", "/", "无", "null", "NULL", "0", "0000-00-00", "0000-00-00 00:00:00"];

/// A text that is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTime {
    #[error("\"{0}\" is no time; allowed: {ALLOWED}")]
    Unknown(String),
    #[error("\"{0}\" is a day or hour that does not exist; allowed: {ALLOWED}")]
    Impossible(String),
    #[error("\"{0}\" lies outside the years 1990 to 2100; allowed: {ALLOWED}")]
    OutOfRange(String),
}

/// Reads a cell; `None` for an empty one or a placeholder (`-`, `无` ...).
///
/// # Errors
/// When the text is no time of an allowed form, or a day that does not exist.
pub fn parse_cell(cell: &str) -> Result<Option<Timestamp>, BadTime> {
    let text = cell.trim();
    if text.is_empty() || NOTHING.contains(&text) {
        return Ok(None);
    }
    parse(text).map(Some)
}

/// The same for a cell of a workbook that may count its days from 1904-01-01 instead of 1899-12-30.
pub(super) fn parse_cell_of(cell: &str, since_1904: bool) -> Result<Option<Timestamp>, BadTime> {
    // 1,462 days lie between the two; serial days of 1990 to 2100 in the system of 1904.
    let serial =
        cell.trim().parse::<f64>().ok().filter(|days| since_1904 && (31_412.0..71_954.0).contains(days));
    match serial {
        Some(days) => parse_cell(&(days + 1462.0).to_string()),
        None => parse_cell(cell),
    }
}

/// Reads a time.
///
/// # Errors
/// When the text is no time of an allowed form, or a day that does not exist.
pub fn parse(text: &str) -> Result<Timestamp, BadTime> {
    // What stands in a wrong column may be a person's number.
    let shown = || qingting_models::text::mask(&text.chars().take(40).collect::<String>()).text;
    let plain = half_width(text.trim());
    // Only a time with a zone is RFC 3339; that many cells have none is told faster than by trying.
    let zoned = plain.contains(['Z', 'z', '+']) || plain.matches(['-', '\u{2212}']).count() > 2;
    let instant = if zoned { plain.parse::<Timestamp>().ok() } else { None };
    let at = match instant {
        Some(at) => at,
        None if is_number(&plain) => number(&plain).ok_or_else(|| BadTime::Unknown(shown()))?,
        None => {
            let (local, offset_s) = Scanner::new(&plain).date_time().map_err(|fault| fault.about(shown()))?;
            let at = clock::from_local(local).map_err(|_| BadTime::OutOfRange(shown()))?;
            match offset_s {
                // `from_local` took the wall clock for +08:00.
                Some(offset) => Timestamp::from_second(at.as_second() + 8 * 3600 - offset)
                    .map_err(|_| BadTime::OutOfRange(shown()))?,
                None => at,
            }
        }
    };
    let year = clock::local(at).year();
    if (1990..=2100).contains(&year) { Ok(at) } else { Err(BadTime::OutOfRange(shown())) }
}

/// Digits and signs of full width as their ASCII counterparts.
fn half_width(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' | '\u{00A0}' => ' ',
        _ => c,
    };
    text.chars().map(narrow).collect()
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.bytes().filter(|b| *b == b'.').count() <= 1
}

/// A bare number: its size tells an Excel serial day (1990 to 2100), a compact date, epoch seconds and epoch milliseconds apart.
fn number(text: &str) -> Option<Timestamp> {
    let whole = !text.contains('.');
    match text.len() {
        8 if whole => compact(text),
        14 if whole => compact(text),
        _ => {
            let value: f64 = text.parse().ok()?;
            if (32_874.0..73_416.0).contains(&value) {
                return serial(value);
            }
            if (6.0e8..5.0e9).contains(&value) {
                return Timestamp::from_millisecond((value * 1000.0).round() as i64).ok();
            }
            (6.0e11..5.0e12).contains(&value).then(|| Timestamp::from_millisecond(value as i64).ok())?
        }
    }
}

/// `20200106` and `20200106120938`.
fn compact(text: &str) -> Option<Timestamp> {
    let part = |from: usize, to: usize| text.get(from..to).and_then(|t| t.parse::<i16>().ok());
    let small = |from: usize, to: usize| part(from, to).and_then(|v| i8::try_from(v).ok());
    let date = Date::new(part(0, 4)?, small(4, 6)?, small(6, 8)?).ok()?;
    let at = match text.len() {
        8 => date.at(0, 0, 0, 0),
        _ => DateTime::new(
            date.year(),
            date.month(),
            date.day(),
            small(8, 10)?,
            small(10, 12)?,
            small(12, 14)?,
            0,
        )
        .ok()?,
    };
    clock::from_local(at).ok()
}

/// An Excel serial day of the 1900 system: days since 1899-12-30 with the time as a fraction, to the second.
fn serial(value: f64) -> Option<Timestamp> {
    let seconds = (value * 86_400.0).round() as i64;
    // 25,569 days lie between 1899-12-30 and 1970-01-01; the wall clock is 8 hours ahead of UTC.
    Timestamp::from_second(seconds - 25_569 * 86_400 - 8 * 3600).ok()
}

/// What the scanner met.
enum Fault {
    Unknown,
    Impossible,
}

impl Fault {
    fn about(self, text: String) -> BadTime {
        match self {
            Self::Unknown => BadTime::Unknown(text),
            Self::Impossible => BadTime::Impossible(text),
        }
    }
}

/// Reads a written date with an optional time and offset from left to right.
struct Scanner<'t> {
    rest: &'t str,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    /// The wall-clock time, and the offset from UTC in seconds where one is written.
    fn date_time(mut self) -> Result<(DateTime, Option<i64>), Fault> {
        let date = self.date()?;
        self.skip_day_name();
        if self.rest.is_empty() {
            return Ok((date.at(0, 0, 0, 0), None));
        }
        let afternoon = self.half_day();
        let (mut hour, minute, second) = self.time()?;
        if afternoon == Some(true) && hour < 12 {
            hour += 12;
        }
        let offset = self.offset()?;
        if !self.rest.trim().is_empty() {
            return Err(Fault::Unknown);
        }
        // 24:00 is the end of the day, as due times are often written.
        if (hour, minute, second) == (24, 0, 0) {
            let next = date.tomorrow().map_err(|_| Fault::Impossible)?;
            return Ok((next.at(0, 0, 0, 0), offset));
        }
        let narrow = |value: i16| i8::try_from(value).map_err(|_| Fault::Impossible);
        DateTime::new(
            date.year(),
            date.month(),
            date.day(),
            narrow(hour)?,
            narrow(minute)?,
            narrow(second)?,
            0,
        )
        .map(|at| (at, offset))
        .map_err(|_| Fault::Impossible)
    }

    fn date(&mut self) -> Result<Date, Fault> {
        let (year, digits) = self.digits()?;
        if digits != 4 {
            return Err(Fault::Unknown);
        }
        let sign = self.one_of(&['/', '-', '.', '年'])?;
        let (month, _) = self.digits()?;
        self.one_of(&[if sign == '年' { '月' } else { sign }])?;
        let (day, _) = self.digits()?;
        if sign == '年' {
            self.one_of(&['日', '号'])?;
        }
        let narrow = |value: i16| i8::try_from(value).map_err(|_| Fault::Impossible);
        Date::new(year, narrow(month)?, narrow(day)?).map_err(|_| Fault::Impossible)
    }

    fn skip_day_name(&mut self) {
        self.rest = self.rest.trim_start();
        for mark in ["星期", "周"] {
            if let Some(after) = self.rest.strip_prefix(mark) {
                let mut chars = after.chars();
                if chars.next().is_some_and(|c| "一二三四五六日天".contains(c)) {
                    self.rest = chars.as_str().trim_start();
                }
            }
        }
        self.rest = self.rest.strip_prefix(['T', 't']).unwrap_or(self.rest).trim_start();
    }

    fn half_day(&mut self) -> Option<bool> {
        for (word, afternoon) in [("上午", false), ("下午", true), ("中午", true), ("晚上", true)] {
            if let Some(after) = self.rest.strip_prefix(word) {
                self.rest = after.trim_start();
                return Some(afternoon);
            }
        }
        None
    }

    fn time(&mut self) -> Result<(i16, i16, i16), Fault> {
        let (hour, _) = self.digits()?;
        let sign = self.one_of(&[':', '时', '点'])?;
        if sign != ':' && self.rest.is_empty() {
            return Ok((hour, 0, 0));
        }
        let (minute, _) = self.digits()?;
        self.take('分');
        let second = if self.take(':') || self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            self.digits()?.0
        } else {
            0
        };
        self.take('秒');
        if self.take('.') {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        }
        Ok((hour, minute, second))
    }

    /// `Z`, `+08:00`, `+0800`, `+08`, in seconds.
    fn offset(&mut self) -> Result<Option<i64>, Fault> {
        self.rest = self.rest.trim();
        if matches!(self.rest, "Z" | "z" | "UTC" | "GMT") {
            self.rest = "";
            return Ok(Some(0));
        }
        let sign = match self.rest.chars().next() {
            Some('+') => 1,
            Some('-') => -1,
            _ => return Ok(None),
        };
        self.rest = &self.rest[1..];
        let (value, digits) = self.digits()?;
        let (hours, minutes) = match digits {
            1 | 2 if self.take(':') => (value, self.digits()?.0),
            1 | 2 => (value, 0),
            4 => (value / 100, value % 100),
            _ => return Err(Fault::Unknown),
        };
        if hours > 14 || minutes > 59 {
            return Err(Fault::Impossible);
        }
        Ok(Some(sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60)))
    }

    /// A number of one to four digits, and how many digits it had.
    fn digits(&mut self) -> Result<(i16, usize), Fault> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        if end > 4 {
            return Err(Fault::Unknown);
        }
        let value = self.rest[..end].parse().map_err(|_| Fault::Unknown)?;
        self.rest = &self.rest[end..];
        Ok((value, end))
    }

    fn one_of(&mut self, allowed: &[char]) -> Result<char, Fault> {
        self.rest = self.rest.trim_start();
        let sign = self.rest.chars().next().filter(|c| allowed.contains(c)).ok_or(Fault::Unknown)?;
        self.rest = &self.rest[sign.len_utf8()..];
        Ok(sign)
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.rest.trim_start().strip_prefix(sign);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        clock::rfc3339(parse(text).unwrap())
    }

    #[test]
    fn reads_every_form_that_sheets_write() {
        for text in [
            "2020/1/6 12:09:38",
            "2020-01-06 12:09:38",
            "2020.01.06 12:09:38.000",
            "2020年1月6日 12时09分38秒",
            "2020年01月06日 12:09:38",
            "2020年1月6日 星期一 下午12:09:38",
            "２０２０／１／６　１２：０９：３８",
            "2020-01-06T12:09:38+08:00",
            "2020-01-06T04:09:38Z",
            "2020-01-06 04:09:38 +0000",
            "1578283778",
            "1578283778000",
            "43836.506689814816",
            "20200106120938",
        ] {
            assert_eq!(shown(text), "2020-01-06T12:09:38+08:00", "{text}");
        }
        assert_eq!(shown("2020-01-06 12:09"), "2020-01-06T12:09:00+08:00");
        for day in
            ["2020年1月6日", "2020/1/6", "43836", "20200106", "2020-01-05 24:00", "2020-01-05 24:00:00"]
        {
            assert_eq!(shown(day), "2020-01-06T00:00:00+08:00", "{day}");
        }
        assert_eq!(shown("2020年1月6日 下午3点"), "2020-01-06T15:00:00+08:00");
    }

    #[test]
    fn refuses_days_that_do_not_exist_and_names_the_allowed_forms() {
        for text in ["2021-02-29", "2020/13/1 10:00", "2020年4月31日", "2020-01-06 25:10", "2020-01-06 24:01"]
        {
            assert!(matches!(parse(text), Err(BadTime::Impossible(_))), "{text}");
        }
        for text in
            ["昨天下午", "1/6/2020", "20/1/6", "2020-01", "12:09", "5个工作日", "2020-01-06 12:09 附件", "7"]
        {
            let wrong = parse(text).unwrap_err();
            assert!(matches!(wrong, BadTime::Unknown(_)), "{text}");
            assert!(wrong.to_string().contains("2020/1/6 12:09:38"));
        }
        assert!(matches!(parse("1020-01-06"), Err(BadTime::OutOfRange(_))));
    }

    #[test]
    fn an_empty_cell_or_a_dash_is_no_time() {
        for text in ["", "  ", "-", "无", "0000-00-00 00:00:00"] {
            assert_eq!(parse_cell(text), Ok(None), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9年月日时分秒:/. +TZ-]{0,30}") {
            let _ = parse(&text);
        }
    }
}
