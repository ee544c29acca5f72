//! Draws what happens: the same numbers in every run with the same seed.

use jiff::{SignedDuration, Timestamp};

use crate::model::days;

pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }

    /// True so often of a thousand times.
    pub(crate) fn often(&mut self, of_thousand: usize) -> bool {
        self.below(1_000) < of_thousand
    }

    pub(crate) fn one<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// Some time after `now`, `minutes` on the average: in office hours mostly, by the clock at times. Never on a full
    /// minute, where the program's rounds are, but for those who work through a pile at one instant.
    pub(crate) fn later(&mut self, now: Timestamp, minutes: i64) -> Timestamp {
        let drawn = minutes / 4 + self.below(usize::try_from(minutes * 3 / 2).unwrap() + 1) as i64;
        let time = SignedDuration::from_mins(drawn.max(1));
        let at = if self.often(800) { days::after_office_time(now, time) } else { now + time };
        let at = Timestamp::from_second(at.as_second() / 60 * 60).unwrap();
        if self.often(100) {
            // The full hour and five minutes: many at the same instant.
            let piled = Timestamp::from_second(at.as_second() / 3_600 * 3_600 + 300).unwrap();
            if piled > now {
                return piled;
            }
        }
        at.max(now) + SignedDuration::from_secs(61 + self.below(58) as i64)
    }
}
