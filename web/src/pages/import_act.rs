//! What is done with an uploaded sheet, by a page or by a program: looked at, its columns named, imported, and what came of it.

use std::path::Path as FilePath;

use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use qingting_ingest::import::{ImportError, import_with_outcome, saved_map};
use qingting_ingest::outcome::OutcomeSheet;
use qingting_ingest::sheet::{self, ColumnMap, Meaning};
use qingting_models::ids::SourceId;
use qingting_models::records::{Source, SourceKind, SourceRun};
use qingting_models::store::SourceChange;
use tokio::task::JoinHandle;

use super::import_file::{Imported, Running, Uploaded, Uploads};
use super::import_preview::{PreviewView, view};
use super::{Answer, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::plain;

/// A source that takes sheets.
///
/// # Errors
/// When there is none, or it takes none.
pub(crate) async fn sheet_source(state: &AppState, id: &str) -> Result<Source, WebError> {
    let id: SourceId = read_id(id)?;
    let source =
        state.store.source(id).await?.filter(|s| s.removed_at.is_none()).ok_or(WebError::NotFound)?;
    match source.kind {
        SourceKind::Sheet | SourceKind::Folder => Ok(source),
        other => Err(WebError::bad(format!("“{}”是{}来源，不导入表格", source.name, other.label()))),
    }
}

/// Where uploaded sheets are kept.
///
/// # Errors
/// When none are taken.
pub(crate) fn uploads(state: &AppState) -> Result<&Uploads, WebError> {
    let missing = || WebError::bad("这个服务没有启用上传；请在服务器命令行使用 qingting import");
    state.uploads.as_deref().ok_or_else(missing)
}

/// What an uploaded file would bring to a source, or why it cannot be read.
///
/// # Errors
/// When the file is gone, or the column map of the source cannot be read.
pub(crate) async fn looked_at(
    source: &Source,
    uploaded: &Uploaded,
    chosen: Option<&Form>,
) -> Result<Result<PreviewView, String>, WebError> {
    let path = uploaded.file()?;
    let map = saved_map(source).map_err(|wrong| WebError::bad(plain::told(&wrong.to_string()).text))?;
    let file = path.clone();
    let looked = tokio::task::spawn_blocking(move || sheet::preview(&file, map.as_ref()));
    Ok(match looked.await.map_err(WebError::internal)? {
        Ok(found) => Ok(view(uploaded, &path, &found, chosen)),
        Err(wrong) => Err(format!("这个文件读不了：{}", plain::told(&wrong.to_string()).text)),
    })
}

pub(super) fn name_of(path: &FilePath) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What became of a column map that was to be saved with a source.
pub(crate) enum Kept {
    Saved(Source),
    /// It is as it was; why.
    Refused(Source, String),
}

/// Saves a column map with a source, or takes the saved one away.
///
/// # Errors
/// When the store fails.
pub(crate) async fn keep_map(
    state: &AppState,
    caller: &Caller,
    source: Source,
    column_map: Option<String>,
) -> Result<Kept, WebError> {
    if let Some(Err(wrong)) = column_map.as_deref().map(ColumnMap::parse) {
        let told = plain::told(&wrong.to_string()).text;
        return Ok(Kept::Refused(source, format!("列的含义没有保存：{told}")));
    }
    let change = SourceChange { column_map, ..SourceChange::of(&source) };
    Ok(Kept::Saved(state.store.change_source(source.id, change, caller.actor()).await?))
}

/// The column map of headers with the words for their meanings, as TOML. A text in JSON is one in TOML.
pub(crate) fn map_text(meanings: &[(String, String)]) -> String {
    let mut lines = String::new();
    for (_, word) in Meaning::ALL {
        let headers: Vec<&str> =
            meanings.iter().filter(|(_, of)| of == word).map(|(header, _)| header.as_str()).collect();
        if !headers.is_empty() {
            lines.push_str(&format!("{word} = {}\n", serde_json::json!(headers)));
        }
    }
    lines
}

/// Begins to import an uploaded file; nothing when that is under way. It goes on when whoever asked goes away.
///
/// # Errors
/// When no uploads are taken.
pub(crate) fn begin(
    state: &AppState,
    source: &Source,
    uploaded: &Uploaded,
) -> Result<Option<JoinHandle<Result<(), WebError>>>, WebError> {
    let Some(running) = uploads(state)?.begin(uploaded.id) else { return Ok(None) };
    Ok(Some(tokio::spawn(import_whole(state.clone(), source.clone(), uploaded.clone(), running))))
}

async fn import_whole(
    state: AppState,
    source: Source,
    uploaded: Uploaded,
    running: Running,
) -> Result<(), WebError> {
    let imported = take_in(&state, &source, &uploaded, &running).await?;
    uploaded.note(&imported).map_err(WebError::internal)?;
    uploaded.delete_file();
    Ok(())
}

async fn take_in(
    state: &AppState,
    source: &Source,
    uploaded: &Uploaded,
    running: &Running,
) -> Result<Imported, WebError> {
    let path = uploaded.file()?;
    let outcome = OutcomeSheet::create(&uploaded.outcome()).map_err(WebError::internal)?;
    let told = |progress| running.told(progress);
    let imported = import_with_outcome(&state.store, source, &path, None, Some(outcome), &told).await;
    let (counts, problem) = match imported {
        Ok(counts) => (counts, None),
        Err(ImportError::Store(error)) => return Err(error.into()),
        // The upload stays, to be tried again.
        Err(busy @ ImportError::Busy(_)) => return Err(WebError::internal(busy)),
        Err(ImportError::Sheet { fault, .. }) => (SourceRun::default(), Some(fault.to_string())),
        Err(other) => (SourceRun::default(), Some(other.to_string())),
    };
    Ok(Imported { name: name_of(&path), counts, problem })
}

/// What came of an import, and whether it is under way: the counts are those so far.
///
/// # Errors
/// When it was not begun.
pub(crate) fn came_of(state: &AppState, uploaded: &Uploaded) -> Result<(Imported, bool), WebError> {
    if let Some(imported) = uploaded.imported() {
        return Ok((imported, false));
    }
    let progress = uploads(state)?.progress(uploaded.id).ok_or(WebError::NotFound)?;
    let name = name_of(&uploaded.file()?);
    Ok((Imported { name, counts: progress.counts, problem: None }, true))
}

/// The outcome sheet of an upload of a source.
///
/// # Errors
/// When it was not imported, or is gone.
pub(crate) async fn outcome_of(state: &AppState, id: &str, file: &str) -> Answer {
    let source = sheet_source(state, id).await?;
    let uploaded = uploads(state)?.find(source.id, file)?;
    let bytes = tokio::fs::read(uploaded.outcome()).await.map_err(|_| WebError::NotFound)?;
    let typed = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let named = format!("attachment; filename=\"outcome-{}.xlsx\"", uploaded.id);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(typed)),
        (header::CONTENT_DISPOSITION, HeaderValue::try_from(named).map_err(WebError::internal)?),
    ];
    Ok((headers, bytes).into_response())
}
