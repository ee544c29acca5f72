//! What the doors hand to the store, and what they are told became of it.

use crate::records::{ItemContent, Original, RejectForm, RejectKind, RowPlace, SourceRun};

/// A record that was cleaned and masked, with its sealed-to-be original.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// As the sender gives it; `None` when there is none.
    pub external_id: Option<String>,
    /// The original content by which two versions are told apart; never stored, only its keyed digest.
    pub canonical: String,
    /// Masked.
    pub content: ItemContent,
    /// Everything that arrived; stored sealed.
    pub original: Original,
    /// By what the same article is known elsewhere.
    pub sameness: Sameness,
    /// The source takes the record back.
    pub withdrawn: bool,
    /// ISO 639-1 code, where a language was told.
    pub language: Option<String>,
    /// Fields that the record may have been stored with before a person had them sealed: what is stored of it loses them,
    /// filled or not in this version.
    pub sealed_fields: Vec<String>,
}

/// By what a published article is recognised at another address or in another source. Only keyed digests of
/// it are stored. Records of the channels hotline, complaint and petition are never joined by it: two people
/// may write the same words about two matters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sameness {
    /// The address without what differs between copies: tracking parameters, mobile host, fragment.
    pub address: Option<String>,
    /// The words alone, where they are many enough to be told from others.
    pub words: Option<String>,
}

/// What became of one arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    New,
    Updated,
    /// Known already, or the same article as one that is.
    Unchanged,
}

/// What became of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intake {
    pub counts: SourceRun,
    /// One for each arrival, in their order.
    pub fates: Vec<Fate>,
}

/// A row that could not be read.
#[derive(Debug, Clone)]
pub struct Reject {
    pub place: RowPlace,
    pub kind: RejectKind,
    pub form: RejectForm,
    /// What is wrong and what is allowed.
    pub reason: String,
    /// Stored sealed.
    pub original: serde_json::Value,
}
