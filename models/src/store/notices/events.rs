//! What happened of which somebody is to be told: written with its cause, and taken by a worker.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::{actor_of, subject_of, urgency_of};
use crate::ids::{AlertRuleId, CaseId, IncidentId, ItemId, NoticeEventId};
use crate::records::{Alert, Case, MirroredCase, NoticeEvent, NoticeKind, NoticeSubject, ReportLine, Viewer};
use crate::store::db::{Arg, Row, Tx, args};
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
        tx.rings();
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
    pub(super) fn is_past(&self, event: &NoticeEvent) -> bool {
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
