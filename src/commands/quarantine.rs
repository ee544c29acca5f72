//! `qingting quarantine`: the rows that could not be read; see, mend, replay and dismiss them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use anyhow::{Result, bail};
use qingting_ingest::replay::{ReplayError, replay};
use qingting_models::ids::{QuarantineId, SourceId};
use qingting_models::records::{Actor, QuarantinedRow, RejectForm, RejectKind};
use qingting_models::store::{Page, QuarantineFilter, Store};
use serde_json::{Value, json};

use super::source::named;
use crate::cli::{Chosen, Global, QuarantineCommand, WrongUsage};
use crate::home::Home;
use crate::output;

/// Rows of one page while all are gone through.
const PAGE: i64 = 200;

pub async fn run(global: &Global, command: QuarantineCommand) -> Result<()> {
    let store = Home::find(global)?.store().await?;
    let done = act(global, &store, command).await;
    store.close().await;
    done
}

async fn act(global: &Global, store: &Store, command: QuarantineCommand) -> Result<()> {
    match command {
        QuarantineCommand::List { source, kind, closed } => {
            let filter = QuarantineFilter { closed, ..filter(store, source.as_deref(), kind).await? };
            list(global, store, filter).await
        }
        QuarantineCommand::Show { id, reason } => show(global, store, id, reason.as_deref()).await,
        QuarantineCommand::Replay { chosen, set, over } => {
            let rows = rows(store, &chosen).await?;
            if chosen.all && !set.is_empty() {
                bail!(WrongUsage("--set mends one row; it does not go with --all".into()));
            }
            replay_rows(global, store, rows, &changes(&set)?, over).await
        }
        QuarantineCommand::Dismiss { chosen, reason } => {
            dismiss(global, store, rows(store, &chosen).await?, &reason).await
        }
    }
}

async fn filter(store: &Store, source: Option<&str>, kind: Option<RejectKind>) -> Result<QuarantineFilter> {
    let source = match source {
        Some(name) => match store.removed_source(name).await? {
            Some(removed) => Some(removed.id),
            None => Some(named(store, name).await?.id),
        },
        None => None,
    };
    Ok(QuarantineFilter { source, kind, closed: false })
}

/// The rows that were chosen: one by its number, or all that wait.
async fn rows(store: &Store, chosen: &Chosen) -> Result<Vec<QuarantinedRow>> {
    match (chosen.id, chosen.all) {
        (Some(id), false) => Ok(vec![row(store, id).await?]),
        (None, true) => all(store, filter(store, chosen.source.as_deref(), chosen.kind).await?).await,
        _ => bail!(WrongUsage("name a row by its number, or all with --all, --source and --kind".into())),
    }
}

async fn row(store: &Store, id: QuarantineId) -> Result<QuarantinedRow> {
    match store.quarantined(id).await? {
        Some(row) => Ok(row),
        None => bail!("there is no quarantined row {id}; see `qingting quarantine list`"),
    }
}

async fn all(store: &Store, filter: QuarantineFilter) -> Result<Vec<QuarantinedRow>> {
    let mut found: Vec<QuarantinedRow> = Vec::new();
    let mut before = None;
    loop {
        let listing = store.quarantine(filter, Page { before, size: PAGE }).await?;
        found.extend(listing.rows);
        before = listing.next;
        if before.is_none() {
            return Ok(found);
        }
    }
}

async fn list(global: &Global, store: &Store, filter: QuarantineFilter) -> Result<()> {
    let rows = all(store, filter).await?;
    if global.json {
        return output::json(&rows);
    }
    let mut names: HashMap<SourceId, String> = HashMap::new();
    for row in &rows {
        if let Entry::Vacant(unknown) = names.entry(row.source) {
            unknown.insert(name_of(store, row.source).await?);
        }
        let source = &names[&row.source];
        let (place, reason) = (output::place(&row.place), output::reason(&row.reason));
        output::line(&format!("{}\t{source}\t{}\t{place}\t{reason}", row.id, row.kind))?;
    }
    if rows.is_empty() {
        output::line("no rows in quarantine")?;
    }
    Ok(())
}

/// The name of a source, also of one that was removed: it says so.
async fn name_of(store: &Store, id: SourceId) -> Result<String> {
    Ok(store.source(id).await?.map(|source| source.name).unwrap_or_default())
}

