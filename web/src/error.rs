//! What can go wrong with a request, and the one place that maps it to an answer: a Chinese page that
//! says what happened and what to do. Causes go to the log only.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use qingting_models::clock::minute_text;
use qingting_models::store::StoreError;
use qingting_respond::attachments::AttachmentError;
use qingting_respond::desk::ActError;

use crate::access::url_encode;
use crate::frame::Frame;
use crate::inline::Said;
use crate::routes;

/// A request that cannot be answered as asked.
#[derive(Debug)]
pub enum WebError {
    /// No such page, or a record that is not there for this user.
    NotFound,
    /// The roles do not suffice.
    Forbidden,
    /// A changing request without a log-in.
    SignedOut,
    /// A form that none of our pages sent in this session.
    ForeignForm,
    TooLarge,
    /// Somebody changed the record since it was shown; the text says who and when.
    Conflict(String),
    /// What was typed or asked cannot be done; the text says why and what is allowed.
    Bad(String),
    /// The address takes no request of this kind.
    WrongMethod,
    /// It took longer than a request may.
    TooSlow,
    /// Our fault; the cause is for the log.
    Internal(String),
}

impl WebError {
    pub fn bad(what: impl Into<String>) -> Self {
        Self::Bad(what.into())
    }

    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Bad(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What happened, and what to do.
    fn words(&self) -> (&'static str, String, &'static str) {
        let (title, what, todo) = match self {
            Self::NotFound => (
                "没有找到",
                "这个页面或记录不存在，或者不在您的查看范围内。",
                "请检查地址，或回到首页重新查找。",
            ),
            Self::Forbidden => {
                ("没有权限", "您的角色不能使用这个功能。", "如工作需要，请联系管理员调整角色。")
            }
            Self::SignedOut => {
                ("请先登录", "登录已过期或尚未登录，刚才的操作没有执行。", "请重新登录后再试。")
            }
            Self::ForeignForm => (
                "操作没有执行",
                "这次提交不是从本系统当前登录的页面发出的，或页面打开得太久。",
                "请返回上一页，刷新后重新提交。",
            ),
            Self::WrongMethod => (
                "不能这样打开",
                "这个地址只在提交表单时使用，不能直接打开，也不能用别的方式提交。",
                "请从页面上的按钮操作。",
            ),
            Self::TooLarge => ("内容太大", "提交的内容超过了允许的大小。", "请删减或拆分后重试。"),
            Self::Conflict(_) => ("内容已被他人修改", "", "您的操作没有执行，请查看最新内容后再决定。"),
            Self::Bad(_) => ("无法完成", "", "请返回上一页，修改后重试。"),
            Self::TooSlow => (
                "没有及时完成",
                "系统忙，这次请求没有在规定时间内完成；如果是提交，可能已经生效，也可能没有。",
                "请先查看记录的最新情况，再决定是否重试；如果经常这样，请联系管理员。",
            ),
            Self::Internal(_) => (
                "系统出错",
                "程序没有完成这次请求，错误已写入日志。",
                "请稍后重试；如果仍然出错，请把发生时间告诉管理员。",
            ),
        };
        match self {
            Self::Conflict(text) | Self::Bad(text) => (title, text.clone(), todo),
            _ => (title, what.into(), todo),
        }
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        (&error).into()
    }
}

impl From<&StoreError> for WebError {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::NotFound,
            StoreError::Conflict { by, at } => Self::Conflict(conflict_words(by, *at)),
            StoreError::Taken { value, .. } => Self::Bad(format!("“{value}”已经存在，请换一个")),
            StoreError::Bad(cause) => {
                tracing::info!(cause, "the store refused a request");
                Self::bad("这条记录的现状不允许这样操作，请刷新页面看最新内容")
            }
            other => Self::internal(other),
        }
    }
}

impl From<ActError> for WebError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::NotFound => Self::NotFound,
            ActError::Changed { by, at } => Self::Conflict(conflict_words(&by, at)),
            ActError::Refused(refusal) => Self::Bad(refusal.to_string()),
            ActError::Store(error) => error.into(),
        }
    }
}

impl From<AttachmentError> for WebError {
    fn from(error: AttachmentError) -> Self {
        match error {
            AttachmentError::NotFound => Self::NotFound,
            AttachmentError::Refused(refusal) => Self::Bad(refusal.to_string()),
            AttachmentError::Store(error) => error.into(),
            AttachmentError::Io(error) => Self::internal(error),
        }
    }
}

