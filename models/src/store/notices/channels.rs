//! The channels out of the house, their secrets sealed.

use serde_json::json;

use super::actor_of;
use crate::ids::{NoticeChannelId, SealedId};
use crate::records::{Actor, ChannelSecret, ChannelSettings, NoticeChannel, Subject};
use crate::store::db::{Row, Tx, args, to_json};
use crate::store::{Store, StoreError};

/// The settings as the log may show them: kind and reach. Addresses stay out, for a gateway's may hold a password.
fn logged(name: &str, enabled: bool, settings: &ChannelSettings) -> serde_json::Value {
    json!({ "channel": name, "enabled": enabled, "kind": settings.way.kind(), "inside": settings.inside,
        "confidential": settings.confidential })
}

impl Store {
    /// All channels, by name.
    pub async fn notice_channels(&self) -> Result<Vec<NoticeChannel>, StoreError> {
        let sql = "SELECT * FROM notice_channel ORDER BY name";
        self.db().rows(sql, vec![]).await?.iter().map(channel_of).collect()
    }

    pub async fn notice_channel(&self, id: NoticeChannelId) -> Result<Option<NoticeChannel>, StoreError> {
        let row = self.db().row("SELECT * FROM notice_channel WHERE id = $1", args![id.0]).await?;
        row.as_ref().map(channel_of).transpose()
    }

    /// Adds a channel with its secret.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another has the name.
    pub async fn add_notice_channel(
        &self,
        name: &str,
        enabled: bool,
        settings: &ChannelSettings,
        secret: Option<&ChannelSecret>,
        actor: Actor,
    ) -> Result<NoticeChannelId, StoreError> {
        let now = self.now();
        let id: NoticeChannelId = self.ids().next(now);
        let mut tx = self.begin().await?;
        let sealed = match secret {
            Some(secret) => Some(self.seal_in(&mut tx, &to_json(secret)?).await?.0),
            None => None,
        };
        let sql = "INSERT INTO notice_channel (id, name, enabled, settings, secret_id, version, changed_at, changed_by)
                   VALUES ($1,$2,$3,$4,$5,1,$6,$7)";
        let values = args![id.0, name, enabled, to_json(settings)?, sealed, now, actor.code()];
        tx.run(sql, values).await.map_err(|error| error.or_taken("channel", name))?;
        let detail = logged(name, enabled, settings);
        self.audit_in(&mut tx, actor, "notice_channel.add", Subject::System, detail).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Changes a channel that was read at version `seen`; without a new secret it keeps the one it has.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`] when somebody else changed it since, [`StoreError::Taken`]
    /// when another has the name.
    #[allow(clippy::too_many_arguments, reason = "each is a field of the form")]
    pub async fn change_notice_channel(
        &self,
        id: NoticeChannelId,
        seen: i64,
        name: &str,
        enabled: bool,
        settings: &ChannelSettings,
        secret: Option<&ChannelSecret>,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let before = self.notice_channel(id).await?.ok_or(StoreError::NotFound("channel"))?;
        let now = self.now();
        let mut tx = self.begin().await?;
        let sql = "UPDATE notice_channel SET name = $1, enabled = $2, settings = $3, version = version + 1,
                   changed_at = $4, changed_by = $5 WHERE id = $6 AND version = $7";
        let values = args![name, enabled, to_json(settings)?, now, actor.code(), id.0, seen];
        if tx.run(sql, values).await.map_err(|error| error.or_taken("channel", name))? == 0 {
            return Err(StoreError::Conflict { by: before.changed_by.code(), at: before.changed_at });
        }
        if let Some(secret) = secret {
            self.replace_secret(&mut tx, id, secret).await?;
        }
        let mut detail = logged(name, enabled, settings);
        detail["secret_set"] = json!(secret.is_some());
        detail["before"] = logged(&before.name, before.enabled, &before.settings);
        self.audit_in(&mut tx, actor, "notice_channel.change", Subject::System, detail).await?;
        tx.commit().await
    }

    async fn replace_secret(
        &self,
        tx: &mut Tx,
        id: NoticeChannelId,
        secret: &ChannelSecret,
    ) -> Result<(), StoreError> {
        let sealed = self.seal_in(tx, &to_json(secret)?).await?;
        let row = tx.row("SELECT secret_id FROM notice_channel WHERE id = $1", args![id.0]).await?;
        let old = row.ok_or(StoreError::NotFound("channel"))?.opt_int("secret_id")?;
        tx.run("UPDATE notice_channel SET secret_id = $1 WHERE id = $2", args![sealed.0, id.0]).await?;
        if let Some(old) = old {
            tx.run("DELETE FROM sealed WHERE id = $1", args![old]).await?;
        }
        Ok(())
    }

    /// The secret of a channel, for the message that needs it; empty where there is none.
    pub async fn channel_secret(&self, id: NoticeChannelId) -> Result<ChannelSecret, StoreError> {
        let mut tx = self.begin().await?;
        let row = tx.row("SELECT secret_id FROM notice_channel WHERE id = $1", args![id.0]).await?;
        let sealed = row.ok_or(StoreError::NotFound("channel"))?.opt_int("secret_id")?;
        let secret = match sealed {
            Some(sealed) => read(self.unseal_in(&mut tx, SealedId(sealed)).await?)?,
            None => ChannelSecret::default(),
        };
        tx.commit().await?;
        Ok(secret)
    }
}

/// What was sealed as JSON. An error names no value.
pub(super) fn read<T: serde::de::DeserializeOwned>(sealed: serde_json::Value) -> Result<T, StoreError> {
    serde_json::from_value(sealed).map_err(|_| StoreError::Bad("a sealed record has another form".into()))
}

fn channel_of(row: &Row) -> Result<NoticeChannel, StoreError> {
    Ok(NoticeChannel {
        id: NoticeChannelId(row.int("id")?),
        name: row.text("name")?,
        enabled: row.flag("enabled")?,
        settings: row.json("settings")?,
        has_secret: row.opt_int("secret_id")?.is_some(),
        version: row.int("version")?,
        changed_at: row.time("changed_at")?,
        changed_by: actor_of(&row.text("changed_by")?)?,
    })
}
