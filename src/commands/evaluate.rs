//! `qingting evaluate`: measures a model on gold rows, or training itself by cross-validation.

use std::collections::HashMap;

use anyhow::{Result, bail};
use qingting_classify::corpus::{Row, load_folds, load_rows};
use qingting_classify::{Evaluation, Model, TrainOptions, cross_validate, evaluate};
use qingting_models::county::TopicCode;
use serde_json::json;

use super::train::rows_of;
use crate::cli::{Evaluate, Global};
use crate::{home, output};

/// Folds where none are given.
const FOLDS: usize = 5;

pub fn run(global: &Global, command: &Evaluate) -> Result<()> {
    let measured = if command.cv { by_folds(command)? } else { on_gold(command)? };
    print(global, &measured)
}

fn on_gold(command: &Evaluate) -> Result<Evaluation> {
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

fn by_folds(command: &Evaluate) -> Result<Evaluation> {
    let rows = rows_of(&command.corpus)?;
    let folds = match &command.folds {
        Some(path) => load_folds(path)?,
        None => folds_by_order(&rows),
    };
    if !rows.iter().any(|row| folds.contains_key(&row.id)) {
        bail!("no row of the corpus has a fold, so there is nothing to score");
    }
    let bar = output::progress(100, "cross-validating");
    let measured = cross_validate(&rows, &folds, &TrainOptions::default(), &|step, share| {
        bar.set_message(step.to_owned());
        bar.set_position((share * 100.0) as u64);
    })?;
    bar.finish_and_clear();
    Ok(measured)
}

fn folds_by_order(rows: &[Row]) -> HashMap<String, usize> {
    rows.iter().enumerate().map(|(index, row)| (row.id.clone(), index % FOLDS)).collect()
}

fn print(global: &Global, measured: &Evaluation) -> Result<()> {
    let county = home::county_or_sample(global.dir())?;
    let plan: Vec<&str> = county.taxonomy.plan_fields().map(|field| field.code.as_str()).collect();
    let macro_plan = measured.macro_over(&plan);
    if global.json {
        let mut value = serde_json::to_value(measured)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("macro_f1_plan_fields".into(), json!(macro_plan));
        }
        return output::json(&value);
    }
    output::line(&format!(
        "{:<16} {:>9} {:>9} {:>9} {:>9}",
        "topic", "precision", "recall", "F1", "support"
    ))?;
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
    percent("micro-F1 over all topics", Some(measured.micro.f1))?;
    percent("macro-F1 over all topics", Some(measured.macro_f1))?;
    percent("macro-F1 over the plan's fields", Some(macro_plan))?;
    percent("first topic right", Some(measured.first_topic))?;
    percent("first topic among the labels", Some(measured.first_among_labels))?;
    percent("department right", measured.department)?;
    percent("department in the first three", measured.department_in_first_three)?;
    percent("kind right", measured.kind)?;
    percent("urgency right", measured.urgency)?;
    percent("urgent: precision", measured.urgent_precision)?;
    percent("urgent: recall", measured.urgent_recall)?;
    percent("nothing to answer: recognised", measured.nothing_recognised)?;
    percent("news to answer: kept", measured.news_kept)?;
    percent("expected calibration error", Some(measured.calibration))?;
    percent("precision of the first topic at coverage 0.7", Some(measured.precision_at_coverage_70))?;
    percent("share of sure rows", Some(measured.sure))?;
    percent("precision of the first topic when sure", Some(measured.precision_when_sure))
}
