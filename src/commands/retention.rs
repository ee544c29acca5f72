//! `qingting retention` and `qingting erase`: what is due to go by the rules, and originals that go because it was asked for.

use std::path::Path;

use anyhow::{Context, Result, bail};
use qingting_models::county::Retention;
use qingting_models::records::{Actor, Viewer};
use qingting_models::store::{Cleared, Erasure, ErasureList, ErasureOf, Store};
use serde_json::json;

use crate::cli::{EraseArgs, Global, WrongUsage};
use crate::home::Home;
use crate::output;

pub async fn run(global: &Global, apply: bool) -> Result<()> {
    let home = Home::find(global)?;
    let store = home.store().await?;
    let done = retain(global, &home, &store, apply).await;
    store.close().await;
    done
}

async fn retain(global: &Global, home: &Home, store: &Store, apply: bool) -> Result<()> {
    let rules = home.county(store).await?.retention;
    let cuts = rules.cuts(store.now());
    let due = store.due_to_clear(&cuts).await?;
    let gone = if apply { Some(store.clear_due(&cuts, Actor::Console).await?) } else { None };
    if global.json {
        return output::json(&json!({ "due": due, "cleared": gone }));
    }
    for line in lines(&rules, &due) {
        output::line(&line)?;
    }
    match gone {
        Some(gone) if gone.is_nothing() => output::line("nothing was due"),
        Some(gone) => output::line(&format!("cleared: {}", in_words(&gone))),
        None if due.is_nothing() => output::line("nothing is due"),
        None => output::line(
            "nothing was changed; workers clear this before dawn, `qingting retention --apply` does now",
        ),
    }
}

/// A line a rule: what it says, and how much is due.
fn lines(rules: &Retention, due: &Cleared) -> Vec<String> {
    let kept = |months: Option<u16>| match months {
        Some(months) => format!("{months} months"),
        None => "for ever".into(),
    };
    vec![
        format!(
            "originals: kept {}; due: {} items, {} answers",
            kept(rules.originals),
            due.items,
            due.replies
        ),
        format!("attachments: kept {}; due: {}", kept(rules.attachments), due.attachments),
        format!("quarantined rows: kept {}; due: {}", kept(rules.quarantine), due.quarantined),
        format!("notices: kept {}; due: {}, messages: {}", kept(rules.notices), due.notices, due.messages),
        format!("events: kept {} days; due: {}", rules.events, due.events),
    ]
}

fn in_words(gone: &Cleared) -> String {
    let counts = [
        (gone.items, "items without originals"),
        (gone.replies, "answers without originals"),
        (gone.attachments, "attachments"),
        (gone.quarantined, "quarantined rows"),
        (gone.notices, "notices"),
        (gone.messages, "messages"),
        (gone.events, "events"),
    ];
    let some = counts.iter().filter(|(count, _)| *count > 0);
    some.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

pub async fn erase(global: &Global, args: &EraseArgs) -> Result<()> {
    let home = Home::find(global)?;
    let store = home.store().await?;
    let done = erase_in(global, &store, args).await;
    store.close().await;
    done
}

async fn erase_in(global: &Global, store: &Store, args: &EraseArgs) -> Result<()> {
    if !args.list.is_empty() {
        let again = replay(store, &args.list).await?;
        if global.json {
            return output::json(&json!({ "again": again }));
        }
        return output::line(&format!("{again} originals and files that had come back were erased again"));
    }
    let Some(reason) = &args.reason else {
        bail!(WrongUsage("--reason says why; it goes into the log, masked".into()));
    };
    let of = match (args.item, &args.case) {
        (Some(item), None) => ErasureOf::Item(item),
        (None, Some(number)) => {
            let case = store.case_numbered(&Viewer::SYSTEM, number).await?;
            ErasureOf::Case(case.with_context(|| format!("there is no case {number}"))?)
        }
        _ => bail!(WrongUsage("name one item, one case or lists".into())),
    };
    let items = store.erase_matter(of, reason, Actor::Console).await?;
    if global.json {
        return output::json(&json!({ "items": items }));
    }
    output::line(&format!("the originals of {} items are erased; what is masked stays", items.len()))
}

/// Erases once more what the lists name; how much there still was.
///
/// # Errors
/// Names the file that is no list.
pub async fn replay(store: &Store, lists: &[impl AsRef<Path>]) -> Result<u64> {
    let mut all: Vec<Erasure> = Vec::new();
    for list in lists {
        all.extend(ErasureList::read(list.as_ref())?);
    }
    Ok(store.erase_again(&all).await?)
}
