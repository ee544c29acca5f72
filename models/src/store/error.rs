//! What can go wrong in the store.

use jiff::Timestamp;

use crate::vault::VaultError;

/// An error of the store. An absent record is `Ok(None)` on reads, [`StoreError::NotFound`] on changes.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The record moved on since it was read.
    #[error("changed by {by} at {at} in the meantime")]
    Conflict { by: String, at: Timestamp },
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("the {what} \"{value}\" is taken already")]
    Taken { what: &'static str, value: String },
    /// The store cannot do what was asked, or holds what it should not.
    #[error("{0}")]
    Bad(String),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("database schema: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

impl StoreError {
    /// The same, or where another record has the name, that it is taken.
    pub(super) fn or_taken(self, what: &'static str, name: &str) -> Self {
        if self.is_unique_violation() { Self::Taken { what, value: name.to_owned() } } else { self }
    }

    /// Two writers met; the same call may succeed when it is tried again.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(e)) if e.is_unique_violation())
    }

    /// Two transactions of PostgreSQL waited for each other (`deadlock_detected`), and this one was given up: the same call
    /// may succeed when it is tried again.
    pub fn is_deadlock(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(e)) if e.code().as_deref() == Some("40P01"))
    }
}
