//! When messages may go out.

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use qingting_models::clock::{from_local, local};
use qingting_models::records::{ActiveHours, Urgency};

use crate::calendar::WorkCalendar;

/// Longer than any run of days off.
const DAYS: i64 = 40;

/// The instant from `now` on at which a message of that urgency may go out: now, or the beginning of the next hours.
pub(super) fn next_open(
    hours: &ActiveHours,
    calendar: &WorkCalendar,
    urgency: Urgency,
    now: Timestamp,
) -> Timestamp {
    if hours.urgent_always && urgency == Urgency::Urgent {
        return now;
    }
    let today = local(now).date();
    // Yesterday's hours may reach into today.
    let days = (-1..DAYS).filter_map(|day| today.checked_add(day.days()).ok());
    let stretches = days.filter(|day| !hours.workdays || calendar.is_workday(*day)).filter_map(|day| {
        let end_day = if hours.to > hours.from { day } else { day.tomorrow().ok()? };
        Some((instant(day, hours.from)?, instant(end_day, hours.to)?))
    });
    let next = stretches.filter(|(_, end)| *end > now).map(|(begin, _)| begin.max(now)).next();
    next.unwrap_or(now)
}

fn instant(day: Date, time: Time) -> Option<Timestamp> {
    from_local(day.to_datetime(time)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use qingting_models::county::County;

    fn at(text: &str) -> Timestamp {
        format!("{text}+08:00").parse().unwrap()
    }

    fn next(hours: &ActiveHours, urgency: Urgency, now: &str) -> Timestamp {
        let calendar = WorkCalendar::of_county(&County::embedded().unwrap());
        next_open(hours, &calendar, urgency, at(now))
    }

    #[test]
    fn what_comes_outside_waits_until_the_hours_begin() {
        let hours = ActiveHours {
            from: Time::constant(8, 0, 0, 0),
            to: Time::constant(20, 0, 0, 0),
            workdays: true,
            urgent_always: true,
        };
        let of = |now| next(&hours, Urgency::Watch, now);
        assert_eq!(of("2026-11-03T12:00:00"), at("2026-11-03T12:00:00"));
        assert_eq!(of("2026-11-03T06:30:00"), at("2026-11-03T08:00:00"));
        assert_eq!(of("2026-11-03T20:00:00"), at("2026-11-04T08:00:00"));
        assert_eq!(of("2026-11-06T21:00:00"), at("2026-11-09T08:00:00"), "over the weekend");
        assert_eq!(of("2026-09-30T21:00:00"), at("2026-10-08T08:00:00"), "over the holidays");
        assert_eq!(next(&hours, Urgency::Urgent, "2026-10-01T03:00:00"), at("2026-10-01T03:00:00"));
        let never = ActiveHours { urgent_always: false, ..hours };
        assert_eq!(next(&never, Urgency::Urgent, "2026-11-03T03:00:00"), at("2026-11-03T08:00:00"));
    }

    #[test]
    fn hours_may_reach_over_midnight() {
        let hours = ActiveHours {
            from: Time::constant(20, 0, 0, 0),
            to: Time::constant(6, 0, 0, 0),
            workdays: false,
            urgent_always: false,
        };
        let of = |now| next(&hours, Urgency::Ordinary, now);
        assert_eq!(of("2026-11-03T02:00:00"), at("2026-11-03T02:00:00"));
        assert_eq!(of("2026-11-03T06:00:00"), at("2026-11-03T20:00:00"));
        assert_eq!(of("2026-11-03T23:00:00"), at("2026-11-03T23:00:00"));
    }
}
