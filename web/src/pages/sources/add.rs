//! Adding a source: the choice of its kind, its form, a trial, and saving it.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use qingting_models::records::{Source, SourceKind};
use qingting_models::store::StoreError;

use super::draft::{self, Draft, Secret};
use super::folder;
use super::form::{SourceForm, Step, step, tier_problem};
use super::kinds::{self, KindView};
use super::problems::Problems;
use super::reading::{Purpose, read};
use super::{Answer, PATH, back, html, page_of, taken, token, trial};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::case_forms::Control;
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::preview::Trial;
use crate::query::Query;

/// The page.
#[derive(Debug, Template)]
#[template(path = "source_new.html")]
pub struct AddPage {
    pub frame: Frame,
    /// To choose from, while no kind is chosen.
    pub kinds: Vec<KindView>,
    pub form: Option<SourceForm>,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let form = SourceKind::from_code(query.text("kind"))
        .map(|kind| SourceForm::to_add(kind, &draft::blank_form(), &Problems::default()));
    html(&page(&state, &caller, form))
}

fn page(state: &AppState, caller: &Caller, form: Option<SourceForm>) -> AddPage {
    let form = form.map(|form| form.with_tiers(&state.names.source_tiers));
    let kinds = if form.is_none() { kinds::all() } else { vec![] };
    AddPage { frame: Frame::inside(state, caller, "添加来源", PATH), kinds, form }
}

pub async fn submit(State(state): State<AppState>, caller: Caller, headers: HeaderMap, form: Form) -> Answer {
    let kind: SourceKind = form.must("kind", "种类")?;
    let (pressed, typed) = step(&form);
    if pressed == Step::Try {
        return match try_new(&state, kind, &typed).await? {
            Ok(trial) => {
                let form = SourceForm::to_add(kind, &typed, &Problems::default()).with(Some(trial));
                html(&page(&state, &caller, Some(form)))
            }
            Err(problems) => {
                let form = SourceForm::to_add(kind, &typed, &problems).untried();
                again(&state, &caller, form, &problems)
            }
        };
    }
    match create(&state, &caller, kind, &typed).await? {
        Ok(source) if kind == SourceKind::Push => token::first(&state, &caller, &headers, source).await,
        Ok(source) => Ok(back("", &page_of(source.id), "source-added")),
        Err(problems) => again(&state, &caller, SourceForm::to_add(kind, &typed, &problems), &problems),
    }
}

/// Tries the source that a form describes, or says what is wrong with the form.
///
/// # Errors
/// When the store fails.
pub(crate) async fn try_new(
    state: &AppState,
    kind: SourceKind,
    typed: &Form,
) -> Result<Result<Trial, Problems>, WebError> {
    match read(kind, typed, None, Purpose::Try) {
        Ok(draft) => Ok(Ok(trial::of_draft(state, &draft, None).await?)),
        Err(problems) => Ok(Err(problems)),
    }
}

/// Adds the source that a form describes, or says what is wrong with the form.
///
/// # Errors
/// When the store fails.
pub(crate) async fn create(
    state: &AppState,
    caller: &Caller,
    kind: SourceKind,
    typed: &Form,
) -> Result<Result<Source, Problems>, WebError> {
    match read(kind, typed, None, Purpose::Save) {
        Ok(draft) => save(state, caller, &draft).await,
        Err(problems) => Ok(Err(problems)),
    }
}

/// The form with its problems.
fn again(state: &AppState, caller: &Caller, form: SourceForm, problems: &Problems) -> Answer {
    let mut page = page(state, caller, Some(form));
    page.frame = page.frame.with(Some(Notice::bad(problems.summary())));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

/// Saves the source with its map and its secret; a polled one is due once all of it is there.
async fn save(
    state: &AppState,
    caller: &Caller,
    draft: &Draft,
) -> Result<Result<Source, Problems>, WebError> {
    if let Some(problem) = tier_problem(draft.settings.tier.as_ref(), &state.names.source_tiers) {
        return Ok(Err(problem));
    }
    let (store, actor) = (&state.store, caller.actor());
    if let Some(problem) = folder::problem(store, draft, None).await? {
        return Ok(Err(problem));
    }
    let source = match store.add_source(draft.to_new(), actor).await {
        Ok(source) => source,
        Err(error @ StoreError::Taken { .. }) => {
            let mut problems = Problems::default();
            problems.take::<()>("name", Err(taken(error)));
            return Ok(Err(problems));
        }
        Err(other) => return Err(other.into()),
    };
    if draft.column_map.is_some() {
        store.change_source(source.id, draft.to_change(), actor).await?;
    }
    if let Secret::Set(secret) = &draft.secret {
        store.set_source_secret(source.id, Some(secret), actor).await?;
        store.poll_at_once(source.id, actor).await?;
    }
    Ok(Ok(source))
}

#[cfg(test)]
impl crate::samples::Sampled for AddPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile};
        let mut pages = vec![Self { frame: frame("王"), kinds: kinds::all(), form: None }];
        for t in hostile() {
            for kind in SourceKind::ALL {
                pages.push(Self {
                    frame: frame(&t),
                    kinds: vec![],
                    form: Some(SourceForm::sample(&t, *kind)),
                });
            }
        }
        pages
    }
}
