//! Imports a sheet batch by batch. Each batch is one transaction of the store, which knows what it has seen:
//! an import may be stopped anywhere and run again.
//!
//! Reading, making ready and storing go on at once: parts of the sheet that [`ready`] has made ready are put together to
//! a batch and stored in the order of the sheet.

mod ready;

use std::path::{Path, PathBuf};

use qingting_models::records::{RowPlace, Source, SourceRun};
use qingting_models::store::{Fate, Keyed, Reject, Store, StoreError};

use crate::outcome::{OutcomeError, OutcomeLine, OutcomeSheet};
use crate::sheet::{BadMap, ColumnMap, SheetError, SheetSummary};
use ready::{PART_ROWS, Prepared};

/// Rows of one transaction.
const BATCH_ROWS: usize = 500;

/// A sheet that could not be imported. What was read before the fault is in the store.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{} {fault}", file.display())]
    Sheet { file: PathBuf, fault: SheetError },
    #[error("the column map saved with the source cannot be used: {0}")]
    Map(#[from] BadMap),
    #[error(transparent)]
    Outcome(#[from] OutcomeError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the system gives no thread to read with ({0}); nothing was read: try again")]
    Busy(#[source] std::io::Error),
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
    import_with_outcome(store, source, path, map, None, progress).await
}

/// The same, and writes what became of each row to `outcome`, whose file appears when all is read.
///
/// # Errors
/// As [`import`], and when the outcome sheet cannot be written.
pub async fn import_with_outcome(
    store: &Store,
    source: &Source,
    path: &Path,
    map: Option<&ColumnMap>,
    outcome: Option<OutcomeSheet>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<SourceRun, ImportError> {
    let map = match map {
        Some(map) => Some(map.clone()),
        None => saved_map(source)?,
    };
    let bytes_total = std::fs::metadata(path).map_or(0, |m| m.len());
    let mut run = Run { store, source, outcome, state: Progress { bytes_total, ..Progress::default() } };
    let result = run.batches(path, map, progress).await;
    // The run is named by its file: the fault alone is kept.
    let error = result.as_ref().err().map(|wrong| match wrong {
        ImportError::Sheet { fault, .. } => fault.to_string(),
        other => other.to_string(),
    });
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    store.record_run(source.id, &name, run.state.counts, error.as_deref()).await?;
    result?;
    if let Some(outcome) = run.outcome {
        // Packing a large workbook takes a while.
        tokio::task::spawn_blocking(|| outcome.finish()).await.map_err(|_| ImportError::Stopped)??;
    }
    Ok(run.state.counts)
}

/// The column map saved with a source.
///
/// # Errors
/// When it cannot be used.
pub fn saved_map(source: &Source) -> Result<Option<ColumnMap>, BadMap> {
    source
        .column_map
        .as_deref()
        .filter(|saved| !saved.trim().is_empty())
        .map(ColumnMap::parse)
        .transpose()
        .map(|map| map.map(ColumnMap::saved))
}

struct Run<'i> {
    store: &'i Store,
    source: &'i Source,
    outcome: Option<OutcomeSheet>,
    /// What is stored, also when it fails.
    state: Progress,
}

impl Run<'_> {
    /// Stores batch after batch.
    async fn batches(
        &mut self,
        path: &Path,
        map: Option<ColumnMap>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<(), ImportError> {
        let unreadable = |fault| ImportError::Sheet { file: path.to_owned(), fault };
        let mut parts = ready::begin(self.store, path, map).map_err(ImportError::Busy)?;
        let mut batch = Prepared::default();
        // The first batches are small, so that storing begins soon.
        let mut size = PART_ROWS;
        // Nothing of a batch is stored of which a part was lost.
        while let Some(part) = parts.next().await.transpose()? {
            batch.add(part);
            if batch.rows() >= size {
                self.store_batch(std::mem::take(&mut batch)).await?;
                progress(self.state);
                size = (size * 2).min(BATCH_ROWS);
            }
        }
        if batch.rows() > 0 {
            self.store_batch(batch).await?;
            progress(self.state);
        }
        let summary = parts.end().await?.map_err(unreadable)?;
        tell_passed_over(path, &summary);
        Ok(())
    }

    async fn store_batch(&mut self, batch: Prepared) -> Result<(), ImportError> {
        let Prepared { places, arrivals, bad_ids, rejects, bytes } = batch;
        let lines = self.outcome.is_some().then(|| Lines::of(places, &arrivals, bad_ids, &rejects));
        let taken = self.store.take_in_keyed(self.source, arrivals, rejects).await?;
        self.state.counts = self.state.counts.and(taken.counts);
        self.state.bytes_read = bytes;
        if let (Some(outcome), Some(lines)) = (&mut self.outcome, lines) {
            for line in lines.with(&taken.fates) {
                outcome.write(&line)?;
            }
        }
        Ok(())
    }
}

fn tell_passed_over(path: &Path, summary: &SheetSummary) {
    let file = path.display();
    if !summary.skipped.is_empty() {
        tracing::warn!(%file, sheets = ?summary.skipped, "sheets without a known header row were passed over");
    }
    if !summary.hidden.is_empty() {
        tracing::warn!(%file, sheets = ?summary.hidden, "hidden sheets were passed over");
    }
    if !summary.charts.is_empty() {
        tracing::info!(%file, sheets = ?summary.charts, "sheets of charts and dialogues were passed over");
    }
}

/// The lines of an outcome sheet of one batch, as far as they are known before it is stored.
struct Lines {
    taken: Vec<OutcomeLine>,
    back: Vec<OutcomeLine>,
}

impl Lines {
    fn of(
        places: Vec<RowPlace>,
        arrivals: &[Keyed],
        bad_ids: Vec<Option<String>>,
        rejects: &[Reject],
    ) -> Self {
        let taken = places.into_iter().zip(arrivals).map(|(place, arrival)| OutcomeLine {
            place,
            external_id: arrival.external_id().map(str::to_owned),
            fate: None,
            reason: None,
        });
        let back = rejects.iter().zip(bad_ids).map(|(reject, external_id)| OutcomeLine {
            place: reject.place.clone(),
            external_id,
            fate: None,
            reason: Some(reject.reason.clone()),
        });
        Self { taken: taken.collect(), back: back.collect() }
    }

    /// All lines in the order of the sheet.
    fn with(self, fates: &[Fate]) -> Vec<OutcomeLine> {
        let mut all = self.taken;
        all.iter_mut().zip(fates).for_each(|(line, fate)| line.fate = Some(*fate));
        all.extend(self.back);
        // A batch may hold the end of one sheet and the beginning of the next.
        let mut sheets: Vec<Option<String>> = Vec::new();
        for line in &all {
            if !sheets.contains(&line.place.sheet) {
                sheets.push(line.place.sheet.clone());
            }
        }
        all.sort_by_key(|line| (sheets.iter().position(|sheet| *sheet == line.place.sheet), line.place.row));
        all
    }
}
