//! Imports a sheet batch by batch. Each batch is one transaction of the store, which knows what it has seen:
//! an import may be stopped anywhere and run again.

use std::path::{Path, PathBuf};

use qingting_models::records::{Source, SourceRun};
use qingting_models::store::{Arrival, Reject, Store, StoreError};
use tokio::sync::mpsc;

use crate::prepare::prepare;
use crate::sheet::{self, BadMap, BadRow, Batch, ColumnMap, SheetError, SheetSummary};

/// Rows of one transaction.
const BATCH_ROWS: usize = 500;
/// Batches that are read ahead while the store writes.
const AHEAD: usize = 2;

/// A sheet that could not be imported. What was read before the fault is in the store.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{} {fault}", file.display())]
    Sheet { file: PathBuf, fault: SheetError },
    #[error("the column map saved with the source cannot be used: {0}")]
    Map(#[from] BadMap),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("reading was stopped")]
    Stopped,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub counts: SourceRun,
    /// Bytes read so far; 0 for a workbook, whose size tells nothing.
    pub bytes_read: u64,
    pub bytes_total: u64,
}

/// Imports a sheet into a source and counts what came of its rows.
///
/// `map` outranks the column map saved with the source; without either the headers are recognised by their
/// words. `progress` is told after each batch.
///
/// # Errors
/// When the file is no sheet or its columns cannot be told, and when the store fails.
pub async fn import(
    store: &Store,
    source: &Source,
    path: &Path,
    map: Option<&ColumnMap>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<SourceRun, ImportError> {
    let map = match (map, &source.column_map) {
        (Some(map), _) => Some(map.clone()),
        (None, Some(saved)) => Some(ColumnMap::parse(saved)?),
        (None, None) => None,
    };
    let mut state =
        Progress { bytes_total: std::fs::metadata(path).map_or(0, |m| m.len()), ..Progress::default() };
    let result = batches(store, source, path, map, &mut state, progress).await;
    let error = result.as_ref().err().map(ToString::to_string);
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    store.record_run(source.id, &name, state.counts, error.as_deref()).await?;
    result.map(|()| state.counts)
}

/// Stores batch after batch; `state` counts what is stored, also when it fails.
async fn batches(
    store: &Store,
    source: &Source,
    path: &Path,
    map: Option<ColumnMap>,
    state: &mut Progress,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(), ImportError> {
    let (batches, mut ready) = mpsc::channel(AHEAD);
    let file = path.to_owned();
    // Reading and masking keep a processor busy, so they have a thread of their own.
    let reading = tokio::task::spawn_blocking(move || read(&file, map.as_ref(), &batches));
    while let Some(batch) = ready.recv().await {
        let Prepared { arrivals, rejects, bytes } = batch;
        state.counts = state.counts.and(store.intake(source, arrivals, rejects).await?);
        state.bytes_read = bytes;
        progress(*state);
    }
    let read = reading.await.map_err(|_| ImportError::Stopped)?;
    let summary = read.map_err(|fault| ImportError::Sheet { file: path.to_owned(), fault })?;
    if !summary.skipped.is_empty() {
        tracing::warn!(file = %path.display(), sheets = ?summary.skipped, "sheets without a known header row were passed over");
    }
    Ok(())
}

struct Prepared {
    arrivals: Vec<Arrival>,
    rejects: Vec<Reject>,
    bytes: u64,
}

fn read(
    file: &Path,
    map: Option<&ColumnMap>,
    batches: &mpsc::Sender<Prepared>,
) -> Result<SheetSummary, SheetError> {
    // Nobody takes batches any more when the store has failed: reading stops.
    sheet::read(file, map, BATCH_ROWS, &mut |batch| batches.blocking_send(prepared(batch)).is_ok())
}

fn prepared(batch: Batch) -> Prepared {
    Prepared {
        arrivals: batch.records.into_iter().map(|(_, record)| prepare(record)).collect(),
        rejects: batch.bad.into_iter().map(reject).collect(),
        bytes: batch.bytes,
    }
}

fn reject(bad: BadRow) -> Reject {
    let BadRow { place, kind, form, reason, original } = bad;
    Reject { place, kind, form, reason, original }
}
