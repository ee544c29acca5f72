//! Which clocks run when, and when they are due around days off.

use jiff::Timestamp;
use qingting_models::records::{CaseFile, Clock, Item, Kind, Outcome, Promise, RatingGrade, Urgency};
use qingting_respond::action::Action;
use qingting_respond::case_clocks::{earliest, outranked};
use qingting_respond::refusal::Refusal;

use crate::builders::*;

pub(crate) fn open_rules(file: &CaseFile) -> Vec<&str> {
    let mut rules: Vec<&str> = file.clocks.iter().filter(|c| c.is_open()).map(|c| c.rule.as_str()).collect();
    rules.sort_unstable();
    rules
}

#[track_caller]
pub(crate) fn clock<'a>(file: &'a CaseFile, rule: &str) -> &'a Clock {
    file.clocks.iter().rfind(|c| c.rule.as_str() == rule).unwrap_or_else(|| panic!("no clock {rule}"))
}

fn dispatched(item: Item, at: Timestamp) -> Item {
    let mut item = item;
    item.content.upstream.dispatched_at = Some(at);
    item
}

#[test]
fn a_complaint_runs_send_back_and_handle_and_contact_begins_with_accepting() {
    let mut house = House::new();
    let mut file = house.open(&complaint());
    assert_eq!(open_rules(&file), ["hotline.handle", "hotline.send_back"]);
    assert_eq!(clock(&file, "hotline.send_back").due_at, at("2026-11-25T17:00:00+08:00"));
    assert_eq!(clock(&file, "hotline.handle").due_at, at("2026-11-30T17:00:00+08:00"));
    house.later(2);
    house.act(&mut file, &handler(), Action::Accept);
    assert_eq!(open_rules(&file), ["hotline.contact", "hotline.handle"]);
    assert_eq!(clock(&file, "hotline.contact").due_at, at("2026-11-24T11:00:00+08:00"));
    house.act(&mut file, &handler(), Action::Contact { note: "已电话联系".into() });
    assert_eq!(open_rules(&file), ["hotline.handle"]);
    house.act(&mut file, &handler(), submit());
    house.act(&mut file, &reviewer(), approve());
    assert_eq!(open_rules(&file), ["hotline.callback"]);
    house.act(&mut file, &duty(), call_back(RatingGrade::Satisfied));
    assert_eq!((open_rules(&file).len(), file.case.due.clone()), (0, None));
}

#[test]
fn clocks_of_the_resident_start_when_the_sender_dispatched() {
    let house = House::new();
    let friday = at("2026-11-20T16:00:00+08:00");
    let mut file = house.open(&dispatched(complaint(), friday));
    assert_eq!(open_rules(&file), ["hotline.contact", "hotline.handle", "hotline.send_back"]);
    assert_eq!(clock(&file, "hotline.contact").due_at, at("2026-11-21T16:00:00+08:00"));
    assert_eq!(clock(&file, "hotline.handle").due_at, at("2026-11-27T17:00:00+08:00"));
    assert_eq!(clock(&file, "hotline.send_back").started_at, house.now);
    house.act(&mut file, &handler(), Action::Accept);
    let contacts = file.clocks.iter().filter(|c| c.rule.as_str() == "hotline.contact").count();
    assert_eq!(contacts, 1, "accepting does not start it again");
}

#[test]
fn working_days_step_over_the_national_day_and_its_makeup_workday() {
    let mut house = House::new();
    house.now = at("2026-09-29T10:00:00+08:00");
    let mut file = house.open(&dispatched(complaint(), house.now));
    // 30 September, then 8, 9 and the make-up Saturday 10 October, then Monday 12.
    assert_eq!(clock(&file, "hotline.handle").due_at, at("2026-10-12T17:00:00+08:00"));
    house.act(&mut file, &handler(), Action::Accept);
    let until = at("2026-10-08T09:00:00+08:00");
    house.act(&mut file, &handler(), Action::Wait { evidence: "外出，节后回县".into(), until });
    assert!(clock(&file, "hotline.handle").paused_at.is_some());
    // Woken late, the clock still goes on at the date that was named.
    house.now = at("2026-10-09T09:00:00+08:00");
    house.act(&mut file, &system(), Action::GoOn { note: String::new() });
    assert_eq!(file.case.waited_days, 2, "30 September and 8 October");
    assert_eq!(clock(&file, "hotline.handle").due_at, at("2026-10-14T17:00:00+08:00"));
}

#[test]
fn an_overdue_clock_does_not_pause() {
    let mut house = House::new();
    let mut file = house.file_in("handling", &complaint());
    house.now = at("2026-12-01T09:00:00+08:00");
    house.act(&mut file, &handler(), wait(house.now));
    assert!(clock(&file, "hotline.handle").paused_at.is_none());
    assert_eq!(file.case.due.as_ref().unwrap().1, clock(&file, "hotline.contact").due_at);
}

