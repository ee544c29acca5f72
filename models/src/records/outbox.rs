//! What happened, for programs of others: events by number, and whom they are sent to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Actor, Case, Judge, Judgement, words};
use crate::clock::rfc3339;
use crate::county::{DepartmentCode, TopicCode, Town};
use crate::ids::{CaseId, ItemId, OutEventId, WebhookId};

words! {
    /// What happened.
    OutKind {
        /// An item came in and was judged for the first time.
        ItemNew => "item.new", "新信息";
        /// Another judgement stands: by a person, or of a later version.
        ItemJudged => "item.judged", "研判变更";
        CaseOpened => "case.opened", "新工单";
        CaseChanged => "case.changed", "工单变动";
    }
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutSubject {
    Item(ItemId),
    Case(CaseId),
}

/// Something that happened. `data` holds ids, codes and times; whoever wants the text asks for the record, with the rights
/// that he has.
#[derive(Debug, Clone, PartialEq)]
pub struct OutEvent {
    pub id: OutEventId,
    pub at: Timestamp,
    pub kind: OutKind,
    pub subject: OutSubject,
    pub data: Value,
}

/// An event with the number that it was given: one more than that of the event before.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberedEvent {
    pub seq: i64,
    pub event: OutEvent,
}

impl OutEvent {
    /// A judgement that stands from now on, the item's `first` or a later one.
    pub fn of_judgement(id: OutEventId, judgement: &Judgement, first: bool) -> Self {
        let by = match judgement.judge {
            Judge::Model { .. } => "model",
            Judge::Person { .. } => "person",
        };
        let data = json!({
            "item": judgement.item,
            "version": judgement.item_version,
            "by": by,
            "topics": judgement.topics.iter().map(|topic| topic.code.as_str()).collect::<Vec<_>>(),
            "unsure": judgement.unsure,
            "kind": judgement.kind.code(),
            "urgency": u8::from(judgement.urgency),
            "town": judgement.town().map(Town::as_str),
            "office": judgement.office,
        });
        let kind = if first { OutKind::ItemNew } else { OutKind::ItemJudged };
        Self { id, at: judgement.at, kind, subject: OutSubject::Item(judgement.item), data }
    }

    /// A case as an action left it; `action` is the name that the log has for it.
    pub fn of_case(id: OutEventId, case: &Case, action: &str) -> Self {
        let by = match case.changed_by {
            Actor::User(_) => "user",
            Actor::System => "system",
            Actor::Console => "console",
        };
        let data = json!({
            "case": case.id,
            "number": case.number,
            "item": case.item,
            "version": case.version,
            "action": action.strip_prefix("case.").unwrap_or(action),
            "by": by,
            "state": case.state.code(),
            "lead": case.lead.as_str(),
            "helpers": case.helpers.iter().map(|helper| DepartmentCode::as_str(&helper.department)).collect::<Vec<_>>(),
            "topic": case.topic.as_ref().map(TopicCode::as_str),
            "town": case.town.as_ref().map(Town::as_str),
            "urgency": u8::from(case.urgency),
            "due": case.due.as_ref().map(|(_, at)| rfc3339(*at)),
        });
        let kind = if case.version <= 1 { OutKind::CaseOpened } else { OutKind::CaseChanged };
        Self { id, at: case.changed_at, kind, subject: OutSubject::Case(case.id), data }
    }
}

/// What somebody who takes events in has set up. The secret is sealed in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSettings {
    pub url: String,
    /// It stands inside the house: at a private address or on this machine.
    #[serde(default)]
    pub inside: bool,
    /// What it is sent; never empty.
    pub kinds: Vec<OutKind>,
}

/// An address that events are sent to, and how far it has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    pub id: WebhookId,
    pub name: String,
    pub enabled: bool,
    pub settings: WebhookSettings,
    pub version: i64,
    pub changed_at: Timestamp,
    pub changed_by: Actor,
    /// The number of the last event that arrived there or was not for it.
    pub seen: i64,
    /// Tries of the next event that failed, when it is tried again, and why the last one failed.
    pub tries: i64,
    pub next_at: Timestamp,
    pub error: Option<String>,
    /// When the last event arrived.
    pub arrived_at: Option<Timestamp>,
}
