//! Alerts: what a rule of the office found worth a person's look, and the rule.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, Channel, Urgency};
use crate::county::{TopicCode, Town};
use crate::ids::{AlertId, AlertRuleId, IncidentId, ItemId, SilenceId};

/// A rule with its name and state. A new version replaces the one before; the log keeps what it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertRule {
    pub id: AlertRuleId,
    pub name: String,
    pub enabled: bool,
    pub condition: AlertCondition,
    pub version: i64,
    pub changed_at: Timestamp,
    pub changed_by: Actor,
}

/// What an item must be for a rule to fire. All that is set must hold; an empty list asks nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertCondition {
    pub words: WordCondition,
    /// One of these is among the item's topics.
    pub topics: Vec<TopicCode>,
    /// The item lies in one of these.
    pub towns: Vec<Town>,
    pub channels: Vec<Channel>,
    /// The item's source is of one of these tiers (来源级别), as `county.toml` names them.
    pub tiers: Vec<String>,
    pub urgency_min: Urgency,
    /// How much more of what the rule catches there is than usual.
    pub growth: GrowthCondition,
    /// How large the item's incident is.
    pub incident: IncidentCondition,
    /// After how many hours a rule may fire again for an incident that somebody has looked at; what comes before is
    /// counted there.
    pub repeat_hours: u32,
}

impl Default for AlertCondition {
    fn default() -> Self {
        Self {
            words: WordCondition::default(),
            topics: Vec::new(),
            towns: Vec::new(),
            channels: Vec::new(),
            tiers: Vec::new(),
            urgency_min: Urgency::Ordinary,
            growth: GrowthCondition::default(),
            incident: IncidentCondition::default(),
            repeat_hours: Self::REPEAT_HOURS,
        }
    }
}

/// What is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlertFault {
    #[error("the rule asks nothing and would fire for every item")]
    AsksNothing,
    #[error("the word \"{0}\" has no letter, or more than 40 characters")]
    Word(String),
    #[error("two words stand within {0} characters; allowed: 0 to 200")]
    Within(u32),
    #[error(
        "an incident of {items} items within {hours} hours; allowed: 2 to 10,000 items within 1 to 720 hours"
    )]
    Incident { items: i64, hours: u32 },
    #[error(
        "a growth to {items} items within {hours} hours; allowed: 3 to 10,000 items within 1 to 72 hours, both or neither"
    )]
    Growth { items: i64, hours: u32 },
    #[error("a heat of {0}; allowed: 0 to 1,000,000")]
    Heat(String),
    #[error("repeated after {0} hours; allowed: 1 to 720")]
    Repeat(u32),
}

impl AlertCondition {
    pub const REPEAT_HOURS: u32 = 24;
    /// The longest word, and the widest gap of two.
    const LONGEST_WORD: usize = 40;
    const WIDEST: u32 = 200;
    const HOURS: std::ops::RangeInclusive<u32> = 1..=720;
    const GROWTH_HOURS: std::ops::RangeInclusive<u32> = 1..=72;
    const GROWTH_ITEMS: std::ops::RangeInclusive<i64> = 3..=10_000;
    const ITEMS: std::ops::RangeInclusive<i64> = 2..=10_000;

    /// Checks what can be checked without the county.
    ///
    /// # Errors
    /// The first [`AlertFault`].
    pub fn check(&self) -> Result<(), AlertFault> {
        let words = &self.words;
        let near = words.near.iter().flat_map(|near| [&near.one, &near.other]);
        for word in words.all.iter().chain(&words.any).chain(&words.none).chain(near) {
            if !word.chars().any(char::is_alphanumeric) || word.chars().count() > Self::LONGEST_WORD {
                return Err(AlertFault::Word(word.chars().take(Self::LONGEST_WORD).collect()));
            }
        }
        if let Some(near) = words.near.iter().find(|near| near.within > Self::WIDEST) {
            return Err(AlertFault::Within(near.within));
        }
        let IncidentCondition { items_min: items, within_hours: hours, heat_min } = self.incident;
        if (items != 0 || hours != 0) && !(Self::ITEMS.contains(&items) && Self::HOURS.contains(&hours)) {
            return Err(AlertFault::Incident { items, hours });
        }
        let GrowthCondition { items_min: items, hours } = self.growth;
        let sound = Self::GROWTH_ITEMS.contains(&items) && Self::GROWTH_HOURS.contains(&hours);
        if (items != 0 || hours != 0) && !sound {
            return Err(AlertFault::Growth { items, hours });
        }
        if !(0.0..=1e6).contains(&heat_min) {
            return Err(AlertFault::Heat(heat_min.to_string()));
        }
        if !Self::HOURS.contains(&self.repeat_hours) {
            return Err(AlertFault::Repeat(self.repeat_hours));
        }
        if self.asks_nothing() { Err(AlertFault::AsksNothing) } else { Ok(()) }
    }

