//! The incidents of a run: under which terms they are found, and the members that speak for them.
//!
//! A shelf may hold everything, as for a file, or the part of a larger index that some items can meet: see
//! [`Shelf::put_term`] and [`Shelf::missing`].

use std::collections::HashSet;
use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::joining::{Decision, FACE, Known, Newcomer, Pairs, Ranking, Speaker, WINDOW_MS, decide};
use super::kinship::Kinship;
use super::signature::Member;

/// How many incidents a term keeps, the latest.
const HOLDERS: usize = 64;
/// A term whose latest holder has it again is left as it is for so long, so that the calls of a day about one matter change
/// no list.
const AGAIN_MS: u64 = 86_400_000;

/// An incident that has a term, and the time of the last member that had it, in milliseconds since 1970, or of one up to a
/// day before.
pub type Holder<I> = (I, i64);

/// What became of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined<I> {
    pub incident: I,
    /// The probability that it belongs there; `None` when it is the first of its matter.
    pub kinship: Option<f32>,
    /// Incidents that turned out to be the same matter and live on in `incident`.
    pub merged: Vec<I>,
    /// The terms that have other holders since.
    pub terms: Vec<u32>,
}

/// Incidents and under which terms they are found.
#[derive(Debug)]
pub struct Shelf<I> {
    kinship: Kinship,
    terms: FxHashMap<u32, Used<Vec<Holder<I>>>>,
    /// The latest members of each incident, oldest first, under the name by which the caller knows them.
    faces: FxHashMap<I, Used<Vec<Speaker>>>,
    /// How many members were ever given a number.
    numbered: u64,
    pairs: Pairs,
    /// Raised by [`Shelf::trim`]; what was used since is marked with it.
    now: u32,
    /// Where merged incidents live on.
    lives_in: FxHashMap<I, I>,
    /// Incidents that a person parted: never merged.
    apart: HashSet<(I, I)>,
}

/// What lies on a shelf, and when it was used last.
#[derive(Debug, Clone)]
struct Used<T> {
    what: T,
    last: u32,
}

impl<I> Default for Shelf<I> {
    fn default() -> Self {
        Self::new(Kinship::default())
    }
}

impl<I> Shelf<I> {
    /// An empty shelf that tells likeness by `kinship`.
    pub fn new(kinship: Kinship) -> Self {
        Self {
            kinship,
            terms: FxHashMap::default(),
            faces: FxHashMap::default(),
            numbered: 0,
            pairs: Pairs::default(),
            now: 0,
            lives_in: FxHashMap::default(),
            apart: HashSet::new(),
        }
    }
}

impl<I: Copy + Ord + Hash> Shelf<I> {
    /// Puts in a term with its holders, the latest last, in place of what was known of it.
    pub fn put_term(&mut self, hash: u32, holders: Vec<Holder<I>>) {
        self.terms.insert(hash, Used { what: holders, last: self.now });
    }

    /// The holders of a term, the latest last.
    pub fn term(&self, hash: u32) -> &[Holder<I>] {
        self.terms.get(&hash).map(|term| term.what.as_slice()).unwrap_or_default()
    }

    /// Whether a term was put in or met.
    pub fn has_term(&self, hash: u32) -> bool {
        self.terms.contains_key(&hash)
    }