async fn show(global: &Global, store: &Store, id: QuarantineId, reason: Option<&str>) -> Result<()> {
    let row = row(store, id).await?;
    let content = match reason {
        Some(reason) => Some(store.open_quarantined(id, reason, Actor::Console).await?),
        None => None,
    };
    if global.json {
        return output::json(&json!({ "row": row, "content": content }));
    }
    let (place, reason) = (output::place(&row.place), output::reason(&row.reason));
    output::line(&format!("{place}\n{} ({})\n{reason}", row.kind, row.form))?;
    match (content, row.closed) {
        (Some(content), _) => output::line(&serde_json::to_string_pretty(&content)?),
        (None, Some(closed)) => output::line(if closed.replayed { "read after all" } else { "dismissed" }),
        (None, None) => output::line("its content is sealed; open it with --reason, which is logged"),
    }
}

/// `header=value`, each to be put into the row.
fn changes(set: &[String]) -> Result<Vec<(String, String)>> {
    let parted = |text: &String| {
        let parts = text.split_once('=').filter(|(header, _)| !header.trim().is_empty());
        let wrong = || WrongUsage(format!("--set \"{text}\": write it as \"header=value\""));
        parts.map(|(header, value)| (header.trim().to_owned(), value.to_owned())).ok_or_else(wrong)
    };
    Ok(set.iter().map(parted).collect::<Result<_, _>>()?)
}

/// The row's content with the changes put in. A change to an empty value of a cell that the header doesn't have
/// takes it away.
async fn mended(store: &Store, row: &QuarantinedRow, changes: &[(String, String)]) -> Result<Option<Value>> {
    if changes.is_empty() {
        return Ok(None);
    }
    let mut content = store.quarantined_original(row.id).await?;
    let Some(fields) = content.as_object_mut() else {
        bail!("the row has no fields that could be set");
    };
    for (header, value) in changes {
        if row.form == RejectForm::Json && header.starts_with('$') {
            bail!(
                "--set \"{header}=...\": name a field of the record itself, without the path: {}",
                known(fields)
            );
        }
        if !fields.contains_key(header) && row.form != RejectForm::Json {
            bail!("the row has no field \"{header}\"; it has: {}", known(fields));
        }
        if value.is_empty() && header.starts_with("(+") {
            fields.remove(header);
        } else {
            fields.insert(header.clone(), Value::from(value.as_str()));
        }
    }
    Ok(Some(content))
}

fn known(fields: &serde_json::Map<String, Value>) -> String {
    fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

async fn replay_rows(
    global: &Global,
    store: &Store,
    rows: Vec<QuarantinedRow>,
    changes: &[(String, String)],
    over: bool,
) -> Result<()> {
    let one = rows.len() == 1;
    let sources = store.sources().await?;
    let (mut read, mut kept, mut outdated, mut why) = (0, 0, 0, Vec::new());
    for row in rows {
        let Some(source) = sources.iter().find(|source| source.id == row.source) else {
            kept += 1;
            why.push(
                json!({ "id": row.id, "reason": "its source was removed: the row can only be dismissed" }),
            );
            continue;
        };
        let mended = mended(store, &row, changes).await?;
        match replay(store, source, row.id, mended, over, Actor::Console).await {
            Ok(_) => read += 1,
            Err(still @ (ReplayError::StillBad(_) | ReplayError::Closed(_) | ReplayError::MayBeOutdated)) => {
                outdated += i64::from(matches!(still, ReplayError::MayBeOutdated));
                kept += 1;
                why.push(json!({ "id": row.id, "reason": still.to_string() }));
            }
            Err(other) => return Err(other.into()),
        }
    }
    if global.json {
        output::json(&json!({ "read": read, "still_bad": kept, "rows": why }))?;
    } else {
        output::line(&format!("read {read}, kept {kept}"))?;
        if outdated > 0 && !one {
            output::line(&format!(
                "{outdated} of them may be older than what is stored: replay them with --over, or dismiss them"
            ))?;
        }
    }
    match why.first().and_then(|first| first["reason"].as_str()) {
        Some(why) if one => bail!("{}", output::reason(why)),
        _ => Ok(()),
    }
}

async fn dismiss(global: &Global, store: &Store, rows: Vec<QuarantinedRow>, reason: &str) -> Result<()> {
    let mut dismissed = 0;
    for row in rows {
        dismissed += i64::from(store.close_quarantined(row.id, false, reason, Actor::Console).await?);
    }
    if global.json {
        return output::json(&json!({ "dismissed": dismissed }));
    }
    output::line(&format!("dismissed {dismissed}"))
}
