//! Due times by the county's deadline table and the working-day calendar, with the way to each of them.
//!
//! How each unit counts (shared rules, "Deadlines" and "Working time"):
//! - `wd`: the day it starts does not count; ends at the close of the N-th working day.
//! - `d`, `mo`: the day it starts does not count; ends at the hour the offices close, on a day off too
//!   unless the rule rolls to the next working day.
//! - `h`: clock time, to the second of the start. `wh`: office time, the lunch break left out.
//! - `same_day`: 24:00 of the day it starts.

mod extension;
mod light;
mod pause;
mod steps;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use qingting_models::clock::{from_local, local_date};
use qingting_models::county::{Amount, DeadlineRule};
use qingting_models::records::Urgency;

use crate::calendar::{OutOfRange, WorkCalendar};

pub use extension::{ExtensionError, Granted, extend};
pub use light::{Light, Running, light, yellow_from};
pub use pause::resume;
pub use steps::PROVISIONAL;

/// A due time and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub due: Timestamp,
    /// Chinese sentences, one a step.
    pub steps: Vec<String>,
    /// A day of a year without calendar data was counted as Monday to Friday (暂按周一至周五计算).
    pub provisional: bool,
}

/// When `rule` is due if its clock starts at `from`.
///
/// # Errors
/// [`OutOfRange`] when the due time lies beyond the year 9999.
pub fn due(
    rule: &DeadlineRule,
    calendar: &WorkCalendar,
    from: Timestamp,
    urgency: Urgency,
) -> Result<Due, OutOfRange> {
    let amount = rule.amount_for(urgency.into());
    let mut sum = Sum::new(calendar);
    sum.say(steps::start(from, amount));
    let due = match amount {
        Amount::ClockMinutes(minutes) => sum.clock_time(from, minutes)?,
        Amount::WorkingMinutes(minutes) => sum.office_time(from, minutes)?,
        Amount::SameDay => {
            from_local(local_date(from).tomorrow()?.to_datetime(jiff::civil::Time::midnight()))?
        }
        Amount::WorkingDays(days) => sum.working_days(local_date(from), days)?,
        Amount::Days(days) => {
            let end = local_date(from).checked_add(i64::from(days).days())?;
            sum.day_end(end, rule.roll == Some(true))?
        }
        Amount::Months(months) => {
            let end = local_date(from).checked_add(i64::from(months).months())?;
            sum.day_end(end, rule.roll == Some(true))?
        }
    };
    Ok(sum.end(due))
}

/// A sum under way: it notes each step and whether a guess went in.
struct Sum<'a> {
    calendar: &'a WorkCalendar,
    steps: Vec<String>,
    provisional: bool,
}

impl<'a> Sum<'a> {
    fn new(calendar: &'a WorkCalendar) -> Self {
        Self { calendar, steps: Vec::new(), provisional: false }
    }

    fn say(&mut self, step: String) {
        self.steps.push(step);
    }

    fn clock_time(&self, from: Timestamp, minutes: u32) -> Result<Timestamp, OutOfRange> {
        Ok(from.checked_add(SignedDuration::from_mins(i64::from(minutes)))?)
    }

    fn office_time(&mut self, from: Timestamp, minutes: u32) -> Result<Timestamp, OutOfRange> {
        let time = SignedDuration::from_mins(i64::from(minutes));
        let due = self.calendar.add_working_time(from, time)?;
        self.provisional |= self.calendar.guesses_between(from, due);
        self.steps.extend(steps::office_time(self.calendar, from, due));
        Ok(due)
    }

    /// The close of the `count`-th working day after `date`.
    fn working_days(&mut self, date: Date, count: u32) -> Result<Timestamp, OutOfRange> {
        let end = self.calendar.add_working_days(date, count)?;
        self.note_days(date, end)?;
        self.say(steps::last_working_day(end, count));
        self.calendar.closing(end)
    }

    /// The hour the offices close on `date`, or on the next working day when it rolls.
    fn day_end(&mut self, date: Date, roll: bool) -> Result<Timestamp, OutOfRange> {
        self.say(steps::last_day(date));
        let mut end = date;
        if roll {
            end = self.calendar.roll(date)?;
            self.note_days(date.yesterday()?, end)?;
            if end != date {
                self.say(steps::rolled(end));
            }
        }
        self.calendar.closing(end)
    }

    /// Notes the days off and make-up workdays after `from` up to `to`, and whether any is a guess.
    fn note_days(&mut self, from: Date, to: Date) -> Result<(), OutOfRange> {
        self.provisional |= steps::dates_after(from, to).any(|d| self.calendar.is_guess(d));
        self.steps.extend(steps::special_days(self.calendar, from, to));
        Ok(())
    }

    fn end(mut self, due: Timestamp) -> Due {
        if self.provisional {
            self.say(steps::provisional(self.calendar, due));
        }
        self.say(steps::end(due));
        Due { due, steps: self.steps, provisional: self.provisional }
    }
}
