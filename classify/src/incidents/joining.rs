//! Whether an item belongs to an incident that is known, and which incidents turn out to be one.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::clauses::{Clause, ClauseSet};
use super::kinship::{Compared, Kinship};
use super::signature::{Member, Signature};

/// How long an incident without news is still looked at.
pub(super) const WINDOW_MS: i64 = 90 * 86_400_000;
/// How many of an incident's members, the latest, speak for it.
pub const FACE: usize = 8;
/// Under how many words, and how many runs of names, earlier incidents are looked up.
const PROBED_WORDS: usize = 24;
const PROBED_NAMES: usize = 12;
/// How many incidents are looked at closely.
const CANDIDATES: usize = 12;
/// What the nearest member counts beside the mean of all: one that resembles a single member of many is no kin.
const NEAREST: f32 = 0.3;
/// From which kinship on an item joins, and two incidents are one. A wrong merge draws in many items, and what draws them
/// on, so it needs more than a wrong joining.
const JOIN: f32 = 0.45;
const MERGE: f32 = 0.8;
/// In how many items of which an item has little else a clause must stand to be a formula.
const STRANGERS: usize = 2;

/// A term to look up, and what finding it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    pub hash: u32,
    pub weight: f32,
}

/// That an incident has a term.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posting<I> {
    pub hash: u32,
    pub incident: I,
}

/// An incident with the members that speak for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Known<'f, I> {
    pub incident: I,
    pub face: &'f [Member],
}

/// What becomes of an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Decision<I> {
    /// It is the first of its matter.
    New,
    Join {
        incident: I,
        /// The probability that it belongs there.
        kinship: f32,
        /// Incidents that are the same matter.
        merge: Vec<I>,
    },
}

/// The terms under which an item is found again and others are looked up: its rarest.
pub fn probes(signature: &Signature) -> Vec<Term> {
    let heaviest = |part: &[(u32, f32)], most: usize| {
        let mut part = part.to_vec();
        part.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        part.truncate(most);
        part
    };
    let mut terms: BTreeMap<u32, f32> = BTreeMap::new();
    for (hash, weight) in heaviest(&signature.words, PROBED_WORDS)
        .into_iter()
        .chain(heaviest(&signature.names.entries, PROBED_NAMES))
    {
        let held = terms.entry(hash).or_default();
        *held = held.max(weight);
    }
    terms.into_iter().map(|(hash, weight)| Term { hash, weight }).collect()
}

/// The incidents that share most with an item, best first. A term that many incidents have counts for less, so that the
/// name of a street does not bring together all that happens there.
pub fn rank<I: Copy + Ord + Hash>(terms: &[Term], postings: &[Posting<I>]) -> Vec<I> {
    let mut holders: HashMap<u32, f32> = HashMap::new();
    for posting in postings {
        *holders.entry(posting.hash).or_default() += 1.0;
    }
    let weights: HashMap<u32, f32> = terms.iter().map(|term| (term.hash, term.weight)).collect();
    let mut sums: BTreeMap<I, f32> = BTreeMap::new();
    for posting in postings {
        let (weight, holders) = (weights.get(&posting.hash), holders.get(&posting.hash));
        if let (Some(weight), Some(holders)) = (weight, holders) {
            *sums.entry(posting.incident).or_default() += weight * weight / (1.0 + holders).ln();
        }
    }
    let mut ranked: Vec<(I, f32)> = sums.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked.into_iter().take(CANDIDATES).map(|(incident, _)| incident).collect()
}

