//! A folder that is watched for sheets: each file in it is imported, sealed away and answered with an outcome sheet.
//!
//! Beside the files that are dropped stand three folders: `已读` holds sealed copies of what was read, `读不了` those of
//! what could not be, each with a text that says why, and `结果` the outcome sheets for the sender.
//!
//! A file goes in four steps, and a poll that was stopped takes up where it was: it is imported (again, if stopped
//! within: the store knows each row), a note of what is left to do is written, its results are put in place, and the
//! file is removed. Whoever polls holds a lock on the folder.

mod finish;
mod place;

use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use qingting_models::ids::SourceId;
use qingting_models::records::{Source, SourceKind, SourceRun};
use qingting_models::store::{Store, StoreError};
use qingting_models::vault::VaultError;

use crate::import::{ImportError, import_with_outcome};
use crate::outcome::{OutcomeError, OutcomeSheet};
use crate::sheet::{BadMap, SheetError};
use finish::{Left, Results};
use place::{Folder, free_name, is_sheet, shortened, stand_in};

/// Sealed copies of what was read.
pub const READ: &str = "已读";
/// Sealed copies of what could not be read, and why.
pub const UNREADABLE: &str = "读不了";
/// Outcome sheets.
pub const OUTCOMES: &str = "结果";

/// Ends the names of sealed copies.
const SEALED: &str = ".sealed";
/// Ends the names of the texts that say why a file was not read.
const REASON: &str = ".原因.txt";

/// A file that has not changed for so long is complete.
const SETTLED: Duration = Duration::from_secs(5);

/// A poll of a folder that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("the source {0} has no folder; set one with an absolute path")]
    NotSet(String),
    #[error("the folder {} is not an absolute path; write it from the root on", .0.display())]
    NotAbsolute(PathBuf),
    #[error("the folder {} does not exist; make it and let the program read and write it", .0.display())]
    Missing(PathBuf),
    #[error("the folder {} cannot be opened; let the program read and write it: {source}", path.display())]
    Closed { path: PathBuf, source: io::Error },
    #[error("{} is a file, not a folder", .0.display())]
    NotAFolder(PathBuf),
    #[error("the folder {} belongs to the system or to the program; make one for these sheets alone", .0.display())]
    NotForSheets(PathBuf),
    #[error(
        "the folder {} cannot be written to, so what was read could not be moved; let the program write it: {source}",
        path.display()
    )]
    NotWritable { path: PathBuf, source: io::Error },
    #[error("the folder {} lies within the folder of the source {other}, or holds it", path.display())]
    Overlaps { path: PathBuf, other: String },
    #[error("the folder {} is being read by another process", .0.display())]
    Busy(PathBuf),
    #[error("{} cannot be read: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} could not be sealed: {source}", path.display())]
    Seal { path: PathBuf, source: VaultError },
    #[error("the column map saved with the source cannot be used: {0}")]
    Map(#[from] BadMap),
    #[error(transparent)]
    Outcome(#[from] OutcomeError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("reading was stopped")]
    Stopped,
}

/// Looks whether a folder can be watched for a source, and makes the folders beside the files.
///
/// # Errors
/// When there is none, it cannot be written to, or it overlaps another source's.
pub async fn check(store: &Store, source: &Source) -> Result<(), FolderError> {
    open(store, source).await.map(|_| ())
}

/// Looks whether a folder can be watched by a source that is about to be saved, `own` once it is; makes nothing that
/// stays.
///
/// # Errors
/// As [`check`].
pub async fn look(
    store: &Store,
    name: &str,
    folder: Option<&str>,
    own: Option<SourceId>,
) -> Result<(), FolderError> {
    apart(store, name, folder, own).await?.try_out()
}

/// What waits for a person in a source's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unread {
    /// Sheets that could not be read, and were not read later under the same name: their reasons lie in `读不了`.
    pub sheets: usize,
    /// Files that are no sheets by their names, and stay.
    pub others: usize,
}

/// What waits for a person in a source's folder; nothing where it cannot be opened or the source has none.
pub fn unread(source: &Source) -> Unread {
    let Some(folder) = source.settings.folder.as_deref().filter(|_| source.kind == SourceKind::Folder) else {
        return Unread::default();
    };
    let reason = |name: &str| !name.starts_with('.') && name.ends_with(REASON);
    let reasons = fs::read_dir(Path::new(folder).join(UNREADABLE)).into_iter().flatten().flatten();
    Unread {
        sheets: reasons.filter(|entry| entry.file_name().to_str().is_some_and(reason)).count(),
        others: contents(Path::new(folder)).map_or(0, |contents| contents.others.len()),
    }
}

/// The files of a folder in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// What a poll reads, once it is complete.
    pub sheets: Vec<PathBuf>,
    /// What is no sheet by its name.
    pub others: Vec<PathBuf>,
}

/// Lists a folder: hidden files, locks of office programs and unfinished downloads are left out.
///
/// # Errors
/// When the folder cannot be listed.
pub fn contents(folder: &Path) -> io::Result<Contents> {
    let mut contents = Contents::default();
    for entry in fs::read_dir(folder)? {
        let Some(file) = Dropped::seen(entry?.path()).filter(|file| !is_passed_over(&file.name)) else {
            continue;
        };
        let list = if is_sheet(&file.name) { &mut contents.sheets } else { &mut contents.others };
        list.push(file.path);
    }
    contents.sheets.sort();
    contents.others.sort();
    Ok(contents)
}

