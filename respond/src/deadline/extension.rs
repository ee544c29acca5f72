//! Moving a due time by a granted extension, within the cap of its rule.

use jiff::{Timestamp, ToSpan};
use qingting_models::clock::local_date;
use qingting_models::county::{Amount, DeadlineRule};

use super::{Due, Sum, steps};
use crate::calendar::{OutOfRange, WorkCalendar};

/// What was granted on a clock before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Granted {
    pub times: u32,
    /// In the unit of the rule's cap.
    pub days: u32,
}

/// Why an extension cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionError {
    #[error(
        "rule {rule} cannot be extended; extendable are the rules whose row in deadlines.toml has an extension"
    )]
    NotExtendable { rule: String },
    #[error("an extension of 0 days was asked; allowed: 1 to {left} {unit}")]
    NoDays { left: u32, unit: &'static str },
    #[error("already extended {times} time(s); allowed: {allowed}")]
    TooOften { times: u32, allowed: u32 },
    #[error("{asked} {unit} were asked; allowed: at most {left} {unit} more")]
    TooLong { asked: u32, left: u32, unit: &'static str },
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

/// The due time after an extension by `days`, in the unit of the rule's cap: working days (`wd`) or days (`d`).
/// It counts from the due time as it stands, whose own day does not count; an extension in days rolls if the rule does.
///
/// # Errors
/// [`ExtensionError`] when the rule has no extension, was extended as often as it may be, or the days with
/// those granted before exceed its cap.
pub fn extend(
    rule: &DeadlineRule,
    calendar: &WorkCalendar,
    due: Timestamp,
    days: u32,
    before: Granted,
) -> Result<Due, ExtensionError> {
    let no_extension = || ExtensionError::NotExtendable { rule: rule.id.to_string() };
    let extension = rule.extension.as_ref().ok_or_else(no_extension)?;
    let (cap, unit) = match extension.cap {
        Amount::WorkingDays(cap) => (cap, "wd"),
        Amount::Days(cap) => (cap, "d"),
        _ => return Err(no_extension()),
    };
    let left = cap.saturating_sub(before.days);
    if let Some(allowed) = extension.times.filter(|allowed| before.times >= *allowed) {
        return Err(ExtensionError::TooOften { times: before.times, allowed });
    }
    if days > left {
        return Err(ExtensionError::TooLong { asked: days, left, unit });
    }
    if days == 0 {
        return Err(ExtensionError::NoDays { left, unit });
    }
    let mut sum = Sum::new(calendar);
    let from = local_date(due);
    let moved = if unit == "wd" {
        sum.say(steps::extended(Amount::WorkingDays(days)));
        sum.working_days(from, days)?
    } else {
        sum.say(steps::extended(Amount::Days(days)));
        let end = from.checked_add(i64::from(days).days()).map_err(OutOfRange::from)?;
        sum.day_end(end, rule.roll == Some(true))?
    };
    Ok(sum.end(moved))
}
