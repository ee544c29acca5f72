//! Mirrored cases (镜像工单): another platform runs them; we follow its sheets, press, and open no case of our own.

mod pressing;
mod sheets;

pub use pressing::LONGEST_NOTE;

use jiff::Timestamp;
use qingting_models::clock::{from_local, local_date};
use qingting_models::county::{Amount, RuleId};
use qingting_models::records::MirroredCase;

use crate::deadline::{Light, Running, light};
use crate::desk::Desk;

/// A platform's due time is one of days: yellow begins one working day ahead.
const OF_DAYS: Amount = Amount::WorkingDays(1);

impl Desk {
    /// The light of an open mirrored case: by the platform's due time, where it gives none by ours, which only warns.
    /// `None` for one that is over or due at no time.
    pub fn mirror_light(&self, case: &MirroredCase, now: Timestamp) -> Option<Light> {
        match case.mirror.due_at {
            Some(due) if case.is_open() => self.light_of(case, due, OF_DAYS, now),
            Some(_) => None,
            None => self.our_light(case, now),
        }
    }

    /// The light of an open mirrored case by our own due time, which only warns.
    pub fn our_light(&self, case: &MirroredCase, now: Timestamp) -> Option<Light> {
        let ours = case.mirror.ours.as_ref().filter(|_| case.is_open())?;
        self.light_of(case, ours.at, self.amount(&ours.rule, case).unwrap_or(OF_DAYS), now)
    }

    fn light_of(&self, case: &MirroredCase, due: Timestamp, amount: Amount, now: Timestamp) -> Option<Light> {
        let started = case.item.dispatched_or_seen_at();
        let clock = Running { amount, started, due, paused_at: None };
        light(self.calendar(), &clock, now).ok()
    }

    fn amount(&self, rule: &RuleId, case: &MirroredCase) -> Option<Amount> {
        let started = local_date(case.item.dispatched_or_seen_at());
        let rule = self.county().deadline_rules.rule_on(rule, started)?;
        Some(rule.amount_for(case.item.urgency.into()))
    }

    /// The end of the next working day: what a platform wants done before it is due soon.
    pub fn soon(&self, now: Timestamp) -> Option<Timestamp> {
        let next = self.calendar().next_workday(local_date(now)).ok()?.tomorrow().ok()?;
        from_local(next.to_datetime(jiff::civil::Time::midnight())).ok()
    }
}
