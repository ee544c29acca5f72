//! The days that a report is about, and those that it is held against.

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::{Period, words};
use crate::clock::from_local;

words! {
    /// How long a report looks back.
    ReportKind {
        Daily => "daily", "日报";
        Weekly => "weekly", "周报";
        Monthly => "monthly", "月报";
        Period => "period", "专期报告";
        /// On one incident: its days are those on which it was heard of.
        Brief => "brief", "专报";
    }
}

/// The days of a report, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReportSpan {
    pub kind: ReportKind,
    pub from: Date,
    pub to: Date,
}

/// Days that a report cannot be about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSpan {
    #[error("“{0}”不是周次，应写成 2026-W46")]
    Week(String),
    #[error("结束日期 {to} 早于开始日期 {from}")]
    Reversed { from: Date, to: Date },
    #[error("时段最长 {LONGEST_DAYS} 天，{from} 至 {to} 太长")]
    TooLong { from: Date, to: Date },
    #[error("日期 {0} 超出范围")]
    OutOfRange(Date),
}

/// The most days that one report covers: a year and a week.
const LONGEST_DAYS: i32 = 373;
/// Of more days than these the weeks are listed.
const LISTED_DAYS: i32 = 62;
/// Reports are about days of this century; that leaves room for every comparison.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2199;

impl ReportSpan {
    pub fn day(date: Date) -> Result<Self, BadSpan> {
        Self::checked(ReportKind::Daily, date, date)
    }

    /// Monday to Sunday of the week with this date.
    pub fn week_of(date: Date) -> Result<Self, BadSpan> {
        let back = i32::from(date.weekday().to_monday_zero_offset());
        let from = date.checked_sub(back.days()).map_err(|_| BadSpan::OutOfRange(date))?;
        let to = from.checked_add(6.days()).map_err(|_| BadSpan::OutOfRange(date))?;
        Self::checked(ReportKind::Weekly, from, to)
    }

    /// `2026-W46`, by ISO 8601.
    pub fn week(text: &str) -> Result<Self, BadSpan> {
        let bad = || BadSpan::Week(text.to_owned());
        let (year, week) = text.split_once("-W").ok_or_else(bad)?;
        let (year, week) = (year.parse().map_err(|_| bad())?, week.parse().map_err(|_| bad())?);
        let monday = ISOWeekDate::new(year, week, Weekday::Monday).map_err(|_| bad())?;
        Self::week_of(monday.date())
    }

    pub fn month_of(date: Date) -> Result<Self, BadSpan> {
        Self::checked(ReportKind::Monthly, date.first_of_month(), date.last_of_month())
    }

    pub fn days_between(from: Date, to: Date) -> Result<Self, BadSpan> {
        Self::checked(ReportKind::Period, from, to)
    }

    fn checked(kind: ReportKind, from: Date, to: Date) -> Result<Self, BadSpan> {
        if to < from {
            return Err(BadSpan::Reversed { from, to });
        }
        if let Some(out) = [from, to].into_iter().find(|date| !YEARS.contains(&date.year())) {
            return Err(BadSpan::OutOfRange(out));
        }
        let span = Self { kind, from, to };
        if span.length() > LONGEST_DAYS { Err(BadSpan::TooLong { from, to }) } else { Ok(span) }
    }

    /// How many days.
    pub fn length(&self) -> i32 {
        days_apart(self.from, self.to) + 1
    }

    pub fn days(&self) -> impl Iterator<Item = Date> + use<> {
        let from = self.from;
        (0..self.length()).map(move |n| from.saturating_add(n.days()))
    }

    /// Whether it is so long that its weeks are listed in the place of its days.
    pub fn lists_weeks(&self) -> bool {
        self.length() > LISTED_DAYS
    }

    /// Its weeks from Monday on, the first and the last as far as they belong to it.
    pub fn weeks(&self) -> Vec<(Date, Date)> {
        let mut all: Vec<(Date, Date)> = Vec::new();
        for day in self.days() {
            match all.last_mut() {
                Some((_, to)) if day.weekday() != Weekday::Monday => *to = day,
                _ => all.push((day, day)),
            }
        }
        all
    }

