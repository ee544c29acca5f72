//! One article, call or complaint: cleaned, masked, and unique by source and external id.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Channel, Kind, Urgency, words};
use crate::county::{TopicCode, Town};
use crate::ids::{CaseId, ItemId, SealedId, SourceId};

/// What the sender's own system said about a record. Texts are masked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Upstream {
    /// When the sender dispatched it (推送时间, 登记时间): the hotline clocks start here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatched_at: Option<Timestamp>,
    /// A due time given by the sender (部门办理截止时间), which outranks ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// The sender's state word says that it is finished: it opens no case.
    #[serde(default)]
    pub finished: bool,
    /// How its case stands there.
    #[serde(default, skip_serializing_if = "UpstreamCase::is_empty")]
    pub case: UpstreamCase,
    /// Other columns worth showing (承办单位, 所属区域, 问题分类 ...), as header and masked value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(String, String)>,
}

/// What the sender's system says of the case that it runs, in its own words; masked. They stand among the other columns
/// too, as they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpstreamCase {
    /// The office or offices that handle it (承办单位).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What was answered, and when, as it is written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<String>,
    /// What the resident said of it (满意度), and whether that means unsatisfied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unsatisfied: bool,
}

impl UpstreamCase {
    /// Whether nothing is said of a case.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The platform's words for a part, if it has any.
    pub fn part(&self, part: CasePart) -> Option<&String> {
        match part {
            CasePart::Office => self.office.as_ref(),
            CasePart::State => self.state.as_ref(),
            CasePart::Answer => self.answer.as_ref(),
            CasePart::Answered => self.answered.as_ref(),
            CasePart::Satisfaction => self.satisfaction.as_ref(),
        }
    }

    /// Takes a part away, with what was read from it.
    pub fn forget(&mut self, part: CasePart) {
        match part {
            CasePart::Office => self.office = None,
            CasePart::State => self.state = None,
            CasePart::Answer => self.answer = None,
            CasePart::Answered => self.answered = None,
            CasePart::Satisfaction => {
                self.satisfaction = None;
                self.unsatisfied = false;
            }
        }
    }
}

words! {
    /// What the sender's system says of its case in words.
    CasePart {
        Office => "office", "承办单位";
        State => "state", "状态";
        Answer => "answer", "答复";
        Answered => "answered", "答复时间";
        Satisfaction => "satisfaction", "满意度";
    }
}

/// What people read of a record: masked, as it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemContent {
    pub title: String,
    pub body: String,
    pub url: Option<String>,
    /// When the matter was published, called in or written, as the source says.
    pub occurred_at: Option<Timestamp>,
    pub upstream: Upstream,
}

/// An item with its current judgement in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub id: ItemId,
    pub source: SourceId,
    pub external_id: String,
    pub channel: Channel,
    /// 1 for the first version seen; each change of content adds one.
    pub version: i64,
    #[serde(flatten)]
    pub content: ItemContent,
    pub first_seen_at: Timestamp,
    pub updated_at: Timestamp,
    /// Why it opens no case by itself (older than the cut-off, finished upstream, mirrored); `None` when it may.
    pub archived: Option<String>,
    /// The version that was judged last; 0 before the first judgement.
    pub judged_version: i64,
    pub judged_by_person: bool,
    pub main_topic: Option<TopicCode>,
    pub topics: Vec<TopicCode>,
    pub topic_score: Option<f32>,
    pub unsure: bool,
    pub kind: Option<Kind>,
    pub urgency: Urgency,
    pub town: Option<Town>,
    pub office: Option<String>,
    /// About the conduct of an office or official: only the roles named for it see it.
    pub confidential: bool,
    /// Dismissed by a person, with the reason.
    pub dismissed: Option<String>,
    pub case: Option<CaseId>,
    pub sealed: SealedId,
    /// When what is sealed of it was erased; nobody can look behind its mask any more.
    #[serde(default)]
    pub erased_at: Option<Timestamp>,
    /// When its source withdrew it; it is marked, never removed.
    pub withdrawn_at: Option<Timestamp>,
    /// ISO 639-1 code of the language, where one was told.
    pub language: Option<String>,
    /// At how many places it appeared: 1, and one more for each republication.
    pub appearances: i64,
}

/// Another place where an item appeared: the same article at another address or in another source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Appearance {
    pub source: SourceId,
    pub url: Option<String>,
    pub at: Timestamp,
}

impl Item {
    /// When the item was first known of: the sender's dispatch, else our first sighting.
    pub fn dispatched_or_seen_at(&self) -> Timestamp {
        self.content.upstream.dispatched_at.unwrap_or(self.first_seen_at)
    }
}

/// An earlier version of an item's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemVersion {
    pub version: i64,
    #[serde(flatten)]
    pub content: ItemContent,
    /// When this version was replaced.
    pub replaced_at: Timestamp,
    pub sealed: SealedId,
}
