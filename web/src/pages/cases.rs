//! All cases that the caller may see: by state, department, due time and words.

use std::collections::HashSet;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::{Timestamp, ToSpan};
use qingting_models::county::DepartmentCode;
use qingting_models::ids::CaseId;
use qingting_models::records::{Case, Helper, HelperState, OPEN_STATES, Role, state_label};
use qingting_models::store::{CaseFilter, ItemFilter, ItemState, Listing, Page};

use super::views::Views;
use super::{Answer, html};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::names::Names;
use crate::query::{Query, Select};
use crate::selection::ticked;
use crate::view::{CaseRow, Choice, choices};

/// Rows of a page.
const ROWS: i64 = 30;
const PATH: &str = "/cases";
pub(crate) const ENDED: &[&str] = &["closed", "declined", "outside", "void", "merged"];

/// The list.
#[derive(Debug, Template)]
#[template(path = "cases.html")]
pub struct CasesPage {
    pub frame: Frame,
    pub q: String,
    pub selects: Vec<Select>,
    pub cases: Vec<CaseRow>,
    /// What the caller may do with several at once.
    pub batch: Option<Batch>,
    /// The address of this page, for coming back after an action.
    pub here: String,
    pub first: Option<String>,
    pub next: Option<String>,
    pub views: Views,
}

/// What may be done with several cases at once: a leader presses, whoever keeps the desk does more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub levels: Vec<Choice>,
    /// For giving returned cases to another department; none for a leader.
    pub departments: Vec<Choice>,
    pub note: String,
    /// The number of the case that they are merged into.
    pub into: String,
}

impl Batch {
    /// With what was typed.
    fn of(state: &AppState, caller: &Caller, form: &Form) -> Option<Self> {
        let level = |(value, label): (&str, &str)| Choice::new(value, label, value == form.text("level"));
        let (note, into) = (form.text("note").to_owned(), form.text("into").to_owned());
        let desk = caller.has_any(&[Role::Duty, Role::Discipline]);
        if desk {
            let levels = [("1", "黄色"), ("2", "红色")].map(level).to_vec();
            let departments = choices(&state.names.departments, form.text("department"));
            return Some(Self { levels, departments, note, into });
        }
        let leads = caller.has(Role::Leader);
        leads
            .then(|| Self { levels: vec![level(("3", "领导督办"))], departments: Vec::new(), note, into })
    }
}

fn selects(names: &Names, query: &Query, all_departments: bool) -> Vec<Select> {
    let asked = query.get("state").unwrap_or("open");
    let mut states =
        vec![Choice::new("open", "未办结", asked == "open"), Choice::new("all", "全部", asked == "all")];
    let codes = OPEN_STATES.iter().chain(ENDED);
    states.extend(codes.map(|c| Choice::new(*c, state_label(c), asked == *c)));
    let due = query.text("due");
    let dues = [("over", "已超期"), ("day", "一天内"), ("three", "三天内")];
    let mut selects = vec![
        Select { name: "state", label: "状态", any: "", options: states },
        Select {
            name: "due",
            label: "到期",
            any: "不限",
            options: dues.iter().map(|(c, l)| Choice::new(*c, *l, due == *c)).collect(),
        },
    ];
    selects.push(Select {
        name: "order",
        label: "顺序",
        any: "",
        options: vec![
            Choice::new("due", "先到期的在前", soonest_first(query)),
            Choice::new("new", "新的在前", !soonest_first(query)),
        ],
    });
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

/// What is due first stands first, among open cases also where no order was asked for.
fn soonest_first(query: &Query) -> bool {
    match query.text("order") {
        "due" => true,
        "new" => false,
        _ => query.get("due").is_some() || (query.get("state").unwrap_or("open") == "open"),
    }
}

/// Which cases the query asks for.
///
/// # Errors
/// When a time cannot be reckoned.
pub(crate) fn filter(state: &AppState, query: &Query) -> Result<CaseFilter, WebError> {
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
        lead: query.get("lead").map(Into::into),
        topic: query.get("topic").map(Into::into),
        town: query.get("town").map(Into::into),
        due_from: None,
        due_before,
        number: query.get("q").filter(|q| is_number(q)).map(Into::into),
        soonest_first: soonest_first(query),
    })
}

/// Whether a search is for a case number or its beginning: `2026-00123`, `2026-`.
fn is_number(q: &str) -> bool {
    q.starts_with(|c: char| c.is_ascii_digit()) && q.chars().all(|c| c.is_ascii_digit() || c == '-')
}

