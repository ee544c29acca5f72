//! The county's rule table and calendar put to use on the clocks of a case.

use jiff::Timestamp;
use qingting_models::clock::local_date;
use qingting_models::county::{Amount, County, DeadlineRule, RuleId};
use qingting_models::records::{Clock, Urgency};

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
        Ok(())
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
