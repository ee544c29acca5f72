//! What somebody does next with a case, by the habits of its office.

use jiff::{SignedDuration, Timestamp, ToSpan};
use qingting_models::county::DepartmentCode;
use qingting_models::records::{Case, CaseState, Channel, HelperState, Outcome, RatingGrade};
use qingting_respond::action::Action;

use crate::draw::Draw;
use crate::habits::Habits;
use crate::model::{DEPARTMENTS, Person, days};
use crate::staff::{DISCIPLINE, DUTY, LEADER, office};

/// A step on one case, or on two.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Act(Person, Action),
    Merge(Person),
    Split(Person, &'static str),
    /// The sender's newer sheet, with the case finished there or not.
    Newer(bool),
}

/// What was done on a case beside its state.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Done {
    pub(crate) contacted: bool,
    pub(crate) told: bool,
    /// Whether the office has thought about waiting, and about asking for more time, since it accepted.
    pub(crate) weighed: bool,
    pub(crate) mirrored: bool,
}

fn desk(case: &Case) -> Person {
    if case.confidential { DISCIPLINE } else { DUTY }
}

fn handler(department: &DepartmentCode) -> Person {
    Person { role: "handler", department: office(department) }
}

fn other(case: &Case, draw: &mut Draw) -> &'static str {
    let other = draw.one(&DEPARTMENTS);
    if other == case.lead.as_str() { DEPARTMENTS[0] } else { other }
}

fn text(text: &str) -> String {
    text.into()
}

/// The next step, and after how many minutes of office time, more or less, there may be another.
pub(crate) fn next(
    case: &Case,
    done: &mut Done,
    habits: &Habits,
    now: Timestamp,
    draw: &mut Draw,
) -> (Step, i64) {
    let open = case.state.is_open();
    if open && waits_for_helper(case) && draw.often(200) {
        return (with_helper(case, draw), 40);
    }
    if open && draw.often(70) {
        return (beside(case, done, draw), 40);
    }
    match &case.state {
        CaseState::Assigned { .. } => (when_assigned(case, habits, draw), habits.contacts_after),
        CaseState::Returned { right_department, .. } => {
            let right = right_department.as_ref().filter(|_| draw.often(700));
            let department = right.cloned().unwrap_or_else(|| DepartmentCode::new(other(case, draw)));
            (Step::Act(desk(case), Action::Reassign { department, reason: text("按职责") }), 60)
        }
        CaseState::Handling { .. } => when_handling(case, done, habits, now, draw),
        CaseState::Waiting { .. } => (
            Step::Act(handler(&case.lead), Action::GoOn { note: text("材料已补") }),
            habits.answers_after / 3,
        ),
        CaseState::InReview { .. } => {
            let reviewer = Person { role: "reviewer", department: office(&case.lead) };
            let action = match draw.often(habits.needs_work) {
                true => Action::NeedsWork { note: text("请写明处理结果") },
                false => Action::Approve { note: String::new() },
            };
            (Step::Act(reviewer, action), 300)
        }
        CaseState::Replied { .. } => (call_back(case, habits, draw), habits.accepts_after),
        _ => (Step::Act(desk(case), Action::Reopen { reason: text("群众再次反映") }), habits.accepts_after),
    }
}

fn when_assigned(case: &Case, habits: &Habits, draw: &mut Draw) -> Step {
    let lead = handler(&case.lead);
    if draw.often(habits.sends_back) {
        // At times once more, which is refused.
        let right = Some(DepartmentCode::new(other(case, draw)));
        return Step::Act(lead, Action::SendBack { reason: text("不属本单位"), right_department: right });
    }
    match draw.below(60) {
        // A promise before acceptance, and another office's work: refused.
        0 => Step::Act(lead, submit(case, draw)),
        1 => Step::Act(handler(&DepartmentCode::new(other(case, draw))), Action::Accept),
        _ => Step::Act(lead, Action::Accept),
    }
}

