//! The caps and conditions of single steps: sending back, waiting, extending, pressing, helping.

use jiff::SignedDuration;
use qingting_models::county::DepartmentCode;
use qingting_models::records::{CaseState, HelperState, Item, Kind};
use qingting_respond::action::Action;
use qingting_respond::case_table::ActionKind;
use qingting_respond::decide::{allowed, decide};
use qingting_respond::refusal::Refusal;

use crate::builders::*;

fn sent_back_to(right: Option<&str>) -> Action {
    Action::SendBack { reason: "不属我局职责".into(), right_department: right.map(DepartmentCode::new) }
}

#[test]
fn not_ours_must_name_another_office_of_the_county() {
    let house = House::new();
    let file = house.open(&complaint());
    let refusal = |right| house.try_act(&file, &handler(), &sent_back_to(right)).unwrap_err();
    assert_eq!(refusal(None), Refusal::RightDepartment);
    assert_eq!(refusal(Some(LEAD)), Refusal::RightDepartment);
    assert_eq!(refusal(Some("moon")), Refusal::UnknownDepartment(code("moon")));
}

#[test]
fn a_department_sends_a_case_back_once_and_then_the_duty_office_has_decided() {
    let house = House::new();
    let mut file = house.open(&complaint());
    house.act(&mut file, &handler(), send_back());
    house.act(
        &mut file,
        &duty(),
        Action::Reassign { department: code(LEAD), reason: "经协调由住建局牵头".into() },
    );
    assert_eq!(house.try_act(&file, &handler(), &send_back()).unwrap_err(), Refusal::SecondSendBack);
    assert!(!allowed(&file, &handler()).contains(&ActionKind::SendBack));
    house.act(&mut file, &handler(), Action::Accept);
}

#[test]
fn a_case_waits_twice_and_ten_working_days_at_most() {
    let mut house = House::new();
    let mut file = house.file_in("handling", &complaint());
    let until = |hours| Action::Wait {
        evidence: "等待诉求人提供材料".into(),
        until: house_now() + SignedDuration::from_hours(hours),
    };
    fn house_now() -> jiff::Timestamp {
        monday()
    }
    assert_eq!(house.try_act(&file, &handler(), &until(-1)).unwrap_err(), Refusal::WaitInThePast);
    let too_long = house.try_act(&file, &handler(), &until(24 * 15)).unwrap_err();
    assert_eq!(too_long, Refusal::WaitTooLong { max: 10, used: 0, wanted: 11 });
    house.act(&mut file, &handler(), until(24 * 14));
    house.later(24 * 2);
    let early = Action::GoOn { note: String::new() };
    assert_eq!(house.try_act(&file, &system(), &early).unwrap_err(), Refusal::WaitNotOver);
    house.act(&mut file, &handler(), early);
    assert_eq!(
        (file.case.waits, file.case.waited_days),
        (1, 2),
        "what was waited counts, not what was asked"
    );
    house.act(&mut file, &handler(), wait(house.now));
    house.later(96);
    house.act(&mut file, &system(), Action::GoOn { note: String::new() });
    let third = house.try_act(&file, &handler(), &wait(house.now)).unwrap_err();
    assert_eq!(third, Refusal::TooManyWaits { max: 2 });
}

#[test]
fn an_extension_is_granted_once_within_its_cap_and_before_the_due_time() {
    let mut house = House::new();
    let mut file = house.file_in("handling", &complaint());
    let ask = |days| Action::AskExtension { reason: "需第三方检测".into(), days };
    for days in [0, 11] {
        let refused = house.try_act(&file, &handler(), &ask(days)).unwrap_err();
        assert_eq!(refused, Refusal::ExtensionDays { max: 10, unit: "个工作日", asked: days });
    }
    let grant = Action::GrantExtension { note: String::new() };
    assert_eq!(house.try_act(&file, &duty(), &grant).unwrap_err(), Refusal::NoExtensionAsked);
    house.act(&mut file, &handler(), ask(10));
    assert_eq!(house.try_act(&file, &handler(), &ask(1)).unwrap_err(), Refusal::ExtensionPending);
    house.act(&mut file, &duty(), Action::RefuseExtension { reason: "材料不足".into() });
    house.act(&mut file, &handler(), ask(10));
    let before = file.clone();
    house.act(&mut file, &duty(), grant.clone());
    let handle = file.clocks.iter().find(|c| c.rule.as_str() == "hotline.handle").unwrap();
    assert_eq!((handle.due_at, handle.extended_days), (at("2026-12-14T17:00:00+08:00"), 10));
    assert_eq!(house.try_act(&file, &handler(), &ask(1)).unwrap_err(), Refusal::ExtensionUsed);
    house.now = at("2026-11-30T17:00:00+08:00");
    assert_eq!(house.try_act(&before, &duty(), &grant).unwrap_err(), Refusal::ExtensionTooLate);
}

