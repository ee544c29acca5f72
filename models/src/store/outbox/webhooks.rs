//! The addresses that events are sent to: set up, taken by a worker, moved on.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::ids::{SealedId, WebhookId};
use crate::records::{Actor, NumberedEvent, Subject, Viewer, Webhook, WebhookSettings};
use crate::store::db::{Row, Tx, args, to_json};
use crate::store::{Store, StoreError};

/// An address whose turn it is, with what it is sent next.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookTask {
    pub webhook: Webhook,
    /// As receivers know it: `whsec_` and Base64.
    pub secret: String,
    pub events: Vec<NumberedEvent>,
    /// The number that is reached when all of them have arrived.
    pub next: i64,
}

/// From where on an address is sent events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookStart {
    /// What happens from now on.
    Now,
    /// After this number; 0 for all that are kept.
    After(i64),
}

impl Store {
    /// All addresses, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        let rows = self.db().rows("SELECT * FROM webhook ORDER BY name", vec![]).await?;
        rows.iter().map(webhook_of).collect()
    }

    /// # Errors
    /// When the database fails.
    pub async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        let row = self.db().row("SELECT * FROM webhook WHERE id = $1", args![id.0]).await?;
        row.as_ref().map(webhook_of).transpose()
    }

    /// Adds an address with its secret.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another has the name.
    pub async fn add_webhook(
        &self,
        name: &str,
        settings: &WebhookSettings,
        secret: &str,
        start: WebhookStart,
        actor: Actor,
    ) -> Result<WebhookId, StoreError> {
        let seen = self.place(start).await?;
        let now = self.now();
        let id: WebhookId = self.ids().next(now);
        let mut tx = self.begin().await?;
        let sealed = self.seal_in(&mut tx, &json!({ "secret": secret }).to_string()).await?;
        let sql = "INSERT INTO webhook (id, name, enabled, settings, secret_id, version, changed_at, changed_by, seen, tries,
                   next_at, lease_until) VALUES ($1,$2,$3,$4,$5,1,$6,$7,$8,0,$9,0)";
        let values = args![id.0, name, true, to_json(settings)?, sealed.0, now, actor.code(), seen, now];
        tx.run(sql, values).await.map_err(|error| error.or_taken("webhook", name))?;
        self.audit_in(&mut tx, actor, "webhook.add", Subject::System, logged(name, true, settings)).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Changes an address that was read at version `seen`, and tries it again at once; without a new secret it keeps the one
    /// that it has, without a start it goes on where it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`] when somebody else changed it since, [`StoreError::Taken`] when
    /// another has the name.
    #[allow(clippy::too_many_arguments, reason = "each is a field of the form")]
    pub async fn change_webhook(
        &self,
        id: WebhookId,
        seen: i64,
        name: &str,
        enabled: bool,
        settings: &WebhookSettings,
        secret: Option<&str>,
        start: Option<WebhookStart>,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let before = self.webhook(id).await?.ok_or(StoreError::NotFound("webhook"))?;
        let place = match start {
            Some(start) => Some(self.place(start).await?),
            None => None,
        };
        let now = self.now();
        let mut tx = self.begin().await?;
        // Whoever sends to it has lost his lease: he was at the old place, and at the old address.
        let sql = "UPDATE webhook SET name = $1, enabled = $2, settings = $3, version = version + 1, changed_at = $4,
                   changed_by = $5, tries = 0, next_at = $4, error = NULL, lease_by = NULL, lease_until = 0,
                   seen = coalesce($6, seen) WHERE id = $7 AND version = $8";
        let values = args![name, enabled, to_json(settings)?, now, actor.code(), place, id.0, seen];
        if tx.run(sql, values).await.map_err(|error| error.or_taken("webhook", name))? == 0 {
            return Err(StoreError::Conflict { by: before.changed_by.code(), at: before.changed_at });
        }
        if let Some(secret) = secret {
            let old = secret_of(&mut tx, id).await?;
            let sealed = self.seal_in(&mut tx, &json!({ "secret": secret }).to_string()).await?;
            tx.run("UPDATE webhook SET secret_id = $1 WHERE id = $2", args![sealed.0, id.0]).await?;
            tx.run("DELETE FROM sealed WHERE id = $1", args![old.0]).await?;
        }
        let mut detail = logged(name, enabled, settings);
        detail["secret_set"] = json!(secret.is_some());
        detail["after"] = json!(place);
        detail["before"] = logged(&before.name, before.enabled, &before.settings);
        self.audit_in(&mut tx, actor, "webhook.change", Subject::System, detail).await?;
        tx.commit().await
    }

    /// Takes an address away, with its secret.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_webhook(&self, id: WebhookId, actor: Actor) -> Result<(), StoreError> {
        let before = self.webhook(id).await?.ok_or(StoreError::NotFound("webhook"))?;
        let mut tx = self.begin().await?;
        let sealed = secret_of(&mut tx, id).await?;
        tx.run("DELETE FROM webhook WHERE id = $1", args![id.0]).await?;
        tx.run("DELETE FROM sealed WHERE id = $1", args![sealed.0]).await?;
        let detail = logged(&before.name, before.enabled, &before.settings);
        self.audit_in(&mut tx, actor, "webhook.remove", Subject::System, detail).await?;
        tx.commit().await
    }

    /// The number after which an address is sent events.
    async fn place(&self, start: WebhookStart) -> Result<i64, StoreError> {
        let state = self.outbox_state().await?;
        Ok(match start {
            WebhookStart::Now => state.last,
            WebhookStart::After(seq) => seq.clamp(state.dropped, state.last),
        })
    }

    /// The secret of an address.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or when it cannot be opened.
    pub async fn webhook_secret(&self, id: WebhookId) -> Result<String, StoreError> {
        let mut tx = self.begin().await?;
        let sealed = secret_of(&mut tx, id).await?;
        let secret = self.unseal_in(&mut tx, sealed).await?;
        tx.commit().await?;
        let text = secret["secret"].as_str();
        text.map(str::to_owned).ok_or_else(|| StoreError::Bad("a sealed record has another form".into()))
    }

    /// The addresses in use that have events waiting, whose next try is due and that nobody serves.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhooks_to_serve(&self) -> Result<Vec<WebhookId>, StoreError> {
        let sql = "SELECT id FROM webhook WHERE enabled AND next_at <= $1 AND lease_until <= $1
                   AND seen < (SELECT seq FROM outbox_head WHERE one = 1) ORDER BY id";
        let rows = self.db().rows(sql, args![self.now()]).await?;
        rows.iter().map(|row| row.int("id").map(WebhookId)).collect()
    }

    /// Takes an address with up to `limit` events of what is open to all; `None` when it is not its turn. What turned
    /// confidential meanwhile is passed over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_webhook(
        &self,
        worker: &str,
        id: WebhookId,
        limit: i64,
        lease: SignedDuration,
    ) -> Result<Option<WebhookTask>, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let sql = "UPDATE webhook SET lease_by = $1, lease_until = $2
                   WHERE id = $3 AND enabled AND next_at <= $4 AND lease_until <= $4 RETURNING *";
        let row = tx.row(sql, args![worker, now + lease, id.0, now]).await?;
        tx.commit().await?;
        let Some(row) = row else { return Ok(None) };
        let webhook = webhook_of(&row)?;
        let page = self.events_after(&Viewer::OPEN, webhook.seen, &webhook.settings.kinds, limit).await?;
        let secret = self.webhook_secret(id).await?;
        Ok(Some(WebhookTask { webhook, secret, events: page.events, next: page.next }))
    }

    /// Notes how far an address came: `seen` is the number that it reached, `arrived` whether any event arrived, and `failed`
    /// why the next did not and when it is tried again; without a time it is put out of use. `false` when the lease went to
    /// somebody else.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish_webhook(
        &self,
        worker: &str,
        id: WebhookId,
        seen: i64,
        arrived: bool,
        failed: Option<(&str, Option<Timestamp>)>,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let (error, next_at, enabled) = match failed {
            None => (None, now, true),
            Some((error, at)) => (Some(error), at.unwrap_or(now), at.is_some()),
        };
        // The tries are those of one event: of the next one none was made.
        let sql = "UPDATE webhook SET seen = $1, error = $2, next_at = $3, enabled = $4, lease_by = NULL, lease_until = 0,
                   tries = CASE WHEN $5 THEN 0 ELSE tries END + $6,
                   arrived_at = CASE WHEN $5 THEN $7 ELSE arrived_at END WHERE id = $8 AND lease_by = $9";
        let tried = i64::from(failed.is_some());
        let values = args![seen, error, next_at, enabled, arrived, tried, now, id.0, worker];
        let mine = tx.run(sql, values).await? == 1;
        if mine && !enabled {
            let detail = json!({ "error": error, "seen": seen });
            self.audit_in(&mut tx, Actor::System, "webhook.give_up", Subject::System, detail).await?;
        }
        tx.commit().await?;
        Ok(mine)
    }
}

