//! The push API over the real router: who may push, what is taken, and what is refused how.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use qingting_models::ids::SourceId;
use qingting_models::records::{Actor, Channel, Mode, RejectForm, RejectKind, Source, SourceKind, Viewer};
use qingting_models::store::{ItemFilter, ItemState, NewSource, Page, QuarantineFilter};
use serde_json::{Value, json};

use crate::office::{Answer, Office};

const ITEMS: &str = "/api/v1/items";
const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

struct Platform {
    office: Office,
    source: Source,
    token: String,
}

impl Platform {
    async fn new() -> Self {
        Self::at(Office::new().await).await
    }

    async fn at(office: Office) -> Self {
        let source = add(&office, "省平台", SourceKind::Push).await;
        let token = office.store.new_source_token(source.id, Actor::Console).await.unwrap();
        Self { office, source, token }
    }

    async fn send(&self, verb: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(verb).uri(path).header("host", "qt.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.office.send(request.body(body.into()).unwrap()).await
    }

    async fn push(&self, kind: &str, body: impl Into<Body>) -> Answer {
        let auth = format!("Bearer {}", self.token);
        self.send("POST", ITEMS, &[("authorization", &auth), ("content-type", kind)], body).await
    }

    async fn push_keyed(&self, key: &str, body: &'static str) -> Answer {
        let auth = format!("Bearer {}", self.token);
        let headers = [("authorization", auth.as_str()), ("content-type", NDJSON), ("idempotency-key", key)];
        self.send("POST", ITEMS, &headers, body).await
    }

    async fn ask(&self, verb: &str, path: &str) -> Answer {
        let auth = format!("Bearer {}", self.token);
        self.send(verb, path, &[("authorization", &auth)], Body::empty()).await
    }

    async fn items(&self) -> i64 {
        let filter =
            ItemFilter { state: ItemState::All, source: Some(self.source.id), ..ItemFilter::default() };
        self.office.store.items(&Viewer::SYSTEM, &filter, Page::default()).await.unwrap().rows.len() as i64
    }

    async fn waiting(&self) -> i64 {
        let filter = QuarantineFilter { source: Some(self.source.id), ..QuarantineFilter::default() };
        self.office.store.count_quarantine(filter).await.unwrap()
    }
}

async fn add(office: &Office, name: &str, kind: SourceKind) -> Source {
    let source = NewSource {
        name: name.into(),
        kind,
        channel: Channel::Hotline,
        mode: Mode::Handle,
        url: None,
        cutoff: None,
        allow_host: None,
        interval_s: 900,
        settings: Default::default(),
    };
    office.store.add_source(source, Actor::Console).await.unwrap()
}

fn read(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|e| panic!("{e}: {}", answer.body))
}

/// A problem document with a Chinese sentence.
fn check_problem(answer: &Answer, status: StatusCode) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{}", answer.body);
    let problem = read(answer);
    assert_eq!(problem["status"], status.as_u16());
    assert!(problem["title"].is_string() && problem["type"] == "about:blank");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{detail}");
}

fn counts(answer: &Value) -> Vec<i64> {
    let names = ["read", "new", "updated", "unchanged", "quarantined"];
    names.map(|name| answer[name].as_i64().unwrap()).to_vec()
}

#[tokio::test]
async fn without_the_token_of_a_push_source_nothing_is_there() {
    let platform = Platform::new().await;
    let sheet = add(&platform.office, "日报", SourceKind::Sheet).await;
    let sheet_token = platform.office.store.new_source_token(sheet.id, Actor::Console).await.unwrap();
    let paths =
        [("POST", ITEMS), ("DELETE", "/api/v1/items/1"), ("GET", "/api/v1/receipts/1"), ("GET", "/api/v1/x")];
    for (verb, path) in paths {
        for auth in [None, Some("Basic eDp5"), Some("Bearer"), Some("Bearer qt_guess"), Some("qt_guess")] {
            let headers: Vec<(&str, &str)> = auth.map(|a| ("authorization", a)).into_iter().collect();
            let answer = platform.send(verb, path, &headers, r#"{"title":"一"}"#).await;
            check_problem(&answer, StatusCode::UNAUTHORIZED);
            assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "{path}");
        }
        let auth = format!("Bearer {sheet_token}");
        let answer = platform.send(verb, path, &[("authorization", &auth)], Body::empty()).await;
        check_problem(&answer, StatusCode::FORBIDDEN);
    }
    let cookie = platform.office.cookie("admin").await;
    let answer = platform.send("POST", ITEMS, &[("cookie", &cookie), ("content-type", JSON)], "{}").await;
    check_problem(&answer, StatusCode::UNAUTHORIZED);
    assert_eq!(platform.items().await, 0);
}

