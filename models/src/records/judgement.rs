//! What an item is about: topics, kind, urgency, place, and the words that decided.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::words;
use crate::county::{DepartmentCode, TopicCode, Town};
use crate::ids::{ItemId, JudgementId, UserId};

words! {
    /// What the sender wants. The codes are the Chinese words of the corpus and of hotline sheets.
    Kind {
        Consultation => "咨询", "咨询";
        Complaint => "投诉", "投诉";
        Report => "举报", "举报";
        Help => "求助", "求助";
        Suggestion => "建议", "建议";
        Praise => "表扬", "表扬";
        News => "新闻", "新闻";
    }
}

/// How pressing an item is. Written as 0, 1 or 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(try_from = "u8", into = "u8")]
pub enum Urgency {
    /// 0: ordinary.
    #[default]
    Ordinary,
    /// 1: many people, repeated, or approaching harm.
    Watch,
    /// 2: danger to life or health now, collective action under way, major accident.
    Urgent,
}

impl Urgency {
    /// The word that people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ordinary => "一般",
            Self::Watch => "关注",
            Self::Urgent => "紧急",
        }
    }
}

impl From<Urgency> for u8 {
    fn from(value: Urgency) -> u8 {
        value as u8
    }
}

impl TryFrom<u8> for Urgency {
    type Error = String;
    fn try_from(value: u8) -> Result<Self, String> {
        match value {
            0 => Ok(Self::Ordinary),
            1 => Ok(Self::Watch),
            2 => Ok(Self::Urgent),
            other => Err(format!("urgency {other} is not allowed; allowed: 0, 1, 2")),
        }
    }
}

/// A topic with the probability, 0 to 1, that it is right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopicScore {
    pub code: TopicCode,
    pub score: f32,
}

/// A word that spoke for a topic. `start` and `end` count characters of title, newline, body, as people read them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    pub topic: TopicCode,
    pub word: String,
    pub weight: f32,
    pub start: usize,
    pub end: usize,
}

/// A place named in the text; offsets as in [`Reason`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceMention {
    pub town: Option<Town>,
    pub name: String,
    pub start: usize,
    pub end: usize,
    /// How sure the place with its town is, 0 to 1, by the rules of [`Sureness`]; 1 where a person said it, and in
    /// judgements that were stored before there was any.
    #[serde(default = "certain")]
    pub confidence: f32,
}

fn certain() -> f32 {
    1.0
}

/// From which confidence on a place is taken for what the text is about.
const SURE: f32 = 0.5;

impl PlaceMention {
    /// Sure enough to route by its town.
    pub fn is_sure(&self) -> bool {
        self.confidence >= SURE
    }
}

/// Why a place is as sure as it is; of the rules the first that holds counts, but `Elsewhere` before all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sureness {
    /// A town by its full name, or a name right behind that of its town: 石浦镇建设路.
    WholeAddress,
    /// A name of three characters or more that means one place in one town.
    OneMeaning,
    /// A name of two characters that stands as a word of its own and means one place.
    ShortName,
    /// A name of several towns, or of a place whose town is not known, in a text that names just one of them.
    ByContext,
    /// A name of several towns in a text that names more than one of them: the nearest is a guess.
    ByNearness,
    /// Such a name in a text that tells no town.
    TownOpen,
    /// A name right behind that of another county, city or district.
    Elsewhere,
}

impl Sureness {
    /// The confidence of a place; an order with a line at 0.5, no measured frequency.
    pub fn confidence(self) -> f32 {
        match self {
            Self::WholeAddress => 1.0,
            Self::OneMeaning => 0.9,
            Self::ShortName => 0.7,
            Self::ByContext => 0.6,
            Self::ByNearness => 0.4,
            Self::TownOpen => 0.3,
            Self::Elsewhere => 0.1,
        }
    }
}

/// Who judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum Judge {
    /// The model of that digest.
    Model { model: String },
    /// A person, who always wins over the model.
    Person { user: UserId },
}

/// One judgement of one version of an item. The newest counts, but a model's never follows a person's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    pub id: JudgementId,
    pub item: ItemId,
    pub item_version: i64,
    pub judge: Judge,
    pub at: Timestamp,
    /// Most certain first; empty when nothing here is for a county to answer.
    pub topics: Vec<TopicScore>,
    /// The model was not sure enough: a person decides.
    pub unsure: bool,
    pub kind: Kind,
    pub urgency: Urgency,
    /// The kind of office that should take it, as in the corpus labels (住建, 人社 ...); a proposal.
    pub office: String,
    /// The first three kinds of office with their probabilities.
    pub offices: Vec<(String, f32)>,
    /// The office chosen by a person, when one chose.
    pub department: Option<DepartmentCode>,
    pub places: Vec<PlaceMention>,
    /// The town that the sender's own column names; it counts when the text names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_town: Option<Town>,
    pub reasons: Vec<Reason>,
}

impl Judgement {
    /// The first topic, if there is one.
    pub fn main_topic(&self) -> Option<&TopicCode> {
        self.topics.first().map(|t| &t.code)
    }

    /// The town of the surest place that has one, else the sender's; of a place that is not sure, none.
    pub fn town(&self) -> Option<&Town> {
        let sure = self.places.iter().filter(|place| place.is_sure());
        sure.filter_map(|place| place.town.as_ref()).next().or(self.sender_town.as_ref())
    }
}

/// One item in so many is judged blind.
const BLIND: u64 = 50;

/// Whether people judge an item without seeing what the model said of it, so that their word measures the model. It
/// hangs on the id alone; the finaliser of MurmurHash3 spreads ids that were made one after the other.
pub fn is_blind(item: ItemId) -> bool {
    let mut mixed = item.0.unsigned_abs();
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(factor);
    }
    (mixed ^ (mixed >> 33)).is_multiple_of(BLIND)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::ids::IdSource;

    #[test]
    fn one_item_in_fifty_is_blind() {
        let (ids, at) = (IdSource::new(3), Timestamp::from_second(1_793_581_200).unwrap());
        let blind = (0..20_000).filter(|_| is_blind(ids.next(at))).count();
        assert!((330..470).contains(&blind), "{blind} of 20,000");
    }
}
