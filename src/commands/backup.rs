//! `qingting backup` and `qingting restore`: everything but the key in one file, and back, on either database.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use indicatif::ProgressBar;
use qingting_models::clock::{SystemClock, minute_text};
use qingting_models::records::Actor;
use qingting_models::store::{
    BackupNote, ErasureList, RestoreStep, Restored, SnapshotPiece, Store, StoreError,
};
use qingting_models::vault::Vault;
use serde_json::json;

use super::retention;
use crate::archive::{self, BackupHead, BackupReader, BackupWriter};
use crate::cli::{Global, WrongUsage};
use crate::home::{self, ATTACHMENTS, ERASURES, Home, KEY, SETTINGS, UPLOADS, shown};
use crate::output;

pub async fn run(global: &Global, out: &Path, keep: Option<u16>) -> Result<()> {
    if keep.is_some() && !out.is_dir() {
        return Err(WrongUsage(format!("--keep needs a folder; {} is none", out.display())).into());
    }
    if !out.is_dir() && out.to_string_lossy().ends_with(std::path::MAIN_SEPARATOR) {
        bail!("there is no folder {}", out.display());
    }
    let home = Home::find(global)?;
    let store = home.store().await?;
    let done = write(&home, &store, out).await;
    let done = match done {
        Ok((file, note)) => {
            store.note_backup(&note, Actor::Console).await.map(|()| (file, note)).map_err(Into::into)
        }
        Err(error) => Err(error),
    };
    store.close().await;
    let (file, note) = done?;
    let removed = match keep {
        Some(keep) => thin_out(out, usize::from(keep))?,
        None => Vec::new(),
    };
    if global.json {
        return output::json(&json!({
            "file": file, "bytes": note.bytes, "rows": note.rows, "files": note.files, "at": note.at, "removed": removed
        }));
    }
    output::line(&format!(
        "{}: {} rows and {} files as of {}, {:.1} MB; without the key, which `qingting key export` backs up",
        file.display(),
        note.rows,
        note.files,
        minute_text(note.at),
        note.bytes as f64 / 1e6
    ))?;
    match removed.len() {
        0 => Ok(()),
        many => output::line(&format!("{many} older backups were removed")),
    }
}

/// Writes the file; what was begun and did not come to its end is removed.
async fn write(home: &Home, store: &Store, out: &Path) -> Result<(PathBuf, BackupNote)> {
    let file = if out.is_dir() { out.join(archive::name_at(store.now())) } else { out.to_owned() };
    // A head that is signed after the state of the database would be one that does not lead to it.
    let heads = home.heads.strip_prefix(&home.dir).ok().zip(fs::read(&home.heads).ok());
    let mut snapshot = store.snapshot().await?;
    let mut writer = BackupWriter::begin(&file, snapshot.head().clone())?;
    let part = writer.part();
    let bar = output::progress(0, "backing up");
    let written = async {
        let mut files = writer.folder(&home.dir, |path| stays(home, path))?;
        if let Some((name, content)) = &heads {
            writer.content(name, content)?;
            files += 1;
        }
        let mut sums = 0;
        while let Some(piece) = snapshot.next().await? {
            match &piece {
                SnapshotPiece::Rows(rows) => {
                    bar.set_message(format!("writing {}", rows.table));
                    bar.inc(rows.lines.lines().count() as u64);
                }
                SnapshotPiece::Sums(found) => sums = found.rows,
            }
            writer.piece(&piece)?;
        }
        let at = snapshot.head().at;
        Ok(BackupNote { at, rows: sums, files, bytes: writer.end()? })
    };
    let note = tokio::select! {
        written = written => written,
        _ = tokio::signal::ctrl_c() => Err(anyhow!("it was ended")),
    };
    bar.finish_and_clear();
    if note.is_err() {
        let _ = fs::remove_file(part);
    }
    Ok((file, note?))
}

/// What of the county's folder is not taken as it stands there: keys, the database, the signed heads, the list of erasures,
/// which a restore has to have as it is by then, what lies there for a moment.
fn stays(home: &Home, path: &Path) -> bool {
    let Ok(within) = path.strip_prefix(&home.dir) else { return true };
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let database = home.database.strip_prefix("sqlite:").map(|path| Path::new(path.trim_start_matches("//")));
    let is_database = database.is_some_and(|database| {
        let called = database.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let ends = ["", "-wal", "-shm", "-journal"];
        ends.iter().any(|end| name.strip_suffix(end) == Some(called)) && same_folder(path, database)
    });
    path == home.heads
        || within == Path::new(ERASURES)
        || name.starts_with(KEY)
        || name.ends_with(".part")
        || is_database
        || [UPLOADS, ATTACHMENTS].iter().any(|folder| within == Path::new(folder))
}

