//! The one who called, by one tap: number and address of this case's item, written to the audit log before they are shown.

use axum::extract::{Path, State};
use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::CallerContact;

use super::case::{Shown, build};
use super::{Answer, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;

/// How the one who called can be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactView {
    pub names: Vec<String>,
    /// As written, and as a telephone dials it; empty where it cannot.
    pub numbers: Vec<(String, String)>,
    pub addresses: Vec<String>,
}

pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: CaseId = read_id(&id)?;
    let file = state.store.case_file(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    if !file.case.state.is_open() {
        return Err(WebError::bad("工单已经结束，不再需要联系；确有需要的，在信息页写明理由查看"));
    }
    let reason = format!("联系诉求人，工单 {}", file.case.number);
    let item = match form.text("item") {
        "" => file.case.item,
        asked => {
            let asked: ItemId = read_id(asked)?;
            let answered = state.store.case_items(&caller.viewer, id).await?;
            answered.iter().find(|item| item.id == asked).ok_or(WebError::NotFound)?.id
        }
    };
    let original = state.store.unmask_item(&caller.unmasking_eyes(), item, &reason, caller.actor()).await?;
    let CallerContact { names, numbers, addresses } = CallerContact::of(&original);
    let dialled = |number: String| {
        let digits: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        (number, if digits.len() >= 7 { digits } else { String::new() })
    };
    let contact = ContactView { names, numbers: numbers.into_iter().map(dialled).collect(), addresses };
    let mut page = build(&state, &caller, id, Shown::default()).await?;
    page.contact = Some(contact);
    html(&page)
}
