//! Sources: adding, changing, pausing and removing them.

use jiff::Timestamp;
use serde_json::json;

use super::db::{Row, Tx, args, to_json};
use super::{Store, StoreError};
use crate::clock;
use crate::ids::SourceId;
use crate::records::{Actor, Channel, Mode, Source, SourceHealth, SourceKind, SourceSettings, Subject};

/// A source as an administrator names it.
#[derive(Debug, Clone)]
pub struct NewSource {
    pub name: String,
    pub kind: SourceKind,
    pub channel: Channel,
    pub mode: Mode,
    pub url: Option<String>,
    pub cutoff: Option<Timestamp>,
    pub allow_host: Option<String>,
    /// Seconds between two polls; at least 60.
    pub interval_s: i64,
    pub settings: SourceSettings,
}

/// What an administrator changes of a source; its kind stays.
#[derive(Debug, Clone)]
pub struct SourceChange {
    pub name: String,
    pub channel: Channel,
    pub mode: Mode,
    pub url: Option<String>,
    pub cutoff: Option<Timestamp>,
    pub allow_host: Option<String>,
    pub interval_s: i64,
    /// The column map for its sheets, as TOML.
    pub column_map: Option<String>,
    pub settings: SourceSettings,
}

impl SourceChange {
    /// A change that leaves everything as it is.
    pub fn of(source: &Source) -> Self {
        Self {
            name: source.name.clone(),
            channel: source.channel,
            mode: source.mode,
            url: source.url.clone(),
            cutoff: source.cutoff,
            allow_host: source.allow_host.clone(),
            interval_s: source.interval_s,
            column_map: source.column_map.clone(),
            settings: source.settings.clone(),
        }
    }
}

/// No source is asked more often, in seconds.
const MIN_INTERVAL_S: i64 = 60;

impl Store {
    /// Adds a source; a polled one is due at once.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name is in use, [`StoreError::Bad`] when the name is empty or too long.
    pub async fn add_source(&self, new: NewSource, actor: Actor) -> Result<Source, StoreError> {
        let name = checked_name(&new.name)?;
        let now = self.now();
        let id: SourceId = self.ids().next(now);
        let next_at = new.kind.is_polled().then_some(now);
        let mut tx = self.begin().await?;
        let made = tx
            .run(
                "INSERT INTO source (id, name, kind, channel, mode, url, cutoff, allow_host, paused, created_at, interval_s,
                 next_at, settings, failures, lease_until) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,0,0)
                 ON CONFLICT (name) DO NOTHING",
                args![
                    id.0,
                    &name,
                    new.kind.code(),
                    new.channel.code(),
                    new.mode.code(),
                    new.url.clone(),
                    new.cutoff,
                    new.allow_host.clone(),
                    false,
                    now,
                    new.interval_s.max(MIN_INTERVAL_S),
                    next_at,
                    to_json(&new.settings)?
                ],
            )
            .await?;
        if made == 0 {
            return Err(StoreError::Taken { what: "source", value: name });
        }
        let detail = json!({"kind": new.kind, "channel": new.channel, "mode": new.mode});
        self.audit_in(&mut tx, actor, "source.add", Subject::Source(id), detail).await?;
        tx.commit().await?;
        self.source(id).await?.ok_or(StoreError::NotFound("source"))
    }

    /// All sources that were not removed, oldest first.
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        let rows =
            self.db().rows("SELECT * FROM source WHERE removed_at IS NULL ORDER BY id", vec![]).await?;
        rows.iter().map(source_of).collect()
    }

    pub async fn source(&self, id: SourceId) -> Result<Option<Source>, StoreError> {
        self.db()
            .row("SELECT * FROM source WHERE id = $1", args![id.0])
            .await?
            .as_ref()
            .map(source_of)
            .transpose()
    }

    pub async fn source_named(&self, name: &str) -> Result<Option<Source>, StoreError> {
        let sql = "SELECT * FROM source WHERE name = $1 AND removed_at IS NULL";
        let row = self.db().row(sql, args![name.trim()]).await?;
        row.as_ref().map(source_of).transpose()
    }

    /// A source that was removed, by the name it has since.
    pub async fn removed_source(&self, name: &str) -> Result<Option<Source>, StoreError> {
        let sql = "SELECT * FROM source WHERE name = $1 AND removed_at IS NOT NULL";
        let row = self.db().row(sql, args![name.trim()]).await?;
        row.as_ref().map(source_of).transpose()
    }

    /// Pauses a source, or lets it go on; then it is due at once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_source_paused(
        &self,
        id: SourceId,
        paused: bool,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let touched = tx
            .run(
                "UPDATE source SET paused = $1, next_at = CASE WHEN next_at IS NULL THEN NULL ELSE $2 END
                 WHERE id = $3 AND removed_at IS NULL",
                args![paused, now, id.0],
            )
            .await?;
        if touched == 0 {
            return Err(StoreError::NotFound("source"));
        }
        let action = if paused { "source.pause" } else { "source.resume" };
        self.audit_in(&mut tx, actor, action, Subject::Source(id), json!({})).await?;
        tx.commit().await
    }

    /// Changes a source. A new address forgets what the old one's server said; a polled source is due at once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Taken`] when another has the name, [`StoreError::Bad`] as for a new one.
    pub async fn change_source(
        &self,
        id: SourceId,
        change: SourceChange,
        actor: Actor,
    ) -> Result<Source, StoreError> {
        let name = checked_name(&change.name)?;
        let mut tx = self.begin().await?;
        let row = tx.row("SELECT * FROM source WHERE id = $1 AND removed_at IS NULL", args![id.0]).await?;
        let old = source_of(&row.ok_or(StoreError::NotFound("source"))?)?;
        let taken = tx.row("SELECT 1 FROM source WHERE name = $1 AND id <> $2", args![&name, id.0]).await?;
        if taken.is_some() {
            return Err(StoreError::Taken { what: "source", value: name });
        }
        tx.run(
            "UPDATE source SET name = $1, channel = $2, mode = $3, url = $4, cutoff = $5, allow_host = $6, interval_s = $7,
             column_map = $8, settings = $9, next_at = CASE WHEN next_at IS NULL THEN NULL ELSE $10 END WHERE id = $11",
            args![
                &name,
                change.channel.code(),
                change.mode.code(),
                change.url.clone(),
                change.cutoff,
                change.allow_host.clone(),
                change.interval_s.max(MIN_INTERVAL_S),
                change.column_map.clone(),
                to_json(&change.settings)?,
                self.now(),
                id.0
            ],
        )
        .await?;
        if old.url != change.url || old.settings != change.settings {
            tx.run(
                "UPDATE source SET etag = NULL, last_modified = NULL, moved_to = NULL, cursor = NULL, pace_s = NULL
                 WHERE id = $1",
                args![id.0],
            )
            .await?;
        }
        let detail =
            json!({"channel": change.channel, "mode": change.mode, "address_changed": old.url != change.url});
        self.audit_in(&mut tx, actor, "source.change", Subject::Source(id), detail).await?;
        tx.commit().await?;
        self.source(id).await?.ok_or(StoreError::NotFound("source"))
    }

    /// Removes a source. One that brought items stays as their origin under a name that says so; it is
    /// listed no more, brings nothing more, and its name is free again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_source(&self, id: SourceId, actor: Actor) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let row = tx.row("SELECT name FROM source WHERE id = $1 AND removed_at IS NULL", args![id.0]).await?;
        let name = row.ok_or(StoreError::NotFound("source"))?.text("name")?;
        if brought_something(&mut tx, id).await? {
            let day = clock::local_date(self.now());
            tx.run(
                "UPDATE source SET removed_at = $1, name = $2, next_at = NULL, token_digest = NULL, paused = $3 WHERE id = $4",
                args![self.now(), format!("{name}（{day} 移除，{}）", &id.to_string()[7..]), true, id.0],
            )
            .await?;
        } else {
            tx.run("DELETE FROM source WHERE id = $1", args![id.0]).await?;
        }
        self.audit_in(&mut tx, actor, "source.remove", Subject::Source(id), json!({ "name": name })).await?;
        tx.commit().await
    }
}

