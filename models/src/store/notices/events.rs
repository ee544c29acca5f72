//! What happened of which somebody is to be told: written with its cause, taken by a worker, and spread once.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::{actor_of, subject_of, urgency_of};
use crate::ids::{
    AlertRuleId, CaseId, DeliveryId, IncidentId, ItemId, NoticeChannelId, NoticeEventId, NoticeId, UserId,
};
use crate::records::{
    Alert, Case, DeliveryState, MessageLine, MirroredCase, NoticeEvent, NoticeFamily, NoticeKind,
    NoticeSubject, ReportLine, Viewer,
};
use crate::store::db::{Arg, Row, Tx, args, to_json};
use crate::store::work::MAX_ATTEMPTS;
use crate::store::{Store, StoreError};

/// An event that a worker took, with its matter as it stands now; none when that is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeTask {
    pub event: NoticeEvent,
    pub subject: Option<TaskSubject>,
}

/// The matter of an event.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "most are cases, and there are few at a time")]
pub enum TaskSubject {
    Case { case: Case, incident: Option<IncidentId> },
    Alert(Alert),
    Mirrored { case: MirroredCase, incident: Option<IncidentId> },
    Report(ReportLine),
}

/// A user is told in the page.
#[derive(Debug, Clone, PartialEq)]
pub struct NewNotice {
    pub user: UserId,
    /// Why it is held back, in words.
    pub held: Option<String>,
}

/// An event goes out by a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    pub channel: NoticeChannelId,
    /// `None` for whoever the channel reaches.
    pub receiver: Option<UserId>,
    pub mentions: Vec<UserId>,
    pub line: MessageLine,
    /// When it may go out at the earliest; until then others to the same receiver join it.
    pub ready_at: Timestamp,
    /// Why it is held back, in words.
    pub held: Option<String>,
}

/// What became of an event that a worker took.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldEvent<'a> {
    pub task: &'a NoticeTask,
    pub notices: Vec<NewNotice>,
    pub messages: Vec<NewMessage>,
}

impl Store {
    /// Writes events within the transaction of their cause; one whose key is known is the same one. How many are new.
    pub(in crate::store) async fn tell_in(
        &self,
        tx: &mut Tx,
        events: &[NoticeEvent],
    ) -> Result<u64, StoreError> {
        let now = self.now();
        let row = |event: &NoticeEvent| {
            let id: NoticeEventId = self.ids().next(now);
            let subject = event.subject;
            let case = if let NoticeSubject::Case(CaseId(id)) = subject { Some(id) } else { None };
            let alert = if let NoticeSubject::Alert(id) = subject { Some(id.0) } else { None };
            let mirrored = if let NoticeSubject::Mirrored(ItemId(id)) = subject { Some(id) } else { None };
            let report = if let NoticeSubject::Report(id) = subject { Some(id.0) } else { None };
            args![
                id.0,
                &event.key,
                event.kind.code(),
                case,
                alert,
                mirrored,
                report,
                i64::from(u8::from(event.urgency)),
                event.actor.code(),
                event.at,
                0i64,
                0i64
            ]
        };
        if events.is_empty() {
            return Ok(0);
        }
        tx.brings_work();
        let columns = [
            "id",
            "key",
            "kind",
            "case_id",
            "alert_id",
            "mirrored_id",
            "report_id",
            "urgency",
            "actor",
            "at",
            "lease_until",
            "attempts",
        ];
        let rows = events.iter().map(row).collect();
        tx.insert("notice_event", &columns, rows, "ON CONFLICT (key) DO NOTHING").await
    }

