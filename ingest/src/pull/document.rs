//! JSON documents as they are fetched: reading them, and saying in a message what one holds and where it lies.

use qingting_models::text::mask;
use serde_json::Value;
use url::Url;

use super::json::JsonError;

/// Reads an answer as JSON.
///
/// # Errors
/// When it is none.
pub(super) fn document(bytes: &[u8], charset: Option<&str>) -> Result<Value, JsonError> {
    let text = crate::decode::decode(bytes, charset.as_slice()).text;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('<') {
        return Err(JsonError::NotJson { why: "it is a web page or XML; a log-in page, perhaps".into() });
    }
    serde_json::from_str(text).map_err(|wrong| JsonError::NotJson { why: wrong.to_string() })
}

/// What a document without records has instead: its keys, and what it says about itself.
pub(super) fn seen(document: &Value) -> String {
    let Value::Object(object) = document else {
        let kind = match document {
            Value::Array(list) => format!("is a list of {}", list.len()),
            Value::Null => "is null".to_owned(),
            _ => "is a single value".to_owned(),
        };
        return kind;
    };
    let keys: Vec<String> = object.keys().take(12).map(|key| key.chars().take(24).collect()).collect();
    let says = ["message", "msg", "error", "description", "errmsg"]
        .iter()
        .find_map(|key| object.get(*key)?.as_str());
    let says =
        says.map(|says| format!(" and says: {}", mask(&says.chars().take(120).collect::<String>()).text));
    format!("has {}{}", keys.join(", "), says.unwrap_or_default())
}

/// The address of a document as a place: without its query, which may hold a cursor or a key.
pub(crate) fn place(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.to_string()
}
