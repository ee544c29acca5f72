//! The overview: what needs me now, the figures of today, topics, towns and departments.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use qingting_models::clock::{from_local, local, local_date};
use qingting_models::records::{PromiseState, Role, Viewer};
use qingting_models::store::{
    CaseFilter, DepartmentLoad, IncidentFilter, Overview, Page, PromiseFilter, WeekFigures,
};

use super::incidents::{IncidentRow, hottest};
use super::{Answer, html};
use crate::access::url_encode;
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::{Frame, home};
use crate::heat::{HeatMap, HeatTable};
use crate::moment::day_text;
use crate::names::Names;
use crate::query::Query;
use crate::view::CaseRow;

/// Rows of the list of cases that are due soon.
const DUE_ROWS: i64 = 10;
/// Incidents that are shown.
const HOTTEST: i64 = 5;
const DEPARTMENTS: usize = 60;

/// The page.
#[derive(Debug, Template)]
#[template(path = "overview.html")]
pub struct OverviewPage {
    pub frame: Frame,
    pub greeting: String,
    pub today: String,
    pub figures: Vec<Figure>,
    pub due_soon: Vec<CaseRow>,
    pub incidents: Vec<IncidentRow>,
    pub topics: HeatTable,
    pub towns: Towns,
    pub departments: Vec<DepartmentRow>,
}

/// The towns on their tiles, or as a table in a county without a map.
#[derive(Debug)]
pub enum Towns {
    Map(HeatMap),
    Table(HeatTable),
}

/// A number that leads to what it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    pub label: &'static str,
    pub value: i64,
    /// What to hold it against: `往常此时 48`.
    pub note: Option<String>,
    pub href: &'static str,
    /// Shown in red.
    pub alarm: bool,
}

/// A department's load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentRow {
    pub code: String,
    pub name: String,
    pub open: i64,
    pub overdue: i64,
    /// The open ones, at least 1, so that a bar has a length.
    pub meter_max: i64,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    if home(&caller) != "/" {
        let done = query.get("done").map_or_else(String::new, |d| format!("?done={}", url_encode(d)));
        return Ok(Redirect::to(&format!("{}{done}", home(&caller))).into_response());
    }
    let now = state.store.now();
    let overview = state.store.overview(&caller.viewer).await?;
    let week = week_figures(&state, &caller.viewer).await?;
    let overdue = PromiseFilter {
        state: Some(PromiseState::Open),
        before: Some(local_date(now)),
        ..PromiseFilter::default()
    };
    let overdue_promises = state.store.count_promises(&caller.viewer, &overdue).await?;
    let (names, judges) = (&*state.names, caller.has_any(&[Role::Duty, Role::Discipline]));
    let reports = match judges || caller.has_any(&[Role::Leader]) {
        true => state.store.count_unfinished_reports().await?,
        false => 0,
    };
    let unseen = state.store.unseen_alerts(&caller.viewer).await?;
    let mut figures = figures(&overview, &week, unseen, overdue_promises, judges, caller.stuck);
    if reports > 0 {
        figures.push(Figure {
            label: "未签发的报告",
            value: reports,
            note: None,
            href: "/reports",
            alarm: false,
        });
    }
    html(&OverviewPage {
        frame: Frame::inside(&state, &caller, "总览", "/").done(query.get("done")),
        greeting: format!("{}，{}", greeting(now), caller.user().name),
        today: day_text(local_date(now)),
        figures,
        due_soon: due_soon(&state, &caller, now).await?,
        incidents: hottest(&state, &caller.viewer, &several(), HOTTEST).await?,
        topics: HeatTable::of_topics(&week, names),
        towns: Towns::of(&state, &week),
        departments: overview.departments.iter().take(DEPARTMENTS).map(|d| load(d, names)).collect(),
    })
}

/// Incidents of two items or more.
fn several() -> IncidentFilter {
    IncidentFilter { items_min: 2, ..IncidentFilter::default() }
}