    /// From midnight to midnight in Asia/Shanghai.
    pub fn period(&self) -> Period {
        let start = |date: Date| from_local(date.to_datetime(jiff::civil::Time::midnight()));
        let from = start(self.from).unwrap_or(Timestamp::MIN);
        Period { from, to: start(self.to.saturating_add(1.day())).unwrap_or(Timestamp::MAX) }
    }

    /// The days that it is held against: as many just before it, of a month the month before.
    pub fn before(&self) -> Self {
        let last = self.from.saturating_sub(1.day());
        let from = match self.kind {
            ReportKind::Monthly => last.first_of_month(),
            _ => self.from.saturating_sub(self.length().days()),
        };
        Self { from, to: last, ..*self }
    }

    /// The same days of the year before: of a week the ISO week of the same number (the 52nd where that year has no
    /// 53rd), of a day the same weekday 52 weeks before, else the same dates.
    pub fn year_ago(&self) -> Self {
        let (from, to) = match self.kind {
            ReportKind::Daily => (self.from.saturating_sub(364.days()), self.to.saturating_sub(364.days())),
            ReportKind::Weekly => {
                let week = self.from.iso_week_date();
                let of = |number| ISOWeekDate::new(week.year() - 1, number, Weekday::Monday);
                let monday = of(week.week()).or_else(|_| of(52)).map_or(self.from, ISOWeekDate::date);
                (monday, monday.saturating_add(6.days()))
            }
            ReportKind::Monthly => {
                let from = self.from.saturating_sub(1.year());
                (from, from.last_of_month())
            }
            ReportKind::Period | ReportKind::Brief => {
                (self.from.saturating_sub(1.year()), self.to.saturating_sub(1.year()))
            }
        };
        Self { from, to, ..*self }
    }

    /// As many days right after it, of a month the month after: what is looked ahead to.
    pub fn after(&self) -> Self {
        let from = self.to.saturating_add(1.day());
        let to = match self.kind {
            ReportKind::Monthly => from.last_of_month(),
            _ => from.saturating_add((self.length() - 1).days()),
        };
        Self { from, to, ..*self }
    }

    /// `2026年第46周`, `2026年11月`, `2026年11月9日`, `2026年11月9日至20日`.
    pub fn name(&self) -> String {
        let from = self.from;
        match self.kind {
            ReportKind::Daily => day_name(from),
            ReportKind::Weekly => {
                let week = from.iso_week_date();
                format!("{}年第{}周", week.year(), week.week())
            }
            ReportKind::Monthly => format!("{}年{}月", from.year(), from.month()),
            ReportKind::Period | ReportKind::Brief => self.dates(),
        }
    }

    /// `2026年11月9日至15日`, with month and year where they change.
    pub fn dates(&self) -> String {
        let (from, to) = (self.from, self.to);
        let end = if from == to {
            return day_name(from);
        } else if from.year() != to.year() {
            day_name(to)
        } else if from.month() != to.month() {
            format!("{}月{}日", to.month(), to.day())
        } else {
            format!("{}日", to.day())
        };
        format!("{}至{end}", day_name(from))
    }

    /// What the days that it is held against are called: 上周, 上月, 前一日, 前一时段.
    pub fn before_word(&self) -> &'static str {
        match self.kind {
            ReportKind::Daily => "前一日",
            ReportKind::Weekly => "上周",
            ReportKind::Monthly => "上月",
            ReportKind::Period | ReportKind::Brief => "前一时段",
        }
    }

    /// 本日, 本周, 本月, 本期.
    pub fn this_word(&self) -> &'static str {
        match self.kind {
            ReportKind::Daily => "本日",
            ReportKind::Weekly => "本周",
            ReportKind::Monthly => "本月",
            ReportKind::Period | ReportKind::Brief => "本期",
        }
    }

    /// 明日, 下周, 下月, 下一时段.
    pub fn after_word(&self) -> &'static str {
        match self.kind {
            ReportKind::Daily => "次日",
            ReportKind::Weekly => "下周",
            ReportKind::Monthly => "下月",
            ReportKind::Period | ReportKind::Brief => "下一时段",
        }
    }
}

