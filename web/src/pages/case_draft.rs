//! Saving the draft of a reply: by the script while it is typed, or by a button; and looking at what is to be checked.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use qingting_models::clock::minute_text;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::CaseId;
use qingting_models::records::CaseFile;
use serde_json::json;

use super::case_reply::{draft_of, writes_for};
use super::{Answer, back, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;

pub async fn save(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: CaseId = read_id(&id)?;
    let file = state.store.case_file(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    let own = writes_for(&caller, &file).ok_or(WebError::Forbidden)?;
    let version = keep(&state, &caller, &file, own, &form).await?;
    match form.text("do") {
        // The script asks in the background and goes on typing.
        "quiet" => {
            let at = minute_text(state.store.now());
            Ok(Json(json!({ "version": version, "saved": at })).into_response())
        }
        "check" if *own == file.case.lead => Ok(to_findings(id, "yes")),
        _ => Ok(back("", &format!("/cases/{id}"), "draft-saved")),
    }
}

/// Goes to the page that shows the draft with what is to be looked at in it, so that going back asks for nothing to be sent
/// again; `why` says there what led to it.
pub(crate) fn to_findings(id: CaseId, why: &str) -> Response {
    Redirect::to(&format!("/cases/{id}?checked={why}#reply")).into_response()
}

/// Saves what was typed, if it is anything, and gives the version of the draft.
pub(crate) async fn keep(
    state: &AppState,
    caller: &Caller,
    file: &CaseFile,
    own: &DepartmentCode,
    form: &Form,
) -> Result<i64, WebError> {
    let seen = form.parsed("draft_version", "草稿版本")?.unwrap_or(0);
    let draft = draft_of(form);
    if draft.is_empty() && seen == 0 {
        return Ok(0);
    }
    Ok(state.store.save_draft(file.case.id, own, seen, &draft, caller.actor()).await?)
}
