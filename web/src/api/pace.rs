//! How often each token may come: a bucket that holds a burst and fills steadily.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// How many requests are let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    /// Requests that may come at once.
    pub burst: i64,
    /// Milliseconds in which one more request is allowed.
    pub refill_ms: i64,
}

/// The buckets of all tokens of a kind, by whose they are, kept in this process alone.
#[derive(Debug)]
pub(super) struct Pace<K> {
    limit: Limit,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Requests left, in milliseconds of refilling.
    left_ms: i64,
    at: Timestamp,
}

impl<K: Eq + Hash> Pace<K> {
    pub(super) fn new(limit: Limit) -> Self {
        Self { limit, buckets: Mutex::default() }
    }

    /// Takes one request of `whose`, or tells in how many seconds it may come again.
    pub(super) fn take(&self, whose: K, now: Timestamp) -> Result<(), i64> {
        let Limit { burst, refill_ms } = self.limit;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = Bucket { left_ms: burst * refill_ms, at: now };
        let bucket = buckets.entry(whose).or_insert(full);
        let passed = (now.as_millisecond() - bucket.at.as_millisecond()).max(0);
        bucket.left_ms = (bucket.left_ms + passed).min(full.left_ms);
        bucket.at = now;
        if bucket.left_ms < refill_ms {
            return Err((refill_ms - bucket.left_ms + 999) / 1000);
        }
        bucket.left_ms -= refill_ms;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BURST: i64 = 120;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_000 + ms).unwrap()
    }

    #[test]
    fn a_burst_is_let_in_and_then_one_after_the_other() {
        let pace = Pace::new(Limit { burst: BURST, refill_ms: 500 });
        let one = |ms| pace.take(1, at(ms));
        for _ in 0..BURST {
            assert_eq!(one(0), Ok(()));
        }
        assert_eq!(one(0), Err(1));
        assert_eq!(pace.take(2, at(0)), Ok(()), "another has its own");
        assert_eq!(one(499), Err(1));
        assert_eq!(one(500), Ok(()));
        assert_eq!(one(400), Err(1), "a clock that runs back gives nothing");
        let let_in = (0..2 * BURST).filter(|_| one(3_600_000).is_ok()).count();
        assert_eq!(let_in as i64, BURST, "what was not used does not pile up");
    }
}
