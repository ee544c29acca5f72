//! Working days and office hours: adding them, and measuring them between two instants.
//!
//! All wall-clock times are Asia/Shanghai, a fixed +08:00. A year without data counts Monday to Friday as
//! working days; callers ask [`WorkCalendar::is_guess`] and say so.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};
use qingting_models::clock::{from_local, local, local_date};
use qingting_models::county::{CalendarData, County, DayKind, NamedDay, OfficePeriod};

/// A sum left the range of dates that the program can hold (years -9999 to 9999).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time lies outside the years -9999 to 9999")]
pub struct OutOfRange;

impl From<jiff::Error> for OutOfRange {
    fn from(_: jiff::Error) -> Self {
        Self
    }
}

/// The days of the official arrangement with the hours of the county's offices.
#[derive(Debug, Clone)]
pub struct WorkCalendar {
    days: CalendarData,
    /// In order, apart from each other, never empty.
    hours: Vec<OfficePeriod>,
}

impl WorkCalendar {
    /// The calendar of a county.
    pub fn of_county(county: &County) -> Self {
        Self { days: county.calendar.clone(), hours: county.settings.office_hours.clone() }
    }

    /// What the official arrangement says of a day, or the guess by weekday.
    pub fn day_kind(&self, date: Date) -> DayKind {
        self.days.day_kind(date)
    }

    pub fn is_workday(&self, date: Date) -> bool {
        self.day_kind(date).is_work()
    }

    /// Whether the day's year has no data, so that [`Self::is_workday`] goes by Monday to Friday.
    pub fn is_guess(&self, date: Date) -> bool {
        !self.day_kind(date).is_known()
    }

    /// The holiday or make-up workday that a date is, if the arrangement names it.
    pub fn named(&self, date: Date) -> Option<&NamedDay> {
        self.days.named(date)
    }

    /// The wall-clock time at which the offices close.
    pub fn closing_time(&self) -> Time {
        self.hours.last().map_or(Time::midnight(), |p| p.end)
    }

    /// The instant at which the offices close on a date, whether or not they were open.
    pub fn closing(&self, date: Date) -> Result<Timestamp, OutOfRange> {
        Ok(from_local(date.to_datetime(self.closing_time()))?)
    }

    /// The date itself, or the first working day after it.
    pub fn roll(&self, date: Date) -> Result<Date, OutOfRange> {
        if self.is_workday(date) { Ok(date) } else { self.next_workday(date) }
    }

    /// The first working day after a date.
    pub fn next_workday(&self, date: Date) -> Result<Date, OutOfRange> {
        let mut day = date.tomorrow()?;
        while !self.is_workday(day) {
            day = day.tomorrow()?;
        }
        Ok(day)
    }

    /// The last working day before a date.
    pub fn previous_workday(&self, date: Date) -> Result<Date, OutOfRange> {
        let mut day = date.yesterday()?;
        while !self.is_workday(day) {
            day = day.yesterday()?;
        }
        Ok(day)
    }

    /// The `count`-th working day after a date, which itself does not count; the date itself for zero.
    pub fn add_working_days(&self, date: Date, count: u32) -> Result<Date, OutOfRange> {
        (0..count).try_fold(date, |day, _| self.next_workday(day))
    }

    /// How many working days lie after `from` up to and with `to`; zero when `to` is not later.
    pub fn working_days_between(&self, from: Date, to: Date) -> u32 {
        let mut count = 0;
        let mut day = from;
        while day < to {
            let Ok(next) = day.tomorrow() else { break };
            day = next;
            count += u32::from(self.is_workday(day));
        }
        count
    }

    /// The instant at which `time` of office hours has passed since `from`. An end that falls on the close
    /// of a stretch stays there and does not move to the next opening.
    pub fn add_working_time(&self, from: Timestamp, time: SignedDuration) -> Result<Timestamp, OutOfRange> {
        let start = local(from).datetime();
        let mut left = time;
        let mut day = start.date();
        loop {
            for (opens, closes) in self.open_stretches(day) {
                let begins = opens.max(start);
                let length = closes.duration_since(begins);
                if length.is_positive() && left <= length {
                    return Ok(from_local(begins.checked_add(left)?)?);
                }
                left -= length.max(SignedDuration::ZERO);
            }
            day = day.tomorrow()?;
        }
    }

    /// The time of office hours between two instants; zero when `to` is not later.
    pub fn working_time_between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        let (start, end) = (local(from).datetime(), local(to).datetime());
        let mut sum = SignedDuration::ZERO;
        let mut day = start.date();
        while day <= end.date() {
            for (opens, closes) in self.open_stretches(day) {
                let length = closes.min(end).duration_since(opens.max(start));
                sum += length.max(SignedDuration::ZERO);
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        sum
    }

    /// Whether the offices are open at an instant: from each opening until just before each close.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let at = local(at).datetime();
        self.open_stretches(at.date()).any(|(opens, closes)| opens <= at && at < closes)
    }

    /// Whether a day from that of `from` to that of `to` goes by Monday to Friday for want of data.
    pub fn guesses_between(&self, from: Timestamp, to: Timestamp) -> bool {
        let (mut day, last) = (local_date(from), local_date(to));
        while day <= last {
            if self.is_guess(day) {
                return true;
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        false
    }

    /// The stretches of office hours on a date; none on a day off.
    fn open_stretches(&self, date: Date) -> impl Iterator<Item = (DateTime, DateTime)> + '_ {
        let hours = if self.is_workday(date) { self.hours.as_slice() } else { &[] };
        hours.iter().map(move |p| (date.to_datetime(p.start), date.to_datetime(p.end)))
    }
}
