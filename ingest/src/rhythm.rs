//! When a source is asked again: by its own rhythm while it answers, ever more seldom while it does not.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use jiff::Timestamp;

/// No source is asked more often.
pub const MIN_INTERVAL_S: i64 = 60;
/// A quiet source is asked again after this at the latest, and so is one that fails, unless its own interval
/// is longer.
pub const MAX_PACE_S: i64 = 6 * 3600;
/// However quiet a source, it is asked at least once in so many of the administrator's intervals: what stirs
/// a county is not announced by a rhythm.
const MAX_WIDENING: i64 = 4;
/// A server or feed that wants to be left alone is left alone for so long at most.
pub const MAX_WISH_S: i64 = 24 * 3600;
/// Entries that tell the rhythm: the latest ones.
const RECENT: usize = 20;
/// Fewer gaps than this tell no rhythm.
const MIN_GAPS: usize = 2;

/// What is known when a source has answered. All times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// The least that the administrator wants between two polls.
    pub interval_s: i64,
    /// The source's own rhythm, from [`pace`]; kept from the last answer that had entries.
    pub pace_s: Option<i64>,
    /// How long the feed says that it stays as it is.
    pub ttl_s: Option<i64>,
    /// How long the server says that asking again is useless.
    pub fresh_for: Option<Duration>,
    /// Where chance comes from, see [`seed`].
    pub seed: u64,
}

/// What is known when a source has not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    pub interval_s: i64,
    /// Failures in a row before this one.
    pub failures: i64,
    /// When the server asked us to come again.
    pub retry_after: Option<Duration>,
    pub seed: u64,
}

/// Seconds between polls that suit a source: half the median gap between its latest entries, at least the
/// administrator's interval, at most four of them and six hours (or the interval, where it is longer). `None` when the entries tell no rhythm.
///
/// The order of `published` does not matter; times after `now` don't count.
pub fn pace(interval_s: i64, published: impl IntoIterator<Item = Timestamp>, now: Timestamp) -> Option<i64> {
    let past = published.into_iter().filter(|at| *at <= now);
    let mut seconds: Vec<i64> = past.map(Timestamp::as_second).collect();
    seconds.sort_unstable_by(|a, b| b.cmp(a));
    seconds.truncate(RECENT);
    let mut gaps: Vec<i64> =
        seconds.iter().zip(seconds.iter().skip(1)).map(|(later, at)| later - at).collect();
    if gaps.len() < MIN_GAPS {
        return None;
    }
    let middle = gaps.len() / 2;
    let (_, median, _) = gaps.select_nth_unstable(middle);
    let least = interval_s.max(MIN_INTERVAL_S);
    Some((*median / 2).clamp(least, slowest(least)))
}

/// The longest pace of a source with this interval.
fn slowest(least: i64) -> i64 {
    MAX_PACE_S.min(least.saturating_mul(MAX_WIDENING)).max(least)
}

/// Seconds until a source that has answered is asked again: its pace, longer where the feed or the server
/// wishes so (a day at most), give or take a tenth.
pub fn after_answer(answered: &Answered) -> i64 {
    let Answered { interval_s, pace_s, ttl_s, fresh_for, seed } = *answered;
    let least = interval_s.max(MIN_INTERVAL_S);
    let pace = pace_s.unwrap_or(least).clamp(least, slowest(least));
    let wish = |seconds: i64| seconds.clamp(0, MAX_WISH_S);
    let fresh_s = fresh_for.map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(MAX_WISH_S));
    let wait = pace.max(wish(ttl_s.unwrap_or(0))).max(wish(fresh_s));
    let tenth = wait / 10;
    (wait - tenth + chance(seed, 2 * tenth + 1)).max(MIN_INTERVAL_S)
}

/// Seconds until a source that has failed is asked again: twice as long each time, at most six hours (or the
/// interval, where that is longer), less up to a fifth, so that sources that failed together don't come back
/// together. A server's own wish to be left alone is followed, for a day at most. It never ends.
pub fn after_failure(failed: &Failed) -> i64 {
    let Failed { interval_s, failures, retry_after, seed } = *failed;
    let least = interval_s.max(MIN_INTERVAL_S);
    let doublings = u32::try_from(failures.clamp(0, 20)).unwrap_or(20);
    let backoff = least.saturating_mul(1 << doublings).min(MAX_PACE_S.max(least));
    let backoff = (backoff - chance(seed, backoff / 5)).max(MIN_INTERVAL_S);
    let asked = retry_after.map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(MAX_WISH_S));
    backoff.max(asked.min(MAX_WISH_S))
}

