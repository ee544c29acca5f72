//! The routing table as an administrator reads it: row by row in the order of the file.

use askama::Template;
use axum::extract::State;
use qingting_models::county::{RoutingCells, RoutingSheet, TOWN_OFFICE};

use super::current;
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::names::Names;
use crate::pages::{Answer, html};
use crate::query::{Query, Select};
use crate::view::{Choice, choices};

/// Where the table stands.
pub(crate) const PATH: &str = "/routing";
/// Its file.
pub(crate) const FILE: &str = "routing.csv";

#[derive(Debug, Template)]
#[template(path = "routing.html")]
pub struct RoutingPage {
    pub frame: Frame,
    pub selects: Vec<Select>,
    pub rows: Vec<RouteRow>,
    pub all: usize,
    pub may_change: bool,
}

/// A row in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteRow {
    pub index: usize,
    pub line: usize,
    pub priority: String,
    pub topic: String,
    pub place: String,
    pub kind: String,
    pub words: String,
    pub department: String,
    pub note: String,
    /// From when to when, when it is limited.
    pub valid: String,
}

/// The sheet as it counts now.
///
/// # Errors
/// When the store fails.
pub(crate) async fn sheet(state: &AppState) -> Result<RoutingSheet, WebError> {
    let text = current(state, FILE).await?.unwrap_or_default();
    RoutingSheet::parse(&text).map_err(WebError::internal)
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let (sheet, names) = (sheet(&state).await?, &state.names);
    let (topic, department) = (query.text("topic"), query.text("department"));
    let fits = |cells: &RoutingCells| {
        (topic.is_empty() || cells[1] == topic) && (department.is_empty() || cells[5] == department)
    };
    let rows = sheet.rows().iter().enumerate().filter(|(_, cells)| fits(cells));
    let rows = rows.map(|(index, cells)| row(index, cells, names)).collect();
    let mut offices = choices(&names.departments, department);
    offices.insert(0, Choice::new(TOWN_OFFICE, "属地乡镇街道", department == TOWN_OFFICE));
    let selects = vec![
        Select { name: "topic", label: "话题", any: "全部", options: choices(&names.topics, topic) },
        Select { name: "department", label: "单位", any: "全部", options: offices },
    ];
    html(&RoutingPage {
        frame: Frame::inside(&state, &caller, "分流规则", PATH).done(query.get("done")),
        selects,
        all: sheet.rows().len(),
        rows,
        may_change: caller.has(qingting_models::records::Role::Admin),
    })
}

/// The word for a department cell.
pub(super) fn target(code: &str, names: &Names) -> String {
    if code == TOWN_OFFICE { "属地乡镇街道".into() } else { names.department(code).to_owned() }
}

fn row(index: usize, cells: &RoutingCells, names: &Names) -> RouteRow {
    let [priority, topic, place, kind, words, department, note, from, to] = cells;
    let valid = match (from.as_str(), to.as_str()) {
        ("", "") => String::new(),
        (from, "") => format!("{from} 起"),
        ("", to) => format!("至 {to}"),
        (from, to) => format!("{from} 至 {to}"),
    };
    RouteRow {
        index,
        line: RoutingSheet::line(index),
        priority: priority.clone(),
        topic: names.topic(topic).to_owned(),
        place: place.clone(),
        kind: kind.clone(),
        words: words.split('|').map(str::trim).collect::<Vec<_>>().join("、"),
        department: target(department, names),
        note: note.clone(),
        valid,
    }
}

#[cfg(test)]
impl crate::samples::Sampled for RoutingPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile};
        let page = |t: String| Self {
            frame: frame(&t),
            selects: vec![Select {
                name: "topic", label: "话题", any: "全部", options: vec![choice(&t)]
            }],
            rows: vec![RouteRow {
                index: 0,
                line: 2,
                priority: t.clone(),
                topic: t.clone(),
                place: t.clone(),
                kind: t.clone(),
                words: t.clone(),
                department: t.clone(),
                note: t.clone(),
                valid: t,
            }],
            all: 1,
            may_change: true,
        };
        hostile().into_iter().map(page).collect()
    }
}
