//! Sends events on to programs of others, signed as the [Standard Webhooks] say: in the order of their numbers, each until it
//! has arrived, so that none is lost; one that arrived and could not say so comes again under the same id.
//!
//! [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use qingting_ingest::http::{Http, Post, Reach};
use qingting_models::clock::rfc3339;
use qingting_models::ids::{OutEventId, WebhookId};
use qingting_models::records::{ChannelSecret, OutEvent, Webhook};
use qingting_models::store::{Store, StoreError};
use qingting_models::vault::random;
use serde_json::{Value, json};
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook as Signer,
};

use crate::notices::send::{SendError, backoff};

/// Events that are taken at once.
const AT_ONCE: i64 = 100;
/// How long a worker may take for those. A worker stops after [`ROUND`], and its last try takes no longer than [`PATIENCE`].
const LEASE: SignedDuration = SignedDuration::from_secs(40);
const ROUND: Duration = Duration::from_secs(15);
/// Longest time for one try; the standard asks for 15 to 30 seconds.
const PATIENCE: Duration = Duration::from_secs(15);
/// The longest answer that is read, in bytes.
const ANSWER: u64 = 64 << 10;
/// What secrets begin with.
pub const SECRET_PREFIX: &str = "whsec_";
/// What a trial says that it is.
const TRIAL: &str = "test";

/// Sends for one process; cheap to clone.
#[derive(Clone)]
pub struct Forwarder {
    store: Store,
    http: Http,
    patience: Duration,
}

impl Forwarder {
    pub fn new(store: Store, http: Http) -> Self {
        Self { store, http, patience: PATIENCE }
    }

    /// With another longest time for one try.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sends an address what waits for it, up to a hundred events one after the other, and stops at the first that does not
    /// arrive; how many events arrived or failed. Safe to be killed anywhere.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn serve(&self, worker: &str, id: WebhookId) -> Result<usize, StoreError> {
        let Some(task) = self.store.claim_webhook(worker, id, AT_ONCE, LEASE).await? else { return Ok(0) };
        let webhook = &task.webhook;
        let (begun, mut arrived) = (Instant::now(), 0);
        let (mut seen, mut failed) = (webhook.seen, None);
        for numbered in &task.events {
            if begun.elapsed() >= ROUND {
                break;
            }
            match self
                .send(webhook, &task.secret, &body(numbered.seq, &numbered.event), numbered.event.id)
                .await
            {
                Ok(()) => (seen, arrived) = (numbered.seq, arrived + 1),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        if arrived == task.events.len() {
            seen = task.next;
        }
        let failed = failed.map(|SendError { text, retry_after }| {
            let tries = if arrived > 0 { 0 } else { webhook.tries };
            tracing::warn!(webhook = webhook.name, after = seen, "not delivered: {text}");
            (text, backoff::next_try(tries, retry_after, self.store.now()))
        });
        let told = failed.as_ref().map(|(text, at)| (text.as_str(), *at));
        if !self.store.finish_webhook(worker, id, seen, arrived > 0, told).await? {
            tracing::debug!(webhook = webhook.name, "it was changed, or another worker has it by now");
        }
        Ok(arrived + usize::from(failed.is_some()))
    }

    /// Sends an event that says it is a trial.
    ///
    /// # Errors
    /// Why it did not arrive, in words; or the store's error.
    pub async fn try_webhook(&self, webhook: &Webhook) -> Result<Result<(), SendError>, StoreError> {
        let secret = self.store.webhook_secret(webhook.id).await?;
        let now = self.store.now();
        let id: OutEventId = self.store.ids().next(now);
        let body = json!({ "type": TRIAL, "timestamp": rfc3339(now), "data": {} });
        Ok(self.send(webhook, &secret, &body, id).await)
    }

    async fn send(
        &self,
        webhook: &Webhook,
        secret: &str,
        body: &Value,
        id: OutEventId,
    ) -> Result<(), SendError> {
        let (id, at, body) = (id.to_string(), self.store.now().as_second(), body.to_string());
        let signed = Signer::new(secret).and_then(|signer| signer.sign(&id, at, body.as_bytes()));
        let signature = signed.map_err(|_| SendError::new("签名密钥不能用"))?;
        let headers = [
            ("Content-Type", "application/json".to_owned()),
            (HEADER_WEBHOOK_ID, id),
            (HEADER_WEBHOOK_TIMESTAMP, at.to_string()),
            (HEADER_WEBHOOK_SIGNATURE, signature),
        ];
        let post = Post {
            url: webhook.settings.url.clone(),
            body: body.into_bytes(),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            within: self.patience,
            bytes: ANSWER,
            reach: if webhook.settings.inside { Reach::House } else { Reach::Internet },
        };
        // The address may hold a password, and a receiver may say the secret back to us.
        let hidden = ChannelSecret { key: webhook.settings.url.clone(), sign: secret.to_owned() };
        let sent = self.http.send(&post, self.store.now()).await;
        sent.map(drop).map_err(|error| SendError::from(error).without(&hidden))
    }
}

/// What is sent of an event, the same over all tries.
pub fn body(seq: i64, event: &OutEvent) -> Value {
    let mut data = event.data.clone();
    data["seq"] = json!(seq);
    json!({ "type": event.kind.code(), "timestamp": rfc3339(event.at), "data": data })
}

/// A new secret: 24 random bytes, as the standard writes them.
///
/// # Errors
/// When the system has no random bytes.
pub fn new_secret() -> Result<String, StoreError> {
    Ok(format!("{SECRET_PREFIX}{}", data_encoding::BASE64.encode(&random::<24>()?)))
}

/// Whether a text is a secret that can sign: `whsec_` and 24 to 64 bytes in Base64.
pub fn is_secret(text: &str) -> bool {
    let bytes =
        text.strip_prefix(SECRET_PREFIX).and_then(|text| data_encoding::BASE64.decode(text.as_bytes()).ok());
    bytes.is_some_and(|bytes| (24..=64).contains(&bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_of_the_standard() {
        let secret = new_secret().unwrap();
        assert!(is_secret(&secret) && secret != new_secret().unwrap());
        assert!(!is_secret("whsec_") && !is_secret("whsec_kurz") && !is_secret(&secret[6..]));
    }
}