async fn due_soon(state: &AppState, caller: &Caller, now: Timestamp) -> Result<Vec<CaseRow>, WebError> {
    let until = now.checked_add(48.hours()).map_err(WebError::internal)?;
    let filter =
        CaseFilter { open_only: true, due_before: Some(until), soonest_first: true, ..CaseFilter::default() };
    let page = Page { before: None, size: DUE_ROWS };
    let found = state.store.cases(&caller.viewer, &filter, page).await?;
    Ok(state.case_rows(&found.rows, None))
}

/// What today and the last seven days brought, at most half a minute old.
///
/// # Errors
/// When the store fails.
pub(crate) async fn week_figures(state: &AppState, viewer: &Viewer) -> Result<Arc<WeekFigures>, WebError> {
    let (midnight, week) = since(state.store.now())?;
    let count = state.store.week_figures(viewer, midnight, week);
    state.figures.week.get(format!("{viewer:?} {midnight}"), count).await
}

/// The beginnings of today and of the last seven days.
fn since(now: Timestamp) -> Result<(Timestamp, Timestamp), WebError> {
    let today = local_date(now);
    let week = today.checked_sub(6.days()).map_err(WebError::internal)?;
    let start = |date: Date| from_local(date.to_datetime(Time::midnight())).map_err(WebError::internal);
    Ok((start(today)?, start(week)?))
}

fn greeting(now: Timestamp) -> &'static str {
    match local(now).hour() {
        0..=4 => "夜深了",
        5..=10 => "早上好",
        11..=12 => "中午好",
        13..=17 => "下午好",
        _ => "晚上好",
    }
}

impl Towns {
    fn of(state: &AppState, week: &WeekFigures) -> Self {
        match HeatMap::new(week, state.desk.county().town_map.tiles()) {
            Some(map) => Self::Map(map),
            None => Self::Table(HeatTable::of_towns(week)),
        }
    }
}

fn figures(
    o: &Overview,
    week: &WeekFigures,
    unseen_alerts: i64,
    overdue_promises: i64,
    judges: bool,
    stuck: i64,
) -> Vec<Figure> {
    let figure = |label, value, href, alarm| Figure { label, value, note: None, href, alarm };
    let mut figures = vec![
        figure(if judges { "等我研判" } else { "待研判" }, o.waiting, "/items?state=open", false),
        Figure {
            note: week.today_usual.map(|usual| format!("往常此时 {usual}")),
            ..figure("今日新到", week.today, "/items?state=all", false)
        },
        figure("模型拿不准", o.unsure, "/items?state=unsure", false),
        figure("紧急信息", o.urgent, "/items?state=open&urgency=2", o.urgent > 0),
        figure("新预警", unseen_alerts, "/alerts", unseen_alerts > 0),
        figure("在办工单", o.open_cases, "/cases?state=open", false),
        figure("被退回", o.returned_cases, "/cases?state=returned", o.returned_cases > 0),
        figure("已超期", o.overdue_cases, "/cases?state=open&due=over", o.overdue_cases > 0),
        figure("逾期承诺", overdue_promises, "/promises?state=over", overdue_promises > 0),
    ];
    if stuck > 0 {
        figures.push(figure("外发卡住", stuck, "/notices/deliveries", true));
    }
    figures
}

fn load(d: &DepartmentLoad, names: &Names) -> DepartmentRow {
    DepartmentRow {
        code: d.department.as_str().to_owned(),
        name: names.department(d.department.as_str()).to_owned(),
        open: d.open,
        overdue: d.overdue,
        meter_max: d.open.max(1),
    }
}

#[cfg(test)]
impl crate::samples::Sampled for OverviewPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{case_row, frame, hostile};
        let page = |t: String| Self {
            frame: frame(&t),
            greeting: t.clone(),
            today: t.clone(),
            figures: vec![Figure {
                label: "已超期",
                value: 3,
                note: Some(t.clone()),
                href: "/cases",
                alarm: true,
            }],
            due_soon: vec![case_row(&t)],
            incidents: vec![crate::samples::incident_row(&t)],
            topics: HeatTable::sample(&t),
            towns: Towns::Map(HeatMap::sample(&t)),
            departments: vec![DepartmentRow { code: t.clone(), name: t, open: 4, overdue: 2, meter_max: 4 }],
        };
        hostile().into_iter().map(page).collect()
    }
}
