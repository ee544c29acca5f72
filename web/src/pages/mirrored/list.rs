//! The list of mirrored cases, what is due first above, with the count of each department.

use askama::Template;
use axum::extract::State;
use qingting_models::records::{Mode, Source};
use qingting_models::store::{MirrorFilter, MirrorLoad, MirrorOffice, MirrorState};

use super::MirrorRow;
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::names::Names;
use crate::pages::{Answer, html};
use crate::query::{Query, Select};
use crate::view::{Choice, choices};

pub(super) const PATH: &str = "/mirrored";
/// Rows of a page.
const ROWS: i64 = 30;
/// The value of the department filter for words that no department is known by.
const UNMAPPED: &str = "-";

/// What the list shows: code and name; the first is shown first.
const VIEWS: &[(&str, &str)] = &[
    ("open", "平台办理中"),
    ("over", "已超期"),
    ("soon", "下个工作日内到期"),
    ("finished", "已办结"),
    ("unsatisfied", "不满意"),
    ("watched", "已列入关注"),
    ("all", "全部"),
];

/// The list.
#[derive(Debug, Template)]
#[template(path = "mirrored.html")]
pub struct MirroredPage {
    pub frame: Frame,
    pub number: String,
    pub selects: Vec<Select>,
    pub count: i64,
    pub cases: Vec<MirrorRow>,
    /// For those who see more than one department.
    pub loads: Vec<LoadRow>,
    pub first: Option<String>,
    pub next: Option<String>,
}

/// What is with a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadRow {
    pub code: String,
    pub name: String,
    pub open: i64,
    pub overdue: i64,
    pub unsatisfied: i64,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let now = state.store.now();
    let filter = filter(&state, &query)?;
    let skip: i64 = query.parsed("after").unwrap_or(0);
    let mut found = state.store.mirrored_cases(&caller.viewer, &filter, skip, ROWS + 1).await?;
    let more = found.len() as i64 > ROWS;
    found.truncate(ROWS as usize);
    let sources = state.store.sources().await?;
    let wide = caller.viewer.all_open || caller.viewer.all_confidential;
    let loads = if wide { state.store.mirror_loads(&caller.viewer).await? } else { Vec::new() };
    let next = skip.saturating_add(ROWS).to_string();
    html(&MirroredPage {
        frame: Frame::inside(&state, &caller, "镜像工单", PATH),
        number: query.text("q").into(),
        selects: selects(&state.names, &sources, &query, wide),
        count: state.store.count_mirrored(&caller.viewer, &filter).await?,
        cases: found
            .iter()
            .map(|case| {
                let source = sources.iter().find(|source| source.id == case.item.source);
                MirrorRow::new(&state, case, source.map_or("已移除的来源", |source| &source.name), now)
            })
            .collect(),
        loads: loads.into_iter().filter(has_any).map(|load| load_row(load, &state.names)).collect(),
        first: query.first(PATH),
        next: more.then(|| query.address(PATH, &[("after", &next)])),
    })
}

/// Which mirrored cases the query asks for.
///
/// # Errors
/// None at present.
pub(crate) fn filter(state: &AppState, query: &Query) -> Result<MirrorFilter, WebError> {
    let now = state.store.now();
    let view = query.get("view").unwrap_or("open");
    let office = query.get("department").map(|code| match code {
        UNMAPPED => MirrorOffice::Unmapped,
        code => MirrorOffice::Is(code.into()),
    });
    let common = MirrorFilter {
        office,
        source: query.parsed("source"),
        number: query.get("q").map(Into::into),
        ..MirrorFilter::default()
    };
    Ok(match view {
        "over" => MirrorFilter { due_before: Some(now), ..common },
        "soon" => MirrorFilter { due_from: Some(now), due_before: state.desk.soon(now), ..common },
        "finished" => MirrorFilter { state: MirrorState::Finished, ..common },
        "unsatisfied" => MirrorFilter { state: MirrorState::All, unsatisfied: true, ..common },
        "watched" => MirrorFilter { state: MirrorState::All, watched: true, ..common },
        "all" => MirrorFilter { state: MirrorState::All, ..common },
        _ => common,
    })
}

fn selects(names: &Names, sources: &[Source], query: &Query, wide: bool) -> Vec<Select> {
    let view = query.get("view").unwrap_or("open");
    let mut selects = vec![Select {
        name: "view",
        label: "状态",
        any: "",
        options: VIEWS.iter().map(|(code, name)| Choice::new(*code, *name, *code == view)).collect(),
    }];
    if wide {
        let chosen = query.text("department");
        let mut options = choices(&names.departments, chosen);
        options.insert(0, Choice::new(UNMAPPED, "没有对应的本县单位", chosen == UNMAPPED));
        selects.push(Select { name: "department", label: "本县单位", any: "全部单位", options });
    }
    let mirrors =
        sources.iter().filter(|source| source.mode == Mode::Mirror && !source.channel.is_published());
    let platform = |source: &Source| {
        let id = source.id.to_string();
        let chosen = query.get("source") == Some(id.as_str());
        Choice::new(id, &source.name, chosen)
    };
    selects.push(Select {
        name: "source",
        label: "平台",
        any: "全部平台",
        options: mirrors.map(platform).collect(),
    });
    selects
}

/// Whether there is anything to look at.
fn has_any(load: &MirrorLoad) -> bool {
    load.open > 0 || load.unsatisfied > 0
}

fn load_row(load: MirrorLoad, names: &Names) -> LoadRow {
    let (code, name) = match &load.department {
        Some(code) => (code.as_str().to_owned(), names.department(code.as_str()).to_owned()),
        None => (UNMAPPED.to_owned(), "没有对应的本县单位".to_owned()),
    };
    LoadRow { code, name, open: load.open, overdue: load.overdue, unsatisfied: load.unsatisfied }
}

#[cfg(test)]
impl crate::samples::Sampled for MirroredPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, names};
        let page = |t: String| Self {
            frame: frame(&t),
            number: t.clone(),
            selects: selects(&names(&t), &[], &Query::parse("view=over"), true),
            count: 2,
            cases: vec![
                MirrorRow::sample(&t),
                MirrorRow {
                    office: None,
                    due: None,
                    open: false,
                    department: Some(t.clone()),
                    ..MirrorRow::sample(&t)
                },
            ],
            loads: vec![LoadRow { code: t.clone(), name: t.clone(), open: 3, overdue: 2, unsatisfied: 1 }],
            first: Some(t.clone()),
            next: Some(t),
        };
        let empty = |t: String| Self { cases: vec![], loads: vec![], count: 0, ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}
