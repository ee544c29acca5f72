//! A case (工单): work for a lead department and helpers, with its state, clocks, replies and timeline.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, Channel, Kind, Urgency, words};
use crate::county::{DepartmentCode, RuleId, TopicCode, Town};
use crate::ids::{CaseId, ClockId, ItemId, RatingId, ReplyId, SealedId, TimelineId};

/// Where a case stands; each state carries what brought it there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CaseState {
    /// With the lead department, not yet accepted.
    Assigned { at: Timestamp, by: Actor, reason: String },
    /// Sent back to the duty office, which decides.
    Returned { at: Timestamp, by: Actor, reason: String, right_department: Option<DepartmentCode> },
    /// Accepted by the lead department.
    Handling { accepted_at: Timestamp, by: Actor },
    /// Waits for the resident until a time, then goes on by itself.
    Waiting { accepted_at: Timestamp, since: Timestamp, until: Timestamp, by: Actor, evidence: String },
    /// A reply is with the department's reviewer.
    InReview { accepted_at: Timestamp, reply: ReplyId, submitted_at: Timestamp, by: Actor },
    /// The reply was approved; the call-back is due.
    Replied { reply: ReplyId, approved_at: Timestamp, by: Actor },
    /// The call-back was noted.
    Closed { at: Timestamp, by: Actor, rating: RatingId },
    /// 不予受理.
    Declined { at: Timestamp, by: Actor, legal_reason: String },
    /// Another authority's matter, handed over there.
    Outside { at: Timestamp, by: Actor, authority: String, receipt: String },
    /// Opened by mistake.
    Void { at: Timestamp, by: Actor, reason: String },
    /// Goes on under another case.
    Merged { at: Timestamp, by: Actor, into: CaseId },
}

impl CaseState {
    /// The word in the store: `assigned`, `in_review` ...
    pub fn code(&self) -> &'static str {
        match self {
            Self::Assigned { .. } => "assigned",
            Self::Returned { .. } => "returned",
            Self::Handling { .. } => "handling",
            Self::Waiting { .. } => "waiting",
            Self::InReview { .. } => "in_review",
            Self::Replied { .. } => "replied",
            Self::Closed { .. } => "closed",
            Self::Declined { .. } => "declined",
            Self::Outside { .. } => "outside",
            Self::Void { .. } => "void",
            Self::Merged { .. } => "merged",
        }
    }

    /// The word that people read.
    pub fn label(&self) -> &'static str {
        state_label(self.code())
    }

    /// Whether work remains: every state before closing. A replied case still awaits its call-back.
    pub fn is_open(&self) -> bool {
        OPEN_STATES.contains(&self.code())
    }
}

/// The codes of the states in which work remains.
pub const OPEN_STATES: &[&str] = &["assigned", "returned", "handling", "waiting", "in_review", "replied"];

/// The word that people read for a state code; the code itself when it is unknown.
pub fn state_label(code: &str) -> &str {
    match code {
        "assigned" => "待签收",
        "returned" => "已退回",
        "handling" => "办理中",
        "waiting" => "等待群众",
        "in_review" => "待审核",
        "replied" => "待回访",
        "closed" => "已办结",
        "declined" => "不予受理",
        "outside" => "转外部门",
        "void" => "作废",
        "merged" => "已并案",
        other => other,
    }
}

/// Who opened a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum CaseOrigin {
    /// The program, by the routing row that it names in words.
    Rule { reason: String },
    /// A person.
    Person { user: Actor },
}

/// An extension that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extension {
    pub asked_at: Timestamp,
    pub by: Actor,
    pub days: u32,
    pub reason: String,
    /// `None` while undecided; else whether it was granted, by whom and when.
    pub decision: Option<(bool, Actor, Timestamp)>,
}

words! {
    /// Where a helper department stands.
    HelperState {
        Asked => "asked", "待协办";
        Accepted => "accepted", "协办中";
        Answered => "answered", "已反馈";
        Refused => "refused", "不承担";
        Released => "released", "已解除";
    }
}

