//! How like two matters are, how much an answer says, and which answers are shown.

use std::collections::HashMap;

use super::matter::{Answer, Bag, Matter, Shelf, normalised};
use crate::features::summed;
use crate::judge::Classifier;

/// What a score is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Factors {
    /// Words and pairs of title and body that both have, the rarer the more; as a share of the asked ones.
    pub words: f32,
    pub pairs: f32,
    pub title: f32,
    /// Of the asked words those that the answer speaks of.
    pub answered: f32,
    /// Likeness of what is asked to the answer, by the model's features.
    pub spoken: f32,
    /// Likeness of the answer to those of the likest matters.
    pub usual: f32,
    /// Likeness by the model's features, and of what it takes the matters for.
    pub features: f32,
    pub topics: f32,
    pub offices: f32,
    /// How much the answer says.
    pub length: f32,
    pub concrete: f32,
    /// Off for an answer that only hands the matter on.
    pub hands_on: f32,
}

/// How many factors there are.
pub const FACTORS: usize = 12;

/// How much each factor counts, in the order of [`Factors`].
pub const WEIGHTS: [f32; FACTORS] = [0.5, 0.25, 0.1, 2.6, 0.9, 0.5, 3.4, 0.1, 0.4, 0.2, 0.25, -0.4];

/// What scores less is another matter. Of 500 held-out letters 99 in 100 have an answer above it among 1,863.
pub const LEAST_SCORE: f32 = 1.3;

/// Saturation and length correction, as in BM25.
const K: f32 = 1.2;
const B: f32 = 0.6;
/// Words of a common letter and of a common answer.
const COMMON_LETTER: f32 = 90.0;
const COMMON_ANSWER: f32 = 110.0;
/// So many of the likest matters say what is usually answered.
const LIKEST: usize = 10;
/// Two answers that share so much are one to the reader.
const SAME: f32 = 0.7;

impl Factors {
    /// In the order of [`WEIGHTS`].
    pub fn list(&self) -> [f32; FACTORS] {
        [
            self.words,
            self.pairs,
            self.title,
            self.answered,
            self.spoken,
            self.usual,
            self.features,
            self.topics,
            self.offices,
            self.length,
            self.concrete,
            self.hands_on,
        ]
    }
}

/// A matter that asks, with how rare its words are.
struct Asking {
    matter: Matter,
    words: HashMap<u32, f32>,
    pairs: HashMap<u32, f32>,
    title: HashMap<u32, f32>,
}

impl Classifier {
    /// The places on the shelf of the `most` answers that would help most, best first, each with its score; answers that
    /// say the same stand once.
    pub fn earlier_answers(&self, shelf: &Shelf, title: &str, body: &str, most: usize) -> Vec<(usize, f32)> {
        self.earlier_answers_by(shelf, title, body, most, &WEIGHTS)
    }

    /// [`Classifier::earlier_answers`] by other weights, for learning them.
    pub fn earlier_answers_by(
        &self,
        shelf: &Shelf,
        title: &str,
        body: &str,
        most: usize,
        weights: &[f32; FACTORS],
    ) -> Vec<(usize, f32)> {
        let factors = self.factors(shelf, title, body);
        let score = |f: &Factors| f.list().iter().zip(weights).map(|(f, w)| f * w).sum::<f32>();
        let mut order: Vec<(usize, f32)> = factors.iter().map(score).enumerate().collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut kept: Vec<(usize, f32)> = Vec::with_capacity(most);
        for (place, score) in order {
            if kept.len() == most {
                break;
            }
            let answer = &shelf.matters[place].1;
            if answer.length > 0.0 && kept.iter().all(|(other, _)| !same(answer, &shelf.matters[*other].1)) {
                kept.push((place, score));
            }
        }
        kept
    }

    /// The factors of each matter on the shelf, in its order.
    pub fn factors(&self, shelf: &Shelf, title: &str, body: &str) -> Vec<Factors> {
        let matter = self.matter(title, body);
        let asking = Asking {
            words: self.rarity(&matter.words),
            pairs: self.rarity(&matter.pairs),
            title: self.rarity(&matter.title),
            matter,
        };
        let mut found: Vec<Factors> =
            shelf.matters.iter().map(|(matter, answer)| factors(&asking, matter, answer)).collect();
        let usual = usual(shelf, &found);
        for (factors, (_, answer)) in found.iter_mut().zip(&shelf.matters) {
            factors.usual = product(&answer.features, &usual);
        }
        found
    }
}

