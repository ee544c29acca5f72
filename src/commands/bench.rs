//! `qingting bench`: what this machine does, each part beside what it is compared with, in one run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use qingting_ingest::import::import;
use qingting_ingest::prepare::prepare;
use qingting_ingest::sheet;
use qingting_models::clock::SystemClock;
use qingting_models::records::{Actor, Channel, Mode, Source, SourceKind, SourceSettings};
use qingting_models::store::{Arrival, NewSource, Store, StoreSettings};
use qingting_models::vault::Vault;
use serde::Serialize;

use crate::cli::{BenchPart, Global};
use crate::output;

/// Rows of one transaction, as in an import.
const BATCH: usize = 500;

/// How fast each way went.
#[derive(Debug, Serialize)]
struct Ingest {
    rows: usize,
    megabytes: f64,
    database: String,
    /// Rows a second.
    csv_parsing: f64,
    bare_inserts: f64,
    import: f64,
    import_again: f64,
    /// Import against the slower of the first two.
    share_of_slower: f64,
}

pub async fn run(global: &Global, part: &BenchPart) -> Result<()> {
    match part {
        BenchPart::Ingest { rows, file } => ingest(global, *rows, file.as_deref()).await,
    }
}

async fn ingest(global: &Global, rows: u32, file: Option<&Path>) -> Result<()> {
    let folder = Scratch::new()?;
    let path = match file {
        Some(file) => file.to_owned(),
        None => made_sheet(&folder.0, rows)?,
    };
    let bytes = std::fs::metadata(&path).with_context(|| path.display().to_string())?.len();
    let (parsed, parsing) = parse_alone(&path)?;
    ensure!(parsed > 0, "{} has no rows", path.display());
    let url =
        global.database.clone().unwrap_or_else(|| format!("sqlite:{}", folder.0.join("bench.db").display()));
    let store = open(&url).await?;
    let bare = source(&store, "bare").await?;
    let (inserted, inserting) = insert_alone(&store, &bare, &path).await?;
    let imported = source(&store, "import").await?;
    let (first, importing) = import_whole(&store, &imported, &path).await?;
    let (_, again) = import_whole(&store, &imported, &path).await?;
    let engine = store.engine().to_owned();
    store.close().await;
    let rate = |count: usize, time: Duration| (count as f64 / time.as_secs_f64()).round();
    let csv_parsing = rate(parsed, parsing);
    let bare_inserts = rate(inserted, inserting);
    let import = rate(first, importing);
    report(
        global,
        &Ingest {
            rows: first,
            megabytes: (bytes as f64 / 1e5).round() / 10.0,
            database: engine,
            csv_parsing,
            bare_inserts,
            import,
            import_again: rate(first, again),
            share_of_slower: (import / csv_parsing.min(bare_inserts) * 100.0).round() / 100.0,
        },
    )
}

fn report(global: &Global, found: &Ingest) -> Result<()> {
    if global.json {
        return output::json(found);
    }
    let Ingest { rows, megabytes, database, .. } = found;
    output::line(&format!("{rows} rows, {megabytes} MB, {database}; rows a second:"))?;
    output::line(&format!("  csv parsing alone                 {:>9}", found.csv_parsing))?;
    output::line(&format!("  the finished rows inserted alone  {:>9}", found.bare_inserts))?;
    output::line(&format!("  import: read, mask, seal, store   {:>9}", found.import))?;
    output::line(&format!("  the same sheet again              {:>9}", found.import_again))?;
    output::line(&format!("import against the slower of the first two: {}", found.share_of_slower))
}

/// Reads every field with the csv crate.
fn parse_alone(path: &Path) -> Result<(usize, Duration)> {
    let start = Instant::now();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path)?;
    let mut record = csv::StringRecord::new();
    let (mut rows, mut bytes) = (0, 0);
    while reader.read_record(&mut record)? {
        rows += 1;
        bytes += record.iter().map(str::len).sum::<usize>();
    }
    let took = start.elapsed();
    ensure!(bytes > 0, "{} has empty rows only", path.display());
    Ok((rows, took))
}

/// Writes the rows that an import of the sheet would write, made ready beforehand; only the writing counts.
async fn insert_alone(store: &Store, source: &Source, path: &Path) -> Result<(usize, Duration)> {
    let mut batches: Vec<Vec<Arrival>> = Vec::new();
    sheet::read(path, None, BATCH, &mut |batch| {
        batches.push(batch.records.into_iter().map(|(_, record)| prepare(record)).collect());
        true
    })?;
    let mut spent = Duration::ZERO;
    let mut rows = 0;
    for batch in batches {
        rows += batch.len();
        let ready = store.bare_batch(source, batch)?;
        let start = Instant::now();
        store.insert_bare(ready).await?;
        spent += start.elapsed();
    }
    Ok((rows, spent))
}

async fn import_whole(store: &Store, source: &Source, path: &Path) -> Result<(usize, Duration)> {
    let start = Instant::now();
    let run = import(store, source, path, None, &|_| {}).await?;
    Ok((usize::try_from(run.read)?, start.elapsed()))
}

async fn open(url: &str) -> Result<Store> {
    let settings = StoreSettings { url: url.to_owned(), vault: Vault::generate()?, connections: 4 };
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

fn made_sheet(_folder: &Path, _rows: u32) -> Result<PathBuf> {
    anyhow::bail!("--file is needed")
}
