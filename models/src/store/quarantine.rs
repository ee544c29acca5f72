//! Rows that could not be read: seen, opened, and closed when they were mended or given up.

use serde_json::json;

use super::db::{Arg, Row, args};
use super::{Listing, Page, Store, StoreError};
use crate::ids::{QuarantineId, SealedId, SourceId};
use crate::records::{Actor, ClosedRow, QuarantinedRow, RejectKind, Subject};

/// Which rows a list shows; all that are set must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuarantineFilter {
    pub source: Option<SourceId>,
    pub kind: Option<RejectKind>,
    /// Those that were dealt with, instead of those that wait.
    pub closed: bool,
}

impl QuarantineFilter {
    /// The condition, with its values from `$1` on.
    fn condition(self) -> (String, Vec<Arg>) {
        let mut all =
            vec![if self.closed { "closed_at IS NOT NULL" } else { "closed_at IS NULL" }.to_owned()];
        let mut values = Vec::new();
        if let Some(source) = self.source {
            values.push(Arg::from(source.0));
            all.push(format!("source_id = ${}", values.len()));
        }
        if let Some(kind) = self.kind {
            values.push(Arg::from(kind.code()));
            all.push(format!("kind = ${}", values.len()));
        }
        (all.join(" AND "), values)
    }
}

impl Store {
    /// Quarantined rows, newest first.
    pub async fn quarantine(
        &self,
        filter: QuarantineFilter,
        page: Page,
    ) -> Result<Listing<QuarantinedRow>, StoreError> {
        let (condition, mut values) = filter.condition();
        values.push(Arg::from(page.before()));
        let (before, limit) = (values.len(), values.len() + 1);
        values.push(Arg::from(page.size() + 1));
        let sql = format!(
            "SELECT * FROM quarantine WHERE {condition} AND id < ${before} ORDER BY id DESC LIMIT ${limit}"
        );
        let rows: Vec<QuarantinedRow> =
            self.db().rows(&sql, values).await?.iter().map(row_of).collect::<Result<_, _>>()?;
        Ok(Listing::of(rows, page, |row| row.id.0))
    }

    /// How many rows wait in quarantine, or were dealt with.
    pub async fn count_quarantine(&self, filter: QuarantineFilter) -> Result<i64, StoreError> {
        let (condition, values) = filter.condition();
        self.db().number(&format!("SELECT count(*) FROM quarantine WHERE {condition}"), values).await
    }

    /// How many rows wait, by source and kind of fault.
    pub async fn quarantine_kinds(&self) -> Result<Vec<(SourceId, RejectKind, i64)>, StoreError> {
        let sql = "SELECT source_id, kind, count(*) AS n FROM quarantine WHERE closed_at IS NULL
                   GROUP BY source_id, kind ORDER BY source_id, kind";
        let of = |row: &Row| Ok((SourceId(row.int("source_id")?), row.code("kind")?, row.int("n")?));
        self.db().rows(sql, vec![]).await?.iter().map(of).collect()
    }

    /// One row, without its content.
    pub async fn quarantined(&self, id: QuarantineId) -> Result<Option<QuarantinedRow>, StoreError> {
        let row = self.db().row("SELECT * FROM quarantine WHERE id = $1", args![id.0]).await?;
        row.as_ref().map(row_of).transpose()
    }

    /// Opens a row's content for a person. The look is logged, its reason sealed beside the log.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Bad`] without a reason.
    pub async fn open_quarantined(
        &self,
        id: QuarantineId,
        reason: &str,
        actor: Actor,
    ) -> Result<serde_json::Value, StoreError> {
        let reason = crate::text::mask(reason.trim()).text;
        if reason.chars().count() < 2 {
            return Err(StoreError::Bad(
                "a look behind the mask needs a reason of two characters or more".into(),
            ));
        }
        let row = self.quarantined(id).await?.ok_or(StoreError::NotFound("quarantined row"))?;
        let digest = self.vault().digest("reason", reason.as_bytes());
        let mut tx = self.begin().await?;
        let detail = json!({"reason_digest": &digest[..16]});
        let line = self.audit_in(&mut tx, actor, "quarantine.open", Subject::Quarantine(id), detail).await?;
        self.seal_as(&mut tx, SealedId(line.0), &json!({ "reason": reason }).to_string()).await?;
        let plain = self.unseal_in(&mut tx, row.sealed).await?;
        tx.commit().await?;
        Ok(plain)
    }

    /// A row's content for the program alone, which reads it again; no person sees it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn quarantined_original(&self, id: QuarantineId) -> Result<serde_json::Value, StoreError> {
        let row = self.quarantined(id).await?.ok_or(StoreError::NotFound("quarantined row"))?;
        let mut tx = self.begin().await?;
        let plain = self.unseal_in(&mut tx, row.sealed).await?;
        tx.commit().await?;
        Ok(plain)
    }

    /// Takes a row out of the quarantine: read after all, or dismissed. False when it was closed before.
    ///
    /// # Errors
    /// [`StoreError::Bad`] when a row is dismissed without a reason.
    pub async fn close_quarantined(
        &self,
        id: QuarantineId,
        replayed: bool,
        note: &str,
        actor: Actor,
    ) -> Result<bool, StoreError> {
        let note = crate::text::mask(note.trim()).text;
        if !replayed && note.is_empty() {
            return Err(StoreError::Bad("dismissing needs a reason".into()));
        }
        let how = if replayed { "replayed" } else { "dismissed" };
        let mut tx = self.begin().await?;
        let sql = "UPDATE quarantine SET closed_at = $1, closed_as = $2, closed_note = $3 WHERE id = $4 AND closed_at IS NULL";
        let note = (!note.is_empty()).then_some(note);
        if tx.run(sql, args![self.now(), how, note, id.0]).await? == 0 {
            return Ok(false);
        }
        let action = if replayed { "quarantine.replay" } else { "quarantine.dismiss" };
        self.audit_in(&mut tx, actor, action, Subject::Quarantine(id), json!({})).await?;
        tx.commit().await?;
        Ok(true)
    }
}

fn row_of(row: &Row) -> Result<QuarantinedRow, StoreError> {
    let closed = match row.opt_time("closed_at")? {
        Some(at) => Some(ClosedRow {
            at,
            replayed: row.text("closed_as")? == "replayed",
            note: row.opt_text("closed_note")?,
        }),
        None => None,
    };
    Ok(QuarantinedRow {
        id: QuarantineId(row.int("id")?),
        source: SourceId(row.int("source_id")?),
        at: row.time("at")?,
        place: row.json("place")?,
        kind: row.code("kind")?,
        form: row.code("form")?,
        reason: row.text("reason")?,
        sealed: SealedId(row.int("sealed_id")?),
        closed,
    })
}
