//! Rows that are written and read without any of the work around them, to measure what the database alone takes.

use super::arrival::Arrival;
use super::db::args;
use super::intake::Keyed;
use super::item_rows::ItemRows;
use super::{Store, StoreError};
use crate::ids::{AuditId, ItemId};
use crate::records::Source;

/// Items read, masked and sealed beforehand.
pub struct BareBatch(ItemRows);

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub items: i64,
    pub cases: i64,
}

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

    /// How many items and cases there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn totals(&self) -> Result<Totals, StoreError> {
        let db = self.db();
        Ok(Totals {
            items: db.number("SELECT count(*) FROM item", vec![]).await?,
            cases: db.number("SELECT count(*) FROM case_file", vec![]).await?,
        })
    }

    /// Bytes that the database takes, indexes included.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bytes_held(&self) -> Result<i64, StoreError> {
        let db = self.db();
        let sql = if db.is_sqlite() {
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        } else {
            "SELECT pg_database_size(current_database())"
        };
        db.number(sql, vec![]).await
    }

    /// Appends lines to the audit log, many in one transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_bare_audit(&self, lines: i64) -> Result<(), StoreError> {
        const COLUMNS: &[&str] = &["id", "at", "actor", "action", "subject_kind", "subject_id", "detail"];
        let now = self.now();
        let row = |n: i64| {
            let id: AuditId = self.ids().next(now);
            let detail = format!("{{\"item\":\"{n}\",\"version\":1}}");
            args![id.0, now, "system", "item.judge", "item", n, detail]
        };
        let mut tx = self.begin().await?;
        tx.insert("audit", COLUMNS, (0..lines).map(row).collect(), "").await?;
        tx.commit().await
    }

    /// Reads the whole chain of the audit log and does nothing with it; how many lines there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read_bare_audit(&self) -> Result<i64, StoreError> {
        let mut last = 0;
        loop {
            let sql = "SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT 5000";
            let rows = self.db().rows(sql, args![last]).await?;
            match rows.last() {
                Some(row) => last = row.int("seq")?,
                None => return Ok(last),
            }
        }
    }
}
