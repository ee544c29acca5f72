//! What is done with reports: made, written on, counted again, submitted, sent back, approved.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::civil::Date;
use qingting_models::county::{BRIEF_CHAPTERS, DepartmentCode, REPORT_CHAPTERS, TopicCode, Town};
use qingting_models::ids::ReportId;
use qingting_models::records::{BadSpan, ReportDeed, ReportKind, ReportScope, ReportSpan};
use qingting_respond::acting::ActingUser;
use qingting_respond::report::{Judgements, ReportError};

use super::{PATH, in_words, kept, one};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::Notice;
use crate::pages::{Answer, back, html, read_id};

/// Makes a draft of the days and scope that the form names.
pub async fn make(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let id = make_one(&state, &caller, &form).await?;
    Ok(back("", &format!("{PATH}/{id}"), "report-made"))
}

/// Makes the report that the form asks for.
///
/// # Errors
/// When its days or its scope are none, or there is one already.
pub(crate) async fn make_one(state: &AppState, caller: &Caller, form: &Form) -> Result<ReportId, WebError> {
    let span = span(form)?;
    let scope = scope(state, form)?;
    state.desk.make_report(span, scope, caller.actor()).await.map_err(in_words)
}

fn span(form: &Form) -> Result<ReportSpan, WebError> {
    let kind: ReportKind = form.must("kind", "种类")?;
    let from: Date = form.must("from", "第一天")?;
    let to: Option<Date> = form.parsed("to", "最后一天")?;
    let bad = |error: BadSpan| WebError::bad(error.to_string());
    match kind {
        ReportKind::Daily => ReportSpan::day(from),
        ReportKind::Weekly => ReportSpan::week_of(from),
        ReportKind::Monthly => ReportSpan::month_of(from),
        ReportKind::Brief => return Err(WebError::bad("专报在事件的页面上生成")),
        ReportKind::Period => {
            let to = to.ok_or_else(|| WebError::bad("专期报告要写最后一天"))?;
            ReportSpan::days_between(from, to)
        }
    }
    .map_err(bad)
}

fn scope(state: &AppState, form: &Form) -> Result<ReportScope, WebError> {
    let known = |name: &str, label: &str, is: &dyn Fn(&str) -> bool| match form.text(name) {
        "" => Ok(None),
        text if is(text) => Ok(Some(text.to_owned())),
        text => Err(WebError::bad(format!("没有名为“{text}”的{label}，请从列出的选择"))),
    };
    let names = &state.names;
    Ok(ReportScope {
        town: known("town", "乡镇街道", &|text| names.has_town(text))?.map(Town::from),
        topic: known("topic", "话题", &|text| names.has_topic(text))?.map(TopicCode::from),
        department: known("department", "单位", &|text| names.has_department(text))?
            .map(DepartmentCode::from),
    })
}

/// Keeps what the editors wrote. What was typed is shown again when it cannot be kept.
pub async fn write(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: ReportId = read_id(&id)?;
    let seen = form.must("version", "版本")?;
    let written = state.desk.write_report(id, seen, typed(&form), caller.actor()).await;
    answer(&state, &caller, id, &form, written, "report-written").await
}

fn typed(form: &Form) -> Judgements {
    REPORT_CHAPTERS
        .iter()
        .chain(&BRIEF_CHAPTERS)
        .map(|code| ((*code).to_owned(), form.text(code).to_owned()))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// Keeps what is new in the chapters: the form in which they are written sends them along whatever its button does. Gives the
/// version to go on with.
async fn keep_first(
    state: &AppState,
    caller: &Caller,
    id: ReportId,
    seen: i64,
    form: &Form,
) -> Result<i64, ReportError> {
    let kept = state.store.kept_report(id).await?.ok_or(ReportError::NotFound)?;
    let typed = typed(form);
    if form.text("typed").is_empty() || typed == kept.judgements {
        return Ok(seen);
    }
    state.desk.write_report(id, seen, typed, caller.actor()).await?;
    Ok(seen + 1)
}

/// Leads to the report, or shows it as it is now with why nothing was done; what was typed is in the fields again.
async fn answer(
    state: &AppState,
    caller: &Caller,
    id: ReportId,
    form: &Form,
    done: Result<(), ReportError>,
    code: &'static str,
) -> Answer {
    let error = match done {
        Ok(()) => return Ok(back("", &format!("{PATH}/{id}"), code)),
        Err(ReportError::NotFound) => return Err(WebError::NotFound),
        Err(ReportError::Store(cause)) => return Err(cause.into()),
        Err(error) => error,
    };
    let report = kept(state, &id.to_string()).await?;
    let mut page = one::page(state, caller, report, None).await?;
    let (typed, mut says) = (typed(form), error.to_string());
    if !typed.is_empty() {
        // What somebody else wrote meanwhile is read in the report.
        page.put(&typed);
        says.push_str("；您写的文字还在下面的框里");
    }
    page.frame = page.frame.with(Some(Notice::bad(says)));
    let status = match error {
        ReportError::Changed { .. } => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok((status, html(&page)?).into_response())
}

pub async fn recount(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: ReportId = read_id(&id)?;
    let done = match keep_first(&state, &caller, id, form.must("version", "版本")?, &form).await {
        Ok(seen) => state.desk.recount_report(id, seen, caller.actor()).await,
        Err(error) => Err(error),
    };
    answer(&state, &caller, id, &form, done, "report-recounted").await
}

/// Submits, sends back or approves, as the form's `deed` says.
pub async fn move_on(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: ReportId = read_id(&id)?;
    let deed: ReportDeed = form.must("deed", "操作")?;
    let user = ActingUser::of(caller.user());
    let done = match keep_first(&state, &caller, id, form.must("version", "版本")?, &form).await {
        Ok(seen) => state.desk.move_report(id, seen, deed, form.text("note"), &user).await,
        Err(error) => Err(error),
    };
    let code = match deed {
        ReportDeed::Approved => "report-approved",
        ReportDeed::SentBack => "report-sent-back",
        _ => "report-submitted",
    };
    answer(&state, &caller, id, &form, done, code).await
}
