//! The file of a backup: a tar archive, compressed by Zstandard. First what it is of, then the files of the county's folder,
//! then the rows of the database, last the sums that prove it whole. Keys are never in it.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use qingting_models::store::{SnapshotHead, SnapshotPiece, SnapshotRows, SnapshotSums};
use serde::{Deserialize, Serialize};
use tar::{Archive, Builder, Entries, Entry, EntryType, Header};
use walkdir::WalkDir;

/// The version of what stands in the file.
const FORMAT: u32 = 1;
const HEAD: &str = "qingting-backup.json";
const FOLDER: &str = "folder";
const ROWS: &str = "rows";
const SUMS: &str = "sums.json";
/// A piece of rows is about a megabyte before it is written as JSON; one that tells of more is not ours.
const MOST_PIECE: u64 = 1 << 30;

/// What a backup is of.
#[derive(Debug, Serialize, Deserialize)]
pub struct BackupHead {
    format: u32,
    /// The version of the program that made it.
    pub program: String,
    pub snapshot: SnapshotHead,
}

/// A backup that is written. Its file has the name it was asked for only once it is whole.
pub struct BackupWriter {
    tar: Builder<zstd::Encoder<'static, BufWriter<File>>>,
    /// What is written until it is whole.
    part: PathBuf,
    file: PathBuf,
    seconds: u64,
    pieces: u32,
}

impl BackupWriter {
    /// Begins a file that its owner alone can read.
    ///
    /// # Errors
    /// When it exists, or cannot be made.
    pub fn begin(file: &Path, snapshot: SnapshotHead) -> Result<Self> {
        if file.exists() {
            bail!("{} exists; name another file, or a folder", file.display());
        }
        let mut part = file.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let out = owners_file(&part).with_context(|| format!("{} cannot be written", part.display()))?;
        let mut encoder = zstd::Encoder::new(BufWriter::new(out), zstd::DEFAULT_COMPRESSION_LEVEL)?;
        encoder.include_checksum(true)?;
        let seconds = u64::try_from(snapshot.at.as_second()).unwrap_or(0);
        let mut writer = Self { tar: Builder::new(encoder), part, file: file.to_owned(), seconds, pieces: 0 };
        let head = BackupHead { format: FORMAT, program: env!("CARGO_PKG_VERSION").to_owned(), snapshot };
        writer.entry(HEAD, serde_json::to_string_pretty(&head)?.as_bytes())?;
        Ok(writer)
    }

    /// Takes in the files of a folder but those that `left` names, links and earlier backups; how many.
    ///
    /// # Errors
    /// Names the file that cannot be read.
    pub fn folder(&mut self, dir: &Path, left: impl Fn(&Path) -> bool) -> Result<u64> {
        let mut files = 0;
        let walk = WalkDir::new(dir).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(|entry| !left(entry.path())) {
            let entry = entry.with_context(|| format!("{} cannot be read", dir.display()))?;
            let path = entry.path();
            if !entry.file_type().is_file() || is_backup(path) || path == self.part {
                continue;
            }
            let within = path.strip_prefix(dir)?;
            self.file(&Path::new(FOLDER).join(within), path)
                .with_context(|| format!("{} cannot be backed up", path.display()))?;
            files += 1;
        }
        Ok(files)
    }

    /// Takes in a file of the folder as it was read before.
    ///
    /// # Errors
    /// When the backup cannot be written.
    pub fn content(&mut self, within: &Path, content: &[u8]) -> Result<()> {
        self.entry(Path::new(FOLDER).join(within), content)
    }

    fn file(&mut self, name: &Path, path: &Path) -> io::Result<()> {
        let content = File::open(path)?;
        let about = content.metadata()?;
        let mut header = Header::new_gnu();
        header.set_metadata(&about);
        // What grows meanwhile is taken as long as it was.
        let mut content = content.take(about.len());
        self.tar.append_data(&mut header, name, &mut content)?;
        if content.limit() > 0 {
            return Err(io::Error::other("it became shorter while it was read"));
        }
        Ok(())
    }

    /// Takes in a piece of the database.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn piece(&mut self, piece: &SnapshotPiece) -> Result<()> {
        match piece {
            SnapshotPiece::Rows(rows) => {
                self.pieces += 1;
                let name = format!("{ROWS}/{}/{:07}.jsonl", rows.table, self.pieces);
                self.entry(name, rows.lines.as_bytes())
            }
            SnapshotPiece::Sums(sums) => self.entry(SUMS, serde_json::to_string(sums)?.as_bytes()),
        }
    }

    fn entry(&mut self, name: impl AsRef<Path>, content: &[u8]) -> Result<()> {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(self.seconds);
        self.tar
            .append_data(&mut header, name, content)
            .with_context(|| format!("{} cannot be written", self.part.display()))
    }

    /// Ends the file and gives it its name; its size in bytes.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn end(self) -> Result<u64> {
        let Self { tar, part, file, .. } = self;
        let ended = move || -> io::Result<u64> {
            let out = tar.into_inner()?.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
            out.sync_all()?;
            out.metadata().map(|about| about.len())
        };
        let size = ended().with_context(|| format!("{} cannot be written", part.display()))?;
        fs::rename(&part, &file).with_context(|| format!("{} cannot be written", file.display()))?;
        Ok(size)
    }

    /// The file that was begun, to be removed when it does not come to its end.
    pub fn part(&self) -> PathBuf {
        self.part.clone()
    }
}