#[test]
fn a_petition_runs_its_own_clocks_and_none_of_the_hotline() {
    let mut house = House::new();
    let mut file = house.open(&petition());
    assert_eq!(open_rules(&file), ["petition.accept", "petition.object"]);
    house.act(&mut file, &handler(), Action::Accept);
    assert_eq!(open_rules(&file), ["petition.accept", "petition.close"]);
    house.act(&mut file, &handler(), Action::TellPetitioner { note: "已书面告知".into() });
    assert_eq!(open_rules(&file), ["petition.close"]);
    let due = clock(&file, "petition.close").due_at;
    assert_eq!(due, at("2027-01-22T17:00:00+08:00"), "sixty days from 23 November");
    house.later(24);
    house.act(&mut file, &handler(), Action::AskExtension { reason: "需鉴定".into(), days: 30 });
    house.act(&mut file, &duty(), Action::GrantExtension { note: "同意".into() });
    assert_eq!(
        clock(&file, "petition.close").due_at,
        at("2027-02-22T17:00:00+08:00"),
        "rolled from a Sunday"
    );
    house.act(&mut file, &handler(), submit());
    house.act(&mut file, &reviewer(), approve());
    assert_eq!(open_rules(&file).len(), 0);
}

#[test]
fn consultations_have_three_days_and_urgent_matters_the_same_day() {
    let house = House::new();
    let consult = Item { kind: Some(Kind::Consultation), ..complaint() };
    let file = house.open(&consult);
    assert_eq!(clock(&file, "hotline.consult").due_at, at("2026-11-26T17:00:00+08:00"));
    let file = house.open(&Item { urgency: Urgency::Urgent, ..complaint() });
    assert_eq!(open_rules(&file), ["hotline.handle", "hotline.send_back", "hotline.urgent"]);
    assert_eq!(clock(&file, "hotline.urgent").due_at, at("2026-11-24T00:00:00+08:00"));
    assert_eq!(file.case.due.unwrap().0.as_str(), "hotline.urgent");
}

#[test]
fn praise_and_news_have_no_clock() {
    let house = House::new();
    for kind in [Kind::Praise, Kind::News] {
        let mut item = dispatched(Item { kind: Some(kind), ..complaint() }, monday());
        item.content.upstream.due_at = Some(at("2026-11-24T12:00:00+08:00"));
        let mut file = house.open(&item);
        house.act(&mut file, &handler(), Action::Accept);
        assert!(file.clocks.is_empty() && file.case.due.is_none(), "{kind}");
    }
}

#[test]
fn a_due_time_of_the_sender_outranks_ours_which_only_warns() {
    let house = House::new();
    let mut item = complaint();
    let theirs = at("2026-12-08T12:00:00+08:00");
    item.content.upstream.due_at = Some(theirs);
    let mut file = house.open(&item);
    house.act(&mut file, &handler(), Action::Accept);
    house.act(&mut file, &handler(), Action::Contact { note: "已联系".into() });
    assert_eq!(file.case.due.as_ref().unwrap().1, theirs);
    let ours = file.clocks.iter().find(|c| c.rule.as_str() == "hotline.handle" && !c.from_sender).unwrap();
    assert!(ours.is_open() && ours.due_at < theirs && outranked(ours, &file.clocks));
    let ask = Action::AskExtension { reason: "需检测".into(), days: 5 };
    assert_eq!(house.try_act(&file, &handler(), &ask).unwrap_err(), Refusal::SenderSetsDue);
    house.act(&mut file, &handler(), wait(house.now));
    assert_eq!(earliest(&file.clocks).unwrap().due_at, theirs, "our waiting does not move theirs");
    let moved = at("2026-12-10T12:00:00+08:00");
    house.act(&mut file, &system(), Action::Seen { due_at: Some(moved), finished: false });
    assert_eq!(file.case.due.as_ref().unwrap().1, moved);
    let again = Action::Seen { due_at: Some(moved), finished: false };
    assert_eq!(house.try_act(&file, &system(), &again).unwrap_err(), Refusal::NothingNew);
}

#[test]
fn an_unsatisfied_call_back_reopens_to_the_same_lead_with_a_clock_of_its_own() {
    let mut house = House::new();
    let mut file = house.file_in("replied", &complaint());
    house.later(3);
    let version = file.case.version;
    house.act(&mut file, &duty(), call_back(RatingGrade::VeryUnsatisfied));
    assert_eq!((file.case.state.code(), file.case.reopened), ("assigned", 1));
    assert_eq!((file.case.lead.as_str(), file.case.version), (LEAD, version + 1));
    assert_eq!(open_rules(&file), ["rating.rectify"]);
    assert!(clock(&file, "hotline.callback").met_at.is_some());
    for action in [Action::Accept, submit()] {
        house.act(&mut file, &handler(), action);
    }
    house.act(&mut file, &reviewer(), approve());
    assert_eq!(open_rules(&file), ["hotline.callback"]);
    assert_eq!(file.replies.len(), 2);
}

