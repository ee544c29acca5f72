//! When things happen: twelve weeks before the end, by day of the week and hour, in local time (a fixed +08:00).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::material::random::Random;
use crate::material::rhythm::Rhythm;

/// Length of the season in days: twelve weeks.
pub(crate) const DAYS: i64 = 84;
const DAY: i64 = 24 * 60;
const LOCAL: i64 = 8 * 60;

/// Turns days before the end into minutes before the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clockwork {
    /// Minutes from the local epoch to the season's end.
    end: i64,
}

impl Clockwork {
    pub(super) fn ending(end: Timestamp) -> Self {
        Self { end: end.as_second().div_euclid(60) + LOCAL }
    }

    /// Minutes before the end (negative) of an ordinary item; a little more of them fall late in the season.
    pub(super) fn draw(&self, rhythm: Rhythm, random: &mut Random) -> i64 {
        let (hours, days) = (rhythm.hours(), rhythm.days());
        let today = self.end.div_euclid(DAY);
        let weights: Vec<u32> = (0..DAYS)
            .map(|back| {
                let weekday = (today - back + 4).rem_euclid(7) as usize;
                days[weekday] * (200 - back as u32)
            })
            .collect();
        loop {
            let day = today - random.weighted(&weights) as i64;
            let minute = random.weighted(hours) as i64 * 60 + random.between(0, 59);
            let offset = day * DAY + minute - self.end;
            if offset < 0 {
                return offset;
            }
        }
    }

    /// Minutes before the end for a fixed place in a story: the whole days choose the date, and the part of a day
    /// runs backwards over the twelve hours from 20:00 to 08:00, so that a story keeps to waking hours whenever the
    /// season ends. Always negative for `days_before` of 1 or more.
    pub(super) fn fixed(&self, days_before: f64) -> i64 {
        let day = self.end.div_euclid(DAY) - days_before.floor() as i64;
        let minute = 20 * 60 - (days_before.fract() * 720.0).round() as i64;
        (day * DAY + minute - self.end).min(-1)
    }

    /// Days, from 0 to 4, by which a day before the end has to move back to fall on a Tuesday, Wednesday or Thursday.
    pub(super) fn midweek_shift(&self, days_before: i64) -> i64 {
        let weekday = (self.end.div_euclid(DAY) - days_before + 4).rem_euclid(7);
        [3, 4, 0, 0, 0, 1, 2][weekday as usize]
    }

    /// Local date and time at an offset.
    pub(super) fn local(&self, offset_minutes: i64) -> DateTime {
        let utc = (self.end + offset_minutes - LOCAL) * 60;
        local_time(Timestamp::from_second(utc).unwrap_or(Timestamp::UNIX_EPOCH))
    }
}

/// The wall clock of Asia/Shanghai, a fixed +08:00 since 1991.
pub(super) fn local_time(at: Timestamp) -> DateTime {
    Offset::constant(8).to_datetime(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clockwork() -> Clockwork {
        Clockwork::ending("2026-11-23T01:30:00Z".parse().unwrap())
    }

    #[test]
    fn a_story_keeps_its_order_and_waking_hours() {
        let days = [80.9, 80.2, 50.3, 50.1, 9.9, 9.85, 1.2];
        let offsets: Vec<i64> = days.iter().map(|day| clockwork().fixed(*day)).collect();
        assert!(offsets.is_sorted());
        for offset in offsets {
            let hour = clockwork().local(offset).hour();
            assert!((8..=20).contains(&hour), "{hour}");
        }
    }

    #[test]
    fn a_day_moved_midweek_shift_is_one_of_tuesday_to_thursday() {
        for days_before in 40..60 {
            let moved = days_before + clockwork().midweek_shift(days_before);
            let weekday = clockwork().local(clockwork().fixed(moved as f64)).weekday();
            assert!((2..=4).contains(&weekday.to_sunday_zero_offset()), "{weekday:?}");
        }
    }

    #[test]
    fn working_hours_and_weekdays_carry_most_calls() {
        let mut random = Random::new(5);
        let times: Vec<DateTime> =
            (0..4000).map(|_| clockwork().local(clockwork().draw(Rhythm::Calls, &mut random))).collect();
        let at_work = times.iter().filter(|time| (8..18).contains(&time.hour())).count();
        let weekend = times.iter().filter(|time| time.weekday().to_sunday_zero_offset() % 6 == 0).count();
        assert!(at_work > 2800, "{at_work}");
        assert!((400..1100).contains(&weekend), "{weekend}");
    }
}
