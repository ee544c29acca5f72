//! A Line (口径): an agreed wording for a matter, with whose it is, who agreed, and from when to when it may be used.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Actor, words};
use crate::county::{DepartmentCode, TopicCode};
use crate::ids::{IncidentId, LineId};

words! {
    /// How far a line has come.
    LineState {
        /// A department proposed it; the duty office has not agreed it yet.
        Proposed => "proposed", "待确认";
        Agreed => "agreed", "已确认";
        Withdrawn => "withdrawn", "已撤回";
    }
}

words! {
    /// What may be done with a line on one day.
    LineStanding {
        Proposed => "proposed", "待确认";
        /// Agreed for later.
        NotYet => "not_yet", "未生效";
        Valid => "valid", "有效";
        Expired => "expired", "已过期";
        Withdrawn => "withdrawn", "已撤回";
    }
}

/// A line as it stands. A new version replaces the one before; the store keeps all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub id: LineId,
    pub state: LineState,
    #[serde(flatten)]
    pub content: LineContent,
    /// Why it was withdrawn; masked, empty for one that was not.
    #[serde(default)]
    pub withdrawn_because: String,
    pub version: i64,
    pub changed_at: Timestamp,
    pub changed_by: Actor,
}

/// What a person writes of a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineContent {
    pub name: String,
    pub text: String,
    /// The topics it is for; empty for any.
    pub topics: Vec<TopicCode>,
    /// Whose matter it is; empty for every department.
    pub departments: Vec<DepartmentCode>,
    /// The one incident that it is for.
    pub incident: Option<IncidentId>,
    /// About the conduct of an office or official.
    pub confidential: bool,
    pub valid_from: Date,
    /// The last day; `None` until it is withdrawn.
    pub valid_to: Option<Date>,
    /// Who agreed, and when; a proposed line has none.
    pub agreement: Option<Agreement>,
}

/// Who agreed to a line, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Offices and, where there is one, the number of the paper.
    pub by: String,
    pub on: Date,
}

/// A version of a line.
pub type LineVersion = Line;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    #[error("名称须有 1 到 {max} 个字，现有 {got} 个", max = LineContent::LONGEST_NAME)]
    Name { got: usize },
    #[error("口径正文须有 {least} 到 {max} 个字，现有 {got} 个", least = LineContent::SHORTEST, max = LineContent::LONGEST)]
    Text { got: usize },
    #[error("有效期的最后一天 {to} 早于第一天 {from}")]
    Validity { from: Date, to: Date },
    #[error("确认的口径须写明由谁商定（1 到 {max} 个字）和哪一天商定", max = LineContent::LONGEST_AGREEMENT)]
    Agreement,
    #[error("商定日期 {on} 在今天（{today}）之后")]
    AgreedLater { on: Date, today: Date },
}

impl LineContent {
    const LONGEST_NAME: usize = 60;
    const SHORTEST: usize = 10;
    const LONGEST: usize = 2000;
    const LONGEST_AGREEMENT: usize = 100;

    /// Checks what can be checked without the county; `today` is the county's date.
    ///
    /// # Errors
    /// The first [`LineFault`].
    pub fn check(&self, state: LineState, today: Date) -> Result<(), LineFault> {
        let count = |text: &str| text.trim().chars().count();
        let (name, text) = (count(&self.name), count(&self.text));
        if !(1..=Self::LONGEST_NAME).contains(&name) {
            return Err(LineFault::Name { got: name });
        }
        if !(Self::SHORTEST..=Self::LONGEST).contains(&text) {
            return Err(LineFault::Text { got: text });
        }
        if let Some(to) = self.valid_to.filter(|to| *to < self.valid_from) {
            return Err(LineFault::Validity { from: self.valid_from, to });
        }
        match &self.agreement {
            None if state == LineState::Agreed => Err(LineFault::Agreement),
            Some(a) if !(1..=Self::LONGEST_AGREEMENT).contains(&count(&a.by)) => Err(LineFault::Agreement),
            Some(a) if a.on > today => Err(LineFault::AgreedLater { on: a.on, today }),
            _ => Ok(()),
        }
    }

