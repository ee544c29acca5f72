//! `templates.toml`: the reply templates that a new county begins with. Afterwards they are kept in the store and changed
//! on a page.

use serde::Deserialize;
use toml::Spanned;

use super::codes::{DepartmentCode, TopicCode};
use super::departments::Departments;
use super::error::CountyError;
use super::taxonomy::Taxonomy;
use super::toml_text::TomlText;
use crate::records::{Outcome, TemplateContent};

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "templates.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    template: Vec<RawTemplate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTemplate {
    name: Spanned<String>,
    department: Option<DepartmentCode>,
    topic: Option<TopicCode>,
    state: Option<String>,
    outcome: Option<Outcome>,
    text: String,
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
) -> Result<Vec<TemplateContent>, CountyError> {
    let toml = TomlText { file, text };
    let raw: Raw = toml.read()?;
    let mut templates: Vec<TemplateContent> = Vec::new();
    for row in raw.template {
        let at = toml.at(&row.name);
        let name = row.name.into_inner();
        if templates.iter().any(|template| template.name == name) {
            return Err(at.invalid(format!("the name \"{name}\" stands twice"), "a name of its own"));
        }
        if let Some(topic) = row.topic.as_ref().filter(|topic| taxonomy.field(topic).is_none()) {
            return Err(at.invalid(format!("topic \"{topic}\" is not in taxonomy.toml"), taxonomy.codes()));
        }
        if let Some(code) =
            row.department.as_ref().filter(|code| !departments.all().iter().any(|d| d.code == **code))
        {
            let what = format!("department \"{code}\" is not in departments.csv");
            return Err(at.invalid(what, "a code of that file, or nothing for all departments"));
        }
        let content = TemplateContent {
            name: name.clone(),
            department: row.department,
            topic: row.topic,
            state: row.state,
            outcome: row.outcome,
            text: row.text,
        };
        content
            .check()
            .map_err(|fault| at.invalid(format!("template \"{name}\": {fault}"), "what is said there"))?;
        templates.push(content);
    }
    Ok(templates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::county::County;

    fn error(text: &str) -> String {
        let county = County::embedded().unwrap();
        parse(FILE, text, &county.taxonomy, &county.departments).unwrap_err().to_string()
    }

    #[test]
    fn templates_that_cannot_be_filled_are_refused_with_their_line() {
        let one = "[[template]]\nname = \"甲\"\ntext = \"{工单号}\"\n";
        assert!(
            error(&format!("{one}{one}")).starts_with("templates.toml line 5: the name \"甲\" stands twice")
        );
        assert!(
            error(&format!("{one}topic = \"money\"")).contains("topic \"money\" is not in taxonomy.toml")
        );
        assert!(error(&format!("{one}department = \"nobody\"")).contains("department \"nobody\""));
        assert!(error(&format!("{one}state = \"gone\"")).contains("gone"));
        assert!(error("[[template]]\nname = \"乙\"\ntext = \"{电话}\"\n").contains("{电话}"));
        assert!(error(&format!("{one}outcome = \"fine\"")).contains("unknown variant `fine`"));
    }
}
