//! The departments: their rates in a period, and how well cases were sent to them.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::civil::Date;
use qingting_models::clock::local_date;
use qingting_models::county::{Department, DepartmentCode};
use qingting_models::records::{Rate, RateCount, Role, Viewer};
use qingting_respond::rates::{DepartmentRates, says};
use qingting_respond::routing::Sent;

use crate::access::url_encode;
use crate::app::AppState;
use crate::caller::Caller;
use crate::frame::{Frame, Notice};
use crate::pages::{Answer, html};
use crate::query::Query;
use crate::rate_period::Days;

pub(super) const PATH: &str = "/departments";
/// Where the cases behind a figure are.
pub(super) const CASES: &str = "/departments/cases";
/// The word of an address for what no department is charged with.
pub(crate) const DESK: &str = "-";
pub(super) const DESK_NAME: &str = "值班室";
/// The order in which the department with the lowest share done in time stands first.
const SLOWEST: &str = "slowest";

#[derive(Debug, Template)]
#[template(path = "departments.html")]
pub struct DepartmentsPage {
    pub frame: Frame,
    /// The days as they were asked for.
    pub from: String,
    pub to: String,
    /// What stands first, in words of the address; empty for the order of the offices.
    pub order: String,
    /// On a narrow screen all rates are shown, not the three that matter most.
    pub whole: bool,
    /// The address with all rates.
    pub with_all: String,
    pub heads: Vec<RateHead>,
    /// All together first.
    pub rates: Vec<RateRow>,
    /// How cases were sent; for those who see the whole county.
    pub rows: Option<Vec<DepartmentRow>>,
    pub may_change: bool,
}

/// A rate as a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateHead {
    pub label: &'static str,
    pub says: &'static str,
    /// In percent.
    pub floor: Option<u8>,
    /// Not shown on a narrow screen at first.
    pub more: bool,
}

/// A department with its rates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateRow {
    pub name: String,
    pub cells: Vec<RateCell>,
}

/// A rate: `96.3%`, numerator and denominator with where their cases are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateCell {
    pub label: &'static str,
    pub share: String,
    pub low: bool,
    pub numerator: i64,
    pub denominator: i64,
    pub all: String,
    pub holding: String,
    /// Time spent waiting and extended, beside a rate that is held against a due time.
    pub won: Option<String>,
    /// Not shown on a narrow screen at first.
    pub more: bool,
}

/// A department with the cases that were sent to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DepartmentRow {
    pub code: String,
    pub name: String,
    pub full: String,
    pub kind: String,
    pub town: String,
    pub sent: Sent,
    /// Of the cases sent by rule those that stayed, in percent.
    pub accuracy: Option<String>,
}

/// Whose figures the caller sees: an administrator, who sees no cases, those of all that is not confidential.
pub(crate) fn figures_viewer(caller: &Caller) -> Viewer {
    let viewer = caller.viewer.clone();
    Viewer { all_open: viewer.all_open || caller.has(Role::Admin), ..viewer }
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let (days, problem) = Days::or_usual(&state, &query)?;
    let viewer = figures_viewer(&caller);
    let period = days.period()?;
    let count = state.desk.rates(&viewer, period);
    let rates = state.figures.rates.get(format!("{viewer:?} {period:?}"), count).await?;
    let wide = viewer.all_open || viewer.all_confidential;
    let rows = if wide { Some(sent_rows(&state, &viewer, days).await?) } else { None };
    let wrong = problem.is_some();
    let typed = |name: &str, day: Date| if wrong { query.text(name).to_owned() } else { day.to_string() };
    let page = DepartmentsPage {
        frame: Frame::inside(&state, &caller, "单位", PATH).with(problem.map(Notice::bad)),
        from: typed("from", days.from),
        to: typed("to", days.to),
        order: query.text("order").into(),
        whole: query.get("all").is_some(),
        with_all: query.address(PATH, &[("all", "yes")]),
        heads: Rate::ALL.iter().map(|rate| head(&state, *rate)).collect(),
        rates: rate_rows(&state, &rates, days, wide, query.text("order") == SLOWEST),
        rows,
        may_change: caller.has(Role::Admin),
    };
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, html(&page)?).into_response())
}

fn head(state: &AppState, rate: Rate) -> RateHead {
    RateHead {
        label: rate.label(),
        says: says(rate),
        floor: state.desk.county().settings.floor(rate),
        more: more(rate),
    }
}

/// Three rates tell a leader on the way which department is slow; the others take a larger screen.
fn more(rate: Rate) -> bool {
    !matches!(rate, Rate::Contact | Rate::OnTime | Rate::Satisfied)
}

