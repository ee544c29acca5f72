//! `alerts.toml`: the alert rules that a new county begins with. Afterwards they are kept in the store and changed on a page.

use serde::Deserialize;
use toml::Spanned;

use super::codes::{TopicCode, Town};
use super::departments::Departments;
use super::error::CountyError;
use super::settings::CountySettings;
use super::taxonomy::Taxonomy;
use super::toml_text::TomlText;
use crate::records::{AlertCondition, Channel, GrowthCondition, IncidentCondition, Urgency, WordCondition};

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "alerts.toml";

/// A rule of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstAlertRule {
    pub name: String,
    pub condition: AlertCondition,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    rule: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    name: Spanned<String>,
    #[serde(default)]
    words: WordCondition,
    #[serde(default)]
    topics: Vec<TopicCode>,
    #[serde(default)]
    towns: Vec<Town>,
    #[serde(default)]
    channels: Vec<Channel>,
    #[serde(default)]
    tiers: Vec<String>,
    #[serde(default)]
    urgency_min: Urgency,
    #[serde(default)]
    growth: GrowthCondition,
    #[serde(default)]
    incident: IncidentCondition,
    repeat_hours: Option<u32>,
}

/// Reads and checks the file's text; `file` is the name that errors show.
///
/// # Errors
/// [`CountyError::Invalid`] at the first value that is not allowed.
pub(super) fn parse(
    file: &str,
    text: &str,
    taxonomy: &Taxonomy,
    departments: &Departments,
    settings: &CountySettings,
) -> Result<Vec<FirstAlertRule>, CountyError> {
    let toml = TomlText { file, text };
    let raw: Raw = toml.read()?;
    let mut rules: Vec<FirstAlertRule> = Vec::new();
    for row in raw.rule {
        let at = toml.at(&row.name);
        let name = row.name.into_inner();
        if name.trim().is_empty() || rules.iter().any(|rule| rule.name == name) {
            return Err(
                at.invalid(format!("the name \"{name}\" is empty or stands twice"), "a name of its own")
            );
        }
        if let Some(topic) = row.topics.iter().find(|topic| taxonomy.field(topic).is_none()) {
            return Err(at.invalid(format!("topic \"{topic}\" is not in taxonomy.toml"), taxonomy.codes()));
        }
        if let Some(town) = row.towns.iter().find(|town| departments.towns().all(|known| known != *town)) {
            let what = format!("town \"{town}\" has no office in departments.csv");
            return Err(at.invalid(what, departments.town_names()));
        }
        if let Some(tier) = row.tiers.iter().find(|tier| !settings.source_tiers.contains(tier)) {
            let what = format!("the tier \"{tier}\" is not among the source_tiers of county.toml");
            return Err(at.invalid(what, settings.source_tiers.join(", ")));
        }
        let condition = AlertCondition {
            words: row.words,
            topics: row.topics,
            towns: row.towns,
            channels: row.channels,
            tiers: row.tiers,
            urgency_min: row.urgency_min,
            growth: row.growth,
            incident: row.incident,
            repeat_hours: row.repeat_hours.unwrap_or(AlertCondition::REPEAT_HOURS),
        };
        condition
            .check()
            .map_err(|fault| at.invalid(format!("rule \"{name}\": {fault}"), "what is said there"))?;
        rules.push(FirstAlertRule { name, condition });
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::county::County;

    fn error(text: &str) -> String {
        let county = County::embedded().unwrap();
        parse(FILE, text, &county.taxonomy, &county.departments, &county.settings).unwrap_err().to_string()
    }

    #[test]
    fn rules_that_cannot_work_are_refused_with_their_line() {
        let one = "[[rule]]\nname = \"甲\"\n";
        assert!(error(one).starts_with("alerts.toml line 2: rule \"甲\": the rule asks nothing"));
        assert!(
            error(&format!("{one}topics = [\"money\"]")).contains("topic \"money\" is not in taxonomy.toml")
        );
        assert!(error(&format!("{one}towns = [\"沙漠镇\"]")).contains("town \"沙漠镇\" has no office"));
        assert!(error(&format!("{one}tiers = [\"央媒\"]")).contains("the tier \"央媒\" is not among"));
        assert!(
            error(&format!("{one}growth = {{ hours = 6 }}")).contains("a growth to 0 items within 6 hours")
        );
        let good = format!("{one}urgency_min = 2\n");
        assert!(error(&format!("{good}{good}")).starts_with("alerts.toml line 5: the name \"甲\""));
        assert!(error(&format!("{good}colour = 1")).contains("unknown field `colour`"));
        assert!(error(&format!("{one}urgency_min = 7")).contains("urgency 7 is not allowed"));
    }
}
