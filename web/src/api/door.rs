//! Who may come in: a platform by the token of its source, a program by the token of its user, as often and as long as
//! is allowed. Cookies open nothing here.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use qingting_models::ids::{SourceId, TokenId};
use qingting_models::records::{Scope, Source, SourceKind, UserToken};
use tokio::sync::Semaphore;

use super::pace::{Limit, Pace};
use super::problem::Problem;
use crate::access::{Access, Verdict};
use crate::app::AppState;
use crate::caller::Caller;

/// Longest time for one request.
const LONGEST: Duration = Duration::from_secs(120);
/// Pushes that are worked on at once: each may hold a body of 20 MB.
const AT_ONCE: usize = 8;
/// Requests of a platform; each may hold ten thousand records.
const OF_SOURCES: Limit = Limit { burst: 120, refill_ms: 500 };
/// Requests of a user's token.
const OF_USERS: Limit = Limit { burst: 300, refill_ms: 100 };
/// How the token of a user begins.
const USER_TOKEN: &str = "qu_";

#[derive(Clone)]
pub(super) struct Door {
    state: AppState,
    sources: Arc<Pace<SourceId>>,
    users: Arc<Pace<TokenId>>,
    room: Arc<Semaphore>,
}

impl Door {
    pub(super) fn new(state: AppState) -> Self {
        Self {
            state,
            sources: Arc::new(Pace::new(OF_SOURCES)),
            users: Arc::new(Pace::new(OF_USERS)),
            room: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The source whose token the request carries, if it may push.
    async fn sender(&self, token: &str) -> Result<Sender, Problem> {
        let Some(source) = self.state.store.source_of_token(token).await? else { return Err(not_known()) };
        if source.kind != SourceKind::Push {
            let detail = format!("“{}”的种类不是“{}”，不能用接口推送", source.name, SourceKind::Push.label());
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        if source.paused {
            let detail = format!("来源“{}”已被管理员暂停，恢复后再推送", source.name);
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        let more = "；多条记录可以放在一次请求里";
        self.sources.take(source.id, self.state.store.now()).map_err(|seconds| too_often(seconds, more))?;
        Ok(Sender(source))
    }

    /// The user whose token the request carries, as the user is at this moment.
    async fn holder(&self, token: &str) -> Result<Holder, Problem> {
        let Some((token, user)) = self.state.store.user_of_token(token).await? else {
            return Err(not_known());
        };
        self.users.take(token.id, self.state.store.now()).map_err(|seconds| too_often(seconds, ""))?;
        Ok(Holder { caller: Caller::of_token(user, &token), token })
    }
}

fn not_known() -> Problem {
    let challenge = "Bearer realm=\"qingting\", error=\"invalid_token\"";
    unknown("令牌不对、已停用或已到期；来源的令牌请向管理员索取，个人令牌在“接口令牌”页生成", challenge)
}

fn unknown(detail: &str, challenge: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail)
        .with(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

fn too_often(seconds: i64, more: &str) -> Problem {
    let detail = format!("请求太频繁，请在 {seconds} 秒后再试{more}");
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail);
    problem.with(header::RETRY_AFTER, HeaderValue::from(seconds))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// Lets a request with a good token pass, and tells the handler its [`Sender`] or [`Holder`].
pub(super) async fn admit(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let Some(token) = bearer(request.headers()) else {
        let detail = "请求头里没有令牌；应为 Authorization: Bearer qt_…（来源）或 qu_…（个人）";
        return unknown(detail, "Bearer realm=\"qingting\"").into_response();
    };
    if token.starts_with(USER_TOKEN) {
        return match door.holder(token).await {
            Ok(holder) => {
                request.extensions_mut().insert(holder);
                next.run(request).await
            }
            Err(problem) => problem.into_response(),
        };
    }
    let sender = match door.sender(token).await {
        Ok(sender) => sender,
        Err(problem) => return problem.into_response(),
    };
    let _place = match door.room.acquire().await {
        Ok(place) => place,
        Err(closed) => return Problem::internal(closed).into_response(),
    };
    request.extensions_mut().insert(sender);
    next.run(request).await
}

/// Ends a request that takes too long.
pub(super) async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "没有在规定时间内处理完；推送可以原样重发，不会重复登记";
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
        sender.ok_or_else(|| {
            Problem::new(StatusCode::FORBIDDEN, "推送要用来源的令牌（qt_ 开头），不能用个人令牌")
        })
    }
}

/// The user for whom a program asks, with the token. Only the door makes one.
#[derive(Debug, Clone)]
pub(super) struct Holder {
    pub caller: Caller,
    pub token: UserToken,
}

/// What the gate of one route asks for.
#[derive(Debug, Clone)]
pub(super) struct Needs {
    /// The scope that the token has to have; `None` where any will do.
    pub scope: Option<Scope>,
    /// Who may use the page of the same.
    pub access: Access,
    /// The names that the query may have.
    pub query: Arc<Vec<String>>,
}

/// Lets a user's request pass whose token has the scope and whose user has the role, with no name in its query that
/// the route does not know; tells the handler its [`Caller`].
pub(super) async fn gate(State(needs): State<Needs>, mut request: Request, next: Next) -> Response {
    let Some(holder) = request.extensions().get::<Holder>().cloned() else {
        let detail = "这个接口要用个人令牌（qu_ 开头），不能用来源的令牌";
        return Problem::new(StatusCode::FORBIDDEN, detail).into_response();
    };
    if let Some(scope) = needs.scope.filter(|scope| !holder.token.scopes.contains(scope)) {
        let detail = format!("令牌没有“{}”（{}）的范围；请生成带有它的令牌", scope.label(), scope.code());
        return Problem::new(StatusCode::FORBIDDEN, detail).into_response();
    }
    if needs.access.verdict(Some(holder.caller.user())) != Verdict::Allow {
        return Problem::new(StatusCode::FORBIDDEN, "您的角色不能使用这个功能").into_response();
    }
    if let Err(problem) = known_names(request.uri().query().unwrap_or_default(), &needs.query) {
        return problem.into_response();
    }
    request.extensions_mut().insert(holder.caller);
    next.run(request).await
}

fn known_names(query: &str, known: &[String]) -> Result<(), Problem> {
    for (name, _) in url::form_urlencoded::parse(query.as_bytes()) {
        if !known.iter().any(|k| *k == name) {
            let allowed = if known.is_empty() {
                "这里没有参数".into()
            } else {
                format!("可用：{}", known.join("、"))
            };
            let name: String = name.chars().take(40).collect();
            return Err(Problem::unfit(format!("没有参数“{name}”；{allowed}")));
        }
    }
    Ok(())
}
