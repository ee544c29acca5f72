//! What people do about a mirrored case: press it, mark it as a matter to watch.

use axum::extract::{Path, State};
use qingting_models::ids::ItemId;
use qingting_respond::acting::ActingUser;
use qingting_respond::desk::ActError;

use super::one::show_again;
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::Notice;
use crate::pages::{Answer, back, read_id};

/// Presses it.
pub async fn press(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let item = read_id(&id)?;
    let seen = form.must("version", "版本")?;
    let who = ActingUser::of(caller.user());
    let done = state.desk.press_mirrored(&caller.viewer, &who, item, seen, form.text("note")).await;
    said(&state, &caller, item, done, "mirrored-pressed").await
}

/// Marks it as a matter to watch, or takes that back.
pub async fn watch(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let item = read_id(&id)?;
    let seen = form.must("version", "版本")?;
    let watch = form.text("watch") == "on";
    let who = ActingUser::of(caller.user());
    let done = state.desk.watch_mirrored(&caller.viewer, &who, item, seen, watch, form.text("note")).await;
    said(&state, &caller, item, done, if watch { "mirrored-watched" } else { "mirrored-unwatched" }).await
}

async fn said(
    state: &AppState,
    caller: &Caller,
    item: ItemId,
    done: Result<(), ActError>,
    code: &'static str,
) -> Answer {
    match done {
        Ok(()) => Ok(back("", &format!("/mirrored/{item}"), code)),
        Err(ActError::NotFound) => Err(WebError::NotFound),
        Err(ActError::Store(error)) => Err(error.into()),
        Err(refused) => show_again(state, caller, item, Notice::bad(refused.to_string())).await,
    }
}
