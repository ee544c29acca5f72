//! One line (口径): its text and versions, and the form by which it is proposed, agreed, changed and withdrawn.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::civil::Date;
use qingting_models::clock::local_date;
use qingting_models::county::{DepartmentCode, TopicCode};
use qingting_models::ids::{IncidentId, LineId};
use qingting_models::records::{Agreement, Line, LineContent, LineState, Role};
use qingting_models::store::{NewLine, StoreError};
use qingting_models::text::mask_official;

use super::lines::{LineRow, PATH, keeps, proposes, row};
use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::people::People;
use crate::query::Query;
use crate::view::{Choice, Tag};

/// One line: its form for those who keep it, else its text.
#[derive(Debug, Template)]
#[template(path = "line.html")]
pub struct LinePage {
    pub frame: Frame,
    /// `None` for one that is new.
    pub row: Option<LineRow>,
    pub whole: String,
    pub typed: Typed,
    pub topics: Vec<Choice>,
    pub departments: Vec<Choice>,
    /// The caller may change and withdraw it, or add one.
    pub keeps: bool,
    /// The caller's word is a proposal: the duty office agrees it.
    pub proposes: bool,
    pub may_withdraw: bool,
    pub withdrawn_because: String,
    pub versions: Vec<(String, String, Moment, Tag, String)>,
}

/// What stands in the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub version: String,
    pub name: String,
    pub text: String,
    pub incident: String,
    pub valid_from: String,
    pub valid_to: String,
    pub agreed_by: String,
    pub agreed_on: String,
    pub confidential: bool,
    pub chosen_topics: Vec<String>,
    pub chosen_departments: Vec<String>,
}

pub async fn new(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let typed = Typed {
        version: "0".into(),
        valid_from: local_date(state.store.now()).to_string(),
        incident: query.text("incident").to_owned(),
        confidential: !caller.has(Role::Duty) && caller.has(Role::Discipline),
        ..Typed::default()
    };
    html(&page(&state, &caller, None, typed).await?)
}

pub async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let line = state.store.line(&caller.viewer, read_id(&id)?).await?.ok_or(WebError::NotFound)?;
    let typed = typed_of(&line);
    let mut page = page(&state, &caller, Some(line), typed).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

async fn page(
    state: &AppState,
    caller: &Caller,
    line: Option<Line>,
    typed: Typed,
) -> Result<LinePage, WebError> {
    let now = state.store.now();
    let today = local_date(now);
    let people = People::load(&state.store).await?;
    let mut versions = Vec::new();
    if let Some(line) = &line {
        for version in state.store.line_versions(&caller.viewer, line.id).await? {
            let tag = row(&version, &state.names, today).standing;
            let at = Moment::new(version.changed_at, now);
            let by = people.actor(version.changed_by);
            versions.push((version.version.to_string(), by, at, tag, version.content.text));
        }
    }
    let chosen = |table: &[(String, String)], chosen: &[String]| {
        table.iter().map(|(code, name)| Choice::new(code, name, chosen.contains(code))).collect::<Vec<_>>()
    };
    let title = line.as_ref().map_or("新建口径", |line| line.content.name.as_str());
    Ok(LinePage {
        frame: Frame::inside(state, caller, title, PATH),
        topics: chosen(&state.names.topics, &typed.chosen_topics),
        departments: chosen(&state.names.departments, &typed.chosen_departments),
        typed,
        keeps: line.as_ref().map_or(keeps(caller) || proposes(caller), |line| may_keep(caller, line)),
        proposes: proposes(caller),
        may_withdraw: line
            .as_ref()
            .is_some_and(|line| may_keep(caller, line) && line.state != LineState::Withdrawn),
        withdrawn_because: line.as_ref().map_or_else(String::new, |line| line.withdrawn_because.clone()),
        whole: line.as_ref().map_or_else(String::new, |line| line.content.text.clone()),
        row: line.as_ref().map(|line| row(line, &state.names, today)),
        versions,
    })
}

/// Whether the caller keeps this line: the duty officer open ones, the discipline officer confidential ones.
fn may_keep(caller: &Caller, line: &Line) -> bool {
    caller.has(if line.content.confidential { Role::Discipline } else { Role::Duty })
}

