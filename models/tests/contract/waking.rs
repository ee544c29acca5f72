//! Those who wait for work are woken when it can be taken, by their own process and, on PostgreSQL, by others.

use std::time::Duration;

use qingting_models::store::testing::each_database;
use qingting_models::store::{Store, Waker};
use tokio::time::timeout;

use super::builders::*;

/// Longer than any machine takes: it only ends a test that would wait for ever.
const FOR_EVER: Duration = Duration::from_secs(120);

/// Whether the bell has rung since the last look.
async fn has_rung(waker: &mut Waker) -> bool {
    timeout(Duration::ZERO, waker.woken()).await.is_ok()
}

async fn call_in(store: &Store, source: &str, id: &str) {
    let source = store.source_named(source).await.unwrap().unwrap();
    store.intake(&source, vec![call(Some(id), "路灯不亮", "第三天了")], vec![]).await.unwrap();
}

#[tokio::test]
async fn what_brings_work_wakes_its_own_process_and_nothing_else_does() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345热线").await;
        let mut waker = store.waker();
        call_in(&store, "12345热线", "1").await;
        assert!(has_rung(&mut waker).await, "an item waits to be judged");
        assert!(!has_rung(&mut waker).await, "once is enough");
        call_in(&store, "12345热线", "1").await;
        assert!(!has_rung(&mut waker).await, "it is known already");
        let tasks = store.claim_judging("w", 10, LEASE).await.unwrap();
        assert!(!has_rung(&mut waker).await, "taking work brings none");
        let verdicts = tasks.into_iter().map(|task| (task, verdict("urban"))).collect();
        store.save_verdicts("w", verdicts).await.unwrap();
        assert!(has_rung(&mut waker).await, "it waits to be routed and joined");
        store.open_case(opening(&store, &judged(&store, &source, "2", "wages").await, "rsj")).await.unwrap();
        assert!(has_rung(&mut waker).await, "somebody is to be told");
    }
}

#[tokio::test]
async fn other_processes_are_heard_where_the_database_tells() {
    for store in each_database().await.unwrap() {
        sheet(&store, "12345热线").await;
        let other = store.another().await.unwrap();
        let mut waker = store.waker();
        if store.engine() == "SQLite" {
            call_in(&other, "12345热线", "1").await;
            assert!(!has_rung(&mut waker).await && !store.hears_all());
            continue;
        }
        let hearing = tokio::spawn({
            let store = Store::clone(&store);
            async move { store.hear_others().await }
        });
        // It rings once when it begins, for what came before.
        timeout(FOR_EVER, waker.woken()).await.unwrap();
        assert!(store.hears_all());
        for id in ["1", "2"] {
            call_in(&other, "12345热线", id).await;
            timeout(FOR_EVER, waker.woken()).await.unwrap();
            assert_eq!(store.claim_judging("w", 10, LEASE).await.unwrap().len(), 1, "it can be taken");
        }
        hearing.abort();
        assert!(hearing.await.unwrap_err().is_cancelled());
        assert!(!store.hears_all(), "it looks by itself again");
    }
}
