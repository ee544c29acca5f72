//! Log-ins: a random token in a cookie, of which the store keeps only a digest.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::CookieJar;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use qingting_models::records::User;
use sha2::{Digest, Sha256};

use crate::app::{AppState, WebSettings};
use crate::caller::Caller;
use crate::error::WebError;

/// Bytes of a token.
const TOKEN_BYTES: usize = 32;

/// A cookie that is sent over TLS carries the prefix by which browsers hold it to this very host.
fn cookie_name(settings: &WebSettings) -> &'static str {
    if settings.secure_cookies { "__Host-qingting" } else { "qingting" }
}

/// A fresh token from the operating system.
///
/// # Errors
/// When it has no random bytes.
pub fn fresh_token() -> Result<String, WebError> {
    let mut bytes = [0u8; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(WebError::internal)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// What the store keeps of a token: hex SHA-256.
pub fn digest(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

fn token(settings: &WebSettings, headers: &HeaderMap) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    let value = jar.get(cookie_name(settings))?.value();
    (value.len() == 43).then(|| value.to_owned())
}

/// The user behind a request, if its cookie names a session that still lasts.
///
/// # Errors
/// When the store fails.
pub async fn caller(state: &AppState, headers: &HeaderMap) -> Result<Option<Caller>, WebError> {
    let Some(token) = token(&state.settings, headers) else { return Ok(None) };
    Ok(state.store.session(&digest(&token)).await?.map(Caller::new))
}

/// As [`caller`], but the session is not prolonged: for what a browser asks by itself.
///
/// # Errors
/// When the store fails.
pub async fn bystander(state: &AppState, headers: &HeaderMap) -> Result<Option<Caller>, WebError> {
    let Some(token) = token(&state.settings, headers) else { return Ok(None) };
    Ok(state.store.session_now(&digest(&token)).await?.map(Caller::new))
}

/// Under which digest the store keeps the session that a request's cookie names.
pub fn digest_of(state: &AppState, headers: &HeaderMap) -> Option<String> {
    token(&state.settings, headers).map(|token| digest(&token))
}

/// Starts a session for `user` with a token of its own, ends the one that the request came with, and gives
/// the cookie to set.
///
/// # Errors
/// When the store or the random source fails.
pub async fn start(state: &AppState, headers: &HeaderMap, user: &User) -> Result<HeaderValue, WebError> {
    end(state, headers).await?;
    let (token, csrf) = (fresh_token()?, fresh_token()?);
    let settings = &state.settings;
    let (idle, total) = (settings.idle_minutes * 60, settings.session_hours * 3600);
    state.store.start_session(user.id, &digest(&token), &csrf, idle, total).await?;
    set_cookie(&state.settings, &token, None)
}

/// Ends the session of a request, if it has one.
///
/// # Errors
/// When the store fails.
pub async fn end(state: &AppState, headers: &HeaderMap) -> Result<(), WebError> {
    if let Some(token) = token(&state.settings, headers) {
        state.store.end_session(&digest(&token)).await?;
    }
    Ok(())
}

/// The cookie that takes the token out of the browser.
///
/// # Errors
/// Never with the names used here; a header has to be made of plain text.
pub fn clear_cookie(settings: &WebSettings) -> Result<HeaderValue, WebError> {
    set_cookie(settings, "", Some(0))
}

fn set_cookie(settings: &WebSettings, token: &str, max_age: Option<u32>) -> Result<HeaderValue, WebError> {
    let secure = if settings.secure_cookies { "; Secure" } else { "" };
    let age = max_age.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    let name = cookie_name(settings);
    HeaderValue::from_str(&format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"))
        .map_err(WebError::internal)
}

/// Puts a cookie on an answer.
pub fn with_cookie(
    cookie: HeaderValue,
    answer: impl axum::response::IntoResponse,
) -> axum::response::Response {
    let mut response = answer.into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_closed_to_scripts_and_other_sites() {
        let plain = WebSettings::default();
        let cookie = set_cookie(&plain, "t", None).unwrap();
        assert_eq!(cookie, "qingting=t; Path=/; HttpOnly; SameSite=Lax");
        let secure = WebSettings { secure_cookies: true, ..plain };
        let cookie = set_cookie(&secure, "t", None).unwrap();
        assert_eq!(cookie, "__Host-qingting=t; Path=/; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn tokens_differ_and_their_digests_do_not_show_them() {
        let (one, two) = (fresh_token().unwrap(), fresh_token().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 43);
        assert_eq!(digest(&one).len(), 64);
        assert!(!digest(&one).contains(&one));
    }
}
