//! Files of cases: listed for all who see the case, added and removed with a line of its timeline and of the log in one
//! transaction. The content lies beside, sealed in pieces; the file beside this one opens it.

mod opening;

use jiff::Timestamp;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::db::{Row, Tx, args, to_json};
use super::{Store, StoreError, visibility};
use crate::county::DepartmentCode;
use crate::ids::{AttachmentId, CaseId, ReplyId, SealedId, TimelineId};
use crate::records::{
    Actor, Attachment, FileKind, OPEN_STATES, Reply, ReplyReview, Subject, TimelineEntry, Viewer, size_text,
};
use crate::text::mask;
use crate::vault::PieceKey;

pub use opening::OpenAttachment;

/// Bytes of a piece before it is sealed: so much of an attachment is in memory at once.
const PIECE: usize = 1 << 20;

/// A file that is to be added to a case. Its content is given beside it.
#[derive(Debug, Clone)]
pub struct NewAttachment {
    pub case: CaseId,
    pub kind: FileKind,
    /// As it was sent, cleaned of what no name may hold.
    pub name: String,
    /// As it was typed; may be empty.
    pub note: String,
    /// Bytes of the content.
    pub size: i64,
    /// Of whoever adds it.
    pub department: Option<DepartmentCode>,
    /// It goes with the department's next reply.
    pub with_reply: bool,
}

impl Store {
    /// The files of a case, the oldest first, with what was removed; at most 500. For those who see the case.
    pub async fn attachments(&self, viewer: &Viewer, case: CaseId) -> Result<Vec<Attachment>, StoreError> {
        let mut values = args![case.0];
        let seen = visibility::cases(viewer, &mut values);
        let sql = format!(
            "SELECT a.* FROM attachment a JOIN case_file c ON c.id = a.case_id WHERE a.case_id = $1 AND {seen}
             ORDER BY a.id LIMIT 500"
        );
        self.db().rows(&sql, values).await?.iter().map(attachment_of).collect()
    }

    /// A file of a case that the viewer sees, also one that was removed.
    pub async fn attachment(
        &self,
        viewer: &Viewer,
        id: AttachmentId,
    ) -> Result<Option<Attachment>, StoreError> {
        let mut values = args![id.0];
        let seen = visibility::cases(viewer, &mut values);
        let sql = format!(
            "SELECT a.* FROM attachment a JOIN case_file c ON c.id = a.case_id WHERE a.id = $1 AND {seen}"
        );
        self.db().row(&sql, values).await?.as_ref().map(attachment_of).transpose()
    }

    /// Adds a file to an open case that the viewer sees: seals name and content under a key of its own. Whoever calls has
    /// checked the content.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer does not see the case; [`StoreError::Bad`] when it has ended, has `most`
    /// files already, or the content has another size; [`StoreError::Taken`] when it has the same content.
    pub async fn add_attachment(
        &self,
        viewer: &Viewer,
        new: NewAttachment,
        content: &mut (impl AsyncRead + Unpin + Send),
        most: i64,
        actor: Actor,
    ) -> Result<Attachment, StoreError> {
        let now = self.now();
        let mut attachment = Attachment {
            id: self.ids().next(now),
            case: new.case,
            reply: None,
            department: new.department,
            with_reply: new.with_reply,
            kind: new.kind,
            size: new.size,
            name: mask(&new.name).text,
            note: mask(new.note.trim()).text,
            digest: String::new(),
            added_at: now,
            added_by: actor,
            removed: None,
        };
        let mut tx = self.begin().await?;
        self.wrap_in(&mut tx).await?;
        let sealed_id: SealedId = self.ids().next(now);
        let original = json!({ "name": new.name, "note": new.note }).to_string();
        let (sealed, key) = self.vault().seal_with_pieces(original.as_bytes())?;
        let row = args![sealed_id.0, sealed.wrapped_key, sealed.body];
        tx.insert("sealed", &["id", "wrapped_key", "body"], vec![row], "").await?;
        attachment.digest = self.seal_pieces(&mut tx, &attachment, &key, content).await?;
        // The case is locked last: while the pieces went in, others could act on it.
        let state = open_case(&mut tx, viewer, new.case).await?;
        admit(&mut tx, &attachment, most).await?;
        insert(&mut tx, &attachment, sealed_id).await?;
        self.tell_of_file(&mut tx, &attachment, "attach", state, "", actor).await?;
        let detail = json!({
            "attachment": attachment.id, "kind": attachment.kind.code(), "size": attachment.size,
            "digest": &attachment.digest[..16], "with_reply": attachment.with_reply
        });
        self.audit_in(&mut tx, actor, "attachment.add", Subject::Case(new.case), detail).await?;
        tx.commit().await?;
        Ok(attachment)
    }

