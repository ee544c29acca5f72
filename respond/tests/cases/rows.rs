//! Every row of the case table, tried in every state by everyone: who may and who may not.

use jiff::SignedDuration;
use qingting_models::ids::ItemId;
use qingting_models::records::{
    CaseFile, CaseState, Channel, Extension, Helper, HelperState, Item, Outcome, RatingGrade,
};
use qingting_respond::acting::ActingUser;
use qingting_respond::action::Action;
use qingting_respond::case_table::{ActionKind, TABLE};
use qingting_respond::decide::{allowed, leave_out, merge, split, take_in};
use qingting_respond::refusal::Refusal;

use crate::builders::*;

const STATES: &[&str] = &[
    "assigned",
    "returned",
    "handling",
    "waiting",
    "in_review",
    "replied",
    "closed",
    "declined",
    "outside",
    "void",
];
const OPEN: &[&str] = &["assigned", "returned", "handling", "waiting", "in_review", "replied"];
const UNANSWERED: &[&str] = &["assigned", "returned", "handling", "waiting", "in_review"];

/// DESIGN section 6, written out once more by hand: from which states, and by whom.
fn expected(kind: ActionKind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        ActionKind::Assign => (&[], &["duty", "system"]),
        ActionKind::Accept | ActionKind::SendBack => (&["assigned"], &["handler"]),
        ActionKind::Reassign => (&["returned"], &["duty"]),
        ActionKind::Contact => (&["handling", "in_review"], &["handler"]),
        ActionKind::TellPetitioner | ActionKind::Wait | ActionKind::AskExtension | ActionKind::Submit => {
            (&["handling"], &["handler"])
        }
        ActionKind::GoOn => (&["waiting"], &["handler", "system"]),
        ActionKind::GrantExtension | ActionKind::RefuseExtension => (&["handling"], &["duty"]),
        ActionKind::NeedsWork | ActionKind::Approve => (&["in_review"], &["reviewer"]),
        ActionKind::CallBack => (&["replied"], &["duty", "system"]),
        ActionKind::Reopen => (&["replied", "closed"], &["duty", "system"]),
        ActionKind::Press => (OPEN, &["duty", "system"]),
        ActionKind::AddHelper
        | ActionKind::ReleaseHelper
        | ActionKind::Decline
        | ActionKind::Outside
        | ActionKind::Void => (OPEN, &["duty"]),
        ActionKind::HelperAccept | ActionKind::HelperAnswer | ActionKind::HelperRefuse => (OPEN, &["helper"]),
        ActionKind::Merge | ActionKind::Split | ActionKind::LeaveOut | ActionKind::TakeIncident => {
            (UNANSWERED, &["duty"])
        }
        ActionKind::TakeIn => (UNANSWERED, &["duty", "system"]),
        ActionKind::Seen | ActionKind::Recount => (OPEN, &["system"]),
    }
}

/// The state after an allowed action that leaves the case's state.
fn leads_to(kind: ActionKind) -> Option<&'static str> {
    Some(match kind {
        ActionKind::Accept | ActionKind::GoOn | ActionKind::NeedsWork => "handling",
        ActionKind::SendBack => "returned",
        ActionKind::Reassign | ActionKind::Reopen => "assigned",
        ActionKind::Wait => "waiting",
        ActionKind::Submit => "in_review",
        ActionKind::Approve => "replied",
        ActionKind::CallBack => "closed",
        ActionKind::Decline => "declined",
        ActionKind::Outside => "outside",
        ActionKind::Void => "void",
        ActionKind::Merge => "merged",
        _ => return None,
    })
}