    /// Whether nothing is asked: such a rule would fire for every item.
    pub fn asks_nothing(&self) -> bool {
        let asks = Self { repeat_hours: Self::REPEAT_HOURS, ..self.clone() };
        asks == Self::default()
    }
}

/// Words of the title and the body, by the copy that the model reads: Simplified, lower case, half width.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WordCondition {
    /// All of these stand in the text.
    pub all: Vec<String>,
    /// At least one of these.
    pub any: Vec<String>,
    /// None of these.
    pub none: Vec<String>,
    /// Both words of at least one pair, near each other.
    pub near: Vec<Near>,
}

/// Two words with at most so many characters between them, in either order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Near {
    pub one: String,
    pub other: String,
    pub within: u32,
}

/// 0 asks nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IncidentCondition {
    /// So many items of the incident within so many hours before the item, itself among them.
    pub items_min: i64,
    pub within_hours: u32,
    /// See [`heat`](super::heat).
    pub heat_min: f64,
}

/// What the rule catches in the hours before an item, against the same hours of days like it in the weeks before. 0 asks
/// nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrowthCondition {
    /// How many hours are counted.
    pub hours: u32,
    /// The smallest count that is looked at, however rare it was before.
    pub items_min: i64,
}

/// A rule fired for an incident: once, however many items follow, until somebody has looked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    pub id: AlertId,
    pub rule: AlertRuleId,
    /// The rule's name when it fired.
    pub rule_name: String,
    pub incident: IncidentId,
    pub confidential: bool,
    /// The item that it fired for first.
    pub item: ItemId,
    /// What that item says, cut short.
    pub hit: String,
    /// What in that item made it fire, in words for the duty officer.
    pub why: String,
    /// How many items fired the rule, and the highest urgency among them.
    pub items: i64,
    pub urgency: Urgency,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// Who has looked, when, and what they noted.
    pub seen: Option<AlertSeen>,
}

/// That somebody has looked at an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertSeen {
    pub by: Actor,
    pub at: Timestamp,
    pub note: String,
}

/// A rule is silent for a time: for one incident, or for all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    pub id: SilenceId,
    pub rule: AlertRuleId,
    pub incident: Option<IncidentId>,
    pub reason: String,
    pub by: Actor,
    pub at: Timestamp,
    pub until: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_may_leave_out_what_it_does_not_ask() {
        let condition: AlertCondition =
            serde_json::from_str(r#"{"words":{"any":["停水"]},"urgency_min":1}"#).unwrap();
        assert_eq!(condition.words.any, ["停水"]);
        assert_eq!((condition.urgency_min, condition.repeat_hours), (Urgency::Watch, 24));
        assert!(!condition.asks_nothing());
        assert!(serde_json::from_str::<AlertCondition>(r#"{"word":{}}"#).is_err());
        let often = AlertCondition { repeat_hours: 1, ..AlertCondition::default() };
        assert!(often.asks_nothing());
    }

    #[test]
    fn what_is_wrong_with_a_condition_is_named() {
        let of = |change: fn(&mut AlertCondition)| {
            let mut condition = AlertCondition { urgency_min: Urgency::Urgent, ..AlertCondition::default() };
            change(&mut condition);
            condition.check()
        };
        assert_eq!(of(|_| ()), Ok(()));
        assert_eq!(of(|c| c.urgency_min = Urgency::Ordinary), Err(AlertFault::AsksNothing));
        assert_eq!(of(|c| c.words.any = vec!["，".into()]), Err(AlertFault::Word("，".into())));
        assert_eq!(of(|c| c.repeat_hours = 0), Err(AlertFault::Repeat(0)));
        assert_eq!(of(|c| c.incident.items_min = 5), Err(AlertFault::Incident { items: 5, hours: 0 }));
        assert_eq!(of(|c| c.incident.heat_min = f64::NAN), Err(AlertFault::Heat("NaN".into())));
        assert_eq!(
            of(|c| c.growth = GrowthCondition { hours: 6, items_min: 2 }),
            Err(AlertFault::Growth { items: 2, hours: 6 })
        );
        assert_eq!(of(|c| c.growth = GrowthCondition { hours: 72, items_min: 3 }), Ok(()));
        let near = |within| vec![Near { one: "甲".into(), other: "乙".into(), within }];
        assert!(
            AlertCondition {
                words: WordCondition { near: near(5), ..Default::default() },
                ..Default::default()
            }
            .check()
            .is_ok()
        );
        assert_eq!(
            AlertCondition {
                words: WordCondition { near: near(500), ..Default::default() },
                ..Default::default()
            }
            .check(),
            Err(AlertFault::Within(500))
        );
    }
}