/// Whether two files lie in one folder, however it is written.
fn same_folder(one: &Path, other: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|parent| fs::canonicalize(parent).ok());
    folder(one).is_some_and(|one| Some(one) == folder(other))
}

/// Removes the oldest backups of a folder, so that `keep` stay.
fn thin_out(dir: &Path, keep: usize) -> Result<Vec<PathBuf>> {
    let found = archive::backups_in(dir).with_context(|| format!("{} cannot be read", dir.display()))?;
    let old: Vec<PathBuf> = found.iter().take(found.len().saturating_sub(keep.max(1))).cloned().collect();
    for path in &old {
        fs::remove_file(path).with_context(|| format!("{} cannot be removed", path.display()))?;
    }
    Ok(old)
}

pub async fn restore(global: &Global, file: &Path, erasures: &[PathBuf], check: bool) -> Result<()> {
    let mut archive = archive::open(file)?;
    let (head, mut reader) = BackupReader::begin(&mut archive).with_context(|| file.display().to_string())?;
    if check {
        let checked = read_through(&mut reader, &head).with_context(|| file.display().to_string())?;
        return tell_checked(global, &head, checked);
    }
    let dir = global.dir();
    // Without the key nothing is put into the folder.
    Vault::load(&dir.join(KEY)).with_context(|| {
        format!(
            "the key is not part of a backup: put it into {} first (`qingting key import`)",
            dir.display()
        )
    })?;
    let files = put_files(dir, &mut reader).with_context(|| file.display().to_string())?;
    let home = Home::find(global)?;
    let lists = lists(&home, erasures)?;
    let bar = output::progress(0, "restoring");
    let show = |step| follow(&bar, step);
    let done = rows(&home, &head, &mut reader, &show).await;
    bar.finish_and_clear();
    let (restored, lines) =
        done.with_context(|| format!("{} was not restored into {}", file.display(), shown(&home.database)))?;
    let again = erase_again(&home, &lists).await?;
    if global.json {
        return output::json(&json!({
            "at": head.snapshot.at, "files": files, "erased_again": again, "indexed": restored.indexed, "paused": restored.paused,
            "webhooks_paused": restored.webhooks_paused, "sessions": restored.sessions, "audit_lines": lines
        }));
    }
    output::line(&format!(
        "everything as of {} is in {}, proved by count and digest; {} items can be searched; the audit chain of {lines} lines is whole",
        minute_text(head.snapshot.at),
        shown(&home.database),
        restored.indexed
    ))?;
    for (paused, page) in [(&restored.paused, "/notices/channels"), (&restored.webhooks_paused, "/webhooks")]
    {
        if !paused.is_empty() {
            output::line(&format!(
                "paused, so that nothing is sent twice or by a copy: {}; set them to work on the page {page}",
                paused.join(", ")
            ))?;
        }
    }
    match again {
        Some(again) => {
            output::line(&format!("{again} originals and files that were erased since are erased again"))?
        }
        None => output::line(&format!(
            "no list of erasures is at hand: what was erased since has come back; `qingting erase --list {ERASURES}` of the lost folder erases it again"
        ))?,
    }
    output::line("everybody has to log in again")
}

/// The lists of erasures: those that were named, and that of the folder. Each is read before anything is restored.
fn lists(home: &Home, named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let own = home.dir.join(ERASURES);
    let lists: Vec<PathBuf> = named.iter().cloned().chain(own.exists().then_some(own)).collect();
    for list in &lists {
        ErasureList::read(list)?;
    }
    Ok(lists)
}

/// Erases what the lists name; `None` where there is none.
async fn erase_again(home: &Home, lists: &[PathBuf]) -> Result<Option<u64>> {
    if lists.is_empty() {
        return Ok(None);
    }
    let store = home.store().await?;
    let done = retention::replay(&store, lists).await;
    store.close().await;
    done.map(Some)
}

