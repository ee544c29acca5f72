//! Who may use a route, and the gate that every route of the table stands behind.

use axum::body::{Body, to_bytes};
use axum::extract::{OriginalUri, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use qingting_models::records::{Role, User};

use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::Frame;
use crate::{error, origin, sessions, upload};

/// Largest body of a request, in bytes.
pub const BODY_LIMIT: usize = 1 << 20;

/// Who may use a route. What a user sees there is a matter of the queries, which take a `Viewer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone, also without a log-in.
    Public,
    /// Every user.
    SignedIn,
    /// Users who have one of these roles.
    Roles(&'static [Role]),
}

/// What the gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allow,
    /// Nobody is logged in.
    LogIn,
    /// The user's roles do not suffice.
    Forbid,
}

impl Access {
    /// The verdict for `user`, `None` when nobody is logged in.
    pub fn verdict(self, user: Option<&User>) -> Verdict {
        match (self, user) {
            (Self::Public, _) => Verdict::Allow,
            (_, None) => Verdict::LogIn,
            (Self::SignedIn, Some(_)) => Verdict::Allow,
            (Self::Roles(roles), Some(user)) if user.roles.iter().any(|r| roles.contains(r)) => {
                Verdict::Allow
            }
            (Self::Roles(_), Some(_)) => Verdict::Forbid,
        }
    }
}

/// The gate of one route.
#[derive(Clone)]
pub struct Gate {
    pub state: AppState,
    pub access: Access,
    /// Open to users who still have to change their password.
    pub before_password_change: bool,
    /// The largest body in bytes where a file is taken.
    pub upload: Option<usize>,
    /// Asked by the browser itself, not by the user: does not prolong the session.
    pub by_itself: bool,
}

/// Lets a request pass that has a right to: finds the session, asks [`Access`], and for a changing request
/// checks where it comes from and the token in its form.
pub async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let found = match gate.by_itself {
        true => sessions::bystander(&gate.state, request.headers()).await,
        false => sessions::caller(&gate.state, request.headers()).await,
    };
    let caller = match found {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    let asks = caller.clone();
    let response = pass(&gate, caller, request, next).await;
    surround(&gate.state, asks, response).await
}

async fn pass(gate: &Gate, caller: Option<Caller>, mut request: Request, next: Next) -> Response {
    match gate.access.verdict(caller.as_ref().map(|c| &c.session.user)) {
        Verdict::Allow => {}
        Verdict::LogIn => return to_log_in(gate, request).await,
        Verdict::Forbid => return WebError::Forbidden.into_response(),
    }
    let must_change = caller.as_ref().is_some_and(|c| c.session.user.must_change_password);
    if must_change && gate.access != Access::Public && !gate.before_password_change {
        return Redirect::to("/password").into_response();
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        request = match read_form(gate, request, caller.as_ref()).await {
            Ok(request) => request,
            Err(error) => return error.into_response(),
        };
    }
    if let Some(mut caller) = caller {
        let counts = request.method() == Method::GET && !gate.by_itself && gate.access != Access::Public;
        if counts && let Err(error) = count(&gate.state, &mut caller).await {
            return error.into_response();
        }
        request.extensions_mut().insert(caller);
    }
    next.run(request).await
}

/// Puts what surrounds every page around the answer to an address that no route has.
pub async fn framed(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let caller = sessions::bystander(&state, request.headers()).await.unwrap_or_default();
    let response = next.run(request).await;
    surround(&state, caller, response).await
}

/// An error page of somebody who is logged in has the way on to all other pages.
async fn surround(state: &AppState, caller: Option<Caller>, response: Response) -> Response {
    let Some(mut caller) = caller.filter(|_| error::is_page(&response)) else { return response };
    // What went wrong is to be told, whether notices can be counted or not.
    if let Err(error) = count(state, &mut caller).await {
        tracing::warn!(?error, "the notices of an error page could not be counted");
    }
    error::within(|title| Frame::inside(state, &caller, title, ""), response)
}

/// Counts what the top of every page shows.
async fn count(state: &AppState, caller: &mut Caller) -> Result<(), WebError> {
    caller.unread = state.store.unread_notices(&caller.viewer, caller.session.user.id).await?;
    if caller.has(Role::Admin) {
        caller.stuck = state.store.stuck_deliveries().await?;
    }
    Ok(())
}

async fn to_log_in(gate: &Gate, request: Request) -> Response {
    if request.method() != Method::GET {
        let from = came_from(&request);
        // What others made a browser send is not shown as if the user had typed it.
        let typed = match read_form(gate, request, None).await {
            Ok(request) => request.extensions().get::<Form>().map(Form::typed).unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        return error::signed_out(typed, from.as_deref());
    }
    let path = request
        .extensions()
        .get::<OriginalUri>()
        .map_or_else(|| request.uri().to_string(), |uri| uri.0.to_string());
    let next: String = url_encode(&path);
    Redirect::to(&format!("/login?next={next}")).into_response()
}

/// The path of the page that a form was sent from.
fn came_from(request: &Request) -> Option<String> {
    let referer = request.headers().get(header::REFERER)?.to_str().ok()?;
    let url = url::Url::parse(referer).ok()?;
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    origin::local_path(&path).map(str::to_owned)
}

/// Percent-encodes a text for a query value.
pub fn url_encode(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// Reads the form of a changing request, checks it, and passes it on as a [`Form`]; one that sends a file is
/// passed on as an [`Upload`](crate::upload::Upload).
async fn read_form(gate: &Gate, request: Request, caller: Option<&Caller>) -> Result<Request, WebError> {
    if !origin::is_ours(request.headers(), gate.state.settings.base_url.as_deref()) {
        return Err(WebError::ForeignForm);
    }
    let typed = request.headers().get(header::CONTENT_TYPE).and_then(|t| t.to_str().ok()).unwrap_or_default();
    if let (Some(limit), true) = (gate.upload, typed.starts_with("multipart/form-data")) {
        let csrf = caller.map(|c| c.session.csrf.as_str()).unwrap_or_default();
        return upload::open(request, limit, csrf).await;
    }
    if !typed.starts_with("application/x-www-form-urlencoded") {
        return Err(WebError::bad("只接受网页表单提交"));
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, BODY_LIMIT).await.map_err(|_| WebError::TooLarge)?;
    let form = Form::parse(&bytes);
    if caller.is_some_and(|c| !origin::same_token(form.text("csrf"), &c.session.csrf)) {
        return Err(WebError::ForeignForm);
    }
    let mut request = Request::from_parts(parts, Body::empty());
    request.extensions_mut().insert(form);
    Ok(request)
}
