//! Trains a model: planes on all rows, calibration and thresholds on rows held out from the planes.

use std::collections::BTreeSet;

use qingting_models::records::Kind;

use crate::corpus::{Row, RowText};
use crate::features::VIEWS;
use crate::fit::{HeldOut, fit_rules};
use crate::model::{Ask, Labels, Model, Training, Weights};
use crate::prepare::{Prepared, prepare};
use crate::solver::{Plane, Question, Solver, SparseRows, solve_all};
use crate::vocabulary::Vocabulary;

/// How to train. The default is what the shipped model was trained with.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    /// The price of an error; larger follows the training rows more closely.
    pub cost: f32,
    /// How far the price is raised for the rarer answer: 0 not at all, 1 to full balance.
    pub balance: f32,
    /// How far features count by how well they tell an answer from the others: 0 not at all, 1 in proportion.
    pub contrast: f32,
    /// In how many parts the rows are held out in turn to learn calibration and thresholds; at least 2.
    pub inner_folds: usize,
    /// The share of right first topics wanted among rows that the model calls sure.
    pub precision_when_sure: f64,
    /// In how many rows a feature must stand: words and pairs, characters, words of titles.
    pub least_rows: [u32; VIEWS],
    /// How many weights the model file may hold; two bytes each.
    pub most_weights: usize,
    /// How many features may have weights: those that tell least lose theirs, and cost no time when texts are judged.
    pub most_features: usize,
    /// How many threads work; the model does not depend on it.
    pub threads: usize,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            cost: 0.7,
            balance: 0.5,
            contrast: 0.75,
            inner_folds: 3,
            precision_when_sure: 0.87,
            least_rows: [3, 5, 3],
            most_weights: 1_800_000,
            most_features: 130_000,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

impl TrainOptions {
    /// What a nested cross-validation chooses among: cost and contrast around the default's.
    pub fn grid() -> Vec<Self> {
        let with = |(cost, contrast)| Self { cost, contrast, ..Self::default() };
        [(0.7, 0.75), (0.7, 0.5), (0.7, 1.0), (0.5, 0.75), (1.0, 0.75)].map(with).to_vec()
    }
}

/// Why rows cannot be trained on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error("there are {0} rows to train on; at least 20 are needed")]
    TooFewRows(usize),
    #[error("the rows have {0} different topics; at least 2 are needed")]
    TooFewTopics(usize),
    #[error("{what} must be {allowed}")]
    Option { what: &'static str, allowed: &'static str },
    #[error("there are {rows} corrections to learn from; at least {least} are needed")]
    TooFewCorrections { rows: usize, least: usize },
    #[error("row {row}: the model knows no topic \"{topic}\"; it knows {known}")]
    UnknownTopic { row: String, topic: String, known: String },
}

/// Trains a model on any set of labels. `progress` is told the step and the share done, 0 to 1.
pub fn train(
    rows: &[Row],
    options: &TrainOptions,
    progress: &dyn Fn(&str, f32),
) -> Result<Model, TrainError> {
    progress("reading", 0.0);
    let prepared = prepare(rows);
    let pairs: Vec<Example<'_>> =
        rows.iter().zip(&prepared).map(|(row, text)| Example { row, text }).collect();
    train_prepared(&pairs, options, progress)
}

/// A row and its text made ready.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Example<'a> {
    pub row: &'a Row,
    pub text: &'a Prepared,
}

