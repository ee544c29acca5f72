//! Incidents: the lists, one with its items, and what duty officers change.

use axum::Json;
use axum::extract::State;
use qingting_models::county::{TopicCode, Town};
use qingting_models::ids::{CaseId, IncidentId, ItemId};
use qingting_models::records::{Incident, Urgency};
use qingting_models::store::Rank;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Ask, Body, Key, known};
use super::items::ItemLine;
use super::problem::Problem;
use super::schema::{
    AnyTopic, AnyTown, At, DepartmentWord, Filled, Id, Text, TopicWord, TownWord, UrgencyLevel,
};
use super::{Answer, DONE, Done, Listed};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::pages::{incident_act, incident_case, incidents};
use crate::query::Query;

/// Items of an incident that are shown.
const MEMBERS: i64 = 200;

/// 事件
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IncidentLine {
    #[schema(value_type = Id)]
    id: IncidentId,
    title: String,
    confidential: bool,
    /// 有多少件信息
    items: i64,
    /// 有多少人反映；没有电话的不计
    callers: i64,
    channels: Vec<ChannelCount>,
    #[schema(value_type = Option<AnyTopic>)]
    topic: Option<TopicCode>,
    #[schema(value_type = Option<AnyTown>)]
    town: Option<Town>,
    #[schema(value_type = UrgencyLevel)]
    urgency: Urgency,
    first_at: At,
    last_at: At,
    /// 热度
    heat: f64,
}

/// 渠道和件数
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChannelCount {
    #[schema(value_type = super::schema::ChannelCode)]
    channel: qingting_models::records::Channel,
    items: i64,
}

impl From<Incident> for IncidentLine {
    fn from(incident: Incident) -> Self {
        Self {
            id: incident.id,
            title: incident.title,
            confidential: incident.confidential,
            items: incident.items,
            callers: incident.callers,
            channels: incident
                .channels
                .into_iter()
                .map(|(channel, items)| ChannelCount { channel, items })
                .collect(),
            topic: incident.topic,
            town: incident.town,
            urgency: incident.urgency,
            first_at: At(incident.first_at),
            last_at: At(incident.last_at),
            heat: incident.heat,
        }
    }
}

/// 事件和它的信息
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IncidentWhole {
    #[serde(flatten)]
    line: IncidentLine,
    /// 最近的 200 件信息，新的在前
    members: Vec<ItemLine>,
}

/// Whether a list leaves out what was reported once.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ItemsWord {
    Several,
    All,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct IncidentsAsked {
    #[param(value_type = Option<TopicWord>)]
    topic: Option<String>,
    #[param(value_type = Option<TownWord>)]
    town: Option<String>,
    /// several 两件以上（缺省），all 全部
    #[param(inline)]
    #[serde(rename = "items")]
    _items: Option<ItemsWord>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/incidents", tag = "incidents", summary = "事件列表，新的在前", params(IncidentsAsked),
    responses((status = 200, description = "一页", body = Listed<IncidentLine>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    Ask(asked): Ask<IncidentsAsked>,
) -> Answer<Listed<IncidentLine>> {
    known(&state, asked.topic.as_deref(), asked.town.as_deref(), None)?;
    let page = ask::page("incidents", asked.cursor.as_deref(), asked.limit)?;
    let found = state.store.incidents_by_age(&caller.viewer, &incidents::filter(&query), page).await?;
    Ok(Json(Listed::of("incidents", found, IncidentLine::from)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HottestAsked {
    #[param(value_type = Option<TopicWord>)]
    topic: Option<String>,
    #[param(value_type = Option<TownWord>)]
    town: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

#[utoipa::path(get, path = "/incidents/hottest", tag = "incidents", summary = "最热的事件（热度随时在变，没有下一页）",
    params(HottestAsked), responses((status = 200, description = "最热的在前", body = Vec<IncidentLine>)))]
pub(super) async fn hottest(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    Ask(asked): Ask<HottestAsked>,
) -> Answer<Vec<IncidentLine>> {
    known(&state, asked.topic.as_deref(), asked.town.as_deref(), None)?;
    let size = ask::page("hottest", None, asked.limit)?.size;
    let rank = Rank { page: 0, size };
    let found = state.store.incidents(&caller.viewer, &incidents::filter(&query), rank).await?;
    Ok(Json(found.rows.into_iter().map(IncidentLine::from).collect()))
}

#[utoipa::path(get, path = "/incidents/{id}", tag = "incidents", summary = "一个事件；并入别处的，给出继续的那个",
    params(("id" = Id, Path)), responses((status = 200, description = "事件", body = IncidentWhole)))]
pub(super) async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<IncidentId>,
) -> Answer<IncidentWhole> {
    let eyes = &caller.viewer;
    let incident = state.store.incident(eyes, id).await?.ok_or(WebError::NotFound)?;
    let members = state.store.members(eyes, incident.id, MEMBERS).await?;
    let members = members.iter().map(|(item, _)| ItemLine::seen(item, &caller)).collect();
    Ok(Json(IncidentWhole { line: incident.into(), members }))
}

/// 并入哪个事件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MergeAsked {
    /// 要并进来的事件
    #[schema(value_type = Id)]
    other: IncidentId,
}

/// 继续的事件
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IncidentNow {
    #[schema(value_type = Id)]
    id: IncidentId,
}

#[utoipa::path(post, path = "/incidents/{id}/merge", tag = "incidents", summary = "把另一个事件并进来", params(("id" = Id, Path)),
    request_body = MergeAsked, responses((status = 200, description = "已并入", body = IncidentNow)))]
