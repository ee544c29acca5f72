//! Reply templates (答复模板): the list, and the form of one.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::county::{DepartmentCode, TopicCode};
use qingting_models::ids::TemplateId;
use qingting_models::records::{
    OPEN_STATES, Outcome, Placeholder, ReplyTemplate, Role, TemplateContent, state_label,
};
use qingting_models::store::StoreError;
use qingting_models::text::mask_official;

use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::names::Names;
use crate::people::People;
use crate::query::Query;
use crate::view::{Choice, choices, snippet};

const PATH: &str = "/templates";

/// The list.
#[derive(Debug, Template)]
#[template(path = "reply_templates.html")]
pub struct TemplatesPage {
    pub frame: Frame,
    pub templates: Vec<TemplateRow>,
    /// The caller may load the first ones into an office that has none.
    pub may_load: bool,
}

/// A template in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRow {
    pub id: String,
    pub name: String,
    pub text: String,
    /// For whom and for what, in words.
    pub facts: Vec<String>,
    pub changed: (String, Moment),
}

/// The form of one.
#[derive(Debug, Template)]
#[template(path = "reply_template.html")]
pub struct TemplatePage {
    pub frame: Frame,
    /// `None` for one that is new.
    pub id: Option<String>,
    pub version: String,
    pub name: String,
    pub text: String,
    /// All departments for the duty office; a department's reviewer writes for their own.
    pub departments: Vec<Choice>,
    pub topics: Vec<Choice>,
    pub states: Vec<Choice>,
    pub outcomes: Vec<Choice>,
    pub placeholders: String,
    /// The caller may change it.
    pub keeps: bool,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let found = state.store.reply_templates(own(&caller)).await?;
    let people = People::load(&state.store).await?;
    let now = state.store.now();
    let row = |template: ReplyTemplate| TemplateRow {
        id: template.id.to_string(),
        text: snippet(&template.content.text, 120),
        facts: facts(&template.content, &state.names),
        changed: (people.actor(template.changed_by), Moment::new(template.changed_at, now)),
        name: template.content.name,
    };
    html(&TemplatesPage {
        frame: Frame::inside(&state, &caller, "答复模板", PATH).done(query.get("done")),
        may_load: found.is_empty() && caller.has(Role::Duty),
        templates: found.into_iter().map(row).collect(),
    })
}

/// The department whose templates the caller writes; `None` for the duty office, which keeps all.
pub(crate) fn own(caller: &Caller) -> Option<&DepartmentCode> {
    if caller.has(Role::Duty) { None } else { caller.department() }
}

fn facts(content: &TemplateContent, names: &Names) -> Vec<String> {
    let department = content.department.as_ref().map_or("各单位", |d| names.department(d.as_str()));
    let mut facts = vec![department.to_owned()];
    facts.extend(content.topic.as_ref().map(|topic| names.topic(topic.as_str()).to_owned()));
    facts.extend(content.state.as_ref().map(|state| state_label(state).to_owned()));
    facts.extend(content.outcome.map(|outcome| outcome.label().to_owned()));
    facts
}

/// Whether the caller may change the template: the duty office any, a department its own.
fn may_keep(caller: &Caller, content: &TemplateContent) -> bool {
    caller.has(Role::Duty) || content.department.is_some() && content.department.as_ref() == own(caller)
}

/// Gives an office without templates those of the county's file.
pub async fn first(State(state): State<AppState>, caller: Caller) -> Answer {
    load_first(&state, &caller).await?;
    Ok(back("", PATH, "template-added"))
}

/// The same, for whoever keeps all templates.
///
/// # Errors
/// When the caller does not.
pub(crate) async fn load_first(state: &AppState, caller: &Caller) -> Result<(), WebError> {
    if !caller.has(Role::Duty) {
        return Err(WebError::bad("样例模板由值班研判员装入"));
    }
    state.desk.add_first_reply_templates(caller.actor()).await?;
    Ok(())
}

pub async fn new(State(state): State<AppState>, caller: Caller) -> Answer {
    let form = Form::of(&[("version", "0"), ("state", "handling")]);
    html(&page(&state, &caller, None, &form, true))
}

pub async fn one(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let template = seen(&state, &caller, read_id(&id)?).await?;
    let content = &template.content;
    let version = template.version.to_string();
    let form = Form::of(&[
        ("version", &version),
        ("name", &content.name),
        ("text", &content.text),
        ("department", content.department.as_ref().map_or("", |d| d.as_str())),
        ("topic", content.topic.as_ref().map_or("", |t| t.as_str())),
        ("state", content.state.as_deref().unwrap_or_default()),
        ("outcome", content.outcome.map_or("", Outcome::code)),
    ]);
    html(&page(&state, &caller, Some(template.id), &form, may_keep(&caller, content)))
}

/// The template, if it is the caller's or every department's.
///
/// # Errors
/// When there is none.
pub(crate) async fn seen(
    state: &AppState,
    caller: &Caller,
    id: TemplateId,
) -> Result<ReplyTemplate, WebError> {
    let template = state.store.reply_template(id).await?.ok_or(WebError::NotFound)?;
    let visible = caller.has(Role::Duty)
        || template.content.department.is_none()
        || template.content.department.as_ref() == own(caller);
    visible.then_some(template).ok_or(WebError::NotFound)
}

