//! What waits too long: presses, the way to the leaders until someone acts, alerts that nobody looks at.

use jiff::SignedDuration;
use qingting_models::records::*;
use qingting_models::store::{AlertFilter, Page};
use qingting_respond::action::Action;
use qingting_respond::notices::Reminded;

use crate::office::Office;

/// The clock of the office stands on Monday 2026-11-02 09:00; five working days end on Monday the 9th at 17:00.
async fn accepted(office: &Office) -> qingting_models::ids::CaseId {
    let case = office.case("wages", Urgency::Ordinary, None).await;
    office.act("handler", case, Action::Accept).await;
    office.act("handler", case, Action::Contact { note: "已联系".into() }).await;
    office.told().await;
    case
}

async fn look(office: &Office, time: &str) -> Vec<String> {
    office.at(time);
    office.desk.tick().await.unwrap();
    office.desk.remind().await.unwrap();
    // Running it again changes nothing.
    assert_eq!(office.desk.remind().await.unwrap(), Reminded::default());
    office.told().await
}

#[tokio::test]
async fn a_case_goes_up_step_by_step_until_someone_acts() {
    for office in Office::each().await {
        let case = accepted(&office).await;
        assert_eq!(look(&office, "2026-11-06T16:00").await, [""; 0]);
        assert_eq!(look(&office, "2026-11-06T17:00").await, ["handler pressed_yellow"]);
        assert_eq!(look(&office, "2026-11-09T16:59").await, [""; 0]);
        assert_eq!(look(&office, "2026-11-09T17:00").await, ["handler pressed_red", "reviewer pressed_red"]);
        assert_eq!(look(&office, "2026-11-10T11:00").await, [""; 0], "two and a half hours of office time");
        assert_eq!(look(&office, "2026-11-10T12:40").await, [""; 0], "the offices are closed");
        let up = ["leader escalated", "reviewer escalated"];
        assert_eq!(look(&office, "2026-11-10T14:10").await, up);
        assert_eq!(look(&office, "2026-11-10T16:50").await, [""; 0], "once a day");
        assert_eq!(look(&office, "2026-11-11T08:30").await, up);
        office.act("handler", case, Action::Contact { note: "又联系了".into() }).await;
        assert_eq!(look(&office, "2026-11-12T10:00").await, [""; 0], "someone acted");
        assert_eq!(look(&office, "2026-11-20T10:00").await, [""; 0]);
    }
}

#[tokio::test]
async fn while_a_case_is_with_the_duty_desk_it_is_the_desk_that_is_pressed() {
    for office in Office::each().await {
        let case = accepted(&office).await;
        let submit = Action::Submit {
            text: "已办好".into(),
            outcome: Outcome::Solved,
            promises: vec![],
            public_text: None,
        };
        office.act("handler", case, submit).await;
        office.act("reviewer", case, Action::Approve { note: String::new() }).await;
        office.told().await;
        let desk = |kind: &str| ["duty", "second"].map(|login| format!("{login} {kind}"));
        assert_eq!(look(&office, "2026-11-02T17:00").await, desk("pressed_yellow"));
        assert_eq!(look(&office, "2026-11-03T17:00").await, desk("pressed_red"));
    }
}

#[tokio::test]
async fn a_conduct_case_that_nobody_acts_on_goes_to_the_discipline_officer_not_to_the_leaders() {
    for office in Office::each().await {
        office.case("conduct", Urgency::Ordinary, None).await;
        office.told().await;
        let mut told = Vec::new();
        for day in ["2026-11-04", "2026-11-05", "2026-11-06", "2026-11-09", "2026-11-10"] {
            for hour in ["09:00", "16:00", "17:00"] {
                told.extend(look(&office, &format!("{day}T{hour}")).await);
            }
        }
        assert!(told.contains(&"discipline escalated".to_owned()), "{told:?}");
        assert!(
            told.iter().all(|one| one.starts_with("discipline") || one.starts_with("inspector")),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn an_alert_is_told_again_while_nobody_looks() {
    for office in Office::each().await {
        let condition =
            AlertCondition { urgency_min: Urgency::Watch, repeat_hours: 6, ..AlertCondition::default() };
        office.store.add_alert_rules(&[("要看的", true, &condition)], Actor::Console).await.unwrap();
        office.item("wages", Urgency::Watch, None).await;
        assert_eq!(office.desk.alert_next("w", 10).await.unwrap().raised, 1);
        let raised = ["duty alert_raised", "second alert_raised"];
        assert_eq!(office.told().await, raised, "leaders are told of urgent ones only");
        office.item("wages", Urgency::Urgent, None).await;
        assert_eq!(office.desk.alert_next("w", 10).await.unwrap().raised, 1);
        assert_eq!(office.told().await, ["duty alert_raised", "leader alert_raised", "second alert_raised"]);
        office.pass(SignedDuration::from_hours(5));
        assert_eq!(office.desk.remind().await.unwrap(), Reminded::default());
        office.pass(SignedDuration::from_hours(2));
        assert_eq!(office.desk.remind().await.unwrap().alerts, 2);
        assert_eq!(office.desk.remind().await.unwrap().alerts, 0, "once each time");
        let told = office.told().await;
        assert!(told.contains(&"leader alert_waiting".to_owned()) && told.len() == 5, "{told:?}");
        office.pass(SignedDuration::from_hours(6));
        office.desk.remind().await.unwrap();
        office.tell().await;
        let duty = office.user("duty").await;
        let all = office.store.alerts(&Viewer::OPEN, &AlertFilter::default(), Page::default()).await.unwrap();
        for alert in &all.rows {
            office.store.see_alert(&Viewer::OPEN, alert.id, "", Actor::User(duty.id)).await.unwrap();
        }
        assert_eq!(office.told().await, [""; 0], "one has looked: nobody is called any more");
        office.pass(SignedDuration::from_hours(24));
        assert_eq!(office.desk.remind().await.unwrap().alerts, 0);
    }
}
