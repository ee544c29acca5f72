//! The queue between the stages: one row for each item that a stage has yet to take.
//!
//! A worker claims rows for a lease; finishing deletes them in the transaction that writes the effect, and
//! only while the lease is still the worker's. A killed worker's rows come back when the lease ends, so
//! every stage runs at least once and takes effect exactly once.
//!
//! Transactions of PostgreSQL wait for each other's rows. So that no two ever wait for each other in a ring, each takes rows
//! of items before rows of this queue, stages in the order in which items go through them, and many rows by rising id.

use jiff::{SignedDuration, Timestamp};

use super::db::{Arg, Tx, args};
use super::{Store, StoreError};
use crate::ids::ItemId;

pub(super) const JUDGE: &str = "judge";
pub(super) const ROUTE: &str = "route";
pub(super) const JOIN: &str = "join";
pub(super) const ALERT: &str = "alert";

/// After so many errors a row is set aside and shown. A killed worker is no error of its rows.
pub(super) const MAX_ATTEMPTS: i64 = 5;

/// A row that failed too often.
#[derive(Debug, Clone, PartialEq)]
pub struct StuckWork {
    pub stage: String,
    pub item: ItemId,
    pub attempts: i64,
    pub error: Option<String>,
}

/// Puts items before a stage; one that waits there already is made ready again.
pub(super) async fn add(tx: &mut Tx, stage: &str, items: &[i64], now: Timestamp) -> Result<(), StoreError> {
    if items.is_empty() {
        return Ok(());
    }
    tx.rings();
    let mut items = items.to_vec();
    items.sort_unstable();
    let rows = items.iter().map(|id| args![stage, *id, now, 0i64, 0i64]).collect();
    tx.insert(
        "work",
        &["stage", "subject", "ready_at", "lease_until", "attempts"],
        rows,
        "ON CONFLICT (stage, subject) DO UPDATE SET ready_at = excluded.ready_at, lease_until = 0, lease_by = NULL, attempts = 0, error = NULL",
    )
    .await?;
    Ok(())
}

impl Store {
    /// Leases up to `batch` ready items of a stage as [`claim`] does, in a transaction of its own, so that the one writer of
    /// SQLite is free again before they are read. Most looks find nothing, and then no writer waits.
    pub(super) async fn lease_work(
        &self,
        stage: &str,
        worker: &str,
        batch: i64,
        lease: SignedDuration,
    ) -> Result<Vec<i64>, StoreError> {
        if !self.has_work(stage).await? {
            return Ok(Vec::new());
        }
        let mut tx = self.begin().await?;
        let ids = claim(&mut tx, stage, None, worker, batch, lease, self.now()).await?;
        tx.commit().await?;
        Ok(ids)
    }

    /// Whether anything stands before a stage, leased or not, that was not set aside.
    pub(super) async fn has_work(&self, stage: &str) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM work WHERE stage = $1 AND attempts < $2 LIMIT 1) AS w";
        Ok(self.db().number(sql, args![stage, MAX_ATTEMPTS]).await? > 0)
    }
}

/// Leases up to `batch` ready items, oldest first; their ids in order. With a stage `after`, none that came after an item
/// which still waits there.
pub(super) async fn claim(
    tx: &mut Tx,
    stage: &str,
    after: Option<&str>,
    worker: &str,
    batch: i64,
    lease: SignedDuration,
    now: Timestamp,
) -> Result<Vec<i64>, StoreError> {
    let lock = if tx.is_sqlite() { "" } else { "FOR UPDATE SKIP LOCKED" };
    let mut values = args![worker, now + lease, stage, now, MAX_ATTEMPTS, batch];
    let held_up = match after {
        None => "",
        Some(after) => {
            values.extend(args![after, i64::MAX]);
            "AND subject < COALESCE((SELECT min(subject) FROM work WHERE stage = $7 AND attempts < $5), $8)"
        }
    };
    let found = one_of(
        tx,
        &format!(
            "SELECT subject FROM work WHERE stage = $3 AND ready_at <= $4 AND lease_until <= $4 AND attempts < $5 {held_up}
             ORDER BY subject LIMIT $6 {lock}"
        ),
    );
    let sql = format!(
        "UPDATE work SET lease_by = $1, lease_until = $2 WHERE stage = $3 AND subject {found} RETURNING subject"
    );
    let rows = tx.rows(&sql, values).await?;
    let mut ids = rows.iter().map(|row| row.int("subject")).collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    Ok(ids)
}

/// The condition that a column is one of those that a query gives. PostgreSQL takes them as an array: of a queue that has grown
/// since it was counted last it would otherwise look through all for each of them.
fn one_of(tx: &Tx, query: &str) -> String {
    if tx.is_sqlite() { format!("IN ({query})") } else { format!("= ANY(ARRAY({query}))") }
}

