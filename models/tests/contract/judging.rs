//! The queue between the stages, and whose judgement counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use qingting_models::ids::UserId;
use qingting_models::records::{Actor, Kind, Urgency, Viewer};
use qingting_models::sought::Sought;
use qingting_models::store::testing::each_database;
use qingting_models::store::{
    Arrival, ItemFilter, ItemState, Page, PersonJudgement, Store, Waiting, WeekCount,
};

use super::builders::*;

#[tokio::test]
async fn a_leased_item_is_given_to_nobody_else_until_the_lease_ends() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        store.intake(&source, vec![call(Some("1"), "a", "b")], vec![]).await.unwrap();
        assert_eq!(store.claim_judging("first", 10, LEASE).await.unwrap().len(), 1);
        assert!(store.claim_judging("second", 10, LEASE).await.unwrap().is_empty());
        store.clock.set(store.now() + hours(1));
        let again = store.claim_judging("second", 10, LEASE).await.unwrap();
        assert_eq!(again.len(), 1);
        // The first worker wakes up too late: its verdict counts for nothing.
        let late: Vec<_> = again.iter().map(|task| (task.clone(), verdict("wages"))).collect();
        assert_eq!(store.save_verdicts("first", late.clone()).await.unwrap(), 0);
        assert_eq!(store.save_verdicts("second", late.clone()).await.unwrap(), 1);
        assert_eq!(store.save_verdicts("second", late).await.unwrap(), 0);
        assert_eq!(store.judgements(&Viewer::SYSTEM, again[0].item).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn two_workers_share_the_work_and_double_none() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let batch = (0..60).map(|i| call(Some(&format!("{i}")), "题", "文")).collect();
        store.intake(&source, batch, vec![]).await.unwrap();
        let other = store.another().await.unwrap();
        let work = async |store: &qingting_models::store::Store, name: &str| {
            let mut done = 0;
            loop {
                let tasks = store.claim_judging(name, 7, LEASE).await.unwrap();
                if tasks.is_empty() {
                    return done;
                }
                let verdicts = tasks.into_iter().map(|task| (task, verdict("urban"))).collect();
                done += store.save_verdicts(name, verdicts).await.unwrap();
            }
        };
        let (a, b) = tokio::join!(work(&store, "a"), work(&other, "b"));
        assert_eq!(a + b, 60);
        assert_eq!(store.waiting_work().await.unwrap(), Waiting { judge: 0, route: 60, join: 60, alert: 0 });
    }
}

#[tokio::test]
async fn the_model_never_overwrites_a_person() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let decided = PersonJudgement {
            topics: vec!["housing".into()],
            kind: Kind::Help,
            urgency: Urgency::Watch,
            department: None,
            places: None,
        };
        let actor = Actor::User(UserId(1));
        store.judge_by_person(&DUTY, item.id, 1, decided.clone(), actor).await.unwrap();
        store.intake(&source, vec![call(Some("1"), "工地拖欠工资", "又过了一个月")], vec![]).await.unwrap();
        let tasks = store.claim_judging("w", 10, LEASE).await.unwrap();
        let verdicts = tasks.into_iter().map(|task| (task, verdict("safety"))).collect();
        store.save_verdicts("w", verdicts).await.unwrap();
        let item = store.item(&DUTY, item.id).await.unwrap().unwrap();
        assert_eq!(item.main_topic, Some("housing".into()));
        assert_eq!((item.judged_version, item.judged_by_person), (2, true));
        // Whoever still looks at the first version is told that the text changed.
        let stale = store.judge_by_person(&DUTY, item.id, 1, decided, actor).await;
        assert!(matches!(stale, Err(qingting_models::store::StoreError::Conflict { .. })));
    }
}

#[tokio::test]
async fn items_are_found_by_words_and_their_beginnings() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        judged(&store, &source, "1", "wages").await;
        for (words, found) in [
            (vec!["工资"], 1),
            (vec!["拖"], 1),
            (vec!["工资", "covid"], 1),
            (vec!["学校"], 0),
            (vec!["'); --"], 1),
        ] {
            let filter = ItemFilter {
                state: ItemState::All,
                sought: Sought::words(words.clone()),
                ..ItemFilter::default()
            };
            let items = store.items(&DUTY, &filter, Page::default()).await.unwrap().rows;
            assert_eq!(items.len(), found, "{words:?} on {}", store.engine());
        }
    }
}

#[tokio::test]
async fn confidential_items_are_seen_by_the_roles_named_for_them_only() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "conduct").await;
        assert!(store.item(&DUTY, item.id).await.unwrap().is_none());
        assert!(store.item(&viewer_of("rsj"), item.id).await.unwrap().is_none());
        assert!(store.item(&DISCIPLINE, item.id).await.unwrap().is_some());
        let all =
            ItemFilter { state: ItemState::All, sought: Sought::words(["工资"]), ..ItemFilter::default() };
        assert_eq!(store.count_items(&DUTY, &all).await.unwrap(), 0);
        assert_eq!(
            store.week_figures(&DUTY, store.now(), store.now() - hours(24)).await.unwrap().by_topic,
            vec![]
        );
        assert_eq!(store.judgements(&DUTY, item.id).await.unwrap(), vec![]);
    }
}