fn sample(house: &House, kind: ActionKind) -> Option<Action> {
    let text = || "按规定办理".to_string();
    Some(match kind {
        ActionKind::Assign
        | ActionKind::Merge
        | ActionKind::Split
        | ActionKind::TakeIn
        | ActionKind::LeaveOut => return None,
        ActionKind::Accept => Action::Accept,
        ActionKind::SendBack => send_back(),
        ActionKind::Reassign => Action::Reassign { department: code(OTHER), reason: text() },
        ActionKind::Contact => Action::Contact { note: text() },
        ActionKind::TellPetitioner => Action::TellPetitioner { note: text() },
        ActionKind::Wait => wait(house.now),
        ActionKind::GoOn => Action::GoOn { note: String::new() },
        ActionKind::AskExtension => Action::AskExtension { reason: text(), days: 3 },
        ActionKind::GrantExtension => Action::GrantExtension { note: String::new() },
        ActionKind::RefuseExtension => Action::RefuseExtension { reason: text() },
        ActionKind::Submit => submit(),
        ActionKind::NeedsWork => Action::NeedsWork { note: text() },
        ActionKind::Approve => approve(),
        ActionKind::CallBack => call_back(RatingGrade::Satisfied),
        ActionKind::Reopen => Action::Reopen { reason: text() },
        ActionKind::Press => Action::Press { level: 1, note: text() },
        ActionKind::AddHelper => Action::AddHelper { department: code("swjt"), note: text() },
        ActionKind::ReleaseHelper => Action::ReleaseHelper { department: code(HELPER), reason: text() },
        ActionKind::HelperAccept => Action::HelperAccept,
        ActionKind::HelperAnswer => Action::HelperAnswer { text: text() },
        ActionKind::HelperRefuse => Action::HelperRefuse { reason: text() },
        ActionKind::Decline => Action::Decline { legal_reason: text() },
        ActionKind::Outside => outside(),
        ActionKind::Void => Action::Void { reason: text() },
        ActionKind::TakeIncident => Action::TakeIncident { on: true },
        ActionKind::Recount => Action::Recount,
        ActionKind::Seen => {
            Action::Seen { due_at: Some(house.now + SignedDuration::from_hours(90)), finished: true }
        }
    })
}

/// A case in a state, with what the action needs beyond state and role.
fn prepared(house: &House, kind: ActionKind, state: &str, item: &Item) -> CaseFile {
    let mut file = house.file_in(state, item);
    let asked = if kind == ActionKind::HelperAnswer { HelperState::Accepted } else { HelperState::Asked };
    file.case.helpers =
        vec![Helper { department: code(HELPER), state: asked, asked_at: house.now, note: None }];
    if matches!(kind, ActionKind::GrantExtension | ActionKind::RefuseExtension) {
        file.case.extension = Some(Extension {
            asked_at: house.now,
            by: handler().actor,
            days: 3,
            reason: "待检测".into(),
            decision: None,
        });
    }
    if kind == ActionKind::Recount {
        for clock in file.clocks.iter_mut().filter(|clock| clock.is_open()) {
            clock.due_at -= SignedDuration::from_hours(1);
        }
    }
    if let (ActionKind::Reopen, Some(rating)) = (kind, file.ratings.last_mut()) {
        rating.grade = RatingGrade::Unsatisfied;
    }
    file
}

fn try_kind(
    house: &House,
    kind: ActionKind,
    file: &CaseFile,
    who: &ActingUser,
) -> Result<CaseState, Refusal> {
    match (kind, sample(house, kind)) {
        (_, Some(action)) => house.try_act(file, who, &action).map(|after| after.case.state),
        (ActionKind::Merge, None) => {
            let target = house.open(&Item { case: None, ..file.item.clone() });
            merge(file, &target, "同一事项", who, &house.ctx()).map(|m| m.merged.case.state)
        }
        (ActionKind::TakeIn, None) => {
            let item = Item { id: ItemId(78), case: None, ..file.item.clone() };
            take_in(file, &[item], "", who, &house.ctx()).map(|change| change.case.state)
        }
        (ActionKind::LeaveOut, None) => {
            let item = Item { id: ItemId(78), case: Some(file.case.id), ..file.item.clone() };
            leave_out(file, &item, "是另一件事", who, &house.ctx()).map(|change| change.case.state)
        }
        (_, None) => split(file, &code(OTHER), "另有诉求", who, &house.ctx()).map(|s| s.kept.case.state),
    }
}

