//! Answers on their way back to the sender: put here when they are approved, sent in batches, each once until the sender
//! rejects it.

use serde_json::json;

use super::db::{Row, Tx, args, to_json};
use super::visibility;
use super::{Store, StoreError};
use crate::ids::{BackfillBatchId, CaseId, ItemId, SourceId};
use crate::records::{
    Actor, AnswerKey, BackfillBatch, BackfillColumn, BackfillColumns, BackfillCounts, BackfillLine,
    BackfillReceipt, BackfillState, Mode, Reply, ReplyReview, Subject, Viewer,
};
use crate::text::mask;

/// The most answers of one batch.
pub const BATCH_ANSWERS: i64 = 2_000;

const LINE: &str = "SELECT b.state, b.batch_id, b.reason, b.at, b.sent, r.body, b.item_id, c.id AS case_id, c.number, i.external_id, i.title
    FROM backfill b JOIN reply r ON r.id = b.reply_id JOIN case_file c ON c.id = b.case_id JOIN item i ON i.id = b.item_id";

impl Store {
    /// Puts an approved answer among those that wait, once for each item that its case answers, but for items that came
    /// without a number of the sender's, whose source is only watched, or by a channel that takes no answers, as news.
    pub(super) async fn queue_backfill(
        &self,
        tx: &mut Tx,
        case: CaseId,
        reply: &Reply,
    ) -> Result<(), StoreError> {
        if !matches!(reply.review, ReplyReview::Approved { .. }) {
            return Ok(());
        }
        let sql = "INSERT INTO backfill (reply_id, item_id, case_id, source_id, state, at, sent)
                   SELECT $1, i.id, k.case_id, i.source_id, 'waiting', $2, 0 FROM case_item k JOIN item i ON i.id = k.item_id
                   JOIN source s ON s.id = i.source_id
                   WHERE k.case_id = $3 AND s.mode = $4 AND i.external_id NOT LIKE 'sha:%'
                   AND i.channel IN ('hotline','complaint','petition') ON CONFLICT (reply_id, item_id) DO NOTHING";
        tx.run(sql, args![reply.id.0, self.now(), case.0, Mode::Handle.code()]).await?;
        Ok(())
    }

    /// For each source that has answers: how many stand where.
    pub async fn backfill_counts(
        &self,
        viewer: &Viewer,
    ) -> Result<Vec<(SourceId, BackfillCounts)>, StoreError> {
        let mut values = Vec::new();
        let seen = visibility::cases(viewer, &mut values);
        let sql = format!(
            "SELECT b.source_id, b.state, count(*) AS n FROM backfill b JOIN case_file c ON c.id = b.case_id
             WHERE {seen} GROUP BY b.source_id, b.state ORDER BY b.source_id"
        );
        let mut found: Vec<(SourceId, BackfillCounts)> = Vec::new();
        for row in self.db().rows(&sql, values).await? {
            let source = SourceId(row.int("source_id")?);
            if found.last().is_none_or(|(last, _)| *last != source) {
                found.push((source, BackfillCounts::default()));
            }
            let Some((_, counts)) = found.last_mut() else { continue };
            let n = row.int("n")?;
            match row.code("state")? {
                BackfillState::Waiting => counts.waiting = n,
                BackfillState::Sent => counts.sent = n,
                BackfillState::Accepted => counts.accepted = n,
                BackfillState::Rejected => counts.rejected = n,
            }
        }
        Ok(found)
    }

    /// Answers of a source in a state, the earliest first; at most `limit`.
    pub async fn backfill_lines(
        &self,
        viewer: &Viewer,
        source: SourceId,
        state: BackfillState,
        limit: i64,
    ) -> Result<Vec<BackfillLine>, StoreError> {
        let mut values = args![source.0, state.code(), limit.clamp(1, BATCH_ANSWERS)];
        let seen = visibility::cases(viewer, &mut values);
        let sql = format!(
            "{LINE} WHERE b.source_id = $1 AND b.state = $2 AND {seen} ORDER BY b.reply_id, b.item_id LIMIT $3"
        );
        self.db().rows(&sql, values).await?.iter().map(line_of).collect()
    }

