//! How sources are doing: which is due, how its last poll ended, what its runs brought.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::db::{Row, Tx, args};
use super::sources::source_of;
use super::{Store, StoreError};
use crate::clock;
use crate::ids::{RunId, SourceId};
use crate::records::{Actor, FinishedRun, Source, SourceRun, Subject};

/// What a poll brought, or why it failed.
#[derive(Debug, Clone)]
pub struct PollOutcome {
    pub tried_at: Timestamp,
    /// The error in plain words.
    pub result: Result<Fetched, String>,
    pub next_at: Timestamp,
}

/// A successful poll.
#[derive(Debug, Clone, Default)]
pub struct Fetched {
    pub counts: SourceRun,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// Where a permanent redirect led.
    pub moved_to: Option<String>,
    /// How far a paging interface was read.
    pub cursor: Option<String>,
    /// Seconds until the next poll by the source's own rhythm.
    pub pace_s: Option<i64>,
    /// The address that was read.
    pub what: String,
    /// The server said that nothing changed.
    pub not_modified: bool,
}

impl Store {
    /// Takes one source that is due, for `lease_s` seconds. Another worker gets it only after the lease ends.
    pub async fn claim_due_source(&self, worker: &str, lease_s: i64) -> Result<Option<Source>, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let lock = if tx.is_sqlite() { "" } else { "FOR UPDATE SKIP LOCKED" };
        let sql = format!(
            "UPDATE source SET lease_by = $1, lease_until = $2 WHERE id = (SELECT id FROM source WHERE next_at <= $3
             AND lease_until <= $3 AND NOT paused ORDER BY next_at LIMIT 1 {lock}) RETURNING *"
        );
        let until = now + SignedDuration::from_secs(lease_s);
        let row = tx.row(&sql, args![worker, until, now]).await?;
        let source = row.as_ref().map(source_of).transpose()?;
        tx.commit().await?;
        Ok(source)
    }

    /// Notes how a poll ended, gives the lease back, and keeps a line of what changed.
    pub async fn finish_poll(&self, source: &Source, outcome: PollOutcome) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        match &outcome.result {
            Ok(fetched) => {
                tx.run(
                    "UPDATE source SET last_tried_at = $1, last_success_at = $1, last_error = NULL, failures = 0,
                     next_at = $2, lease_until = 0, etag = $3, last_modified = $4, moved_to = $5, cursor = $6,
                     pace_s = $7 WHERE id = $8",
                    args![
                        outcome.tried_at,
                        outcome.next_at,
                        fetched.etag.clone(),
                        fetched.last_modified.clone(),
                        fetched.moved_to.clone(),
                        fetched.cursor.clone(),
                        fetched.pace_s,
                        source.id.0
                    ],
                )
                .await?;
                if !fetched.not_modified {
                    self.run_in(&mut tx, source.id, &fetched.what, fetched.counts, None).await?;
                }
            }
            Err(error) => {
                tx.run(
                    "UPDATE source SET last_tried_at = $1, last_error = $2, failures = failures + 1, next_at = $3,
                     lease_until = 0 WHERE id = $4",
                    args![outcome.tried_at, error, outcome.next_at, source.id.0],
                )
                .await?;
                if source.health.last_error.as_ref() != Some(error) {
                    let what = source.url.clone().unwrap_or_default();
                    self.run_in(&mut tx, source.id, &what, SourceRun::default(), Some(error)).await?;
                }
            }
        }
        tx.commit().await
    }

    /// Keeps the outcome of an import for the source's page.
    pub async fn record_run(
        &self,
        source: SourceId,
        what: &str,
        counts: SourceRun,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        self.run_in(&mut tx, source, what, counts, error).await?;
        let now = self.now();
        tx.run(
            "UPDATE source SET last_tried_at = $1, last_success_at = CASE WHEN $2 THEN $1 ELSE last_success_at END WHERE id = $3",
            args![now, error.is_none(), source.0],
        )
        .await?;
        tx.commit().await
    }

    async fn run_in(
        &self,
        tx: &mut Tx,
        source: SourceId,
        what: &str,
        counts: SourceRun,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        tx.run(
            "INSERT INTO source_run (id, source_id, at, what, n_read, n_new, n_updated, n_unchanged, n_quarantined, error)
             VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
            args![
                self.ids().next::<RunId>(now).0,
                source.0,
                now,
                what,
                counts.read,
                counts.new,
                counts.updated,
                counts.unchanged,
                counts.quarantined,
                error
            ],
        )
        .await?;
        Ok(())
    }

    /// The last runs of a source, newest first.
    pub async fn source_runs(&self, id: SourceId, limit: i64) -> Result<Vec<FinishedRun>, StoreError> {
        let sql = "SELECT * FROM source_run WHERE source_id = $1 ORDER BY id DESC LIMIT $2";
        self.db().rows(sql, args![id.0, limit.clamp(1, 200)]).await?.iter().map(run_of).collect()
    }

    /// Makes a polled source due at once, whatever its failures; a poll that runs goes on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Bad`] when it is paused or nobody polls its kind.
    pub async fn poll_at_once(&self, id: SourceId, actor: Actor) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let row = tx.row("SELECT * FROM source WHERE id = $1 AND removed_at IS NULL", args![id.0]).await?;
        let source = source_of(&row.ok_or(StoreError::NotFound("source"))?)?;
        if source.paused || !source.kind.is_polled() {
            return Err(StoreError::Bad(format!("{} is paused or not polled", source.name)));
        }
        tx.run("UPDATE source SET next_at = $1 WHERE id = $2", args![self.now(), id.0]).await?;
        self.audit_in(&mut tx, actor, "source.poll", Subject::Source(id), json!({})).await?;
        tx.commit().await
    }

    /// How many items every source brought on each of the last `days` days (Asia/Shanghai), oldest first; sources and days without any are left out.
    pub async fn items_per_day_of_all(
        &self,
        days: i64,
    ) -> Result<HashMap<SourceId, Vec<(Date, i64)>>, StoreError> {
        let since = self.now() - SignedDuration::from_hours(24 * days.clamp(1, 400));
        let sql = "SELECT source_id, (first_seen_at + $1) / $2 AS day, count(*) AS n FROM item
                   WHERE first_seen_at >= $3 GROUP BY source_id, (first_seen_at + $1) / $2 ORDER BY source_id, day";
        let mut days: HashMap<SourceId, Vec<(Date, i64)>> = HashMap::new();
        for row in self.db().rows(sql, args![OFFSET_MS, DAY_MS, since]).await? {
            days.entry(SourceId(row.int("source_id")?)).or_default().push(day_of(&row)?);
        }
        Ok(days)
    }

    /// How many items a source brought on each of the last `days` days (Asia/Shanghai), oldest first; days without any are left out.
    pub async fn items_per_day(&self, id: SourceId, days: i64) -> Result<Vec<(Date, i64)>, StoreError> {
        let since = self.now() - SignedDuration::from_hours(24 * days.clamp(1, 400));
        let sql = "SELECT (first_seen_at + $1) / $2 AS day, count(*) AS n FROM item WHERE source_id = $3
                   AND first_seen_at >= $4 GROUP BY (first_seen_at + $1) / $2 ORDER BY 1";
        self.db().rows(sql, args![OFFSET_MS, DAY_MS, id.0, since]).await?.iter().map(day_of).collect()
    }
}

const DAY_MS: i64 = 86_400_000;
/// Asia/Shanghai has no summer time.
const OFFSET_MS: i64 = 8 * 3_600_000;

fn day_of(row: &Row) -> Result<(Date, i64), StoreError> {
    let noon = Timestamp::from_millisecond(row.int("day")? * DAY_MS + DAY_MS / 2 - OFFSET_MS)
        .map_err(|e| StoreError::Bad(e.to_string()))?;
    Ok((clock::local_date(noon), row.int("n")?))
}

fn run_of(row: &Row) -> Result<FinishedRun, StoreError> {
    Ok(FinishedRun {
        id: RunId(row.int("id")?),
        source: SourceId(row.int("source_id")?),
        at: row.time("at")?,
        what: row.text("what")?,
        counts: SourceRun {
            read: row.int("n_read")?,
            new: row.int("n_new")?,
            updated: row.int("n_updated")?,
            unchanged: row.int("n_unchanged")?,
            quarantined: row.int("n_quarantined")?,
        },
        error: row.opt_text("error")?,
    })
}
