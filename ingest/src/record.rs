//! What arrived, before any judgement: one feed entry, one row of a sheet.

use jiff::Timestamp;
use qingting_models::records::{Original, UpstreamCase};
use qingting_models::store::Sameness;
use serde_json::Value;

/// Personal values that stood in columns of their own. They are masked wherever they occur in the record's
/// texts and never stored in clear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Persons {
    /// Names, at least two characters each.
    pub names: Vec<String>,
    /// Telephone numbers as they were written.
    pub phones: Vec<String>,
    /// Other personal values: identity numbers, private addresses, accounts.
    pub others: Vec<String>,
}

/// Names and texts in a fixed order, as the JSON text that identity and change digests are made over: an array of
/// pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Significant(String);

impl Significant {
    /// Of names and texts in this order.
    pub fn of(parts: &[(impl AsRef<str>, impl AsRef<str>)]) -> Self {
        let parts: Vec<_> = parts.iter().map(|(name, text)| (name.as_ref(), text.as_ref())).collect();
        // Texts can always be written as JSON; the fallback is the long way to the same.
        let long =
            || parts.iter().map(|(name, text)| Value::from([*name, *text])).collect::<Value>().to_string();
        Self(serde_json::to_string(&parts).unwrap_or_else(|_| long()))
    }

    /// The same with one more at the end.
    pub fn and(&self, name: &str, text: &str) -> Self {
        let others = self.0.trim_end_matches(']');
        let others = if others == "[" { "[".to_owned() } else { format!("{others}],") };
        Self(format!("{others}{}]", Value::from([name, text])))
    }

    /// The JSON text.
    pub fn into_text(self) -> String {
        self.0
    }
}

impl Default for Significant {
    fn default() -> Self {
        Self("[]".to_owned())
    }
}

/// One record as its sender wrote it: unmasked, so it stays in memory only until it is prepared for the store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawRecord {
    /// The sender's own number (诉求编号, guid ...); `None` where the source gives none.
    pub external_id: Option<String>,
    /// Empty where there is none; then the beginning of the text stands for it.
    pub title: String,
    /// Plain text with line breaks between paragraphs.
    pub body: String,
    /// An http or https address.
    pub url: Option<String>,
    /// When the matter was published, called in or written.
    pub occurred_at: Option<Timestamp>,
    /// When the sender dispatched it.
    pub dispatched_at: Option<Timestamp>,
    /// A due time that the sender gave.
    pub due_at: Option<Timestamp>,
    /// The sender says that it is finished.
    pub finished: bool,
    pub persons: Persons,
    /// Other columns worth showing, as header and value, in the sheet's order; no personal columns.
    pub extra: Vec<(String, String)>,
    /// What they say of the sender's own case, where columns say it that are not called as usual; the rest is found among
    /// the other columns by their headers.
    pub case: UpstreamCase,
    /// Headers of columns that are sealed only because a column map says so: they may have been shown before.
    pub sealed_fields: Vec<String>,
    /// What a change of makes a new version, without the external id and without counters that move by themselves
    /// (点赞数, 催单次数 ...).
    pub significant: Significant,
    /// Everything that arrived, to be sealed.
    pub original: Original,
    /// By what a published article is recognised elsewhere; empty for calls and complaints.
    pub sameness: Sameness,
    /// The source takes the record back.
    pub withdrawn: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_part_is_as_if_it_had_been_there_from_the_beginning() {
        let (one, two) = (("标题", "有[ 和 ]"), ("内容", "[\"甲\"]]"));
        assert_eq!(Significant::of(&[one]).and(two.0, two.1), Significant::of(&[one, two]));
        assert_eq!(Significant::default().and(one.0, one.1), Significant::of(&[one]));
        assert_eq!(Significant::of(&[one]).into_text(), r#"[["标题","有[ 和 ]"]]"#);
    }
}
