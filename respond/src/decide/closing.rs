//! The ends of a case: the call-back with its rating, reopening, and the three ways out without a reply.

use qingting_models::ids::RatingId;
use qingting_models::records::{CaseState, Outcome, Rating, RatingGrade};

use super::Draft;
use crate::action::{optional, required};
use crate::case_table::{ActionKind, Row, row};
use crate::refusal::Refusal;

/// Notes the call-back and closes; an unsatisfied rating reopens at once.
pub(super) fn call_back(
    draft: &mut Draft<'_>,
    table_row: &Row,
    grade: RatingGrade,
    outcome: Outcome,
    note: &str,
) -> Result<(), Refusal> {
    let note = optional("回访记录", note)?;
    draft.take(table_row)?;
    close(draft, grade, outcome, note);
    draft.line(table_row.action, format!("{}，{}", grade.label(), outcome.label()));
    if grade.is_unsatisfied() {
        reopen(draft, row(ActionKind::Reopen), &format!("回访评价为{}", grade.label()))?;
    }
    Ok(())
}

/// Closes with a rating. `note` is masked.
pub(super) fn close(draft: &mut Draft<'_>, grade: RatingGrade, outcome: Outcome, note: String) {
    let rating = Rating {
        id: draft.ctx.ids.next::<RatingId>(draft.ctx.now),
        case: draft.case.id,
        at: draft.ctx.now,
        by: draft.who.actor,
        grade,
        outcome,
        note,
    };
    draft.case.state = CaseState::Closed { at: draft.ctx.now, by: draft.who.actor, rating: rating.id };
    draft.note_detail("grade", grade.code());
    draft.note_detail("outcome", outcome.code());
    draft.ratings.push(rating);
}

/// Goes to the same lead once more.
pub(super) fn reopen(draft: &mut Draft<'_>, row: &Row, reason: &str) -> Result<(), Refusal> {
    let reason = required("重办理由", reason)?;
    draft.take(row)?;
    draft.case.reopened += 1;
    draft.case.state = CaseState::Assigned { at: draft.ctx.now, by: draft.who.actor, reason: reason.clone() };
    draft.line(row.action, reason);
    Ok(())
}

pub(super) fn decline(draft: &mut Draft<'_>, row: &Row, legal_reason: &str) -> Result<(), Refusal> {
    let legal_reason = required("不予受理的法定理由", legal_reason)?;
    let (at, by) = (draft.ctx.now, draft.who.actor);
    leave(draft, row, CaseState::Declined { at, by, legal_reason: legal_reason.clone() }, legal_reason)
}

pub(super) fn outside(
    draft: &mut Draft<'_>,
    row: &Row,
    authority: &str,
    receipt: &str,
) -> Result<(), Refusal> {
    let authority = required("接收机关", authority)?;
    let receipt = required("接收凭据", receipt)?;
    let note = format!("{authority}：{receipt}");
    let (at, by) = (draft.ctx.now, draft.who.actor);
    leave(draft, row, CaseState::Outside { at, by, authority, receipt }, note)
}

pub(super) fn void(draft: &mut Draft<'_>, row: &Row, reason: &str) -> Result<(), Refusal> {
    let reason = required("作废理由", reason)?;
    let (at, by) = (draft.ctx.now, draft.who.actor);
    leave(draft, row, CaseState::Void { at, by, reason: reason.clone() }, reason)
}

pub(super) fn leave(draft: &mut Draft<'_>, row: &Row, state: CaseState, note: String) -> Result<(), Refusal> {
    draft.take(row)?;
    draft.case.state = state;
    draft.line(row.action, note);
    Ok(())
}