fn rate_rows(
    state: &AppState,
    rates: &DepartmentRates,
    days: Days,
    wide: bool,
    slowest_first: bool,
) -> Vec<RateRow> {
    let row = |name: &str, code: Option<&str>, count: &dyn Fn(Rate) -> RateCount| RateRow {
        name: name.to_owned(),
        cells: Rate::ALL.iter().map(|rate| cell(state, *rate, code, count(*rate), days)).collect(),
    };
    let mut rows = Vec::new();
    if wide {
        rows.push(row("全部", None, &|rate| rates.over_all(rate)));
    }
    if rates.has(None) {
        rows.push(row(DESK_NAME, Some(DESK), &|rate| rates.of(None, rate)));
    }
    let mut departments: Vec<&DepartmentCode> = rates.departments().collect();
    if slowest_first {
        // Where nothing was due there is nothing to be slow with.
        let on_time = |code: &DepartmentCode| rates.of(Some(code), Rate::OnTime).share().unwrap_or(f64::MAX);
        departments.sort_by(|one, other| on_time(one).total_cmp(&on_time(other)));
    }
    rows.extend(departments.into_iter().map(|code| {
        row(state.names.department(code.as_str()), Some(code.as_str()), &|rate| rates.of(Some(code), rate))
    }));
    rows
}

fn cell(state: &AppState, rate: Rate, department: Option<&str>, count: RateCount, days: Days) -> RateCell {
    let mut all = format!("{CASES}?rate={}&from={}&to={}", rate.code(), days.from, days.to);
    if let Some(code) = department {
        all.push_str(&format!("&department={}", url_encode(code)));
    }
    let percent = count.share().map(|share| share * 100.0);
    let floor = state.desk.county().settings.floor(rate);
    RateCell {
        label: rate.label(),
        share: percent.map_or("—".into(), |percent| format!("{percent:.1}%")),
        low: percent.zip(floor).is_some_and(|(percent, floor)| percent < f64::from(floor)),
        numerator: count.numerator,
        denominator: count.denominator,
        holding: format!("{all}&holds=yes"),
        all,
        won: rate.is_on_time().then(|| won(count)).flatten(),
        more: more(rate),
    }
}

/// `等待 3 件共 5 天，延期 2 件共 10 天`.
fn won(count: RateCount) -> Option<String> {
    let days = count.waited_ms as f64 / 86_400_000.0;
    let days = if days < 1.0 { "不到 1 天".to_owned() } else { format!("{days:.0} 天") };
    let waited = (count.waited > 0).then(|| format!("等待 {} 件共 {days}", count.waited));
    let extended =
        (count.extended > 0).then(|| format!("延期 {} 件共 {} 天", count.extended, count.extended_days));
    let parts: Vec<String> = waited.into_iter().chain(extended).collect();
    (!parts.is_empty()).then(|| parts.join("，"))
}

async fn sent_rows(
    state: &AppState,
    viewer: &Viewer,
    days: Days,
) -> Result<Vec<DepartmentRow>, crate::error::WebError> {
    let period = days.period()?;
    let count = state.desk.routing_record(viewer, period);
    let record = state.figures.sent.get(format!("{viewer:?} {period:?}"), count).await?;
    let row = |department: &Department| {
        let sent = record.get(&department.code).copied().unwrap_or_default();
        DepartmentRow {
            code: department.code.as_str().to_owned(),
            name: department.short_name.clone(),
            full: department.name.clone(),
            kind: department.kind.name().to_owned(),
            town: department.town.as_ref().map(|town| town.as_str().to_owned()).unwrap_or_default(),
            accuracy: sent.accuracy().map(|share| format!("{:.0}%", share * 100.0)),
            sent,
        }
    };
    Ok(state.desk.county().departments.on(local_date(state.store.now())).map(row).collect())
}

#[cfg(test)]
impl crate::samples::Sampled for DepartmentsPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile};
        let cell = |t: &str| RateCell {
            label: "响应率",
            share: t.into(),
            low: true,
            numerator: 1,
            denominator: 2,
            all: t.into(),
            holding: t.into(),
            won: Some(t.into()),
            more: true,
        };
        let page = |t: String| Self {
            frame: frame(&t),
            from: t.clone(),
            to: t.clone(),
            order: t.clone(),
            whole: false,
            with_all: t.clone(),
            heads: vec![RateHead { label: "响应率", says: "说明", floor: Some(92), more: false }],
            rates: vec![RateRow { name: t.clone(), cells: vec![cell(&t)] }],
            rows: Some(vec![DepartmentRow {
                code: t.clone(),
                name: t.clone(),
                full: t.clone(),
                kind: t.clone(),
                town: t.clone(),
                sent: Sent { by_rule: 9, back_by_rule: 1, ..Sent::default() },
                accuracy: Some(t),
            }]),
            may_change: true,
        };
        hostile().into_iter().map(page).collect()
    }
}
