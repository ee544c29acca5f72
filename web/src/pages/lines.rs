//! Lines (口径): the library.

use askama::Template;
use axum::extract::State;
use jiff::civil::Date;
use qingting_models::clock::local_date;
use qingting_models::records::{Line, LineStanding, Role};
use qingting_models::store::LineFilter;

use super::{Answer, html};
use crate::app::AppState;
use crate::caller::Caller;
use crate::frame::Frame;
use crate::names::Names;
use crate::query::{Query, Select};
use crate::view::{Choice, Tag, snippet};

pub(super) const PATH: &str = "/lines";

/// The list.
#[derive(Debug, Template)]
#[template(path = "lines.html")]
pub struct LinesPage {
    pub frame: Frame,
    pub text: String,
    pub selects: Vec<Select>,
    pub lines: Vec<LineRow>,
    /// The caller may add one.
    pub may_add: bool,
}

/// A line in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRow {
    pub id: String,
    pub name: String,
    pub text: String,
    pub standing: Tag,
    pub confidential: bool,
    /// Topics, departments, validity, who agreed: what there is, in words.
    pub facts: Vec<String>,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let today = local_date(state.store.now());
    let text = query.text("q").to_owned();
    let found = state.store.lines(&caller.viewer, &LineFilter { state: None, text: text.clone() }).await?;
    let chosen = query.text("state");
    let (topic, standing) = (query.get("topic"), query.parsed::<LineStanding>("state"));
    let wanted = |line: &Line| {
        topic.is_none_or(|topic| line.content.topics.iter().any(|t| t.as_str() == topic))
            && standing.is_none_or(|standing| line.standing(today) == standing)
    };
    let standings = LineStanding::ALL.iter();
    html(&LinesPage {
        frame: Frame::inside(&state, &caller, "口径", PATH).done(query.get("done")),
        selects: vec![
            Select {
                name: "state",
                label: "状态",
                any: "全部",
                options: standings.map(|s| Choice::new(s.code(), s.label(), s.code() == chosen)).collect(),
            },
            Select {
                name: "topic",
                label: "话题",
                any: "全部话题",
                options: crate::view::choices(&state.names.topics, query.text("topic")),
            },
        ],
        lines: found.iter().filter(|line| wanted(line)).map(|line| row(line, &state.names, today)).collect(),
        text,
        may_add: keeps(&caller) || proposes(&caller),
    })
}

pub(super) fn keeps(caller: &Caller) -> bool {
    caller.has_any(&[Role::Duty, Role::Discipline])
}

pub(super) fn proposes(caller: &Caller) -> bool {
    !keeps(caller) && caller.has(Role::Reviewer)
}

pub(super) fn row(line: &Line, names: &Names, today: Date) -> LineRow {
    let content = &line.content;
    let standing = line.standing(today);
    let class = match standing {
        LineStanding::Valid => "tag green",
        LineStanding::Proposed | LineStanding::NotYet => "tag yellow",
        LineStanding::Expired | LineStanding::Withdrawn => "tag red",
    };
    let topics: Vec<&str> = content.topics.iter().map(|topic| names.topic(topic.as_str())).collect();
    let offices: Vec<&str> = content.departments.iter().map(|d| names.department(d.as_str())).collect();
    let mut facts = vec![
        if topics.is_empty() { "各类话题".into() } else { topics.join("、") },
        if offices.is_empty() { "各单位".into() } else { offices.join("、") },
        match content.valid_to {
            Some(to) => format!("{} 至 {to}", content.valid_from),
            None => format!("{} 起", content.valid_from),
        },
    ];
    if let Some(agreement) = &content.agreement {
        facts.push(format!("{} {} 商定", agreement.by, agreement.on));
    }
    if content.incident.is_some() {
        facts.push("只用于一个事件".into());
    }
    LineRow {
        id: line.id.to_string(),
        name: content.name.clone(),
        text: snippet(&content.text, 160),
        standing: Tag::new(standing.label(), class),
        confidential: content.confidential,
        facts,
    }
}

#[cfg(test)]
pub(super) fn sample_row(t: &str) -> LineRow {
    LineRow {
        id: t.into(),
        name: t.into(),
        text: t.into(),
        standing: Tag::new(t, "tag green"),
        confidential: true,
        facts: vec![t.into(), t.into()],
    }
}

#[cfg(test)]
impl crate::samples::Sampled for LinesPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile};
        let page = |t: String| Self {
            frame: frame(&t),
            selects: vec![],
            lines: vec![sample_row(&t)],
            may_add: true,
            text: t,
        };
        let empty = |t: String| Self { lines: vec![], may_add: false, ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}
