//! Signed heads of the audit chain. Who can write to the database can compute every hash anew, but not sign: the key
//! hangs on the key file. A head that is kept elsewhere also tells when checkpoints themselves were taken away.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::rfc3339;
use crate::store::db::{Row, args};
use crate::store::{Store, StoreError};
use crate::vault::is_signed;

/// How often a head is signed, while lines come.
const EVERY: SignedDuration = SignedDuration::from_hours(1);

/// The head of the chain at a time, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// The number of the last line.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
    pub at: Timestamp,
    /// The installation's public key, in hexadecimal digits.
    pub key: String,
    /// Ed25519 over [`SignedHead::text`].
    pub signature: String,
}

impl SignedHead {
    /// What is signed.
    pub fn text(&self) -> String {
        format!("qingting audit head 1\n{}\n{}\n{}", self.seq, self.hash, rfc3339(self.at))
    }

    /// Whether the key that it names signed it.
    pub fn is_signed(&self) -> bool {
        is_signed(&self.key, self.text().as_bytes(), &self.signature)
    }
}

impl Store {
    /// Signs the head of the chain if lines came since the last checkpoint and an hour went by, or if `at_once`; gives
    /// the newest checkpoint, `None` while the chain is empty.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn checkpoint_audit(&self, at_once: bool) -> Result<Option<SignedHead>, StoreError> {
        let last = self.last_checkpoint().await?;
        let head = self.db().row("SELECT seq, hash FROM audit_head WHERE one = 1", vec![]).await?;
        let Some(head) = head else { return Ok(last) };
        let (seq, hash, now) = (head.int("seq")?, head.text("hash")?, self.now());
        let due = last
            .as_ref()
            // An hour either way: the last one may have been signed by a clock that ran ahead.
            .is_none_or(|last| seq > last.seq && (at_once || now.duration_since(last.at).abs() >= EVERY));
        if seq == 0 || !due {
            return Ok(last);
        }
        let unsigned = SignedHead { seq, hash, at: now, key: self.signing_key()?, signature: String::new() };
        let signature = self.vault().sign(unsigned.text().as_bytes()).ok_or_else(no_key)?;
        let signed = SignedHead { signature, ..unsigned };
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO audit_checkpoint (seq, hash, at, signature) VALUES ($1,$2,$3,$4) ON CONFLICT (seq) DO NOTHING";
        tx.run(sql, args![signed.seq, &signed.hash, signed.at, &signed.signature]).await?;
        tx.commit().await?;
        // Another process may have been faster.
        self.last_checkpoint().await
    }

    /// The public key by which the checkpoints of this installation are checked.
    ///
    /// # Errors
    /// When the key file cannot give one.
    pub fn signing_key(&self) -> Result<String, StoreError> {
        self.vault().public_key().ok_or_else(no_key)
    }

    async fn last_checkpoint(&self) -> Result<Option<SignedHead>, StoreError> {
        let key = self.signing_key()?;
        let sql = "SELECT seq, hash, at, signature FROM audit_checkpoint ORDER BY seq DESC LIMIT 1";
        self.db().row(sql, vec![]).await?.map(|row| head_of(&row, &key)).transpose()
    }

    /// All checkpoints, the earliest first.
    pub async fn checkpoints(&self) -> Result<Vec<SignedHead>, StoreError> {
        let key = self.signing_key()?;
        let sql = "SELECT seq, hash, at, signature FROM audit_checkpoint ORDER BY seq";
        self.db().rows(sql, vec![]).await?.iter().map(|row| head_of(row, &key)).collect()
    }
}

fn no_key() -> StoreError {
    StoreError::Bad("the key file gives no signing key".into())
}

fn head_of(row: &Row, key: &str) -> Result<SignedHead, StoreError> {
    Ok(SignedHead {
        seq: row.int("seq")?,
        hash: row.text("hash")?,
        at: row.time("at")?,
        key: key.to_owned(),
        signature: row.text("signature")?,
    })
}