    /// Whether it is for a case of this topic and department.
    pub fn fits(&self, topic: Option<&TopicCode>, department: &DepartmentCode) -> bool {
        let topic = self.topics.is_empty() || topic.is_some_and(|topic| self.topics.contains(topic));
        topic && (self.departments.is_empty() || self.departments.contains(department))
    }
}

impl Line {
    /// What may be done with it on `day`.
    pub fn standing(&self, day: Date) -> LineStanding {
        match self.state {
            LineState::Proposed => LineStanding::Proposed,
            LineState::Withdrawn => LineStanding::Withdrawn,
            LineState::Agreed if day < self.content.valid_from => LineStanding::NotYet,
            LineState::Agreed if self.content.valid_to.is_some_and(|to| to < day) => LineStanding::Expired,
            LineState::Agreed => LineStanding::Valid,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn content() -> LineContent {
        LineContent {
            name: "停水".into(),
            text: "抢修预计当天完成，请错峰用水。".into(),
            topics: vec!["urban".into()],
            departments: vec!["swjt".into()],
            incident: None,
            confidential: false,
            valid_from: date(2026, 11, 1),
            valid_to: Some(date(2026, 11, 30)),
            agreement: Some(Agreement { by: "水务集团、县府办".into(), on: date(2026, 10, 30) }),
        }
    }

    #[test]
    fn a_line_counts_from_its_first_day_to_its_last() {
        let mut line = Line {
            id: 1.into(),
            state: LineState::Agreed,
            content: content(),
            withdrawn_because: String::new(),
            version: 1,
            changed_at: Timestamp::UNIX_EPOCH,
            changed_by: Actor::System,
        };
        let on = |line: &Line, month, day| line.standing(date(2026, month, day));
        assert_eq!(on(&line, 10, 31), LineStanding::NotYet);
        assert_eq!(on(&line, 11, 1), LineStanding::Valid);
        assert_eq!(on(&line, 11, 30), LineStanding::Valid);
        assert_eq!(on(&line, 12, 1), LineStanding::Expired);
        line.state = LineState::Withdrawn;
        assert_eq!(on(&line, 11, 1), LineStanding::Withdrawn);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_named() {
        let today = date(2026, 11, 2);
        let of = |state, change: fn(&mut LineContent)| {
            let mut content = content();
            change(&mut content);
            content.check(state, today)
        };
        assert_eq!(of(LineState::Agreed, |_| ()), Ok(()));
        assert_eq!(of(LineState::Proposed, |c| c.agreement = None), Ok(()));
        assert_eq!(of(LineState::Agreed, |c| c.agreement = None), Err(LineFault::Agreement));
        assert_eq!(of(LineState::Agreed, |c| c.text = "太短".into()), Err(LineFault::Text { got: 2 }));
        assert_eq!(of(LineState::Agreed, |c| c.name = " ".into()), Err(LineFault::Name { got: 0 }));
        let ends = of(LineState::Agreed, |c| c.valid_to = Some(date(2026, 10, 1)));
        assert!(matches!(ends, Err(LineFault::Validity { .. })));
        let later = of(LineState::Agreed, |c| {
            c.agreement = Some(Agreement { by: "县府办".into(), on: date(2026, 12, 1) });
        });
        assert!(matches!(later, Err(LineFault::AgreedLater { .. })));
    }

    #[test]
    fn a_line_is_for_its_topics_and_departments_or_for_all() {
        let (urban, wages) = (TopicCode::new("urban"), TopicCode::new("wages"));
        let (water, labour) = (DepartmentCode::new("swjt"), DepartmentCode::new("rsj"));
        let line = content();
        assert!(line.fits(Some(&urban), &water));
        assert!(
            !line.fits(Some(&wages), &water) && !line.fits(None, &water) && !line.fits(Some(&urban), &labour)
        );
        let general = LineContent { topics: vec![], departments: vec![], ..line };
        assert!(general.fits(None, &labour));
    }
}
