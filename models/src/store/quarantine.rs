//! Rows that could not be read.

use super::db::{Row, args};
use super::{Store, StoreError};
use crate::ids::{QuarantineId, SealedId, SourceId};
use crate::records::QuarantinedRow;

impl Store {
    /// Quarantined rows, newest first, of one source or of all.
    pub async fn quarantine(
        &self,
        source: Option<SourceId>,
        limit: i64,
    ) -> Result<Vec<QuarantinedRow>, StoreError> {
        let limit = limit.clamp(1, 200);
        let rows = match source {
            Some(id) => {
                let sql = "SELECT * FROM quarantine WHERE source_id = $1 ORDER BY id DESC LIMIT $2";
                self.db().rows(sql, args![id.0, limit]).await?
            }
            None => {
                self.db().rows("SELECT * FROM quarantine ORDER BY id DESC LIMIT $1", args![limit]).await?
            }
        };
        rows.iter().map(row_of).collect()
    }

    /// How many rows are in quarantine.
    pub async fn count_quarantine(&self, source: Option<SourceId>) -> Result<i64, StoreError> {
        match source {
            Some(id) => {
                self.db().number("SELECT count(*) FROM quarantine WHERE source_id = $1", args![id.0]).await
            }
            None => self.db().number("SELECT count(*) FROM quarantine", vec![]).await,
        }
    }
}

fn row_of(row: &Row) -> Result<QuarantinedRow, StoreError> {
    Ok(QuarantinedRow {
        id: QuarantineId(row.int("id")?),
        source: SourceId(row.int("source_id")?),
        at: row.time("at")?,
        place: row.json("place")?,
        reason: row.text("reason")?,
        sealed: SealedId(row.int("sealed_id")?),
    })
}
