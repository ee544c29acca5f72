//! What the rates count of a case, told in stories. The quarter holds them against a recount of many.

use jiff::Timestamp;
use qingting_models::records::{CaseFile, Outcome, Rate, RatingGrade};
use qingting_respond::action::Action;
use qingting_respond::decide::{merge, split};
use qingting_respond::rates::{Story, facts};

use crate::builders::*;

/// Department, moment, whether it is in the numerator.
pub(crate) fn counted(file: &CaseFile, rate: Rate) -> Vec<(Option<String>, Timestamp, bool)> {
    let facts = facts(&Story::from(file));
    let of = facts.into_iter().filter(|fact| fact.rate == rate);
    of.map(|fact| (fact.department.map(|code| code.to_string()), fact.at, fact.holds)).collect()
}

pub(crate) fn of(department: &str) -> Option<String> {
    Some(department.to_owned())
}

fn due(file: &CaseFile, rule: &str) -> Timestamp {
    file.clocks.iter().find(|clock| clock.rule.as_str() == rule).unwrap().due_at
}

#[test]
fn what_falls_due_is_charged_to_the_department_that_has_the_case_then() {
    let mut house = House::new();
    let mut file = house.open(&complaint());
    let answer = due(&file, "hotline.handle");
    assert_eq!(counted(&file, Rate::OnTime), [(of(LEAD), answer, false)]);
    house.act(&mut file, &handler(), send_back());
    assert_eq!(counted(&file, Rate::OnTime), [(None, answer, false)], "the duty desk has it");
    assert_eq!(counted(&file, Rate::SentBack), [(of(LEAD), house.now, true)]);
    house.later(1);
    let given = house.now;
    house.act(&mut file, &duty(), Action::Reassign { department: code(OTHER), reason: "按职责".into() });
    assert_eq!(counted(&file, Rate::OnTime), [(of(OTHER), answer, false)]);
    assert_eq!(counted(&file, Rate::SentBack), [(of(LEAD), monday(), true), (of(OTHER), given, false)]);
    house.act(&mut file, &other_handler(), Action::Accept);
    house.act(&mut file, &other_handler(), submit());
    house.act(&mut file, &other_reviewer(), approve());
    assert_eq!(counted(&file, Rate::OnTime), [(of(OTHER), answer, true)]);
}

#[test]
fn a_late_department_does_not_pass_its_lateness_on() {
    let mut house = House::new();
    let mut file = house.open(&complaint());
    let answer = due(&file, "hotline.handle");
    house.now = answer;
    house.later(1);
    house.act(&mut file, &handler(), send_back());
    house.act(&mut file, &duty(), Action::Reassign { department: code(OTHER), reason: "按职责".into() });
    house.act(&mut file, &other_handler(), Action::Accept);
    house.act(&mut file, &other_handler(), submit());
    house.act(&mut file, &other_reviewer(), approve());
    assert_eq!(counted(&file, Rate::OnTime), [(of(LEAD), answer, false)]);
}

#[test]
fn a_clock_that_stands_has_no_due_time_and_how_long_it_stood_is_kept() {
    let mut house = House::new();
    let mut file = house.file_in("waiting", &complaint());
    assert_eq!(counted(&file, Rate::OnTime), [], "while the resident is waited for");
    house.later(48);
    house.act(&mut file, &handler(), Action::GoOn { note: String::new() });
    house.act(&mut file, &handler(), Action::AskExtension { reason: "待检测".into(), days: 4 });
    house.act(&mut file, &duty(), Action::GrantExtension { note: String::new() });
    let fact = facts(&Story::from(&file)).into_iter().find(|fact| fact.rate == Rate::OnTime).unwrap();
    assert_eq!((fact.waited.as_hours(), fact.extended_days), (48, 4));
    assert_eq!(fact.at, due(&file, "hotline.handle"));
}

#[test]
fn what_stood_still_when_it_fell_away_was_never_due() {
    let mut house = House::new();
    let mut file = house.file_in("handling", &complaint());
    let until = due(&file, "hotline.handle");
    house.later(96);
    let wait =
        Action::Wait { evidence: "等待合同".into(), until: until + jiff::SignedDuration::from_hours(96) };
    house.act(&mut file, &handler(), wait);
    house.now = until;
    house.later(24);
    house.act(&mut file, &duty(), Action::Decline { legal_reason: "已进入诉讼程序".into() });
    assert_eq!(counted(&file, Rate::OnTime), []);
}