    /// Writes the pieces; the keyed digest of the content.
    async fn seal_pieces(
        &self,
        tx: &mut Tx,
        attachment: &Attachment,
        key: &PieceKey,
        content: &mut (impl AsyncRead + Unpin + Send),
    ) -> Result<String, StoreError> {
        let unread = |e: std::io::Error| StoreError::Bad(format!("the file cannot be read: {e}"));
        let mut digest = self.vault().digester("attachment");
        let (mut left, mut place) = (attachment.size, 0i64);
        let mut piece = Vec::with_capacity(PIECE);
        loop {
            piece.clear();
            (&mut *content).take(PIECE as u64).read_to_end(&mut piece).await.map_err(unread)?;
            if piece.is_empty() {
                break;
            }
            left -= piece.len() as i64;
            digest.update(&piece);
            let body = key.seal(&about(attachment.id, place, attachment.size), &piece)?;
            let sql = "INSERT INTO attachment_piece (attachment_id, place, body) VALUES ($1,$2,$3)";
            tx.run(sql, args![attachment.id.0, place, body]).await?;
            place += 1;
        }
        if left != 0 {
            return Err(StoreError::Bad("the file has another size than was said".into()));
        }
        Ok(digest.finish())
    }

    /// Removes a file for good: its key, its name and its content are destroyed, a line of the timeline stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer does not see it, [`StoreError::Conflict`] when somebody was first.
    pub async fn remove_attachment(
        &self,
        viewer: &Viewer,
        id: AttachmentId,
        reason: &str,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let attachment = self.attachment(viewer, id).await?.ok_or(StoreError::NotFound("attachment"))?;
        let (now, reason) = (self.now(), mask(reason.trim()).text);
        let mut tx = self.begin().await?;
        let sql = "UPDATE attachment SET name = '', note = '', removed_at = $1, removed_by = $2, removed_because = $3
                   WHERE id = $4 AND removed_at IS NULL RETURNING sealed_id";
        let Some(row) = tx.row(sql, args![now, actor.code(), &reason, id.0]).await? else {
            drop(tx);
            let gone = self.attachment(viewer, id).await?.and_then(|attachment| attachment.removed);
            let (at, by, _) = gone.ok_or(StoreError::NotFound("attachment"))?;
            return Err(self.conflict(&by.code(), at).await?);
        };
        self.list_erasure(&[], &[id])?;
        tx.run("DELETE FROM sealed WHERE id = $1", args![row.int("sealed_id")?]).await?;
        tx.run("DELETE FROM attachment_piece WHERE attachment_id = $1", args![id.0]).await?;
        let sql = "SELECT state FROM case_file WHERE id = $1";
        let case = tx.row(sql, args![attachment.case.0]).await?.ok_or(StoreError::NotFound("case"))?;
        self.tell_of_file(&mut tx, &attachment, "detach", case.text("state")?, &reason, actor).await?;
        let detail = json!({ "attachment": id, "digest": &attachment.digest[..16] });
        self.audit_in(&mut tx, actor, "attachment.remove", Subject::Case(attachment.case), detail).await?;
        tx.commit().await
    }

    /// A line of the case's timeline. It says no name: what was removed shall be gone.
    async fn tell_of_file(
        &self,
        tx: &mut Tx,
        attachment: &Attachment,
        action: &str,
        state: String,
        reason: &str,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let what = format!("{}，{}", attachment.kind.label(), size_text(attachment.size));
        let at = self.now();
        let line = TimelineEntry {
            id: self.ids().next::<TimelineId>(at),
            case: attachment.case,
            at,
            actor,
            action: action.into(),
            state,
            note: if reason.is_empty() { what } else { format!("{what}：{reason}") },
        };
        let sql = "INSERT INTO timeline (id, case_id, body) VALUES ($1,$2,$3)";
        tx.run(sql, args![line.id.0, line.case.0, to_json(&line)?]).await.map(drop)
    }
}

/// What a piece is authenticated with: whose it is, its place, and how much belongs together.
fn about(id: AttachmentId, place: i64, size: i64) -> Vec<u8> {
    [&b"attachment"[..], &id.0.to_be_bytes(), &place.to_be_bytes(), &size.to_be_bytes()].concat()
}

