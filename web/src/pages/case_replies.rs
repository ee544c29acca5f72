//! The replies of a case as its page shows them: their review, what changed from one to the next, their promises.

use jiff::Timestamp;
use qingting_models::clock::local_date;
use qingting_models::records::{Attachment, CaseFile, Reply, ReplyReview};
use qingting_models::store::PromiseFilter;
use qingting_respond::reply_changes::{Change, ChangeKind, changes};
use qingting_respond::reply_help::Written;

use super::case_reply::{self, FindingView};
use super::promises::standing_tag;
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::moment::Moment;
use crate::names::Names;
use crate::people::People;
use crate::view::Tag;

/// A department's reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyView {
    pub department: String,
    pub by: String,
    pub at: Moment,
    pub outcome: &'static str,
    pub review: Tag,
    pub text: String,
    pub note: Option<String>,
    /// What may be published, and why what looks personal in it may stand.
    pub public_text: Option<(String, Option<String>)>,
    /// What changed since the department's reply before: class and text.
    pub changes: Vec<(&'static str, String)>,
    /// What, by when, and how it stands.
    pub promises: Vec<(String, String, Option<Tag>)>,
    /// What is to be looked at, for one that waits for its review.
    pub findings: Vec<FindingView>,
    /// The names of the files that were submitted with it.
    pub attachments: Vec<String>,
}

/// The replies, the latest first, with what changed from one to the next.
pub(super) async fn replies(
    state: &AppState,
    caller: &Caller,
    file: &CaseFile,
    people: &People,
    attached: &[Attachment],
) -> Result<Vec<ReplyView>, WebError> {
    let now = state.store.now();
    let filter = PromiseFilter { case: Some(file.case.id), ..PromiseFilter::default() };
    let tracked = state.store.promises(&caller.viewer, &filter).await?;
    let mut views = Vec::with_capacity(file.replies.len());
    for (at, reply) in file.replies.iter().enumerate().rev() {
        let mut view = reply_view(reply, &state.names, people, now);
        let with_it = attached.iter().filter(|a| a.reply == Some(reply.id) && a.removed.is_none());
        view.attachments = with_it.map(|a| a.name.clone()).collect();
        let before = file.replies[..at].iter().rev().find(|earlier| earlier.department == reply.department);
        if let Some(before) = before {
            view.changes = changes(&whole(before), &whole(reply)).into_iter().map(change_view).collect();
        }
        for (place, promise) in (0i64..).zip(&mut view.promises) {
            let known = tracked.iter().find(|t| t.reply == reply.id && t.place == place);
            promise.2 = known.map(|t| standing_tag(t.standing(local_date(now))));
        }
        if reply.review == ReplyReview::Pending {
            let public = reply.public_text.as_ref().map_or("", |public| public.text.as_str());
            let written = Written {
                text: &reply.text,
                public_text: public,
                outcome: Some(reply.outcome),
                promises: &reply.promises,
            };
            let found = case_reply::check(state, caller, file, written).await?;
            view.findings = found.iter().map(case_reply::finding_view).collect();
        }
        views.push(view);
    }
    Ok(views)
}

/// All that a reviewer compares of a reply.
fn whole(reply: &Reply) -> String {
    let promises = reply.promises.iter().map(|p| format!("\n承诺：{}（{} 前）", p.what, p.by));
    let public = reply.public_text.iter().map(|public| format!("\n可公开：{}", public.text));
    std::iter::once(reply.text.clone()).chain(public).chain(promises).collect()
}

fn change_view(change: Change) -> (&'static str, String) {
    let class = match change.kind {
        ChangeKind::Same => "",
        ChangeKind::Removed => "removed",
        ChangeKind::Added => "added",
    };
    (class, change.text)
}

fn reply_view(reply: &Reply, names: &Names, people: &People, now: Timestamp) -> ReplyView {
    let (review, note) = match &reply.review {
        ReplyReview::Pending => (Tag::new("待审核", "tag yellow"), None),
        ReplyReview::NeedsWork { note, .. } => (Tag::new("退回修改", "tag red"), Some(note.clone())),
        ReplyReview::Approved { .. } => (Tag::new("已通过", "tag green"), None),
    };
    ReplyView {
        department: names.department(reply.department.as_str()).to_owned(),
        by: people.actor(reply.submitted_by),
        at: Moment::new(reply.submitted_at, now),
        outcome: reply.outcome.label(),
        review,
        text: reply.text.clone(),
        note,
        public_text: reply.public_text.as_ref().map(|p| (p.text.clone(), p.stands_because.clone())),
        changes: Vec::new(),
        promises: reply.promises.iter().map(|p| (p.what.clone(), p.by.to_string(), None)).collect(),
        findings: Vec::new(),
        attachments: Vec::new(),
    }
}

#[cfg(test)]
pub(super) fn sample(t: &str) -> ReplyView {
    use crate::samples::moment;
    let t = t.to_owned();
    ReplyView {
        department: t.clone(),
        by: t.clone(),
        at: moment(5),
        outcome: "已解决",
        review: Tag::new(&t, "tag"),
        text: t.clone(),
        note: Some(t.clone()),
        public_text: Some((t.clone(), Some(t.clone()))),
        changes: vec![("", t.clone()), ("removed", t.clone()), ("added", t.clone())],
        promises: vec![(t.clone(), t.clone(), Some(Tag::new(&t, "tag")))],
        findings: case_reply::sample(&t).findings,
        attachments: vec![t.clone()],
    }
}
