//! `qingting source`: add, list, test, pause and remove.

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use qingting_ingest::poll;
use qingting_ingest::sheet::times;
use qingting_models::clock::{Clock, SystemClock, minute_text};
use qingting_models::records::{Actor, Source, SourceKind};
use qingting_models::store::{NewSource, Store, StoreError};
use serde_json::json;

use crate::cli::{Global, SourceCommand, WrongUsage};
use crate::home::{self, Home};
use crate::output;

pub async fn run(global: &Global, command: SourceCommand) -> Result<()> {
    if let SourceCommand::Test { url, allow_host } = &command {
        return test(global, url, allow_host.as_deref()).await;
    }
    let store = Home::find(global)?.store().await?;
    let done = change(global, &store, command).await;
    store.close().await;
    done
}

async fn change(global: &Global, store: &Store, command: SourceCommand) -> Result<()> {
    match command {
        SourceCommand::Add { name, kind, url, channel, mode, cutoff, allow_host, every } => {
            if let Some(url) = &url {
                check_url(url)?;
            }
            if kind == SourceKind::Sheet && url.is_some() {
                bail!(WrongUsage("a sheet has no --url; import its files with `qingting import`".into()));
            }
            let cutoff = cutoff.as_deref().map(date).transpose()?;
            let interval_s = i64::from(every) * 60;
            let new = NewSource {
                name,
                kind,
                channel,
                mode,
                url,
                cutoff,
                allow_host,
                interval_s,
                settings: Default::default(),
            };
            let source = store.add_source(new, Actor::Console).await?;
            if global.json {
                return output::json(&source);
            }
            output::line(&format!(
                "added {} ({}, {}, {})",
                source.name, source.kind, source.channel, source.mode
            ))
        }
        SourceCommand::List => list(global, store).await,
        SourceCommand::Pause { name } => {
            let source = named(store, &name).await?;
            store.set_source_paused(source.id, true, Actor::Console).await?;
            said(global, "paused", &source)
        }
        SourceCommand::Resume { name } => {
            let source = named(store, &name).await?;
            store.set_source_paused(source.id, false, Actor::Console).await?;
            said(global, "resumed", &source)
        }
        SourceCommand::Remove { name } => {
            let source = named(store, &name).await?;
            store.remove_source(source.id, Actor::Console).await?;
            said(global, "removed", &source)
        }
        SourceCommand::Test { .. } => Ok(()),
    }
}

fn said(global: &Global, what: &str, source: &Source) -> Result<()> {
    if global.json {
        return output::json(&json!({ "source": source.name, "done": what }));
    }
    output::line(&format!("{what} {}", source.name))
}

/// The source of that name, or an error that lists the names there are.
pub async fn named(store: &Store, name: &str) -> Result<Source, anyhow::Error> {
    if let Some(source) = store.source_named(name).await? {
        return Ok(source);
    }
    let names: Vec<String> = store.sources().await?.into_iter().map(|source| source.name).collect();
    let known =
        if names.is_empty() { "there are none yet".into() } else { format!("known: {}", names.join(", ")) };
    Err(anyhow!("there is no source \"{name}\"; {known}"))
}

async fn list(global: &Global, store: &Store) -> Result<()> {
    let sources = store.sources().await?;
    if global.json {
        return output::json(&sources);
    }
    for source in &sources {
        output::line(&format!(
            "{}\t{}\t{}\t{}\t{}",
            source.name,
            source.kind,
            source.channel,
            source.mode,
            health(source)
        ))?;
    }
    if sources.is_empty() {
        output::line("no sources yet; add one with `qingting source add`")?;
    }
    Ok(())
}

fn health(source: &Source) -> String {
    let at = |time: Option<Timestamp>| time.map_or("never".into(), minute_text);
    match (&source.health.last_error, source.paused) {
        (_, true) => "paused".into(),
        (Some(error), _) => {
            format!(
                "failing ({} in a row): {error}; next try {}",
                source.health.failures,
                at(source.health.next_at)
            )
        }
        (None, _) if source.kind == SourceKind::Feed => {
            format!("last read {}", at(source.health.last_success_at))
        }
        (None, _) => "by import".into(),
    }
}

async fn test(global: &Global, url: &str, allow_host: Option<&str>) -> Result<()> {
    check_url(url)?;
    let http = home::http_or_default(global)?;
    let feed = poll::preview(&http, url, allow_host, SystemClock.now())
        .await
        .with_context(|| format!("{url} cannot be read as a feed"))?;
    if global.json {
        return output::json(&feed);
    }
    output::line(&format!("{} ({}), {} entries", feed.title, feed.format, feed.entries.len()))?;
    for entry in feed.entries.iter().take(20) {
        let at = entry.published.map(minute_text).unwrap_or_default();
        output::line(&format!("  {at}  {}", entry.title))?;
    }
    Ok(())
}

fn check_url(url: &str) -> Result<(), WrongUsage> {
    let web = url.starts_with("http://") || url.starts_with("https://");
    if web && url.len() > 10 {
        return Ok(());
    }
    Err(WrongUsage(format!("\"{url}\" is no web address; it begins with http:// or https://")))
}

fn date(text: &str) -> Result<Timestamp, WrongUsage> {
    times::parse(text).map_err(|e| WrongUsage(format!("--cutoff: {e}")))
}

/// A source made for an import into a name that is not known yet: sheet, complaint, handle, without cut-off.
pub async fn made_for_import(store: &Store, name: &str) -> Result<(Source, bool), StoreError> {
    if let Some(source) = store.source_named(name).await? {
        return Ok((source, false));
    }
    let new = NewSource {
        name: name.to_owned(),
        kind: SourceKind::Sheet,
        channel: qingting_models::records::Channel::Complaint,
        mode: qingting_models::records::Mode::Handle,
        url: None,
        cutoff: None,
        allow_host: None,
        interval_s: 900,
        settings: Default::default(),
    };
    match store.add_source(new, Actor::Console).await {
        Ok(source) => Ok((source, true)),
        // Another import of the same name was quicker.
        Err(StoreError::Taken { .. }) => {
            let source = store.source_named(name).await?.ok_or(StoreError::NotFound("source"))?;
            Ok((source, false))
        }
        Err(other) => Err(other),
    }
}