fn page(state: &AppState, caller: &Caller, id: Option<TemplateId>, form: &Form, keeps: bool) -> TemplatePage {
    let names = &state.names;
    let states = OPEN_STATES.iter();
    let title = if id.is_some() { "答复模板" } else { "新建答复模板" };
    TemplatePage {
        frame: Frame::inside(state, caller, title, PATH),
        id: id.map(|id| id.to_string()),
        version: form.text("version").to_owned(),
        name: form.text("name").to_owned(),
        text: form.text("text").to_owned(),
        departments: match own(caller) {
            None => choices(&names.departments, form.text("department")),
            Some(_) => Vec::new(),
        },
        topics: choices(&names.topics, form.text("topic")),
        states: states.map(|s| Choice::new(*s, state_label(s), *s == form.text("state"))).collect(),
        outcomes: Outcome::ALL
            .iter()
            .map(|o| Choice::new(o.code(), o.label(), o.code() == form.text("outcome")))
            .collect(),
        placeholders: Placeholder::allowed(),
        keeps,
    }
}

/// The template that a form holds, as the caller may write it.
///
/// # Errors
/// When it may not be written so, in words.
pub(crate) fn read(state: &AppState, caller: &Caller, form: &Form) -> Result<TemplateContent, WebError> {
    let known = |table: &[(String, String)], name: &str, label: &str| match form.text(name) {
        "" => Ok(None),
        code if table.iter().any(|(known, _)| known == code) => Ok(Some(code.to_owned())),
        code => Err(WebError::bad(format!("没有代码为“{code}”的{label}，请从列出的选择"))),
    };
    let department = match own(caller) {
        Some(own) => Some(own.clone()),
        None => known(&state.names.departments, "department", "单位")?.map(DepartmentCode::from),
    };
    let content = TemplateContent {
        name: mask_official(form.text("name")),
        department,
        topic: known(&state.names.topics, "topic", "话题")?.map(TopicCode::from),
        state: Some(form.text("state").to_owned()).filter(|state| !state.is_empty()),
        outcome: form.parsed("outcome", "结果")?,
        text: mask_official(form.text("text")),
    };
    content.check().map_err(|fault| WebError::bad(fault.to_string()))?;
    Ok(content)
}

pub async fn add(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let done = match read(&state, &caller, &form) {
        Ok(content) => keep_new(&state, &caller, content).await,
        Err(error) => Err(error),
    };
    answer(&state, &caller, None, &form, done, "template-added")
}

pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let template = kept_by(&state, &caller, read_id(&id)?).await?;
    let seen = form.must("version", "版本")?;
    let done = match read(&state, &caller, &form) {
        Ok(content) => keep(&state, &caller, template.id, seen, &content).await,
        Err(error) => Err(error),
    };
    answer(&state, &caller, Some(template.id), &form, done, "template-changed")
}

pub async fn remove(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let template = kept_by(&state, &caller, read_id(&id)?).await?;
    state.store.remove_reply_template(template.id, caller.actor()).await?;
    Ok(back("", PATH, "template-removed"))
}

/// Adds a template.
///
/// # Errors
/// When there is one of that name.
pub(crate) async fn keep_new(
    state: &AppState,
    caller: &Caller,
    content: TemplateContent,
) -> Result<(), WebError> {
    state.store.add_reply_templates(&[content], caller.actor()).await.map(drop).map_err(in_words)
}

/// Changes a template that was read at version `seen`.
///
/// # Errors
/// When another has that name; [`WebError::Conflict`] when somebody else was faster.
pub(crate) async fn keep(
    state: &AppState,
    caller: &Caller,
    id: TemplateId,
    seen: i64,
    content: &TemplateContent,
) -> Result<(), WebError> {
    state.store.change_reply_template(id, seen, content, caller.actor()).await.map_err(in_words)
}

/// A template that the caller keeps.
///
/// # Errors
/// When there is none.
pub(crate) async fn kept_by(
    state: &AppState,
    caller: &Caller,
    id: TemplateId,
) -> Result<ReplyTemplate, WebError> {
    let template = seen(state, caller, id).await?;
    may_keep(caller, &template.content).then_some(template).ok_or(WebError::NotFound)
}

fn answer(
    state: &AppState,
    caller: &Caller,
    id: Option<TemplateId>,
    form: &Form,
    done: Result<(), WebError>,
    said: &str,
) -> Answer {
    match done {
        Ok(()) => Ok(back("", PATH, said)),
        Err(WebError::Bad(why) | WebError::Conflict(why)) => {
            let mut shown = page(state, caller, id, form, true);
            shown.frame = shown.frame.with(Some(Notice::bad(why)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)?).into_response())
        }
        Err(error) => Err(error),
    }
}

fn in_words(error: StoreError) -> WebError {
    match error {
        StoreError::Taken { value, .. } => {
            WebError::bad(format!("已经有名称为“{value}”的模板，请换一个名称"))
        }
        StoreError::Conflict { .. } => {
            let why = "这个模板刚刚被别人改过，请打开新的一页对照后再改；您写的文字还在下面";
            WebError::Conflict(why.into())
        }
        other => other.into(),
    }
}

#[cfg(test)]
impl crate::samples::Sampled for TemplatesPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let page = |t: String| Self {
            frame: frame(&t),
            templates: vec![TemplateRow {
                id: t.clone(),
                name: t.clone(),
                text: t.clone(),
                facts: vec![t.clone()],
                changed: (t.clone(), moment(60)),
            }],
            may_load: false,
        };
        let empty = |t: String| Self { templates: vec![], may_load: true, ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}

#[cfg(test)]
impl crate::samples::Sampled for TemplatePage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile};
        let page = |t: String| Self {
            frame: frame(&t),
            id: Some(t.clone()),
            version: t.clone(),
            name: t.clone(),
            text: t.clone(),
            departments: vec![choice(&t)],
            topics: vec![choice(&t)],
            states: vec![choice(&t)],
            outcomes: vec![choice(&t)],
            placeholders: t.clone(),
            keeps: true,
        };
        let read = |t: String| Self { keeps: false, departments: vec![], ..page(t) };
        let new = |t: String| Self { id: None, ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), read(t.clone()), new(t)]).collect()
    }
}
