//! The 365 days of a sample: how busy each is, and how they fall into the periods of exports.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use qingting_models::clock;
use qingting_models::county::CalendarData;
use serde::Deserialize;

use crate::material::rhythm::Rhythm;

pub(super) const DAYS: usize = 365;
/// Seconds of a day.
pub(super) const DAY_S: i64 = 86_400;
const WORDS: &str = include_str!("../../data/sample/year.toml");

/// What `year.toml` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Habits {
    day_off: u32,
    holiday: u32,
    holiday_topics: BTreeMap<String, u32>,
    months: BTreeMap<String, [u32; 12]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DayKind {
    Work,
    /// Saturday and Sunday.
    Off,
    /// A named holiday.
    Holiday,
}

/// One day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    pub(super) date: Date,
    /// Epoch seconds of its local midnight.
    pub(super) start: i64,
    kind: DayKind,
}

/// The year that ends with the day `until`.
#[derive(Debug)]
pub(super) struct Year {
    days: Vec<Day>,
    periods: usize,
    habits: Habits,
}

impl Year {
    /// # Errors
    /// When the embedded file is malformed, or the days lie outside what a date can be.
    pub(super) fn ending(until: Date, items: u64, calendar: &CalendarData) -> Result<Self> {
        let habits: Habits = toml::from_str(WORDS).context("year.toml")?;
        let days = (0..DAYS)
            .map(|index| day(until.checked_sub(((DAYS - 1 - index) as i64).days())?, calendar))
            .collect::<Result<Vec<Day>>>()?;
        // Few large files import quickest; a feed must stay below what a poll takes.
        let periods = match items {
            ..10_000 => 4,
            10_000..1_000_000 => 12,
            _ => 52,
        };
        Ok(Self { days, periods, habits })
    }

    pub(super) fn day(&self, index: usize) -> Result<Day> {
        self.days.get(index).copied().with_context(|| format!("a year has no day {index}"))
    }

    pub(super) fn periods(&self) -> usize {
        self.periods
    }

    /// The days of a period.
    pub(super) fn period(&self, period: usize) -> Range<usize> {
        period * DAYS / self.periods..(period + 1) * DAYS / self.periods
    }

    /// Epoch seconds of the midnight at which a period's export is made.
    pub(super) fn export_at(&self, period: usize) -> Result<i64> {
        Ok(self.day(self.period(period).end - 1)?.start + DAY_S)
    }

    /// The days at a period's end that the next export lists again.
    pub(super) fn overlap(&self, period: usize) -> Range<usize> {
        let days = self.period(period);
        let again = (days.len() / 12).max(2);
        days.end - again..days.end
    }

    /// Spreads `total` records over the days by weekday, holiday and a slow growth; adds up exactly.
    pub(super) fn counts(&self, rhythm: Rhythm, total: u64) -> Vec<u32> {
        let weights: Vec<u64> =
            self.days.iter().enumerate().map(|(index, day)| self.weight(index, day, rhythm)).collect();
        let sum = weights.iter().sum::<u64>().max(1);
        let mut seen = 0;
        weights
            .iter()
            .map(|weight| {
                let before = total * seen / sum;
                seen += weight;
                (total * seen / sum - before) as u32
            })
            .collect()
    }

    fn weight(&self, index: usize, day: &Day, rhythm: Rhythm) -> u64 {
        let days = rhythm.days();
        let weekday = day.date.weekday();
        let of = |weekday: Weekday| {
            days.get(weekday.to_sunday_zero_offset() as usize).copied().unwrap_or_default()
        };
        let weekend = matches!(weekday, Weekday::Saturday | Weekday::Sunday);
        let share = match day.kind {
            DayKind::Work if weekend => of(Weekday::Tuesday) * 100,
            DayKind::Work => of(weekday) * 100,
            DayKind::Off => of(weekday) * self.habits.day_off,
            DayKind::Holiday => of(Weekday::Sunday) * self.habits.holiday,
        };
        u64::from(share) * (2 * DAYS + index / 2) as u64
    }

    /// What the season and a holiday make of a topic's weight.
    pub(super) fn topic_weight(&self, topic: &str, weight: u32, day: &Day) -> u32 {
        let month = day.date.month().unsigned_abs() as usize - 1;
        let season =
            self.habits.months.get(topic).and_then(|months| months.get(month)).copied().unwrap_or(100);
        let holiday = match day.kind {
            DayKind::Holiday => self.habits.holiday_topics.get(topic).copied().unwrap_or(100),
            _ => 100,
        };
        weight * season * holiday / 100
    }

    /// A day of one of the months, as the nth of those there are; `None` when there is none.
    pub(super) fn day_in(&self, months: &[i8], nth: usize) -> Option<usize> {
        let days: Vec<usize> = (0..DAYS)
            .filter(|day| self.days.get(*day).is_some_and(|day| months.contains(&day.date.month())))
            .collect();
        days.get(nth % days.len().max(1)).copied()
    }

    /// # Errors
    /// When the file names a topic that the material does not have.
    pub(super) fn check(&self, topics: &BTreeMap<String, u32>) -> Result<()> {
        for topic in self.habits.months.keys().chain(self.habits.holiday_topics.keys()) {
            ensure!(topics.contains_key(topic), "year.toml: unknown topic {topic}");
        }
        Ok(())
    }
}

fn day(date: Date, calendar: &CalendarData) -> Result<Day> {
    let kind = match (calendar.named(date), calendar.day_kind(date).is_work()) {
        (_, true) => DayKind::Work,
        (Some(_), false) => DayKind::Holiday,
        (None, false) => DayKind::Off,
    };
    Ok(Day { date, start: clock::from_local(date.at(0, 0, 0, 0))?.as_second(), kind })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use qingting_models::county::County;

    use super::*;

    fn year() -> Year {
        Year::ending(date(2026, 11, 22), 500_000, &County::embedded().unwrap().calendar).unwrap()
    }

    #[test]
    fn days_add_up_and_follow_the_week_and_the_calendar() {
        let year = year();
        let counts = year.counts(Rhythm::Calls, 100_003);
        assert_eq!(counts.iter().map(|count| u64::from(*count)).sum::<u64>(), 100_003);
        let on = |month, day| {
            let wanted = date(2026, month, day);
            counts[(0..DAYS).find(|index| year.days[*index].date == wanted).unwrap()]
        };
        assert!(on(10, 2) * 2 < on(10, 9), "a holiday is quieter than the Friday after it");
        assert!(on(10, 10) > on(10, 17), "a Saturday that is worked is busier than one that is not");
        assert!(on(10, 19) > on(10, 18), "a Monday is busier than a Sunday");
    }

    #[test]
    fn the_periods_cover_the_year() {
        let year = year();
        let days: Vec<usize> = (0..year.periods()).flat_map(|period| year.period(period)).collect();
        assert_eq!(days, (0..DAYS).collect::<Vec<usize>>());
        assert!(year.overlap(3).end == year.period(3).end && year.overlap(3).start > year.period(3).start);
        assert_eq!(year.day(364).unwrap().date, date(2026, 11, 22));
    }
}
