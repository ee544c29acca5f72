//! The roster (值班表): who is on duty, now and next.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use qingting_models::clock::{from_local, minute_text};
use qingting_models::ids::UserId;
use qingting_models::records::{Role, User};

use super::super::{Answer, back, html, read_id};
use super::tabs;
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, NavLink, Notice};
use crate::people::People;
use crate::query::Query;
use crate::view::Choice;

const PATH: &str = "/notices/roster";

/// The page.
#[derive(Debug, Template)]
#[template(path = "roster.html")]
pub struct RosterPage {
    pub frame: Frame,
    pub tabs: Vec<NavLink>,
    pub shifts: Vec<ShiftRow>,
    pub people: Vec<Choice>,
    pub from: String,
    pub to: String,
    pub note: String,
}

/// A time of duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShiftRow {
    pub id: String,
    pub person: String,
    pub from: String,
    pub to: String,
    pub note: String,
    /// It is going on.
    pub now: bool,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let mut page = build(&state, &caller, &Form::default()).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

async fn build(state: &AppState, caller: &Caller, form: &Form) -> Result<RosterPage, WebError> {
    let now = state.store.now();
    let people = People::load(&state.store).await?;
    let row = |shift: qingting_models::records::Shift| ShiftRow {
        id: shift.id.to_string(),
        person: people.name(shift.user),
        from: minute_text(shift.starts_at),
        to: minute_text(shift.ends_at),
        note: shift.note,
        now: shift.starts_at <= now,
    };
    let chosen = form.text("user");
    let choice = |user: &User| Choice::new(user.id.to_string(), &user.name, user.id.to_string() == chosen);
    Ok(RosterPage {
        frame: Frame::inside(state, caller, "值班表", PATH),
        tabs: tabs(caller, PATH),
        shifts: state.store.shifts(now).await?.into_iter().map(row).collect(),
        people: state.store.users().await?.iter().filter(|user| may_stand(user)).map(choice).collect(),
        from: form.text("from").into(),
        to: form.text("to").into(),
        note: form.text("note").into(),
    })
}

/// Who may stand on the roster: those who can do something about what comes in.
fn may_stand(user: &User) -> bool {
    let desk = [Role::Duty, Role::Discipline, Role::Leader];
    !user.disabled && user.roles.iter().any(|role| desk.contains(role))
}

pub async fn add(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    match create(&state, &caller, &form).await {
        Ok(()) => Ok(back("", PATH, "shift-added")),
        Err(WebError::Bad(why)) => {
            let mut page = build(&state, &caller, &form).await?;
            page.frame = page.frame.with(Some(Notice::bad(why)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(error) => Err(error),
    }
}

/// Puts somebody on the roster.
///
/// # Errors
/// [`WebError::Bad`] that says what is wrong.
pub(crate) async fn create(state: &AppState, caller: &Caller, form: &Form) -> Result<(), WebError> {
    let id: UserId = form.must("user", "值班人")?;
    let user = state.store.user(id).await?.filter(may_stand);
    let user = user.ok_or_else(|| WebError::bad("值班人要是在用的研判员、纪检专员或领导"))?;
    let (from, to) = (moment(form, "from", "从")?, moment(form, "to", "到")?);
    if to <= from || to.duration_since(from) > SignedDuration::from_hours(31 * 24) {
        return Err(WebError::bad("“到”要晚于“从”，一班最长 31 天"));
    }
    if to <= state.store.now() {
        return Err(WebError::bad("这一班已经过去了"));
    }
    let note = form.text("note");
    if note.chars().count() > 60 {
        return Err(WebError::bad("备注最多 60 个字"));
    }
    state.store.add_shift(user.id, (from, to), note, caller.actor()).await?;
    Ok(())
}

/// A wall-clock time of the county: `2026-11-30T08:30` or with a blank.
fn moment(form: &Form, field: &'static str, label: &str) -> Result<Timestamp, WebError> {
    let text = form.need(field, label, 20)?.replace('T', " ");
    let read = DateTime::strptime("%Y-%m-%d %H:%M", &text).and_then(from_local);
    read.map_err(|_| WebError::bad(format!("“{label}”要写成 2026-11-30 08:30 这样的时间")))
}

pub async fn remove(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    state.store.remove_shift(read_id(&id)?, caller.actor()).await?;
    Ok(back("", PATH, "shift-removed"))
}

#[cfg(test)]
impl crate::samples::Sampled for RosterPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile};
        let shift = |t: &str, now: bool| ShiftRow {
            id: t.into(),
            person: t.into(),
            from: t.into(),
            to: t.into(),
            note: t.into(),
            now,
        };
        let page = |t: String| Self {
            frame: frame(&t),
            tabs: vec![],
            shifts: vec![shift(&t, true), shift(&t, false)],
            people: vec![choice(&t)],
            from: t.clone(),
            to: t.clone(),
            note: t,
        };
        let empty = |t: String| Self { shifts: vec![], ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}
