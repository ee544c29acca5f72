//! Cross-validation that also chooses how to train, for each fold by the other folds alone.
//!
//! What was chosen by the folds that it is then measured on is flattered. Here each fold is judged by a model whose
//! options were chosen without it: the other folds are judged in turn by models that saw neither, and the options under
//! which these did best are trained with on all of them (nested cross-validation: Varma and Simon, "Bias in error
//! estimation when using cross-validation for model selection", BMC Bioinformatics 7, 2006).

use std::collections::{BTreeMap, HashMap};

use crate::corpus::Row;
use crate::evaluate::{Evaluation, Judged, Prediction, tally};
use crate::prepare::{Prepared, prepare};
use crate::train::{Example, TrainError, TrainOptions, train_prepared};

/// What a nested cross-validation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Nested {
    pub evaluation: Evaluation,
    pub predictions: Vec<Prediction>,
    /// For each fold the place of the chosen options in the grid.
    pub chosen: BTreeMap<usize, usize>,
}

/// For each fold, chooses among `grid` by the other folds, trains on these and measures on the fold; the greatest sum of
/// micro-F1 and macro-F1 over all topics wins, of equal ones the first. Rows without a fold are always trained on. A
/// model that left out two folds serves both, so `n` folds and `g` options take `g n (n - 1) / 2 + n` trainings.
///
/// # Errors
/// As [`crate::train`], and when there are fewer than three folds or the grid is empty.
pub fn cross_validate_nested(
    rows: &[Row],
    folds: &HashMap<String, usize>,
    grid: &[TrainOptions],
    progress: &dyn Fn(&str, f32),
) -> Result<Nested, TrainError> {
    progress("reading", 0.0);
    let prepared: Vec<Prepared> = prepare(rows);
    let data = Data {
        examples: rows.iter().zip(&prepared).map(|(row, text)| Example { row, text }).collect(),
        fold_of: rows.iter().map(|row| folds.get(&row.id).copied()).collect(),
    };
    let names = data.folds();
    if names.len() < 3 {
        return Err(TrainError::Option { what: "the number of folds", allowed: "3 or more" });
    }
    if grid.is_empty() {
        return Err(TrainError::Option { what: "the number of options", allowed: "1 or more" });
    }
    let pairs: Vec<(usize, usize)> = names
        .iter()
        .enumerate()
        .flat_map(|(at, one)| names[at + 1..].iter().map(move |other| (*one, *other)))
        .collect();
    let steps = (grid.len() * pairs.len() + names.len()) as f32;
    let mut done = 0.0;
    // For each options and each fold that is left out, what was made of the others.
    let mut without: BTreeMap<(usize, usize), Vec<Judged<'_>>> = BTreeMap::new();
    for (place, options) in grid.iter().enumerate() {
        for &(one, other) in &pairs {
            let inside = |step: &str, share: f32| progress(step, (done + share) / steps);
            let model = train_prepared(&data.without(&[one, other]), options, &inside)?;
            for (left_out, judged) in [(one, other), (other, one)] {
                let found = data.of(judged).map(|example| Judged::of(&model, example));
                without.entry((place, left_out)).or_default().extend(found);
            }
            done += 1.0;
        }
    }
    let mut chosen = BTreeMap::new();
    let mut judged = Vec::new();
    for fold in names {
        let worth = |place: usize| {
            let found = without.get(&(place, fold)).map(|found| tally(found));
            found.map_or(0.0, |found| found.micro.f1 + found.macro_f1)
        };
        let best = (0..grid.len()).rev().max_by(|a, b| worth(*a).total_cmp(&worth(*b))).unwrap_or(0);
        chosen.insert(fold, best);
        let inside = |step: &str, share: f32| progress(step, (done + share) / steps);
        let model = train_prepared(&data.without(&[fold]), &grid[best], &inside)?;
        judged.extend(data.of(fold).map(|example| Judged::of(&model, example)));
        done += 1.0;
    }
    let evaluation = tally(&judged);
    Ok(Nested { evaluation, predictions: judged.into_iter().map(Judged::prediction).collect(), chosen })
}

/// Rows with the folds that they are in.
struct Data<'a> {
    examples: Vec<Example<'a>>,
    fold_of: Vec<Option<usize>>,
}

impl<'a> Data<'a> {
    fn folds(&self) -> Vec<usize> {
        let mut names: Vec<usize> = self.fold_of.iter().flatten().copied().collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn without(&self, folds: &[usize]) -> Vec<Example<'a>> {
        let is_kept = |fold: &Option<usize>| fold.is_none_or(|fold| !folds.contains(&fold));
        self.examples.iter().zip(&self.fold_of).filter(|(_, fold)| is_kept(fold)).map(|(e, _)| *e).collect()
    }

    fn of(&self, fold: usize) -> impl Iterator<Item = Example<'a>> {
        self.examples.iter().zip(&self.fold_of).filter(move |(_, of)| **of == Some(fold)).map(|(e, _)| *e)
    }
}
