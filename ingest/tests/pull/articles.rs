//! Full text of feeds that carry summaries.

use axum::http::StatusCode;
use qingting_models::records::{SourceKind, SourceSettings};
use qingting_models::store::testing::{each_database, fresh};

use crate::site::{article, counts, http, items, polled, site, source};

fn full() -> SourceSettings {
    SourceSettings { full_text: true, ..SourceSettings::default() }
}

const LONG: &str = "因东门主管道改造，自来水公司定于本周六八时至十八时停水，请沿线居民提前储水备用，供水恢复初期水质可能发黄，属正常现象。";

fn feed(base: &str, entries: &[(&str, &str)]) -> String {
    let item = |(path, summary): &(&str, &str)| {
        format!(
            "<item><guid>{path}</guid><title>题{path}</title><link>{base}{path}</link><description>{summary}……</description></item>"
        )
    };
    let items: String = entries.iter().map(item).collect();
    format!("<rss version=\"2.0\"><channel><title>站</title>{items}</channel></rss>")
}

#[tokio::test]
async fn the_article_is_fetched_once_and_the_item_does_not_flip() {
    for store in each_database().await.unwrap() {
        let (site, http) = (site().await, http());
        let base = site.url("");
        site.show("/feed", feed(&base, &[("/1", "因东门主管道改造")]));
        site.show("/1", article(LONG));
        let source = source(&store, "站", SourceKind::Feed, site.url("/feed"), full()).await;
        assert_eq!(polled(&store, &http, &source).await.unwrap(), counts(1, 1, 0, 0, 0));
        assert!(items(&store).await[0].content.body.contains("水质可能发黄"));
        assert!(!items(&store).await[0].content.body.contains("看不见"));
        site.asked();
        for n in 0..3 {
            // The feed changes around the entry, so that it is sent again.
            site.show("/feed", feed(&base, &[("/1", "因东门主管道改造")]).replace("站", &"站".repeat(n + 2)));
            assert_eq!(polled(&store, &http, &source).await.unwrap(), counts(1, 0, 0, 1, 0));
        }
        assert_eq!(site.asked(), ["/feed", "/feed", "/feed"]);
        assert_eq!(items(&store).await[0].version, 1);
        site.show("/feed", feed(&base, &[("/1", "更正：因东门主管道改造")]));
        assert_eq!(polled(&store, &http, &source).await.unwrap(), counts(1, 0, 1, 0, 0));
        assert!(items(&store).await[0].content.body.contains("水质可能发黄"));
    }
}

#[tokio::test]
async fn an_article_that_fails_comes_with_its_summary_and_is_tried_a_few_times() {
    let store = fresh().await.unwrap();
    let (site, http) = (site().await, http());
    let base = site.url("");
    site.show("/feed", feed(&base, &[("/1", "摘要一"), ("/2", "摘要二")]));
    site.fail("/1", StatusCode::INTERNAL_SERVER_ERROR);
    site.show("/2", article(LONG));
    let source = source(&store, "站", SourceKind::Feed, site.url("/feed"), full()).await;
    assert_eq!(polled(&store, &http, &source).await.unwrap(), counts(2, 2, 0, 0, 0));
    let found = items(&store).await;
    assert!(found[0].content.body.starts_with("摘要一") && found[1].content.body.contains("水质"));
    site.asked();
    for _ in 0..4 {
        polled(&store, &http, &source).await.unwrap();
    }
    let tries = site.asked().iter().filter(|path| *path == "/1").count();
    assert_eq!(tries, 2, "three tries in all");
    site.show("/1", article(LONG));
    site.show("/feed", feed(&base, &[("/1", "摘要一改"), ("/2", "摘要二")]));
    assert_eq!(polled(&store, &http, &source).await.unwrap(), counts(2, 0, 1, 1, 0));
    assert!(items(&store).await[0].content.body.contains("水质"));
}

#[tokio::test]
async fn many_articles_are_spread_over_several_polls() {
    let store = fresh().await.unwrap();
    let (site, http) = (site().await, http());
    let paths: Vec<String> = (10..55).map(|n| format!("/{n}")).collect();
    let entries: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "摘要")).collect();
    site.show("/feed", feed(&site.url(""), &entries));
    for path in &paths {
        site.show(path, article(&format!("{path}{LONG}")));
    }
    let source = source(&store, "站", SourceKind::Feed, site.url("/feed"), full()).await;
    let runs = [
        polled(&store, &http, &source).await.unwrap(),
        polled(&store, &http, &source).await.unwrap(),
        polled(&store, &http, &source).await.unwrap(),
        polled(&store, &http, &source).await.unwrap(),
    ];
    assert_eq!(
        runs,
        [counts(45, 45, 0, 0, 0), counts(45, 0, 20, 25, 0), counts(45, 0, 5, 40, 0), counts(0, 0, 0, 0, 0)]
    );
    assert!(items(&store).await.iter().all(|item| item.content.body.contains("水质")));
    assert_eq!(site.asked().iter().filter(|path| *path != "/feed").count(), 45);
}

#[tokio::test]
async fn an_article_that_is_gone_marks_its_item_as_withdrawn_and_keeps_it() {
    let store = fresh().await.unwrap();
    let (site, http) = (site().await, http());
    let base = site.url("");
    site.show("/feed", feed(&base, &[("/1", "摘要一")]));
    site.show("/1", article(LONG));
    let source = source(&store, "站", SourceKind::Feed, site.url("/feed"), full()).await;
    polled(&store, &http, &source).await.unwrap();
    site.show("/feed", feed(&base, &[("/1", "摘要一，已改")]));
    site.fail("/1", StatusCode::GONE);
    assert_eq!(polled(&store, &http, &source).await.unwrap(), counts(1, 0, 1, 0, 0));
    let found = items(&store).await;
    assert!(found[0].withdrawn_at.is_some() && found[0].content.body.contains("水质"));
    polled(&store, &http, &source).await.unwrap();
    assert!(items(&store).await[0].withdrawn_at.is_some(), "it stays withdrawn while it is listed");
}
