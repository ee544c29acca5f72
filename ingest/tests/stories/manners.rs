//! How hosts are spared: robots.txt, one request at a time, pauses, and secrets that stay where they belong.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Redirect;
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};
use qingting_ingest::http::{Answer, FetchError, Http, Limits, Request, Validators};
use tokio::time::Instant;

use crate::server::{closed, serve};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn quick() -> Http {
    Http::new("test").with_limits(Limits { pause: Duration::ZERO, ..Limits::default() })
}

/// A site whose robots.txt has this status and text; counts what is asked of it.
async fn site(status: StatusCode, robots: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = asked.clone();
    let answer = move |uri: Uri| {
        noted.lock().unwrap().push(uri.path().to_owned());
        async move {
            match uri.path() {
                "/robots.txt" => (status, robots.to_owned()),
                _ => (StatusCode::OK, "<p>正文</p>".to_owned()),
            }
        }
    };
    let moved = get(|| async { Redirect::temporary("/private/1") });
    let router = Router::new().route("/moved", moved).fallback(answer);
    (format!("http://{}", serve(router).await), asked)
}

async fn page(http: &Http, url: &str, now: Timestamp) -> Result<Answer, FetchError> {
    http.get_page(url, Some("127.0.0.1"), &Validators::default(), now).await
}

#[tokio::test]
async fn pages_are_read_as_robots_txt_allows_and_it_is_asked_once_a_day() {
    let (base, asked) = site(StatusCode::OK, "User-agent: *\nDisallow: /private\n").await;
    let (http, now) = (quick(), Timestamp::UNIX_EPOCH);
    for path in ["/news/1", "/news/2"] {
        assert!(page(&http, &format!("{base}{path}"), now).await.is_ok());
    }
    let wrong = page(&http, &format!("{base}/private/1"), now).await;
    let forbidden = FetchError::RobotsForbid { host: "127.0.0.1".into(), path: "/private/1".into() };
    assert_eq!(wrong, Err(forbidden.clone()));
    // A redirect is no way around it.
    assert_eq!(page(&http, &format!("{base}/moved"), now).await, Err(forbidden));
    assert_eq!(*asked.lock().unwrap(), ["/robots.txt", "/news/1", "/news/2"]);
    assert!(page(&http, &format!("{base}/news/3"), now + DAY).await.is_ok());
    assert_eq!(asked.lock().unwrap().iter().filter(|path| *path == "/robots.txt").count(), 2);
    // Feeds are offered to programs.
    let feed =
        http.get(&format!("{base}/private/feed"), Some("127.0.0.1"), &Validators::default(), now).await;
    assert!(feed.is_ok());
}

#[tokio::test]
async fn without_robots_txt_all_is_allowed_and_with_a_broken_one_nothing() {
    for status in [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN] {
        let (base, _) = site(status, "User-agent: *\nDisallow: /\n").await;
        assert!(page(&quick(), &format!("{base}/a"), Timestamp::UNIX_EPOCH).await.is_ok(), "{status}");
    }
    for status in [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS] {
        let (base, asked) = site(status, "").await;
        let wrong = page(&quick(), &format!("{base}/a"), Timestamp::UNIX_EPOCH).await.unwrap_err();
        assert!(matches!(wrong, FetchError::RobotsUnknown { .. }), "{wrong:?}");
        assert_eq!(*asked.lock().unwrap(), ["/robots.txt"]);
    }
    let (_held, address) = closed();
    let wrong = page(&quick(), &format!("http://{address}/a"), Timestamp::UNIX_EPOCH).await.unwrap_err();
    assert!(matches!(wrong, FetchError::RobotsUnknown { .. }), "{wrong:?}");
    let (http, known) = (quick(), Validators::default());
    let refused = http.get_page("http://127.0.0.1:9/", None, &known, Timestamp::UNIX_EPOCH);
    assert!(matches!(refused.await, Err(FetchError::Refused { .. })));
}

#[tokio::test]
async fn a_host_gets_one_request_at_a_time() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let slow = get(|| async {
        MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(10)).await;
        NOW.fetch_sub(1, Ordering::SeqCst);
        "<rss/>"
    });
    let url = format!("http://{}/", serve(Router::new().route("/", slow)).await);
    let http = quick();
    let known = Validators::default();
    let asks = (0..6).map(|_| http.get(&url, Some("127.0.0.1"), &known, Timestamp::UNIX_EPOCH));
    let answers = futures::future::join_all(asks).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(MOST.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_pause_that_a_site_wishes_lies_between_its_pages() {
    let times = Arc::new(Mutex::new(Vec::new()));
    let noted = times.clone();
    let answer = move |uri: Uri| {
        noted.lock().unwrap().push(Instant::now());
        async move { if uri.path() == "/robots.txt" { "User-agent: Qingting\nCrawl-delay: 0.2\n" } else { "" } }
    };
    let base = format!("http://{}", serve(Router::new().fallback(answer)).await);
    let http = quick();
    for path in ["/1", "/2"] {
        page(&http, &format!("{base}{path}"), Timestamp::UNIX_EPOCH).await.unwrap();
    }
    let times = times.lock().unwrap();
    assert_eq!(times.len(), 3);
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(200)), "{times:?}");
}

#[tokio::test]
async fn secrets_go_to_their_host_only_and_json_is_asked_for() {
    type Seen = Arc<Mutex<Vec<(String, HeaderMap)>>>;
    let seen: Seen = Seen::default();
    let note = |name: &'static str| {
        let seen = seen.clone();
        get(move |headers: HeaderMap| {
            seen.lock().unwrap().push((name.to_owned(), headers));
            async { "{}" }
        })
    };
    let elsewhere = serve(Router::new().route("/", note("elsewhere"))).await;
    let away = Redirect::temporary(&format!("http://{elsewhere}/"));
    let router = Router::new()
        .route("/near", get(|| async { Redirect::temporary("/here") }))
        .route("/here", note("here"))
        .route("/far", get(move || async move { away }));
    let base = format!("http://{}", serve(router).await);
    for path in ["/near", "/far"] {
        let request = Request::json(format!("{base}{path}"))
            .allowing(Some("127.0.0.1"))
            .with_header("Authorization", "Bearer geheim")
            .with_header("X-Key", "1");
        quick().fetch(&request, Timestamp::UNIX_EPOCH).await.unwrap();
    }
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let (here, elsewhere) = (&seen[0], &seen[1]);
    assert_eq!((here.0.as_str(), elsewhere.0.as_str()), ("here", "elsewhere"));
    assert_eq!(here.1.get(header::AUTHORIZATION).unwrap(), "Bearer geheim");
    assert!(here.1.contains_key("x-key"));
    assert!(!elsewhere.1.contains_key(header::AUTHORIZATION) && !elsewhere.1.contains_key("x-key"));
    assert!(here.1[header::ACCEPT].to_str().unwrap().starts_with("application/json"));
    assert_eq!(here.1[header::USER_AGENT], "Qingting/test");
    for (name, value) in [("Bad Name", "1"), ("X-Key", "a\nb"), ("", "1")] {
        let request = Request::json(&base).allowing(Some("127.0.0.1")).with_header(name, value);
        let wrong = quick().fetch(&request, Timestamp::UNIX_EPOCH).await.unwrap_err();
        assert!(matches!(wrong, FetchError::BadHeader { .. }), "{wrong:?}");
    }
}
