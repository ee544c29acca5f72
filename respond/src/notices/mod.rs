//! Notices: spreads what happened over those whom it concerns, by the rules; says when something waits too long; sends.

mod escalation;
mod hours;
mod lines;
mod receivers;
pub mod send;
mod telling;

pub use escalation::Reminded;

use std::collections::HashMap;

use jiff::SignedDuration;
use qingting_models::ids::UserId;
use qingting_models::records::{Actor, NoticeChannel, NoticeRule, Shift, User};
use qingting_models::store::{NoticeTask, StoreError, TaskSubject, ToldEvent};

use crate::desk::Desk;
use telling::Telling;

/// How long a worker may take for one batch.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// What lies further back is told to nobody: the office has long been through it by other ways.
pub(crate) const TOO_OLD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What events are spread by, read once for a batch.
struct Means {
    rules: Vec<NoticeRule>,
    users: Vec<User>,
    on_duty: Vec<Shift>,
    channels: Vec<NoticeChannel>,
    /// Whether there is an e-mail address, and a telephone number.
    reachable: HashMap<UserId, (bool, bool)>,
}

impl Desk {
    /// Takes up to `batch` events and tells them to those whom the rules name; how many were taken, none when there is no
    /// work. Safe to be killed anywhere.
    ///
    /// # Errors
    /// When the store fails; what was not finished comes back when its lease ends.
    pub async fn tell_next(&self, worker: &str, batch: i64) -> Result<usize, StoreError> {
        let since = self.store().now() - TOO_OLD;
        let tasks = self.store().claim_telling(worker, batch, LEASE, since).await?;
        if tasks.is_empty() {
            return Ok(0);
        }
        let means = self.means().await?;
        let mut spread: Vec<ToldEvent<'_>> = Vec::new();
        for task in &tasks {
            // Who is told depends on what was said of the same matter just before.
            if spread.iter().any(|told| is_heard(told) && is_of_one_matter(told.task, task)) {
                self.finish_told(worker, std::mem::take(&mut spread)).await?;
            }
            match self.spread(task, &means).await {
                Ok(told) => spread.push(told),
                Err(error) => self.note_untold(task, &error).await?,
            }
        }
        self.finish_told(worker, spread).await?;
        Ok(tasks.len())
    }

    /// Writes what was spread in one transaction; should one event stand in the way, each by itself.
    async fn finish_told(&self, worker: &str, spread: Vec<ToldEvent<'_>>) -> Result<(), StoreError> {
        match self.store().finish_telling(worker, &spread).await {
            Ok(_) => return Ok(()),
            Err(error) => tracing::warn!("telling a batch event by event: {error}"),
        }
        for told in &spread {
            if let Err(error) = self.store().finish_telling(worker, std::slice::from_ref(told)).await {
                self.note_untold(told.task, &error).await?;
            }
        }
        Ok(())
    }

    async fn note_untold(&self, task: &NoticeTask, error: &StoreError) -> Result<(), StoreError> {
        tracing::error!(event = task.event.key, "telling failed: {error}");
        self.store().note_telling_error(task.event.id, &error.to_string()).await
    }

    async fn means(&self) -> Result<Means, StoreError> {
        let store = self.store();
        let mut rules = store.notice_rules().await?;
        if rules.is_empty() {
            self.add_first_notice_rules(Actor::System).await?;
            rules = store.notice_rules().await?;
        }
        rules.retain(|rule| rule.enabled);
        let mut users = store.users().await?;
        users.retain(|user| !user.disabled);
        let now = store.now();
        let mut on_duty = store.shifts(now).await?;
        on_duty.retain(|shift| shift.starts_at <= now);
        let mut channels = store.notice_channels().await?;
        channels.retain(|channel| channel.enabled);
        let reachable = store.reachable_users().await?;
        let reachable = reachable.into_iter().map(|(user, email, phone)| (user, (email, phone))).collect();
        Ok(Means { rules, users, on_duty, channels, reachable })
    }

    /// Whom the rules name for one event, and what goes out.
    async fn spread<'a>(&self, task: &'a NoticeTask, means: &Means) -> Result<ToldEvent<'a>, StoreError> {
        let mut telling = Telling::of(self, task, means);
        if lines::still_matters(task) {
            for rule in &means.rules {
                if telling.follows(&rule.plan) {
                    telling.by_rule(&rule.plan).await?;
                }
            }
        }
        let (notices, messages) = telling.told();
        Ok(ToldEvent { task, notices, messages })
    }

    /// Gives a store without notice rules those that the county begins with; how many were added.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_first_notice_rules(&self, actor: Actor) -> Result<usize, StoreError> {
        if !self.store().notice_rules().await?.is_empty() {
            return Ok(0);
        }
        let rules = &self.county().notices.rules;
        let rules: Vec<_> = rules.iter().map(|rule| (rule.name.as_str(), true, &rule.plan)).collect();
        match self.store().add_notice_rules(&rules, actor).await {
            Ok(added) => Ok(added.len()),
            // Another process was quicker.
            Err(StoreError::Taken { .. }) => Ok(0),
            Err(error) => Err(error),
        }
    }
}

/// Whether anybody hears of it.
fn is_heard(told: &ToldEvent<'_>) -> bool {
    !(told.notices.is_empty() && told.messages.is_empty())
}

/// Whether two events are of the same matter or of one incident's.
fn is_of_one_matter(one: &NoticeTask, other: &NoticeTask) -> bool {
    let incident = |task: &NoticeTask| task.subject.as_ref().and_then(TaskSubject::incident);
    one.event.subject == other.event.subject
        || incident(one).is_some_and(|known| incident(other) == Some(known))
}
