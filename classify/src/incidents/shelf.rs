//! The incidents of a run, in memory.

use std::collections::HashMap;

use super::joining::{Decision, FACE, Known, Posting, WINDOW_SECONDS, decide, probes, rank};
use super::kinship::Kinship;
use super::signature::Member;

/// Of a term's incidents only the latest are looked at.
const POSTINGS: usize = 64;

/// Incidents and under which terms they are found.
#[derive(Debug, Default)]
pub struct Shelf {
    kinship: Kinship,
    /// By term: incidents with the time of the last member that had it.
    terms: HashMap<u32, Vec<(usize, i64)>>,
    faces: Vec<Vec<Member>>,
    /// Where a merged incident lives on; itself when it does.
    lives_in: Vec<usize>,
}

impl Shelf {
    /// An empty shelf that tells likeness by `kinship`.
    pub fn new(kinship: Kinship) -> Self {
        Self { kinship, ..Self::default() }
    }

    /// Puts in one item and gives its incident: counted from 0 in the order of first members, and for good, though it may
    /// be merged later, see [`Shelf::home`]. Items come in the order in which they arrived.
    pub fn join(&mut self, item: Member) -> usize {
        let terms = probes(&item.signature);
        let postings: Vec<Posting<usize>> =
            terms.iter().flat_map(|term| self.postings(term.hash, item.at)).collect();
        let known: Vec<Known<usize>> = rank(&terms, &postings)
            .into_iter()
            .map(|incident| Known { incident, face: self.faces[incident].clone() })
            .collect();
        let (incident, merged) = match decide(&self.kinship, &item, &known) {
            Decision::Join { incident, merge, .. } => (incident, merge),
            Decision::New => {
                self.lives_in.push(self.faces.len());
                self.faces.push(Vec::new());
                (self.faces.len() - 1, Vec::new())
            }
        };
        for term in &terms {
            let holders = self.terms.entry(term.hash).or_default();
            holders.retain(|(holder, _)| *holder != incident);
            holders.push((incident, item.at));
        }
        let mut face = std::mem::take(&mut self.faces[incident]);
        for &other in &merged {
            self.lives_in[other] = incident;
            face.append(&mut self.faces[other]);
        }
        face.push(item);
        // Stable: members of one second stay in the order of arrival.
        face.sort_by_key(|member| member.at);
        face.drain(..face.len().saturating_sub(FACE));
        self.faces[incident] = face;
        incident
    }

    /// Where an incident lives now.
    pub fn home(&self, mut incident: usize) -> usize {
        while self.lives_in[incident] != incident {
            incident = self.lives_in[incident];
        }
        incident
    }

    fn postings(&self, hash: u32, at: i64) -> Vec<Posting<usize>> {
        let holders = self.terms.get(&hash).map(Vec::as_slice).unwrap_or_default();
        let mut found: Vec<usize> = holders
            .iter()
            .rev()
            .filter(|(_, last)| at.abs_diff(*last) <= WINDOW_SECONDS as u64)
            .take(POSTINGS)
            .map(|(incident, _)| self.home(*incident))
            .collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|incident| Posting { hash, incident }).collect()
    }
}
