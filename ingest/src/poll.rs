//! Polls feeds: fetch, read, hand to the store, and decide when to come again.

use futures::{Stream, StreamExt, stream};
use jiff::Timestamp;
use qingting_models::records::{RejectForm, RejectKind, RowPlace, Source, SourceRun};
use qingting_models::store::{Arrival, Fetched, PollOutcome, Reject, Store, StoreError};

use crate::feed::{self, FeedDocument, FeedError, LostEntry};
use crate::http::{Answer, Document, FetchError, Http, Validators};
use crate::prepare::{prepare, record_of_entry};
use crate::rhythm::{self, Answered, Failed};

/// A claimed source is another worker's again after this.
const LEASE_S: i64 = 120;
/// Sources fetched at the same time.
const AT_ONCE: usize = 8;

/// A poll that brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the source {name} has no address to fetch from")]
    NoAddress { name: String },
    #[error("reading was stopped")]
    Stopped,
}

/// Fetches a source once and stores what is new. The outcome, good or bad, is noted with the source, and so
/// is the time of the next poll.
///
/// # Errors
/// When the source could not be fetched or read, and when the store fails.
pub async fn poll(store: &Store, http: &Http, source: &Source) -> Result<SourceRun, PollError> {
    let tried_at = store.now();
    let result = match fetch(http, source, tried_at).await {
        Ok(Got::Nothing) => Ok(Fetched {
            counts: SourceRun::default(),
            what: source.url.clone().unwrap_or_default(),
            not_modified: true,
            ..of_before(source)
        }),
        Ok(Got::Entries { arrivals, rejects, validators }) => {
            let counts = store.intake(source, arrivals, rejects).await?;
            let Validators { etag, last_modified } = validators;
            Ok(Fetched {
                counts,
                etag,
                last_modified,
                what: source.url.clone().unwrap_or_default(),
                ..of_before(source)
            })
        }
        Err(wrong) => Err(wrong),
    };
    let next_at = next_poll(source, tried_at, result.as_ref().err());
    let counts = result.as_ref().map(|fetched| fetched.counts).unwrap_or_default();
    let (told, failed) = match result {
        Ok(fetched) => (Ok(fetched), None),
        Err(wrong) => (Err(wrong.to_string()), Some(wrong)),
    };
    store.finish_poll(source, PollOutcome { tried_at, result: told, next_at }).await?;
    failed.map_or(Ok(counts), Err)
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
        Answer::Document(document) => read(document).await,
        Answer::NotModified { .. } => Err(FetchError::Feed(FeedError::Empty)),
    }
}

/// Polls every source that is due, some at the same time, each once.
///
/// # Errors
/// When the store cannot be asked which source is due.
pub async fn fetch_due(
    store: &Store,
    http: &Http,
    worker: &str,
) -> Result<Vec<(Source, Result<SourceRun, PollError>)>, StoreError> {
    let polls = due(store, worker).map(|claimed| async move {
        let source = claimed?;
        let result = poll(store, http, &source).await;
        Ok((source, result))
    });
    let done: Vec<Result<_, StoreError>> = polls.buffer_unordered(AT_ONCE).collect().await;
    done.into_iter().collect()
}

/// Claims due sources one after the other, as places become free; ends after a failure.
fn due<'s>(store: &'s Store, worker: &'s str) -> impl Stream<Item = Result<Source, StoreError>> + 's {
    stream::unfold(true, move |go_on| async move {
        if !go_on {
            return None;
        }
        match store.claim_due_source(worker, LEASE_S).await {
            Ok(Some(source)) => Some((Ok(source), true)),
            Ok(None) => None,
            Err(wrong) => Some((Err(wrong), false)),
        }
    })
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
        ..Fetched::default()
    }
}

enum Got {
    Nothing,
    Entries { arrivals: Vec<Arrival>, rejects: Vec<Reject>, validators: Validators },
}

async fn fetch(http: &Http, source: &Source, now: Timestamp) -> Result<Got, PollError> {
    let url = source.url.as_deref().ok_or_else(|| PollError::NoAddress { name: source.name.clone() })?;
    let health = &source.health;
    let known = Validators { etag: health.etag.clone(), last_modified: health.last_modified.clone() };
    let document = match http.get(url, source.allow_host.as_deref(), &known, now).await? {
        Answer::NotModified { .. } => return Ok(Got::Nothing),
        Answer::Document(document) => document,
    };
    let validators = document.validators.clone();
    let feed = read(document).await?;
    let file = url.to_owned();
    let prepared = tokio::task::spawn_blocking(move || entries(feed, &file)).await;
    let (arrivals, rejects) = prepared.map_err(|_| PollError::Stopped)?;
    Ok(Got::Entries { arrivals, rejects, validators })
}

/// Reads a document on a thread of its own: a large one keeps a processor busy.
async fn read(document: Document) -> Result<FeedDocument, FetchError> {
    let Document { url, bytes, charset, .. } = document;
    let reading = tokio::task::spawn_blocking(move || feed::parse(&bytes, charset.as_deref(), Some(&url)));
    let read = reading.await.unwrap_or_else(|_| Err(FeedError::Broken("reading was stopped".into())));
    Ok(read?)
}

fn entries(feed: FeedDocument, file: &str) -> (Vec<Arrival>, Vec<Reject>) {
    let place = |row| RowPlace { file: file.to_owned(), row, ..RowPlace::default() };
    let lost = |LostEntry { number, reason, markup }| Reject {
        place: place(number),
        kind: RejectKind::Entry,
        form: RejectForm::Markup,
        reason,
        original: serde_json::json!({ "markup": markup }),
    };
    let mut rejects: Vec<Reject> = feed.lost.into_iter().map(lost).collect();
    let mut arrivals = Vec::with_capacity(feed.entries.len());
    for (entry, number) in feed.entries.into_iter().zip(1..) {
        let empty = entry.title.is_empty() && entry.body.is_empty();
        let record = record_of_entry(entry);
        if empty {
            let reason = "the entry has neither a title nor a text; one of them is needed".to_owned();
            let (kind, form) = (RejectKind::NoText, RejectForm::Entry);
            rejects.push(Reject { place: place(number), kind, form, reason, original: record.original });
        } else {
            arrivals.push(prepare(record));
        }
    }
    (arrivals, rejects)
}

/// When the source is asked again, see [`rhythm`].
fn next_poll(source: &Source, now: Timestamp, failed: Option<&PollError>) -> Timestamp {
    let Source { interval_s, health, .. } = source;
    let seed = rhythm::seed((source.id, health.failures, now.as_millisecond()));
    let seconds = match failed {
        None => rhythm::after_answer(&Answered {
            interval_s: *interval_s,
            pace_s: health.pace_s,
            ttl_s: None,
            fresh_for: None,
            seed,
        }),
        Some(wrong) => {
            let retry_after = match wrong {
                PollError::Fetch(wrong) => wrong.retry_after(),
                _ => None,
            };
            rhythm::after_failure(&Failed {
                interval_s: *interval_s,
                failures: health.failures,
                retry_after,
                seed,
            })
        }
    };
    rhythm::after(now, seconds)
}
