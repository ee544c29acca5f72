//! The made-up senders' web site on the loopback: three feeds that grow as the season goes on.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use tokio::net::TcpListener;

use super::season::feeds;
use super::season::{Channel, FeedKind, SeasonRecord};

/// Entries of a feed, as many as senders commonly list.
const ENTRIES: usize = 40;

/// Which path leads to which feed.
pub(super) const FEEDS: [(&str, FeedKind); 3] =
    [("/news.rss", FeedKind::Rss), ("/minsheng.atom", FeedKind::Atom), ("/bumen.json", FeedKind::Json)];

/// The site; cheap to clone. It ends with its last clone's process.
#[derive(Clone)]
pub(super) struct FeedSite {
    inner: Arc<Inner>,
}

struct Inner {
    address: SocketAddr,
    end: Timestamp,
    published: Mutex<Vec<SeasonRecord>>,
}

impl FeedSite {
    /// Opens the site on a port of the loopback, 0 for any free one; `end` is the season's.
    ///
    /// # Errors
    /// When the port is taken.
    pub(super) async fn open(port: u16, end: Timestamp) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .with_context(|| format!("the demo's feeds need port {port} on 127.0.0.1"))?;
        let inner = Inner { address: listener.local_addr()?, end, published: Mutex::default() };
        let site = Self { inner: Arc::new(inner) };
        let router = Router::new()
            .route("/{feed}", get(feed))
            .route("/news/{page}", get(page))
            .with_state(site.clone());
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!("the demo's feeds: {error}");
            }
        });
        Ok(site)
    }

    pub(super) fn port(&self) -> u16 {
        self.inner.address.port()
    }

    pub(super) fn base_url(&self) -> String {
        format!("http://{}", self.inner.address)
    }

    /// Shows a piece of news from here on; everything else is passed over.
    pub(super) fn publish(&self, record: &SeasonRecord) {
        if matches!(record.channel, Channel::News { .. }) {
            self.published().push(record.clone());
        }
    }

    fn published(&self) -> std::sync::MutexGuard<'_, Vec<SeasonRecord>> {
        self.inner.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self, kind: FeedKind) -> String {
        let mut newest: Vec<SeasonRecord> = self
            .published()
            .iter()
            .rev()
            .filter(|record| record.channel == Channel::News { feed: kind })
            .take(ENTRIES)
            .cloned()
            .collect();
        newest.reverse();
        let (base, end) = (self.base_url(), self.inner.end);
        match kind {
            FeedKind::Rss => feeds::rss(&newest, &base, end),
            FeedKind::Atom => feeds::atom(&newest, &base, end),
            FeedKind::Json => feeds::json_feed(&newest, &base, end),
        }
    }
}

async fn feed(State(site): State<FeedSite>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some((_, kind)) = FEEDS.iter().find(|(path, _)| path.trim_start_matches('/') == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let text = site.text(*kind);
    let etag = format!("\"{:016x}\"", digest(&text));
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, etag)]).into_response();
    }
    let media = match kind {
        FeedKind::Rss => "application/rss+xml; charset=utf-8",
        FeedKind::Atom => "application/atom+xml; charset=utf-8",
        FeedKind::Json => "application/feed+json",
    };
    ([(CONTENT_TYPE, media.to_owned()), (ETAG, etag)], text).into_response()
}

/// A piece's own page, as plain text.
async fn page(State(site): State<FeedSite>, Path(name): Path<String>) -> Response {
    let published = site.published();
    let wanted = name.trim_end_matches(".html");
    match published.iter().find(|record| feeds::page(record) == wanted) {
        Some(record) => format!("{}\n\n{}\n", record.title, record.body).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// FNV-1a, 64 bits.
pub(super) fn digest(text: &str) -> u64 {
    text.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}