/// How many days `to` lies after `from`.
pub fn days_apart(from: Date, to: Date) -> i32 {
    // Two civil dates are always so many whole days apart.
    from.duration_until(to).as_hours().div_euclid(24).try_into().unwrap_or(i32::MAX)
}

/// The number of a day: how many lie between it and 1970-01-01.
pub fn day_number(date: Date) -> i64 {
    i64::from(days_apart(jiff::civil::date(1970, 1, 1), date))
}

fn day_name(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn weeks_are_those_of_iso_8601() {
        let week = ReportSpan::week("2026-W46").unwrap();
        assert_eq!((week.from, week.to), (date(2026, 11, 9), date(2026, 11, 15)));
        assert_eq!((week.name(), week.dates()), ("2026年第46周".into(), "2026年11月9日至15日".into()));
        // 1 January 2027 is in the last week of 2026.
        let first = ReportSpan::week_of(date(2027, 1, 1)).unwrap();
        assert_eq!((first.from, first.name()), (date(2026, 12, 28), "2026年第53周".into()));
        assert_eq!(first.dates(), "2026年12月28日至2027年1月3日");
        // 2025 has no 53rd week.
        assert_eq!(first.year_ago().from, date(2025, 12, 22));
        assert_eq!(week.year_ago().from, date(2025, 11, 10));
        for bad in ["2026-W00", "2026-W54", "2025-W53", "46", "2026W46", "2026-W4a", ""] {
            assert!(matches!(ReportSpan::week(bad), Err(BadSpan::Week(_))), "{bad}");
        }
    }

    #[test]
    fn days_are_held_against_as_many_before_and_the_year_before() {
        let month = ReportSpan::month_of(date(2026, 3, 9)).unwrap();
        assert_eq!(month.before().dates(), "2026年2月1日至28日");
        assert_eq!(month.after().dates(), "2026年4月1日至30日");
        assert_eq!(month.year_ago().dates(), "2025年3月1日至31日");
        let leap = ReportSpan::month_of(date(2024, 2, 3)).unwrap();
        assert_eq!((leap.length(), leap.year_ago().length()), (29, 28));
        let day = ReportSpan::day(date(2026, 11, 9)).unwrap();
        assert_eq!((day.before().from, day.year_ago().from), (date(2026, 11, 8), date(2025, 11, 10)));
        let days = ReportSpan::days_between(date(2026, 10, 1), date(2026, 10, 8)).unwrap();
        assert_eq!(days.before().dates(), "2026年9月23日至30日");
        assert_eq!(days.days().count(), 8);
        let period = days.period();
        assert_eq!(period.to.duration_since(period.from).as_hours(), 8 * 24);
    }

    #[test]
    fn a_long_span_has_weeks_from_monday_on_and_no_day_twice() {
        let year = ReportSpan::days_between(date(2026, 1, 1), date(2026, 12, 31)).unwrap();
        let weeks = year.weeks();
        assert_eq!(weeks[0], (date(2026, 1, 1), date(2026, 1, 4)));
        assert_eq!(weeks.last(), Some(&(date(2026, 12, 28), date(2026, 12, 31))));
        assert!(weeks.windows(2).all(|pair| pair[0].1.tomorrow().unwrap() == pair[1].0));
        let days =
            |n| ReportSpan::days_between(date(2026, 1, 1), date(2026, 1, 1).saturating_add(n)).unwrap();
        assert!(!days(61.days()).lists_weeks() && days(62.days()).lists_weeks() && year.lists_weeks());
    }

    #[test]
    fn days_that_no_report_is_about_are_refused() {
        let reversed = ReportSpan::days_between(date(2026, 10, 8), date(2026, 10, 1));
        assert!(reversed.unwrap_err().to_string().contains("早于"));
        let long = ReportSpan::days_between(date(2024, 1, 1), date(2026, 1, 1));
        assert!(long.unwrap_err().to_string().contains("太长"));
        assert!(ReportSpan::day(date(1, 1, 1)).is_err() && ReportSpan::week_of(Date::MIN).is_err());
    }
}
