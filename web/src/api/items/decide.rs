//! What is decided about an item.

use axum::Json;
use axum::extract::State;
use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::{Kind, Urgency};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::ask::{self, Body, Key, known};
use crate::api::problem::Problem;
use crate::api::schema::{
    DepartmentWord, Filled, Id, KindCode, Text, TopicWord, TownWord, UrgencyLevel, Whole,
};
use crate::api::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::pages::{item_assign, item_dismiss, item_judge};

/// 看到的版本
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Seen {
    /// 看到的是哪一版；之后有人改过就拒绝（409）
    pub(in crate::api) version: Whole,
}

#[utoipa::path(post, path = "/items/{id}/confirm", tag = "items", summary = "确认现有的研判", params(("id" = Id, Path)),
    request_body = Seen, responses((status = 204, description = "已确认")))]
pub(in crate::api) async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
    Body(seen): Body<Seen>,
) -> Done {
    let item = state.store.item(&caller.judging_eyes(), id).await?.ok_or(WebError::NotFound)?;
    item_judge::confirm_item(&state, &caller, &item, seen.version.into()).await?;
    Ok(DONE)
}

/// 研判
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct JudgementAsked {
    version: Whole,
    /// 话题，最主要的在前；可以一个也没有
    #[schema(value_type = Vec<TopicWord>, max_items = 20)]
    topics: Vec<String>,
    #[schema(value_type = KindCode)]
    kind: Kind,
    #[schema(value_type = UrgencyLevel)]
    urgency: Urgency,
    #[schema(value_type = Option<TownWord>)]
    town: Option<String>,
    /// 建议的单位
    #[schema(value_type = Option<DepartmentWord>)]
    department: Option<String>,
}

impl JudgementAsked {
    fn form(&self) -> Form {
        let mut rows: Vec<(&str, String)> = vec![
            ("version", self.version.to_string()),
            ("kind", self.kind.code().into()),
            ("urgency", u8::from(self.urgency).to_string()),
            ("town", self.town.clone().unwrap_or_default()),
            ("department", self.department.clone().unwrap_or_default()),
        ];
        rows.extend(self.topics.iter().map(|code| ("topic", code.clone())));
        ask::form(rows)
    }
}

#[utoipa::path(post, path = "/items/{id}/judge", tag = "items", summary = "重新研判", params(("id" = Id, Path)),
    request_body = JudgementAsked, responses((status = 204, description = "已保存；涉及保密的可能从此看不到")))]
pub(in crate::api) async fn judge(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
    Body(asked): Body<JudgementAsked>,
) -> Done {
    if asked.topics.len() > 20 {
        return Err(Problem::unfit("字段“topics”最多 20 个"));
    }
    for topic in &asked.topics {
        known(&state, Some(topic), None, None)?;
    }
    known(&state, None, asked.town.as_deref(), asked.department.as_deref())?;
    item_judge::judge_item(&state, &caller, id, &asked.form()).await?;
    Ok(DONE)
}

/// 分派
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct AssignmentAsked {
    version: Whole,
    /// 主办单位
    #[schema(value_type = DepartmentWord)]
    department: String,
    #[schema(value_type = Option<String>, max_length = 1000, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    reason: Option<Text<1000>>,
}

/// 立的工单
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Opened {
    #[schema(value_type = Id)]
    id: CaseId,
    /// 工单号，如 2026-00123
    number: String,
}

#[utoipa::path(post, path = "/items/{id}/assign", tag = "items", summary = "分派给单位，立工单", params(("id" = Id, Path)),
    request_body = AssignmentAsked, responses((status = 200, description = "工单已建立", body = Opened)))]
pub(in crate::api) async fn assign(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
    Body(asked): Body<AssignmentAsked>,
) -> Answer<Opened> {
    known(&state, None, None, Some(&asked.department))?;
    let form = ask::form(vec![
        ("version", asked.version.to_string()),
        ("department", asked.department),
        ("reason", asked.reason.unwrap_or_default().0),
    ]);
    let case = item_assign::assign(&state, &caller, id, &form).await?;
    Ok(Json(Opened { id: case.id, number: case.number }))
}

/// 理由
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Reason {
    pub(in crate::api) reason: Filled<200>,
}

#[utoipa::path(post, path = "/items/{id}/dismiss", tag = "items", summary = "标记为不需办理", params(("id" = Id, Path)),
    request_body = Reason, responses((status = 204, description = "已标记")))]
pub(in crate::api) async fn dismiss(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
    Body(asked): Body<Reason>,
) -> Done {
    item_dismiss::dismiss_item(&state, &caller, id, &ask::form(vec![("reason", asked.reason.0)])).await?;
    Ok(DONE)
}

#[utoipa::path(post, path = "/items/{id}/restore", tag = "items", summary = "恢复到待研判", params(("id" = Id, Path)),
    responses((status = 204, description = "已恢复")))]
pub(in crate::api) async fn restore(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
) -> Done {
    state.store.restore_item(&caller.judging_eyes(), id, caller.actor()).await?;
    Ok(DONE)
}
