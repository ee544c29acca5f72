//! What lets a platform in and lets us into a platform: tokens, secrets, and receipts of what was pushed.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::db::args;
use super::sources::source_of;
use super::{Store, StoreError};
use crate::ids::{SealedId, SourceId};
use crate::records::{Actor, Source, Subject};
use crate::vault::random;

/// What a push was answered with, kept so that the same push again gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub id: SealedId,
    pub at: Timestamp,
    /// The HTTP status.
    pub status: i64,
    /// The body, JSON.
    pub answer: String,
    /// Whether the body that was pushed was the same.
    pub same_body: bool,
}

impl Store {
    /// Makes a new token with which a platform pushes to a source; an earlier one ends. Only its digest is stored.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn new_source_token(&self, id: SourceId, actor: Actor) -> Result<String, StoreError> {
        let token = format!("qt_{}", data_encoding::HEXLOWER.encode(&random::<24>()?));
        let digest = self.token_digest(&token);
        self.set_token(id, Some(&digest), "source.token", actor).await?;
        Ok(token)
    }

    /// Ends a source's token.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn end_source_token(&self, id: SourceId, actor: Actor) -> Result<(), StoreError> {
        self.set_token(id, None, "source.token_end", actor).await
    }

    /// The source that a token belongs to.
    pub async fn source_of_token(&self, token: &str) -> Result<Option<Source>, StoreError> {
        let sql = "SELECT * FROM source WHERE token_digest = $1 AND removed_at IS NULL";
        let row = self.db().row(sql, args![self.token_digest(token)]).await?;
        row.as_ref().map(source_of).transpose()
    }

    fn token_digest(&self, token: &str) -> String {
        self.vault().digest("source token", token.as_bytes())
    }

    async fn set_token(
        &self,
        id: SourceId,
        digest: Option<&str>,
        action: &str,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE source SET token_digest = $1 WHERE id = $2 AND removed_at IS NULL";
        if tx.run(sql, args![digest.map(str::to_owned), id.0]).await? == 0 {
            return Err(StoreError::NotFound("source"));
        }
        self.audit_in(&mut tx, actor, action, Subject::Source(id), json!({})).await?;
        tx.commit().await
    }

    /// Seals the secret with which a source's interface is asked, or takes it away.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_source_secret(
        &self,
        id: SourceId,
        secret: Option<&str>,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sealed = match secret {
            Some(secret) => Some(self.seal_in(&mut tx, &json!(secret).to_string()).await?.0),
            None => None,
        };
        let row = tx.row("SELECT secret_id FROM source WHERE id = $1", args![id.0]).await?;
        let old = row.ok_or(StoreError::NotFound("source"))?.opt_int("secret_id")?;
        tx.run("UPDATE source SET secret_id = $1 WHERE id = $2", args![sealed, id.0]).await?;
        if let Some(old) = old {
            tx.run("DELETE FROM sealed WHERE id = $1", args![old]).await?;
        }
        let detail = json!({"set": secret.is_some()});
        self.audit_in(&mut tx, actor, "source.secret", Subject::Source(id), detail).await?;
        tx.commit().await
    }

    /// The secret of a source's interface, for the request that needs it.
    pub async fn source_secret(&self, id: SourceId) -> Result<Option<String>, StoreError> {
        let mut tx = self.begin().await?;
        let row = tx.row("SELECT secret_id FROM source WHERE id = $1", args![id.0]).await?;
        let sealed = row.ok_or(StoreError::NotFound("source"))?.opt_int("secret_id")?;
        let secret = match sealed {
            Some(sealed) => self.unseal_in(&mut tx, SealedId(sealed)).await?.as_str().map(str::to_owned),
            None => None,
        };
        tx.commit().await?;
        Ok(secret)
    }

    /// What a push under this idempotency key was answered with before.
    pub async fn receipt(
        &self,
        source: SourceId,
        key: &str,
        body: &[u8],
    ) -> Result<Option<Receipt>, StoreError> {
        let sql = "SELECT * FROM receipt WHERE source_id = $1 AND key_digest = $2";
        let Some(row) =
            self.db().row(sql, args![source.0, self.vault().digest("push key", key.as_bytes())]).await?
        else {
            return Ok(None);
        };
        Ok(Some(Receipt {
            id: SealedId(row.int("id")?),
            at: row.time("at")?,
            status: row.int("status")?,
            answer: row.text("answer")?,
            same_body: row.text("body_digest")? == self.vault().digest("push body", body),
        }))
    }

    /// What a push of the source was answered with, JSON, by the id of its receipt.
    pub async fn push_answer(&self, source: SourceId, id: SealedId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT answer FROM receipt WHERE source_id = $1 AND id = $2";
        self.db().row(sql, args![source.0, id.0]).await?.map(|row| row.text("answer")).transpose()
    }

    /// Whether the source brought a record with this id.
    pub async fn has_record(&self, source: &Source, external_id: &str) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM item_key WHERE source_id = $1 AND external_id = $2";
        Ok(self.db().number(sql, args![source.id.0, self.key_of(external_id.trim())]).await? > 0)
    }

    /// Keeps what a push was answered with; a push that was quicker keeps its own. Receipts older than thirty
    /// days are forgotten.
    pub async fn keep_receipt(
        &self,
        source: SourceId,
        id: SealedId,
        key: &str,
        body: &[u8],
        status: u16,
        answer: &str,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        tx.run(
            "INSERT INTO receipt (id, source_id, key_digest, body_digest, at, status, answer) VALUES ($1,$2,$3,$4,$5,$6,$7)
             ON CONFLICT (source_id, key_digest) DO NOTHING",
            args![
                id.0,
                source.0,
                self.vault().digest("push key", key.as_bytes()),
                self.vault().digest("push body", body),
                now,
                i64::from(status),
                answer
            ],
        )
        .await?;
        let old = now - SignedDuration::from_hours(30 * 24);
        tx.run("DELETE FROM receipt WHERE source_id = $1 AND at < $2", args![source.0, old]).await?;
        tx.commit().await
    }
}
