//! Notices: what happened of which somebody is to be told, who is told by which rule, and who is on duty.

use jiff::Timestamp;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::{Actor, Case, CaseChange, CaseState, HelperState, ReportLine, ReportState, Role, Urgency, words};
use crate::ids::{
    AlertId, CaseId, IncidentId, ItemId, NoticeChannelId, NoticeEventId, NoticeId, NoticeRuleId, ReportId,
    ShiftId, UserId,
};

words! {
    /// What happened.
    NoticeKind {
        AlertRaised => "alert_raised", "新预警";
        AlertWaiting => "alert_waiting", "预警还没有人看";
        CaseAssigned => "case_assigned", "派单";
        CaseSentBack => "case_sent_back", "退回";
        CaseReassigned => "case_reassigned", "改派";
        ExtensionAsked => "extension_asked", "申请延期";
        ExtensionDecided => "extension_decided", "延期批复";
        ReplySubmitted => "reply_submitted", "答复待审核";
        ReplyNeedsWork => "reply_needs_work", "答复退回修改";
        ReplyApproved => "reply_approved", "待回访";
        CaseReopened => "case_reopened", "重办";
        HelperAsked => "helper_asked", "请协办";
        HelperAnswered => "helper_answered", "协办反馈";
        PressedYellow => "pressed_yellow", "将到期督办";
        PressedRed => "pressed_red", "超期督办";
        PressedByLeader => "pressed_by_leader", "领导督办";
        Escalated => "escalated", "超期无人处理";
        ReportDrafted => "report_drafted", "报告草稿";
        ReportSubmitted => "report_submitted", "报告待审核";
        ReportSentBack => "report_sent_back", "报告退回修改";
        ReportApproved => "report_approved", "报告签发";
    }
}

words! {
    /// Notices of one family about one incident say the same more or less loudly: the louder holds the others back.
    NoticeFamily {
        Alerts => "alerts", "预警";
        Clocks => "clocks", "督办";
    }
}

impl NoticeKind {
    /// The family, for those that one of a higher grade makes superfluous. Work that is handed to somebody has none.
    pub fn family(self) -> Option<NoticeFamily> {
        match self {
            Self::AlertRaised | Self::AlertWaiting => Some(NoticeFamily::Alerts),
            Self::PressedYellow | Self::PressedRed | Self::PressedByLeader | Self::Escalated => {
                Some(NoticeFamily::Clocks)
            }
            _ => None,
        }
    }

    /// How loud within its family, 0 to 3: of alerts the urgency, of clocks how far the matter went.
    pub fn grade(self, urgency: Urgency) -> u8 {
        match self {
            Self::PressedYellow => 0,
            Self::PressedRed => 1,
            Self::PressedByLeader => 2,
            Self::Escalated => 3,
            _ => u8::from(urgency),
        }
    }

    /// Whether what happened to a case at a time calls for nothing any more as the case now stands: what it asked for was
    /// done, by whomever, or the case is over.
    pub fn is_over(self, at: Timestamp, case: &Case) -> bool {
        let state = &case.state;
        let answered = match state {
            CaseState::Replied { approved_at, .. } => Some(*approved_at),
            _ => None,
        };
        let asked = || case.extension.as_ref().is_some_and(|extension| extension.decision.is_none());
        let to_help = || case.helpers.iter().any(|helper| helper.state == HelperState::Asked);
        if !state.is_open() {
            return true;
        }
        match self {
            Self::CaseAssigned | Self::CaseReassigned | Self::CaseReopened => {
                !matches!(state, CaseState::Assigned { .. })
            }
            Self::CaseSentBack => !matches!(state, CaseState::Returned { .. }),
            Self::ExtensionAsked => !asked() || answered.is_some(),
            Self::HelperAsked => !to_help(),
            Self::ReplySubmitted => !matches!(state, CaseState::InReview { .. }),
            Self::ReplyNeedsWork => !matches!(state, CaseState::Handling { .. } | CaseState::Waiting { .. }),
            Self::ReplyApproved => answered.is_none(),
            // A call-back can be pressed for too.
            Self::ExtensionDecided
            | Self::HelperAnswered
            | Self::PressedYellow
            | Self::PressedRed
            | Self::PressedByLeader
            | Self::Escalated => answered.is_some_and(|approved| at <= approved),
            Self::AlertRaised
            | Self::AlertWaiting
            | Self::ReportDrafted
            | Self::ReportSubmitted
            | Self::ReportSentBack
            | Self::ReportApproved => false,
        }
    }