pub(crate) fn train_prepared(
    examples: &[Example<'_>],
    options: &TrainOptions,
    progress: &dyn Fn(&str, f32),
) -> Result<Model, TrainError> {
    let labels = labels_of(examples);
    check(examples, &labels, options)?;
    let folds: Vec<usize> = examples.iter().map(|e| inner_fold(e.row, options.inner_folds)).collect();
    let steps = (options.inner_folds + 1) as f32;
    let mut held_out: Vec<HeldOut<'_>> = Vec::new();
    for fold in 0..options.inner_folds {
        progress("holding out", fold as f32 / steps);
        let (apart, rest): (Vec<_>, Vec<_>) = examples.iter().zip(&folds).partition(|(_, f)| **f == fold);
        let rest: Vec<Example<'_>> = rest.into_iter().map(|(e, _)| *e).collect();
        let (vocabulary, planes) = learn(&rest, &labels, options);
        for (example, _) in apart {
            let mut row = SparseRows::new(vocabulary.len());
            row.push(&vocabulary.row(&example.text.counts).entries);
            let scores = planes.iter().map(|p| row.score(0, p)).collect();
            held_out.push(HeldOut { example: *example, scores });
        }
    }
    progress("training", options.inner_folds as f32 / steps);
    let (vocabulary, planes) = learn(examples, &labels, options);
    let rules = fit_rules(&labels, &held_out, options.precision_when_sure);
    let weights = Weights::quantise(&planes, vocabulary.len(), options.most_weights, options.most_features);
    let training = Training {
        rows: examples.len(),
        rows_without_topic: examples.iter().filter(|e| e.row.is_nothing() == Some(true)).count(),
        cost: options.cost,
        balance: options.balance,
        contrast: options.contrast,
        inner_folds: options.inner_folds,
        precision_when_sure: options.precision_when_sure,
    };
    progress("done", 1.0);
    Ok(Model::assemble(labels, vocabulary, weights, rules, training))
}

fn check(examples: &[Example<'_>], labels: &Labels, options: &TrainOptions) -> Result<(), TrainError> {
    let wrong = |what, allowed| Err(TrainError::Option { what, allowed });
    match options {
        o if o.inner_folds < 2 => wrong("inner_folds", "2 or more"),
        o if o.cost.is_nan() || o.cost <= 0.0 => wrong("cost", "more than 0"),
        o if !(0.0..=1.0).contains(&o.balance) => wrong("balance", "0 to 1"),
        o if !(0.0..=1.0).contains(&o.contrast) => wrong("contrast", "0 to 1"),
        o if !(0.0..=1.0).contains(&o.precision_when_sure) => wrong("precision_when_sure", "0 to 1"),
        _ if examples.len() < 20 => Err(TrainError::TooFewRows(examples.len())),
        _ if labels.topics.len() < 2 => Err(TrainError::TooFewTopics(labels.topics.len())),
        _ => Ok(()),
    }
}

fn labels_of(examples: &[Example<'_>]) -> Labels {
    let rows = || examples.iter().map(|e| e.row);
    let topics: BTreeSet<&String> = rows().filter_map(|r| r.topics.as_ref()).flatten().collect();
    let kinds: BTreeSet<Kind> = rows().filter_map(|r| r.kind).filter(|k| *k != Kind::News).collect();
    let offices: BTreeSet<&String> = rows().filter_map(|r| r.department.as_ref()).collect();
    let levels: BTreeSet<(u8, bool)> = rows()
        .flat_map(|r| [1, 2].into_iter().filter_map(|level| Some((level, r.is_at_least(level)?))))
        .collect();
    Labels {
        topics: topics.into_iter().cloned().collect(),
        nothing: rows().any(|r| r.is_nothing() == Some(true)),
        kinds: kinds.into_iter().collect(),
        offices: offices.into_iter().cloned().collect(),
        // Each level was seen with both answers, or there is nothing to tell it from.
        urgency: levels.len() == 4,
    }
}

fn learn(examples: &[Example<'_>], labels: &Labels, options: &TrainOptions) -> (Vocabulary, Vec<Plane>) {
    let vocabulary = Vocabulary::learn(examples.iter().map(|e| &e.text.counts), options.least_rows);
    let mut rows = SparseRows::new(vocabulary.len());
    examples.iter().for_each(|e| rows.push(&vocabulary.row(&e.text.counts).entries));
    let questions: Vec<Question> = labels
        .asks()
        .into_iter()
        .map(|ask| examples.iter().map(|e| answer(ask, labels, e.row)).collect())
        .collect();
    let TrainOptions { cost, balance, contrast, .. } = *options;
    let solver = Solver { cost, balance, contrast, tolerance: 0.1, max_epochs: 40 };
    let planes = solve_all(&rows, &questions, solver, options.threads);
    (vocabulary, planes)
}

/// What the row's labels answer; `None` where they say nothing of it.
pub(crate) fn answer(ask: Ask, labels: &Labels, row: &Row) -> Option<bool> {
    match ask {
        Ask::Topic(topic) => row.has_topic(&labels.topics[topic]),
        Ask::Main(topic) => row.topics.as_ref().map(|all| all.first() == Some(&labels.topics[topic])),
        // Asked of news alone: the plane shall tell news from news, not short texts from letters.
        Ask::Nothing => row.is_nothing().filter(|nothing| row.is_news() || *nothing),
        Ask::Kind(kind) => row.kind.filter(|k| *k != Kind::News).map(|k| k == labels.kinds[kind]),
        Ask::Office(office) => row.department.as_ref().map(|d| *d == labels.offices[office]),
        Ask::Urgency(level) => row.is_at_least(level),
    }
}

/// The part of a row: by the hash of how it begins, so that copies of a letter stay together.
fn inner_fold(row: &Row, folds: usize) -> usize {
    let beginning: String = match &row.text {
        RowText::Written { title, body } => title.chars().chain(body.chars()).take(16).collect(),
        RowText::Words(words) => words.iter().take(8).map(String::as_str).collect(),
    };
    crate::features::word_hash(&beginning) as usize % folds
}
