//! Rules, folders and secrets of sources, as they are typed.

use std::fs;
use std::io::{self, BufRead};

use anyhow::{Context, Result, bail};
use qingting_ingest::sheet::ColumnMap;
use qingting_ingest::{folder, pull};
use qingting_models::ids::SourceId;
use qingting_models::records::{Actor, Source, SourceKind, SourceSettings};
use qingting_models::store::{SourceChange, Store, StoreError};

use crate::cli::{SourceParts, WrongUsage};

/// The settings of a source: `before` with what was typed, checked for its kind.
pub fn settings(kind: SourceKind, before: SourceSettings, parts: &SourceParts) -> Result<SourceSettings> {
    let mut settings = before;
    if let Some(file) = &parts.settings {
        let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let read: SourceSettings = toml::from_str(&text).with_context(|| file.display().to_string())?;
        if read.tier.is_some() {
            bail!(WrongUsage(format!("{}: the tier is given by --tier", file.display())));
        }
        settings.page = read.page.or(settings.page);
        settings.pull = read.pull.or(settings.pull);
        settings.open311 = read.open311.or(settings.open311);
        settings.full_text |= read.full_text;
        settings.folder = read.folder.or(settings.folder);
    }
    settings.full_text |= parts.full_text;
    if let Some(folder) = &parts.folder {
        let whole = std::path::absolute(folder).with_context(|| folder.display().to_string())?;
        settings.folder = Some(whole.to_string_lossy().into_owned());
    }
    check(kind, &settings, parts)?;
    Ok(settings)
}

fn check(kind: SourceKind, settings: &SourceSettings, parts: &SourceParts) -> Result<()> {
    let usage = |text: String| -> Result<()> { bail!(WrongUsage(text)) };
    let strange = [
        ("[page]", settings.page.is_some(), kind == SourceKind::Page),
        ("[pull]", settings.pull.is_some(), kind == SourceKind::Pull),
        ("[open311]", settings.open311.is_some(), kind == SourceKind::Open311),
        ("--full-text", settings.full_text, kind == SourceKind::Feed),
        ("--folder", settings.folder.is_some(), kind == SourceKind::Folder),
        ("--secret-stdin", parts.secret_stdin, kind == SourceKind::Pull),
    ];
    if let Some((name, ..)) = strange.iter().find(|(_, given, fits)| *given && !fits) {
        return usage(format!("a source of the kind {kind} has no {name}"));
    }
    match (kind, &settings.page, &settings.pull, &settings.folder) {
        (SourceKind::Page, None, ..) => {
            usage("a page needs --settings FILE.toml with [page] and item = \"CSS selector\"".into())
        }
        (SourceKind::Pull, _, None, _) => usage(
            "a pull source needs --settings FILE.toml with [pull], records = \"$.rows[*]\" and body = \"$.text\"".into(),
        ),
        (SourceKind::Folder, .., None) => usage("a folder needs --folder PATH".into()),
        (SourceKind::Page, Some(rule), ..) => Ok(pull::page::check(rule)?),
        (SourceKind::Pull, _, Some(rule), _) => Ok(pull::json::check(rule)?),
        (SourceKind::Open311, ..) => {
            Ok(settings.open311.as_ref().map(pull::open311::check).transpose().map(|_| ())?)
        }
        _ => Ok(()),
    }
}

/// The column map to keep with a source of sheets, checked.
pub fn map(kind: SourceKind, parts: &SourceParts) -> Result<Option<String>> {
    let Some(file) = &parts.map else { return Ok(None) };
    if !matches!(kind, SourceKind::Sheet | SourceKind::Folder) {
        bail!(WrongUsage(format!("a source of the kind {kind} has no --map")));
    }
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let read = ColumnMap::parse(&text).map_err(|e| WrongUsage(format!("{}: {e}", file.display())))?;
    Ok(Some(read.to_toml()))
}

/// Keeps a column map with its source.
pub async fn with_map(store: &Store, source: Source, map: Option<String>) -> Result<Source> {
    if map.is_none() {
        return Ok(source);
    }
    let change = SourceChange { column_map: map, ..SourceChange::of(&source) };
    Ok(store.change_source(source.id, change, Actor::Console).await?)
}

/// Whether the folder that is to be watched is there, can be written to, and is no other source's than `own`'s.
pub async fn check_folder(
    store: &Store,
    name: &str,
    kind: SourceKind,
    settings: &SourceSettings,
    own: Option<SourceId>,
) -> Result<()> {
    if kind != SourceKind::Folder {
        return Ok(());
    }
    Ok(folder::look(store, name, settings.folder.as_deref(), own).await?)
}

/// Whether a source of this kind has such an address.
pub fn check_address(kind: SourceKind, url: Option<&str>) -> Result<(), WrongUsage> {
    match url {
        Some(_) if kind == SourceKind::Sheet => {
            Err(WrongUsage("a sheet has no --url; import its files with `qingting import`".into()))
        }
        Some(_) if !kind.has_url() => Err(WrongUsage(format!("a source of the kind {kind} has no --url"))),
        Some(url) => check_url(url),
        None => Ok(()),
    }
}

pub fn check_url(url: &str) -> Result<(), WrongUsage> {
    let web = url.starts_with("http://") || url.starts_with("https://");
    if web && url.len() > 10 {
        return Ok(());
    }
    Err(WrongUsage(format!("\"{url}\" is no web address; it begins with http:// or https://")))
}

/// The secret from standard input, where one was announced.
pub fn secret(parts: &SourceParts) -> Result<Option<String>> {
    if !parts.secret_stdin {
        return Ok(None);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let secret = line.trim();
    if secret.is_empty() {
        bail!(WrongUsage("standard input holds no secret".into()));
    }
    Ok(Some(secret.to_owned()))
}

/// Seals a secret with its source.
pub async fn with_secret(store: &Store, source: Source, secret: Option<String>) -> Result<Source> {
    let Some(secret) = secret else { return Ok(source) };
    store.set_source_secret(source.id, Some(&secret), Actor::Console).await?;
    Ok(store.source(source.id).await?.ok_or(StoreError::NotFound("source"))?)
}
