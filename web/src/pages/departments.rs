//! The departments: what they are, and how well cases were sent to them in the last quarter of a year.

use askama::Template;
use axum::extract::State;
use jiff::SignedDuration;
use qingting_models::clock::local_date;
use qingting_models::records::Role;
use qingting_respond::routing::Sent;

use crate::app::AppState;
use crate::caller::Caller;
use crate::frame::Frame;
use crate::pages::{Answer, html};

const PATH: &str = "/departments";
/// How many days back cases are counted.
pub(crate) const DAYS: i64 = 90;

#[derive(Debug, Template)]
#[template(path = "departments.html")]
pub struct DepartmentsPage {
    pub frame: Frame,
    pub days: i64,
    pub rows: Vec<DepartmentRow>,
    pub may_change: bool,
}

/// A department with its cases.
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

pub async fn show(State(state): State<AppState>, caller: Caller) -> Answer {
    let now = state.store.now();
    let since = now - SignedDuration::from_hours(24 * DAYS);
    // An administrator sees no cases; the figures are then those of what is not confidential.
    let viewer = match caller.viewer.all_open || caller.viewer.all_confidential {
        true => caller.viewer.clone(),
        false => qingting_models::records::Viewer::OPEN,
    };
    let record = state.desk.routing_record(&viewer, since).await?;
    let departments = state.desk.county().departments.on(local_date(now));
    let row = |department: &qingting_models::county::Department| {
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
    html(&DepartmentsPage {
        frame: Frame::inside(&state, &caller, "单位", PATH),
        days: DAYS,
        rows: departments.map(row).collect(),
        may_change: caller.has(Role::Admin),
    })
}

#[cfg(test)]
impl crate::samples::Sampled for DepartmentsPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile};
        let page = |t: String| Self {
            frame: frame(&t),
            days: DAYS,
            rows: vec![DepartmentRow {
                code: t.clone(),
                name: t.clone(),
                full: t.clone(),
                kind: t.clone(),
                town: t.clone(),
                sent: Sent { by_rule: 9, back_by_rule: 1, ..Sent::default() },
                accuracy: Some(t),
            }],
            may_change: true,
        };
        hostile().into_iter().map(page).collect()
    }
}
