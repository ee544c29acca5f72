//! Reads a sheet and makes its rows ready, some rows ahead of the store.
//!
//! The reader hands small parts of the sheet on, which are made ready on all processors. These threads give way to
//! all else in the process: to the store, so that it never waits for a processor, and to people who look at pages
//! meanwhile.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc as plain};
use std::thread;

use qingting_models::records::RowPlace;
use qingting_models::store::{Keyed, Reject, Store, StoreError};
use qingting_models::text::Masker;
use tokio::sync::{mpsc, oneshot};

use super::ImportError;
use crate::prepare::prepare_each;
use crate::sheet::{self, BadRow, Batch, ColumnMap, SheetError, SheetSummary};

/// Rows that are made ready together: few, so that the first are soon ready and no processor waits for another.
pub(super) const PART_ROWS: usize = 50;
/// Parts that may wait to be stored, besides those that are being made ready.
const AHEAD: usize = 10;
/// By how many of the 19 steps of niceness the threads give way.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Rows that are ready to be stored, in the order of the sheet.
#[derive(Default)]
pub(super) struct Prepared {
    pub places: Vec<RowPlace>,
    pub arrivals: Vec<Keyed>,
    /// The ids of the rejects.
    pub bad_ids: Vec<Option<String>>,
    pub rejects: Vec<Reject>,
    /// Bytes of the file read so far.
    pub bytes: u64,
}

impl Prepared {
    pub(super) fn rows(&self) -> usize {
        self.arrivals.len() + self.rejects.len()
    }

    pub(super) fn add(&mut self, part: Self) {
        let Self { places, arrivals, bad_ids, rejects, bytes } = part;
        self.places.extend(places);
        self.arrivals.extend(arrivals);
        self.bad_ids.extend(bad_ids);
        self.rejects.extend(rejects);
        self.bytes = bytes;
    }
}

/// The parts of a sheet in their order. When it is dropped, reading stops.
pub(super) struct Parts {
    parts: mpsc::Receiver<oneshot::Receiver<Ready>>,
    read: oneshot::Receiver<Result<SheetSummary, SheetError>>,
}

impl Parts {
    /// The next part; none when the sheet is at its end or cannot be read on.
    pub(super) async fn next(&mut self) -> Option<Result<Prepared, ImportError>> {
        let part = self.parts.recv().await?;
        // A part whose thread ended without it is lost.
        Some(part.await.map_err(|_| ImportError::Stopped).and_then(|part| Ok(part?)))
    }

    /// What was read in the end.
    pub(super) async fn end(self) -> Result<Result<SheetSummary, SheetError>, ImportError> {
        self.read.await.map_err(|_| ImportError::Stopped)
    }
}

type Ready = Result<Prepared, StoreError>;
/// A part to be made ready, and where it goes then.
type Job = (Batch, oneshot::Sender<Ready>);

/// Begins to read a sheet.
///
/// # Errors
/// When the system gives no threads. One to make parts ready is enough.
pub(super) fn begin(store: &Store, path: &Path, map: Option<ColumnMap>) -> io::Result<Parts> {
    let (jobs, waiting) = plain::channel();
    let waiting = Arc::new(Mutex::new(waiting));
    let processors = thread::available_parallelism().map_or(1, |n| n.get());
    for n in 0..processors {
        let (store, waiting) = (store.clone(), Arc::clone(&waiting));
        match start("prepare", move || make_ready(&store, &waiting)) {
            Err(wrong) if n == 0 => return Err(wrong),
            Err(_) => break,
            Ok(()) => {}
        }
    }
    let (parts, ready) = mpsc::channel(AHEAD + processors);
    let (done, read) = oneshot::channel();
    let file = path.to_owned();
    // When nobody waits for the end any more, the import has failed and says why itself.
    start("read", move || drop(done.send(read_parts(&file, map.as_ref(), &jobs, &parts))))?;
    Ok(Parts { parts: ready, read })
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name(format!("import-{name}"));
    let started = thread.spawn(|| {
        give_way();
        work();
    });
    started.map(drop)
}

/// Puts this thread behind the others; elsewhere than on Linux niceness is the whole process's.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(wrong) = rustix::process::nice(NICE) {
        tracing::debug!("a thread of an import keeps its priority: {wrong}");
    }
}

fn read_parts(
    file: &Path,
    map: Option<&ColumnMap>,
    jobs: &plain::Sender<Job>,
    parts: &mpsc::Sender<oneshot::Receiver<Ready>>,
) -> Result<SheetSummary, SheetError> {
    sheet::read(file, map, PART_ROWS, &mut |part| {
        let (done, ready) = oneshot::channel();
        // Nobody takes parts any more when the store has failed: reading stops.
        jobs.send((part, done)).is_ok() && parts.blocking_send(ready).is_ok()
    })
}

/// Makes parts ready as long as there are any.
fn make_ready(store: &Store, waiting: &Mutex<plain::Receiver<Job>>) {
    // What a masker remembers of the sheet's short texts serves all parts of it.
    let mut masker = Masker::default();
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((part, done)) = job else { break };
        // When nobody waits for it any more, the store has failed.
        drop(done.send(prepared(store, part, &mut masker)));
    }
}

fn prepared(store: &Store, part: Batch, masker: &mut Masker) -> Ready {
    let (places, records): (Vec<_>, Vec<_>) = part.records.into_iter().unzip();
    let (bad_ids, rejects) = part.bad.into_iter().map(reject).unzip();
    let arrivals = store.keyed(prepare_each(records, masker))?;
    Ok(Prepared { places, arrivals, bad_ids, rejects, bytes: part.bytes })
}

fn reject(bad: BadRow) -> (Option<String>, Reject) {
    let BadRow { place, kind, form, reason, external_id, original } = bad;
    (external_id, Reject { place, kind, form, reason, original })
}
