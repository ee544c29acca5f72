//! What the helper model makes of incidents: claimed one at a time for a lease, hottest first.
//!
//! Only open items go out. A summary is shown without the sentences that stand on items which the viewer may not see or
//! which left the incident, and not at all once one of its items became confidential.

use std::collections::HashSet;

use jiff::SignedDuration;

use super::advice::next_try;
use super::db::{Arg, args, to_json};
use super::visibility;
use super::{Store, StoreError};
use crate::ids::{IncidentId, ItemId};
use crate::records::{AdvisedSentence, IncidentAdvice, Viewer};

/// How many of the latest items are sent.
const LATEST: i64 = 12;

/// An incident that the helper model is to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentAdviceTask {
    pub incident: IncidentId,
    /// The latest of its items with masked title and text, latest first; at least one.
    pub items: Vec<(ItemId, String, String)>,
}

/// Incidents `n` of three items and more to sum up, with their advice `a`, where none holds or is on its way at $1: new
/// ones, those that grew by half since, and those given up that changed since. `n.items > 0` is the index's own condition.
const DUE: &str = "n.merged_into IS NULL AND n.items > 0 AND n.items >= 3 AND NOT n.confidential
     AND (a.incident_id IS NULL OR a.next_at <= $1
       OR (a.next_at IS NULL AND a.text IS NOT NULL AND n.items * 2 >= a.items * 3)
       OR (a.next_at IS NULL AND a.text IS NULL AND n.items <> a.items))";

impl Store {
    /// Leases the hottest incident that is to be summed up; `None` when there is none.
    pub async fn claim_incident_advice(
        &self,
        worker: &str,
        lease: SignedDuration,
    ) -> Result<Option<IncidentAdviceTask>, StoreError> {
        let now = self.now();
        // Most rounds find nothing, and then no writer waits.
        let sql = format!(
            "SELECT n.id FROM incident n LEFT JOIN incident_advice a ON a.incident_id = n.id
             WHERE {DUE} ORDER BY n.heat DESC, n.id DESC LIMIT 1"
        );
        let Some(row) = self.db().row(&sql, args![now]).await? else { return Ok(None) };
        let incident = IncidentId(row.int("id")?);
        let sql = format!(
            "INSERT INTO incident_advice (incident_id, item_ids, items, model, at, tries, next_at, asked_by)
             SELECT n.id, '[]', n.items, '', $1, 0, $2, $3 FROM incident n
             LEFT JOIN incident_advice a ON a.incident_id = n.id WHERE {DUE} AND n.id = $4
             ON CONFLICT (incident_id) DO UPDATE SET items = excluded.items,
               tries = CASE WHEN incident_advice.next_at IS NULL THEN 0 ELSE incident_advice.tries END,
               next_at = excluded.next_at, asked_by = excluded.asked_by
             WHERE incident_advice.next_at IS NULL OR incident_advice.next_at <= $1"
        );
        let mut tx = self.begin().await?;
        let values = args![now, now + lease, worker, incident.0];
        if tx.run(&sql, values).await? == 0 {
            return Ok(None);
        }
        let sql = "SELECT i.id, i.title, i.body FROM incident_member m JOIN item i ON i.id = m.item_id
                   WHERE m.incident_id = $1 AND NOT i.confidential AND i.judged_version = i.version
                   ORDER BY m.at DESC, m.item_id DESC LIMIT $2";
        let rows = tx.rows(sql, args![incident.0, LATEST]).await?;
        let items =
            rows.iter().map(|row| Ok((ItemId(row.int("id")?), row.text("title")?, row.text("body")?)));
        let items = items.collect::<Result<Vec<_>, StoreError>>()?;
        tx.commit().await?;
        // Where all were changed just now there is nothing to send; the lease ends by itself.
        Ok((!items.is_empty()).then_some(IncidentAdviceTask { incident, items }))
    }

