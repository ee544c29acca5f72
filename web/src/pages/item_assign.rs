//! Assigning an item to a department: opens its case.

use axum::extract::{Path, State};
use qingting_models::county::DepartmentCode;
use qingting_models::ids::ItemId;
use qingting_models::records::Case;
use qingting_respond::acting::ActingUser;

use super::{Answer, back, item, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::Notice;
use crate::inline::{Made, Said};

pub async fn submit(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: ItemId = read_id(&id)?;
    match assign(&state, &caller, id, &form).await {
        Ok(case) => {
            let mut answer = back(form.text("back"), &format!("/items/{id}"), "assigned");
            let said = format!("已派{}。", state.names.department(case.lead.as_str()));
            let (path, name) = (format!("/cases/{}", case.id), format!("工单 {}", case.number));
            answer.extensions_mut().insert(Said(said));
            answer.extensions_mut().insert(Made { path, name });
            Ok(answer)
        }
        Err(WebError::Bad(text) | WebError::Conflict(text)) => {
            item::show_again(&state, &caller, id, Notice::bad(text)).await
        }
        Err(other) => Err(other),
    }
}

/// Opens the case of an item for the department of the form.
///
/// # Errors
/// When the department is none, the item has a newer version than the one that was read, or a rule refuses it.
pub(crate) async fn assign(
    state: &AppState,
    caller: &Caller,
    id: ItemId,
    form: &Form,
) -> Result<Case, WebError> {
    let department = form.need("department", "主办单位", 40)?;
    if !state.names.has_department(department) {
        return Err(WebError::bad("单位不在单位表里"));
    }
    let seen: i64 = form.must("version", "版本")?;
    let eyes = caller.judging_eyes();
    let item_now = state.store.item(&eyes, id).await?.ok_or(WebError::NotFound)?;
    if item_now.version != seen {
        return Err(WebError::Conflict("这条信息有了新的版本，请看过最新内容后再分派。".into()));
    }
    let reason = match form.text("reason") {
        "" => "值班研判分派",
        typed => typed,
    };
    let user = ActingUser::of(caller.user());
    let to = DepartmentCode::from(department);
    Ok(state.desk.assign_item(&eyes, &user, id, &to, reason).await?)
}
