//! Opening a case for a department, sending it back, and giving it to another.

use qingting_models::county::DepartmentCode;
use qingting_models::ids::CaseId;
use qingting_models::records::{Case, CaseChange, CaseOrigin, CaseState, Clock, HelperState, Item, Kind};

use super::{Context, Draft, complained_about};
use crate::acting::ActingUser;
use crate::action::{optional, required};
use crate::case_clocks::{main_rule, runs_clocks};
use crate::case_table::{ActionKind, Row, Who, row, rule};
use crate::refusal::Refusal;

/// Opens a case for an item: by a person, or by the program on the routing row that `reason` names.
/// The case's number is empty; the store gives it.
///
/// # Errors
/// When the user keeps no desk for such items, the item has a case, is dismissed or not yet judged, the
/// county has no such department, or the reason is too long.
pub fn open_case(
    item: &Item,
    department: &DepartmentCode,
    reason: &str,
    who: &ActingUser,
    ctx: &Context<'_>,
) -> Result<CaseChange, Refusal> {
    let mut draft = opened(item, department, reason, who, ctx)?;
    let reason = optional("派单说明", reason)?;
    draft.line(ActionKind::Assign, reason);
    Ok(draft.finish(ActionKind::Assign))
}

/// The case that is opened for an item, before its line of the timeline.
///
/// # Errors
/// As [`open_case`].
pub(super) fn opened<'a>(
    item: &'a Item,
    department: &DepartmentCode,
    reason: &str,
    who: &'a ActingUser,
    ctx: &'a Context<'a>,
) -> Result<Draft<'a>, Refusal> {
    let row = row(ActionKind::Assign);
    if who.is_person() && !who.keeps_desk(item.confidential) {
        return Err(not_the_desk(row, item, who));
    }
    let kind = free(item)?;
    ctx.department(department)?;
    complained_about::check(department, item.confidential, item, ctx)?;
    let reason = optional("派单说明", reason)?;
    let mut draft = Draft::opening(new_case(item, kind, department, &reason, who, ctx), item, who, ctx);
    draft.take(row)?;
    start_sender_clock(&mut draft);
    note_triage(&mut draft)?;
    draft.note_detail("department", department.as_str());
    Ok(draft)
}

/// The clocks that a case of its own would run for an item.
///
/// # Errors
/// When a due time cannot be computed.
pub(super) fn clocks(
    item: &Item,
    kind: Kind,
    department: &DepartmentCode,
    who: &ActingUser,
    ctx: &Context<'_>,
) -> Result<Vec<Clock>, Refusal> {
    let mut draft = Draft::opening(new_case(item, kind, department, "", who, ctx), item, who, ctx);
    draft.take(row(ActionKind::Assign))?;
    start_sender_clock(&mut draft);
    Ok(draft.clocks)
}

/// The kind of an item that waits to be assigned.
///
/// # Errors
/// When it has a case, is dismissed or not yet judged.
pub(super) fn free(item: &Item) -> Result<Kind, Refusal> {
    if item.case.is_some() {
        return Err(Refusal::AlreadyCase);
    }
    if let Some(reason) = &item.dismissed {
        return Err(Refusal::Dismissed(reason.clone()));
    }
    item.kind.ok_or(Refusal::NotJudged)
}

fn not_the_desk(row: &Row, item: &Item, who: &ActingUser) -> Refusal {
    let action = row.action;
    if item.confidential && who.keeps_desk(false) {
        return Refusal::DisciplineOnly { action };
    }
    Refusal::NotYourRole { action, allowed: Who::Duty.label().into() }
}

fn new_case(
    item: &Item,
    kind: Kind,
    department: &DepartmentCode,
    reason: &str,
    who: &ActingUser,
    ctx: &Context<'_>,
) -> Case {
    let origin = if who.is_person() {
        CaseOrigin::Person { user: who.actor }
    } else {
        CaseOrigin::Rule { reason: reason.to_owned() }
    };
    Case {
        id: ctx.ids.next::<CaseId>(ctx.now),
        number: String::new(),
        item: item.id,
        title: item.content.title.clone(),
        channel: item.channel,
        kind,
        topic: item.main_topic.clone(),
        urgency: item.urgency,
        town: item.town.clone(),
        confidential: item.confidential,
        origin,
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
    }
}

/// A due time that came with the record runs as a clock of the reply and outranks ours.
fn start_sender_clock(draft: &mut Draft<'_>) {
    let upstream = &draft.item.content.upstream;
    if let Some(due_at) = upstream.due_at.filter(|_| runs_clocks(&draft.case)) {
        let from = draft.item.dispatched_or_seen_at();
        draft.add_sender_clock(main_rule(&draft.case), from, due_at);
    }
}

/// A person's assigning meets `triage`; the case keeps what that clock was. Where a person had judged the
/// item before, it was met then.
fn note_triage(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if !draft.who.is_person() || draft.item.judged_by_person || !runs_clocks(&draft.case) {
        return Ok(());
    }
    let seen_at = draft.item.first_seen_at;
    if let Some(due) = draft.ctx.sums().due(rule::TRIAGE, seen_at, draft.case.urgency)? {
        let clock = draft.clock(rule::TRIAGE, seen_at, due.due, due.steps);
        let met_at = Some(draft.ctx.now);
        draft.clocks.push(Clock { met_at, provisional: due.provisional, ..clock });
    }
    Ok(())
}

/// "Not ours" must name who is right.
pub(super) fn send_back(
    draft: &mut Draft<'_>,
    row: &Row,
    reason: &str,
    right: Option<&DepartmentCode>,
) -> Result<(), Refusal> {
    let reason = required("退回理由", reason)?;
    let right = right.filter(|code| **code != draft.case.lead).ok_or(Refusal::RightDepartment)?;
    draft.ctx.department(right)?;
    draft.take(row)?;
    let lead = draft.case.lead.clone();
    draft.note_detail("from", lead.as_str());
    draft.note_detail("right_department", right.as_str());
    draft.case.sent_back_by.push(lead);
    draft.case.state = CaseState::Returned {
        at: draft.ctx.now,
        by: draft.who.actor,
        reason: reason.clone(),
        right_department: Some(right.clone()),
    };
    draft.line(row.action, reason);
    Ok(())
}

/// The resident's due time stays; the new department's own clock starts.
pub(super) fn reassign(
    draft: &mut Draft<'_>,
    row: &Row,
    department: &DepartmentCode,
    reason: &str,
) -> Result<(), Refusal> {
    let reason = required("改派理由", reason)?;
    draft.ctx.department(department)?;
    complained_about::check(department, draft.case.confidential, draft.item, draft.ctx)?;
    draft.take(row)?;
    for helper in draft.case.helpers.iter_mut().filter(|h| h.department == *department) {
        helper.state = HelperState::Released;
    }
    draft.note_detail("from", draft.case.lead.to_string());
    draft.note_detail("to", department.as_str());
    draft.case.lead = department.clone();
    draft.case.state = CaseState::Assigned { at: draft.ctx.now, by: draft.who.actor, reason: reason.clone() };
    draft.line(row.action, reason);
    Ok(())
}
