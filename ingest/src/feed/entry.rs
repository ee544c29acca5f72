//! What a feed brought, independent of its format, and which of its entries are one and the same.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::Serialize;

/// The family of formats that a feed is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedFormat {
    /// RSS 0.9x, 1.0 and 2.0, and CDF.
    #[default]
    Rss,
    Atom,
    Json,
}

impl std::fmt::Display for FeedFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Rss => "RSS",
            Self::Atom => "Atom",
            Self::Json => "JSON Feed",
        })
    }
}

/// A feed as it was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FeedDocument {
    pub format: FeedFormat,
    pub title: String,
    /// In the feed's order, each entry once.
    pub entries: Vec<FeedEntry>,
    /// Entries that could not be read.
    #[serde(skip)]
    pub lost: Vec<LostEntry>,
    /// The encoding that the document was read in.
    #[serde(skip)]
    pub encoding: &'static str,
    /// How long the feed says that it stays as it is, in seconds (RSS `ttl`, or the `sy:` update period).
    #[serde(skip)]
    pub ttl_s: Option<i64>,
    /// The ids of entries that the source withdrew (RFC 6721).
    #[serde(skip)]
    pub deleted: Vec<String>,
}

/// One entry of a feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FeedEntry {
    /// The guid or id, else the link; empty when there is neither.
    pub id: String,
    pub title: String,
    pub url: Option<String>,
    pub published: Option<Timestamp>,
    /// Plain text, paragraphs apart.
    pub body: String,
    /// The body as it arrived.
    #[serde(skip)]
    pub html: String,
    /// When the feed says that it was last changed.
    #[serde(skip)]
    pub updated: Option<Timestamp>,
    /// The body is only the beginning or a summary; the article stands on its page.
    #[serde(skip)]
    pub summary_only: bool,
}

/// An entry that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostEntry {
    /// Counted from 1 in the document.
    pub number: u64,
    pub reason: String,
    /// Its markup, at most 10,000 characters.
    pub markup: String,
}

/// Makes each entry stand once.
///
/// Entries with one id are versions of one entry when they share the link or the title: the newer one
/// stays, at the first one's place. Otherwise the feed gives different entries one id; they are kept apart by
/// their links (or titles), so that none is lost.
pub(super) fn settle(entries: Vec<FeedEntry>) -> Vec<FeedEntry> {
    let mut kept: Vec<FeedEntry> = Vec::with_capacity(entries.len());
    let mut nameless = HashSet::new();
    let mut known: HashMap<(String, Mark), usize> = HashMap::new();
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for entry in entries {
        if entry.id.is_empty() {
            if nameless.insert((entry.title.clone(), entry.url.clone(), entry.published, entry.body.clone()))
            {
                kept.push(entry);
            }
            continue;
        }
        let marks = [entry.url.clone().map(Mark::Url), Some(Mark::Title(entry.title.clone()))];
        let keys: Vec<_> = marks.into_iter().flatten().map(|mark| (entry.id.clone(), mark)).collect();
        let place = match keys.iter().find_map(|key| known.get(key)) {
            Some(place) => {
                if entry.published > kept[*place].published {
                    kept[*place] = entry;
                }
                *place
            }
            None => {
                places.entry(entry.id.clone()).or_default().push(kept.len());
                kept.push(entry);
                kept.len() - 1
            }
        };
        for key in keys {
            known.entry(key).or_insert(place);
        }
    }
    for (id, places) in places.into_iter().filter(|(_, places)| places.len() > 1) {
        for place in places {
            let entry = &mut kept[place];
            let mark = entry.url.as_deref().unwrap_or(&entry.title);
            entry.id = format!("{id} {mark}");
        }
    }
    kept
}

/// What versions of one entry share.
#[derive(PartialEq, Eq, Hash)]
enum Mark {
    Url(String),
    Title(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, url: &str, title: &str, second: i64) -> FeedEntry {
        FeedEntry {
            id: id.into(),
            url: Some(url.into()),
            title: title.into(),
            published: Timestamp::from_second(second).ok(),
            ..FeedEntry::default()
        }
    }

    #[test]
    fn of_two_versions_the_newer_one_stays() {
        let old = entry("a", "http://x/1", "停水", 10);
        let new = entry("a", "http://x/1", "停水（更新）", 20);
        assert_eq!(settle(vec![old.clone(), new.clone()]), std::slice::from_ref(&new));
        assert_eq!(settle(vec![new.clone(), old]), [new]);
    }

    #[test]
    fn different_entries_under_one_id_are_all_kept() {
        let kept = settle(vec![entry("0", "http://x/1", "停水", 1), entry("0", "http://x/2", "停电", 2)]);
        let ids: Vec<_> = kept.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids, ["0 http://x/1", "0 http://x/2"]);
    }
}
