//! An action on a case, from its form on the case page.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::ids::CaseId;
use qingting_respond::acting::ActingUser;
use qingting_respond::case_table::ActionKind;

use super::case::{Tried, build};
use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::case_forms::read;
use crate::error::WebError;

pub async fn submit(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: CaseId = read_id(&id)?;
    let kind = ActionKind::from_code(form.text("action")).ok_or_else(|| WebError::bad("没有这个操作"))?;
    let seen: i64 = form.must("version", "版本")?;
    let action = match read(kind, &form) {
        Ok(action) => action,
        Err(WebError::Bad(problem)) => return again(&state, &caller, id, kind, &form, problem, false).await,
        Err(other) => return Err(other),
    };
    let user = ActingUser::of(caller.user());
    match state.desk.act(&caller.viewer, &user, id, seen, &action).await.map_err(WebError::from) {
        Ok(_) => {
            // The case may have left the caller's department with this action.
            let seen = state.store.case_file(&caller.viewer, id).await?.is_some();
            let to = if seen { format!("/cases/{id}") } else { crate::frame::home(&caller).to_owned() };
            Ok(back("", &to, "acted"))
        }
        Err(WebError::Bad(problem)) => again(&state, &caller, id, kind, &form, problem, false).await,
        Err(WebError::Conflict(who)) => {
            let problem = who + "下面是最新内容，您填写的文字保留在表单里。";
            again(&state, &caller, id, kind, &form, problem, true).await
        }
        Err(other) => Err(other),
    }
}

/// The page again with what was typed and why it was not done.
async fn again(
    state: &AppState,
    caller: &Caller,
    id: CaseId,
    kind: ActionKind,
    form: &Form,
    problem: String,
    conflict: bool,
) -> Answer {
    let tried = Tried { kind, form, problem, conflict };
    let mut page = build(state, caller, id, Some(&tried)).await?;
    if !page.actions.iter().any(|a| a.code == kind.code()) {
        page.conflict = Some(tried.problem.clone());
    }
    let status = if conflict { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, html(&page)?).into_response())
}
