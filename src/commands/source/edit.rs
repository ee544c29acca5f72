//! `qingting source edit`: what is not given stays.

use anyhow::Result;
use qingting_models::records::Actor;
use qingting_models::store::{SourceChange, Store};

use super::{date, named, parts, said};
use crate::cli::{Global, SourceCommand};
use crate::output;

pub async fn run(global: &Global, store: &Store, command: SourceCommand) -> Result<()> {
    let SourceCommand::Edit {
        name,
        rename,
        url,
        channel,
        mode,
        cutoff,
        allow_host,
        tier,
        every,
        no_full_text,
        no_map,
        parts: typed,
    } = command
    else {
        return Ok(());
    };
    let source = named(store, &name).await?;
    let mut before = source.settings.clone();
    before.full_text &= !no_full_text;
    let mut settings = parts::settings(source.kind, before, &typed)?;
    if let Some(tier) = tier {
        settings.tier = Some(tier).filter(|tier| tier != "none");
    }
    parts::check_address(source.kind, url.as_deref())?;
    if settings.folder != source.settings.folder {
        parts::check_folder(store, &source.name, source.kind, &settings, Some(source.id)).await?;
    }
    let secret = parts::secret(&typed)?;
    let cutoff = match cutoff.as_deref() {
        Some("none") => None,
        Some(text) => Some(date(text)?),
        None => source.cutoff,
    };
    let allow_host = match allow_host {
        Some(host) => Some(host).filter(|host| host != "none"),
        None => source.allow_host.clone(),
    };
    let column_map =
        if no_map { None } else { parts::map(source.kind, &typed)?.or(source.column_map.clone()) };
    let before = SourceChange::of(&source);
    let change = SourceChange {
        name: rename.unwrap_or(before.name),
        channel: channel.unwrap_or(before.channel),
        mode: mode.unwrap_or(before.mode),
        url: url.or(before.url),
        cutoff,
        allow_host,
        interval_s: every.map_or(before.interval_s, |minutes| i64::from(minutes) * 60),
        column_map,
        settings,
    };
    let changed = store.change_source(source.id, change, Actor::Console).await?;
    let changed = parts::with_secret(store, changed, secret).await?;
    if global.json {
        return output::json(&changed);
    }
    said(global, "changed", &changed)
}
