//! Where else the matter of an item stands: the places where it appeared, and its incident with what is nearly the same there.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use qingting_classify::incidents::Signature;
use qingting_models::ids::{IncidentId, ItemId, SourceId};
use qingting_models::records::{Item, Viewer};

use super::incident::near;
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::moment::Moment;
use crate::view::{Choice, title_text};

/// Other items of an incident that are shown.
const OTHERS: usize = 3;
/// Among so many items of an incident, the latest, copies are looked for, and so many of them are named.
const LOOKED_THROUGH: i64 = 500;
const MOST_COPIES: usize = 20;

/// Another place where an item appeared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppearanceView {
    pub source: String,
    pub url: Option<String>,
    pub at: Moment,
}

/// The incident that an item belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentView {
    pub id: String,
    pub title: String,
    /// How many other items it has, and the latest of them that the caller sees: id, title, time.
    pub others: i64,
    pub latest: Vec<(String, String, Moment)>,
    /// How many of its items have nearly the same text, and those of them that are named.
    pub copies: usize,
    pub named_copies: Vec<(String, String, Moment)>,
    /// They were looked for among the latest items alone.
    pub among_latest: bool,
    /// Other incidents that the item may belong to, for those who may move it.
    pub near: Vec<Choice>,
}

/// An address that a browser opens.
pub(super) fn web_address(url: &Option<String>) -> Option<String> {
    url.clone().filter(|url| url.starts_with("https://") || url.starts_with("http://"))
}

pub(super) async fn appearances(
    state: &AppState,
    eyes: &Viewer,
    item: &Item,
    now: Timestamp,
) -> Result<Vec<AppearanceView>, WebError> {
    if item.appearances < 2 {
        return Ok(Vec::new());
    }
    let mut names: HashMap<SourceId, String> = HashMap::new();
    let mut shown = Vec::new();
    for place in state.store.appearances(eyes, item.id).await? {
        if let Entry::Vacant(unknown) = names.entry(place.source) {
            let source = state.store.source(place.source).await?;
            unknown.insert(source.map_or_else(String::new, |source| source.name));
        }
        shown.push(AppearanceView {
            source: names.get(&place.source).cloned().unwrap_or_default(),
            url: web_address(&place.url),
            at: Moment::new(place.at, now),
        });
    }
    Ok(shown)
}

pub(super) async fn incident(
    state: &AppState,
    caller: &Caller,
    item: &Item,
    may_judge: bool,
    now: Timestamp,
) -> Result<Option<IncidentView>, WebError> {
    let eyes = &caller.viewer;
    let found = state.store.incidents_of(eyes, &[item.id]).await?;
    let Some((id, _)) = found.get(&item.id) else { return Ok(None) };
    let Some(incident) = state.store.incident(eyes, *id).await? else { return Ok(None) };
    let members = state.store.members(eyes, incident.id, OTHERS as i64 + 1).await?;
    let others = members.iter().filter(|(other, _)| other.id != item.id).take(OTHERS);
    let line = |other: &Item, at: Timestamp| {
        (other.id.to_string(), title_text(&other.content.title), Moment::new(at, now))
    };
    let copies = copies(state, eyes, item, incident.id).await?;
    let mut named_copies = Vec::new();
    for copy in copies.iter().take(MOST_COPIES) {
        if let Some(copy) = state.store.item(eyes, *copy).await? {
            named_copies.push(line(&copy, copy.content.occurred_at.unwrap_or(copy.first_seen_at)));
        }
    }
    Ok(Some(IncidentView {
        id: incident.id.to_string(),
        title: title_text(&incident.title),
        others: incident.items - 1,
        latest: others.map(|(other, membership)| line(other, membership.at)).collect(),
        copies: copies.len(),
        named_copies,
        among_latest: incident.items > LOOKED_THROUGH,
        near: if may_judge { near(state, caller, &incident).await? } else { Vec::new() },
    }))
}

/// The items of an incident with nearly the same text as one of them, the latest first.
async fn copies(
    state: &AppState,
    eyes: &Viewer,
    item: &Item,
    incident: IncidentId,
) -> Result<Vec<ItemId>, WebError> {
    let own = state.store.signature(item.id).await?;
    let Some(own) = own.and_then(|bytes| Signature::from_bytes(&bytes).ok()) else { return Ok(Vec::new()) };
    let members = state.store.member_signatures(eyes, incident, LOOKED_THROUGH).await?;
    let is_copy = |bytes: &[u8]| Signature::from_bytes(bytes).is_ok_and(|other| own.is_copy(&other));
    let copies = members.iter().filter(|(other, bytes)| *other != item.id && is_copy(bytes));
    Ok(copies.map(|(other, _)| *other).collect())
}
