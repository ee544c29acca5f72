//! Wakes those who wait for work, and pages that wait for news. Within a process a committed transaction that puts something
//! before a stage, or brings a judgement or a notice, rings at once; on PostgreSQL it also tells the other processes by
//! `NOTIFY`. Nothing is lost with a ring: whoever waits also looks by itself from time to time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::watch;

use super::db::Db;
use super::{Store, StoreError};

/// The channel of `NOTIFY`. It carries no content: what waits is read from the tables.
pub(super) const CHANNEL: &str = "qingting_work";

/// Rings for all handles of one store.
#[derive(Debug, Clone, Default)]
pub(super) struct Bell(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    rings: watch::Sender<()>,
    hears_others: AtomicBool,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.0.rings.send_replace(());
    }
}

/// One who waits for work.
#[derive(Debug)]
pub struct Waker(watch::Receiver<()>);

impl Waker {
    /// Waits for the next ring; one that came since the last call is the next.
    pub async fn woken(&mut self) {
        if self.0.changed().await.is_err() {
            // The store is gone, and nothing will ring any more.
            std::future::pending().await
        }
    }
}

/// Says that others are heard no more when the hearing ends, however it ends.
struct Hearing<'a>(&'a AtomicBool);

impl Drop for Hearing<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Store {
    /// For one who waits for work to come.
    pub fn waker(&self) -> Waker {
        Waker(self.inner.bell.0.rings.subscribe())
    }

    /// Whether rings of all processes that may bring work arrive here, so that looking by oneself may be rare.
    pub fn hears_all(&self) -> bool {
        self.inner.bell.0.hears_others.load(Ordering::Relaxed)
    }

    /// Passes the rings of other processes on as long as it runs. On SQLite nobody else can be heard, and it never ends.
    ///
    /// # Errors
    /// When the database cannot be reached; a connection that breaks is made again.
    pub async fn hear_others(&self) -> Result<(), StoreError> {
        let Db::Postgres(server) = self.db() else { return std::future::pending().await };
        // A connection of its own: it would be missing in the pool for good.
        let alone = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let alone = alone.connect_with(server.direct.as_ref().clone()).await?;
        let mut listener = PgListener::connect_with(&alone).await?;
        listener.listen(CHANNEL).await?;
        let bell = &self.inner.bell;
        let _hearing = Hearing(&bell.0.hears_others);
        bell.0.hears_others.store(true, Ordering::Relaxed);
        // What came before it listened.
        bell.ring();
        loop {
            // Without a notification the connection was lost and made again: some may have been missed.
            let _heard = listener.try_recv().await?;
            bell.ring();
        }
    }
}
