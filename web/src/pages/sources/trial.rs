//! Tries a described source before it is saved, or a saved one.

use qingting_models::records::Source;

use super::draft::{Draft, Secret};
use crate::app::AppState;
use crate::error::WebError;
use crate::preview::{self, Trial};
use crate::remedy::Beside;

/// Tries `draft`; the secret that `old` has sealed is used unless the draft says something else.
pub(super) async fn of_draft(
    state: &AppState,
    draft: &Draft,
    old: Option<&Source>,
) -> Result<Trial, WebError> {
    let secret = match (&draft.secret, old) {
        (Secret::Set(secret), _) => Some(secret.clone()),
        (Secret::Keep, Some(old)) if old.has_secret => state.store.source_secret(old.id).await?,
        _ => None,
    };
    let now = state.store.now();
    let source = draft.to_source(now);
    Ok(preview::read(state.http.as_ref(), &source, secret.as_deref(), Beside::Form, now).await)
}

/// Tries a source as it is saved.
pub(crate) async fn of_source(state: &AppState, source: &Source) -> Result<Trial, WebError> {
    let secret = if source.has_secret { state.store.source_secret(source.id).await? } else { None };
    let now = state.store.now();
    Ok(preview::read(state.http.as_ref(), source, secret.as_deref(), Beside::Source, now).await)
}