#[tokio::test]
async fn a_paused_source_is_told_so_and_an_ended_token_ends() {
    let platform = Platform::new().await;
    let store = &platform.office.store;
    store.set_source_paused(platform.source.id, true, Actor::Console).await.unwrap();
    check_problem(&platform.push(JSON, r#"{"title":"一"}"#).await, StatusCode::FORBIDDEN);
    store.set_source_paused(platform.source.id, false, Actor::Console).await.unwrap();
    assert_eq!(platform.push(JSON, r#"{"title":"一"}"#).await.status, StatusCode::ACCEPTED);
    store.end_source_token(platform.source.id, Actor::Console).await.unwrap();
    check_problem(&platform.push(JSON, r#"{"title":"一"}"#).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn one_object_is_new_then_unchanged_then_updated() {
    for office in Office::each().await {
        let platform = Platform::at(office).await;
        let text = |body: &str| json!({"id": "A-1", "title": "路灯", "body": body}).to_string();
        for (body, outcome) in [("不亮", "new"), ("不亮", "unchanged"), ("还是不亮", "updated")] {
            let answer = platform.push(JSON, text(body)).await;
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
            assert!(answer.headers.get("set-cookie").is_none());
            let lines = read(&answer)["lines"].clone();
            assert_eq!(lines, json!([{"line": 1, "status": 202, "outcome": outcome, "id": "A-1"}]));
        }
        assert_eq!(platform.items().await, 1);
        let runs = platform.office.store.source(platform.source.id).await.unwrap().unwrap().health;
        assert!(runs.last_success_at.is_some(), "a push is a sign of life");
    }
}

#[tokio::test]
async fn good_lines_are_stored_and_bad_ones_told_and_kept() {
    for office in Office::each().await {
        let platform = Platform::at(office).await;
        let mut body = "\u{feff}".to_owned();
        body += "{\"id\":\"1\",\"title\":\"一\"}\r\n\n";
        body += "{\"id\":\"2\",\"title\":\"二\",\"occurred_at\":\"昨天\"}\n";
        body += "{\"id\":\"3\",\"titel\":\"三\"}\n";
        body += "no json\n";
        body += "{\"id\":\"1\",\"withdrawn\":true}\n";
        body += "{\"id\":\"5\",\"title\":\"五\"}";
        let answer = platform.push(NDJSON, body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
        let answer = read(&answer);
        assert_eq!(counts(&answer), [6, 2, 1, 0, 3]);
        let lines = answer["lines"].as_array().unwrap();
        let seen: Vec<_> = lines.iter().map(|l| (l["line"].as_i64(), l["status"].as_i64())).collect();
        let wanted = [(1, 202), (3, 422), (4, 422), (5, 422), (6, 202), (7, 202)];
        assert_eq!(seen, wanted.map(|(line, status)| (Some(line), Some(status))));
        assert_eq!(lines[1]["error"]["field"], "occurred_at");
        let detail = lines[2]["error"]["detail"].as_str().unwrap();
        assert!(detail.contains("titel") && detail.contains("title"), "{detail}");
        assert_eq!(lines[4]["outcome"], "updated");
        let rows =
            platform.office.store.quarantine(QuarantineFilter::default(), Page::default()).await.unwrap();
        assert_eq!(rows.rows.len(), 3);
        assert!(rows.rows.iter().all(|row| row.form == RejectForm::Json));
        let time = rows.rows.iter().find(|row| row.kind == RejectKind::Time).unwrap();
        assert_eq!((time.place.row, time.place.column.as_deref()), (3, Some("occurred_at")));
        let original = platform.office.store.quarantined_original(time.id).await.unwrap();
        assert_eq!(original["occurred_at"], "昨天");
    }
}

#[tokio::test]
async fn only_bad_lines_are_422_with_the_same_receipt() {
    let platform = Platform::new().await;
    for (kind, body) in [(JSON, "{\"title\":7}"), (JSON, "[]"), (NDJSON, "{\"id\":1}\n{}")] {
        let answer = platform.push(kind, body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let answer = read(&answer);
        assert!(answer["receipt"].is_string() && answer["new"] == 0);
        let lines = answer["lines"].as_array().unwrap();
        assert!(lines.iter().all(|l| l["error"]["detail"].is_string() && l["status"] == 422), "{answer}");
    }
    assert_eq!((platform.items().await, platform.waiting().await), (0, 4));
}

#[tokio::test]
async fn hostile_bodies_are_refused_line_by_line() {
    let platform = Platform::new().await;
    let deep = format!("{{\"title\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    let long = format!("{{\"title\":\"{}\"}}", "a".repeat(2 << 20));
    let mut body = Vec::new();
    for line in
        [deep.as_bytes(), long.as_bytes(), b"{\"title\":\"\xff\xfe\"}", b"{\"title\":\"a\",\"title\":\"b\"}"]
    {
        body.extend_from_slice(line);
        body.push(b'\n');
    }
    body.extend_from_slice(
        b"{\"id\":\"\\u0000\",\"title\":\"a\"}\n{\"title\":\"<script>alert(1)</script>\\u0000\"}",
    );
    let answer = platform.push(NDJSON, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    assert_eq!(counts(&read(&answer)), [6, 1, 0, 0, 5]);
    assert_eq!((platform.items().await, platform.waiting().await), (1, 5));
}

#[tokio::test]
async fn the_same_key_gets_the_same_answer_and_another_body_none() {
    for office in Office::each().await {
        let platform = Platform::at(office).await;
        let first = platform.push_keyed("k1", "{\"title\":\"一\"}").await;
        assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.body);
        assert!(first.headers.get("idempotency-replayed").is_none());
        let again = platform.push_keyed("k1", "{\"title\":\"一\"}").await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.headers["idempotency-replayed"], "true");
        let other = platform.push_keyed("k1", "{\"title\":\"二\"}").await;
        check_problem(&other, StatusCode::UNPROCESSABLE_ENTITY);
        let bad = platform.push_keyed("k2", "{}").await;
        let bad_again = platform.push_keyed("k2", "{}").await;
        assert_eq!((bad.status, &bad.body), (bad_again.status, &bad_again.body));
        let long = "k".repeat(201);
        check_problem(&platform.push_keyed(&long, "{\"title\":\"二\"}").await, StatusCode::BAD_REQUEST);
        let (one, two) = tokio::join!(
            platform.push_keyed("k3", "{\"title\":\"三\"}"),
            platform.push_keyed("k3", "{\"title\":\"三\"}")
        );
        assert_eq!(one.body, two.body, "two at once get one answer");
        assert_eq!(platform.items().await, 2);
    }
}

#[tokio::test]
async fn a_receipt_is_there_for_its_source_alone() {
    let platform = Platform::new().await;
    let pushed = read(&platform.push(JSON, r#"{"id":"1","title":"一"}"#).await);
    let path = format!("/api/v1/receipts/{}", pushed["receipt"].as_str().unwrap());
    let shown = platform.ask("GET", &path).await;
    assert_eq!((shown.status, read(&shown)), (StatusCode::OK, pushed));
    let other = add(&platform.office, "市平台", SourceKind::Push).await;
    let token = platform.office.store.new_source_token(other.id, Actor::Console).await.unwrap();
    let foreign = platform.send("GET", &path, &[("authorization", &format!("Bearer {token}"))], "").await;
    check_problem(&foreign, StatusCode::NOT_FOUND);
    check_problem(&platform.ask("GET", "/api/v1/receipts/nonsense").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_record_is_withdrawn_once_and_comes_back_when_it_is_pushed_again() {
    for office in Office::each().await {
        let platform = Platform::at(office).await;
        let record = r#"{"id":"省/2026 1","title":"一"}"#;
        platform.push(JSON, record).await;
        let path = "/api/v1/items/%E7%9C%81%2F2026%201";
        for outcome in ["updated", "unchanged"] {
            let answer = platform.ask("DELETE", path).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            assert_eq!(read(&answer), json!({"id": "省/2026 1", "withdrawn": true, "outcome": outcome}));
        }
        check_problem(&platform.ask("DELETE", "/api/v1/items/9").await, StatusCode::NOT_FOUND);
        let back = read(&platform.push(JSON, record).await);
        assert_eq!(back["lines"][0]["outcome"], "updated");
        assert_eq!(platform.items().await, 1);
    }
}

#[tokio::test]
async fn what_is_no_json_or_too_much_is_refused_before_anything_is_stored() {
    let platform = Platform::new().await;
    let auth = format!("Bearer {}", platform.token);
    for headers in [
        &[][..],
        &[("content-type", "text/csv")],
        &[("content-type", "application/json; charset=gbk")],
        &[("content-type", "application/json"), ("content-encoding", "gzip")],
    ] {
        let headers: Vec<_> = headers.iter().copied().chain([("authorization", auth.as_str())]).collect();
        let answer = platform.send("POST", ITEMS, &headers, r#"{"title":"一"}"#).await;
        check_problem(&answer, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let many = "{\"title\":\"a\"}\n".repeat(10_001);
    check_problem(&platform.push(NDJSON, many).await, StatusCode::PAYLOAD_TOO_LARGE);
    check_problem(&platform.push(NDJSON, vec![b' '; (20 << 20) + 1]).await, StatusCode::PAYLOAD_TOO_LARGE);
    check_problem(&platform.push(NDJSON, " \n\r\n").await, StatusCode::UNPROCESSABLE_ENTITY);
    check_problem(&platform.ask("PUT", ITEMS).await, StatusCode::METHOD_NOT_ALLOWED);
    check_problem(&platform.ask("GET", ITEMS).await, StatusCode::FORBIDDEN);
    check_problem(&platform.ask("GET", "/api/v1/nowhere").await, StatusCode::NOT_FOUND);
    assert_eq!((platform.items().await, platform.waiting().await), (0, 0));
    let charset = platform.push("Application/JSON; charset=\"UTF-8\"", r#"{"title":"一"}"#).await;
    assert_eq!(charset.status, StatusCode::ACCEPTED, "{}", charset.body);
}

#[tokio::test]
async fn who_comes_too_often_is_told_when_to_come_again() {
    let platform = Platform::new().await;
    let mut refused = None;
    // The clock of the test stands still: the burst is used up and nothing comes after.
    for _ in 0..200 {
        let answer = platform.ask("GET", "/api/v1/receipts/nonsense").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    check_problem(&refused, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers["retry-after"], "1");
    platform.office.store.clock.set(platform.office.store.now() + jiff::SignedDuration::from_secs(2));
    check_problem(&platform.ask("GET", "/api/v1/receipts/nonsense").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn five_thousand_lines_go_in_and_again_change_nothing() {
    let platform = Platform::new().await;
    let line = |n: usize| json!({"id": n, "title": format!("第{n}件"), "body": "路灯不亮"}).to_string();
    let body: Vec<String> = (0..5000).map(line).collect();
    let body = body.join("\n");
    assert_eq!(counts(&read(&platform.push(NDJSON, body.clone()).await)), [5000, 5000, 0, 0, 0]);
    assert_eq!(counts(&read(&platform.push(NDJSON, body).await)), [5000, 0, 0, 5000, 0]);
    let id: SourceId = platform.source.id;
    let runs = platform.office.store.source_runs(id, 5).await.unwrap();
    assert_eq!((runs.len(), runs[0].counts.unchanged), (2, 5000));
}
