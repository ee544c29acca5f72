//! When a message that failed is tried again: twice as long each time, scattered, and no sooner than the receiver asked.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use qingting_models::vault::random;

/// The first pause and the longest.
const FIRST: i64 = 5;
const LONGEST: i64 = 6 * 3600;
/// After so many tries a person decides: about a day after the first.
const TRIES: i64 = 15;

/// When a message is tried again that failed for the `tries + 1`-th time; none when a person has to decide.
pub(crate) fn next_try(tries: i64, asked: Option<Duration>, now: Timestamp) -> Option<Timestamp> {
    // Without random bytes the pause is merely not scattered.
    let chance =
        random::<2>().map_or(0.5, |bytes| f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX));
    next_by_chance(tries, asked, now, chance)
}

/// `chance` is from 0 to 1.
fn next_by_chance(tries: i64, asked: Option<Duration>, now: Timestamp, chance: f64) -> Option<Timestamp> {
    if tries + 1 >= TRIES {
        return None;
    }
    let doublings = u32::try_from(tries.clamp(0, 30)).unwrap_or(30);
    let pause = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    // From four fifths to six fifths of it.
    let scattered = (pause as f64 * (0.8 + 0.4 * chance) * 1000.0) as i64;
    let asked = asked.map_or(0, |asked| i64::try_from(asked.as_millis()).unwrap_or(i64::MAX));
    now.checked_add(SignedDuration::from_millis(scattered.max(asked))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(tries: i64, asked: Option<u64>, chance: f64) -> Option<i64> {
        let now = Timestamp::UNIX_EPOCH;
        let at = next_by_chance(tries, asked.map(Duration::from_secs), now, chance)?;
        Some(at.as_millisecond())
    }

    #[test]
    fn pauses_double_up_to_six_hours_and_end() {
        assert_eq!(pause(0, None, 0.5), Some(5_000));
        assert_eq!(pause(3, None, 0.5), Some(40_000));
        assert_eq!(pause(13, None, 0.5), Some(LONGEST * 1000));
        assert_eq!(pause(14, None, 0.5), None);
        assert_eq!((pause(0, None, 0.0), pause(0, None, 1.0)), (Some(4_000), Some(6_000)));
    }

    #[test]
    fn a_receiver_that_asks_for_patience_gets_it() {
        assert_eq!(pause(0, Some(120), 0.5), Some(120_000));
        assert_eq!(pause(6, Some(1), 0.5), Some(320_000));
    }
}
