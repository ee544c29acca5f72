//! What is done with a case: every action that its page has, and the draft of a reply.

use axum::Json;
use axum::extract::State;
use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::Outcome;
use qingting_respond::case_table::ActionKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::acting::ActAsked;
use crate::api::ask::{self, Body, Key, known};
use crate::api::problem::Problem;
use crate::api::schema::{At, CaseStateCode, Filled, Id, OutcomeCode, Text, Whole};
use crate::api::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::Caller;
use crate::case_forms::asked;
use crate::error::WebError;
use crate::pages::{case_act, case_draft, case_items, case_reply};

/// 操作后的工单
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CaseNow {
    /// 继续办理的工单：并案是并入的那件，拆分是新立的那件
    #[schema(value_type = Id)]
    id: CaseId,
    /// 现在的版本；已不在查看范围内是 null
    version: Option<i64>,
    #[schema(value_type = Option<CaseStateCode>)]
    state: Option<String>,
}

#[utoipa::path(post, path = "/cases/{id}/actions", tag = "cases", summary = "办理工单：案件流转表里的操作", params(("id" = Id, Path)),
    request_body = ActAsked, responses((status = 200, description = "已办", body = CaseNow)))]
pub(in crate::api) async fn act(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<CaseId>,
    Body(wanted): Body<ActAsked>,
) -> Answer<CaseNow> {
    let form = wanted.form()?;
    known(&state, None, None, Some(form.text("department")).filter(|code| !code.is_empty()))?;
    state.store.case_file(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    let kind = ActionKind::from_code(form.text("action")).ok_or_else(|| Problem::unfit("没有这个操作"))?;
    let (id, _) =
        case_act::take(&state, &caller, id, form.must("version", "版本")?, asked(kind, &form)?).await?;
    let now = state.store.case_file(&caller.viewer, id).await?;
    Ok(Json(CaseNow {
        id,
        version: now.as_ref().map(|file| file.case.version),
        state: now.map(|file| file.case.state.code().to_owned()),
    }))
}

/// 移出哪一条信息
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct LeaveOutAsked {
    version: Whole,
    #[schema(value_type = Id)]
    item: ItemId,
    reason: Filled<1000>,
}

#[utoipa::path(post, path = "/cases/{id}/leave-out", tag = "cases", summary = "移出一条不属于它的信息", params(("id" = Id, Path)),
    request_body = LeaveOutAsked, responses((status = 204, description = "已移出")))]
pub(in crate::api) async fn leave_out(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<CaseId>,
    Body(asked): Body<LeaveOutAsked>,
) -> Done {
    let form = ask::form(vec![
        ("version", asked.version.to_string()),
        ("item", asked.item.to_string()),
        ("reason", asked.reason.0),
    ]);
    case_items::take_out(&state, &caller, id, &form).await?;
    Ok(DONE)
}

/// 答复草稿
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DraftNow {
    /// 保存一次加一；还没有草稿是 0
    version: i64,
    saved_at: Option<At>,
    text: String,
    public_text: String,
    /// 结果；还没有选是空的
    outcome: String,
}

#[utoipa::path(get, path = "/cases/{id}/draft", tag = "cases", summary = "本单位的答复草稿", params(("id" = Id, Path)),
    responses((status = 200, description = "草稿", body = DraftNow)))]
pub(in crate::api) async fn draft(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<CaseId>,
) -> Answer<DraftNow> {
    let file = state.store.case_file(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    let own = case_reply::writes_for(&caller, &file).ok_or(WebError::Forbidden)?;
    let (saved, _) = state.store.draft(id, own).await?;
    let version = saved.as_ref().map_or(0, |saved| saved.version);
    let saved_at = saved.as_ref().map(|saved| At(saved.saved_at));
    let draft = saved.map(|saved| saved.draft).unwrap_or_default();
    let (text, public_text, outcome) = (draft.text, draft.public_text, draft.outcome);
    Ok(Json(DraftNow { version, saved_at, text, public_text, outcome }))
}

/// 要保存的草稿
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct DraftAsked {
    /// 看到的草稿版本；另一人先保存过的，那一份另外留着
    version: Whole,
    text: Text<4000>,
    #[schema(value_type = Option<String>, max_length = 4000, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    public_text: Option<Text<4000>>,
    #[schema(value_type = Option<OutcomeCode>)]
    outcome: Option<Outcome>,
}

/// 保存的版本
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DraftSaved {
    version: i64,
}

#[utoipa::path(put, path = "/cases/{id}/draft", tag = "cases", summary = "保存答复草稿", params(("id" = Id, Path)),
    request_body = DraftAsked, responses((status = 200, description = "已保存", body = DraftSaved)))]
pub(in crate::api) async fn save_draft(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<CaseId>,
    Body(asked): Body<DraftAsked>,
) -> Answer<DraftSaved> {
    let file = state.store.case_file(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    let own = case_reply::writes_for(&caller, &file).ok_or(WebError::Forbidden)?;
    let form = ask::form(vec![
        ("draft_version", asked.version.to_string()),
        ("text", asked.text.0),
        ("public_text", asked.public_text.unwrap_or_default().0),
        ("outcome", asked.outcome.map(|o| o.code().to_owned()).unwrap_or_default()),
    ]);
    let version = case_draft::keep(&state, &caller, &file, own, &form).await?;
    Ok(Json(DraftSaved { version }))
}
