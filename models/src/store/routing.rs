//! The routing stage: claims judged items, and writes whether they opened a case.

use std::collections::HashSet;

use jiff::SignedDuration;

use super::db::{Arg, Tx};
use super::items::item_of;
use super::{Store, StoreError, case_items, work};
use crate::ids::ItemId;
use crate::records::{CaseChange, Item};

impl Store {
    /// Leases up to `batch` judged items that wait to be routed. While some case takes what comes to its incident, an item
    /// waits until it was joined to its own.
    pub async fn claim_routing(
        &self,
        worker: &str,
        batch: i64,
        lease: SignedDuration,
    ) -> Result<Vec<Item>, StoreError> {
        if !self.has_work(work::ROUTE).await? {
            return Ok(Vec::new());
        }
        let mut tx = self.begin().await?;
        let after = case_items::any_takes(&mut tx).await?.then_some(work::JOIN);
        let ids = work::claim(&mut tx, work::ROUTE, after, worker, batch, lease, self.now()).await?;
        tx.commit().await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let marks = self.db().marks(1, ids.len());
        let values = ids.iter().map(|id| Arg::from(*id)).collect();
        let sql = format!("SELECT * FROM item WHERE id IN ({marks}) ORDER BY id");
        self.db().rows(&sql, values).await?.iter().map(item_of).collect()
    }

    /// Takes items off the routing queue and opens the cases that they lead to: one transaction.
    /// Items whose lease was lost, or which got a case or were judged anew in the meantime, open none here.
    /// Returns how many cases were opened.
    pub async fn finish_routing(
        &self,
        worker: &str,
        routed: Vec<(ItemId, Option<CaseChange>)>,
    ) -> Result<usize, StoreError> {
        let mut tx = self.begin().await?;
        let ids: Vec<i64> = routed.iter().map(|(id, _)| id.0).collect();
        let opens = routed.iter().filter(|(_, change)| change.is_some()).map(|(id, _)| id.0);
        work::lock_items(&mut tx, &opens.collect::<Vec<_>>()).await?;
        let mine = work::finish(&mut tx, work::ROUTE, worker, &ids).await?;
        let mine: HashSet<i64> = mine.into_iter().collect();
        let mut opening: Vec<(ItemId, CaseChange)> =
            routed.into_iter().filter_map(|(id, change)| Some((id, change?))).collect();
        opening.retain(|(id, _)| mine.contains(&id.0));
        let ids: Vec<ItemId> = opening.iter().map(|(id, _)| *id).collect();
        let free = still_free(&mut tx, &ids).await?;
        opening.retain(|(id, _)| free.contains(&id.0));
        let opened = opening.len();
        self.open_many(&mut tx, opening.into_iter().map(|(_, change)| change).collect()).await?;
        tx.commit().await?;
        Ok(opened)
    }
}

/// Those of the items that may get a case: that have none, are not set aside, and were judged as they are now.
async fn still_free(tx: &mut Tx, ids: &[ItemId]) -> Result<HashSet<i64>, StoreError> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = format!(
        "SELECT id FROM item WHERE id IN ({}) AND case_id IS NULL AND dismissed IS NULL AND archived IS NULL
         AND judged_version = version",
        tx.marks(1, ids.len())
    );
    let rows = tx.rows(&sql, ids.iter().map(|id| Arg::from(id.0)).collect()).await?;
    rows.iter().map(|row| row.int("id")).collect()
}
