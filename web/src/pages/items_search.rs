//! The search of the work list: its order, and what is said of it above the rows.

use qingting_models::county::PlaceKind;
use qingting_models::records::Item;
use qingting_models::sought::Sought;
use qingting_models::store::{BestPage, ItemFilter, Page};

use super::items::PATH;
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::query::{Query, Select};
use crate::view::Choice;

/// The code of the order by what fits best; every other one is the newest first.
const BEST: &str = "best";

/// One page of the list.
pub(super) struct Searched {
    pub rows: Vec<Item>,
    /// What the next page goes on from.
    pub next: Option<String>,
    /// The best come first.
    pub by_fit: bool,
    /// How many of the newest were ranked where there are more.
    pub ranked: Option<usize>,
}

/// What is said of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// What was typed holds no word, so nothing was looked for.
    pub wordless: bool,
    /// How many of the newest were ranked where there are more, and the address of the list by time.
    pub ranked: Option<(usize, String)>,
    /// The best come first.
    pub by_fit: bool,
    /// A word that is a place, its town, and the address of what the town has.
    pub place: Option<(String, String, String)>,
}

/// The choice of the order; none where nothing is searched for.
pub(super) fn order(sought: &Sought, query: &Query) -> Option<Select> {
    (!sought.is_empty()).then(|| Select {
        name: "order",
        label: "排序",
        any: "最新的在前",
        options: vec![Choice::new(BEST, "最相关的在前", query.text("order") == BEST)],
    })
}

/// The page that the query asks for.
pub(super) async fn page(
    state: &AppState,
    caller: &Caller,
    filter: &ItemFilter,
    query: &Query,
    size: i64,
) -> Result<Searched, WebError> {
    if query.text("order") == BEST && !filter.sought.is_empty() {
        let page = BestPage { after: query.parsed("after"), size };
        let found = state.store.best_items(&caller.viewer, filter, page).await?;
        let next = found.next.map(|place| place.to_string());
        return Ok(Searched {
            rows: found.rows,
            next,
            by_fit: true,
            ranked: found.more.then_some(found.ranked),
        });
    }
    let page = Page { before: query.parsed("after"), size };
    let found = state.store.items(&caller.viewer, filter, page).await?;
    let next = found.next.map(|before| before.to_string());
    Ok(Searched { rows: found.rows, next, by_fit: false, ranked: None })
}

impl Said {
    pub(super) fn of(state: &AppState, sought: &Sought, query: &Query, found: &Searched) -> Self {
        Self {
            wordless: query.get("q").is_some() && sought.is_empty(),
            ranked: found.ranked.map(|most| (most, query.address(PATH, &[("order", "")]))),
            by_fit: found.by_fit,
            place: place(state, sought, query),
        }
    }
}

/// The first word that names a town of the county, or a village in one, and how to see what came from there.
fn place(state: &AppState, sought: &Sought, query: &Query) -> Option<(String, String, String)> {
    if query.get("town").is_some() {
        return None;
    }
    let of_towns = |kind| matches!(kind, PlaceKind::Town | PlaceKind::Village | PlaceKind::Community);
    sought.words.iter().find_map(|word| {
        let named = state.desk.county().gazetteer.named(word).filter(|place| of_towns(place.kind));
        let mut towns = named.filter_map(|place| place.town.as_ref()).map(|town| town.as_str());
        let town = towns.next()?;
        if towns.any(|other| other != town) || !query.text("q").contains(word.as_str()) {
            return None;
        }
        let rest = query.text("q").replace(word.as_str(), " ");
        let address = query.address(PATH, &[("town", town), ("q", rest.trim())]);
        Some((word.clone(), town.to_owned(), address))
    })
}
