//! Answers on their way back to the senders: how many wait, the batches, and what the senders said. The sheet of a batch
//! holds the answers as they were written, so that only a person takes it.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use qingting_models::ids::{BackfillBatchId, BadId, CaseId, ItemId, ReplyId, SourceId};
use qingting_models::records::{
    AnswerKey, BackfillBatch, BackfillColumn, BackfillCounts, BackfillField, BackfillLine, BackfillState,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ask::{Body, Key, objects};
use super::problem::Problem;
use super::schema::{AnyDepartment, At, BackfillFieldCode, BackfillStateCode, Filled, Id, Whole};
use super::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::pages::backfill::{COLUMNS, HEADER, SHOWN, check_columns, keep_columns, source_of};
use crate::pages::backfill_batch::receipts;
use crate::people::People;

/// 一个来源的答复各在哪一步
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BackfillOverview {
    #[schema(value_type = Id)]
    source: SourceId,
    name: String,
    /// 待回填
    waiting: i64,
    /// 已送出，等对方回执
    sent: i64,
    accepted: i64,
    rejected: i64,
}

fn overview(source: SourceId, name: String, counts: BackfillCounts) -> BackfillOverview {
    let BackfillCounts { waiting, sent, accepted, rejected } = counts;
    BackfillOverview { source, name, waiting, sent, accepted, rejected }
}

#[utoipa::path(get, path = "/backfill", tag = "backfill", summary = "有答复要送回去的来源",
    responses((status = 200, description = "来源", body = Vec<BackfillOverview>)))]
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Answer<Vec<BackfillOverview>> {
    let mut rows = Vec::new();
    for (id, counts) in state.store.backfill_counts(&caller.viewer).await? {
        if let Some(source) = state.store.source(id).await? {
            rows.push(overview(id, source.name, counts));
        }
    }
    Ok(Json(rows))
}

/// 要送回去的一份答复
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BackfillAnswer {
    /// 答复和信息的编号
    id: String,
    #[schema(value_type = Id)]
    reply: ReplyId,
    #[schema(value_type = Id)]
    item: ItemId,
    #[schema(value_type = Id)]
    case: CaseId,
    case_number: String,
    /// 对方的编号
    external_id: String,
    title: String,
    /// 隐去个人信息后的答复
    text: String,
    #[schema(value_type = AnyDepartment)]
    department: String,
    #[schema(value_type = BackfillStateCode)]
    state: BackfillState,
    #[schema(value_type = Option<Id>)]
    batch: Option<BackfillBatchId>,
    /// 对方退回的原因，隐去个人信息
    reason: Option<String>,
    at: At,
    /// 送出过几次
    sent: i64,
}

impl From<BackfillLine> for BackfillAnswer {
    fn from(line: BackfillLine) -> Self {
        Self {
            id: format!("{}-{}", line.reply.id, line.item),
            reply: line.reply.id,
            item: line.item,
            case: line.case,
            case_number: line.case_number,
            external_id: line.external_id,
            title: line.title,
            text: line.reply.text,
            department: line.reply.department.as_str().to_owned(),
            state: line.state,
            batch: line.batch,
            reason: line.reason,
            at: At(line.at),
            sent: line.sent,
        }
    }
}

/// 一批送出的答复
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BackfillBatchLine {
    #[schema(value_type = Id)]
    id: BackfillBatchId,
    #[schema(value_type = Id)]
    source: SourceId,
    made_at: At,
    made_by: String,
    /// 您看得到的有多少份
    answers: i64,
}

fn batch_line(batch: BackfillBatch, people: &People) -> BackfillBatchLine {
    BackfillBatchLine {
        id: batch.id,
        source: batch.source,
        made_at: At(batch.made_at),
        made_by: people.actor(batch.made_by),
        answers: batch.answers,
    }
}

/// 回填表格的一列
#[derive(Debug, Serialize, ToSchema)]
struct BackfillColumnLine {
    /// 表头
    header: String,
    #[schema(value_type = BackfillFieldCode)]
    field: BackfillField,
}

