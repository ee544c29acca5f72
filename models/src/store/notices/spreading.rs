//! Whom an event reaches: what they heard of its matter before, their notices in the page, and what goes out.

use std::collections::HashSet;

use jiff::Timestamp;

use super::events::{NoticeTask, TaskSubject};
use crate::ids::{DeliveryId, IncidentId, NoticeChannelId, NoticeEventId, NoticeId, UserId};
use crate::records::{DeliveryState, MessageLine, NoticeEvent, NoticeFamily, NoticeSubject};
use crate::store::db::{Arg, Tx, args, to_json};
use crate::store::{Store, StoreError};

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
        if tx.insert("notice", &columns, rows, "ON CONFLICT (event_id, user_id) DO NOTHING").await? > 0 {
            tx.rings();
        }
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
