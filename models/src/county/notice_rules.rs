//! `notices.toml`: when a case that nobody acts on is put before the leaders, and the notice rules that a new county
//! begins with. The rules are afterwards kept in the store and changed on a page.

use serde::Deserialize;
use toml::Spanned;

use super::error::CountyError;
use super::toml_text::TomlText;
use crate::records::{ActiveHours, NoticeKind, NoticePlan, NoticeReceivers, Role, Urgency};

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "notices.toml";

/// What the file says.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeFile {
    pub escalation: Escalation,
    pub rules: Vec<FirstNoticeRule>,
}

/// When a case that is red and that nobody acts on is put before the leaders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escalation {
    /// Office hours after it turned red; then once every working day.
    pub after_working_hours: u32,
}

/// A rule of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstNoticeRule {
    pub name: String,
    pub plan: NoticePlan,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    escalation: Option<RawEscalation>,
    #[serde(default)]
    rule: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEscalation {
    after_working_hours: Spanned<u32>,
}

/// A rule of the file names no person and no channel: both are known only to the store.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    name: Spanned<String>,
    events: Vec<NoticeKind>,
    #[serde(default)]
    urgency_min: Urgency,
    #[serde(default)]
    roles: Vec<Role>,
    #[serde(default)]
    lead: Vec<Role>,
    #[serde(default)]
    helpers: Vec<Role>,
    #[serde(default)]
    on_duty: bool,
    hours: Option<ActiveHours>,
    #[serde(default)]
    wait_minutes: u32,
    #[serde(default)]
    repeat_hours: u32,
    inhibit: Option<bool>,
}

const HOURS: std::ops::RangeInclusive<u32> = 1..=80;

/// Reads and checks the file's text; `file` is the name that errors show.
///
/// # Errors
/// [`CountyError::Invalid`] at the first value that is not allowed.
pub(super) fn parse(file: &str, text: &str) -> Result<NoticeFile, CountyError> {
    let toml = TomlText { file, text };
    let raw: Raw = toml.read()?;
    let after_working_hours = match raw.escalation {
        Some(RawEscalation { after_working_hours: hours }) if !HOURS.contains(hours.get_ref()) => {
            let what = format!("after_working_hours {}", hours.get_ref());
            return Err(toml.at(&hours).invalid(what, "1 to 80 office hours"));
        }
        Some(RawEscalation { after_working_hours }) => after_working_hours.into_inner(),
        None => 4,
    };
    let mut rules: Vec<FirstNoticeRule> = Vec::new();
    for row in raw.rule {
        let at = toml.at(&row.name);
        let name = row.name.into_inner();
        if name.trim().is_empty() || rules.iter().any(|rule| rule.name == name) {
            return Err(
                at.invalid(format!("the name \"{name}\" is empty or stands twice"), "a name of its own")
            );
        }
        let plan = NoticePlan {
            events: row.events,
            urgency_min: row.urgency_min,
            receivers: NoticeReceivers {
                users: Vec::new(),
                roles: row.roles,
                lead: row.lead,
                helpers: row.helpers,
                on_duty: row.on_duty,
            },
            channels: Vec::new(),
            hours: row.hours,
            wait_minutes: row.wait_minutes,
            repeat_hours: row.repeat_hours,
            inhibit: row.inhibit.unwrap_or(true),
        };
        plan.check()
            .map_err(|fault| at.invalid(format!("rule \"{name}\": {fault}"), "what is said there"))?;
        rules.push(FirstNoticeRule { name, plan });
    }
    Ok(NoticeFile { escalation: Escalation { after_working_hours }, rules })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(FILE, text).unwrap_err().to_string()
    }

    #[test]
    fn the_sample_tells_of_every_kind_of_event() {
        let file = parse(FILE, include_str!("../../../data/xiangshan/notices.toml")).unwrap();
        assert_eq!(file.escalation.after_working_hours, 4);
        for kind in NoticeKind::ALL {
            let told = file.rules.iter().any(|rule| rule.plan.events.contains(kind));
            assert!(told, "no rule tells of {kind}");
        }
    }

    #[test]
    fn rules_that_cannot_work_are_refused_with_their_line() {
        let one = "[[rule]]\nname = \"甲\"\n";
        let good = format!("{one}events = [\"case_assigned\"]\nlead = [\"handler\"]\n");
        assert!(parse(FILE, &good).is_ok());
        assert!(
            error(&format!("{one}events = []\n"))
                .starts_with("notices.toml line 2: rule \"甲\": the rule names no event")
        );
        assert!(error(&format!("{one}events = [\"case_assigned\"]\n")).contains("names nobody"));
        assert!(error(&format!("{one}events = [\"case_lost\"]\n")).contains("case_lost"));
        assert!(
            error(&format!("{good}hours = {{ from = \"08:00\", to = \"08:00\" }}\n")).contains("same time")
        );
        assert!(error(&format!("{good}{good}")).contains("stands twice"));
        assert!(error("[escalation]\nafter_working_hours = 0\n").starts_with("notices.toml line 2"));
    }
}