/// Cases whose item has the words. The store searches items, so a page holds the cases of one page of
/// items, as far as the filter keeps them; a case that was split off its item's case is not found so.
async fn by_words(
    state: &AppState,
    caller: &Caller,
    filter: &CaseFilter,
    words: &str,
    page: Page,
) -> Result<Listing<Case>, WebError> {
    let sought = state.sought(words);
    if sought.is_empty() {
        return Ok(Listing { rows: Vec::new(), next: None });
    }
    let asked = ItemFilter { state: ItemState::WithCase, sought, ..ItemFilter::default() };
    let items = state.store.items(&caller.viewer, &asked, Page { size: ROWS, ..page }).await?;
    let mut found: Vec<CaseId> = items.rows.iter().filter_map(|item| item.case).collect();
    let mut seen = HashSet::new();
    // A case that answers several of the items stands here once, where the first of them stands.
    found.retain(|id| seen.insert(*id));
    let mut rows = state.store.cases_of_ids(&caller.viewer, &found).await?;
    rows.retain(|case| keeps(filter, case));
    if filter.soonest_first {
        rows.sort_by_key(|case| case.due.as_ref().map(|(_, at)| *at));
    } else {
        rows.sort_by_key(|case| found.iter().position(|id| *id == case.id));
    }
    Ok(Listing { rows, next: items.next })
}

/// Whether a case passes the filters of the page.
fn keeps(filter: &CaseFilter, case: &Case) -> bool {
    let state = case.state.code();
    let gone = |h: &Helper| matches!(h.state, HelperState::Refused | HelperState::Released);
    let of = |code: &DepartmentCode| {
        case.lead == *code || case.helpers.iter().any(|h| h.department == *code && !gone(h))
    };
    let due = |until: Timestamp| case.due.as_ref().is_some_and(|(_, at)| *at < until);
    (filter.states.is_empty() || filter.states.iter().any(|s| s == state))
        && (!filter.open_only || case.state.is_open())
        && filter.department.as_ref().is_none_or(of)
        && filter.due_before.is_none_or(due)
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    html(&build(&state, &caller, &query).await?)
}

/// The list at the address that its form came from again, with what is to be said, what was ticked and what was typed.
pub(crate) async fn show_again(state: &AppState, caller: &Caller, form: &Form, notice: Notice) -> Answer {
    let query = Query::parse(form.text("back").split_once('?').map_or("", |(_, query)| query));
    let mut page = build(state, caller, &query).await?;
    let ticked = ticked(form, "row");
    for row in &mut page.cases {
        row.ticked = ticked.contains(&row.id);
    }
    page.batch = Batch::of(state, caller, form);
    page.frame = page.frame.with(Some(notice));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

async fn build(state: &AppState, caller: &Caller, query: &Query) -> Result<CasesPage, WebError> {
    let filter = filter(state, query)?;
    let page = Page { before: query.parsed("after"), size: ROWS };
    let found = match query.get("q").filter(|q| !is_number(q)) {
        Some(words) => by_words(state, caller, &filter, words, page).await?,
        None => state.store.cases(&caller.viewer, &filter, page).await?,
    };
    let wide = caller.viewer.all_open || caller.viewer.all_confidential;
    let batch = Batch::of(state, caller, &Form::default());
    let count: Option<usize> = query.parsed("count").filter(|_| query.text("done") == "batch");
    let done = count.map(|count| Notice::good(format!("勾选的 {count} 件都已办好。")));
    Ok(CasesPage {
        frame: Frame::inside(state, caller, "工单", PATH).done(query.get("done")).with(done),
        batch,
        here: query.here(PATH),
        views: Views::of(state, caller, PATH, query).await?,
        q: query.text("q").into(),
        selects: selects(&state.names, query, wide),
        cases: state.case_rows(&found.rows, caller.department()),
        first: query.first(PATH),
        next: found.next.map(|cursor| query.address(PATH, &[("after", &cursor.to_string())])),
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
            batch: Some(Batch {
                levels: vec![crate::samples::choice(&t)],
                departments: vec![crate::samples::choice(&t)],
                note: t.clone(),
                into: t.clone(),
            }),
            here: t.clone(),
            first: Some(t.clone()),
            next: Some(t),
            views: Views::samples().remove(0),
        };
        hostile().into_iter().map(page).collect()
    }
}
