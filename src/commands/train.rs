//! `qingting train`: makes a model from labelled rows.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use qingting_classify::corpus::{Row, load_rows};
use qingting_classify::{TrainOptions, train};
use qingting_models::county::{Taxonomy, TopicCode};
use serde_json::json;

use crate::cli::{Global, Train};
use crate::output;

pub fn run(global: &Global, command: &Train) -> Result<()> {
    let rows = rows_of(&command.corpus)?;
    if let Some(path) = &command.taxonomy {
        check_topics(&rows, path)?;
    }
    if let Some(folder) = command.out.parent().filter(|p| !p.as_os_str().is_empty() && !p.is_dir()) {
        bail!("{} is no folder", folder.display());
    }
    let bar = output::progress(100, "training");
    let model = train(&rows, &TrainOptions::default(), &|step, share| {
        bar.set_message(step.to_owned());
        bar.set_position((share * 100.0) as u64);
    })?;
    bar.finish_and_clear();
    let bytes = model.to_bytes();
    fs::write(&command.out, &bytes)
        .with_context(|| format!("{} cannot be written", command.out.display()))?;
    let card = model.card();
    if global.json {
        return output::json(
            &json!({ "out": command.out, "rows": rows.len(), "bytes": bytes.len(), "card": card }),
        );
    }
    output::line(&format!(
        "trained on {} rows, {} topics; {} bytes in {}",
        rows.len(),
        card.topics.len(),
        bytes.len(),
        command.out.display()
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
