//! What took effect in the quarter, in order: all that the recount learns of it.

use jiff::Timestamp;
use qingting_models::ids::CaseId;
use qingting_models::records::Item;
use qingting_respond::action::Action;

use crate::model::Person;

/// One thing that happened.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// A case was opened for an item, by the desk or by a rule.
    Opened {
        case: CaseId,
        item: Box<Item>,
        lead: &'static str,
        by_rule: bool,
    },
    /// An action took effect.
    Did {
        case: CaseId,
        who: Person,
        action: Action,
    },
    /// An action was refused.
    Refused {
        case: CaseId,
        who: Person,
        action: Action,
    },
    Merged {
        case: CaseId,
        into: CaseId,
        who: Person,
    },
    Split {
        case: CaseId,
        new: CaseId,
        who: Person,
        department: &'static str,
    },
    /// The program looked after the clocks and reminded.
    Round,
}

/// An entry with its moment.
#[derive(Debug, Clone)]
pub(crate) struct Logged {
    pub(crate) at: Timestamp,
    pub(crate) entry: Entry,
}
