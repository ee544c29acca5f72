//! What two texts have in common, clause by clause.
//!
//! A sentence that both have nearly word for word is one piece of evidence, however many rare words it has: it may be a
//! formula of those who write items down. So it only adds to what the texts have in common besides, and where it is known
//! to be a formula it adds nothing.

use super::clauses::{Clause, ClauseSet, NO_CLAUSE, Placed};
use super::signature::Signature;

/// Which part of the features of a clause another must have to be nearly the same, and how many at least.
const NEARLY: f32 = 0.6;
const LEAST: usize = 2;
/// Which part of what a clause names in each text the other must name nowhere, for the two to be about different places.
const ANOTHER: f32 = 0.5;
/// So much likeness of matter comes from one word that many use.
pub(super) const A_WORD: f32 = 0.01;

/// Names and matter that two texts have in common, as parts of cosines.
#[derive(Debug, Default)]
pub(super) struct Common {
    names: f32,
    matter: f32,
    /// What they have nearly word for word is not in the sums.
    sentences: Vec<Sentence>,
    /// Whether both have a clause nearly word for word that names another place in each.
    of_another_place: bool,
}

/// A sentence, or neighbouring clauses of one, that both texts have.
#[derive(Debug)]
struct Sentence {
    /// From the first to the last, in the one text and in the other.
    one: (Clause, Clause),
    other: (Clause, Clause),
    names: f32,
    /// The heaviest that it holds.
    matter: f32,
}

impl Common {
    pub(super) fn of(one: &Signature, other: &Signature) -> Self {
        let mut common = Self::default();
        let mut placed = Vec::new();
        each_shared(&one.matter, &other.matter, |a, b, weight| {
            if a == NO_CLAUSE || b == NO_CLAUSE {
                common.matter += weight;
            } else {
                placed.push((a, b, weight));
            }
        });
        placed.sort_unstable_by_key(|&(a, b, _)| (a, b));
        for clause in placed.chunk_by(|x, y| (x.0, x.1) == (y.0, y.1)) {
            let [(a, b, _), ..] = *clause else { continue };
            let weights = clause.iter().map(|shared| shared.2);
            let longer = one.matter.count_in(a).max(other.matter.count_in(b));
            if clause.len() >= LEAST && clause.len() as f32 >= NEARLY * longer as f32 {
                common.push(a, b, weights.fold(0.0, f32::max));
                common.of_another_place |=
                    names_others(&one.names, a, &other.names) && names_others(&other.names, b, &one.names);
            } else {
                common.matter += weights.sum::<f32>();
            }
        }
        each_shared(&one.names, &other.names, |a, b, weight| match common.sentence(a, b) {
            Some(sentence) => sentence.names += weight,
            None => common.names += weight,
        });
        common
    }

    fn push(&mut self, a: Clause, b: Clause, matter: f32) {
        if let Some(last) = self.sentences.last_mut()
            && (last.one.1.checked_add(1), last.other.1.checked_add(1)) == (Some(a), Some(b))
        {
            (last.one.1, last.other.1) = (a, b);
            last.matter = last.matter.max(matter);
        } else {
            self.sentences.push(Sentence { one: (a, a), other: (b, b), names: 0.0, matter });
        }
    }

    fn sentence(&mut self, a: Clause, b: Clause) -> Option<&mut Sentence> {
        self.sentences.iter_mut().find(|sentence| {
            (sentence.one.0..=sentence.one.1).contains(&a)
                && (sentence.other.0..=sentence.other.1).contains(&b)
        })
    }

    /// Whether both tell nearly word for word of different places.
    pub(super) fn is_of_another_place(&self) -> bool {
        self.of_another_place
    }

    pub(super) fn has_sentences(&self) -> bool {
        !self.sentences.is_empty()
    }

    /// The clauses of the one text that the other has too.
    pub(super) fn clauses(&self) -> impl Iterator<Item = Clause> {
        self.sentences.iter().flat_map(|sentence| sentence.one.0..=sentence.one.1)
    }

    /// Names and matter without the common sentences.
    pub(super) fn without_sentences(&self) -> (f32, f32) {
        (self.names, self.matter)
    }

    /// Names and matter; `formulas` are clauses of the one text that are no evidence. What a sentence names counts where
    /// something else says what happened, and what it says happened where something else names the place.
    pub(super) fn but(&self, formulas: &ClauseSet) -> (f32, f32) {
        let is_formula = |sentence: &&Sentence| (sentence.one.0..=sentence.one.1).all(|c| formulas.has(c));
        let (mut names, mut matter) = self.without_sentences();
        for sentence in self.sentences.iter().filter(|sentence| !is_formula(sentence)) {
            if self.matter > A_WORD {
                names += sentence.names;
            }
            if self.names > 0.0 {
                matter += sentence.matter;
            }
        }
        (names, matter)
    }
}

/// Whether most of what a clause names is named nowhere in the other text.
fn names_others(of: &Placed, clause: Clause, other: &Placed) -> bool {
    let (mut named, mut strange) = (0.0, 0.0);
    for (&(hash, weight), _) in of.entries.iter().zip(&of.clauses).filter(|(_, held)| **held == clause) {
        named += weight * weight;
        if other.entries.binary_search_by_key(&hash, |(hash, _)| *hash).is_err() {
            strange += weight * weight;
        }
    }
    strange > ANOTHER * named
}

/// Hands on the clauses of what both have, and what it adds to their cosine.
fn each_shared(one: &Placed, other: &Placed, mut found: impl FnMut(Clause, Clause, f32)) {
    let (mut i, mut j) = (0, 0);
    while let (Some(&(x, v)), Some(&(y, w))) = (one.entries.get(i), other.entries.get(j)) {
        match x.cmp(&y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                found(one.clauses[i], other.clauses[j], v * w);
                (i, j) = (i + 1, j + 1);
            }
        }
    }
}
