//! The ends of a case: the call-back with its rating, reopening, and the three ways out without a reply.

use qingting_models::ids::{ItemId, RatingId};
use qingting_models::records::{CaseChange, CaseFile, CaseState, Item, Outcome, Rating, RatingGrade};

use super::together::title_of;
use super::{Context, Draft, admit};
use crate::acting::ActingUser;
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

/// What one of those said whom a case answers together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledBack {
    /// What this one had sent.
    pub item: ItemId,
    pub grade: RatingGrade,
    pub outcome: Outcome,
    /// May be empty.
    pub note: String,
}

/// Notes the call-back of one of those whose items the case answers: `answered`, all of them. The case is closed with the
/// last of them; an unsatisfied one reopens it at once. Until then it stays as it is, and so does its clock.
///
/// # Errors
/// Beyond the refusals of [`super::decide`]: an item that the case does not answer, or whose call-back has been noted.
pub fn call_back_one(
    file: &CaseFile,
    answered: &[Item],
    said: &CalledBack,
    who: &ActingUser,
    ctx: &Context<'_>,
) -> Result<CaseChange, Refusal> {
    let table_row = admit(ActionKind::CallBack, file, who)?;
    let item = answered.iter().find(|item| item.id == said.item).ok_or(Refusal::NotInCase)?;
    let called = called_back(file);
    if called.contains(&item.id) {
        return Err(Refusal::AlreadySo("这一件已经登记过回访"));
    }
    let note = optional("回访记录", &said.note)?;
    let left = answered.iter().filter(|other| other.id != item.id && !called.contains(&other.id)).count();
    let mut draft = Draft::of(file, who, ctx);
    let told = format!("{}：{}，{}", title_of(item), said.grade.label(), said.outcome.label());
    draft.note_detail("item", item.id.to_string());
    let rating = rating(&draft, Some(item.id), said.grade, said.outcome, note);
    if left > 0 && !said.grade.is_unsatisfied() {
        keep(&mut draft, rating);
        draft.line(ActionKind::CallBack, format!("{told}；还有 {left} 件没有回访"));
        return Ok(draft.finish(ActionKind::CallBack));
    }
    draft.take(table_row)?;
    close_with(&mut draft, rating);
    draft.line(ActionKind::CallBack, told);
    if said.grade.is_unsatisfied() {
        let reason = format!("“{}”回访评价为{}", title_of(item), said.grade.label());
        reopen(&mut draft, row(ActionKind::Reopen), &reason)?;
    }
    Ok(draft.finish(ActionKind::CallBack))
}

/// The items whose call-backs have been noted since the present reply was approved.
pub fn called_back(file: &CaseFile) -> Vec<ItemId> {
    let since = file.timeline.iter().rev().take_while(|line| line.action != ActionKind::Approve.code());
    let noted = since.filter(|line| line.action == ActionKind::CallBack.code()).count();
    file.ratings.iter().rev().take(noted).filter_map(|rating| rating.item).collect()
}

/// Closes with a rating of all. `note` is masked.
pub(super) fn close(draft: &mut Draft<'_>, grade: RatingGrade, outcome: Outcome, note: String) {
    let rating = rating(draft, None, grade, outcome, note);
    close_with(draft, rating);
}

fn rating(
    draft: &Draft<'_>,
    item: Option<ItemId>,
    grade: RatingGrade,
    outcome: Outcome,
    note: String,
) -> Rating {
    let id = draft.ctx.ids.next::<RatingId>(draft.ctx.now);
    Rating { id, case: draft.case.id, item, at: draft.ctx.now, by: draft.who.actor, grade, outcome, note }
}

fn close_with(draft: &mut Draft<'_>, rating: Rating) {
    draft.case.state = CaseState::Closed { at: draft.ctx.now, by: draft.who.actor, rating: rating.id };
    keep(draft, rating);
}

fn keep(draft: &mut Draft<'_>, rating: Rating) {
    draft.note_detail("grade", rating.grade.code());
    draft.note_detail("outcome", rating.outcome.code());
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
