//! One quarantined row: what is wrong with it, its masked content, and what can be done about it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_ingest::replay::{ReplayError, replay};
use qingting_models::ids::QuarantineId;
use qingting_models::records::{QuarantinedRow, RejectForm, Role, Source};
use qingting_models::store::Fate;
use serde_json::Value;

use super::quarantine::{PATH, closed_text};
use super::quarantine_content::{self as content, MendField};
use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::plain::{self, Told};

/// Fewest characters of a reason to look behind the mask.
const MIN_REASON: usize = 4;

/// The page.
#[derive(Debug, Template)]
#[template(path = "quarantine_row.html")]
pub struct QuarantineRowPage {
    pub frame: Frame,
    pub id: String,
    pub source: String,
    /// The source was removed: nothing is read into it any more.
    pub removed: bool,
    pub place: String,
    pub kind: &'static str,
    pub form: &'static str,
    pub reason: Told,
    pub at: Moment,
    /// How it was dealt with; nothing can be done then.
    pub closed: Option<String>,
    /// Field and masked text.
    pub content: Vec<(String, String)>,
    /// May look behind the mask and mend.
    pub may_mend: bool,
    /// The fields to mend, after a look behind the mask or a mending that did not suffice.
    pub fields: Option<Vec<MendField>>,
    /// Whether the fields show what was sealed, rather than what was typed.
    pub opened: bool,
    /// Something else was stored of the record since: replaying writes over it when that is ticked.
    pub outdated: bool,
}

pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    query: crate::query::Query,
) -> Answer {
    let row = row_of(&state, &id).await?;
    let mut page = build(&state, &caller, &row).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

async fn row_of(state: &AppState, id: &str) -> Result<QuarantinedRow, WebError> {
    let id: QuarantineId = read_id(id)?;
    state.store.quarantined(id).await?.ok_or(WebError::NotFound)
}

async fn build(
    state: &AppState,
    caller: &Caller,
    row: &QuarantinedRow,
) -> Result<QuarantineRowPage, WebError> {
    let source = state.store.source(row.source).await?;
    let original = state.store.quarantined_original(row.id).await?;
    Ok(QuarantineRowPage {
        frame: Frame::inside(state, caller, "隔离区", PATH),
        id: row.id.to_string(),
        removed: source.as_ref().is_none_or(|source| source.removed_at.is_some()),
        source: source.map(|source| source.name).unwrap_or_default(),
        place: plain::place(&row.place),
        kind: row.kind.label(),
        form: row.form.label(),
        reason: plain::told(&row.reason),
        at: Moment::new(row.at, state.store.now()),
        closed: row.closed.as_ref().map(closed_text),
        content: content::masked(row.form, &original),
        may_mend: caller.has(Role::Duty),
        fields: None,
        opened: false,
        outdated: false,
    })
}

/// Shows the original in fields to mend; the look is logged first.
pub async fn open(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let row = row_of(&state, &id).await?;
    let reason = form.need("reason", "理由", 200)?;
    if reason.chars().count() < MIN_REASON {
        let mut page = build(&state, &caller, &row).await?;
        let short = format!("查看理由至少 {MIN_REASON} 个字，请写明用途；没有打开原文。");
        page.frame = page.frame.with(Some(Notice::bad(short)));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response());
    }
    let original = state.store.open_quarantined(row.id, reason, caller.actor()).await?;
    let mut page = build(&state, &caller, &row).await?;
    page.fields = Some(content::fields(row.form, &original));
    page.opened = true;
    html(&page)
}

/// Reads the row again as it is.
pub async fn read_again(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let row = row_of(&state, &id).await?;
    match take(&state, &caller, &row, None, &form).await? {
        Ok(done) => Ok(back("", &format!("{PATH}/{id}"), done)),
        Err(kept) => kept_back(build(&state, &caller, &row).await?, kept),
    }
}

/// Reads the row again as it was mended.
pub async fn mend(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let row = row_of(&state, &id).await?;
    let original = state.store.quarantined_original(row.id).await?;
    let mended = content::mended(row.form, &original, &form);
    match take(&state, &caller, &row, Some(mended.clone()), &form).await? {
        Ok(done) => Ok(back("", &format!("{PATH}/{id}"), done)),
        Err(kept) => {
            let mut page = build(&state, &caller, &row).await?;
            page.fields = Some(content::fields(row.form, &typed(row.form, &original, mended)));
            kept_back(page, kept)
        }
    }
}

/// What was typed in the form of the original, so that the same fields are shown.
fn typed(form: RejectForm, original: &Value, mended: Value) -> Value {
    match (form, original) {
        (RejectForm::Line | RejectForm::Markup, Value::String(_)) => original.clone(),
        _ => mended,
    }
}

/// Why a row stays in quarantine.
enum Kept {
    StillBad(Told),
    MayBeOutdated,
}

