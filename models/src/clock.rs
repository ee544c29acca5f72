//! Where "now" comes from, and the county's wall clock.
//!
//! Nothing else reads the system's time: every function that needs it takes a [`Clock`] or a
//! `Timestamp`, so that deadlines, leases and sessions can be tested and a demo season replayed.

use std::sync::Mutex;

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ZonedDateTime};

/// Asia/Shanghai: a fixed +08:00 since 1991, so no zone database is needed.
pub fn shanghai() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// `at` on the county's wall clock.
pub fn local(at: Timestamp) -> ZonedDateTime {
    at.to_zoned_datetime(shanghai())
}

/// The instant of a wall-clock time in Asia/Shanghai.
///
/// # Errors
/// When the time lies outside the range of `Timestamp` (years -9999 to 9999).
pub fn from_local(at: DateTime) -> Result<Timestamp, jiff::Error> {
    Ok(at.to_zoned_datetime(shanghai())?.timestamp())
}

/// The county's date at `at`.
pub fn local_date(at: Timestamp) -> Date {
    local(at).date()
}

/// `2026-11-23 08:30` in Asia/Shanghai.
pub fn minute_text(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// RFC 3339 with the county's offset: `2026-11-30T17:00:00+08:00`.
pub fn rfc3339(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// A source of the present time.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// The machine's clock, to the millisecond that the store keeps.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// A clock that stands where it is put: for tests and for replaying a season.
#[derive(Debug)]
pub struct SetClock(Mutex<Timestamp>);

impl SetClock {
    pub fn at(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves the clock to `to`, forwards or backwards.
    pub fn set(&self, to: Timestamp) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = to;
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