    /// Whether what happened to a report calls for nothing any more where it stands.
    pub fn is_over_for_report(self, state: ReportState) -> bool {
        match self {
            Self::ReportDrafted | Self::ReportSentBack => state != ReportState::Draft,
            Self::ReportSubmitted => state != ReportState::Review,
            _ => false,
        }
    }

    /// What an action of the case table tells; `level` is that of a press.
    fn of_action(action: &str, level: i64) -> Option<Self> {
        Some(match action {
            "assign" => Self::CaseAssigned,
            "send_back" => Self::CaseSentBack,
            "reassign" => Self::CaseReassigned,
            "ask_extension" => Self::ExtensionAsked,
            "grant_extension" | "refuse_extension" => Self::ExtensionDecided,
            "submit" => Self::ReplySubmitted,
            "needs_work" => Self::ReplyNeedsWork,
            "approve" => Self::ReplyApproved,
            "reopen" => Self::CaseReopened,
            "add_helper" => Self::HelperAsked,
            "helper_answer" | "helper_refuse" => Self::HelperAnswered,
            "press" => match level {
                1 => Self::PressedYellow,
                2 => Self::PressedRed,
                _ => Self::PressedByLeader,
            },
            _ => return None,
        })
    }
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeSubject {
    Case(CaseId),
    Alert(AlertId),
    /// A mirrored case, by its item.
    Mirrored(ItemId),
    Report(ReportId),
}

/// Something that happened of which somebody is to be told; written with the change that causes it.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeEvent {
    pub id: NoticeEventId,
    /// Makes it exist once: the same again is the same event.
    pub key: String,
    pub kind: NoticeKind,
    pub subject: NoticeSubject,
    pub urgency: Urgency,
    /// Who did it, and therefore need not be told.
    pub actor: Actor,
    pub at: Timestamp,
}

/// What a change of a case tells, one event for each line of its timeline that tells anything; ids are yet to be given.
pub fn events_of(change: &CaseChange) -> Vec<NoticeEvent> {
    let level = change.audit.detail["level"].as_i64().unwrap_or(0);
    let event = |line: &super::TimelineEntry| {
        Some(NoticeEvent {
            id: NoticeEventId(0),
            key: format!("case:{}:{}", line.id, line.action),
            kind: NoticeKind::of_action(&line.action, level)?,
            subject: NoticeSubject::Case(change.case.id),
            urgency: change.case.urgency,
            actor: line.actor,
            at: line.at,
        })
    };
    change.timeline.iter().filter_map(event).collect()
}

/// A rule with its name and state. A new version replaces the one before; the log keeps what it was.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeRule {
    pub id: NoticeRuleId,
    pub name: String,
    pub enabled: bool,
    pub plan: NoticePlan,
    pub version: i64,
    pub changed_at: Timestamp,
    pub changed_by: Actor,
}

/// Of what is told, whom, by which ways, and when. In the page everybody is told at once; hours, wait and channels are for
/// what goes out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticePlan {
    pub events: Vec<NoticeKind>,
    pub urgency_min: Urgency,
    pub receivers: NoticeReceivers,
    pub channels: Vec<NoticeChannelId>,
    pub hours: Option<ActiveHours>,
    /// How long a message waits for others to the same receiver, in minutes.
    pub wait_minutes: u32,
    /// The same about the same case or alert is told one receiver once in so many hours; 0 for each time.
    pub repeat_hours: u32,
    /// A louder notice about the same incident holds this one back.
    pub inhibit: bool,
}

impl Default for NoticePlan {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            urgency_min: Urgency::Ordinary,
            receivers: NoticeReceivers::default(),
            channels: Vec::new(),
            hours: None,
            wait_minutes: 0,
            repeat_hours: 0,
            inhibit: true,
        }
    }
}

/// Who is told. Who may not know of a matter is never among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeReceivers {
    pub users: Vec<UserId>,
    /// Everybody of these roles, whatever their department.
    pub roles: Vec<Role>,
    /// Of the department that leads the case, those of these roles.
    pub lead: Vec<Role>,
    /// Of the departments that help, those of these roles.
    pub helpers: Vec<Role>,
    /// Who is on duty by the roster; where nobody stands there, the whole duty desk.
    pub on_duty: bool,
}

