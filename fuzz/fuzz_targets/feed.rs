//! Feeds, lists of feeds, and pages that name feeds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qingting_fuzz::{each, text};
use qingting_ingest::feed::opml::{self, OpmlFeed};
use qingting_ingest::feed::{FeedError, discover, html_to_text, parse};
use qingting_ingest::prepare::record_of_entry;
use url::Url;

fuzz_target!(|data: &[u8]| each(data, read));

fn read(data: &[u8]) {
    let base = Url::parse("https://news.example.cn/feed/").unwrap();
    match parse(data, None, Some(&base)) {
        Ok(feed) => feed.entries.into_iter().for_each(|entry| {
            record_of_entry(entry);
        }),
        // What `parse` makes of a panic.
        Err(FeedError::Broken(reason)) => assert!(!reason.contains("makes the reader fail"), "a panic"),
        Err(_) => {}
    }
    let _ = parse(data, Some("gb2312"), None);
    lists(data);
    let text = text(data);
    discover::discover(&text, &base);
    html_to_text(&text);
}

/// A list of feeds that was read is written so that it reads the same.
fn lists(data: &[u8]) {
    let Ok(list) = opml::read(data) else { return };
    if list.feeds.is_empty() {
        return;
    }
    let sorted = |mut feeds: Vec<OpmlFeed>| {
        feeds.sort_by(|a, b| a.url.cmp(&b.url));
        feeds
    };
    let back = opml::read(opml::write(&list.feeds, "来源").as_bytes()).map(|list| sorted(list.feeds));
    assert_eq!(back, Ok(sorted(list.feeds)));
}
