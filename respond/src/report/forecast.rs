//! What the days after will bring, and how far the same forecast was off before.

use std::collections::BTreeMap;

use qingting_models::records::{ReportForecast, ReportSpan};

/// Each day is forecast by the mean of its weekday in so many weeks.
const WEEKS: i64 = 4;
/// Of how many stretches the error is taken.
const ROUNDS: i64 = 8;
/// Stretches longer than this are not forecast.
const LONGEST: i64 = 31;

/// How many days before its own a report needs for its forecast.
pub(super) fn looks_back(span: &ReportSpan) -> i64 {
    let length = i64::from(span.length());
    if length > LONGEST { 0 } else { 7 * WEEKS + ROUNDS * length }
}

/// The forecast of as many days as the report has, right after it; `days` are items by day, the report's `last` one and what
/// is known before. `None` with less than four weeks behind.
pub(super) fn forecast(
    days: &BTreeMap<i64, i64>,
    history_from: Option<i64>,
    last: i64,
    length: i64,
) -> Option<ReportForecast> {
    let known = history_from.filter(|_| length <= LONGEST)?;
    let of = |after: i64| -> Option<f64> {
        (known <= after - 7 * WEEKS + 1)
            .then(|| (after + 1..=after + length).map(|day| usual(days, day, after)).sum())
    };
    let items = of(last)?;
    let (mut off, mut came, mut rounds) = (0.0, 0.0, 0);
    for round in 1..=ROUNDS {
        let after = last - round * length;
        let Some(meant) = of(after) else { break };
        let real: i64 = (after + 1..=after + length).map(|day| count(days, day)).sum();
        off += (meant - real as f64).abs();
        came += real as f64;
        rounds += 1;
    }
    Some(ReportForecast { items, error: (came > 0.0).then_some(off / came), weeks: rounds })
}

/// The mean of the weekday of `day` over the four weeks that end with `after`.
fn usual(days: &BTreeMap<i64, i64>, day: i64, after: i64) -> f64 {
    let back = (day - after + 6).div_euclid(7);
    let sum: i64 = (back..back + WEEKS).map(|week| count(days, day - 7 * week)).sum();
    sum as f64 / WEEKS as f64
}

fn count(days: &BTreeMap<i64, i64>, day: i64) -> i64 {
    days.get(&day).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_that_repeats_is_forecast_without_error() {
        let days: BTreeMap<i64, i64> = (0..84).map(|day| (day, if day % 7 < 5 { 20 } else { 5 })).collect();
        let week = forecast(&days, Some(0), 83, 7).unwrap();
        assert_eq!((week.items, week.error, week.weeks), (110.0, Some(0.0), 8));
        let day = forecast(&days, Some(0), 82, 1).unwrap();
        assert_eq!((day.items, day.error), (5.0, Some(0.0)));
    }

    #[test]
    fn what_is_not_known_is_not_forecast() {
        let days: BTreeMap<i64, i64> = (50..84).map(|day| (day, 10)).collect();
        assert!(forecast(&days, Some(60), 83, 7).is_none());
        assert!(forecast(&days, None, 83, 7).is_none());
        let short = forecast(&days, Some(50), 83, 7).unwrap();
        assert_eq!((short.items, short.error, short.weeks), (70.0, None, 0));
        assert!(forecast(&days, Some(0), 83, 90).is_none());
    }

    #[test]
    fn the_error_is_what_it_was_off_as_a_share() {
        // One week of 140 among weeks of 70: it was forecast with 70, and the week after it with 87.5.
        let days: BTreeMap<i64, i64> =
            (0..42).map(|day| (day, if (28..35).contains(&day) { 20 } else { 10 })).collect();
        let week = forecast(&days, Some(0), 41, 7).unwrap();
        assert_eq!(week.weeks, 2);
        assert!((week.error.unwrap() - (70.0 + 17.5) / 210.0).abs() < 1e-9, "{week:?}");
    }
}
