//! `calendar/YEAR.json`: the official arrangement of days off and make-up workdays, a file a year.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use super::error::{At, CountyError};
use super::validity::parse_date;

/// The folder of the files in the county's folder.
pub(super) const FOLDER: &str = "calendar";

/// What a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind {
    Work,
    Off,
    /// The year has no data: Monday to Friday is taken for work.
    Unknown {
        work: bool,
    },
}

impl DayKind {
    pub fn is_work(self) -> bool {
        matches!(self, Self::Work | Self::Unknown { work: true })
    }

    /// Whether the official arrangement says so.
    pub fn is_known(self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }
}

/// A day that the arrangement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedDay {
    /// The holiday that it belongs to.
    pub name: String,
    pub date: Date,
    /// False for a make-up workday.
    pub off: bool,
}

/// The arrangement of one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearCalendar {
    pub year: i16,
    /// In the order of the file, each date once.
    pub days: Vec<NamedDay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawYear {
    #[serde(rename = "$schema")]
    _schema: Option<serde::de::IgnoredAny>,
    #[serde(rename = "$id")]
    _id: Option<serde::de::IgnoredAny>,
    #[serde(rename = "papers")]
    _papers: Option<serde::de::IgnoredAny>,
    year: i16,
    days: Vec<RawDay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDay {
    name: String,
    date: CivilDate,
    #[serde(rename = "isOffDay")]
    is_off_day: bool,
}

/// A date that is checked while reading, so that the reader's position is the date's.
struct CivilDate(Date);

impl<'de> Deserialize<'de> for CivilDate {
    fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let text = String::deserialize(reader)?;
        let wrong =
            || serde::de::Error::custom(format!("date \"{text}\" does not exist, expected YYYY-MM-DD"));
        parse_date(&text).map(Self).ok_or_else(wrong)
    }
}

impl YearCalendar {
    /// Reads the usual JSON, `{"year","days":[{"name","date","isOffDay"}]}`; the keys `$schema`, `$id` and
    /// `papers` that published files carry are passed over. A file may name days of the neighbouring
    /// December or January.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed.
    pub fn parse(file: &str, text: &str) -> Result<Self, CountyError> {
        let raw: RawYear =
            serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| json_error(file, &e))?;
        let mut days: Vec<NamedDay> = Vec::with_capacity(raw.days.len());
        let mut seen = BTreeSet::new();
        for day in raw.days {
            let date = day.date.0;
            let at = || At { file, line: last_line_with(text, &date.to_string()) };
            if !seen.insert(date) {
                return Err(at().invalid(format!("date {date} stands twice"), "each date once"));
            }
            if !belongs(raw.year, date) {
                let what = format!("date {date} is not of the year {}", raw.year);
                return Err(at().invalid(what, "days of that year, the December before or the January after"));
            }
            days.push(NamedDay { name: day.name, date, off: day.is_off_day });
        }
        if !days.iter().any(|d| d.off && d.date.year() == raw.year) {
            let what = format!("the year {} has no day off", raw.year);
            return Err(At { file, line: 1 }.invalid(what, "the full arrangement of a year"));
        }
        Ok(Self { year: raw.year, days })
    }
}

fn belongs(year: i16, date: Date) -> bool {
    date.year() == year
        || (date.year() == year - 1 && date.month() == 12)
        || (date.year() == year + 1 && date.month() == 1)
}

fn json_error(file: &str, error: &serde_json::Error) -> CountyError {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    let form = "{\"year\", \"days\": [{\"name\", \"date\", \"isOffDay\"}]}";
    let (what, allowed) = message.split_once(", expected ").unwrap_or((message, form));
    At { file, line: error.line() }.invalid(what, allowed)
}

/// The last line that holds `needle`: of a date that stands twice, the second place.
fn last_line_with(text: &str, needle: &str) -> usize {
    text.lines().enumerate().filter(|(_, l)| l.contains(needle)).last().map_or(1, |(i, _)| i + 1)
}

/// The arrangements of all years that are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CalendarData {
    years: BTreeSet<i16>,
    days: BTreeMap<Date, (i16, NamedDay)>,
}

impl CalendarData {
    /// Takes a year in, in place of what was known of it. Where two years name one day, the later one,
    /// which was published last, counts.
    pub fn insert(&mut self, year: YearCalendar) {
        self.days.retain(|_, (of, _)| *of != year.year);
        self.years.insert(year.year);
        for day in year.days {
            match self.days.get(&day.date) {
                Some((of, _)) if *of > year.year => {}
                _ => {
                    self.days.insert(day.date, (year.year, day));
                }
            }
        }
    }

    /// The years that have data.
    pub fn years(&self) -> impl Iterator<Item = i16> + '_ {
        self.years.iter().copied()
    }

    pub fn has_year(&self, year: i16) -> bool {
        self.years.contains(&year)
    }

    pub fn day_kind(&self, date: Date) -> DayKind {
        if let Some((_, day)) = self.days.get(&date) {
            return if day.off { DayKind::Off } else { DayKind::Work };
        }
        let work = !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        match (self.has_year(date.year()), work) {
            (true, true) => DayKind::Work,
            (true, false) => DayKind::Off,
            (false, work) => DayKind::Unknown { work },
        }
    }

    /// The holiday or make-up workday that a date is, if the arrangement names it.
    pub fn named(&self, date: Date) -> Option<&NamedDay> {
        self.days.get(&date).map(|(_, day)| day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn parse(text: &str) -> Result<YearCalendar, CountyError> {
        YearCalendar::parse("calendar/2027.json", text)
    }

    #[test]
    fn a_published_file_is_read_with_its_extra_keys() {
        let text = r#"{"$schema":"s","$id":"i","year":2027,"papers":["p"],"days":[
            {"name":"元旦","date":"2026-12-31","isOffDay":true},
            {"name":"元旦","date":"2027-01-01","isOffDay":true},
            {"name":"元旦","date":"2027-01-09","isOffDay":false}]}"#;
        let mut data = CalendarData::default();
        data.insert(parse(text).unwrap());
        assert_eq!(data.day_kind(date(2027, 1, 1)), DayKind::Off);
        assert_eq!(data.day_kind(date(2027, 1, 9)), DayKind::Work);
        assert_eq!(data.day_kind(date(2027, 1, 10)), DayKind::Off);
        assert_eq!(data.day_kind(date(2026, 12, 31)), DayKind::Off);
        assert_eq!(data.day_kind(date(2026, 12, 30)), DayKind::Unknown { work: true });
    }

    #[test]
    fn wrong_days_are_refused_with_their_line() {
        let day = |d: &str| {
            format!("{{\"year\":2027,\"days\":[\n{{\"name\":\"元旦\",\"date\":\"{d}\",\"isOffDay\":true}}]}}")
        };
        let error = parse(&day("2027-02-30")).unwrap_err().to_string();
        assert_eq!(
            error,
            "calendar/2027.json line 2: date \"2027-02-30\" does not exist; allowed: YYYY-MM-DD"
        );
        assert!(parse(&day("2025-05-01")).unwrap_err().to_string().contains("is not of the year 2027"));
        assert!(parse(r#"{"year":2027,"days":[]}"#).unwrap_err().to_string().contains("has no day off"));
        assert!(parse(r#"{"year":2027,"day":[]}"#).unwrap_err().to_string().contains("unknown field `day`"));
    }
}
