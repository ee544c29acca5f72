//! Fetching: what is refused, what is limited, and what a server may answer.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures::stream;
use jiff::Timestamp;
use qingting_ingest::feed::FeedError;
use qingting_ingest::http::{Answer, Document, FetchError, Http, Validators};
use qingting_ingest::poll::preview;

use crate::server::{closed, packed, serve};

const FEED: &str = "<rss version=\"2.0\"><channel><title>t</title><item><title>积水</title><guid>1</guid></item></channel></rss>";

async fn fetch(url: &str, allow: Option<&str>) -> Result<Answer, FetchError> {
    Http::new("test").get(url, allow, &Validators::default(), Timestamp::UNIX_EPOCH).await
}

async fn document(url: &str) -> Document {
    match fetch(url, Some("127.0.0.1")).await.unwrap() {
        Answer::Document(document) => document,
        Answer::NotModified { .. } => panic!("a document was expected"),
    }
}

#[tokio::test]
async fn private_addresses_are_refused_in_every_spelling() {
    let port = serve(Router::new().route("/", get(|| async { FEED }))).await.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ] {
        let refused = fetch(&format!("http://{host}:{port}/"), None).await;
        assert!(matches!(refused, Err(FetchError::Refused { .. })), "{host}: {refused:?}");
    }
    for host in ["10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fd00::1]"] {
        let told = fetch(&format!("http://{host}/"), None).await.unwrap_err().to_string();
        assert!(told.contains("private network") && told.contains("--allow-host"), "{told}");
    }
}

#[tokio::test]
async fn a_host_that_the_source_names_is_fetched_from_and_no_other() {
    let port = serve(Router::new().route("/", get(|| async { FEED }))).await.port();
    let http = Http::new("test");
    let ask = |host: &str, allow: Option<&'static str>| {
        let (http, url) = (http.clone(), format!("http://{host}:{port}/"));
        async move { http.get(&url, allow, &Validators::default(), Timestamp::UNIX_EPOCH).await }
    };
    assert!(ask("127.0.0.1", Some("127.0.0.1")).await.is_ok());
    assert!(ask("localhost", Some("localhost")).await.is_ok());
    // What one source may reach opens nothing for another.
    assert!(matches!(ask("localhost", None).await, Err(FetchError::Refused { .. })));
    assert!(matches!(ask("localhost", Some("127.0.0.1")).await, Err(FetchError::Refused { .. })));
    assert!(matches!(ask("127.0.0.1", Some("intranet.example.cn")).await, Err(FetchError::Refused { .. })));
}

#[tokio::test]
async fn redirects_are_followed_counted_and_checked() {
    let router = Router::new()
        .route("/feed", get(|| async { FEED }))
        .route("/once", get(|| async { Redirect::permanent("/feed") }))
        .route("/while", get(|| async { Redirect::temporary("/once") }))
        .route("/ring", get(|| async { Redirect::temporary("/ring") }))
        .route("/inside", get(|| async { Redirect::temporary("http://localhost:1/") }))
        .route("/number", get(|| async { Redirect::temporary("http://[::1]:1/") }))
        .route("/file", get(|| async { (StatusCode::FOUND, [(header::LOCATION, "file:///etc/passwd")]) }));
    let base = format!("http://{}", serve(router).await);
    let lasting = document(&format!("{base}/once")).await;
    assert_eq!((lasting.url.path(), lasting.moved_to), ("/feed", Some(lasting.url.clone())));
    let passing = document(&format!("{base}/while")).await;
    assert_eq!((passing.url.path(), passing.moved_to), ("/feed", None));
    let wrong = |path: &'static str| {
        let url = format!("{base}{path}");
        async move { fetch(&url, Some("127.0.0.1")).await.unwrap_err() }
    };
    assert!(
        matches!(wrong("/ring").await, FetchError::RedirectLoop { circle } if circle.contains("/ring -> "))
    );
    assert!(matches!(wrong("/inside").await, FetchError::Refused { .. }));
    assert!(matches!(wrong("/number").await, FetchError::Refused { .. }));
    assert!(matches!(wrong("/file").await, FetchError::BadAddress { .. }));
}

