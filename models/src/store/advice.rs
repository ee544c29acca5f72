//! What the helper model proposes for items: claimed one at a time for a lease, written with its effect on nothing else.
//!
//! Only items go out that are not confidential as they read now, and that no person has judged or dismissed. A
//! proposal that is no more for the item's present version, or whose item became confidential, is not shown.

use jiff::{SignedDuration, Timestamp};

use super::db::{Row, args, to_json};
use super::visibility;
use super::{Store, StoreError};
use crate::county::TopicCode;
use crate::ids::ItemId;
use crate::records::{Advice, Viewer};

/// An item is asked about so long after it was first seen.
const RECENT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long after its first, second and third failure a question is asked again; after the fourth it is given up.
const PAUSES: [SignedDuration; 3] =
    [SignedDuration::from_mins(1), SignedDuration::from_mins(10), SignedDuration::from_hours(2)];

/// When a question is asked again that has failed so often; `None` when it is given up.
pub(super) fn next_try(tries: i64, now: Timestamp) -> Option<Timestamp> {
    let pause = usize::try_from(tries - 1).ok().and_then(|failed| PAUSES.get(failed));
    pause.map(|pause| now + *pause)
}

/// An item that the helper model is to be asked about. Its texts are masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdviceTask {
    pub item: ItemId,
    pub version: i64,
    pub title: String,
    pub body: String,
}

/// Items `i` that may be asked about from $1 on, with their advice `a`, where none holds or is on its way at $2.
const DUE: &str = "i.first_seen_at >= $1 AND i.unsure AND NOT i.confidential AND i.judged_version = i.version
     AND NOT i.judged_by_person AND i.dismissed IS NULL
     AND (a.item_id IS NULL OR a.next_at <= $2 OR (a.asked_by IS NULL AND a.item_version <> i.version))";

impl Store {
    /// Leases the latest item that is to be asked about; `None` when there is none.
    pub async fn claim_advice(
        &self,
        worker: &str,
        lease: SignedDuration,
    ) -> Result<Option<AdviceTask>, StoreError> {
        let now = self.now();
        // Most rounds find nothing, and then no writer waits.
        let sql = format!(
            "SELECT i.id, i.version, i.title, i.body FROM item i LEFT JOIN advice a ON a.item_id = i.id
             WHERE {DUE} ORDER BY i.first_seen_at DESC, i.id DESC LIMIT 1"
        );
        let Some(row) = self.db().row(&sql, args![now - RECENT, now]).await? else { return Ok(None) };
        let task = task_of(&row)?;
        // What another worker or a person did since is looked at again where it is written.
        let sql = format!(
            "INSERT INTO advice (item_id, item_version, model, why, at, tries, next_at, asked_by)
             SELECT i.id, i.version, '', '', $2, 0, $3, $4 FROM item i LEFT JOIN advice a ON a.item_id = i.id
             WHERE {DUE} AND i.id = $5 AND i.version = $6
             ON CONFLICT (item_id) DO UPDATE SET item_version = excluded.item_version, topics = NULL, at = excluded.at,
               tries = CASE WHEN advice.item_version = excluded.item_version THEN advice.tries ELSE 0 END,
               next_at = excluded.next_at, asked_by = excluded.asked_by
             WHERE advice.next_at <= $2 OR (advice.asked_by IS NULL AND advice.item_version <> excluded.item_version)"
        );
        let mut tx = self.begin().await?;
        let values = args![now - RECENT, now, now + lease, worker, task.item.0, task.version];
        let taken = tx.run(&sql, values).await? == 1;
        tx.commit().await?;
        Ok(taken.then_some(task))
    }

    /// Writes what the helper model proposed; `false`, and nothing is written, when the lease went to another worker.
    pub async fn save_advice(
        &self,
        worker: &str,
        task: &AdviceTask,
        model: &str,
        topics: &[TopicCode],
        why: &str,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let sql =
            "UPDATE advice SET topics = $1, why = $2, model = $3, at = $4, next_at = NULL, asked_by = NULL
                   WHERE item_id = $5 AND item_version = $6 AND asked_by = $7";
        let values = args![to_json(&topics)?, why, model, self.now(), task.item.0, task.version, worker];
        let written = tx.run(sql, values).await? == 1;
        tx.commit().await?;
        Ok(written)
    }

    /// Notes that asking failed: it is tried again after a while, and after four failures given up until the item
    /// has another version.
    pub async fn fail_advice(&self, worker: &str, task: &AdviceTask, model: &str) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let mine = "FROM advice WHERE item_id = $1 AND item_version = $2 AND asked_by = $3";
        let values = args![task.item.0, task.version, worker];
        let Some(row) = tx.row(&format!("SELECT tries {mine}"), values).await? else { return Ok(()) };
        let tries = row.int("tries")? + 1;
        let sql = "UPDATE advice SET tries = $1, next_at = $2, model = $3, at = $4, asked_by = NULL WHERE item_id = $5";
        tx.run(sql, args![tries, next_try(tries, now), model, now, task.item.0]).await?;
        tx.commit().await
    }

    /// What the helper model proposed for an item as it reads now, if the viewer may see the item and it is not
    /// confidential.
    pub async fn advice(&self, viewer: &Viewer, item: ItemId) -> Result<Option<Advice>, StoreError> {
        let mut values = args![item.0];
        let seen = visibility::items(viewer, &mut values);
        let sql = format!(
            "SELECT a.topics, a.why, a.model, a.at FROM advice a
             JOIN item i ON i.id = a.item_id AND i.version = a.item_version AND i.judged_version = i.version
             WHERE i.id = $1 AND a.topics IS NOT NULL AND NOT i.confidential AND {seen}"
        );
        self.db().row(&sql, values).await?.as_ref().map(advice_of).transpose()
    }
}

fn task_of(row: &Row) -> Result<AdviceTask, StoreError> {
    Ok(AdviceTask {
        item: ItemId(row.int("id")?),
        version: row.int("version")?,
        title: row.text("title")?,
        body: row.text("body")?,
    })
}

fn advice_of(row: &Row) -> Result<Advice, StoreError> {
    Ok(Advice {
        topics: row.json("topics")?,
        why: row.text("why")?,
        model: row.text("model")?,
        at: row.time("at")?,
    })
}
