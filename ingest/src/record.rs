//! What arrived, before any judgement: one feed entry, one row of a sheet.

use jiff::Timestamp;
use qingting_models::records::Original;
use qingting_models::store::Sameness;

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
    /// What a change of makes a new version, as header and value in a fixed order; without the external id
    /// and without counters that move by themselves (点赞数, 催单次数 ...).
    pub significant: Vec<(String, String)>,
    /// Everything that arrived, to be sealed.
    pub original: Original,
    /// By what a published article is recognised elsewhere; empty for calls and complaints.
    pub sameness: Sameness,
    /// The source takes the record back.
    pub withdrawn: bool,
}
