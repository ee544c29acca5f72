//! Departments that help the lead: asked and released by the desk, answering for themselves.

use qingting_models::county::DepartmentCode;
use qingting_models::records::{Helper, HelperState};

use super::ready::{is_active, own_helper};
use super::{Draft, complained_about};
use crate::action::required;
use crate::case_table::Row;
use crate::refusal::Refusal;

/// Asks a department to help; one that refused or was released may be asked again.
pub(super) fn add(
    draft: &mut Draft<'_>,
    row: &Row,
    department: &DepartmentCode,
    note: &str,
) -> Result<(), Refusal> {
    let note = required("协办要求", note)?;
    let name = draft.ctx.department(department)?;
    complained_about::check(department, draft.case.confidential, draft.item, draft.ctx)?;
    if draft.case.lead == *department {
        return Err(Refusal::LeadCannotHelp(department.clone()));
    }
    let place = draft.case.helpers.iter().position(|h| h.department == *department);
    if place.is_some_and(|p| is_active(&draft.case.helpers[p])) {
        return Err(Refusal::AlreadyHelper(department.clone()));
    }
    draft.take(row)?;
    let helper = Helper {
        department: department.clone(),
        state: HelperState::Asked,
        asked_at: draft.ctx.now,
        note: Some(note.clone()),
    };
    match place {
        Some(place) => draft.case.helpers[place] = helper,
        None => draft.case.helpers.push(helper),
    }
    draft.note_detail("helper", department.as_str());
    draft.line(row.action, format!("{name}：{note}"));
    Ok(())
}

pub(super) fn release(
    draft: &mut Draft<'_>,
    row: &Row,
    department: &DepartmentCode,
    reason: &str,
) -> Result<(), Refusal> {
    let reason = required("解除协办的理由", reason)?;
    let place = draft.case.helpers.iter().position(|h| h.department == *department && is_active(h));
    let place = place.ok_or_else(|| Refusal::NoHelper(department.clone()))?;
    draft.take(row)?;
    draft.case.helpers[place].state = HelperState::Released;
    draft.note_detail("helper", department.as_str());
    draft.line(row.action, reason);
    Ok(())
}

pub(super) fn accept(draft: &mut Draft<'_>, row: &Row) -> Result<(), Refusal> {
    step(draft, row, HelperState::Accepted, None)
}

pub(super) fn answer(draft: &mut Draft<'_>, row: &Row, text: &str) -> Result<(), Refusal> {
    let text = required("协办意见", text)?;
    step(draft, row, HelperState::Answered, Some(text))
}

pub(super) fn refuse(draft: &mut Draft<'_>, row: &Row, reason: &str) -> Result<(), Refusal> {
    let reason = required("不承担的理由", reason)?;
    step(draft, row, HelperState::Refused, Some(reason))
}

fn step(draft: &mut Draft<'_>, row: &Row, to: HelperState, note: Option<String>) -> Result<(), Refusal> {
    let place = own_helper(&draft.case, row.action, draft.who)?;
    draft.take(row)?;
    let helper = &mut draft.case.helpers[place];
    helper.state = to;
    if note.is_some() {
        helper.note.clone_from(&note);
    }
    let department = helper.department.to_string();
    draft.note_detail("helper", department);
    draft.line(row.action, note.unwrap_or_default());
    Ok(())
}
