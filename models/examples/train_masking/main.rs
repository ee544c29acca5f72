//! Learns the weights by which masking recognises persons' names and house numbers, and writes `names.bin` and
//! `addresses.bin`.
//!
//! ```text
//! cargo run --release -p qingting-models --example train_masking -- \
//!     --words DICT --out models/src/text/mask/names.bin --letters LETTERS.jsonl \
//!     --places models/examples/train_masking/places.txt \
//!     models/examples/train_masking/sentences/*.txt models/src/text/mask/cases.tsv
//! cargo run --release -p qingting-models --example train_masking -- \
//!     --addresses models/src/text/mask/addresses.bin \
//!     models/examples/train_masking/sentences/*.txt models/src/text/mask/cases.tsv
//! ```
//!
//! * `--addresses FILE`: learns addresses instead of names, and writes them there; `--address N` is the sum from
//!   which a candidate is one.
//! * `DICT`: the dictionary of jieba-rs (`src/data/dict.txt` of its source), for everyday words and
//!   for the given names of the persons in it.
//! * `--places FILE`: names of cities and counties without 县 and 市, one a line.
//! * `LETTERS.jsonl`: lines with `title` and `body` of letters in which hardly a name stands.
//! * `LABELLED.txt`: sentences with ⟦name:…⟧ and ⟦address:…⟧, and `.tsv` tables of a text and its masked form, which
//!   count three times because masking is tested by them.
//! * `--name N` and `--ruled N` are the sums from which a candidate is a name, by itself and where the
//!   rules found it; `--model FILE` measures one with other such limits instead of learning.
//! * `--test FILE` measures on sentences that are not learned from; `--part 0/5` leaves every fifth
//!   labelled sentence out and measures on those.
//!
//! The labelled sentences are few: each is learned many times with other names in its slots, so
//! that what surrounds names and what names are made of are learned apart. The result is the same
//! for the same input.

#![allow(clippy::print_stdout)]

mod addresses;
mod chance;
mod data;
mod logistic;
mod people;

use std::collections::HashMap;

use data::{Sentence, Sources};
use logistic::{Example, Logistic};
use people::People;
use qingting_models::text::mask::training::{self, Words};

/// How many times a labelled sentence is learned.
const TIMES: usize = 50;
/// How many of them with its own names.
const OWN: usize = 8;
/// How many of them with nobody's name.
const EMPTIED: usize = 8;
/// Of a hundred, how many are told of a city or county.
const PLACED: usize = 30;
const EPOCHS: usize = 5;
/// How often something must have been seen to get a weight.
const SEEN: u32 = 3;
/// Sum of evidence (natural logarithm of the odds) for one step of a stored weight.
const STEP: f32 = 0.2;
/// Buckets of 16 bytes of the two tables.
const WORD_BUCKETS: usize = 9_500;
const WEIGHT_BUCKETS: usize = 24_000;

/// Candidates as learned from, before what was seen seldom is left out.
#[derive(Default)]
struct Seen {
    examples: Vec<(Vec<u32>, [usize; 3], bool)>,
    /// In how many texts something was seen, and the last of them.
    counts: HashMap<u32, (u32, usize)>,
    texts: usize,
}

impl Seen {
    /// `sentence` is the same for one sentence with whatever names: what stands around its names
    /// is one sight only, however often it is learned.
    fn add(&mut self, candidate: training::Candidate, is_name: bool, sentence: usize) {
        self.texts += 1;
        let mut keys = candidate.glance;
        let glance = keys.len();
        keys.extend(candidate.characters);
        let characters = keys.len();
        keys.extend(candidate.words);
        let words = keys.len();
        keys.extend(candidate.context);
        for (i, &key) in keys.iter().enumerate() {
            let text = if i < words { self.texts + 1_000_000_000 } else { sentence + 1 };
            let count = self.counts.entry(key).or_default();
            if count.1 != text {
                *count = (count.0 + 1, text);
            }
        }
        self.examples.push((keys, [glance, characters, words], is_name));
    }

    fn labelled(&mut self, sentence: &Sentence, index: usize, words: &Words) {
        for candidate in training::candidates(&sentence.text, words) {
            let is_name = sentence.names.contains(&(candidate.start, candidate.end));
            self.add(candidate, is_name, index);
        }
    }

