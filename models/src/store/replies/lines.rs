//! Lines (口径): a small library; every version is kept.

use serde_json::json;

use super::super::db::{Row, Tx, args, to_json};
use super::super::visibility;
use super::super::{Store, StoreError};
use super::actor_of;
use crate::ids::LineId;
use crate::records::{Actor, Line, LineContent, LineState, LineVersion, Subject, Viewer};

/// Which lines a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineFilter {
    pub state: Option<LineState>,
    /// Stands in the name or the text.
    pub text: String,
}

/// A line as it is to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLine {
    pub state: LineState,
    pub content: LineContent,
}

/// The library is small: more than so many are not shown.
const MOST: i64 = 1000;

impl Store {
    /// Lines, the last changed first.
    pub async fn lines(&self, viewer: &Viewer, filter: &LineFilter) -> Result<Vec<Line>, StoreError> {
        let mut values = args![MOST];
        let seen = visibility::lines(viewer, &mut values);
        let sql =
            format!("SELECT l.* FROM line l WHERE {seen} ORDER BY l.changed_at DESC, l.id DESC LIMIT $1");
        let rows = self.db().rows(&sql, values).await?;
        let lines = rows.iter().map(line_of).collect::<Result<Vec<_>, _>>()?;
        let wanted = |line: &Line| {
            filter.state.is_none_or(|state| state == line.state)
                && (line.content.name.contains(&filter.text) || line.content.text.contains(&filter.text))
        };
        Ok(lines.into_iter().filter(wanted).collect())
    }

    /// The line, if the viewer may see it.
    pub async fn line(&self, viewer: &Viewer, id: LineId) -> Result<Option<Line>, StoreError> {
        let mut values = args![id.0];
        let seen = visibility::lines(viewer, &mut values);
        let sql = format!("SELECT l.* FROM line l WHERE l.id = $1 AND {seen}");
        self.db().row(&sql, values).await?.as_ref().map(line_of).transpose()
    }

    /// All versions of a line that the viewer may see, newest first.
    pub async fn line_versions(&self, viewer: &Viewer, id: LineId) -> Result<Vec<LineVersion>, StoreError> {
        if self.line(viewer, id).await?.is_none() {
            return Ok(Vec::new());
        }
        let sql = "SELECT body FROM line_version WHERE line_id = $1 ORDER BY version DESC LIMIT 100";
        self.db().rows(sql, args![id.0]).await?.iter().map(|row| row.json("body")).collect()
    }

    /// Every version that there ever was of the lines that the viewer may see: a reply must not use an old one.
    pub async fn all_line_versions(&self, viewer: &Viewer) -> Result<Vec<LineVersion>, StoreError> {
        let mut values = Vec::new();
        let seen = visibility::lines(viewer, &mut values);
        let sql = format!(
            "SELECT v.body FROM line_version v JOIN line l ON l.id = v.line_id WHERE {seen}
             ORDER BY v.line_id DESC, v.version DESC LIMIT 5000"
        );
        self.db().rows(&sql, values).await?.iter().map(|row| row.json("body")).collect()
    }

    /// Adds a line.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another has the name.
    pub async fn add_line(&self, new: NewLine, actor: Actor) -> Result<Line, StoreError> {
        let now = self.now();
        let line = Line {
            id: self.ids().next(now),
            state: new.state,
            content: new.content,
            withdrawn_because: String::new(),
            version: 1,
            changed_at: now,
            changed_by: actor,
        };
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO line (id, name, state, confidential, version, changed_at, changed_by, body)
                   VALUES ($1,$2,$3,$4,1,$5,$6,$7)";
        let content = &line.content;
        let values = args![
            line.id.0,
            &content.name,
            line.state.code(),
            content.confidential,
            now,
            actor.code(),
            to_json(&line)?
        ];
        tx.run(sql, values).await.map_err(|error| error.or_taken("line", &content.name))?;
        self.write_line_parts(&mut tx, &line, "line.add").await?;
        tx.commit().await?;
        Ok(line)
    }

    /// Changes a line that was read at version `seen`; the versions before are kept.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer may not see it, [`StoreError::Conflict`] when somebody else changed it
    /// since, [`StoreError::Taken`] when another has the name.
    pub async fn change_line(
        &self,
        viewer: &Viewer,
        id: LineId,
        seen: i64,
        new: NewLine,
        actor: Actor,
    ) -> Result<Line, StoreError> {
        let before = self.line(viewer, id).await?.ok_or(StoreError::NotFound("line"))?;
        let line =
            Line { state: new.state, content: new.content, withdrawn_because: String::new(), ..before };
        self.next_line(seen, line, "line.change", actor).await
    }

    /// Withdraws a line that was read at version `seen`.
    ///
    /// # Errors
    /// As [`Store::change_line`]; [`StoreError::Bad`] without a reason.
    pub async fn withdraw_line(
        &self,
        viewer: &Viewer,
        id: LineId,
        seen: i64,
        reason: &str,
        actor: Actor,
    ) -> Result<Line, StoreError> {
        let withdrawn_because = crate::text::mask(reason.trim()).text;
        if withdrawn_because.is_empty() {
            return Err(StoreError::Bad("withdrawing a line needs a reason".into()));
        }
        let before = self.line(viewer, id).await?.ok_or(StoreError::NotFound("line"))?;
        let line = Line { state: LineState::Withdrawn, withdrawn_because, ..before };
        self.next_line(seen, line, "line.withdraw", actor).await
    }

    async fn next_line(&self, seen: i64, line: Line, action: &str, actor: Actor) -> Result<Line, StoreError> {
        let now = self.now();
        let (by, at) = (line.changed_by.code(), line.changed_at);
        let line = Line { version: seen + 1, changed_at: now, changed_by: actor, ..line };
        let mut tx = self.begin().await?;
        let sql = "UPDATE line SET name = $1, state = $2, confidential = $3, version = $4, changed_at = $5,
                   changed_by = $6, body = $7 WHERE id = $8 AND version = $9";
        let values = args![
            &line.content.name,
            line.state.code(),
            line.content.confidential,
            line.version,
            now,
            actor.code(),
            to_json(&line)?,
            line.id.0,
            seen
        ];
        if tx.run(sql, values).await.map_err(|error| error.or_taken("line", &line.content.name))? == 0 {
            return Err(StoreError::Conflict { by, at });
        }
        self.write_line_parts(&mut tx, &line, action).await?;
        tx.commit().await?;
        Ok(line)
    }

    async fn write_line_parts(&self, tx: &mut Tx, line: &Line, action: &str) -> Result<(), StoreError> {
        tx.run("DELETE FROM line_department WHERE line_id = $1", args![line.id.0]).await?;
        let rows = line.content.departments.iter().map(|d| args![line.id.0, d.as_str()]).collect();
        tx.insert("line_department", &["line_id", "department"], rows, "ON CONFLICT DO NOTHING").await?;
        let sql = "INSERT INTO line_version (line_id, version, body) VALUES ($1,$2,$3)";
        tx.run(sql, args![line.id.0, line.version, to_json(line)?]).await?;
        let digest = self.vault().digest("line", line.content.text.as_bytes());
        let detail = json!({ "line": line.id, "version": line.version, "state": line.state.code(),
            "text_digest": &digest[..16] });
        self.audit_in(tx, line.changed_by, action, Subject::System, detail).await?;
        Ok(())
    }
}

fn line_of(row: &Row) -> Result<Line, StoreError> {
    let line: Line = row.json("body")?;
    // The columns say what holds; the body says the rest.
    Ok(Line { version: row.int("version")?, changed_by: actor_of(&row.text("changed_by")?)?, ..line })
}
