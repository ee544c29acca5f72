//! Who is told of what by the rules that a county begins with.

use jiff::SignedDuration;
use qingting_models::county::DepartmentCode;
use qingting_models::records::*;
use qingting_models::store::Page;
use qingting_respond::action::Action;

use crate::office::{Office, to_handlers};

fn text() -> String {
    "请看这一条".into()
}

#[tokio::test]
async fn each_step_of_a_case_tells_those_it_concerns_and_not_who_took_it() {
    for office in Office::each().await {
        let case = office.case("wages", Urgency::Ordinary, None).await;
        assert_eq!(office.told().await, ["handler case_assigned"]);
        let right = Some(DepartmentCode::new("zjj"));
        office.act("handler", case, Action::SendBack { reason: text(), right_department: right }).await;
        assert_eq!(office.told().await, ["duty case_sent_back", "second case_sent_back"]);
        let department = DepartmentCode::new("rsj");
        office.act("second", case, Action::Reassign { department, reason: text() }).await;
        assert_eq!(office.told().await, ["handler case_reassigned"]);
        office.act("handler", case, Action::Accept).await;
        office.act("handler", case, Action::Contact { note: text() }).await;
        assert_eq!(office.told().await, [""; 0], "nobody else has to know");
        office.act("handler", case, Action::AskExtension { reason: text(), days: 3 }).await;
        assert_eq!(office.told().await, ["duty extension_asked", "second extension_asked"]);
        office.act("duty", case, Action::GrantExtension { note: String::new() }).await;
        assert_eq!(office.told().await, ["handler extension_decided"]);
        let department = DepartmentCode::new("zjj");
        office.act("duty", case, Action::AddHelper { department, note: text() }).await;
        assert_eq!(office.told().await, ["helper helper_asked"]);
        office.act("helper", case, Action::HelperAccept).await;
        office.act("helper", case, Action::HelperAnswer { text: text() }).await;
        assert_eq!(office.told().await, ["handler helper_answered"]);
        let submit =
            || Action::Submit { text: text(), outcome: Outcome::Solved, promises: vec![], public_text: None };
        office.act("handler", case, submit()).await;
        assert_eq!(office.told().await, ["reviewer reply_submitted"]);
        office.act("reviewer", case, Action::NeedsWork { note: text() }).await;
        assert_eq!(office.told().await, ["handler reply_needs_work"]);
        office.act("handler", case, submit()).await;
        office.act("reviewer", case, Action::Approve { note: String::new() }).await;
        let told = ["duty reply_approved", "second reply_approved"];
        assert_eq!(
            office.told().await,
            told,
            "what the reviewer did before being told is not asked for again"
        );
        let (grade, outcome) = (RatingGrade::Unsatisfied, Outcome::Partly);
        office.act("duty", case, Action::CallBack { grade, outcome, note: String::new() }).await;
        assert_eq!(office.told().await, ["handler case_reopened"]);
        office.act("leader", case, Action::Press { level: 3, note: text() }).await;
        let told = ["handler pressed_by_leader", "helper pressed_by_leader", "reviewer pressed_by_leader"];
        assert_eq!(office.told().await, told);
        assert_eq!(office.told().await, [""; 0], "nothing twice");
    }
}

#[tokio::test]
async fn of_conduct_matters_only_the_discipline_officer_and_the_lead_are_told() {
    for office in Office::each().await {
        let case = office.case("conduct", Urgency::Urgent, None).await;
        assert_eq!(office.told().await, ["inspector case_assigned"]);
        let right = Some(DepartmentCode::new("rsj"));
        office.act("inspector", case, Action::SendBack { reason: text(), right_department: right }).await;
        assert_eq!(office.told().await, ["discipline case_sent_back"], "the duty desk may not know of it");
    }
}

