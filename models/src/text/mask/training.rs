//! What `examples/train_masking` needs of the masking: candidates with what speaks for and against them.

use std::borrow::Cow;

use super::address;
use super::cues;
use super::features::{self, Lexicon};
use super::glance;
use super::page::Page;
use super::recognise::{MODEL, Model};
use super::table::{Table, word_key};
use super::{name_lists, names};

/// A stretch of a text that could be a name, in characters.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Whether the rules take it or characters of it for a name.
    pub ruled: bool,
    /// What tells most of what is no name from names.
    pub glance: Vec<u32>,
    /// What else its characters and those beside them say.
    pub characters: Vec<u32>,
    /// What the words around its ends say.
    pub words: Vec<u32>,
    /// What stands around it says.
    pub context: Vec<u32>,
}

/// Everyday words and how common each is, for the candidates of texts.
pub struct Words(Lexicon);

impl Words {
    /// Words of two to four characters, each with a number from 1 (seldom) to 31, the commonest first;
    /// and characters with their place in a given name (first 1, last 2, alone 3) and how likely they are there.
    pub fn new<'a>(
        buckets: usize,
        given: impl Iterator<Item = (char, u32, i32)>,
        words: impl Iterator<Item = (&'a str, i32)>,
    ) -> Self {
        let place = |n: u32| char::from_u32(n + 1).unwrap_or('\0');
        let given = given.map(|(c, at, likely)| (word_key([c, place(at), '\0', '\0']), likely));
        let keyed = words.map(|(word, common)| {
            let mut chars = ['\0'; 4];
            chars.iter_mut().zip(word.chars()).for_each(|(place, c)| *place = c);
            (word_key(chars), common)
        });
        Self(Lexicon::new(Table::build(buckets, given.chain(keyed))))
    }
}

/// Every candidate of a text.
pub fn candidates(text: &str, words: &Words) -> Vec<Candidate> {
    let page = Page::read(text);
    let cues = cues::find(&page);
    let mut ruled = Vec::new();
    names::find(&page, &cues, &mut ruled);
    ruled.sort_unstable_by_key(|r| (r.start, r.end));
    let starts = 0..page.chars.len();
    let found = starts.flat_map(|start| features::candidates(&page, start));
    found
        .map(|c| {
            let (mut characters, mut around, mut context) = (Vec::new(), Vec::new(), Vec::new());
            let mut first = Vec::new();
            glance::at_a_glance(&page, &words.0, &c, &mut |key| first.push(key));
            features::of_characters(&page, &words.0, &c, &mut |key| characters.push(key));
            features::of_words(&page, &words.0, &c, &mut |key| around.push(key));
            features::of_context(&page, &cues, &ruled, &c, &mut |key| context.push(key));
            let ruled = ruled.iter().any(|r| r.start < c.end && c.start < r.end);
            Candidate { start: c.start, end: c.end, ruled, glance: first, characters, words: around, context }
        })
        .collect()
}

/// The bytes of a model: limits (in the order of [`Limits`]), words and weights.
pub fn encode(
    limits: [i32; 5],
    words: &Words,
    buckets: usize,
    weights: impl Iterator<Item = (u32, i32)>,
) -> Vec<u8> {
    let mut bytes: Vec<u8> = limits.iter().flat_map(|n| n.to_le_bytes()).collect();
    bytes.extend((words.0.bytes().len() as i32).to_le_bytes());
    bytes.extend(words.0.bytes());
    bytes.extend(Table::build(buckets, weights).bytes());
    bytes
}

/// Lets this process mask with another model; only before its first text.
pub fn use_model(bytes: Vec<u8>) -> bool {
    MODEL.set(Model::read(Cow::Owned(bytes))).is_ok()
}

/// A stretch of a text that has the form of a house or flat number, in characters.
#[derive(Debug, Clone)]
pub struct HouseCandidate {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// What speaks for and against it.
    pub there: Vec<u32>,
}

/// Every candidate of a text of which `is_address` tells the addresses, by start and end.
pub fn house_candidates(text: &str, is_address: &dyn Fn(usize, usize) -> bool) -> Vec<HouseCandidate> {
    let page = Page::read(text);
    let found = address::candidates(&page, &|c| is_address(c.start, c.end));
    let told = |candidate: address::Candidate| {
        let mut there = Vec::new();
        candidate.tell(&page, &mut |key| there.push(key));
        HouseCandidate { start: candidate.start, end: candidate.end, there }
    };
    found.into_iter().map(told).collect()
}

/// The bytes of a model of addresses: from which sum on a candidate is one, and the weights.
pub fn encode_houses(limit: i32, buckets: usize, weights: impl Iterator<Item = (u32, i32)>) -> Vec<u8> {
    let mut bytes = limit.to_le_bytes().to_vec();
    bytes.extend(Table::build(buckets, weights).bytes());
    bytes
}

/// Lets this process mask addresses with another model; only before its first text.
pub fn use_houses(bytes: Vec<u8>) -> bool {
    address::MODEL.set(address::Model::read(Cow::Owned(bytes))).is_ok()
}

/// Whether a character is a whole surname.
pub fn is_surname(c: char) -> bool {
    name_lists::is_single_surname(c)
}