/// The state of a case that is open and that the viewer sees. On PostgreSQL its row is locked, so that those who add count
/// one after the other; SQLite has one writer.
async fn open_case(tx: &mut Tx, viewer: &Viewer, case: CaseId) -> Result<String, StoreError> {
    let lock = if tx.is_sqlite() { "" } else { "FOR UPDATE" };
    let mut values = args![case.0];
    let seen = visibility::cases(viewer, &mut values);
    let sql = format!("SELECT c.state FROM case_file c WHERE c.id = $1 AND {seen} {lock}");
    let state = tx.row(&sql, values).await?.ok_or(StoreError::NotFound("case"))?.text("state")?;
    match OPEN_STATES.contains(&state.as_str()) {
        true => Ok(state),
        false => Err(StoreError::Bad("files are added to open cases only".into())),
    }
}

async fn admit(tx: &mut Tx, attachment: &Attachment, most: i64) -> Result<(), StoreError> {
    let sql = "SELECT digest FROM attachment WHERE case_id = $1 AND removed_at IS NULL LIMIT 10000";
    let rows = tx.rows(sql, args![attachment.case.0]).await?;
    if rows.len() as i64 >= most {
        return Err(StoreError::Bad(format!("a case has at most {most} files")));
    }
    for row in rows {
        if row.text("digest")? == attachment.digest {
            return Err(StoreError::Taken { what: "file", value: attachment.name.clone() });
        }
    }
    Ok(())
}

async fn insert(tx: &mut Tx, attachment: &Attachment, sealed: SealedId) -> Result<(), StoreError> {
    let columns = [
        "id",
        "case_id",
        "department",
        "with_reply",
        "kind",
        "size",
        "name",
        "note",
        "digest",
        "sealed_id",
        "added_at",
        "added_by",
    ];
    let row = args![
        attachment.id.0,
        attachment.case.0,
        attachment.department.as_ref().map(DepartmentCode::as_str),
        attachment.with_reply,
        attachment.kind.code(),
        attachment.size,
        &attachment.name,
        &attachment.note,
        &attachment.digest,
        sealed.0,
        attachment.added_at,
        attachment.added_by.code()
    ];
    tx.insert("attachment", &columns, vec![row], "").await.map(drop)
}

/// The department's files that wait for its reply go with the one that it just submitted; so do those of its replies that
/// the reviewer sent back.
pub(super) async fn go_with_reply(tx: &mut Tx, reply: &Reply) -> Result<(), StoreError> {
    let sql = "SELECT id, reply_id FROM attachment
               WHERE case_id = $1 AND department = $2 AND with_reply AND removed_at IS NULL LIMIT 10000";
    let waiting = tx.rows(sql, args![reply.case.0, reply.department.as_str()]).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let sql = "SELECT body FROM reply WHERE case_id = $1 LIMIT 1000";
    let mut approved = Vec::new();
    for row in tx.rows(sql, args![reply.case.0]).await? {
        let earlier: Reply = row.json("body")?;
        if matches!(earlier.review, ReplyReview::Approved { .. }) {
            approved.push(earlier.id.0);
        }
    }
    for row in waiting {
        if row.opt_int("reply_id")?.is_none_or(|earlier| !approved.contains(&earlier)) {
            let sql = "UPDATE attachment SET reply_id = $1 WHERE id = $2";
            tx.run(sql, args![reply.id.0, row.int("id")?]).await?;
        }
    }
    Ok(())
}

fn actor_of(code: &str) -> Result<Actor, StoreError> {
    Actor::from_code(code).map_err(|e| StoreError::Bad(e.to_string()))
}

fn attachment_of(row: &Row) -> Result<Attachment, StoreError> {
    let removed: Option<Timestamp> = row.opt_time("removed_at")?;
    let removed = match removed {
        Some(at) => {
            let because = row.opt_text("removed_because")?.unwrap_or_default();
            Some((at, actor_of(&row.text("removed_by")?)?, because))
        }
        None => None,
    };
    Ok(Attachment {
        id: AttachmentId(row.int("id")?),
        case: CaseId(row.int("case_id")?),
        reply: row.opt_int("reply_id")?.map(ReplyId),
        department: row.opt_text("department")?.map(DepartmentCode::from),
        with_reply: row.flag("with_reply")?,
        kind: row.code("kind")?,
        size: row.int("size")?,
        name: row.text("name")?,
        note: row.text("note")?,
        digest: row.text("digest")?,
        added_at: row.time("added_at")?,
        added_by: actor_of(&row.text("added_by")?)?,
        removed,
    })
}
