//! Tokens, secrets, receipts, changed sources, and rows that leave the quarantine.

use qingting_models::ids::SealedId;
use qingting_models::records::*;
use qingting_models::store::testing::each_database;
use qingting_models::store::{Fetched, Page, PollOutcome, QuarantineFilter, SourceChange, StoreError};
use serde_json::json;

use super::builders::*;

#[tokio::test]
async fn a_token_opens_its_source_until_another_is_made_or_it_ends() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "平台").await;
        let first = store.new_source_token(source.id, Actor::Console).await.unwrap();
        assert_eq!(store.source_of_token(&first).await.unwrap().map(|s| s.id), Some(source.id));
        let second = store.new_source_token(source.id, Actor::Console).await.unwrap();
        assert!(store.source_of_token(&first).await.unwrap().is_none());
        assert!(store.source_of_token("qt_").await.unwrap().is_none());
        store.end_source_token(source.id, Actor::Console).await.unwrap();
        assert!(store.source_of_token(&second).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_secret_is_kept_sealed_and_replaced() {
    for store in each_database().await.unwrap() {
        let source = feed(&store, "平台").await;
        assert_eq!(store.source_secret(source.id).await.unwrap(), None);
        for secret in ["Bearer one", "Bearer two"] {
            store.set_source_secret(source.id, Some(secret), Actor::Console).await.unwrap();
            assert_eq!(store.source_secret(source.id).await.unwrap().as_deref(), Some(secret));
        }
        assert!(store.source(source.id).await.unwrap().unwrap().has_secret);
        store.set_source_secret(source.id, None, Actor::Console).await.unwrap();
        assert_eq!(store.source_secret(source.id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_same_push_again_finds_its_receipt_and_another_body_is_told_apart() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "平台").await;
        assert!(store.receipt(source.id, "k", b"one").await.unwrap().is_none());
        let id: SealedId = store.ids().next(store.now());
        store.keep_receipt(source.id, id, "k", b"one", 202, "{}").await.unwrap();
        let later: SealedId = store.ids().next(store.now());
        store.keep_receipt(source.id, later, "k", b"one", 202, "{\"later\":1}").await.unwrap();
        let kept = store.receipt(source.id, "k", b"one").await.unwrap().unwrap();
        assert_eq!((kept.id, kept.status, kept.answer.as_str(), kept.same_body), (id, 202, "{}", true));
        assert!(!store.receipt(source.id, "k", b"two").await.unwrap().unwrap().same_body);
    }
}

#[tokio::test]
async fn a_new_address_forgets_what_the_old_server_said_and_is_due_at_once() {
    for store in each_database().await.unwrap() {
        let source = feed(&store, "新闻").await;
        let fetched = Fetched {
            etag: Some("x".into()),
            moved_to: Some("https://b.example/".into()),
            cursor: Some("7".into()),
            pace_s: Some(900),
            ..Fetched::default()
        };
        let next_at = store.now() + hours(5);
        let outcome = PollOutcome { tried_at: store.now(), result: Ok(fetched), next_at };
        store.finish_poll(&source, outcome).await.unwrap();
        let kept = store.source(source.id).await.unwrap().unwrap().health;
        assert_eq!(
            (kept.cursor.as_deref(), kept.pace_s, kept.next_at),
            (Some("7"), Some(900), Some(next_at))
        );
        let change = SourceChange {
            name: "新闻二".into(),
            channel: Channel::Site,
            mode: Mode::Mirror,
            url: Some("https://c.example/feed".into()),
            cutoff: None,
            allow_host: None,
            interval_s: 1200,
            column_map: None,
            settings: SourceSettings { full_text: true, ..SourceSettings::default() },
        };
        let changed = store.change_source(source.id, change.clone(), Actor::Console).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.settings.full_text), ("新闻二", true));
        let health = changed.health;
        assert_eq!((health.etag, health.moved_to, health.cursor, health.pace_s), (None, None, None, None));
        assert_eq!(health.next_at, Some(store.now()));
        sheet(&store, "占用").await;
        let taken = SourceChange { name: "占用".into(), ..change };
        let refused = store.change_source(source.id, taken, Actor::Console).await;
        assert!(matches!(refused, Err(StoreError::Taken { .. })));
    }
}

#[tokio::test]
async fn a_quarantined_row_is_opened_with_a_reason_and_closed_once() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        store.intake(&source, vec![], vec![reject(3, "坏"), reject(4, "更坏")]).await.unwrap();
        let waiting =
            QuarantineFilter { source: Some(source.id), kind: Some(RejectKind::Time), closed: false };
        let rows = store.quarantine(waiting, Page { before: None, size: 1 }).await.unwrap();
        assert_eq!((rows.rows.len(), rows.next.is_some()), (1, true));
        let id = rows.rows[0].id;
        assert!(matches!(store.open_quarantined(id, " ", Actor::Console).await, Err(StoreError::Bad(_))));
        assert_eq!(
            store.open_quarantined(id, "补时间", Actor::Console).await.unwrap(),
            json!({"row": "更坏"})
        );
        assert!(matches!(
            store.close_quarantined(id, false, "", Actor::Console).await,
            Err(StoreError::Bad(_))
        ));
        assert!(store.close_quarantined(id, false, "重复", Actor::Console).await.unwrap());
        assert!(!store.close_quarantined(id, true, "", Actor::Console).await.unwrap());
        assert_eq!(store.quarantine_kinds().await.unwrap(), [(source.id, RejectKind::Time, 1)]);
        // The same bad row in the next export stays dismissed and is no news; one that still waits is.
        let again = store.intake(&source, vec![], vec![reject(3, "坏"), reject(4, "更坏")]).await.unwrap();
        assert_eq!((again.read, again.unchanged, again.quarantined), (2, 1, 1));
        assert_eq!(store.count_quarantine(waiting).await.unwrap(), 1);
        let closed =
            store.quarantine(QuarantineFilter { closed: true, ..waiting }, Page::default()).await.unwrap();
        assert_eq!(closed.rows[0].closed.as_ref().map(|c| c.replayed), Some(false));
    }
}