#[test]
fn a_contact_that_the_reply_overtook_was_missed_only_if_it_was_due() {
    let mut house = House::new();
    let mut file = house.file_in("handling", &complaint());
    let contact = due(&file, "hotline.contact");
    let mut quick = file.clone();
    house.act(&mut quick, &handler(), submit());
    house.act(&mut quick, &reviewer(), approve());
    assert_eq!(counted(&quick, Rate::Contact), []);
    house.later(25);
    house.act(&mut file, &handler(), submit());
    house.act(&mut file, &reviewer(), approve());
    assert_eq!(counted(&file, Rate::Contact), [(of(LEAD), contact, false)]);
}

#[test]
fn each_reply_is_one_and_redone_where_it_was_reopened() {
    let mut house = House::new();
    let mut file = house.file_in("replied", &complaint());
    let first = house.now;
    assert_eq!(counted(&file, Rate::Redone), [(of(LEAD), first, false)]);
    house.later(1);
    house.act(&mut file, &duty(), call_back(RatingGrade::Unsatisfied));
    let called = house.now;
    assert_eq!(counted(&file, Rate::Redone), [(of(LEAD), first, true)]);
    assert_eq!(counted(&file, Rate::Satisfied), [(of(LEAD), called, false)]);
    assert_eq!(counted(&file, Rate::Solved), [(of(LEAD), called, true)]);
    house.later(1);
    house.act(&mut file, &handler(), Action::Accept);
    house.act(&mut file, &handler(), submit());
    house.act(&mut file, &reviewer(), approve());
    assert_eq!(counted(&file, Rate::OnTime).len(), 2, "two rounds of work");
    let unrated =
        Action::CallBack { grade: RatingGrade::Unknown, outcome: Outcome::Partly, note: String::new() };
    house.act(&mut file, &duty(), unrated);
    assert_eq!(counted(&file, Rate::Satisfied).len(), 1, "who says nothing rates nothing");
    assert_eq!(counted(&file, Rate::Solved).len(), 2);
}

#[test]
fn what_a_platform_finished_was_no_call_back() {
    let house = House::new();
    let mut file = house.file_in("handling", &complaint());
    house.act(&mut file, &system(), Action::Seen { due_at: None, finished: true });
    assert_eq!(counted(&file, Rate::Solved), []);
    assert_eq!(counted(&file, Rate::OnTime), []);
}

#[test]
fn a_senders_due_time_decides_in_the_place_of_ours() {
    let house = House::new();
    let mut item = complaint();
    let sender = at("2026-11-24T12:00:00+08:00");
    item.content.upstream.due_at = Some(sender);
    assert_eq!(counted(&house.open(&item), Rate::OnTime), [(of(LEAD), sender, false)]);
}

#[test]
fn what_was_due_before_it_was_given_to_anyone_is_charged_to_the_duty_desk() {
    let house = House::new();
    let mut item = complaint();
    item.content.upstream.dispatched_at = Some(at("2026-11-20T08:00:00+08:00"));
    let contact = at("2026-11-21T08:00:00+08:00");
    assert_eq!(counted(&house.open(&item), Rate::Contact), [(None, contact, false)]);
}

#[test]
fn a_void_case_counts_nowhere_and_a_merged_one_as_a_repetition() {
    let mut house = House::new();
    assert!(facts(&Story::from(&house.file_in("void", &complaint()))).is_empty());
    let (file, target) = (house.file_in("handling", &complaint()), house.open(&complaint()));
    house.later(200);
    let joined = merge(&file, &target, "同一事项", &duty(), &house.ctx()).unwrap();
    let merged = qingting_respond::case_change::applied(&file, &joined.merged);
    assert_eq!(counted(&merged, Rate::OnTime), [], "the case under which it goes on is late");
    assert_eq!(counted(&merged, Rate::Repeated), [(of(LEAD), monday(), true)]);
    assert_eq!(counted(&target, Rate::Repeated), [(of(LEAD), monday(), false)]);
}

#[test]
fn whoever_takes_a_waiting_case_over_gets_the_time_that_it_stood() {
    let mut house = House::new();
    let file = house.file_in("waiting", &complaint());
    let due_before = due(&file, "hotline.handle");
    let target = house.open(&complaint());
    house.later(48);
    let parts = split(&file, &code(OTHER), "另诉", &duty(), &house.ctx()).unwrap();
    let split_off = parts.new.clocks.iter().find(|clock| clock.rule.as_str() == "hotline.handle").unwrap();
    assert!(split_off.due_at > due_before);
    let joined = merge(&file, &target, "同一事项", &duty(), &house.ctx()).unwrap();
    assert!(joined.target.clocks.is_empty(), "the merged case is due later by the days that it waited");
}
