//! Posting JSON: to one host inside the house, within time and size, and never on to another.

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Redirect;
use axum::routing::post;
use qingting_ingest::http::{During, FetchError, Http, HttpSettings, Post, Reach};

use crate::server::{Act, serve, unruly};

fn to(url: impl Into<String>, reach: Reach) -> Post {
    Post {
        url: url.into(),
        body: b"{\"a\":1}".to_vec(),
        headers: vec![("Authorization".into(), "Bearer k".into())],
        within: Duration::from_secs(5),
        bytes: 1_000,
        reach,
    }
}

async fn echo(headers: HeaderMap, body: String) -> String {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    format!("{} {} {body}", header(header::AUTHORIZATION), header(header::CONTENT_TYPE))
}

#[tokio::test]
async fn a_server_of_the_house_gets_the_body_and_the_headers_and_no_proxy_does() {
    let address = serve(Router::new().route("/", post(echo))).await;
    let settings = HttpSettings { proxy: Some("http://127.0.0.1:1".into()), ..HttpSettings::default() };
    let http = Http::with_settings("test", &settings).unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let post = to(format!("http://{host}:{}/", address.port()), Reach::House);
        let answer = http.post_json(&post).await.unwrap();
        assert_eq!(String::from_utf8(answer).unwrap(), "Bearer k application/json {\"a\":1}");
    }
}

#[tokio::test]
async fn a_post_goes_where_it_may_go_and_nowhere_else() {
    let http = Http::new("test");
    let outside = http.post_json(&to("http://8.8.8.8/v1", Reach::House)).await;
    assert!(matches!(outside, Err(FetchError::NotInside { .. })), "{outside:?}");
    let address = serve(Router::new().route("/", post(echo))).await;
    for host in ["127.0.0.1", "localhost"] {
        let inside = http.post_json(&to(format!("http://{host}:{}/", address.port()), Reach::Internet)).await;
        assert!(matches!(inside, Err(FetchError::Refused { .. })), "{inside:?}");
    }
    let file = http.post_json(&to("file:///etc/passwd", Reach::House)).await;
    assert!(matches!(file, Err(FetchError::BadAddress { .. })));
}

#[tokio::test]
async fn redirects_and_faults_are_told_and_not_followed() {
    let router = Router::new()
        .route("/moved", post(|| async { Redirect::temporary("/good") }))
        .route("/good", post(echo))
        .route("/fault", post(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "text of ours") }))
        .route("/long", post(|| async { "x".repeat(1_001) }));
    let base = format!("http://{}", serve(router).await);
    let http = Http::new("test");
    let wrong =
        async |path: &str| http.post_json(&to(format!("{base}{path}"), Reach::House)).await.unwrap_err();
    assert!(matches!(wrong("/moved").await, FetchError::Status { status: 307, .. }));
    let fault = wrong("/fault").await;
    assert!(matches!(fault, FetchError::Status { status: 500, .. }) && !fault.to_string().contains("ours"));
    assert!(matches!(wrong("/long").await, FetchError::TooLarge { .. }));
}

#[tokio::test]
async fn an_answer_is_not_waited_for_longer_than_said() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n".to_vec();
    for acts in [vec![Act::Hold], vec![Act::Send(head), Act::Drip(b'x', Duration::from_millis(20))]] {
        let slow = unruly(acts).await;
        let post = Post { within: Duration::from_millis(300), ..to(slow.url, Reach::House) };
        let late = Http::new("test").post_json(&post).await.unwrap_err();
        assert!(matches!(late, FetchError::TimedOut { during: During::Whole, .. }), "{late}");
    }
}
