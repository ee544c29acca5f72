//! The chain of the audit log.

use qingting_models::records::{Actor, Subject};
use qingting_models::store::Page;
use qingting_models::store::testing::each_database;
use serde_json::json;

#[tokio::test]
async fn the_chain_is_whole_whoever_chains_it() {
    for store in each_database().await.unwrap() {
        for n in 0..25 {
            store.audit(Actor::System, "test.line", Subject::System, json!({ "n": n })).await.unwrap();
        }
        let other = store.another().await.unwrap();
        loop {
            let (a, b) = tokio::join!(store.chain_audit(4), other.chain_audit(3));
            if a.unwrap() + b.unwrap() == 0 {
                break;
            }
        }
        let verdict = store.verify_audit().await.unwrap();
        assert_eq!((verdict.lines, verdict.pending, verdict.broken), (25, 0, None));
        let lines = store.audit_page(&Default::default(), Page::default()).await.unwrap().rows;
        assert_eq!(lines.len(), 25);
    }
}

#[tokio::test]
async fn an_edited_and_a_removed_line_are_named() {
    for store in each_database().await.unwrap() {
        for n in 0..9 {
            store.audit(Actor::System, "test.line", Subject::System, json!({ "n": n })).await.unwrap();
        }
        store.chain_audit(100).await.unwrap();
        let good = store.verify_audit().await.unwrap();
        assert_eq!(good.broken, None);
        tamper(store.url(), "UPDATE audit SET detail = '{\"n\":99}' WHERE seq = 4").await;
        assert_eq!(store.verify_audit().await.unwrap().broken.unwrap().0, 4);
        tamper(store.url(), "DELETE FROM audit WHERE seq = 2").await;
        assert_eq!(store.verify_audit().await.unwrap().broken.unwrap().0, 2);
    }
}

#[tokio::test]
async fn lines_cut_off_at_the_end_are_missed() {
    for store in each_database().await.unwrap() {
        for n in 0..5 {
            store.audit(Actor::System, "test.line", Subject::System, json!({ "n": n })).await.unwrap();
        }
        store.chain_audit(100).await.unwrap();
        tamper(store.url(), "DELETE FROM audit WHERE seq >= 4").await;
        assert_eq!(store.verify_audit().await.unwrap().broken.unwrap().0, 4);
    }
}

/// Changes the database behind the store's back, as an intruder would.
async fn tamper(url: &str, sql: &'static str) {
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query(sql).execute(&pool).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query(sql).execute(&pool).await.unwrap();
        pool.close().await;
    }
}
