//! The items that one case answers together, and taking one out that does not belong.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::Timestamp;
use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::{Case, Item};
use qingting_respond::acting::ActingUser;

use super::case::{Shown, build};
use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::Notice;
use crate::moment::Moment;
use crate::view::item_title;

/// An item that the case answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredItem {
    pub id: String,
    pub title: String,
    pub channel: &'static str,
    pub town: Option<String>,
    pub at: Moment,
    /// The item for which the case was opened.
    pub own: bool,
}

impl AnsweredItem {
    pub(crate) fn new(item: &Item, case: &Case, now: Timestamp) -> Self {
        Self {
            id: item.id.to_string(),
            title: item_title(item),
            channel: item.channel.label(),
            town: item.town.as_ref().map(|town| town.as_str().to_owned()),
            at: Moment::new(item.content.occurred_at.unwrap_or(item.first_seen_at), now),
            own: item.id == case.item,
        }
    }
}

pub async fn leave_out(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: CaseId = read_id(&id)?;
    match take_out(&state, &caller, id, &form).await {
        Ok(()) => Ok(back("", &format!("/cases/{id}"), "left-out")),
        Err(WebError::Bad(why) | WebError::Conflict(why)) => {
            let mut page = build(&state, &caller, id, Shown::default()).await?;
            page.frame = page.frame.with(Some(Notice::bad(why)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(error) => Err(error),
    }
}

/// Takes the item of the form out of a case.
///
/// # Errors
/// When a rule refuses it, or somebody changed the case since it was read.
pub(crate) async fn take_out(
    state: &AppState,
    caller: &Caller,
    id: CaseId,
    form: &Form,
) -> Result<(), WebError> {
    let item: ItemId = read_id(form.text("item"))?;
    let seen: i64 = form.must("version", "版本")?;
    let (eyes, user) = (caller.judging_eyes(), ActingUser::of(caller.user()));
    state.desk.leave_out(&eyes, &user, id, seen, item, form.text("reason")).await?;
    Ok(())
}
