//! A file that appears whole or not at all: written beside its place under another name, then renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use super::cipher::random;

/// A file under way, readable by its owner only; it is removed when it is dropped before [`WholeFile::finish`].
pub(super) struct WholeFile {
    writer: Option<BufWriter<File>>,
    part: PathBuf,
    place: PathBuf,
}

impl WholeFile {
    pub(super) fn begin(place: &Path) -> io::Result<Self> {
        let name = place.file_name().ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("{} names no file", place.display()))
        })?;
        let suffix = random::<6>().map_err(io::Error::other)?;
        let part = place.with_file_name(format!(".{}.{}.part", name.display(), HEXLOWER.encode(&suffix)));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part)?;
        Ok(Self { writer: Some(BufWriter::new(file)), part, place: place.into() })
    }

    /// Brings the bytes to the disk and puts the file in its place; one that stands there is replaced.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let result = writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.part, &self.place));
        if result.is_err() {
            let _ = fs::remove_file(&self.part);
        }
        result?;
        sync_folder(&self.place)
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.writer {
            Some(writer) => writer.write(bytes),
            None => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if self.writer.take().is_some() {
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// A rename survives a power cut only once its folder is on the disk.
#[cfg(unix)]
fn sync_folder(place: &Path) -> io::Result<()> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes a whole file; see [`WholeFile`].
pub(super) fn write_whole(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = WholeFile::begin(place)?;
    file.write_all(bytes)?;
    file.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_and_private_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("file");
        write_whole(&place, b"one").unwrap();
        let mut half = WholeFile::begin(&place).unwrap();
        half.write_all(b"tw").unwrap();
        drop(half);
        assert_eq!(fs::read(&place).unwrap(), b"one");
        write_whole(&place, b"two").unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_whole(&dir.path().join("none/file"), b"x").is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
