//! Words and phrases that rise against their own past.
//!
//! A day's count of a term is compared with what its past lets expect of a day with so many items: the past counts and
//! the items they came from give a Gamma distribution of the term's rate (Jeffreys prior, shape 1/2), and the day's count
//! then follows a negative binomial (the Gamma-Poisson mixture; A. Gelman et al., "Bayesian Data Analysis", 3rd ed.,
//! section 2.6). So a rare term needs several items to stand out, a common one a clear rise, and a Monday with twice the
//! items of a Sunday lets expect twice the count.

use std::collections::{BTreeMap, BTreeSet};

use qingting_models::chance::at_least;
use serde::Serialize;

use crate::features::is_connecting;
use crate::judge::Classifier;

/// In how many items a term must stand before it can rise.
const LEAST_ITEMS: u32 = 3;
/// How unlikely its count must be. Some thousand terms are looked at in a day, so chance lets about one through.
const UNLIKELY: f64 = 1e-4;
/// Of a day the terms with the least likely counts.
const MOST: usize = 30;
/// A word that stands in hardly more items than a phrase with it is told by the phrase.
const SAME: f64 = 0.6;
/// Of a text so many characters are read.
const READ: usize = 2_000;

/// Items of a day, and in how many of them each term stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayCounts {
    pub items: u32,
    pub terms: BTreeMap<String, u32>,
}

/// A term that rises.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rise {
    pub term: String,
    /// In how many items of the day.
    pub items: u32,
    /// How many its past lets expect.
    pub expected: f64,
    /// How likely so many or more would be.
    pub p: f64,
}

impl DayCounts {
    /// Adds an item with its terms.
    pub fn add(&mut self, terms: BTreeSet<String>) {
        self.items += 1;
        for term in terms {
            *self.terms.entry(term).or_default() += 1;
        }
    }
}

impl Classifier {
    /// The words and phrases of an item, each once: words of two characters or more, and two words that follow one
    /// another. What was masked, numbers and connecting words are none.
    pub fn terms(&self, title: &str, body: &str) -> BTreeSet<String> {
        let end = body.char_indices().nth(READ).map_or(body.len(), |(at, _)| at);
        let (document, _) = self.document(&without_labels(title), &without_labels(&body[..end]));
        let mut terms = BTreeSet::new();
        let mut before: Option<&str> = None;
        for word in document.words() {
            let text = document.text(word);
            if !tells(text) {
                before = None;
                continue;
            }
            if text.chars().nth(1).is_some() {
                terms.insert(text.to_owned());
            }
            if let Some(before) = before.filter(|_| word.joined) {
                terms.insert(format!("{before}{text}"));
            }
            before = Some(text);
        }
        terms
    }
}

fn tells(word: &str) -> bool {
    !is_connecting(word)
        && !word.chars().any(|c| c.is_ascii_digit())
        && word.chars().all(|c| c.is_alphabetic())
}

/// The text with a full stop in the place of each label that hides personal data: 〔手机号〕.
fn without_labels(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('〔') {
        out.push_str(before);
        out.push('。');
        let end = after.char_indices().take(LABEL).find(|(_, c)| *c == '〕');
        rest = end.map_or(after, |(at, bracket)| &after[at + bracket.len_utf8()..]);
    }
    out.push_str(rest);
    out
}

/// The most characters of a label.
const LABEL: usize = 8;

/// The terms of a day that rise against the days before, which are counted together, the least likely first; of a phrase
/// and its words in the same items only the phrase.
pub fn rises(past: &DayCounts, day: &DayCounts) -> Vec<Rise> {
    if past.items == 0 {
        return Vec::new();
    }
    let mut found: Vec<Rise> = day
        .terms
        .iter()
        .filter(|(_, count)| **count >= LEAST_ITEMS)
        .map(|(term, &count)| {
            let shape = f64::from(past.terms.get(term).copied().unwrap_or(0)) + 0.5;
            let odds = f64::from(day.items) / f64::from(past.items);
            Rise { term: term.clone(), items: count, expected: shape * odds, p: at_least(count, shape, odds) }
        })
        .filter(|rise| rise.p < UNLIKELY)
        .collect();
    let told_by_a_phrase: Vec<bool> = found
        .iter()
        .map(|rise| {
            let phrase = |other: &Rise| other.term.len() > rise.term.len() && other.term.contains(&rise.term);
            found.iter().any(|other| phrase(other) && f64::from(other.items) >= SAME * f64::from(rise.items))
        })
        .collect();
    let mut told = told_by_a_phrase.into_iter();
    found.retain(|_| !told.next().unwrap_or(false));
    found.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.term.cmp(&b.term)));
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(items: u32, terms: &[(&str, u32)]) -> DayCounts {
        DayCounts { items, terms: terms.iter().map(|(term, count)| ((*term).to_owned(), *count)).collect() }
    }

    #[test]
    fn what_rises_against_its_own_past_is_told_and_what_is_common_is_not() {
        let past = day(2_800, &[("停水", 28), ("物业", 560)]);
        let found = rises(&past, &day(100, &[("停水", 9), ("物业", 26), ("异味", 2)]));
        assert_eq!(found.iter().map(|rise| rise.term.as_str()).collect::<Vec<_>>(), ["停水"]);
        assert!((found[0].expected - 1.0).abs() < 0.1 && found[0].p < 1e-4, "{found:?}");
        // Twice the items let expect twice the count.
        let monday = day(300, &[("停水", 9)]);
        assert!(rises(&past, &monday).is_empty());
        assert!(rises(&DayCounts::default(), &monday).is_empty());
    }

    #[test]
    fn labels_of_hidden_data_are_no_words() {
        assert_eq!(without_labels("找〔姓名〕，打〔手机号〕"), "找。，打。");
        assert_eq!(without_labels("〔没有结尾的括号很长很长"), "。没有结尾的括号很长很长");
        assert_eq!(without_labels("路灯不亮"), "路灯不亮");
    }

    #[test]
    fn a_new_term_needs_some_items_and_stands_for_its_words() {
        let past = day(1_400, &[]);
        assert!(rises(&past, &day(50, &[("红锈水", 2)])).is_empty());
        let found = rises(&past, &day(50, &[("望海", 5), ("望海花园", 5), ("花园", 6)]));
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
