//! All sources, each with its state at a glance.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State as Shared;
use jiff::Timestamp;
use jiff::civil::Date;
use qingting_ingest::folder::Unread;
use qingting_models::clock::local_date;
use qingting_models::ids::SourceId;
use qingting_models::records::Source;

use super::state::{Health, State, health, unreadable};
use super::{Answer, DAYS, PATH, html};
use crate::app::AppState;
use crate::caller::Caller;
use crate::chart::Chart;
use crate::error::WebError;
use crate::frame::Frame;
use crate::query::{Query, Select};

/// Most sources on the page.
const ROWS: usize = 500;

/// The page.
#[derive(Debug, Template)]
#[template(path = "sources.html")]
pub struct SourcesPage {
    pub frame: Frame,
    /// Empty when there is no source at all.
    pub selects: Vec<Select>,
    pub sources: Vec<SourceView>,
}

/// A source in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceView {
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    pub mode: &'static str,
    pub channel: &'static str,
    pub health: Health,
    pub chart: Chart,
    /// Rows that wait in quarantine.
    pub quarantined: i64,
}

pub async fn show(Shared(state): Shared<AppState>, caller: Caller, query: Query) -> Answer {
    let sources = state.store.sources().await?;
    let chosen = State::from_code(query.text("state"));
    let unread = unreadable(&sources).await;
    let unread_of = |source: &Source| unread.get(&source.id).copied().unwrap_or_default();
    let states: Vec<State> = sources.iter().map(|source| State::of(source, unread_of(source))).collect();
    let select =
        Select {
            name: "state", label: "状况", any: "所有来源", options: State::choices(&states, chosen)
        };
    let is_wanted = |(_, of): &(&Source, &State)| chosen.is_none_or(|state| **of == state);
    let wanted = sources.iter().zip(&states).filter(is_wanted).take(ROWS);
    let wanted: Vec<_> = wanted.map(|(source, _)| (source, unread_of(source))).collect();
    let rows = rows(&state, &wanted).await?;
    html(&SourcesPage {
        frame: Frame::inside(&state, &caller, "来源", PATH).done(query.get("done")),
        selects: if sources.is_empty() { vec![] } else { vec![select] },
        sources: rows,
    })
}

async fn rows(state: &AppState, wanted: &[(&Source, Unread)]) -> Result<Vec<SourceView>, WebError> {
    let days = state.figures.arrivals.get(String::new(), state.store.items_per_day_of_all(DAYS)).await?;
    let mut waiting: HashMap<SourceId, i64> = HashMap::new();
    for (source, _, n) in state.store.quarantine_kinds().await? {
        *waiting.entry(source).or_default() += n;
    }
    let now = state.store.now();
    let row = |(source, unread): &(&Source, Unread)| SourceView {
        id: source.id.to_string(),
        name: source.name.clone(),
        kind: source.kind.label(),
        mode: source.mode.label(),
        channel: source.channel.label(),
        health: health(source, *unread, now),
        chart: chart(source, days.get(&source.id).map_or(&[], Vec::as_slice), now),
        quarantined: waiting.get(&source.id).copied().unwrap_or(0),
    };
    Ok(wanted.iter().map(row).collect())
}

/// The chart of a source's last days.
pub fn chart(source: &Source, days: &[(Date, i64)], now: Timestamp) -> Chart {
    Chart::of_days(days, local_date(now), DAYS, local_date(source.created_at))
}

#[cfg(test)]
impl crate::samples::Sampled for SourcesPage {
    fn samples() -> Vec<Self> {
        use super::samples::{a_chart, a_health};
        use crate::samples::{choice, frame, hostile};
        let source = |t: &str| SourceView {
            id: t.into(),
            name: t.into(),
            kind: "订阅源",
            mode: "本县办理",
            channel: "新闻",
            health: a_health(t),
            chart: a_chart(),
            quarantined: 3,
        };
        let page = |t: String| Self {
            frame: frame(&t),
            selects: vec![Select {
                name: "state",
                label: "状况",
                any: "所有来源",
                options: vec![choice(&t)],
            }],
            sources: vec![source(&t), source(&t)],
        };
        let mut pages: Vec<Self> = hostile().into_iter().map(page).collect();
        pages.push(Self { frame: frame(""), selects: vec![], sources: vec![] });
        pages
    }
}
