//! Each record once: what an import may and may not do.

use qingting_models::records::{SourceRun, Viewer};
use qingting_models::store::QuarantineFilter;
use qingting_models::store::testing::each_database;
use qingting_models::store::{ItemFilter, ItemState, Page};

use super::builders::*;

fn counts(read: i64, new: i64, updated: i64, unchanged: i64, quarantined: i64) -> SourceRun {
    SourceRun { read, new, updated, unchanged, quarantined }
}

#[tokio::test]
async fn the_same_batch_twice_changes_nothing() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let batch = || vec![call(Some("1"), "路灯不亮", "第三天了"), call(None, "井盖松动", "车过有响声")];
        assert_eq!(store.intake(&source, batch(), vec![]).await.unwrap(), counts(2, 2, 0, 0, 0));
        assert_eq!(store.intake(&source, batch(), vec![]).await.unwrap(), counts(2, 0, 0, 2, 0));
        assert_eq!(store.waiting_work().await.unwrap().judge, 2);
    }
}

#[tokio::test]
async fn a_later_version_updates_and_keeps_the_history() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        store.intake(&source, vec![call(Some("1"), "路灯不亮", "第三天了")], vec![]).await.unwrap();
        let run = store.intake(&source, vec![call(Some("1"), "路灯不亮", "第五天了")], vec![]).await.unwrap();
        assert_eq!(run, counts(1, 0, 1, 0, 0));
        let all = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
        let items = store.items(&Viewer::SYSTEM, &all, Page::default()).await.unwrap().rows;
        assert_eq!(items.len(), 1);
        assert_eq!((items[0].version, items[0].content.body.as_str()), (2, "第五天了"));
        let old = store.item_versions(&Viewer::SYSTEM, items[0].id).await.unwrap();
        assert_eq!((old[0].version, old[0].content.body.as_str()), (1, "第三天了"));
    }
}

#[tokio::test]
async fn one_id_twice_in_a_batch_is_one_item_with_the_last_content() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let batch = vec![call(Some("7"), "a", "一"), call(Some("7"), "a", "二"), call(Some("7"), "a", "二")];
        assert_eq!(store.intake(&source, batch, vec![]).await.unwrap(), counts(3, 1, 1, 1, 0));
    }
}

#[tokio::test]
async fn the_same_id_in_another_source_is_another_item() {
    for store in each_database().await.unwrap() {
        for name in ["12345", "问政"] {
            let source = sheet(&store, name).await;
            let run = store.intake(&source, vec![call(Some("1"), "a", "b")], vec![]).await.unwrap();
            assert_eq!(run.new, 1, "{name}");
        }
    }
}

#[tokio::test]
async fn bad_rows_are_kept_once_with_place_and_reason() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        for _ in 0..2 {
            let run = store.intake(&source, vec![], vec![reject(17, "x")]).await.unwrap();
            assert_eq!(run, counts(1, 0, 0, 0, 1));
        }
        let rows = store
            .quarantine(
                QuarantineFilter { source: Some(source.id), ..QuarantineFilter::default() },
                Page::default(),
            )
            .await
            .unwrap()
            .rows;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].place.to_string(), "calls.csv, row 17, column 来电时间");
        assert_eq!(store.count_quarantine(QuarantineFilter::default()).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn two_processes_that_import_the_same_file_make_each_item_once() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let other = store.another().await.unwrap();
        let batch = || (0..200).map(|i| call(Some(&format!("{i}")), "题", "文")).collect::<Vec<_>>();
        let (a, b) =
            tokio::join!(store.intake(&source, batch(), vec![]), other.intake(&source, batch(), vec![]));
        let both = a.unwrap().and(b.unwrap());
        assert_eq!((both.new, both.unchanged), (200, 200));
        let all = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
        assert_eq!(store.count_items(&Viewer::SYSTEM, &all).await.unwrap(), 200);
    }
}

#[tokio::test]
async fn old_and_finished_records_are_archived() {
    for store in each_database().await.unwrap() {
        let mut source = sheet(&store, "12345").await;
        source.cutoff = Some(store.now());
        let mut old = call(Some("old"), "a", "b");
        old.content.occurred_at = Some(later(store.now(), -hours(1)));
        let mut done = call(Some("done"), "a", "c");
        done.content.upstream.finished = true;
        let mut new = call(Some("new"), "a", "d");
        new.content.occurred_at = Some(store.now());
        store.intake(&source, vec![old, done, new], vec![]).await.unwrap();
        let all = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
        let mut reasons: Vec<_> = store
            .items(&Viewer::SYSTEM, &all, Page::default())
            .await
            .unwrap()
            .rows
            .into_iter()
            .map(|item| (item.external_id, item.archived))
            .collect();
        reasons.sort();
        assert_eq!(
            reasons,
            vec![
                ("done".into(), Some("finished".into())),
                ("new".into(), None),
                ("old".into(), Some("cutoff".into()))
            ]
        );
    }
}

#[tokio::test]
async fn the_original_is_sealed_and_each_look_is_logged() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let refused =
            store.unmask_item(&NOBODY, item.id, "回拨", qingting_models::records::Actor::Console).await;
        assert!(refused.is_err());
        assert!(
            store.unmask_item(&DUTY, item.id, " ", qingting_models::records::Actor::Console).await.is_err()
        );
        let before = store.audit_page(&Default::default(), Page::default()).await.unwrap().rows.len();
        let plain = store
            .unmask_item(&DUTY, item.id, "回拨核实", qingting_models::records::Actor::Console)
            .await
            .unwrap();
        assert_eq!(plain["phone"], "13800001234");
        let lines = store.audit_page(&Default::default(), Page::default()).await.unwrap().rows;
        assert_eq!(lines.len(), before + 1);
        assert_eq!(lines[0].entry.action, "item.unmask");
        assert!(!lines[0].entry.detail.to_string().contains("回拨"));
    }
}
