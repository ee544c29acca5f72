//! Opens files of cases. A file cannot be masked, so each opening is a look behind the mask: it is written to the log
//! before a byte is shown.

use serde_json::json;

use super::super::db::args;
use super::super::{Store, StoreError};
use super::{PIECE, about};
use crate::ids::{AttachmentId, SealedId};
use crate::records::{Actor, Attachment, OPEN_STATES, Subject, Viewer};
use crate::text::mask;
use crate::vault::{PieceKey, Sealed};

/// A file that was opened: its content is read piece by piece.
#[derive(Debug)]
pub struct OpenAttachment {
    pub attachment: Attachment,
    /// Its name as it was sent.
    pub name: String,
    key: PieceKey,
}

impl OpenAttachment {
    /// How many pieces it has.
    pub fn pieces(&self) -> i64 {
        (self.attachment.size.max(0) + PIECE as i64 - 1) / PIECE as i64
    }
}

impl Store {
    /// Opens a file of a case. Whoever works on an open case gives no reason: the case is one. Once it has ended a reason
    /// is asked for, which is kept sealed beside the log.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer does not see its case or it was removed; [`StoreError::Bad`] without a
    /// reason where one is needed.
    pub async fn open_attachment(
        &self,
        viewer: &Viewer,
        id: AttachmentId,
        reason: &str,
        actor: Actor,
    ) -> Result<OpenAttachment, StoreError> {
        let gone = || StoreError::NotFound("attachment");
        let attachment = self.attachment(viewer, id).await?.ok_or_else(gone)?;
        let reason = mask(reason.trim()).text;
        let mut tx = self.begin().await?;
        let sql =
            "SELECT c.state, s.wrapped_key, s.body FROM attachment a JOIN case_file c ON c.id = a.case_id
                   JOIN sealed s ON s.id = a.sealed_id WHERE a.id = $1 AND a.removed_at IS NULL";
        let row = tx.row(sql, args![id.0]).await?.ok_or_else(gone)?;
        let ended = !OPEN_STATES.contains(&row.text("state")?.as_str());
        if ended && reason.chars().count() < 2 {
            return Err(StoreError::Bad("a file of a case that has ended is opened for a reason".into()));
        }
        let sealed = Sealed { wrapped_key: row.bytes("wrapped_key")?, body: row.bytes("body")? };
        let original: serde_json::Value = serde_json::from_slice(&self.vault().open(&sealed)?)
            .map_err(|e| StoreError::Bad(format!("attachment {id}: {e}")))?;
        let key = self.vault().piece_key(&sealed)?;
        let mut detail = json!({ "attachment": id, "digest": &attachment.digest[..16] });
        if !reason.is_empty() {
            let digest = self.vault().digest("reason", reason.as_bytes());
            detail["reason_digest"] = json!(&digest[..16]);
        }
        let line =
            self.audit_in(&mut tx, actor, "attachment.open", Subject::Case(attachment.case), detail).await?;
        if !reason.is_empty() {
            // The words of the reason may name a person, so they are kept sealed beside the log, never in it.
            self.seal_as(&mut tx, SealedId(line.0), &json!({ "reason": reason }).to_string()).await?;
        }
        tx.commit().await?;
        let name = original["name"].as_str().unwrap_or_default().to_owned();
        Ok(OpenAttachment { attachment, name, key })
    }

    /// One piece of an opened file, by its place from 0.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it was removed in the meantime; the vault's when it was changed.
    pub async fn attachment_piece(&self, open: &OpenAttachment, place: i64) -> Result<Vec<u8>, StoreError> {
        let Attachment { id, size, .. } = open.attachment;
        let sql = "SELECT body FROM attachment_piece WHERE attachment_id = $1 AND place = $2";
        let row = self.db().row(sql, args![id.0, place]).await?;
        let body = row.ok_or(StoreError::NotFound("piece of an attachment"))?.bytes("body")?;
        Ok(open.key.open(&about(id, place, size), &body)?.to_vec())
    }
}
