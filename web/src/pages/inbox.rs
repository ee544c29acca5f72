//! What waits for the caller's department: to accept, to handle, to review; what is due first stands first.

use askama::Template;
use axum::extract::State;
use qingting_models::clock::local_date;
use qingting_models::county::DepartmentCode;
use qingting_models::records::{PromiseState, Role};
use qingting_models::store::{CaseFilter, MirrorFilter, MirrorOffice, Page, PromiseFilter};

use super::mirrored::MirrorRow;
use super::{Answer, html};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::query::Query;
use crate::view::CaseRow;

/// Rows of a group.
const ROWS: i64 = 20;

/// The department's work.
#[derive(Debug, Template)]
#[template(path = "inbox.html")]
pub struct InboxPage {
    pub frame: Frame,
    pub department: String,
    pub groups: Vec<Group>,
    /// Promises whose day has passed, of the department.
    pub overdue_promises: i64,
    /// Open cases of other platforms that name the department: how many, and those due first.
    pub mirrored: (i64, Vec<MirrorRow>),
}

/// The cases of one kind of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub title: &'static str,
    pub count: i64,
    pub cases: Vec<CaseRow>,
    /// Where all of them are.
    pub more: Option<&'static str>,
    /// Words for none.
    pub none: &'static str,
}

/// Title, state codes, address of all, words for none; the reviewer's work and the handler's.
type Section = (&'static str, &'static [&'static str], &'static str, &'static str);
const REVIEW: Section = ("待审核", &["in_review"], "/cases?state=in_review", "没有等待审核的答复。");
const ACCEPT: Section = ("待签收", &["assigned"], "/cases?state=assigned", "没有等待签收的工单。");
const HANDLE: Section = ("办理中", &["handling", "waiting"], "/cases?state=handling", "没有办理中的工单。");

fn sections(caller: &Caller) -> Vec<Section> {
    match (caller.has(Role::Handler), caller.has(Role::Reviewer)) {
        (false, true) => vec![REVIEW, ACCEPT, HANDLE],
        _ => vec![ACCEPT, HANDLE, REVIEW],
    }
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let Some(own) = caller.department().cloned() else {
        return Err(WebError::bad("您的账号没有所属单位，请联系管理员"));
    };
    let mut groups = Vec::new();
    for (title, states, more, none) in sections(&caller) {
        let filter = CaseFilter {
            states: states.iter().map(|s| (*s).to_owned()).collect(),
            department: Some(own.clone()),
            soonest_first: true,
            ..CaseFilter::default()
        };
        let found = state.store.cases(&caller.viewer, &filter, Page { before: None, size: ROWS }).await?;
        let count = state.store.count_cases(&caller.viewer, &filter).await?;
        groups.push(Group {
            title,
            count,
            cases: state.case_rows(&found.rows, Some(&own)),
            more: (count > ROWS).then_some(more),
            none,
        });
    }
    let overdue = PromiseFilter {
        department: Some(own.clone()),
        state: Some(PromiseState::Open),
        before: Some(local_date(state.store.now())),
        case: None,
    };
    html(&InboxPage {
        mirrored: mirrored(&state, &caller, &own).await?,
        overdue_promises: state.store.count_promises(&caller.viewer, &overdue).await?,
        frame: Frame::inside(&state, &caller, "部门待办", "/inbox").done(query.get("done")),
        department: state.names.department(own.as_str()).to_owned(),
        groups,
    })
}

/// Rows of the cases of other platforms.
const MIRRORED: i64 = 5;

async fn mirrored(
    state: &AppState,
    caller: &Caller,
    own: &DepartmentCode,
) -> Result<(i64, Vec<MirrorRow>), WebError> {
    let filter = MirrorFilter { office: Some(MirrorOffice::Is(own.clone())), ..MirrorFilter::default() };
    let count = state.store.count_mirrored(&caller.viewer, &filter).await?;
    let now = state.store.now();
    let mut rows = Vec::new();
    for case in state.store.mirrored_cases(&caller.viewer, &filter, 0, MIRRORED).await? {
        let source = state.store.source(case.item.source).await?.map_or_else(String::new, |s| s.name);
        rows.push(MirrorRow::new(state, &case, &source, now));
    }
    Ok((count, rows))
}

#[cfg(test)]
impl crate::samples::Sampled for InboxPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{case_row, frame, hostile};
        let group = |cases| Group {
            title: "待签收",
            count: 2,
            cases,
            more: Some("/cases?state=assigned"),
            none: "没有等待签收的工单。",
        };
        let page = |t: String| Self {
            frame: frame(&t),
            groups: vec![group(vec![case_row(&t)]), group(vec![])],
            mirrored: (9, vec![MirrorRow::sample(&t)]),
            department: t,
            overdue_promises: 2,
        };
        hostile().into_iter().map(page).collect()
    }
}
