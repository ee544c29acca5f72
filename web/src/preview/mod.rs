//! Reads a source without storing anything, for the pages of the sources: what would come in, masked, or what
//! is wrong, in words.

mod entries;
mod feeds;

use std::time::Duration;

use jiff::Timestamp;
use qingting_ingest::feed::FeedError;
use qingting_ingest::http::{FetchError, Http};
use qingting_ingest::poll::{self, Asked, PollError};
use qingting_models::records::Source;

use crate::plain::{self, Told};
use crate::remedy::{Beside, remedy};

/// Entries that are shown.
const ENTRIES: usize = 20;
/// A trial ends before the request that asked for it does.
const TIME: Duration = Duration::from_secs(25);

/// What came of a trial.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trial {
    pub preview: Option<Preview>,
    /// Feeds that the address, a web page, names.
    pub found: Vec<Found>,
    pub problem: Option<Told>,
    /// What to do about the problem.
    pub todo: String,
}

/// What would come in. All texts are masked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// What was read: `RSS 订阅源“…”`.
    pub what: String,
    pub count: usize,
    /// How many were found besides and cannot be taken in; the notes say why.
    pub rejected: usize,
    /// How much of it was read, where that is not all.
    pub extent: &'static str,
    /// The first entries.
    pub entries: Vec<Shown>,
    /// What each rule found in the first entry, or that it found nothing.
    pub matched: Vec<Matched>,
    /// What an administrator should look at, though entries were read.
    pub notes: Vec<Told>,
}

/// An entry that would come in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    pub title: String,
    pub text: String,
    pub at: Option<String>,
    pub url: Option<String>,
}

/// What a rule found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matched {
    pub label: String,
    pub rule: String,
    pub found: String,
    pub nothing: bool,
}

/// A feed that a web page names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub url: String,
    pub title: String,
    pub format: &'static str,
}

impl Trial {
    /// A trial that could not be made, in words.
    pub fn refused(why: &str) -> Self {
        Self { problem: Some(Told { text: why.into(), original: None }), ..Self::default() }
    }

    fn failed(reason: &str, beside: Beside) -> Self {
        tracing::info!(reason, "a source could not be tried");
        Self { problem: Some(plain::told(reason)), todo: remedy(reason, beside), ..Self::default() }
    }

    fn read(preview: Preview) -> Self {
        Self { preview: Some(preview), ..Self::default() }
    }
}

/// Reads what `source` describes, which need not be saved; `secret` is what its interface is asked with.
pub async fn read(
    http: Option<&Http>,
    source: &Source,
    secret: Option<&str>,
    beside: Beside,
    now: Timestamp,
) -> Trial {
    let Some(http) = http else {
        return Trial::refused("这个服务没有启用试读；请在服务器命令行使用 qingting source test。");
    };
    let trial = tokio::time::timeout(TIME, read_kind(http, source, secret, beside, now)).await;
    trial.unwrap_or_else(|_| Trial::refused("对方太慢，25 秒内没有读完。可以先保存，程序会在后台慢慢读。"))
}

async fn read_kind(
    http: &Http,
    source: &Source,
    secret: Option<&str>,
    beside: Beside,
    now: Timestamp,
) -> Trial {
    match poll::preview_source(http, &Asked::from(source), secret.map(str::to_owned), now).await {
        Ok(read) => Trial::read(entries::shown(source, read)),
        Err(error) => {
            let found = match &error {
                PollError::Fetch(FetchError::Feed(FeedError::NotAFeed(_))) => {
                    feeds::of_page(http, source, now).await
                }
                _ => Vec::new(),
            };
            if found.is_empty() {
                Trial::failed(&error.to_string(), beside)
            } else {
                Trial { found, ..Trial::default() }
            }
        }
    }
}

#[cfg(test)]
impl Trial {
    pub(crate) fn sample(t: &str) -> Self {
        let shown = Shown { title: t.into(), text: t.into(), at: Some(t.into()), url: Some(t.into()) };
        let matched = |nothing| Matched { label: t.into(), rule: t.into(), found: t.into(), nothing };
        Self {
            preview: Some(Preview {
                what: t.into(),
                count: 2,
                rejected: 1,
                extent: "试读只读第一页。",
                entries: vec![shown.clone(), Shown { at: None, url: None, ..shown }],
                matched: vec![matched(true), matched(false)],
                notes: vec![Told::sample(t)],
            }),
            found: vec![Found { url: t.into(), title: t.into(), format: "RSS" }],
            problem: Some(Told::sample(t)),
            todo: t.into(),
        }
    }
}
