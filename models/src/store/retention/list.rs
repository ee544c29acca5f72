//! The list of erasures, outside of the database: a JSON document a line.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AttachmentId, SealedId};
use crate::store::StoreError;

/// Longer than any line: a batch has a few hundred ids.
const LONGEST_LINE: u64 = 1 << 20;

/// What was erased together: ids alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    pub at: Timestamp,
    #[serde(default)]
    pub sealed: Vec<SealedId>,
    #[serde(default)]
    pub attachments: Vec<AttachmentId>,
}

/// The file that erasures are added to.
#[derive(Debug, Clone)]
pub struct ErasureList {
    file: PathBuf,
}

impl ErasureList {
    pub fn at(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    /// Adds a line, and waits until it is on the disk.
    ///
    /// # Errors
    /// [`StoreError::Bad`] that names the file.
    pub(super) fn add(&self, erasure: &Erasure) -> Result<(), StoreError> {
        let line = serde_json::to_string(erasure).map_err(|e| StoreError::Bad(e.to_string()))?;
        let write = || {
            let mut file = OpenOptions::new().create(true).read(true).append(true).open(&self.file)?;
            // Until it is closed; other processes add to the same file.
            file.lock()?;
            cut_to_whole_lines(&mut file)?;
            file.write_all(format!("{line}\n").as_bytes())?;
            file.sync_data()
        };
        write().map_err(|e| {
            let file = self.file.display();
            StoreError::Bad(format!("nothing was erased: the list of erasures {file} cannot be written: {e}"))
        })
    }

    /// The erasures of a file. A last line that was cut off is none: what it was to say did not happen.
    ///
    /// # Errors
    /// [`StoreError::Bad`] that names the file and the line.
    pub fn read(file: &Path) -> Result<Vec<Erasure>, StoreError> {
        let text = fs::read_to_string(file)
            .map_err(|e| StoreError::Bad(format!("{} cannot be read: {e}", file.display())))?;
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines = whole.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(n, line)| {
                serde_json::from_str(line).map_err(|e| {
                    StoreError::Bad(format!("{} line {} is no erasure: {e}", file.display(), n + 1))
                })
            })
            .collect()
    }
}

/// Takes away a last line that was cut off when its process was killed.
fn cut_to_whole_lines(file: &mut File) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let tail = length.min(LONGEST_LINE);
    file.seek(SeekFrom::End(-i64::try_from(tail).unwrap_or(0)))?;
    let mut end = Vec::new();
    file.take(tail).read_to_end(&mut end)?;
    if end.last().is_none_or(|last| *last == b'\n') {
        return Ok(());
    }
    let whole = end.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1);
    file.set_len(length - tail + whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_read_and_what_was_cut_off_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("erasures.jsonl");
        let list = ErasureList::at(&file);
        let one = |id| Erasure {
            at: Timestamp::UNIX_EPOCH,
            sealed: vec![SealedId(id)],
            attachments: vec![AttachmentId(id + 1)],
        };
        list.add(&one(1)).unwrap();
        list.add(&one(5)).unwrap();
        assert_eq!(ErasureList::read(&file).unwrap(), [one(1), one(5)]);
        let mut text = fs::read_to_string(&file).unwrap();
        text.push_str("{\"at\":\"1970-");
        fs::write(&file, &text).unwrap();
        assert_eq!(ErasureList::read(&file).unwrap().len(), 2);
        list.add(&one(9)).unwrap();
        assert_eq!(ErasureList::read(&file).unwrap(), [one(1), one(5), one(9)]);
        fs::write(&file, "{\"sealed\":[]}\n").unwrap();
        let wrong = ErasureList::read(&file).unwrap_err().to_string();
        assert!(wrong.contains("erasures.jsonl line 1"), "{wrong}");
        assert!(
            ErasureList::at(dir.path()).add(&one(1)).unwrap_err().to_string().contains("nothing was erased")
        );
    }
}
