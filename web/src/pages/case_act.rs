//! An action on a case, from its form on the case page.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use qingting_models::ids::CaseId;
use qingting_respond::acting::ActingUser;
use qingting_respond::case_table::ActionKind;

use super::case::{Shown, Tried, build};
use super::case_draft;
use super::case_reply;
use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::case_forms::{Asked, asked};
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
    if kind == ActionKind::Submit
        && !form.text("looked").is_empty()
        && let Some(page) = to_be_looked_at(&state, &caller, id, &form).await?
    {
        return Ok(page);
    }
    let done = match asked(kind, &form) {
        Ok(asked) => take(&state, &caller, id, seen, asked).await,
        Err(error) => Err(error),
    };
    match done {
        Ok((to, said)) => {
            if kind == ActionKind::Submit {
                // Should the reviewer want it in other words, the work goes on from here.
                keep_typed(&state, &caller, id, &form).await?;
            }
            // The case may have left the caller's sight with this action.
            let seen = state.store.case_file(&caller.viewer, to).await?.is_some();
            let to = if seen { format!("/cases/{to}") } else { crate::frame::home(&caller).to_owned() };
            Ok(back("", &to, said))
        }
        Err(WebError::Bad(problem)) => again(&state, &caller, id, kind, &form, problem, false).await,
        Err(WebError::Conflict(who)) => {
            again(&state, &caller, id, kind, &form, format!("{who}下面是最新内容。"), true).await
        }
        Err(other) => Err(other),
    }
}

/// The page with what is to be looked at in a reply before it is submitted; none when the one who submits has seen it, or
/// there is nothing. The form of a page says what was seen; a program's has no such field.
async fn to_be_looked_at(
    state: &AppState,
    caller: &Caller,
    id: CaseId,
    form: &Form,
) -> Result<Option<Response>, WebError> {
    let file = state.store.case_file(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    if !ActingUser::of(caller.user()).handles_for(&file.case.lead) {
        return Ok(None);
    }
    let found = case_reply::findings(state, caller, &file, &case_reply::draft_of(form)).await?;
    let unexplained = found.iter().any(|f| f.kind.needs_reason()) && form.text("stands_because").is_empty();
    if found.is_empty() || (case_reply::fingerprint(&found) == form.text("looked") && !unexplained) {
        return Ok(None);
    }
    case_draft::keep(state, caller, &file, &file.case.lead, form).await?;
    Ok(Some(case_draft::to_findings(id, if unexplained { "reason" } else { "submit" })))
}

/// Does what was asked of a case that was read at version `seen`; gives the case to go on with and the code of what is said there.
///
/// # Errors
/// When a rule refuses it, or somebody changed the case since.
pub(crate) async fn take(
    state: &AppState,
    caller: &Caller,
    id: CaseId,
    seen: i64,
    asked: Asked,
) -> Result<(CaseId, &'static str), WebError> {
    let (desk, eyes, user) = (&state.desk, &caller.viewer, ActingUser::of(caller.user()));
    match asked {
        Asked::Act(action) => {
            desk.act(eyes, &user, id, seen, &action).await?;
            Ok((id, said_of(action.kind())))
        }
        Asked::CallBackOne(said) => {
            desk.call_back_one(eyes, &user, id, seen, &said).await?;
            Ok((id, "acted"))
        }
        Asked::Merge { number, reason } => {
            let into = state.store.case_numbered(eyes, &number).await?.ok_or_else(|| {
                WebError::bad(format!("没有编号为“{number}”的工单，或您无权查看；编号的写法如 2026-00123"))
            })?;
            desk.merge(eyes, &user, id, seen, into, &reason).await?;
            Ok((into, "case-merged"))
        }
        Asked::Split { department, reason } => {
            let new = desk.split(eyes, &user, id, seen, &department, &reason).await?;
            Ok((new, "case-split"))
        }
    }
}

/// The code of what is said after a step.
fn said_of(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Accept => "accepted",
        ActionKind::SendBack => "sent-back",
        ActionKind::Contact => "contacted",
        ActionKind::AskExtension => "extension-asked",
        ActionKind::GrantExtension => "extension-granted",
        ActionKind::RefuseExtension => "extension-refused",
        ActionKind::Submit => "submitted",
        ActionKind::NeedsWork => "needs-work",
        ActionKind::Approve => "approved",
        ActionKind::Press => "pressed",
        ActionKind::Reassign => "reassigned",
        _ => "acted",
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
    if matches!(kind, ActionKind::Submit | ActionKind::HelperAnswer) {
        keep_typed(state, caller, id, form).await?;
    }
    let mut page = build(state, caller, id, Shown { tried: Some(&tried), ..Shown::default() }).await?;
    if !page.actions.iter().any(|a| a.code == kind.code()) {
        // The form is gone; what was typed in it is not.
        page.typed = form.typed();
        page.conflict = Some(tried.problem.clone());
    }
    let status = if conflict { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, html(&page)?).into_response())
}

/// What was typed of a reply is kept as a draft, for whoever goes on with it.
async fn keep_typed(state: &AppState, caller: &Caller, id: CaseId, form: &Form) -> Result<(), WebError> {
    let file = state.store.case_file(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    if let Some(own) = case_reply::writes_for(caller, &file) {
        case_draft::keep(state, caller, &file, own, form).await?;
    }
    Ok(())
}
