//! What the rates of departments are counted from: facts of cases, one narrow row each.
//!
//! What each rate means stands in `respond/src/rates`, which draws the facts from a case.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::words;
use crate::county::DepartmentCode;
use crate::ids::CaseId;

words! {
    /// A rate (RULES, "Rates").
    Rate {
        Contact => "contact", "响应率";
        OnTime => "on_time", "按时办结率";
        Solved => "solved", "解决率";
        Satisfied => "satisfied", "满意率";
        SentBack => "sent_back", "退单率";
        Redone => "redone", "重办率";
        Repeated => "repeated", "重复投诉率";
    }
}

impl Rate {
    /// Whether it is held against a due time, so that time spent waiting and extended is shown beside it.
    pub fn is_on_time(self) -> bool {
        matches!(self, Self::Contact | Self::OnTime)
    }
}

words! {
    /// By which way a case came to a department.
    SentWay {
        Rule => "rule", "按规则";
        Person => "person", "由人";
        /// After another department had sent it back.
        Again => "again", "改派";
    }
}

/// One case in the denominator of one rate, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFact {
    pub rate: Rate,
    /// Tells the facts of one case and rate apart, counted from 0 in the order in which they came about.
    pub seq: u32,
    /// Whom it is charged to; `None` for the duty desk.
    pub department: Option<DepartmentCode>,
    /// The moment that has to fall into the period.
    pub at: Timestamp,
    /// Whether it is in the numerator.
    pub holds: bool,
    /// Of [`Rate::SentBack`].
    pub way: Option<SentWay>,
    /// How long the clock stood still while the resident was waited for.
    pub waited: SignedDuration,
    /// Days granted, in the unit of the rule: working days, of a petition calendar days.
    pub extended_days: u32,
}

/// From `from` on, up to and without `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// A rate of one department, or of the duty desk, in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateFigure {
    pub rate: Rate,
    pub department: Option<DepartmentCode>,
    pub count: RateCount,
}

/// Numerator and denominator, and what time was won on the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateCount {
    pub numerator: i64,
    pub denominator: i64,
    /// In the denominator and stood still while the resident was waited for; how long in all.
    pub waited: i64,
    pub waited_ms: i64,
    /// In the denominator and extended; by how many days in all, in the unit of each rule.
    pub extended: i64,
    pub extended_days: i64,
}

impl RateCount {
    /// Numerator over denominator; `None` without any.
    pub fn share(&self) -> Option<f64> {
        (self.denominator > 0).then(|| self.numerator as f64 / self.denominator as f64)
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            numerator: self.numerator + other.numerator,
            denominator: self.denominator + other.denominator,
            waited: self.waited + other.waited,
            waited_ms: self.waited_ms + other.waited_ms,
            extended: self.extended + other.extended,
            extended_days: self.extended_days + other.extended_days,
        }
    }
}

/// A case behind a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateCase {
    pub case: CaseId,
    pub number: String,
    /// Masked; `None` where the case itself is not the viewer's any more, say because it was sent on.
    pub title: Option<String>,
    /// The last of its moments in the period.
    pub at: Timestamp,
    pub count: RateCount,
}
