//! The chain of the audit log.

use qingting_models::records::{Actor, Subject};
use qingting_models::store::Page;
use qingting_models::store::testing::{TestStore, each_database};
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
        let verdict = store.verify_audit(&[]).await.unwrap();
        assert_eq!((verdict.lines, verdict.pending, verdict.broken), (25, 0, None));
        let lines = store.audit_page(&Default::default(), Page::default()).await.unwrap().rows;
        assert_eq!(lines.len(), 25);
    }
}

#[tokio::test]
async fn an_edited_and_a_removed_line_are_named() {
    for store in each_database().await.unwrap() {
        lines(&store, 9).await;
        let good = store.verify_audit(&[]).await.unwrap();
        assert_eq!(good.broken, None);
        tamper(store.url(), "UPDATE audit SET detail = '{\"n\":99}' WHERE seq = 4").await;
        assert_eq!(store.verify_audit(&[]).await.unwrap().broken.unwrap().0, 4);
        tamper(store.url(), "DELETE FROM audit WHERE seq = 2").await;
        assert_eq!(store.verify_audit(&[]).await.unwrap().broken.unwrap().0, 2);
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
        assert_eq!(store.verify_audit(&[]).await.unwrap().broken.unwrap().0, 4);
    }
}

#[tokio::test]
async fn a_line_that_was_slipped_in_is_named() {
    for store in each_database().await.unwrap() {
        lines(&store, 9).await;
        let shift = "UPDATE audit SET seq = seq + 1000 WHERE seq >= 5";
        tamper(store.url(), shift).await;
        tamper(store.url(), "UPDATE audit SET seq = seq - 999 WHERE seq > 1000").await;
        tamper(
            store.url(),
            "INSERT INTO audit (id, at, actor, action, subject_kind, subject_id, detail, seq, hash)
             SELECT id - 1000000, at, actor, action, subject_kind, subject_id, detail, 5, hash FROM audit WHERE seq = 4",
        )
        .await;
        assert_eq!(store.verify_audit(&[]).await.unwrap().broken.unwrap().0, 5);
    }
}

#[tokio::test]
async fn a_chain_that_was_computed_anew_does_not_lead_to_the_signed_heads() {
    for store in each_database().await.unwrap() {
        lines(&store, 4).await;
        let first = store.checkpoint_audit(false).await.unwrap().unwrap();
        assert!(first.seq == 4 && first.is_signed());
        lines(&store, 3).await;
        assert_eq!(
            store.checkpoint_audit(false).await.unwrap().unwrap().seq,
            4,
            "not before an hour went by"
        );
        store.clock.set(store.now() + jiff::SignedDuration::from_hours(1));
        let second = store.checkpoint_audit(false).await.unwrap().unwrap();
        let good = store.verify_audit(&[]).await.unwrap();
        assert_eq!((good.broken, good.checkpoints, good.covered), (None, 2, 7));
        // Line 6 is changed, and every hash from there on with it.
        tamper(store.url(), "UPDATE audit SET detail = '{\"n\":99}' WHERE seq = 6").await;
        rewrite(&store, 6).await;
        let (line, why) = store.verify_audit(&[]).await.unwrap().broken.unwrap();
        assert!(line == 5 && why.contains("written anew"), "{why}");
        // Without the checkpoints inside, the head that was kept elsewhere tells.
        tamper(store.url(), "DELETE FROM audit_checkpoint").await;
        assert_eq!(store.verify_audit(&[]).await.unwrap().broken, None);
        let heads = [first, second];
        assert!(store.verify_audit(&heads).await.unwrap().broken.unwrap().1.contains("written anew"));
        let mut forged = heads[1].clone();
        forged.hash = "0".repeat(64);
        let why = store.verify_audit(&[forged]).await.unwrap().broken.unwrap().1;
        assert!(why.contains("not signed by this installation"), "{why}");
    }
}

async fn lines(store: &TestStore, count: i64) {
    for n in 0..count {
        store.audit(Actor::System, "test.line", Subject::System, json!({ "n": n })).await.unwrap();
    }
    store.chain_audit(100).await.unwrap();
}

/// What an intruder would do who knows how the chain is made: its lines from one on are chained anew.
async fn rewrite(store: &TestStore, from: i64) {
    let (url, before) = (store.url(), from - 1);
    let head: (i64, String) = if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query_as("SELECT seq, hash FROM audit WHERE seq = $1")
            .bind(before)
            .fetch_one(&pool)
            .await
            .unwrap()
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query_as("SELECT seq, hash FROM audit WHERE seq = $1")
            .bind(before)
            .fetch_one(&pool)
            .await
            .unwrap()
    };
    tamper(url, "UPDATE audit SET seq = NULL, hash = NULL WHERE seq >= 6").await;
    let set = format!("UPDATE audit_head SET seq = {}, hash = '{}'", head.0, head.1);
    tamper(url, &set).await;
    while store.chain_audit(100).await.unwrap() > 0 {}
}

/// Changes the database behind the store's back, as an intruder would.
async fn tamper(url: &str, sql: &str) {
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        pool.close().await;
    }
}
