//! What names are made of and what only begins like one: surnames, characters of given names, everyday words.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::page::Page;
use super::word_list::CharSet;

/// The commonest surnames: lines of single characters, then one compound surname a line.
const SURNAMES: &str = include_str!("surnames.txt");
/// First two characters of names without a surname: Tibetan, Uyghur and Kazakh, Mongol, Yi, Dai, a line each.
const BEGINNINGS: &str = include_str!("beginnings.txt");
/// Characters that given names are usually made of, and everyday words seldom.
const GIVEN: &str = include_str!("given.txt");
/// Everyday words that begin with a character that is also a surname, many of them of jieba's dictionary.
const WORDS: &str = include_str!("words.txt");
/// Surnames that begin so many everyday words that a weak cue is not enough for them.
const AMBIGUOUS: &str = include_str!("ambiguous.txt");

struct Lists {
    /// Surnames of one character, and what begins longer ones and names without a surname too.
    first: CharSet,
    single: CharSet,
    compound: HashSet<[char; 2]>,
    beginnings: HashSet<[char; 2]>,
    begins_compound: CharSet,
    begins_other: CharSet,
    ambiguous: CharSet,
    words: HashSet<Vec<char>>,
    begins_word: CharSet,
    given: CharSet,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let lines = || SURNAMES.lines().map(|line| line.chars().collect::<Vec<_>>());
    let single = || lines().filter(|l| l.len() != 2).flatten();
    let pair = |word: &str| <[char; 2]>::try_from(word.chars().collect::<Vec<_>>()).ok();
    let beginnings = || BEGINNINGS.split_whitespace().filter_map(pair);
    let compound = || lines().filter_map(|l| <[char; 2]>::try_from(l).ok());
    Lists {
        first: single().chain(compound().chain(beginnings()).map(|pair| pair[0])).collect(),
        single: single().collect(),
        compound: compound().collect(),
        beginnings: beginnings().collect(),
        begins_compound: compound().map(|pair| pair[0]).collect(),
        begins_other: beginnings().map(|pair| pair[0]).collect(),
        ambiguous: AMBIGUOUS.trim().chars().collect(),
        words: WORDS.split_whitespace().map(|w| w.chars().collect()).collect(),
        begins_word: WORDS.split_whitespace().filter_map(|w| w.chars().next()).collect(),
        given: GIVEN.lines().flat_map(str::chars).collect(),
    }
});

/// Whether given names are usually made of a character.
pub(super) fn is_usual(c: char) -> bool {
    LISTS.given.contains(c)
}

/// Whether every given character is one of the usual.
pub(super) fn is_likely(page: &Page, given: usize, end: usize) -> bool {
    (given..end).all(|i| is_usual(page.at(i)))
}

/// Whether the surname here begins few everyday words.
pub(super) fn is_plain(page: &Page, start: usize) -> bool {
    !LISTS.ambiguous.contains(page.at(start)) || surname_length(page, start) == 2
}

/// Whether a name without a surname can begin with the two characters at an index: 扎西, 买买, 乌云.
pub(super) fn begins_other(page: &Page, start: usize) -> bool {
    let first = page.at(start);
    LISTS.begins_other.contains(first) && LISTS.beginnings.contains(&[first, page.at(start + 1)])
}

/// Whether a name can begin with this character.
pub(super) fn is_surname(c: char) -> bool {
    LISTS.first.contains(c)
}

/// Whether this character is a whole surname.
pub(super) fn is_single_surname(c: char) -> bool {
    LISTS.single.contains(c)
}

/// The surnames of one character, each with its place among them.
pub(super) fn single_surnames() -> &'static CharSet {
    &LISTS.single
}

/// One character or two: how long the surname is that starts here, or 0.
pub(super) fn surname_length(page: &Page, start: usize) -> usize {
    let first = page.at(start);
    if LISTS.begins_compound.contains(first) && LISTS.compound.contains(&[first, page.at(start + 1)]) {
        2
    } else {
        usize::from(LISTS.single.contains(first))
    }
}

pub(super) fn is_exact_word(page: &Page, start: usize, end: usize) -> bool {
    let begins = LISTS.begins_word.contains(page.at(start));
    begins && page.chars.get(start..end).is_some_and(|name| LISTS.words.contains(name))
}

pub(super) fn is_word(page: &Page, start: usize, end: usize) -> bool {
    let begins = end > start + 2 && surname_length(page, start) == 1 && is_exact_word(page, start, start + 2);
    begins || is_exact_word(page, start, end) || is_exact_word(page, start, end + 1)
}
