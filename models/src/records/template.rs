//! Reply templates (答复模板): a department's usual wording with places that are filled in from the case.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, OPEN_STATES, Outcome};
use crate::county::{DepartmentCode, TopicCode};
use crate::ids::TemplateId;
use crate::text::{LooseBrace, Slot, fill, slots};

/// A template as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplyTemplate {
    pub id: TemplateId,
    #[serde(flatten)]
    pub content: TemplateContent,
    pub version: i64,
    pub changed_at: Timestamp,
    pub changed_by: Actor,
}

/// What a person writes of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateContent {
    pub name: String,
    /// Whose it is; `None` for every department.
    #[serde(default)]
    pub department: Option<DepartmentCode>,
    /// Only for cases of this topic.
    #[serde(default)]
    pub topic: Option<TopicCode>,
    /// Only for cases in this state: `handling`, `waiting` ...
    #[serde(default)]
    pub state: Option<String>,
    /// The outcome that it tells, and that is filled in with it.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    pub text: String,
}

/// A place in a template, written in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placeholder {
    Number,
    Title,
    Topic,
    Department,
    Today,
    Town,
    Channel,
    Received,
    Due,
}

impl Placeholder {
    /// Every one with the word that stands in the braces.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Number, "工单号"),
        (Self::Title, "标题"),
        (Self::Topic, "话题"),
        (Self::Department, "单位"),
        (Self::Today, "日期"),
        (Self::Town, "乡镇"),
        (Self::Channel, "渠道"),
        (Self::Received, "来件日期"),
        (Self::Due, "办理期限"),
    ];

    fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(place, _)| *place)
    }

    /// All words as they are written, for those who ask what is allowed.
    pub fn allowed() -> String {
        Self::ALL.iter().map(|(_, word)| format!("{{{word}}}")).collect::<Vec<_>>().join(" ")
    }
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    #[error("名称须有 1 到 {max} 个字，现有 {got} 个", max = TemplateContent::LONGEST_NAME)]
    Name { got: usize },
    #[error("模板正文须有 1 到 {max} 个字，现有 {got} 个", max = TemplateContent::LONGEST)]
    Text { got: usize },
    #[error("第 {line} 行的占位符“{{{word}}}”不认识；可以用的是：{allowed}", allowed = Placeholder::allowed())]
    Unknown { line: usize, word: String },
    #[error("第 {line} 行有一个没有配对的花括号；占位符写成 {{工单号}} 这样")]
    Brace { line: usize },
    #[error("没有“{0}”这种工单状态；可以用的是：{allowed}", allowed = OPEN_STATES.join(", "))]
    State(String),
}

impl TemplateContent {
    const LONGEST_NAME: usize = 60;
    const LONGEST: usize = 2000;

    /// Checks what can be checked without the county.
    ///
    /// # Errors
    /// The first [`TemplateFault`].
    pub fn check(&self) -> Result<(), TemplateFault> {
        let count = |text: &str| text.trim().chars().count();
        let (name, text) = (count(&self.name), count(&self.text));
        if !(1..=Self::LONGEST_NAME).contains(&name) {
            return Err(TemplateFault::Name { got: name });
        }
        if !(1..=Self::LONGEST).contains(&text) {
            return Err(TemplateFault::Text { got: text });
        }
        if let Some(state) = self.state.as_ref().filter(|state| !OPEN_STATES.contains(&state.as_str())) {
            return Err(TemplateFault::State(state.clone()));
        }
        let slots = slots(&self.text).map_err(|LooseBrace { line }| TemplateFault::Brace { line })?;
        let unknown = slots.into_iter().find_map(|(line, slot)| match slot {
            Slot::Named(word) if Placeholder::of(word).is_none() => Some((line, word)),
            _ => None,
        });
        match unknown {
            Some((line, word)) => Err(TemplateFault::Unknown { line, word: word.chars().take(20).collect() }),
            None => Ok(()),
        }
    }

    /// The text with its places filled in by `value`. A template that was never checked and is broken stays as it is.
    pub fn fill(&self, value: impl Fn(Placeholder) -> String) -> String {
        fill(&self.text, |word| Placeholder::of(word).map(&value))
    }

    /// Whether it is for a case of this department, topic and state.
    pub fn fits(&self, department: &DepartmentCode, topic: Option<&TopicCode>, state: &str) -> bool {
        self.department.as_ref().is_none_or(|own| own == department)
            && self.topic.as_ref().is_none_or(|own| Some(own) == topic)
            && self.state.as_ref().is_none_or(|own| own == state)
    }

    /// How much it asks of a case: the one that asks most fits best.
    pub fn closeness(&self) -> usize {
        let asked = [self.department.is_some(), self.topic.is_some(), self.state.is_some()];
        asked.into_iter().filter(|asked| *asked).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> TemplateContent {
        TemplateContent {
            name: "收件".into(),
            department: None,
            topic: None,
            state: None,
            outcome: None,
            text: text.into(),
        }
    }

    #[test]
    fn places_are_filled_in_and_other_text_stays() {
        let filled = template("您好：\n{工单号}由{ 单位 }办理。").fill(|place| format!("〈{place:?}〉"));
        assert_eq!(filled, "您好：\n〈Number〉由〈Department〉办理。");
    }

    #[test]
    fn an_unknown_place_is_refused_with_its_line_and_what_is_allowed() {
        let fault = template("您好\n{姓名}同志").check().unwrap_err();
        assert_eq!(fault, TemplateFault::Unknown { line: 2, word: "姓名".into() });
        assert!(fault.to_string().contains("{工单号} {标题} {话题}"), "{fault}");
        for broken in ["{工单号", "工单号}", "{{工单号}}", "{工\n单号}"] {
            assert!(matches!(template(broken).check(), Err(TemplateFault::Brace { .. })), "{broken}");
        }
        let elsewhere = TemplateContent { state: Some("gone".into()), ..template("好") };
        assert!(elsewhere.check().unwrap_err().to_string().contains("handling"));
        assert_eq!(template("没有占位符").check(), Ok(()));
    }

    #[test]
    fn a_template_fits_by_what_it_asks() {
        let (own, topic) = (DepartmentCode::new("zjj"), TopicCode::new("housing"));
        let mut content = template("好");
        assert!(content.fits(&own, None, "handling"));
        content.department = Some(own.clone());
        content.topic = Some(topic.clone());
        content.state = Some("handling".into());
        assert!(content.fits(&own, Some(&topic), "handling"));
        assert!(!content.fits(&own, None, "handling") && !content.fits(&own, Some(&topic), "waiting"));
        assert!(!content.fits(&"rsj".into(), Some(&topic), "handling"));
        assert_eq!(content.closeness(), 3);
    }
}
