//! Which sources are due, and polling several at a time.

use futures::{Stream, StreamExt, stream};
use qingting_models::records::{Source, SourceRun};
use qingting_models::store::{Store, StoreError};

use super::{PollError, poll};
use crate::http::Http;

/// A claimed source is another worker's again after this. The pages and articles of one poll are bounded in time
/// so that it ends before.
const LEASE_S: i64 = 300;
/// Sources fetched at the same time.
const AT_ONCE: usize = 8;

/// Polls every source that is due, some at the same time, each once.
///
/// # Errors
/// When the store cannot be asked which source is due.
pub async fn fetch_due(
    store: &Store,
    http: &Http,
    worker: &str,
) -> Result<Vec<(Source, Result<SourceRun, PollError>)>, StoreError> {
    let polls = due(store, worker).map(|claimed| async move {
        let source = claimed?;
        let result = poll(store, http, &source).await;
        Ok((source, result))
    });
    let done: Vec<Result<_, StoreError>> = polls.buffer_unordered(AT_ONCE).collect().await;
    done.into_iter().collect()
}

/// Claims due sources one after the other, as places become free; ends after a failure.
fn due<'s>(store: &'s Store, worker: &'s str) -> impl Stream<Item = Result<Source, StoreError>> + 's {
    stream::unfold(true, move |go_on| async move {
        if !go_on {
            return None;
        }
        match store.claim_due_source(worker, LEASE_S).await {
            Ok(Some(source)) => Some((Ok(source), true)),
            Ok(None) => None,
            Err(wrong) => Some((Err(wrong), false)),
        }
    })
}
