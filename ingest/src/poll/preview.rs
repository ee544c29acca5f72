//! Shows what a source would bring, and stores nothing.

use jiff::Timestamp;
use qingting_models::records::{ItemContent, PullRule, Source, SourceKind, SourceSettings};
use qingting_models::store::{NewSource, Reject};
use serde::Serialize;
use url::Url;

use super::records::{Door, home, secret_of};
use super::{PollError, feed, page};
use crate::feed::{FeedDocument, FeedError};
use crate::http::{Answer, Document, FetchError, Http, Request, Validators};
use crate::prepare::prepare;
use crate::pull::json::{Found, Mapping};
use crate::pull::open311;
use crate::pull::page::PageWarning;
use crate::pull::{article, page as page_rule};
use crate::record::RawRecord;

/// A source as far as a preview needs it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub name: &'a str,
    pub kind: SourceKind,
    pub url: Option<&'a str>,
    pub allow_host: Option<&'a str>,
    pub settings: &'a SourceSettings,
}

impl<'a> From<&'a Source> for Asked<'a> {
    fn from(source: &'a Source) -> Self {
        let Source { name, kind, url, allow_host, settings, .. } = source;
        Self { name, kind: *kind, url: url.as_deref(), allow_host: allow_host.as_deref(), settings }
    }
}

impl<'a> From<&'a NewSource> for Asked<'a> {
    fn from(source: &'a NewSource) -> Self {
        let NewSource { name, kind, url, allow_host, settings, .. } = source;
        Self { name, kind: *kind, url: url.as_deref(), allow_host: allow_host.as_deref(), settings }
    }
}

/// What a source would bring. Texts of feeds and pages are as they came, not masked: who shows them masks them.
/// Records of interfaces are masked as they would be stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Preview {
    /// `rss`, `atom`, `json` for feeds, else the kind's code.
    pub format: String,
    /// What the feed or page calls itself; empty where it doesn't.
    pub title: String,
    /// In the source's order.
    pub entries: Vec<PreviewEntry>,
    /// How many entries would be taken in.
    pub total: usize,
    /// How many were found besides and cannot be taken in.
    pub rejected: usize,
    /// What each path of an interface's rule found in the first record.
    pub found: Vec<Found>,
    /// Whether the first article was opened for its text; the others were not.
    pub first_article: bool,
    /// What an administrator should look at.
    pub warnings: Vec<Warning>,
}

/// What an administrator should look at, though something was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    #[error("{what} {number}{}: {reason}", .path.as_ref().map(|path| format!(" ({path})")).unwrap_or_default())]
    Lost {
        /// `entry`, `record` or `request`.
        what: &'static str,
        /// From 1.
        number: u64,
        /// The path at fault.
        path: Option<String>,
        reason: String,
    },
    #[error(transparent)]
    Page(#[from] PageWarning),
    #[error("the article {url} could not be read: {why}")]
    Article { url: String, why: String },
}

impl Serialize for Warning {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Entries that are lost and told one by one.
const LOST: usize = 5;

/// One entry of a preview.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PreviewEntry {
    pub id: String,
    pub title: String,
    pub url: Option<String>,
    pub published: Option<Timestamp>,
    pub body: String,
}

/// Reads a feed without storing anything.
///
/// # Errors
/// When it cannot be fetched or is no feed.
pub async fn preview(
    http: &Http,
    url: &str,
    allow_host: Option<&str>,
    now: Timestamp,
) -> Result<FeedDocument, FetchError> {
    match http.get(url, allow_host, &Validators::default(), now).await? {
        Answer::Document(document) => feed::read(document).await,
        Answer::NotModified { .. } => Err(FetchError::Feed(FeedError::Empty)),
    }
}

/// Reads a source of any kind that is fetched, without storing anything. `secret` is what goes into the header
/// that the rule names. Of articles only the first is fetched.
///
/// # Errors
/// As a poll; a source that is not fetched has no preview.
pub async fn preview_source(
    http: &Http,
    asked: &Asked<'_>,
    secret: Option<String>,
    now: Timestamp,
) -> Result<Preview, PollError> {
    match asked.kind {
        SourceKind::Feed => of_feed(http, asked, now).await,
        SourceKind::Page => of_page(http, asked, now).await,
        SourceKind::Pull => of_pull(http, asked, secret, now).await,
        SourceKind::Open311 => of_open311(http, asked, now).await,
        SourceKind::Folder | SourceKind::Sheet | SourceKind::Push => {
            Err(PollError::NotFetched { name: asked.name.to_owned(), kind: asked.kind })
        }
    }
}

async fn of_feed(http: &Http, asked: &Asked<'_>, now: Timestamp) -> Result<Preview, PollError> {
    let url = home(asked.name, asked.url)?;
    let feed = preview(http, url.as_str(), asked.allow_host, now).await?;
    let mut shown = Preview {
        format: serde_json::to_value(feed.format)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default(),
        title: feed.title,
        total: feed.entries.len(),
        rejected: feed.lost.len(),
        warnings: feed
            .lost
            .iter()
            .take(LOST)
            .map(|lost| Warning::Lost {
                what: "entry",
                number: lost.number,
                path: None,
                reason: lost.reason.clone(),
            })
            .collect(),
        ..Preview::default()
    };
    let summary = feed.entries.first().is_some_and(|entry| entry.summary_only);
    shown.entries = feed
        .entries
        .into_iter()
        .map(|e| PreviewEntry { id: e.id, title: e.title, url: e.url, published: e.published, body: e.body })
        .collect();
    if asked.settings.full_text && summary {
        first_article(http, asked, &mut shown, None, now).await;
    }
    Ok(shown)
}

