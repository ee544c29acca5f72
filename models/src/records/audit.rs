//! The audit log: who did what to which record, never with personal data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AuditId, CaseId, IncidentId, ItemId, QuarantineId, SourceId, UserId};

/// Who acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "by", content = "id", rename_all = "lowercase")]
pub enum Actor {
    /// The program by rule.
    System,
    /// The person at the machine's command line.
    Console,
    User(UserId),
}

impl Actor {
    /// The user behind it, if there is one.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(id),
            Self::System | Self::Console => None,
        }
    }

    /// `system`, `console` or the user's id.
    pub fn code(self) -> String {
        match self {
            Self::System => "system".into(),
            Self::Console => "console".into(),
            Self::User(id) => id.to_string(),
        }
    }

    /// Reads what [`Actor::code`] wrote.
    ///
    /// # Errors
    /// When the text is neither a word nor an id.
    pub fn from_code(code: &str) -> Result<Self, crate::ids::BadId> {
        match code {
            "system" => Ok(Self::System),
            "console" => Ok(Self::Console),
            id => id.parse().map(Self::User),
        }
    }
}

/// The record that was seen or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "lowercase")]
pub enum Subject {
    Item(ItemId),
    Case(CaseId),
    Source(SourceId),
    Quarantine(QuarantineId),
    Incident(IncidentId),
    User(UserId),
    /// The installation as a whole.
    System,
}

impl Subject {
    /// The kind and the id as the store writes them.
    pub fn parts(self) -> (&'static str, i64) {
        match self {
            Self::Item(id) => ("item", id.0),
            Self::Case(id) => ("case", id.0),
            Self::Source(id) => ("source", id.0),
            Self::Quarantine(id) => ("quarantine", id.0),
            Self::Incident(id) => ("incident", id.0),
            Self::User(id) => ("user", id.0),
            Self::System => ("system", 0),
        }
    }

    /// Reads what [`Subject::parts`] wrote; `None` for an unknown kind.
    pub fn from_parts(kind: &str, id: i64) -> Option<Self> {
        Some(match kind {
            "item" => Self::Item(ItemId(id)),
            "case" => Self::Case(CaseId(id)),
            "incident" => Self::Incident(IncidentId(id)),
            "source" => Self::Source(SourceId(id)),
            "quarantine" => Self::Quarantine(QuarantineId(id)),
            "user" => Self::User(UserId(id)),
            "system" => Self::System,
            _ => return None,
        })
    }
}

/// One change or one look behind the mask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub id: AuditId,
    pub at: Timestamp,
    pub actor: Actor,
    /// A verb of the code: `case.accept`, `item.unmask`, `user.login`.
    pub action: String,
    pub subject: Subject,
    /// Ids, codes and digests; never a text that someone wrote.
    pub detail: serde_json::Value,
}

/// An entry with its place in the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChainedEntry {
    #[serde(flatten)]
    pub entry: AuditEntry,
    /// 1 for the first line; `None` until the sequencer has chained it.
    pub seq: Option<i64>,
    /// Hex SHA-256 over the previous line's hash and this entry.
    pub hash: Option<String>,
}
