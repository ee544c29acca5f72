//! Kept reports: the list, one with its figures, its files, and how it is made, written and approved.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use qingting_models::county::{BRIEF_CHAPTERS, DepartmentCode, REPORT_CHAPTERS, TopicCode, Town};
use qingting_models::ids::{IncidentId, ReportId};
use qingting_models::records::{KeptReport, ReportContent, ReportDeed, ReportKind, ReportLine, ReportState};
use qingting_respond::acting::ActingUser;
use qingting_respond::report::{Judgements, LONGEST, ReportFormat, Source};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::acting::DayAsked;
use super::ask::{self, Ask, Body, Key, Object, known};
use super::items::decide::Seen;
use super::problem::Problem;
use super::schema::{
    AnyDepartment, AnyTopic, AnyTown, At, ChapterCode, Day, DepartmentWord, FormatCode, Id, ReportDeedCode,
    ReportKindCode, ReportStateCode, Text, TopicWord, TownWord, Whole,
};
use super::{Answer, DONE, Done, Listed};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::pages::reports;

/// 报告
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportOverview {
    #[schema(value_type = Id)]
    id: ReportId,
    #[schema(value_type = ReportKindCode)]
    kind: ReportKind,
    #[schema(value_type = Day)]
    from: Date,
    #[schema(value_type = Day)]
    to: Date,
    /// 名称，如 2026年第48周
    name: String,
    #[schema(value_type = ReportStateCode)]
    state: ReportState,
    /// 签发后的期号
    number: Option<String>,
    /// 专报的事件
    #[schema(value_type = Option<Id>)]
    incident: Option<IncidentId>,
    /// 数字截至的时间
    cutoff: At,
    #[schema(value_type = Option<AnyTown>)]
    town: Option<Town>,
    #[schema(value_type = Option<AnyTopic>)]
    topic: Option<TopicCode>,
    #[schema(value_type = Option<AnyDepartment>)]
    department: Option<DepartmentCode>,
}

