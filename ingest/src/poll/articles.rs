//! Fetches the articles of entries that carry a summary only, a few at each poll.
//!
//! Whether an entry changed is told by the entry's own words, with a mark once its article is in: a record is
//! updated when its article arrives and when the entry changes, and not at every poll.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use qingting_models::records::Source;
use qingting_models::store::{Arrival, KnownRecord, Store};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::Instant;

use super::PollError;
use crate::http::{Answer, FetchError, Http, Request};
use crate::prepare::prepare_all;
use crate::pull::article::{self, ArticleError};
use crate::record::{RawRecord, Significant};
use crate::sameness;

/// Articles fetched at one poll.
const AT_A_POLL: usize = 20;
/// Failures after which an article is given up; its entry stays as it is.
const MAX_TRIES: u32 = 3;
/// No further article is begun after this.
const TIME: Duration = Duration::from_secs(120);
/// Which of the forms offered to the store is the one with its article.
const WITH_ARTICLE: usize = 0;

/// An entry as a record, and the page of its article where the entry has only a summary.
pub(super) struct Draft {
    pub record: RawRecord,
    pub article: Option<String>,
}

/// What is left for the polls to come; kept as the source's cursor.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    /// Articles still to be fetched.
    waiting: usize,
    /// Failures by the entry's id, of entries that are still listed.
    failed: BTreeMap<String, u32>,
}

impl Progress {
    pub(super) fn of(source: &Source) -> Self {
        source
            .health
            .cursor
            .as_deref()
            .and_then(|cursor| serde_json::from_str(cursor).ok())
            .unwrap_or_default()
    }

    /// Whether articles wait, so that the list has to be read again though it has not changed.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting > 0
    }

    pub(super) fn written(&self) -> Option<String> {
        (*self != Self::default()).then(|| json!(self).to_string())
    }
}

/// The records of a list.
pub(super) struct Completed {
    pub records: Vec<RawRecord>,
    /// What an administrator must look at.
    pub alarm: Option<String>,
}

/// Why an article is not in.
enum Missing {
    /// The page does not exist any more.
    Gone,
    /// Fetching or reading failed; `true` when that is so by rule for all articles of the site.
    Failed(String, bool),
}

/// Gives entries the text of their articles: of those that are new or have changed, at most 20, the others at
/// the next polls. Without `fetching` only articles that are stored already are kept.
///
/// # Errors
/// When the store fails.
#[allow(clippy::too_many_arguments, reason = "all of them are what a poll has at hand")]
pub(super) async fn complete(
    store: &Store,
    http: &Http,
    source: &Source,
    drafts: Vec<Draft>,
    progress: &mut Progress,
    fetching: bool,
    body: Option<&str>,
    now: Timestamp,
) -> Result<Completed, PollError> {
    let known = known(store, source, &drafts).await?;
    let before = std::mem::take(progress);
    let (began, mut asked, mut read, mut alarm) = (Instant::now(), 0, 0, None);
    let mut records = Vec::with_capacity(drafts.len());
    for (Draft { mut record, article }, known) in drafts.into_iter().zip(known) {
        let (Some(url), Some(id)) = (article, record.external_id.clone()) else {
            records.push(record);
            continue;
        };
        let tries = before.failed.get(&id).copied().unwrap_or(0);
        match known {
            Some(KnownRecord { form: Some(WITH_ARTICLE), withdrawn }) => {
                mark(&mut record);
                record.withdrawn = withdrawn;
            }
            Some(KnownRecord { form: Some(_), withdrawn: true }) => record.withdrawn = true,
            Some(KnownRecord { withdrawn: true, .. }) if tries >= MAX_TRIES => {
                record.withdrawn = true;
                keep(progress, id, tries);
            }
            Some(KnownRecord { form: Some(_), .. }) if !fetching || tries >= MAX_TRIES => {
                keep(progress, id, tries);
            }
            _ if !fetching => {}
            _ if asked >= AT_A_POLL || began.elapsed() > TIME => {
                progress.waiting += 1;
                keep(progress, id, tries);
            }
            held => {
                asked += 1;
                match fetched(http, source, &url, body, now).await {
                    Ok(text) => {
                        read += 1;
                        fill(&mut record, text);
                    }
                    Err(Missing::Gone) if held.is_some() => {
                        record.withdrawn = true;
                        keep(progress, id, tries + 1);
                    }
                    Err(missing) => {
                        let (why, by_rule) = missing.told();
                        tracing::warn!(source = %source.name, url, why, "an article could not be read");
                        alarm = alarm.or(by_rule.then_some(why));
                        progress.waiting += usize::from(tries + 1 < MAX_TRIES);
                        // A changed entry begins anew.
                        let tries =
                            if matches!(held, Some(KnownRecord { form: None, .. })) { 0 } else { tries };
                        keep(progress, id, tries + 1);
                    }
                }
            }
        }
        records.push(record);
    }
    let alarm = alarm.filter(|_| read == 0).map(|why| format!("none of their articles: {why}"));
    Ok(Completed { records, alarm })
}

