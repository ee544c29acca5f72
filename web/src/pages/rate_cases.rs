//! The cases behind a figure of a rate.

use askama::Template;
use axum::extract::State;
use jiff::Timestamp;
use qingting_models::county::DepartmentCode;
use qingting_models::records::{Rate, RateCase};
use qingting_models::store::{Page, RateFilter};
use qingting_respond::rates::says;

use super::departments::{CASES, DESK, DESK_NAME, figures_viewer};
use super::{Answer, html};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::moment::Moment;
use crate::query::Query;
use crate::rate_period::Days;
use crate::view::{Choice, title_text};

const ROWS: i64 = 50;

#[derive(Debug, Template)]
#[template(path = "rate_cases.html")]
pub struct RateCasesPage {
    pub frame: Frame,
    pub title: String,
    pub says: &'static str,
    /// The departments' page of the same period.
    pub up: String,
    /// All, those in the numerator, the others: addresses with their words.
    pub kinds: Vec<Choice>,
    pub rows: Vec<RateCaseRow>,
    pub first: Option<String>,
    pub next: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateCaseRow {
    pub id: String,
    pub number: String,
    /// `None` where the caller may not open it.
    pub title: Option<String>,
    pub at: Moment,
    pub counted: String,
}

impl RateCaseRow {
    fn new(case: &RateCase, now: Timestamp) -> Self {
        let count = case.count;
        let counted = match (count.denominator, count.numerator) {
            (1, 1) => "计入".to_owned(),
            (1, _) => "未计入".to_owned(),
            (times, holding) => format!("{times} 次中计入 {holding} 次"),
        };
        Self {
            id: case.case.to_string(),
            number: case.number.clone(),
            title: case.title.as_deref().map(title_text),
            at: Moment::new(case.at, now),
            counted,
        }
    }
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let days = Days::of(&state, &query)?;
    let allowed = || Rate::ALL.iter().map(|rate| rate.code()).collect::<Vec<_>>().join("、");
    let rate = query.get("rate").and_then(Rate::from_code);
    let rate = rate.ok_or_else(|| WebError::bad(format!("没有这种指标，可以是 {}", allowed())))?;
    let department = query.get("department").map(|code| (code != DESK).then(|| DepartmentCode::from(code)));
    let holds = match query.text("holds") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let filter = RateFilter { rate, period: days.period()?, department, holds };
    let page = Page { before: query.parsed("after"), size: ROWS };
    let viewer = figures_viewer(&caller);
    let found = state.store.rate_cases(&viewer, &caller.viewer, &filter, page).await?;
    let who = match &filter.department {
        None => "全部",
        Some(None) => DESK_NAME,
        Some(Some(code)) => state.names.department(code.as_str()),
    };
    let now = state.store.now();
    let kinds = [("", "全部"), ("yes", "计入的"), ("no", "未计入的")];
    html(&RateCasesPage {
        frame: Frame::inside(&state, &caller, "指标工单", super::departments::PATH),
        title: format!("{who} · {} · {} 至 {}", rate.label(), days.from, days.to),
        says: says(rate),
        up: format!("{}?from={}&to={}", super::departments::PATH, days.from, days.to),
        kinds: kinds
            .iter()
            .map(|(code, label)| {
                Choice::new(query.address(CASES, &[("holds", code)]), *label, query.text("holds") == *code)
            })
            .collect(),
        rows: found.rows.iter().map(|case| RateCaseRow::new(case, now)).collect(),
        first: query.first(CASES),
        next: found.next.map(|cursor| query.address(CASES, &[("after", &cursor.to_string())])),
    })
}

#[cfg(test)]
impl crate::samples::Sampled for RateCasesPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let row = |t: &str, title| RateCaseRow {
            id: "0000000000001".into(),
            number: t.into(),
            title,
            at: moment(-60),
            counted: t.into(),
        };
        let page = |t: String| Self {
            frame: frame(&t),
            title: t.clone(),
            says: "说明",
            up: t.clone(),
            kinds: vec![Choice::new(t.clone(), t.clone(), true)],
            rows: vec![row(&t, Some(t.clone())), row(&t, None)],
            first: Some(t.clone()),
            next: Some(t),
        };
        hostile().into_iter().map(page).collect()
    }
}
