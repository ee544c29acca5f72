//! County files that were changed on a page: the newest version counts, earlier ones are kept.

use jiff::Timestamp;
use serde_json::json;

use super::db::{Row, args};
use super::{Store, StoreError};
use crate::county::Texts;
use crate::records::{Actor, Subject};

/// One version of a county file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVersion {
    pub name: String,
    /// From 1; 0 stands for the file before its first change here.
    pub version: i64,
    /// `None`: as it stands in the county's folder.
    pub text: Option<String>,
    pub reason: String,
    pub changed_at: Timestamp,
    pub changed_by: Actor,
}

impl Store {
    /// The files that outrank those of the folder, in their newest versions.
    pub async fn county_files(&self) -> Result<Texts, StoreError> {
        let sql = "SELECT name, text FROM county_file f WHERE text IS NOT NULL
                   AND version = (SELECT max(version) FROM county_file n WHERE n.name = f.name)";
        self.db()
            .rows(sql, vec![])
            .await?
            .iter()
            .map(|row| Ok((row.text("name")?, row.text("text")?)))
            .collect()
    }

    /// A number that rises with every change of a county file.
    pub async fn county_mark(&self) -> Result<i64, StoreError> {
        self.db().number("SELECT count(*) FROM county_file", vec![]).await
    }

    /// By which calendar and deadline rules open clocks were last worked out; `None` when never.
    pub async fn counted_by(&self) -> Result<Option<String>, StoreError> {
        let row = self.db().row("SELECT value FROM setting WHERE name = 'counted_by'", vec![]).await?;
        row.map(|row| row.text("value")).transpose()
    }

    /// Notes by which calendar and deadline rules open clocks were worked out.
    pub async fn note_counted_by(&self, rules: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO setting (name, value) VALUES ('counted_by', $1)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        tx.run(sql, args![rules]).await?;
        tx.commit().await
    }

    /// The versions of a file, the newest first, without their texts.
    pub async fn county_file_history(&self, name: &str) -> Result<Vec<FileVersion>, StoreError> {
        let sql = "SELECT name, version, NULL AS text, reason, changed_at, changed_by FROM county_file
                   WHERE name = $1 ORDER BY version DESC LIMIT 200";
        self.db().rows(sql, args![name]).await?.iter().map(version_of).collect()
    }

    /// One version of a file with its text.
    pub async fn county_file_version(
        &self,
        name: &str,
        version: i64,
    ) -> Result<Option<FileVersion>, StoreError> {
        let sql = "SELECT * FROM county_file WHERE name = $1 AND version = $2";
        self.db().row(sql, args![name, version]).await?.as_ref().map(version_of).transpose()
    }

    /// Writes the next version of a file that was read at version `seen`; without a text the folder's counts again.
    /// The text is to be checked before, with the rest of the county.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else changed it since; nothing is written then.
    pub async fn save_county_file(
        &self,
        name: &str,
        seen: i64,
        text: Option<&str>,
        reason: &str,
        actor: Actor,
    ) -> Result<i64, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let last = tx
            .row(
                "SELECT version, changed_at, changed_by FROM county_file WHERE name = $1 ORDER BY version DESC LIMIT 1",
                args![name],
            )
            .await?;
        let version = last.as_ref().map_or(Ok(0), |row| row.int("version"))?;
        if let Some(row) = last.filter(|_| version != seen) {
            return Err(StoreError::Conflict { by: row.text("changed_by")?, at: row.time("changed_at")? });
        }
        let sql = "INSERT INTO county_file (name, version, text, reason, changed_at, changed_by) VALUES ($1,$2,$3,$4,$5,$6)";
        let values = args![name, seen + 1, text, reason, now, actor.code()];
        match tx.run(sql, values).await {
            // Another process was faster between the two statements.
            Err(error) if error.is_unique_violation() => {
                return Err(StoreError::Conflict { by: Actor::System.code(), at: now });
            }
            other => other?,
        };
        let detail = json!({ "file": name, "version": seen + 1, "folder": text.is_none() });
        self.audit_in(&mut tx, actor, "county_file.change", Subject::System, detail).await?;
        tx.commit().await?;
        Ok(seen + 1)
    }
}

fn version_of(row: &Row) -> Result<FileVersion, StoreError> {
    Ok(FileVersion {
        name: row.text("name")?,
        version: row.int("version")?,
        text: row.opt_text("text")?,
        reason: row.text("reason")?,
        changed_at: row.time("changed_at")?,
        changed_by: Actor::from_code(&row.text("changed_by")?).map_err(|e| StoreError::Bad(e.to_string()))?,
    })
}
