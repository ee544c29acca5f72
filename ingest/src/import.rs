//! Imports a sheet batch by batch. Each batch is one transaction of the store, which knows what it has seen:
//! an import may be stopped anywhere and run again.
//!
//! Reading, making ready and storing go on at once, each some rows behind the one before: the reader hands small
//! parts of the sheet on, those are made ready on all processors, and parts that are ready are put together to a
//! batch and stored in the order of the sheet.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use futures::stream;
use qingting_models::records::{RowPlace, Source, SourceRun};
use qingting_models::store::{Arrival, Fate, Reject, Store, StoreError};
use qingting_models::text::Masker;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::outcome::{OutcomeError, OutcomeLine, OutcomeSheet};
use crate::prepare::prepare_each;
use crate::sheet::{self, BadMap, BadRow, Batch, ColumnMap, SheetError, SheetSummary};

/// Rows of one transaction.
const BATCH_ROWS: usize = 500;
/// Rows that are made ready together: few, so that the first are soon ready and no processor waits for another.
const PART_ROWS: usize = 50;
/// Parts that wait between two steps: as many as are stored at a time.
const AHEAD: usize = BATCH_ROWS / PART_ROWS;

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
        let (parts, read) = mpsc::channel(AHEAD);
        let file = path.to_owned();
        let reading = tokio::task::spawn_blocking(move || read_parts(&file, map.as_ref(), &parts));
        let (prepared, mut ready) = mpsc::channel(AHEAD);
        let preparing = tokio::spawn(prepare_parts(read, prepared));
        let mut batch = Prepared::default();
        // The first batches are small, so that storing begins soon.
        let mut size = PART_ROWS;
        while let Some(part) = ready.recv().await {
            batch.add(part);
            if batch.rows() >= size {
                self.store_batch(std::mem::take(&mut batch)).await?;
                progress(self.state);
                size = (size * 2).min(BATCH_ROWS);
            }
        }
        // Nothing of a batch is stored of which a part was lost.
        preparing.await.ok().flatten().ok_or(ImportError::Stopped)?;
        if batch.rows() > 0 {
            self.store_batch(batch).await?;
            progress(self.state);
        }
        let read = reading.await.map_err(|_| ImportError::Stopped)?;
        let summary = read.map_err(|fault| ImportError::Sheet { file: path.to_owned(), fault })?;
        tell_passed_over(path, &summary);
        Ok(())
    }

    async fn store_batch(&mut self, batch: Prepared) -> Result<(), ImportError> {
        let Prepared { places, arrivals, bad_ids, rejects, bytes } = batch;
        let lines = self.outcome.is_some().then(|| Lines::of(places, &arrivals, bad_ids, &rejects));
        let taken = self.store.take_in(self.source, arrivals, rejects).await?;
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
        arrivals: &[Arrival],
        bad_ids: Vec<Option<String>>,
        rejects: &[Reject],
    ) -> Self {
        let taken = places.into_iter().zip(arrivals).map(|(place, arrival)| OutcomeLine {
            place,
            external_id: arrival.external_id.clone(),
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

/// Rows that are ready to be stored, in the order of the sheet.
#[derive(Default)]
struct Prepared {
    places: Vec<RowPlace>,
    arrivals: Vec<Arrival>,
    /// The ids of the rejects.
    bad_ids: Vec<Option<String>>,
    rejects: Vec<Reject>,
    /// Bytes of the file read so far.
    bytes: u64,
}

impl Prepared {
    fn rows(&self) -> usize {
        self.arrivals.len() + self.rejects.len()
    }

    fn add(&mut self, part: Self) {
        let Self { places, arrivals, bad_ids, rejects, bytes } = part;
        self.places.extend(places);
        self.arrivals.extend(arrivals);
        self.bad_ids.extend(bad_ids);
        self.rejects.extend(rejects);
        self.bytes = bytes;
    }
}

fn read_parts(
    file: &Path,
    map: Option<&ColumnMap>,
    parts: &mpsc::Sender<Batch>,
) -> Result<SheetSummary, SheetError> {
    // Nobody takes parts any more when the store has failed: reading stops.
    sheet::read(file, map, PART_ROWS, &mut |part| parts.blocking_send(part).is_ok())
}

/// Makes parts ready on all processors and hands them on in their order; `None` when one was lost.
async fn prepare_parts(parts: mpsc::Receiver<Batch>, ready: mpsc::Sender<Prepared>) -> Option<()> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let maskers = Maskers::default();
    let parts = stream::unfold(parts, async |mut parts| parts.recv().await.map(|part| (part, parts)));
    let prepared = parts.map(|part| prepared_aside(part, &maskers)).buffered(processors + 1);
    let mut prepared = std::pin::pin!(prepared);
    while let Some(part) = prepared.next().await {
        // Nobody takes parts any more when the store has failed.
        if ready.send(part.ok()?).await.is_err() {
            break;
        }
    }
    Some(())
}

/// What maskers remember of the sheet's short texts serves all parts of it.
type Maskers = Arc<Mutex<Vec<Masker>>>;

fn prepared_aside(part: Batch, maskers: &Maskers) -> JoinHandle<Prepared> {
    let maskers = Arc::clone(maskers);
    tokio::task::spawn_blocking(move || {
        let free = || maskers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut masker = free().pop().unwrap_or_default();
        let prepared = prepared(part, &mut masker);
        free().push(masker);
        prepared
    })
}

fn prepared(part: Batch, masker: &mut Masker) -> Prepared {
    let (places, records): (Vec<_>, Vec<_>) = part.records.into_iter().unzip();
    let (bad_ids, rejects) = part.bad.into_iter().map(reject).unzip();
    Prepared { places, arrivals: prepare_each(records, masker), bad_ids, rejects, bytes: part.bytes }
}

fn reject(bad: BadRow) -> (Option<String>, Reject) {
    let BadRow { place, kind, form, reason, external_id, original } = bad;
    (external_id, Reject { place, kind, form, reason, original })
}
