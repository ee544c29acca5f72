//! JSON Feed 1.0 and 1.1 (<https://jsonfeed.org/version/1.1>), read leniently: an id may be a number, a strange
//! item costs only itself, and a document that is cut off keeps its whole items.

use serde_json::Value;
use url::Url;

use super::draft::is_summary;
use super::entry::{FeedDocument, FeedEntry, FeedFormat, LostEntry};
use super::parse::FeedError;
use super::{date, text};

/// A document of more values is refused: each takes a hundred times its length in memory.
const MAX_VALUES: usize = 300_000;

/// Reads a JSON Feed.
///
/// # Errors
/// When the text is no JSON, JSON without `items`, or JSON of more than 300,000 values.
pub(super) fn read(json: &str, base: Option<&Url>) -> Result<FeedDocument, FeedError> {
    if values(json) > MAX_VALUES {
        return Err(FeedError::Broken(format!("it holds more than {MAX_VALUES} values")));
    }
    let (root, cut) = match serde_json::Deserializer::from_str(json).into_iter::<Value>().next() {
        Some(Ok(root)) => (root, false),
        Some(Err(wrong)) => {
            let mended = mend(json);
            let root =
                serde_json::from_str(&mended.json).map_err(|_| FeedError::Broken(wrong.to_string()))?;
            (root, mended.cut)
        }
        None => return Err(FeedError::Empty),
    };
    let items = root
        .get("items")
        .and_then(Value::as_array)
        .ok_or(FeedError::NotAFeed("JSON without the \"items\" of a JSON Feed"))?;
    let mut document = FeedDocument {
        format: FeedFormat::Json,
        title: crate::text::one_line(&word(&root, "title")),
        ..FeedDocument::default()
    };
    let mut lose = |number, reason: &str, markup: String| {
        let markup = markup.chars().take(10_000).collect();
        document.lost.push(LostEntry { number, reason: reason.into(), markup });
    };
    for (item, number) in items.iter().zip(1..) {
        if item.is_object() {
            document.entries.push(entry(item, base));
        } else {
            lose(number, "the item is no JSON object", item.to_string());
        }
    }
    if cut {
        lose(items.len() as u64 + 1, "the item is cut off before its end", String::new());
    }
    Ok(document)
}

/// How many lists, objects and members a text has: its structural signs outside strings.
fn values(json: &str) -> usize {
    let (mut in_string, mut escaped) = (false, false);
    let signs = json.bytes().filter(|byte| {
        match byte {
            b'"' if !escaped => in_string = !in_string,
            b'{' | b'[' | b',' if !in_string => return true,
            _ => {}
        }
        escaped = in_string && *byte == b'\\' && !escaped;
        false
    });
    signs.count()
}

fn entry(item: &Value, base: Option<&Url>) -> FeedEntry {
    let (html, plain, summary) =
        (word(item, "content_html"), word(item, "content_text"), word(item, "summary"));
    let has_content = !html.trim().is_empty() || !plain.trim().is_empty();
    let mut body = text::html_to_text(&html);
    if body.is_empty() {
        body = text::plain_lines(&plain);
    }
    if body.is_empty() {
        body = text::html_to_text(&summary);
    }
    let address = |written: String| {
        let whole = base.and_then(|base| base.join(written.trim()).ok()).map_or(written, String::from);
        crate::text::web_address(&whole)
    };
    let url = ["url", "external_url"].iter().map(|key| word(item, key)).find(|v| !v.trim().is_empty());
    let url = url.and_then(address);
    let updated = date::parse(&word(item, "date_modified"));
    let id = crate::text::one_line(&word(item, "id"));
    FeedEntry {
        id: if id.is_empty() { url.clone().unwrap_or_default() } else { id },
        title: crate::text::one_line(&text::html_to_text(&word(item, "title"))),
        published: date::parse(&word(item, "date_published")).or(updated),
        summary_only: !has_content && is_summary(&body),
        url,
        body,
        html: [html, plain, summary].into_iter().find(|text| !text.trim().is_empty()).unwrap_or_default(),
        updated,
    }
}

