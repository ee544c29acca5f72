//! One request at a time to a host, and a pause between two where that is asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep_until, timeout};

use super::error::FetchError;

/// Hosts are forgotten when there are more than this and they were not asked for a while.
const MANY_HOSTS: usize = 4096;
const A_WHILE: Duration = Duration::from_secs(120);

/// When the last request to a host ended.
type Host = Arc<tokio::sync::Mutex<Option<Instant>>>;

/// The queues of this process, one for each host.
#[derive(Debug, Default)]
pub(super) struct Turns {
    hosts: Mutex<HashMap<String, Host>>,
}

/// The right to ask a host until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(OwnedMutexGuard<Option<Instant>>);

impl Drop for Turn {
    fn drop(&mut self) {
        *self.0 = Some(Instant::now());
    }
}

impl Turns {
    /// Waits until no other request to the host runs and `gap` has passed since the last one.
    ///
    /// # Errors
    /// [`FetchError::HostBusy`] when that takes longer than `patience` besides the gap.
    pub(super) async fn take(
        &self,
        host: &str,
        gap: Duration,
        patience: Duration,
    ) -> Result<Turn, FetchError> {
        let queue = self.queue(host);
        let waiting = async {
            let guard = queue.lock_owned().await;
            if let Some(last) = *guard {
                sleep_until(last + gap).await;
            }
            Turn(guard)
        };
        timeout(patience + gap, waiting).await.map_err(|_| FetchError::HostBusy { host: host.to_owned() })
    }

    fn queue(&self, host: &str) -> Host {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() > MANY_HOSTS {
            forget(&mut hosts, A_WHILE);
        }
        hosts.entry(host.to_owned()).or_default().clone()
    }
}

/// Drops the queues in which nobody waits and nobody stood for the time.
fn forget(hosts: &mut HashMap<String, Host>, unused_for: Duration) {
    hosts.retain(|_, queue| {
        let idle = queue.try_lock().is_ok_and(|last| last.is_none_or(|at| at.elapsed() >= unused_for));
        Arc::strong_count(queue) > 1 || !idle
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_host_is_asked_once_at_a_time_and_others_are_not_held_up() {
        let turns = Turns::default();
        let first = turns.take("a.cn", Duration::ZERO, SHORT).await.unwrap();
        let second = turns.take("a.cn", Duration::ZERO, SHORT).await;
        assert_eq!(second.unwrap_err(), FetchError::HostBusy { host: "a.cn".into() });
        assert!(turns.take("b.cn", Duration::ZERO, SHORT).await.is_ok());
        drop(first);
        assert!(turns.take("a.cn", Duration::ZERO, SHORT).await.is_ok());
    }

    #[tokio::test]
    async fn a_pause_is_kept_from_the_end_of_the_last_request() {
        let turns = Turns::default();
        let mut ended: Option<Instant> = None;
        for _ in 0..3 {
            let turn = turns.take("a.cn", SHORT, SHORT).await.unwrap();
            assert!(ended.is_none_or(|at| at.elapsed() >= SHORT));
            drop(turn);
            ended = turns.hosts.lock().unwrap()["a.cn"].try_lock().ok().and_then(|last| *last);
            assert!(ended.is_some());
        }
    }

    #[tokio::test]
    async fn unused_queues_are_forgotten_and_used_ones_are_not() {
        let turns = Turns::default();
        drop(turns.take("a.cn", Duration::ZERO, SHORT).await.unwrap());
        let held = turns.take("b.cn", Duration::ZERO, SHORT).await.unwrap();
        let mut hosts = turns.hosts.lock().unwrap();
        forget(&mut hosts, A_WHILE);
        assert_eq!(hosts.len(), 2);
        forget(&mut hosts, Duration::ZERO);
        assert_eq!(hosts.keys().collect::<Vec<_>>(), ["b.cn"]);
        drop(held);
    }
}
