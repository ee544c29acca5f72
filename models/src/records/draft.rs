//! What a department has written of its reply so far. It may hold personal data, so the store seals it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Actor;
use crate::ids::DraftId;

/// The fields of the reply's form as they were typed, by their names in the form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplyDraft {
    pub text: String,
    pub public_text: String,
    pub outcome: String,
    /// Why what looks personal in the public text may stand.
    pub stands_because: String,
    /// What is promised, and by when, as typed.
    pub promises: Vec<(String, String)>,
}

impl ReplyDraft {
    /// Nothing was typed.
    pub fn is_empty(&self) -> bool {
        let blank = |text: &str| text.trim().is_empty();
        blank(&self.text)
            && blank(&self.public_text)
            && self.promises.iter().all(|(what, by)| blank(what) && blank(by))
    }
}

/// A draft as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedDraft {
    pub draft: ReplyDraft,
    /// Counts the savings; who saves names the version that they saw.
    pub version: i64,
    pub saved_at: Timestamp,
    pub saved_by: Actor,
}

/// A draft that somebody else's overtook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsideDraft {
    pub id: DraftId,
    pub draft: ReplyDraft,
    pub saved_at: Timestamp,
    pub saved_by: Actor,
}
