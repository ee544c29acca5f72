//! Two models on the same rows: per topic, with McNemar's test.
//!
//! Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
//! Psychometrika 12 (1947), in its exact form: of the rows on which just one of the two is right, either is as likely
//! the right one if they are equally good.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::corpus::Row;
use crate::evaluate::{Prediction, evaluate};
use crate::model::Model;

/// From which probability on a difference is taken for chance.
const CHANCE: f64 = 0.05;

/// What two models make of a question.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Duel {
    /// Rows that have the topic; for the first topic, all rows.
    pub support: usize,
    /// How many rows each answers rightly.
    pub present_right: usize,
    pub candidate_right: usize,
    /// On how many rows just the one is right.
    pub only_present: usize,
    pub only_candidate: usize,
    /// Exact two-sided McNemar: how likely so unequal a division is if both are equally good.
    pub p: f64,
}

impl Duel {
    fn note(&mut self, present: bool, candidate: bool) {
        self.present_right += usize::from(present);
        self.candidate_right += usize::from(candidate);
        self.only_present += usize::from(present && !candidate);
        self.only_candidate += usize::from(candidate && !present);
    }

    /// The candidate is worse by more than chance explains.
    pub fn is_worse(&self) -> bool {
        self.only_present > self.only_candidate && self.p < CHANCE
    }
}

/// Two models on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub present: String,
    pub candidate: String,
    pub rows: usize,
    /// Micro-F1 of each over all topics.
    pub present_micro: f64,
    pub candidate_micro: f64,
    /// The first asserted topic is the first label.
    pub first: Duel,
    /// By topic: asserted just where the label has it.
    pub topics: BTreeMap<String, Duel>,
}

impl Comparison {
    /// Of some topics those in which the candidate is worse by more than chance explains.
    pub fn worse<'a>(&self, topics: &[&'a str]) -> Vec<&'a str> {
        topics.iter().copied().filter(|topic| self.topics.get(*topic).is_some_and(Duel::is_worse)).collect()
    }
}

/// Compares two models on rows that tell topics.
pub fn compare(present: &Model, candidate: &Model, gold: &[Row]) -> Comparison {
    let gold: Vec<Row> = gold.iter().filter(|row| row.topics.is_some()).cloned().collect();
    let (of_present, before) = evaluate(present, &gold);
    let (of_candidate, after) = evaluate(candidate, &gold);
    let mut topics: BTreeMap<String, Duel> = BTreeMap::new();
    let mut first = Duel { support: gold.len(), ..Duel::default() };
    let names = gold.iter().flat_map(|row| row.topics.iter().flatten());
    let asserted = before.iter().chain(&after).flat_map(|prediction| &prediction.topics);
    for topic in names.chain(asserted) {
        topics.entry(topic.clone()).or_default();
    }
    for ((row, before), after) in gold.iter().zip(&before).zip(&after) {
        let labels = row.topics.as_deref().unwrap_or_default();
        let first_right = |said: &Prediction| said.topics.first() == labels.first();
        first.note(first_right(before), first_right(after));
        for (topic, duel) in &mut topics {
            let right = |said: &Prediction| said.topics.contains(topic) == labels.contains(topic);
            duel.support += usize::from(labels.contains(topic));
            duel.note(right(before), right(after));
        }
    }
    topics
        .values_mut()
        .chain([&mut first])
        .for_each(|duel| duel.p = mcnemar(duel.only_present, duel.only_candidate));
    Comparison {
        present: present.digest().to_owned(),
        candidate: candidate.digest().to_owned(),
        rows: gold.len(),
        present_micro: of_present.micro.f1,
        candidate_micro: of_candidate.micro.f1,
        first,
        topics,
    }
}

/// The two-sided probability of a division at least as unequal among `one + other` fair coins.
fn mcnemar(one: usize, other: usize) -> f64 {
    let (all, fewer) = (one + other, one.min(other));
    let mut term = -(all as f64) * std::f64::consts::LN_2;
    let mut sum = 0.0;
    for heads in 0..=fewer {
        sum += term.exp();
        term += ((all - heads) as f64).ln() - ((heads + 1) as f64).ln();
    }
    (2.0 * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcnemar_is_the_binomial_test() {
        assert_eq!(mcnemar(0, 0), 1.0);
        assert_eq!(mcnemar(3, 3), 1.0);
        // Of six coins none, or all: 2 / 64.
        assert!((mcnemar(6, 0) - 0.03125).abs() < 1e-12);
        // Of ten at most one: 2 (1 + 10) / 1024.
        assert!((mcnemar(1, 9) - 0.021_484_375).abs() < 1e-12);
        assert!(mcnemar(4_000, 4_400) < 1e-4 && mcnemar(4_000, 4_010) > 0.5);
    }

    #[test]
    fn worse_means_worse_by_more_than_chance() {
        let duel = |only_present, only_candidate| Duel {
            only_present,
            only_candidate,
            p: mcnemar(only_present, only_candidate),
            ..Duel::default()
        };
        assert!(duel(12, 2).is_worse());
        assert!(!duel(2, 12).is_worse());
        assert!(!duel(5, 2).is_worse());
    }
}
