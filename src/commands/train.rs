//! `qingting train`: makes a model from labelled rows.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use qingting_classify::corpus::{Row, load_rows};
use qingting_classify::{Model, TrainOptions, train};
use qingting_models::county::{Taxonomy, TopicCode};
use serde_json::json;

use super::model;
use crate::cli::{Global, Train};
use crate::home::Home;
use crate::model_folder::ModelFolder;
use crate::output;

pub fn run(global: &Global, command: &Train) -> Result<()> {
    let rows = checked_rows(command)?;
    let Some(out) = &command.out else { bail!("--out names no file") };
    let bar = output::progress(100, "training");
    let model = train(&rows, &TrainOptions::default(), &|step, share| {
        bar.set_message(step.to_owned());
        bar.set_position((share * 100.0) as u64);
    })?;
    bar.finish_and_clear();
    let bytes = model.to_bytes();
    fs::write(out, &bytes).with_context(|| format!("{} cannot be written", out.display()))?;
    report(global, &model, rows.len(), out)
}

/// Learns people's judgements, alone or with rows.
pub async fn run_with_corrections(global: &Global, command: &Train) -> Result<()> {
    let home = Home::find(global)?;
    let rows = checked_rows(command)?;
    let bar = output::progress(100, "training");
    let (model, learned) = model::learn(&home, rows, &|step, share| {
        bar.set_message(step.to_owned());
        bar.set_position((share * 100.0) as u64);
    })
    .await?;
    bar.finish_and_clear();
    let out = match &command.out {
        Some(out) => {
            fs::write(out, model.to_bytes())
                .with_context(|| format!("{} cannot be written", out.display()))?;
            out.clone()
        }
        None => ModelFolder::of(&home.dir).put_candidate(&model)?,
    };
    report(global, &model, learned, &out)
}

fn checked_rows(command: &Train) -> Result<Vec<Row>> {
    let rows = rows_of(&command.corpus)?;
    if let Some(path) = &command.taxonomy {
        check_topics(&rows, path)?;
    }
    let folder = command.out.as_deref().and_then(Path::parent);
    if let Some(folder) = folder.filter(|p| !p.as_os_str().is_empty() && !p.is_dir()) {
        bail!("{} is no folder", folder.display());
    }
    Ok(rows)
}

fn report(global: &Global, model: &Model, rows: usize, out: &Path) -> Result<()> {
    let (card, bytes) = (model.card(), model.to_bytes().len());
    if global.json {
        return output::json(&json!({ "out": out, "rows": rows, "bytes": bytes, "card": card }));
    }
    output::line(&format!(
        "trained on {rows} rows, {} topics; {bytes} bytes in {}",
        card.topics.len(),
        out.display()
    ))
}

/// The rows of all files.
pub fn rows_of(files: &[std::path::PathBuf]) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for file in files {
        rows.extend(load_rows(file)?);
    }
    Ok(rows)
}

fn check_topics(rows: &[Row], path: &Path) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let taxonomy = Taxonomy::parse(&path.display().to_string(), &text)?;
    for row in rows {
        if let Some(unknown) =
            row.topics.iter().flatten().find(|t| taxonomy.field(&TopicCode::from(t.as_str())).is_none())
        {
            let allowed: Vec<&str> = taxonomy.fields().iter().map(|field| field.code.as_str()).collect();
            bail!(
                "row {}: topic \"{unknown}\" is not in {}; allowed: {}",
                row.id,
                path.display(),
                allowed.join(", ")
            );
        }
    }
    Ok(())
}