/// A backup that is read from its beginning to its end.
pub struct BackupReader<'a> {
    entries: Entries<'a, Unpacked>,
    /// What was read and not yet handed out.
    ahead: Option<Entry<'a, Unpacked>>,
}

type Unpacked = zstd::Decoder<'static, BufReader<File>>;

/// Opens a backup; [`BackupReader::begin`] reads it.
///
/// # Errors
/// When the file cannot be read.
pub fn open(file: &Path) -> Result<Archive<Unpacked>> {
    let opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(Archive::new(zstd::Decoder::new(opened)?))
}

impl<'a> BackupReader<'a> {
    /// What the backup is of.
    ///
    /// # Errors
    /// When the file is no backup, or of a newer program.
    pub fn begin(archive: &'a mut Archive<Unpacked>) -> Result<(BackupHead, Self)> {
        let no_backup = || anyhow!("it is no backup as `qingting backup` writes it");
        let mut entries = archive.entries()?;
        let mut first = entries.next().ok_or_else(no_backup)?.map_err(|_| no_backup())?;
        if name_of(&first)? != Path::new(HEAD) {
            return Err(no_backup());
        }
        let told: serde_json::Value = serde_json::from_str(&text_of(&mut first)?).map_err(|_| no_backup())?;
        match told["format"].as_u64() {
            Some(format) if format == u64::from(FORMAT) => {}
            Some(format) if format > u64::from(FORMAT) => {
                bail!("it was made by a newer program (format {format}); use that one")
            }
            _ => return Err(no_backup()),
        }
        let head = serde_json::from_value(told).map_err(|e| anyhow!("it is damaged: {HEAD}: {e}"))?;
        Ok((head, Self { entries, ahead: None }))
    }

    fn next(&mut self) -> Result<Option<Entry<'a, Unpacked>>> {
        if let Some(entry) = self.ahead.take() {
            return Ok(Some(entry));
        }
        self.entries.next().transpose().context("it is damaged or cut off")
    }

    /// Hands each file of the county's folder to `take`, with its place in there.
    ///
    /// # Errors
    /// When the backup is damaged, or `take` fails.
    pub fn folder(
        &mut self,
        mut take: impl FnMut(&Path, &mut Entry<'a, Unpacked>) -> Result<()>,
    ) -> Result<()> {
        while let Some(mut entry) = self.next()? {
            let name = name_of(&entry)?;
            let Ok(within) = name.strip_prefix(FOLDER) else {
                self.ahead = Some(entry);
                break;
            };
            let plain = within.components().all(|part| matches!(part, Component::Normal(_)));
            if !plain || entry.header().entry_type() != EntryType::Regular {
                bail!("it is damaged: {} is no file of a county's folder", name.display());
            }
            take(within, &mut entry)?;
        }
        Ok(())
    }

    /// The next piece of the database.
    ///
    /// # Errors
    /// When the backup is damaged.
    pub fn piece(&mut self) -> Result<Option<SnapshotPiece>> {
        let Some(mut entry) = self.next()? else { return Ok(None) };
        let name = name_of(&entry)?;
        let unknown = || anyhow!("it is damaged: {} is not expected there", name.display());
        if entry.size() > MOST_PIECE {
            return Err(unknown());
        }
        let content = text_of(&mut entry)?;
        if name == Path::new(SUMS) {
            let sums: SnapshotSums =
                serde_json::from_str(&content).map_err(|e| anyhow!("it is damaged: {SUMS}: {e}"))?;
            if self.next()?.is_some() {
                bail!("it is damaged: something follows {SUMS}");
            }
            return Ok(Some(SnapshotPiece::Sums(sums)));
        }
        let table = name.strip_prefix(ROWS).ok().and_then(Path::parent).and_then(Path::to_str);
        let table = table.filter(|table| !table.is_empty()).ok_or_else(unknown)?.to_owned();
        Ok(Some(SnapshotPiece::Rows(SnapshotRows { table, lines: content })))
    }
}

fn name_of(entry: &Entry<'_, Unpacked>) -> Result<PathBuf> {
    Ok(entry.path().context("it is damaged: an entry has no name")?.into_owned())
}

fn text_of(entry: &mut Entry<'_, Unpacked>) -> Result<String> {
    let mut content = String::new();
    entry.read_to_string(&mut content).context("it is damaged or cut off")?;
    Ok(content)
}

/// Makes a file that its owner alone can read; one of that name is written over.
///
/// # Errors
/// When it cannot be made.
pub fn owners_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// What a backup is called in a folder, by the time in Asia/Shanghai: `qingting-20261130-0705.tar.zst`.
pub fn name_at(at: jiff::Timestamp) -> String {
    let at = qingting_models::clock::local(at);
    format!("{PREFIX}{}{SUFFIX}", at.strftime("%Y%m%d-%H%M"))
}

const PREFIX: &str = "qingting-";
const SUFFIX: &str = ".tar.zst";

/// Whether a file is called as [`name_at`] calls backups.
pub fn is_backup(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stamp = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    stamp.is_some_and(|stamp| {
        stamp.len() == 13
            && stamp
                .bytes()
                .enumerate()
                .all(|(at, byte)| if at == 8 { byte == b'-' } else { byte.is_ascii_digit() })
    })
}

/// The backups in a folder, the oldest first.
///
/// # Errors
/// When the folder cannot be read.
pub fn backups_in(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if is_backup(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
