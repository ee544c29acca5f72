//! `words.csv`: the county's own words, which a text is not torn apart within: schemes, bodies, slang of complaints.

use super::error::CountyError;
use super::table::for_each_row;

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "words.csv";

const COLUMNS: &[&str] = &["word", "kind", "note"];
const REQUIRED: &[&str] = &["word"];
/// What a word is; people sort the list by it, nothing else does.
const KINDS: &[&str] = &["department", "scheme", "slang", "other", ""];
/// How many characters a word has.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=16;

/// The words in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    words: Vec<String>,
}

impl Words {
    /// Reads and checks the file's text; `file` is the name that errors show.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed.
    pub fn parse(file: &str, text: &str) -> Result<Self, CountyError> {
        let mut words: Vec<String> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for_each_row(file, text, COLUMNS, REQUIRED, |row| {
            let word = row.required("word")?;
            let kind = row.get("kind");
            if !KINDS.contains(&kind) {
                let allowed: Vec<&str> = KINDS.iter().copied().filter(|kind| !kind.is_empty()).collect();
                return Err(row.at.invalid(format!("kind \"{kind}\" is unknown"), allowed.join(", ")));
            }
            if !LENGTH.contains(&word.chars().count()) {
                let what = format!("the word \"{word}\" has {} characters", word.chars().count());
                return Err(row.at.invalid(what, "2 to 16"));
            }
            if let Some(mark) = word.chars().find(|c| !c.is_alphanumeric()) {
                let what = format!("the word \"{word}\" holds \"{mark}\"");
                return Err(row.at.invalid(what, "letters and digits"));
            }
            if !seen.insert(word.to_owned()) {
                return Err(row.at.invalid(format!("\"{word}\" stands twice"), "each word once"));
            }
            words.push(word.to_owned());
            Ok(())
        })?;
        Ok(Self { words })
    }

    pub fn all(&self) -> &[String] {
        &self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_bad_rows_are_named() {
        let parse = |rows: &str| Words::parse(FILE, &format!("word,kind,note\n{rows}\n"));
        assert_eq!(parse("浙里办,scheme,\n踢皮球,,推诿").unwrap().all(), ["浙里办", "踢皮球"]);
        let error = |rows: &str| parse(rows).unwrap_err().to_string();
        assert!(
            error("浙里办,app,")
                .starts_with("words.csv line 2: kind \"app\" is unknown; allowed: department")
        );
        assert!(error("网,,").contains("has 1 characters; allowed: 2 to 16"));
        assert!(error("浙里办,,\n浙里办,,").starts_with("words.csv line 3: \"浙里办\" stands twice"));
        assert!(error("浙里 办,,").contains("holds \" \""));
    }
}
