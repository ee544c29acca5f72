//! List pages.

use axum::http::StatusCode;
use qingting_ingest::poll::{Asked, PollError, preview_source};
use qingting_ingest::pull::page::PageError;
use qingting_models::records::{PageRule, SourceKind, SourceSettings};
use qingting_models::store::testing::each_database;

use crate::site::{article, counts, http, items, polled, site, source};

fn settings(item: &str, list_only: bool) -> SourceSettings {
    let body = (!list_only).then(|| ".zoom p".to_owned());
    let page = PageRule { item: item.into(), body, list_only, ..PageRule::default() };
    SourceSettings { page: Some(page), ..SourceSettings::default() }
}

fn list(entries: &[(&str, &str)]) -> String {
    let entry = |(href, title): &(&str, &str)| {
        format!("<li><a href='{href}'>{title}</a><span>2026-10-31</span></li>")
    };
    format!(
        "<html><title>通知</title><body><ul class=news>{}</ul></body></html>",
        entries.iter().map(entry).collect::<String>()
    )
}

#[tokio::test]
async fn a_list_page_brings_each_article_once_and_edited_titles_as_updates() {
    for store in each_database().await.unwrap() {
        let (site, http) = (site().await, http());
        site.show("/list", list(&[("/a/1.html", "停水"), ("/a/2.html", "停电"), ("/a/1.html#more", "停水")]));
        site.show("/a/1.html", article("东门片区明天停水。"));
        site.show("/a/2.html", article("西门片区明天停电。"));
        let page =
            source(&store, "通知", SourceKind::Page, site.url("/list"), settings("ul.news li", false)).await;
        assert_eq!(polled(&store, &http, &page).await.unwrap(), counts(2, 2, 0, 0, 0));
        assert_eq!(site.asked(), ["/list", "/a/1.html", "/a/2.html"]);
        let found = items(&store).await;
        assert_eq!(found[0].content.body, "东门片区明天停水。");
        assert!(found.iter().all(|item| item.content.occurred_at.is_some()));

        assert_eq!(polled(&store, &http, &page).await.unwrap(), counts(0, 0, 0, 0, 0));
        assert_eq!(site.asked(), ["/list"], "the list had not changed");

        site.show(
            "/list",
            list(&[("/a/3.html", "停气"), ("/a/1.html", "停水（更正）"), ("/a/2.html", "停电")]),
        );
        site.show("/a/3.html", article("北门片区明天停气。"));
        site.show("/a/1.html", article("东门片区后天停水。"));
        assert_eq!(polled(&store, &http, &page).await.unwrap(), counts(3, 1, 1, 1, 0));
        assert_eq!(site.asked(), ["/list", "/a/3.html", "/a/1.html"]);
        assert_eq!(items(&store).await[0].content.body, "东门片区后天停水。");
    }
}

#[tokio::test]
async fn a_selector_that_stops_matching_raises_an_alarm_at_the_source() {
    let store = qingting_models::store::testing::fresh().await.unwrap();
    let (site, http) = (site().await, http());
    site.show("/list", list(&[("/a/1.html", "停水")]));
    let page =
        source(&store, "通知", SourceKind::Page, site.url("/list"), settings("ul.news li", true)).await;
    assert_eq!(polled(&store, &http, &page).await.unwrap().new, 1);
    site.show("/list", "<html><body><div class=neu><a href=/a/2.html>停电</a></div></body></html>");
    let told = polled(&store, &http, &page).await.unwrap_err();
    assert!(matches!(&told, PollError::Page(PageError::NoMatch { part: "item", .. })), "{told}");
    let health = store.source(page.id).await.unwrap().unwrap().health;
    assert!(health.last_error.unwrap().contains("ul.news li"));
    assert_eq!(items(&store).await.len(), 1);
}

#[tokio::test]
async fn robots_txt_is_obeyed_for_lists_and_articles() {
    let store = qingting_models::store::testing::fresh().await.unwrap();
    let (site, http) = (site().await, http());
    site.show("/robots.txt", "User-agent: *\nDisallow: /closed/\n");
    site.show("/list", list(&[("/closed/1.html", "停水")]));
    site.show("/closed/1.html", article("不该读到"));
    site.show("/closed/list", list(&[("/a.html", "停电")]));
    let open = source(&store, "开", SourceKind::Page, site.url("/list"), settings("li", false)).await;
    let told = polled(&store, &http, &open).await.unwrap_err();
    assert!(matches!(&told, PollError::Alarm(why) if why.contains("robots.txt")), "{told}");
    assert_eq!(site.asked(), ["/list"]);
    assert_eq!(items(&store).await[0].content.title, "停水", "the entry is in all the same");
    let closed =
        source(&store, "关", SourceKind::Page, site.url("/closed/list"), settings("li", false)).await;
    assert!(polled(&store, &http, &closed).await.unwrap_err().to_string().contains("robots.txt"));
    assert!(site.asked().is_empty());
}

#[tokio::test]
async fn a_preview_shows_the_list_and_its_first_article_and_stores_nothing() {
    let store = qingting_models::store::testing::fresh().await.unwrap();
    let (site, http) = (site().await, http());
    site.show("/list", list(&[("/a/1.html", "停水"), ("/a/2.html", "停电")]));
    site.show("/a/1.html", article("东门片区明天停水。"));
    let page = source(&store, "通知", SourceKind::Page, site.url("/list"), settings("li", false)).await;
    let shown = preview_source(&http, &Asked::from(&page), None, store.now()).await.unwrap();
    assert_eq!((shown.format.as_str(), shown.title.as_str(), shown.total), ("page", "通知", 2));
    assert_eq!(shown.entries[0].body, "东门片区明天停水。");
    assert!(items(&store).await.is_empty());
    site.fail("/a/1.html", StatusCode::FORBIDDEN);
    let shown = preview_source(&http, &Asked::from(&page), None, store.now()).await.unwrap();
    let why = shown.warnings[0].to_string();
    assert!(why.contains("HTTP status 403") && !shown.first_article, "{why}");
}

#[tokio::test]
async fn a_page_that_moved_for_good_is_asked_at_its_new_place_and_at_the_old_one_when_that_fails() {
    use axum::response::Redirect;
    use axum::{Router, routing::get};
    let store = qingting_models::store::testing::fresh().await.unwrap();
    let (site, http) = (site().await, http());
    let target = site.url("/new");
    let old = Router::new().route("/old", get(move || async move { Redirect::permanent(&target) }));
    let old = format!("http://{}/old", crate::server::serve(old).await);
    site.show("/new", list(&[("/a/1.html", "停水")]));
    let page = source(&store, "通知", SourceKind::Page, old, settings("li", true)).await;
    assert_eq!(polled(&store, &http, &page).await.unwrap().new, 1);
    let moved = store.source(page.id).await.unwrap().unwrap().health.moved_to;
    assert_eq!(moved, Some(site.url("/new")));
    site.show("/new", list(&[("/a/1.html", "停水"), ("/a/2.html", "停电")]));
    assert_eq!(polled(&store, &http, &page).await.unwrap().new, 1);
    site.fail("/new", StatusCode::NOT_FOUND);
    assert!(polled(&store, &http, &page).await.is_err());
    // The new place, then the old one, which leads there again.
    assert_eq!(site.asked()[2..], ["/new", "/new"]);
}
