//! Moving a due time by the time that its clock stood still.

use jiff::{Timestamp, ToSpan};
use qingting_models::clock::local_date;
use qingting_models::county::{Amount, DeadlineRule};
use qingting_models::records::Urgency;

use super::{Due, Sum, steps};
use crate::calendar::{OutOfRange, WorkCalendar};

/// The due time of a clock that stood still from `paused_from` to `paused_to`.
///
/// It moves by what the rule itself would have counted in between, so that a pause neither wins nor loses
/// time: working days after the day of the pause up to the day of going on (`wd`), calendar days likewise
/// (`d` and `mo`, rolling if the rule does), the exact time (`h`, `same_day`), or the office time (`wh`).
/// A pause within one day moves a clock of days by nothing.
///
/// # Errors
/// [`OutOfRange`] when the due time lies beyond the year 9999.
pub fn resume(
    rule: &DeadlineRule,
    calendar: &WorkCalendar,
    urgency: Urgency,
    due: Timestamp,
    paused_from: Timestamp,
    paused_to: Timestamp,
) -> Result<Due, OutOfRange> {
    // A clock that was put back while the case waited takes no time away.
    let paused_to = paused_to.max(paused_from);
    let mut sum = Sum::new(calendar);
    let (first, last) = (local_date(paused_from), local_date(paused_to));
    let lost;
    let moved = match rule.amount_for(urgency.into()) {
        Amount::WorkingDays(_) => {
            let days = calendar.working_days_between(first, last);
            sum.provisional |= calendar.guesses_between(paused_from, paused_to);
            lost = format!("{days} 个工作日");
            let end = calendar.add_working_days(local_date(due), days)?;
            sum.provisional |= steps::dates_after(local_date(due), end).any(|d| calendar.is_guess(d));
            if days == 0 { due } else { calendar.closing(end)? }
        }
        Amount::Days(_) | Amount::Months(_) => {
            let days = first.until(last)?.get_days().max(0);
            lost = format!("{days} 日");
            let end = local_date(due).checked_add(days.days())?;
            if days == 0 { due } else { sum.day_end(end, rule.roll == Some(true))? }
        }
        Amount::ClockMinutes(_) | Amount::SameDay => {
            let time = paused_to.duration_since(paused_from);
            lost = format!("{} 分钟", time.as_mins());
            due.checked_add(time)?
        }
        Amount::WorkingMinutes(_) => {
            let time = calendar.working_time_between(paused_from, paused_to);
            sum.provisional |= calendar.guesses_between(paused_from, paused_to);
            lost = format!("{} 分钟办公时间", time.as_mins());
            let moved = if time.is_zero() { due } else { calendar.add_working_time(due, time)? };
            sum.provisional |= calendar.guesses_between(due, moved);
            moved
        }
    };
    sum.steps.insert(0, steps::paused(paused_from, paused_to, &lost));
    Ok(sum.end(moved))
}
