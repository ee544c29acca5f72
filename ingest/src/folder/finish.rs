//! What is left to do once a file was read: results in place, a sealed copy, the file gone. A note of it is written
//! first, so that a poll that was stopped is finished by the next one without reading the file again.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use qingting_models::clock;
use qingting_models::store::Store;
use serde::{Deserialize, Serialize};

use super::place::{Folder, free_name, shortened, stand_in};
use super::{Dropped, FolderError, OUTCOMES, READ, REASON, SEALED, UNREADABLE};
use crate::plain;

/// Ends the names of notes; they begin with a dot.
const NOTE: &str = ".todo";

/// What came of reading a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Results {
    /// Its outcome sheet and the name that it gets.
    Read {
        outcome: String,
    },
    Unreadable {
        reason: String,
    },
}

/// A file that was read and is not put away yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Left {
    name: String,
    size: u64,
    /// Since 1970.
    changed: Duration,
    /// The name of its sealed copy.
    sealed: String,
    results: Results,
}

impl Left {
    pub(super) fn of(folder: &Folder, file: &Dropped, results: Results, now: Timestamp) -> Self {
        let day = clock::local(now).date();
        let kept = folder.path.join(match results {
            Results::Read { .. } => READ,
            Results::Unreadable { .. } => UNREADABLE,
        });
        Self {
            name: file.name.clone(),
            size: file.size,
            changed: file.changed.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
            sealed: free_name(&kept, &format!("{day}-{}", shortened(&file.name)), SEALED),
            results,
        }
    }

    fn path(folder: &Folder, name: &str) -> PathBuf {
        folder.within(READ, &format!("{}{NOTE}", stand_in(name)))
    }

    /// Writes the note, whole or not at all.
    pub(super) fn note(&self, folder: &Folder) -> Result<(), FolderError> {
        let path = Self::path(folder, &self.name);
        let text = serde_json::to_vec(self).map_err(|e| io_error(&path)(e.into()))?;
        write_whole(&path, &text)
    }

    /// Whether the file is the one that was read, and not a newer one of the same name.
    fn is(&self, file: &Dropped) -> bool {
        let changed = file.changed.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        (self.size, self.changed) == (file.size, changed)
    }
}

impl Folder {
    /// Finishes what an earlier poll began.
    pub(super) async fn finish_left(&self, store: &Store) -> Result<(), FolderError> {
        let notes = self.path.join(READ);
        for entry in fs::read_dir(&notes).map_err(io_error(&notes))? {
            let path = entry.map_err(io_error(&notes))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !name.starts_with('.') || !name.ends_with(NOTE) {
                continue;
            }
            let text = fs::read(&path).map_err(io_error(&path))?;
            match serde_json::from_slice::<Left>(&text) {
                Ok(left) => self.finish(store, left).await?,
                // Not ours; the file is read again, and the store knows its rows.
                Err(_) => fs::remove_file(&path).map_err(io_error(&path))?,
            }
        }
        Ok(())
    }

    /// Puts the results in place, seals the file and removes it. Each step that was done before is passed over.
    pub(super) async fn finish(&self, store: &Store, left: Left) -> Result<(), FolderError> {
        let begun = self.within(OUTCOMES, &format!("{}.xlsx", stand_in(&left.name)));
        let kept = match &left.results {
            Results::Read { outcome } => {
                if begun.exists() {
                    let outcome = self.within(OUTCOMES, outcome);
                    fs::rename(&begun, &outcome).map_err(io_error(&outcome))?;
                }
                // What an earlier file of that name lacked is mended.
                let reason = self.within(UNREADABLE, &reason_name(&left.name));
                if reason.exists() {
                    fs::remove_file(&reason).map_err(io_error(&reason))?;
                }
                READ
            }
            Results::Unreadable { reason } => {
                let text = format!("{}：{}\n", left.name, plain::told(reason).text);
                write_whole(&self.within(UNREADABLE, &reason_name(&left.name)), text.as_bytes())?;
                // What was begun of an outcome sheet says nothing that is left.
                let part = self.within(OUTCOMES, &format!(".{}.xlsx.part", stand_in(&left.name)));
                if part.exists() {
                    fs::remove_file(&part).map_err(io_error(&part))?;
                }
                UNREADABLE
            }
        };
        let path = self.path.join(&left.name);
        // A file that a newer one has taken the place of stays and is read at the next poll.
        if let Some(file) = Dropped::seen(path.clone()).filter(|file| left.is(file)) {
            let sealed = self.within(kept, &left.sealed);
            if !sealed.exists() {
                seal(store, file.path.clone(), sealed).await?;
            }
            fs::remove_file(&path).map_err(io_error(&path))?;
        }
        let note = Left::path(self, &left.name);
        fs::remove_file(&note).map_err(io_error(&note))
    }
}

/// The name of the text that says why a file was not read.
fn reason_name(name: &str) -> String {
    format!("{}{REASON}", shortened(name))
}

async fn seal(store: &Store, file: PathBuf, sealed: PathBuf) -> Result<(), FolderError> {
    let vault = store.vault().clone();
    let path = file.clone();
    let sealing = tokio::task::spawn_blocking(move || vault.seal_file(&file, &sealed)).await;
    sealing.map_err(|_| FolderError::Stopped)?.map_err(|source| FolderError::Seal { path, source })
}

fn write_whole(path: &Path, text: &[u8]) -> Result<(), FolderError> {
    let part =
        path.with_file_name(format!(".{}.part", path.file_name().unwrap_or_default().to_string_lossy()));
    let write = || {
        let mut file = fs::File::create(&part)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().map_err(io_error(path))
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> FolderError + '_ {
    |source| FolderError::Io { path: path.to_owned(), source }
}
