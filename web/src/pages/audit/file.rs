//! Lines of the audit log as a file to take along.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use qingting_models::store::Page;
use qingting_models::text::sheet_cell;

use super::{ROWS, filter, views};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::pages::Answer;
use crate::people::People;
use crate::query::Query;

/// Rows of a file at most.
const FILE_ROWS: usize = 10_000;

/// The lines that a query asks for as a CSV file, the newest first, at most 10,000.
pub async fn download(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let people = People::load(&state.store).await?;
    let filter = filter(&query)?;
    // The mark of its encoding, as Excel and WPS want it.
    let mut csv = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let heads = ["序号", "时间", "谁", "动作", "对象", "对象编号", "工单号", "理由", "细节", "链"];
    csv.write_record(heads).map_err(WebError::internal)?;
    let (mut before, mut rows) = (None, 0);
    loop {
        let found = state.store.audit_page(&filter, Page { before, size: ROWS }).await?;
        for view in views(&state, &caller, &people, &found.rows).await? {
            let seq = view.seq.map(|seq| seq.to_string()).unwrap_or_default();
            let (number, reason) = (view.number.unwrap_or_default(), view.reason.unwrap_or_default());
            let hash = view.hash.unwrap_or_default();
            let cells = [
                seq,
                view.at,
                view.who,
                view.action,
                view.subject,
                view.subject_id,
                number,
                reason,
                view.detail,
                hash,
            ];
            csv.write_record(cells.map(|cell| sheet_cell(&cell))).map_err(WebError::internal)?;
            rows += 1;
        }
        before = found.next;
        if before.is_none() || rows >= FILE_ROWS {
            break;
        }
    }
    let bytes = csv.into_inner().map_err(WebError::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
    ];
    Ok((headers, bytes).into_response())
}
