//! Takes an item from its incident to another, or into one of its own.

use axum::extract::{Path, State};
use qingting_models::ids::ItemId;

use super::incident_act::{other, part};
use super::item::show_again;
use super::{Answer, back, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::Notice;

/// The choice of an incident of its own.
pub(super) const ITS_OWN: &str = "own";

pub async fn submit(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: ItemId = read_id(&id)?;
    match relocate(&state, &caller, id, &form).await {
        Ok(()) => Ok(back(form.text("back"), &format!("/items/{id}"), "incident-joined")),
        Err(WebError::Bad(why)) => show_again(&state, &caller, id, Notice::bad(&why)).await,
        Err(error) => Err(error),
    }
}

async fn relocate(state: &AppState, caller: &Caller, id: ItemId, form: &Form) -> Result<(), WebError> {
    let eyes = caller.judging_eyes();
    state.store.item(&eyes, id).await?.ok_or(WebError::NotFound)?;
    let found = state.store.incidents_of(&eyes, &[id]).await?;
    let Some((from, _)) = found.get(&id) else {
        return Err(WebError::bad("这一条还没有归入事件，请等几秒再试"));
    };
    let target = match (form.text("other"), other(form)) {
        (ITS_OWN, _) => None,
        (_, Some(target)) if target == *from => return Err(WebError::bad("选的就是现在的事件")),
        (_, Some(target)) => Some(target),
        (_, None) => return Err(WebError::bad("请选择一个事件，或粘贴它的网址，如 /incidents/01h3…")),
    };
    part(state, caller, *from, &[id], target).await.map(drop)
}
