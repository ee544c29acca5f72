//! `qingting import`: takes in one sheet.

mod preview;
pub mod table;

use std::fs;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use qingting_ingest::import::{ImportError, Progress, import_with_outcome};
use qingting_ingest::outcome::OutcomeSheet;
use qingting_ingest::sheet::{self, ColumnMap, HeaderError, SheetError};
use qingting_models::store::Store;

use super::source::made_for_import;
use crate::cli::{Global, Import, WrongUsage};
use crate::home::Home;
use crate::model_folder::ModelFolder;
use crate::output;
use crate::worker::Tools;

pub async fn run(global: &Global, command: &Import) -> Result<()> {
    if command.preview {
        return preview::run(
            global,
            &command.file,
            command.map.as_deref().map(read_map).transpose()?.as_ref(),
        );
    }
    let home = Home::find(global)?;
    match fs::metadata(&command.file) {
        Ok(meta) if meta.is_dir() => bail!("{} is a folder, not a file", command.file.display()),
        Ok(_) => {}
        Err(e) => return Err(e).with_context(|| format!("{} cannot be read", command.file.display())),
    }
    let map = command.map.as_deref().map(read_map).transpose()?;
    let http = home.http()?;
    let store = home.store().await?;
    let county = Arc::new(home.county(&store).await?);
    let done = take_in(global, command, map, &store).await;
    if done.is_ok() && command.judge {
        judge(Tools::new(store.clone(), county, http, Some(ModelFolder::of(&home.dir)))?).await?;
    }
    store.close().await;
    done?.print(global)
}

fn read_map(path: &std::path::Path) -> Result<ColumnMap> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    ColumnMap::parse(&text).map_err(|e| WrongUsage(format!("{}: {e}", path.display())).into())
}

struct Done(qingting_models::records::SourceRun);

impl Done {
    fn print(&self, global: &Global) -> Result<()> {
        if global.json {
            return output::json(&self.0);
        }
        let run = &self.0;
        output::line(&format!(
            "read {}, new {}, updated {}, unchanged {}, quarantined {}",
            run.read, run.new, run.updated, run.unchanged, run.quarantined
        ))
    }
}

async fn take_in(global: &Global, command: &Import, map: Option<ColumnMap>, store: &Store) -> Result<Done> {
    let name = command.source.as_deref().unwrap_or_default();
    let known = store.source_named(name).await?;
    if known.is_none() {
        // A file that is no sheet must not leave a source behind.
        sheet::read(&command.file, map.as_ref(), 1, &mut |_| false)
            .map_err(|fault| doubtful(&command.file, fault))?;
    }
    let (source, made) = made_for_import(store, name).await?;
    if made && !global.json {
        output::note(&format!(
            "made the source \"{}\" (sheet, complaint, handle, without cut-off)",
            source.name
        ));
    }
    if source.paused {
        output::note(&format!(
            "the source \"{}\" is paused; this sheet is taken in all the same, as asked",
            source.name
        ));
    }
    let bar = output::progress(1, "importing");
    let tell = |progress: Progress| {
        bar.set_length(progress.bytes_total.max(1));
        bar.set_position(progress.bytes_read);
    };
    let outcome = command.outcome.as_deref().map(OutcomeSheet::create).transpose()?;
    let run = import_with_outcome(store, &source, &command.file, map.as_ref(), outcome, &tell)
        .await
        .map_err(|e| match e {
            ImportError::Sheet { file, fault } => doubtful(&file, fault),
            other => other.into(),
        })?;
    bar.finish_and_clear();
    Ok(Done(run))
}

/// Why a file was not read; the guess at doubtful columns is written out as the column map to correct.
fn doubtful(file: &std::path::Path, fault: SheetError) -> anyhow::Error {
    if let SheetError::Header(HeaderError::Unsure { guess, .. }) = &fault {
        output::note(&guess.to_toml());
    }
    output::of_file(file, &fault)
}

async fn judge(tools: Tools) -> Result<()> {
    let waiting = tools.store.waiting_work().await?;
    let total = waiting.judge * 3 + waiting.route + waiting.join;
    let bar = output::progress(total.unsigned_abs(), "judging");
    tools.drain(&|left| bar.set_position((total - left).unsigned_abs())).await?;
    bar.finish_and_clear();
    Ok(())
}
