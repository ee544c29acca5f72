//! Several items of the work list at once: confirmed, assigned, taken into a case or set aside, each by itself, so that one
//! that is refused keeps none of the others.

use std::collections::BTreeMap;

use axum::extract::State;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::ItemId;
use qingting_models::records::{Case, Item};
use qingting_models::text::normalise;
use qingting_respond::acting::ActingUser;

use super::item_judge::confirm_item;
use super::items::show_again;
use super::{Answer, back};
use crate::access::url_encode;
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::Notice;
use crate::proposal;
use crate::query::Query;
use crate::selection::{Tally, chosen};

/// Longest note, in characters.
const NOTE: usize = 1000;
/// Case numbers in one value of an address, and how many are told at all.
const NUMBERS: usize = 12;
const MOST: usize = 60;

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

/// What came of it.
enum Outcome {
    Done {
        /// The code of what is said.
        code: &'static str,
        tally: Tally,
        /// The numbers of the cases that were opened, or of the one that took the items in.
        cases: Vec<String>,
    },
    /// Nothing was done: these would go where the model proposes, of which it is not sure.
    Ask(Vec<String>),
}

pub async fn submit(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    match all(&state, &caller, &form).await {
        Ok(Outcome::Done { code, tally, cases }) if tally.refused.is_empty() => {
            let mut said = format!("{code}&count={}", tally.done);
            for part in cases.chunks(NUMBERS) {
                said.push_str(&format!("&made={}", url_encode(&part.join("."))));
            }
            Ok(back(form.text("back"), "/items", &said))
        }
        Ok(Outcome::Done { tally, cases, .. }) => {
            let mut notice = tally.notice("条");
            notice.more = opened(&state, &caller, &cases).await?;
            show_again(&state, &caller, &form, notice, Vec::new()).await
        }
        Ok(Outcome::Ask(unsure)) => {
            let text = format!("还没有分派：勾选的有 {} 条模型拿不准，请看下面的提示。", unsure.len());
            show_again(&state, &caller, &form, Notice::bad(text), unsure).await
        }
        Err(WebError::Bad(why)) => show_again(&state, &caller, &form, Notice::bad(why), Vec::new()).await,
        Err(other) => Err(other),
    }
}

/// What is said on the list of what was done with several: how many, and to which departments by which cases.
pub(super) async fn said(
    state: &AppState,
    caller: &Caller,
    done: &str,
    query: &Query,
) -> Result<Option<Notice>, WebError> {
    let count: usize = query.parsed("count").unwrap_or(0);
    let cases: Vec<String> = query.all("made").flat_map(|part| part.split('.')).map(str::to_owned).collect();
    let text = match done {
        "batch-confirmed" => format!("已确认 {count} 条研判。"),
        "batch-dismissed" => format!("{count} 条已标记为不需办理。"),
        "batch-assigned" => format!("已分派 {count} 条。"),
        "batch-taken-in" => format!("{count} 条已归入工单，一并答复。"),
        _ => return Ok(None),
    };
    Ok(Some(Notice { more: opened(state, caller, &cases).await?, ..Notice::good(text) }))
}

/// `宣传部 1（2026-00467）、住建局 1（2026-00468）`, each number with the address of its case.
async fn opened(
    state: &AppState,
    caller: &Caller,
    numbers: &[String],
) -> Result<Vec<(String, Option<String>)>, WebError> {
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).take(MOST).collect();
    let mut of: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for case in state.store.cases_numbered(&caller.viewer, &numbers).await? {
        of.entry(state.names.department(case.lead.as_str()).to_owned()).or_default().push(case);
    }
    let mut parts = Vec::new();
    for (department, cases) in of {
        let before = if parts.is_empty() { "" } else { "）、" };
        parts.push((format!("{before}{department} {} 件（", cases.len()), None));
        for (at, case) in cases.into_iter().enumerate() {
            if at > 0 {
                parts.push(("、".into(), None));
            }
            parts.push((case.number, Some(format!("/cases/{}", case.id))));
        }
    }
    if !parts.is_empty() {
        parts.push(("）。".into(), None));
    }
    Ok(parts)
}

