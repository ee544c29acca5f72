//! A report as a file to take home.

use std::io::{Cursor, Write};

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use qingting_respond::report::{FileError, IN_DOCUMENT, ReportFormat, Source, file_name};

use super::kept;
use crate::access::url_encode;
use crate::app::AppState;
use crate::error::WebError;
use crate::pages::Answer;
use crate::query::Query;
use crate::report_view::report_file;

pub async fn download(State(state): State<AppState>, Path(id): Path<String>, query: Query) -> Answer {
    let format = ReportFormat::from_code(query.text("format")).ok_or(WebError::NotFound)?;
    let source = Source::Kept(Box::new(kept(&state, &id).await?));
    let desk = &state.desk;
    let failed = |error: FileError| match error {
        FileError::Store(error) => error.into(),
        other => WebError::internal(other),
    };
    let (bytes, mime, ending) = match format {
        ReportFormat::Docx => (desk.report_docx(&source).await.map_err(failed)?, DOCX, "docx"),
        ReportFormat::Xlsx => (desk.report_xlsx(&source).await.map_err(failed)?, XLSX, "xlsx"),
        ReportFormat::Json => {
            let value = desk.report_json(&source).map_err(failed)?;
            (serde_json::to_vec_pretty(&value).map_err(WebError::internal)?, "application/json", "json")
        }
        ReportFormat::Html => {
            let (annex, _) = desk.annex(&source, None, IN_DOCUMENT).await?;
            let figures = source.figures();
            let base = state.settings.base_url.as_deref();
            let html =
                report_file(source.document(), &figures.scope, &annex, figures.totals.items.now, base)?;
            (html.into_bytes(), "text/html; charset=utf-8", "html")
        }
        ReportFormat::Csv => {
            let files = desk.report_csv(&source).await.map_err(failed)?;
            (zipped(files).map_err(WebError::internal)?, "application/zip", "zip")
        }
        // The server starts no other program for a request.
        ReportFormat::Pdf => return Err(WebError::NotFound),
    };
    let name = format!("{}.{ending}", file_name(&source.document()));
    let named = format!("attachment; filename*=UTF-8''{}", url_encode(&name));
    let named = HeaderValue::from_str(&named).map_err(WebError::internal)?;
    let mime = HeaderValue::from_static(mime);
    Ok(([(header::CONTENT_TYPE, mime), (header::CONTENT_DISPOSITION, named)], bytes).into_response())
}

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn zipped(files: Vec<(String, Vec<u8>)>) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name, zip::write::SimpleFileOptions::default())?;
        zip.write_all(&bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
