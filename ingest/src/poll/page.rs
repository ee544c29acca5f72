//! Polls a list page.

use std::collections::HashSet;

use jiff::Timestamp;
use qingting_models::records::{PageRule, Source};
use qingting_models::store::{Fetched, Store};
use serde_json::json;

use super::articles::{self, Draft, Progress};
use super::ask::{Told, ask};
use super::{Brought, PollError, of_before};
use crate::http::{Document, Http, Request};
use crate::pull::page::{ListPage, Listed, PageError, PageWarning, read};
use crate::record::{RawRecord, Significant};
use crate::{rhythm, sameness};

pub(super) async fn poll(
    store: &Store,
    http: &Http,
    source: &Source,
    now: Timestamp,
) -> Result<Brought, PollError> {
    let rule = source.settings.page.clone();
    let rule = rule.ok_or_else(|| PollError::NoRule { name: source.name.clone(), kind: "page" })?;
    let mut progress = Progress::of(source);
    let Told { document, fresh_for, moved_to } =
        ask(http, source, !progress.is_waiting(), Request::page, now).await?;
    let Some(document) = document else { return Ok(Brought::nothing(source, fresh_for, moved_to)) };
    let validators = document.validators.clone();
    let ListPage { entries, warnings, .. } = listed(document, rule.clone(), now).await?;
    let pace_s = rhythm::pace(source.interval_s, entries.iter().filter_map(|entry| entry.published), now);
    let drafts = drafts(entries, rule.list_only);
    let body = rule.body.as_deref();
    let completed =
        articles::complete(store, http, source, drafts, &mut progress, !rule.list_only, body, now).await?;
    let arrivals = articles::prepared(completed.records).await?;
    let counts = store.intake(source, arrivals, Vec::new()).await?;
    let fetched = Fetched {
        counts,
        etag: validators.etag,
        last_modified: validators.last_modified,
        moved_to,
        cursor: progress.written(),
        pace_s: pace_s.or(source.health.pace_s),
        ..of_before(source)
    };
    let undated = warnings.iter().find(|warning| matches!(warning, PageWarning::NoDate { .. }));
    let told = undated.map(ToString::to_string).or(completed.alarm);
    Ok(Brought { fetched, fresh_for, alarm: told.map(PollError::Alarm), ..Brought::default() })
}

/// Reads a list page on a thread of its own.
pub(super) async fn listed(
    document: Document,
    rule: PageRule,
    now: Timestamp,
) -> Result<ListPage, PollError> {
    let reading = tokio::task::spawn_blocking(move || -> Result<ListPage, PageError> {
        read(&document.bytes, document.charset.as_deref(), &document.url, &rule, now)
    });
    Ok(reading.await.map_err(|_| PollError::Stopped)??)
}

/// The page's entries as records, each once: lists often name an article twice, with its picture and above.
fn drafts(entries: Vec<Listed>, list_only: bool) -> Vec<Draft> {
    let mut seen = HashSet::new();
    let drafts = entries.into_iter().map(|entry| draft(entry, list_only));
    drafts.filter(|draft| draft.record.external_id.clone().is_none_or(|id| seen.insert(id))).collect()
}

fn draft(entry: Listed, list_only: bool) -> Draft {
    let Listed { title, url, published, text } = entry;
    let mut significant = vec![("title".to_owned(), title.clone())];
    if list_only {
        // Counters of visits move by themselves.
        significant.push(("text".into(), text.chars().filter(|c| !c.is_numeric()).collect()));
    }
    let record = RawRecord {
        external_id: url.as_ref().map(|url| sameness::address(url).unwrap_or_else(|| url.clone())),
        sameness: sameness::of(url.as_deref(), &title, &text),
        original: json!({ "title": title, "url": url, "published": published, "body": text }).into(),
        occurred_at: published,
        significant: Significant::of(&significant),
        title,
        body: text,
        url: url.clone(),
        ..RawRecord::default()
    };
    Draft { record, article: if list_only { None } else { url } }
}
