//! A report that is kept: where it stands, and how it came about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, ReportFigures, ReportScope, ReportSpan, words};
use crate::ids::ReportId;

words! {
    /// Where a kept report stands.
    ReportState {
        /// Its figures are counted, editors write.
        Draft => "draft", "草稿";
        Review => "review", "待审核";
        /// Frozen, with a number.
        Approved => "approved", "已签发";
    }
}

/// What was done with a kept report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportStep {
    pub at: Timestamp,
    pub by: Actor,
    pub what: ReportDeed,
    /// Masked; why it was sent back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

words! {
    /// What can be done with a kept report.
    ReportDeed {
        Made => "made", "生成草稿";
        Recounted => "recounted", "重新统计";
        Written => "written", "修改文字";
        Submitted => "submitted", "提交审核";
        SentBack => "sent_back", "退回修改";
        Approved => "approved", "签发";
    }
}

/// A report that is kept: with its figures, what the editors wrote, and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptReport {
    pub id: ReportId,
    pub state: ReportState,
    /// `2026年周报第12期` once it is approved.
    pub number: Option<String>,
    pub version: i64,
    pub changed_at: Timestamp,
    pub changed_by: Actor,
    pub figures: ReportFigures,
    /// By the code of the chapter.
    pub judgements: BTreeMap<String, String>,
    pub steps: Vec<ReportStep>,
    /// Of the figures; see `respond::report::digest`.
    pub digest: String,
}

/// A kept report in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLine {
    pub id: ReportId,
    pub span: ReportSpan,
    pub scope: ReportScope,
    pub state: ReportState,
    pub number: Option<String>,
    pub cutoff: Timestamp,
    pub changed_at: Timestamp,
}
