//! Bytes to a feed: decode, tell JSON from markup, read, and make each entry stand once.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use encoding_rs::WINDOWS_1252;
use url::Url;

use super::entry::{FeedDocument, settle};
use super::{json, reader};
use crate::decode::{declared_inside, decode};

/// A document that is no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    #[error("the answer is empty")]
    Empty,
    #[error("the answer is {0}, not a feed; the address of an RSS, Atom or JSON feed is needed")]
    NotAFeed(&'static str),
    #[error("the feed is damaged: {0}")]
    Broken(String),
}

/// Reads a feed.
///
/// `charset` is what the HTTP header says; `base` resolves relative links. Nothing in the bytes can end the process.
///
/// # Errors
/// When the bytes are no feed, or one of which nothing can be read.
pub fn parse(bytes: &[u8], charset: Option<&str>, base: Option<&Url>) -> Result<FeedDocument, FeedError> {
    let guarded = AssertUnwindSafe(|| parse_text(bytes, charset, base));
    catch_unwind(guarded).unwrap_or_else(|_| Err(FeedError::Broken("it makes the reader fail".into())))
}

fn parse_text(bytes: &[u8], charset: Option<&str>, base: Option<&Url>) -> Result<FeedDocument, FeedError> {
    let inside = declared_inside(bytes);
    let declared: Vec<&str> = charset.into_iter().chain(inside.as_deref()).collect();
    let decoded = decode(bytes, &declared);
    let text = without_controls(&decoded.text);
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if start.is_empty() {
        return Err(FeedError::Empty);
    }
    let mut document = if start.starts_with(['{', '[']) {
        json::read(start, base)?
    } else {
        reader::read(start, base)?.ok_or_else(|| FeedError::NotAFeed(what_else(start)))?
    };
    document.encoding = decoded.encoding;
    document.entries = settle(document.entries);
    Ok(document)
}

/// The text without the control characters that XML forbids (XML 1.0, section 2.2). Those of the C1 block become
/// the quotation marks and dashes that they were before somebody took Windows-1252 for Latin-1.
fn without_controls(text: &str) -> Cow<'_, str> {
    let is_wanted = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    if text.chars().all(is_wanted) {
        return Cow::Borrowed(text);
    }
    let meant = |c: char| match u8::try_from(c) {
        Ok(byte @ 0x80..=0x9F) => WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next(),
        _ => Some(c),
    };
    text.chars().filter_map(meant).filter(|c| is_wanted(*c)).collect::<String>().into()
}

fn what_else(text: &str) -> &'static str {
    let head: String = text.chars().take(2_000).collect::<String>().to_ascii_lowercase();
    let has = |tag: &str| head.contains(tag);
    if has("<opml") {
        "an OPML list of feeds"
    } else if has("<!doctype html") || has("<html") || has("<body") || has("<head") {
        "a web page"
    } else if has("<urlset") || has("<sitemapindex") {
        "a sitemap"
    } else if head.starts_with('<') {
        "XML of another kind"
    } else {
        "text of another kind"
    }
}
