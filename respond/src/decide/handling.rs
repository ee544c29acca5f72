//! The department at work: accepting, contact, waiting for the resident, extensions, and being pressed.

use jiff::Timestamp;
use qingting_models::records::{CaseState, Extension};

use super::ready::RED;
use super::{Draft, MAX_WAITED_DAYS};
use crate::action::{optional, required};
use crate::case_table::Row;
use crate::refusal::Refusal;

pub(super) fn accept(draft: &mut Draft<'_>, row: &Row) -> Result<(), Refusal> {
    draft.take(row)?;
    draft.case.state = CaseState::Handling { accepted_at: draft.ctx.now, by: draft.who.actor };
    draft.line(row.action, String::new());
    Ok(())
}

/// A contact with the resident, or that the petitioner was told.
pub(super) fn noted(
    draft: &mut Draft<'_>,
    row: &Row,
    field: &'static str,
    note: &str,
) -> Result<(), Refusal> {
    let note = required(field, note)?;
    draft.take(row)?;
    draft.line(row.action, note);
    Ok(())
}

pub(super) fn wait(
    draft: &mut Draft<'_>,
    row: &Row,
    evidence: &str,
    until: Timestamp,
) -> Result<(), Refusal> {
    let evidence = required("等待的依据", evidence)?;
    let now = draft.ctx.now;
    if until <= now {
        return Err(Refusal::WaitInThePast);
    }
    let wanted = draft.ctx.sums().working_days(now, until);
    let used = draft.case.waited_days;
    if used + wanted > MAX_WAITED_DAYS {
        return Err(Refusal::WaitTooLong { max: MAX_WAITED_DAYS, used, wanted });
    }
    draft.take(row)?;
    let CaseState::Handling { accepted_at, .. } = draft.case.state else {
        return Ok(());
    };
    draft.case.waits += 1;
    draft.case.state = CaseState::Waiting {
        accepted_at,
        since: now,
        until,
        by: draft.who.actor,
        evidence: evidence.clone(),
    };
    draft.note_detail("until", until.to_string());
    draft.line(row.action, evidence);
    Ok(())
}

/// By the handler at any time, by the program when the date has passed.
pub(super) fn go_on(draft: &mut Draft<'_>, row: &Row, note: &str) -> Result<(), Refusal> {
    let note = optional("说明", note)?;
    let CaseState::Waiting { accepted_at, since, until, .. } = draft.case.state else {
        return Ok(());
    };
    if !draft.who.is_person() && until > draft.ctx.now {
        return Err(Refusal::WaitNotOver);
    }
    let end = draft.wait_end();
    draft.take(row)?;
    draft.case.waited_days += draft.ctx.sums().working_days(since, end);
    draft.case.state = draft.handling_again(accepted_at);
    draft.line(row.action, note);
    Ok(())
}

pub(super) fn ask_extension(
    draft: &mut Draft<'_>,
    row: &Row,
    reason: &str,
    days: u32,
) -> Result<(), Refusal> {
    let reason = required("延期理由", reason)?;
    extension_fits(draft, days)?;
    draft.take(row)?;
    draft.case.extension = Some(Extension {
        asked_at: draft.ctx.now,
        by: draft.who.actor,
        days,
        reason: reason.clone(),
        decision: None,
    });
    draft.note_detail("days", days);
    draft.line(row.action, reason);
    Ok(())
}

/// Within the cap of the rule, and before its due time.
fn extension_fits(draft: &mut Draft<'_>, days: u32) -> Result<(), Refusal> {
    let (now, sums) = (draft.ctx.now, draft.ctx.sums());
    let clock = draft.extendable().min_by_key(|c| c.due_at).ok_or(Refusal::NothingToExtend)?;
    if clock.due_at <= now {
        return Err(Refusal::ExtensionTooLate);
    }
    let cap = sums.extension_cap(clock).ok_or(Refusal::NothingToExtend)?;
    if days == 0 || days > cap.most {
        return Err(Refusal::ExtensionDays { max: cap.most, unit: cap.unit, asked: days });
    }
    Ok(())
}

pub(super) fn grant_extension(draft: &mut Draft<'_>, row: &Row, note: &str) -> Result<(), Refusal> {
    let note = optional("审批意见", note)?;
    let Some(days) = draft.case.extension.as_ref().map(|e| e.days) else {
        return Err(Refusal::NoExtensionAsked);
    };
    extension_fits(draft, days)?;
    draft.take(row)?;
    let sums = draft.ctx.sums();
    for clock in draft.extendable() {
        sums.extend(clock, days)?;
    }
    decide_extension(draft, true);
    draft.line(row.action, note);
    Ok(())
}

pub(super) fn refuse_extension(draft: &mut Draft<'_>, row: &Row, reason: &str) -> Result<(), Refusal> {
    let reason = required("不同意的理由", reason)?;
    draft.take(row)?;
    decide_extension(draft, false);
    draft.line(row.action, reason);
    Ok(())
}

fn decide_extension(draft: &mut Draft<'_>, granted: bool) {
    let decision = (granted, draft.who.actor, draft.ctx.now);
    if let Some(extension) = draft.case.extension.as_mut() {
        extension.decision = Some(decision);
    }
}

/// Level 1 (yellow) and 2 (red) by the program, once each until the due time is another, and by the desk;
/// 3 by a leader.
pub(super) fn press(draft: &mut Draft<'_>, row: &Row, level: u32, note: &str) -> Result<(), Refusal> {
    let who = draft.who;
    let may = match level {
        1..=RED => !who.is_person() || who.keeps_desk(draft.case.confidential),
        3 => who.leads() && !draft.case.confidential,
        _ => false,
    };
    if !may {
        return Err(Refusal::PressLevel);
    }
    if !who.is_person() && draft.case.pressed >= level {
        return Err(Refusal::AlreadyPressed);
    }
    let note =
        if who.is_person() { required("督办意见", note)? } else { optional("督办意见", note)? };
    draft.take(row)?;
    draft.case.pressed = draft.case.pressed.max(level);
    draft.note_detail("level", level);
    draft.line(row.action, note);
    Ok(())
}
