//! Sources and the rows of theirs that could not be read.

pub(super) mod keeping;
mod settings;
pub(super) mod sheets;

use axum::Json;
use axum::extract::State;
use qingting_models::ids::{QuarantineId, SourceId};
use qingting_models::records::{Channel, Mode, QuarantinedRow, RejectForm, RejectKind, Source, SourceKind};
use qingting_models::store::QuarantineFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use self::settings::SourceSettingsBody;
use crate::api::ask::{self, Ask, Body, Key};
use crate::api::items::decide::Reason;
use crate::api::schema::{At, ChannelCode, Id, ModeCode, RejectFormCode, RejectKindCode, SourceKindCode};
use crate::api::{Answer, DONE, Done, Listed};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::pages::{quarantine_row, sources};

/// 来源
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SourceLine {
    #[schema(value_type = Id)]
    id: SourceId,
    name: String,
    #[schema(value_type = SourceKindCode)]
    kind: SourceKind,
    #[schema(value_type = ChannelCode)]
    channel: Channel,
    #[schema(value_type = ModeCode)]
    mode: Mode,
    url: Option<String>,
    paused: bool,
    /// 至少隔多少秒读一次
    interval_s: i64,
    next_at: Option<At>,
    last_success_at: Option<At>,
    last_tried_at: Option<At>,
    /// 最近一次的错误；读成了是 null
    last_error: Option<String>,
    /// 连续失败的次数
    failures: i64,
}

impl From<Source> for SourceLine {
    fn from(source: Source) -> Self {
        let health = source.health;
        Self {
            id: source.id,
            name: source.name,
            kind: source.kind,
            channel: source.channel,
            mode: source.mode,
            url: source.url,
            paused: source.paused,
            interval_s: source.interval_s,
            next_at: health.next_at.map(At),
            last_success_at: health.last_success_at.map(At),
            last_tried_at: health.last_tried_at.map(At),
            last_error: health.last_error,
            failures: health.failures,
        }
    }
}

#[utoipa::path(get, path = "/sources", tag = "sources", summary = "所有来源",
    responses((status = 200, description = "来源", body = Vec<SourceLine>)))]
pub(in crate::api) async fn list(State(state): State<AppState>) -> Answer<Vec<SourceLine>> {
    Ok(Json(state.store.sources().await?.into_iter().map(SourceLine::from).collect()))
}

/// 一个来源和它的设置
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SourceWhole {
    #[serde(flatten)]
    line: SourceLine,
    settings: SourceSettingsBody,
    /// 有密封的口令；口令本身看不到
    has_secret: bool,
    /// 有推送令牌
    has_token: bool,
    /// 对方给出的新地址
    moved_to: Option<String>,
}

#[utoipa::path(get, path = "/sources/{id}", tag = "sources", summary = "一个来源和它的设置", params(("id" = Id, Path)),
    responses((status = 200, description = "来源", body = SourceWhole)))]
pub(in crate::api) async fn one(
    State(state): State<AppState>,
    Key(id): Key<SourceId>,
) -> Answer<SourceWhole> {
    let source = sources::find(&state, &id.to_string()).await?;
    Ok(Json(SourceWhole {
        settings: SourceSettingsBody::from(&source),
        has_secret: source.has_secret,
        has_token: source.has_token,
        moved_to: source.health.moved_to.clone(),
        line: source.into(),
    }))
}

#[utoipa::path(post, path = "/sources/{id}/pause", tag = "sources", summary = "暂停", params(("id" = Id, Path)),
    responses((status = 204, description = "已暂停")))]
pub(in crate::api) async fn pause(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SourceId>,
) -> Done {
    sources::act::set_paused(&state, &caller, &id.to_string(), true).await?;
    Ok(DONE)
}

#[utoipa::path(post, path = "/sources/{id}/resume", tag = "sources", summary = "恢复", params(("id" = Id, Path)),
    responses((status = 204, description = "已恢复")))]
pub(in crate::api) async fn resume(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SourceId>,
) -> Done {
    sources::act::set_paused(&state, &caller, &id.to_string(), false).await?;
    Ok(DONE)
}

#[utoipa::path(post, path = "/sources/{id}/poll", tag = "sources", summary = "马上读取", params(("id" = Id, Path)),
    responses((status = 204, description = "已排上")))]
