//! What nobody need be told of any more: notices become read when the case or the report that they are about goes on.

use jiff::Timestamp;

use crate::ids::{CaseId, ItemId, ReportId};
use crate::records::{Case, NoticeKind, ReportState};
use crate::store::db::{Tx, args};
use crate::store::{Store, StoreError};

impl Store {
    /// Within the transaction that changes a case.
    pub(in crate::store) async fn settle_case(&self, tx: &mut Tx, case: &Case) -> Result<(), StoreError> {
        let CaseId(id) = case.id;
        self.settle(tx, ("case_id", id), |kind, at| kind.is_over(at, case)).await
    }

    /// Within the transaction that moves a report.
    pub(in crate::store) async fn settle_report(
        &self,
        tx: &mut Tx,
        id: ReportId,
        state: ReportState,
    ) -> Result<(), StoreError> {
        self.settle(tx, ("report_id", id.0), |kind, _| kind.is_over_for_report(state)).await
    }

    /// Within the transaction that notes that a mirrored case is finished.
    pub(in crate::store) async fn settle_mirrored(
        &self,
        tx: &mut Tx,
        item: ItemId,
    ) -> Result<(), StoreError> {
        self.settle(tx, ("mirrored_id", item.0), |_, _| true).await
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        (column, id): (&'static str, i64),
        is_over: impl Fn(NoticeKind, Timestamp) -> bool,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT e.id, e.kind, e.at FROM notice_event e WHERE e.{column} = $1
             AND EXISTS (SELECT 1 FROM notice n WHERE n.event_id = e.id AND n.read_at IS NULL)"
        );
        for row in tx.rows(&sql, args![id]).await? {
            if is_over(row.code("kind")?, row.time("at")?) {
                let sql = "UPDATE notice SET read_at = $1 WHERE event_id = $2 AND read_at IS NULL";
                tx.run(sql, args![self.now(), row.int("id")?]).await?;
            }
        }
        Ok(())
    }
}
