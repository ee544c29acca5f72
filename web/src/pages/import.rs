//! Importing a sheet on a page: upload, look at how its columns are understood, correct that, import, and take the
//! outcome back to the sender.

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use futures::TryStreamExt;
use qingting_models::records::{Source, SourceRun};
use serde_json::json;

use super::import_act::{
    Kept, begin, came_of, keep_map, looked_at, map_text, outcome_of, sheet_source, uploads,
};
use super::import_file::{Imported, Uploaded};
use super::import_preview::{COLUMNS, PreviewView};
use super::{Answer, html};
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
    use qingting_ingest::sheet::ColumnMap;

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