impl From<ReportLine> for ReportOverview {
    fn from(line: ReportLine) -> Self {
        Self {
            id: line.id,
            kind: line.span.kind,
            from: line.span.from,
            to: line.span.to,
            name: line.span.name(),
            state: line.state,
            number: line.number,
            incident: line.incident,
            cutoff: At(line.cutoff),
            town: line.scope.town,
            topic: line.scope.topic,
            department: line.scope.department,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportsAsked {
    #[param(value_type = Option<ReportKindCode>)]
    kind: Option<ReportKind>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/reports", tag = "reports", summary = "报告列表，新的在前", params(ReportsAsked),
    responses((status = 200, description = "一页", body = Listed<ReportOverview>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    Ask(asked): Ask<ReportsAsked>,
) -> Answer<Listed<ReportOverview>> {
    let page = ask::page("reports", asked.cursor.as_deref(), asked.limit)?;
    let found = state.store.kept_reports(asked.kind, false, page).await?;
    Ok(Json(Listed::of("reports", found, ReportOverview::from)))
}

/// 报告全貌
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportWhole {
    #[serde(flatten)]
    line: ReportOverview,
    /// 每次变动加一；操作时要带上
    version: i64,
    /// 所有数字，与下载的 json 文件相同
    #[schema(value_type = Object)]
    figures: serde_json::Value,
    /// 各章的研判文字
    judgements: Vec<ChapterText>,
}

/// 一章的文字
#[derive(Debug, Serialize, ToSchema)]
struct ChapterText {
    #[schema(value_type = ChapterCode)]
    chapter: String,
    text: String,
}

async fn kept(state: &AppState, id: ReportId) -> Result<KeptReport, WebError> {
    state.store.kept_report(id).await?.ok_or(WebError::NotFound)
}

#[utoipa::path(get, path = "/reports/{id}", tag = "reports", summary = "一份报告和它的数字", params(("id" = Id, Path)),
    responses((status = 200, description = "报告", body = ReportWhole)))]
pub(super) async fn one(State(state): State<AppState>, Key(id): Key<ReportId>) -> Answer<ReportWhole> {
    let kept = state.desk.shown(kept(&state, id).await?).await?;
    let (version, span) = (kept.version, kept.content.span());
    let scope = kept.content.figures().map(|figures| figures.scope.clone()).unwrap_or_default();
    let incident = match &kept.content {
        ReportContent::Brief(brief) => Some(brief.incident.id),
        ReportContent::Figures(_) => None,
    };
    let line = ReportOverview {
        id,
        kind: span.kind,
        from: span.from,
        to: span.to,
        name: span.name(),
        state: kept.state,
        number: kept.number.clone(),
        incident,
        cutoff: At(kept.content.cutoff()),
        town: scope.town,
        topic: scope.topic,
        department: scope.department,
    };
    let text =
        |(chapter, text): (&String, &String)| ChapterText { chapter: chapter.clone(), text: text.clone() };
    let judgements = kept.judgements.iter().map(text).collect();
    let source = Source::Kept(Box::new(kept));
    let figures = state.desk.report_json(&source).map_err(Problem::internal)?;
    Ok(Json(ReportWhole { line, version, figures, judgements }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FileAsked {
    #[param(value_type = FormatCode)]
    format: String,
}

#[utoipa::path(get, path = "/reports/{id}/file", tag = "reports", summary = "报告的文件", params(("id" = Id, Path), FileAsked),
    responses((status = 200, description = "文件", content(
        (String = "text/html"), (String = "application/pdf"), (String = "application/zip"), (Object = "application/json"),
        (String = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
pub(super) async fn file(
    State(state): State<AppState>,
    Key(id): Key<ReportId>,
    Ask(asked): Ask<FileAsked>,
) -> Result<Response, Problem> {
    let format = asked.format.parse::<ReportFormat>().map_err(|_| {
        let known: Vec<&str> = ReportFormat::ALL.iter().map(|format| format.code()).collect();
        Problem::unfit(format!("参数“format”可用：{}", known.join("、")))
    })?;
    Ok(reports::file_of(&state, kept(&state, id).await?, format).await?)
}

/// 要生成的报告
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MakeAsked {
    #[schema(value_type = ReportKindCode)]
    kind: ReportKind,
    /// 日报是哪一天，周报、月报是其中的任一天，专期报告是第一天
    #[schema(value_type = Day)]
    from: DayAsked,
    /// 专期报告的最后一天
    #[schema(value_type = Option<Day>)]
    to: Option<DayAsked>,
    #[schema(value_type = Option<TownWord>)]
    town: Option<String>,
    #[schema(value_type = Option<TopicWord>)]
    topic: Option<String>,
    #[schema(value_type = Option<DepartmentWord>)]
    department: Option<String>,
}

/// 生成的报告
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportMade {
    #[schema(value_type = Id)]
    pub(super) id: ReportId,
}

#[utoipa::path(post, path = "/reports", tag = "reports", summary = "生成草稿", request_body = MakeAsked,
    responses((status = 200, description = "草稿", body = ReportMade)))]
pub(super) async fn make(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<MakeAsked>,
) -> Answer<ReportMade> {
    known(&state, asked.topic.as_deref(), None, asked.department.as_deref())?;
    known(&state, None, asked.town.as_deref(), None)?;
    let form = ask::form(vec![
        ("kind", asked.kind.code().into()),
        ("from", asked.from.0.to_string()),
        ("to", asked.to.map(|to| to.0.to_string()).unwrap_or_default()),
        ("town", asked.town.unwrap_or_default()),
        ("topic", asked.topic.unwrap_or_default()),
        ("department", asked.department.unwrap_or_default()),
    ]);
    let id = reports::make_one(&state, &caller, &form).await?;
    Ok(Json(ReportMade { id }))
}

/// 一章的文字
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChapterAsked {
    #[schema(value_type = ChapterCode)]
    chapter: String,
    #[schema(value_type = String, max_length = 4000, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    text: Text<{ LONGEST }>,
}

/// 各章的研判文字；没有写到的章就空着
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WriteAsked {
    version: Whole,
    #[serde(deserialize_with = "chapters")]
    #[schema(max_items = 50)]
    judgements: Vec<ChapterAsked>,
}

fn chapters<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<ChapterAsked>, D::Error> {
    use serde::de::Error;
    let found: Vec<Object<ChapterAsked>> = Vec::deserialize(deserializer)?;
    if found.len() > 50 {
        return Err(D::Error::custom("最多 50 章"));
    }
    let all: Vec<ChapterAsked> = found.into_iter().map(|Object(chapter)| chapter).collect();
    let known: Vec<&str> = REPORT_CHAPTERS.into_iter().chain(BRIEF_CHAPTERS).collect();
    match all.iter().find(|asked| !known.contains(&asked.chapter.as_str())) {
        Some(_) => Err(D::Error::custom(format!("没有这一章；可用：{}", known.join("、")))),
        None => Ok(all),
    }
}

#[utoipa::path(put, path = "/reports/{id}/judgements", tag = "reports", summary = "写研判文字", params(("id" = Id, Path)),
    request_body = WriteAsked, responses((status = 204, description = "已保存")))]
pub(super) async fn write(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ReportId>,
    Body(asked): Body<WriteAsked>,
) -> Done {
    let typed = asked.judgements.into_iter().map(|asked| (asked.chapter, asked.text.0.trim().to_owned()));
    let typed: Judgements = typed.filter(|(_, text)| !text.is_empty()).collect();
    let written = state.desk.write_report(id, asked.version.into(), typed, caller.actor()).await;
    written.map_err(reports::in_words)?;
    Ok(DONE)
}

#[utoipa::path(post, path = "/reports/{id}/recount", tag = "reports", summary = "按现在的数据重新统计", params(("id" = Id, Path)),
    request_body = Seen, responses((status = 204, description = "已重新统计")))]
pub(super) async fn recount(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ReportId>,
    Body(seen): Body<Seen>,
) -> Done {
    let counted = state.desk.recount_report(id, seen.version.into(), caller.actor()).await;
    counted.map_err(reports::in_words)?;
    Ok(DONE)
}

/// 提交、退回或签发
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MoveReportAsked {
    version: Whole,
    #[schema(value_type = ReportDeedCode)]
    deed: ReportDeed,
    /// 退回的意见
    #[schema(value_type = Option<String>, max_length = 500, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    note: Option<Text<500>>,
}

#[utoipa::path(post, path = "/reports/{id}/move", tag = "reports", summary = "提交审核、退回修改、签发", params(("id" = Id, Path)),
    request_body = MoveReportAsked, responses((status = 204, description = "已办")))]
pub(super) async fn move_on(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ReportId>,
    Body(asked): Body<MoveReportAsked>,
) -> Done {
    let note = asked.note.unwrap_or_default().0;
    let who = ActingUser::of(caller.user());
    let moved = state.desk.move_report(id, asked.version.into(), asked.deed, note.trim(), &who).await;
    moved.map_err(reports::in_words)?;
    Ok(DONE)
}
