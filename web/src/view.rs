//! Small pieces that several pages show: choices, tags, rows of items and cases.

use jiff::Timestamp;
use qingting_models::records::{Case, CaseState, Item, Urgency, is_blind};
use qingting_respond::deadline;

use crate::found::Found;
use crate::moment::{Moment, left_text};
use crate::names::Names;
use crate::proposal::Proposal;

/// An entry of a list to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>, chosen: bool) -> Self {
        Self { value: value.into(), label: label.into(), chosen }
    }
}

/// The choices of a table of codes and names, with `chosen` marked.
pub fn choices(table: &[(String, String)], chosen: &str) -> Vec<Choice> {
    table.iter().map(|(code, name)| Choice::new(code, name, code == chosen)).collect()
}

/// A word with the class of its colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub text: String,
    pub class: &'static str,
}

impl Tag {
    pub fn new(text: impl Into<String>, class: &'static str) -> Self {
        Self { text: text.into(), class }
    }
}

/// The tag of an urgency; none for ordinary items.
pub fn urgency_tag(urgency: Urgency) -> Option<Tag> {
    match urgency {
        Urgency::Ordinary => None,
        Urgency::Watch => Some(Tag::new(urgency.label(), "tag yellow")),
        Urgency::Urgent => Some(Tag::new(urgency.label(), "tag red")),
    }
}

/// A text on one line.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first `max` characters on one line.
pub fn snippet(text: &str, max: usize) -> String {
    let line = one_line(text);
    if line.chars().count() <= max {
        return line;
    }
    line.chars().take(max).chain(['…']).collect()
}

/// A title, or words for a missing one.
pub fn title_text(title: &str) -> String {
    if title.trim().is_empty() { "（无标题）".into() } else { snippet(title, 120) }
}

/// What an item is called in a list: its title, or how its text begins.
pub(crate) fn item_title(item: &Item) -> String {
    let content = &item.content;
    title_text(if content.title.trim().is_empty() { &content.body } else { &content.title })
}

/// An item in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    pub id: String,
    pub version: i64,
    pub title: String,
    pub text: String,
    /// Title and text with what a search found.
    pub found: Option<Found>,
    pub channel: &'static str,
    pub town: Option<String>,
    pub kind: Option<&'static str>,
    pub topic: Option<String>,
    /// Percent.
    pub score: Option<u32>,
    pub unsure: bool,
    pub by_person: bool,
    pub judged: bool,
    pub urgency: Option<Tag>,
    pub confidential: bool,
    pub dismissed: Option<String>,
    pub archived: Option<String>,
    pub case: Option<String>,
    /// Its incident and how many items that has, when there are several.
    pub incident: Option<(String, i64)>,
    /// Why the chosen department is proposed, or why none is.
    pub proposal: Option<String>,
    pub at: Moment,
    /// Offices that may take it, the proposed one chosen.
    pub departments: Vec<Choice>,
    /// May be confirmed, assigned or dismissed here.
    pub workable: bool,
    /// To be judged without seeing what the model said.
    pub blind: bool,
    /// Was ticked when the list was sent, and still is.
    pub ticked: bool,
}

impl ItemRow {
    /// The row of `item`; `judges` says whether the caller judges items at all.
    pub fn new(item: &Item, names: &Names, now: Timestamp, judges: bool, proposal: &Proposal) -> Self {
        let workable = judges && may_be_worked(item);
        let blind = workable && waits_blind(item);
        let row = Self {
            id: item.id.to_string(),
            version: item.version,
            title: title_text(&item.content.title),
            text: snippet(&item.content.body, 160),
            found: None,
            channel: item.channel.label(),
            town: item.town.as_ref().map(|t| t.as_str().to_owned()),
            kind: item.kind.map(|k| k.label()),
            topic: item.main_topic.as_ref().map(|t| names.topic(t.as_str()).to_owned()),
            score: item.topic_score.map(percent),
            unsure: item.unsure,
            by_person: item.judged_by_person,
            judged: item.judged_version > 0,
            urgency: urgency_tag(item.urgency),
            confidential: item.confidential,
            dismissed: item.dismissed.clone(),
            archived: item.archived.clone(),
            case: item.case.map(|c| c.to_string()),
            incident: None,
            proposal: Some(proposal.why.clone()).filter(|why| !why.is_empty()),
            at: Moment::new(item.dispatched_or_seen_at(), now),
            departments: if workable {
                choices(&names.departments, &proposal.department)
            } else {
                Vec::new()
            },
            workable,
            blind,
            ticked: false,
        };
        if blind { row.without_the_models_word() } else { row }
    }

