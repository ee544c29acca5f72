//! The alert stage: items that came to their incident are held against the rules, and what fires is written once.

use jiff::{SignedDuration, Timestamp};

use crate::ids::{AlertId, AlertRuleId, IncidentId, ItemId, NoticeEventId};
use crate::records::{Actor, Item, NoticeEvent, NoticeKind, NoticeSubject, Urgency, Viewer};
use crate::store::db::{Arg, Row, Tx, args};
use crate::store::{Store, StoreError, item_of, visibility, work};

/// An item with the incident it came to.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertTask {
    pub item: Item,
    /// `None` for an item that was set aside before it came to one.
    pub incident: Option<IncidentId>,
    /// When its matter was reported, and how hot the incident runs.
    pub at: Timestamp,
    pub heat: f64,
}

/// A rule fires for an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Firing {
    pub rule: AlertRuleId,
    pub rule_name: String,
    pub item: ItemId,
    pub incident: IncidentId,
    pub urgency: Urgency,
    /// What made it fire, in words for the duty officer.
    pub why: String,
    /// It tells of all that the rule catches, not of one incident: then the rule's latest alert counts it, whichever incident
    /// that is of.
    pub whole: bool,
    /// How long after somebody looked the rule stays quiet for the incident.
    pub repeat: SignedDuration,
}

const TASK: &str = "SELECT i.*, m.incident_id, m.at, n.heat FROM item i
    LEFT JOIN incident_member m ON m.item_id = i.id LEFT JOIN incident n ON n.id = m.incident_id";

impl Store {
    /// Takes up to `batch` items that came to their incident.
    pub async fn claim_alerting(
        &self,
        worker: &str,
        batch: i64,
        lease: SignedDuration,
    ) -> Result<Vec<AlertTask>, StoreError> {
        let ids = self.lease_work(work::ALERT, worker, batch, lease).await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let marks = self.db().marks(1, ids.len());
        let values = ids.iter().map(|id| Arg::from(*id)).collect();
        let sql = format!("{TASK} WHERE i.id IN ({marks}) ORDER BY i.id");
        self.db().rows(&sql, values).await?.iter().map(task_of).collect()
    }