    /// Takes the answers of a source that wait into a new batch, at most [`BATCH_ANSWERS`]; `None` when none waits. An
    /// answer is in one batch, however many people do this at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn make_backfill_batch(
        &self,
        viewer: &Viewer,
        source: SourceId,
        actor: Actor,
    ) -> Result<Option<BackfillBatch>, StoreError> {
        let now = self.now();
        let id: BackfillBatchId = self.ids().next(now);
        let mut tx = self.begin().await?;
        let mut values = args![id.0, now, source.0, BATCH_ANSWERS];
        let seen = visibility::cases(viewer, &mut values);
        let lock = if tx.is_sqlite() { "" } else { "FOR UPDATE OF w" };
        let sql = format!(
            "UPDATE backfill SET state = 'sent', batch_id = $1, at = $2, sent = sent + 1 WHERE state = 'waiting' AND (reply_id, item_id) IN (
             SELECT w.reply_id, w.item_id FROM backfill w JOIN case_file c ON c.id = w.case_id
             WHERE w.source_id = $3 AND w.state = 'waiting' AND {seen} ORDER BY w.reply_id, w.item_id LIMIT $4 {lock})"
        );
        let answers = i64::try_from(tx.run(&sql, values).await?).unwrap_or(i64::MAX);
        if answers == 0 {
            return Ok(None);
        }
        let sql =
            "INSERT INTO backfill_batch (id, source_id, made_at, made_by, answers) VALUES ($1,$2,$3,$4,$5)";
        tx.run(sql, args![id.0, source.0, now, actor.code(), answers]).await?;
        let detail = json!({ "batch": id.to_string(), "answers": answers });
        self.audit_in(&mut tx, actor, "backfill.send", Subject::Source(source), detail).await?;
        tx.commit().await?;
        Ok(Some(BackfillBatch { id, source, made_at: now, made_by: actor, answers }))
    }

    /// The batches of a source, the newest first, each with how many of its answers the viewer sees; none of which that
    /// is nothing.
    pub async fn backfill_batches(
        &self,
        viewer: &Viewer,
        source: SourceId,
    ) -> Result<Vec<BackfillBatch>, StoreError> {
        let mut values = args![source.0];
        let seen = visibility::cases(viewer, &mut values);
        let sql = format!(
            "SELECT k.id, k.source_id, k.made_at, k.made_by, count(*) AS answers FROM backfill_batch k
             JOIN backfill b ON b.batch_id = k.id JOIN case_file c ON c.id = b.case_id
             WHERE k.source_id = $1 AND {seen} GROUP BY k.id, k.source_id, k.made_at, k.made_by ORDER BY k.id DESC LIMIT 100"
        );
        self.db().rows(&sql, values).await?.iter().map(batch_of).collect()
    }

    /// A batch with its answers, as far as the viewer sees them.
    pub async fn backfill_batch(
        &self,
        viewer: &Viewer,
        id: BackfillBatchId,
    ) -> Result<Option<(BackfillBatch, Vec<BackfillLine>)>, StoreError> {
        let row = self.db().row("SELECT * FROM backfill_batch WHERE id = $1", args![id.0]).await?;
        let Some(batch) = row.as_ref().map(batch_of).transpose()? else { return Ok(None) };
        let mut values = args![id.0];
        let seen = visibility::cases(viewer, &mut values);
        let sql = format!("{LINE} WHERE b.batch_id = $1 AND {seen} ORDER BY b.reply_id, b.item_id");
        let lines = self.db().rows(&sql, values).await?.iter().map(line_of).collect::<Result<_, _>>()?;
        Ok(Some((batch, lines)))
    }

    /// A batch and its answers as they were written, for the sheet that goes to the sender: opening them is logged first.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer sees none of its answers, or when one was erased.
    pub async fn open_backfill(
        &self,
        viewer: &Viewer,
        id: BackfillBatchId,
        actor: Actor,
    ) -> Result<(BackfillBatch, Vec<(BackfillLine, String)>), StoreError> {
        let found = self.backfill_batch(viewer, id).await?.filter(|(_, lines)| !lines.is_empty());
        let (batch, lines) = found.ok_or(StoreError::NotFound("batch"))?;
        let mut tx = self.begin().await?;
        let replies: Vec<String> = lines.iter().map(|line| line.reply.id.to_string()).collect();
        let detail = json!({ "batch": id.to_string(), "replies": replies });
        self.audit_in(&mut tx, actor, "backfill.open", Subject::Source(batch.source), detail).await?;
        let mut opened = Vec::with_capacity(lines.len());
        for line in lines {
            let original = self.unseal_in(&mut tx, line.reply.sealed).await?;
            let text = original.get("text").and_then(|text| text.as_str());
            let text = text.ok_or_else(|| StoreError::Bad("a reply without a text".into()))?.to_owned();
            opened.push((line, text));
        }
        tx.commit().await?;
        Ok((batch, opened))
    }

    /// Notes what the sender said of answers that were sent in a batch; how many it changed. What was settled before
    /// stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Bad`] when a reason for a rejection is missing.
    pub async fn settle_backfill(
        &self,
        viewer: &Viewer,
        id: BackfillBatchId,
        receipts: &[BackfillReceipt],
        actor: Actor,
    ) -> Result<usize, StoreError> {
        let (batch, lines) = self.backfill_batch(viewer, id).await?.ok_or(StoreError::NotFound("batch"))?;
        let now = self.now();
        let mut tx = self.begin().await?;
        let (mut accepted, mut rejected) = (0, 0);
        for receipt in receipts.iter().filter(|r| lines.iter().any(|line| line.key() == r.answer)) {
            let reason = receipt.rejected.as_ref().map(|reason| mask(reason.trim()).text);
            if reason.as_ref().is_some_and(String::is_empty) {
                return Err(StoreError::Bad("a rejected answer needs the sender's reason".into()));
            }
            let state = if reason.is_some() { BackfillState::Rejected } else { BackfillState::Accepted };
            let sql =
                "UPDATE backfill SET state = $1, reason = $2, at = $3 WHERE reply_id = $4 AND item_id = $5
                       AND batch_id = $6 AND state = 'sent'";
            let AnswerKey { reply, item } = receipt.answer;
            let values = args![state.code(), reason, now, reply.0, item.0, id.0];
            let touched = tx.run(sql, values).await?;
            match state {
                BackfillState::Rejected => rejected += touched,
                _ => accepted += touched,
            }
        }
        if accepted + rejected > 0 {
            let detail = json!({ "batch": id.to_string(), "accepted": accepted, "rejected": rejected });
            self.audit_in(&mut tx, actor, "backfill.receipt", Subject::Source(batch.source), detail).await?;
        }
        tx.commit().await?;
        Ok((accepted + rejected) as usize)
    }

    /// Puts an answer that the sender rejected among those that wait once more; `false` when it is not rejected.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer sees no such answer.
    pub async fn requeue_backfill(
        &self,
        viewer: &Viewer,
        answer: AnswerKey,
        actor: Actor,
    ) -> Result<bool, StoreError> {
        let mut values = args![answer.reply.0, answer.item.0];
        let seen = visibility::cases(viewer, &mut values);
        let sql = format!(
            "SELECT b.case_id FROM backfill b JOIN case_file c ON c.id = b.case_id WHERE b.reply_id = $1 AND b.item_id = $2 AND {seen}"
        );
        let row = self.db().row(&sql, values).await?.ok_or(StoreError::NotFound("answer"))?;
        let case = CaseId(row.int("case_id")?);
        let mut tx = self.begin().await?;
        let sql = "UPDATE backfill SET state = 'waiting', batch_id = NULL, at = $1 WHERE reply_id = $2
                   AND item_id = $3 AND state = 'rejected'";
        let touched = tx.run(sql, args![self.now(), answer.reply.0, answer.item.0]).await?;
        if touched > 0 {
            let detail = json!({ "reply": answer.reply.to_string(), "item": answer.item.to_string() });
            self.audit_in(&mut tx, actor, "backfill.again", Subject::Case(case), detail).await?;
        }
        tx.commit().await?;
        Ok(touched > 0)
    }

    /// The columns of the sheet for a source.
    pub async fn backfill_columns(&self, source: SourceId) -> Result<BackfillColumns, StoreError> {
        let sql = "SELECT columns, version FROM backfill_columns WHERE source_id = $1";
        match self.db().row(sql, args![source.0]).await? {
            None => Ok(BackfillColumns::default()),
            Some(row) => Ok(BackfillColumns { columns: row.json("columns")?, version: row.int("version")? }),
        }
    }

    /// Changes the columns that were read at version `seen`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else changed them since.
    pub async fn set_backfill_columns(
        &self,
        source: SourceId,
        seen: i64,
        columns: &[BackfillColumn],
        actor: Actor,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO backfill_columns (source_id, columns, version, changed_at, changed_by) VALUES ($1,$2,1,$3,$4)
                   ON CONFLICT (source_id) DO UPDATE SET columns = excluded.columns, version = backfill_columns.version + 1,
                   changed_at = excluded.changed_at, changed_by = excluded.changed_by WHERE backfill_columns.version = $5";
        let values = args![source.0, to_json(&columns)?, now, actor.code(), seen];
        if tx.run(sql, values).await? == 0 {
            return Err(StoreError::Conflict { by: Actor::System.code(), at: now });
        }
        let headers: Vec<&str> = columns.iter().map(|column| column.field.code()).collect();
        self.audit_in(
            &mut tx,
            actor,
            "backfill.columns",
            Subject::Source(source),
            json!({ "fields": headers }),
        )
        .await?;
        tx.commit().await
    }
}

fn batch_of(row: &Row) -> Result<BackfillBatch, StoreError> {
    Ok(BackfillBatch {
        id: BackfillBatchId(row.int("id")?),
        source: SourceId(row.int("source_id")?),
        made_at: row.time("made_at")?,
        made_by: Actor::from_code(&row.text("made_by")?).map_err(|e| StoreError::Bad(e.to_string()))?,
        answers: row.int("answers")?,
    })
}

fn line_of(row: &Row) -> Result<BackfillLine, StoreError> {
    Ok(BackfillLine {
        reply: row.json("body")?,
        item: ItemId(row.int("item_id")?),
        case: CaseId(row.int("case_id")?),
        case_number: row.text("number")?,
        external_id: row.text("external_id")?,
        title: row.text("title")?,
        state: row.code("state")?,
        batch: row.opt_int("batch_id")?.map(BackfillBatchId),
        reason: row.opt_text("reason")?,
        at: row.time("at")?,
        sent: row.int("sent")?,
    })
}
