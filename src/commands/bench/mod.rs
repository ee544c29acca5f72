//! `qingting bench`: what this machine does, each part beside what it is compared with, in one run.

mod audit;
mod classify;
mod end_to_end;
mod fetch;
mod ingest;
mod join;
mod load;
mod pages;
mod plan;
mod report;
mod served;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use qingting_ingest::import::import;
use qingting_models::clock::SystemClock;
use qingting_models::records::{Actor, Channel, Mode, Source, SourceKind, SourceSettings};
use qingting_models::store::{NewSource, Store, StoreSettings};
use qingting_models::vault::Vault;

use crate::cli::{BenchPart, Global};
use crate::sample::{Order, make};

pub async fn run(global: &Global, part: &BenchPart) -> Result<()> {
    match part {
        BenchPart::Audit { lines } => audit::run(global, *lines).await,
        BenchPart::Ingest { rows, file } => ingest::run(global, *rows, file.as_deref()).await,
        BenchPart::Classify { items, file } => classify::run(global, *items, file.as_deref()),
        BenchPart::EndToEnd { items, file, workers, outcome } => {
            end_to_end::run(global, *items, file.as_deref(), *workers, outcome.as_deref()).await
        }
        BenchPart::Fetch { sources, latency, workers } => {
            fetch::run(global, *sources, *latency, workers).await
        }
        BenchPart::Join { items } => join::run(global, *items).await,
        BenchPart::Load(load) => load::run(global, load).await,
        BenchPart::Pages { rounds } => pages::run(global, usize::try_from(*rounds)?).await,
        BenchPart::Plan(plan) => plan::run(global, plan).await,
        BenchPart::Report { week } => report::run(global, week.as_deref()).await,
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

/// Rows and the time that they took.
#[derive(Default)]
struct Speed {
    rows: usize,
    time: Duration,
}

impl Speed {
    fn a_second(&self) -> f64 {
        self.rows as f64 / self.time.as_secs_f64().max(1e-9)
    }
}

/// The high water mark of the resident memory, as Linux tells it.
fn most_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some((kilobytes / 1024.0).round())
}

/// The processor time that all threads of the process have taken, as Linux tells it: in hundredths of a second.
fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program may hold spaces, and ends with a bracket.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks()? + ticks()?)))
}

async fn import_whole(store: &Store, source: &Source, files: &[PathBuf]) -> Result<Speed> {
    let start = Instant::now();
    let mut rows = 0;
    for file in files {
        rows += usize::try_from(import(store, source, file, None, &|_| {}).await?.read)?;
    }
    Ok(Speed { rows, time: start.elapsed() })
}

async fn open(url: &str) -> Result<Store> {
    let settings = StoreSettings::new(url, Vault::generate()?, 4);
    Store::open(settings, Arc::new(SystemClock)).await.with_context(|| {
        "the benchmark needs a database of its own; with --database name an empty one".to_owned()
    })
}

async fn source(store: &Store, name: &str) -> Result<Source> {
    let new = NewSource {
        name: name.to_owned(),
        kind: SourceKind::Sheet,
        channel: Channel::Hotline,
        mode: Mode::Handle,
        url: None,
        cutoff: None,
        allow_host: None,
        interval_s: 900,
        settings: SourceSettings::default(),
    };
    Ok(store.add_source(new, Actor::Console).await?)
}
