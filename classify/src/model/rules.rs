//! From the scores of the planes to what the model asserts.

use serde::{Deserialize, Serialize};

use super::Sheet;
use crate::calibrate::{Logistic, Softmax};
use crate::prepare::Prepared;

/// A message has at most this many topics, as in the labelling guide.
pub(crate) const MOST_TOPICS: usize = 3;
/// How many offices are proposed.
const MOST_OFFICES: usize = 3;

/// Calibration and thresholds, learned on rows that the planes had not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rules {
    /// Over `[among, main]` scores of each topic: the probability of being the main one.
    pub main: Softmax,
    /// By topic, over `[among, ln P(main)]`: the probability of being among the labels.
    pub among: Vec<Logistic>,
    /// From which probability on a topic is asserted.
    pub thresholds: Vec<f32>,
    /// Below this probability of the first topic the model is unsure.
    pub sure_from: f32,
    /// Over the plane's score and the highest score of a topic.
    pub nothing: Logistic,
    pub kind: Softmax,
    /// Over `[score, ln P(office | topics)]`.
    pub office: Softmax,
    /// Row by topic: the share of each office among rows with that main topic.
    pub office_by_topic: Vec<Vec<f32>>,
    /// Urgency at least 1 and at least 2, over `[score, danger words]`, and from which probability on.
    pub urgency: Vec<Logistic>,
    pub urgency_from: Vec<f32>,
}

/// From which probability on a news article is taken to hold nothing to answer, and how much surer
/// the model must be for a message of a title alone, because a resident's word must not get lost.
const NOTHING_IN_NEWS: f32 = 0.59;
const NOTHING_IN_TITLE: f32 = 0.9;

/// What the model asserts of a text; indexes point into the labels.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Choice {
    /// Topics with their probabilities, most certain first.
    pub topics: Vec<(usize, f32)>,
    pub unsure: bool,
    pub kind: Option<usize>,
    pub urgency: u8,
    /// The likeliest offices, at most [`MOST_OFFICES`], likeliest first.
    pub offices: Vec<(usize, f32)>,
}

impl Rules {
    /// The probabilities of each main topic and of each office.
    pub(crate) fn weigh(&self, sheet: &Sheet<'_>) -> (Vec<f32>, Vec<f32>) {
        let main = self.main_probabilities(sheet);
        let offices = self.office.probabilities(&self.office_inputs(sheet, &main));
        (main, offices)
    }

    pub(crate) fn choose(&self, sheet: &Sheet<'_>, text: &Prepared) -> Choice {
        let main = self.main_probabilities(sheet);
        let (topics, unsure) =
            if self.is_nothing(sheet, text) { (Vec::new(), false) } else { self.topics(sheet, &main) };
        let kinds = self.kind.probabilities(&singles(sheet.kinds));
        let offices = likeliest(&self.office.probabilities(&self.office_inputs(sheet, &main)));
        Choice { topics, unsure, kind: top(&kinds), urgency: self.urgency(sheet, text), offices }
    }

    /// The probability of each topic to be the main one.
    pub(crate) fn main_probabilities(&self, sheet: &Sheet<'_>) -> Vec<f32> {
        self.main.probabilities(&main_inputs(sheet))
    }

    /// The probability of each topic to be among the labels.
    pub(crate) fn among_probabilities(&self, sheet: &Sheet<'_>, main: &[f32]) -> Vec<f32> {
        let inputs = among_inputs(sheet, main);
        self.among.iter().zip(&inputs).map(|(fit, input)| fit.probability(input)).collect()
    }

