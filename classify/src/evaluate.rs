//! Measures a model on labelled rows, or a way of training by cross-validation.

use std::collections::{BTreeMap, HashMap};

use qingting_models::records::Kind;
use serde::Serialize;

use crate::corpus::Row;
use crate::model::{Choice, Model};
use crate::prepare::{Prepared, prepare};
use crate::train::{Example, TrainError, TrainOptions, train_prepared};

/// The measures of one topic.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Measures {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// Rows that have the topic.
    pub support: usize,
}

/// What was measured; every share is 0 to 1, and `None` where no row says anything of it. A row
/// without topics is right when nothing is asserted, and has no part in precision and recall but for
/// what is asserted of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    pub rows: usize,
    pub topics: BTreeMap<String, Measures>,
    /// Over all topics together.
    pub micro: Measures,
    /// The mean F1 of all topics, and of those asked for with [`Evaluation::macro_over`].
    pub macro_f1: f64,
    /// The first asserted topic is the first label.
    pub first_topic: f64,
    /// The first asserted topic is one of the labels.
    pub first_among_labels: f64,
    pub department: Option<f64>,
    pub department_in_first_three: Option<f64>,
    pub kind: Option<f64>,
    pub urgency: Option<f64>,
    /// Of rows called urgent (2) how many are; of urgent rows, and of those that are not, how many are called so.
    pub urgent_precision: Option<f64>,
    pub urgent_recall: Option<f64>,
    pub false_alarms: Option<f64>,
    /// The ids of urgent rows that are not called so.
    pub urgent_missed: Vec<String>,
    /// Of rows without topics, and of news rows with topics, how many are taken for what they are.
    pub nothing_recognised: Option<f64>,
    pub news_kept: Option<f64>,
    /// F1 of telling news that a county has something to answer in.
    pub news_matter_f1: Option<f64>,
    /// Expected calibration error of the first topic's score, in ten bins of equal mass: against the
    /// first label, and against all labels.
    pub calibration: f64,
    pub calibration_among_labels: f64,
    /// Among the seven tenths of the rows with the highest first score, how often it is right, and one of the labels.
    pub precision_at_coverage_70: f64,
    pub among_at_coverage_70: f64,
    /// The share of rows the model is sure of, and how often the first topic is right there.
    pub sure: f64,
    pub precision_when_sure: f64,
}

impl Evaluation {
    /// The mean F1 over some topics; topics that no row has and no row was given are passed over.
    pub fn macro_over(&self, topics: &[&str]) -> f64 {
        mean(topics.iter().filter_map(|t| self.topics.get(*t)).map(|m| m.f1)).unwrap_or(0.0)
    }
}

/// What a model made of a row, in the words of its labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    pub id: String,
    /// Most certain first.
    pub topics: Vec<String>,
    /// The probabilities of `topics`.
    pub scores: Vec<f32>,
    pub unsure: bool,
    pub kind: Option<Kind>,
    /// The likeliest three kinds of office.
    pub departments: Vec<String>,
    pub urgency: u8,
}

/// Measures a model on rows.
pub fn evaluate(model: &Model, gold: &[Row]) -> (Evaluation, Vec<Prediction>) {
    let prepared = prepare(gold);
    let judged: Vec<Judged<'_>> =
        gold.iter().zip(&prepared).map(|(row, text)| Judged::of(model, Example { row, text })).collect();
    (tally(&judged), judged.into_iter().map(Judged::prediction).collect())
}

/// Trains on the other folds, for each fold, and measures over the rows of all folds together. Rows
/// without a fold are always trained on and never measured.
pub fn cross_validate(
    rows: &[Row],
    folds: &HashMap<String, usize>,
    options: &TrainOptions,
    progress: &dyn Fn(&str, f32),
) -> Result<(Evaluation, Vec<Prediction>), TrainError> {
    progress("reading", 0.0);
    let prepared: Vec<Prepared> = prepare(rows);
    let fold_of: Vec<Option<usize>> = rows.iter().map(|r| folds.get(&r.id).copied()).collect();
    let mut names: Vec<usize> = fold_of.iter().filter_map(|f| *f).collect();
    names.sort_unstable();
    names.dedup();
    let examples: Vec<Example<'_>> =
        rows.iter().zip(&prepared).map(|(row, text)| Example { row, text }).collect();
    let mut judged = Vec::new();
    for (done, fold) in names.iter().enumerate() {
        let of_fold = |index: &usize| fold_of[*index] == Some(*fold);
        let others: Vec<Example<'_>> = (0..rows.len()).filter(|i| !of_fold(i)).map(|i| examples[i]).collect();
        let model = train_prepared(&others, options, &|step, share| {
            progress(step, (done as f32 + share) / names.len() as f32);
        })?;
        judged.extend((0..rows.len()).filter(of_fold).map(|i| Judged::of(&model, examples[i])));
    }
    Ok((tally(&judged), judged.into_iter().map(Judged::prediction).collect()))
}

