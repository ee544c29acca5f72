//! One event on its way to those whom the rules name: who is told in the page, what goes out, what is held back.

use jiff::{SignedDuration, Timestamp};
use qingting_models::ids::{IncidentId, UserId};
use qingting_models::records::{NoticeChannel, NoticeFamily, NoticePlan};
use qingting_models::store::{NewMessage, NewNotice, NoticeTask, StoreError, TaskSubject};

use super::{Means, hours, lines, receivers};
use crate::desk::Desk;

/// So long after a louder notice went out, a lower one about the same incident is held back though it was read.
const LOUD: SignedDuration = SignedDuration::from_hours(24);
/// What is said of a notice that is held back.
const HELD: &str = "同一事件已有更高级别的通知";

/// One event in the making. Two rules that name the same receiver tell once; if one of them holds back and the other
/// does not, the receiver is told.
pub(super) struct Telling<'a> {
    desk: &'a Desk,
    task: &'a NoticeTask,
    means: &'a Means,
    now: Timestamp,
    notices: Vec<NewNotice>,
    messages: Vec<NewMessage>,
}

impl<'a> Telling<'a> {
    pub(super) fn of(desk: &'a Desk, task: &'a NoticeTask, means: &'a Means) -> Self {
        let now = desk.store().now();
        Self { desk, task, means, now, notices: Vec::new(), messages: Vec::new() }
    }

    /// What it came to.
    pub(super) fn told(self) -> (Vec<NewNotice>, Vec<NewMessage>) {
        (self.notices, self.messages)
    }

    /// Whether the rule speaks of this event.
    pub(super) fn follows(&self, plan: &NoticePlan) -> bool {
        let event = &self.task.event;
        plan.events.contains(&event.kind) && event.urgency >= plan.urgency_min
    }

    /// Tells those whom the rule names, and gives the event to its channels.
    pub(super) async fn by_rule(&mut self, plan: &NoticePlan) -> Result<(), StoreError> {
        let mut reached = Vec::new();
        for user in receivers::of(plan, self.task, self.means) {
            if self.heard_already(plan, user.id).await? {
                continue;
            }
            let held = self.held_from(plan, user.id).await?;
            if held.is_none() {
                reached.push(user.id);
            }
            self.tell(user.id, held);
        }
        if reached.is_empty() {
            return Ok(());
        }
        let means = self.means;
        for channel in means.channels.iter().filter(|channel| plan.channels.contains(&channel.id)) {
            self.by_channel(channel, plan, &reached).await?;
        }
        Ok(())
    }

    async fn by_channel(
        &mut self,
        channel: &NoticeChannel,
        plan: &NoticePlan,
        reached: &[UserId],
    ) -> Result<(), StoreError> {
        let Some(line) = lines::line(self.task, self.desk.county(), self.now) else { return Ok(()) };
        let confidential = self.task.subject.as_ref().is_some_and(TaskSubject::is_confidential);
        if confidential && !channel.settings.confidential {
            return Ok(());
        }
        let ready_at = self.ready_at(plan);
        let message = |receiver, mentions, held| NewMessage {
            channel: channel.id,
            receiver,
            mentions,
            line: line.clone(),
            ready_at,
            held,
        };
        if channel.settings.way.is_personal() {
            let by_mail = channel.settings.way.kind() == "smtp";
            for user in reached {
                let (email, phone) = self.means.reachable.get(user).copied().unwrap_or_default();
                let reachable = if by_mail { email } else { phone };
                if reachable {
                    self.send(message(Some(*user), Vec::new(), None));
                }
            }
            return Ok(());
        }
        let held = self.held_from_group(plan, channel).await?;
        self.send(message(None, reached.to_vec(), held));
        Ok(())
    }

    /// When a message by this rule may go out.
    fn ready_at(&self, plan: &NoticePlan) -> Timestamp {
        let open = match &plan.hours {
            Some(hours) => hours::next_open(hours, self.desk.calendar(), self.task.event.urgency, self.now),
            None => self.now,
        };
        open.max(self.now + SignedDuration::from_mins(plan.wait_minutes.into()))
    }

    /// Whether the user was told the same about the same matter not long ago.
    async fn heard_already(&self, plan: &NoticePlan, user: UserId) -> Result<bool, StoreError> {
        if plan.repeat_hours == 0 {
            return Ok(false);
        }
        let since = self.now - SignedDuration::from_hours(plan.repeat_hours.into());
        self.desk.store().was_told(user, &self.task.event, since).await
    }

    /// The incident and the family, where a louder notice would hold this one back.
    fn may_be_held(&self, plan: &NoticePlan) -> Option<(NoticeFamily, IncidentId)> {
        let incident = self.task.subject.as_ref().and_then(TaskSubject::incident)?;
        Some((self.task.event.kind.family()?, incident)).filter(|_| plan.inhibit)
    }

    /// Why a notice is held back from a user, if it is.
    async fn held_from(&self, plan: &NoticePlan, user: UserId) -> Result<Option<String>, StoreError> {
        let Some((family, incident)) = self.may_be_held(plan) else { return Ok(None) };
        let grade = self.task.event.kind.grade(self.task.event.urgency);
        let since = self.now - LOUD;
        let louder = self.desk.store().heard_louder(user, incident, family, grade, since).await?;
        Ok(louder.then(|| HELD.to_owned()))
    }

    async fn held_from_group(
        &self,
        plan: &NoticePlan,
        channel: &NoticeChannel,
    ) -> Result<Option<String>, StoreError> {
        let Some((family, incident)) = self.may_be_held(plan) else { return Ok(None) };
        let grade = self.task.event.kind.grade(self.task.event.urgency);
        let since = self.now - LOUD;
        let louder = self.desk.store().went_louder(channel.id, incident, family, grade, since).await?;
        Ok(louder.then(|| HELD.to_owned()))
    }

    fn tell(&mut self, user: UserId, held: Option<String>) {
        match self.notices.iter_mut().find(|notice| notice.user == user) {
            Some(notice) if held.is_none() => notice.held = None,
            Some(_) => {}
            None => self.notices.push(NewNotice { user, held }),
        }
    }

    fn send(&mut self, message: NewMessage) {
        let same =
            |other: &&mut NewMessage| other.channel == message.channel && other.receiver == message.receiver;
        let Some(known) = self.messages.iter_mut().find(same) else {
            self.messages.push(message);
            return;
        };
        known.ready_at = known.ready_at.min(message.ready_at);
        if message.held.is_none() {
            known.held = None;
        }
        for user in message.mentions {
            if !known.mentions.contains(&user) {
                known.mentions.push(user);
            }
        }
    }
}