#[test]
fn the_program_presses_once_a_level_and_a_leader_at_the_third() {
    let house = House::new();
    let mut file = house.file_in("handling", &complaint());
    let press = |level| Action::Press { level, note: "请加快".into() };
    house.act(&mut file, &system(), Action::Press { level: 1, note: String::new() });
    assert_eq!(house.try_act(&file, &system(), &press(1)).unwrap_err(), Refusal::AlreadyPressed);
    house.act(&mut file, &duty(), press(1));
    house.act(&mut file, &system(), press(2));
    assert_eq!(house.try_act(&file, &duty(), &press(3)).unwrap_err(), Refusal::PressLevel);
    assert_eq!(house.try_act(&file, &leader(), &press(1)).unwrap_err(), Refusal::PressLevel);
    assert_eq!(house.try_act(&file, &leader(), &press(4)).unwrap_err(), Refusal::PressLevel);
    house.act(&mut file, &leader(), press(3));
    assert_eq!(file.case.pressed, 3);
    house.act(&mut file, &handler(), Action::Contact { note: "已联系".into() });
    assert_eq!(file.case.pressed, 0, "the next due time is pressed anew");
    assert_eq!(file.case.state.code(), "handling");
}

#[test]
fn helpers_answer_for_themselves_and_the_lead_need_not_wait_for_them() {
    let house = House::new();
    let mut file = house.file_in("handling", &complaint());
    let add =
        |department| Action::AddHelper { department: code(department), note: "核实土地性质".into() };
    assert_eq!(house.try_act(&file, &duty(), &add(LEAD)).unwrap_err(), Refusal::LeadCannotHelp(code(LEAD)));
    house.act(&mut file, &duty(), add(HELPER));
    assert_eq!(
        house.try_act(&file, &duty(), &add(HELPER)).unwrap_err(),
        Refusal::AlreadyHelper(code(HELPER))
    );
    let answer = Action::HelperAnswer { text: "属集体土地".into() };
    let early = house.try_act(&file, &helper(), &answer).unwrap_err();
    assert_eq!(early, Refusal::HelperState { action: ActionKind::HelperAnswer, state: "待协办" });
    house.act(&mut file, &helper(), Action::HelperAccept);
    house.act(&mut file, &handler(), submit());
    house.act(&mut file, &helper(), answer);
    assert_eq!(file.case.helpers[0].state, HelperState::Answered);
    assert_eq!(file.case.helpers[0].note.as_deref(), Some("属集体土地"));
    house.act(
        &mut file,
        &duty(),
        Action::ReleaseHelper { department: code(HELPER), reason: "已办妥".into() },
    );
    house.act(&mut file, &duty(), add(HELPER));
    assert_eq!((file.case.helpers.len(), file.case.helpers[0].state), (1, HelperState::Asked));
}

#[test]
fn a_reply_keeps_its_original_for_the_seal_and_the_reviewers_note() {
    let house = House::new();
    let mut file = house.file_in("handling", &complaint());
    let text = "已与王先生联系，电话13800138000，约定周三上门。";
    let reply = Action::Submit {
        text: text.into(),
        public_text: None,
        outcome: qingting_models::records::Outcome::Explained,
        promises: vec![],
    };
    let change = decide(&file, &reply, &handler(), &house.ctx()).unwrap();
    let (written, original) = &change.replies[0];
    assert_eq!(original.as_deref(), Some(text));
    assert!(!written.text.contains("13800138000"), "{}", written.text);
    assert!(!change.audit.detail.to_string().contains("上门"), "the audit log holds no text");
    house.act(&mut file, &handler(), reply);
    house.act(&mut file, &reviewer(), Action::NeedsWork { note: "请写明完成时间".into() });
    assert_eq!(file.replies.len(), 1);
    let CaseState::Handling { by, .. } = file.case.state else { panic!("handling again") };
    assert_eq!(by, handler().actor);
}

#[test]
fn a_refusal_names_the_role_the_department_or_the_state() {
    let house = House::new();
    let file = house.open(&complaint());
    let refusal = |who| house.try_act(&file, &who, &Action::Accept).unwrap_err();
    assert!(matches!(refusal(admin()), Refusal::NotYourRole { .. }));
    assert!(matches!(refusal(other_handler()), Refusal::NotYourDepartment { .. }));
    let early = house.try_act(&file, &reviewer(), &approve()).unwrap_err();
    assert_eq!(early.to_string(), "工单现为“待签收”，不能审核通过；可以操作的状态：待审核");
}

#[test]
fn a_press_holds_for_a_due_time_whichever_clock_gives_it() {
    let mut house = House::new();
    let friday = at("2026-11-20T10:00:00+08:00");
    let item = Item { kind: Some(Kind::Consultation), first_seen_at: friday, ..complaint() };
    let mut file = house.open(&item);
    house.now = at("2026-11-25T10:00:00+08:00");
    house.act(&mut file, &system(), Action::Press { level: 1, note: String::new() });
    let due = file.case.due.clone().unwrap();
    house.act(&mut file, &handler(), Action::Accept);
    let (rule, time) = file.case.due.clone().unwrap();
    assert_eq!((due.0.as_str(), rule.as_str()), ("hotline.send_back", "hotline.consult"));
    assert_eq!((due.1, file.case.pressed), (time, 1));
}