    /// Urgency stays: whoever judges shall not miss a danger.
    fn without_the_models_word(self) -> Self {
        Self { kind: None, topic: None, score: None, unsure: false, town: None, proposal: None, ..self }
    }
}

/// Whether a person is to judge an item before seeing what the model said of it. A case or a dismissal ends it.
pub fn waits_blind(item: &Item) -> bool {
    is_blind(item.id) && !item.judged_by_person && may_be_worked(item)
}

/// Whether an item can be confirmed, assigned or dismissed as it stands.
pub fn may_be_worked(item: &Item) -> bool {
    item.case.is_none() && item.dismissed.is_none() && item.judged_version > 0
}

/// A probability as whole percent.
pub fn percent(score: f32) -> u32 {
    (score.clamp(0.0, 1.0) * 100.0).round() as u32
}

/// How near a due time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    Green,
    Yellow,
    Red,
}

impl From<deadline::Light> for Light {
    fn from(light: deadline::Light) -> Self {
        match light {
            deadline::Light::Green => Self::Green,
            deadline::Light::Yellow => Self::Yellow,
            deadline::Light::Red => Self::Red,
        }
    }
}

impl Light {
    pub fn class(self) -> &'static str {
        match self {
            Self::Green => "tag green light",
            Self::Yellow => "tag yellow light",
            Self::Red => "tag red light",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Green => "期限内",
            Self::Yellow => "即将到期",
            Self::Red => "已超期",
        }
    }
}

/// A due time with what is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub rule: String,
    pub at: Moment,
    pub left: String,
    pub light: Light,
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    pub id: String,
    pub version: i64,
    pub number: String,
    pub title: String,
    pub state: String,
    pub lead: String,
    pub helps: bool,
    pub channel: &'static str,
    pub kind: &'static str,
    pub topic: Option<String>,
    pub town: Option<String>,
    pub urgency: Option<Tag>,
    pub confidential: bool,
    pub pressed: Option<Tag>,
    pub due: Option<Due>,
    /// Until when it waits for the resident.
    pub waits: Option<Moment>,
    pub changed: Moment,
    /// Was ticked when the list was sent, and still is.
    pub ticked: bool,
}

impl CaseRow {
    /// The row of `case` with the light of its due time; `own` is the caller's department, for which
    /// the row says that it only helps.
    pub fn new(case: &Case, names: &Names, now: Timestamp, light: Light, own: Option<&str>) -> Self {
        let due = case.due.as_ref().map(|(rule, at)| Due {
            rule: names.rule(rule.as_str()).title,
            at: Moment::new(*at, now),
            left: left_text(*at, now),
            light,
        });
        Self {
            id: case.id.to_string(),
            version: case.version,
            number: case.number.clone(),
            title: title_text(&case.title),
            state: case.state.label().to_owned(),
            lead: names.department(case.lead.as_str()).to_owned(),
            helps: own.is_some_and(|d| d != case.lead.as_str()),
            channel: case.channel.label(),
            kind: case.kind.label(),
            topic: case.topic.as_ref().map(|t| names.topic(t.as_str()).to_owned()),
            town: case.town.as_ref().map(|t| t.as_str().to_owned()),
            urgency: urgency_tag(case.urgency),
            confidential: case.confidential,
            pressed: pressed_tag(case.pressed),
            due: if case.state.is_open() { due } else { None },
            waits: match case.state {
                CaseState::Waiting { until, .. } => Some(Moment::new(until, now)),
                _ => None,
            },
            changed: Moment::new(case.changed_at, now),
            ticked: false,
        }
    }
}

/// The tag of a press (督办) level.
pub fn pressed_tag(level: u32) -> Option<Tag> {
    match level {
        0 => None,
        1 => Some(Tag::new("黄色督办", "tag yellow")),
        2 => Some(Tag::new("红色督办", "tag red")),
        _ => Some(Tag::new("领导督办", "tag red")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_one_line_cut_between_characters() {
        assert_eq!(snippet("一 二\n\n三", 10), "一 二 三");
        assert_eq!(snippet("👩‍👩‍👧一二三", 6), "👩‍👩‍👧一…");
        assert_eq!(title_text(" \n "), "（无标题）");
    }

    #[test]
    fn scores_outside_their_range_are_shown_inside() {
        assert_eq!((percent(0.876), percent(1.7), percent(-2.0), percent(f32::NAN)), (88, 100, 0, 0));
    }
}