    /// Writes an event that no change of a record causes, but time alone; whether it is new.
    pub async fn tell(&self, event: &NoticeEvent) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let new = self.tell_in(&mut tx, std::slice::from_ref(event)).await?;
        tx.commit().await?;
        Ok(new > 0)
    }

    /// Whether there is an event of this key.
    pub async fn is_told(&self, key: &str) -> Result<bool, StoreError> {
        Ok(self.db().number("SELECT count(*) FROM notice_event WHERE key = $1", args![key]).await? > 0)
    }

    /// How many events wait to be told, those set aside not counted.
    pub async fn untold_notices(&self) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM notice_event WHERE told_at IS NULL AND attempts < $1";
        self.db().number(sql, args![MAX_ATTEMPTS]).await
    }

    /// Takes up to `batch` events that nobody was told of, oldest first. What happened before `since` is told to nobody.
    pub async fn claim_telling(
        &self,
        worker: &str,
        batch: i64,
        lease: SignedDuration,
        since: Timestamp,
    ) -> Result<Vec<NoticeTask>, StoreError> {
        let waiting = "SELECT count(*) FROM notice_event WHERE told_at IS NULL";
        if self.db().number(waiting, vec![]).await? == 0 {
            return Ok(Vec::new());
        }
        let now = self.now();
        let mut tx = self.begin().await?;
        let over = "UPDATE notice_event SET told_at = $1 WHERE told_at IS NULL AND lease_until <= $1 AND at < $2 AND attempts < $3";
        tx.run(over, args![now, since, MAX_ATTEMPTS]).await?;
        let lock = if tx.is_sqlite() { "" } else { "FOR UPDATE SKIP LOCKED" };
        let sql = format!(
            "UPDATE notice_event SET lease_by = $1, lease_until = $2 WHERE id IN (
               SELECT id FROM notice_event WHERE told_at IS NULL AND lease_until <= $3 AND attempts < $4
               ORDER BY id LIMIT $5 {lock}) RETURNING *"
        );
        let rows = tx.rows(&sql, args![worker, now + lease, now, MAX_ATTEMPTS, batch]).await?;
        let mut events = rows.iter().map(event_of).collect::<Result<Vec<_>, _>>()?;
        tx.commit().await?;
        events.sort_unstable_by_key(|event| event.id);
        let cases = self.cases_of_events(&events).await?;
        let mut tasks = Vec::with_capacity(events.len());
        for event in events {
            let subject = match event.subject {
                NoticeSubject::Case(id) => cases.get(&id).cloned(),
                NoticeSubject::Alert(id) => self.alert(&Viewer::SYSTEM, id).await?.map(TaskSubject::Alert),
                NoticeSubject::Report(id) => self.report_line(id).await?.map(TaskSubject::Report),
                NoticeSubject::Mirrored(id) => self.mirrored_subject(id).await?,
            };
            tasks.push(NoticeTask { event, subject });
        }
        Ok(tasks)
    }

    async fn mirrored_subject(&self, id: ItemId) -> Result<Option<TaskSubject>, StoreError> {
        let Some(case) = self.mirrored(&Viewer::SYSTEM, id).await? else { return Ok(None) };
        let sql = "SELECT incident_id FROM incident_member WHERE item_id = $1";
        let row = self.db().row(sql, args![id.0]).await?;
        let incident = row.map(|row| row.int("incident_id")).transpose()?.map(IncidentId);
        Ok(Some(TaskSubject::Mirrored { case, incident }))
    }

    /// The cases that events are of, as they stand now.
    async fn cases_of_events(
        &self,
        events: &[NoticeEvent],
    ) -> Result<HashMap<CaseId, TaskSubject>, StoreError> {
        let mut cases = HashMap::new();
        let case = |event: &NoticeEvent| match event.subject {
            NoticeSubject::Case(CaseId(id)) => Some(id),
            NoticeSubject::Alert(_) | NoticeSubject::Mirrored(_) | NoticeSubject::Report(_) => None,
        };
        let ids: BTreeSet<i64> = events.iter().filter_map(case).collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        for part in ids.chunks(500) {
            let sql = format!(
                "SELECT c.id, c.confidential, c.body, m.incident_id FROM case_file c
                 LEFT JOIN incident_member m ON m.item_id = c.item_id WHERE c.id IN ({})",
                self.db().marks(1, part.len())
            );
            for row in self.db().rows(&sql, part.iter().map(|id| Arg::from(*id)).collect()).await? {
                let mut case: Case = row.json("body")?;
                case.confidential = row.flag("confidential")?;
                let incident = row.opt_int("incident_id")?.map(IncidentId);
                cases.insert(CaseId(row.int("id")?), TaskSubject::Case { case, incident });
            }
        }
        Ok(cases)
    }

    /// Whether the user was told of the same kind about the same matter since a time, and not held back.
    pub async fn was_told(
        &self,
        user: UserId,
        event: &NoticeEvent,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let (column, id) = match event.subject {
            NoticeSubject::Case(id) => ("case_id", id.0),
            NoticeSubject::Alert(id) => ("alert_id", id.0),
            NoticeSubject::Mirrored(id) => ("mirrored_id", id.0),
            NoticeSubject::Report(id) => ("report_id", id.0),
        };
        let sql = format!(
            "SELECT count(*) FROM notice n JOIN notice_event e ON e.id = n.event_id
             WHERE e.{column} = $1 AND e.kind = $2 AND n.user_id = $3 AND n.at > $4 AND n.held IS NULL"
        );
        Ok(self.db().number(&sql, args![id, event.kind.code(), user.0, since]).await? > 0)
    }

    /// Whether the user was told something of the family about the incident that is louder since a time.
    pub async fn heard_louder(
        &self,
        user: UserId,
        incident: IncidentId,
        family: NoticeFamily,
        grade: u8,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM notice WHERE user_id = $1 AND incident_id = $2 AND family = $3 AND grade > $4
                   AND held IS NULL AND at > $5";
        let values = args![user.0, incident.0, family.code(), i64::from(grade), since];
        Ok(self.db().number(sql, values).await? > 0)
    }

    /// Whether something louder of the family about the incident went, or is about to go, to a channel's group since a
    /// time.
    pub async fn went_louder(
        &self,
        channel: NoticeChannelId,
        incident: IncidentId,
        family: NoticeFamily,
        grade: u8,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM delivery_event e JOIN delivery d ON d.id = e.delivery_id
                   WHERE e.incident_id = $1 AND e.channel_id = $2 AND e.receiver = 0 AND e.family = $3 AND e.grade > $4
                   AND e.at > $5 AND d.state IN ('waiting', 'sent')";
        let values = args![incident.0, channel.0, family.code(), i64::from(grade), since];
        Ok(self.db().number(sql, values).await? > 0)
    }

    /// Writes who is told of events and what goes out, and notes that they were told: one transaction, each once. How many
    /// were written; those whose lease went to someone else were not.
    pub async fn finish_telling(&self, worker: &str, told: &[ToldEvent<'_>]) -> Result<usize, StoreError> {
        if told.is_empty() {
            return Ok(0);
        }
        let now = self.now();
        let mut tx = self.begin().await?;
        let mine = take_told(&mut tx, worker, told, now).await?;
        let mine = || told.iter().filter(|told| mine.contains(&told.task.event.id));
        let rows: Vec<_> = mine().flat_map(|told| self.notice_rows(told, now)).collect();
        let columns =
            ["id", "event_id", "user_id", "family", "grade", "incident_id", "at", "read_at", "held"];
        tx.insert("notice", &columns, rows, "ON CONFLICT (event_id, user_id) DO NOTHING").await?;
        for ToldEvent { task, messages, .. } in mine() {
            let incident = task.subject.as_ref().and_then(TaskSubject::incident).map(|incident| incident.0);
            for message in messages {
                self.enqueue(&mut tx, &task.event, incident, message).await?;
            }
        }
        tx.commit().await?;
        Ok(mine().count())
    }

    fn notice_rows(&self, told: &ToldEvent<'_>, now: Timestamp) -> Vec<Vec<Arg>> {
        let NoticeTask { event, subject } = told.task;
        let (family, grade) = (event.kind.family(), event.kind.grade(event.urgency));
        let incident = subject.as_ref().and_then(TaskSubject::incident).map(|incident| incident.0);
        // What was done before anybody could be told of it stands among what was read.
        let over = subject.as_ref().is_some_and(|subject| subject.is_past(event));
        let read_at = over.then_some(now);
        let row = |notice: &NewNotice| {
            let id: NoticeId = self.ids().next(now);
            args![
                id.0,
                event.id.0,
                notice.user.0,
                family.map(NoticeFamily::code),
                i64::from(grade),
                incident,
                now,
                read_at,
                notice.held.clone()
            ]
        };
        told.notices.iter().map(row).collect()
    }

    /// Puts an event into the message that waits for its receiver, or makes one; an event that goes there already goes
    /// once.
    async fn enqueue(
        &self,
        tx: &mut Tx,
        event: &NoticeEvent,
        incident: Option<i64>,
        message: &NewMessage,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let receiver = message.receiver.map_or(0, |user| user.0);
        let sql = "SELECT 1 FROM delivery_event WHERE event_id = $1 AND receiver = $2 AND channel_id = $3";
        if tx.row(sql, args![event.id.0, receiver, message.channel.0]).await?.is_some() {
            return Ok(());
        }
        let delivery = match self.waiting_message(tx, message, receiver).await? {
            Some(id) => id,
            None => {
                let id: DeliveryId = self.ids().next(now);
                let state = if message.held.is_some() { DeliveryState::Held } else { DeliveryState::Waiting };
                let sql = "INSERT INTO delivery (id, channel_id, receiver, mentions, state, tries, next_at, lease_until, error, made_at)
                           VALUES ($1,$2,$3,$4,$5,0,$6,0,$7,$8)";
                let mentions = to_json(&message.mentions)?;
                let held = message.held.clone();
                let values = args![
                    id.0,
                    message.channel.0,
                    receiver,
                    mentions,
                    state.code(),
                    message.ready_at,
                    held,
                    now
                ];
                tx.run(sql, values).await?;
                id.0
            }
        };
        let family = event.kind.family().map(NoticeFamily::code);
        let grade = i64::from(event.kind.grade(event.urgency));
        let sql = "INSERT INTO delivery_event (event_id, receiver, channel_id, delivery_id, family, grade, incident_id, at, line)
                   VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)";
        let values = args![
            event.id.0,
            receiver,
            message.channel.0,
            delivery,
            family,
            grade,
            incident,
            now,
            to_json(&message.line)?
        ];
        tx.run(sql, values).await?;
        Ok(())
    }

    /// A message to the same receiver that nobody began to send and that goes out no later than this one may.
    async fn waiting_message(
        &self,
        tx: &mut Tx,
        message: &NewMessage,
        receiver: i64,
    ) -> Result<Option<i64>, StoreError> {
        if message.held.is_some() {
            return Ok(None);
        }
        let now = self.now();
        let lock = if tx.is_sqlite() { "" } else { "FOR UPDATE" };
        let sql = format!(
            "SELECT id, mentions FROM delivery WHERE channel_id = $1 AND receiver = $2 AND state = 'waiting' AND tries = 0
             AND lease_until <= $3 AND next_at > $3 AND next_at <= $4 ORDER BY id LIMIT 1 {lock}"
        );
        let values = args![message.channel.0, receiver, now, message.ready_at];
        let Some(row) = tx.row(&sql, values).await? else { return Ok(None) };
        let id = row.int("id")?;
        let mut mentions: Vec<UserId> = row.json("mentions")?;
        let before = mentions.len();
        let new = message.mentions.iter().filter(|user| !mentions.contains(user)).copied();
        mentions.extend(new.collect::<Vec<_>>());
        if mentions.len() > before {
            let sql = "UPDATE delivery SET mentions = $1 WHERE id = $2";
            tx.run(sql, args![to_json(&mentions)?, id]).await?;
        }
        Ok(Some(id))
    }

    /// Notes why an event could not be told; it is tried again when its lease ends, and set aside after five tries.
    pub async fn note_telling_error(&self, id: NoticeEventId, error: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE notice_event SET error = $1, attempts = attempts + 1 WHERE id = $2";
        tx.run(sql, args![error, id.0]).await?;
        tx.commit().await
    }

    /// Alerts that nobody has looked at and that no silence covers, oldest first from the cursor on.
    pub async fn alerts_that_wait(&self, after: i64, limit: i64) -> Result<Vec<WaitingAlert>, StoreError> {
        let sql =
            "SELECT a.id, a.rule_id, a.urgency, a.first_at FROM alert a WHERE a.seen_at IS NULL AND a.id > $1
                   AND NOT EXISTS (SELECT 1 FROM alert_silence s WHERE s.rule_id = a.rule_id AND s.until > $2
                     AND (s.incident_id IS NULL OR s.incident_id = a.incident_id))
                   ORDER BY a.id LIMIT $3";
        let rows = self.db().rows(sql, args![after, self.now(), limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(WaitingAlert {
                    id: row.int("id")?.into(),
                    rule: AlertRuleId(row.int("rule_id")?),
                    urgency: urgency_of(row.int("urgency")?),
                    first_at: row.time("first_at")?,
                })
            })
            .collect()
    }
}

