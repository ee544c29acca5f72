//! `qingting fetch`: polls what is due, once.

use anyhow::{Result, bail};
use qingting_ingest::folder::FolderError;
use qingting_ingest::http::Http;
use qingting_ingest::poll::{self, PollError};
use qingting_models::records::{Source, SourceKind, SourceRun};
use qingting_models::store::Store;
use serde_json::json;

use super::source::{named, unread};
use crate::cli::Global;
use crate::home::Home;
use crate::output;

type Polled = Vec<(Source, Result<SourceRun, String>)>;

pub async fn run(global: &Global, only: Option<&str>) -> Result<()> {
    let home = Home::find(global)?;
    let http = home.http()?;
    let store = home.store().await?;
    let polled = poll_now(&store, &http, only).await;
    store.close().await;
    let polled = polled?;
    if global.json {
        let all: Vec<_> = polled
            .iter()
            .map(|(source, result)| match result {
                Ok(run) => json!({ "source": source.name, "run": run }),
                Err(error) => json!({ "source": source.name, "error": error }),
            })
            .collect();
        output::json(&all)?;
    } else {
        for (source, result) in &polled {
            output::line(&match result {
                Ok(run) => format!(
                    "{}: read {}, new {}, updated {}, unchanged {}, quarantined {}",
                    source.name, run.read, run.new, run.updated, run.unchanged, run.quarantined
                ),
                Err(error) => format!("{}: {}", source.name, output::reason(error)),
            })?;
            if let Some(unread) = unread(source) {
                output::note(&format!("{}: {unread}", source.name));
            }
        }
        if polled.is_empty() && only.is_none() {
            output::line("no source is due")?;
        }
    }
    let failed = polled.iter().filter(|(_, result)| result.is_err()).count();
    if failed > 0 {
        bail!("{failed} of {} sources could not be read", polled.len());
    }
    Ok(())
}

async fn poll_now(store: &Store, http: &Http, only: Option<&str>) -> Result<Polled> {
    let Some(name) = only else {
        let worker = format!("fetch-{}", std::process::id());
        store.heed_clock().await?;
        let polled = poll::fetch_due(store, http, &worker).await?;
        return Ok(polled
            .into_iter()
            .map(|(source, run)| (source, run.map_err(|e| e.to_string())))
            .collect());
    };
    let source = named(store, name).await?;
    match source.kind {
        SourceKind::Sheet => {
            bail!("the source \"{name}\" is a sheet; import its files with `qingting import`")
        }
        SourceKind::Push => bail!("the source \"{name}\" is pushed to; there is nothing to fetch"),
        _ => {}
    }
    if source.paused {
        output::note(&format!("the source \"{name}\" is paused; it is read this once, as asked"));
    }
    let run = match poll::poll(store, http, &source).await {
        Err(PollError::Folder(FolderError::Busy(_))) => {
            output::note(&format!(
                "the folder of \"{name}\" is being read by the server or a worker at this moment"
            ));
            return Ok(Vec::new());
        }
        other => other.map_err(|e| e.to_string()),
    };
    Ok(vec![(source, run)])
}
