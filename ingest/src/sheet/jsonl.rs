//! One JSON object a line: its keys are the headers.

use serde_json::Value;

/// The keys and values of a line.
///
/// # Errors
/// In plain words, when the line is no JSON object.
pub(super) fn cells_of(line: &str) -> Result<(Vec<String>, Vec<String>), String> {
    let object = match serde_json::from_str::<Value>(line) {
        Ok(Value::Object(object)) => object,
        Ok(_) => {
            return Err("the line is JSON but no object; each line must be {\"header\": value, ...}".into());
        }
        Err(wrong) => return Err(format!("the line is no JSON: {wrong}")),
    };
    Ok(object.into_iter().map(|(key, value)| (key, written(value))).unzip())
}

/// A value as a cell's text.
pub(super) fn written(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}
