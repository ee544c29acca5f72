//! Imports and polls against a real store: each record once, whatever happens in between.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::SignedDuration;
use qingting_ingest::http::Http;
use qingting_ingest::import::{ImportError, Progress, import};
use qingting_ingest::poll::{PollError, fetch_due, poll};
use qingting_models::clock::Clock;
use qingting_models::records::{
    Actor, Channel, Item, ItemContent, Mode, Source, SourceKind, SourceRun, Viewer,
};
use qingting_models::store::QuarantineFilter;
use qingting_models::store::testing::{TestStore, each_database, fresh};
use qingting_models::store::{ItemFilter, ItemState, NewSource, Page, SourceChange, Store};

use crate::server::serve;
use crate::sheets::{TestFile, file};

async fn source(store: &Store, kind: SourceKind, url: Option<String>) -> Source {
    let new = NewSource {
        name: "热线".into(),
        kind,
        channel: Channel::Complaint,
        mode: Mode::Handle,
        url,
        cutoff: None,
        allow_host: Some("127.0.0.1".into()),
        interval_s: 600,
        settings: Default::default(),
    };
    store.add_source(new, Actor::Console).await.unwrap()
}

async fn items(store: &Store) -> Vec<Item> {
    let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
    let mut found =
        store.items(&Viewer::SYSTEM, &filter, Page { before: None, size: 200 }).await.unwrap().rows;
    found.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    found
}

async fn imported(store: &Store, source: &Source, sheet: &TestFile) -> SourceRun {
    import(store, source, &sheet.path, None, &|_| {}).await.unwrap()
}

fn counts(read: i64, new: i64, updated: i64, unchanged: i64, quarantined: i64) -> SourceRun {
    SourceRun { read, new, updated, unchanged, quarantined }
}

#[tokio::test]
async fn a_column_that_is_sealed_later_leaves_the_item_and_its_history_when_the_sheet_comes_again() {
    for store in each_database().await.unwrap() {
        let source = source(&store, SourceKind::Sheet, None).await;
        let sheet = file("a.csv", "工单编号,工单内容,附注栏,科室栏\nA1,路灯不亮,菜场口卖菜的那位,二科\n");
        assert_eq!(imported(&store, &source, &sheet).await, counts(1, 1, 0, 0, 0));
        let labels = |content: &ItemContent| -> Vec<String> {
            content.upstream.fields.iter().map(|(label, _)| label.clone()).collect()
        };
        let id = items(&store).await[0].id;
        assert_eq!(labels(&items(&store).await[0].content), ["附注栏", "科室栏"]);
        let map = "external_id = \"工单编号\"\nbody = \"工单内容\"\nperson_other = \"附注栏\"\n";
        let change = SourceChange { column_map: Some(map.into()), ..SourceChange::of(&source) };
        let source = store.change_source(source.id, change, Actor::Console).await.unwrap();
        assert_eq!(imported(&store, &source, &sheet).await, counts(1, 0, 1, 0, 0));
        assert_eq!(labels(&items(&store).await[0].content), ["科室栏"]);
        let versions = store.item_versions(&Viewer::SYSTEM, id).await.unwrap();
        assert_eq!(versions.iter().map(|v| labels(&v.content)).collect::<Vec<_>>(), [["科室栏"]]);
        assert_eq!(imported(&store, &source, &sheet).await, counts(1, 0, 0, 1, 0));
    }
}

#[tokio::test]
async fn a_column_that_is_empty_by_the_time_it_is_sealed_leaves_the_history_too() {
    for store in each_database().await.unwrap() {
        let source = source(&store, SourceKind::Sheet, None).await;
        let row =
            |note: &str| file("a.csv", format!("工单编号,工单内容,附注栏,科室栏\nA1,路灯不亮,{note},二科\n"));
        imported(&store, &source, &row("菜场口卖菜的那位")).await;
        imported(&store, &source, &row("")).await;
        let map = "external_id = \"工单编号\"\nbody = \"工单内容\"\nperson_other = \"附注栏\"\n";
        let change = SourceChange { column_map: Some(map.into()), ..SourceChange::of(&source) };
        let source = store.change_source(source.id, change, Actor::Console).await.unwrap();
        assert_eq!(imported(&store, &source, &row("")).await, counts(1, 0, 0, 1, 0));
        let id = items(&store).await[0].id;
        let versions = store.item_versions(&Viewer::SYSTEM, id).await.unwrap();
        assert_eq!(versions[0].content.upstream.fields, [("科室栏".to_owned(), "二科".to_owned())]);
    }
}

