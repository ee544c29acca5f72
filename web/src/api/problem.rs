//! What went wrong with a request, as a problem document (RFC 9457).

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use qingting_models::store::StoreError;
use qingting_respond::desk::ActError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::WebError;

/// The kind of most problems: the status says it all.
const PLAIN: &str = "about:blank";
/// Somebody changed the record since it was read.
const CHANGED: &str = "/api#changed";
/// A rule of the house refuses it as things stand.
const REFUSED: &str = "/api#refused";

/// 出错的回答（RFC 9457）
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemDocument {
    /// 种类：`/api#changed` 别人刚改过，`/api#refused` 现状不允许，其余 `about:blank`
    #[serde(rename = "type")]
    kind: &'static str,
    /// 状态码的英文名称
    title: &'static str,
    /// HTTP 状态码
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// 错在哪里、应该怎样
    detail: String,
}

/// An answer that is no success.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    kind: &'static str,
    /// What is wrong and what is allowed, in Chinese.
    detail: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, kind: PLAIN, detail: detail.into(), header: None }
    }

    /// What was sent does not fit the description of the request.
    pub(super) fn unfit(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    pub(super) fn with(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// Our fault; the cause is for the log.
    pub(super) fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request of the API failed");
        let detail = "系统出错，没有处理完这次请求；推送可以原样重发，不会重复登记，其他操作请先查看最新情况";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }

    /// A rule of the house refuses it as things stand.
    pub(super) fn refused(detail: impl Into<String>) -> Self {
        Self::conflict(REFUSED, detail.into())
    }

    /// What a page's reading of the same input says: what is wrong with the input itself is told as such.
    pub(super) fn of_input(error: WebError) -> Self {
        match error {
            WebError::Bad(detail) => Self::unfit(detail),
            other => other.into(),
        }
    }

    /// The same, where the input stands in one field.
    pub(super) fn of_field(field: &str, error: WebError) -> Self {
        match error {
            WebError::Bad(detail) => Self::unfit(format!("字段“{field}”：{detail}")),
            other => other.into(),
        }
    }

    fn conflict(kind: &'static str, detail: String) -> Self {
        Self { kind, ..Self::new(StatusCode::CONFLICT, detail) }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        WebError::from(error).into()
    }
}

/// What is said of a method that an address does not take.
const WRONG_METHOD: &str = "这个地址不接受这种请求方法；可用的方法见响应头 Allow 和 /api 页";

impl From<ActError> for Problem {
    fn from(error: ActError) -> Self {
        WebError::from(error).into()
    }
}

impl From<WebError> for Problem {
    fn from(error: WebError) -> Self {
        match error {
            WebError::NotFound => Self::new(StatusCode::NOT_FOUND, "没有找到，或者不在您的查看范围内"),
            WebError::Forbidden => Self::new(StatusCode::FORBIDDEN, "您的角色不能使用这个功能"),
            WebError::SignedOut => Self::new(StatusCode::UNAUTHORIZED, "请求头里没有令牌"),
            WebError::WrongMethod => Self::new(StatusCode::METHOD_NOT_ALLOWED, WRONG_METHOD),
            WebError::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "内容超过了允许的大小"),
            WebError::TooSlow => Self::new(StatusCode::SERVICE_UNAVAILABLE, "没有及时完成，请稍后再试"),
            WebError::Conflict(detail) => Self::conflict(CHANGED, detail),
            WebError::Bad(detail) => Self::conflict(REFUSED, detail),
            WebError::ForeignForm => Self::internal("a form token was asked of the API"),
            WebError::Internal(cause) => Self::internal(cause),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = ProblemDocument {
            kind: self.kind,
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail,
        };
        let text = serde_json::to_string(&document).unwrap_or_default();
        let typed = (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response = (self.status, [typed], text).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

pub(super) async fn nowhere() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "没有这个接口；有哪些接口见 /api 页和 /api/v1/openapi.json")
}

pub(super) async fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, WRONG_METHOD)
}

pub(super) fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Problem::internal("a handler panicked").into_response()
}
