//! The wall display (值班大屏) of the duty room: read from across the room, by itself anew twice a minute. Many walk by, so it
//! shows nothing confidential, whoever put it up.

use askama::Template;
use axum::extract::State;
use jiff::Timestamp;
use qingting_models::clock::{local, local_date, minute_text};
use qingting_models::records::{Alert, Viewer};
use qingting_models::store::{
    AlertFilter, CaseFilter, IncidentFilter, ItemFilter, ItemState, Overview, Page, WeekFigures,
};

use super::incidents::{IncidentRow, hottest};
use super::overview::week_figures;
use super::{Answer, html};
use crate::app::AppState;
use crate::assets;
use crate::caller::Caller;
use crate::error::WebError;
use crate::heat::HeatMap;
use crate::moment::{Moment, day_text};
use crate::people::People;
use crate::view::{CaseRow, title_text};

/// Rows of each list: more are not read from across a room.
const ROWS: i64 = 6;

#[derive(Debug, Template)]
#[template(path = "wall.html")]
pub struct WallPage {
    pub county: String,
    pub css: String,
    pub mark: String,
    pub script: String,
    pub day: String,
    /// `09:12`.
    pub time: String,
    /// When the figures were counted.
    pub counted: String,
    pub figures: Vec<WallFigure>,
    pub urgent: Vec<WallRow>,
    pub alerts: Vec<WallRow>,
    pub incidents: Vec<IncidentRow>,
    pub due: Vec<CaseRow>,
    pub towns: Option<HeatMap>,
    /// Who is on duty, and until when: `周敏 至 17:00`.
    pub on_duty: Vec<String>,
    pub next: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WallFigure {
    pub label: &'static str,
    pub value: i64,
    pub note: Option<String>,
    pub alarm: bool,
}

/// A line of a list: its title, and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WallRow {
    pub title: String,
    pub says: String,
    pub at: Moment,
}

pub async fn show(State(state): State<AppState>, _: Caller) -> Answer {
    let (viewer, now) = (Viewer::OPEN, state.store.now());
    let overview = state.store.overview(&viewer).await?;
    let week = week_figures(&state, &viewer).await?;
    let unseen = state.store.unseen_alerts(&viewer).await?;
    let several = IncidentFilter { items_min: 2, ..IncidentFilter::default() };
    let (on_duty, next) = duty(&state, now).await?;
    html(&WallPage {
        county: state.names.county.clone(),
        css: assets::css(),
        mark: assets::mark(),
        script: assets::wall(),
        day: day_text(local_date(now)),
        time: local(now).strftime("%H:%M").to_string(),
        counted: minute_text(now),
        figures: figures(&overview, &week, unseen),
        urgent: urgent(&state, &viewer, now).await?,
        alerts: alerts(&state, &viewer, now).await?,
        incidents: hottest(&state, &viewer, &several, ROWS).await?,
        due: due(&state, &viewer).await?,
        towns: HeatMap::new(&week, state.desk.county().town_map.tiles()),
        on_duty,
        next,
    })
}

fn figures(o: &Overview, week: &WeekFigures, unseen: i64) -> Vec<WallFigure> {
    let figure = |label, value, alarm| WallFigure { label, value, note: None, alarm: alarm && value > 0 };
    vec![
        figure("待研判", o.waiting, false),
        WallFigure {
            note: week.today_usual.map(|usual| format!("往常此时 {usual}")),
            ..figure("今日新到", week.today, false)
        },
        figure("紧急信息", o.urgent, true),
        figure("新预警", unseen, true),
        figure("在办工单", o.open_cases, false),
        figure("被退回", o.returned_cases, true),
        figure("已超期", o.overdue_cases, true),
    ]
}

async fn urgent(state: &AppState, viewer: &Viewer, now: Timestamp) -> Result<Vec<WallRow>, WebError> {
    let filter = ItemFilter {
        state: ItemState::Open,
        urgency_min: Some(qingting_models::records::Urgency::Urgent),
        ..ItemFilter::default()
    };
    let found = state.store.items(viewer, &filter, Page { before: None, size: ROWS }).await?;
    let row = |item: &qingting_models::records::Item| WallRow {
        title: title_text(&item.content.title),
        says: item.channel.label().to_owned(),
        at: Moment::new(item.first_seen_at, now),
    };
    Ok(found.rows.iter().map(row).collect())
}

async fn alerts(state: &AppState, viewer: &Viewer, now: Timestamp) -> Result<Vec<WallRow>, WebError> {
    let filter = AlertFilter { unseen: true, ..AlertFilter::default() };
    let found = state.store.alerts(viewer, &filter, Page { before: None, size: ROWS }).await?;
    let mut rows = Vec::with_capacity(found.rows.len());
    for alert in &found.rows {
        rows.extend(alert_row(state, viewer, alert, now).await?);
    }
    Ok(rows)
}

/// None where the incident turned confidential since.
async fn alert_row(
    state: &AppState,
    viewer: &Viewer,
    alert: &Alert,
    now: Timestamp,
) -> Result<Option<WallRow>, WebError> {
    let incident = state.store.incident(viewer, alert.incident).await?;
    Ok(incident.map(|incident| WallRow {
        title: title_text(&incident.title),
        says: format!("{}，{} 条", alert.rule_name, alert.items),
        at: Moment::new(alert.last_at, now),
    }))
}

async fn due(state: &AppState, viewer: &Viewer) -> Result<Vec<CaseRow>, WebError> {
    let filter = CaseFilter { open_only: true, soonest_first: true, ..CaseFilter::default() };
    let found = state.store.cases(viewer, &filter, Page { before: None, size: ROWS }).await?;
    Ok(state.case_rows(&found.rows, None))
}

/// Who is on duty now, and who comes next.
async fn duty(state: &AppState, now: Timestamp) -> Result<(Vec<String>, Option<String>), WebError> {
    let people = People::load(&state.store).await?;
    let shifts = state.store.shifts(now).await?;
    let (present, later): (Vec<_>, Vec<_>) = shifts.iter().partition(|shift| shift.starts_at <= now);
    let until = |at| Moment::to_come(at, now);
    let present = present
        .iter()
        .map(|shift| format!("{} 至 {}", people.name(shift.user), until(shift.ends_at).words()));
    let next =
        later.first().map(|shift| format!("{} {}", until(shift.starts_at).words(), people.name(shift.user)));
    Ok((present.collect(), next))
}

#[cfg(test)]
impl crate::samples::Sampled for WallPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{case_row, hostile, incident_row};
        let row = |t: &str| WallRow {
            title: t.to_owned(),
            says: t.to_owned(),
            at: Moment::new(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH),
        };
        let page = |t: String| Self {
            county: t.clone(),
            css: t.clone(),
            mark: t.clone(),
            script: t.clone(),
            day: t.clone(),
            time: t.clone(),
            counted: t.clone(),
            figures: vec![WallFigure { label: "已超期", value: 3, note: Some(t.clone()), alarm: true }],
            urgent: vec![row(&t)],
            alerts: vec![row(&t)],
            incidents: vec![incident_row(&t)],
            due: vec![case_row(&t)],
            towns: Some(HeatMap::sample(&t)),
            on_duty: vec![t.clone()],
            next: Some(t),
        };
        hostile().into_iter().map(page).collect()
    }
}