/// A department that helps the lead (协办).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Helper {
    pub department: DepartmentCode,
    pub state: HelperState,
    pub asked_at: Timestamp,
    /// Masked; the helper's answer or reason.
    pub note: Option<String>,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub id: CaseId,
    /// What people say on the telephone: `2026-00123`, by office and year.
    pub number: String,
    pub item: ItemId,
    /// The masked title of its item.
    pub title: String,
    pub channel: Channel,
    pub kind: Kind,
    pub topic: Option<TopicCode>,
    pub urgency: Urgency,
    pub town: Option<Town>,
    pub confidential: bool,
    pub origin: CaseOrigin,
    pub lead: DepartmentCode,
    pub helpers: Vec<Helper>,
    #[serde(flatten)]
    pub state: CaseState,
    pub opened_at: Timestamp,
    /// Counts the changes; an update names the version that it saw.
    pub version: i64,
    pub changed_at: Timestamp,
    pub changed_by: Actor,
    /// Every lead department that has sent this case back.
    pub sent_back_by: Vec<DepartmentCode>,
    /// How often it waited for the resident, and working days waited.
    pub waits: u32,
    pub waited_days: u32,
    pub extension: Option<Extension>,
    pub reopened: u32,
    /// Level of the last press (督办): 0 none, 1 yellow, 2 red, 3 leader.
    pub pressed: u32,
    /// The rule and due time of the earliest unmet clock.
    pub due: Option<(RuleId, Timestamp)>,
    /// What else comes to the incident of its item goes into this case.
    #[serde(default)]
    pub takes_incident: bool,
}

/// A clock of a case: when it started, when it is due by which rule, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    pub id: ClockId,
    pub case: CaseId,
    pub rule: RuleId,
    pub started_at: Timestamp,
    pub due_at: Timestamp,
    /// A year without calendar data was counted as Monday to Friday (暂按周一至周五计算).
    pub provisional: bool,
    /// The due time was given by the sender and outranks ours.
    pub from_sender: bool,
    /// How the due time came about, a sentence a step.
    pub steps: Vec<String>,
    pub paused_at: Option<Timestamp>,
    /// Set when the clock was met; it never fires after.
    pub met_at: Option<Timestamp>,
    /// Set when the clock fell away unmet (the case was declined, voided, merged or sent elsewhere).
    pub dropped_at: Option<Timestamp>,
    /// Working days by which it was extended.
    pub extended_days: u32,
    /// What moved the due time since the start, in order, so that it can be worked out anew.
    #[serde(default)]
    pub moves: Vec<ClockMove>,
}

/// What moves the due time of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockMove {
    /// It stood still while the resident was waited for.
    Stood { from: Timestamp, to: Timestamp },
    /// An extension was granted, in the unit of its rule's cap.
    Extended { days: u32 },
}

impl Clock {
    /// Still running or paused.
    pub fn is_open(&self) -> bool {
        self.met_at.is_none() && self.dropped_at.is_none()
    }
}

words! {
    /// What a reply brings the resident.
    Outcome {
        Solved => "solved", "已解决";
        Partly => "partly", "部分解决";
        Explained => "explained", "解释说明";
        Impossible => "impossible", "无法解决";
    }
}

/// What a department promised, by when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    pub what: String,
    pub by: jiff::civil::Date,
}

/// What the reviewer said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "review", rename_all = "snake_case")]
pub enum ReplyReview {
    Pending,
    NeedsWork { by: Actor, at: Timestamp, note: String },
    Approved { by: Actor, at: Timestamp },
}

/// A department's answer. `text` is masked; the original is sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub id: ReplyId,
    pub case: CaseId,
    pub department: DepartmentCode,
    pub text: String,
    /// What may be published, apart from the answer to the caller. Free of personal data, or with what its writer
    /// said may stand, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_text: Option<PublicText>,
    pub sealed: SealedId,
    pub outcome: Outcome,
    pub promises: Vec<Promise>,
    pub submitted_by: Actor,
    pub submitted_at: Timestamp,
    #[serde(flatten)]
    pub review: ReplyReview,
}

/// The part of a reply that may be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicText {
    pub text: String,
    /// Why what looks like personal data in it may stand; `None` where nothing does. Masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_because: Option<String>,
}

words! {
    /// What the resident said at the call-back, or in the five grades of 好差评.
    RatingGrade {
        Satisfied => "satisfied", "满意";
        Basically => "basically", "基本满意";
        Unsatisfied => "unsatisfied", "不满意";
        VerySatisfied => "very_satisfied", "非常满意";
        VeryUnsatisfied => "very_unsatisfied", "非常不满意";
        /// Could not be reached, or would not say.
        Unknown => "unknown", "未评价";
    }
}

impl RatingGrade {
    /// Opens rectification.
    pub fn is_unsatisfied(self) -> bool {
        matches!(self, Self::Unsatisfied | Self::VeryUnsatisfied)
    }
}

/// A rating with its call-back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    pub id: RatingId,
    pub case: CaseId,
    /// Whose call-back it was, where the case answers many: that of who sent this item. `None` for all of them at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    pub at: Timestamp,
    pub by: Actor,
    pub grade: RatingGrade,
    pub outcome: Outcome,
    /// Masked.
    pub note: String,
}

/// One line of a case's timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    pub id: TimelineId,
    pub case: CaseId,
    pub at: Timestamp,
    pub actor: Actor,
    /// The action's code in the case table: `accept`, `send_back` ...
    pub action: String,
    /// State after it.
    pub state: String,
    /// Masked.
    pub note: String,
}
