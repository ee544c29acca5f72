//! Polls a feed.

use jiff::Timestamp;
use qingting_models::records::{RejectForm, RejectKind, RowPlace, Source};
use qingting_models::store::{Fetched, Reject, Store};

use super::articles::{self, Draft, Progress};
use super::ask::{Told, ask};
use super::{Brought, PollError, of_before};
use crate::feed::{self, FeedDocument, FeedEntry, FeedError, LostEntry};
use crate::http::{Document, FetchError, Http, Request};
use crate::prepare::record_of_entry;
use crate::rhythm;

pub(super) async fn poll(
    store: &Store,
    http: &Http,
    source: &Source,
    now: Timestamp,
) -> Result<Brought, PollError> {
    let mut progress = Progress::of(source);
    let Told { document, fresh_for, moved_to } =
        ask(http, source, !progress.is_waiting(), Request::feed, now).await?;
    let Some(document) = document else { return Ok(Brought::nothing(source, fresh_for, moved_to)) };
    let validators = document.validators.clone();
    let FeedDocument { entries, lost, ttl_s, deleted, .. } = read(document).await?;
    let pace_s = rhythm::pace(source.interval_s, entries.iter().filter_map(|entry| entry.published), now);
    let file = source.url.clone().unwrap_or_default();
    let (drafts, rejects) = drafts(entries, lost, &file);
    let fetching = source.settings.full_text;
    let completed =
        articles::complete(store, http, source, drafts, &mut progress, fetching, None, now).await?;
    let arrivals = articles::prepared(completed.records).await?;
    let mut counts = store.intake(source, arrivals, rejects).await?;
    let withdrawn = store.withdraw(source, &deleted).await?;
    counts.read += withdrawn;
    counts.updated += withdrawn;
    let fetched = Fetched {
        counts,
        etag: validators.etag,
        last_modified: validators.last_modified,
        moved_to,
        cursor: progress.written(),
        pace_s: pace_s.or(source.health.pace_s),
        ..of_before(source)
    };
    Ok(Brought { fetched, ttl_s, fresh_for, alarm: completed.alarm.map(PollError::Alarm) })
}

/// Reads a document on a thread of its own: a large one keeps a processor busy.
pub(super) async fn read(document: Document) -> Result<FeedDocument, FetchError> {
    let Document { url, bytes, charset, .. } = document;
    let reading = tokio::task::spawn_blocking(move || feed::parse(&bytes, charset.as_deref(), Some(&url)));
    let read = reading.await.unwrap_or_else(|_| Err(FeedError::Broken("reading was stopped".into())));
    Ok(read?)
}

/// Entries as records, and those that are none.
fn drafts(entries: Vec<FeedEntry>, lost: Vec<LostEntry>, file: &str) -> (Vec<Draft>, Vec<Reject>) {
    let place = |row| RowPlace { file: file.to_owned(), row, ..RowPlace::default() };
    let reject = |LostEntry { number, reason, markup }| Reject {
        place: place(number),
        kind: RejectKind::Entry,
        form: RejectForm::Markup,
        reason,
        original: serde_json::json!({ "markup": markup }),
    };
    let mut rejects: Vec<Reject> = lost.into_iter().map(reject).collect();
    let mut drafts = Vec::with_capacity(entries.len());
    for (entry, number) in entries.into_iter().zip(1..) {
        let empty = entry.title.is_empty() && entry.body.is_empty();
        let article = if entry.summary_only { entry.url.clone() } else { None };
        let record = record_of_entry(entry);
        if empty {
            let reason = "the entry has neither a title nor a text; one of them is needed".to_owned();
            let (kind, form) = (RejectKind::NoText, RejectForm::Entry);
            let original = record.original.value();
            rejects.push(Reject { place: place(number), kind, form, reason, original });
        } else {
            drafts.push(Draft { record, article });
        }
    }
    (drafts, rejects)
}