fn keep(progress: &mut Progress, id: String, tries: u32) {
    if tries > 0 {
        progress.failed.insert(id, tries);
    }
}

/// What the store knows of the entries that have an article.
async fn known(
    store: &Store,
    source: &Source,
    drafts: &[Draft],
) -> Result<Vec<Option<KnownRecord>>, PollError> {
    let forms = |draft: &Draft| {
        let (Some(_), Some(id)) = (&draft.article, &draft.record.external_id) else { return None };
        let without = draft.record.significant.clone();
        Some((id.clone(), vec![with_article(&without).into_text(), without.into_text()]))
    };
    let asked: Vec<Option<(String, Vec<String>)>> = drafts.iter().map(forms).collect();
    let wanted: Vec<(String, Vec<String>)> = asked.iter().flatten().cloned().collect();
    let mut found = store.known_records(source, &wanted).await?.into_iter();
    Ok(asked.into_iter().map(|asked| asked.and_then(|_| found.next().flatten())).collect())
}

fn with_article(significant: &Significant) -> Significant {
    significant.and("article", "read")
}

fn mark(record: &mut RawRecord) {
    record.significant = with_article(&record.significant);
}

fn fill(record: &mut RawRecord, text: String) {
    mark(record);
    record.sameness = sameness::of(record.url.as_deref(), &record.title, &text);
    let mut original = record.original.value();
    if let Some(entry) = original.as_object_mut() {
        entry.insert("article".to_owned(), json!(text));
        record.original = original.into();
    }
    record.body = text;
}

async fn fetched(
    http: &Http,
    source: &Source,
    url: &str,
    body: Option<&str>,
    now: Timestamp,
) -> Result<String, Missing> {
    let request = Request::page(url).allowing(source.allow_host.as_deref());
    let document = match http.fetch(&request, now).await {
        Ok(Answer::Document(document)) => document,
        Ok(Answer::NotModified { .. }) => {
            return Err(Missing::Failed("the page has not changed".into(), false));
        }
        Err(FetchError::Status { status: 404 | 410, .. }) => return Err(Missing::Gone),
        Err(wrong @ FetchError::RobotsForbid { .. }) => return Err(Missing::Failed(wrong.to_string(), true)),
        Err(wrong) => return Err(Missing::Failed(wrong.to_string(), false)),
    };
    if document.media_type.as_deref().is_some_and(|kind| !is_page(kind)) {
        return Err(Missing::Failed("it is no web page".into(), false));
    }
    let body = body.map(str::to_owned);
    let reading = tokio::task::spawn_blocking(move || {
        article::read(&document.bytes, document.charset.as_deref(), &document.url, body.as_deref())
    });
    match reading.await {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(wrong)) => {
            let by_rule = matches!(wrong, ArticleError::NoMatch { .. } | ArticleError::Rule(_));
            Err(Missing::Failed(wrong.to_string(), by_rule))
        }
        Err(_) => Err(Missing::Failed("reading was stopped".into(), false)),
    }
}

fn is_page(media_type: &str) -> bool {
    media_type.contains("html") || media_type.contains("xml") || media_type == "text/plain"
}

impl Missing {
    fn told(self) -> (String, bool) {
        match self {
            Self::Gone => ("the page does not exist".to_owned(), false),
            Self::Failed(why, by_rule) => (why, by_rule),
        }
    }
}

/// Records made ready for the store, on a thread of its own.
///
/// # Errors
/// When the program is about to end.
pub(super) async fn prepared(records: Vec<RawRecord>) -> Result<Vec<Arrival>, PollError> {
    let preparing = tokio::task::spawn_blocking(move || prepare_all(records));
    preparing.await.map_err(|_| PollError::Stopped)
}
