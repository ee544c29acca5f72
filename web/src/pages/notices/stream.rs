//! The stream by which a page learns of what is new: server-sent events with the count of unread notices, and one without
//! content when something was judged, upon which a list asks how much of it is new under its filters.
//!
//! It holds no connection of the store between two looks, does not prolong the session, and ends with it.

use std::convert::Infallible;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{Stream, unfold};
use qingting_models::records::Viewer;
use qingting_models::store::StoreError;
use tokio::sync::OwnedSemaphorePermit;

use super::super::Answer;
use crate::app::AppState;
use crate::error::WebError;
use crate::live::Latest;
use crate::sessions;

/// After so many looks without news the session is asked for all the same.
const LOOKS: u32 = 8;

/// Where a stream stands.
struct Watching {
    state: AppState,
    /// Under which the store keeps the session.
    session: String,
    latest: Option<Latest>,
    unread: Option<i64>,
    looks: u32,
    ended: bool,
    _place: OwnedSemaphorePermit,
}

pub async fn show(State(state): State<AppState>, headers: HeaderMap) -> Answer {
    let session = sessions::digest_of(&state, &headers).ok_or(WebError::SignedOut)?;
    // To a browser, no content means: do not come again.
    let Some(place) = state.live.place() else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let watching =
        Watching { state, session, latest: None, unread: None, looks: 0, ended: false, _place: place };
    let answer: Response = Sse::new(events(watching)).keep_alive(KeepAlive::default()).into_response();
    // A proxy that collects answers would hold the events back.
    let through = (HeaderName::from_static("x-accel-buffering"), "no");
    Ok(([through], answer).into_response())
}

fn events(watching: Watching) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(watching, |mut watching| async move {
        let event = watching.next().await?;
        Some((Ok(event), watching))
    })
}

impl Watching {
    /// The next event; none when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.ended || (self.unread.is_some() && !self.state.live.wait().await) {
                return None;
            }
            match self.look().await {
                Ok(Some(event)) => return Some(event),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!("a stream of notices ends: {error}");
                    return None;
                }
            }
        }
    }

    /// What is new, if anything is.
    async fn look(&mut self) -> Result<Option<Event>, StoreError> {
        let store = &self.state.store;
        let latest = self.state.live.latest(store).await?;
        self.looks += 1;
        let before = self.latest.replace(latest);
        if before.is_some_and(|before| before.judgement != latest.judgement) {
            // The notices are looked at with the next look.
            self.latest = before.map(|before| Latest { judgement: latest.judgement, ..before });
            return Ok(Some(Event::default().event("judged").data("judged")));
        }
        if before == Some(latest) && self.looks < LOOKS {
            return Ok(None);
        }
        self.looks = 0;
        let Some(session) = store.session_now(&self.session).await? else {
            self.ended = true;
            return Ok(Some(Event::default().event("ended").data("ended")));
        };
        let unread = store.unread_notices(&Viewer::of(&session.user), session.user.id).await?;
        if self.unread.replace(unread) == Some(unread) {
            return Ok(None);
        }
        Ok(Some(Event::default().event("unread").data(unread.to_string())))
    }
}