/// A number that differs with what is given: the source's id, its failures and the time, say.
pub fn seed(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The moment so many seconds later.
pub fn after(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(now.as_second().saturating_add(seconds)).unwrap_or(Timestamp::MAX)
}

/// A number from 0 up to, not including, `below`; 0 where there is none.
fn chance(seed: u64, below: i64) -> i64 {
    let below = u64::try_from(below).unwrap_or(0).max(1);
    i64::try_from(seed % below).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Seconds until the next poll, over many chances: the shortest and the longest.
    fn range(answered: Answered) -> (i64, i64) {
        let waits = (0..2_000).map(|n| after_answer(&Answered { seed: seed(n), ..answered }));
        waits.fold((i64::MAX, 0), |(low, high), wait| (low.min(wait), high.max(wait)))
    }

    fn around(wait: (i64, i64), middle: i64) -> bool {
        let (low, high) = (middle * 9 / 10, middle * 11 / 10 + 1);
        (low..=low + middle / 50).contains(&wait.0) && (high - middle / 50..=high).contains(&wait.1)
    }

    const ANSWERED: Answered =
        Answered { interval_s: 900, pace_s: None, ttl_s: None, fresh_for: None, seed: 0 };

    #[test]
    fn the_pace_is_half_the_median_gap() {
        let every = |gap: i64| (0..30).map(move |n| at(1_000_000 - n * gap));
        let now = at(1_000_000);
        assert_eq!(pace(900, every(2 * HOUR), now), Some(HOUR));
        assert_eq!(pace(900, every(60), now), Some(900));
        assert_eq!(pace(900, every(48 * HOUR).take(5), now), Some(HOUR));
        assert_eq!(pace(3 * HOUR, every(48 * HOUR).take(5), now), Some(MAX_PACE_S));
        assert_eq!(pace(12 * HOUR, every(60), now), Some(12 * HOUR));
        assert_eq!(pace(0, every(1), now), Some(MIN_INTERVAL_S));
        // One long holiday does not change the rhythm, and the order does not matter.
        let odd = [500_000, 0, 507_200, 514_400, 503_600, 510_800].map(at);
        assert_eq!(pace(600, odd, now), Some(1800));
    }

    #[test]
    fn too_few_entries_and_those_of_the_future_tell_no_rhythm() {
        assert_eq!(pace(900, [], at(0)), None);
        assert_eq!(pace(900, [at(0), at(100)], at(1_000)), None);
        assert_eq!(pace(900, [at(0), at(100), at(200), at(300)], at(150)), None);
    }

    #[test]
    fn an_answering_source_keeps_its_pace_give_or_take_a_tenth() {
        assert!(around(range(ANSWERED), 900));
        assert!(around(range(Answered { pace_s: Some(2400), ..ANSWERED }), 2400));
        // A pace that was noted before the interval became longer.
        assert!(around(range(Answered { interval_s: 4 * HOUR, pace_s: Some(600), ..ANSWERED }), 4 * HOUR));
        assert_eq!(range(Answered { interval_s: 0, ..ANSWERED }).0, MIN_INTERVAL_S);
        assert_eq!(
            range(Answered { interval_s: i64::MIN, pace_s: Some(i64::MIN), ..ANSWERED }).0,
            MIN_INTERVAL_S
        );
    }

    #[test]
    fn feed_and_server_may_ask_for_more_time_but_a_day_at_most() {
        let fresh = |seconds| Some(Duration::from_secs(seconds));
        assert!(around(range(Answered { ttl_s: Some(3 * HOUR), ..ANSWERED }), 3 * HOUR));
        assert!(around(range(Answered { fresh_for: fresh(7200), ..ANSWERED }), 2 * HOUR));
        assert!(around(range(Answered { fresh_for: fresh(0), ttl_s: Some(-5), ..ANSWERED }), 900));
        assert!(around(range(Answered { fresh_for: fresh(u64::MAX), ..ANSWERED }), MAX_WISH_S));
        assert!(around(range(Answered { ttl_s: Some(i64::MAX), ..ANSWERED }), MAX_WISH_S));
    }

    #[test]
    fn failures_make_the_wait_longer_and_never_endless() {
        let wait =
            |failures, seed| after_failure(&Failed { interval_s: 600, failures, retry_after: None, seed });
        let mut last = 0;
        for failures in 0..5 {
            let longer = wait(failures, seed(failures));
            assert!(longer > last, "{failures}: {longer}");
            last = longer;
        }
        for failures in [10, 1_000, i64::MAX] {
            let waits: Vec<i64> = (0..500).map(|n| wait(failures, seed(n))).collect();
            assert!(waits.iter().all(|wait| (MAX_PACE_S * 4 / 5..=MAX_PACE_S).contains(wait)), "{failures}");
            assert!(
                waits.iter().any(|wait| *wait != waits[0]),
                "sources that failed together come back together"
            );
        }
        let daily = Failed { interval_s: 24 * HOUR, failures: 9, retry_after: None, seed: 0 };
        assert_eq!(after_failure(&daily), 24 * HOUR);
    }

    #[test]
    fn a_server_that_asks_to_be_left_alone_is() {
        let wait = |hours: u64| {
            let retry_after = Some(Duration::from_secs(hours * 3600));
            after_failure(&Failed { interval_s: 600, failures: 0, retry_after, seed: 0 })
        };
        assert_eq!(wait(9), 9 * HOUR);
        assert_eq!(wait(900), MAX_WISH_S);
        assert_eq!(wait(0), 600);
    }
}
