//! How often each source may come: a bucket that holds a burst and fills steadily.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use qingting_models::ids::SourceId;

/// Requests that may come at once.
pub(super) const BURST: i64 = 120;
/// Milliseconds in which one more request is allowed.
const REFILL_MS: i64 = 500;

/// The buckets of all sources, kept in this process alone.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<HashMap<SourceId, Bucket>>);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Requests left, in milliseconds of refilling.
    left_ms: i64,
    at: Timestamp,
}

impl Pace {
    /// Takes one request of a source, or tells in how many seconds it may come again.
    pub(super) fn take(&self, source: SourceId, now: Timestamp) -> Result<(), i64> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = Bucket { left_ms: BURST * REFILL_MS, at: now };
        let bucket = buckets.entry(source).or_insert(full);
        let passed = (now.as_millisecond() - bucket.at.as_millisecond()).max(0);
        bucket.left_ms = (bucket.left_ms + passed).min(full.left_ms);
        bucket.at = now;
        if bucket.left_ms < REFILL_MS {
            return Err((REFILL_MS - bucket.left_ms + 999) / 1000);
        }
        bucket.left_ms -= REFILL_MS;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_in_and_then_one_after_the_other() {
        let pace = Pace::default();
        let at = |ms: i64| Timestamp::from_millisecond(1_790_000_000_000 + ms).unwrap();
        for _ in 0..BURST {
            assert_eq!(pace.take(SourceId(1), at(0)), Ok(()));
        }
        assert_eq!(pace.take(SourceId(1), at(0)), Err(1));
        assert_eq!(pace.take(SourceId(2), at(0)), Ok(()), "another source has its own");
        assert_eq!(pace.take(SourceId(1), at(499)), Err(1));
        assert_eq!(pace.take(SourceId(1), at(500)), Ok(()));
        assert_eq!(pace.take(SourceId(1), at(400)), Err(1), "a clock that runs back gives nothing");
        let later = at(3_600_000);
        let let_in = (0..2 * BURST).filter(|_| pace.take(SourceId(1), later).is_ok()).count();
        assert_eq!(let_in as i64, BURST, "what was not used does not pile up");
    }
}
