//! The destroying of keys: by rule, because somebody asked for it, and once more after a restore.

use serde_json::json;

use super::{Erasure, listed};
use crate::ids::{AttachmentId, CaseId, ItemId, SealedId};
use crate::records::{Actor, Subject, Viewer};
use crate::store::db::{Tx, args};
use crate::store::{Store, StoreError};
use crate::text::mask;

/// Ids in one statement.
const AT_ONCE: usize = 400;
/// What stands at a file that went by rule.
const EXPIRED: &str = "保存期满";

impl Store {
    /// Erases the originals of items, of all their versions and appearances; how many items it were.
    pub(super) async fn erase_items(&self, items: &[i64], actor: Actor) -> Result<i64, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let sealed = sealed_of(&mut tx, items).await?;
        self.list_erasure(&sealed, &[])?;
        destroy(&mut tx, &sealed).await?;
        let (marks, mut values) = listed(items);
        values.extend(args![now]);
        let at = values.len();
        let sql = format!("UPDATE item SET erased_at = ${at} WHERE id IN ({marks}) AND erased_at IS NULL");
        let erased = tx.run(&sql, values).await?;
        if actor != Actor::System {
            for item in items {
                let (subject, detail) = (Subject::Item(ItemId(*item)), json!({}));
                self.audit_in(&mut tx, actor, "item.erase", subject, detail).await?;
            }
        }
        tx.commit().await?;
        Ok(i64::try_from(erased).unwrap_or(i64::MAX))
    }

    /// Erases what is sealed under these ids.
    pub(super) async fn erase_sealed(&self, sealed: &[i64]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        self.list_erasure(sealed, &[])?;
        destroy(&mut tx, sealed).await?;
        tx.commit().await
    }

    /// Removes a file whose time is over.
    pub(super) async fn expire_attachment(&self, id: AttachmentId) -> Result<(), StoreError> {
        match self.remove_attachment(&Viewer::SYSTEM, id, EXPIRED, Actor::System).await {
            // Somebody was faster.
            Err(StoreError::Conflict { .. }) => Ok(()),
            other => other,
        }
    }

    /// Erases, because it was asked for, what is sealed of an item, or of all items of a case, of its answers and its files; the
    /// items. The reason goes into the log masked.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Bad`] without a reason.
    pub async fn erase_matter(
        &self,
        of: ErasureOf,
        reason: &str,
        actor: Actor,
    ) -> Result<Vec<ItemId>, StoreError> {
        let reason = mask(reason.trim()).text;
        if reason.chars().count() < 2 {
            return Err(StoreError::Bad("an erasure needs a reason of two characters or more".into()));
        }
        let items = match of {
            ErasureOf::Item(id) => {
                self.item(&Viewer::SYSTEM, id).await?.ok_or(StoreError::NotFound("item"))?;
                vec![id]
            }
            ErasureOf::Case(id) => {
                let items = self.case_items(&Viewer::SYSTEM, id).await?;
                if items.is_empty() {
                    return Err(StoreError::NotFound("case"));
                }
                let rows =
                    self.db().rows("SELECT sealed_id FROM reply WHERE case_id = $1", args![id.0]).await?;
                self.erase_sealed(&super::column(&rows, "sealed_id")?).await?;
                let sql = "SELECT id FROM attachment WHERE case_id = $1 AND removed_at IS NULL ORDER BY id";
                for row in self.db().rows(sql, args![id.0]).await? {
                    let file = AttachmentId(row.int("id")?);
                    match self.remove_attachment(&Viewer::SYSTEM, file, &reason, actor).await {
                        // Somebody was faster.
                        Ok(()) | Err(StoreError::Conflict { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
                items.into_iter().map(|item| item.id).collect()
            }
        };
        let subject = match of {
            ErasureOf::Item(id) => Subject::Item(id),
            ErasureOf::Case(id) => Subject::Case(id),
        };
        self.audit(actor, "retention.erase", subject, json!({ "items": items.len(), "reason": reason }))
            .await?;
        for some in items.chunks(AT_ONCE) {
            let ids: Vec<i64> = some.iter().map(|item| item.0).collect();
            self.erase_items(&ids, actor).await?;
        }
        Ok(items)
    }

    /// Erases once more what a list says was erased, and what a backup brought back; how many originals and files there
    /// still were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn erase_again(&self, erasures: &[Erasure]) -> Result<u64, StoreError> {
        let mut again = 0;
        let sealed: Vec<i64> = erasures.iter().flat_map(|one| &one.sealed).map(|id| id.0).collect();
        for some in sealed.chunks(AT_ONCE) {
            let mut tx = self.begin().await?;
            again += destroy(&mut tx, some).await?;
            let (marks, mut values) = listed(some);
            values.extend(args![self.now()]);
            let at = values.len();
            let sql = format!(
                "UPDATE item SET erased_at = ${at} WHERE sealed_id IN ({marks}) AND erased_at IS NULL"
            );
            tx.run(&sql, values).await?;
            tx.commit().await?;
        }
        for id in erasures.iter().flat_map(|one| &one.attachments) {
            match self.remove_attachment(&Viewer::SYSTEM, *id, EXPIRED, Actor::Console).await {
                Ok(()) => again += 1,
                // Gone already, or added since the backup.
                Err(StoreError::Conflict { .. } | StoreError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if again > 0 {
            let detail = json!({ "again": again });
            self.audit(Actor::Console, "retention.erase_again", Subject::System, detail).await?;
        }
        Ok(again)
    }

    /// Writes down what is about to be erased, outside of the database, before it is.
    ///
    /// # Errors
    /// When the list cannot be written; nothing is to be erased then.
    pub(in crate::store) fn list_erasure(
        &self,
        sealed: &[i64],
        attachments: &[AttachmentId],
    ) -> Result<(), StoreError> {
        let Some(list) = self.erasures() else { return Ok(()) };
        if sealed.is_empty() && attachments.is_empty() {
            return Ok(());
        }
        list.add(&Erasure {
            at: self.now(),
            sealed: sealed.iter().map(|id| SealedId(*id)).collect(),
            attachments: attachments.to_vec(),
        })
    }
}

/// What is erased because somebody asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureOf {
    Item(ItemId),
    Case(CaseId),
}

/// What is sealed of items: the present content, earlier ones, and that of other places where they appeared.
async fn sealed_of(tx: &mut Tx, items: &[i64]) -> Result<Vec<i64>, StoreError> {
    let (marks, values) = listed(items);
    let sql = format!(
        "SELECT sealed_id FROM item WHERE id IN ({marks}) UNION SELECT sealed_id FROM item_version WHERE item_id IN ({marks})
         UNION SELECT sealed_id FROM appearance WHERE item_id IN ({marks})"
    );
    super::column(&tx.rows(&sql, values).await?, "sealed_id")
}

/// Destroys keys and contents; how many there still were.
async fn destroy(tx: &mut Tx, sealed: &[i64]) -> Result<u64, StoreError> {
    let mut gone = 0;
    for some in sealed.chunks(AT_ONCE) {
        let (marks, mut values) = listed(some);
        values.extend(args![Vec::<u8>::new()]);
        let empty = values.len();
        let sql = format!(
            "UPDATE sealed SET wrapped_key = ${empty}, body = ${empty} WHERE id IN ({marks}) AND length(wrapped_key) > 0"
        );
        gone += tx.run(&sql, values).await?;
    }
    Ok(gone)
}
