//! Finds the words of a list in a text: those that begin first, of these the longest, then on behind it.
//!
//! At most places of a text begins no word of a list, which bits for the next bytes say; so a text is gone through much
//! faster than by an automaton that takes it byte by byte.

use std::cmp::Reverse;
use std::ops::Range;

/// Words by their first character, the longest first, each with its place in the list.
#[derive(Debug, Clone)]
pub(crate) struct Finder {
    words: Vec<(String, usize)>,
    /// The first characters, and where the words with each begin.
    starts: Vec<(char, usize)>,
    /// How the words begin, by their first bytes.
    openings: Vec<Opening>,
}

/// A bit for the first so many bytes of words, by their hash.
#[derive(Debug, Clone)]
struct Opening {
    /// How many bits of eight bytes are not looked at.
    rest: u32,
    bits: Box<[u64; BITS]>,
}

/// A word is known by the most of these bytes that it has; two characters have six, as most do.
const BYTES: [usize; 3] = [6, 3, 1];
/// How many words of 64 bits an opening has: one for each value of a byte.
const BITS: usize = 256;

impl Finder {
    /// Empty words are left out.
    pub(crate) fn new<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Self {
        let listed = words.into_iter().map(Into::into).enumerate();
        let mut words: Vec<(String, usize)> =
            listed.map(|(place, word)| (word, place)).filter(|(word, _)| !word.is_empty()).collect();
        words.sort_by_key(|(word, _)| (word.chars().next(), Reverse(word.len())));
        let mut openings: Vec<Opening> = Vec::new();
        for (word, _) in &words {
            let Some(bytes) = BYTES.into_iter().find(|bytes| *bytes <= word.len()) else { continue };
            let rest = 64 - 8 * bytes as u32;
            let place = openings.iter().position(|opening| opening.rest == rest).unwrap_or_else(|| {
                openings.push(Opening { rest, bits: Box::new([0; BITS]) });
                openings.len() - 1
            });
            openings[place].add(eight(word.as_bytes()));
        }
        let firsts = words.iter().enumerate().filter_map(|(at, (word, _))| Some((word.chars().next()?, at)));
        let mut starts: Vec<(char, usize)> = firsts.collect();
        starts.dedup_by_key(|(first, _)| *first);
        Self { words, starts, openings }
    }

    /// Whether any of the words stands in a text.
    pub(crate) fn has_any(&self, text: &str) -> bool {
        self.find(text).next().is_some()
    }

    /// The words found, by bytes of the text, and their places in the list.
    pub(crate) fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (Range<usize>, usize)> + 'a {
        let bytes = text.as_bytes();
        let mut at = 0;
        std::iter::from_fn(move || {
            while let Some(first) = bytes.get(at) {
                let next = eight(&bytes[at..]);
                if self.openings.iter().any(|opening| opening.has(next))
                    && let Some((word, place)) = self.longest(&text[at..])
                {
                    let start = at;
                    at += word.len();
                    return Some((start..at, place));
                }
                at += width(*first);
            }
            None
        })
    }

    /// The longest word that the text begins with.
    fn longest(&self, text: &str) -> Option<(&str, usize)> {
        let first = text.chars().next()?;
        let at = self.starts.binary_search_by_key(&first, |(first, _)| *first).ok()?;
        let past = self.starts.get(at + 1).map_or(self.words.len(), |(_, from)| *from);
        let mut same = self.words[self.starts[at].1..past].iter();
        same.find(|(word, _)| text.starts_with(word.as_str())).map(|(word, place)| (word.as_str(), *place))
    }
}

/// How many bytes a character has, by the first of them.
#[inline(always)]
fn width(first: u8) -> usize {
    match first {
        0xe0..=0xef => 3,
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        _ => 4,
    }
}

impl Opening {
    /// The place and the bit of the first bytes of eight.
    #[inline(always)]
    fn place(&self, eight: u64) -> (u8, u64) {
        let hash = (eight << self.rest).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((hash >> 56) as u8, 1 << (hash >> 50 & 63))
    }

    fn add(&mut self, eight: u64) {
        let (place, bit) = self.place(eight);
        self.bits[usize::from(place)] |= bit;
    }

    #[inline(always)]
    fn has(&self, eight: u64) -> bool {
        let (place, bit) = self.place(eight);
        self.bits[usize::from(place)] & bit != 0
    }
}

/// The first eight bytes, the first the lowest; zeros where there are fewer.
#[inline(always)]
fn eight(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or_else(
        || bytes.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte)),
        |first| u64::from_le_bytes(*first),
    )
}

#[cfg(test)]
mod tests {
    use aho_corasick::{AhoCorasick, MatchKind};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_finds_what_an_automaton_finds(
            words in proptest::collection::vec("[路灯港口aé𠮷]{1,4}", 0..12),
            text in "[路灯港口abé，𠮷]{0,40}",
        ) {
            let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&words).unwrap();
            let meant: Vec<_> = automaton.find_iter(&text).map(|m| (m.range(), m.pattern().as_usize())).collect();
            prop_assert_eq!(Finder::new(words).find(&text).collect::<Vec<_>>(), meant);
        }
    }
}