#[test]
fn a_reassigned_case_keeps_the_residents_due_time() {
    let mut house = House::new();
    let mut file = house.open(&complaint());
    let due = clock(&file, "hotline.handle").due_at;
    house.later(20);
    house.act(&mut file, &handler(), send_back());
    assert_eq!(open_rules(&file), ["hotline.handle"]);
    house.later(3);
    house.act(&mut file, &duty(), Action::Reassign { department: code(OTHER), reason: "属违建查处".into() });
    assert_eq!(clock(&file, "hotline.handle").due_at, due);
    let own = clock(&file, "hotline.send_back");
    assert_eq!((own.started_at, own.is_open()), (house.now, true));
}

#[test]
fn whatever_ends_a_case_without_a_reply_drops_every_clock() {
    let house = House::new();
    for state in ["declined", "outside", "void"] {
        let file = house.file_in(state, &complaint());
        let left: Vec<&Clock> = file.clocks.iter().filter(|c| c.rule.as_str() != "triage").collect();
        assert!(!left.is_empty() && left.iter().all(|c| c.dropped_at == Some(house.now)), "{state}");
        assert_eq!(file.case.due, None);
    }
}

#[test]
fn a_promise_lies_ahead_and_says_what() {
    let house = House::new();
    let file = house.file_in("handling", &complaint());
    let with = |what: &str, day: i8| Action::Submit {
        text: "已安排施工".into(),
        public_text: None,
        outcome: Outcome::Partly,
        promises: vec![Promise { what: what.into(), by: jiff::civil::date(2026, 11, day) }],
    };
    let refusal = |action| house.try_act(&file, &handler(), &action).unwrap_err();
    assert_eq!(refusal(with("完成修补", 22)), Refusal::PromiseInThePast);
    assert_eq!(refusal(with(" ", 24)), Refusal::Missing("承诺内容"));
    let after = house.try_act(&file, &handler(), &with("完成修补", 24)).unwrap();
    assert_eq!(after.replies[0].promises[0].what, "完成修补");
    let early = house.file_in("assigned", &complaint());
    let refused = house.try_act(&early, &handler(), &with("完成修补", 24)).unwrap_err();
    assert_eq!(refused, Refusal::PromiseBeforeAcceptance);
}

#[test]
fn a_published_year_moves_what_was_counted_without_it_and_the_timeline_says_so() {
    let mut house = House::new();
    house.now = at("2026-12-29T10:00:00+08:00");
    let mut file = house.open(&dispatched(complaint(), house.now));
    let before = clock(&file, "hotline.handle").clone();
    assert!(before.provisional);
    // 30 and 31 December, 1 January for a working day while nothing is known, 4 and 5 January.
    assert_eq!(before.due_at, at("2027-01-05T17:00:00+08:00"));
    assert_eq!(house.try_act(&file, &system(), &Action::Recount).unwrap_err(), Refusal::NothingNew);
    house.publish_2027();
    house.act(&mut file, &system(), Action::Recount);
    let after = clock(&file, "hotline.handle");
    // 30 and 31 December, 5, 6 and 7 January.
    assert_eq!((after.due_at, after.provisional), (at("2027-01-07T17:00:00+08:00"), false));
    assert_eq!(after.id, before.id);
    let line = file.timeline.last().unwrap();
    assert_eq!(line.action, "recount");
    assert!(line.note.contains("2027-01-05 17:00 改为 2027-01-07 17:00"), "{}", line.note);
    assert_eq!(house.try_act(&file, &system(), &Action::Recount).unwrap_err(), Refusal::NothingNew);
}

#[test]
fn waiting_and_an_extension_are_kept_when_due_times_are_worked_out_anew() {
    let mut house = House::new();
    house.now = at("2026-12-21T10:00:00+08:00");
    let mut file = house.open(&dispatched(complaint(), house.now));
    house.act(&mut file, &handler(), Action::Accept);
    house.act(&mut file, &handler(), wait(house.now));
    house.later(24);
    house.act(&mut file, &handler(), Action::GoOn { note: "材料已补".into() });
    // From Monday 28 December by one day of waiting to Tuesday.
    assert_eq!(clock(&file, "hotline.handle").due_at, at("2026-12-29T17:00:00+08:00"));
    house.act(&mut file, &handler(), Action::AskExtension { reason: "待检测".into(), days: 4 });
    house.act(&mut file, &duty(), Action::GrantExtension { note: String::new() });
    assert_eq!(clock(&file, "hotline.handle").due_at, at("2027-01-04T17:00:00+08:00"));
    house.publish_2027();
    house.act(&mut file, &system(), Action::Recount);
    let after = clock(&file, "hotline.handle");
    // 30 and 31 December, 5 and 6 January.
    assert_eq!((after.due_at, after.extended_days), (at("2027-01-06T17:00:00+08:00"), 4));
    assert_eq!(file.case.due.as_ref().unwrap().1, clock(&file, "hotline.contact").due_at);
}
