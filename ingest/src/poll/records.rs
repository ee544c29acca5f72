//! Polls an interface that gives JSON, page by page. How far it was read is kept once a page is stored.

use std::time::Duration;

use jiff::Timestamp;
use qingting_models::records::{PullRule, Source, SourceRun};
use qingting_models::store::{Fetched, Store};
use tokio::time::Instant;
use url::Url;

use super::articles::prepared;
use super::walk::{Page, Walk};
use super::{Brought, PollError, of_before};
use crate::http::{Answer, Document, FetchError, Http, Request};
use crate::pull::json::{JsonError, JsonPage, Mapping};

/// Pages read at one poll; the next poll goes on.
const AT_A_POLL: usize = 50;
/// No further page is begun after this.
pub(super) const TIME: Duration = Duration::from_secs(150);

/// Asks an interface.
pub(super) struct Door<'d> {
    pub http: &'d Http,
    pub allow_host: Option<&'d str>,
    /// The source's own address: its host alone gets the secret.
    pub home: &'d Url,
    /// Header and value.
    pub secret: Option<(String, String)>,
}

impl Door<'_> {
    /// Fetches one document.
    ///
    /// # Errors
    /// As [`Http::fetch`].
    pub(super) async fn get(&self, url: &Url, now: Timestamp) -> Result<Document, FetchError> {
        let mut request = Request::json(url.as_str()).allowing(self.allow_host);
        if let Some((header, value)) = &self.secret
            && url.origin() == self.home.origin()
        {
            request = request.with_header(header, value);
        }
        match self.http.fetch(&request, now).await? {
            Answer::Document(document) => Ok(document),
            Answer::NotModified { .. } => {
                let host = url.host_str().unwrap_or_default().to_owned();
                Err(FetchError::Status { host, status: 304, retry_after: None })
            }
        }
    }

    /// Reads a page on a thread of its own, as `mapping` says. What an interface says about a fault may repeat
    /// the secret: it is taken out.
    pub(super) async fn page(
        &self,
        mapping: &std::sync::Arc<Mapping>,
        document: Document,
        first: u64,
    ) -> Result<JsonPage, PollError> {
        let mapping = mapping.clone();
        let reading = tokio::task::spawn_blocking(move || {
            mapping.page(&document.bytes, document.charset.as_deref(), &document.url, first)
        });
        let read = reading.await.map_err(|_| PollError::Stopped)?;
        Ok(read.map_err(|wrong| match wrong {
            JsonError::NoRecords { path, seen } => {
                JsonError::NoRecords { path, seen: self.without_secret(&seen) }
            }
            other => other,
        })?)
    }

    fn without_secret(&self, text: &str) -> String {
        match &self.secret {
            Some((_, secret)) => {
                let bare = secret.rsplit(' ').next().unwrap_or(secret);
                text.replace(secret.as_str(), "…").replace(bare, "…")
            }
            None => text.to_owned(),
        }
    }
}

/// The header with the secret that the rule asks for.
pub(super) fn secret_of(
    name: &str,
    rule: &PullRule,
    secret: Option<String>,
) -> Result<Option<(String, String)>, PollError> {
    match (&rule.secret_header, secret) {
        (None, _) => Ok(None),
        (Some(header), Some(secret)) => Ok(Some((header.clone(), secret))),
        (Some(header), None) => Err(PollError::NoSecret { name: name.to_owned(), header: header.clone() }),
    }
}

/// A source's address.
pub(super) fn home(name: &str, url: Option<&str>) -> Result<Url, PollError> {
    let url = url.ok_or_else(|| PollError::NoAddress { name: name.to_owned() })?;
    let bad = |wrong: url::ParseError| FetchError::BadAddress { url: url.to_owned(), why: wrong.to_string() };
    Ok(Url::parse(url.trim()).map_err(bad)?)
}

pub(super) async fn poll(
    store: &Store,
    http: &Http,
    source: &Source,
    now: Timestamp,
) -> Result<Brought, PollError> {
    let rule = source.settings.pull.as_ref();
    let rule = rule.ok_or_else(|| PollError::NoRule { name: source.name.clone(), kind: "pull" })?;
    let mapping = std::sync::Arc::new(Mapping::of(rule)?);
    let secret = if rule.secret_header.is_some() { store.source_secret(source.id).await? } else { None };
    let home = home(&source.name, source.url.as_deref())?;
    let secret = secret_of(&source.name, rule, secret)?;
    let door = Door { http, allow_host: source.allow_host.as_deref(), home: &home, secret };
    let mut walk = Walk::new(&home, rule.paging.as_ref(), source.health.cursor.as_deref());
    let (began, mut counts, mut first, mut alarm) = (Instant::now(), SourceRun::default(), 1, None);
    for _ in 0..AT_A_POLL {
        let url = match walk.address() {
            Ok(url) => url,
            Err(circle) => {
                alarm = Some(circle);
                walk.finished();
                break;
            }
        };
        let document = match door.get(&url, now).await {
            Ok(document) => document,
            Err(wrong) => return Err(given_up(store, source, &walk, wrong).await?),
        };
        let (links, at) = (document.links.clone(), document.url.clone());
        let JsonPage { records, rejects, next } = door.page(&mapping, document, first).await?;
        let read = records.len() + rejects.len();
        // Where nothing on the page fits, it is the rule that is at fault, not the records.
        if let (true, Some(reject)) = (records.is_empty(), rejects.first()) {
            let column = reject.place.column.as_deref().map(|path| format!("{path}: ")).unwrap_or_default();
            alarm =
                alarm.or(Some(PollError::NothingFits { read, why: format!("{column}{}", reject.reason) }));
        }
        first += read as u64;
        let brought = store.intake(source, prepared(records).await?, rejects).await?;
        counts = counts.and(brought);
        let nothing_new = brought.new + brought.updated == 0;
        let page = Page { url: &at, next, links: links.as_deref(), is_empty: read == 0, nothing_new };
        let goes_on = walk.advance(&page);
        if !goes_on {
            walk.finished();
        }
        store.keep_cursor(source.id, walk.cursor()).await?;
        if !goes_on || began.elapsed() > TIME {
            break;
        }
    }
    let cursor = walk.cursor().map(str::to_owned);
    let fetched = Fetched { counts, cursor, what: crate::pull::document::place(&home), ..of_before(source) };
    Ok(Brought { fetched, alarm, ..Brought::default() })
}

/// A place kept from the poll before that the interface knows no more is forgotten, so that the next poll begins
/// at the beginning.
async fn given_up(
    store: &Store,
    source: &Source,
    walk: &Walk<'_>,
    wrong: FetchError,
) -> Result<PollError, PollError> {
    let unknown = matches!(wrong, FetchError::Status { status: 400 | 404 | 410 | 422, .. });
    if unknown && walk.is_resumed() {
        store.keep_cursor(source.id, None).await?;
    }
    Ok(wrong.into())
}