impl NoticeReceivers {
    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// When messages may go out. What comes outside waits until they begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActiveHours {
    /// Wall clock of the county; an end before the beginning is of the next day.
    pub from: Time,
    pub to: Time,
    /// On working days of the official calendar alone.
    #[serde(default)]
    pub workdays: bool,
    /// What is urgent goes out at any time.
    #[serde(default)]
    pub urgent_always: bool,
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeFault {
    #[error("the rule names no event")]
    NoEvents,
    #[error("the rule names nobody who is told")]
    NoReceivers,
    #[error("the role {0} does not belong to a department; allowed there: handler, reviewer")]
    NoDepartmentRole(Role),
    #[error("the hours begin and end at the same time")]
    NoHours,
    #[error("a wait of {0} minutes; allowed: 0 to 1440")]
    Wait(u32),
    #[error("repeated after {0} hours; allowed: 0 to 720")]
    Repeat(u32),
}

impl NoticePlan {
    /// Checks what can be checked without the store.
    ///
    /// # Errors
    /// The first [`NoticeFault`].
    pub fn check(&self) -> Result<(), NoticeFault> {
        let receivers = &self.receivers;
        let mut in_department = receivers.lead.iter().chain(&receivers.helpers);
        if let Some(role) = in_department.find(|role| !role.needs_department()) {
            return Err(NoticeFault::NoDepartmentRole(*role));
        }
        if self.hours.as_ref().is_some_and(|hours| hours.from == hours.to) {
            return Err(NoticeFault::NoHours);
        }
        match self {
            plan if plan.events.is_empty() => Err(NoticeFault::NoEvents),
            plan if plan.receivers.is_empty() => Err(NoticeFault::NoReceivers),
            plan if plan.wait_minutes > 1440 => Err(NoticeFault::Wait(plan.wait_minutes)),
            plan if plan.repeat_hours > 720 => Err(NoticeFault::Repeat(plan.repeat_hours)),
            _ => Ok(()),
        }
    }
}

/// That a user was told, as the page shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    pub id: NoticeId,
    pub kind: NoticeKind,
    pub urgency: Urgency,
    pub at: Timestamp,
    pub read_at: Option<Timestamp>,
    /// Why it was held back, in words; such a one is not counted as unread.
    pub held: Option<String>,
    pub about: NoticeAbout,
}

/// The matter of a notice as its reader may see it.
#[derive(Debug, Clone, PartialEq)]
pub enum NoticeAbout {
    Case { id: CaseId, number: String, title: String, state: &'static str, due: Option<Timestamp> },
    Mirrored { id: ItemId, number: String, title: String, state: String, due: Option<Timestamp> },
    Alert { id: AlertId, incident: IncidentId, rule: String, why: String, items: i64 },
    Report(ReportLine),
}

/// A time of duty of one person, from `starts_at` until just before `ends_at`.
#[derive(Debug, Clone, PartialEq)]
pub struct Shift {
    pub id: ShiftId,
    pub user: UserId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> NoticePlan {
        NoticePlan {
            events: vec![NoticeKind::CaseAssigned],
            receivers: NoticeReceivers { lead: vec![Role::Handler], ..NoticeReceivers::default() },
            ..NoticePlan::default()
        }
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_named() {
        let of = |change: fn(&mut NoticePlan)| {
            let mut plan = plan();
            change(&mut plan);
            plan.check()
        };
        assert_eq!(of(|_| ()), Ok(()));
        assert_eq!(of(|p| p.events.clear()), Err(NoticeFault::NoEvents));
        assert_eq!(of(|p| p.receivers.lead.clear()), Err(NoticeFault::NoReceivers));
        assert_eq!(
            of(|p| p.receivers.helpers.push(Role::Duty)),
            Err(NoticeFault::NoDepartmentRole(Role::Duty))
        );
        assert_eq!(of(|p| p.wait_minutes = 2000), Err(NoticeFault::Wait(2000)));
        assert_eq!(of(|p| p.repeat_hours = 721), Err(NoticeFault::Repeat(721)));
        let noon = Time::constant(12, 0, 0, 0);
        let hours = ActiveHours { from: noon, to: noon, workdays: false, urgent_always: true };
        assert_eq!(NoticePlan { hours: Some(hours), ..plan() }.check(), Err(NoticeFault::NoHours));
    }

    #[test]
    fn of_one_family_the_louder_has_the_higher_grade() {
        let clocks = [
            NoticeKind::PressedYellow,
            NoticeKind::PressedRed,
            NoticeKind::PressedByLeader,
            NoticeKind::Escalated,
        ];
        assert!(clocks.is_sorted_by_key(|kind| kind.grade(Urgency::Ordinary)));
        assert_eq!(NoticeKind::AlertRaised.grade(Urgency::Urgent), 2);
        assert_eq!(NoticeKind::ReplySubmitted.family(), None);
    }
}
