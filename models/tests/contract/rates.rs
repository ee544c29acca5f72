//! Facts of cases: counted by period and viewer, hidden with their case, and drawn anew only as they were read.

use jiff::SignedDuration;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::UserId;
use qingting_models::records::*;
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{Page, PersonJudgement, RateFilter};

use super::builders::*;

/// A case that was given to `department`, which did not send it back, and by whose side 40 more hours were spent waiting.
async fn case(store: &TestStore, source: &Source, id: &str, department: &str) -> Case {
    let item = judged(store, source, id, "wages").await;
    let mut opened = opening(store, &item, department);
    opened.facts = Some(vec![sent(store, department, false), due(store, department)]);
    store.open_case(opened).await.unwrap()
}

fn sent(store: &TestStore, department: &str, back: bool) -> CaseFact {
    CaseFact {
        rate: Rate::SentBack,
        seq: 0,
        department: Some(department.into()),
        at: store.now(),
        holds: back,
        way: Some(SentWay::Person),
        waited: SignedDuration::ZERO,
        extended_days: 0,
    }
}

fn due(store: &TestStore, department: &str) -> CaseFact {
    let at = store.now() + hours(5);
    let waited = hours(40);
    CaseFact { rate: Rate::OnTime, at, holds: true, way: None, waited, ..sent(store, department, false) }
}

fn period(store: &TestStore) -> Period {
    Period { from: store.now() - hours(1), to: store.now() + hours(24) }
}

async fn counted(store: &TestStore, viewer: &Viewer, rate: Rate) -> Vec<(Option<String>, i64, i64)> {
    let figures = store.rate_figures(viewer, period(store)).await.unwrap();
    let of = figures.into_iter().filter(|figure| figure.rate == rate);
    of.map(|f| (f.department.map(|code| code.to_string()), f.count.numerator, f.count.denominator)).collect()
}

fn rsj(numerator: i64, denominator: i64) -> Vec<(Option<String>, i64, i64)> {
    vec![(Some("rsj".into()), numerator, denominator)]
}

#[tokio::test]
async fn what_is_due_later_is_in_no_figure_yet() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        case(&store, &source, "1", "rsj").await;
        assert_eq!(counted(&store, &DUTY, Rate::SentBack).await, rsj(0, 1));
        assert_eq!(counted(&store, &DUTY, Rate::OnTime).await, []);
        let until_then = period(&store);
        store.clock.set(store.now() + hours(5));
        let figures = store.rate_figures(&DUTY, until_then).await.unwrap();
        let count = figures.iter().find(|figure| figure.rate == Rate::OnTime).unwrap().count;
        assert_eq!((count.numerator, count.denominator, count.waited), (1, 1, 1));
        assert_eq!(count.waited_ms, 40 * 3_600_000);
        let before = Period { from: until_then.from, to: store.now() };
        let figures = store.rate_figures(&DUTY, before).await.unwrap();
        assert!(
            figures.iter().all(|figure| figure.rate != Rate::OnTime),
            "a period ends before its last moment"
        );
    }
}

#[tokio::test]
async fn facts_hide_with_their_case_and_stay_with_the_department_that_they_are_charged_to() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let mut case = case(&store, &source, "1", "rsj").await;
        case.version = 2;
        case.lead = "zjj".into();
        let mut gone = change(&store, case.clone(), "reassign");
        gone.facts = Some(vec![sent(&store, "rsj", true)]);
        store.save_case(1, gone).await.unwrap();
        assert_eq!(counted(&store, &viewer_of("rsj"), Rate::SentBack).await, rsj(1, 1));
        assert_eq!(counted(&store, &viewer_of("zjj"), Rate::SentBack).await, []);
        assert_eq!(counted(&store, &NOBODY, Rate::SentBack).await, []);
        let filter = RateFilter {
            rate: Rate::SentBack,
            period: period(&store),
            department: Some(Some("rsj".into())),
            holds: Some(true),
        };
        let viewer = viewer_of("rsj");
        let page = Page { before: None, size: 10 };
        let listed = store.rate_cases(&viewer, &viewer, &filter, page).await.unwrap().rows;
        assert_eq!((listed.len(), listed[0].title.clone()), (1, None), "the case is another's now");
        let listed = store.rate_cases(&DUTY, &DUTY, &filter, page).await.unwrap().rows;
        assert!(listed[0].title.is_some());
        // A person says that it is about an official's conduct.
        let conduct = PersonJudgement {
            topics: vec!["conduct".into()],
            kind: Kind::Report,
            urgency: Urgency::Ordinary,
            department: None,
            places: None,
        };
        store.judge_by_person(&DUTY, case.item, 1, conduct, Actor::User(UserId(1))).await.unwrap();
        assert_eq!(counted(&store, &DUTY, Rate::SentBack).await, []);
        assert_eq!(counted(&store, &DISCIPLINE, Rate::SentBack).await, rsj(1, 1));
        assert_eq!(counted(&store, &viewer_of("rsj"), Rate::SentBack).await, [], "it is with it no more");
    }
}

#[tokio::test]
async fn cases_came_by_ways_that_are_told_apart() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        for id in ["1", "2"] {
            case(&store, &source, id, "rsj").await;
        }
        let counts = store.sent_counts(&DUTY, period(&store)).await.unwrap();
        let told: Vec<_> = counts.iter().map(|c| (c.department.clone(), c.way, c.sent, c.back)).collect();
        assert_eq!(told, [(DepartmentCode::new("rsj"), SentWay::Person, 2, 0)]);
    }
}

#[tokio::test]
async fn facts_that_were_drawn_from_an_older_state_are_not_written() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let read = case(&store, &source, "1", "rsj").await;
        let mut newer = read.clone();
        newer.version = 2;
        let mut change = change(&store, newer.clone(), "send_back");
        change.facts = Some(vec![sent(&store, "rsj", true)]);
        store.save_case(1, change).await.unwrap();
        store.redraw_facts(&[(read, vec![sent(&store, "rsj", false)])]).await.unwrap();
        assert_eq!(store.case_facts(newer.id).await.unwrap(), [sent(&store, "rsj", true)]);
        store.redraw_facts(&[(newer.clone(), vec![])]).await.unwrap();
        assert_eq!(store.case_facts(newer.id).await.unwrap(), []);
    }
}

#[tokio::test]
async fn when_a_part_that_was_split_off_is_void_its_item_stays_with_the_other() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let first = case(&store, &source, "1", "rsj").await;
        let item = store.item(&DUTY, first.item).await.unwrap().unwrap();
        let part = opening(&store, &item, "zjj");
        let id = part.case.id;
        let mut kept = first.clone();
        kept.version = 2;
        store.save_cases(vec![(1, change(&store, kept, "split")), (0, part)]).await.unwrap();
        let mut void = store.case_file(&DUTY, id).await.unwrap().unwrap().case;
        void.version = 2;
        void.state = CaseState::Void { at: store.now(), by: Actor::Console, reason: "test".into() };
        store.save_case(1, change(&store, void, "void")).await.unwrap();
        assert_eq!(store.item(&DUTY, first.item).await.unwrap().unwrap().case, Some(first.id));
    }
}
