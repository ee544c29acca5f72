//! Polls feeds: fetch, read, hand to the store, and decide when to come again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use jiff::Timestamp;
use qingting_models::records::{RejectForm, RejectKind, RowPlace, Source, SourceRun};
use qingting_models::store::{Arrival, Fetched, PollOutcome, Reject, Store, StoreError};

use crate::feed::{self, FeedDocument, FeedError, LostEntry};
use crate::http::{Answer, Document, FetchError, Http, Validators};
use crate::prepare::{prepare, record_of_entry};

/// However often a source failed, it is tried again after this at the latest.
const MAX_BACKOFF_S: i64 = 6 * 3600;
/// No source is asked more often.
const MIN_INTERVAL_S: i64 = 60;
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

/// After a success the source's interval; after failures twice as long each time, at most six hours (or the
/// interval, where that is longer), less up to a fifth so that sources that failed together don't come back together. A server's own
/// wish to be left alone is followed.
fn next_poll(source: &Source, now: Timestamp, failed: Option<&PollError>) -> Timestamp {
    let interval = source.interval_s.max(MIN_INTERVAL_S);
    let Some(wrong) = failed else { return after(now, interval) };
    let doublings = u32::try_from(source.health.failures.clamp(0, 20)).unwrap_or(20);
    let backoff = interval.saturating_mul(1 << doublings).min(MAX_BACKOFF_S.max(interval));
    let backoff = backoff - jitter(source, now) % (backoff / 5).max(1);
    let asked = match wrong {
        PollError::Fetch(wrong) => wrong.retry_after().unwrap_or(Duration::ZERO),
        _ => Duration::ZERO,
    };
    after(now, backoff.max(i64::try_from(asked.as_secs()).unwrap_or(0)))
}

fn after(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(now.as_second().saturating_add(seconds)).unwrap_or(Timestamp::MAX)
}

/// A number that differs from source to source and from try to try.
fn jitter(source: &Source, now: Timestamp) -> i64 {
    let mut hasher = DefaultHasher::new();
    (source.id, source.health.failures, now.as_millisecond()).hash(&mut hasher);
    (hasher.finish() >> 1) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use qingting_models::ids::SourceId;
    use qingting_models::records::{Channel, Mode, SourceHealth, SourceKind, SourceSettings};

    fn source(interval_s: i64, failures: i64) -> Source {
        Source {
            id: SourceId(7),
            name: "测试".into(),
            kind: SourceKind::Feed,
            channel: Channel::News,
            mode: Mode::Handle,
            url: None,
            cutoff: None,
            allow_host: None,
            paused: false,
            column_map: None,
            created_at: Timestamp::UNIX_EPOCH,
            interval_s,
            settings: SourceSettings::default(),
            has_secret: false,
            has_token: false,
            removed_at: None,
            health: SourceHealth { failures, ..SourceHealth::default() },
        }
    }

    fn wait(source: &Source, failed: Option<&PollError>) -> i64 {
        next_poll(source, Timestamp::UNIX_EPOCH, failed).as_second()
    }

    #[test]
    fn failures_make_the_wait_longer_and_never_endless() {
        let failed = PollError::Fetch(FetchError::HostBusy { host: "x".into() });
        assert_eq!(wait(&source(600, 9), None), 600);
        let mut last = 0;
        for failures in 0..5 {
            let now = wait(&source(600, failures), Some(&failed));
            assert!(now > last, "{failures}: {now}");
            last = now;
        }
        for failures in [10, 1_000, i64::MAX] {
            let now = wait(&source(600, failures), Some(&failed));
            assert!((MAX_BACKOFF_S * 4 / 5..=MAX_BACKOFF_S).contains(&now), "{failures}: {now}");
        }
        assert!(wait(&source(0, 0), None) >= MIN_INTERVAL_S);
    }

    #[test]
    fn a_server_that_asks_to_be_left_alone_is() {
        let retry_after = Some(Duration::from_secs(9 * 3600));
        let failed = PollError::Fetch(FetchError::Status { host: "x".into(), status: 503, retry_after });
        assert_eq!(wait(&source(600, 0), Some(&failed)), 9 * 3600);
    }
}