#[tokio::test]
async fn a_file_imported_twice_changes_nothing_and_an_edited_row_updates_its_item() {
    for store in each_database().await.unwrap() {
        let source = source(&store, SourceKind::Sheet, None).await;
        let sheet = |second: &str, calls: u8| {
            let head = "序号,工单编号,工单标题,工单内容,推送时间,工单状态,催单次数";
            file(
                "一.csv",
                format!(
                    "{head}\n1,A,积水,门口积水,2026/11/1 9:00,办理中,{calls}\n2,B,路灯,{second},2026/11/1 9:00,办理中,0\n3,C,坏,坏,昨天,,\n"
                ),
            )
        };
        assert_eq!(imported(&store, &source, &sheet("不亮", 0)).await, counts(3, 2, 0, 0, 1));
        assert_eq!(imported(&store, &source, &sheet("不亮", 3)).await, counts(3, 0, 0, 2, 1));
        assert_eq!(imported(&store, &source, &sheet("全不亮", 3)).await, counts(3, 0, 1, 1, 1));
        let found = items(&store).await;
        assert_eq!(
            found.iter().map(|i| (i.external_id.as_str(), i.version)).collect::<Vec<_>>(),
            [("A", 1), ("B", 2)]
        );
        assert_eq!(found[1].content.body, "全不亮");
        let rows = store
            .quarantine(
                QuarantineFilter { source: Some(source.id), ..QuarantineFilter::default() },
                Page::default(),
            )
            .await
            .unwrap()
            .rows;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].place.to_string(), "一.csv, row 4, column 推送时间");
        assert_eq!(store.source_runs(source.id, 10).await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn what_people_read_holds_no_caller() {
    let store = fresh().await.unwrap();
    let source = source(&store, SourceKind::Sheet, None).await;
    let sheet = file(
        "一.csv",
        "工单编号,诉求人姓名,联系电话,工单内容,承办单位,办理描述\n\
         A,章小雨,0574-65712345,章小雨来电反映，门口路灯已坏了好几天一直没有人修理，请回电13800001234,住建局,已致电章小雨65712345\n",
    );
    imported(&store, &source, &sheet).await;
    let shown = serde_json::to_string(&items(&store).await).unwrap();
    for secret in ["章小雨", "65712345", "1380", "诉求人姓名", "联系电话"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("住建局") && shown.contains("路灯"));
}

#[tokio::test]
async fn an_import_that_is_stopped_anywhere_ends_with_exact_counts() {
    let store = fresh().await.unwrap();
    let source = source(&store, SourceKind::Sheet, None).await;
    let rows: String = (0..1800).map(|n| format!("{n},第{n}件,内容{n}\n")).collect();
    let sheet = file("a.csv", format!("编号,标题,内容\n{rows}"));
    let (seen, stored) = (AtomicUsize::new(0), AtomicI64::new(0));
    let stop = tokio::sync::Notify::new();
    let tell = |progress: Progress| {
        assert!(progress.bytes_read <= progress.bytes_total);
        stored.store(progress.counts.new, Ordering::SeqCst);
        if seen.fetch_add(1, Ordering::SeqCst) == 1 {
            stop.notify_one();
        }
    };
    tokio::select! {
        biased;
        () = stop.notified() => {}
        result = import(&store, &source, &sheet.path, None, &tell) => panic!("not stopped: {result:?}"),
    }
    let again = imported(&store, &source, &sheet).await;
    assert_eq!((again.read, again.new + again.unchanged), (1800, 1800));
    let stored = stored.into_inner();
    assert!(stored > 0 && again.unchanged >= stored, "{stored} were stored before: {again:?}");
    let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
    assert_eq!(store.count_items(&Viewer::SYSTEM, &filter).await.unwrap(), 1800);
}

#[tokio::test]
async fn a_file_that_is_no_sheet_is_told_and_noted() {
    let store = fresh().await.unwrap();
    let source = source(&store, SourceKind::Sheet, None).await;
    let picture = file("照片.xlsx", b"\x89PNG\r\n\x1a\n\0\0");
    let told = import(&store, &source, &picture.path, None, &|_| {}).await.unwrap_err();
    assert!(matches!(told, ImportError::Sheet { .. }));
    assert!(
        told.to_string().ends_with(
            "照片.xlsx is a PNG picture, not a sheet; allowed: CSV, TSV, XLSX, XLS, ODS, JSON lines"
        ),
        "{told}"
    );
    assert!(store.source_runs(source.id, 1).await.unwrap()[0].error.is_some());
}

/// A feed whose text and state the test sets.
#[derive(Default)]
struct Site {
    feed: Mutex<String>,
    down: AtomicBool,
}

async fn site(store: &TestStore) -> (Arc<Site>, Source) {
    let site = Arc::new(Site::default());
    let shared = Arc::clone(&site);
    let answer = move |headers: HeaderMap| {
        let site = Arc::clone(&shared);
        async move { site.answer(&headers) }
    };
    let address = serve(Router::new().route("/feed", get(answer))).await;
    let source = source(store, SourceKind::Feed, Some(format!("http://{address}/feed"))).await;
    (site, source)
}

impl Site {
    fn answer(&self, headers: &HeaderMap) -> Response {
        if self.down.load(Ordering::SeqCst) {
            return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "7200")]).into_response();
        }
        let feed = self.feed.lock().unwrap().clone();
        let tag = format!("\"{}\"", feed.len());
        if headers.get(header::IF_NONE_MATCH).is_some_and(|v| *v == tag) {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        ([(header::ETAG, tag)], feed).into_response()
    }

    fn show(&self, items: &[(&str, &str)]) {
        let entry =
            |(id, title): &(&str, &str)| format!("<item><guid>{id}</guid><title>{title}</title></item>");
        let items: String = items.iter().map(entry).collect();
        *self.feed.lock().unwrap() =
            format!("<rss version=\"2.0\"><channel><title>站</title>{items}</channel></rss>");
    }
}

