//! A report as a file to take home.

use std::io::{Cursor, Write};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use qingting_models::records::KeptReport;
use qingting_respond::report::{FileError, IN_DOCUMENT, ReportFormat, Source, file_name, pdf};

use super::kept;
use crate::access::url_encode;
use crate::app::{AppState, REQUEST_TIME};
use crate::error::WebError;
use crate::pages::Answer;
use crate::query::Query;
use crate::report_view::report_file;

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A PDF is given up before the request itself is, so that the page can say what else there is.
const PDF_TIME: Duration = REQUEST_TIME.saturating_sub(Duration::from_secs(5));

/// A file that was written.
pub(super) struct Written {
    bytes: Vec<u8>,
    mime: &'static str,
    ending: &'static str,
}

pub async fn download(State(state): State<AppState>, Path(id): Path<String>, query: Query) -> Answer {
    let format = query.parsed::<ReportFormat>("format").ok_or(WebError::NotFound)?;
    file_of(&state, kept(&state, &id).await?, format).await
}

/// The file of a kept report.
///
/// # Errors
/// When it cannot be written.
pub(crate) async fn file_of(state: &AppState, kept: KeptReport, format: ReportFormat) -> Answer {
    let source = Source::Kept(Box::new(state.desk.shown(kept).await?));
    named(&source, written(state, &source, format).await?)
}

/// The answer that a browser keeps as a file.
pub(super) fn named(source: &Source, file: Written) -> Answer {
    let name = format!("{}.{}", file_name(&source.document()), file.ending);
    let named = format!("attachment; filename*=UTF-8''{}", url_encode(&name));
    let named = HeaderValue::from_str(&named).map_err(WebError::internal)?;
    let mime = HeaderValue::from_static(file.mime);
    Ok(([(header::CONTENT_TYPE, mime), (header::CONTENT_DISPOSITION, named)], file.bytes).into_response())
}

pub(super) async fn written(
    state: &AppState,
    source: &Source,
    format: ReportFormat,
) -> Result<Written, WebError> {
    let desk = &state.desk;
    let failed = |error: FileError| match error {
        FileError::Store(error) => error.into(),
        other => WebError::internal(other),
    };
    let (bytes, mime) = match format {
        ReportFormat::Docx => (desk.report_docx(source).await.map_err(failed)?, DOCX),
        ReportFormat::Xlsx => (desk.report_xlsx(source).await.map_err(failed)?, XLSX),
        ReportFormat::Json => {
            let value = desk.report_json(source).map_err(failed)?;
            (serde_json::to_vec_pretty(&value).map_err(WebError::internal)?, "application/json")
        }
        ReportFormat::Html => {
            let (annex, _) = desk.annex(source, None, IN_DOCUMENT).await?;
            let base = state.settings.base_url.as_deref();
            let html = report_file(source, &annex, base)?;
            (html.into_bytes(), "text/html; charset=utf-8")
        }
        ReportFormat::Csv => {
            let files = desk.report_csv(source).await.map_err(failed)?;
            let bytes = zipped(files).map_err(WebError::internal)?;
            return Ok(Written { bytes, mime: "application/zip", ending: "zip" });
        }
        ReportFormat::Pdf => {
            let docx = desk.report_docx(source).await.map_err(failed)?;
            let (annex, _) = desk.annex(source, None, IN_DOCUMENT).await?;
            let html = report_file(source, &annex, None)?;
            let bytes = pdf(&docx, &html, PDF_TIME).await.map_err(|error| {
                tracing::warn!(%error, "a report could not be made into a PDF");
                WebError::bad("这台机器没能生成 PDF；请下载 Word 文件，或用浏览器打印")
            })?;
            (bytes, "application/pdf")
        }
    };
    Ok(Written { bytes, mime, ending: format.code() })
}

fn zipped(files: Vec<(String, Vec<u8>)>) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name, zip::write::SimpleFileOptions::default())?;
        zip.write_all(&bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
