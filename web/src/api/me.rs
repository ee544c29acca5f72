//! `GET /me`: for whom a program asks, and what its token allows.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use qingting_models::county::DepartmentCode;
use qingting_models::records::{Role, Scope};
use serde::Serialize;
use utoipa::ToSchema;

use super::Answer;
use super::door::Holder;
use super::problem::Problem;
use super::schema::{AnyDepartment, At, RoleCode, ScopeCode};

/// 令牌的用户
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// 登录名
    login: String,
    /// 姓名
    name: String,
    #[schema(value_type = Vec<RoleCode>)]
    roles: Vec<Role>,
    #[schema(value_type = Option<AnyDepartment>)]
    department: Option<DepartmentCode>,
    /// 令牌的名称
    token: String,
    #[schema(value_type = Vec<ScopeCode>)]
    scopes: Vec<Scope>,
    /// 令牌到期的时间
    expires_at: At,
}

impl<S: Send + Sync> FromRequestParts<S> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let holder = parts.extensions.get::<Holder>().cloned();
        holder.ok_or_else(|| Problem::internal("a request without its holder"))
    }
}

#[utoipa::path(get, path = "/me", tag = "me", summary = "令牌属于谁、能做什么", responses((status = 200, description = "令牌的用户", body = Me)))]
pub(super) async fn show(holder: Holder) -> Answer<Me> {
    let user = holder.caller.user().clone();
    Ok(Json(Me {
        login: user.login,
        name: user.name,
        roles: user.roles,
        department: user.department,
        token: holder.token.name,
        scopes: holder.token.scopes,
        expires_at: At(holder.token.expires_at),
    }))
}
