//! A feed served on loopback: added, fetched, unchanged, changed, broken, mended.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::support::*;

/// What the site answers, and how often it said that nothing changed.
#[derive(Default)]
struct Site {
    entries: Vec<&'static str>,
    broken: bool,
    not_modified: usize,
}

type Shared = Arc<Mutex<Site>>;

async fn rss(State(site): State<Shared>, headers: HeaderMap) -> Response {
    let mut site = site.lock().unwrap();
    if site.broken {
        return (StatusCode::INTERNAL_SERVER_ERROR, "away").into_response();
    }
    let etag = format!("\"{}\"", site.entries.len());
    if headers.get("if-none-match").is_some_and(|tag| tag.as_bytes() == etag.as_bytes()) {
        site.not_modified += 1;
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let items: String = site
        .entries
        .iter()
        .map(|title| {
            format!(
                "<item><guid>{title}</guid><title>{title}</title><description>今天上午，{title}。</description>\
                 <pubDate>Mon, 02 Nov 2026 09:00:00 +0800</pubDate></item>"
            )
        })
        .collect();
    let body = format!("<rss version=\"2.0\"><channel><title>县新闻</title>{items}</channel></rss>");
    ([("etag", etag), ("content-type", "application/rss+xml".into())], body).into_response()
}

async fn serve(site: Shared) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        axum::serve(listener, Router::new().route("/rss", get(rss)).with_state(site)).await
    });
    format!("http://{address}/rss")
}

/// Runs the program on another thread, so that the site goes on answering.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn a_feed_is_followed_through_change_failure_and_mending() {
    for engine in engines() {
        let site = Shared::default();
        site.lock().unwrap().entries = vec!["码头扩建开工", "台风蓝色预警"];
        let url = serve(site.clone()).await;
        let county = Arc::new(County::on(engine).await);
        let add = {
            let (county, url) = (county.clone(), url.clone());
            move || {
                county.run(&[
                    "source",
                    "add",
                    "县新闻",
                    "--kind",
                    "feed",
                    "--url",
                    &url,
                    "--channel",
                    "news",
                    "--mode",
                    "handle",
                    "--allow-host",
                    "127.0.0.1",
                ])
            }
        };
        assert!(blocking(add).await.status.success());
        let fetch = async || {
            let county = county.clone();
            blocking(move || county.run(&["fetch", "--source", "县新闻", "--json"])).await
        };
        let run = async || {
            let output = fetch().await;
            let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            counts(&value[0]["run"])
        };
        assert_eq!(run().await, [2, 2, 0, 0, 0]);
        assert_eq!(run().await, [0, 0, 0, 0, 0]);
        assert_eq!(site.lock().unwrap().not_modified, 1);
        site.lock().unwrap().entries.push("城区停水通知");
        assert_eq!(run().await, [3, 1, 0, 2, 0]);

        site.lock().unwrap().broken = true;
        let output = fetch().await;
        assert_eq!(output.status.code(), Some(1));
        let store = county.store().await;
        let source = store.source_named("县新闻").await.unwrap().unwrap();
        assert_eq!(source.health.failures, 1);
        assert!(source.health.last_error.unwrap().contains("500"));
        assert!(source.health.next_at.is_some(), "it is tried again by itself");
        assert_eq!(all_items(&store).await.len(), 3);

        site.lock().unwrap().broken = false;
        site.lock().unwrap().entries.push("图书馆延长开放");
        assert_eq!(run().await, [4, 1, 0, 3, 0]);
        let source = store.source_named("县新闻").await.unwrap().unwrap();
        assert_eq!((source.health.failures, source.health.last_error), (0, None));
    }
}

#[tokio::test]
async fn testing_an_address_shows_its_entries_and_stores_nothing() {
    let site = Shared::default();
    site.lock().unwrap().entries = vec!["码头扩建开工", "业主陈建国13812345678反映漏水"];
    let url = serve(site).await;
    let (output, lines) = blocking(move || {
        let args = ["source", "test", &url, "--allow-host", "127.0.0.1"];
        let json = program().args(args).arg("--json").output().unwrap();
        (json, program().args(args).output().unwrap().stdout)
    })
    .await;
    let lines = String::from_utf8(lines).unwrap();
    assert!(lines.contains("码头扩建开工\n") && lines.contains("      今天上午，码头扩建开工。"), "{lines}");
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for field in ["title", "body"] {
        let shown = value["entries"][1][field].as_str().unwrap();
        assert!(shown.contains("反映漏水") && !shown.contains("13812345678"), "not masked: {shown}");
    }
    assert_eq!(value["format"], "rss");
    assert_eq!(value["entries"][0]["title"], "码头扩建开工");
    for field in ["id", "title", "url", "published", "body"] {
        assert!(value["entries"][0].get(field).is_some(), "{field}");
    }
}

#[tokio::test]
async fn an_address_on_this_machine_is_refused_unless_it_is_named() {
    let site = Shared::default();
    let url = serve(site).await;
    for (locale, words) in [("C", "lies on a private network"), ("zh_CN.UTF-8", "位于内部网络，没有读取")]
    {
        let url = url.clone();
        let output = blocking(move || {
            program().env("LC_ALL", locale).args(["source", "test", &url]).output().unwrap()
        })
        .await;
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words) && said.lines().count() == 1, "{said}");
        assert!(!said.contains("(127.0.0.1)"), "the address is told twice: {said}");
    }
}
