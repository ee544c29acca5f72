//! `qingting mask`: shows what the masking finds, line by line, or measures it; stores nothing.

mod gold;

use std::io::{self, BufRead};

use anyhow::{Context, Result, anyhow};
use qingting_models::text;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::{Global, Mask};
use crate::output;

#[derive(Deserialize)]
struct Row {
    id: Value,
    text: String,
}

pub fn run(global: &Global, command: &Mask) -> Result<()> {
    match &command.gold {
        Some(path) => gold::run(global, path),
        None => mask_lines(),
    }
}

fn mask_lines() -> Result<()> {
    for (index, line) in io::stdin().lock().lines().enumerate() {
        let line = line.with_context(|| format!("standard input, line {}", index + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        let row: Row = serde_json::from_str(&line)
            .map_err(|e| anyhow!("standard input, line {}: {e}; a line is {{\"id\",\"text\"}}", index + 1))?;
        let masked = text::mask(&row.text);
        output::json(&json!({ "id": row.id, "text": masked.text, "spans": masked.spans }))?;
    }
    Ok(())
}