#[tokio::test]
async fn an_unchanged_feed_is_not_sent_again() {
    async fn feed(headers: HeaderMap) -> Response {
        let seen = |name: header::HeaderName, value: &str| headers.get(name).is_some_and(|v| v == value);
        if seen(header::IF_NONE_MATCH, "\"v1\"")
            && seen(header::IF_MODIFIED_SINCE, "Mon, 06 Jan 2020 04:09:38 GMT")
        {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        ([(header::ETAG, "\"v1\""), (header::LAST_MODIFIED, "Mon, 06 Jan 2020 04:09:38 GMT")], FEED)
            .into_response()
    }
    let url = format!("http://{}/", serve(Router::new().route("/", get(feed))).await);
    let first = document(&url).await;
    let again =
        Http::new("test").get(&url, Some("127.0.0.1"), &first.validators, Timestamp::UNIX_EPOCH).await;
    assert_eq!(again, Ok(Answer::NotModified { fresh_for: None, moved_to: None }));
}

#[tokio::test]
async fn packed_answers_are_unpacked_and_the_charset_is_told() {
    let packed = packed("gzip", FEED.as_bytes(), 1).await;
    let answer = move || {
        let packed = packed.clone();
        async move {
            ([(header::CONTENT_ENCODING, "gzip"), (header::CONTENT_TYPE, "text/xml; charset=GBK")], packed)
        }
    };
    let url = format!("http://{}/", serve(Router::new().route("/", get(answer))).await);
    let found = document(&url).await;
    assert_eq!((found.bytes.as_slice(), found.charset.as_deref()), (FEED.as_bytes(), Some("GBK")));
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    async fn endless() -> Body {
        let piece = Bytes::from(vec![b'x'; 1 << 20]);
        Body::from_stream(stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone())))
    }
    let url = format!("http://{}/", serve(Router::new().route("/", get(endless))).await);
    assert!(matches!(fetch(&url, Some("127.0.0.1")).await, Err(FetchError::TooLarge { .. })));
}

#[tokio::test]
async fn failures_are_told_in_plain_words() {
    let router = Router::new()
        .route("/busy", get(|| async { (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "90")]) }))
        .route("/page", get(|| async { "<html><body>维护中</body></html>" }));
    let base = format!("http://{}", serve(router).await);
    let busy = fetch(&format!("{base}/busy"), Some("127.0.0.1")).await.unwrap_err();
    assert_eq!(busy.retry_after(), Some(Duration::from_secs(90)));
    assert!(busy.to_string().contains("HTTP status 503"));
    let http = Http::new("test");
    let page = preview(&http, &format!("{base}/page"), Some("127.0.0.1"), Timestamp::UNIX_EPOCH).await;
    assert_eq!(page, Err(FetchError::Feed(FeedError::NotAFeed("a web page"))));
    let (_held, address) = closed();
    let told = fetch(&format!("http://{address}/"), Some("127.0.0.1")).await.unwrap_err();
    assert!(matches!(told, FetchError::CouldNotConnect { .. }), "{told:?}");
    for wrong in ["ftp://x.cn/a", "news.example.cn/feed", "http://", "file:///etc/passwd"] {
        assert!(matches!(fetch(wrong, None).await, Err(FetchError::BadAddress { .. })), "{wrong}");
    }
    let unknown = fetch("http://no-such-host.invalid/", None).await.unwrap_err();
    assert!(matches!(unknown, FetchError::NoSuchHost { .. }), "{unknown:?}");
}

#[tokio::test]
async fn a_preview_shows_the_entries() {
    let url = format!("http://{}/", serve(Router::new().route("/", get(|| async { FEED }))).await);
    let feed = preview(&Http::new("test"), &url, Some("127.0.0.1"), Timestamp::UNIX_EPOCH).await.unwrap();
    let shown = serde_json::to_value(&feed).unwrap();
    assert_eq!(shown["format"], "rss");
    assert_eq!(
        shown["entries"][0],
        serde_json::json!({"id": "1", "title": "积水", "url": null, "published": null, "body": ""})
    );
}