/// 一个来源的回填
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BackfillWhole {
    #[serde(flatten)]
    overview: BackfillOverview,
    /// 待回填的，先答复的在前，至多 100 份
    waiting_answers: Vec<BackfillAnswer>,
    /// 对方退回的，至多 100 份
    rejected_answers: Vec<BackfillAnswer>,
    /// 新的在前，至多 100 批
    batches: Vec<BackfillBatchLine>,
    columns: Vec<BackfillColumnLine>,
    /// 列的版本；改列时要带上，没有改过是 0
    columns_version: i64,
}

#[utoipa::path(get, path = "/backfill/{id}", tag = "backfill", summary = "一个来源的回填；id 是来源的编号", params(("id" = Id, Path)),
    responses((status = 200, description = "回填", body = BackfillWhole)))]
pub(super) async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SourceId>,
) -> Answer<BackfillWhole> {
    let (source, eyes) = (source_of(&state, &id.to_string()).await?, &caller.viewer);
    let people = People::load(&state.store).await?;
    let counts = state.store.backfill_counts(eyes).await?;
    let counts = counts.into_iter().find(|(of, _)| *of == id).map(|(_, counts)| counts);
    let waiting = state.store.backfill_lines(eyes, id, BackfillState::Waiting, SHOWN).await?;
    let rejected = state.store.backfill_lines(eyes, id, BackfillState::Rejected, SHOWN).await?;
    let batches = state.store.backfill_batches(eyes, id).await?;
    let columns = state.store.backfill_columns(id).await?;
    let column = |column: BackfillColumn| BackfillColumnLine { header: column.header, field: column.field };
    Ok(Json(BackfillWhole {
        overview: overview(id, source.name, counts.unwrap_or_default()),
        waiting_answers: waiting.into_iter().map(BackfillAnswer::from).collect(),
        rejected_answers: rejected.into_iter().map(BackfillAnswer::from).collect(),
        batches: batches.into_iter().map(|batch| batch_line(batch, &people)).collect(),
        columns_version: columns.version,
        columns: columns.columns.into_iter().map(column).collect(),
    }))
}

/// 生成的批次
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BackfillMade {
    /// 没有待回填的答复是 null
    batch: Option<BackfillBatchLine>,
}

#[utoipa::path(post, path = "/backfill/{id}/make", tag = "backfill", summary = "把待回填的答复放进一个批次", params(("id" = Id, Path)),
    responses((status = 200, description = "批次；表格由人登录网页下载", body = BackfillMade)))]
pub(super) async fn make(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SourceId>,
) -> Answer<BackfillMade> {
    let source = source_of(&state, &id.to_string()).await?;
    let made = state.store.make_backfill_batch(&caller.viewer, source.id, caller.actor()).await?;
    let people = People::load(&state.store).await?;
    Ok(Json(BackfillMade { batch: made.map(|batch| batch_line(batch, &people)) }))
}

/// 要改成的一列
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ColumnAsked {
    /// 表头
    header: Filled<{ HEADER }>,
    #[schema(value_type = BackfillFieldCode)]
    field: BackfillField,
}

/// 回填表格的列，从左到右；至少要有编号和答复内容
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnsAsked {
    /// 看到的 columns_version
    version: Whole,
    #[serde(deserialize_with = "objects::<COLUMNS, _, _>")]
    #[schema(max_items = 12)]
    columns: Vec<ColumnAsked>,
}

#[utoipa::path(put, path = "/backfill/{id}/columns", tag = "backfill", summary = "改回填表格的列", params(("id" = Id, Path)),
    request_body = ColumnsAsked, responses((status = 204, description = "已保存")))]
pub(super) async fn columns(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SourceId>,
    Body(asked): Body<ColumnsAsked>,
) -> Done {
    let source = source_of(&state, &id.to_string()).await?;
    let column =
        |asked: ColumnAsked| BackfillColumn { header: asked.header.0.trim().into(), field: asked.field };
    let columns: Vec<BackfillColumn> = asked.columns.into_iter().map(column).collect();
    check_columns(&columns).map_err(|error| Problem::of_field("columns", error))?;
    keep_columns(&state, &caller, &source, asked.version.into(), &columns).await?;
    Ok(DONE)
}

