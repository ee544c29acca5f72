//! Where users are reached outside. Addresses and numbers go in and never come out.

use axum::Json;
use axum::extract::State;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::UserId;
use qingting_models::records::{Contact, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::ask::{Body, Key};
use crate::api::problem::Problem;
use crate::api::schema::{AnyDepartment, Id, Text};
use crate::api::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::Caller;
use crate::pages::notices::contacts::{user, wrong};

/// 一个用户能不能收到外发；地址和号码看不到
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ContactLine {
    #[schema(value_type = Id)]
    user: UserId,
    name: String,
    #[schema(value_type = Option<AnyDepartment>)]
    department: Option<DepartmentCode>,
    email: bool,
    phone: bool,
}

#[utoipa::path(get, path = "/notices/contacts", tag = "notices", summary = "谁登记了邮箱和手机",
    responses((status = 200, description = "在用的用户", body = Vec<ContactLine>)))]
pub(in crate::api) async fn contacts(State(state): State<AppState>) -> Answer<Vec<ContactLine>> {
    let reachable = state.store.reachable_users().await?;
    let line = |user: User| {
        let known = reachable.iter().find(|(id, ..)| *id == user.id);
        ContactLine {
            user: user.id,
            email: known.is_some_and(|(_, email, _)| *email),
            phone: known.is_some_and(|(.., phone)| *phone),
            name: user.name,
            department: user.department,
        }
    };
    let users = state.store.users().await?.into_iter().filter(|user| !user.disabled);
    Ok(Json(users.map(line).collect()))
}

/// 一个用户的联系方式；没有写的就去掉
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ContactAsked {
    #[schema(value_type = Option<String>, max_length = 100)]
    email: Option<Text<100>>,
    #[schema(value_type = Option<String>, max_length = 21)]
    phone: Option<Text<21>>,
    /// 企业微信的用户编号
    #[schema(value_type = Option<String>, max_length = 100)]
    wecom: Option<Text<100>>,
    /// 钉钉的用户编号
    #[schema(value_type = Option<String>, max_length = 100)]
    dingtalk: Option<Text<100>>,
    /// 飞书的用户编号
    #[schema(value_type = Option<String>, max_length = 100)]
    feishu: Option<Text<100>>,
}

#[utoipa::path(put, path = "/notices/contacts/{id}", tag = "notices", summary = "登记一个用户的联系方式；id 是用户的编号", params(("id" = Id, Path)),
    request_body = ContactAsked, responses((status = 204, description = "已登记，密封保存")))]
pub(in crate::api) async fn set_contact(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<UserId>,
    Body(asked): Body<ContactAsked>,
) -> Done {
    let user = user(&state, &id.to_string()).await?;
    let text = |text: Option<Text<100>>| text.unwrap_or_default().0.trim().to_owned();
    let contact = Contact {
        email: text(asked.email),
        phone: asked.phone.unwrap_or_default().0.trim().to_owned(),
        wecom: text(asked.wecom),
        dingtalk: text(asked.dingtalk),
        feishu: text(asked.feishu),
    };
    if let Some(why) = wrong(&contact) {
        return Err(Problem::unfit(why));
    }
    state.store.set_contact(user.id, &contact, caller.actor()).await?;
    Ok(DONE)
}
