//! What went wrong with a push, as a problem document (RFC 9457).

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use qingting_models::store::StoreError;
use serde_json::json;

/// An answer that is no success.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    /// What is wrong and what is allowed, in Chinese.
    detail: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), header: None }
    }

    pub(super) fn with(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// Our fault; the cause is for the log.
    pub(super) fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a push failed");
        let detail = "系统出错，没有处理完这次请求；可以原样重发，不会重复登记";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "没有找到"),
            other => Self::internal(other),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let typed = (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response = (self.status, [typed], document.to_string()).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

pub(super) async fn nowhere() -> Problem {
    let detail =
        "没有这个接口；可用：POST /api/v1/items、DELETE /api/v1/items/{编号}、GET /api/v1/receipts/{回执号}";
    Problem::new(StatusCode::NOT_FOUND, detail)
}

pub(super) async fn wrong_method() -> Problem {
    let detail = "这个地址不接受这种请求方法；可用：POST /api/v1/items、DELETE /api/v1/items/{编号}、GET /api/v1/receipts/{回执号}";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

pub(super) fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Problem::internal("a handler panicked").into_response()
}