fn when_handling(
    case: &Case,
    done: &mut Done,
    habits: &Habits,
    now: Timestamp,
    draw: &mut Draw,
) -> (Step, i64) {
    let lead = handler(&case.lead);
    if case.extension.as_ref().is_some_and(|asked| asked.decision.is_none()) {
        let action = match draw.often(800) {
            true => Action::GrantExtension { note: String::new() },
            false => Action::RefuseExtension { reason: text("可按期办结") },
        };
        return (Step::Act(desk(case), action), habits.answers_after);
    }
    if case.channel == Channel::Petition && !done.told {
        done.told = true;
        if draw.often(900) {
            return (Step::Act(lead, Action::TellPetitioner { note: text("已受理") }), habits.answers_after);
        }
    }
    if !done.contacted {
        done.contacted = true;
        if draw.often(habits.contacts) {
            return (Step::Act(lead, Action::Contact { note: text("电话联系") }), habits.answers_after / 2);
        }
    }
    if !done.weighed {
        done.weighed = true;
        if draw.often(habits.waits) {
            let until = a_wait(now, draw);
            return (Step::Act(lead, Action::Wait { evidence: text("等待补充合同"), until }), 1_500);
        }
        if draw.often(habits.extends) {
            let days = 1 + draw.below(11) as u32;
            return (Step::Act(lead, Action::AskExtension { reason: text("待检测"), days }), 200);
        }
        // Time to do it.
        if draw.often(900) {
            return (Step::Act(lead, Action::Contact { note: text("现场查看") }), habits.answers_after);
        }
    }
    (Step::Act(lead, submit(case, draw)), 200)
}

fn a_wait(now: Timestamp, draw: &mut Draw) -> Timestamp {
    match draw.below(4) {
        0 => now + SignedDuration::from_hours(3),
        _ => days::at(
            days::day(now).checked_add((1 + draw.below(9) as i64).days()).unwrap(),
            draw.one(&[9, 17]),
        ),
    }
}

fn submit(case: &Case, draw: &mut Draw) -> Action {
    let outcomes = [Outcome::Solved, Outcome::Solved, Outcome::Partly, Outcome::Explained];
    let text = format!("已到现场处理，工单{}", case.reopened);
    Action::Submit { text, public_text: None, outcome: draw.one(&outcomes), promises: vec![] }
}

fn call_back(case: &Case, habits: &Habits, draw: &mut Draw) -> Step {
    let grade = match draw.often(habits.unsatisfied) {
        true => draw.one(&[RatingGrade::Unsatisfied, RatingGrade::VeryUnsatisfied]),
        false => draw.one(&[
            RatingGrade::Satisfied,
            RatingGrade::Satisfied,
            RatingGrade::Basically,
            RatingGrade::VerySatisfied,
            RatingGrade::Unknown,
        ]),
    };
    let outcome = draw.one(&[Outcome::Solved, Outcome::Solved, Outcome::Partly, Outcome::Impossible]);
    Step::Act(desk(case), Action::CallBack { grade, outcome, note: text("电话回访") })
}

/// What comes beside the ordinary way.
fn beside(case: &Case, done: &Done, draw: &mut Draw) -> Step {
    let desk = desk(case);
    let act = Step::Act;
    match draw.below(20) {
        0 | 1 => act(desk, Action::Press { level: 1 + draw.below(2) as u32, note: text("请抓紧") }),
        2 => act(LEADER, Action::Press { level: 3, note: text("请限期办结") }),
        3 | 4 => Step::Merge(desk),
        5 | 6 => Step::Split(desk, other(case, draw)),
        7 => act(desk, Action::Decline { legal_reason: text("已进入诉讼程序") }),
        8 => act(desk, Action::Outside { authority: text("市银保监分局"), receipt: text("7号") }),
        9 => act(desk, Action::Void { reason: text("重复登记") }),
        10 | 11 => Step::Newer(done.mirrored && draw.often(500)),
        12 if done.mirrored => Step::Newer(true),
        _ => with_helper(case, draw),
    }
}

fn waits_for_helper(case: &Case) -> bool {
    case.helpers.iter().any(|h| matches!(h.state, HelperState::Asked | HelperState::Accepted))
}

/// Asks another office to help, or goes on with one that was asked.
fn with_helper(case: &Case, draw: &mut Draw) -> Step {
    let waits = case.helpers.iter().find(|h| matches!(h.state, HelperState::Asked | HelperState::Accepted));
    let Some(helper) = waits else {
        let department = DepartmentCode::new(other(case, draw));
        return Step::Act(desk(case), Action::AddHelper { department, note: text("请协助核查") });
    };
    if draw.often(100) {
        let department = helper.department.clone();
        return Step::Act(desk(case), Action::ReleaseHelper { department, reason: text("已查清") });
    }
    let action = match (helper.state, draw.below(4)) {
        (HelperState::Accepted, _) => Action::HelperAnswer { text: text("已核查") },
        (_, 0) => Action::HelperRefuse { reason: text("不涉及") },
        _ => Action::HelperAccept,
    };
    Step::Act(handler(&helper.department), action)
}
