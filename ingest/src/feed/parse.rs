//! Bytes to a feed: decode, repair, read strictly, and where that loses entries read each of them alone.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use url::Url;

use super::entry::{FeedDocument, FeedEntry, FeedFormat, LostEntry, settle};
use super::xml::{Repaired, repair};
use super::{date, json, lenient, text};
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
    let start =
        decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    if start.is_empty() {
        return Err(FeedError::Empty);
    }
    if start.starts_with(['{', '[']) {
        return json::parse(start, decoded.encoding).map(|d| finish(d, base));
    }
    let Some(document) = repair(start) else { return Err(FeedError::NotAFeed(what_else(start))) };
    read(&document, decoded.encoding).map(|d| finish(d, base))
}

fn what_else(text: &str) -> &'static str {
    let head: String = text.chars().take(2_000).collect::<String>().to_ascii_lowercase();
    if head.contains("<!doctype html") || head.contains("<html") || head.contains("<body") {
        "a web page"
    } else if head.starts_with('<') {
        "XML of another kind"
    } else {
        "text of another kind"
    }
}

fn read(document: &Repaired, encoding: &'static str) -> Result<FeedDocument, FeedError> {
    let whole = strict(&format!("{}{}", document.root, document.inside));
    let pieces = lenient::pieces(document);
    let mut found = FeedDocument { format: document.format, encoding, ..FeedDocument::default() };
    match whole {
        Ok(feed) if feed.entries.len() >= pieces.len() => {
            found.title = title(&feed.title);
            found.entries = feed.entries.into_iter().map(entry).collect();
            return Ok(found);
        }
        Ok(feed) => found.title = title(&feed.title),
        Err(wrong) if pieces.is_empty() => return Err(FeedError::Broken(wrong)),
        Err(_) => found.title = title_before_entries(document),
    }
    for (piece, number) in pieces.iter().zip(1..) {
        match rescue(document, piece) {
            Ok(entry) => found.entries.push(entry),
            Err(reason) => {
                let markup = piece.markup.chars().take(10_000).collect();
                found.lost.push(LostEntry { number, reason, markup });
            }
        }
    }
    Ok(found)
}

/// Reads one entry alone, and if that fails its plain elements.
fn rescue(document: &Repaired, piece: &lenient::Piece<'_>) -> Result<FeedEntry, String> {
    if !piece.whole {
        return Err("the entry is cut off before its end".into());
    }
    let one = |markup: &str| {
        let feed = strict(&lenient::alone(document, markup))?;
        feed.entries.into_iter().next().map(entry).ok_or_else(|| "the entry has no content".to_owned())
    };
    one(piece.markup).or_else(|_| one(&lenient::plain(piece.markup)))
}

fn title_before_entries(document: &Repaired) -> String {
    let mark = if document.format == FeedFormat::Atom { "<entry" } else { "<item" };
    let head = document.inside.split(mark).next().unwrap_or_default();
    let inside = head.split_once("<title").and_then(|(_, after)| after.split_once('>')).map(|(_, text)| text);
    let raw = inside.and_then(|text| text.split("</").next()).unwrap_or_default();
    crate::text::one_line(&text::html_to_text(&raw.replace("<![CDATA[", "").replace("]]>", "")))
}

/// Reads a document that must be well-formed; a panic of the parser is an error like any other.
fn strict(xml: &str) -> Result<feed_rs::model::Feed, String> {
    let parse = AssertUnwindSafe(|| {
        let parser = feed_rs::parser::Builder::new()
            .id_generator(|_, _, _| String::new())
            .timestamp_parser(|text| {
                date::parse(text).and_then(|at| chrono::DateTime::from_timestamp(at.as_second(), 0))
            })
            .sanitize_content(false)
            .build();
        parser.parse(xml.as_bytes()).map_err(|wrong| wrong.to_string())
    });
    catch_unwind(parse).unwrap_or_else(|_| Err("the XML parser failed".into()))
}

fn title(text: &Option<feed_rs::model::Text>) -> String {
    let written = text.as_ref().map_or("", |t| t.content.as_str());
    crate::text::one_line(&text::html_to_text(written))
}

fn entry(entry: feed_rs::model::Entry) -> FeedEntry {
    let content = entry.content.and_then(|c| c.body).filter(|body| !body.trim().is_empty());
    let html = content.or(entry.summary.map(|s| s.content)).unwrap_or_default();
    let at = entry.published.or(entry.updated).and_then(|at| Timestamp::from_second(at.timestamp()).ok());
    let page = entry.links.iter().find(|l| l.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    FeedEntry {
        id: crate::text::one_line(&entry.id),
        title: title(&entry.title),
        url: page.or(entry.links.first()).map(|link| link.href.trim().to_owned()),
        published: at,
        body: text::html_to_text(&html),
        html,
        ..FeedEntry::default()
    }
}

/// Resolves links, gives entries without an id their link for one, and makes each entry stand once.
fn finish(mut document: FeedDocument, base: Option<&Url>) -> FeedDocument {
    for entry in &mut document.entries {
        entry.url = entry.url.take().and_then(|url| {
            let whole = base.and_then(|base| base.join(&url).ok()).map_or(url, String::from);
            crate::text::web_address(&whole)
        });
        if entry.url.is_none() && document.format != FeedFormat::Json {
            // A guid is a permanent link unless it says otherwise.
            entry.url = crate::text::web_address(&entry.id);
        }
        if entry.id.is_empty() {
            entry.id = entry.url.clone().unwrap_or_default();
        }
    }
    document.entries = settle(document.entries);
    document
}
