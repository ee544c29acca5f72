//! Answers on their way back to the senders: how many wait for each source, what was sent, what came back.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::ids::SourceId;
use qingting_models::records::{
    AnswerKey, BackfillColumn, BackfillColumns, BackfillCounts, BackfillField, BackfillLine, BackfillState,
    Mode, Source,
};
use qingting_models::store::StoreError;

use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::names::Names;
use crate::people::People;
use crate::query::Query;
use crate::view::{Choice, snippet, title_text};

pub(crate) const PATH: &str = "/backfill";
/// Answers that a page shows of each kind.
pub(crate) const SHOWN: i64 = 100;
/// Columns that the form has room for, and the longest header.
pub(crate) const COLUMNS: usize = 12;
pub(crate) const HEADER: usize = 40;

#[derive(Debug, Template)]
#[template(path = "backfill.html")]
pub struct BackfillPage {
    pub frame: Frame,
    pub sources: Vec<SourceRow>,
}

/// A source with its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    pub id: String,
    pub name: String,
    pub counts: BackfillCounts,
}

#[derive(Debug, Template)]
#[template(path = "backfill_source.html")]
pub struct BackfillSourcePage {
    pub frame: Frame,
    pub source: SourceRow,
    pub waiting: Vec<AnswerRow>,
    pub rejected: Vec<AnswerRow>,
    pub batches: Vec<BatchRow>,
    pub version: i64,
    pub columns: Vec<ColumnRow>,
}

/// An answer in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// Reply and item.
    pub key: String,
    pub case: String,
    pub number: String,
    pub external_id: String,
    pub title: String,
    pub text: String,
    pub department: String,
    pub state: &'static str,
    pub reason: Option<String>,
    pub at: Moment,
}

/// A batch in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    pub id: String,
    pub at: Moment,
    pub by: String,
    pub answers: i64,
}

/// A column in the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnRow {
    pub place: usize,
    pub header: String,
    pub fields: Vec<Choice>,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let counts = state.store.backfill_counts(&caller.viewer).await?;
    let mut sources = Vec::new();
    for (id, counts) in counts {
        if let Some(source) = state.store.source(id).await? {
            sources.push(SourceRow { id: id.to_string(), name: source.name, counts });
        }
    }
    let frame = Frame::inside(&state, &caller, "答复回填", PATH).done(query.get("done"));
    html(&BackfillPage { frame, sources })
}

