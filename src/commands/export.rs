//! `qingting export`: the records of a year as documents in one file, with a manifest that proves it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::civil::date;
use qingting_models::clock::{from_local, local_date, rfc3339};
use qingting_models::records::{Actor, Subject, Viewer};
use qingting_models::store::{ExportPart, ExportSpan, Store};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::archive::owners_file;
use crate::cli::{ExportArgs, Global, WrongUsage};
use crate::home::Home;
use crate::output;

/// Documents that are read at once.
const PAGE: i64 = 200;
/// The version of the form of manifest and documents.
const FORMAT: u32 = 1;

/// What a file of a year holds.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    /// The version of the program that wrote it.
    program: String,
    county: String,
    year: i16,
    made_at: String,
    /// Confidential matters and the log are in it.
    confidential: bool,
    /// Cases of the year that were open when it was made.
    open_cases: i64,
    file: String,
    /// Of the file as it is, compressed.
    bytes: u64,
    sha256: String,
    /// Documents by kind.
    records: BTreeMap<String, u64>,
}

pub async fn run(global: &Global, args: &ExportArgs) -> Result<()> {
    if let Some(manifest) = &args.check {
        let (manifest, lines) = check(manifest)?;
        if global.json {
            return output::json(&json!({ "year": manifest.year, "records": manifest.records }));
        }
        return output::line(&format!("{}: whole, {lines} documents of {}", manifest.file, manifest.year));
    }
    let (Some(year), Some(out)) = (args.year, &args.out) else {
        bail!(WrongUsage("an export needs --year and --out".into()));
    };
    let home = Home::find(global)?;
    let store = home.store().await?;
    let done = write(&home, &store, year, out, args.open_only).await;
    store.close().await;
    let (path, manifest) = done?;
    if global.json {
        return output::json(&json!({ "manifest": path, "content": manifest }));
    }
    let counts: Vec<String> =
        manifest.records.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    output::line(&format!(
        "{}: {}; {:.1} MB, proved by {}",
        out.join(&manifest.file).display(),
        if counts.is_empty() { "nothing".into() } else { counts.join(", ") },
        manifest.bytes as f64 / 1e6,
        path.display()
    ))?;
    if manifest.open_cases > 0 {
        output::line(&format!(
            "{} cases of the year are still open; export it again when they ended",
            manifest.open_cases
        ))?;
    }
    Ok(())
}

async fn write(
    home: &Home,
    store: &Store,
    year: i16,
    out: &Path,
    open_only: bool,
) -> Result<(PathBuf, Manifest)> {
    if !out.is_dir() {
        bail!("there is no folder {}", out.display());
    }
    let this_year = local_date(store.now()).year();
    if year >= this_year {
        bail!(
            "{year} is not over; a year can be exported when it is, the last one that is: {}",
            this_year - 1
        );
    }
    let span = span_of(year)?;
    let file = format!("qingting-{year}.jsonl.zst");
    let part = out.join(format!("{file}.part"));
    let viewer = if open_only { Viewer::OPEN } else { Viewer::SYSTEM };
    let written = documents(store, &viewer, span, &part).await;
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    let records = written?;
    let (bytes, sha256) = digest(&part)?;
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        county: home.county(store).await?.settings.name,
        year,
        made_at: rfc3339(store.now()),
        confidential: !open_only,
        open_cases: store.still_open(span).await?,
        bytes,
        sha256,
        records,
        file,
    };
    let path = out.join(format!("qingting-{year}.manifest.json"));
    let text = serde_json::to_string_pretty(&manifest)?;
    // The file first: a manifest never stands without what it tells of.
    fs::rename(&part, out.join(&manifest.file)).context("the file cannot be put in its place")?;
    owners_file(&path)
        .and_then(|mut to| to.write_all(text.as_bytes()).and_then(|()| to.sync_all()))
        .with_context(|| format!("{} cannot be written", path.display()))?;
    let detail = json!({ "year": year, "sha256": manifest.sha256, "records": manifest.records });
    store.audit(Actor::Console, "store.export", Subject::System, detail).await?;
    Ok((path, manifest))
}

/// The year from its first moment to that of the next, Asia/Shanghai.
fn span_of(year: i16) -> Result<ExportSpan> {
    let first = |year: i16| -> Result<Timestamp> { Ok(from_local(date(year, 1, 1).at(0, 0, 0, 0))?) };
    Ok(ExportSpan { from: first(year)?, to: first(year + 1)? })
}

async fn documents(
    store: &Store,
    viewer: &Viewer,
    span: ExportSpan,
    part: &Path,
) -> Result<BTreeMap<String, u64>> {
    let file = owners_file(part).with_context(|| format!("{} cannot be written", part.display()))?;
    let mut out = zstd::Encoder::new(BufWriter::new(file), zstd::DEFAULT_COMPRESSION_LEVEL)?;
    out.include_checksum(true)?;
    let bar = output::progress(0, "exporting");
    let mut records = BTreeMap::new();
    for kind in ExportPart::ALL {
        let (mut after, mut count) = (0, 0);
        loop {
            let page = store.export_page(viewer, *kind, span, after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            for (_, document) in &page {
                serde_json::to_writer(&mut out, document)?;
                out.write_all(b"\n")?;
            }
            count += page.len() as u64;
            bar.inc(page.len() as u64);
        }
        if count > 0 {
            records.insert(kind.code().to_owned(), count);
        }
    }
    bar.finish_and_clear();
    let file = out.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(records)
}

/// Bytes and SHA-256 of a file.
fn digest(path: &Path) -> Result<(u64, String)> {
    let mut file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let (mut hash, mut bytes, mut part) = (Sha256::new(), 0, vec![0; 64 << 10]);
    loop {
        match file.read(&mut part).with_context(|| format!("{} cannot be read", path.display()))? {
            0 => break,
            read => {
                hash.update(&part[..read]);
                bytes += read as u64;
            }
        }
    }
    Ok((bytes, data_encoding::HEXLOWER.encode(&hash.finalize())))
}

/// Reads a file through and holds it against its manifest; the manifest, and how many documents there are.
fn check(path: &Path) -> Result<(Manifest, u64)> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let manifest: Manifest = serde_json::from_str(&text)
        .with_context(|| format!("{} is no manifest of `qingting export`", path.display()))?;
    if manifest.format != FORMAT {
        bail!("{} has form {}; this program reads form {FORMAT}", path.display(), manifest.format);
    }
    let file = path.parent().unwrap_or(Path::new(".")).join(&manifest.file);
    let (bytes, sha256) = digest(&file)?;
    if (bytes, &sha256) != (manifest.bytes, &manifest.sha256) {
        bail!("{} is not what its manifest tells of: {bytes} bytes, SHA-256 {sha256}", file.display());
    }
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    let lines = BufReader::new(zstd::Decoder::new(File::open(&file)?)?).lines();
    for (n, line) in lines.enumerate() {
        let document: Value = serde_json::from_str(&line?)
            .with_context(|| format!("{} line {} is no document", file.display(), n + 1))?;
        let kind = document["record"].as_str().unwrap_or_default().to_owned();
        *found.entry(kind).or_default() += 1;
    }
    if found != manifest.records {
        bail!("{} holds {found:?}, its manifest tells of {:?}", file.display(), manifest.records);
    }
    Ok((manifest, found.values().sum()))
}
