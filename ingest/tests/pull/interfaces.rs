//! JSON interfaces and Open311 servers.

use axum::http::StatusCode;
use qingting_ingest::poll::{Asked, PollError, preview_source};
use qingting_models::records::{Actor, Open311Rule, Paging, PullRule, SourceKind, SourceSettings};
use qingting_models::store::testing::{each_database, fresh};
use serde_json::{Value, json};

use crate::site::{counts, http, items, polled, site, source};

fn settings(paging: Option<Paging>) -> SourceSettings {
    let some = |path: &str| Some(path.to_owned());
    let pull = PullRule {
        records: "$.rows[*]".into(),
        id: some("$.id"),
        body: some("$.text"),
        occurred: some("$.at"),
        state: some("$.state"),
        person_name: some("$.caller"),
        paging,
        ..PullRule::default()
    };
    SourceSettings { pull: Some(pull), ..SourceSettings::default() }
}

fn rows(ids: std::ops::Range<u32>) -> Vec<Value> {
    ids.map(|id| json!({"id": id, "text": format!("第{id}件：章小雨反映路灯不亮"), "at": "2026-11-01 09:00", "state": "办理中", "caller": "章小雨"}))
        .collect()
}

fn page(ids: std::ops::Range<u32>, next: Option<&str>) -> String {
    json!({"rows": rows(ids), "next": next}).to_string()
}

fn cursor() -> Option<Paging> {
    Some(Paging::Cursor { next: "$.next".into(), parameter: "after".into() })
}

#[tokio::test]
async fn a_cursor_is_kept_once_its_page_is_stored_and_the_next_poll_goes_on_from_it() {
    for store in each_database().await.unwrap() {
        let (site, http) = (site().await, http());
        site.show("/list", page(1..4, Some("c1")));
        site.show("/list?after=c1", page(4..7, Some("c2")));
        site.fail("/list?after=c2", StatusCode::BAD_GATEWAY);
        let pull = source(&store, "平台", SourceKind::Pull, site.url("/list"), settings(cursor())).await;
        assert!(matches!(polled(&store, &http, &pull).await, Err(PollError::Fetch(_))));
        assert_eq!(items(&store).await.len(), 6, "what came before the failure is in");
        site.asked();
        site.show("/list?after=c2", page(7..9, None));
        assert_eq!(polled(&store, &http, &pull).await.unwrap(), counts(2, 2, 0, 0, 0));
        assert_eq!(site.asked(), ["/list?after=c2"]);
        assert_eq!(polled(&store, &http, &pull).await.unwrap(), counts(2, 0, 0, 2, 0));
        let shown = serde_json::to_string(&items(&store).await).unwrap();
        assert!(!shown.contains("章小雨") && shown.contains("路灯"), "names are masked");
    }
}

#[tokio::test]
async fn a_rule_that_fits_no_record_is_an_alarm_at_the_source() {
    for store in each_database().await.unwrap() {
        let (site, http) = (site().await, http());
        site.show("/list", page(1..3, None));
        let mut wrong = settings(None);
        wrong.pull = wrong.pull.map(|rule| PullRule { body: Some("$.contents".into()), ..rule });
        let pull = source(&store, "平台", SourceKind::Pull, site.url("/list"), wrong).await;
        let told = polled(&store, &http, &pull).await;
        assert!(matches!(told, Err(PollError::NothingFits { read: 2, .. })), "{told:?}");
        let waiting = store.quarantine(Default::default(), Default::default()).await.unwrap();
        assert_eq!(waiting.rows.len(), 2, "what did not fit waits to be mended");
    }
}

#[tokio::test]
async fn edits_withdrawals_and_broken_records_are_told_apart() {
    for store in each_database().await.unwrap() {
        let (site, http) = (site().await, http());
        let mut all = rows(1..4);
        site.show("/list", json!({"rows": all}).to_string());
        let pull = source(&store, "平台", SourceKind::Pull, site.url("/list"), settings(None)).await;
        assert_eq!(polled(&store, &http, &pull).await.unwrap(), counts(3, 3, 0, 0, 0));
        assert_eq!(polled(&store, &http, &pull).await.unwrap(), counts(3, 0, 0, 3, 0));
        all[0]["text"] = json!("路灯全不亮");
        all[1]["state"] = json!("已撤单");
        all[2]["at"] = json!("昨天");
        site.show("/list", json!({"rows": all}).to_string());
        assert_eq!(polled(&store, &http, &pull).await.unwrap(), counts(3, 0, 2, 0, 1));
        let found = items(&store).await;
        assert_eq!(found[0].content.body, "路灯全不亮");
        assert!(found[1].withdrawn_at.is_some() && found[2].withdrawn_at.is_none());
        let rejected = store.quarantine(Default::default(), Default::default()).await.unwrap().rows;
        assert_eq!(rejected[0].place.column.as_deref(), Some("$.at"));
    }
}

