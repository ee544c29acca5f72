//! Two cases from one and one from two: splitting off and merging. The earliest due time wins.

use qingting_models::county::DepartmentCode;
use qingting_models::ids::{CaseId, ClockId};
use qingting_models::records::{Case, CaseChange, CaseFile, CaseOrigin, CaseState, Clock};

use super::{Context, Draft, admit, closing, complained_about};
use crate::acting::ActingUser;
use crate::action::required;
use crate::case_clocks::{of_rules, reply_due};
use crate::case_table::{ActionKind, row, rule};
use crate::refusal::Refusal;

/// Both sides of a merge, each to be saved with the version that was seen of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// The case that ends as a redirect.
    pub merged: CaseChange,
    /// The case under which the matter goes on.
    pub target: CaseChange,
}

/// Both sides of a split.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The case from which was split off.
    pub kept: CaseChange,
    /// The new case, for the same item.
    pub new: CaseChange,
}

/// Merges `file` into `target`. If the merged case was due earlier, the target takes over its clock.
///
/// # Errors
/// Beyond the refusals of [`super::decide`]: a case and itself, a confidential and an open one, a target
/// whose reply is already approved.
pub fn merge(
    file: &CaseFile,
    target: &CaseFile,
    reason: &str,
    who: &ActingUser,
    ctx: &Context<'_>,
) -> Result<Merge, Refusal> {
    let table_row = admit(ActionKind::Merge, file, who)?;
    if file.case.id == target.case.id {
        return Err(Refusal::MergeWithItself);
    }
    if file.case.confidential != target.case.confidential {
        return Err(Refusal::MergeAcrossConfidence);
    }
    if !table_row.from.contains(&target.case.state.code()) {
        return Err(Refusal::MergeTarget { state: target.case.state.label() });
    }
    let reason = required("并案理由", reason)?;
    let mut into = Draft::of(target, who, ctx);
    let whence = format!("并案自工单 {}", file.case.number);
    let clocks = going_on(file, &into)?;
    take_over(&mut into, reply_due(&clocks), &whence);
    into.note_detail("merged", file.case.id.to_string());
    into.line(ActionKind::Merge, format!("工单 {} 并入：{reason}", file.case.number));

    let mut from = Draft::of(file, who, ctx);
    let state = CaseState::Merged { at: ctx.now, by: who.actor, into: target.case.id };
    from.note_detail("into", target.case.id.to_string());
    closing::leave(&mut from, table_row, state, format!("并入工单 {}：{reason}", target.case.number))?;
    Ok(Merge { merged: from.finish(ActionKind::Merge), target: into.finish(ActionKind::Merge) })
}

/// A clock of the reply that comes from elsewhere runs on in this case where it is due earlier than the case's own.
pub(super) fn take_over(into: &mut Draft<'_>, from: Option<&Clock>, whence: &str) {
    let Some(earlier) = from else { return };
    if reply_due(&into.clocks).is_some_and(|own| own.due_at <= earlier.due_at) {
        return;
    }
    let mut clock = copy(earlier, into);
    clock.steps.push(format!("{whence}，取较早的截止时间"));
    clock.paused_at = match into.case.state {
        CaseState::Waiting { .. } if !clock.from_sender && clock.due_at > into.ctx.now => Some(into.ctx.now),
        _ => None,
    };
    into.clocks.push(clock);
}

/// The clocks of `file` as they run on elsewhere: nobody there waits for its resident.
fn going_on(file: &CaseFile, to: &Draft<'_>) -> Result<Vec<Clock>, Refusal> {
    let end = match &file.case.state {
        CaseState::Waiting { until, .. } => (*until).min(to.ctx.now),
        _ => to.ctx.now,
    };
    let mut clocks = file.clocks.clone();
    for clock in clocks.iter_mut().filter(|clock| clock.is_open()) {
        if let Some(paused_at) = clock.paused_at.take() {
            to.ctx.sums().shift(clock, file.case.urgency, paused_at, end)?;
        }
    }
    Ok(clocks)
}

fn copy(clock: &Clock, into: &Draft<'_>) -> Clock {
    Clock { id: into.ctx.ids.next::<ClockId>(into.ctx.now), case: into.case.id, ..clock.clone() }
}

/// Splits a new case for `department` off `file`. The resident's due times go with it; the new
/// department's own clock starts.
///
/// # Errors
/// As [`super::decide`].
pub fn split(
    file: &CaseFile,
    department: &DepartmentCode,
    reason: &str,
    who: &ActingUser,
    ctx: &Context<'_>,
) -> Result<Split, Refusal> {
    let table_row = admit(ActionKind::Split, file, who)?;
    let reason = required("拆分理由", reason)?;
    let name = ctx.department(department)?;
    complained_about::check(department, file.case.confidential, &file.item, ctx)?;
    let mut new = Draft::opening(split_case(&file.case, department, &reason, who, ctx), &file.item, who, ctx);
    inherit(&mut new, file)?;
    new.start_all(row(ActionKind::Reassign))?;
    new.note_detail("split_from", file.case.id.to_string());
    new.note_detail("department", department.as_str());
    new.line(ActionKind::Assign, format!("拆分自工单 {}：{reason}", file.case.number));

    let mut kept = Draft::of(file, who, ctx);
    kept.take(table_row)?;
    kept.note_detail("split_off", new.case.id.to_string());
    kept.line(ActionKind::Split, format!("{name}：{reason}"));
    Ok(Split { kept: kept.finish(ActionKind::Split), new: new.finish(ActionKind::Assign) })
}

fn inherit(new: &mut Draft<'_>, file: &CaseFile) -> Result<(), Refusal> {
    let of_resident = |c: &&Clock| c.is_open() && (of_rules(c, rule::REPLY) || of_rules(c, rule::OVERTAKEN));
    for clock in going_on(file, new)?.iter().filter(of_resident) {
        new.clocks.push(copy(clock, new));
    }
    Ok(())
}

fn split_case(
    from: &Case,
    department: &DepartmentCode,
    reason: &str,
    who: &ActingUser,
    ctx: &Context<'_>,
) -> Case {
    Case {
        id: ctx.ids.next::<CaseId>(ctx.now),
        number: String::new(),
        origin: CaseOrigin::Person { user: who.actor },
        lead: department.clone(),
        helpers: Vec::new(),
        state: CaseState::Assigned { at: ctx.now, by: who.actor, reason: reason.to_owned() },
        opened_at: ctx.now,
        version: 1,
        changed_at: ctx.now,
        changed_by: who.actor,
        sent_back_by: Vec::new(),
        waits: 0,
        waited_days: 0,
        extension: None,
        reopened: 0,
        pressed: 0,
        due: None,
        takes_incident: false,
        ..from.clone()
    }
}
