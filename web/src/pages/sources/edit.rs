//! Changing a source: the same form as for a new one.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::records::Source;
use qingting_models::store::StoreError;

use super::draft::{Draft, Secret, form_of};
use super::folder;
use super::form::{SourceForm, Step, step, tier_problem};
use super::problems::Problems;
use super::reading::{Purpose, read};
use super::{Answer, PATH, back, find, html, page_of, taken, trial};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::case_forms::Control;
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::preview::Trial;

/// The page.
#[derive(Debug, Template)]
#[template(path = "source_edit.html")]
pub struct EditPage {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    pub form: SourceForm,
}

pub async fn show(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let source = find(&state, &id).await?;
    html(&page(&state, &caller, &source, &form_of(&source), &Problems::default(), None))
}

fn page(
    state: &AppState,
    caller: &Caller,
    source: &Source,
    typed: &Form,
    problems: &Problems,
    trial: Option<Trial>,
) -> EditPage {
    let form = SourceForm::to_change(&page_of(source.id), source.kind, typed, problems, source.has_secret);
    let notice = (!problems.is_empty()).then(|| Notice::bad(problems.summary()));
    EditPage {
        frame: Frame::inside(state, caller, "修改来源", PATH).with(notice),
        id: source.id.to_string(),
        name: source.name.clone(),
        form: form.with(trial).with_tiers(&state.names.source_tiers),
    }
}

pub async fn submit(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let source = find(&state, &id).await?;
    let (pressed, typed) = step(&form);
    let problems = if pressed == Step::Try {
        match try_change(&state, &source, &typed).await? {
            Ok(trial) => {
                return html(&page(&state, &caller, &source, &typed, &Problems::default(), Some(trial)));
            }
            Err(problems) => problems,
        }
    } else {
        match change(&state, &caller, &source, &typed).await? {
            None => return Ok(back("", &page_of(source.id), "source-changed")),
            Some(problems) => problems,
        }
    };
    let mut page = page(&state, &caller, &source, &typed, &problems, None);
    if pressed == Step::Try {
        page.form = page.form.untried();
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

/// Tries a source as a form changes it, or says what is wrong with the form.
///
/// # Errors
/// When the store fails.
pub(crate) async fn try_change(
    state: &AppState,
    source: &Source,
    typed: &Form,
) -> Result<Result<Trial, Problems>, WebError> {
    match read(source.kind, typed, Some(source), Purpose::Try) {
        Ok(draft) => Ok(Ok(trial::of_draft(state, &draft, Some(source)).await?)),
        Err(problems) => Ok(Err(problems)),
    }
}

/// Changes a source to what a form describes, or says what is wrong with the form.
///
/// # Errors
/// When the store fails.
pub(crate) async fn change(
    state: &AppState,
    caller: &Caller,
    source: &Source,
    typed: &Form,
) -> Result<Option<Problems>, WebError> {
    match read(source.kind, typed, Some(source), Purpose::Save) {
        Ok(draft) => save(state, caller, source, &draft).await,
        Err(problems) => Ok(Some(problems)),
    }
}

async fn save(
    state: &AppState,
    caller: &Caller,
    source: &Source,
    draft: &Draft,
) -> Result<Option<Problems>, WebError> {
    if let Some(problem) = tier_problem(draft.settings.tier.as_ref(), &state.names.source_tiers) {
        return Ok(Some(problem));
    }
    // Another setting can be changed while a share is away.
    let moved = draft.settings.folder != source.settings.folder;
    if moved && let Some(problem) = folder::problem(&state.store, draft, Some(source.id)).await? {
        return Ok(Some(problem));
    }
    let (store, actor) = (&state.store, caller.actor());
    let secret = match &draft.secret {
        Secret::Set(secret) => Some(Some(secret.as_str())),
        Secret::Clear if source.has_secret => Some(None),
        Secret::Clear | Secret::Keep => None,
    };
    match store.change_source(source.id, draft.to_change(), actor).await {
        Ok(_) => {}
        Err(error @ StoreError::Taken { .. }) => {
            let mut problems = Problems::default();
            problems.take::<()>("name", Err(taken(error)));
            return Ok(Some(problems));
        }
        Err(other) => return Err(other.into()),
    }
    if let Some(secret) = secret {
        store.set_source_secret(source.id, secret, actor).await?;
    }
    Ok(None)
}

#[cfg(test)]
impl crate::samples::Sampled for EditPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile};
        let kind = qingting_models::records::SourceKind::Page;
        let page = |t: String| Self {
            frame: frame(&t),
            id: t.clone(),
            name: t.clone(),
            form: SourceForm::sample(&t, kind),
        };
        hostile().into_iter().map(page).collect()
    }
}
