//! Words and phrases that rise against their own past.
//!
//! How many items a word stands in is compared with what its past lets expect of so many items: the past counts and
//! the items they came from give a Gamma distribution of the word's rate (Jeffreys prior, shape 1/2), and the present count
//! then follows a negative binomial ([`at_least`]). So a rare word needs several items to stand out, a common one a clear
//! rise, and a Monday with twice the items of a Sunday lets expect twice the count.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::chance::at_least;
use crate::county::StopWords;

/// In how many items a word must stand before it can rise.
const LEAST_ITEMS: i64 = 3;
/// How unlikely its count must be. Some thousand words are looked at in a day, so chance lets about one through.
const UNLIKELY: f64 = 1e-4;
/// The words with the least likely counts.
const MOST: usize = 30;
/// A word that stands in hardly more items than a phrase with it is told by the phrase.
const SAME: f64 = 0.6;

/// Words with in how many items they stand, and of how many items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordCounts {
    pub items: i64,
    pub words: BTreeMap<String, i64>,
}

/// A word that rises.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rise {
    pub word: String,
    /// In how many items it stands now.
    pub items: i64,
    /// How many its past lets expect.
    pub expected: f64,
    /// How likely so many or more would be.
    pub p: f64,
}

impl WordCounts {
    /// Adds an item with its words.
    pub fn add(&mut self, words: BTreeSet<String>) {
        self.items += 1;
        for word in words {
            *self.words.entry(word).or_default() += 1;
        }
    }
}

/// The words of some days that rise against the days before, which are counted together, the least likely first; of a phrase
/// and its words in the same items only the phrase. Stop words, and phrases of one and another word, do not rise.
pub fn rises(past: &WordCounts, now: &WordCounts, stop_words: &StopWords) -> Vec<Rise> {
    if past.items <= 0 {
        return Vec::new();
    }
    let odds = now.items as f64 / past.items as f64;
    let mut found: Vec<Rise> = now
        .words
        .iter()
        .filter(|(word, count)| **count >= LEAST_ITEMS && !is_stopped(word, **count, now, stop_words))
        .map(|(word, &items)| {
            let shape = past.words.get(word).copied().unwrap_or(0) as f64 + 0.5;
            let p = at_least(u32::try_from(items).unwrap_or(u32::MAX), shape, odds);
            Rise { word: word.clone(), items, expected: shape * odds, p }
        })
        .filter(|rise| rise.p < UNLIKELY)
        .collect();
    let told_by_a_phrase: Vec<bool> = found
        .iter()
        .map(|rise| {
            let phrase = |other: &Rise| other.word.len() > rise.word.len() && other.word.contains(&rise.word);
            found.iter().any(|other| phrase(other) && other.items as f64 >= SAME * rise.items as f64)
        })
        .collect();
    let mut told = told_by_a_phrase.into_iter();
    found.retain(|_| !told.next().unwrap_or(false));
    found.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.word.cmp(&b.word)));
    found.truncate(MOST);
    found
}

/// Whether a term is a stop word, or a phrase that begins or ends with one. Where a phrase is cut is not kept; but both its
/// words stand wherever it does, so each that is counted, of two characters or more, stands in as many items.
fn is_stopped(term: &str, items: i64, now: &WordCounts, stop_words: &StopWords) -> bool {
    let is_long = |word: &str| word.chars().nth(1).is_some();
    let stands = |word: &str| !is_long(word) || now.words.get(word).is_some_and(|&count| count >= items);
    let is_phrase =
        |before: &str, after: &str| (is_long(before) || is_long(after)) && stands(before) && stands(after);
    let mut halves = term.char_indices().skip(1).map(|(at, _)| term.split_at(at));
    stop_words.has(term)
        || halves.any(|(before, after)| {
            (stop_words.has(before) || stop_words.has(after)) && is_phrase(before, after)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rises(past: &WordCounts, now: &WordCounts) -> Vec<Rise> {
        let stop_words = StopWords::parse("stop_words.csv", "word,note\n反映,\n县,\n").unwrap();
        super::rises(past, now, &stop_words)
    }

    #[test]
    fn stop_words_and_phrases_with_one_do_not_rise() {
        let past = day(1_400, &[("反映", 10)]);
        let told = |words: &[(&str, i64)]| -> Vec<String> {
            rises(&past, &day(50, words)).into_iter().map(|rise| rise.word).collect()
        };
        assert_eq!(told(&[("反映", 20), ("停水", 9), ("反映停水", 8)]), ["停水"]);
        assert_eq!(told(&[("医院", 9), ("县医院", 9)]), ["医院"]);
        // Words that only begin like one: what would be left does not stand by itself.
        assert_eq!(told(&[("反映堂", 7), ("县志馆", 7), ("县志", 6)]), ["县志馆", "反映堂"]);
    }

    fn day(items: i64, words: &[(&str, i64)]) -> WordCounts {
        WordCounts { items, words: words.iter().map(|(term, count)| ((*term).to_owned(), *count)).collect() }
    }

    #[test]
    fn what_rises_against_its_own_past_is_told_and_what_is_common_is_not() {
        let past = day(2_800, &[("停水", 28), ("物业", 560)]);
        let found = rises(&past, &day(100, &[("停水", 9), ("物业", 26), ("异味", 2)]));
        assert_eq!(found.iter().map(|rise| rise.word.as_str()).collect::<Vec<_>>(), ["停水"]);
        assert!((found[0].expected - 1.0).abs() < 0.1 && found[0].p < 1e-4, "{found:?}");
        // Twice the items let expect twice the count.
        let monday = day(300, &[("停水", 9)]);
        assert!(rises(&past, &monday).is_empty());
        assert!(rises(&WordCounts::default(), &monday).is_empty());
    }

    #[test]
    fn a_new_word_needs_some_items_and_stands_for_its_words() {
        let past = day(1_400, &[]);
        assert!(rises(&past, &day(50, &[("红锈水", 2)])).is_empty());
        let found = rises(&past, &day(50, &[("望海", 5), ("望海花园", 5), ("花园", 6)]));
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