    /// Writes a summary in place of an earlier one; `false`, and nothing is written, when the lease went to another
    /// worker.
    pub async fn save_incident_advice(
        &self,
        worker: &str,
        task: &IncidentAdviceTask,
        model: &str,
        sentences: &[AdvisedSentence],
    ) -> Result<bool, StoreError> {
        let ids: Vec<ItemId> = task.items.iter().map(|(id, ..)| *id).collect();
        let mut tx = self.begin().await?;
        let sql = "UPDATE incident_advice SET text = $1, item_ids = $2, model = $3, at = $4, next_at = NULL, asked_by = NULL
                   WHERE incident_id = $5 AND asked_by = $6";
        let values = args![to_json(&sentences)?, to_json(&ids)?, model, self.now(), task.incident.0, worker];
        let written = tx.run(sql, values).await? == 1;
        tx.commit().await?;
        Ok(written)
    }

    /// Notes that asking failed: it is tried again after a while, and after four failures given up until the incident
    /// changes. An earlier summary stays.
    pub async fn fail_incident_advice(
        &self,
        worker: &str,
        task: &IncidentAdviceTask,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql = "SELECT tries FROM incident_advice WHERE incident_id = $1 AND asked_by = $2";
        let Some(row) = tx.row(sql, args![task.incident.0, worker]).await? else { return Ok(()) };
        let tries = row.int("tries")? + 1;
        let sql =
            "UPDATE incident_advice SET tries = $1, next_at = $2, asked_by = NULL WHERE incident_id = $3";
        tx.run(sql, args![tries, next_try(tries, self.now()), task.incident.0]).await?;
        tx.commit().await
    }

    /// What the helper model made of an incident, as far as the viewer may see the items that it stands on.
    pub async fn incident_advice(
        &self,
        viewer: &Viewer,
        incident: IncidentId,
    ) -> Result<Option<IncidentAdvice>, StoreError> {
        let sql = format!(
            "SELECT a.text, a.item_ids, a.model, a.at FROM incident_advice a JOIN incident n ON n.id = a.incident_id
             WHERE n.id = $1 AND n.merged_into IS NULL AND NOT n.confidential AND a.text IS NOT NULL AND {}",
            visibility::incidents(viewer)
        );
        let Some(row) = self.db().row(&sql, args![incident.0]).await? else { return Ok(None) };
        let items: Vec<ItemId> = row.json("item_ids")?;
        let Some(seen) = self.seen_sources(viewer, incident, &items).await? else { return Ok(None) };
        let mut sentences: Vec<AdvisedSentence> = row.json("text")?;
        let stands = |place: &usize| {
            place.checked_sub(1).and_then(|place| items.get(place)).is_some_and(|id| seen.contains(id))
        };
        sentences.retain(|sentence| sentence.cites.iter().all(stands));
        let advice = IncidentAdvice { sentences, items, model: row.text("model")?, at: row.time("at")? };
        Ok(Some(advice).filter(|advice| !advice.sentences.is_empty()))
    }

    /// The items of a summary that the viewer may see and that still belong to the incident; `None` when any of them
    /// became confidential, or changed and may turn out so.
    async fn seen_sources(
        &self,
        viewer: &Viewer,
        incident: IncidentId,
        items: &[ItemId],
    ) -> Result<Option<HashSet<ItemId>>, StoreError> {
        let mut values = args![incident.0];
        values.extend(items.iter().map(|id| Arg::from(id.0)));
        let marks: Vec<String> = (2..items.len() + 2).map(|n| format!("${n}")).collect();
        let visible = visibility::items(viewer, &mut values);
        let sql = format!(
            "SELECT i.id, i.confidential OR i.judged_version <> i.version AS closed,
               COALESCE(m.incident_id = $1, FALSE) AND {visible} AS seen
             FROM item i LEFT JOIN incident_member m ON m.item_id = i.id WHERE i.id IN ({})",
            marks.join(", ")
        );
        let mut seen = HashSet::new();
        for row in self.db().rows(&sql, values).await? {
            if row.flag("closed")? {
                return Ok(None);
            }
            if row.flag("seen")? {
                seen.insert(ItemId(row.int("id")?));
            }
        }
        Ok(Some(seen))
    }
}