#[tokio::test]
async fn links_and_numbers_are_followed_and_circles_noticed() {
    let store = fresh().await.unwrap();
    let (site, http) = (site().await, http());
    site.show("/link", page(1..3, Some("/link?p=2")));
    site.show("/link?p=2", page(3..5, Some("/link?p=3")));
    site.show("/link?p=3", page(5..6, None));
    let paging = Some(Paging::Link { next: Some("$.next".into()) });
    let link = source(&store, "链接", SourceKind::Pull, site.url("/link"), settings(paging)).await;
    assert_eq!(polled(&store, &http, &link).await.unwrap(), counts(5, 5, 0, 0, 0));
    site.show("/link?p=3", page(5..7, Some("/link?p=2")));
    let told = polled(&store, &http, &link).await.unwrap_err();
    assert!(matches!(told, PollError::Circle(_)), "{told}");
    assert_eq!(items(&store).await.len(), 6);

    site.show("/number?p=1", page(11..13, None));
    site.show("/number?p=2", page(13..15, None));
    site.show("/number?p=3", page(15..15, None));
    let paging = Some(Paging::Number { parameter: "p".into(), first: 1 });
    let number = source(&store, "页码", SourceKind::Pull, site.url("/number"), settings(paging)).await;
    site.asked();
    assert_eq!(polled(&store, &http, &number).await.unwrap(), counts(4, 4, 0, 0, 0));
    assert_eq!(site.asked(), ["/number?p=1", "/number?p=2", "/number?p=3"]);
    assert_eq!(polled(&store, &http, &number).await.unwrap(), counts(2, 0, 0, 2, 0));
    assert_eq!(site.asked(), ["/number?p=1"], "a page without anything new is the end");
}

#[tokio::test]
async fn the_secret_goes_to_the_sources_own_host_alone_and_into_no_message() {
    let store = fresh().await.unwrap();
    let (home, other, http) = (site().await, site().await, http());
    home.show("/list", page(1..2, Some(&other.url("/next"))));
    other.show("/next", page(2..3, None));
    let mut with = settings(Some(Paging::Link { next: Some("$.next".into()) }));
    with.pull.as_mut().unwrap().secret_header = Some("X-Key".into());
    let pull = source(&store, "平台", SourceKind::Pull, home.url("/list"), with).await;
    let told = polled(&store, &http, &pull).await.unwrap_err();
    assert!(matches!(told, PollError::NoSecret { .. }), "{told}");
    store.set_source_secret(pull.id, Some("Bearer geheim42"), Actor::Console).await.unwrap();
    assert_eq!(polled(&store, &http, &pull).await.unwrap().new, 2);
    assert_eq!(home.keys(), [Some("Bearer geheim42".to_owned())]);
    assert_eq!(other.keys(), [None]);
    home.show("/list", json!({"code": 1, "msg": "bad key geheim42"}).to_string());
    let told = polled(&store, &http, &pull).await.unwrap_err().to_string();
    assert!(told.contains("bad key") && !told.contains("geheim42"), "{told}");
    let noted = store.source(pull.id).await.unwrap().unwrap().health.last_error.unwrap();
    assert!(!noted.contains("geheim42"), "{noted}");
}

#[tokio::test]
async fn an_interface_is_previewed_without_being_stored() {
    let store = fresh().await.unwrap();
    let (site, http) = (site().await, http());
    site.show("/list", json!({"rows": [rows(1..2)[0], {"id": 2}]}).to_string());
    let pull = source(&store, "平台", SourceKind::Pull, site.url("/list"), settings(None)).await;
    let shown = preview_source(&http, &Asked::from(&pull), None, store.now()).await.unwrap();
    assert_eq!((shown.format.as_str(), shown.total, shown.warnings.len()), ("pull", 1, 1));
    assert_eq!(shown.entries[0].id, "1");
    assert!(items(&store).await.is_empty());
}

fn request(id: Option<u32>, status: &str) -> Value {
    json!({"service_request_id": id, "token": "t", "status": status, "service_name": "路灯", "description": "东门路灯不亮",
        "requested_datetime": "2026-11-01T08:00:00+08:00"})
}

#[tokio::test]
async fn an_open311_server_is_asked_by_windows_and_closed_requests_are_finished() {
    use axum::extract::Query;
    use axum::{Json, Router, routing::get};
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};
    for store in each_database().await.unwrap() {
        let asked: Arc<Mutex<Vec<HashMap<String, String>>>> = Arc::default();
        let all = Arc::new(Mutex::new(vec![
            request(Some(1), "open"),
            request(Some(2), "open"),
            request(None, "open"),
        ]));
        let (noted, given) = (asked.clone(), all.clone());
        let answer = move |Query(query): Query<HashMap<String, String>>| {
            noted.lock().unwrap().push(query.clone());
            let newest = query["end_date"].as_str() > "2026-11-01";
            let rows = if newest { given.lock().unwrap().clone() } else { Vec::new() };
            async move { Json(rows) }
        };
        let server = crate::server::serve(Router::new().route("/v2/requests.json", get(answer))).await;
        let rule = Open311Rule { jurisdiction_id: Some("x.cn".into()), service_codes: vec!["6".into()] };
        let with = SourceSettings { open311: Some(rule), ..SourceSettings::default() };
        let http = http();
        let source = source(&store, "311", SourceKind::Open311, format!("http://{server}/v2"), with).await;
        assert_eq!(polled(&store, &http, &source).await.unwrap(), counts(2, 2, 0, 0, 0));
        let first = asked.lock().unwrap()[0].clone();
        assert_eq!((first["jurisdiction_id"].as_str(), first["service_code"].as_str()), ("x.cn", "6"));
        assert_eq!(&first["start_date"][..10], "2026-08-04", "90 days before 2026-11-02");
        *all.lock().unwrap() =
            vec![request(Some(1), "closed"), request(Some(2), "open"), request(Some(3), "open")];
        assert_eq!(polled(&store, &http, &source).await.unwrap(), counts(3, 1, 1, 1, 0));
        assert_eq!(
            &asked.lock().unwrap()[1]["start_date"][..10],
            "2026-10-25",
            "a week before the latest request"
        );
        let found = items(&store).await;
        assert!(found[0].content.upstream.finished && !found[1].content.upstream.finished);
        *all.lock().unwrap() = vec![json!({"code": 404, "description": "unknown jurisdiction"})];
        let told = polled(&store, &http, &source).await.unwrap_err().to_string();
        assert_eq!(told, "the Open311 server refused: 404: unknown jurisdiction");
    }
}
