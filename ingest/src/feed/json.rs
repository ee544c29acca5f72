//! JSON Feed 1.0 and 1.1, read leniently: an id may be a number, and a strange item costs only itself.

use serde_json::Value;

use super::entry::{FeedDocument, FeedEntry, FeedFormat, LostEntry};
use super::parse::FeedError;
use super::{date, text};

/// Reads a JSON Feed.
///
/// # Errors
/// When the text is no JSON, or JSON without `items`.
pub(super) fn parse(json: &str, encoding: &'static str) -> Result<FeedDocument, FeedError> {
    let root: Value = serde_json::from_str(json).map_err(|e| FeedError::Broken(e.to_string()))?;
    let items = root
        .get("items")
        .and_then(Value::as_array)
        .ok_or(FeedError::NotAFeed("JSON without the \"items\" of a JSON Feed"))?;
    let mut document = FeedDocument {
        format: FeedFormat::Json,
        title: crate::text::one_line(&word(&root, "title")),
        encoding,
        ..FeedDocument::default()
    };
    for (item, number) in items.iter().zip(1..) {
        if item.is_object() {
            document.entries.push(entry(item));
        } else {
            let markup = item.to_string().chars().take(10_000).collect();
            document.lost.push(LostEntry { number, reason: "the item is no JSON object".into(), markup });
        }
    }
    Ok(document)
}

fn entry(item: &Value) -> FeedEntry {
    let first = |keys: &[&str]| {
        keys.iter().map(|key| word(item, key)).find(|v| !v.trim().is_empty()).unwrap_or_default()
    };
    let html = first(&["content_html", "content_text", "summary"]);
    FeedEntry {
        id: word(item, "id").trim().to_owned(),
        title: crate::text::one_line(&text::html_to_text(&word(item, "title"))),
        url: crate::text::web_address(&first(&["url", "external_url"])),
        published: date::parse(&first(&["date_published", "date_modified"])),
        body: text::html_to_text(&html),
        html,
        ..FeedEntry::default()
    }
}

fn word(object: &Value, key: &str) -> String {
    match object.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}
