//! One batch of answers: its sheet, and what the sender said of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use qingting_models::ids::BackfillBatchId;
use qingting_models::records::{BackfillLine, BackfillReceipt, BackfillState};
use qingting_respond::backfill::BackfillError;

use super::backfill::{AnswerRow, PATH, answer_row};
use super::{Answer, back, html, read_id};
use crate::access::url_encode;
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::people::People;
use crate::query::Query;

const XLSX: HeaderValue =
    HeaderValue::from_static("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");

#[derive(Debug, Template)]
#[template(path = "backfill_batch.html")]
pub struct BackfillBatchPage {
    pub frame: Frame,
    pub id: String,
    pub source: String,
    pub source_name: String,
    pub at: Moment,
    pub by: String,
    pub answers: Vec<AnswerRow>,
    /// Answers of which the sender said nothing yet.
    pub open: usize,
    pub typed: String,
}

pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let mut page = page(&state, &caller, read_id(&id)?, String::new()).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

/// The sheet; opening the answers is logged.
pub async fn download(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id: BackfillBatchId = read_id(&id)?;
    let sheet = state.desk.backfill_sheet(&caller.viewer, id, caller.actor()).await;
    let sheet = sheet.map_err(|error| match error {
        BackfillError::Store(error) => error.into(),
        BackfillError::Sheet(error) => WebError::internal(error),
    })?;
    let named = format!("attachment; filename*=UTF-8''{}", url_encode(&sheet.name));
    let named = HeaderValue::from_str(&named).map_err(WebError::internal)?;
    Ok(([(header::CONTENT_TYPE, XLSX), (header::CONTENT_DISPOSITION, named)], sheet.bytes).into_response())
}

/// Notes what the sender said: rejected ones by number with a reason, all others as accepted.
pub async fn settle(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let batch: BackfillBatchId = read_id(&id)?;
    let found = state.store.backfill_batch(&caller.viewer, batch).await?;
    let (_, lines) = found.ok_or(WebError::NotFound)?;
    let read = rejections(form.text("rejected")).and_then(|rejected| receipts(&rejected, &lines));
    let receipts = match read {
        Ok(receipts) => receipts,
        Err(why) => {
            let mut page = page(&state, &caller, batch, form.text("rejected").to_owned()).await?;
            page.frame = page.frame.with(Some(Notice::bad(why)));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response());
        }
    };
    state.store.settle_backfill(&caller.viewer, batch, &receipts, caller.actor()).await?;
    Ok(back("", &format!("{PATH}/batches/{id}"), "backfill-settled"))
}

/// A line is a number and a reason: `20261123001 答非所问`.
fn rejections(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let mut rejected: Vec<(&str, &str)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (number, reason) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if reason.trim().is_empty() {
            return Err(format!("“{number}”后面没有写退回原因；一行写：编号 原因"));
        }
        rejected.push((number, reason.trim()));
    }
    Ok(rejected)
}

/// What the sender said of a batch: number and reason of each answer that was rejected. All others are accepted.
///
/// # Errors
/// When no answer of the batch has that number.
pub(crate) fn receipts(
    rejected: &[(&str, &str)],
    lines: &[BackfillLine],
) -> Result<Vec<BackfillReceipt>, String> {
    let is = |number: &str, line: &BackfillLine| line.external_id == number || line.case_number == number;
    if let Some((number, _)) = rejected.iter().find(|(number, _)| !lines.iter().any(|line| is(number, line)))
    {
        return Err(format!("这一批里没有编号“{number}”"));
    }
    let of = |line: &BackfillLine| {
        let found = rejected.iter().find(|(number, _)| is(number, line));
        BackfillReceipt { answer: line.key(), rejected: found.map(|(_, reason)| (*reason).to_owned()) }
    };
    Ok(lines.iter().filter(|line| line.state == BackfillState::Sent).map(of).collect())
}

async fn page(
    state: &AppState,
    caller: &Caller,
    id: BackfillBatchId,
    typed: String,
) -> Result<BackfillBatchPage, WebError> {
    let (batch, lines) = state.store.backfill_batch(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    if lines.is_empty() {
        return Err(WebError::NotFound);
    }
    let (people, now) = (People::load(&state.store).await?, state.store.now());
    let source = state.store.source(batch.source).await?;
    Ok(BackfillBatchPage {
        frame: Frame::inside(state, caller, "回填批次", PATH),
        id: id.to_string(),
        source: batch.source.to_string(),
        source_name: source.map(|source| source.name).unwrap_or_default(),
        at: Moment::new(batch.made_at, now),
        by: people.actor(batch.made_by),
        open: lines.iter().filter(|line| line.state == BackfillState::Sent).count(),
        answers: lines.iter().map(|line| answer_row(line, &state.names, now)).collect(),
        typed,
    })
}

#[cfg(test)]
impl crate::samples::Sampled for BackfillBatchPage {
    fn samples() -> Vec<Self> {
        use super::backfill::sample_answer;
        use crate::samples::{frame, hostile, moment};
        let page = |t: String| Self {
            frame: frame(&t),
            id: t.clone(),
            source: t.clone(),
            source_name: t.clone(),
            at: moment(60),
            by: t.clone(),
            answers: vec![sample_answer(&t)],
            open: 1,
            typed: t,
        };
        hostile().into_iter().map(page).collect()
    }
}