fn typed_of(line: &Line) -> Typed {
    let content = &line.content;
    let date = |date: Option<Date>| date.map_or_else(String::new, |date| date.to_string());
    Typed {
        version: line.version.to_string(),
        name: content.name.clone(),
        text: content.text.clone(),
        incident: content.incident.map_or_else(String::new, |id| id.to_string()),
        valid_from: content.valid_from.to_string(),
        valid_to: date(content.valid_to),
        agreed_by: content.agreement.as_ref().map_or_else(String::new, |a| a.by.clone()),
        agreed_on: date(content.agreement.as_ref().map(|a| a.on)),
        confidential: content.confidential,
        chosen_topics: content.topics.iter().map(|t| t.as_str().to_owned()).collect(),
        chosen_departments: content.departments.iter().map(|d| d.as_str().to_owned()).collect(),
    }
}

fn typed(form: &Form) -> Typed {
    let text = |name: &str| form.text(name).to_owned();
    Typed {
        version: text("version"),
        name: text("name"),
        text: text("text"),
        incident: text("incident"),
        valid_from: text("valid_from"),
        valid_to: text("valid_to"),
        agreed_by: text("agreed_by"),
        agreed_on: text("agreed_on"),
        confidential: form.text("confidential") == "on",
        chosen_topics: form.all("topic").map(str::to_owned).collect(),
        chosen_departments: form.all("department").map(str::to_owned).collect(),
    }
}

/// The line that a form holds, as the caller may write it.
///
/// # Errors
/// When it may not be written so, in words.
pub(crate) async fn read(state: &AppState, caller: &Caller, form: &Form) -> Result<NewLine, WebError> {
    let known = |table: &[(String, String)], name: &'static str, label: &str| {
        let mut codes = Vec::new();
        for code in form.all(name) {
            if !table.iter().any(|(known, _)| known == code) {
                return Err(WebError::bad(format!("没有代码为“{code}”的{label}，请从列出的选择")));
            }
            codes.push(code.to_owned());
        }
        Ok(codes)
    };
    let topics = known(&state.names.topics, "topic", "话题")?;
    let mut departments = known(&state.names.departments, "department", "单位")?;
    let confidential = form.text("confidential") == "on";
    if proposes(caller) {
        // A department proposes for its own matters, in the open.
        departments = caller.department().iter().map(|d| d.as_str().to_owned()).collect();
    } else if !caller.has(if confidential { Role::Discipline } else { Role::Duty }) {
        return Err(WebError::bad("保密的口径由纪检专员维护，其余的由值班研判员维护"));
    }
    let incident = form.parsed::<IncidentId>("incident", "事件")?;
    if let Some(id) = incident {
        state
            .store
            .incident(&caller.viewer, id)
            .await?
            .ok_or_else(|| WebError::bad("没有这个事件，或您无权查看"))?;
    }
    let (by, on) = (form.text("agreed_by"), form.parsed::<Date>("agreed_on", "商定日期")?);
    let agreement = match (by.is_empty(), on) {
        (true, None) => None,
        (false, Some(on)) => Some(Agreement { by: mask_official(by), on }),
        _ => return Err(WebError::bad("由谁商定和商定日期要一起写")),
    };
    let line_state = if proposes(caller) { LineState::Proposed } else { LineState::Agreed };
    let content = LineContent {
        name: mask_official(form.text("name")),
        text: mask_official(form.text("text")),
        topics: topics.into_iter().map(TopicCode::from).collect(),
        departments: departments.into_iter().map(DepartmentCode::from).collect(),
        incident,
        confidential: confidential && !proposes(caller),
        valid_from: form.must("valid_from", "有效期第一天")?,
        valid_to: form.parsed("valid_to", "有效期最后一天")?,
        agreement,
    };
    let today = local_date(state.store.now());
    content.check(line_state, today).map_err(|fault| WebError::bad(fault.to_string()))?;
    Ok(NewLine { state: line_state, content })
}