async fn of_page(http: &Http, asked: &Asked<'_>, now: Timestamp) -> Result<Preview, PollError> {
    let rule = asked.settings.page.clone();
    let rule = rule.ok_or_else(|| PollError::NoRule { name: asked.name.to_owned(), kind: "page" })?;
    page_rule::check(&rule)?;
    let url = home(asked.name, asked.url)?;
    let document = fetched(http, Request::page(url.as_str()).allowing(asked.allow_host), now).await?;
    let list = page::listed(document, rule.clone(), now).await?;
    let total = list.entries.len();
    let entry = |e: page_rule::Listed| PreviewEntry {
        id: e.url.clone().unwrap_or_default(),
        title: e.title,
        url: e.url,
        published: e.published,
        body: e.text,
    };
    let entries = list.entries.into_iter().map(entry).collect();
    let mut shown = Preview {
        format: asked.kind.code().into(),
        title: list.title,
        entries,
        total,
        warnings: list.warnings.into_iter().map(Warning::Page).collect(),
        ..Preview::default()
    };
    if !rule.list_only {
        first_article(http, asked, &mut shown, rule.body.as_deref(), now).await;
    }
    Ok(shown)
}

/// Shows the text of the first entry's article, or warns why it cannot be read.
async fn first_article(
    http: &Http,
    asked: &Asked<'_>,
    shown: &mut Preview,
    body: Option<&str>,
    now: Timestamp,
) {
    let Some(entry) = shown.entries.iter_mut().find(|entry| entry.url.is_some()) else { return };
    let Some(url) = entry.url.clone() else { return };
    let read = match fetched(http, Request::page(&url).allowing(asked.allow_host), now).await {
        Ok(document) => article::read(&document.bytes, document.charset.as_deref(), &document.url, body)
            .map_err(|wrong| wrong.to_string()),
        Err(wrong) => Err(wrong.to_string()),
    };
    match read {
        Ok(text) => {
            entry.body = text;
            shown.first_article = true;
        }
        Err(why) => shown.warnings.push(Warning::Article { url, why }),
    }
}

async fn of_pull(
    http: &Http,
    asked: &Asked<'_>,
    secret: Option<String>,
    now: Timestamp,
) -> Result<Preview, PollError> {
    let rule: Option<&PullRule> = asked.settings.pull.as_ref();
    let rule = rule.ok_or_else(|| PollError::NoRule { name: asked.name.to_owned(), kind: "pull" })?;
    let mapping = std::sync::Arc::new(Mapping::of(rule)?);
    let home = home(asked.name, asked.url)?;
    let secret = secret_of(asked.name, rule, secret)?;
    let door = Door { http, allow_host: asked.allow_host, home: &home, secret };
    let document = door.get(&home, now).await?;
    let page = door.page(&mapping, document.clone(), 1).await?;
    let found = mapping.found_in_first(&document.bytes, document.charset.as_deref());
    Ok(Preview { found, ..of_records(asked, page.records, "record", &page.rejects) })
}

async fn of_open311(http: &Http, asked: &Asked<'_>, now: Timestamp) -> Result<Preview, PollError> {
    let rule = asked.settings.open311.clone().unwrap_or_default();
    open311::check(&rule)?;
    let home: Url = home(asked.name, asked.url)?;
    let from = now.checked_sub(open311::WINDOW).unwrap_or(now);
    let door = Door { http, allow_host: asked.allow_host, home: &home, secret: None };
    let document = door.get(&open311::address(&home, &rule, from, now, 1), now).await?;
    let read = open311::read(&document.bytes, document.charset.as_deref(), &document.url, 1)?;
    Ok(of_records(asked, read.records, "request", &read.rejects))
}

fn of_records(asked: &Asked<'_>, records: Vec<RawRecord>, what: &'static str, rejects: &[Reject]) -> Preview {
    let total = records.len();
    let lost = |reject: &Reject| Warning::Lost {
        what,
        number: reject.place.row,
        path: reject.place.column.clone(),
        reason: reject.reason.clone(),
    };
    // A record's own names and numbers are known here alone: what stands of them in its texts is masked here.
    let entry = |r: RawRecord| {
        let id = r.external_id.clone().unwrap_or_default();
        let ItemContent { title, body, url, occurred_at, .. } = prepare(r).content;
        PreviewEntry { id, title, url, published: occurred_at, body }
    };
    let entries = records.into_iter().map(entry).collect();
    Preview {
        format: asked.kind.code().into(),
        entries,
        total,
        rejected: rejects.len(),
        warnings: rejects.iter().take(LOST).map(lost).collect(),
        ..Preview::default()
    }
}

async fn fetched(http: &Http, request: Request, now: Timestamp) -> Result<Document, FetchError> {
    match http.fetch(&request, now).await? {
        Answer::Document(document) => Ok(document),
        Answer::NotModified { .. } => Err(FetchError::Feed(FeedError::Empty)),
    }
}
