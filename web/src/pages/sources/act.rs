//! What is done with a source by one press: pausing, going on, reading at once, taking a new address.

use axum::extract::{Path, State};
use qingting_models::ids::SourceId;
use qingting_models::records::Source;

use super::draft::form_of;
use super::reading::{Purpose, read};
use super::{Answer, back, find, page_of};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;

pub async fn pause(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id = set_paused(&state, &caller, &id, true).await?;
    Ok(back("", &page_of(id), "source-paused"))
}

pub async fn resume(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id = set_paused(&state, &caller, &id, false).await?;
    Ok(back("", &page_of(id), "source-resumed"))
}

/// Pauses a source, or lets it go on.
///
/// # Errors
/// When there is no such source.
pub(crate) async fn set_paused(
    state: &AppState,
    caller: &Caller,
    id: &str,
    paused: bool,
) -> Result<SourceId, WebError> {
    let source = find(state, id).await?;
    state.store.set_source_paused(source.id, paused, caller.actor()).await?;
    Ok(source.id)
}

/// Makes a source due; a worker reads it within seconds.
pub async fn poll(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id = poll_now(&state, &caller, &id).await?;
    Ok(back("", &page_of(id), "source-due"))
}

/// Has a source read at once.
///
/// # Errors
/// When it is paused, or brings its records itself.
pub(crate) async fn poll_now(state: &AppState, caller: &Caller, id: &str) -> Result<SourceId, WebError> {
    let source = find(state, id).await?;
    if source.paused {
        return Err(WebError::bad("这个来源已暂停，请先恢复"));
    }
    if !source.kind.is_polled() {
        return Err(WebError::bad("这种来源由对方送来，不需要读取"));
    }
    state.store.poll_at_once(source.id, caller.actor()).await?;
    Ok(source.id)
}

/// Takes the address that a permanent redirect leads to.
pub async fn take_new_address(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    let id = move_to_new(&state, &caller, &id).await?;
    Ok(back("", &page_of(id), "source-moved"))
}

/// Takes the address that a source moved to as its own.
///
/// # Errors
/// When it did not move, or the address cannot be used.
pub(crate) async fn move_to_new(state: &AppState, caller: &Caller, id: &str) -> Result<SourceId, WebError> {
    let source = find(state, id).await?;
    let to = source.health.moved_to.clone().ok_or_else(|| WebError::bad("对方没有给出新的地址"))?;
    let change = moved(&source, &to)?;
    state.store.change_source(source.id, change, caller.actor()).await?;
    Ok(source.id)
}

fn moved(source: &Source, to: &str) -> Result<qingting_models::store::SourceChange, WebError> {
    let form = form_of(source).with("address", to);
    let draft = read(source.kind, &form, Some(source), Purpose::Save)
        .map_err(|problems| WebError::bad(format!("新地址不能用：{}", problems.summary())))?;
    Ok(draft.to_change())
}
