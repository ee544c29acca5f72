//! Opening a case: by whom, for which items, and what it says of the triage.

use qingting_models::records::{CaseOrigin, Item};
use qingting_respond::decide::open_case;
use qingting_respond::refusal::Refusal;

use crate::builders::*;

#[test]
fn the_desk_opens_and_its_triage_clock_is_kept_as_met() {
    let house = House::new();
    let change = open_case(&complaint(), &code(LEAD), "", &duty(), &house.ctx()).unwrap();
    let triage = change.clocks.iter().find(|c| c.rule.as_str() == "triage").unwrap();
    assert_eq!((triage.started_at, triage.met_at), (monday(), Some(house.now)));
    assert_eq!(change.case.origin, CaseOrigin::Person { user: duty().actor });
    assert_eq!((change.case.version, change.audit.action.as_str()), (1, "case.assign"));
    assert_eq!(change.timeline.len(), 1);
}

#[test]
fn the_program_opens_by_rule_without_meeting_the_triage() {
    let house = House::new();
    let change = open_case(&complaint(), &code(LEAD), "第 12 行", &system(), &house.ctx()).unwrap();
    assert!(change.clocks.iter().all(|c| c.rule.as_str() != "triage"));
    assert_eq!(change.case.origin, CaseOrigin::Rule { reason: "第 12 行".into() });
}

#[test]
fn nobody_else_opens_and_no_item_twice() {
    let house = House::new();
    let refusal = |item: &Item, who, department: &str| {
        open_case(item, &code(department), "", &who, &house.ctx()).unwrap_err()
    };
    for (name, who) in everyone() {
        let opened = open_case(&complaint(), &code(LEAD), "", &who, &house.ctx());
        assert_eq!(opened.is_ok(), ["duty", "system"].contains(&name), "{name}");
    }
    assert!(matches!(refusal(&conduct(), duty(), LEAD), Refusal::DisciplineOnly { .. }));
    assert!(open_case(&conduct(), &code("jw"), "", &discipline(), &house.ctx()).is_ok());
    assert_eq!(refusal(&complaint(), duty(), "moon"), Refusal::UnknownDepartment(code("moon")));
    assert_eq!(refusal(&Item { kind: None, ..complaint() }, duty(), LEAD), Refusal::NotJudged);
    let dismissed = Item { dismissed: Some("广告".into()), ..complaint() };
    assert_eq!(refusal(&dismissed, duty(), LEAD), Refusal::Dismissed("广告".into()));
    let taken = house.open(&complaint()).item;
    assert_eq!(refusal(&taken, duty(), LEAD), Refusal::AlreadyCase);
}

#[test]
fn a_conduct_case_goes_to_no_office_that_its_text_names() {
    let house = House::new();
    let mut item = conduct();
    item.content.body = "縣住建局的窗口人员吃拿卡要，已向纪委反映。".into();
    let open = |department: &str| open_case(&item, &code(department), "", &discipline(), &house.ctx());
    assert_eq!(open(LEAD).unwrap_err(), Refusal::ComplainedAbout("住建局".into()));
    assert!(open("jw").is_ok(), "who looks into conduct is named as the one turned to");
    assert!(open("scj").is_ok());
    let ordinary =
        Item { confidential: false, kind: Some(qingting_models::records::Kind::Complaint), ..item.clone() };
    assert!(open_case(&ordinary, &code(LEAD), "", &duty(), &house.ctx()).is_ok());
}