/// 一个批次
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BackfillBatchWhole {
    #[serde(flatten)]
    line: BackfillBatchLine,
    /// 批次里的答复
    lines: Vec<BackfillAnswer>,
    /// 还没有回执的有多少份
    open: usize,
}

#[utoipa::path(get, path = "/backfill/batches/{id}", tag = "backfill", summary = "一个批次", params(("id" = Id, Path)),
    responses((status = 200, description = "批次", body = BackfillBatchWhole)))]
pub(super) async fn batch(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<BackfillBatchId>,
) -> Answer<BackfillBatchWhole> {
    let (mut batch, lines) = found(&state, &caller, id).await?;
    let people = People::load(&state.store).await?;
    batch.answers = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    Ok(Json(BackfillBatchWhole {
        line: batch_line(batch, &people),
        open: lines.iter().filter(|line| line.state == BackfillState::Sent).count(),
        lines: lines.into_iter().map(BackfillAnswer::from).collect(),
    }))
}

/// A batch of which the caller sees something.
async fn found(
    state: &AppState,
    caller: &Caller,
    id: BackfillBatchId,
) -> Result<(BackfillBatch, Vec<BackfillLine>), WebError> {
    let found = state.store.backfill_batch(&caller.viewer, id).await?;
    found.filter(|(_, lines)| !lines.is_empty()).ok_or(WebError::NotFound)
}

/// 对方退回的一份
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RejectedAsked {
    /// 对方的编号或工单号
    number: Filled<200>,
    reason: Filled<200>,
}

/// 对方的回执：退回的逐份写明，其余的就是已接收
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SettleAsked {
    #[serde(deserialize_with = "objects::<2_000, _, _>")]
    #[schema(max_items = 2000)]
    rejected: Vec<RejectedAsked>,
}

/// 登记的回执
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Settled {
    /// 这一次登记了多少份；以前登记过的不变
    settled: usize,
}

#[utoipa::path(post, path = "/backfill/batches/{id}/settle", tag = "backfill", summary = "登记对方的回执", params(("id" = Id, Path)),
    request_body = SettleAsked, responses((status = 200, description = "已登记", body = Settled)))]
pub(super) async fn settle(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<BackfillBatchId>,
    Body(asked): Body<SettleAsked>,
) -> Answer<Settled> {
    let (_, lines) = found(&state, &caller, id).await?;
    let rejected: Vec<(&str, &str)> =
        asked.rejected.iter().map(|one| (one.number.0.trim(), one.reason.0.trim())).collect();
    let receipts =
        receipts(&rejected, &lines).map_err(|why| Problem::unfit(format!("字段“rejected”：{why}")))?;
    let settled = state.store.settle_backfill(&caller.viewer, id, &receipts, caller.actor()).await?;
    Ok(Json(Settled { settled }))
}

/// `REPLY-ITEM` in an address.
pub(super) struct AnswerName(AnswerKey);

impl FromStr for AnswerName {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let (reply, item) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self(AnswerKey { reply: reply.parse()?, item: item.parse()? }))
    }
}

#[utoipa::path(post, path = "/backfill/answers/{id}/again", tag = "backfill", summary = "对方退回的，改好后重新排队",
    params(("id" = String, Path, description = "答复和信息的编号，中间一个减号", pattern = "^[0-7][0-9a-hjkmnp-tv-z]{12}-[0-7][0-9a-hjkmnp-tv-z]{12}$")),
    responses((status = 204, description = "已排队")))]
pub(super) async fn again(
    State(state): State<AppState>,
    caller: Caller,
    Key(AnswerName(answer)): Key<AnswerName>,
) -> Done {
    if state.store.requeue_backfill(&caller.viewer, answer, caller.actor()).await? {
        return Ok(DONE);
    }
    Err(Problem::refused("对方没有退回这一份，或者已经重新排队"))
}
