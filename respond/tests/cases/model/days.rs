//! Working days and office hours once more, written apart from the program: 2026 as the State Council arranged it, and
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

pub(crate) fn works(day: Date) -> bool {
    let off = [
        (date(2026, 1, 1), date(2026, 1, 3)),
        (date(2026, 2, 15), date(2026, 2, 23)),
        (date(2026, 4, 4), date(2026, 4, 6)),
        (date(2026, 5, 1), date(2026, 5, 5)),
        (date(2026, 6, 19), date(2026, 6, 21)),
        (date(2026, 9, 25), date(2026, 9, 27)),
        (date(2026, 10, 1), date(2026, 10, 7)),
    ];
    if off.iter().any(|(first, last)| (*first..=*last).contains(&day)) {
        return false;
    }
    let made_up = [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ];
    if made_up.contains(&day) {
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

/// The office hours of a day: 08:30 to 12:00 and 13:30 to 17:00.
fn office(day: Date) -> Vec<(Timestamp, Timestamp)> {
    let moment = |hour, minute| SHANGHAI.to_timestamp(day.at(hour, minute, 0, 0)).unwrap();
    match works(day) {
        true => vec![(moment(8, 30), moment(12, 0)), (moment(13, 30), moment(17, 0))],
        false => vec![],
    }
}

/// Whether the offices are open.
pub(crate) fn is_office_hour(moment: Timestamp) -> bool {
    office(day(moment)).iter().any(|(opens, closes)| *opens <= moment && moment < *closes)
}

/// When so much office time has passed since `from`.
pub(crate) fn after_office_time(from: Timestamp, time: SignedDuration) -> Timestamp {
    let (mut today, mut left) = (day(from), time);
    loop {
        for (opens, closes) in office(today) {
            let begins = opens.max(from);
            let there = closes.duration_since(begins);
            if there.is_positive() && left <= there {
                return begins + left;
            }
            left -= there.max(SignedDuration::ZERO);
        }
        today = today.tomorrow().unwrap();
    }
}

fn workday_before(day: Date) -> Date {
    let mut day = day.yesterday().unwrap();
    while !works(day) {
        day = day.yesterday().unwrap();
    }
    day
}

/// One working day before a moment: the same hour of the working day before. A moment on a day off counts as the last
/// close before it.
pub(crate) fn one_working_day_before(moment: Timestamp) -> Timestamp {
    let civil = SHANGHAI.to_datetime(moment);
    match works(civil.date()) {
        true => SHANGHAI.to_timestamp(workday_before(civil.date()).to_datetime(civil.time())).unwrap(),
        false => at(workday_before(workday_before(civil.date())), 17),
    }
}

pub(crate) fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}