    /// The likeliest main topic stands first with that probability; the others follow with theirs of
    /// being among the labels, never above the first's.
    fn topics(&self, sheet: &Sheet<'_>, main: &[f32]) -> (Vec<(usize, f32)>, bool) {
        let Some(first) = top(main) else { return (Vec::new(), true) };
        let among = self.among_probabilities(sheet, main);
        let sure = main[first] >= self.sure_from && among[first] >= self.thresholds[first];
        let mut others: Vec<(usize, f32)> = among
            .iter()
            .enumerate()
            .filter(|&(topic, &p)| topic != first && p >= self.thresholds[topic])
            .map(|(topic, &p)| (topic, p.min(main[first])))
            .collect();
        others.sort_by(|a, b| among[b.0].total_cmp(&among[a.0]));
        let mut topics = vec![(first, main[first])];
        topics.extend(others);
        topics.truncate(MOST_TOPICS);
        (topics, !sure)
    }

    fn is_nothing(&self, sheet: &Sheet<'_>, text: &Prepared) -> bool {
        let Some(input) = nothing_input(sheet) else { return false };
        let probability = self.nothing.probability(&input);
        (text.news && probability >= NOTHING_IN_NEWS) || (text.title_only && probability >= NOTHING_IN_TITLE)
    }

    /// Scores with what the topics say of the offices.
    pub(crate) fn office_inputs(&self, sheet: &Sheet<'_>, main: &[f32]) -> Vec<[f32; 2]> {
        let mut shares = vec![1e-4f32; sheet.offices.len()];
        for (p, row) in main.iter().zip(&self.office_by_topic) {
            shares.iter_mut().zip(row).for_each(|(share, s)| *share += p * s);
        }
        sheet.offices.iter().zip(shares).map(|(&score, share)| [score, share.ln()]).collect()
    }

    fn urgency(&self, sheet: &Sheet<'_>, text: &Prepared) -> u8 {
        let mut urgency = 0;
        for ((level, score), (fit, from)) in
            (1..).zip(sheet.urgency).zip(self.urgency.iter().zip(&self.urgency_from))
        {
            if fit.probability(&[*score, text.dangers]) >= *from {
                urgency = level;
            }
        }
        urgency
    }
}

/// The first places by value; of equals the first.
fn likeliest(values: &[f32]) -> Vec<(usize, f32)> {
    let mut first: Vec<(usize, f32)> = Vec::with_capacity(MOST_OFFICES + 1);
    for (place, value) in values.iter().enumerate() {
        if first.len() < MOST_OFFICES || first.last().is_some_and(|last| value.total_cmp(&last.1).is_gt()) {
            let at = first.partition_point(|other| value.total_cmp(&other.1).is_le());
            first.insert(at, (place, *value));
            first.truncate(MOST_OFFICES);
        }
    }
    first
}

/// What "nothing to answer" is told from; `None` for a model that never saw such rows.
pub(crate) fn nothing_input(sheet: &Sheet<'_>) -> Option<[f32; 2]> {
    let best = sheet.topics.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    Some([sheet.nothing?, best])
}

/// What the main topic is told from: both scores of each topic.
pub(crate) fn main_inputs(sheet: &Sheet<'_>) -> Vec<[f32; 2]> {
    sheet.topics.iter().zip(sheet.main).map(|(&among, &main)| [among, main]).collect()
}

/// What being among the labels is told from, by topic.
pub(crate) fn among_inputs(sheet: &Sheet<'_>, main: &[f32]) -> Vec<[f32; 2]> {
    sheet.topics.iter().zip(main).map(|(&score, &p)| [score, p.max(1e-6).ln()]).collect()
}

pub(crate) fn singles(scores: &[f32]) -> Vec<[f32; 1]> {
    scores.iter().map(|&s| [s]).collect()
}

/// The place of the greatest value; the first of equals.
pub(crate) fn top(values: &[f32]) -> Option<usize> {
    (0..values.len()).reduce(|best, at| if values[at] > values[best] { at } else { best })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_likeliest_are_the_first_of_all_in_order(
            values in proptest::collection::vec((0u8..6).prop_map(|n| f32::from(n) / 5.0), 0..40)
        ) {
            let mut all: Vec<(usize, f32)> = values.iter().copied().enumerate().collect();
            all.sort_by(|a, b| b.1.total_cmp(&a.1));
            all.truncate(MOST_OFFICES);
            prop_assert_eq!(likeliest(&values), all);
        }
    }
}
