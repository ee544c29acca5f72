//! What arrived, kept word for word until it is sealed.

use serde::{Serialize, Serializer};
use serde_json::Value;

/// What arrived as JSON text. Nothing reads it before it is sealed, so it is written once and not taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original(String);

impl Original {
    /// An object of names and texts, in their order; the names differ.
    pub fn of_cells<'c>(cells: impl Iterator<Item = (&'c str, &'c str)> + Clone) -> Self {
        let object = || cells.clone().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
        // Texts can always be written as JSON; the fallback is the long way to the same.
        serde_json::to_string(&Cells(cells.clone()))
            .map_or_else(|_| Self::from(&Value::Object(object())), Self)
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value again; a text that is no JSON, which is never made here, as a string.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_else(|_| Value::from(self.0.as_str()))
    }
}

impl Default for Original {
    /// Nothing arrived: `null`.
    fn default() -> Self {
        Self::from(&Value::Null)
    }
}

impl From<&Value> for Original {
    fn from(value: &Value) -> Self {
        Self(value.to_string())
    }
}

impl From<Value> for Original {
    fn from(value: Value) -> Self {
        Self::from(&value)
    }
}

struct Cells<I>(I);

impl<'c, I: Iterator<Item = (&'c str, &'c str)> + Clone> Serialize for Cells<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_back_as_they_were() {
        let cells = [("诉求标题", "路灯\n\"不亮\""), ("编号", "7")];
        let original = Original::of_cells(cells.into_iter());
        assert_eq!(original.value(), serde_json::json!({ "编号": "7", "诉求标题": "路灯\n\"不亮\"" }));
        assert_eq!(Original::from(&original.value()).value(), original.value());
        assert_eq!(Original::default().value(), Value::Null);
    }
}
