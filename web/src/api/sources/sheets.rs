//! A sheet of a source: looked at, its columns told, imported, its outcome taken back to the sender.

use std::time::Duration;

use axum::Json;
use axum::body::Body as Content;
use axum::extract::{Request, State};
use axum::response::Response;
use futures::StreamExt;
use qingting_ingest::sheet::Meaning;
use qingting_models::ids::{RunId, SourceId};
use qingting_models::records::Source;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Answer;
use crate::api::ask::{Ask, Body, Key, Keys, content_of, objects};
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::schema::{Filled, Id, Text};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::pages::import_act::{
    Kept, begin, came_of, keep_map, looked_at, map_text, outcome_of, sheet_source, uploads,
};
use crate::pages::import_preview::{COLUMNS, PreviewView, TableView};
use crate::plain;
use crate::routes::SHEET_LIMIT;

/// So long a request waits for an import; one that takes longer is asked about later.
const WAITS: Duration = Duration::from_secs(60);

/// 表格会怎样读；文字都是隐去个人信息后的
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SheetPreview {
    /// 上传的编号，导入时要带上；保存一天
    #[schema(value_type = Id)]
    file: String,
    name: String,
    /// 行数；数不出是 null
    rows: Option<u64>,
    tables: Vec<SheetTable>,
    /// 不读的工作表
    passed_over: Vec<SheetPassed>,
    /// 列拿不准，先确认列的含义再导入
    doubtful: bool,
    /// 没有认出标题或内容的列
    unread: bool,
    /// 至少有一张表能导入
    ready: bool,
    /// 列的含义用的是来源保存的对照
    mapped: bool,
}

/// 一张表
#[derive(Debug, Serialize, ToSchema)]
struct SheetTable {
    name: Option<String>,
    /// 表头在第几行
    header_row: u64,
    columns: Vec<SheetColumn>,
    /// 缺了什么
    lacks: Vec<&'static str>,
    /// 前几行
    rows: Vec<SheetRow>,
    /// 读不了的行
    bad: Vec<SheetBad>,
}

/// 一列
#[derive(Debug, Serialize, ToSchema)]
struct SheetColumn {
    header: String,
    /// 含义的代码；普通列是 null
    #[schema(value_type = Option<MeaningCode>)]
    meaning: Option<&'static str>,
    /// 把握，百分比
    sure: Option<u32>,
}

/// 一行会读成怎样
#[derive(Debug, Serialize, ToSchema)]
struct SheetRow {
    id: String,
    title: String,
    body: String,
    at: String,
    /// 普通列
    fields: Vec<SheetField>,
}

/// 普通列的内容
#[derive(Debug, Serialize, ToSchema)]
struct SheetField {
    name: String,
    value: String,
}

/// 读不了的行
#[derive(Debug, Serialize, ToSchema)]
struct SheetBad {
    place: String,
    why: String,
}

/// 不读的工作表
#[derive(Debug, Serialize, ToSchema)]
struct SheetPassed {
    name: String,
    why: &'static str,
}

/// The meaning of a column, for the document alone.
struct MeaningCode;

impl utoipa::PartialSchema for MeaningCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let says: Vec<String> =
            Meaning::ALL.iter().map(|(meaning, word)| format!("{word} {}", meaning.chinese())).collect();
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(format!("列的含义：{}", says.join("，"))))
            .enum_values(Some(Meaning::ALL.iter().map(|(_, word)| *word)))
            .into()
    }
}

impl ToSchema for MeaningCode {}

impl From<PreviewView> for SheetPreview {
    fn from(view: PreviewView) -> Self {
        let passed = view.passed_over.into_iter();
        Self {
            file: view.file,
            name: view.name,
            rows: view.rows,
            tables: view.tables.into_iter().map(SheetTable::from).collect(),
            passed_over: passed.map(|(name, why)| SheetPassed { name, why }).collect(),
            doubtful: view.doubtful,
            unread: view.unread,
            ready: view.ready,
            mapped: view.mapped,
        }
    }
}