/// An alert that nobody has looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WaitingAlert {
    pub id: crate::ids::AlertId,
    pub rule: AlertRuleId,
    pub urgency: crate::records::Urgency,
    pub first_at: Timestamp,
}

impl TaskSubject {
    /// The incident that the matter belongs to.
    pub fn incident(&self) -> Option<IncidentId> {
        match self {
            Self::Case { incident, .. } | Self::Mirrored { incident, .. } => *incident,
            Self::Alert(alert) => Some(alert.incident),
            Self::Report(_) => None,
        }
    }

    /// Whether the event calls for nothing any more as the matter stands.
    fn is_past(&self, event: &NoticeEvent) -> bool {
        match self {
            Self::Case { case, .. } => event.kind.is_over(event.at, case),
            Self::Report(line) => event.kind.is_over_for_report(line.state),
            Self::Mirrored { case, .. } => case.mirror.finished,
            Self::Alert(_) => false,
        }
    }

    pub fn is_confidential(&self) -> bool {
        match self {
            Self::Case { case, .. } => case.confidential,
            Self::Alert(alert) => alert.confidential,
            Self::Mirrored { case, .. } => case.item.confidential,
            Self::Report(_) => false,
        }
    }
}

/// Notes that events were told; those whose lease is still the worker's.
async fn take_told(
    tx: &mut Tx,
    worker: &str,
    told: &[ToldEvent<'_>],
    now: Timestamp,
) -> Result<HashSet<NoticeEventId>, StoreError> {
    let mut mine = HashSet::new();
    for part in told.chunks(500) {
        let sql = format!(
            "UPDATE notice_event SET told_at = {}, error = NULL WHERE lease_by = {} AND told_at IS NULL AND id IN ({})
             RETURNING id",
            tx.marks(1, 1),
            tx.marks(2, 1),
            tx.marks(3, part.len())
        );
        let mut values = args![now, worker];
        values.extend(part.iter().map(|told| Arg::from(told.task.event.id.0)));
        for row in tx.rows(&sql, values).await? {
            mine.insert(NoticeEventId(row.int("id")?));
        }
    }
    Ok(mine)
}

fn event_of(row: &Row) -> Result<NoticeEvent, StoreError> {
    Ok(NoticeEvent {
        id: NoticeEventId(row.int("id")?),
        key: row.text("key")?,
        kind: row.code::<NoticeKind>("kind")?,
        subject: subject_of(row)?,
        urgency: urgency_of(row.int("urgency")?),
        actor: actor_of(&row.text("actor")?)?,
        at: row.time("at")?,
    })
}
