//! Polls sources: fetch, read, hand to the store, and decide when to come again.

mod articles;
mod ask;
mod due;
mod feed;
mod page;
mod preview;
mod records;
mod service_requests;
mod walk;

use std::time::Duration;

use jiff::Timestamp;
use qingting_models::records::{Source, SourceKind, SourceRun};
use qingting_models::store::{Fetched, PollOutcome, Store, StoreError};

pub use due::fetch_due;
pub use preview::{Asked, Preview, PreviewEntry, Warning, preview, preview_source};

pub use crate::pull::json::Found;

use crate::folder::{self, FolderError};
use crate::http::{FetchError, Http, Validators};
use crate::pull::BadRule;
use crate::pull::json::JsonError;
use crate::pull::open311::Open311Error;
use crate::pull::page::PageError;
use crate::rhythm::{self, Answered, Failed};

/// A poll that brought nothing, or an alarm about one that brought less than it should.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the source {name} has no address to fetch from")]
    NoAddress { name: String },
    #[error("the source {name} has no rule for reading a {kind}; save one with it")]
    NoRule { name: String, kind: &'static str },
    #[error("the source {name} is of the kind {kind}, which is not fetched")]
    NotFetched { name: String, kind: SourceKind },
    #[error("the source {name} needs a secret for the header {header}; save one with it")]
    NoSecret { name: String, header: String },
    #[error(transparent)]
    Page(#[from] PageError),
    #[error(transparent)]
    Rule(#[from] BadRule),
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error(transparent)]
    Open311(#[from] Open311Error),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("the entries were read, but {0}")]
    Alarm(String),
    #[error("{read} records were found by the rule, but none could be taken in: {why}")]
    NothingFits { read: usize, why: String },
    #[error("the interface leads in a circle: {0} was given before; what stood until there is read")]
    Circle(String),
    #[error("reading was stopped")]
    Stopped,
}

impl PollError {
    /// When the server asked us to come again.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Fetch(wrong) => wrong.retry_after(),
            _ => None,
        }
    }
}

/// What a poll brought into the store.
#[derive(Debug, Default)]
struct Brought {
    fetched: Fetched,
    /// How long the feed says that it stays as it is, in seconds.
    ttl_s: Option<i64>,
    /// How long the server says that asking again is useless.
    fresh_for: Option<Duration>,
    /// What an administrator must look at, though records were stored.
    alarm: Option<PollError>,
}

impl Brought {
    /// Nothing new: everything stays as the poll before left it.
    fn nothing(source: &Source, fresh_for: Option<Duration>, moved_to: Option<String>) -> Self {
        let fetched = Fetched { not_modified: true, moved_to, ..of_before(source) };
        Self { fetched, fresh_for, ..Self::default() }
    }
}

/// Fetches a source once and stores what is new. The outcome, good or bad, is noted with the source, and so
/// is the time of the next poll.
///
/// # Errors
/// When the source could not be fetched or read, when the store fails, and when records were stored but the
/// source needs to be looked at ([`PollError::Alarm`], [`PollError::Circle`]). That another process is reading the
/// folder just now is no failure of the source and is not noted with it.
pub async fn poll(store: &Store, http: &Http, source: &Source) -> Result<SourceRun, PollError> {
    let tried_at = store.now();
    let result = match source.kind {
        SourceKind::Feed => feed::poll(store, http, source, tried_at).await,
        SourceKind::Page => page::poll(store, http, source, tried_at).await,
        SourceKind::Pull => records::poll(store, http, source, tried_at).await,
        SourceKind::Open311 => service_requests::poll(store, http, source, tried_at).await,
        // Each file of a folder leaves a line of its own among the source's runs.
        SourceKind::Folder => folder::poll(store, source).await.map_err(PollError::from).map(|counts| {
            let fetched = Fetched { counts, not_modified: true, ..of_before(source) };
            Brought { fetched, ..Brought::default() }
        }),
        // They come by themselves.
        SourceKind::Sheet | SourceKind::Push => {
            Err(PollError::NotFetched { name: source.name.clone(), kind: source.kind })
        }
    };
    if let Err(wrong @ PollError::Folder(FolderError::Busy(_))) = result {
        return Err(wrong);
    }
    let next_at = next_poll(source, tried_at, &result);
    let (result, failed) = match result {
        Ok(Brought { fetched, alarm: None, .. }) => (Ok(fetched), None),
        Ok(Brought { fetched, alarm: Some(alarm), .. }) => {
            store.keep_cursor(source.id, fetched.cursor.as_deref()).await?;
            (Err(alarm.to_string()), Some(alarm))
        }
        Err(wrong) => (Err(wrong.to_string()), Some(wrong)),
    };
    let counts = result.as_ref().map(|fetched| fetched.counts).unwrap_or_default();
    store.finish_poll(source, PollOutcome { tried_at, result, next_at }).await?;
    failed.map_or(Ok(counts), Err)
}

/// When the source is asked again, see [`rhythm`].
fn next_poll(source: &Source, now: Timestamp, result: &Result<Brought, PollError>) -> Timestamp {
    let Source { interval_s, health, .. } = source;
    let (interval_s, failures) = (*interval_s, health.failures);
    let seed = rhythm::seed((source.id, failures, now.as_millisecond()));
    let seconds = match result {
        // An alarm is about the rule, not the server: what comes meanwhile is still taken in.
        Ok(Brought { fetched, ttl_s, fresh_for, .. }) => rhythm::after_answer(&Answered {
            interval_s,
            pace_s: fetched.pace_s,
            ttl_s: *ttl_s,
            fresh_for: *fresh_for,
            seed,
        }),
        Err(wrong) => {
            rhythm::after_failure(&Failed { interval_s, failures, retry_after: wrong.retry_after(), seed })
        }
    };
    rhythm::after(now, seconds)
}

/// What is kept of the poll before when nothing new is said about it.
fn of_before(source: &Source) -> Fetched {
    let health = &source.health;
    Fetched {
        etag: health.etag.clone(),
        last_modified: health.last_modified.clone(),
        moved_to: health.moved_to.clone(),
        cursor: health.cursor.clone(),
        pace_s: health.pace_s,
        what: source.url.clone().unwrap_or_default(),
        ..Fetched::default()
    }
}

/// What the server gave with its last good answer.
fn validators(source: &Source) -> Validators {
    let health = &source.health;
    Validators { etag: health.etag.clone(), last_modified: health.last_modified.clone() }
}