    /// How many items of an incident were reported within a time before `until`, both ends included.
    pub async fn incident_items_within(
        &self,
        incident: IncidentId,
        within: SignedDuration,
        until: Timestamp,
    ) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM incident_member WHERE incident_id = $1 AND at >= $2 AND at <= $3";
        self.db().number(sql, args![incident.0, until - within, until]).await
    }

    /// Takes items off the queue and writes what fired for them, in one transaction; how many alerts are new. What a rule
    /// fired for before, what is silenced, and what was seen not long ago makes no new one.
    pub async fn finish_alerting(
        &self,
        worker: &str,
        items: &[ItemId],
        firings: &[Firing],
    ) -> Result<usize, StoreError> {
        let mut tx = self.begin().await?;
        let ids: Vec<i64> = items.iter().map(|id| id.0).collect();
        let mine = work::finish(&mut tx, work::ALERT, worker, &ids).await?;
        let mut raised = 0;
        let silences = if firings.is_empty() { Vec::new() } else { self.silences_in(&mut tx).await? };
        for firing in firings.iter().filter(|firing| mine.contains(&firing.item.0)) {
            let silent = silences
                .iter()
                .any(|(rule, of)| *rule == firing.rule && of.is_none_or(|of| of == firing.incident));
            if !silent {
                raised += usize::from(self.fire(&mut tx, firing).await?);
            }
        }
        tx.commit().await?;
        Ok(raised)
    }

    async fn silences_in(&self, tx: &mut Tx) -> Result<Vec<(AlertRuleId, Option<IncidentId>)>, StoreError> {
        let sql = "SELECT rule_id, incident_id FROM alert_silence WHERE until > $1";
        let rows = tx.rows(sql, args![self.now()]).await?;
        rows.iter()
            .map(|row| Ok((AlertRuleId(row.int("rule_id")?), row.opt_int("incident_id")?.map(IncidentId))))
            .collect()
    }

    /// Counts an item to the alert that it belongs to, or makes one; whether a new one was made.
    async fn fire(&self, tx: &mut Tx, firing: &Firing) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM alert_item WHERE rule_id = $1 AND item_id = $2";
        if tx.row(sql, args![firing.rule.0, firing.item.0]).await?.is_some() {
            return Ok(false);
        }
        let now = self.now();
        // One that nobody has looked at, or that somebody looked at not long ago.
        let (of, id) = match firing.whole {
            // What is confidential is never counted to an alert that others see, nor the other way round.
            true => {
                let same = "(SELECT i.confidential FROM item i WHERE i.id = alert.item_id)
                            = (SELECT i.confidential FROM item i WHERE i.id = $3)";
                (same, firing.item.0)
            }
            false => ("incident_id = $3", firing.incident.0),
        };
        let sql = format!(
            "SELECT id FROM alert WHERE rule_id = $1 AND (seen_at IS NULL OR seen_at > $2) AND {of}
             ORDER BY CASE WHEN seen_at IS NULL THEN 0 ELSE 1 END, id DESC LIMIT 1"
        );
        let values = args![firing.rule.0, now - firing.repeat, id];
        let found = tx.row(&sql, values).await?;
        let (alert, new) = match found {
            Some(row) => {
                let id = row.int("id")?;
                let sql = "UPDATE alert SET items = items + 1, last_at = $1,
                           urgency = CASE WHEN urgency < $2 THEN $2 ELSE urgency END WHERE id = $3";
                tx.run(sql, args![now, i64::from(u8::from(firing.urgency)), id]).await?;
                (id, false)
            }
            None => {
                let id: AlertId = self.ids().next(now);
                // Another worker may raise the same at this moment: then this one is counted there.
                let sql = "INSERT INTO alert (id, rule_id, rule_name, incident_id, item_id, why, items, urgency, first_at, last_at)
                           VALUES ($1,$2,$3,$4,$5,$6,1,$7,$8,$8)
                           ON CONFLICT (rule_id, incident_id) WHERE seen_at IS NULL
                           DO UPDATE SET items = alert.items + 1, last_at = excluded.last_at,
                             urgency = CASE WHEN alert.urgency < excluded.urgency THEN excluded.urgency ELSE alert.urgency END
                           RETURNING id";
                let urgency = i64::from(u8::from(firing.urgency));
                let values = args![
                    id.0,
                    firing.rule.0,
                    &firing.rule_name,
                    firing.incident.0,
                    firing.item.0,
                    &firing.why,
                    urgency,
                    now
                ];
                let written = tx.row(sql, values).await?.ok_or(StoreError::NotFound("alert"))?.int("id")?;
                (written, written == id.0)
            }
        };
        let sql = "INSERT INTO alert_item (rule_id, item_id, alert_id) VALUES ($1, $2, $3)";
        tx.run(sql, args![firing.rule.0, firing.item.0, alert]).await?;
        if new {
            let raised = NoticeEvent {
                id: NoticeEventId(0),
                key: format!("alert:{}", AlertId(alert)),
                kind: NoticeKind::AlertRaised,
                subject: NoticeSubject::Alert(AlertId(alert)),
                urgency: firing.urgency,
                actor: Actor::System,
                at: now,
            };
            self.tell_in(tx, &[raised]).await?;
        }
        Ok(new)
    }

    /// After which item a trial of at most `most` items of the time since begins.
    pub async fn alert_trial_start(&self, since: Timestamp, most: i64) -> Result<ItemId, StoreError> {
        let sql = "SELECT id FROM item WHERE first_seen_at >= $1 ORDER BY id DESC LIMIT 1 OFFSET $2";
        let row = self.db().row(sql, args![since, most.max(0)]).await?;
        row.map_or(Ok(ItemId(0)), |row| Ok(ItemId(row.int("id")?)))
    }

    /// Items first seen since a time that came to an incident, in the order of arrival after `after`: to try a rule on.
    pub async fn alert_trial(
        &self,
        viewer: &Viewer,
        since: Timestamp,
        after: ItemId,
        limit: i64,
    ) -> Result<Vec<AlertTask>, StoreError> {
        let mut values = args![since, after.0, limit.clamp(1, 5_000)];
        let seen = visibility::items(viewer, &mut values);
        let sql = format!(
            "{TASK} WHERE i.first_seen_at >= $1 AND i.id > $2 AND m.incident_id IS NOT NULL AND {seen}
             ORDER BY i.id LIMIT $3"
        );
        self.db().rows(&sql, values).await?.iter().map(task_of).collect()
    }
}

/// Takes the alerts and silences of an incident along into the one that it is merged into. Two that wait for one rule become
/// one, with the items of both.
pub(in crate::store) async fn merge_alerts(
    tx: &mut Tx,
    from: IncidentId,
    into: IncidentId,
) -> Result<(), StoreError> {
    let sql = "SELECT d.id, d.items, d.urgency, k.id AS kept FROM alert d
               JOIN alert k ON k.rule_id = d.rule_id AND k.incident_id = $2 AND k.seen_at IS NULL
               WHERE d.incident_id = $1 AND d.seen_at IS NULL";
    for row in tx.rows(sql, args![from.0, into.0]).await? {
        let (gone, kept) = (row.int("id")?, row.int("kept")?);
        let sql =
            "UPDATE alert SET items = items + $1, urgency = CASE WHEN urgency < $2 THEN $2 ELSE urgency END
                   WHERE id = $3";
        tx.run(sql, args![row.int("items")?, row.int("urgency")?, kept]).await?;
        tx.run("UPDATE alert_item SET alert_id = $1 WHERE alert_id = $2", args![kept, gone]).await?;
        tx.run("DELETE FROM alert WHERE id = $1", args![gone]).await?;
    }
    for table in ["alert", "alert_silence"] {
        let sql = format!("UPDATE {table} SET incident_id = $1 WHERE incident_id = $2");
        tx.run(&sql, args![into.0, from.0]).await?;
    }
    Ok(())
}

fn task_of(row: &Row) -> Result<AlertTask, StoreError> {
    let item = item_of(row)?;
    let at = row.opt_time("at")?.unwrap_or(item.first_seen_at);
    Ok(AlertTask {
        incident: row.opt_int("incident_id")?.map(IncidentId),
        at,
        heat: row.opt_real("heat")?.unwrap_or(0.0),
        item,
    })
}
