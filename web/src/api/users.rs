//! Users, and the log of who did what.

use axum::Json;
use axum::extract::State;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::{AuditId, UserId};
use qingting_models::records::{ChainedEntry, Role, User};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Ask, Body, Key, known};
use super::problem::Problem;
use super::schema::{AnyDepartment, At, DepartmentWord, Filled, Id, RoleCode};
use super::{Answer, DONE, Done, Listed};
use crate::app::AppState;
use crate::caller::Caller;
use crate::pages::{audit, users};
use crate::people::People;
use crate::query::Query;

/// 用户
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserLine {
    #[schema(value_type = Id)]
    id: UserId,
    login: String,
    name: String,
    #[schema(value_type = Vec<RoleCode>)]
    roles: Vec<Role>,
    #[schema(value_type = Option<AnyDepartment>)]
    department: Option<DepartmentCode>,
    disabled: bool,
    /// 登录后要先改密码
    must_change_password: bool,
    created_at: At,
}

impl From<User> for UserLine {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            login: user.login,
            name: user.name,
            roles: user.roles,
            department: user.department,
            disabled: user.disabled,
            must_change_password: user.must_change_password,
            created_at: At(user.created_at),
        }
    }
}

#[utoipa::path(get, path = "/users", tag = "users", summary = "所有用户",
    responses((status = 200, description = "用户", body = Vec<UserLine>)))]
pub(super) async fn list(State(state): State<AppState>) -> Answer<Vec<UserLine>> {
    Ok(Json(state.store.users().await?.into_iter().map(UserLine::from).collect()))
}

/// 要添加的用户
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserAsked {
    name: Filled<40>,
    #[schema(value_type = String, pattern = "^[A-Za-z0-9._-]{2,32}$")]
    login: String,
    #[schema(value_type = Vec<RoleCode>, min_items = 1, max_items = 7)]
    roles: Vec<Role>,
    /// 承办人和审核人必填，其他角色不填
    #[schema(value_type = Option<DepartmentWord>)]
    department: Option<String>,
}

/// 新用户的初始密码，只给这一次；首次登录后要改
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserAdded {
    password: String,
}

#[utoipa::path(post, path = "/users", tag = "users", summary = "添加用户", request_body = UserAsked,
    responses((status = 200, description = "已添加", body = UserAdded)))]
pub(super) async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<UserAsked>,
) -> Answer<UserAdded> {
    known(&state, None, None, asked.department.as_deref())?;
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    if !(2..=32).contains(&asked.login.len()) || !asked.login.bytes().all(plain) {
        return Err(Problem::unfit("字段“login”要用 2 至 32 个字母、数字、点、横线或下划线"));
    }
    if !(1..=7).contains(&asked.roles.len()) {
        return Err(Problem::unfit("字段“roles”要有 1 至 7 个角色"));
    }
    let mut rows = vec![
        ("name", asked.name.0),
        ("login", asked.login),
        ("department", asked.department.unwrap_or_default()),
    ];
    rows.extend(asked.roles.iter().map(|role| ("role", role.code().to_owned())));
    let password = users::create(&state, &caller, &ask::form(rows)).await?;
    Ok(Json(UserAdded { password }))
}

#[utoipa::path(post, path = "/users/{id}/disable", tag = "users", summary = "停用", params(("id" = Id, Path)),
    responses((status = 204, description = "已停用，登录和令牌全部结束")))]
pub(super) async fn disable(State(state): State<AppState>, caller: Caller, Key(id): Key<UserId>) -> Done {
    let id = users::other(&caller, &id.to_string())?;
    state.store.set_disabled(id, true, caller.actor()).await?;
    Ok(DONE)
}

#[utoipa::path(post, path = "/users/{id}/enable", tag = "users", summary = "启用", params(("id" = Id, Path)),
    responses((status = 204, description = "已启用")))]
pub(super) async fn enable(State(state): State<AppState>, caller: Caller, Key(id): Key<UserId>) -> Done {
    let id = users::other(&caller, &id.to_string())?;
    state.store.set_disabled(id, false, caller.actor()).await?;
    Ok(DONE)
}

/// 审计的一条
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditLine {
    #[schema(value_type = Id)]
    id: AuditId,
    at: At,
    /// 姓名，或 系统、服务器命令行
    who: String,
    /// system、console 或用户的编号
    actor: String,
    /// 动作的代码，如 item.judge
    action: String,
    /// 对象的种类
    subject_kind: &'static str,
    /// 对象的编号；整个系统是 null
    #[schema(value_type = Option<Id>)]
    subject: Option<String>,
    /// 编号、代码和摘要，没有个人信息
    #[schema(value_type = Object)]
    detail: serde_json::Value,
    /// 在链上的位置；还没有入链是 null
    seq: Option<i64>,
    hash: Option<String>,
}

fn audit_line(line: ChainedEntry, people: &People) -> AuditLine {
    let entry = line.entry;
    let (subject_kind, subject) = entry.subject.parts();
    AuditLine {
        id: entry.id,
        at: At(entry.at),
        who: people.actor(entry.actor),
        actor: entry.actor.code(),
        action: entry.action,
        subject_kind,
        subject: (subject != 0).then(|| AuditId(subject).to_string()),
        detail: entry.detail,
        seq: line.seq,
        hash: line.hash,
    }
}

/// What a line of the log is about.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SubjectWord {
    Item,
    Case,
    Source,
    Quarantine,
    Incident,
    User,
    System,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditAsked {
    /// 对象的种类
    #[param(inline)]
    #[serde(rename = "kind")]
    _kind: Option<SubjectWord>,
    /// 对象的编号，与 kind 一起
    #[param(value_type = Option<Id>)]
    #[serde(rename = "id")]
    _id: Option<AuditId>,
    /// 动作的代码或它的开头
    #[param(pattern = "^[a-z_]+(\\.[a-z_]*)?$", max_length = 60)]
    action: Option<String>,
    /// 用户的编号
    #[param(value_type = Option<Id>)]
    #[serde(rename = "actor")]
    _actor: Option<UserId>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/audit", tag = "audit", summary = "审计，新的在前", params(AuditAsked),
    responses((status = 200, description = "一页", body = Listed<AuditLine>)))]
pub(super) async fn log(
    State(state): State<AppState>,
    query: Query,
    Ask(asked): Ask<AuditAsked>,
) -> Answer<Listed<AuditLine>> {
    let plain = |text: &str| {
        let (kind, verb) = text.split_once('.').unwrap_or((text, ""));
        let word = |word: &str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        text.len() <= 60 && !kind.is_empty() && word(kind) && word(verb)
    };
    if asked.action.as_deref().is_some_and(|action| !plain(action)) {
        return Err(Problem::unfit("参数“action”应为动作的代码或它的开头，如 item.judge"));
    }
    let page = ask::page("audit", asked.cursor.as_deref(), asked.limit)?;
    let found = state.store.audit_page(&audit::filter(&query)?, page).await?;
    let people = People::load(&state.store).await?;
    Ok(Json(Listed::of("audit", found, |line| audit_line(line, &people))))
}
