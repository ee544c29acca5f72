//! Items about one matter, and how hot they run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, Channel, Urgency};
use crate::county::{TopicCode, Town};
use crate::ids::{IncidentId, ItemId};

/// Items from any channel about one matter at one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    /// The masked title of its first item, or what a person called it.
    pub title: String,
    /// About the conduct of an office or official: only the roles named for it see it.
    pub confidential: bool,
    /// Where it lives on when it was merged.
    pub merged_into: Option<IncidentId>,
    pub items: i64,
    /// Distinct telephone numbers among the items that tell one.
    pub callers: i64,
    /// Items by channel.
    pub channels: BTreeMap<Channel, i64>,
    /// The commonest main topic and town of its items.
    pub topic: Option<TopicCode>,
    pub town: Option<Town>,
    /// The highest of its items.
    pub urgency: Urgency,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// See [`heat`]; as of `heat_at`.
    pub heat: f64,
    pub heat_at: Timestamp,
}

/// That an item belongs to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Membership {
    pub item: ItemId,
    pub incident: IncidentId,
    /// When the item's matter was reported.
    pub at: Timestamp,
    /// How likely it belongs there by the program's reckoning; `None` for the first, and where a person decided.
    pub kinship: Option<f32>,
    /// A person put it there: the program leaves it.
    pub by_person: bool,
}

/// A change of an item's incident; kept for ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentMove {
    pub item: ItemId,
    pub from: IncidentId,
    pub to: IncidentId,
    pub at: Timestamp,
    pub actor: Actor,
    /// `merge`, `move`, `split`; `confidential` or `open` where the item's confidentiality changed.
    pub why: String,
}

const DAY_MS: f64 = 86_400_000.0;
/// After how many days a report counts half.
const HALF_LIFE_DAYS: f64 = 3.0;
/// What each channel beyond the first adds.
const PER_CHANNEL: f64 = 0.5;
/// How far growth may lower or raise the heat.
const GROWTH: (f64, f64) = (0.5, 3.0);

/// How hot an incident runs: `reports * spread * channels * growth`.
///
/// - reports: the sum of `2^(-age / 3 days)` over its items;
/// - spread: distinct callers, and items that tell none, as a share of the items: one caller who rings ten times is one;
/// - channels: 1, and 0.5 for each channel beyond the first;
/// - growth: `(1 + reports of the last 24 hours) / (1 + their daily mean over the seven days before)`, within 0.5 and 3.
///
/// `items` are times and channels; `callers` and `told` how many distinct numbers they tell and how many items tell one.
pub fn heat(items: &[(Timestamp, Channel)], callers: i64, told: i64, now: Timestamp) -> f64 {
    if items.is_empty() {
        return 0.0;
    }
    let count = items.len() as f64;
    let days = |at: Timestamp| ((now.as_millisecond() - at.as_millisecond()) as f64 / DAY_MS).max(0.0);
    let reports: f64 = items.iter().map(|(at, _)| (-days(*at) / HALF_LIFE_DAYS).exp2()).sum();
    let spread = ((callers as f64 + (count - told as f64)) / count).clamp(0.0, 1.0);
    let mut channels: Vec<Channel> = items.iter().map(|(_, channel)| *channel).collect();
    channels.sort_unstable();
    channels.dedup();
    let between =
        |from: f64, to: f64| items.iter().filter(|(at, _)| (from..to).contains(&days(*at))).count() as f64;
    let growth = ((1.0 + between(0.0, 1.0)) / (1.0 + between(1.0, 8.0) / 7.0)).clamp(GROWTH.0, GROWTH.1);
    reports * spread * (1.0 + PER_CHANNEL * (channels.len() as f64 - 1.0)) * growth
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_793_581_200).unwrap()
    }

    fn ago(hours: i64) -> (Timestamp, Channel) {
        (now() - SignedDuration::from_hours(hours), Channel::Hotline)
    }

    #[test]
    fn heat_follows_its_formula() {
        assert_eq!(heat(&[], 0, 0, now()), 0.0);
        // One report now: 1, and growth (1 + 1) / (1 + 0).
        assert_eq!(heat(&[ago(0)], 0, 0, now()), 2.0);
        // After three days half of it, and growth 1 / (1 + 1/7).
        assert!((heat(&[ago(72)], 1, 1, now()) - 0.5 * 7.0 / 8.0).abs() < 1e-9);
        // A second channel makes half as much again.
        let news = (now(), Channel::News);
        assert!((heat(&[ago(0), news], 1, 1, now()) - 2.0 * 1.5 * 3.0).abs() < 1e-9);
    }

    #[test]
    fn one_caller_who_rings_often_is_cooler_than_many() {
        let calls: Vec<_> = (0..10).map(ago).collect();
        assert!(heat(&calls, 10, 10, now()) > 9.0 * heat(&calls, 1, 10, now()));
        assert_eq!(heat(&calls, 0, 0, now()), heat(&calls, 10, 10, now()));
    }

    #[test]
    fn what_grows_is_hotter_than_what_stays() {
        let steady: Vec<_> = (0..8).map(|day| ago(24 * day)).collect();
        let sudden: Vec<_> = (0..8).map(ago).collect();
        assert!(heat(&sudden, 0, 0, now()) > 3.0 * heat(&steady, 0, 0, now()));
        let future = (now() + SignedDuration::from_hours(9), Channel::Hotline);
        assert_eq!(heat(&[future], 0, 0, now()), heat(&[ago(0)], 0, 0, now()));
    }
}
