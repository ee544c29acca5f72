//! Cases: numbers, conflicts, and who sees them.

use qingting_models::records::{Actor, CaseState, Viewer};
use qingting_models::store::testing::each_database;
use qingting_models::store::{CaseFilter, Page, StoreError};

use super::builders::*;

#[tokio::test]
async fn an_item_has_one_case_however_often_it_is_opened() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let case = store.open_case(opening(&store, &item, "rsj")).await.unwrap();
        assert_eq!(case.number, "2026-00001");
        let second = store.open_case(opening(&store, &item, "zjj")).await;
        assert!(matches!(second, Err(StoreError::Conflict { .. })), "{second:?}");
        let other = judged(&store, &source, "2", "wages").await;
        assert_eq!(store.open_case(opening(&store, &other, "rsj")).await.unwrap().number, "2026-00002");
    }
}

#[tokio::test]
async fn of_two_who_act_at_once_the_second_is_told_who_was_first() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let case = store.open_case(opening(&store, &item, "rsj")).await.unwrap();
        let mut accepted = case.clone();
        accepted.version = 2;
        accepted.state = CaseState::Handling { accepted_at: store.now(), by: Actor::Console };
        let other = store.another().await.unwrap();
        let (a, b) = tokio::join!(
            store.save_case(1, change(&store, accepted.clone(), "accept")),
            other.save_case(1, change(&other, accepted, "accept"))
        );
        let failed = [a, b].into_iter().filter(Result::is_err).collect::<Vec<_>>();
        assert_eq!(failed.len(), 1);
        assert!(matches!(failed[0], Err(StoreError::Conflict { .. })));
        let file = store.case_file(&Viewer::SYSTEM, case.id).await.unwrap().unwrap();
        assert_eq!((file.case.version, file.timeline.len()), (2, 2));
    }
}

#[tokio::test]
async fn a_department_sees_its_own_cases_and_their_items_only() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let case = store.open_case(opening(&store, &item, "rsj")).await.unwrap();
        let filter = CaseFilter::default();
        for (viewer, sees) in [
            (viewer_of("rsj"), true),
            (viewer_of("zjj"), false),
            (DUTY, true),
            (DISCIPLINE, false),
            (NOBODY, false),
        ] {
            assert_eq!(store.case_file(&viewer, case.id).await.unwrap().is_some(), sees, "{viewer:?}");
            assert_eq!(store.item(&viewer, item.id).await.unwrap().is_some(), sees, "{viewer:?}");
            assert_eq!(store.count_cases(&viewer, &filter).await.unwrap() == 1, sees, "{viewer:?}");
            assert_eq!(!store.department_loads(&viewer).await.unwrap().is_empty(), sees, "{viewer:?}");
            assert_eq!(
                store.case_numbered(&viewer, &case.number).await.unwrap().is_some(),
                sees,
                "{viewer:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_void_case_frees_its_item() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let mut case = store.open_case(opening(&store, &item, "rsj")).await.unwrap();
        case.version = 2;
        case.state = CaseState::Void { at: store.now(), by: Actor::Console, reason: "test".into() };
        case.due = None;
        store.save_case(1, change(&store, case, "void")).await.unwrap();
        store.open_case(opening(&store, &item, "zjj")).await.unwrap();
    }
}

#[tokio::test]
async fn lists_page_without_gaps_or_repeats_and_order_by_due_time() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        for n in 0..7 {
            let item = judged(&store, &source, &n.to_string(), "wages").await;
            let mut opened = opening(&store, &item, "rsj");
            opened.case.due = Some(("hotline.handle".into(), store.now() + hours(100 - n)));
            store.open_case(opened).await.unwrap();
        }
        let (mut seen, mut page) = (Vec::new(), Page { before: None, size: 3 });
        loop {
            let listing = store.cases(&DUTY, &CaseFilter::default(), page).await.unwrap();
            seen.extend(listing.rows.iter().map(|case| case.number.clone()));
            match listing.next {
                Some(next) => page.before = Some(next),
                None => break,
            }
        }
        assert_eq!(seen.len(), 7);
        assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
        let soonest = CaseFilter { soonest_first: true, open_only: true, ..CaseFilter::default() };
        let due: Vec<_> = store.cases(&DUTY, &soonest, Page::default()).await.unwrap().rows;
        assert!(due.is_sorted_by_key(|case| case.due.as_ref().unwrap().1));
        let (mut paged, mut page) = (Vec::new(), Page { before: None, size: 3 });
        while let Some(next) = {
            let listing = store.cases(&DUTY, &soonest, page).await.unwrap();
            paged.extend(listing.rows);
            listing.next
        } {
            page.before = Some(next);
        }
        assert_eq!(paged, due, "the same page by page");
        let numbers: Vec<&str> = due[..2].iter().map(|case| case.number.as_str()).collect();
        let found = store.cases_numbered(&DUTY, &numbers).await.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(store.cases_numbered(&NOBODY, &numbers).await.unwrap(), []);
    }
}
