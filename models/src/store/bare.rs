//! Rows that are written without any of intake's work, to measure what the database alone takes.

use super::arrival::Arrival;
use super::intake::Keyed;
use super::item_rows::ItemRows;
use super::{Store, StoreError};
use crate::ids::ItemId;
use crate::records::Source;

/// Items read, masked and sealed beforehand.
pub struct BareBatch(ItemRows);

impl Store {
    /// Makes the rows of a batch of new items.
    ///
    /// # Errors
    /// When the operating system gives no random numbers, or a record cannot be written as JSON.
    pub fn bare_batch(&self, source: &Source, arrivals: Vec<Arrival>) -> Result<BareBatch, StoreError> {
        let keyed = self.keyed(arrivals)?;
        let fresh: Vec<(ItemId, &Keyed)> =
            keyed.iter().map(|record| (self.ids().next(self.now()), record)).collect();
        let mut rows = ItemRows::default();
        self.add_items(&mut rows, source, &fresh)?;
        Ok(BareBatch(rows))
    }

    /// Writes a batch in one transaction: no look-up, no sealing, no retry.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_bare(&self, batch: BareBatch) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        batch.0.insert(&mut tx, self.now()).await?;
        tx.commit().await
    }
}