/// As the log may show it. The address stays out, for it may hold a password.
fn logged(name: &str, enabled: bool, settings: &WebhookSettings) -> serde_json::Value {
    json!({ "webhook": name, "enabled": enabled, "inside": settings.inside, "kinds": settings.kinds })
}

async fn secret_of(tx: &mut Tx, id: WebhookId) -> Result<SealedId, StoreError> {
    let row = tx.row("SELECT secret_id FROM webhook WHERE id = $1", args![id.0]).await?;
    Ok(SealedId(row.ok_or(StoreError::NotFound("webhook"))?.int("secret_id")?))
}

fn webhook_of(row: &Row) -> Result<Webhook, StoreError> {
    let by = row.text("changed_by")?;
    Ok(Webhook {
        id: WebhookId(row.int("id")?),
        name: row.text("name")?,
        enabled: row.flag("enabled")?,
        settings: row.json("settings")?,
        version: row.int("version")?,
        changed_at: row.time("changed_at")?,
        changed_by: Actor::from_code(&by).map_err(|e| StoreError::Bad(e.to_string()))?,
        seen: row.int("seen")?,
        tries: row.int("tries")?,
        next_at: row.time("next_at")?,
        error: row.opt_text("error")?,
        arrived_at: row.opt_time("arrived_at")?,
    })
}
