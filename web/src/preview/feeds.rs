//! The feeds that a web page names, for an address that turned out to be a page.

use jiff::Timestamp;
use qingting_ingest::decode::decode;
use qingting_ingest::feed::FeedFormat;
use qingting_ingest::feed::discover::{FoundFeed, discover};
use qingting_ingest::http::{Answer, Http, Validators};
use qingting_models::records::Source;
use qingting_models::text::mask;

use super::Found;
use crate::view::snippet;

/// Feeds that are offered.
const MOST: usize = 12;

/// The feeds that the page at the source's address names; none when it cannot be read.
pub(super) async fn of_page(http: &Http, source: &Source, now: Timestamp) -> Vec<Found> {
    let (url, host) = (source.url.as_deref().unwrap_or_default(), source.allow_host.as_deref());
    let Ok(Answer::Document(page)) = http.get(url, host, &Validators::default(), now).await else {
        return Vec::new();
    };
    let declared: Vec<&str> = page.charset.as_deref().into_iter().collect();
    let html = decode(&page.bytes, &declared).text;
    discover(&html, &page.url).into_iter().take(MOST).map(view).collect()
}

fn view(feed: FoundFeed) -> Found {
    let format = match feed.format {
        Some(FeedFormat::Rss) => "RSS",
        Some(FeedFormat::Atom) => "Atom",
        Some(FeedFormat::Json) => "JSON Feed",
        None => "",
    };
    Found { title: snippet(&mask(&feed.title).text, 80), format, url: feed.url }
}
