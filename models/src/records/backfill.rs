//! Answers on their way back to the platform that sent the matter (回填).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, Reply, words};
use crate::ids::{BackfillBatchId, CaseId, ItemId, ReplyId, SourceId};

words! {
    /// Where an answer stands.
    BackfillState {
        Waiting => "waiting", "待回填";
        Sent => "sent", "已送出";
        Accepted => "accepted", "对方已接收";
        Rejected => "rejected", "对方退回";
    }
}

words! {
    /// What a column of the sheet holds.
    BackfillField {
        /// The sender's own number.
        Number => "number", "对方的工单编号";
        Case => "case", "本系统工单号";
        Answer => "answer", "答复内容";
        Answered => "answered", "答复时间";
        Department => "department", "承办单位";
        Outcome => "outcome", "办理结果";
        Rating => "rating", "回访评价";
        Title => "title", "标题";
        Contacted => "contacted", "首次联系时间";
        /// Stays empty, for a column that the sender fills.
        Empty => "empty", "空列";
    }
}

/// A column: the sender's header, and what stands below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfillColumn {
    pub header: String,
    pub field: BackfillField,
}

/// The columns of the sheet for a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillColumns {
    pub columns: Vec<BackfillColumn>,
    /// 0 while nobody changed them.
    pub version: i64,
}

impl Default for BackfillColumns {
    fn default() -> Self {
        use BackfillField::{Answer, Answered, Department, Number, Outcome, Rating};
        let column = |header: &str, field| BackfillColumn { header: header.into(), field };
        Self {
            columns: vec![
                column("工单编号", Number),
                column("答复内容", Answer),
                column("答复时间", Answered),
                column("承办单位", Department),
                column("办理结果", Outcome),
                column("评价满意度", Rating),
            ],
            version: 0,
        }
    }
}

/// Answers that were sent together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillBatch {
    pub id: BackfillBatchId,
    pub source: SourceId,
    pub made_at: Timestamp,
    pub made_by: Actor,
    pub answers: i64,
}

/// How many answers of a source stand where, as far as the viewer sees them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BackfillCounts {
    pub waiting: i64,
    pub sent: i64,
    pub accepted: i64,
    pub rejected: i64,
}

/// An answer to one matter: a reply of a case with many items goes back once for each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerKey {
    pub reply: ReplyId,
    pub item: ItemId,
}

/// One answer on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct BackfillLine {
    pub reply: Reply,
    pub item: ItemId,
    pub case: CaseId,
    pub case_number: String,
    /// The sender's own number.
    pub external_id: String,
    /// Masked.
    pub title: String,
    pub state: BackfillState,
    pub batch: Option<BackfillBatchId>,
    /// Why the sender rejected it; masked.
    pub reason: Option<String>,
    pub at: Timestamp,
    /// How often it was sent.
    pub sent: i64,
}

impl BackfillLine {
    pub fn key(&self) -> AnswerKey {
        AnswerKey { reply: self.reply.id, item: self.item }
    }
}

/// What the sender said of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillReceipt {
    pub answer: AnswerKey,
    /// Why it was rejected; `None` when it was accepted.
    pub rejected: Option<String>,
}