/// Leases items of a stage that keeps the order of arrival: oldest first, and none that came after an item which still
/// waits in the stage `after`. An item that was set aside there holds up nothing.
pub(super) async fn claim_in_order(
    tx: &mut Tx,
    stage: &str,
    after: &str,
    worker: &str,
    batch: i64,
    lease: SignedDuration,
    now: Timestamp,
) -> Result<Vec<i64>, StoreError> {
    let found = one_of(
        tx,
        "SELECT subject FROM work WHERE stage = $3 AND attempts < $4
           AND subject < COALESCE((SELECT min(subject) FROM work WHERE stage = $5 AND attempts < $4), $6)
         ORDER BY subject LIMIT $7",
    );
    let sql = format!(
        "UPDATE work SET lease_by = $1, lease_until = $2 WHERE stage = $3 AND subject {found} RETURNING subject"
    );
    let values = args![worker, now + lease, stage, MAX_ATTEMPTS, after, i64::MAX, batch];
    let rows = tx.rows(&sql, values).await?;
    let mut ids = rows.iter().map(|row| row.int("subject")).collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    Ok(ids)
}

/// Takes the items off the queue; those whose lease went to someone else in the meantime are not among the answer.
pub(super) async fn finish(
    tx: &mut Tx,
    stage: &str,
    worker: &str,
    items: &[i64],
) -> Result<Vec<i64>, StoreError> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let mine = format!(
        "stage = {} AND lease_by = {} AND subject IN ({})",
        tx.marks(1, 1),
        tx.marks(2, 1),
        tx.marks(3, items.len())
    );
    let values = || {
        let mut values = args![stage, worker];
        values.extend(items.iter().map(|id| Arg::from(*id)));
        values
    };
    if !tx.is_sqlite() {
        let lock = format!("SELECT subject FROM work WHERE {mine} ORDER BY subject FOR UPDATE");
        tx.rows(&lock, values()).await?;
    }
    let sql = format!("DELETE FROM work WHERE {mine} RETURNING subject");
    tx.rows(&sql, values()).await?.iter().map(|row| row.int("subject")).collect()
}

/// Takes items for a transaction that changes many of them, by rising id; on SQLite it has the one writer anyway.
pub(super) async fn lock_items(tx: &mut Tx, items: &[i64]) -> Result<(), StoreError> {
    if tx.is_sqlite() || items.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT id FROM item WHERE id IN ({}) ORDER BY id FOR NO KEY UPDATE",
        tx.marks(1, items.len())
    );
    tx.rows(&sql, items.iter().map(|id| Arg::from(*id)).collect()).await?;
    Ok(())
}

/// How many items wait before each stage, those set aside not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    pub judge: i64,
    pub route: i64,
    pub join: i64,
    pub alert: i64,
}

impl Waiting {
    /// Of all stages together.
    pub fn total(self) -> i64 {
        self.judge + self.route + self.join + self.alert
    }
}

impl Store {
    /// How many items wait before each stage.
    pub async fn waiting_work(&self) -> Result<Waiting, StoreError> {
        let sql = "SELECT count(*) FROM work WHERE stage = $1 AND attempts < $2";
        Ok(Waiting {
            judge: self.db().number(sql, args![JUDGE, MAX_ATTEMPTS]).await?,
            route: self.db().number(sql, args![ROUTE, MAX_ATTEMPTS]).await?,
            join: self.db().number(sql, args![JOIN, MAX_ATTEMPTS]).await?,
            alert: self.db().number(sql, args![ALERT, MAX_ATTEMPTS]).await?,
        })
    }

    /// Notes why an item failed in a stage; the row is tried again when its lease ends, and set aside after five tries.
    pub async fn note_work_error(
        &self,
        stage: &'static str,
        item: ItemId,
        error: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run(
            "UPDATE work SET error = $1, attempts = attempts + 1 WHERE stage = $2 AND subject = $3",
            args![error, stage, item.0],
        )
        .await?;
        tx.commit().await
    }

    /// Items that failed too often, with the last error.
    pub async fn stuck_work(&self, limit: i64) -> Result<Vec<StuckWork>, StoreError> {
        let sql =
            "SELECT stage, subject, attempts, error FROM work WHERE attempts >= $1 ORDER BY subject LIMIT $2";
        let rows = self.db().rows(sql, args![MAX_ATTEMPTS, limit.clamp(1, 200)]).await?;
        rows.iter()
            .map(|row| {
                Ok(StuckWork {
                    stage: row.text("stage")?,
                    item: ItemId(row.int("subject")?),
                    attempts: row.int("attempts")?,
                    error: row.opt_text("error")?,
                })
            })
            .collect()
    }
}
