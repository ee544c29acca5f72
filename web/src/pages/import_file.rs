//! Uploaded sheets while they are looked at and imported: each in a folder of its own that only this user of the
//! machine may read, and gone after the import, after a day, or at the next start.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use futures::{Stream, StreamExt};
use jiff::{SignedDuration, Timestamp};
use qingting_ingest::import::Progress;
use qingting_models::ids::{RunId, SourceId};
use qingting_models::records::SourceRun;
use qingting_models::text::file_name;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;

use crate::error::WebError;

/// Hours after which an upload is deleted.
const KEPT_HOURS: i64 = 24;
/// Longest file name in characters: file systems take 255 bytes.
const NAME: usize = 50;
/// The outcome sheet beside the folder of the file.
const OUTCOME: &str = "outcome.xlsx";
/// What came of the import.
const RESULT: &str = "result.json";
/// The folder that holds the file under its own name.
const INSIDE: &str = "file";

/// What came of an import, kept as long as its outcome sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Imported {
    /// The name of the sheet.
    pub name: String,
    pub counts: SourceRun,
    /// Why not all was read, as the reader wrote it.
    pub problem: Option<String>,
}

/// How far the imports are that are under way in this process.
type Underway = Arc<Mutex<HashMap<RunId, Progress>>>;

/// The folder of all uploads.
#[derive(Debug, Clone)]
pub struct Uploads {
    dir: PathBuf,
    underway: Underway,
}

/// An import that is under way, until it is dropped.
#[derive(Debug)]
pub(super) struct Running {
    id: RunId,
    underway: Underway,
}

impl Running {
    /// Notes how far it is.
    pub(super) fn told(&self, progress: Progress) {
        lock(&self.underway).insert(self.id, progress);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        lock(&self.underway).remove(&self.id);
    }
}

fn lock(underway: &Underway) -> MutexGuard<'_, HashMap<RunId, Progress>> {
    // What a panic left is still whole: each change is one insertion or removal.
    underway.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One upload of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uploaded {
    pub id: RunId,
    folder: PathBuf,
}

impl Uploads {
    /// Uploads under `dir`, which is made when the first comes; what an earlier process left there is deleted.
    ///
    /// # Errors
    /// When what is left there cannot be deleted.
    pub fn in_folder(dir: PathBuf) -> io::Result<Self> {
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self { dir, underway: Underway::default() }),
        }
    }

    /// Writes what is sent under a name to a file of its own.
    ///
    /// # Errors
    /// When it broke off, is empty, or cannot be written.
    pub(crate) async fn keep(
        &self,
        source: SourceId,
        id: RunId,
        name: &str,
        content: impl Stream<Item = Result<Bytes, WebError>>,
        now: Timestamp,
    ) -> Result<Uploaded, WebError> {
        self.sweep(now);
        let mut content = std::pin::pin!(content);
        let name = file_name(name, "表格", NAME);
        let uploaded = self.at(source, id);
        let inside = uploaded.folder.join(INSIDE);
        private_folder(&inside).map_err(WebError::internal)?;
        let file = private_file(&inside.join(name)).map_err(WebError::internal)?;
        let mut file = tokio::fs::File::from_std(file);
        let written = async {
            let mut bytes = 0;
            while let Some(chunk) = content.next().await.transpose()? {
                bytes += chunk.len();
                file.write_all(&chunk).await.map_err(WebError::internal)?;
            }
            file.flush().await.map_err(WebError::internal)?;
            if bytes == 0 {
                Err(WebError::bad("请选择要导入的表格；文件不能是空的"))
            } else {
                Ok(())
            }
        };
        let written = written.await;
        if written.is_err() {
            uploaded.delete();
        }
        written.map(|()| uploaded)
    }

    /// The upload `id` of a source, if it is still there.
    ///
    /// # Errors
    /// When it is not.
    pub(crate) fn find(&self, source: SourceId, id: &str) -> Result<Uploaded, WebError> {
        let id: RunId = id.parse().map_err(|_| WebError::NotFound)?;
        let uploaded = self.at(source, id);
        if uploaded.folder.is_dir() {
            return Ok(uploaded);
        }
        Err(WebError::bad("上传的文件已经导入或过期，请重新上传"))
    }

    /// Begins the import of an upload; `None` when it is under way already.
    pub(super) fn begin(&self, id: RunId) -> Option<Running> {
        let mut underway = lock(&self.underway);
        if underway.contains_key(&id) {
            return None;
        }
        underway.insert(id, Progress::default());
        Some(Running { id, underway: self.underway.clone() })
    }

    /// How far the import of an upload is, while it is under way.
    pub(crate) fn progress(&self, id: RunId) -> Option<Progress> {
        lock(&self.underway).get(&id).copied()
    }

    fn at(&self, source: SourceId, id: RunId) -> Uploaded {
        Uploaded { id, folder: self.dir.join(format!("{source}-{id}")) }
    }

    /// Deletes what was left behind.
    fn sweep(&self, now: Timestamp) {
        let Ok(folders) = fs::read_dir(&self.dir) else { return };
        for folder in folders.flatten() {
            let changed = folder.metadata().and_then(|m| m.modified()).ok();
            let changed = changed.and_then(|at| Timestamp::try_from(at).ok());
            if changed.is_some_and(|at| now.duration_since(at) > SignedDuration::from_hours(KEPT_HOURS)) {
                delete(&folder.path());
            }
        }
    }
}

