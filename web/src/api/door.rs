//! Who may push: the source that the token belongs to, as often and as long as is allowed.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use qingting_models::records::{Source, SourceKind};
use std::time::Duration;
use tokio::sync::Semaphore;

use super::pace::Pace;
use super::problem::Problem;
use crate::app::AppState;

/// Longest time for one request.
const LONGEST: Duration = Duration::from_secs(120);
/// Requests that are worked on at once: each may hold a body of 20 MB.
const AT_ONCE: usize = 8;

#[derive(Clone)]
pub(super) struct Door {
    state: AppState,
    pace: Arc<Pace>,
    room: Arc<Semaphore>,
}

impl Door {
    pub(super) fn new(state: AppState) -> Self {
        Self { state, pace: Arc::default(), room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The source whose token the request carries, if it may push.
    async fn sender(&self, headers: &HeaderMap) -> Result<Source, Problem> {
        let Some(token) = bearer(headers) else {
            return Err(unknown(
                "请求头里没有令牌；应为 Authorization: Bearer qt_…",
                "Bearer realm=\"qingting\"",
            ));
        };
        let Some(source) = self.state.store.source_of_token(token).await? else {
            let challenge = "Bearer realm=\"qingting\", error=\"invalid_token\"";
            return Err(unknown("令牌不对或已停用；请向管理员索取新的令牌", challenge));
        };
        if source.kind != SourceKind::Push {
            let detail = format!("“{}”的种类不是“{}”，不能用接口推送", source.name, SourceKind::Push.label());
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        if source.paused {
            let detail = format!("来源“{}”已被管理员暂停，恢复后再推送", source.name);
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        if let Err(seconds) = self.pace.take(source.id, self.state.store.now()) {
            let detail = format!("请求太频繁，请在 {seconds} 秒后再试；多条记录可以放在一次请求里");
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail);
            return Err(problem.with(header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        Ok(source)
    }
}

fn unknown(detail: &str, challenge: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail)
        .with(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// Lets a request with a good token pass, and tells the handler its [`Sender`].
pub(super) async fn admit(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let source = match door.sender(request.headers()).await {
        Ok(source) => source,
        Err(problem) => return problem.into_response(),
    };
    let _place = match door.room.acquire().await {
        Ok(place) => place,
        Err(closed) => return Problem::internal(closed).into_response(),
    };
    request.extensions_mut().insert(Sender(source));
    next.run(request).await
}

/// Ends a request that takes too long.
pub(super) async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "没有在规定时间内处理完；可以原样重发，不会重复登记";
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail);
            problem.with(header::RETRY_AFTER, HeaderValue::from_static("30")).into_response()
        }
    }
}

/// The source that pushes. Only the door makes one.
#[derive(Debug, Clone)]
pub(super) struct Sender(pub Source);

impl<S: Send + Sync> FromRequestParts<S> for Sender {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let sender = parts.extensions.get::<Sender>().cloned();
        sender.ok_or_else(|| Problem::internal("a push without its sender"))
    }
}
