//! `GET /receipts/{id}`: what an earlier push was answered with.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use qingting_models::ids::SealedId;

use super::super::door::Sender;
use super::super::problem::Problem;
use super::super::schema::Id;
use super::described::Receipt;
use crate::app::AppState;

#[utoipa::path(get, path = "/receipts/{id}", tag = "push", summary = "查回执", params(("id" = Id, Path)),
    responses((status = 200, description = "当时的回答", body = Receipt)))]
/// Shows a receipt of the same source; receipts are kept for thirty days.
pub(in crate::api) async fn show(
    State(state): State<AppState>,
    Sender(source): Sender,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id: SealedId = id.parse().map_err(|_| missing())?;
    let answer = state.store.push_answer(source.id, id).await?.ok_or_else(missing)?;
    Ok(json(StatusCode::OK, answer))
}

fn missing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "没有这张回执；回执保存三十天，只有推送的来源可以查看")
}

/// An answer whose body is JSON already.
pub(super) fn json(status: StatusCode, body: String) -> Response {
    let typed = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (status, [typed], body).into_response()
}