pub(super) async fn merge(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<IncidentId>,
    Body(asked): Body<MergeAsked>,
) -> Answer<IncidentNow> {
    let id = incident_act::merge_in(&state, &caller, id, asked.other).await?;
    Ok(Json(IncidentNow { id }))
}

/// 哪些信息
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SplitAsked {
    #[schema(value_type = Vec<Id>, min_items = 1, max_items = 200)]
    items: Vec<ItemId>,
}

/// 哪些信息，到哪个事件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MoveAsked {
    #[schema(value_type = Vec<Id>, min_items = 1, max_items = 200)]
    items: Vec<ItemId>,
    #[schema(value_type = Id)]
    target: IncidentId,
}

fn some(items: &[ItemId], least: usize) -> Result<(), Problem> {
    match items.len() {
        count if (least..=200).contains(&count) => Ok(()),
        count => Err(Problem::unfit(format!("字段“items”应有 {least} 至 200 个编号，现有 {count} 个"))),
    }
}

#[utoipa::path(post, path = "/incidents/{id}/split", tag = "incidents", summary = "拆出信息，成为新的事件", params(("id" = Id, Path)),
    request_body = SplitAsked, responses((status = 200, description = "新的事件", body = IncidentNow)))]
pub(super) async fn split(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<IncidentId>,
    Body(asked): Body<SplitAsked>,
) -> Answer<IncidentNow> {
    some(&asked.items, 1)?;
    let id = incident_act::part(&state, &caller, id, &asked.items, None).await?;
    Ok(Json(IncidentNow { id }))
}

#[utoipa::path(post, path = "/incidents/{id}/move", tag = "incidents", summary = "把信息移到另一个事件", params(("id" = Id, Path)),
    request_body = MoveAsked, responses((status = 200, description = "移到的事件", body = IncidentNow)))]
pub(super) async fn relocate(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<IncidentId>,
    Body(asked): Body<MoveAsked>,
) -> Answer<IncidentNow> {
    some(&asked.items, 1)?;
    let id = incident_act::part(&state, &caller, id, &asked.items, Some(asked.target)).await?;
    Ok(Json(IncidentNow { id }))
}

/// 名称
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NameAsked {
    title: Filled<60>,
}

#[utoipa::path(post, path = "/incidents/{id}/name", tag = "incidents", summary = "事件改名", params(("id" = Id, Path)),
    request_body = NameAsked, responses((status = 204, description = "已改名")))]
pub(super) async fn rename(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<IncidentId>,
    Body(asked): Body<NameAsked>,
) -> Done {
    incident_act::name(&state, &caller, id, &ask::form(vec![("title", asked.title.0)])).await?;
    Ok(DONE)
}

/// 一并办理：归入已有的工单（case），或为单位另立一个（department）
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GatherAsked {
    /// 归入的工单
    #[schema(value_type = Option<Id>)]
    case: Option<CaseId>,
    /// 不归入时，另立工单的主办单位
    #[schema(value_type = Option<DepartmentWord>)]
    department: Option<String>,
    /// 哪些信息；不写就是所有待处理的
    #[serde(default)]
    #[schema(value_type = Vec<Id>, max_items = 200)]
    items: Vec<ItemId>,
    /// 一并并入的工单
    #[serde(default)]
    #[schema(value_type = Vec<Id>, max_items = 200)]
    merge: Vec<CaseId>,
    /// 以后同一事件的诉求也归入
    #[serde(default)]
    takes: bool,
    #[schema(value_type = Option<String>, max_length = 1000, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    note: Option<Text<1000>>,
}

/// 一并办理的结果
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GatheredNow {
    /// 答复它们的工单
    #[schema(value_type = Id)]
    case: CaseId,
    /// 归入了多少件信息、多少件工单
    items: usize,
    cases: usize,
    /// 没有归入的和原因
    refused: Vec<RefusedLine>,
}

/// 没有办的和原因
#[derive(Debug, Serialize, ToSchema)]
struct RefusedLine {
    what: String,
    why: String,
}

#[utoipa::path(post, path = "/incidents/{id}/gather", tag = "incidents", summary = "由一个工单一并答复", params(("id" = Id, Path)),
    request_body = GatherAsked, responses((status = 200, description = "各件的结果", body = GatheredNow)))]
pub(super) async fn gather(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<IncidentId>,
    Body(asked): Body<GatherAsked>,
) -> Answer<GatheredNow> {
    some(&asked.items, 0)?;
    if asked.merge.len() > 200 {
        return Err(Problem::unfit("字段“merge”最多 200 个编号"));
    }
    known(&state, None, None, asked.department.as_deref())?;
    let mut rows = vec![
        ("note", asked.note.unwrap_or_default().0),
        ("takes", if asked.takes { "on".into() } else { String::new() }),
        ("case", asked.case.map(|case| case.to_string()).unwrap_or_default()),
        ("department", asked.department.unwrap_or_default()),
    ];
    rows.extend(asked.items.iter().map(|item| ("item", item.to_string())));
    rows.extend(asked.merge.iter().map(|case| ("merge", case.to_string())));
    let done = incident_case::gathered(&state, &caller, id, &ask::form(rows)).await?;
    Ok(Json(GatheredNow {
        case: done.case,
        items: done.items,
        cases: done.cases,
        refused: done.refused.into_iter().map(|r| RefusedLine { what: r.what, why: r.why }).collect(),
    }))
}
