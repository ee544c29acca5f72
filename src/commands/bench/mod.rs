//! `qingting bench`: what this machine does, each part beside what it is compared with, in one run.

mod classify;
mod ingest;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cli::{BenchPart, Global};
use crate::sample::{Order, make};

pub async fn run(global: &Global, part: &BenchPart) -> Result<()> {
    match part {
        BenchPart::Ingest { rows, file } => ingest::run(global, *rows, file.as_deref()).await,
        BenchPart::Classify { items, file } => classify::run(global, *items, file.as_deref()),
    }
}

/// A folder of its own that goes away in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        let random = qingting_models::vault::random::<6>()?.map(|byte| format!("{byte:02x}")).concat();
        let folder = std::env::temp_dir().join(format!("qingting-bench-{random}"));
        std::fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(wrong) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!("{} is left behind: {wrong}", self.0.display());
        }
    }
}

/// The CSV sheets of a made-up year.
fn made_sheets(folder: &Path, rows: u32) -> Result<Vec<PathBuf>> {
    let order = Order { items: rows.into(), seed: 1, until: jiff::civil::date(2026, 11, 22) };
    make(order, folder, &|_| {})?;
    let mut files = Vec::new();
    for source in std::fs::read_dir(folder.join("sheets"))? {
        for file in std::fs::read_dir(source?.path())? {
            files.push(file?.path());
        }
    }
    files.retain(|file| file.extension().is_some_and(|kind| kind == "csv"));
    files.sort();
    Ok(files)
}
