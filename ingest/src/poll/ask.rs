//! Asks for a source's document at the place it moved to, and at its own address when that fails.

use std::time::Duration;

use jiff::Timestamp;
use qingting_models::records::Source;

use super::{PollError, validators};
use crate::http::{Answer, Document, FetchError, Http, Request, Validators};

/// An answer, and where to ask from now on.
pub(super) struct Told {
    /// `None` when nothing is new.
    pub document: Option<Document>,
    pub fresh_for: Option<Duration>,
    /// Asked instead of the source's address, until that changes or this fails.
    pub moved_to: Option<String>,
}

/// Fetches a source's document. `conditional` sends what the server gave last time, so that it need not send
/// the same again.
///
/// # Errors
/// When the source has no address, and when neither place answers.
pub(super) async fn ask(
    http: &Http,
    source: &Source,
    conditional: bool,
    request: impl Fn(String) -> Request,
    now: Timestamp,
) -> Result<Told, PollError> {
    let url = source.url.clone().ok_or_else(|| PollError::NoAddress { name: source.name.clone() })?;
    let known = if conditional { validators(source) } else { Validators::default() };
    let request = |url: String| request(url).allowing(source.allow_host.as_deref());
    if let Some(moved) = source.health.moved_to.clone().filter(|moved| *moved != url) {
        match http.fetch(&request(moved.clone()).knowing(known.clone()), now).await {
            Ok(answer) => return Ok(told(answer, Some(moved))),
            Err(busy @ FetchError::HostBusy { .. }) => return Err(busy.into()),
            Err(wrong) => {
                tracing::info!(source = %source.name, %wrong, "the new address failed; the old one is asked")
            }
        }
    }
    Ok(told(http.fetch(&request(url).knowing(known), now).await?, None))
}

/// `before` is where the question went, if not to the source's own address.
fn told(answer: Answer, before: Option<String>) -> Told {
    match answer {
        Answer::NotModified { fresh_for, moved_to } => {
            Told { document: None, fresh_for, moved_to: moved_to.map(String::from).or(before) }
        }
        Answer::Document(document) => Told {
            fresh_for: document.fresh_for,
            moved_to: document.moved_to.clone().map(String::from).or(before),
            document: Some(document),
        },
    }
}
