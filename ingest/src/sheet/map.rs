//! A column map: which header of a sheet has which meaning, for sheets with headers of their own.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::meaning::Meaning;
use super::words::plain;

/// Meanings and the headers that have them, read from TOML: `body = "情况说明"`, `person_name = ["甲方", "乙方"]`.
///
/// A map is strict: only the columns that it names have a meaning (personal columns, counters and row numbers
/// are recognised besides), and each header that it names must be in the sheet. A map that was saved with a source
/// is no more than a memory of one layout: sheets without its headers are recognised as if there were none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMap {
    entries: Vec<(Meaning, String)>,
    saved: bool,
}

/// A column map that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMap {
    #[error("line {line} of the column map is no TOML of the form meaning = \"header\": {why}")]
    Toml { line: usize, why: String },
    #[error("the column map knows no meaning \"{meaning}\"; allowed: {}", allowed())]
    UnknownMeaning { meaning: String },
    #[error("the column map gives no header for {meaning}")]
    NoHeader { meaning: &'static str },
    #[error("the column map gives {meaning} several headers; only one can have it")]
    Several { meaning: &'static str },
    #[error("the column map gives \"{header}\" two meanings")]
    Twice { header: String },
    #[error("the column map names neither a body nor a title; one of them is needed")]
    NoText,
}

/// The line at fault, counted from 1; the first where none is told.
fn line_of(toml: &str, fault: &toml::de::Error) -> usize {
    let before = fault.span().and_then(|span| toml.get(..span.start)).unwrap_or_default();
    before.matches('\n').count() + 1
}

fn allowed() -> String {
    Meaning::ALL.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Headers {
    One(String),
    Several(Vec<String>),
}

impl ColumnMap {
    /// Reads a map from TOML.
    ///
    /// # Errors
    /// When it is no TOML, names an unknown meaning, or gives neither body nor title.
    pub fn parse(toml: &str) -> Result<Self, BadMap> {
        let table: BTreeMap<String, Headers> = toml::from_str(toml)
            .map_err(|e| BadMap::Toml { line: line_of(toml, &e), why: e.message().to_owned() })?;
        let mut entries: Vec<(Meaning, String)> = Vec::new();
        for (word, headers) in table {
            let found = Meaning::ALL.iter().find(|(_, w)| *w == word);
            let (meaning, _) = *found.ok_or(BadMap::UnknownMeaning { meaning: word })?;
            let headers = match headers {
                Headers::One(header) => vec![header],
                Headers::Several(headers) => headers,
            };
            if headers.is_empty() || headers.iter().any(|h| h.trim().is_empty()) {
                return Err(BadMap::NoHeader { meaning: meaning.word() });
            }
            if headers.len() > 1 && !meaning.may_repeat() {
                return Err(BadMap::Several { meaning: meaning.word() });
            }
            for header in headers {
                if entries.iter().any(|(_, known)| *known == header) {
                    return Err(BadMap::Twice { header });
                }
                entries.push((meaning, header));
            }
        }
        if !entries.iter().any(|(m, _)| matches!(m, Meaning::Body | Meaning::Title)) {
            return Err(BadMap::NoText);
        }
        Ok(Self { entries, saved: false })
    }

    /// The map as one that was saved with a source.
    pub fn saved(self) -> Self {
        Self { saved: true, ..self }
    }

    pub(super) fn is_saved(&self) -> bool {
        self.saved
    }

    /// Whether the text or the title that it names is among these headers.
    pub(super) fn names_text_of(&self, headers: &[String]) -> bool {
        let text = |meaning| matches!(meaning, Meaning::Body | Meaning::Title);
        let names = |header: &String| {
            self.entries().any(|(meaning, name)| text(meaning) && plain(name) == plain(header))
        };
        headers.iter().any(names)
    }

    /// A map of what was recognised.
    pub(super) fn of(entries: Vec<(Meaning, String)>) -> Self {
        Self { entries, saved: false }
    }

    /// The map as [`ColumnMap::parse`] reads it, a line a meaning in the order of [`Meaning::ALL`].
    pub fn to_toml(&self) -> String {
        let quoted = |header: &str| toml::Value::from(header).to_string();
        let mut lines = String::new();
        for (meaning, word) in Meaning::ALL {
            let headers: Vec<String> =
                self.entries().filter(|(m, _)| m == meaning).map(|(_, header)| quoted(header)).collect();
            match headers.as_slice() {
                [] => {}
                [header] => lines.push_str(&format!("{word} = {header}\n")),
                several => lines.push_str(&format!("{word} = [{}]\n", several.join(", "))),
            }
        }
        lines
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (Meaning, &str)> {
        self.entries.iter().map(|(meaning, header)| (*meaning, header.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_written_out_is_read_as_the_same_map() {
        let text = "title = \"题 \\\"甲\\\"\"\nbody = \"情况\"\nperson_name = [\"甲方\", \"乙方\"]\n";
        let map = ColumnMap::parse(text).unwrap();
        let again = ColumnMap::parse(&map.to_toml()).unwrap();
        assert_eq!(again, map);
        assert_eq!(again.to_toml(), map.to_toml());
    }

    #[test]
    fn a_map_says_what_is_wrong_with_it() {
        let wrong = |toml: &str| ColumnMap::parse(toml).unwrap_err();
        assert!(wrong("text = \"情况\"").to_string().contains("allowed: external_id, title, body"));
        assert_eq!(wrong("state = \"状态\""), BadMap::NoText);
        assert_eq!(wrong("body = [\"甲\", \"乙\"]"), BadMap::Several { meaning: "body" });
        assert_eq!(wrong("body = \"甲\"\ntitle = \"甲\""), BadMap::Twice { header: "甲".into() });
        assert_eq!(wrong("body = \" \""), BadMap::NoHeader { meaning: "body" });
        for (line, toml) in
            [(1, "body: 情况"), (2, "title = \"题\"\nbody = 情况"), (3, "\nbody = \"甲\"\nbody = \"乙\"\n")]
        {
            assert!(matches!(wrong(toml), BadMap::Toml { line: at, .. } if at == line), "{:?}", wrong(toml));
        }
        assert!(ColumnMap::parse("body = \"情况\"\nperson_name = [\"甲方\", \"乙方\"]").is_ok());
    }
}
