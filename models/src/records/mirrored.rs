//! Mirrored cases (镜像工单): what another platform runs and we watch and press.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, AuditEntry, CasePart, Item, NoticeEvent, UpstreamCase, words};
use crate::county::{DepartmentCode, RuleId};
use crate::ids::{ItemId, SourceId, TimelineId};

/// A case of another platform, as its latest sheet has it. There is one for an item at the most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mirror {
    pub item: ItemId,
    pub source: SourceId,
    /// The platform's own.
    pub number: String,
    /// The platform's words.
    pub said: UpstreamCase,
    /// The office of the county that the platform's word means; `None` where the department table knows none.
    pub department: Option<DepartmentCode>,
    pub finished: bool,
    pub dispatched_at: Option<Timestamp>,
    /// The platform's due time, which counts.
    pub due_at: Option<Timestamp>,
    /// When it would be due by our own rules: only warns, and is no promise.
    pub ours: Option<OurDue>,
    /// How far it was pressed for its present due time: 0 not, 1 yellow, 2 red, 3 by a leader.
    pub pressed: u32,
    /// How often it was pressed in all.
    pub presses: u32,
    /// A person marked it as a matter to watch.
    pub watched: bool,
    pub version: i64,
    pub changed_at: Timestamp,
    pub changed_by: Actor,
}

/// A due time by our own rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OurDue {
    pub rule: RuleId,
    pub at: Timestamp,
    /// Chinese sentences, one a step.
    pub steps: Vec<String>,
}

impl Mirror {
    /// The due time by which it is sorted and lit: the platform's, else ours.
    pub fn sort_at(&self) -> Option<Timestamp> {
        self.due_at.or(self.ours.as_ref().map(|ours| ours.at))
    }

    /// The platform's word for the state, or ours where it gives none or took the record back.
    pub fn state(&self, withdrawn: bool) -> &str {
        match (withdrawn, &self.said.state) {
            (true, _) => "已撤回",
            (false, Some(state)) => state,
            (false, None) if self.finished => "已办结",
            (false, None) => "办理中",
        }
    }
}

/// A mirrored case with its item as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct MirroredCase {
    pub mirror: Mirror,
    pub item: Item,
}

impl MirroredCase {
    /// Neither finished there nor taken back by its source.
    pub fn is_open(&self) -> bool {
        !self.mirror.finished && self.item.withdrawn_at.is_none()
    }

    /// See [`Mirror::state`].
    pub fn state(&self) -> &str {
        self.mirror.state(self.item.withdrawn_at.is_some())
    }
}

words! {
    /// What happened to a mirrored case.
    MirrorStep {
        First => "first", "首次收到";
        Seen => "seen", "平台更新";
        Press => "press", "督办";
        Watch => "watch", "列入关注";
        Unwatch => "unwatch", "取消关注";
    }
}

/// One line of its timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MirrorLine {
    pub id: TimelineId,
    pub at: Timestamp,
    pub actor: Actor,
    pub step: MirrorStep,
    /// Masked.
    pub note: String,
}

/// What stands in a note for the words of a column that was sealed later.
const SEALED: &str = "（列已密封）";

impl MirrorLine {
    /// The note of a first sheet.
    pub fn first(source: &str, state: &str) -> String {
        format!("{source}，{state}")
    }

    /// The note of a part that says something else than before.
    pub fn moved(part: CasePart, before: &str, after: &str) -> String {
        format!("{}：{before} → {after}", part.label())
    }

    /// Takes the platform's words for a part out of a note that a sheet caused; whether they stood there. Where two parts
    /// came to say the same at once, both lose it.
    pub fn forget(&mut self, part: CasePart, words: &str) -> bool {
        let label = format!("{}：", part.label());
        let note = match self.step {
            MirrorStep::First if part == CasePart::State => {
                let source = self.note.strip_suffix(&Self::first("", words));
                source.map_or_else(|| self.note.clone(), |source| Self::first(source, SEALED))
            }
            MirrorStep::Seen if self.note.contains(&label) => {
                let (before, after) = (format!("{label}{words} → "), format!(" → {words}"));
                let note = self.note.replace(&before, &format!("{label}{SEALED} → "));
                let note = note.replace(&format!("{after}；"), &format!(" → {SEALED}；"));
                note.strip_suffix(&after).map(|start| format!("{start} → {SEALED}")).unwrap_or(note)
            }
            _ => return false,
        };
        let stood = note != self.note;
        self.note = note;
        stood
    }
}

/// A change, to be written in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct MirrorChange {
    /// As it is afterwards; its version is one more than the one that was read, 1 for the first.
    pub mirror: Mirror,
    pub line: MirrorLine,
    pub audit: AuditEntry,
    /// What is to be told; its id is yet to be given.
    pub event: Option<NoticeEvent>,
    /// The version of the item whose sheet it takes over; `None` where it takes over none.
    pub of_version: Option<i64>,
}