async fn all(state: &AppState, caller: &Caller, form: &Form) -> Result<Outcome, WebError> {
    let chosen: Vec<(ItemId, i64)> = chosen(form, "row")?;
    let note = form.text("note");
    if note.chars().count() > NOTE {
        return Err(WebError::bad(format!("说明最多 {NOTE} 字")));
    }
    let (doing, code) = match form.text("do") {
        "confirm" => (Doing::Confirm, "batch-confirmed"),
        "assign" => {
            let department = form.text("department");
            if !department.is_empty() && !state.names.has_department(department) {
                return Err(WebError::bad("单位不在单位表里"));
            }
            let department = (!department.is_empty()).then(|| department.into());
            (Doing::Assign { department, note: note.to_owned() }, "batch-assigned")
        }
        "dismiss" => {
            let reason = form.need("note", "说明（不需办理的理由）", 200)?;
            (Doing::Dismiss { reason: qingting_models::text::mask(reason).text }, "batch-dismissed")
        }
        "take_in" => return take_in(state, caller, form, &chosen).await,
        _ => return Err(WebError::bad("没有这个操作")),
    };
    let mut items = Vec::with_capacity(chosen.len());
    for (id, seen) in chosen {
        items.push((state.store.item(&caller.judging_eyes(), id).await?.ok_or(WebError::NotFound)?, seen));
    }
    if matches!(doing, Doing::Assign { department: None, .. }) && form.text("unsure") != "on" {
        let unsure = unsure(state, caller, &items).await?;
        if !unsure.is_empty() {
            return Ok(Outcome::Ask(unsure));
        }
    }
    let (mut tally, mut cases) = (Tally::default(), Vec::new());
    for (item, seen) in items {
        let what = crate::view::item_title(&item);
        let done = one(state, caller, &item, seen, &doing).await;
        let done = done.map(|case| cases.extend(case.map(|case| case.number)));
        tally.count(what, done)?;
    }
    Ok(Outcome::Done { code, tally, cases })
}

/// Items that nobody has judged and the model is not sure of, each with the department that is proposed for it.
async fn unsure(state: &AppState, caller: &Caller, items: &[(Item, i64)]) -> Result<Vec<String>, WebError> {
    let mut found = Vec::new();
    for (item, _) in items.iter().filter(|(item, _)| item.unsure && !item.judged_by_person) {
        let (proposal, _) = proposal::for_page(state, &caller.judging_eyes(), item).await?;
        if !proposal.department.is_empty() {
            let department = state.names.department(&proposal.department);
            found.push(format!("{} → {department}", crate::view::item_title(item)));
        }
    }
    Ok(found)
}

async fn one(
    state: &AppState,
    caller: &Caller,
    item: &Item,
    seen: i64,
    doing: &Doing,
) -> Result<Option<Case>, WebError> {
    if item.version != seen {
        return Err(WebError::bad("来源刚刚更新了内容，请看过再定"));
    }
    let eyes = caller.judging_eyes();
    match doing {
        Doing::Confirm => confirm_item(state, caller, item, seen).await.map(|()| None),
        Doing::Dismiss { reason } if item.case.is_none() => {
            state.store.dismiss_item(&eyes, item.id, reason, caller.actor()).await?;
            Ok(None)
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
            Ok(Some(state.desk.assign_item(&eyes, &user, item.id, &to, reason).await?))
        }
    }
}

/// Into the case of a number, all in one step of that case.
async fn take_in(
    state: &AppState,
    caller: &Caller,
    form: &Form,
    chosen: &[(ItemId, i64)],
) -> Result<Outcome, WebError> {
    let number = normalise(form.need("into", "归入的工单号", 20)?).text;
    let eyes = caller.judging_eyes();
    let case = state.store.case_numbered(&eyes, number.trim()).await?;
    let unknown = || WebError::bad(format!("没有编号为“{number}”的工单；编号的写法如 2026-00123"));
    let file = state.store.case_file(&eyes, case.ok_or_else(unknown)?).await?.ok_or(WebError::NotFound)?;
    let user = ActingUser::of(caller.user());
    let items: Vec<ItemId> = chosen.iter().map(|(id, _)| *id).collect();
    let (id, version) = (file.case.id, file.case.version);
    let gathered = state.desk.gather(&eyes, &user, id, version, &items, &[], form.text("note")).await?;
    let tally = Tally::of(gathered.items, gathered.refused);
    Ok(Outcome::Done { code: "batch-taken-in", tally, cases: vec![file.case.number] })
}
