//! What a model says of itself.

use serde::{Deserialize, Serialize};

use super::Model;

/// How a model was trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Training {
    pub rows: usize,
    pub rows_without_topic: usize,
    pub cost: f32,
    pub balance: f32,
    /// Left out where it is 0, so that files from before there was such a thing read back as they were.
    #[serde(default, skip_serializing_if = "is_none")]
    pub contrast: f32,
    pub inner_folds: usize,
    pub precision_when_sure: f64,
}

fn is_none(contrast: &f32) -> bool {
    *contrast == 0.0
}

/// A summary of a model, for people and for comparing two of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// The first 16 hexadecimal digits of the file's SHA-256.
    pub digest: String,
    pub topics: Vec<String>,
    pub kinds: Vec<String>,
    pub offices: Vec<String>,
    /// How many features and non-zero weights it has.
    pub features: usize,
    pub weights: usize,
    pub training_rows: usize,
    pub training_rows_without_topic: usize,
    /// Price of an error, and how far it is raised for the rarer side.
    pub cost: f32,
    pub balance: f32,
    /// How far features count by how well they tell an answer from the others.
    pub contrast: f32,
    pub inner_folds: usize,
    /// From which probability of the first topic on the model is sure, and the share of right first
    /// topics that this was chosen for.
    pub sure_from: f32,
    pub precision_when_sure: f64,
}

impl Card {
    pub(super) fn of(model: &Model) -> Self {
        let training = &model.training;
        Self {
            digest: model.digest().to_owned(),
            topics: model.labels.topics.clone(),
            kinds: model.labels.kinds.iter().map(|k| k.code().to_owned()).collect(),
            offices: model.labels.offices.clone(),
            features: model.vocabulary.len(),
            weights: model.weights.len(),
            training_rows: training.rows,
            training_rows_without_topic: training.rows_without_topic,
            cost: training.cost,
            balance: training.balance,
            contrast: training.contrast,
            inner_folds: training.inner_folds,
            sure_from: model.rules.sure_from,
            precision_when_sure: training.precision_when_sure,
        }
    }
}
