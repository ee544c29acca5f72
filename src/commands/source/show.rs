//! `qingting source show`: one source with its settings, health and last runs.

use anyhow::Result;
use qingting_models::clock::minute_text;
use qingting_models::records::Source;
use qingting_models::store::Store;
use serde_json::json;

use super::{health, unread};
use crate::cli::Global;
use crate::output;

/// Runs that are shown.
const RUNS: i64 = 10;

pub async fn run(global: &Global, store: &Store, source: &Source) -> Result<()> {
    let runs = store.source_runs(source.id, RUNS).await?;
    if global.json {
        return output::json(&json!({ "source": source, "runs": runs }));
    }
    output::line(&format!("{} ({}, {}, {})", source.name, source.kind, source.channel, source.mode))?;
    output::line(&format!("state      {}", health(source)))?;
    if let Some(url) = &source.url {
        output::line(&format!("address    {url}"))?;
    }
    if let Some(host) = &source.allow_host {
        output::line(&format!("allowed    {host}"))?;
    }
    if let Some(moved) = &source.health.moved_to {
        output::line(&format!("moved to   {moved}"))?;
    }
    if source.kind.is_polled() {
        output::line(&format!("every      {} min", source.interval_s / 60))?;
    }
    if let Some(unread) = unread(source) {
        output::line(&format!("unread     {unread}"))?;
    }
    if let Some(next) = source.health.next_at.filter(|_| !source.paused) {
        output::line(&format!("next try   {}", minute_text(next)))?;
    }
    let has = |what| if what { "yes" } else { "no" };
    if source.has_secret || source.has_token {
        output::line(&format!("secret     {}, token {}", has(source.has_secret), has(source.has_token)))?;
    }
    if let Some(cutoff) = source.cutoff {
        output::line(&format!("from       {}", minute_text(cutoff)))?;
    }
    if let Some(map) = source.column_map.as_deref().filter(|map| !map.trim().is_empty()) {
        output::line(&format!("column map\n{}", map.trim_end()))?;
    }
    let settings = toml::to_string(&source.settings)?;
    if !settings.trim().is_empty() {
        output::line(&format!("settings\n{}", settings.trim_end()))?;
    }
    for run in runs {
        let c = run.counts;
        let counts = format!(
            "read {}, new {}, updated {}, unchanged {}, quarantined {}",
            c.read, c.new, c.updated, c.unchanged, c.quarantined
        );
        output::line(&format!(
            "{}  {}{}",
            minute_text(run.at),
            if run.what.is_empty() { String::new() } else { format!("{}: ", run.what) },
            run.error.as_deref().map_or(counts, output::reason)
        ))?;
    }
    Ok(())
}
