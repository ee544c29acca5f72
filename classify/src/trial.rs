//! Whether a candidate may take the place of the model at work: both on all rows that there are.

use serde::{Deserialize, Serialize};

use crate::compare::{Comparison, compare};
use crate::corpus::Row;
use crate::model::Model;

/// Where rows to compare on come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowSet {
    /// Labelled rows that stay the same over the years.
    #[serde(rename = "gold")]
    Gold,
    /// What people said without having seen the model's word.
    #[serde(rename = "judged blind")]
    Blind,
    /// What people said of the model's word.
    #[serde(rename = "corrections, which a candidate may have learned")]
    Corrections,
}

impl RowSet {
    /// How it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gold => "gold",
            Self::Blind => "judged blind",
            Self::Corrections => "corrections, which a candidate may have learned",
        }
    }

    /// No candidate has learned from these rows.
    pub fn is_unlearned(self) -> bool {
        self != Self::Corrections
    }
}

/// Both models on the rows of one set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedSet {
    pub rows: RowSet,
    pub compared: Comparison,
}

/// A candidate beside the model at work, by their digests, on each set that has rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub present: String,
    pub candidate: String,
    pub sets: Vec<ComparedSet>,
}

/// Why a candidate is not put to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It may have learned all rows that there are.
    AllLearned,
    /// It is worse in these fields by more than chance explains.
    Worse(Vec<String>),
}

impl Trial {
    /// Compares on each set; one without rows is left out.
    pub fn of(
        present: &Model,
        candidate: &Model,
        sets: impl IntoIterator<Item = (RowSet, Vec<Row>)>,
    ) -> Self {
        let sets = sets.into_iter().filter(|(_, rows)| !rows.is_empty());
        Self {
            present: present.digest().to_owned(),
            candidate: candidate.digest().to_owned(),
            sets: sets
                .map(|(set, rows)| ComparedSet { rows: set, compared: compare(present, candidate, &rows) })
                .collect(),
        }
    }

    fn unlearned(&self) -> impl Iterator<Item = &Comparison> {
        self.sets.iter().filter(|set| set.rows.is_unlearned()).map(|set| &set.compared)
    }

    /// Of some fields those in which the candidate is worse by more than chance explains, on rows that it has not learned
    /// from; each once, by name.
    pub fn worse(&self, fields: &[&str]) -> Vec<String> {
        let mut worse: Vec<String> =
            self.unlearned().flat_map(|comparison| comparison.worse(fields)).map(str::to_owned).collect();
        worse.sort();
        worse.dedup();
        worse
    }

    /// Whether the candidate may go to work; `despite` names the fields that may be worse.
    ///
    /// # Errors
    /// [`Unfit`] that says why not; of worse fields those that are not named.
    pub fn is_fit(&self, fields: &[&str], despite: &[String]) -> Result<(), Unfit> {
        if self.unlearned().next().is_none() {
            return Err(Unfit::AllLearned);
        }
        let mut worse = self.worse(fields);
        worse.retain(|field| !despite.contains(field));
        if worse.is_empty() { Ok(()) } else { Err(Unfit::Worse(worse)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Duel;

    /// Of a set in which the candidate is worse in a topic.
    fn worse(rows: RowSet, topic: &str) -> ComparedSet {
        let duel = Duel { support: 12, only_present: 12, p: 0.0005, ..Duel::default() };
        let compared = Comparison {
            present: "a".into(),
            candidate: "b".into(),
            rows: 12,
            present_micro: 1.0,
            candidate_micro: 0.0,
            first: Duel::default(),
            topics: [(topic.to_owned(), duel)].into(),
        };
        ComparedSet { rows, compared }
    }

    fn trial(sets: Vec<ComparedSet>) -> Trial {
        Trial { present: "a".into(), candidate: "b".into(), sets }
    }

    #[test]
    fn a_candidate_that_is_worse_in_a_field_needs_its_name() {
        let trial = trial(vec![worse(RowSet::Gold, "wages"), worse(RowSet::Blind, "wages")]);
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let fields = ["wages", "housing"];
        assert_eq!(trial.is_fit(&fields, &[]), Err(Unfit::Worse(named(&["wages"]))));
        assert_eq!(trial.is_fit(&fields, &named(&["housing"])), Err(Unfit::Worse(named(&["wages"]))));
        assert_eq!(trial.is_fit(&fields, &named(&["wages"])), Ok(()));
        assert_eq!(trial.is_fit(&["housing"], &[]), Ok(()), "a topic that is no field of the plan");
    }

    #[test]
    fn what_a_candidate_may_have_learned_says_nothing_for_it_or_against_it() {
        let learned = worse(RowSet::Corrections, "wages");
        assert_eq!(trial(vec![learned.clone()]).is_fit(&["wages"], &[]), Err(Unfit::AllLearned));
        let both = trial(vec![learned, worse(RowSet::Gold, "urban")]);
        assert_eq!(both.is_fit(&["wages"], &[]), Ok(()));
        assert!(both.worse(&["wages"]).is_empty());
    }
}
