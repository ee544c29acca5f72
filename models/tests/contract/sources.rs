//! Sources: names, leases, health.

use qingting_models::records::{Actor, SourceRun};
use qingting_models::store::testing::each_database;
use qingting_models::store::{Fetched, PollOutcome, StoreError};

use super::builders::*;

#[tokio::test]
async fn a_due_source_is_polled_by_one_worker_and_comes_back_after_its_lease() {
    for store in each_database().await.unwrap() {
        feed(&store, "新闻").await;
        assert!(store.claim_due_source("a", 60).await.unwrap().is_some());
        assert!(store.claim_due_source("b", 60).await.unwrap().is_none());
        store.clock.set(store.now() + hours(1));
        assert!(store.claim_due_source("b", 60).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn errors_are_counted_and_shown_until_the_source_is_well_again() {
    for store in each_database().await.unwrap() {
        let made = feed(&store, "新闻").await;
        for _ in 0..3 {
            let source = store.source(made.id).await.unwrap().unwrap();
            let next_at = store.now() + hours(1);
            let failed = PollOutcome { tried_at: store.now(), result: Err("timed out".into()), next_at };
            store.finish_poll(&source, failed).await.unwrap();
        }
        let source = store.source(made.id).await.unwrap().unwrap();
        assert_eq!((source.health.failures, source.health.last_error.as_deref()), (3, Some("timed out")));
        // The same error again is one line, not three.
        assert_eq!(store.source_runs(made.id, 10).await.unwrap().len(), 1);
        let fetched = Fetched {
            counts: SourceRun { read: 1, new: 1, ..SourceRun::default() },
            etag: Some("\"x\"".into()),
            ..Fetched::default()
        };
        let ok = PollOutcome { tried_at: store.now(), result: Ok(fetched), next_at: store.now() };
        store.finish_poll(&source, ok).await.unwrap();
        let source = store.source(made.id).await.unwrap().unwrap();
        assert_eq!((source.health.failures, source.health.last_error), (0, None));
        assert_eq!(source.health.etag.as_deref(), Some("\"x\""));
    }
}

#[tokio::test]
async fn a_source_is_polled_at_once_when_somebody_asks_for_it() {
    for store in each_database().await.unwrap() {
        let made = feed(&store, "新闻").await;
        let source = store.claim_due_source("a", 60).await.unwrap().unwrap();
        let next_at = store.now() + hours(6);
        let failed = PollOutcome { tried_at: store.now(), result: Err("timed out".into()), next_at };
        store.finish_poll(&source, failed).await.unwrap();
        assert!(store.claim_due_source("a", 60).await.unwrap().is_none());
        store.poll_at_once(made.id, Actor::Console).await.unwrap();
        assert_eq!(store.claim_due_source("a", 60).await.unwrap().map(|s| s.id), Some(made.id));
        store.set_source_paused(made.id, true, Actor::Console).await.unwrap();
        let by_hand = sheet(&store, "表").await;
        for id in [made.id, by_hand.id] {
            let refused = store.poll_at_once(id, Actor::Console).await;
            assert!(matches!(refused, Err(StoreError::Bad(_))), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn the_days_of_all_sources_are_those_of_each() {
    for store in each_database().await.unwrap() {
        let (one, other) = (sheet(&store, "一").await, sheet(&store, "二").await);
        sheet(&store, "空").await;
        store.intake(&one, vec![call(Some("1"), "a", "b"), call(Some("2"), "c", "d")], vec![]).await.unwrap();
        store.clock.set(store.now() + hours(30));
        store.intake(&one, vec![call(Some("3"), "e", "f")], vec![]).await.unwrap();
        store.intake(&other, vec![call(Some("1"), "g", "h")], vec![]).await.unwrap();
        let all = store.items_per_day_of_all(30).await.unwrap();
        assert_eq!(all.len(), 2);
        for source in [&one, &other] {
            assert_eq!(all[&source.id], store.items_per_day(source.id, 30).await.unwrap());
        }
        assert_eq!(all[&one.id].iter().map(|d| d.1).collect::<Vec<_>>(), [2, 1]);
    }
}

#[tokio::test]
async fn names_are_unique_and_a_removed_source_stays_as_the_origin_of_its_items() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let again = store
            .add_source(
                qingting_models::store::NewSource {
                    name: " 12345 ".into(),
                    kind: source.kind,
                    channel: source.channel,
                    mode: source.mode,
                    url: None,
                    cutoff: None,
                    allow_host: None,
                    interval_s: 0,
                    settings: Default::default(),
                },
                Actor::Console,
            )
            .await;
        assert!(matches!(again, Err(StoreError::Taken { .. })));
        store.intake(&source, vec![call(Some("1"), "a", "b")], vec![]).await.unwrap();
        store.remove_source(source.id, Actor::Console).await.unwrap();
        let gone = store.source(source.id).await.unwrap().unwrap();
        assert!(gone.removed_at.is_some() && gone.name.starts_with("12345（"));
        assert!(store.source_named("12345").await.unwrap().is_none());
        sheet(&store, "12345").await;
        let empty = sheet(&store, "空").await;
        store.remove_source(empty.id, Actor::Console).await.unwrap();
        assert_eq!(store.sources().await.unwrap().len(), 1);
        assert_eq!(store.items_per_day(source.id, 7).await.unwrap().iter().map(|d| d.1).sum::<i64>(), 1);
    }
}

#[tokio::test]
async fn a_paused_source_is_not_polled() {
    for store in each_database().await.unwrap() {
        let source = feed(&store, "新闻").await;
        store.set_source_paused(source.id, true, Actor::Console).await.unwrap();
        assert!(store.claim_due_source("a", 60).await.unwrap().is_none());
        store.set_source_paused(source.id, false, Actor::Console).await.unwrap();
        assert!(store.claim_due_source("a", 60).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn an_import_is_a_sign_of_life_and_a_failed_one_is_not() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        store.record_run(source.id, "a.csv", SourceRun::default(), Some("empty")).await.unwrap();
        let tried = store.source(source.id).await.unwrap().unwrap().health;
        assert_eq!((tried.last_tried_at, tried.last_success_at), (Some(store.now()), None));
        store.record_run(source.id, "b.csv", SourceRun::default(), None).await.unwrap();
        let well = store.source(source.id).await.unwrap().unwrap().health;
        assert_eq!(well.last_success_at, Some(store.now()));
    }
}
