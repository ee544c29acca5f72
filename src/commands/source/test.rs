//! `qingting source test` and `discover`: look at an address, store nothing.

use anyhow::{Context, Result, bail};
use qingting_ingest::feed::discover as feeds;
use qingting_ingest::folder;
use qingting_ingest::http::{Answer, Validators};
use qingting_ingest::poll::{Asked, Found, Preview, PreviewEntry, preview_source};
use qingting_ingest::prepare::prepare;
use qingting_ingest::record::RawRecord;
use qingting_models::clock::{Clock, SystemClock, minute_text};
use qingting_models::records::{ItemContent, Source, SourceKind, SourceSettings};
use qingting_models::store::Store;
use serde_json::json;
use url::Url;

use super::{look, parts};
use crate::cli::{Global, SourceParts, WrongUsage};
use crate::home;
use crate::output;

/// Entries that are printed.
const SHOWN: usize = 20;
/// Characters of a text that are printed.
const BEGINNING: usize = 80;

pub async fn address(
    global: &Global,
    url: &str,
    kind: SourceKind,
    allow_host: Option<&str>,
    typed: &SourceParts,
) -> Result<()> {
    if !kind.has_url() {
        bail!(WrongUsage(format!("a source of the kind {kind} has no address to test")));
    }
    parts::check_url(url)?;
    let settings = parts::settings(kind, SourceSettings::default(), typed)?;
    let secret = parts::secret(typed)?;
    let asked = Asked { name: url, kind, url: Some(url), allow_host, settings: &settings };
    let shown = preview_source(&home::http_or_default(global)?, &asked, secret, SystemClock.now()).await;
    show(global, shown.with_context(|| format!("{url} cannot be read as a {kind}"))?)
}

pub async fn source(global: &Global, store: &Store, source: &Source) -> Result<()> {
    if source.kind == SourceKind::Folder {
        folder::check(store, source).await?;
        return look::of(global, source);
    }
    let secret = store.source_secret(source.id).await?;
    let shown =
        preview_source(&home::http_or_default(global)?, &Asked::from(source), secret, store.now()).await;
    show(global, shown.with_context(|| format!("{} cannot be read", source.name))?)
}

fn show(global: &Global, mut preview: Preview) -> Result<()> {
    preview.entries = preview.entries.into_iter().map(masked).collect();
    if global.json {
        return output::json(&preview);
    }
    let rejected = match preview.rejected {
        0 => String::new(),
        n => format!(", {n} more that cannot be taken in"),
    };
    output::line(&format!("{} ({}), {} entries{rejected}", preview.title, preview.format, preview.total))?;
    for found in &preview.found {
        output::line(&format!("  {}\t{}\t{}", found.part, found.path, found_words(found)))?;
    }
    for entry in preview.entries.iter().take(SHOWN) {
        entry_lines(entry).iter().try_for_each(|line| output::line(line))?;
    }
    for warning in &preview.warnings {
        output::line(&format!("warning: {}", output::reason(&warning.to_string())))?;
    }
    if let Some(extent) = extent(&preview) {
        output::line(extent)?;
    }
    Ok(())
}

fn found_words(found: &Found) -> String {
    match (found.any, found.text.is_empty()) {
        (false, _) => "found nothing".into(),
        (true, true) => "found, sealed".into(),
        (true, false) => beginning(&found.text),
    }
}

/// How much of the source was read, where that is not all.
fn extent(preview: &Preview) -> Option<&'static str> {
    match preview.format.as_str() {
        "pull" | "open311" => Some("only the first page was read"),
        _ if preview.first_article => Some("only the first article was opened for its text"),
        _ => None,
    }
}

/// An entry as it would be stored.
fn masked(entry: PreviewEntry) -> PreviewEntry {
    let record = RawRecord { title: entry.title, body: entry.body, ..RawRecord::default() };
    let ItemContent { title, body, .. } = prepare(record).content;
    PreviewEntry { title, body, ..entry }
}

/// An entry's time and title, its address, the beginning of its text.
fn entry_lines(entry: &PreviewEntry) -> Vec<String> {
    let at = entry.published.map(minute_text).unwrap_or_default();
    let mut lines = vec![format!("  {at}  {}", entry.title)];
    lines.extend(entry.url.as_ref().map(|url| format!("      {url}")));
    lines.extend((!entry.body.is_empty()).then(|| format!("      {}", beginning(&entry.body))));
    lines
}

/// The first characters of a text on one line.
fn beginning(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = line.chars().take(BEGINNING).collect();
    if cut.len() < line.len() { format!("{cut}…") } else { cut }
}

pub async fn discover(global: &Global, url: &str, allow_host: Option<&str>) -> Result<()> {
    parts::check_url(url)?;
    let fetched = home::http_or_default(global)?
        .get_page(url, allow_host, &Validators::default(), SystemClock.now())
        .await;
    let Answer::Document(page) = fetched.with_context(|| format!("{url} cannot be read"))? else {
        bail!("{url} gave nothing");
    };
    let html = qingting_ingest::decode::decode(&page.bytes, page.charset.as_deref().as_slice()).text;
    let base = Url::parse(page.url.as_str())?;
    let found = feeds::discover(&html, &base);
    if global.json {
        let all: Vec<_> = found
            .iter()
            .map(|feed| json!({ "url": feed.url, "title": feed.title, "format": feed.format }))
            .collect();
        return output::json(&all);
    }
    for feed in &found {
        let format = feed.format.map(|format| format.to_string()).unwrap_or_default();
        output::line(&format!("{}\t{format}\t{}", feed.url, feed.title))?;
    }
    if found.is_empty() {
        output::line("the page names no feed; read its list with --kind page")?;
    }
    Ok(())
}
