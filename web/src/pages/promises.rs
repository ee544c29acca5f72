//! Promises (承诺): the dated promises of approved replies, followed also after their cases are closed.

use askama::Template;
use axum::extract::{Path, State};
use qingting_models::clock::local_date;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::ReplyId;
use qingting_models::records::{PromiseStanding, PromiseState, TrackedPromise};
use qingting_models::store::{PromiseFilter, StoreError};

use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::Frame;
use crate::moment::Moment;
use crate::people::People;
use crate::query::{Query, Select};
use crate::view::{Choice, Tag, choices, title_text};

const PATH: &str = "/promises";
/// Longest note, in characters.
const NOTE: usize = 200;

/// The list.
#[derive(Debug, Template)]
#[template(path = "promises.html")]
pub struct PromisesPage {
    pub frame: Frame,
    pub selects: Vec<Select>,
    pub promises: Vec<PromiseRow>,
    /// The address of this page, to come back to.
    pub here: String,
}

/// A promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromiseRow {
    /// A name for the form's parts.
    pub key: String,
    pub reply: String,
    pub place: i64,
    pub what: String,
    pub by: String,
    pub department: String,
    pub standing: Tag,
    pub case: String,
    pub number: String,
    pub title: String,
    pub confidential: bool,
    /// Who said what became of it, when, and what they noted.
    pub marked: Option<(String, Moment, String)>,
    /// The caller may say so.
    pub workable: bool,
}

/// The tag of how a promise stands.
pub(super) fn standing_tag(standing: PromiseStanding) -> Tag {
    let class = match standing {
        PromiseStanding::Due => "tag",
        PromiseStanding::Kept => "tag green",
        PromiseStanding::KeptLate => "tag yellow",
        PromiseStanding::Overdue | PromiseStanding::Broken => "tag red",
    };
    Tag::new(standing.label(), class)
}

/// Which promises the query asks for.
pub(crate) fn filter(state: &AppState, query: &Query) -> PromiseFilter {
    let chosen = query.text("state");
    PromiseFilter {
        department: query.get("department").map(DepartmentCode::from),
        state: match chosen {
            "all" => None,
            "kept" => Some(PromiseState::Kept),
            "broken" => Some(PromiseState::Broken),
            _ => Some(PromiseState::Open),
        },
        before: (chosen == "over").then(|| local_date(state.store.now())),
        case: query.parsed("case"),
    }
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let chosen = query.text("state");
    let found = state.store.promises(&caller.viewer, &filter(&state, &query)).await?;
    let people = People::load(&state.store).await?;
    let option = |value: &str, label: &str| Choice::new(value, label, value == chosen);
    let mut selects = vec![Select {
        name: "state",
        label: "状态",
        any: "",
        options: vec![
            option("", "待兑现"),
            option("over", "逾期未兑现"),
            option("kept", "已兑现"),
            option("broken", "未能兑现"),
            option("all", "全部"),
        ],
    }];
    if caller.department().is_none() {
        selects.push(Select {
            name: "department",
            label: "单位",
            any: "全部单位",
            options: choices(&state.names.departments, query.text("department")),
        });
    }
    html(&PromisesPage {
        frame: Frame::inside(&state, &caller, "承诺", PATH).done(query.get("done")),
        selects,
        promises: found.into_iter().map(|promise| row(&state, &caller, &people, promise)).collect(),
        here: query.here(PATH),
    })
}

fn row(state: &AppState, caller: &Caller, people: &People, promise: TrackedPromise) -> PromiseRow {
    let now = state.store.now();
    let standing = promise.standing(local_date(now));
    PromiseRow {
        key: format!("{}-{}", promise.reply, promise.place),
        reply: promise.reply.to_string(),
        place: promise.place,
        by: promise.by.to_string(),
        department: state.names.department(promise.department.as_str()).to_owned(),
        standing: standing_tag(standing),
        case: promise.case.to_string(),
        number: promise.case_number,
        title: title_text(&promise.case_title),
        confidential: promise.confidential,
        marked: promise.marked.map(|(by, at, note)| (people.actor(by), Moment::new(at, now), note)),
        workable: promise.state == PromiseState::Open && caller.department() == Some(&promise.department),
        what: promise.what,
    }
}

/// Notes what became of a promise, for the department that made it.
pub async fn mark(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let first = mark_one(&state, &caller, read_id(&id)?, &form).await?;
    Ok(back(form.text("back"), PATH, if first { "promise-marked" } else { "promise-marked-before" }))
}

/// Says what became of a promise of a reply, as the form has it; false when somebody was first.
///
/// # Errors
/// When a field is missing, or the promise is of another department.
pub(crate) async fn mark_one(
    state: &AppState,
    caller: &Caller,
    reply: ReplyId,
    form: &Form,
) -> Result<bool, WebError> {
    let place: i64 = form.must("place", "承诺")?;
    let became = match form.text("became") {
        "kept" => PromiseState::Kept,
        "broken" => PromiseState::Broken,
        _ => return Err(WebError::bad("请选择“已兑现”或“未能兑现”")),
    };
    let label = if became == PromiseState::Kept { "怎样兑现的" } else { "为什么不能兑现" };
    let note = form.need("note", label, NOTE)?;
    let promise = state.store.promise(&caller.viewer, reply, place).await?.ok_or(WebError::NotFound)?;
    if caller.department() != Some(&promise.department) {
        return Err(WebError::bad("只能由作出承诺的单位登记"));
    }
    match state.store.mark_promise(&caller.viewer, (reply, place), became, note, caller.actor()).await {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
impl crate::samples::Sampled for PromisesPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let page = |t: String| {
            let row = PromiseRow {
                key: t.clone(),
                reply: t.clone(),
                place: 0,
                what: t.clone(),
                by: t.clone(),
                department: t.clone(),
                standing: Tag::new(&t, "tag red"),
                case: t.clone(),
                number: t.clone(),
                title: t.clone(),
                confidential: true,
                marked: None,
                workable: true,
            };
            let marked = Some((t.clone(), moment(60), t.clone()));
            let done = PromiseRow { key: format!("b{t}"), marked, workable: false, ..row.clone() };
            Self { frame: frame(&t), selects: vec![], promises: vec![row, done], here: t }
        };
        let empty = |t: String| Self { promises: vec![], ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}
