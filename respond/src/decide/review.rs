//! The reply: submitted by the handler, reviewed within the department.

use qingting_models::clock::local_date;
use qingting_models::ids::{ReplyId, SealedId};
use qingting_models::records::{CaseFile, CaseState, Outcome, Promise, PublicText, Reply, ReplyReview};
use qingting_models::text::{MaskKind, mask};

use super::Draft;
use crate::action::{optional, required};
use crate::case_table::Row;
use crate::refusal::Refusal;

pub(super) fn submit(
    draft: &mut Draft<'_>,
    row: &Row,
    text: &str,
    public_text: Option<&PublicText>,
    outcome: Outcome,
    promises: &[Promise],
) -> Result<(), Refusal> {
    let masked = required("答复内容", text)?;
    let public_text = public_text.map(publishable).transpose()?.flatten();
    let promises = promises.iter().map(|p| promise(draft, p)).collect::<Result<Vec<_>, _>>()?;
    let CaseState::Handling { accepted_at, .. } = draft.case.state else {
        return Ok(());
    };
    draft.take(row)?;
    let now = draft.ctx.now;
    let reply = Reply {
        id: draft.ctx.ids.next::<ReplyId>(now),
        case: draft.case.id,
        department: draft.case.lead.clone(),
        text: masked,
        public_text,
        sealed: draft.ctx.ids.next::<SealedId>(now),
        outcome,
        promises,
        submitted_by: draft.who.actor,
        submitted_at: now,
        review: ReplyReview::Pending,
    };
    draft.case.state =
        CaseState::InReview { accepted_at, reply: reply.id, submitted_at: now, by: draft.who.actor };
    draft.note_detail("reply", reply.id.to_string());
    draft.note_detail("outcome", outcome.code());
    draft.replies.push((reply, Some(text.trim().to_owned())));
    draft.line(row.action, outcome.label().into());
    Ok(())
}

/// The text that may be published: it stands as it was written, so there is nothing personal in it, or a reason why what
/// looks so may stand. `None` for an empty one.
fn publishable(public: &PublicText) -> Result<Option<PublicText>, Refusal> {
    let text = public.text.trim();
    let masked = optional("可公开内容", text)?;
    // The desk, which knows the lines, looks at telephone numbers of offices.
    let personal = mask(text).spans.iter().any(|span| span.kind != MaskKind::Landline);
    let because = optional("保留的理由", public.stands_because.as_deref().unwrap_or_default())?;
    if text.is_empty() {
        return Ok(None);
    }
    if because.is_empty() && personal {
        return Err(Refusal::LeaksInPublic(masked));
    }
    let stands_because = (!because.is_empty()).then_some(because);
    Ok(Some(PublicText { text: text.to_owned(), stands_because }))
}

fn promise(draft: &Draft<'_>, promise: &Promise) -> Result<Promise, Refusal> {
    if promise.by < local_date(draft.ctx.now) {
        return Err(Refusal::PromiseInThePast);
    }
    Ok(Promise { what: required("承诺内容", &promise.what)?, by: promise.by })
}

fn pending_reply(draft: &Draft<'_>, file: &CaseFile) -> Result<Reply, Refusal> {
    let CaseState::InReview { reply, .. } = draft.case.state else {
        return Err(Refusal::NoReply);
    };
    file.replies.iter().find(|r| r.id == reply).cloned().ok_or(Refusal::NoReply)
}

pub(super) fn needs_work(
    draft: &mut Draft<'_>,
    row: &Row,
    file: &CaseFile,
    note: &str,
) -> Result<(), Refusal> {
    let note = required("修改意见", note)?;
    let mut reply = pending_reply(draft, file)?;
    let CaseState::InReview { accepted_at, .. } = draft.case.state else {
        return Err(Refusal::NoReply);
    };
    draft.take(row)?;
    reply.review = ReplyReview::NeedsWork { by: draft.who.actor, at: draft.ctx.now, note: note.clone() };
    draft.note_detail("reply", reply.id.to_string());
    draft.replies.push((reply, None));
    draft.case.state = draft.handling_again(accepted_at);
    draft.line(row.action, note);
    Ok(())
}

pub(super) fn approve(draft: &mut Draft<'_>, row: &Row, file: &CaseFile, note: &str) -> Result<(), Refusal> {
    let note = optional("审核意见", note)?;
    let mut reply = pending_reply(draft, file)?;
    draft.take(row)?;
    let (by, now) = (draft.who.actor, draft.ctx.now);
    reply.review = ReplyReview::Approved { by, at: now };
    draft.case.state = CaseState::Replied { reply: reply.id, approved_at: now, by };
    draft.note_detail("reply", reply.id.to_string());
    draft.replies.push((reply, None));
    draft.line(row.action, note);
    Ok(())
}
