//! `taxonomy.toml`: the fields that an item can belong to.

use serde::Deserialize;
use toml::Spanned;

use super::codes::TopicCode;
use super::error::CountyError;
use super::toml_text::TomlText;
use super::validity::Validity;

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "taxonomy.toml";

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub code: TopicCode,
    /// What people read: 工资拖欠.
    pub name: String,
    pub description: String,
    /// One of those that the county's work plan names.
    pub plan_field: bool,
    pub validity: Validity,
}

/// The fields in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxonomy {
    fields: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    field: Vec<RawField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawField {
    code: Spanned<String>,
    name: Spanned<String>,
    description: String,
    #[serde(default)]
    plan_field: bool,
    #[serde(default)]
    valid_from: String,
    #[serde(default)]
    valid_to: String,
}

impl Taxonomy {
    /// Reads and checks the file's text; `file` is the name that errors show.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed.
    pub fn parse(file: &str, text: &str) -> Result<Self, CountyError> {
        let toml = TomlText { file, text };
        let raw: Raw = toml.read()?;
        let mut fields: Vec<Field> = Vec::new();
        for row in raw.field {
            let at = toml.at(&row.code);
            let code = row.code.get_ref().as_str();
            if !is_slug(code) {
                return Err(at.invalid(format!("code \"{code}\" is not a slug"), SLUG));
            }
            if fields.iter().any(|f| f.code.as_str() == code) {
                return Err(at.invalid(format!("code \"{code}\" stands twice"), "each code once"));
            }
            if row.name.get_ref().trim().is_empty() {
                return Err(toml.at(&row.name).invalid("the name is empty", "a name"));
            }
            fields.push(Field {
                code: TopicCode::new(code),
                name: row.name.into_inner(),
                description: row.description,
                plan_field: row.plan_field,
                validity: Validity::parse(at, &row.valid_from, &row.valid_to)?,
            });
        }
        if fields.is_empty() {
            return Err(
                super::error::At { file, line: 1 }.invalid("there is no [[field]]", "at least one [[field]]")
            );
        }
        Ok(Self { fields })
    }

    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub fn field(&self, code: &TopicCode) -> Option<&Field> {
        self.fields.iter().find(|f| f.code == *code)
    }

    /// The name that people read, or the code itself when the taxonomy lacks it.
    pub fn name<'a>(&'a self, code: &'a TopicCode) -> &'a str {
        self.field(code).map_or(code.as_str(), |f| &f.name)
    }

    /// Those that the county's work plan names.
    pub fn plan_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|f| f.plan_field)
    }

    pub(super) fn codes(&self) -> String {
        self.fields.iter().map(|f| f.code.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// What [`is_slug`] takes, for error messages.
pub(super) const SLUG: &str = "small letters, digits and _, beginning with a letter";

pub(super) fn is_slug(code: &str) -> bool {
    code.starts_with(|c: char| c.is_ascii_lowercase())
        && code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_stands_twice_is_refused_with_its_line() {
        let one = "[[field]]\ncode = \"wages\"\nname = \"工资\"\ndescription = \"\"\n";
        let error = Taxonomy::parse(FILE, &format!("{one}\n{one}")).unwrap_err().to_string();
        assert_eq!(error, "taxonomy.toml line 7: code \"wages\" stands twice; allowed: each code once");
    }

    #[test]
    fn a_date_that_does_not_exist_is_refused() {
        let text =
            "[[field]]\ncode = \"wages\"\nname = \"工资\"\ndescription = \"\"\nvalid_from = \"2026-02-30\"\n";
        let error = Taxonomy::parse(FILE, text).unwrap_err().to_string();
        assert!(error.contains("valid_from \"2026-02-30\" is not a date"), "{error}");
    }
}