/// Who was faster.
fn conflict_words(by: &str, at: Timestamp) -> String {
    let by = if by == "system" { "系统" } else { by };
    format!("{by} 在 {} 修改了这条记录，您的操作没有执行。", minute_text(at))
}

impl From<askama::Error> for WebError {
    fn from(error: askama::Error) -> Self {
        Self::internal(error)
    }
}

/// The error page. Without a session it shows nothing of the house but what the browser itself sent; for whoever is logged
/// in the gate puts it into their frame ([`within`]).
#[derive(Debug, Clone, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub frame: Frame,
    pub status: u16,
    pub title: String,
    pub what: String,
    pub todo: String,
    /// Where to log in, where that is what is missing.
    pub log_in: Option<String>,
    /// What was typed and not saved, to be copied.
    pub typed: Vec<String>,
}

/// The answer to a form that was sent when the log-in had ended: what was typed is not lost. `from` is the path of the page
/// of the form.
pub fn signed_out(typed: Vec<String>, from: Option<&str>) -> Response {
    let error = WebError::SignedOut;
    let (title, what, todo) = error.words();
    let todo = match typed.is_empty() {
        true => todo,
        false => "填写的内容在下面，请先复制，登录后再贴回去。",
    };
    let log_in = from.map_or_else(|| "/login".to_owned(), |from| format!("/login?next={}", url_encode(from)));
    let status = error.status();
    let said = Said(what.clone());
    let (title, todo) = (title.to_owned(), todo.to_owned());
    let frame = Frame::outside(&title, "");
    let shown = ErrorPage { frame, status: status.as_u16(), title, what, todo, log_in: Some(log_in), typed };
    let mut response = page(status, shown);
    response.extensions_mut().insert(said);
    response
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        if let Self::Internal(cause) = &self {
            tracing::error!(cause, "a request failed");
        }
        let status = self.status();
        let (title, what, todo) = self.words();
        let log_in = matches!(self, Self::SignedOut).then(|| "/login".to_owned());
        let said = Said(what.clone());
        let (title, todo) = (title.to_owned(), todo.to_owned());
        let frame = Frame::outside(&title, "");
        let shown =
            ErrorPage { frame, status: status.as_u16(), title, what, todo, log_in, typed: Vec::new() };
        let mut response = page(status, shown);
        response.extensions_mut().insert(said);
        response
    }
}

/// Whether an answer is an error page.
pub fn is_page(response: &Response) -> bool {
    response.extensions().get::<ErrorPage>().is_some()
}

/// An answer that is an error page, with what surrounds every page of the one who asked; any other answer as it is.
pub fn within(frame: impl FnOnce(&str) -> Frame, mut response: Response) -> Response {
    let Some(shown) = response.extensions_mut().remove::<ErrorPage>() else { return response };
    let shown = ErrorPage { frame: frame(&shown.title), ..shown };
    let mut framed = page(response.status(), shown);
    std::mem::swap(framed.extensions_mut(), response.extensions_mut());
    framed
}

fn page(status: StatusCode, page: ErrorPage) -> Response {
    match page.render() {
        Ok(html) => {
            let mut response = (status, Html(html)).into_response();
            response.extensions_mut().insert(page);
            response
        }
        Err(error) => {
            tracing::error!(%error, "the error page failed");
            let plain = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
            (status, [plain], "系统出错，请稍后重试。").into_response()
        }
    }
}

/// The answer when a handler panics.
pub fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    WebError::internal("a handler panicked").into_response()
}

/// The answer to an address that no route has.
pub async fn nowhere() -> WebError {
    WebError::NotFound
}

/// The answer to an address that a form alone is sent to, when it is opened: the page that the form belongs to.
pub async fn form_only(request: Request) -> Response {
    match (request.method(), routes::page_above(request.uri().path())) {
        (&Method::GET | &Method::HEAD, Some(page)) => Redirect::to(page).into_response(),
        _ => WebError::WrongMethod.into_response(),
    }
}

#[cfg(test)]
impl crate::samples::Sampled for ErrorPage {
    fn samples() -> Vec<Self> {
        let page = |t: String| Self {
            frame: crate::samples::frame(&t),
            status: 422,
            title: t.clone(),
            what: t.clone(),
            todo: t.clone(),
            log_in: Some(t.clone()),
            typed: vec![t],
        };
        crate::samples::hostile().into_iter().map(page).collect()
    }
}
