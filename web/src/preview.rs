//! Reads the address of a feed for the page of the sources, and says in Chinese what is wrong with it.

use jiff::Timestamp;
use qingting_ingest::feed::{FeedDocument, FeedEntry, FeedFormat};
use qingting_ingest::http::Http;
use qingting_models::clock::minute_text;
use qingting_models::text::mask;

use crate::plain;
use crate::view::{snippet, title_text};

/// Entries that are shown.
const ENTRIES: usize = 10;

/// What a feed would bring. Titles are masked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    pub format: &'static str,
    pub title: String,
    pub count: usize,
    /// Title and time of the first entries.
    pub entries: Vec<(String, String)>,
}

/// Reads the feed at `url` and stores nothing.
///
/// # Errors
/// A Chinese sentence for the administrator.
pub async fn read(http: &Http, url: &str, now: Timestamp) -> Result<Preview, String> {
    match qingting_ingest::poll::preview(http, url, None, now).await {
        Ok(feed) => Ok(shown(&feed)),
        Err(error) => {
            tracing::info!(%error, "a feed could not be previewed");
            Err(plain::told(&error.to_string()).text)
        }
    }
}

fn shown(feed: &FeedDocument) -> Preview {
    let entry = |e: &FeedEntry| {
        let at = e.published.map_or_else(|| "没有时间".to_owned(), minute_text);
        (title_text(&mask(&e.title).text), at)
    };
    Preview {
        format: match feed.format {
            FeedFormat::Rss => "RSS",
            FeedFormat::Atom => "Atom",
            FeedFormat::Json => "JSON Feed",
        },
        title: snippet(&mask(&feed.title).text, 120),
        count: feed.entries.len(),
        entries: feed.entries.iter().take(ENTRIES).map(entry).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_shows_no_personal_data() {
        let entry = FeedEntry { title: "失主请联系 13812345678".into(), ..FeedEntry::default() };
        let feed = FeedDocument {
            format: FeedFormat::Rss,
            title: "便民".into(),
            entries: vec![entry],
            encoding: "UTF-8",
            ..FeedDocument::default()
        };
        let preview = shown(&feed);
        assert_eq!(preview.count, 1);
        assert!(!preview.entries[0].0.contains("13812345678"), "{:?}", preview.entries);
    }
}
