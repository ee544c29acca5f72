//! Marking an item as one that needs no handling, and taking that back.

use axum::extract::{Path, State};
use qingting_models::ids::ItemId;

use super::{Answer, back, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;

pub async fn dismiss(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: ItemId = read_id(&id)?;
    dismiss_item(&state, &caller, id, &form).await?;
    Ok(back(form.text("back"), &format!("/items/{id}"), "dismissed"))
}

/// Marks an item, for the reason of the form.
///
/// # Errors
/// When the reason is missing or too long, or the item has a case.
pub(crate) async fn dismiss_item(
    state: &AppState,
    caller: &Caller,
    id: ItemId,
    form: &Form,
) -> Result<(), WebError> {
    let reason = qingting_models::text::mask(form.need("reason", "理由", 200)?).text;
    Ok(state.store.dismiss_item(&caller.judging_eyes(), id, &reason, caller.actor()).await?)
}

pub async fn restore(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id: ItemId = read_id(&id)?;
    state.store.restore_item(&caller.judging_eyes(), id, caller.actor()).await?;
    Ok(back("", &format!("/items/{id}"), "restored"))
}
