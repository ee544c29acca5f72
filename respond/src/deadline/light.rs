//! The warning light of a running clock.

use jiff::{SignedDuration, Timestamp};
use qingting_models::clock::{from_local, local};
use qingting_models::county::Amount;

use crate::calendar::{OutOfRange, WorkCalendar};

/// How near a clock is to its due time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    Green,
    Yellow,
    Red,
}

/// A clock under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// The rule's amount at the case's urgency: its unit decides when yellow begins.
    pub amount: Amount,
    pub started: Timestamp,
    pub due: Timestamp,
    /// Set while the clock stands still: its light stays what it was then.
    pub paused_at: Option<Timestamp>,
}

/// The light at `now`: red from the due time on, yellow from [`yellow_from`] on.
///
/// # Errors
/// [`OutOfRange`] when the due time lies at the edge of the calendar.
pub fn light(calendar: &WorkCalendar, clock: &Running, now: Timestamp) -> Result<Light, OutOfRange> {
    let now = clock.paused_at.map_or(now, |paused| paused.min(now));
    if now >= clock.due {
        return Ok(Light::Red);
    }
    Ok(if now >= yellow_from(calendar, clock)? { Light::Yellow } else { Light::Green })
}

/// When yellow begins: for clocks of days one working day before the due time (the same hour on the working
/// day before; from the last close of the offices, when the due time falls on a day off), for clocks of
/// hours when a quarter of the time is left, of office time for `wh`. Never before the start.
///
/// # Errors
/// [`OutOfRange`] when the due time lies at the edge of the calendar.
pub fn yellow_from(calendar: &WorkCalendar, clock: &Running) -> Result<Timestamp, OutOfRange> {
    let from = match clock.amount {
        Amount::WorkingDays(_) | Amount::Days(_) | Amount::Months(_) => day_before(calendar, clock.due)?,
        Amount::ClockMinutes(_) | Amount::SameDay => {
            let whole = clock.due.duration_since(clock.started);
            clock.due.checked_sub(whole / 4)?
        }
        Amount::WorkingMinutes(_) => {
            let whole = calendar.working_time_between(clock.started, clock.due);
            after_office_time(calendar, clock.started, whole - whole / 4)?
        }
    };
    Ok(from.max(clock.started))
}

fn day_before(calendar: &WorkCalendar, due: Timestamp) -> Result<Timestamp, OutOfRange> {
    let at = local(due).datetime();
    let (last, time) = if calendar.is_workday(at.date()) {
        (at.date(), at.time())
    } else {
        (calendar.previous_workday(at.date())?, calendar.closing_time())
    };
    Ok(from_local(calendar.previous_workday(last)?.to_datetime(time))?)
}

fn after_office_time(
    calendar: &WorkCalendar,
    from: Timestamp,
    time: SignedDuration,
) -> Result<Timestamp, OutOfRange> {
    if time.is_positive() { calendar.add_working_time(from, time) } else { Ok(from) }
}
