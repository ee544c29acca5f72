//! The files of a case as its page shows them: their names, what was removed, and the form that adds more.

use qingting_models::records::{Attachment, CaseFile, size_text};
use qingting_respond::acting::ActingUser;
use qingting_respond::attachments::{
    AttachmentRules, Removal, goes_with_reply, may_add, needs_reason, removal, works_on,
};

use crate::app::AppState;
use crate::caller::Caller;
use crate::moment::Moment;
use crate::people::People;

/// The files of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentsView {
    pub files: Vec<AttachmentView>,
    pub removed: Vec<RemovedView>,
    /// For who may add one.
    pub form: Option<AttachForm>,
    /// What of the last try was refused, and why.
    pub problems: Vec<String>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentView {
    pub id: String,
    /// Masked.
    pub name: String,
    pub kind: &'static str,
    pub size: String,
    pub by: String,
    pub at: Moment,
    pub note: String,
    /// That it goes or went with a reply.
    pub with_reply: Option<&'static str>,
    /// For who may open it: whether a reason has to be given.
    pub opens: Option<bool>,
    /// For who may remove it: whether a reason has to be given.
    pub removes: Option<bool>,
}

/// A file that was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedView {
    pub kind: &'static str,
    pub size: String,
    pub by: String,
    pub at: Moment,
    pub reason: String,
}

/// The form that adds files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachForm {
    /// For the browser's chooser of files.
    pub accept: String,
    /// What is taken, in words.
    pub limits: String,
    pub note: String,
    /// Offered to the lead department: whether it is chosen.
    pub with_reply: Option<bool>,
}

/// What came of an attempt to add files that did not go well in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attaching {
    pub problems: Vec<String>,
    pub note: String,
    pub with_reply: bool,
}

pub(super) fn view(
    state: &AppState,
    caller: &Caller,
    file: &CaseFile,
    people: &People,
    attached: &[Attachment],
    attaching: Option<&Attaching>,
) -> AttachmentsView {
    let who = ActingUser::of(caller.user());
    let now = state.store.now();
    let works = works_on(file, &who);
    let shown = |attachment: &Attachment| AttachmentView {
        id: attachment.id.to_string(),
        name: attachment.name.clone(),
        kind: attachment.kind.label(),
        size: size_text(attachment.size),
        by: people.actor(attachment.added_by),
        at: Moment::new(attachment.added_at, now),
        note: attachment.note.clone(),
        with_reply: match (attachment.with_reply, attachment.reply) {
            (_, Some(_)) => Some("随答复提交"),
            (true, None) => Some("待随答复提交"),
            (false, None) => None,
        },
        opens: works.then(|| needs_reason(file)),
        removes: removal(file, attachment, &who).filter(|_| works).map(|way| way == Removal::WithReason),
    };
    let gone = |attachment: &Attachment| {
        let (at, by, reason) = attachment.removed.as_ref()?;
        Some(RemovedView {
            kind: attachment.kind.label(),
            size: size_text(attachment.size),
            by: people.actor(*by),
            at: Moment::new(*at, now),
            reason: reason.clone(),
        })
    };
    let rules = state.attachments.as_ref().map(|attachments| attachments.rules());
    AttachmentsView {
        files: attached.iter().filter(|a| a.removed.is_none()).map(shown).collect(),
        removed: attached.iter().filter_map(gone).collect(),
        form: rules.filter(|_| may_add(file, &who).is_ok()).map(|rules| AttachForm {
            accept: accept(rules),
            limits: limits(rules),
            note: attaching.map(|a| a.note.clone()).unwrap_or_default(),
            with_reply: goes_with_reply(file, &who).then(|| attaching.is_some_and(|a| a.with_reply)),
        }),
        problems: attaching.map(|a| a.problems.clone()).unwrap_or_default(),
    }
}

fn accept(rules: &AttachmentRules) -> String {
    let endings = rules.kinds.iter().map(|kind| format!(".{}", kind.code()));
    let also = rules.kinds.iter().filter_map(|kind| match kind.code() {
        "jpg" => Some(".jpeg".to_owned()),
        "tif" => Some(".tiff".to_owned()),
        "heic" => Some(".heif".to_owned()),
        _ => None,
    });
    endings.chain(also).collect::<Vec<_>>().join(",")
}

fn limits(rules: &AttachmentRules) -> String {
    let max = size_text(i64::try_from(rules.max_bytes).unwrap_or(i64::MAX));
    format!(
        "可以添加 {}；每个不超过 {max}，一个工单最多 {} 个。内容加密保存，谁下载过都有记录。",
        rules.endings(),
        rules.max_files
    )
}

#[cfg(test)]
pub(super) fn sample(t: &str) -> AttachmentsView {
    use crate::samples::moment;
    let t = t.to_owned();
    let file = AttachmentView {
        id: t.clone(),
        name: t.clone(),
        kind: "JPG 图片",
        size: "2.3 MB".into(),
        by: t.clone(),
        at: moment(5),
        note: t.clone(),
        with_reply: Some("随答复提交"),
        opens: Some(true),
        removes: Some(true),
    };
    AttachmentsView {
        files: vec![
            AttachmentView { opens: Some(false), removes: Some(false), ..file.clone() },
            AttachmentView { opens: None, removes: None, ..file.clone() },
            file,
        ],
        removed: vec![RemovedView {
            kind: "PDF 文件",
            size: "64 KB".into(),
            by: t.clone(),
            at: moment(5),
            reason: t.clone(),
        }],
        form: Some(AttachForm {
            accept: t.clone(),
            limits: t.clone(),
            note: t.clone(),
            with_reply: Some(true),
        }),
        problems: vec![t],
    }
}