    /// What letters hold is no name, but where the rules find one it is not known.
    fn letter(&mut self, text: &str, index: usize, words: &Words) {
        for candidate in training::candidates(text, words).into_iter().filter(|c| !c.ruled) {
            self.add(candidate, false, index);
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sources = Sources::from_args()?;
    if let Some(model) = &sources.model {
        let mut bytes = std::fs::read(model)?;
        bytes.splice(12..20, sources.limits.iter().flat_map(|n| n.to_le_bytes()));
        training::use_model(bytes);
        data::measure(&sources.sentences()?.1);
        return Ok(());
    }
    if let Some(out) = &sources.addresses {
        let (learned, left_out) = sources.sentences()?;
        addresses::learn(&learned, sources.address_limit, out)?;
        data::measure(&left_out);
        return Ok(());
    }
    let dictionary = std::fs::read_to_string(&sources.words)?;
    let place_file = sources.places.as_ref().map(std::fs::read_to_string).transpose()?.unwrap_or_default();
    let common = data::with_places(&place_file, &data::common_words(&dictionary));
    let places: Vec<&str> = place_file.lines().collect();
    let (learned, left_out) = sources.sentences()?;
    let people = People::new(&dictionary, &common, &learned);
    let letters = sources.letters()?;
    let given = people.likely(&letters);
    let words = Words::new(WORD_BUCKETS, given.into_iter(), common.iter().map(|(word, n)| (*word, *n)));
    let mut chance = chance::Chance::new(20_240_501);
    let mut seen = Seen::default();
    for (index, sentence) in learned.iter().enumerate() {
        for time in 0..TIMES {
            let told = if time < OWN || sentence.names.is_empty() && time < OWN * 2 {
                sentence.clone()
            } else if sentence.names.is_empty() {
                break;
            } else if time < OWN + EMPTIED {
                people.emptied(sentence, &mut chance)
            } else {
                people.recast(sentence, &mut chance)
            };
            let placed = chance.percent(PLACED).then(|| people.placed(&told, &places, &mut chance));
            seen.labelled(&placed.unwrap_or(told), index, &words);
        }
    }
    let labelled = seen.examples.len();
    for (index, text) in letters.iter().enumerate() {
        seen.letter(text, learned.len() + index, &words);
    }
    println!("{} sentences, {labelled} candidates; {} with letters", learned.len(), seen.examples.len());
    let (numbers, keys) = number(&seen.counts);
    let examples: Vec<Example> = seen
        .examples
        .into_iter()
        .map(|(keys, ends, is_name)| Example::new(&keys, ends, is_name, &numbers))
        .collect();
    let mut model = Logistic::new(keys.len());
    for epoch in 0..EPOCHS {
        let loss = model.learn(&examples, &mut chance);
        println!("round {epoch}: loss {loss:.5}");
    }
    let steps: Vec<i32> = model.weights().iter().map(|w| (w / STEP).round() as i32).collect();
    let [glance, characters, around] = [0, 1, 2].map(|end| worth_looking(&examples, |e| e.sums(&steps)[end]));
    let mut stored: Vec<(u32, i32)> = keys.iter().copied().zip(steps).filter(|(_, w)| *w != 0).collect();
    stored.sort_by_key(|&(key, w)| (std::cmp::Reverse(w.abs()), key));
    println!("{} weights", stored.len());
    let [name, ruled] = sources.limits;
    let bytes = training::encode(
        [glance, characters, around, name, ruled],
        &words,
        WEIGHT_BUCKETS,
        stored.into_iter(),
    );
    if let Some(out) = &sources.out {
        std::fs::write(out, &bytes)?;
    }
    training::use_model(bytes);
    data::measure(&left_out);
    Ok(())
}

/// Numbers from 0 for the keys that were seen often enough.
fn number(counts: &HashMap<u32, (u32, usize)>) -> (HashMap<u32, u32>, Vec<u32>) {
    let mut keys: Vec<u32> = counts.iter().filter(|(_, n)| n.0 >= SEEN).map(|(key, _)| *key).collect();
    keys.sort_unstable();
    (keys.iter().enumerate().map(|(i, &key)| (key, i as u32)).collect(), keys)
}

/// The measure below which hardly any name is.
fn worth_looking(examples: &[Example], sum: impl Fn(&Example) -> i32) -> i32 {
    let mut names: Vec<i32> = examples.iter().filter(|e| e.is_name).map(&sum).collect();
    names.sort_unstable();
    let worth = names.get(names.len() / 500).copied().unwrap_or(0);
    let others: Vec<i32> = examples.iter().filter(|e| !e.is_name).map(&sum).collect();
    let looked = others.iter().filter(|&&s| s >= worth).count();
    println!("worth looking from {worth}: {:.3} of what is no name", looked as f32 / others.len() as f32);
    worth
}
