//! Answers for the script of a page that acts without leaving it: the same actions, with their outcome as a sentence.
//!
//! A request with the header `x-inline: yes` that would have led to another page is answered with `{"done", "text", "made"}`
//! (`made` is `{"path", "name"}` of what came of it, or `null`), one that went wrong with `{"text"}` and the same status. What a page of its own has to say stays a page.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::frame::done_text;

const INLINE: HeaderName = HeaderName::from_static("x-inline");

/// What an answer says, for those who do not go to the page that it leads to or shows.
#[derive(Debug, Clone)]
pub struct Said(pub String);

/// The page of what was made, and its name.
#[derive(Debug, Clone)]
pub struct Made {
    pub path: String,
    pub name: String,
}

pub async fn answer(request: Request, next: Next) -> Response {
    let inline = request.headers().get(INLINE).is_some_and(|value| value == "yes");
    let response = next.run(request).await;
    if !inline {
        return response;
    }
    if response.status() == StatusCode::SEE_OTHER {
        let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
        let query = to.split_once('?').map_or("", |(_, query)| query);
        let done = query.split('&').find_map(|pair| pair.strip_prefix("done=")).unwrap_or_default();
        let said = response.extensions().get::<Said>().map(|Said(text)| text.as_str());
        let text = said.or_else(|| done_text(done)).unwrap_or("完成。");
        let made = response.extensions().get::<Made>();
        let made = made.map(|made| json!({ "path": made.path, "name": made.name }));
        return Json(json!({ "done": done, "text": text, "made": made })).into_response();
    }
    match response.extensions().get::<Said>() {
        Some(Said(text)) => (response.status(), Json(json!({ "text": text }))).into_response(),
        None => response,
    }
}
