//! Learns from corrections without the rows that a model was trained on: the nearest planes to the present ones that
//! answer the corrections too.
//!
//! The planes' change is a support vector machine over what they score already, so a correction that is answered with
//! room to spare changes nothing. Calibration and thresholds stay: they were learned on far more rows.

use crate::corpus::Row;
use crate::model::{Model, Training, Weights};
use crate::prepare::prepare;
use crate::solver::{Question, Solver, SparseRows, solve_beyond};
use crate::train::{TrainError, TrainOptions, answer};

/// With how many corrections learning begins.
const FEWEST: usize = 5;

/// The model with the corrections learned.
///
/// # Errors
/// With fewer than 5 rows, or a topic that the model does not know.
pub fn adapt(model: &Model, corrections: &[Row], options: &TrainOptions) -> Result<Model, TrainError> {
    check(model, corrections)?;
    let labels = &model.labels;
    let texts = prepare(corrections);
    let mut rows = SparseRows::new(model.vocabulary.len());
    let mut scores: Vec<Vec<f32>> = Vec::with_capacity(texts.len());
    for text in &texts {
        let row = model.vocabulary.row(&text.counts);
        rows.push(&row.entries);
        scores.push(model.weights.scores(&row.entries));
    }
    let asks = labels.asks();
    let questions: Vec<Question> =
        asks.iter().map(|ask| corrections.iter().map(|row| answer(*ask, labels, row)).collect()).collect();
    let before: Vec<Vec<f32>> =
        (0..asks.len()).map(|plane| scores.iter().map(|of_row| of_row[plane]).collect()).collect();
    let TrainOptions { cost, balance, .. } = *options;
    // Corrections are too few to say which features tell.
    let solver = Solver { cost, balance, contrast: 0.0, tolerance: 0.01, max_epochs: 200 };
    let changes = solve_beyond(&rows, &questions, &before, solver, options.threads);
    let mut planes = model.weights.planes(model.vocabulary.len());
    for (plane, change) in planes.iter_mut().zip(&changes) {
        plane.bias += change.bias;
        plane.weights.iter_mut().zip(&change.weights).for_each(|(weight, by)| *weight += by);
    }
    let weights =
        Weights::quantise(&planes, model.vocabulary.len(), options.most_weights, options.most_features);
    let nothing = corrections.iter().filter(|row| row.is_nothing() == Some(true)).count();
    let training = Training {
        rows: model.training.rows + corrections.len(),
        rows_without_topic: model.training.rows_without_topic + nothing,
        ..model.training.clone()
    };
    Ok(Model::assemble(labels.clone(), model.vocabulary.clone(), weights, model.rules.clone(), training))
}

fn check(model: &Model, corrections: &[Row]) -> Result<(), TrainError> {
    if corrections.len() < FEWEST {
        return Err(TrainError::TooFewCorrections { rows: corrections.len(), least: FEWEST });
    }
    for row in corrections {
        for topic in row.topics.iter().flatten() {
            if model.labels.topics.binary_search(topic).is_err() {
                return Err(TrainError::UnknownTopic {
                    row: row.id.clone(),
                    topic: topic.clone(),
                    known: model.labels.topics.join(", "),
                });
            }
        }
    }
    Ok(())
}