async fn again(store: &Store, source: &Source) -> Source {
    store.source(source.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn polls_bring_each_entry_once_and_edited_titles_as_updates() {
    let store = fresh().await.unwrap();
    let (site, source) = site(&store).await;
    let http = Http::new("test");
    site.show(&[("1", "停水"), ("2", "停电")]);
    assert_eq!(poll(&store, &http, &source).await.unwrap(), counts(2, 2, 0, 0, 0));
    let source = again(&store, &source).await;
    assert!(source.health.etag.is_some());
    assert_eq!(poll(&store, &http, &source).await.unwrap(), SourceRun::default());
    let source = again(&store, &source).await;
    assert!(source.health.etag.is_some(), "the validators stay after 304");
    site.show(&[("3", "停气"), ("1", "停水（更正）"), ("2", "停电")]);
    assert_eq!(poll(&store, &http, &source).await.unwrap(), counts(3, 1, 1, 1, 0));
}

#[tokio::test]
async fn a_failing_feed_is_noted_left_alone_as_asked_and_tried_again() {
    let store = fresh().await.unwrap();
    let (site, feed) = site(&store).await;
    let http = Http::new("test");
    site.down.store(true, Ordering::SeqCst);
    let done = fetch_due(&store, &http, "w").await.unwrap();
    assert!(matches!(done.as_slice(), [(_, Err(PollError::Fetch(_)))]));
    let noted = again(&store, &feed).await.health;
    assert_eq!(noted.failures, 1);
    assert!(noted.last_error.unwrap().contains("HTTP status 503"));
    assert_eq!(noted.next_at, Some(store.now() + SignedDuration::from_hours(2)));
    assert!(fetch_due(&store, &http, "w").await.unwrap().is_empty());

    site.down.store(false, Ordering::SeqCst);
    site.show(&[("1", "停水")]);
    store.clock.set(store.clock.now() + SignedDuration::from_hours(2));
    let done = fetch_due(&store, &http, "w").await.unwrap();
    assert!(matches!(done.as_slice(), [(_, Ok(run))] if run.new == 1));
    let noted = again(&store, &feed).await.health;
    assert_eq!((noted.failures, noted.last_error), (0, None));
}
