//! What the helper model proposed: shown as a proposal, decided by people.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::county::TopicCode;
use crate::ids::ItemId;

/// Topics for an item that the model at work was not sure of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// None of them means that there is nothing for the county to answer.
    pub topics: Vec<TopicCode>,
    /// Plain text of a stranger's making.
    pub why: String,
    /// The name of the helper model.
    pub model: String,
    pub at: Timestamp,
}

/// A summary of an incident, without the sentences that stand on items which the viewer may not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentAdvice {
    pub sentences: Vec<AdvisedSentence>,
    /// The items that were sent; sentences cite them by their place, from 1.
    pub items: Vec<ItemId>,
    /// The name of the helper model.
    pub model: String,
    pub at: Timestamp,
}

/// A sentence of a summary, and the items that it stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvisedSentence {
    /// Plain text of a stranger's making, without the citations.
    pub text: String,
    /// Places in the list of items, from 1; at least one.
    pub cites: Vec<usize>,
}