/// A gold row and what the model made of it, in words.
pub(crate) struct Judged<'a> {
    row: &'a Row,
    topics: Vec<(String, f32)>,
    unsure: bool,
    kind: Option<Kind>,
    offices: Vec<String>,
    urgency: u8,
}

impl<'a> Judged<'a> {
    pub(crate) fn of(model: &Model, example: Example<'a>) -> Self {
        let Choice { topics, unsure, kind, urgency, offices } = model.choose(example.text);
        let labels = &model.labels;
        let kind = if example.text.news { Some(Kind::News) } else { kind.map(|k| labels.kinds[k]) };
        Self {
            row: example.row,
            topics: topics.into_iter().map(|(t, p)| (labels.topics[t].clone(), p)).collect(),
            unsure,
            kind,
            offices: offices.into_iter().map(|(o, _)| labels.offices[o].clone()).collect(),
            urgency,
        }
    }

    pub(crate) fn prediction(self) -> Prediction {
        let (topics, scores) = self.topics.into_iter().unzip();
        Prediction {
            id: self.row.id.clone(),
            topics,
            scores,
            unsure: self.unsure,
            kind: self.kind,
            departments: self.offices,
            urgency: self.urgency,
        }
    }

    fn first(&self) -> Option<&String> {
        self.topics.first().map(|(t, _)| t)
    }

    /// `None` where the row tells nothing of topics, here and below.
    fn first_right(&self) -> Option<bool> {
        self.row.topics.as_ref().map(|topics| self.first() == topics.first())
    }

    fn first_among(&self) -> Option<bool> {
        let topics = self.row.topics.as_ref()?;
        Some(self.first().map_or(topics.is_empty(), |t| topics.contains(t)))
    }
}

