//! Finds the words of a list in a text: those that begin first, of these the longest, then on behind it.
//!
//! Most characters of a text begin no word of a list, which a bit says; so a text is gone through much faster than by an
//! automaton that takes it byte by byte.

use std::cmp::Reverse;
use std::ops::Range;

/// Words by their first character, the longest first, each with its place in the list.
#[derive(Debug, Clone)]
pub(crate) struct Finder {
    words: Vec<(String, usize)>,
    /// The first characters, and where the words with each begin.
    starts: Vec<(char, usize)>,
    /// A bit for each character of the basic plane that begins a word.
    first: Vec<u64>,
    /// A bit for the first two characters of a word, by their hash.
    pairs: Vec<u64>,
    /// Some words are of one character.
    single: bool,
}

/// Words of 64 bits for the characters of the basic plane, and for pairs.
const FIRST: usize = 0x1_0000 / 64;
const PAIRS: usize = 256;

impl Finder {
    /// Empty words are left out.
    pub(crate) fn new<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Self {
        let listed = words.into_iter().map(Into::into).enumerate();
        let mut words: Vec<(String, usize)> =
            listed.map(|(place, word)| (word, place)).filter(|(word, _)| !word.is_empty()).collect();
        words.sort_by_key(|(word, _)| (word.chars().next(), Reverse(word.len())));
        let (mut first, mut pairs, mut single) = (vec![0; FIRST], vec![0; PAIRS], false);
        for (word, _) in &words {
            let mut chars = word.chars();
            let (Some(one), two) = (chars.next(), chars.next()) else { continue };
            if let Some(bits) = first.get_mut(one as usize / 64) {
                *bits |= 1 << (one as usize % 64);
            }
            match two {
                Some(two) => {
                    let (place, bit) = pair(one, two);
                    pairs[place] |= bit;
                }
                None => single = true,
            }
        }
        let firsts = words.iter().enumerate().filter_map(|(at, (word, _))| Some((word.chars().next()?, at)));
        let mut starts: Vec<(char, usize)> = firsts.collect();
        starts.dedup_by_key(|(first, _)| *first);
        Self { words, starts, first, pairs, single }
    }

    /// Whether any of the words stands in a text.
    pub(crate) fn has_any(&self, text: &str) -> bool {
        self.find(text).next().is_some()
    }

    /// The words found, by bytes of the text, and their places in the list.
    pub(crate) fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (Range<usize>, usize)> + 'a {
        let mut from = 0;
        std::iter::from_fn(move || {
            let rest = &text[from..];
            let mut chars = rest.char_indices();
            while let Some((at, c)) = chars.next() {
                if self.begins(c)
                    && let Some((word, place)) =
                        self.longest(&rest[at..], c, chars.clone().next().map(|(_, c)| c))
                {
                    let start = from + at;
                    from = start + word.len();
                    return Some((start..from, place));
                }
            }
            from = text.len();
            None
        })
    }

    fn begins(&self, c: char) -> bool {
        // A character beyond the basic plane may.
        self.first.get(c as usize / 64).is_none_or(|bits| bits >> (c as usize % 64) & 1 == 1)
    }

    /// The longest word that the text begins with; its first two characters are given.
    fn longest(&self, text: &str, one: char, two: Option<char>) -> Option<(&str, usize)> {
        let may_begin = two.is_some_and(|two| {
            let (place, bit) = pair(one, two);
            self.pairs[place] & bit != 0
        });
        if !may_begin && !self.single {
            return None;
        }
        let at = self.starts.binary_search_by_key(&one, |(first, _)| *first).ok()?;
        let past = self.starts.get(at + 1).map_or(self.words.len(), |(_, from)| *from);
        let mut same = self.words[self.starts[at].1..past].iter();
        same.find(|(word, _)| text.starts_with(word.as_str())).map(|(word, place)| (word.as_str(), *place))
    }
}

/// The place and the bit of two characters.
fn pair(one: char, two: char) -> (usize, u64) {
    let hash = (one as u32).wrapping_mul(0x9e37_79b1) ^ (two as u32).wrapping_mul(0x85eb_ca77);
    ((hash >> 24) as usize % PAIRS, 1 << (hash >> 18 & 63))
}

#[cfg(test)]
mod tests {
    use aho_corasick::{AhoCorasick, MatchKind};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_finds_what_an_automaton_finds(
            words in proptest::collection::vec("[路灯港口a𠮷]{1,4}", 0..12),
            text in "[路灯港口ab，𠮷]{0,40}",
        ) {
            let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&words).unwrap();
            let meant: Vec<_> = automaton.find_iter(&text).map(|m| (m.range(), m.pattern().as_usize())).collect();
            prop_assert_eq!(Finder::new(words).find(&text).collect::<Vec<_>>(), meant);
        }
    }
}
