//! Importing a sheet on a page: upload, look at how its columns are understood, correct that, import, and take the
//! outcome back to the sender.

use std::path::Path as FilePath;

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use futures::TryStreamExt;
use qingting_ingest::import::{ImportError, import_with_outcome, saved_map};
use qingting_ingest::outcome::OutcomeSheet;
use qingting_ingest::sheet::{self, ColumnMap, Meaning};
use qingting_models::ids::SourceId;
use qingting_models::records::{Source, SourceKind, SourceRun};
use qingting_models::store::SourceChange;
use serde_json::json;
use tokio::task::JoinHandle;

use super::import_file::{Imported, Running, Uploaded, Uploads};
use super::import_preview::{COLUMNS, PreviewView, view};
use super::{Answer, html, read_id};
use crate::app::AppState;
use crate::assets;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::plain::{self, Told};
use crate::upload::Upload;

/// The page.
#[derive(Debug, Template)]
#[template(path = "import.html")]
pub struct ImportPage {
    pub frame: Frame,
    pub source_id: String,
    pub source: String,
    pub paused: bool,
    pub preview: Option<PreviewView>,
    pub script: String,
}

/// The result.
#[derive(Debug, Template)]
#[template(path = "import_result.html")]
pub struct ImportResultPage {
    pub frame: Frame,
    pub source_id: String,
    pub source: String,
    pub name: String,
    /// It is under way: the counts are those so far.
    pub running: bool,
    pub counts: SourceRun,
    pub problem: Option<Told>,
    /// The address of the outcome sheet.
    pub outcome: Option<String>,
}

pub async fn show(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let source = sheet_source(&state, &id).await?;
    html(&page(&state, &caller, &source, None))
}

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

fn page(state: &AppState, caller: &Caller, source: &Source, preview: Option<PreviewView>) -> ImportPage {
    ImportPage {
        frame: Frame::inside(state, caller, "导入表格", "/sources"),
        source_id: source.id.to_string(),
        source: source.name.clone(),
        paused: source.paused,
        preview,
        script: assets::import(),
    }
}

/// Takes a file and shows what it would bring.
pub async fn look(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    mut form: Upload,
) -> Answer {
    let source = sheet_source(&state, &id).await?;
    let uploads = uploads(&state)?;
    let part = form.0.next_field().await.map_err(|e| crate::upload::broken(&e))?;
    let part =
        part.filter(|p| p.name() == Some("file")).ok_or_else(|| WebError::bad("请选择要导入的表格"))?;
    let now = state.store.now();
    let name = part.file_name().unwrap_or_default().to_owned();
    let content = part.map_err(|e| crate::upload::broken(&e));
    let uploaded = match uploads.keep(source.id, state.store.ids().next(now), &name, content, now).await {
        Ok(uploaded) => uploaded,
        Err(WebError::Bad(why)) => {
            let mut page = page(&state, &caller, &source, None);
            page.frame = page.frame.with(Some(Notice::bad(why)));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response());
        }
        Err(error) => return Err(error),
    };
    shown(&state, &caller, &source, &uploaded, None, None).await
}

