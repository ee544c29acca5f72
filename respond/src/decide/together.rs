//! One case for many who report the same matter: items that it answers besides its own.

use qingting_models::county::DepartmentCode;
use qingting_models::records::{Case, CaseChange, CaseFile, Channel, Clock, Item};
use serde_json::json;

use super::{Context, Draft, admit, assign, complained_about, joining};
use crate::acting::ActingUser;
use crate::action::{optional, required};
use crate::case_clocks::reply_due;
use crate::case_table::{ActionKind, Row};
use crate::refusal::Refusal;

/// How many items are taken in at once.
pub const MAX_TAKEN: usize = 500;

/// Takes items into a case: its reply goes to each of them. Where one of them was to be answered earlier, the case is.
/// `note` may be empty.
///
/// # Errors
/// Beyond the refusals of [`super::decide`]: none or too many items; one that has a case, is set aside, not judged, a
/// petition, of another confidence than the case, or names its department. It is named, and none is taken in.
pub fn take_in(
    file: &CaseFile,
    items: &[Item],
    note: &str,
    who: &ActingUser,
    ctx: &Context<'_>,
) -> Result<CaseChange, Refusal> {
    admit(ActionKind::TakeIn, file, who)?;
    let note = optional("归入说明", note)?;
    let mut draft = Draft::of(file, who, ctx);
    take(&mut draft, items, who)?;
    draft.line(ActionKind::TakeIn, told(items, &note));
    Ok(draft.finish(ActionKind::TakeIn))
}

/// Opens one case for items that report the same matter: for the first of them, with the others taken in. With
/// `takes_incident` it takes what else comes to the first one's incident.
///
/// # Errors
/// As [`super::open_case`] and [`take_in`].
pub fn open_case_for(
    items: &[Item],
    department: &DepartmentCode,
    reason: &str,
    takes_incident: bool,
    who: &ActingUser,
    ctx: &Context<'_>,
) -> Result<CaseChange, Refusal> {
    let (first, others) = items.split_first().ok_or(Refusal::NothingToTakeIn { max: MAX_TAKEN })?;
    let mut draft = assign::opened(first, department, reason, who, ctx)?;
    draft.case.takes_incident = takes_incident;
    draft.line(ActionKind::Assign, optional("派单说明", reason)?);
    if !others.is_empty() {
        take(&mut draft, others, who)?;
        draft.line(ActionKind::TakeIn, told(others, ""));
    }
    Ok(draft.finish(ActionKind::Assign))
}

fn take(draft: &mut Draft<'_>, items: &[Item], who: &ActingUser) -> Result<(), Refusal> {
    if items.is_empty() || items.len() > MAX_TAKEN {
        return Err(Refusal::NothingToTakeIn { max: MAX_TAKEN });
    }
    let mut earliest: Option<(Clock, &Item)> = None;
    for item in items {
        let clocks = clocks_of(&draft.case, item, who, draft.ctx)
            .map_err(|why| Refusal::CannotTakeIn { title: title_of(item), why: Box::new(why) })?;
        let Some(due) = reply_due(&clocks) else { continue };
        if earliest.as_ref().is_none_or(|(clock, _)| due.due_at < clock.due_at) {
            earliest = Some((due.clone(), item));
        }
    }
    if let Some((clock, item)) = &earliest {
        joining::take_over(draft, Some(clock), &format!("归入的诉求“{}”", title_of(item)));
    }
    draft.taken_in = items.iter().map(|item| item.id).collect();
    let ids: Vec<String> = items.iter().map(|item| item.id.to_string()).collect();
    draft.note_detail("items", json!(ids));
    Ok(())
}

/// The clocks that a case of its own would run for the item.
fn clocks_of(case: &Case, item: &Item, who: &ActingUser, ctx: &Context<'_>) -> Result<Vec<Clock>, Refusal> {
    if case.channel == Channel::Petition || item.channel == Channel::Petition {
        return Err(Refusal::PetitionAlone);
    }
    if case.confidential != item.confidential {
        return Err(Refusal::MergeAcrossConfidence);
    }
    complained_about::check(&case.lead, case.confidential, item, ctx)?;
    assign::clocks(item, assign::free(item)?, &case.lead, who, ctx)
}

/// Lets an item go that does not belong to the case; it waits to be assigned again. The case's due time stays.
///
/// # Errors
/// Beyond the refusals of [`super::decide`]: the case's own item, or one that is not in it.
pub fn leave_out(
    file: &CaseFile,
    item: &Item,
    reason: &str,
    who: &ActingUser,
    ctx: &Context<'_>,
) -> Result<CaseChange, Refusal> {
    admit(ActionKind::LeaveOut, file, who)?;
    if item.id == file.case.item {
        return Err(Refusal::OwnItem);
    }
    if item.case != Some(file.case.id) {
        return Err(Refusal::NotInCase);
    }
    let reason = required("移出理由", reason)?;
    let mut draft = Draft::of(file, who, ctx);
    draft.left_out = vec![item.id];
    draft.note_detail("items", json!([item.id.to_string()]));
    draft.line(ActionKind::LeaveOut, format!("{}：{reason}", title_of(item)));
    Ok(draft.finish(ActionKind::LeaveOut))
}

/// Whether what else comes to the incident goes into the case.
pub(super) fn take_incident(draft: &mut Draft<'_>, row: &Row, on: bool) -> Result<(), Refusal> {
    if on && draft.case.channel == Channel::Petition {
        return Err(Refusal::PetitionAlone);
    }
    if draft.case.takes_incident == on {
        return Err(Refusal::AlreadySo(if on {
            "后续诉求已经归入本工单"
        } else {
            "后续诉求本来就不归入"
        }));
    }
    draft.take(row)?;
    draft.case.takes_incident = on;
    let said = if on {
        "以后归到本事件的诉求，一并归入本工单"
    } else {
        "以后归到本事件的诉求，不再归入本工单"
    };
    draft.line(row.action, said.into());
    Ok(())
}

/// The beginning of what an item is about, for a line.
pub(crate) fn title_of(item: &Item) -> String {
    let text = if item.content.title.trim().is_empty() { &item.content.body } else { &item.content.title };
    text.trim().chars().take(30).collect()
}

/// The line of the timeline.
fn told(items: &[Item], note: &str) -> String {
    let first = items.first().map(title_of).unwrap_or_default();
    let what = match items.len() {
        1 => first,
        count => format!("{first}等 {count} 件"),
    };
    if note.is_empty() { what } else { format!("{what}：{note}") }
}
