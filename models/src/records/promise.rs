//! A dated promise of an approved reply, and what became of it. It is followed after its case is closed.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Actor, words};
use crate::county::DepartmentCode;
use crate::ids::{CaseId, ReplyId};

words! {
    /// What the department said of a promise.
    PromiseState {
        Open => "open", "待兑现";
        Kept => "kept", "已兑现";
        /// Said to be impossible to keep.
        Broken => "broken", "未能兑现";
    }
}

words! {
    /// How a promise stands on one day.
    PromiseStanding {
        Due => "due", "待兑现";
        Overdue => "overdue", "逾期未兑现";
        Kept => "kept", "按期兑现";
        KeptLate => "kept_late", "逾期兑现";
        Broken => "broken", "未能兑现";
    }
}

/// A promise with its case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrackedPromise {
    pub reply: ReplyId,
    /// Its place among the reply's promises, from 0.
    pub place: i64,
    pub case: CaseId,
    pub case_number: String,
    /// The masked title of the case.
    pub case_title: String,
    pub confidential: bool,
    pub department: DepartmentCode,
    /// Masked.
    pub what: String,
    /// The last day.
    pub by: Date,
    pub state: PromiseState,
    /// Who said so, when, with what note (masked).
    pub marked: Option<(Actor, Timestamp, String)>,
}

impl TrackedPromise {
    /// How it stands on `today`.
    pub fn standing(&self, today: Date) -> PromiseStanding {
        let marked_on = self.marked.as_ref().map(|(_, at, _)| crate::clock::local_date(*at));
        match self.state {
            PromiseState::Open if self.by < today => PromiseStanding::Overdue,
            PromiseState::Open => PromiseStanding::Due,
            PromiseState::Kept if marked_on.is_some_and(|on| on > self.by) => PromiseStanding::KeptLate,
            PromiseState::Kept => PromiseStanding::Kept,
            PromiseState::Broken => PromiseStanding::Broken,
        }
    }
}