pub async fn source(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let source = source_of(&state, &id).await?;
    let columns = state.store.backfill_columns(source.id).await?;
    let mut page = page(&state, &caller, source, &columns).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

/// Takes what waits into a batch and goes to it.
pub async fn make(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let source = source_of(&state, &id).await?;
    match state.store.make_backfill_batch(&caller.viewer, source.id, caller.actor()).await? {
        Some(batch) => Ok(back("", &format!("{PATH}/batches/{}", batch.id), "backfill-made")),
        None => Ok(back("", &format!("{PATH}/{id}"), "backfill-none")),
    }
}

/// Puts a rejected answer among those that wait.
pub async fn again(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let (reply, item) = id.split_once('-').ok_or(WebError::NotFound)?;
    let answer = AnswerKey { reply: read_id(reply)?, item: read_id(item)? };
    state.store.requeue_backfill(&caller.viewer, answer, caller.actor()).await?;
    Ok(back(form.text("back"), PATH, "backfill-again"))
}

/// Changes the columns of a source's sheet.
pub async fn columns(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let source = source_of(&state, &id).await?;
    let here = format!("{PATH}/{id}");
    let seen: i64 = form.must("version", "版本")?;
    let saved = match read_columns(&form) {
        Ok(columns) => keep_columns(&state, &caller, &source, seen, &columns).await,
        Err(error) => Err(error),
    };
    let why = match saved {
        Ok(()) => return Ok(back("", &here, "backfill-columns")),
        Err(WebError::Bad(why) | WebError::Conflict(why)) => why,
        Err(error) => return Err(error),
    };
    let mut page = page(&state, &caller, source, &typed(&form, seen)).await?;
    page.frame = page.frame.with(Some(Notice::bad(why)));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

/// Keeps the columns of a source's sheet.
///
/// # Errors
/// [`WebError::Conflict`] when they were changed since version `seen`.
pub(crate) async fn keep_columns(
    state: &AppState,
    caller: &Caller,
    source: &Source,
    seen: i64,
    columns: &[BackfillColumn],
) -> Result<(), WebError> {
    match state.store.set_backfill_columns(source.id, seen, columns, caller.actor()).await {
        Err(StoreError::Conflict { .. }) => {
            Err(WebError::Conflict("列的设置刚刚被别人改过，请重新打开再改".into()))
        }
        other => Ok(other?),
    }
}

fn typed(form: &Form, version: i64) -> BackfillColumns {
    let column = |place: usize| {
        let header = form.text(&format!("header-{place}")).to_owned();
        let field = BackfillField::from_code(form.text(&format!("field-{place}")));
        field.filter(|_| !header.is_empty()).map(|field| BackfillColumn { header, field })
    };
    BackfillColumns { columns: (0..COLUMNS).filter_map(column).collect(), version }
}

fn read_columns(form: &Form) -> Result<Vec<BackfillColumn>, WebError> {
    for place in 0..COLUMNS {
        let header = form.text(&format!("header-{place}"));
        if !header.is_empty() && BackfillField::from_code(form.text(&format!("field-{place}"))).is_none() {
            return Err(WebError::bad(format!("第 {} 列“{header}”没有选内容", place + 1)));
        }
        if header.chars().count() > HEADER {
            return Err(WebError::bad(format!("第 {} 列的表头最多 {HEADER} 个字", place + 1)));
        }
    }
    let columns = typed(form, 0).columns;
    check_columns(&columns)?;
    Ok(columns)
}

/// Whether the sender can tell by these columns which answer is which.
///
/// # Errors
/// When they cannot, or when a header stands twice.
pub(crate) fn check_columns(columns: &[BackfillColumn]) -> Result<(), WebError> {
    let has = |field| columns.iter().any(|column| column.field == field);
    if !has(BackfillField::Number) || !has(BackfillField::Answer) {
        return Err(WebError::bad("至少要有“对方的工单编号”和“答复内容”两列，对方才认得出来"));
    }
    let repeated =
        columns.iter().enumerate().find(|(i, c)| columns[..*i].iter().any(|o| o.header == c.header));
    if let Some((_, column)) = repeated {
        return Err(WebError::bad(format!("表头“{}”写了两次", column.header)));
    }
    Ok(())
}

/// A source whose matters we handle; others get no answers back.
///
/// # Errors
/// When there is none.
pub(crate) async fn source_of(state: &AppState, id: &str) -> Result<Source, WebError> {
    let id: SourceId = read_id(id)?;
    let source = state.store.source(id).await?.ok_or(WebError::NotFound)?;
    if source.mode == Mode::Handle { Ok(source) } else { Err(WebError::NotFound) }
}

async fn page(
    state: &AppState,
    caller: &Caller,
    source: Source,
    columns: &BackfillColumns,
) -> Result<BackfillSourcePage, WebError> {
    let (people, now) = (People::load(&state.store).await?, state.store.now());
    let counts = state.store.backfill_counts(&caller.viewer).await?;
    let counts = counts.into_iter().find(|(id, _)| *id == source.id).map(|(_, counts)| counts);
    let mut lists = Vec::new();
    for kind in [BackfillState::Waiting, BackfillState::Rejected] {
        let lines = state.store.backfill_lines(&caller.viewer, source.id, kind, SHOWN).await?;
        lists.push(lines.iter().map(|line| answer_row(line, &state.names, now)).collect());
    }
    let (rejected, waiting) = (lists.pop().unwrap_or_default(), lists.pop().unwrap_or_default());
    let batches =
        state.store.backfill_batches(&caller.viewer, source.id).await?.into_iter().map(|batch| BatchRow {
            id: batch.id.to_string(),
            at: Moment::new(batch.made_at, now),
            by: people.actor(batch.made_by),
            answers: batch.answers,
        });
    let column = |place: usize| {
        let known = columns.columns.get(place);
        let chosen = known.map(|column| column.field);
        let field = |field: &BackfillField| Choice::new(field.code(), field.label(), chosen == Some(*field));
        ColumnRow {
            place,
            header: known.map(|column| column.header.clone()).unwrap_or_default(),
            fields: BackfillField::ALL.iter().map(field).collect(),
        }
    };
    Ok(BackfillSourcePage {
        frame: Frame::inside(state, caller, "答复回填", PATH),
        waiting,
        rejected,
        batches: batches.collect(),
        version: columns.version,
        columns: (0..COLUMNS).map(column).collect(),
        source: SourceRow {
            id: source.id.to_string(),
            name: source.name,
            counts: counts.unwrap_or_default(),
        },
    })
}

pub(super) fn answer_row(line: &BackfillLine, names: &Names, now: jiff::Timestamp) -> AnswerRow {
    AnswerRow {
        key: format!("{}-{}", line.reply.id, line.item),
        case: line.case.to_string(),
        number: line.case_number.clone(),
        external_id: line.external_id.clone(),
        title: title_text(&line.title),
        text: snippet(&line.reply.text, 80),
        department: names.department(line.reply.department.as_str()).to_owned(),
        state: line.state.label(),
        reason: line.reason.clone(),
        at: Moment::new(line.at, now),
    }
}

#[cfg(test)]
pub(super) fn sample_answer(t: &str) -> AnswerRow {
    AnswerRow {
        key: t.into(),
        case: t.into(),
        number: t.into(),
        external_id: t.into(),
        title: t.into(),
        text: t.into(),
        department: t.into(),
        state: "待回填",
        reason: Some(t.into()),
        at: crate::samples::moment(60),
    }
}

#[cfg(test)]
impl crate::samples::Sampled for BackfillPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile};
        let row = |t: &str| SourceRow { id: t.into(), name: t.into(), counts: BackfillCounts::default() };
        let page = |t: String| Self { frame: frame(&t), sources: vec![row(&t)] };
        let empty = |t: String| Self { frame: frame(&t), sources: vec![] };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}

