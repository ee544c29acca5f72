//! A case with all that hangs on it, and one change of it as the store writes it.

use serde::{Deserialize, Serialize};

use super::{AuditEntry, Case, CaseFact, Clock, Item, Rating, Reply, TimelineEntry};
use crate::ids::ItemId;

/// A case with its item, clocks, replies, ratings and timeline, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseFile {
    pub case: Case,
    pub item: Item,
    pub clocks: Vec<Clock>,
    pub replies: Vec<Reply>,
    pub ratings: Vec<Rating>,
    pub timeline: Vec<TimelineEntry>,
}

/// What one action does to one case. The store writes it in one transaction or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseChange {
    /// The case after the action; `version` is one above the version that was seen (1 for a new case).
    /// The number of a new case is empty: the store gives it.
    pub case: Case,
    /// New and changed clocks.
    pub clocks: Vec<Clock>,
    /// New and reviewed replies; for a new one the text as written, to be sealed.
    pub replies: Vec<(Reply, Option<String>)>,
    /// New ratings.
    pub ratings: Vec<Rating>,
    /// The line or lines of the timeline.
    pub timeline: Vec<TimelineEntry>,
    /// Items that the case answers from now on, besides its own. Each is free, or the change is a conflict.
    pub taken_in: Vec<ItemId>,
    /// Items that it answers no longer and that wait to be assigned again.
    pub left_out: Vec<ItemId>,
    /// All facts that rates are counted from, where any is another than before.
    pub facts: Option<Vec<CaseFact>>,
    pub audit: AuditEntry,
}