#[test]
fn each_row_admits_whom_it_names_and_nobody_else() {
    let mut tried = 0;
    for kind in ActionKind::ALL.iter().copied().filter(|k| *k != ActionKind::Assign) {
        let (states, people) = expected(kind);
        let item = if kind == ActionKind::TellPetitioner { petition() } else { complaint() };
        for state in STATES {
            let mut house = House::new();
            let file = prepared(&house, kind, state, &item);
            if kind == ActionKind::GoOn {
                house.later(96);
            }
            for (name, who) in everyone() {
                // The program reopens on an unsatisfied rating alone, and a replied case has none yet.
                let unrated = kind == ActionKind::Reopen && name == "system" && *state == "replied";
                let may = states.contains(state) && people.contains(&name) && !unrated;
                let outcome = try_kind(&house, kind, &file, &who);
                assert_eq!(outcome.is_ok(), may, "{} in {state} by {name}: {outcome:?}", kind.code());
                let offered = allowed(&file, &who).contains(&kind);
                // A leader presses at a level of his own.
                let leads = kind == ActionKind::Press && name == "leader" && states.contains(state);
                assert_eq!(offered, may || leads, "button {} in {state} for {name}", kind.code());
                if let Ok(after) = outcome {
                    assert_eq!(
                        after.code(),
                        leads_to(kind).unwrap_or(if kind == ActionKind::Seen { "closed" } else { state })
                    );
                }
                tried += 1;
            }
        }
    }
    assert_eq!(tried, (ActionKind::ALL.len() - 1) * STATES.len() * everyone().len());
}

#[test]
fn for_a_confidential_case_the_discipline_officer_stands_in_for_the_duty_officer() {
    for kind in ActionKind::ALL.iter().copied().filter(|k| *k != ActionKind::Assign) {
        let (states, people) = expected(kind);
        if !people.contains(&"duty") {
            continue;
        }
        let house = House::new();
        let file = prepared(&house, kind, states[0], &conduct());
        assert!(try_kind(&house, kind, &file, &discipline()).is_ok(), "{}", kind.code());
        let refused = try_kind(&house, kind, &file, &duty());
        assert_eq!(refused.unwrap_err(), Refusal::DisciplineOnly { action: kind });
        assert!(try_kind(&house, kind, &file, &leader()).is_err(), "{}", kind.code());
    }
}

#[test]
fn the_table_has_one_row_for_every_action_and_only_known_states() {
    for kind in ActionKind::ALL {
        assert_eq!(TABLE.iter().filter(|row| row.action == *kind).count(), 1, "{}", kind.code());
        assert_eq!(ActionKind::from_code(kind.code()), Some(*kind));
    }
    let known: Vec<&str> = STATES.iter().copied().chain(["merged"]).collect();
    for row in TABLE {
        assert!(row.from.iter().chain(row.to).all(|state| known.contains(state)), "{:?}", row.action);
        assert_eq!(row.from, expected(row.action).0, "{:?}", row.action);
    }
}

#[test]
fn the_docs_hold_the_table_as_the_code_has_it() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/案件流转.md");
    let docs = std::fs::read_to_string(path).unwrap();
    let table = qingting_respond::case_table::markdown();
    assert!(docs.contains(&table), "docs/案件流转.md should hold this table:\n{table}");
}

#[test]
fn a_text_that_is_required_is_asked_for_by_its_name() {
    let house = House::new();
    let long = "长".repeat(4001);
    for (kind, state) in [
        (Action::Void { reason: "  ".into() }, "assigned"),
        (Action::Decline { legal_reason: String::new() }, "assigned"),
        (Action::Outside { authority: String::new(), receipt: "收条".into() }, "assigned"),
        (Action::Press { level: 1, note: String::new() }, "assigned"),
        (Action::AddHelper { department: code(HELPER), note: " ".into() }, "assigned"),
    ] {
        let refused = house.try_act(&house.file_in(state, &complaint()), &duty(), &kind).unwrap_err();
        assert!(matches!(refused, Refusal::Missing(_)), "{refused:?}");
    }
    let file = house.file_in("handling", &complaint());
    for text in [String::new(), long] {
        let action = Action::Submit { text, public_text: None, outcome: Outcome::Solved, promises: vec![] };
        let refused = house.try_act(&file, &handler(), &action).unwrap_err();
        assert!(matches!(refused, Refusal::Missing("答复内容") | Refusal::TooLong { got: 4001, .. }));
    }
}

#[test]
fn what_belongs_to_a_petition_is_not_asked_of_a_call() {
    let house = House::new();
    let file = house.file_in("handling", &complaint());
    let told = Action::TellPetitioner { note: "已告知".into() };
    assert_eq!(house.try_act(&file, &handler(), &told).unwrap_err(), Refusal::NotAPetition);
    assert_eq!(house.file_in("handling", &petition()).case.channel, Channel::Petition);
}