#[tokio::test]
async fn the_overview_holds_today_and_the_week_against_the_usual_once_there_is_one() {
    for store in each_database().await.unwrap() {
        let at = |text: &str| format!("{text}+08:00").parse::<jiff::Timestamp>().unwrap();
        let source = sheet(&store, "12345").await;
        let mut known = 0;
        let mut bring = async |times: &[&str]| {
            for time in times {
                store.clock.set(at(time));
                known += 1;
                judged(&store, &source, &known.to_string(), "wages").await;
            }
        };
        // Mondays: four of the past with two calls before ten and one after, one with eight.
        for day in ["2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16"] {
            for hour in ["08:00:00", "09:59:00", "10:01:00"] {
                bring(&[&format!("{day}T{hour}")]).await;
            }
        }
        let now = at("2026-11-23T10:00:00");
        let (midnight, week) = (at("2026-11-23T00:00:00"), at("2026-11-17T00:00:00"));
        store.clock.set(now);
        let young = store.week_figures(&DUTY, midnight, week).await.unwrap();
        assert_eq!((young.today, young.today_usual), (0, None), "the first item is four weeks old");
        bring(&["2026-10-19T12:00:00"]).await;
        bring(&["2026-11-23T09:00:00"; 8]).await;
        store.clock.set(now);
        let seen = store.week_figures(&DUTY, midnight, week).await.unwrap();
        assert_eq!((seen.today, seen.today_usual), (8, Some(2)), "on {}", store.engine());
        let (topic, count) = &seen.by_topic[0];
        assert_eq!((topic.as_str(), count.week, count.usual), ("wages", 8, Some(3)));
        assert!(count.is_risen());
        assert!(!WeekCount { week: 104, usual: Some(90) }.is_risen(), "within chance");
        assert!(!WeekCount { week: 4, usual: Some(0) }.is_risen(), "too few");
        assert!(!WeekCount { week: 40, usual: None }.is_risen());
    }
}

#[tokio::test]
async fn an_item_that_was_not_judged_yet_is_shown_to_nobody() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        store.intake(&source, vec![call(Some("1"), "a", "b")], vec![]).await.unwrap();
        let all = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
        for viewer in [DUTY, DISCIPLINE, NOBODY, viewer_of("rsj")] {
            assert_eq!(store.count_items(&viewer, &all).await.unwrap(), 0);
        }
        assert_eq!(store.overview(&DUTY).await.unwrap().unjudged, 1);
    }
}

#[tokio::test]
async fn what_is_nothing_for_the_county_waits_for_nobody() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        assert_eq!(store.count_items(&DUTY, &ItemFilter::default()).await.unwrap(), 1);
        let nothing = PersonJudgement {
            topics: vec![],
            kind: Kind::Praise,
            urgency: Urgency::Ordinary,
            department: None,
            places: None,
        };
        store.judge_by_person(&DUTY, item.id, 1, nothing, Actor::User(UserId(1))).await.unwrap();
        assert_eq!(store.count_items(&DUTY, &ItemFilter::default()).await.unwrap(), 0);
        let all = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
        assert_eq!(store.count_items(&DUTY, &all).await.unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_sheet_and_the_stages_never_wait_for_each_other_in_a_ring() {
    const ITEMS: usize = 120;
    const SHEETS: usize = 8;
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345热线").await;
        let sheet_of = |version: usize, turned: bool| -> Vec<Arrival> {
            let call_of = |n: usize| call(Some(&n.to_string()), "路灯不亮", &format!("第{version}次催促"));
            let mut calls: Vec<Arrival> = (0..ITEMS).map(call_of).collect();
            if turned {
                calls.reverse();
            }
            calls
        };
        store.intake(&source, sheet_of(0, false), vec![]).await.unwrap();
        let sheets = async {
            for version in 1..=SHEETS {
                let other = store.another().await.unwrap();
                let run = other.intake(&source, sheet_of(version, version % 2 == 0), vec![]).await.unwrap();
                assert_eq!(run.updated, ITEMS as i64, "sheet {version}");
                other.close().await;
            }
        };
        let all_are_in = Arc::new(AtomicBool::new(false));
        let worker = |name: &'static str| {
            let (store, all_are_in) = (Store::clone(&store), all_are_in.clone());
            tokio::spawn(async move {
                loop {
                    let last = all_are_in.load(Ordering::SeqCst);
                    let tasks = store.claim_judging(name, 500, LEASE).await.unwrap();
                    let routing = store.claim_routing(name, 500, LEASE).await.unwrap();
                    if last && tasks.is_empty() && routing.is_empty() {
                        return;
                    }
                    let verdicts = tasks.into_iter().map(|task| (task, verdict("urban"))).collect();
                    store.save_verdicts(name, verdicts).await.unwrap();
                    let routed = routing
                        .iter()
                        .map(|item| (item.id, item.case.is_none().then(|| opening(&store, item, "zfj"))));
                    store.finish_routing(name, routed.collect()).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
        };
        let (one, other) = (worker("a"), worker("b"));
        sheets.await;
        all_are_in.store(true, Ordering::SeqCst);
        one.await.unwrap();
        other.await.unwrap();
        let filter = ItemFilter { state: ItemState::WithCase, ..ItemFilter::default() };
        assert_eq!(store.count_items(&Viewer::SYSTEM, &filter).await.unwrap(), ITEMS as i64);
    }
}