#[tokio::test]
async fn who_stands_on_the_roster_is_told_in_place_of_the_whole_desk() {
    for office in Office::each().await {
        let (now, second) = (office.store.now(), office.user("second").await.id);
        let eight = SignedDuration::from_hours(8);
        office.store.add_shift(second, (now, now + eight), "早班", Actor::Console).await.unwrap();
        let send_back =
            || Action::SendBack { reason: text(), right_department: Some(DepartmentCode::new("zjj")) };
        let case = office.case("wages", Urgency::Ordinary, None).await;
        office.act("handler", case, send_back()).await;
        assert_eq!(office.told().await, ["second case_sent_back"], "nobody is to accept it any more");
        office.pass(eight);
        let case = office.case("wages", Urgency::Ordinary, None).await;
        office.act("handler", case, send_back()).await;
        let told = ["duty case_sent_back", "second case_sent_back"];
        assert_eq!(office.told().await, told, "nobody is on duty: the whole desk");
        let conduct = office.case("conduct", Urgency::Ordinary, None).await;
        office.store.add_shift(second, (now, now + eight + eight), "", Actor::Console).await.unwrap();
        office.act("inspector", conduct, send_back()).await;
        let told = ["discipline case_sent_back"];
        assert_eq!(office.told().await, told, "who is on duty may not know of it");
    }
}

#[tokio::test]
async fn a_louder_notice_about_the_same_incident_holds_the_lower_one_back_and_says_so() {
    for office in Office::each().await {
        let (first, incident) = office.item("wages", Urgency::Ordinary, None).await;
        let who = qingting_respond::acting::ActingUser::of(&office.user("duty").await);
        let rsj = DepartmentCode::new("rsj");
        let loud = office.desk.assign_item(&Viewer::SYSTEM, &who, first.id, &rsj, "").await.unwrap().id;
        let quiet = office.case("wages", Urgency::Ordinary, Some(incident)).await;
        let other = office.case("wages", Urgency::Ordinary, None).await;
        office.told().await;
        office.act("duty", loud, Action::Press { level: 2, note: text() }).await;
        office.tell().await;
        for case in [quiet, other] {
            office.act("duty", case, Action::Press { level: 1, note: text() }).await;
        }
        office.tell().await;
        let handler = office.user("handler").await;
        let viewer = Viewer::of(&handler);
        let page = office.store.notices(&viewer, handler.id, false, Page::default()).await.unwrap();
        let held = |case| {
            let notice = page.rows.iter().find(|notice| {
                notice.kind == NoticeKind::PressedYellow
                    && matches!(&notice.about, NoticeAbout::Case { id, .. } if *id == case)
            });
            notice.unwrap().held.clone()
        };
        assert_eq!(held(quiet).as_deref(), Some("同一事件已有更高级别的通知"));
        assert_eq!(held(other), None, "another incident");
        let told = office.told().await;
        assert_eq!(told, ["handler pressed_red", "handler pressed_yellow", "reviewer pressed_red"]);
        // Nobody ever clicked the red one; the next day that holds nothing back any more.
        office.pass(SignedDuration::from_hours(25));
        office.act("duty", quiet, Action::Press { level: 1, note: text() }).await;
        assert!(office.told().await.contains(&"handler pressed_yellow".to_owned()));
    }
}

#[tokio::test]
async fn a_rule_asks_for_urgency_and_patience() {
    for office in Office::each().await {
        let plan = NoticePlan {
            urgency_min: Urgency::Urgent,
            repeat_hours: 6,
            inhibit: false,
            ..to_handlers(&[NoticeKind::CaseAssigned, NoticeKind::PressedYellow], &[])
        };
        office.only_rule(plan).await;
        office.case("wages", Urgency::Watch, None).await;
        assert_eq!(office.told().await, [""; 0]);
        let case = office.case("wages", Urgency::Urgent, None).await;
        assert_eq!(office.told().await, ["handler case_assigned"]);
        let press = || Action::Press { level: 1, note: text() };
        office.act("duty", case, press()).await;
        office.act("duty", case, press()).await;
        assert_eq!(office.told().await, ["handler pressed_yellow"], "once in six hours");
        office.pass(SignedDuration::from_hours(7));
        office.act("duty", case, press()).await;
        assert_eq!(office.told().await, ["handler pressed_yellow"]);
    }
}

#[tokio::test]
async fn what_is_over_or_long_ago_is_told_to_nobody() {
    for office in Office::each().await {
        let case = office.case("wages", Urgency::Ordinary, None).await;
        office.act("duty", case, Action::Void { reason: text() }).await;
        assert_eq!(office.told().await, [""; 0], "a mistake that was taken back");
        office.case("wages", Urgency::Ordinary, None).await;
        office.pass(SignedDuration::from_hours(8 * 24));
        assert_eq!(office.told().await, [""; 0], "nobody ran a worker for eight days");
        assert_eq!(office.store.untold_notices().await.unwrap(), 0);
    }
}
