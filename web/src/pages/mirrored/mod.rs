//! Mirrored cases (镜像工单): the list, one of them, and what people do about it.

pub mod act;
pub mod list;
pub mod one;

use jiff::Timestamp;
use qingting_models::records::MirroredCase;

use crate::app::AppState;
use crate::moment::{Moment, left_text};
use crate::view::{Light, Tag, pressed_tag, title_text, urgency_tag};

/// A mirrored case in a list and at the head of its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorRow {
    pub id: String,
    /// The platform's own.
    pub number: String,
    pub title: String,
    pub platform: String,
    /// The platform's word for the office, and the department of the county that it means.
    pub office: Option<String>,
    pub department: Option<String>,
    pub state: String,
    pub open: bool,
    /// The due time that counts, with the light of an open one: the platform's.
    pub due: Option<MirrorDue>,
    /// Ours, which only warns.
    pub ours: Option<MirrorDue>,
    pub satisfaction: Option<Tag>,
    pub watched: bool,
    pub pressed: Option<Tag>,
    pub urgency: Option<Tag>,
    pub confidential: bool,
    pub changed: Moment,
}

/// A due time as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorDue {
    pub at: Moment,
    /// How much is left, with its colour; none for a case that is over.
    pub left: Option<Tag>,
}

impl MirrorRow {
    pub(crate) fn new(state: &AppState, case: &MirroredCase, platform: &str, now: Timestamp) -> Self {
        let mirror = &case.mirror;
        let light = state.desk.mirror_light(case, now).map(Light::from);
        // Beside the platform's due time ours is quiet while it is far off.
        let warning = state.desk.our_light(case, now).map(Light::from);
        let warning = warning.filter(|light| mirror.due_at.is_none() || *light != Light::Green);
        let shown = |at: Timestamp, light: Option<Light>| MirrorDue {
            at: Moment::new(at, now),
            left: light.map(|light| Tag::new(left_text(at, now), light.class())),
        };
        let satisfied =
            |text: &String| Tag::new(text, if mirror.said.unsatisfied { "tag red" } else { "tag green" });
        Self {
            id: case.item.id.to_string(),
            number: mirror.number.clone(),
            title: title_text(&case.item.content.title),
            platform: platform.to_owned(),
            office: mirror.said.office.clone(),
            department: mirror.department.as_ref().map(|d| state.names.department(d.as_str()).to_owned()),
            state: case.state().to_owned(),
            open: case.is_open(),
            due: mirror.due_at.map(|at| shown(at, light)),
            ours: mirror.ours.as_ref().map(|ours| shown(ours.at, warning)),
            satisfaction: mirror.said.satisfaction.as_ref().map(satisfied),
            watched: mirror.watched,
            pressed: pressed_tag(mirror.pressed).filter(|_| case.is_open()),
            urgency: urgency_tag(case.item.urgency),
            confidential: case.item.confidential,
            changed: Moment::new(mirror.changed_at, now),
        }
    }
}

#[cfg(test)]
impl MirrorRow {
    pub(crate) fn sample(t: &str) -> Self {
        use crate::samples::moment;
        let due = || Some(MirrorDue { at: moment(60), left: Some(Tag::new(t, "tag red light")) });
        Self {
            id: t.into(),
            number: t.into(),
            title: t.into(),
            platform: t.into(),
            office: Some(t.into()),
            department: None,
            state: t.into(),
            open: true,
            due: due(),
            ours: due(),
            satisfaction: Some(Tag::new(t, "tag red")),
            watched: true,
            pressed: Some(Tag::new(t, "tag red")),
            urgency: Some(Tag::new(t, "tag red")),
            confidential: true,
            changed: moment(60),
        }
    }
}