/// What the answers of the likest matters have in common.
fn usual(shelf: &Shelf, found: &[Factors]) -> Bag {
    let likeness = |f: &Factors| f.words + f.features;
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by(|a, b| likeness(&found[*b]).total_cmp(&likeness(&found[*a])).then(a.cmp(b)));
    let together = order.iter().take(LIKEST).flat_map(|place| {
        let weight = likeness(&found[*place]);
        shelf.matters[*place].1.features.iter().map(move |(column, value)| (*column, value * weight))
    });
    normalised(summed(together.collect()))
}

fn factors(asking: &Asking, matter: &Matter, answer: &Answer) -> Factors {
    let own = &asking.matter;
    let letter = 1.0 - B + B * matter.length / COMMON_LETTER;
    let reply = 1.0 - B + B * answer.length / COMMON_ANSWER;
    Factors {
        words: shared(&own.words, &asking.words, &matter.words, letter),
        pairs: shared(&own.pairs, &asking.pairs, &matter.pairs, letter),
        title: shared(&own.title, &asking.title, &matter.title, 1.0),
        answered: shared(&own.words, &asking.words, &answer.words, reply),
        spoken: product(&own.features, &answer.features),
        usual: 0.0,
        features: product(&own.features, &matter.features),
        topics: overlap(&own.topics, &matter.topics),
        offices: overlap(&own.offices, &matter.offices),
        length: answer.length / (answer.length + 40.0),
        concrete: answer.concrete / (answer.concrete + 6.0),
        hands_on: if answer.hands_on { 1.0 } else { 0.0 },
    }
}

/// Of what is asked, weighed by rarity, the share that the other has.
fn shared(asked: &Bag, rarity: &HashMap<u32, f32>, other: &Bag, length: f32) -> f32 {
    let (mut found, mut all) = (0.0, 0.0);
    let mut rest = other.iter().peekable();
    for (hash, count) in asked {
        let weight = rarity.get(hash).copied().unwrap_or(0.0) * (1.0 + count.ln() * 0.5);
        all += weight;
        while rest.next_if(|(other, _)| other < hash).is_some() {}
        if let Some((_, times)) = rest.peek().filter(|(other, _)| other == hash) {
            found += weight * times * (K + 1.0) / (times + K * length);
        }
    }
    if all > 0.0 { found / all } else { 0.0 }
}

fn product(one: &Bag, other: &Bag) -> f32 {
    let mut sum = 0.0;
    let mut rest = other.iter().peekable();
    for (column, value) in one {
        while rest.next_if(|(other, _)| other < column).is_some() {}
        if let Some((_, theirs)) = rest.peek().filter(|(other, _)| other == column) {
            sum += value * theirs;
        }
    }
    sum
}

/// How much of their probability two share (Bhattacharyya).
fn overlap(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| (a * b).sqrt()).sum()
}

/// Whether two answers say the same: most of the shorter one's words stand in the other.
fn same(one: &Answer, other: &Answer) -> bool {
    let (mut both, mut rest) = (0usize, other.words.iter().peekable());
    for (hash, _) in &one.words {
        while rest.next_if(|(theirs, _)| theirs < hash).is_some() {}
        both += usize::from(rest.peek().is_some_and(|(theirs, _)| theirs == hash));
    }
    let all = one.words.len() + other.words.len() - both;
    all > 0 && both as f32 / all as f32 > SAME
}

impl Classifier {
    /// The rarest words of a matter, by which others like it are looked up; at most `most`, the rarest first.
    pub fn telling_words(&self, title: &str, body: &str, most: usize) -> Vec<String> {
        let (document, _) = self.document(title, body);
        let mut seen = std::collections::HashSet::new();
        let words: Vec<_> =
            document.words().iter().filter(|word| !word.connecting && seen.insert(word.hash)).collect();
        let rarities = self.vocabulary().rarities(words.iter().map(|word| word.hash));
        let mut rare: Vec<_> = words.iter().zip(rarities).collect();
        rare.sort_by(|a, b| b.1.total_cmp(&a.1));
        rare.into_iter().take(most).map(|(word, _)| document.text(word).to_owned()).collect()
    }
}