/// The measures over judged rows.
pub(crate) fn tally(rows: &[Judged<'_>]) -> Evaluation {
    let (topics, micro) = topic_measures(rows);
    let share = |of: &dyn Fn(&Judged<'_>) -> Option<bool>| mean(rows.iter().filter_map(of).map(as_number));
    let firsts: Vec<(f32, bool, bool)> =
        rows.iter().filter_map(|r| Some((r.topics.first()?.1, r.first_right()?, r.first_among()?))).collect();
    let office = |r: &Judged<'_>, first: usize| {
        let gold = r.row.department.as_ref()?;
        (!r.offices.is_empty()).then(|| r.offices.iter().take(first).any(|o| o == gold))
    };
    Evaluation {
        rows: rows.len(),
        macro_f1: mean(topics.values().map(|m| m.f1)).unwrap_or(0.0),
        topics,
        micro,
        first_topic: share(&|r| r.first_right()).unwrap_or(0.0),
        first_among_labels: share(&|r| r.first_among()).unwrap_or(0.0),
        department: share(&|r| office(r, 1)),
        department_in_first_three: share(&|r| office(r, 3)),
        kind: share(&|r| Some(r.row.kind? == r.kind?)),
        urgency: share(&|r| Some(r.row.urgency? == r.urgency)),
        urgent_precision: share(&|r| if r.urgency == 2 { r.row.is_at_least(2) } else { None }),
        urgent_recall: share(&|r| r.row.is_at_least(2)?.then_some(r.urgency == 2)),
        false_alarms: share(&|r| (!r.row.is_at_least(2)?).then_some(r.urgency == 2)),
        urgent_missed: rows
            .iter()
            .filter(|r| r.row.is_at_least(2) == Some(true) && r.urgency < 2)
            .map(|r| r.row.id.clone())
            .collect(),
        nothing_recognised: share(&|r| r.row.is_nothing()?.then_some(r.topics.is_empty())),
        news_kept: share(&|r| (r.row.is_news() && !r.row.is_nothing()?).then_some(!r.topics.is_empty())),
        news_matter_f1: matter_f1(rows),
        calibration: calibration_error(firsts.iter().map(|f| (f.0, f.1)).collect()),
        calibration_among_labels: calibration_error(firsts.iter().map(|f| (f.0, f.2)).collect()),
        precision_at_coverage_70: precision_at(firsts.iter().map(|f| (f.0, f.1)).collect(), 0.7),
        among_at_coverage_70: precision_at(firsts.iter().map(|f| (f.0, f.2)).collect(), 0.7),
        sure: share(&|r| r.row.topics.as_ref().map(|_| !r.unsure)).unwrap_or(0.0),
        precision_when_sure: share(&|r| if r.unsure { None } else { r.first_right() }).unwrap_or(0.0),
    }
}

/// F1 of asserting a topic of a news row just where it has one; `None` where there is no news with labels.
fn matter_f1(rows: &[Judged<'_>]) -> Option<f64> {
    let news = || rows.iter().filter(|r| r.row.is_news() && r.row.topics.is_some());
    let said = |r: &&Judged<'_>| !r.topics.is_empty();
    let has = |r: &&Judged<'_>| r.row.is_nothing() == Some(false);
    let hit = news().filter(|r| said(r) && has(r)).count();
    (news().count() > 0).then(|| measures([hit, news().filter(said).count(), news().filter(has).count()]).f1)
}

fn topic_measures(rows: &[Judged<'_>]) -> (BTreeMap<String, Measures>, Measures) {
    // hit, asserted, gold
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for row in rows {
        let Some(gold) = &row.row.topics else { continue };
        for (topic, _) in &row.topics {
            let count = counts.entry(topic).or_default();
            count[1] += 1;
            count[0] += usize::from(gold.contains(topic));
        }
        for topic in gold {
            counts.entry(topic).or_default()[2] += 1;
        }
    }
    let total = counts.values().fold([0; 3], |sum, c| [sum[0] + c[0], sum[1] + c[1], sum[2] + c[2]]);
    (counts.into_iter().map(|(topic, count)| (topic.to_owned(), measures(count))).collect(), measures(total))
}

fn measures([hit, asserted, gold]: [usize; 3]) -> Measures {
    let ratio = |a: usize, b: usize| if b == 0 { 0.0 } else { a as f64 / b as f64 };
    Measures {
        precision: ratio(hit, asserted),
        recall: ratio(hit, gold),
        f1: ratio(2 * hit, asserted + gold),
        support: gold,
    }
}

/// The mean gap between score and share of right, over ten bins of as many cases each.
fn calibration_error(mut cases: Vec<(f32, bool)>) -> f64 {
    cases.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = cases.len();
    let mut error = 0.0;
    for bin in 0..10 {
        let of_bin = &cases[bin * n / 10..(bin + 1) * n / 10];
        let score = of_bin.iter().map(|c| f64::from(c.0)).sum::<f64>();
        let right = of_bin.iter().map(|c| as_number(c.1)).sum::<f64>();
        error += (score - right).abs();
    }
    error / (n as f64).max(1.0)
}

fn precision_at(mut cases: Vec<(f32, bool)>, coverage: f64) -> f64 {
    cases.sort_by(|a, b| b.0.total_cmp(&a.0));
    let kept = (cases.len() as f64 * coverage).round() as usize;
    mean(cases.iter().take(kept).map(|c| as_number(c.1))).unwrap_or(0.0)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), v| (sum + v, count + 1));
    (count > 0).then(|| sum / count as f64)
}

fn as_number(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibration_compares_scores_with_the_share_of_right() {
        let cases: Vec<(f32, bool)> = (0..100).map(|i| (0.8, i % 10 < 8)).collect();
        assert!(calibration_error(cases) < 1e-6);
        let boasting: Vec<(f32, bool)> = (0..100).map(|i| (0.9, i % 2 == 0)).collect();
        assert!((calibration_error(boasting) - 0.4).abs() < 1e-6);
    }

    #[test]
    fn precision_at_coverage_looks_at_the_surest_rows() {
        let cases = vec![(0.9, true), (0.8, true), (0.2, false), (0.1, false)];
        assert_eq!(precision_at(cases.clone(), 0.5), 1.0);
        assert_eq!(precision_at(cases, 1.0), 0.5);
    }

    #[test]
    fn measures_follow_their_definitions() {
        let m = measures([6, 8, 12]);
        assert_eq!((m.precision, m.recall, m.f1, m.support), (0.75, 0.5, 0.6, 12));
    }
}