async fn brought_something(tx: &mut Tx, id: SourceId) -> Result<bool, StoreError> {
    for table in ["item_key", "quarantine", "appearance"] {
        let sql = format!("SELECT 1 FROM {table} WHERE source_id = $1 LIMIT 1");
        if tx.row(&sql, args![id.0]).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn checked_name(name: &str) -> Result<String, StoreError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 {
        return Err(StoreError::Bad("a source needs a name of 1 to 60 characters".into()));
    }
    Ok(name.to_owned())
}

pub(super) fn source_of(row: &Row) -> Result<Source, StoreError> {
    Ok(Source {
        id: SourceId(row.int("id")?),
        name: row.text("name")?,
        kind: row.code("kind")?,
        channel: row.code("channel")?,
        mode: row.code("mode")?,
        url: row.opt_text("url")?,
        cutoff: row.opt_time("cutoff")?,
        allow_host: row.opt_text("allow_host")?,
        paused: row.flag("paused")?,
        column_map: row.opt_text("column_map")?,
        created_at: row.time("created_at")?,
        interval_s: row.int("interval_s")?,
        settings: row.json("settings")?,
        has_secret: row.opt_int("secret_id")?.is_some(),
        has_token: row.opt_text("token_digest")?.is_some(),
        removed_at: row.opt_time("removed_at")?,
        health: SourceHealth {
            next_at: row.opt_time("next_at")?,
            last_success_at: row.opt_time("last_success_at")?,
            last_tried_at: row.opt_time("last_tried_at")?,
            last_error: row.opt_text("last_error")?,
            failures: row.int("failures")?,
            etag: row.opt_text("etag")?,
            last_modified: row.opt_text("last_modified")?,
            moved_to: row.opt_text("moved_to")?,
            cursor: row.opt_text("cursor")?,
            pace_s: row.opt_int("pace_s")?,
        },
    })
}
