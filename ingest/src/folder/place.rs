//! The folder itself: whether it can be used, what lies in it, and names that are free.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use qingting_models::records::Source;

use super::{Dropped, FolderError, OUTCOMES, READ, UNREADABLE};

/// What belongs to the system, with all within it.
const SYSTEM: &[&str] =
    &["/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr"];
/// Folders that hold those of others.
const SHARED: &[&str] =
    &["/home", "/media", "/mnt", "/opt", "/root", "/srv", "/tmp", "/var", "/var/lib", "/var/tmp"];
/// The one folder within the program's own that may hold those of sources.
const DROP: &str = "drop";
/// What the names of sheets end in.
const SHEETS: &[&str] = &["csv", "tsv", "txt", "xls", "xlsx", "xlsm", "et", "ods", "json", "jsonl", "ndjson"];

/// Whether a name is that of a sheet. Only these are read and moved: whatever else lies there is not ours.
pub(super) fn is_sheet(name: &str) -> bool {
    Path::new(name)
        .extension()
        .and_then(|kind| kind.to_str())
        .is_some_and(|kind| SHEETS.contains(&kind.to_lowercase().as_str()))
}

/// A folder that exists.
pub(super) struct Folder {
    /// With links resolved.
    pub path: PathBuf,
}

impl Folder {
    /// The folder that is set for the source called `name`. What is dropped there is sealed and moved away, so it is
    /// none of the system's, and neither around the folder of the program's own `key_file` nor in it, but for `drop`.
    pub(super) fn of(name: &str, set: Option<&str>, key_file: Option<&Path>) -> Result<Self, FolderError> {
        let set = set.map(str::trim).filter(|folder| !folder.is_empty());
        let path = PathBuf::from(set.ok_or_else(|| FolderError::NotSet(name.to_owned()))?);
        if !path.is_absolute() {
            return Err(FolderError::NotAbsolute(path));
        }
        let path = match path.canonicalize() {
            Ok(path) => path,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(FolderError::Missing(path)),
            Err(source) => return Err(FolderError::Closed { path, source }),
        };
        if !path.is_dir() {
            return Err(FolderError::NotAFolder(path));
        }
        let own = key_file.and_then(Path::parent).and_then(|own| own.canonicalize().ok());
        let ours = own.is_some_and(|own| {
            own.starts_with(&path) || path.starts_with(&own) && !path.starts_with(own.join(DROP))
        });
        let system = path.parent().is_none()
            || SYSTEM.iter().any(|system| path.starts_with(system))
            || SHARED.iter().any(|shared| path == Path::new(shared));
        if ours || system { Err(FolderError::NotForSheets(path)) } else { Ok(Self { path }) }
    }

    /// Refuses a folder within another source's, or around it: each would read the other's results.
    pub(super) fn check_apart(&self, other: &Source) -> Result<(), FolderError> {
        let Some(folder) = other.settings.folder.as_deref() else { return Ok(()) };
        let theirs = Path::new(folder).canonicalize().unwrap_or_else(|_| folder.into());
        if self.path.starts_with(&theirs) || theirs.starts_with(&self.path) {
            return Err(FolderError::Overlaps { path: self.path.clone(), other: other.name.clone() });
        }
        Ok(())
    }

    /// Makes the folders for results, and tries whether files can be written and removed.
    pub(super) fn prepare(&self) -> Result<(), FolderError> {
        let fail = |source| FolderError::NotWritable { path: self.path.clone(), source };
        for name in [READ, UNREADABLE, OUTCOMES] {
            fs::create_dir_all(self.path.join(name)).map_err(fail)?;
        }
        self.try_out()
    }

    /// Tries whether the folder can be listed, and files in it written and removed.
    pub(super) fn try_out(&self) -> Result<(), FolderError> {
        fs::read_dir(&self.path).map_err(|source| FolderError::Closed { path: self.path.clone(), source })?;
        let fail = |source| FolderError::NotWritable { path: self.path.clone(), source };
        let trial = self.path.join(format!(".qingting-{}", std::process::id()));
        fs::write(&trial, b"").and_then(|()| fs::remove_file(&trial)).map_err(fail)
    }

    /// A file in one of the folders for results.
    pub(super) fn within(&self, folder: &str, name: &str) -> PathBuf {
        self.path.join(folder).join(name)
    }

    /// The files in the folder itself; links are no files.
    pub(super) fn files(&self) -> Result<Vec<Dropped>, FolderError> {
        let fail = |source| FolderError::Io { path: self.path.clone(), source };
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(fail)? {
            files.extend(Dropped::seen(entry.map_err(fail)?.path()));
        }
        Ok(files)
    }
}

/// A name that no file has: `stem` and `ending`, with a number between where it is taken.
pub(super) fn free_name(folder: &Path, stem: &str, ending: &str) -> String {
    let named = |n: u32| if n == 1 { format!("{stem}{ending}") } else { format!("{stem}-{n}{ending}") };
    let taken = |name: &String| folder.join(name).symlink_metadata().is_ok();
    (1..).map(named).find(|name| !taken(name)).unwrap_or_else(|| named(1))
}

/// As much of a name as leaves room for what is put before and behind it: file systems take 255 bytes.
pub(super) fn shortened(name: &str) -> &str {
    let end = (0..=180.min(name.len())).rev().find(|end| name.is_char_boundary(*end)).unwrap_or_default();
    &name[..end]
}

/// The names of the files that stand for another while it is worked on: short, however long the other's is.
pub(super) fn stand_in(name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    format!(".{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_own_folder_is_none_for_sheets() {
        let own = tempfile::tempdir().unwrap();
        let key = own.path().join("master.key");
        let (county, drop) = (own.path().join("county"), own.path().join("drop").join("12345"));
        let beside = tempfile::tempdir().unwrap();
        fs::create_dir(&county).unwrap();
        fs::create_dir_all(&drop).unwrap();
        for refused in [own.path(), &county] {
            let found = Folder::of("来源", refused.to_str(), Some(&key));
            assert!(matches!(found, Err(FolderError::NotForSheets(_))), "{}", refused.display());
        }
        for allowed in [&drop, beside.path()] {
            assert!(Folder::of("来源", allowed.to_str(), Some(&key)).is_ok(), "{}", allowed.display());
        }
    }

    #[test]
    fn sheets_are_told_by_their_names() {
        for sheet in ["a.csv", "十一月.XLSX", "b.et", "c.jsonl"] {
            assert!(is_sheet(sheet), "{sheet}");
        }
        for other in ["master.key", "qingting.db", "passwd", "csv", "a.docx", ".csv"] {
            assert!(!is_sheet(other), "{other}");
        }
    }
}
