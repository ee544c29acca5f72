//! Removing a source: a page that says what happens to what it brought, and the removal.

use askama::Template;
use axum::extract::{Path, State};

use super::{Answer, PATH, back, find, html};
use crate::app::AppState;
use crate::caller::Caller;
use crate::frame::Frame;
use qingting_models::store::QuarantineFilter;

/// Days over which the items are counted for the warning.
const YEAR: i64 = 365;

/// The page.
#[derive(Debug, Template)]
#[template(path = "source_remove.html")]
pub struct RemovePage {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    pub paused: bool,
    pub has_token: bool,
    /// Items of the last year.
    pub items: i64,
    pub quarantined: i64,
}

pub async fn show(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let source = find(&state, &id).await?;
    let days = state.store.items_per_day(source.id, YEAR).await?;
    let waiting = QuarantineFilter { source: Some(source.id), ..QuarantineFilter::default() };
    html(&RemovePage {
        frame: Frame::inside(&state, &caller, "移除来源", PATH),
        id: source.id.to_string(),
        name: source.name,
        paused: source.paused,
        has_token: source.has_token,
        items: days.iter().map(|(_, n)| n).sum(),
        quarantined: state.store.count_quarantine(waiting).await?,
    })
}

pub async fn submit(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let source = find(&state, &id).await?;
    state.store.remove_source(source.id, caller.actor()).await?;
    Ok(back("", PATH, "source-removed"))
}

#[cfg(test)]
impl crate::samples::Sampled for RemovePage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile};
        let page = |t: String| Self {
            frame: frame(&t),
            id: t.clone(),
            name: t,
            paused: false,
            has_token: true,
            items: 12,
            quarantined: 3,
        };
        hostile().into_iter().map(page).collect()
    }
}