impl From<TableView> for SheetTable {
    fn from(table: TableView) -> Self {
        let field = |(name, value)| SheetField { name, value };
        Self {
            name: table.name,
            header_row: table.header_row,
            columns: table
                .columns
                .into_iter()
                .map(|column| SheetColumn {
                    header: column.header,
                    meaning: Some(column.word).filter(|word| !word.is_empty()),
                    sure: column.sure,
                })
                .collect(),
            lacks: table.lacks,
            rows: table
                .rows
                .into_iter()
                .map(|row| SheetRow {
                    id: row.id,
                    title: row.title,
                    body: row.body,
                    at: row.at,
                    fields: row.fields.into_iter().map(field).collect(),
                })
                .collect(),
            bad: table.bad.into_iter().map(|(place, told)| SheetBad { place, why: told.text }).collect(),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct SheetAsked {
    /// 文件名，带后缀
    #[param(value_type = String, min_length = 1, max_length = 200, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    name: Filled<200>,
}

#[utoipa::path(post, path = "/sources/{id}/import", tag = "sources", summary = "上传表格，看会怎样读；还不导入", params(("id" = Id, Path), SheetAsked),
    request_body(content((String = "application/octet-stream")), description = "表格文件，至多 100 MB"),
    responses((status = 200, description = "会读成怎样", body = SheetPreview),
        (status = 400, description = "内容没有传完", body = ProblemDocument, content_type = "application/problem+json")))]
pub(in crate::api) async fn look(
    State(state): State<AppState>,
    Key(id): Key<SourceId>,
    Ask(asked): Ask<SheetAsked>,
    request: Request,
) -> Answer<SheetPreview> {
    let source = sheet_source(&state, &id.to_string()).await?;
    let now = state.store.now();
    let content = within(content_of(request)?);
    let kept =
        uploads(&state)?.keep(source.id, state.store.ids().next(now), &asked.name.0, content, now).await;
    let uploaded = kept.map_err(Problem::of_input)?;
    match looked_at(&source, &uploaded, None).await? {
        Ok(view) => Ok(Json(view.into())),
        Err(why) => Err(Problem::unfit(why)),
    }
}

/// The pieces of a body that is no longer than a sheet may be.
fn within(body: Content) -> impl futures::Stream<Item = Result<axum::body::Bytes, WebError>> {
    let mut size = 0;
    body.into_data_stream().map(move |piece| {
        let piece = piece.map_err(|_| WebError::bad("文件没有传完，请重新上传"))?;
        size += piece.len();
        if size > SHEET_LIMIT { Err(WebError::TooLarge) } else { Ok(piece) }
    })
}

/// 一列的含义
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MeaningAsked {
    /// 表头，照表格里的写
    #[schema(value_type = String, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    header: Text<300>,
    /// 没有列出的就是普通列
    #[schema(value_type = MeaningCode)]
    meaning: String,
}

/// 列的含义，以后导入都照此读；一列也不写就恢复自动识别
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct MeaningsAsked {
    /// 上传的编号
    #[schema(value_type = Id)]
    file: RunId,
    #[serde(deserialize_with = "objects::<COLUMNS, _, _>")]
    #[schema(max_items = 200)]
    columns: Vec<MeaningAsked>,
}

#[utoipa::path(post, path = "/sources/{id}/import/map", tag = "sources", summary = "保存列的含义，再看一次", params(("id" = Id, Path)),
    request_body = MeaningsAsked, responses((status = 200, description = "会读成怎样", body = SheetPreview)))]
