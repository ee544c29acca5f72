//! Joining items to incidents through the index in the database: what one item costs at first and in the end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use qingting_ingest::http::Http;
use qingting_models::records::Viewer;
use qingting_models::store::{IncidentFilter, Rank};
use serde::Serialize;

use super::{Scratch, import_whole, made_sheets, open, processor_time, source};
use crate::cli::Global;
use crate::worker::Tools;
use crate::{home, output};

/// In how many parts of the items the cost is told.
const PARTS: usize = 10;

/// What joining costs.
#[derive(Debug, Serialize)]
struct Found {
    database: String,
    items: i64,
    /// Incidents with two items or more among the 200 hottest, and the items of the largest of these.
    hottest_with_two: usize,
    largest_of_hottest: i64,
    /// Milliseconds an item, over all and in each tenth.
    mean: f64,
    by_tenth: Vec<f64>,
    /// The same of processor time, which other programs on the machine lengthen less; empty where the system does not tell.
    processor_by_tenth: Vec<f64>,
}

/// What joining a batch took.
struct Batch {
    items: i64,
    time: Duration,
    processor: Option<Duration>,
}

pub(super) async fn run(global: &Global, items: u32) -> Result<()> {
    let folder = Scratch::new()?;
    let url =
        global.database.clone().unwrap_or_else(|| format!("sqlite:{}", folder.0.join("bench.db").display()));
    let store = open(&url).await?;
    let imported = source(&store, "join").await?;
    let county = Arc::new(home::county_of_folder(global.dir())?);
    let tools = Tools::new(store.clone(), county, Http::new(env!("CARGO_PKG_VERSION")), None)?;
    let bar = output::progress(u64::from(items), "importing and judging");
    import_whole(&store, &imported, &made_sheets(&folder.0.join("sample"), items)?).await?;
    while let Some(judged) = tools.judge_once().await? {
        bar.inc(judged as u64);
    }
    bar.finish_and_clear();
    let all = store.waiting_work().await?.join;
    ensure!(all > 0, "there are no items to join");
    let batches = joined(&tools, all).await?;
    let hottest = store
        .incidents(
            &Viewer::SYSTEM,
            &IncidentFilter { items_min: 2, ..Default::default() },
            Rank { page: 0, size: 200 },
        )
        .await?
        .rows;
    let found = Found {
        database: store.engine().to_owned(),
        items: all,
        hottest_with_two: hottest.len(),
        largest_of_hottest: hottest.iter().map(|incident| incident.items).max().unwrap_or(0),
        mean: rounded(&batches, |batch| Some(batch.time)).unwrap_or_default(),
        by_tenth: tenths(&batches, |batch| Some(batch.time)),
        processor_by_tenth: tenths(&batches, |batch| batch.processor),
    };
    store.close().await;
    report(global, &found)
}

async fn joined(tools: &Tools, all: i64) -> Result<Vec<Batch>> {
    let bar = output::progress(all.unsigned_abs(), "joining");
    let (mut batches, mut left) = (Vec::new(), all);
    while left > 0 {
        let (start, before) = (Instant::now(), processor_time());
        let joined = tools.join_once().await?.context("the joining stage gives no more items out")?;
        let processor = processor_time().zip(before).map(|(now, before)| now.saturating_sub(before));
        let items = i64::try_from(joined)?;
        batches.push(Batch { items, time: start.elapsed(), processor });
        bar.inc(joined as u64);
        left -= items;
    }
    bar.finish_and_clear();
    Ok(batches)
}

fn tenths(batches: &[Batch], time: impl Fn(&Batch) -> Option<Duration>) -> Vec<f64> {
    batches.chunks(batches.len().div_ceil(PARTS)).filter_map(|part| rounded(part, &time)).collect()
}

/// Milliseconds an item, to a thousandth.
fn rounded(batches: &[Batch], time: impl Fn(&Batch) -> Option<Duration>) -> Option<f64> {
    let items: i64 = batches.iter().map(|batch| batch.items).sum();
    let time: Duration = batches.iter().map(time).sum::<Option<Duration>>()?;
    Some((time.as_secs_f64() * 1e6 / items.max(1) as f64).round() / 1e3)
}

fn report(global: &Global, found: &Found) -> Result<()> {
    if global.json {
        return output::json(found);
    }
    output::line(&format!(
        "{} items, {}: {} ms an item; among the 200 hottest incidents {} have two items or more, the largest {}",
        found.items, found.database, found.mean, found.hottest_with_two, found.largest_of_hottest
    ))?;
    output::line(&format!("  by tenths: {:?}", found.by_tenth))?;
    output::line(&format!("  of processor time, by tenths: {:?}", found.processor_by_tenth))
}
