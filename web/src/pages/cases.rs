//! All cases that the caller may see: by state, department, due time and words.

use askama::Template;
use axum::extract::State;
use jiff::ToSpan;
use qingting_models::records::{OPEN_STATES, state_label};
use qingting_models::store::{CaseFilter, Page};

use super::{Answer, html};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::names::Names;
use crate::query::{Query, Select};
use crate::view::{CaseRow, Choice, choices};

/// Rows of a page.
const ROWS: i64 = 30;
/// Rows of the one page that is ordered by due time.
const SOONEST_ROWS: i64 = 200;
const PATH: &str = "/cases";
const ENDED: &[&str] = &["closed", "declined", "outside", "void", "merged"];

/// The list.
#[derive(Debug, Template)]
#[template(path = "cases.html")]
pub struct CasesPage {
    pub frame: Frame,
    pub q: String,
    pub selects: Vec<Select>,
    pub cases: Vec<CaseRow>,
    pub first: Option<String>,
    pub next: Option<String>,
}

fn selects(names: &Names, query: &Query, all_departments: bool) -> Vec<Select> {
    let asked = query.get("state").unwrap_or("open");
    let mut states =
        vec![Choice::new("open", "未办结", asked == "open"), Choice::new("all", "全部", asked == "all")];
    let codes = OPEN_STATES.iter().chain(ENDED);
    states.extend(codes.map(|c| Choice::new(*c, state_label(c), asked == *c)));
    let due = query.text("due");
    let dues = [("over", "已超时"), ("day", "一天内"), ("three", "三天内")];
    let mut selects = vec![
        Select { name: "state", label: "状态", any: "", options: states },
        Select {
            name: "due",
            label: "到期",
            any: "不限",
            options: dues.iter().map(|(c, l)| Choice::new(*c, *l, due == *c)).collect(),
        },
    ];
    if all_departments {
        selects.push(Select {
            name: "department",
            label: "单位",
            any: "全部单位",
            options: choices(&names.departments, query.text("department")),
        });
    }
    selects
}

fn filter(state: &AppState, query: &Query) -> Result<CaseFilter, WebError> {
    let now = state.store.now();
    let hours = match query.text("due") {
        "over" => Some(0),
        "day" => Some(24),
        "three" => Some(72),
        _ => None,
    };
    let due_before = match hours {
        Some(hours) => Some(now.checked_add(hours.hours()).map_err(WebError::internal)?),
        None => None,
    };
    let asked = query.get("state").unwrap_or("open");
    let known = OPEN_STATES.iter().chain(ENDED).find(|code| **code == asked);
    Ok(CaseFilter {
        states: known.map(|code| vec![(*code).to_owned()]).unwrap_or_default(),
        open_only: known.is_none() && asked != "all",
        department: query.get("department").map(Into::into),
        due_before,
        number: query.get("q").map(Into::into),
        soonest_first: query.get("due").is_some(),
        ..CaseFilter::default()
    })
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let filter = filter(&state, &query)?;
    let size = if filter.soonest_first { SOONEST_ROWS } else { ROWS };
    let page = Page { before: query.parsed("after"), size };
    let found = state.store.cases(&caller.viewer, &filter, page).await?;
    // The order by due time has no cursor: its one page is long.
    let next = found.next.filter(|_| !filter.soonest_first);
    let wide = caller.viewer.all_open || caller.viewer.all_confidential;
    html(&CasesPage {
        frame: Frame::inside(&state, &caller, "工单", PATH),
        q: query.text("q").into(),
        selects: selects(&state.names, &query, wide),
        cases: state.case_rows(&found.rows, caller.department()),
        first: query.first(PATH),
        next: next.map(|cursor| query.address(PATH, &[("after", &cursor.to_string())])),
    })
}

#[cfg(test)]
impl crate::samples::Sampled for CasesPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{case_row, frame, hostile, names};
        let page = |t: String| Self {
            frame: frame(&t),
            q: t.clone(),
            selects: selects(&names(&t), &Query::parse("state=closed"), true),
            cases: vec![case_row(&t), case_row(&t)],
            first: Some(t.clone()),
            next: Some(t),
        };
        hostile().into_iter().map(page).collect()
    }
}