impl Uploaded {
    /// The file, under the name that it was sent with.
    pub(super) fn file(&self) -> Result<PathBuf, WebError> {
        let mut files = fs::read_dir(self.folder.join(INSIDE)).map_err(|_| gone())?;
        files.next().and_then(Result::ok).map(|file| file.path()).ok_or_else(gone)
    }

    /// Where its outcome sheet is written.
    pub(super) fn outcome(&self) -> PathBuf {
        self.folder.join(OUTCOME)
    }

    /// Notes what came of the import.
    pub(super) fn note(&self, imported: &Imported) -> io::Result<()> {
        let text = serde_json::to_vec(imported)?;
        private_file(&self.folder.join(RESULT)).and_then(|mut file| file.write_all(&text))
    }

    /// What came of the import; nothing while it was not imported.
    pub(crate) fn imported(&self) -> Option<Imported> {
        let text = fs::read(self.folder.join(RESULT)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Deletes the file; the outcome sheet stays for a day.
    pub(super) fn delete_file(&self) {
        delete(&self.folder.join(INSIDE));
    }

    fn delete(&self) {
        delete(&self.folder);
    }
}

fn gone() -> WebError {
    WebError::bad("上传的文件已经导入或过期，请重新上传")
}

fn delete(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        tracing::warn!(%error, folder = %folder.display(), "an upload could not be deleted");
    }
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_under_way_once_until_it_ends() {
        let uploads = Uploads::in_folder(tempfile::tempdir().unwrap().path().join("uploads")).unwrap();
        let id = RunId(3);
        assert_eq!(uploads.progress(id), None);
        let running = uploads.begin(id).unwrap();
        assert!(uploads.begin(id).is_none());
        running.told(Progress { bytes_read: 5, ..Progress::default() });
        assert_eq!(uploads.progress(id).unwrap().bytes_read, 5);
        drop(running);
        assert_eq!(uploads.progress(id), None);
    }

    #[test]
    fn what_a_crash_left_is_gone_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let uploads = dir.path().join("uploads");
        private_folder(&uploads.join("a").join(INSIDE)).unwrap();
        private_file(&uploads.join("a").join(INSIDE).join("x.csv")).unwrap();
        let kept = Uploads::in_folder(uploads.clone()).unwrap();
        assert!(!uploads.exists());
        assert!(kept.find(SourceId(1), &RunId(2).to_string()).is_err());
    }
}
