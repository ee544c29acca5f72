//! A long audit log: what chaining it costs, and proving it beside reading the same lines alone.

use std::time::Instant;

use anyhow::{Result, ensure};
use serde::Serialize;

use super::{Scratch, open};
use crate::cli::Global;
use crate::output;

/// Lines written and chained in one transaction.
const BATCH: i64 = 10_000;

#[derive(Debug, Serialize)]
struct Found {
    database: String,
    lines: i64,
    /// Seconds.
    chained: f64,
    read: f64,
    proved: f64,
    /// Proving as a multiple of reading alone.
    ratio: f64,
}

pub(super) async fn run(global: &Global, lines: u32) -> Result<()> {
    let folder = Scratch::new()?;
    let url =
        global.database.clone().unwrap_or_else(|| format!("sqlite:{}", folder.0.join("bench.db").display()));
    let store = open(&url).await?;
    let lines = i64::from(lines);
    let bar = output::progress(lines.unsigned_abs(), "writing and chaining");
    let (mut written, mut chained) = (0, 0.0);
    while written < lines {
        let batch = BATCH.min(lines - written);
        store.insert_bare_audit(batch).await?;
        let start = Instant::now();
        while store.chain_audit(BATCH).await? > 0 {}
        chained += start.elapsed().as_secs_f64();
        written += batch;
        bar.inc(batch.unsigned_abs());
    }
    bar.finish_and_clear();
    store.checkpoint_audit(true).await?;
    let start = Instant::now();
    let there = store.read_bare_audit().await?;
    let read = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let verdict = store.verify_audit(&[]).await?;
    let proved = start.elapsed().as_secs_f64();
    ensure!(verdict.broken.is_none() && verdict.lines == there, "the log is not whole: {:?}", verdict.broken);
    let found = Found {
        database: store.engine().to_owned(),
        lines: verdict.lines,
        chained,
        read,
        proved,
        ratio: proved / read,
    };
    store.close().await;
    if global.json {
        return output::json(&found);
    }
    output::line(&format!("{}: {} lines, chained in {chained:.1} s", found.database, found.lines))?;
    output::line(&format!(
        "proved in {proved:.1} s, {:.2} times reading them alone ({read:.1} s)",
        found.ratio
    ))
}
