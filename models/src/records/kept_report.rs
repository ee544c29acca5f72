//! A report or brief that is kept: where it stands, and how it came about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, Brief, ReportFigures, ReportKind, ReportScope, ReportSpan, words};
use crate::county::ChapterStyle;
use crate::ids::{IncidentId, ReportId};

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

/// What a kept report tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportContent {
    /// Of days.
    Figures(Box<ReportFigures>),
    /// On one incident.
    Brief(Box<Brief>),
}

impl ReportContent {
    /// When it was counted.
    pub fn cutoff(&self) -> Timestamp {
        match self {
            Self::Figures(figures) => figures.cutoff,
            Self::Brief(brief) => brief.cutoff,
        }
    }

    /// The days that it is about.
    pub fn span(&self) -> ReportSpan {
        match self {
            Self::Figures(figures) => figures.span,
            Self::Brief(brief) => {
                let (from, to) = brief.days();
                ReportSpan { kind: ReportKind::Brief, from, to }
            }
        }
    }

    /// Its chapters in order.
    pub fn chapters(&self) -> &[ChapterStyle] {
        match self {
            Self::Figures(figures) => &figures.style.chapters,
            Self::Brief(brief) => &brief.style.chapters,
        }
    }

    /// The figures of a report on days.
    pub fn figures(&self) -> Option<&ReportFigures> {
        match self {
            Self::Figures(figures) => Some(figures),
            Self::Brief(_) => None,
        }
    }
}

/// A report that is kept: with what it tells, what the editors wrote, and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptReport {
    pub id: ReportId,
    pub state: ReportState,
    /// `2026年周报第12期` once it is approved.
    pub number: Option<String>,
    pub version: i64,
    pub changed_at: Timestamp,
    pub changed_by: Actor,
    pub content: ReportContent,
    /// By the code of the chapter.
    pub judgements: BTreeMap<String, String>,
    pub steps: Vec<ReportStep>,
    /// Of the content; see `respond::report::digest`.
    pub digest: String,
}

/// A kept report in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLine {
    pub id: ReportId,
    pub span: ReportSpan,
    pub scope: ReportScope,
    /// The incident of a brief.
    pub incident: Option<IncidentId>,
    pub state: ReportState,
    pub number: Option<String>,
    pub cutoff: Timestamp,
    pub changed_at: Timestamp,
}