/// Decides on an item among the incidents of [`rank`]. Of equals the first is taken.
pub(super) fn decide<I: Copy>(kinship: &Kinship, item: &Member, known: &[Known<'_, I>]) -> Decision<I> {
    let compared: Vec<Vec<Compared<'_>>> = known
        .iter()
        .map(|known| known.face.iter().map(|member| Compared::new(item, member)).collect())
        .collect();
    let formulas = formulas(kinship, compared.iter().flatten());
    let of_item = |face: &Vec<Compared<'_>>| mean(face.iter().map(|c| kinship.of_compared(c, &formulas)));
    let mut near: Vec<(f32, &Known<'_, I>)> = compared.iter().map(of_item).zip(known).collect();
    near.retain(|(value, _)| *value >= JOIN);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some(((value, first), others)) = near.split_first() else { return Decision::New };
    let mut face = first.face.to_vec();
    face.push(item.clone());
    let merge = others.iter().filter(|(_, other)| between(kinship, &face, other.face) >= MERGE);
    Decision::Join {
        incident: first.incident,
        kinship: *value,
        merge: merge.map(|(_, other)| other.incident).collect(),
    }
}

/// The clauses of an item that stand in others of which it has little else: what those say who write items down.
fn formulas<'c>(kinship: &Kinship, compared: impl Iterator<Item = &'c Compared<'c>>) -> ClauseSet {
    let mut strangers = [0usize; 1 << Clause::BITS];
    let mut formulas = ClauseSet::default();
    for clause in compared.flat_map(|compared| kinship.strange(compared)) {
        strangers[usize::from(clause)] += 1;
        if strangers[usize::from(clause)] == STRANGERS {
            formulas.insert(clause);
        }
    }
    formulas
}

/// The kinship of two groups.
fn between(kinship: &Kinship, one: &[Member], other: &[Member]) -> f32 {
    mean(one.iter().flat_map(|a| other.iter().map(|b| kinship.of(a, b))))
}

/// What the kinship of the nearest two members and that of all on average come to.
fn mean(kinships: impl Iterator<Item = f32>) -> f32 {
    let (mut nearest, mut sum, mut count) = (0.0f32, 0.0, 0.0);
    for value in kinships {
        nearest = nearest.max(value);
        sum += value;
        count += 1.0;
    }
    NEAREST * nearest + (1.0 - NEAREST) * sum / f32::max(count, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incidents::INPUTS;
    use crate::incidents::clauses::Placed;

    /// Kin by matter alone: certain at a likeness of one, hardly at a half.
    const BY_MATTER: Kinship = {
        let mut slopes = [0.0; INPUTS];
        slopes[1] = 30.0;
        Kinship { slopes, offset: -20.0 }
    };

    fn item(matter: &[(u32, f32)]) -> Member {
        let matter = Placed::new(matter.to_vec(), Vec::new());
        Member { signature: Signature { matter, ..Signature::default() }, at: 0 }
    }

    #[test]
    fn an_item_that_is_like_two_incidents_that_are_alike_makes_them_one() {
        let faces = [[item(&[(1, 1.0)])], [item(&[(1, 0.9), (2, 0.4)])]];
        let alike = [Known { incident: 'a', face: &faces[0] }, Known { incident: 'b', face: &faces[1] }];
        let Decision::Join { incident, kinship, merge } = decide(&BY_MATTER, &item(&[(1, 1.0)]), &alike)
        else {
            panic!("it joins");
        };
        assert_eq!((incident, merge), ('a', vec!['b']));
        assert!(kinship > 0.99);
        let faces = [[(1, 0.5), (2, 0.5)], [(3, 0.5), (4, 0.5)]].map(|matter| vec![item(&matter); 3]);
        let apart = [Known { incident: 'a', face: &faces[0] }, Known { incident: 'b', face: &faces[1] }];
        let between = decide(&BY_MATTER, &item(&[(1, 1.0), (2, 1.0), (3, 1.0), (4, 0.9)]), &apart);
        assert!(matches!(between, Decision::Join { incident: 'a', merge, .. } if merge.is_empty()));
        assert_eq!(decide(&BY_MATTER, &item(&[(9, 1.0)]), &apart), Decision::New);
    }

    #[test]
    fn one_like_member_of_many_is_not_enough() {
        let mut face = vec![item(&[(1, 1.0)])];
        face.extend((2..8).map(|hash| item(&[(hash, 1.0)])));
        assert_eq!(
            decide(&BY_MATTER, &item(&[(1, 1.0)]), &[Known { incident: 1, face: &face }]),
            Decision::New
        );
    }

    #[test]
    fn a_term_that_many_incidents_have_brings_an_incident_up_less() {
        let terms = [Term { hash: 1, weight: 0.5 }, Term { hash: 2, weight: 0.5 }];
        let mut postings: Vec<_> = (0..40).map(|incident| Posting { hash: 1, incident }).collect();
        postings.push(Posting { hash: 2, incident: 99 });
        let ranked = rank(&terms, &postings);
        assert_eq!((ranked[0], ranked.len()), (99, CANDIDATES));
    }
}
