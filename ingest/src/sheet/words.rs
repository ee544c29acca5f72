//! The table of header words: what headers mean, and which meaning a header that is none of them comes near.
//!
//! Confidence of a column, from 0 to 1:
//!
//! | the header | confidence |
//! | --- | --- |
//! | is a word of the table; spaces, marks and a note in brackets don't count | 1 |
//! | is one when written in Simplified, half-width, without signs, with 时间 for 日期 and the like | 0.95 |
//! | has a part that only personal columns have (姓名, 电话 ...) | 0.9 |
//! | is a known word but for a slip: 1 - Damerau-Levenshtein distance / length, where that is 0.75 or more | at most 0.9 |
//! | ends in a known word of n of its m characters (Chinese puts the head of a word last) | 0.6 + 0.3 n / m |
//! | is English and its last word is known | 0.7 |
//! | begins with a known word | 0.35 + 0.2 n / m |
//!
//! A time that is only near counts 0.8 at most. A header of the list `ordinary`, or with a part of
//! `not_near`, is never near. Confidence under [`SURE`] is a guess that a person must confirm.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use qingting_models::text::normalise;
use serde::Deserialize;

use super::meaning::Meaning;

/// The words of `data/headers.toml`.
const WORDS: &str = include_str!("../../data/headers.toml");

/// From this confidence on a sheet is read without asking.
pub const SURE: f64 = 0.6;

/// The least likeness that counts as a slip of writing.
const SLIP: f64 = 0.75;
/// Longer cells are no headers.
const LONGEST: usize = 24;

/// What a header may mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Guess {
    pub meaning: Meaning,
    pub confidence: f64,
    /// Of two equally sure columns the lower rank is preferred.
    pub rank: usize,
}

#[derive(Deserialize)]
pub(super) struct WordFile {
    pub meanings: HashMap<Meaning, Vec<String>>,
    words: WordLists,
}

#[derive(Deserialize)]
struct WordLists {
    private_parts: Vec<String>,
    not_private: Vec<String>,
    ordinary: Vec<String>,
    not_near: Vec<String>,
    alike: Vec<(String, String)>,
}

/// The header words, ready to be looked up.
#[derive(Default)]
pub(super) struct Words {
    /// Header to meaning and rank: 0 is the most preferred.
    headers: HashMap<String, (Meaning, usize)>,
    /// The same by the folded header.
    folded: Vec<(String, Meaning, usize)>,
    private_parts: Vec<String>,
    not_private: Vec<String>,
    ordinary: HashSet<String>,
    not_near: Vec<String>,
    alike: Vec<(String, String)>,
}

impl Words {
    pub(super) fn get() -> &'static Self {
        static TABLE: OnceLock<Words> = OnceLock::new();
        TABLE.get_or_init(|| match Self::file() {
            Ok(file) => Self::from_file(file),
            // The file is part of the program and a test reads it.
            Err(wrong) => {
                tracing::error!(%wrong, "the table of header words cannot be read");
                Self::default()
            }
        })
    }

    pub(super) fn file() -> Result<WordFile, toml::de::Error> {
        toml::from_str(WORDS)
    }

    fn from_file(file: WordFile) -> Self {
        let WordLists { private_parts, not_private, ordinary, not_near, alike } = file.words;
        let mut words = Self { private_parts, not_private, not_near, alike, ..Self::default() };
        words.ordinary = ordinary.iter().map(|word| words.fold(word)).collect();
        for (meaning, list) in file.meanings {
            for (rank, word) in list.iter().enumerate() {
                words.headers.insert(plain(word), (meaning, rank));
                words.folded.push((words.fold(word), meaning, rank));
            }
        }
        // The table is read from a map without order.
        words.folded.sort_by_key(|(_, meaning, rank)| (*meaning, *rank));
        words
    }

    /// What a header means for sure.
    pub(super) fn exact(&self, header: &str) -> Option<Guess> {
        let header = plain(header);
        self.headers.get(&header).map(|&(meaning, rank)| Guess { meaning, confidence: 1.0, rank })
    }

    /// What a header means, surely or nearly; `None` for an ordinary column.
    pub(super) fn guess(&self, header: &str) -> Option<Guess> {
        if let Some(exact) = self.exact(header) {
            return Some(exact);
        }
        let folded = self.fold(header);
        let length = folded.chars().count();
        if length == 0 || length > LONGEST || self.not_private.contains(&plain(header)) {
            return None;
        }
        if let Some(private) = self.private(header) {
            return Some(private);
        }
        if self.ordinary.contains(&folded) || self.not_near.iter().any(|part| folded.contains(part)) {
            return None;
        }
        let near = self.folded.iter().filter_map(|(word, meaning, rank)| {
            let confidence = likeness(&folded, word, *meaning).max(english(header, word, *meaning));
            let confidence = if meaning.is_time() { confidence.min(0.8) } else { confidence };
            (confidence > 0.0).then_some(Guess { meaning: *meaning, confidence, rank: *rank })
        });
        near.max_by(|a, b| a.confidence.total_cmp(&b.confidence).then(b.rank.cmp(&a.rank)))
    }

    /// A header with a part that only personal columns have: better sealed once too often.
    fn private(&self, header: &str) -> Option<Guess> {
        let header = plain(header);
        if !self.private_parts.iter().any(|part| header.contains(part.as_str())) {
            return None;
        }
        let meaning = if header.contains("姓名") {
            Meaning::PersonName
        } else if header.contains("电话") || header.contains("手机") {
            Meaning::PersonPhone
        } else {
            Meaning::PersonOther
        };
        Some(Guess { meaning, confidence: 0.9, rank: usize::MAX })
    }

    /// A header as likeness is measured on it: Simplified, half-width, lower case, letters and digits only,
    /// one word for those that mean the same.
    fn fold(&self, header: &str) -> String {
        let kept: String = normalise(&plain(header)).text.chars().filter(|c| c.is_alphanumeric()).collect();
        self.alike.iter().fold(kept, |text, (from, to)| text.replace(from.as_str(), to))
    }
}

