//! Import into the store without judging, beside csv parsing alone and beside bare inserts of the same rows.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use qingting_ingest::prepare::prepare;
use qingting_ingest::sheet;
use qingting_models::records::Source;
use qingting_models::store::{Arrival, Store};
use serde::Serialize;

use super::{Scratch, Speed, import_whole, made_sheets, open, source};
use crate::cli::Global;
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

pub(super) async fn run(global: &Global, rows: u32, file: Option<&Path>) -> Result<()> {
    let folder = Scratch::new()?;
    let files = match file {
        Some(file) => vec![file.to_owned()],
        None => made_sheets(&folder.0.join("sample"), rows)?,
    };
    let mut bytes = 0;
    for file in &files {
        bytes += std::fs::metadata(file).with_context(|| file.display().to_string())?.len();
    }
    let csv_parsing = parse_alone(&files)?;
    let url =
        global.database.clone().unwrap_or_else(|| format!("sqlite:{}", folder.0.join("bench.db").display()));
    let store = open(&url).await?;
    let bare = source(&store, "bare").await?;
    let bare_inserts = insert_alone(&store, &bare, &files).await?;
    let imported = source(&store, "import").await?;
    let import = import_whole(&store, &imported, &files).await?;
    let again = import_whole(&store, &imported, &files).await?;
    let database = store.engine().to_owned();
    store.close().await;
    let slower = csv_parsing.a_second().min(bare_inserts.a_second());
    report(
        global,
        &Ingest {
            rows: import.rows,
            megabytes: (bytes as f64 / 1e5).round() / 10.0,
            database,
            csv_parsing: csv_parsing.a_second().round(),
            bare_inserts: bare_inserts.a_second().round(),
            import: import.a_second().round(),
            import_again: again.a_second().round(),
            share_of_slower: (import.a_second() / slower * 100.0).round() / 100.0,
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

/// Reads every field with the csv crate, as bytes: some sheets are in GB18030.
fn parse_alone(files: &[PathBuf]) -> Result<Speed> {
    let start = Instant::now();
    let mut record = csv::ByteRecord::new();
    let (mut rows, mut bytes) = (0, 0);
    for file in files {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(file)?;
        while reader.read_byte_record(&mut record)? {
            rows += 1;
            bytes += record.iter().map(<[u8]>::len).sum::<usize>();
        }
    }
    ensure!(bytes > 0, "the sheets have no rows");
    Ok(Speed { rows, time: start.elapsed() })
}

/// Writes the rows that an import of the sheets would write, made ready beforehand; only the writing counts.
async fn insert_alone(store: &Store, source: &Source, files: &[PathBuf]) -> Result<Speed> {
    let mut speed = Speed::default();
    // Later sheets may bring an item again, which a bare insert cannot: only the first is taken.
    let mut seen = HashSet::new();
    for file in files {
        let mut batches: Vec<Vec<Arrival>> = Vec::new();
        sheet::read(file, None, BATCH, &mut |batch| {
            let first = batch.records.into_iter().map(|(_, record)| prepare(record)).filter(|arrival| {
                seen.insert(arrival.external_id.clone().unwrap_or_else(|| arrival.canonical.clone()))
            });
            batches.push(first.collect());
            true
        })?;
        for batch in batches.into_iter().filter(|batch| !batch.is_empty()) {
            speed.rows += batch.len();
            let ready = store.bare_batch(source, batch)?;
            let start = Instant::now();
            store.insert_bare(ready).await?;
            speed.time += start.elapsed();
        }
    }
    Ok(speed)
}
