//! The routing stage: claims judged items, and writes whether they opened a case.

use jiff::SignedDuration;

use super::cases::Opening;
use super::db::{Arg, args};
use super::items::item_of;
use super::visibility::bind;
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
        let mut tx = self.begin().await?;
        let after = case_items::any_takes(&mut tx).await?.then_some(work::JOIN);
        let ids = work::claim(&mut tx, work::ROUTE, after, worker, batch, lease, self.now()).await?;
        let mut items = Vec::new();
        if !ids.is_empty() {
            let mut values: Vec<Arg> = Vec::new();
            let marks: Vec<String> = ids.iter().map(|id| bind(&mut values, *id)).collect();
            let sql = format!("SELECT * FROM item WHERE id IN ({}) ORDER BY id", marks.join(", "));
            items = tx.rows(&sql, values).await?.iter().map(item_of).collect::<Result<_, _>>()?;
        }
        tx.commit().await?;
        Ok(items)
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
        let mine = work::finish(&mut tx, work::ROUTE, worker, &ids).await?;
        let mut opened = 0;
        for (id, change) in routed {
            let Some(change) = change.filter(|_| mine.contains(&id.0)) else { continue };
            let still_free = tx
                .row(
                    "SELECT 1 FROM item WHERE id = $1 AND case_id IS NULL AND dismissed IS NULL AND archived IS NULL
                     AND judged_version = version",
                    args![id.0],
                )
                .await?
                .is_some();
            if still_free {
                self.open_in(&mut tx, change, Opening::OfItem).await?;
                opened += 1;
            }
        }
        tx.commit().await?;
        Ok(opened)
    }
}
