//! A web site whose pages the test sets, and a source that reads it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use qingting_ingest::http::{Http, Limits};
use qingting_ingest::poll::{PollError, poll};
use qingting_models::records::{
    Actor, Channel, Item, Mode, Source, SourceKind, SourceRun, SourceSettings, Viewer,
};
use qingting_models::store::{ItemFilter, ItemState, NewSource, Page, Store};

use crate::server::serve;

/// Pages by path and query; what is asked for is noted.
#[derive(Default)]
pub(crate) struct Site {
    pages: Mutex<HashMap<String, (StatusCode, &'static str, String)>>,
    asked: Mutex<Vec<(String, Option<String>)>>,
    pub address: Mutex<String>,
}

pub(crate) async fn site() -> Arc<Site> {
    let site = Arc::new(Site::default());
    let router = Router::new().fallback(answer).with_state(Arc::clone(&site));
    *site.address.lock().unwrap() = format!("http://{}", serve(router).await);
    site
}

async fn answer(State(site): State<Arc<Site>>, headers: HeaderMap, uri: Uri) -> Response {
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let key = headers.get("x-key").map(|v| v.to_str().unwrap().to_owned());
    site.asked.lock().unwrap().push((path.clone(), key));
    let pages = site.pages.lock().unwrap();
    let Some((status, kind, text)) = pages.get(&path).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let tag = format!("\"{:x}\"", hasher.finish());
    if headers.get(header::IF_NONE_MATCH).is_some_and(|v| *v == tag) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    (status, [(header::ETAG, tag), (header::CONTENT_TYPE, kind.to_owned())], text).into_response()
}

impl Site {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address.lock().unwrap())
    }

    pub(crate) fn show(&self, path: &str, text: impl Into<String>) {
        let text = text.into();
        let kind = if text.starts_with(['{', '[']) { "application/json" } else { "text/html; charset=utf-8" };
        self.pages.lock().unwrap().insert(path.to_owned(), (StatusCode::OK, kind, text));
    }

    pub(crate) fn fail(&self, path: &str, status: StatusCode) {
        self.pages.lock().unwrap().insert(path.to_owned(), (status, "text/plain", String::new()));
    }

    /// The paths asked for since the last call, without robots.txt.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.into_iter().map(|(path, _)| path).filter(|path| path != "/robots.txt").collect()
    }

    /// The keys that came with the requests since the last call.
    pub(crate) fn keys(&self) -> Vec<Option<String>> {
        std::mem::take(&mut *self.asked.lock().unwrap()).into_iter().map(|(_, key)| key).collect()
    }
}

/// A client that keeps no pause between pages.
pub(crate) fn http() -> Http {
    Http::new("test").with_limits(Limits { pause: Duration::ZERO, ..Limits::default() })
}

pub(crate) async fn source(
    store: &Store,
    name: &str,
    kind: SourceKind,
    url: String,
    settings: SourceSettings,
) -> Source {
    let new = NewSource {
        name: name.into(),
        kind,
        channel: Channel::News,
        mode: Mode::Handle,
        url: Some(url),
        cutoff: None,
        allow_host: Some("127.0.0.1".into()),
        interval_s: 600,
        settings,
    };
    store.add_source(new, Actor::Console).await.unwrap()
}

/// Polls a source as it stands in the store.
pub(crate) async fn polled(store: &Store, http: &Http, source: &Source) -> Result<SourceRun, PollError> {
    let source = store.source(source.id).await.unwrap().unwrap();
    poll(store, http, &source).await
}

pub(crate) async fn items(store: &Store) -> Vec<Item> {
    let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
    let page = Page { before: None, size: 200 };
    let mut found = store.items(&Viewer::SYSTEM, &filter, page).await.unwrap().rows;
    found.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    found
}

pub(crate) fn counts(read: i64, new: i64, updated: i64, unchanged: i64, quarantined: i64) -> SourceRun {
    SourceRun { read, new, updated, unchanged, quarantined }
}

/// An article's page.
pub(crate) fn article(text: &str) -> String {
    format!(
        "<html><body><div class=nav><a href=/>首页</a></div><div class=zoom><h1>题</h1><p>{text}</p>\
         <p style='display:none'>看不见</p></div></body></html>"
    )
}