/// Writes the files of the county's folder. One that stands there already has to be the same, but for the settings, which stay.
fn put_files(dir: &Path, reader: &mut BackupReader<'_>) -> Result<u64> {
    let mut count = 0;
    reader.folder(|within, entry| {
        let path = dir.join(within);
        if path.exists() {
            let mut content = Vec::new();
            io::copy(entry, &mut content).context("it is damaged or cut off")?;
            let there = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            if there != content && within != Path::new(SETTINGS) {
                bail!(
                    "{} stands there with other content; restore into a folder with {KEY} alone (and {SETTINGS}, if other settings shall hold)",
                    path.display()
                );
            }
            return Ok(());
        }
        // It has its name only when it is whole: whoever is killed here does it again.
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let mut written = || -> io::Result<()> {
            fs::create_dir_all(path.parent().unwrap_or(dir))?;
            io::copy(entry, &mut archive::owners_file(&part)?)?;
            #[cfg(unix)]
            if let Ok(mode) = entry.header().mode() {
                let mode = std::os::unix::fs::PermissionsExt::from_mode(mode & 0o755);
                fs::set_permissions(&part, mode)?;
            }
            fs::rename(&part, &path)
        };
        written().with_context(|| format!("{} cannot be written", path.display()))?;
        count += 1;
        Ok(())
    })?;
    Ok(count)
}

async fn rows(
    home: &Home,
    head: &BackupHead,
    reader: &mut BackupReader<'_>,
    show: &(dyn Fn(RestoreStep) + Sync),
) -> Result<(Restored, i64)> {
    let settings = home.store_settings(&home.database)?;
    let mut next = || reader.piece().map_err(|e| StoreError::Bad(format!("{e:#}")));
    let store = Store::restore_rows(settings, Arc::new(SystemClock), &head.snapshot, &mut next, show).await?;
    let done = finish(home, &store, head, show).await;
    store.close().await;
    done
}

async fn finish(
    home: &Home,
    store: &Store,
    head: &BackupHead,
    show: &(dyn Fn(RestoreStep) + Sync),
) -> Result<(Restored, i64)> {
    let county = home.county(store).await?;
    let classifier = home::classifier(&home.dir, &county, None)?;
    let words = |title: &str, body: &str| classifier.search_tokens(title, body);
    let detail = [
        ("at", json!(head.snapshot.at)),
        ("from", json!(head.snapshot.engine)),
        ("to", json!(store.engine())),
        ("program", json!(head.program)),
    ];
    let detail = detail.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let restored = store.finish_restore(detail, &words, show).await?;
    while store.chain_audit(1_000).await? > 0 {}
    let verdict = store.verify_audit(&[]).await?;
    match verdict.broken {
        Some((line, why)) => {
            bail!("everything is there, but the audit chain is broken at line {line}: {why}")
        }
        None => Ok((restored, verdict.lines)),
    }
}

fn follow(bar: &ProgressBar, step: RestoreStep) {
    let (what, count) = match step {
        RestoreStep::Written { table, rows } => (format!("writing {table}"), rows),
        RestoreStep::Indexed(items) => ("indexing words".to_owned(), items),
    };
    bar.set_message(what);
    bar.set_position(count);
}

/// Counts what is in a backup and compares it with its sums.
fn read_through(reader: &mut BackupReader<'_>, head: &BackupHead) -> Result<(u64, u64)> {
    let mut files = 0;
    reader.folder(|_, entry| {
        files += 1;
        io::copy(entry, &mut io::sink()).context("it is damaged or cut off").map(|_| ())
    })?;
    let mut counted = head.snapshot.count();
    while let Some(piece) = reader.piece()? {
        counted.add(piece)?;
    }
    Ok((files, counted.end()?))
}

fn tell_checked(global: &Global, head: &BackupHead, (files, rows): (u64, u64)) -> Result<()> {
    let snapshot = &head.snapshot;
    if global.json {
        return output::json(&json!({
            "at": snapshot.at, "engine": snapshot.engine, "program": head.program, "key": snapshot.key, "files": files,
            "rows": rows
        }));
    }
    output::line(&format!(
        "whole: {rows} rows and {files} files as of {}, from {} by version {}, sealed with the key {}",
        minute_text(snapshot.at),
        snapshot.engine,
        head.program,
        snapshot.key
    ))
}
