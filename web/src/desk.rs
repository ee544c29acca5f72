//! Carries a person's decision from a form to the case rules and their result to the store.

use qingting_models::county::DepartmentCode;
use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::Viewer;
use qingting_models::store::StoreError;
use qingting_respond::acting::ActingUser;
use qingting_respond::action::Action;
use qingting_respond::decide::{self, Context};
use qingting_respond::refusal::Refusal;

use crate::app::AppState;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Undone {
    #[error("{0}")]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn context(state: &AppState) -> Context<'_> {
    Context {
        now: state.store.now(),
        ids: state.store.ids(),
        county: &state.county,
        calendar: &state.calendar,
    }
}

/// Does `action` to the case `id`, which the person saw at version `seen`.
///
/// # Errors
/// The rule that forbids it; [`StoreError::NotFound`] when the viewer does not see the case;
/// [`StoreError::Conflict`] when somebody changed it since.
pub async fn act(
    state: &AppState,
    eyes: &Viewer,
    id: CaseId,
    seen: i64,
    action: &Action,
    who: &ActingUser,
) -> Result<(), Undone> {
    let file = state.store.case_file(eyes, id).await?.ok_or(StoreError::NotFound("case"))?;
    let decided = decide::decide(&file, action, who, &context(state));
    match decided {
        // On another version the rule may speak of a state that the person never saw: the conflict is the news.
        Err(_) if file.case.version != seen => {
            let by =
                state.store.users().await?.into_iter().find(|u| Some(u.id) == file.case.changed_by.user());
            let by = by.map_or_else(|| "系统".to_owned(), |u| u.name);
            Err(StoreError::Conflict { by, at: file.case.changed_at }.into())
        }
        Err(refusal) => Err(refusal.into()),
        Ok(change) => Ok(state.store.save_case(seen, change).await?),
    }
}

/// Opens a case for the item `id` with `department`.
///
/// # Errors
/// As [`act`].
pub async fn assign(
    state: &AppState,
    eyes: &Viewer,
    id: ItemId,
    department: &DepartmentCode,
    reason: &str,
    who: &ActingUser,
) -> Result<(), Undone> {
    let item = state.store.item(eyes, id).await?.ok_or(StoreError::NotFound("item"))?;
    let change = decide::open_case(&item, department, reason, who, &context(state))?;
    state.store.open_case(change).await?;
    Ok(())
}
