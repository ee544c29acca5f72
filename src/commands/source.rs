//! `qingting source`: add, change, show, test, pause and remove.

mod edit;
mod look;
mod opml;
mod parts;
mod show;
mod test;

use anyhow::{Result, anyhow, bail};
use jiff::Timestamp;
use qingting_ingest::folder::{self, Unread};
use qingting_ingest::sheet::times;
use qingting_models::clock::minute_text;
use qingting_models::records::{Actor, Source, SourceKind, SourceSettings};
use qingting_models::store::{NewSource, QuarantineFilter, Store, StoreError};
use serde_json::json;

use crate::cli::{Global, SourceCommand, WrongUsage};
use crate::home::Home;
use crate::output;

pub async fn run(global: &Global, command: SourceCommand) -> Result<()> {
    match &command {
        SourceCommand::Test { url: None, source: None, parts, .. } => {
            return look::typed(global, parts);
        }
        SourceCommand::Test { url: Some(url), kind, allow_host, parts, .. } => {
            return test::address(global, url, *kind, allow_host.as_deref(), parts).await;
        }
        SourceCommand::Discover { url, allow_host } => {
            return test::discover(global, url, allow_host.as_deref()).await;
        }
        _ => {}
    }
    let home = Home::find(global)?;
    let store = home.store().await?;
    let done = match check_tier(&home, &store, &command).await {
        Ok(()) => change(global, &store, command).await,
        Err(wrong) => Err(wrong),
    };
    store.close().await;
    done
}

/// Whether the tier that was typed is one of the county's.
async fn check_tier(home: &Home, store: &Store, command: &SourceCommand) -> Result<()> {
    let (SourceCommand::Add { tier: Some(tier), .. } | SourceCommand::Edit { tier: Some(tier), .. }) =
        command
    else {
        return Ok(());
    };
    let tiers = home.county(store).await?.settings.source_tiers;
    let ends = matches!(command, SourceCommand::Edit { .. }) && tier == "none";
    if !ends && !tiers.contains(tier) {
        bail!(WrongUsage(format!("there is no tier \"{tier}\"; county.toml names: {}", tiers.join(", "))));
    }
    Ok(())
}

async fn change(global: &Global, store: &Store, command: SourceCommand) -> Result<()> {
    match command {
        SourceCommand::Add { name, kind, url, channel, mode, cutoff, allow_host, tier, every, parts } => {
            let settings =
                SourceSettings { tier, ..parts::settings(kind, SourceSettings::default(), &parts)? };
            parts::check_address(kind, url.as_deref())?;
            let cutoff = cutoff.as_deref().map(date).transpose()?;
            let interval_s = i64::from(every) * 60;
            let new = NewSource { name, kind, channel, mode, url, cutoff, allow_host, interval_s, settings };
            let (secret, map) = (parts::secret(&parts)?, parts::map(kind, &parts)?);
            parts::check_folder(store, &new.name, kind, &new.settings, None).await?;
            let source = store.add_source(new, Actor::Console).await?;
            let source = parts::with_map(store, source, map).await?;
            let source = parts::with_secret(store, source, secret).await?;
            if let Some(twin) = store.sources().await?.iter().find(|other| source.shares_address(other)) {
                let items = if source.shares_items(twin) {
                    "each article is one item"
                } else {
                    "items will come twice"
                };
                output::note(&format!("the source \"{}\" reads the same address: {items}", twin.name));
            }
            if global.json {
                return output::json(&source);
            }
            output::line(&format!(
                "added {} ({}, {}, {})",
                source.name, source.kind, source.channel, source.mode
            ))
        }
        edit @ SourceCommand::Edit { .. } => edit::run(global, store, edit).await,
        SourceCommand::Show { name } => show::run(global, store, &named(store, &name).await?).await,
        SourceCommand::Test { source, .. } => {
            let source = named(store, &source.unwrap_or_default()).await?;
            test::source(global, store, &source).await
        }
        SourceCommand::Token { name, end } => {
            let source = named(store, &name).await?;
            if end {
                store.end_source_token(source.id, Actor::Console).await?;
                return said(global, "ended the token of", &source);
            }
            if source.kind != SourceKind::Push {
                bail!("{} is of the kind {}; only a push source has a token", source.name, source.kind);
            }
            let token = store.new_source_token(source.id, Actor::Console).await?;
            if global.json {
                return output::json(&json!({ "source": source.name, "token": token }));
            }
            output::line(&token)
        }
        SourceCommand::Opml(command) => opml::run(global, store, command).await,
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
            let waiting = QuarantineFilter { source: Some(source.id), ..QuarantineFilter::default() };
            let waiting = store.count_quarantine(waiting).await?;
            store.remove_source(source.id, Actor::Console).await?;
            if waiting > 0 {
                output::note(&format!(
                    "{waiting} of its rows wait in quarantine, and can only be dismissed now"
                ));
            }
            said(global, "removed", &source)
        }
        SourceCommand::Discover { .. } => Ok(()),
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
                "failing ({} in a row): {}; next try {}",
                source.health.failures,
                output::reason(error),
                at(source.health.next_at)
            )
        }
        (None, _) if source.kind.is_polled() => {
            let read = format!("last read {}", at(source.health.last_success_at));
            unread(source).map_or(read.clone(), |unread| format!("{read}; {unread}"))
        }
        (None, _) if source.kind == SourceKind::Push && !source.has_token => {
            "without a token; make one with `qingting source token`".into()
        }
        (None, _) if source.kind == SourceKind::Push => "pushed".into(),
        (None, _) => "by import".into(),
    }
}

/// What waits for a person in the folder of a source.
pub fn unread(source: &Source) -> Option<String> {
    let Unread { sheets, others } = folder::unread(source);
    let sheets =
        (sheets > 0).then(|| format!("{sheets} sheets could not be read, see {}", folder::UNREADABLE));
    let others = (others > 0).then(|| format!("{others} files are no sheets"));
    let all: Vec<String> = sheets.into_iter().chain(others).collect();
    (!all.is_empty()).then(|| all.join(", "))
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
