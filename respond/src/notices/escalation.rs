//! What waits too long: cases that are red and that nobody acts on, and alerts that nobody looks at.

use jiff::{SignedDuration, Timestamp};
use qingting_models::clock::local_date;
use qingting_models::ids::{AlertRuleId, NoticeEventId};
use qingting_models::records::{
    Actor, Case, CaseFile, NoticeEvent, NoticeKind, NoticeSubject, TimelineEntry, Viewer,
};
use qingting_models::store::{CaseFilter, Page, StoreError, WaitingAlert};

use crate::desk::Desk;

/// Rows of one page.
const PAGE: i64 = 200;

/// What one round of reminding did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reminded {
    /// Cases that were put before the leaders.
    pub escalated: usize,
    /// Alerts that were told once more.
    pub alerts: usize,
}

impl Desk {
    /// One round: puts cases before the leaders that nobody acted on since they turned red, once every working day, and
    /// tells alerts again that nobody looked at for as long as their rule says. Running it again changes nothing more.
    ///
    /// # Errors
    /// When the store fails; what was done stays done.
    pub async fn remind(&self) -> Result<Reminded, StoreError> {
        let now = self.store().now();
        // Leaders are told in office hours.
        let escalated = if self.calendar().is_open(now) { self.escalate(now).await? } else { 0 };
        Ok(Reminded { escalated, alerts: self.remind_of_alerts(now).await? })
    }

    async fn escalate(&self, now: Timestamp) -> Result<usize, StoreError> {
        let filter = CaseFilter { open_only: true, due_before: Some(now), ..CaseFilter::default() };
        let mut page = Page { before: None, size: PAGE };
        let mut done = 0;
        loop {
            let listing = self.store().cases(&Viewer::SYSTEM, &filter, page).await?;
            for case in listing.rows.iter().filter(|case| may_be_left_alone(case)) {
                done += usize::from(self.escalate_case(case, now).await?);
            }
            match listing.next {
                Some(before) => page.before = Some(before),
                None => return Ok(done),
            }
        }
    }

    async fn escalate_case(&self, case: &Case, now: Timestamp) -> Result<bool, StoreError> {
        let Some(file) = self.store().case_file(&Viewer::SYSTEM, case.id).await? else { return Ok(false) };
        let Some(since) = left_alone_since(&file) else { return Ok(false) };
        let hours = self.county().notices.escalation.after_working_hours;
        let first = self.calendar().add_working_time(since, SignedDuration::from_hours(hours.into()));
        if !first.is_ok_and(|first| first <= now) {
            return Ok(false);
        }
        let key = format!("escalated:{}:{}:{}", case.id, since.as_second(), local_date(now));
        if self.store().is_told(&key).await? {
            return Ok(false);
        }
        let event = NoticeEvent {
            id: NoticeEventId(0),
            key,
            kind: NoticeKind::Escalated,
            subject: NoticeSubject::Case(case.id),
            urgency: case.urgency,
            actor: Actor::System,
            at: now,
        };
        self.store().tell(&event).await
    }

    async fn remind_of_alerts(&self, now: Timestamp) -> Result<usize, StoreError> {
        let rules = self.store().alert_rules().await?;
        let repeat = |id: AlertRuleId| {
            let rule = rules.iter().find(|rule| rule.id == id && rule.enabled)?;
            Some(SignedDuration::from_hours(rule.condition.repeat_hours.into()))
        };
        let (mut after, mut done) = (0, 0);
        loop {
            let waiting = self.store().alerts_that_wait(after, PAGE).await?;
            for alert in &waiting {
                after = alert.id.0;
                if let Some(times) = repeat(alert.rule).and_then(|every| times_passed(alert, every, now)) {
                    done += usize::from(self.remind_of_alert(alert, times, now).await?);
                }
            }
            if (waiting.len() as i64) < PAGE {
                return Ok(done);
            }
        }
    }

    async fn remind_of_alert(
        &self,
        alert: &WaitingAlert,
        times: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = format!("alert:{}:{times}", alert.id);
        if self.store().is_told(&key).await? {
            return Ok(false);
        }
        let event = NoticeEvent {
            id: NoticeEventId(0),
            key,
            kind: NoticeKind::AlertWaiting,
            subject: NoticeSubject::Alert(alert.id),
            urgency: alert.urgency,
            actor: Actor::System,
            at: now,
        };
        self.store().tell(&event).await
    }
}

/// How often the interval has passed since the alert was raised; none before the first time.
fn times_passed(alert: &WaitingAlert, every: SignedDuration, now: Timestamp) -> Option<i64> {
    let waited = now.duration_since(alert.first_at).as_secs();
    let times = waited.checked_div(every.as_secs())?;
    (times > 0).then_some(times)
}

/// Whether it is worth looking at the timeline: the last change was by the program, or before the due time.
fn may_be_left_alone(case: &Case) -> bool {
    let due = case.due.as_ref().map(|(_, at)| *at);
    case.changed_by == Actor::System || due.is_some_and(|due| case.changed_at <= due)
}

/// Since when the case is red with no person acting on it: from the program's press at red, or where there is none, from
/// the due time. None when a person has acted since.
fn left_alone_since(file: &CaseFile) -> Option<Timestamp> {
    let (_, due) = file.case.due.as_ref()?;
    let pressed =
        |line: &&TimelineEntry| line.action == "press" && line.actor == Actor::System && line.at >= *due;
    let since = file.timeline.iter().rev().find(pressed).map_or(*due, |line| line.at);
    let acted = file.timeline.iter().any(|line| line.actor != Actor::System && line.at > since);
    (!acted).then_some(since)
}