pub(in crate::api) async fn map(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SourceId>,
    Body(asked): Body<MeaningsAsked>,
) -> Answer<SheetPreview> {
    let source = sheet_source(&state, &id.to_string()).await?;
    let uploaded = uploads(&state)?.find(source.id, &asked.file.to_string())?;
    if let Some(strange) = asked.columns.iter().find(|column| Meaning::of_word(&column.meaning).is_none()) {
        let known: Vec<&str> = Meaning::ALL.iter().map(|(_, word)| *word).collect();
        let word: String = strange.meaning.chars().take(40).collect();
        let detail = format!("字段“columns”：没有含义“{word}”；可用：{}", known.join("、"));
        return Err(Problem::unfit(detail));
    }
    let meanings: Vec<(String, String)> =
        asked.columns.into_iter().map(|column| (column.header.0, column.meaning)).collect();
    let text = (!meanings.is_empty()).then(|| map_text(&meanings));
    let source = match keep_map(&state, &caller, source, text).await? {
        Kept::Saved(source) => source,
        Kept::Refused(_, why) => return Err(Problem::unfit(format!("字段“columns”：{why}"))),
    };
    match looked_at(&source, &uploaded, None).await? {
        Ok(view) => Ok(Json(view.into())),
        Err(why) => Err(Problem::unfit(why)),
    }
}

/// 要导入的文件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct RunAsked {
    /// 上传的编号
    #[schema(value_type = Id)]
    file: RunId,
}

/// 导入的情况
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ImportNow {
    name: String,
    /// 还没有导完；数目是到现在的
    running: bool,
    /// 读到的行数
    read: i64,
    new: i64,
    updated: i64,
    unchanged: i64,
    quarantined: i64,
    /// 为什么没有读完
    problem: Option<String>,
}

fn now(state: &AppState, source: SourceId, file: &str) -> Result<ImportNow, WebError> {
    let uploaded = uploads(state)?.find(source, file)?;
    let (imported, running) = came_of(state, &uploaded)?;
    let counts = imported.counts;
    Ok(ImportNow {
        name: imported.name,
        running,
        read: counts.read,
        new: counts.new,
        updated: counts.updated,
        unchanged: counts.unchanged,
        quarantined: counts.quarantined,
        problem: imported.problem.map(|problem| plain::told(&problem).text),
    })
}

#[utoipa::path(post, path = "/sources/{id}/import/run", tag = "sources", summary = "导入上传的表格；同一个编号只导一次", params(("id" = Id, Path)),
    request_body = RunAsked, responses((status = 200, description = "导完了；要很久的，一分钟后先回答到哪里了", body = ImportNow)))]
pub(in crate::api) async fn run(
    State(state): State<AppState>,
    Key(id): Key<SourceId>,
    Body(asked): Body<RunAsked>,
) -> Answer<ImportNow> {
    let source = sheet_source(&state, &id.to_string()).await?;
    let file = asked.file.to_string();
    let uploaded = uploads(&state)?.find(source.id, &file)?;
    if uploaded.imported().is_none()
        && let Some(importing) = begin(&state, &source, &uploaded)?
        && let Ok(ended) = tokio::time::timeout(WAITS, importing).await
    {
        ended.map_err(Problem::internal)??;
    }
    Ok(Json(now(&state, source.id, &file)?))
}

#[utoipa::path(get, path = "/sources/{id}/import/{file}/result", tag = "sources", summary = "导入到哪里了，或者结果；保存一天",
    params(("id" = Id, Path), ("file" = Id, Path)), responses((status = 200, description = "情况", body = ImportNow)))]
pub(in crate::api) async fn result(
    State(state): State<AppState>,
    Keys(id, file): Keys<SourceId, RunId>,
) -> Answer<ImportNow> {
    let source = imported(&state, id).await?;
    Ok(Json(now(&state, source.id, &file.to_string())?))
}

/// The source of an import. One that takes no sheets has none.
async fn imported(state: &AppState, id: SourceId) -> Result<Source, WebError> {
    sheet_source(state, &id.to_string()).await.map_err(|error| match error {
        WebError::Bad(_) => WebError::NotFound,
        other => other,
    })
}

#[utoipa::path(get, path = "/sources/{id}/import/{file}/outcome", tag = "sources", summary = "逐行的结果表，可以送给对方；里面没有个人信息",
    params(("id" = Id, Path), ("file" = Id, Path)), responses((status = 200, description = "表格", content(
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
pub(in crate::api) async fn outcome(
    State(state): State<AppState>,
    Keys(id, file): Keys<SourceId, RunId>,
) -> Result<Response, Problem> {
    imported(&state, id).await?;
    Ok(outcome_of(&state, &id.to_string(), &file.to_string()).await?)
}
