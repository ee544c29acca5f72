//! Whether an item belongs to an incident that is known, and which incidents turn out to be one.

use std::collections::BTreeMap;
use std::hash::Hash;

use rustc_hash::{FxBuildHasher, FxHashMap};

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
/// About how many incidents share a term with an item.
const MET: usize = 1_024;
/// How many incidents are looked at closely.
const CANDIDATES: usize = 12;
/// What the nearest member counts beside the mean of all: one that resembles a single member of many is no kin.
const NEAREST: f32 = 0.3;
/// From which kinship on an item joins, and two incidents are one. A wrong merge draws in many items, and what draws them
/// on, so it needs more than a wrong joining.
const JOIN: f32 = 0.45;
const MERGE: f32 = 0.8;
/// Rounding cannot make up for so much.
const SURELY: f32 = 1e-3;
/// How many pairs are remembered: some tens of megabytes.
const PAIRS: usize = 500_000;
/// In how many items of which an item has little else a clause must stand to be a formula.
const STRANGERS: usize = 2;

/// A term to look up, and what finding it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    pub hash: u32,
    pub weight: f32,
}

/// An item that is to come to its incident, with the terms under which others are looked up and it is found again.
#[derive(Debug, Clone, PartialEq)]
pub struct Newcomer {
    pub member: Member,
    pub terms: Vec<Term>,
}

impl From<Member> for Newcomer {
    fn from(member: Member) -> Self {
        Self { terms: probes(&member.signature), member }
    }
}

/// A member that speaks for its incident, with a number that no other has.
#[derive(Debug, Clone)]
pub(super) struct Speaker {
    pub number: u64,
    pub member: Member,
}

/// The kinship of speakers who met before: as an incident grows, the same are compared again and again.
#[derive(Debug, Default)]
pub(super) struct Pairs(FxHashMap<(u64, u64), f32>);