/// How like a folded header is to a folded word; 0 where it is not.
fn likeness(header: &str, word: &str, meaning: Meaning) -> f64 {
    if header == word {
        return 0.95;
    }
    let (length, part) = (header.chars().count(), word.chars().count());
    let share = part as f64 / length.max(1) as f64;
    let slip = if part >= 4 && may_be_slip(header, word) {
        strsim::normalized_damerau_levenshtein(header, word)
    } else {
        0.0
    };
    let slip = if slip >= SLIP { slip.min(0.9) } else { 0.0 };
    let text = matches!(meaning, Meaning::Title | Meaning::Body);
    let telling = !word.is_ascii() && (part >= 3 || (part == 2 && text));
    let tail = if telling && header.ends_with(word) { 0.6 + 0.3 * share } else { 0.0 };
    let head = if telling && text && header.starts_with(word) { 0.35 + 0.2 * share } else { 0.0 };
    slip.max(tail).max(head)
}

/// Whether the distance may be as small as [`SLIP`] asks: at least the difference in length, and the characters that
/// only the word has. Counting them is far cheaper than measuring, and rules out nearly all words.
fn may_be_slip(header: &str, word: &str) -> bool {
    let (length, part) = (header.chars().count(), word.chars().count());
    let missing = word.chars().filter(|c| !header.contains(*c)).count();
    let most = length.max(part) as f64 * (1.0 - SLIP);
    length.abs_diff(part).max(missing) as f64 <= most
}

/// An English header whose last word is known; ids are too easily those of something else.
fn english(header: &str, word: &str, meaning: Meaning) -> f64 {
    if !word.is_ascii() || word.len() < 4 || meaning == Meaning::ExternalId {
        return 0.0;
    }
    let last = header.rsplit(|c: char| !c.is_ascii_alphanumeric()).find(|part| !part.is_empty());
    if last.is_some_and(|last| last.eq_ignore_ascii_case(word)) { 0.7 } else { 0.0 }
}

/// A header as it is compared: without spaces, marks, bracketed notes and case.
pub(super) fn plain(header: &str) -> String {
    let cut =
        header.split(['(', '（', '[', '【']).next().filter(|head| !head.trim().is_empty()).unwrap_or(header);
    cut.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '*' | ':' | '：' | '\u{feff}' | '"'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(header: &str) -> Option<(Meaning, f64)> {
        Words::get().guess(header).map(|g| (g.meaning, g.confidence))
    }

    #[test]
    fn the_word_table_is_complete_and_names_each_header_once() {
        let file = Words::file().unwrap();
        let mut seen = HashSet::new();
        for (meaning, _) in Meaning::ALL {
            for word in &file.meanings[meaning] {
                assert!(seen.insert(plain(word)), "{word} stands twice");
            }
        }
        for word in &file.words.ordinary {
            assert!(!seen.contains(&plain(word)), "{word} is ordinary and has a meaning");
        }
    }

    #[test]
    fn slips_extra_words_and_english_come_near_and_never_reach_an_exact_word() {
        for (header, meaning) in [
            ("诉求内客", Meaning::Body),
            ("訴求內容", Meaning::Body),
            ("群众诉求内容", Meaning::Body),
            ("反映的内容", Meaning::Body),
            ("Complaint Content", Meaning::Body),
            ("诉求标提", Meaning::Title),
            ("工单编码", Meaning::ExternalId),
            ("ticket-id", Meaning::ExternalId),
            ("登记日期", Meaning::Dispatched),
            ("Contact Phone", Meaning::PersonPhone),
            ("紧急联系人姓名", Meaning::PersonName),
        ] {
            let (found, confidence) = guess(header).unwrap_or_else(|| panic!("{header} means nothing"));
            assert_eq!(found, meaning, "{header}");
            assert!((SURE..1.0).contains(&confidence), "{header}: {confidence}");
        }
        assert_eq!(guess("诉求内容(必填)"), Some((Meaning::Body, 1.0)));
        assert!(guess("诉求内容摘编").unwrap().1 < SURE);
    }

    #[test]
    fn ordinary_columns_come_near_nothing() {
        for header in [
            "评价内容",
            "诉求标签",
            "诉求类型",
            "处理时间",
            "回访时间",
            "封存时间",
            "部门编号",
            "User ID",
            "协办单位",
            "甲",
            "问题点位",
            "内容分类",
            "是否群诉",
            "",
        ] {
            assert_eq!(guess(header), None, "{header}");
        }
    }
}
