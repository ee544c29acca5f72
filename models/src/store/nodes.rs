//! Node numbers: each running process leases one, so that no two processes make the same id.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use super::StoreError;
use super::db::{Db, Tx, args};
use crate::ids::{IdSource, NODES};

const LEASE: SignedDuration = SignedDuration::from_mins(30);

/// The node number that this process holds, and until when.
#[derive(Debug)]
pub(super) struct NodeLease(Mutex<(u16, Timestamp)>);

impl NodeLease {
    fn get(&self) -> (u16, Timestamp) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn set(&self, node: u16, until: Timestamp) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = (node, until);
    }

    /// The number that this process has.
    pub(super) fn number(&self) -> u16 {
        self.get().0
    }

    /// Prolongs the lease once half of it has passed, in a transaction of its own: one that is rolled back must not leave the
    /// process with a number that the database gives to another. A process that slept past its lease takes a new number.
    pub(super) async fn renew(&self, db: &Db, ids: &IdSource, now: Timestamp) -> Result<(), StoreError> {
        let (node, until) = self.get();
        if now + LEASE / 2 < until {
            return Ok(());
        }
        let mut tx = db.begin().await?;
        // Another thread may have been faster while this one waited.
        let (node, until) = match self.get() {
            known if known == (node, until) => known,
            _ => return Ok(()),
        };
        let fresh = now + LEASE;
        let kept = tx
            .run(
                "UPDATE node SET until_ms = $1 WHERE number = $2 AND until_ms = $3",
                args![fresh, i64::from(node), until],
            )
            .await?;
        let node = if kept == 1 { node } else { take(&mut tx, now).await? };
        tx.commit().await?;
        ids.use_node(node);
        self.set(node, fresh);
        Ok(())
    }

    /// Gives the number back, once the time of its last id is over: if the clock ran ahead and is put back, another process must
    /// not make the same ids when that time comes again.
    pub(super) async fn release(&self, db: &Db, ids: &IdSource) -> Result<(), StoreError> {
        let (node, until) = self.get();
        let mut tx = db.begin().await?;
        let sql = "UPDATE node SET until_ms = $1 WHERE number = $2 AND until_ms = $3";
        tx.run(sql, args![ids.reached(), i64::from(node), until]).await?;
        tx.commit().await
    }
}

/// Takes a number when a process starts.
pub(super) async fn claim(db: &Db, now: Timestamp) -> Result<(u16, NodeLease), StoreError> {
    let mut tx = db.begin().await?;
    let node = take(&mut tx, now).await?;
    tx.commit().await?;
    Ok((node, NodeLease(Mutex::new((node, now + LEASE)))))
}

/// The smallest number whose lease is over, or that was never used.
async fn take(tx: &mut Tx, now: Timestamp) -> Result<u16, StoreError> {
    if !tx.is_sqlite() {
        tx.run("LOCK TABLE node IN EXCLUSIVE MODE", vec![]).await?;
    }
    let held: Vec<i64> = tx
        .rows("SELECT number FROM node WHERE until_ms >= $1", args![now])
        .await?
        .iter()
        .map(|row| row.int("number"))
        .collect::<Result<_, _>>()?;
    let node = (0..NODES).find(|n| !held.contains(&i64::from(*n))).ok_or_else(|| {
        StoreError::Bad(format!("all {NODES} node numbers are in use; stop some processes"))
    })?;
    tx.run(
        "INSERT INTO node (number, until_ms) VALUES ($1, $2) ON CONFLICT (number) DO UPDATE SET until_ms = excluded.until_ms",
        args![i64::from(node), now + LEASE],
    )
    .await?;
    Ok(node)
}
