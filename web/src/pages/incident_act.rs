//! What duty officers change of incidents: split, move, merge, rename.

use axum::extract::{Path, State};
use qingting_models::ids::{IncidentId, ItemId};
use qingting_models::store::StoreError;

use super::incident::show_again;
use super::{Answer, back, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::Notice;

/// Takes the chosen items out into an incident of their own.
pub async fn split(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: IncidentId = read_id(&id)?;
    let done = match chosen(&form) {
        Ok(items) => part(&state, &caller, id, &items, None).await,
        Err(error) => Err(error),
    };
    answer(&state, &caller, id, done, "incident-split").await
}

/// Takes the chosen items to another incident.
pub async fn relocate(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: IncidentId = read_id(&id)?;
    let done = match (form.text("target").parse::<IncidentId>(), chosen(&form)) {
        (Ok(target), Ok(items)) => part(&state, &caller, id, &items, Some(target)).await,
        (Ok(_), Err(error)) => Err(error),
        (Err(_), _) => Err(WebError::bad("请选择要移到的事件")),
    };
    answer(&state, &caller, id, done, "incident-moved").await
}

/// Makes another incident part of this one.
pub async fn merge(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: IncidentId = read_id(&id)?;
    let done = match other(&form) {
        Some(other) => merge_in(&state, &caller, id, other).await,
        None => Err(WebError::bad("请选择另一个事件，或粘贴它的网址，如 /incidents/01h3…")),
    };
    answer(&state, &caller, id, done, "incident-merged").await
}

/// Makes the incident `other` part of the incident `id`; gives the one that goes on.
///
/// # Errors
/// When they are the same, or the store refuses it.
pub(crate) async fn merge_in(
    state: &AppState,
    caller: &Caller,
    id: IncidentId,
    other: IncidentId,
) -> Result<IncidentId, WebError> {
    if other == id {
        return Err(WebError::bad("选的就是本事件"));
    }
    let merged = state.store.merge_incidents(&caller.judging_eyes(), other, id, caller.actor()).await;
    merged.map(|incident| incident.id).map_err(refused)
}

pub async fn rename(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: IncidentId = read_id(&id)?;
    let done = name(&state, &caller, id, &form).await.map(|()| id);
    answer(&state, &caller, id, done, "incident-named").await
}

/// Gives an incident the name of the form.
///
/// # Errors
/// When there is none, or it is too long.
pub(crate) async fn name(
    state: &AppState,
    caller: &Caller,
    id: IncidentId,
    form: &Form,
) -> Result<(), WebError> {
    let title = form.need("title", "名称", 60)?;
    Ok(state.store.name_incident(&caller.judging_eyes(), id, title, caller.actor()).await?)
}

fn chosen(form: &Form) -> Result<Vec<ItemId>, WebError> {
    let chosen = form.all("item").map(str::parse::<ItemId>).collect::<Result<Vec<_>, _>>();
    chosen.map_err(|_| WebError::NotFound)
}

/// Takes items out of an incident, to `target` or into one of their own; gives where they are.
///
/// # Errors
/// When none is chosen, none would be left, or the store refuses it.
pub(crate) async fn part(
    state: &AppState,
    caller: &Caller,
    id: IncidentId,
    items: &[ItemId],
    target: Option<IncidentId>,
) -> Result<IncidentId, WebError> {
    let eyes = caller.judging_eyes();
    let incident = state.store.incident(&eyes, id).await?.ok_or(WebError::NotFound)?;
    if items.is_empty() {
        return Err(WebError::bad("请先勾选信息"));
    }
    if target.is_none() && items.len() as i64 >= incident.items {
        return Err(WebError::bad("至少要在本事件里留下一件"));
    }
    let parted = state.store.part_items(&eyes, id, items, target, caller.actor()).await;
    parted.map(|incident| incident.id).map_err(refused)
}

/// Why the store refused, in words that the page shows; it has checked what the form could not know.
fn refused(error: StoreError) -> WebError {
    match error {
        StoreError::NotFound(_) => WebError::bad("没有找到选中的事件或信息，或者不在您的研判范围内"),
        StoreError::Bad(cause) => {
            tracing::info!(cause, "a change of an incident was refused");
            WebError::bad(
                "没有改成：保密的和不保密的事件不能放在一起，或者选中的信息、事件刚刚已被移走或并入；请看下面的最新内容",
            )
        }
        other => other.into(),
    }
}

/// The incident that was chosen, or whose address was pasted.
pub(super) fn other(form: &Form) -> Option<IncidentId> {
    let pasted = form.text("address");
    let path = pasted.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    form.text("other").parse().or_else(|_| last.parse()).ok()
}

/// Goes to the incident, or shows the page again with what was refused.
async fn answer(
    state: &AppState,
    caller: &Caller,
    id: IncidentId,
    done: Result<IncidentId, WebError>,
    code: &'static str,
) -> Answer {
    match done {
        Ok(to) => Ok(back("", &format!("/incidents/{to}"), code)),
        Err(WebError::Bad(why)) => show_again(state, caller, id, Notice::bad(&why)).await,
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_is_chosen_or_its_address_pasted() {
        let id = IncidentId(5);
        for (other_field, address) in [
            (id.to_string(), String::new()),
            (String::new(), id.to_string()),
            (String::new(), format!("http://county.example/incidents/{id}?done=x#members")),
            (String::new(), format!("/incidents/{id}/")),
        ] {
            assert_eq!(other(&Form::of(&[("other", &other_field), ("address", &address)])), Some(id));
        }
        assert_eq!(other(&Form::of(&[("other", ""), ("address", "事件")])), None);
    }
}
