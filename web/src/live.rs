//! What the streams of pages share: whether there is anything new, asked for once for all of them; how many there are; and
//! that the server stops.

use std::sync::Arc;
use std::time::Duration;

use qingting_models::store::{Store, StoreError, Waker};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

/// Streams at the same time in one process; beyond it pages go without.
const STREAMS: usize = 1_000;
/// How often the store is asked without a ring, and how often where the rings of all processes are heard.
const PACE: Duration = Duration::from_secs(2);
const HEARD: Duration = Duration::from_secs(15);
/// What comes so soon after a ring is looked at with it: in a flood each list asks the server no more often for what is new.
const GATHERED: Duration = Duration::from_secs(1);

/// How far the store has come; each rises when there is something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latest {
    pub notice: i64,
    pub judgement: i64,
}

/// The shared part; cheap to clone.
#[derive(Clone)]
pub struct Live {
    latest: Arc<Mutex<Option<(Instant, Latest)>>>,
    places: Arc<Semaphore>,
    stop: Arc<watch::Sender<bool>>,
}

impl Default for Live {
    fn default() -> Self {
        Self { latest: Arc::default(), places: Arc::new(Semaphore::new(STREAMS)), stop: Arc::default() }
    }
}

impl Live {
    /// A place for one more stream, given back when it is dropped; none when all are taken or the server stops.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        if *self.stop.borrow() {
            return None;
        }
        self.places.clone().try_acquire_owned().ok()
    }

    /// Ends all streams, and lets none begin.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until something came or it is time to look all the same; `false` when the server stops.
    pub async fn wait(&self, store: &Store, waker: &mut Waker) -> bool {
        let mut stopped = self.stop.subscribe();
        let rung = async {
            waker.woken().await;
            tokio::time::sleep(GATHERED).await;
        };
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => false,
            () = rung => true,
            () = tokio::time::sleep(if store.hears_all() { HEARD } else { PACE }) => true,
        }
    }

    /// How far the store has come for anybody, at most [`GATHERED`] old: many streams ask the store once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn latest(&self, store: &Store) -> Result<Latest, StoreError> {
        let mut known = self.latest.lock().await;
        match *known {
            Some((at, latest)) if at.elapsed() < GATHERED => Ok(latest),
            _ => {
                let (notice, judgement) = (store.latest_notice().await?, store.latest_judgement().await?);
                let latest = Latest { notice, judgement };
                *known = Some((Instant::now(), latest));
                Ok(latest)
            }
        }
    }
}
