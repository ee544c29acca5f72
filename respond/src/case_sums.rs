//! The county's rule table and calendar put to use on the clocks of a case.

use jiff::Timestamp;
use qingting_models::clock::local_date;
use qingting_models::county::{Amount, County, DeadlineRule, RuleId};
use qingting_models::records::{Clock, ClockMove, Urgency};

use crate::calendar::{OutOfRange, WorkCalendar};
use crate::deadline::{self, Due, ExtensionError, Granted};
use crate::refusal::Refusal;

/// The most that a rule may be extended by.
pub(crate) struct Cap {
    pub(crate) most: u32,
    /// 个工作日 or 日.
    pub(crate) unit: &'static str,
}

/// The rule table and the calendar.
#[derive(Clone, Copy)]
pub(crate) struct Sums<'a> {
    county: &'a County,
    calendar: &'a WorkCalendar,
}

impl<'a> Sums<'a> {
    pub(crate) fn new(county: &'a County, calendar: &'a WorkCalendar) -> Self {
        Self { county, calendar }
    }

    /// The due time of a rule from `from`; `None` when the county's table has no such rule then.
    ///
    /// # Errors
    /// When the sum leaves the calendar's range.
    pub(crate) fn due(&self, id: &str, from: Timestamp, urgency: Urgency) -> Result<Option<Due>, Refusal> {
        let rule = self.rule(id, from);
        rule.map(|rule| deadline::due(rule, self.calendar, from, urgency)).transpose().map_err(range)
    }

    /// Working days after the day of `from`, up to and with the day of `to`.
    pub(crate) fn working_days(&self, from: Timestamp, to: Timestamp) -> u32 {
        self.calendar.working_days_between(local_date(from), local_date(to))
    }

    /// Moves a clock by the time that it stood still. The clock of a rule that the table no longer has stays.
    ///
    /// # Errors
    /// When the sum leaves the calendar's range.
    pub(crate) fn shift(
        &self,
        clock: &mut Clock,
        urgency: Urgency,
        paused_at: Timestamp,
        resumed_at: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(rule) = self.rule(clock.rule.as_str(), clock.started_at) else {
            return Ok(());
        };
        let moved = deadline::resume(rule, self.calendar, urgency, clock.due_at, paused_at, resumed_at);
        take(clock, moved.map_err(range)?);
        clock.moves.push(ClockMove::Stood { from: paused_at, to: resumed_at });
        Ok(())
    }

    /// Moves a clock by a granted extension, in the unit of its rule's cap.
    ///
    /// # Errors
    /// When the rule cannot be extended by so many days, or the sum leaves the calendar's range.
    pub(crate) fn extend(&self, clock: &mut Clock, days: u32) -> Result<(), Refusal> {
        let rule = self.rule(clock.rule.as_str(), clock.started_at).ok_or(Refusal::NothingToExtend)?;
        let before = Granted { times: u32::from(clock.extended_days > 0), days: clock.extended_days };
        let moved = deadline::extend(rule, self.calendar, clock.due_at, days, before);
        take(clock, moved.map_err(|e| refused(&e, days))?);
        clock.extended_days += days;
        clock.moves.push(ClockMove::Extended { days });
        Ok(())
    }

    /// The clock as the rule table and the calendar have it now: worked out from its start, with all that moved it
    /// since. `None` when its rule is gone, or an extension was granted that the clock does not tell of.
    ///
    /// # Errors
    /// When the sum leaves the calendar's range, or the rule no longer allows an extension that was granted.
    pub(crate) fn recounted(&self, clock: &Clock, urgency: Urgency) -> Result<Option<Clock>, Refusal> {
        let known = clock.moves.iter().map(|moved| match moved {
            ClockMove::Extended { days } => *days,
            ClockMove::Stood { .. } => 0,
        });
        if known.sum::<u32>() != clock.extended_days {
            return Ok(None);
        }
        let Some(due) = self.due(clock.rule.as_str(), clock.started_at, urgency)? else { return Ok(None) };
        let mut new = Clock {
            due_at: due.due,
            provisional: due.provisional,
            steps: due.steps,
            extended_days: 0,
            moves: Vec::new(),
            ..clock.clone()
        };
        for moved in &clock.moves {
            match *moved {
                ClockMove::Stood { from, to } => self.shift(&mut new, urgency, from, to)?,
                ClockMove::Extended { days } => self.extend(&mut new, days)?,
            }
        }
        Ok(Some(new))
    }

    /// The most that the rule of a clock may be extended by.
    pub(crate) fn extension_cap(&self, clock: &Clock) -> Option<Cap> {
        let rule = self.rule(clock.rule.as_str(), clock.started_at)?;
        match rule.extension.as_ref()?.cap {
            Amount::WorkingDays(most) => Some(Cap { most, unit: "个工作日" }),
            Amount::Days(most) => Some(Cap { most, unit: "日" }),
            _ => None,
        }
    }

    /// The row that counted when the clock started.
    fn rule(&self, id: &str, at: Timestamp) -> Option<&'a DeadlineRule> {
        self.county.deadline_rules.rule_on(&RuleId::new(id), local_date(at))
    }
}

fn take(clock: &mut Clock, moved: Due) {
    clock.due_at = moved.due;
    clock.provisional |= moved.provisional;
    clock.steps.extend(moved.steps);
}

fn range(error: OutOfRange) -> Refusal {
    Refusal::Clock(error.to_string())
}

fn refused(error: &ExtensionError, asked: u32) -> Refusal {
    match error {
        ExtensionError::NotExtendable { .. } => Refusal::NothingToExtend,
        ExtensionError::TooOften { .. } => Refusal::ExtensionUsed,
        ExtensionError::NoDays { left, unit } | ExtensionError::TooLong { left, unit, .. } => {
            let unit = if *unit == "wd" { "个工作日" } else { "日" };
            Refusal::ExtensionDays { max: *left, unit, asked }
        }
        ExtensionError::OutOfRange(error) => range(*error),
    }
}
