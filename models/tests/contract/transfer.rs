//! A whole database into another of either kind: every row, the words of the search, the chain of the log.

use jiff::SignedDuration;
use qingting_models::records::{Actor, Subject, Viewer};
use qingting_models::sought::Sought;
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{ItemFilter, ItemState, MoveOrder, MoveStep, Moved, Page, Store, StoreError};
use serde_json::json;
use tokio::sync::Notify;

use super::builders::*;

pub(super) const ITEMS: usize = 12;
/// The lines that come with the end of a move or a restore.
const MOVED: [&str; 2] = ["store.move", "store.restore"];
const HERE: MoveOrder<'_> = MoveOrder { from: "here", alone: false };

/// The words by which the items of the builders are found.
pub(super) fn words(_: &str, _: &str) -> String {
    verdict("wages").search_words
}

pub(super) async fn filled() -> Vec<TestStore> {
    let stores = each_database().await.unwrap();
    for store in &stores {
        let source = sheet(store, "12345").await;
        for n in 0..ITEMS {
            judged(store, &source, &n.to_string(), if n % 4 == 0 { "conduct" } else { "wages" }).await;
        }
        store.audit(Actor::Console, "test.line", Subject::System, json!({ "n": 1 })).await.unwrap();
        while store.chain_audit(100).await.unwrap() > 0 {}
    }
    stores
}

async fn move_all(from: &TestStore, to: &Store) -> Result<Moved, StoreError> {
    // The line that tells of it has a place after all that is there.
    from.clock.set(from.now() + SignedDuration::from_secs(1));
    from.move_into(to, HERE, &words, &|_| ()).await
}

/// Everything of a store that the tests look at, but the line that tells how it came there.
pub(super) async fn seen(store: &Store) -> serde_json::Value {
    let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
    let items = store.items(&Viewer::SYSTEM, &filter, Page { before: None, size: 200 }).await.unwrap().rows;
    let mut all = Vec::new();
    for item in &items {
        let judgements = store.judgements(&Viewer::SYSTEM, item.id).await.unwrap();
        let found = ItemFilter { sought: Sought::words(["拖欠"]), ..filter.clone() };
        let found = store.items(&Viewer::SYSTEM, &found, Page::default()).await.unwrap().rows.len();
        all.push(json!([item, judgements, found]));
    }
    let mut log = store.audit_page(&Default::default(), Page::default()).await.unwrap().rows;
    log.retain(|line| !MOVED.contains(&line.entry.action.as_str()));
    let verdict = store.verify_audit(&[]).await.unwrap();
    assert_eq!(verdict.broken, None);
    json!([all, log, verdict.lines, verdict.head])
}

#[tokio::test]
async fn all_of_it_arrives_in_a_database_of_either_kind() {
    for from in filled().await {
        let before = seen(&from).await;
        for to in from.empty_ones().await.unwrap() {
            let moved = move_all(&from, &to).await.unwrap();
            assert_eq!(moved.indexed, ITEMS as u64);
            assert!(moved.rows > 4 * ITEMS as u64 && moved.tables > 60, "{moved:?}");
            assert_eq!(seen(&to).await, before, "{} to {}", from.engine(), to.engine());
            let last = to.audit_page(&Default::default(), Page::default()).await.unwrap().rows.remove(0);
            assert_eq!(
                (last.entry.action.as_str(), &last.entry.detail["rows"]),
                ("store.move", &json!(moved.rows))
            );
            // What is made next has its place after what came along.
            from.clock.set(from.now() + hours(1));
            let source = sheet(&to, "23456").await;
            to.intake(&source, vec![call(Some("next"), "路灯不亮", "三天了")], vec![]).await.unwrap();
            to.close().await;
        }
        assert_eq!(seen(&from).await, before, "the old database stays as it was");
    }
}

/// Ends a move at its first step that is so, as a kill does.
async fn cut_off(from: &Store, to: &Store, is_so: impl Fn(&MoveStep) -> bool + Sync) {
    let stop = Notify::new();
    let progress = |step: MoveStep| {
        if is_so(&step) {
            stop.notify_one();
        }
    };
    tokio::select! {
        biased;
        () = stop.notified() => {}
        ended = from.move_into(to, HERE, &words, &progress) => panic!("it ended before: {ended:?}"),
    }
}

#[tokio::test]
async fn a_move_that_was_cut_off_goes_on_and_until_then_the_new_database_opens_for_nothing_else() {
    for from in filled().await {
        let before = seen(&from).await;
        for to in from.empty_ones().await.unwrap() {
            for cut in ["audit", "item"] {
                cut_off(&from, &to, |step| matches!(step, MoveStep::Copied { table, .. } if table == cut))
                    .await;
            }
            let error = to.reopened().await.err().expect("it is unfinished").to_string();
            assert!(error.contains("from here") && error.contains("qingting move --to"), "{error}");
            let other = from
                .move_into(&to, MoveOrder { from: "elsewhere", ..HERE }, &words, &|_| ())
                .await
                .unwrap_err()
                .to_string();
            assert!(other.contains("unfinished move from here, not from elsewhere"), "{other}");
            move_all(&from, &to).await.unwrap();
            assert_eq!(seen(&to).await, before);
            to.reopened().await.unwrap().close().await;
        }
    }
}

#[tokio::test]
async fn what_changed_during_the_move_is_found_out() {
    for from in filled().await {
        for to in from.empty_ones().await.unwrap() {
            cut_off(&from, &to, |step| matches!(step, MoveStep::Indexed(_))).await;
            from.audit(Actor::System, "test.late", Subject::System, json!({})).await.unwrap();
            let error = move_all(&from, &to).await.unwrap_err().to_string();
            assert!(error.contains("the table audit has") && error.contains("begin anew"), "{error}");
            assert!(to.reopened().await.is_err(), "it is no database to work with");
        }
    }
}

#[tokio::test]
async fn a_database_that_holds_something_or_that_others_work_on_is_refused() {
    for from in filled().await {
        for to in from.empty_ones().await.unwrap() {
            let company = from.another().await.unwrap();
            let error = move_all(&from, &to).await.unwrap_err().to_string();
            assert!(error.contains("another program works on the"), "{error}");
            let alone = from.move_into(&to, MoveOrder { alone: true, ..HERE }, &words, &|_| ()).await;
            assert!(alone.is_ok(), "whoever knows better may say so: {alone:?}");
            company.close().await;
            let error = move_all(&from, &to).await.unwrap_err().to_string();
            assert!(error.contains("its table audit holds something"), "{error}");
        }
    }
}