    /// How many terms and faces it holds.
    pub fn len(&self) -> usize {
        self.terms.len() + self.faces.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts in an incident with its latest members, oldest first.
    pub fn put_face(&mut self, incident: I, face: Vec<Member>) {
        let face = face.into_iter().map(|member| self.speaker(member)).collect();
        self.faces.insert(incident, Used { what: face, last: self.now });
    }

    fn speaker(&mut self, member: Member) -> Speaker {
        self.numbered += 1;
        Speaker { number: self.numbered, member }
    }

    /// Takes terms and faces off the shelf that no item met since this was last asked; where incidents live on stays known.
    pub fn trim(&mut self) {
        self.terms.retain(|_, term| term.last == self.now);
        self.faces.retain(|_, face| face.last == self.now);
        self.pairs.forget();
        self.now = self.now.wrapping_add(1);
    }

    /// Forgets an incident's members, so that they are [`Shelf::missing`] again.
    pub fn forget_face(&mut self, incident: I) {
        self.faces.remove(&incident);
    }

    /// Tells that an incident was merged into another.
    pub fn put_merged(&mut self, incident: I, into: I) {
        self.lives_in.insert(incident, into);
    }

    /// Tells that a person parted two incidents.
    pub fn put_apart(&mut self, one: I, other: I) {
        self.apart.insert((one.min(other), one.max(other)));
    }

    /// The incidents that an item would be compared with.
    pub fn candidates(&self, item: &Newcomer) -> Vec<I> {
        let mut ranking = Ranking::default();
        let mut holders = Vec::with_capacity(HOLDERS);
        for term in &item.terms {
            self.holders(term.hash, item.member.at, &mut holders);
            ranking.add(term.weight, &holders);
        }
        ranking.best()
    }

    /// Those whose faces are not on the shelf.
    pub fn missing(&self, candidates: &[I]) -> Vec<I> {
        candidates.iter().copied().filter(|incident| !self.faces.contains_key(incident)).collect()
    }

    /// Puts in one item; `next` names an incident that begins with it. Items come in the order in which they arrived.
    /// Of incidents that are merged the smallest name lives on. A merged incident is found again by [`Shelf::home`].
    pub fn join(&mut self, item: impl Into<Newcomer>, next: impl FnOnce() -> I) -> Joined<I> {
        let item = item.into();
        let candidates = self.candidates(&item);
        self.join_among(candidates, item, next)
    }

    /// [`Shelf::join`] with the item's present [`Shelf::candidates`], of which none is [`Shelf::missing`].
    pub fn join_among(&mut self, candidates: Vec<I>, item: Newcomer, next: impl FnOnce() -> I) -> Joined<I> {
        for incident in &candidates {
            self.faces.entry(*incident).and_modify(|face| face.last = self.now);
        }
        let face_of = |incident: I| Some(Known { incident, face: &self.faces.get(&incident)?.what });
        let known: Vec<Known<'_, I>> = candidates.into_iter().filter_map(face_of).collect();
        let joined = match decide(&self.kinship, &mut self.pairs, &item.member, &known) {
            Decision::New => {
                Joined { incident: next(), kinship: None, merged: Vec::new(), terms: Vec::new() }
            }
            Decision::Join { incident, kinship, merge } => {
                let (incident, merged) = self.merge(incident, &merge);
                Joined { incident, kinship: Some(kinship), merged, terms: Vec::new() }
            }
        };
        let terms = self.index(joined.incident, &item);
        let speaker = self.speaker(item.member);
        let face = self.faces.entry(joined.incident);
        let face = face.or_insert_with(|| Used { what: Vec::new(), last: self.now });
        face.what.push(speaker);
        latest(&mut face.what);
        Joined { terms, ..joined }
    }

    /// Puts an incident under the terms of an item that is known to belong to it, whatever it resembles. Answers the terms
    /// that have other holders since.
    pub fn index(&mut self, incident: I, item: &Newcomer) -> Vec<u32> {
        let mut changed = Vec::new();
        let at = item.member.at;
        for term in &item.terms {
            let held = self.terms.entry(term.hash);
            let Used { what: holders, last } = held.or_insert_with(|| Used { what: Vec::new(), last: 0 });
            *last = self.now;
            if holders.last().is_some_and(|(last, had)| *last == incident && had.abs_diff(at) < AGAIN_MS) {
                continue;
            }
            holders.retain(|(holder, _)| *holder != incident);
            holders.push((incident, at));
            holders.drain(..holders.len().saturating_sub(HOLDERS));
            changed.push(term.hash);
        }
        changed
    }

    /// Where an incident lives now.
    pub fn home(&self, mut incident: I) -> I {
        while let Some(&into) = self.lives_in.get(&incident) {
            incident = into;
        }
        incident
    }

    /// Makes incidents one, those excepted that a person parted: which one lives on, and which were merged into it.
    fn merge(&mut self, first: I, others: &[I]) -> (I, Vec<I>) {
        let mut all = vec![first];
        for &other in others {
            let parted = |one: &I| self.apart.contains(&(other.min(*one), other.max(*one)));
            if !all.iter().any(parted) {
                all.push(other);
            }
        }
        let home = all.iter().copied().min().unwrap_or(first);
        all.retain(|incident| *incident != home);
        let mut face = self.take_face(home);
        for &merged in &all {
            self.lives_in.insert(merged, home);
            face.append(&mut self.take_face(merged));
            let parted: Vec<I> = self.parted_from(merged).collect();
            parted.into_iter().for_each(|other| self.put_apart(home, other));
        }
        latest(&mut face);
        self.faces.insert(home, Used { what: face, last: self.now });
        (home, all)
    }

    fn take_face(&mut self, incident: I) -> Vec<Speaker> {
        self.faces.remove(&incident).map(|face| face.what).unwrap_or_default()
    }

    fn parted_from(&self, incident: I) -> impl Iterator<Item = I> {
        self.apart.iter().filter_map(move |&(one, other)| match incident {
            i if i == one => Some(other),
            i if i == other => Some(one),
            _ => None,
        })
    }

    /// The incidents that have a term and are still looked at, each once.
    fn holders(&self, hash: u32, at: i64, found: &mut Vec<I>) {
        found.clear();
        let fresh = |(_, last): &&Holder<I>| at.abs_diff(*last) <= WINDOW_MS as u64;
        let mut moved = false;
        for (incident, _) in self.term(hash).iter().filter(fresh) {
            let home = self.home(*incident);
            moved |= home != *incident;
            found.push(home);
        }
        // A list holds each incident once, but two of them may live on in one.
        if moved {
            found.sort_unstable();
            found.dedup();
        }
    }
}

/// Keeps the latest members. Stable: members of one second stay in the order of arrival.
fn latest(face: &mut Vec<Speaker>) {
    face.sort_by_key(|speaker| speaker.member.at);
    face.drain(..face.len().saturating_sub(FACE));
}