/// The page with a preview of an uploaded file, or with the reason why there is none; with the meanings that a form
/// chose, where those could not be saved.
async fn shown(
    state: &AppState,
    caller: &Caller,
    source: &Source,
    uploaded: &Uploaded,
    notice: Option<Notice>,
    chosen: Option<&Form>,
) -> Answer {
    let (preview, problem) = match looked_at(source, uploaded, chosen).await? {
        Ok(preview) => (Some(preview), None),
        Err(why) => (None, Some(Notice::bad(why))),
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut page = page(state, caller, source, preview);
    page.frame = page.frame.with(notice).with(problem);
    Ok((status, html(&page)?).into_response())
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

/// Saves what the columns mean as the column map of the source, or takes the saved one away, and looks again.
pub async fn map(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let source = sheet_source(&state, &id).await?;
    let uploaded = uploads(&state)?.find(source.id, form.text("file"))?;
    let toml = if form.text("clear").is_empty() { Some(map_of(&form)) } else { None };
    let (column_map, before) = (toml.clone(), source.column_map.clone());
    let source = match keep_map(&state, &caller, source, toml).await? {
        Kept::Saved(source) => source,
        Kept::Refused(source, why) => {
            let notice = Notice::bad(why);
            return shown(&state, &caller, &source, &uploaded, Some(notice), Some(&form)).await;
        }
    };
    let text = match (&column_map, &before) {
        (None, _) => "已恢复自动识别。",
        (Some(new), Some(old)) if new != old => {
            "列的含义已保存，代替了这个来源原来保存的那一份。两种列不同的表格都要收的，请各建一个来源。"
        }
        _ => "列的含义已保存，以后导入都照此读。",
    };
    let notice = Notice::good(text);
    shown(&state, &caller, &source, &uploaded, Some(notice), None).await
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

/// Whether a form gives a column another meaning than the one that it was shown with.
fn has_changed(form: &Form) -> bool {
    (0..COLUMNS).any(|n| form.text(&format!("m-{n}")) != form.text(&format!("w-{n}")))
}

/// The column map that a form describes.
fn map_of(form: &Form) -> String {
    let meanings: Vec<(String, String)> = (0..COLUMNS)
        .map(|n| (form.raw(&format!("h-{n}")).to_owned(), form.text(&format!("m-{n}")).to_owned()))
        .collect();
    map_text(&meanings)
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

/// Imports an uploaded file, deletes it, and leads to the page with the counts; so does a second press. Meanings that
/// were chosen and not saved are saved first: a column that shall be sealed must not be shown for a button that was
/// missed.
pub async fn run(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let mut source = sheet_source(&state, &id).await?;
    let uploaded = uploads(&state)?.find(source.id, form.text("file"))?;
    if uploaded.imported().is_none() {
        if has_changed(&form) {
            source = match keep_map(&state, &caller, source, Some(map_of(&form))).await? {
                Kept::Saved(source) => source,
                Kept::Refused(source, why) => {
                    let notice = Notice::bad(why);
                    return shown(&state, &caller, &source, &uploaded, Some(notice), Some(&form)).await;
                }
            };
        }
        // A second press leads to where it is told how far it is.
        if let Some(importing) = begin(&state, &source, &uploaded)? {
            importing.await.map_err(WebError::internal)??;
        }
    }
    let path = format!("/sources/{}/import/{}/result", source.id, uploaded.id);
    Ok(Redirect::to(&path).into_response())
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

/// What came of an import; kept for a day.
pub async fn result(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, file)): Path<(String, String)>,
) -> Answer {
    let source = sheet_source(&state, &id).await?;
    let uploaded = uploads(&state)?.find(source.id, &file)?;
    let (Imported { name, counts, problem }, running) = came_of(&state, &uploaded)?;
    let done = !running && uploaded.outcome().is_file();
    html(&ImportResultPage {
        frame: Frame::inside(&state, &caller, "导入结果", "/sources"),
        source_id: source.id.to_string(),
        source: source.name.clone(),
        name,
        running,
        counts,
        problem: problem.as_deref().map(plain::told),
        outcome: done.then(|| format!("/sources/{}/import/{}/outcome", source.id, uploaded.id)),
    })
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

/// How far an import is, as `{"rows": 1200, "share": 0.25}`, or `null` while none is under way; the share of the file's bytes
/// is `null` for a workbook, whose size tells nothing.
pub async fn progress(State(state): State<AppState>, Path((id, file)): Path<(String, String)>) -> Answer {
    let source = sheet_source(&state, &id).await?;
    let uploaded = uploads(&state)?.find(source.id, &file)?;
    let progress = uploads(&state)?.progress(uploaded.id);
    let told = progress.map(|progress| {
        let share = progress.bytes_read as f64 / progress.bytes_total.max(1) as f64;
        let share = (progress.bytes_read > 0).then_some(share.min(1.0));
        json!({ "rows": progress.counts.read, "share": share })
    });
    Ok(Json(told).into_response())
}

/// The outcome sheet of an import, for the sender.
pub async fn outcome(State(state): State<AppState>, Path((id, file)): Path<(String, String)>) -> Answer {
    outcome_of(&state, &id, &file).await
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

#[cfg(test)]
impl crate::samples::Sampled for ImportPage {
    fn samples() -> Vec<Self> {
        use crate::pages::import_preview::{ColumnView, RowView, TableView};
        use crate::samples::{choice, frame, hostile};
        use crate::view::Choice;
        let column = |t: &str, choices| ColumnView {
            index: 0,
            header: t.into(),
            meaning: "标题",
            word: "title",
            sure: Some(80),
            choices,
        };
        let table = |t: &str, choices: Vec<Choice>| TableView {
            name: Some(t.into()),
            header_row: 1,
            may_change: !choices.is_empty(),
            columns: vec![column(t, choices)],
            lacks: vec!["没有编号列"],
            ordinary: true,
            rows: vec![RowView {
                id: t.into(),
                title: t.into(),
                body: t.into(),
                at: t.into(),
                fields: vec![(t.into(), t.into())],
            }],
            bad: vec![(t.into(), Told::sample(t))],
        };
        let preview = |t: &str| PreviewView {
            file: t.into(),
            name: t.into(),
            rows: Some(3),
            tables: vec![table(t, vec![choice(t)]), table(t, vec![])],
            passed_over: vec![(t.into(), "隐藏的工作表")],
            doubtful: true,
            unread: false,
            ready: true,
            mapped: true,
        };
        let page = |t: String, preview| Self {
            frame: frame(&t),
            source_id: t.clone(),
            source: t.clone(),
            paused: true,
            preview,
            script: t,
        };
        let unread = |t: &str| PreviewView { unread: true, ready: false, ..preview(t) };
        let both = |t: String| {
            [page(t.clone(), Some(preview(&t))), page(t.clone(), Some(unread(&t))), page(t, None)]
        };
        hostile().into_iter().flat_map(both).collect()
    }
}

#[cfg(test)]
impl crate::samples::Sampled for ImportResultPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile};
        let page = |t: String, running| Self {
            frame: frame(&t),
            source_id: t.clone(),
            source: t.clone(),
            name: t.clone(),
            running,
            counts: SourceRun { read: 5, new: 1, updated: 1, unchanged: 1, quarantined: 2 },
            problem: Some(Told::sample(&t)),
            outcome: Some(t),
        };
        hostile().into_iter().flat_map(|t| [page(t.clone(), true), page(t, false)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_a_column_map() {
        let form = Form::of(&[
            ("h-0", "题 \"甲\""),
            ("m-0", "title"),
            ("h-1", "甲方"),
            ("m-1", "person_name"),
            ("h-2", "乙方"),
            ("m-2", "person_name"),
            ("h-3", "备注"),
            ("m-3", ""),
        ]);
        let toml = map_of(&form);
        assert_eq!(toml, "title = [\"题 \\\"甲\\\"\"]\nperson_name = [\"甲方\",\"乙方\"]\n");
        assert!(ColumnMap::parse(&toml).is_ok());
    }
}
