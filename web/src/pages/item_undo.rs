//! Taking back what one just did to an item.

use axum::extract::{Path, State};
use qingting_models::ids::ItemId;
use qingting_respond::acting::ActingUser;
use qingting_respond::desk::Undone;

use super::{Answer, back, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};

pub async fn submit(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: ItemId = read_id(&id)?;
    let user = ActingUser::of(caller.user());
    let undone = match state.desk.undo_on_item(&caller.judging_eyes(), &user, id).await? {
        Undone::Dismissal => "undone-dismissal",
        Undone::Assignment => "undone-assignment",
        Undone::Judgement => "undone-judgement",
    };
    Ok(back(form.text("back"), &format!("/items/{id}"), undone))
}