/// Adds a line.
///
/// # Errors
/// When there is one of that name.
pub(crate) async fn keep_new(state: &AppState, caller: &Caller, new: NewLine) -> Result<Line, WebError> {
    state.store.add_line(new, caller.actor()).await.map_err(in_words)
}

/// Changes a line that was read at version `seen`.
///
/// # Errors
/// When another has that name; [`WebError::Conflict`] when somebody else was faster.
pub(crate) async fn keep(
    state: &AppState,
    caller: &Caller,
    id: LineId,
    seen: i64,
    new: NewLine,
) -> Result<(), WebError> {
    let changed = state.store.change_line(&caller.viewer, id, seen, new, caller.actor()).await;
    changed.map(drop).map_err(in_words)
}

/// A line that the caller keeps.
///
/// # Errors
/// When there is none.
pub(crate) async fn kept_by(state: &AppState, caller: &Caller, id: LineId) -> Result<Line, WebError> {
    let line = state.store.line(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    may_keep(caller, &line).then_some(line).ok_or(WebError::NotFound)
}

pub async fn add(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let done = match read(&state, &caller, &form).await {
        Ok(new) => keep_new(&state, &caller, new).await,
        Err(error) => Err(error),
    };
    let said = if proposes(&caller) { "line-proposed" } else { "line-added" };
    match done {
        Ok(line) => Ok(back("", &format!("{PATH}/{}", line.id), said)),
        Err(WebError::Bad(why)) => again(&state, &caller, None, &form, why).await,
        Err(error) => Err(error),
    }
}

pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: LineId = read_id(&id)?;
    let line = kept_by(&state, &caller, id).await?;
    let seen = form.must("version", "版本")?;
    let done = match read(&state, &caller, &form).await {
        Ok(new) => keep(&state, &caller, id, seen, new).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(back("", &format!("{PATH}/{id}"), "line-changed")),
        Err(WebError::Bad(why) | WebError::Conflict(why)) => {
            again(&state, &caller, Some(line), &form, why).await
        }
        Err(error) => Err(error),
    }
}

pub async fn withdraw(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: LineId = read_id(&id)?;
    kept_by(&state, &caller, id).await?;
    let reason = form.need("reason", "撤回的原因", 200)?;
    let seen = form.must("version", "版本")?;
    state.store.withdraw_line(&caller.viewer, id, seen, reason, caller.actor()).await?;
    Ok(back("", &format!("{PATH}/{id}"), "line-withdrawn"))
}

fn in_words(error: StoreError) -> WebError {
    match error {
        StoreError::Taken { value, .. } => {
            WebError::bad(format!("已经有名称为“{value}”的口径，请换一个名称，或修改那一条"))
        }
        StoreError::Conflict { .. } => {
            let why = "这条口径刚刚被别人改过，请打开新的一页对照后再改；您写的文字还在下面";
            WebError::Conflict(why.into())
        }
        other => other.into(),
    }
}

async fn again(state: &AppState, caller: &Caller, line: Option<Line>, form: &Form, why: String) -> Answer {
    let mut shown = page(state, caller, line, typed(form)).await?;
    shown.frame = shown.frame.with(Some(Notice::bad(why)));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)?).into_response())
}

#[cfg(test)]
impl crate::samples::Sampled for LinePage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile, moment};
        let page = |t: String| Self {
            frame: frame(&t),
            row: Some(super::lines::sample_row(&t)),
            whole: t.clone(),
            typed: Typed {
                version: t.clone(),
                name: t.clone(),
                text: t.clone(),
                incident: t.clone(),
                valid_from: t.clone(),
                valid_to: t.clone(),
                agreed_by: t.clone(),
                agreed_on: t.clone(),
                confidential: true,
                ..Typed::default()
            },
            topics: vec![choice(&t)],
            departments: vec![choice(&t)],
            keeps: true,
            proposes: false,
            may_withdraw: true,
            withdrawn_because: t.clone(),
            versions: vec![(t.clone(), t.clone(), moment(60), Tag::new(&t, "tag"), t)],
        };
        let read = |t: String| Self { keeps: false, may_withdraw: false, ..page(t) };
        let new = |t: String| Self { row: None, versions: vec![], proposes: true, ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), read(t.clone()), new(t)]).collect()
    }
}
