//! Drafts of replies: one for a case and department, sealed. Of two who write at once the later saving counts, and the
//! text before it is kept aside until the reply is submitted.

use super::super::db::{Row, Tx, args, to_json};
use super::super::{Store, StoreError};
use super::actor_of;
use crate::county::DepartmentCode;
use crate::ids::{CaseId, DraftId, SealedId};
use crate::records::{Actor, AsideDraft, ReplyDraft, SavedDraft};

/// So many drafts are kept aside for a case and department; the oldest goes first.
const ASIDE: i64 = 5;

impl Store {
    /// Saves what was typed over the draft that was read at version `seen` (0 for none); gives the new version. Where
    /// the draft is not what was read any more, or somebody else wrote it, it is kept aside first: nothing is lost. Once a
    /// reply was approved, or the case has ended, nothing is saved and the version is 0.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn save_draft(
        &self,
        case: CaseId,
        department: &DepartmentCode,
        seen: i64,
        draft: &ReplyDraft,
        actor: Actor,
    ) -> Result<i64, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let sql = "SELECT 1 FROM case_file WHERE id = $1
                   AND state IN ('assigned','returned','handling','waiting','in_review')";
        if tx.row(sql, args![case.0]).await?.is_none() {
            return Ok(0);
        }
        let sealed = self.seal_in(&mut tx, &to_json(draft)?).await?;
        // Whoever comes first writes the row; the other waits for it on both databases.
        let sql = "INSERT INTO reply_draft (case_id, department, version, saved_at, saved_by, sealed_id)
                   VALUES ($1,$2,1,$3,$4,$5) ON CONFLICT DO NOTHING";
        let values = args![case.0, department.as_str(), now, actor.code(), sealed.0];
        if tx.run(sql, values).await? == 1 {
            tx.commit().await?;
            return Ok(1);
        }
        let sql = "UPDATE reply_draft SET version = version + 1 WHERE case_id = $1 AND department = $2
                   RETURNING version, saved_at, saved_by, sealed_id";
        let row = tx.row(sql, args![case.0, department.as_str()]).await?;
        let before = row.ok_or(StoreError::NotFound("draft"))?;
        let version = before.int("version")?;
        if version - 1 == seen && before.text("saved_by")? == actor.code() {
            forget(&mut tx, before.int("sealed_id")?).await?;
        } else {
            self.put_aside(&mut tx, case, department, &before).await?;
        }
        let sql = "UPDATE reply_draft SET saved_at = $1, saved_by = $2, sealed_id = $3
                   WHERE case_id = $4 AND department = $5";
        tx.run(sql, args![now, actor.code(), sealed.0, case.0, department.as_str()]).await?;
        tx.commit().await?;
        Ok(version)
    }

    async fn put_aside(
        &self,
        tx: &mut Tx,
        case: CaseId,
        department: &DepartmentCode,
        draft: &Row,
    ) -> Result<(), StoreError> {
        let id: DraftId = self.ids().next(self.now());
        let sql = "INSERT INTO reply_draft_aside (id, case_id, department, saved_at, saved_by, sealed_id)
                   VALUES ($1,$2,$3,$4,$5,$6)";
        let values = args![
            id.0,
            case.0,
            department.as_str(),
            draft.int("saved_at")?,
            draft.text("saved_by")?,
            draft.int("sealed_id")?
        ];
        tx.run(sql, values).await?;
        let sql = "SELECT id, sealed_id FROM reply_draft_aside WHERE case_id = $1 AND department = $2
                   ORDER BY id DESC LIMIT 100";
        let rows = tx.rows(sql, args![case.0, department.as_str()]).await?;
        for old in rows.iter().skip(ASIDE as usize) {
            forget(tx, old.int("sealed_id")?).await?;
            tx.run("DELETE FROM reply_draft_aside WHERE id = $1", args![old.int("id")?]).await?;
        }
        Ok(())
    }

    /// The draft of a department's reply, and those kept aside, the newest first. For those who handle the case: it
    /// stands as it was typed.
    pub async fn draft(
        &self,
        case: CaseId,
        department: &DepartmentCode,
    ) -> Result<(Option<SavedDraft>, Vec<AsideDraft>), StoreError> {
        let of = || args![case.0, department.as_str()];
        let sql = "SELECT * FROM reply_draft WHERE case_id = $1 AND department = $2";
        let saved = match self.db().row(sql, of()).await? {
            Some(row) => self.open_draft(&row).await?.map(|draft| {
                Ok::<_, StoreError>(SavedDraft {
                    draft,
                    version: row.int("version")?,
                    saved_at: row.time("saved_at")?,
                    saved_by: actor_of(&row.text("saved_by")?)?,
                })
            }),
            None => None,
        };
        let sql =
            "SELECT * FROM reply_draft_aside WHERE case_id = $1 AND department = $2 ORDER BY id DESC LIMIT 5";
        let mut aside = Vec::new();
        for row in self.db().rows(sql, of()).await? {
            let Some(draft) = self.open_draft(&row).await? else { continue };
            aside.push(AsideDraft {
                id: DraftId(row.int("id")?),
                draft,
                saved_at: row.time("saved_at")?,
                saved_by: actor_of(&row.text("saved_by")?)?,
            });
        }
        Ok((saved.transpose()?, aside))
    }

    /// The draft of a row; none when somebody saved another in this moment and its seal is gone.
    async fn open_draft(&self, row: &Row) -> Result<Option<ReplyDraft>, StoreError> {
        match self.unseal(SealedId(row.int("sealed_id")?)).await {
            Ok(plain) => serde_json::from_value(plain).map(Some).map_err(|e| StoreError::Bad(e.to_string())),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Destroys the key of a sealed text, and the text.
async fn forget(tx: &mut Tx, sealed: i64) -> Result<(), StoreError> {
    tx.run("DELETE FROM sealed WHERE id = $1", args![sealed]).await.map(drop)
}

/// The draft and what was kept aside go when a reply is submitted, and again when it is approved.
pub(in crate::store) async fn drop_drafts(
    tx: &mut Tx,
    case: CaseId,
    department: &DepartmentCode,
) -> Result<(), StoreError> {
    drop_where(tx, "case_id = $1 AND department = $2", || args![case.0, department.as_str()]).await
}

/// No draft outlives its case.
pub(in crate::store) async fn drop_all_drafts(tx: &mut Tx, case: CaseId) -> Result<(), StoreError> {
    drop_where(tx, "case_id = $1", || args![case.0]).await
}

async fn drop_where(
    tx: &mut Tx,
    condition: &str,
    values: impl Fn() -> Vec<super::super::db::Arg>,
) -> Result<(), StoreError> {
    for table in ["reply_draft", "reply_draft_aside"] {
        let sql = format!("DELETE FROM {table} WHERE {condition} RETURNING sealed_id");
        for row in tx.rows(&sql, values()).await? {
            forget(tx, row.int("sealed_id")?).await?;
        }
    }
    Ok(())
}