fn word(object: &Value, key: &str) -> String {
    match object.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// A JSON text after repair.
struct Mended {
    json: String,
    /// It was cut off: what came last and was not whole is left out.
    cut: bool,
}

/// Repairs what generators get wrong: raw control characters and halves of surrogate pairs in strings, commas
/// before a closing bracket, and an end that is missing.
fn mend(json: &str) -> Mended {
    let mut out = String::with_capacity(json.len());
    let mut open: Vec<char> = Vec::new();
    // Where the last whole item ended, and what was open there.
    let mut whole = None;
    let mut rest = json;
    let mut in_string = false;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '\\' if in_string => length = escape(rest, &mut out),
            '"' => {
                in_string = !in_string;
                out.push('"');
            }
            '\n' if in_string => out.push_str("\\n"),
            c if in_string && c.is_ascii_control() => out.push(' '),
            '{' | '[' if !in_string => {
                open.push(if c == '{' { '}' } else { ']' });
                out.push(c);
            }
            '}' | ']' if !in_string => {
                let bare = out.trim_end();
                out.truncate(bare.strip_suffix(',').unwrap_or(bare).len());
                out.push(c);
                open.pop();
                match open.len() {
                    0 => return Mended { json: out, cut: false },
                    2 => whole = Some((out.len(), open.clone())),
                    _ => {}
                }
            }
            c => out.push(c),
        }
        rest = &rest[length..];
    }
    if let Some((length, open)) = whole {
        out.truncate(length);
        out.extend(open.iter().rev());
    }
    Mended { json: out, cut: true }
}

/// Writes the escape at the start of a text, or what stands for it when JSON has no such escape; its length.
fn escape(text: &str, out: &mut String) -> usize {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut push = |written: &str| {
        out.push_str(written);
        written.len()
    };
    match (unit(text), text.get(6..).and_then(unit)) {
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => push(&text[..12]),
        (Some(0xD800..=0xDFFF), _) => {
            push("\\ufffd");
            6
        }
        (Some(_), _) => push(&text[..6]),
        (None, _) => match text[1..].chars().next() {
            Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => push(&text[..2]),
            _ => {
                push("\\\\");
                1
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(json: &str) -> (Vec<String>, usize) {
        let feed = read(json, None).unwrap();
        (feed.entries.into_iter().map(|e| e.title).collect(), feed.lost.len())
    }

    #[test]
    fn what_generators_get_wrong_is_mended() {
        let raw = "{\"items\":[{\"id\":\"1\",\"title\":\"停\u{1}水\nA\\x \\ud83d 通知\",},{\"id\":\"2\",\"title\":\"\\ud83d\\ude00\"},]}";
        assert_eq!(titles(raw), (vec!["停 水 A\\x \u{fffd} 通知".into(), "😀".into()], 0));
        assert_eq!(titles("{\"items\":[]} trailing"), (vec![], 0));
    }

    #[test]
    fn a_document_of_very_many_values_is_refused() {
        let many = format!("{{\"items\":[{}]}}", "{},".repeat(MAX_VALUES));
        assert!(matches!(read(&many, None), Err(FeedError::Broken(why)) if why.contains("300000 values")));
        let quoted =
            format!("{{\"items\":[{{\"id\":\"\\\\\",\"title\":\"\\\"{}\"}}]}}", "{,".repeat(MAX_VALUES));
        assert_eq!(read(&quoted, None).unwrap().entries.len(), 1);
    }

    #[test]
    fn a_document_that_is_cut_off_keeps_its_whole_items() {
        let cut = r#"{"title":"t","items":[{"id":"1","title":"一","tags":["a"]},{"id":"2","title":"[{二"},{"id":"3","ti"#;
        assert_eq!(titles(cut), (vec!["一".into(), "[{二".into()], 1));
        assert!(read(r#"{"title":"t","ite"#, None).is_err());
    }
}
