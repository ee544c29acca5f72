//! A sheet from its rows to items that are masked, judged, joined to incidents, routed and found by their words, as a server
//! with its workers does it, beside bare writes of the rows that came of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use qingting_ingest::http::Http;
use qingting_models::records::Viewer;
use qingting_models::store::{ItemFilter, ItemState, Page, Store};
use serde::Serialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Scratch, import_whole, made_sheets, most_memory, open, source};
use crate::cli::Global;
use crate::home;
use crate::metrics::StageTotal;
use crate::output;
use crate::worker::{self, Tools};

/// How often it is looked whether anything still waits.
const LOOK: Duration = Duration::from_millis(20);

/// How long each part took.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    database: String,
    workers: u16,
    /// Rows of the sheets, and the items that came of them.
    rows: usize,
    items: i64,
    cases: i64,
    /// Seconds until the last row was stored, and until the last item was joined, routed and held against the alert rules.
    stored: f64,
    done: f64,
    items_a_second: f64,
    /// By stage: what it wrote, and the seconds of its batches, which lie beside each other.
    stages: BTreeMap<&'static str, StageTotal>,
    /// Megabytes at most.
    memory: Option<f64>,
    bare: Option<Bare>,
}

/// The same rows written into the same tables and indexes of a new database, in batches, without any of the work around them.
#[derive(Debug, Serialize)]
struct Bare {
    rows: u64,
    seconds: f64,
    /// Its time as a share of the whole way's.
    share: f64,
}

pub(super) async fn run(
    global: &Global,
    items: u32,
    file: Option<&Path>,
    workers: u16,
    outcome: Option<&Path>,
) -> Result<()> {
    let folder = Scratch::new()?;
    let files = match file {
        Some(file) => vec![file.to_owned()],
        None => made_sheets(&folder.0.join("sample"), items)?,
    };
    let own = sqlite(&folder, "bench.db");
    let store = open(global.database.as_ref().unwrap_or(&own)).await?;
    let mut found = whole_way(global, &store, &files, workers).await?;
    if let Some(path) = outcome {
        write_outcome(&store, path).await?;
    }
    if global.database.is_none() {
        found.bare = Some(write_bare(global, &folder, &store, found.done).await?);
    }
    store.close().await;
    report(global, &found)
}

fn sqlite(folder: &Scratch, name: &str) -> String {
    format!("sqlite:{}", folder.0.join(name).display())
}

impl Found {
    /// Seconds until all was done, and the rows of the sheets.
    pub(super) fn taken(&self) -> (f64, usize) {
        (self.done, self.rows)
    }
}

/// Takes sheets in with so many workers running, until all is done.
///
/// # Errors
/// When a sheet cannot be read, or the database fails.
pub(super) async fn whole_way(
    global: &Global,
    store: &Store,
    files: &[PathBuf],
    workers: u16,
) -> Result<Found> {
    let imported = source(store, "sheet").await?;
    let county = Arc::new(home::county_of_folder(global.dir())?);
    let tools = Tools::new(store.clone(), county, Http::new(env!("CARGO_PKG_VERSION")), None)?;
    let stop = CancellationToken::new();
    let begun = Instant::now();
    let running = tokio::spawn(worker::start(&tools, workers, &stop));
    let rows = import_whole(store, &imported, files).await?.rows;
    let stored = begun.elapsed();
    while store.waiting_work().await?.total() > 0 {
        let stuck = store.stuck_count().await?;
        ensure!(stuck == 0, "{stuck} items were set aside");
        tokio::time::sleep(LOOK).await;
    }
    let done = begun.elapsed();
    stop.cancel();
    running.await?;
    let overview = store.totals().await?;
    Ok(Found {
        database: store.engine().to_owned(),
        workers,
        rows,
        items: overview.items,
        cases: overview.cases,
        stored: seconds(stored),
        done: seconds(done),
        items_a_second: (overview.items as f64 / done.as_secs_f64()).round(),
        stages: tools.figures.totals(),
        memory: most_memory(),
        bare: None,
    })
}

async fn write_bare(global: &Global, folder: &Scratch, store: &Store, done: f64) -> Result<Bare> {
    let county = home::county_of_folder(global.dir())?;
    let classifier = home::classifier(global.dir(), &county, None)?;
    let words = |title: &str, body: &str| classifier.search_tokens(title, body);
    let to = open(&sqlite(folder, "bare.db")).await?;
    let (rows, time) = store.write_bare(&to, &words).await?;
    to.close().await;
    Ok(Bare { rows, seconds: seconds(time), share: (time.as_secs_f64() / done * 100.0).round() / 100.0 })
}

/// What became of each item, a line `{"id","topics","unsure","kind","urgency","town","incident","case"}`.
async fn write_outcome(store: &Store, path: &Path) -> Result<()> {
    let mut out = std::io::BufWriter::new(
        std::fs::File::create(path).with_context(|| format!("{} cannot be written", path.display()))?,
    );
    let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
    let mut page = Page { before: None, size: 200 };
    loop {
        let listing = store.items(&Viewer::SYSTEM, &filter, page).await?;
        let ids: Vec<_> = listing.rows.iter().map(|item| item.id).collect();
        let incidents = store.incidents_of(&Viewer::SYSTEM, &ids).await?;
        for item in &listing.rows {
            let line = json!({
                "id": item.external_id, "topics": item.topics, "unsure": item.unsure, "kind": item.kind,
                "urgency": item.urgency, "town": item.town,
                "incident": incidents.get(&item.id).map(|(incident, _)| incident), "case": item.case
            });
            writeln!(out, "{line}")?;
        }
        match listing.next {
            Some(next) => page.before = Some(next),
            None => return Ok(out.flush()?),
        }
    }
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

fn report(global: &Global, found: &Found) -> Result<()> {
    if global.json {
        return output::json(found);
    }
    let Found { database, rows, items, cases, workers, .. } = found;
    output::line(&format!(
        "{rows} rows, {items} items, {cases} cases, {database}, {workers} workers; seconds:"
    ))?;
    output::line(&format!(
        "  the last row is stored                                   {:>9.1}",
        found.stored
    ))?;
    output::line(&format!("  all are judged, joined, routed and found by their words  {:>9.1}", found.done))?;
    output::line(&format!("items a second: {}", found.items_a_second))?;
    for (stage, total) in &found.stages {
        output::line(&format!(
            "  {stage:<8}{:>9} in batches of {:>9.1} seconds in all",
            total.items, total.seconds
        ))?;
    }
    if let Some(bare) = &found.bare {
        output::line(&format!(
            "the {} rows that came of it written alone: {:.1} seconds, {} of the whole way",
            bare.rows, bare.seconds, bare.share
        ))?;
    }
    match found.memory {
        Some(memory) => output::line(&format!("most memory held: {memory} MB")),
        None => Ok(()),
    }
}
