//! Whether the server and its store answer.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::app::AppState;

/// `ok` when the store answers, else 503.
pub async fn show(State(state): State<AppState>) -> Response {
    match state.store.answers().await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "the store does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "store\n").into_response()
        }
    }
}
