//! The overview: what needs me now, the figures of today, topics, towns and departments.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use qingting_models::clock::{from_local, local, local_date};
use qingting_models::records::{PromiseState, Role};
use qingting_models::store::{CaseFilter, DepartmentLoad, IncidentFilter, Overview, Page, PromiseFilter};

use super::incidents::{IncidentRow, hottest};
use super::{Answer, html};
use crate::access::url_encode;
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::{Frame, home};
use crate::names::Names;
use crate::query::Query;
use crate::view::CaseRow;

/// Rows of the list of cases that are due soon, of a chart and of the departments.
const DUE_ROWS: i64 = 10;
const BARS: usize = 18;
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
    pub charts: Vec<Chart>,
    pub departments: Vec<DepartmentRow>,
}

/// A number that leads to what it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    pub label: &'static str,
    pub value: i64,
    pub href: &'static str,
    /// Shown in red.
    pub alarm: bool,
}

/// A table with bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    pub id: &'static str,
    pub title: &'static str,
    pub head: &'static str,
    /// The greatest count, at least 1.
    pub most: i64,
    pub bars: Vec<Bar>,
}

/// A row of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    pub name: String,
    pub count: i64,
    pub href: String,
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
    let (midnight, week) = since(now)?;
    let overview = state.store.overview(&caller.viewer, midnight, week).await?;
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
    let mut figures = figures(
        &overview,
        state.store.unseen_alerts(&caller.viewer).await?,
        overdue_promises,
        judges,
        caller.stuck,
    );
    if reports > 0 {
        figures.push(Figure { label: "未签发的报告", value: reports, href: "/reports", alarm: false });
    }
    html(&OverviewPage {
        frame: Frame::inside(&state, &caller, "总览", "/").done(query.get("done")),
        greeting: format!("{}，{}", greeting(now), caller.user().name),
        today: today(now),
        figures,
        due_soon: due_soon(&state, &caller, now).await?,
        incidents: hottest(&state, &caller.viewer, &several(), HOTTEST).await?,
        charts: vec![by_topic(&overview, names), by_town(&overview)],
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

/// The beginnings of today and of the last seven days.
pub(crate) fn since(now: Timestamp) -> Result<(Timestamp, Timestamp), WebError> {
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

fn today(now: Timestamp) -> String {
    let day = local(now);
    let weekday = ["一", "二", "三", "四", "五", "六", "日"];
    let name = weekday.get(usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())).unwrap_or(&"");
    format!("{}年{}月{}日 星期{name}", day.year(), day.month(), day.day())
}

fn figures(o: &Overview, unseen_alerts: i64, overdue_promises: i64, judges: bool, stuck: i64) -> Vec<Figure> {
    let figure = |label, value, href, alarm| Figure { label, value, href, alarm };
    let mut figures = vec![
        figure(if judges { "等我研判" } else { "待研判" }, o.waiting, "/items?state=open", false),
        figure("今日新到", o.today, "/items?state=all", false),
        figure("模型拿不准", o.unsure, "/items?state=unsure", false),
        figure("紧急信息", o.urgent, "/items?state=open&urgency=2", o.urgent > 0),
        figure("新预警", unseen_alerts, "/alerts", unseen_alerts > 0),
        figure("在办工单", o.open_cases, "/cases?state=open", false),
        figure("被退回", o.returned_cases, "/cases?state=returned", o.returned_cases > 0),
        figure("已超时", o.overdue_cases, "/cases?state=open&due=over", o.overdue_cases > 0),
        figure("逾期承诺", overdue_promises, "/promises?state=over", overdue_promises > 0),
    ];
    if stuck > 0 {
        figures.push(figure("外发卡住", stuck, "/notices/deliveries", true));
    }
    figures
}

fn chart(id: &'static str, title: &'static str, head: &'static str, mut bars: Vec<Bar>) -> Chart {
    bars.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    bars.truncate(BARS);
    Chart { id, title, head, most: bars.first().map_or(1, |b| b.count).max(1), bars }
}

fn by_topic(o: &Overview, names: &Names) -> Chart {
    let bar = |(code, count): &(qingting_models::county::TopicCode, i64)| Bar {
        name: names.topic(code.as_str()).to_owned(),
        count: *count,
        href: format!("/items?state=all&topic={}", url_encode(code.as_str())),
    };
    chart("topics", "话题（近七天）", "话题", o.by_topic.iter().map(bar).collect())
}

fn by_town(o: &Overview) -> Chart {
    let bar = |(town, count): &(qingting_models::county::Town, i64)| Bar {
        name: town.as_str().to_owned(),
        count: *count,
        href: format!("/items?state=all&town={}", url_encode(town.as_str())),
    };
    chart("towns", "乡镇街道（近七天）", "乡镇街道", o.by_town.iter().map(bar).collect())
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
            figures: vec![Figure { label: "已超时", value: 3, href: "/cases", alarm: true }],
            due_soon: vec![case_row(&t)],
            incidents: vec![crate::samples::incident_row(&t)],
            charts: vec![
                chart("topics", "话题", "话题", vec![Bar { name: t.clone(), count: 4, href: t.clone() }]),
                chart("towns", "乡镇街道", "乡镇街道", vec![]),
            ],
            departments: vec![DepartmentRow { code: t.clone(), name: t, open: 4, overdue: 2, meter_max: 4 }],
        };
        hostile().into_iter().map(page).collect()
    }
}
