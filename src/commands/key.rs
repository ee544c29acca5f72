//! `qingting key`: rotation, export and import of the keys, and the opening of sealed files.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use qingting_models::records::{Actor, Subject};
use qingting_models::store::{RotationStep, Store};
use qingting_models::vault::{ExportError, Imported, SHORTEST_PASSPHRASE, import_keys};
use serde_json::json;

use crate::cli::{Global, KeyCommand, WrongUsage};
use crate::home::{Home, KEY};
use crate::output;

/// Rows wrapped anew in one transaction; servers wait no longer than it takes.
const BATCH: i64 = 500;

pub async fn run(global: &Global, command: KeyCommand) -> Result<()> {
    match command {
        KeyCommand::Import { file, passphrase_stdin } => import(global, &file, passphrase_stdin),
        KeyCommand::Rotate { prepare } => {
            let store = Home::find(global)?.store().await?;
            let done = if prepare { make_ready(global, &store).await } else { rotate(global, &store).await };
            store.close().await;
            done
        }
        KeyCommand::Export { out, passphrase_stdin } => {
            let store = Home::find(global)?.store().await?;
            let done = export(global, &store, &out, passphrase_stdin).await;
            store.close().await;
            done
        }
        KeyCommand::Open { file, out, reason } => {
            let store = Home::find(global)?.store().await?;
            let done = open(global, &store, &file, &out, &reason).await;
            store.close().await;
            done
        }
    }
}

async fn make_ready(global: &Global, store: &Store) -> Result<()> {
    let number = store.prepare_key(Actor::Console).await?;
    if global.json {
        return output::json(&json!({ "key": number, "prepared": true }));
    }
    output::line(&format!(
        "wrapping key {number} is in {}; copy this file to every other machine, then run `qingting key rotate`",
        global.dir().join(KEY).display()
    ))
}

async fn rotate(global: &Global, store: &Store) -> Result<()> {
    let status = store.key_status().await?;
    if !status.rotating {
        if status.prepared.is_none() {
            if store.engine() == "PostgreSQL" {
                bail!(
                    "other machines may work on this database: run `qingting key rotate --prepare`, copy {} to each of them, then run `qingting key rotate`",
                    global.dir().join(KEY).display()
                );
            }
            store.prepare_key(Actor::Console).await?;
        }
        store.begin_rotation(Actor::Console).await?;
    }
    let step = walk(store).await?;
    let number = store.vault().current();
    if step.damaged > 0 {
        output::note(&format!("{} originals do not open with their key and stay as they are", step.damaged));
    }
    if global.json {
        return output::json(&json!({ "key": number, "rewrapped": step.rewrapped, "damaged": step.damaged }));
    }
    output::line(&format!(
        "{} originals are wrapped with key {number}; back up {}, which now holds it",
        step.rewrapped,
        global.dir().join(KEY).display()
    ))
}

async fn walk(store: &Store) -> Result<RotationStep> {
    let bar = output::progress(store.count_sealed().await?.unsigned_abs(), "wrapping");
    loop {
        let step = store.rewrap_some(BATCH, Actor::Console).await?;
        bar.set_position(step.rewrapped.unsigned_abs());
        if step.done {
            bar.finish_and_clear();
            return Ok(step);
        }
    }
}

async fn export(global: &Global, store: &Store, out: &Path, from_stdin: bool) -> Result<()> {
    refuse_existing(out)?;
    let passphrase = passphrase(from_stdin, true)?;
    let text = store.vault().export(&passphrase)?;
    let detail = json!({ "newest_key": store.vault().newest() });
    store.audit(Actor::Console, "key.export", Subject::System, detail).await?;
    write_private(out, text.as_bytes()).with_context(|| format!("{} cannot be written", out.display()))?;
    if global.json {
        return output::json(&json!({ "file": out, "newest_key": store.vault().newest() }));
    }
    output::line(&format!(
        "the keys are in {}; keep it and its passphrase apart from the data",
        out.display()
    ))
}

fn import(global: &Global, file: &Path, from_stdin: bool) -> Result<()> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            bail!("{}: {}", file.display(), ExportError::NoExport)
        }
        Err(e) => return Err(e).with_context(|| format!("{} cannot be read", file.display())),
    };
    if !global.dir().is_dir() {
        bail!("{} is no folder", global.dir().display());
    }
    let place = global.dir().join(KEY);
    let passphrase = passphrase(from_stdin, false)?;
    let done = import_keys(&text, &passphrase, &place).with_context(|| file.display().to_string())?;
    let (code, says) = match done {
        Imported::Made => ("made", "the keys were restored to"),
        Imported::Completed => ("completed", "the keys that were missing were added to"),
        Imported::Unchanged => ("unchanged", "nothing to do: the same keys are in"),
    };
    if global.json {
        return output::json(&json!({ "key_file": place, "done": code }));
    }
    output::line(&format!("{says} {}", place.display()))
}

async fn open(global: &Global, store: &Store, file: &Path, out: &Path, reason: &str) -> Result<()> {
    refuse_existing(out)?;
    let digest = store.vault().sealed_file_digest(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    store.note_file_opening(&name, &digest, reason, Actor::Console).await?;
    store.vault().open_file(file, out)?;
    if global.json {
        return output::json(&json!({ "file": out, "digest": digest }));
    }
    output::line(&format!("{} holds what was sealed; remove it when it is no longer needed", out.display()))
}

fn refuse_existing(out: &Path) -> Result<()> {
    match fs::symlink_metadata(out) {
        Ok(_) => bail!("{} exists already; nothing was written", out.display()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e).with_context(|| format!("{} cannot be written", out.display())),
    }
}

/// Writes a new file that only its owner can read.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The passphrase: a line of standard input, or asked for without echo, twice for a new one.
fn passphrase(from_stdin: bool, new: bool) -> Result<String> {
    if from_stdin {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\n', '\r']).to_owned());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(WrongUsage("there is no terminal to ask on; use --passphrase-stdin".into()).into());
    }
    let wanted = if new { format!(" (at least {SHORTEST_PASSPHRASE} characters)") } else { String::new() };
    let first = ask(&format!("Passphrase{wanted}: "))?;
    if new && ask("The same again: ")? != first {
        bail!("the two passphrases differ; nothing was written");
    }
    Ok(first)
}

fn ask(what: &str) -> Result<String> {
    let terminal = console::Term::stderr();
    terminal.write_str(what)?;
    terminal.read_secure_line().context("the passphrase cannot be read from the terminal")
}
