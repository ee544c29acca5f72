//! The door for platforms: records are pushed as JSON with the token of a source, without session or cookie.
//!
//! Every address under `/api/v1` stands behind [`door::admit`], which knows the source by its token. Each answer
//! that is no success is a problem document (RFC 9457) with its `detail` in Chinese.

mod door;
mod items;
mod pace;
mod problem;
mod push;
mod receipts;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::AppState;

/// Where it stands.
pub const PATH: &str = "/api/v1";

/// The routes, each behind the token.
pub(crate) fn build(state: AppState) -> Router {
    let door = door::Door::new(state.clone());
    Router::new()
        .route("/items", post(items::push))
        .route("/items/{*id}", delete(items::withdraw))
        .route("/receipts/{id}", get(receipts::show))
        .fallback(problem::nowhere)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(from_fn_with_state(door, door::admit))
        .layer(from_fn(door::in_time))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .with_state(state)
}
