//! `qingting source opml`: lists of feeds from and for other feed readers.

use std::collections::HashSet;
use std::fs;

use anyhow::{Context, Result, bail};
use qingting_ingest::feed::opml::{OpmlFeed, read, write};
use qingting_models::records::{Actor, Channel, Mode, SourceKind, SourceSettings};
use qingting_models::store::{NewSource, Store, StoreError};
use serde_json::json;

use crate::cli::{Global, OpmlCommand};
use crate::output;

/// Seconds between two polls of an imported feed at the least.
const INTERVAL_S: i64 = 900;
/// Characters of a source's name.
const LONGEST_NAME: usize = 60;

pub async fn run(global: &Global, store: &Store, command: OpmlCommand) -> Result<()> {
    match command {
        OpmlCommand::Import { file, channel, mode } => {
            let bytes = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            let list = read(&bytes).with_context(|| file.display().to_string())?;
            let known: HashSet<String> = store.sources().await?.into_iter().filter_map(|s| s.url).collect();
            let (mut added, mut passed) = (Vec::new(), 0);
            for feed in list.feeds {
                if known.contains(&feed.url) {
                    passed += 1;
                    continue;
                }
                added.push(add(store, feed, channel, mode).await?);
            }
            let bad: Vec<_> =
                list.bad.iter().map(|bad| json!({ "name": bad.name, "reason": bad.reason })).collect();
            if global.json {
                return output::json(&json!({ "added": added, "known": passed, "bad": bad }));
            }
            for bad in &list.bad {
                output::line(&format!("left out {}: {}", bad.name, bad.reason))?;
            }
            output::line(&format!("added {}, known already {passed}, left out {}", added.len(), bad.len()))
        }
        OpmlCommand::Export { file } => {
            let feeds: Vec<OpmlFeed> = store
                .sources()
                .await?
                .into_iter()
                .filter(|source| source.kind == SourceKind::Feed)
                .filter_map(|source| {
                    let group = Some(source.channel.label().to_owned());
                    Some(OpmlFeed { name: source.name, url: source.url?, group })
                })
                .collect();
            fs::write(&file, write(&feeds, "Qingting"))
                .with_context(|| format!("{} cannot be written", file.display()))?;
            if global.json {
                return output::json(&json!({ "feeds": feeds.len() }));
            }
            output::line(&format!("{} feeds in {}", feeds.len(), file.display()))
        }
    }
}

/// Adds a feed under its name, or under one with a number where the name is in use.
async fn add(store: &Store, feed: OpmlFeed, channel: Channel, mode: Mode) -> Result<String> {
    for number in 1..=50 {
        let mark = if number == 1 { String::new() } else { format!(" {number}") };
        let name: String = feed.name.chars().take(LONGEST_NAME - mark.len()).chain(mark.chars()).collect();
        let new = NewSource {
            name,
            kind: SourceKind::Feed,
            channel,
            mode,
            url: Some(feed.url.clone()),
            cutoff: None,
            allow_host: None,
            interval_s: INTERVAL_S,
            settings: SourceSettings::default(),
        };
        match store.add_source(new, Actor::Console).await {
            Ok(source) => return Ok(source.name),
            Err(StoreError::Taken { .. }) => {}
            Err(wrong) => return Err(wrong.into()),
        }
    }
    bail!("fifty sources are called {} already", feed.name)
}