impl Pairs {
    fn of(&mut self, kinship: &Kinship, one: &Speaker, other: &Speaker) -> f32 {
        if self.0.len() >= PAIRS {
            self.forget();
        }
        let pair = (one.number, other.number);
        *self.0.entry(pair).or_insert_with(|| kinship.of(&one.member, &other.member))
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

/// An incident with the members that speak for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'f, I> {
    pub incident: I,
    pub face: &'f [Speaker],
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
fn probes(signature: &Signature) -> Vec<Term> {
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

/// Which incidents share most with an item.
#[derive(Debug)]
pub struct Ranking<I>(FxHashMap<I, f32>);

impl<I> Default for Ranking<I> {
    fn default() -> Self {
        Self(FxHashMap::with_capacity_and_hasher(MET, FxBuildHasher))
    }
}

impl<I: Copy + Ord + Hash> Ranking<I> {
    /// Counts a term: what it weighs, and the incidents that have it, each once. A term that many have counts for less, so that
    /// the name of a street does not bring together all that happens there.
    pub fn add(&mut self, weight: f32, incidents: &[I]) {
        let share = weight * weight / (1.0 + incidents.len() as f32).ln();
        for incident in incidents {
            *self.0.entry(*incident).or_default() += share;
        }
    }

    /// Those that share most, best first; of equals the first.
    pub fn best(self) -> Vec<I> {
        let better = |a: &(I, f32), b: &(I, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let mut ranked: Vec<(I, f32)> = self.0.into_iter().collect();
        if ranked.len() > CANDIDATES {
            ranked.select_nth_unstable_by(CANDIDATES - 1, better);
            ranked.truncate(CANDIDATES);
        }
        ranked.sort_unstable_by(better);
        ranked.into_iter().map(|(incident, _)| incident).collect()
    }
}

/// Decides on an item among the incidents of a [`Ranking`]. Of equals the first is taken.
pub(super) fn decide<I: Copy>(
    kinship: &Kinship,
    pairs: &mut Pairs,
    item: &Member,
    known: &[Known<'_, I>],
) -> Decision<I> {
    let compared: Vec<Vec<Compared<'_>>> = known
        .iter()
        .map(|known| known.face.iter().map(|speaker| Compared::new(item, &speaker.member)).collect())
        .collect();
    let formulas = formulas(kinship, compared.iter().flatten());
    let of_item = |face: &Vec<Compared<'_>>| mean(face.iter().map(|c| kinship.of_compared(c, &formulas)));
    let mut near: Vec<(f32, usize)> = compared.iter().map(of_item).zip(0..).collect();
    near.retain(|(value, _)| *value >= JOIN);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some((&(value, first), others)) = near.split_first() else { return Decision::New };
    let are_one = |other: &&(f32, usize)| {
        are_one(kinship, pairs, known[first].face, known[other.1].face, &compared[other.1])
    };
    let merge = others.iter().filter(are_one).map(|(_, other)| known[*other].incident).collect();
    Decision::Join { incident: known[first].incident, kinship: value, merge }
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

/// Whether the members of an incident, with the item that comes to it, and those of another are of one matter. `of_item` are
/// the others compared with the item.
fn are_one(
    kinship: &Kinship,
    pairs: &mut Pairs,
    face: &[Speaker],
    other: &[Speaker],
    of_item: &[Compared<'_>],
) -> bool {
    let count = ((face.len() + 1) * other.len()).max(1) as f32;
    let (mut sum, mut nearest, mut left) = (0.0f32, 0.0f32, count);
    let mut may_be = |value: f32| {
        nearest = nearest.max(value);
        sum += value;
        left -= 1.0;
        // If all that follow were alike.
        blend(1.0, sum + left, count) >= MERGE - SURELY
    };
    for one in face {
        for other in other {
            if !may_be(pairs.of(kinship, one, other)) {
                return false;
            }
        }
    }
    if !of_item.iter().all(|compared| may_be(kinship.of_compared(compared, &ClauseSet::default()))) {
        return false;
    }
    blend(nearest, sum, count) >= MERGE
}

/// What the kinship of the nearest two members and that of all on average come to.
fn mean(kinships: impl Iterator<Item = f32>) -> f32 {
    let (mut nearest, mut sum, mut count) = (0.0f32, 0.0, 0.0);
    for value in kinships {
        nearest = nearest.max(value);
        sum += value;
        count += 1.0;
    }
    blend(nearest, sum, f32::max(count, 1.0))
}

fn blend(nearest: f32, sum: f32, count: f32) -> f32 {
    NEAREST * nearest + (1.0 - NEAREST) * sum / count
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

    fn speakers(members: impl IntoIterator<Item = Member>) -> Vec<Speaker> {
        members.into_iter().zip(0..).map(|(member, number)| Speaker { number, member }).collect()
    }

    fn decide(item: &Member, known: &[Known<'_, char>]) -> Decision<char> {
        super::decide(&BY_MATTER, &mut Pairs::default(), item, known)
    }

    fn item(matter: &[(u32, f32)]) -> Member {
        let matter = Placed::nowhere(matter.to_vec());
        Member { signature: Signature { matter, ..Signature::default() }, at: 0 }
    }

    #[test]
    fn an_item_that_is_like_two_incidents_that_are_alike_makes_them_one() {
        let faces = [[item(&[(1, 1.0)])], [item(&[(1, 0.9), (2, 0.4)])]].map(speakers);
        let alike = [Known { incident: 'a', face: &faces[0] }, Known { incident: 'b', face: &faces[1] }];
        let Decision::Join { incident, kinship, merge } = decide(&item(&[(1, 1.0)]), &alike) else {
            panic!("it joins");
        };
        assert_eq!((incident, merge), ('a', vec!['b']));
        assert!(kinship > 0.99);
        let faces =
            [[(1, 0.5), (2, 0.5)], [(3, 0.5), (4, 0.5)]].map(|matter| speakers(vec![item(&matter); 3]));
        let apart = [Known { incident: 'a', face: &faces[0] }, Known { incident: 'b', face: &faces[1] }];
        let between = decide(&item(&[(1, 1.0), (2, 1.0), (3, 1.0), (4, 0.9)]), &apart);
        assert!(matches!(between, Decision::Join { incident: 'a', merge, .. } if merge.is_empty()));
        assert_eq!(decide(&item(&[(9, 1.0)]), &apart), Decision::New);
    }

    #[test]
    fn one_like_member_of_many_is_not_enough() {
        let mut face = vec![item(&[(1, 1.0)])];
        face.extend((2..8).map(|hash| item(&[(hash, 1.0)])));
        let known = [Known { incident: 'a', face: &speakers(face) }];
        assert_eq!(decide(&item(&[(1, 1.0)]), &known), Decision::New);
    }

    #[test]
    fn a_term_that_many_incidents_have_brings_an_incident_up_less() {
        let mut ranking = Ranking::default();
        ranking.add(0.5, &Vec::from_iter((0..40).rev()));
        ranking.add(0.5, &[99]);
        let ranked = ranking.best();
        assert_eq!((ranked[0], ranked.len()), (99, CANDIDATES));
        assert_eq!(ranked[1..4], [0, 1, 2], "of equals the first");
    }
}
