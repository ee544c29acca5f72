//! Logging in and out.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use qingting_models::clock::minute_text;
use qingting_models::records::{Actor, Subject};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, html};
use crate::app::{AppState, DemoLogin};
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice, home};
use crate::{origin, sessions};

/// From how many tries left on it is said how many there are.
const WARNED: i64 = 3;

/// The log-in page.
#[derive(Debug, Template)]
#[template(path = "login.html")]
pub struct LoginPage {
    pub frame: Frame,
    pub login: String,
    pub next: String,
    pub demo: Vec<DemoLogin>,
}

/// What the address of the page says.
#[derive(Debug, Default, Deserialize)]
pub struct LoginQuery {
    next: Option<String>,
    done: Option<String>,
}

pub async fn show(
    State(state): State<AppState>,
    Query(query): Query<LoginQuery>,
    request: Request,
) -> Answer {
    if let Some(caller) = request.extensions().get::<Caller>() {
        return Ok(Redirect::to(home(caller)).into_response());
    }
    let mut page = LoginPage {
        frame: Frame::outside("登录", &state.names.county).done(query.done.as_deref()),
        login: String::new(),
        next: query.next.unwrap_or_default(),
        demo: state.settings.demo_logins.clone(),
    };
    page.next.truncate(page.next.floor_char_boundary(2000));
    html(&page)
}

pub async fn submit(
    State(state): State<AppState>,
    headers: HeaderMap,
    form: Form,
    request: Request,
) -> Answer {
    let login: String = form.text("login").chars().take(64).collect();
    let from = client(&state, &headers, &request);
    if let Some(until) = state.store.login_blocked(&login, &from).await? {
        let text = format!("尝试次数过多，请在 {} 之后再试，或请管理员重置密码。", minute_text(until));
        return refused(&state, &form, StatusCode::TOO_MANY_REQUESTS, &text);
    }
    let known = state.store.user_named(&login).await?;
    let hash = known.as_ref().map(|(_, hash)| hash.clone());
    let right =
        state.hasher.verify(form.raw("password").to_owned(), hash).await.map_err(WebError::internal)?;
    match known {
        Some((user, _)) if right && !user.disabled => {
            let cookie = sessions::start(&state, &headers, &user).await?;
            state.store.audit(Actor::User(user.id), "user.login", Subject::User(user.id), json!({})).await?;
            let to = origin::local_path(form.text("next")).unwrap_or("/");
            Ok(sessions::with_cookie(cookie, Redirect::to(to)))
        }
        known => {
            state.store.note_login_failure(&login, &from).await?;
            // Who tried is not known; what was typed may be a password in the wrong field.
            let subject = known.map_or(Subject::System, |(user, _)| Subject::User(user.id));
            state.store.audit(Actor::System, "user.login_failed", subject, json!({})).await?;
            // The same for a name that nobody has.
            let text = match state.store.login_tries_left(&login).await? {
                0 => "登录名或密码不正确。试错次数已到上限，请过一刻钟再试，或请管理员重置密码。".into(),
                left @ 1..=WARNED => format!("登录名或密码不正确，还可以再试 {left} 次。"),
                _ => "登录名或密码不正确。".to_owned(),
            };
            refused(&state, &form, StatusCode::UNPROCESSABLE_ENTITY, &text)
        }
    }
}

/// The page again, with the name but never the password; the same words for an unknown name, a wrong
/// password and a disabled user.
fn refused(state: &AppState, form: &Form, status: StatusCode, text: &str) -> Answer {
    let page = LoginPage {
        frame: Frame::outside("登录", &state.names.county).with(Some(Notice::bad(text))),
        login: form.text("login").chars().take(64).collect(),
        next: form.text("next").into(),
        demo: state.settings.demo_logins.clone(),
    };
    Ok((status, html(&page)?).into_response())
}

/// The address that tries are counted by.
fn client(state: &AppState, headers: &HeaderMap, request: &Request) -> String {
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|v| v.to_str().ok());
    let last = forwarded.and_then(|list| list.rsplit(',').next()).map(str::trim);
    if let (true, Some(address)) = (state.settings.behind_proxy, last) {
        return address.chars().take(64).collect();
    }
    let info = request.extensions().get::<ConnectInfo<SocketAddr>>();
    info.map_or_else(|| "unknown".into(), |ConnectInfo(address)| address.ip().to_string())
}

pub async fn log_out(State(state): State<AppState>, caller: Caller, headers: HeaderMap) -> Answer {
    sessions::end(&state, &headers).await?;
    state.store.audit(caller.actor(), "user.logout", Subject::User(caller.user().id), json!({})).await?;
    let cookie = sessions::clear_cookie(&state.settings)?;
    Ok(sessions::with_cookie(cookie, Redirect::to("/login?done=logged-out")))
}

#[cfg(test)]
impl crate::samples::Sampled for LoginPage {
    fn samples() -> Vec<Self> {
        let page = |t: String| Self {
            frame: crate::samples::frame(&t),
            login: t.clone(),
            next: t.clone(),
            demo: vec![DemoLogin { login: t.clone(), password: t.clone(), label: t }],
        };
        crate::samples::hostile().into_iter().map(page).collect()
    }
}
