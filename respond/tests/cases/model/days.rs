//! Working days once more, written apart from the program: the second half of 2026 as the State Council arranged it, and
//! Monday to Friday after that.

use jiff::civil::{Date, Weekday, date};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan};

const SHANGHAI: Offset = Offset::constant(8);

pub(crate) fn day(at: Timestamp) -> Date {
    SHANGHAI.to_datetime(at).date()
}

pub(crate) fn at(day: Date, hour: i8) -> Timestamp {
    SHANGHAI.to_timestamp(day.at(hour, 0, 0, 0)).unwrap()
}

pub(crate) fn midnight_after(moment: Timestamp) -> Timestamp {
    at(day(moment).tomorrow().unwrap(), 0)
}

fn works(day: Date) -> bool {
    let off = [
        (date(2026, 6, 19), date(2026, 6, 21)),
        (date(2026, 9, 25), date(2026, 9, 27)),
        (date(2026, 10, 1), date(2026, 10, 7)),
    ];
    if off.iter().any(|(first, last)| (*first..=*last).contains(&day)) {
        return false;
    }
    if [date(2026, 9, 20), date(2026, 10, 10)].contains(&day) {
        return true;
    }
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Working days after the day of `from`, up to and with the day of `to`.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> u32 {
    let (mut at, last, mut count) = (day(from), day(to), 0);
    while at < last {
        at = at.tomorrow().unwrap();
        count += u32::from(works(at));
    }
    count
}

/// The close of the `count`-th working day after `from`.
pub(crate) fn later(from: Date, count: u32) -> Timestamp {
    let (mut day, mut left) = (from, count);
    while left > 0 {
        day = day.tomorrow().unwrap();
        left -= u32::from(works(day));
    }
    at(day, 17)
}

/// The close of the day `count` calendar days after `from`, or of the next working day.
pub(crate) fn calendar_later(from: Date, count: i64) -> Timestamp {
    let mut day = from.checked_add(count.days()).unwrap();
    while !works(day) {
        day = day.tomorrow().unwrap();
    }
    at(day, 17)
}

pub(crate) fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}
