//! Whether there is more of what a rule catches than usual: the count of the last hours against the same hours of days like
//! today in the eight weeks before.
//!
//! Days like today: the same day of the week, and working days against working days, days off against days off, by the
//! official calendar. Where holidays leave fewer than four of them (a holiday on a Wednesday, a make-up Saturday), other days
//! of the same kind stand in, the nearest first, so that none of the hours is counted twice. Hours of days on which nothing at
//! all came in tell nothing: the program was not there yet, or nothing was brought. With fewer than four days to compare with
//! nothing is said.
//!
//! The counts of those hours give a Gamma distribution of the rate (Jeffreys prior, shape 1/2); the present count has risen
//! when so many or more would come less than once in a thousand times ([`at_least`]). A rare matter therefore needs several
//! items, a common one a clear rise.

use jiff::{SignedDuration, Timestamp, ToSpan};
use qingting_models::chance::at_least;
use qingting_models::clock::local_date;
use qingting_models::records::GrowthCondition;

use crate::calendar::WorkCalendar;

/// How many days there are to compare with at the most, and at the least.
const MOST: usize = 8;
const LEAST: usize = 4;
/// How many days back is looked, eight weeks.
pub(super) const DAYS: i64 = 56;
/// How unlikely the count must be.
const UNLIKELY: f64 = 1e-3;
/// What was reported longer before it came to us is history: nothing grows now.
pub(super) const FRESH: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A stretch of time: after the first instant, up to and with the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub after: Timestamp,
    pub until: Timestamp,
}

impl Stretch {
    fn before(until: Timestamp, hours: u32) -> Self {
        Self { after: until - SignedDuration::from_hours(hours.into()), until }
    }

    /// The day that ends with it, or itself where it is longer: on it something must have come in.
    pub(super) fn day(self) -> Self {
        Self { after: self.after.min(self.until - SignedDuration::from_hours(24)), until: self.until }
    }

    fn meets(self, other: Self) -> bool {
        self.after < other.until && other.after < self.until
    }
}

/// The hours that are compared as of the time of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hours {
    pub now: Stretch,
    pub past: Vec<Stretch>,
}

impl Hours {
    pub(super) fn of(hours: u32, at: Timestamp, calendar: &WorkCalendar) -> Self {
        let now = Stretch::before(at, hours);
        let works = calendar.is_workday(local_date(at));
        let is_like = |days: &i64| {
            let day = local_date(at).checked_sub(days.days());
            day.is_ok_and(|day| calendar.is_workday(day) == works)
        };
        let back = |days: i64| Stretch::before(at - SignedDuration::from_hours(24 * days), hours);
        let weeks = (1..=DAYS / 7).map(|week| 7 * week);
        let mut past: Vec<Stretch> = weeks.filter(is_like).map(back).collect();
        if past.len() < LEAST {
            for stretch in (1..=DAYS).filter(is_like).map(back) {
                let free = !stretch.meets(now) && past.iter().all(|other| !stretch.meets(*other));
                if free && past.len() < MOST {
                    past.push(stretch);
                }
            }
        }
        Self { now, past }
    }
}

/// What has risen, in words; `None` when it has not, or too little is known. `past` holds a count for each stretch in which
/// anything came in at all.
pub(super) fn risen(asked: &GrowthCondition, now: i64, past: &[i64]) -> Option<String> {
    if now < asked.items_min || past.len() < LEAST {
        return None;
    }
    let (sum, days) = (past.iter().sum::<i64>() as f64, past.len() as f64);
    let p = at_least(u32::try_from(now).unwrap_or(u32::MAX), sum + 0.5, 1.0 / days);
    (p < UNLIKELY).then(|| format!("{} 小时内 {now} 件，往常同一时段平均 {:.1} 件", asked.hours, sum / days))
}

#[cfg(test)]
mod tests {
    use super::*;
    use qingting_models::county::County;

    fn at(text: &str) -> Timestamp {
        format!("{text}:00+08:00").parse().unwrap()
    }

    fn days(hours: u32, time: &str) -> Vec<String> {
        let calendar = WorkCalendar::of_county(&County::embedded().unwrap());
        let found = Hours::of(hours, at(time), &calendar);
        assert!(found.past.iter().all(|stretch| !stretch.meets(found.now)));
        found.past.iter().map(|stretch| local_date(stretch.until).to_string()[5..].to_owned()).collect()
    }

    #[test]
    fn an_ordinary_day_is_held_against_the_same_day_of_the_weeks_before() {
        assert_eq!(
            days(6, "2026-08-26T10:00"),
            ["08-19", "08-12", "08-05", "07-29", "07-22", "07-15", "07-08", "07-01"]
        );
        // The Wednesday of the National Day holidays is left out.
        assert_eq!(
            days(6, "2026-10-28T10:00"),
            ["10-21", "10-14", "09-30", "09-23", "09-16", "09-09", "09-02"]
        );
    }

    #[test]
    fn a_holiday_is_held_against_days_off_and_a_make_up_day_against_working_days() {
        // Friday 1 May: of the Fridays before, 3 April would be a working day; days off stand in.
        assert_eq!(
            days(6, "2026-05-01T10:00"),
            ["04-26", "04-25", "04-19", "04-18", "04-12", "04-11", "04-06", "04-05"]
        );
        // Saturday 9 May is worked: the working days before it, the only other made-up Saturday being too far back.
        assert_eq!(
            days(6, "2026-05-09T10:00"),
            ["05-08", "05-07", "05-06", "04-30", "04-29", "04-28", "04-27", "04-24"]
        );
        // Two days' hours overlap from one day to the next: then every second day.
        assert_eq!(
            days(48, "2026-05-09T10:00"),
            ["05-07", "04-30", "04-28", "04-24", "04-22", "04-20", "04-17", "04-15"]
        );
    }

    #[test]
    fn a_rare_matter_needs_several_items_and_a_common_one_a_clear_rise() {
        let asked = GrowthCondition { hours: 6, items_min: 3 };
        assert_eq!(risen(&asked, 2, &[0; 8]), None, "too few");
        assert_eq!(risen(&asked, 3, &[0; 3]), None, "too little is known");
        assert_eq!(risen(&asked, 3, &[0; 8]).as_deref(), Some("6 小时内 3 件，往常同一时段平均 0.0 件"));
        assert_eq!(risen(&asked, 5, &[1, 0, 2, 1, 1, 0, 2, 1]), None);
        assert_eq!(
            risen(&asked, 7, &[1, 0, 2, 1, 1, 0, 2, 1]).as_deref(),
            Some("6 小时内 7 件，往常同一时段平均 1.0 件")
        );
        assert_eq!(risen(&asked, 60, &[50; 8]), None, "chance alone brings 60 where 50 are usual");
        assert!(risen(&asked, 90, &[50; 8]).is_some());
    }
}
