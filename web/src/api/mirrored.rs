//! Mirrored cases: the list, one of them, and what people do about it.

use axum::Json;
use axum::extract::State;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::{ItemId, SourceId};
use qingting_models::records::{MirrorStep, MirroredCase};
use qingting_respond::acting::ActingUser;
use qingting_respond::mirrored::LONGEST_NOTE;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Ask, Body, Key, known};
use super::items::whole::Fact;
use super::schema::{AnyDepartment, At, Id, Text, Whole};
use super::{Answer, DONE, Done, Listed};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::pages::mirrored;
use crate::people::People;
use crate::query::Query;

/// 镜像工单
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MirroredLine {
    /// 它的信息的编号
    #[schema(value_type = Id)]
    id: ItemId,
    /// 每次变动加一；操作时要带上
    version: i64,
    /// 平台的工单号
    number: String,
    #[schema(value_type = Id)]
    source: SourceId,
    title: String,
    /// 平台说的状态
    state: String,
    finished: bool,
    confidential: bool,
    /// 平台说的承办单位
    office: Option<String>,
    /// 对应的本县单位
    #[schema(value_type = Option<AnyDepartment>)]
    department: Option<DepartmentCode>,
    dispatched_at: Option<At>,
    /// 平台要求的办结时间
    due_at: Option<At>,
    /// 按本县规则应办结的时间
    our_due_at: Option<At>,
    /// 督办级别：0 没有，1 黄色，2 红色，3 领导
    pressed: u32,
    watched: bool,
    unsatisfied: bool,
}

impl From<&MirroredCase> for MirroredLine {
    fn from(case: &MirroredCase) -> Self {
        let mirror = &case.mirror;
        Self {
            id: case.item.id,
            version: mirror.version,
            number: mirror.number.clone(),
            source: mirror.source,
            title: crate::view::item_title(&case.item),
            state: case.state().to_owned(),
            finished: mirror.finished,
            confidential: case.item.confidential,
            office: mirror.said.office.clone(),
            department: mirror.department.clone(),
            dispatched_at: mirror.dispatched_at.map(At),
            due_at: mirror.due_at.map(At),
            our_due_at: mirror.ours.as_ref().map(|ours| At(ours.at)),
            pressed: mirror.pressed,
            watched: mirror.watched,
            unsatisfied: mirror.said.unsatisfied,
        }
    }
}

/// The views of the page.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ViewWord {
    Open,
    Over,
    Soon,
    Finished,
    Unsatisfied,
    Watched,
    All,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MirroredAsked {
    /// open 平台办理中（缺省），over 已超期，soon 下个工作日内到期，finished 已办结，unsatisfied 不满意，watched 已列入关注，all 全部
    #[param(inline)]
    #[serde(rename = "view")]
    _view: Option<ViewWord>,
    /// 本县单位
    #[param(value_type = Option<super::schema::DepartmentWord>)]
    department: Option<String>,
    #[param(value_type = Option<Id>)]
    #[serde(rename = "source")]
    _source: Option<SourceId>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/mirrored", tag = "mirrored", summary = "镜像工单列表，新的在前", params(MirroredAsked),
    responses((status = 200, description = "一页", body = Listed<MirroredLine>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    Ask(asked): Ask<MirroredAsked>,
) -> Answer<Listed<MirroredLine>> {
    known(&state, None, None, asked.department.as_deref())?;
    let page = ask::page("mirrored", asked.cursor.as_deref(), asked.limit)?;
    let filter = mirrored::list::filter(&state, &query)?;
    let found = state.store.mirrored_by_age(&caller.viewer, &filter, page).await?;
    Ok(Json(Listed::of("mirrored", found, |case| MirroredLine::from(&case))))
}

/// 镜像工单全貌
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MirroredWhole {
    #[serde(flatten)]
    line: MirroredLine,
    /// 隐去个人信息后的诉求
    body: String,
    /// 平台的答复
    answer: Option<String>,
    /// 平台带来的其他内容
    facts: Vec<Fact>,
    /// 经过
    lines: Vec<MirrorEvent>,
}

/// 经过的一条
#[derive(Debug, Serialize, ToSchema)]
struct MirrorEvent {
    at: At,
    by: String,
    #[schema(value_type = MirrorStepCode)]
    step: MirrorStep,
    note: String,
}

/// A step, for the document alone.
struct MirrorStepCode;

impl utoipa::PartialSchema for MirrorStepCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let codes = MirrorStep::ALL.iter().map(|step| step.code());
        let text = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String);
        text.enum_values(Some(codes)).into()
    }
}

impl ToSchema for MirrorStepCode {}

#[utoipa::path(get, path = "/mirrored/{id}", tag = "mirrored", summary = "一件镜像工单", params(("id" = Id, Path)),
    responses((status = 200, description = "镜像工单", body = MirroredWhole)))]
pub(super) async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
) -> Answer<MirroredWhole> {
    let eyes = &caller.viewer;
    let case = state.store.mirrored(eyes, id).await?.ok_or(WebError::NotFound)?;
    let people = People::load(&state.store).await?;
    let lines = state.store.mirror_lines(eyes, id).await?;
    let event = |line: qingting_models::records::MirrorLine| MirrorEvent {
        at: At(line.at),
        by: people.actor(line.actor),
        step: line.step,
        note: line.note,
    };
    Ok(Json(MirroredWhole {
        line: MirroredLine::from(&case),
        answer: case.mirror.said.answer.clone(),
        facts: mirrored::one::other_facts(&case.item.content.upstream).into_iter().map(Fact::from).collect(),
        lines: lines.into_iter().map(event).collect(),
        body: case.item.content.body,
    }))
}

/// 督办
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PressAsked {
    version: Whole,
    #[schema(value_type = Option<String>, max_length = 500, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    note: Option<Text<LONGEST_NOTE>>,
}

#[utoipa::path(post, path = "/mirrored/{id}/press", tag = "mirrored", summary = "督办", params(("id" = Id, Path)),
    request_body = PressAsked, responses((status = 204, description = "已督办")))]
pub(super) async fn press(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
    Body(asked): Body<PressAsked>,
) -> Done {
    let (who, note) = (ActingUser::of(caller.user()), asked.note.unwrap_or_default().0);
    state.desk.press_mirrored(&caller.viewer, &who, id, asked.version.into(), note.trim()).await?;
    Ok(DONE)
}

/// 关注
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WatchAsked {
    version: Whole,
    /// true 列入关注，false 取消
    watch: bool,
    #[schema(value_type = Option<String>, max_length = 500, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    note: Option<Text<LONGEST_NOTE>>,
}

#[utoipa::path(post, path = "/mirrored/{id}/watch", tag = "mirrored", summary = "列入关注或取消", params(("id" = Id, Path)),
    request_body = WatchAsked, responses((status = 204, description = "已登记")))]
pub(super) async fn watch(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
    Body(asked): Body<WatchAsked>,
) -> Done {
    let (who, note) = (ActingUser::of(caller.user()), asked.note.unwrap_or_default().0);
    let seen = asked.version.into();
    state.desk.watch_mirrored(&caller.viewer, &who, id, seen, asked.watch, note.trim()).await?;
    Ok(DONE)
}