pub(in crate::api) async fn poll(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SourceId>,
) -> Done {
    sources::act::poll_now(&state, &caller, &id.to_string()).await?;
    Ok(DONE)
}

/// 隔离的一行；内容是密封的，要看请登录网页
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct QuarantineLine {
    #[schema(value_type = Id)]
    id: QuarantineId,
    #[schema(value_type = Id)]
    source: SourceId,
    at: At,
    file: String,
    sheet: Option<String>,
    row: u64,
    column: Option<String>,
    #[schema(value_type = RejectKindCode)]
    kind: RejectKind,
    #[schema(value_type = RejectFormCode)]
    form: RejectForm,
    /// 为什么读不了
    reason: String,
    closed_at: Option<At>,
    /// 重放成功的；忽略的是 false
    replayed: Option<bool>,
    /// 忽略的理由
    note: Option<String>,
}

impl From<QuarantinedRow> for QuarantineLine {
    fn from(row: QuarantinedRow) -> Self {
        Self {
            id: row.id,
            source: row.source,
            at: At(row.at),
            reason: crate::plain::told(&row.reason).text,
            file: row.place.file,
            sheet: row.place.sheet,
            row: row.place.row,
            column: row.place.column,
            kind: row.kind,
            form: row.form,
            closed_at: row.closed.as_ref().map(|closed| At(closed.at)),
            replayed: row.closed.as_ref().map(|closed| closed.replayed),
            note: row.closed.and_then(|closed| closed.note),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RowsWord {
    Waiting,
    Closed,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct QuarantineAsked {
    #[param(value_type = Option<Id>)]
    source: Option<SourceId>,
    #[param(value_type = Option<RejectKindCode>)]
    kind: Option<RejectKind>,
    /// waiting 待处理（缺省），closed 已处理
    #[param(inline)]
    state: Option<RowsWord>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/quarantine", tag = "quarantine", summary = "隔离区，新的在前", params(QuarantineAsked),
    responses((status = 200, description = "一页", body = Listed<QuarantineLine>)))]
pub(in crate::api) async fn rows(
    State(state): State<AppState>,
    Ask(asked): Ask<QuarantineAsked>,
) -> Answer<Listed<QuarantineLine>> {
    let page = ask::page("quarantine", asked.cursor.as_deref(), asked.limit)?;
    let closed = asked.state == Some(RowsWord::Closed);
    let filter = QuarantineFilter { source: asked.source, kind: asked.kind, closed };
    let found = state.store.quarantine(filter, page).await?;
    Ok(Json(Listed::of("quarantine", found, QuarantineLine::from)))
}

/// 重放
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ReplayAsked {
    /// 后来又送来过的，仍用这一行覆盖
    #[serde(default)]
    over: bool,
}

/// 重放的结果
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Replayed {
    /// row-new 新收，row-updated 更新，row-unchanged 未变
    outcome: &'static str,
}

#[utoipa::path(post, path = "/quarantine/{id}/replay", tag = "quarantine", summary = "重新读一次", params(("id" = Id, Path)),
    request_body = ReplayAsked, responses((status = 200, description = "读成了", body = Replayed)))]
pub(in crate::api) async fn replay(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<QuarantineId>,
    Body(asked): Body<ReplayAsked>,
) -> Answer<Replayed> {
    let row = state.store.quarantined(id).await?.ok_or(WebError::NotFound)?;
    let form = ask::form(vec![("over", if asked.over { "on".into() } else { String::new() })]);
    let outcome = quarantine_row::replayed(&state, &caller, &row, &form).await?;
    Ok(Json(Replayed { outcome }))
}

#[utoipa::path(post, path = "/quarantine/{id}/dismiss", tag = "quarantine", summary = "忽略", params(("id" = Id, Path)),
    request_body = Reason, responses((status = 204, description = "已忽略")))]
pub(in crate::api) async fn dismiss(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<QuarantineId>,
    Body(asked): Body<Reason>,
) -> Done {
    let row = state.store.quarantined(id).await?.ok_or(WebError::NotFound)?;
    quarantine_row::dismiss_row(&state, &caller, &row, &ask::form(vec![("reason", asked.reason.0)])).await?;
    Ok(DONE)
}
