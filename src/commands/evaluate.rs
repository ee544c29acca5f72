//! `qingting evaluate`: measures a model on gold rows, or training itself by cross-validation.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use qingting_classify::corpus::{Row, load_folds, load_rows};
use qingting_classify::{
    Evaluation, Model, Prediction, TrainOptions, cross_validate, cross_validate_nested, evaluate,
};
use qingting_models::county::TopicCode;
use serde_json::json;

use super::train::rows_of;
use crate::cli::{Evaluate, Global};
use crate::{home, output};

/// Folds where none are given.
const FOLDS: usize = 5;

pub fn run(global: &Global, command: &Evaluate) -> Result<()> {
    let (measured, predictions) = if command.cv { by_folds(command)? } else { on_gold(command)? };
    if let Some(path) = &command.predictions {
        write(path, &predictions).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    print(global, &measured)
}

/// One prediction a line.
fn write(path: &Path, predictions: &[Prediction]) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for prediction in predictions {
        serde_json::to_writer(&mut out, prediction)?;
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

fn on_gold(command: &Evaluate) -> Result<(Evaluation, Vec<Prediction>)> {
    let model = match &command.model {
        Some(path) => Model::load(path)?,
        None => Model::embedded()?,
    };
    let Some(gold) = &command.gold else { bail!("--gold names no file") };
    let rows = load_rows(gold)?;
    if rows.is_empty() {
        bail!("{} has no rows", gold.display());
    }
    Ok(evaluate(&model, &rows))
}

fn by_folds(command: &Evaluate) -> Result<(Evaluation, Vec<Prediction>)> {
    let rows = rows_of(&command.corpus)?;
    let folds = match &command.folds {
        Some(path) => load_folds(path)?,
        None => folds_by_order(&rows),
    };
    if !rows.iter().any(|row| folds.contains_key(&row.id)) {
        bail!("no row of the corpus has a fold, so there is nothing to score");
    }
    let bar = output::progress(100, "cross-validating");
    let progress = |step: &str, share: f32| {
        bar.set_message(step.to_owned());
        bar.set_position((share * 100.0) as u64);
    };
    let measured = match command.choose {
        true => by_choosing(&rows, &folds, &progress)?,
        false => cross_validate(&rows, &folds, &TrainOptions::default(), &progress)?,
    };
    bar.finish_and_clear();
    Ok(measured)
}

/// Options are chosen for each fold by the others; which, is told on standard error.
fn by_choosing(
    rows: &[Row],
    folds: &HashMap<String, usize>,
    progress: &dyn Fn(&str, f32),
) -> Result<(Evaluation, Vec<Prediction>)> {
    let grid = TrainOptions::grid();
    let nested = cross_validate_nested(rows, folds, &grid, progress)?;
    for (fold, place) in &nested.chosen {
        let TrainOptions { cost, contrast, .. } = &grid[*place];
        tracing::info!("fold {fold}: cost {cost}, contrast {contrast}");
    }
    Ok((nested.evaluation, nested.predictions))
}

fn folds_by_order(rows: &[Row]) -> HashMap<String, usize> {
    rows.iter().enumerate().map(|(index, row)| (row.id.clone(), index % FOLDS)).collect()
}

fn print(global: &Global, measured: &Evaluation) -> Result<()> {
    let county = home::county_or_sample(global)?;
    let plan: Vec<&str> = county.taxonomy.plan_fields().map(|field| field.code.as_str()).collect();
    let macro_plan = measured.macro_over(&plan);
    if global.json {
        let mut value = serde_json::to_value(measured)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("macro_f1_plan_fields".into(), json!(macro_plan));
        }
        return output::json(&value);
    }
    if !measured.topics.is_empty() {
        output::line(&format!(
            "{:<16} {:>9} {:>9} {:>9} {:>9}",
            "topic", "precision", "recall", "F1", "support"
        ))?;
    }
    for (code, m) in &measured.topics {
        let name =
            county.taxonomy.field(&TopicCode::from(code.as_str())).map_or("", |field| field.name.as_str());
        output::line(&format!(
            "{code:<16} {:>9.3} {:>9.3} {:>9.3} {:>9}  {name}",
            m.precision, m.recall, m.f1, m.support
        ))?;
    }
    let percent = |name: &str, value: Option<f64>| match value {
        Some(value) => output::line(&format!("{name:<44} {value:.3}")),
        None => Ok(()),
    };
    output::line(&format!("rows {}", measured.rows))?;
    // Rows that tell of urgency alone say nothing of topics.
    let of_topics = |value: f64| (!measured.topics.is_empty()).then_some(value);
    percent("micro-F1 over all topics", of_topics(measured.micro.f1))?;
    percent("macro-F1 over all topics", of_topics(measured.macro_f1))?;
    percent("macro-F1 over the plan's fields", of_topics(macro_plan))?;
    percent("first topic right", of_topics(measured.first_topic))?;
    percent("first topic among the labels", of_topics(measured.first_among_labels))?;
    percent("department right", measured.department)?;
    percent("department in the first three", measured.department_in_first_three)?;
    percent("kind right", measured.kind)?;
    percent("urgency right", measured.urgency)?;
    percent("urgent: precision", measured.urgent_precision)?;
    percent("urgent: recall", measured.urgent_recall)?;
    percent("not urgent: called so (false alarms)", measured.false_alarms)?;
    if !measured.urgent_missed.is_empty() {
        output::line(&format!("urgent, missed: {}", measured.urgent_missed.join(", ")))?;
    }
    percent("nothing to answer: recognised", measured.nothing_recognised)?;
    percent("news to answer: kept", measured.news_kept)?;
    percent("news to answer: F1", measured.news_matter_f1)?;
    percent("expected calibration error", of_topics(measured.calibration))?;
    percent("precision of the first topic at coverage 0.7", of_topics(measured.precision_at_coverage_70))?;
    percent("first topic among the labels at coverage 0.7", of_topics(measured.among_at_coverage_70))?;
    percent("share of sure rows", of_topics(measured.sure))?;
    percent("precision of the first topic when sure", of_topics(measured.precision_when_sure))
}