/// Reads every complete sheet of a source's folder, oldest first, and counts what came of their rows.
///
/// A sheet that cannot be read costs no other file: it goes to `读不了`. What is no sheet by its name stays and is not
/// opened; so do hidden files, lock files of office programs, unfinished downloads, and a file that still grows.
///
/// # Errors
/// When the folder cannot be used, and when the store or the disk fails; files that were not finished stay.
pub async fn poll(store: &Store, source: &Source) -> Result<SourceRun, FolderError> {
    let folder = open(store, source).await?;
    let _lock = lock(&folder)?;
    folder.finish_left(store).await?;
    let mut counts = SourceRun::default();
    for file in settled(&folder, SETTLED).await? {
        counts = counts.and(take(store, source, &folder, &file).await?);
    }
    Ok(counts)
}

async fn open(store: &Store, source: &Source) -> Result<Folder, FolderError> {
    let set = source.settings.folder.as_deref();
    let folder = apart(store, &source.name, set, Some(source.id)).await?;
    folder.prepare()?;
    Ok(folder)
}

/// The folder of the source called `name`, if no source but its `own` reads it.
async fn apart(
    store: &Store,
    name: &str,
    folder: Option<&str>,
    own: Option<SourceId>,
) -> Result<Folder, FolderError> {
    let folder = Folder::of(name, folder, store.vault().key_file())?;
    for other in store.sources().await? {
        if other.kind == SourceKind::Folder && Some(other.id) != own && other.removed_at.is_none() {
            folder.check_apart(&other)?;
        }
    }
    Ok(folder)
}

/// Holds the folder for as long as it lives, also against another process on the same machine.
fn lock(folder: &Folder) -> Result<File, FolderError> {
    let path = folder.within(READ, ".lock");
    let file = File::create(&path).map_err(|source| FolderError::Io { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FolderError::Busy(folder.path.clone())),
        // A share without locks: the lease of the source keeps others away.
        Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(source)) => Err(FolderError::Io { path, source }),
    }
}

/// A file as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dropped {
    path: PathBuf,
    name: String,
    size: u64,
    changed: SystemTime,
}

impl Dropped {
    fn seen(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_owned();
        let meta = fs::symlink_metadata(&path).ok().filter(Metadata::is_file)?;
        let changed = meta.modified().ok()?;
        Some(Self { name, size: meta.len(), changed, path })
    }

    fn is_unchanged(&self) -> bool {
        Self::seen(self.path.clone()).as_ref() == Some(self)
    }
}

/// Whether a name is none of a file to be read: hidden, a lock of an office program, an unfinished download.
fn is_passed_over(name: &str) -> bool {
    let lower = name.to_lowercase();
    let unfinished = [".part", ".tmp", ".crdownload", ".partial", ".download"];
    name.starts_with(['.', '~'])
        || lower == "thumbs.db"
        || lower == "desktop.ini"
        || unfinished.iter().any(|end| lower.ends_with(end))
}

/// The files that are complete, oldest first: unchanged for a while by their time, or by a second look.
async fn settled(folder: &Folder, while_for: Duration) -> Result<Vec<Dropped>, FolderError> {
    let mut files = folder.files()?;
    files.retain(|file| is_sheet(&file.name) && !is_passed_over(&file.name));
    files.sort_by(|a, b| (a.changed, &a.name).cmp(&(b.changed, &b.name)));
    let age = |file: &Dropped| file.changed.elapsed().ok();
    if files.iter().any(|file| age(file).is_none_or(|age| age < while_for)) {
        tokio::time::sleep(while_for).await;
        files.retain(Dropped::is_unchanged);
    }
    Ok(files)
}

/// Imports one file and puts it away.
async fn take(
    store: &Store,
    source: &Source,
    folder: &Folder,
    file: &Dropped,
) -> Result<SourceRun, FolderError> {
    let stem = Path::new(&file.name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let outcome = free_name(&folder.path.join(OUTCOMES), &format!("{}-结果", shortened(&stem)), ".xlsx");
    let sheet = OutcomeSheet::create(&folder.within(OUTCOMES, &format!("{}.xlsx", stand_in(&file.name))))?;
    let read = import_with_outcome(store, source, &file.path, None, Some(sheet), &|_| {}).await;
    let (counts, results) = match read {
        Ok(counts) => (counts, Results::Read { outcome }),
        Err(ImportError::Sheet { fault: SheetError::Io(source), .. }) => {
            return Err(FolderError::Io { path: file.path.clone(), source });
        }
        Err(ImportError::Sheet { fault, .. }) => {
            (SourceRun::default(), Results::Unreadable { reason: fault.to_string() })
        }
        Err(ImportError::Map(wrong)) => return Err(wrong.into()),
        Err(ImportError::Outcome(wrong)) => return Err(wrong.into()),
        Err(ImportError::Store(wrong)) => return Err(wrong.into()),
        Err(ImportError::Stopped | ImportError::Busy(_)) => return Err(FolderError::Stopped),
    };
    // Written over while it was read: the newer content is read at the next poll.
    if file.is_unchanged() {
        let left = Left::of(folder, file, results, store.now());
        left.note(folder)?;
        folder.finish(store, left).await?;
    }
    Ok(counts)
}
