//! Changing one's own password.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};

use super::{Answer, html};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::{password, sessions};

/// The form.
#[derive(Debug, Template)]
#[template(path = "password.html")]
pub struct PasswordPage {
    pub frame: Frame,
    /// The password was set by someone else: nothing else is open before it is changed.
    pub forced: bool,
    pub min_length: usize,
}

impl PasswordPage {
    fn new(state: &AppState, caller: &Caller) -> Self {
        Self {
            frame: Frame::inside(state, caller, "修改密码", "/password"),
            forced: caller.user().must_change_password,
            min_length: password::MIN_LENGTH,
        }
    }
}

pub async fn show(State(state): State<AppState>, caller: Caller) -> Answer {
    html(&PasswordPage::new(&state, &caller))
}

pub async fn submit(State(state): State<AppState>, caller: Caller, headers: HeaderMap, form: Form) -> Answer {
    match change(&state, &caller, &form).await? {
        Some(problem) => {
            let mut page = PasswordPage::new(&state, &caller);
            page.frame = page.frame.with(Some(Notice::bad(problem)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        None => {
            let cookie = sessions::start(&state, &headers, caller.user()).await?;
            Ok(sessions::with_cookie(cookie, Redirect::to("/?done=password-changed")))
        }
    }
}

/// Sets the new password, or says what is wrong with it.
async fn change(state: &AppState, caller: &Caller, form: &Form) -> Result<Option<String>, WebError> {
    let (old, new) = (form.raw("old"), form.raw("new"));
    let user = caller.user();
    if new != form.raw("again") {
        return Ok(Some("两次输入的新密码不一致。".into()));
    }
    if new == old {
        return Ok(Some("新密码不能与现在的密码相同。".into()));
    }
    if let Err(reason) = password::check(&user.login, new) {
        return Ok(Some(format!("{reason}。")));
    }
    let known = state.store.user_named(&user.login).await?;
    let hash = known.map(|(_, hash)| hash);
    if !state.hasher.verify(old.to_owned(), hash).await.map_err(WebError::internal)? {
        return Ok(Some("现在的密码不正确。".into()));
    }
    let hash = state.hasher.hash(new.to_owned()).await.map_err(WebError::internal)?;
    state.store.set_password(user.id, &hash, false, caller.actor()).await?;
    Ok(None)
}

#[cfg(test)]
impl crate::samples::Sampled for PasswordPage {
    fn samples() -> Vec<Self> {
        let page = |t: String| Self { frame: crate::samples::frame(&t), forced: true, min_length: 10 };
        crate::samples::hostile().into_iter().map(page).collect()
    }
}
