//! Several items of the work list at once: confirmed, assigned, taken into a case or set aside, each by itself, so that one
//! that is refused keeps none of the others.

use axum::extract::State;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::ItemId;
use qingting_models::records::Item;
use qingting_models::text::normalise;
use qingting_respond::acting::ActingUser;

use super::item_judge::confirm_item;
use super::items::show_again;
use super::{Answer, back};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::proposal;
use crate::selection::{Tally, chosen};

/// Longest note, in characters.
const NOTE: usize = 1000;

/// What is done with each of the items.
enum Doing {
    Confirm,
    /// To a department, or each to the one that is proposed for it.
    Assign {
        department: Option<DepartmentCode>,
        note: String,
    },
    Dismiss {
        reason: String,
    },
}

pub async fn submit(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let done = all(&state, &caller, &form).await;
    let here = form.text("back");
    match done {
        Ok(tally) if tally.refused.is_empty() => Ok(back(here, "/items", "batch")),
        Ok(tally) => show_again(&state, &caller, here, tally.notice("条")).await,
        Err(WebError::Bad(why)) => show_again(&state, &caller, here, crate::frame::Notice::bad(why)).await,
        Err(other) => Err(other),
    }
}

async fn all(state: &AppState, caller: &Caller, form: &Form) -> Result<Tally, WebError> {
    let chosen: Vec<(ItemId, i64)> = chosen(form, "row")?;
    let note = form.text("note");
    if note.chars().count() > NOTE {
        return Err(WebError::bad(format!("说明最多 {NOTE} 字")));
    }
    let doing = match form.text("do") {
        "confirm" => Doing::Confirm,
        "assign" => {
            let department = form.text("department");
            if !department.is_empty() && !state.names.has_department(department) {
                return Err(WebError::bad("单位不在单位表里"));
            }
            let department = (!department.is_empty()).then(|| department.into());
            Doing::Assign { department, note: note.to_owned() }
        }
        "dismiss" => {
            let reason = form.need("note", "说明（不需办理的理由）", 200)?;
            Doing::Dismiss { reason: qingting_models::text::mask(reason).text }
        }
        "take_in" => return take_in(state, caller, form, &chosen).await,
        _ => return Err(WebError::bad("没有这个操作")),
    };
    let mut tally = Tally::default();
    for (id, seen) in chosen {
        let item = state.store.item(&caller.judging_eyes(), id).await?.ok_or(WebError::NotFound)?;
        let what = crate::view::item_title(&item);
        let done = one(state, caller, &item, seen, &doing).await;
        tally.count(what, done)?;
    }
    Ok(tally)
}

async fn one(
    state: &AppState,
    caller: &Caller,
    item: &Item,
    seen: i64,
    doing: &Doing,
) -> Result<(), WebError> {
    if item.version != seen {
        return Err(WebError::bad("来源刚刚更新了内容，请看过再定"));
    }
    let eyes = caller.judging_eyes();
    match doing {
        Doing::Confirm => confirm_item(state, caller, item, seen).await,
        Doing::Dismiss { reason } if item.case.is_none() => {
            Ok(state.store.dismiss_item(&eyes, item.id, reason, caller.actor()).await?)
        }
        Doing::Dismiss { .. } => Err(WebError::bad("已有工单")),
        Doing::Assign { department, note } => {
            let to = match department {
                Some(department) => department.clone(),
                None => {
                    let (proposal, _) = proposal::for_page(state, &eyes, item).await?;
                    if proposal.department.is_empty() {
                        return Err(WebError::bad("没有建议的单位，请单独选择"));
                    }
                    DepartmentCode::from(proposal.department.as_str())
                }
            };
            let reason = if note.is_empty() { "值班研判分派" } else { note };
            let user = ActingUser::of(caller.user());
            state.desk.assign_item(&eyes, &user, item.id, &to, reason).await?;
            Ok(())
        }
    }
}

/// Into the case of a number, all in one step of that case.
async fn take_in(
    state: &AppState,
    caller: &Caller,
    form: &Form,
    chosen: &[(ItemId, i64)],
) -> Result<Tally, WebError> {
    let number = normalise(form.need("into", "归入的工单号", 20)?).text;
    let eyes = caller.judging_eyes();
    let case = state.store.case_numbered(&eyes, number.trim()).await?;
    let unknown = || WebError::bad(format!("没有编号为“{number}”的工单；编号的写法如 2026-00123"));
    let file = state.store.case_file(&eyes, case.ok_or_else(unknown)?).await?.ok_or(WebError::NotFound)?;
    let user = ActingUser::of(caller.user());
    let items: Vec<ItemId> = chosen.iter().map(|(id, _)| *id).collect();
    let (id, version) = (file.case.id, file.case.version);
    let gathered = state.desk.gather(&eyes, &user, id, version, &items, &[], form.text("note")).await?;
    Ok(Tally::of(gathered.items, gathered.refused))
}
