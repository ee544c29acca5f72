//! `stop_words.csv`: words that tell no matter from another. They never count as rising, join no incidents and are
//! never shown as the reason for a topic.

use std::collections::HashSet;

use super::error::CountyError;
use super::table::for_each_row;
use crate::text::normalise;

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "stop_words.csv";

const COLUMNS: &[&str] = &["word", "note"];
const REQUIRED: &[&str] = &["word"];
/// How many characters a word has.
const LENGTH: std::ops::RangeInclusive<usize> = 1..=16;

/// The stop words, normalised and simplified, as texts are before they are cut into words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StopWords {
    words: HashSet<String>,
}

impl StopWords {
    /// Reads and checks the file's text; `file` is the name that errors show. A file without rows has no stop words.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed.
    pub fn parse(file: &str, text: &str) -> Result<Self, CountyError> {
        let mut words = HashSet::new();
        for_each_row(file, text, COLUMNS, REQUIRED, |row| {
            let word = row.required("word")?;
            let length = word.chars().count();
            if !LENGTH.contains(&length) {
                return Err(row
                    .at
                    .invalid(format!("the word \"{word}\" has {length} characters"), "1 to 16"));
            }
            if let Some(mark) = word.chars().find(|c| !c.is_alphanumeric()) {
                let what = format!("the word \"{word}\" holds \"{mark}\"");
                return Err(row.at.invalid(what, "letters and digits"));
            }
            if !words.insert(normalise(word).text) {
                return Err(row.at.invalid(format!("\"{word}\" stands twice"), "each word once"));
            }
            Ok(())
        })?;
        Ok(Self { words })
    }

    /// Whether a normalised word is one.
    pub fn has(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// All of them, in no order.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rows: &str) -> Result<StopWords, CountyError> {
        StopWords::parse(FILE, &format!("word,note\n{rows}"))
    }

    #[test]
    fn words_are_known_in_either_script() {
        let words = parse("請問,\n来电人,称呼\n的,\n").unwrap();
        assert!(["请问", "来电人", "的"].iter().all(|word| words.has(word)));
        assert!(!words.has("路灯") && !words.has(""));
    }

    #[test]
    fn a_county_may_have_none() {
        assert_eq!(parse("").unwrap(), StopWords::default());
    }

    #[test]
    fn bad_rows_are_named() {
        let error = |rows: &str| parse(rows).unwrap_err().to_string();
        assert!(error(",空").starts_with("stop_words.csv line 2: word is empty"));
        assert!(
            error("请问,\n請問,")
                .starts_with("stop_words.csv line 3: \"請問\" stands twice; allowed: each word once")
        );
        assert!(error("请 问,").contains("holds \" \"; allowed: letters and digits"));
        assert!(error("一二三四五六七八九十一二三四五六七,").contains("has 17 characters; allowed: 1 to 16"));
    }
}
