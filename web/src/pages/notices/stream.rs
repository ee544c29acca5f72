//! The stream by which a page learns of what is new: server-sent events with the count of unread notices, and one without
//! content when something was judged, upon which a list asks how much of it is new under its filters.
//!
//! It holds no connection of the store between two looks, does not prolong the session, and ends with it.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{Stream, unfold};
use qingting_models::records::Viewer;
use qingting_models::store::{StoreError, Waker};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::super::Answer;
use crate::app::AppState;
use crate::error::WebError;
use crate::live::Latest;
use crate::sessions;

/// After so long without news the session is asked for all the same.
const SESSION: Duration = Duration::from_secs(15);

/// Where a stream stands.
struct Watching {
    state: AppState,
    /// Under which the store keeps the session.
    session: String,
    waker: Waker,
    latest: Option<Latest>,
    unread: Option<i64>,
    /// What was found has not been told in full.
    more: bool,
    /// When the session was asked for.
    asked: Instant,
    ended: bool,
    _place: OwnedSemaphorePermit,
}

pub async fn show(State(state): State<AppState>, headers: HeaderMap) -> Answer {
    let session = sessions::digest_of(&state, &headers).ok_or(WebError::SignedOut)?;
    // To a browser, no content means: do not come again.
    let Some(place) = state.live.place() else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let waker = state.store.waker();
    let watching = Watching {
        state,
        session,
        waker,
        latest: None,
        unread: None,
        more: false,
        asked: Instant::now(),
        ended: false,
        _place: place,
    };
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
            if self.ended {
                return None;
            }
            let Self { state, waker, unread, more, .. } = self;
            let more = std::mem::take(more);
            if unread.is_some() && !more && !state.live.wait(&state.store, waker).await {
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
        let before = self.latest.replace(latest);
        if before.is_some_and(|before| before.judgement != latest.judgement) {
            // The notices are told with the next look.
            self.latest = before.map(|before| Latest { judgement: latest.judgement, ..before });
            self.more = self.latest != Some(latest);
            return Ok(Some(Event::default().event("judged").data("judged")));
        }
        if before == Some(latest) && self.asked.elapsed() < SESSION {
            return Ok(None);
        }
        self.asked = Instant::now();
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
