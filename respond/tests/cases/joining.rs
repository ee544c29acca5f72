//! Merging and splitting: the earliest due time wins.

use qingting_models::records::{CaseFile, CaseState, Item};
use qingting_respond::action::Action;
use qingting_respond::case_change::applied;
use qingting_respond::case_clocks::reply_due;
use qingting_respond::decide::{merge, split};
use qingting_respond::refusal::Refusal;

use crate::builders::*;

fn dispatched_on(day: &str) -> Item {
    let mut item = complaint();
    item.content.upstream.dispatched_at = Some(at(&format!("{day}T09:00:00+08:00")));
    item
}

#[test]
fn the_case_that_goes_on_takes_over_an_earlier_due_time() {
    let house = House::new();
    let early = house.file_in("handling", &dispatched_on("2026-11-19"));
    let late = house.open(&dispatched_on("2026-11-23"));
    let due = reply_due(&early.clocks).unwrap().due_at;
    let joined = merge(&early, &late, "同一小区同一问题", &duty(), &house.ctx()).unwrap();
    let target = applied(&late, &joined.target);
    assert_eq!(reply_due(&target.clocks).unwrap().due_at, due);
    assert_eq!(target.case.state.code(), "assigned");
    let merged = applied(&early, &joined.merged);
    assert!(matches!(merged.case.state, CaseState::Merged { into, .. } if into == late.case.id));
    assert!(merged.clocks.iter().all(|c| !c.is_open()) && merged.case.due.is_none());

    let other_way = merge(&late, &early, "同一小区同一问题", &duty(), &house.ctx()).unwrap();
    assert!(other_way.target.clocks.is_empty(), "the target's own due time is earlier");
}

#[test]
fn a_taken_over_clock_is_met_by_the_targets_reply() {
    let house = House::new();
    let early = house.open(&dispatched_on("2026-11-19"));
    let mut target = house.open(&dispatched_on("2026-11-23"));
    let joined = merge(&early, &target, "重复", &duty(), &house.ctx()).unwrap();
    target = applied(&target, &joined.target);
    house.act(&mut target, &handler(), Action::Accept);
    house.act(&mut target, &handler(), submit());
    house.act(&mut target, &reviewer(), approve());
    assert_eq!(target.case.due.as_ref().unwrap().0.as_str(), "hotline.callback");
}

#[test]
fn what_cannot_be_merged_is_refused() {
    let house = House::new();
    let file = house.open(&complaint());
    let other = |target: &CaseFile| merge(&file, target, "重复", &duty(), &house.ctx()).unwrap_err();
    assert_eq!(other(&file), Refusal::MergeWithItself);
    assert_eq!(other(&house.open(&conduct())), Refusal::MergeAcrossConfidence);
    let replied = house.file_in("replied", &complaint());
    assert_eq!(other(&replied), Refusal::MergeTarget { state: "待回访" });
}

#[test]
fn what_is_split_off_inherits_the_residents_due_time_and_has_its_own_send_back() {
    let mut house = House::new();
    let mut file = house.file_in("handling", &complaint());
    house.act(&mut file, &handler(), wait(house.now));
    house.later(24);
    let parts = split(&file, &code(OTHER), "另反映占道", &duty(), &house.ctx()).unwrap();
    let new = &parts.new.case;
    assert_eq!((new.lead.as_str(), new.version, new.item), (OTHER, 1, file.case.item));
    assert_eq!((new.waits, new.number.as_str(), new.state.code()), (0, "", "assigned"));
    let rules: Vec<&str> = parts.new.clocks.iter().map(|c| c.rule.as_str()).collect();
    assert!(rules.contains(&"hotline.handle") && rules.contains(&"hotline.send_back"), "{rules:?}");
    assert!(parts.new.clocks.iter().all(|c| c.paused_at.is_none() && c.case == new.id));
    assert!(file.clocks.iter().all(|old| parts.new.clocks.iter().all(|c| c.id != old.id)));
    let kept = applied(&file, &parts.kept);
    assert_eq!((kept.case.state.code(), kept.case.version), ("waiting", file.case.version + 1));
}