#[cfg(test)]
impl crate::samples::Sampled for BackfillSourcePage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile, moment};
        let page = |t: String| Self {
            frame: frame(&t),
            source: SourceRow { id: t.clone(), name: t.clone(), counts: BackfillCounts::default() },
            waiting: vec![sample_answer(&t)],
            rejected: vec![sample_answer(&t)],
            batches: vec![BatchRow { id: t.clone(), at: moment(60), by: t.clone(), answers: 3 }],
            version: 1,
            columns: vec![ColumnRow { place: 0, header: t.clone(), fields: vec![choice(&t)] }],
        };
        hostile().into_iter().map(page).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(rows: &[(&str, &str)]) -> String {
        match read_columns(&Form::of(rows)) {
            Err(WebError::Bad(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn columns_need_a_number_and_an_answer_and_each_header_once() {
        let good =
            [("header-0", "诉求编号"), ("field-0", "number"), ("header-3", "答复"), ("field-3", "answer")];
        assert_eq!(read_columns(&Form::of(&good)).unwrap().len(), 2);
        assert!(refused(&good[..2]).contains("至少要有"));
        assert!(refused(&[("header-0", "诉求编号"), ("field-0", "")]).contains("没有选内容"));
        let twice = [("header-0", "甲"), ("field-0", "number"), ("header-1", "甲"), ("field-1", "answer")];
        assert!(refused(&twice).contains("写了两次"));
    }
}