/// The page with why the row stays: what is wrong with it now, instead of before, or that it may be the older.
fn kept_back(mut page: QuarantineRowPage, kept: Kept) -> Answer {
    let notice = match kept {
        Kept::StillBad(told) => {
            let notice = format!("还是读不了：{}", told.text);
            page.reason = told;
            notice
        }
        Kept::MayBeOutdated => {
            page.outdated = true;
            "这条信息后来又送来过，已收下的可能更新，没有用这一行覆盖。要覆盖，请勾选“仍用这一行覆盖”再重放；不要的，请忽略。".into()
        }
    };
    page.frame = page.frame.with(Some(Notice::bad(notice)));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

/// Dismisses the row for a reason.
pub async fn dismiss(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let row = row_of(&state, &id).await?;
    dismiss_row(&state, &caller, &row, &form).await?;
    Ok(back("", &format!("{PATH}/{id}"), "row-dismissed"))
}

/// Dismisses a row for the reason of the form.
///
/// # Errors
/// When there is none, or somebody dealt with the row before.
pub(crate) async fn dismiss_row(
    state: &AppState,
    caller: &Caller,
    row: &QuarantinedRow,
    form: &Form,
) -> Result<(), WebError> {
    let reason = form.need("reason", "理由", 200)?;
    if !state.store.close_quarantined(row.id, false, reason, caller.actor()).await? {
        return Err(closed_before());
    }
    Ok(())
}

/// Reads a row again as it is; gives the code of what became of it.
///
/// # Errors
/// When it is still bad, may be outdated, or somebody dealt with it before.
pub(crate) async fn replayed(
    state: &AppState,
    caller: &Caller,
    row: &QuarantinedRow,
    form: &Form,
) -> Result<&'static str, WebError> {
    match take(state, caller, row, None, form).await? {
        Ok(done) => Ok(done),
        Err(Kept::StillBad(told)) => Err(WebError::bad(format!("还是读不了：{}", told.text))),
        Err(Kept::MayBeOutdated) => {
            Err(WebError::bad("这条信息后来又送来过，已收下的可能更新，没有用这一行覆盖"))
        }
    }
}

fn closed_before() -> WebError {
    WebError::bad("这一行已经由他人处理，请刷新页面看结果")
}

/// Takes the row in: the code of what became of it, or why it is still bad.
async fn take(
    state: &AppState,
    caller: &Caller,
    row: &QuarantinedRow,
    mended: Option<Value>,
    form: &Form,
) -> Result<Result<&'static str, Kept>, WebError> {
    let source: Source = state.store.source(row.source).await?.ok_or(WebError::NotFound)?;
    if source.removed_at.is_some() {
        return Err(WebError::bad("这个来源已经移除，不再接收内容；可以忽略这一行"));
    }
    match replay(&state.store, &source, row.id, mended, form.text("over") == "on", caller.actor()).await {
        Ok(taken) => Ok(Ok(match taken.fate {
            Fate::New => "row-new",
            Fate::Updated => "row-updated",
            Fate::Unchanged => "row-unchanged",
        })),
        Err(ReplayError::StillBad(fault)) => {
            let told = plain::told(&fault.reason);
            Ok(Err(Kept::StillBad(match fault.column {
                Some(column) => Told { text: format!("“{column}”：{}", told.text), ..told },
                None => told,
            })))
        }
        Err(wrong @ ReplayError::Map(_)) => Ok(Err(Kept::StillBad(plain::told(&wrong.to_string())))),
        Err(ReplayError::MayBeOutdated) => Ok(Err(Kept::MayBeOutdated)),
        Err(ReplayError::NotFound | ReplayError::OtherSource(_)) => Err(WebError::NotFound),
        Err(ReplayError::Closed(_)) => Err(closed_before()),
        Err(ReplayError::Store(error)) => Err(error.into()),
    }
}

#[cfg(test)]
impl crate::samples::Sampled for QuarantineRowPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let field = |t: &str, index, free_name, area| MendField {
            index,
            name: t.into(),
            value: t.into(),
            free_name,
            area,
        };
        let page = |t: String| Self {
            frame: frame(&t),
            id: t.clone(),
            source: t.clone(),
            removed: false,
            place: t.clone(),
            kind: "时间读不懂",
            form: "表格行",
            reason: Told::sample(&t),
            at: moment(60),
            closed: None,
            content: vec![(t.clone(), t.clone())],
            may_mend: true,
            fields: Some(vec![field(&t, 0, false, false), field(&t, 1, true, true)]),
            opened: true,
            outdated: true,
        };
        let both = |t: String| {
            let waiting = page(t.clone());
            let closed = Self { closed: Some(t.clone()), fields: None, ..page(t.clone()) };
            let unopened = Self { fields: None, opened: false, ..page(t) };
            [waiting, closed, unopened]
        };
        hostile().into_iter().flat_map(both).collect()
    }
}
