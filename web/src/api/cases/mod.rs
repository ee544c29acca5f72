//! Cases: the list. What is known of one and what is done with it stand in files of their own.

pub(super) mod act;
pub(super) mod files;
pub(super) mod whole;

use axum::Json;
use axum::extract::State;
use qingting_models::county::{DepartmentCode, TopicCode, Town};
use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::{Case, Channel, Kind, Urgency};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Ask, known};
use super::problem::Problem;
use super::schema::{
    AnyDepartment, AnyTopic, AnyTown, At, CaseFilterCode, CaseStateCode, ChannelCode, DepartmentWord, Id,
    KindCode, TopicWord, TownWord, UrgencyLevel, case_filters,
};
use super::{Answer, Listed};
use crate::app::AppState;
use crate::caller::Caller;
use crate::pages::cases;
use crate::query::Query;

/// 工单（列表里的一件）
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseLine {
    #[schema(value_type = Id)]
    id: CaseId,
    /// 工单号，如 2026-00123
    number: String,
    /// 每次变动加一；操作时要带上
    version: i64,
    title: String,
    /// 为哪一条信息立的
    #[schema(value_type = Id)]
    item: ItemId,
    #[schema(value_type = CaseStateCode)]
    state: String,
    /// 主办单位
    #[schema(value_type = AnyDepartment)]
    lead: DepartmentCode,
    #[schema(value_type = ChannelCode)]
    channel: Channel,
    #[schema(value_type = KindCode)]
    kind: Kind,
    #[schema(value_type = Option<AnyTopic>)]
    topic: Option<TopicCode>,
    #[schema(value_type = Option<AnyTown>)]
    town: Option<Town>,
    #[schema(value_type = UrgencyLevel)]
    urgency: Urgency,
    confidential: bool,
    opened_at: At,
    changed_at: At,
    /// 最近要到的时限；没有在走的时限是 null
    due: Option<DueLine>,
    /// 督办级别：0 没有，1 黄色，2 红色，3 领导
    pressed: u32,
    /// 重办的次数
    reopened: u32,
}

/// 时限
#[derive(Debug, Serialize, ToSchema)]
struct DueLine {
    /// 规则的代码
    rule: String,
    at: At,
}

impl From<&Case> for CaseLine {
    fn from(case: &Case) -> Self {
        let due = case.due.as_ref().filter(|_| case.state.is_open());
        Self {
            id: case.id,
            number: case.number.clone(),
            version: case.version,
            title: case.title.clone(),
            item: case.item,
            state: case.state.code().into(),
            lead: case.lead.clone(),
            channel: case.channel,
            kind: case.kind,
            topic: case.topic.clone(),
            town: case.town.clone(),
            urgency: case.urgency,
            confidential: case.confidential,
            opened_at: At(case.opened_at),
            changed_at: At(case.changed_at),
            due: due.map(|(rule, at)| DueLine { rule: rule.as_str().into(), at: At(*at) }),
            pressed: case.pressed,
            reopened: case.reopened,
        }
    }
}

/// How near the due time is, by the words of the page.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DueWord {
    Over,
    Day,
    Three,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CasesAsked {
    /// 一种状态，或 open 未办结（缺省）、all 全部
    #[param(value_type = Option<CaseFilterCode>)]
    state: Option<String>,
    /// 到期：over 已超期，day 一天内，three 三天内
    #[param(inline)]
    #[serde(rename = "due")]
    _due: Option<DueWord>,
    /// 主办或协办的单位
    #[param(value_type = Option<DepartmentWord>)]
    department: Option<String>,
    /// 主办单位
    #[param(value_type = Option<DepartmentWord>)]
    lead: Option<String>,
    #[param(value_type = Option<TopicWord>)]
    topic: Option<String>,
    #[param(value_type = Option<TownWord>)]
    town: Option<String>,
    /// 工单号或它的开头
    #[param(pattern = "^[0-9][0-9-]{0,19}$")]
    number: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/cases", tag = "cases", summary = "工单列表，新的在前", params(CasesAsked),
    responses((status = 200, description = "一页", body = Listed<CaseLine>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    Ask(asked): Ask<CasesAsked>,
) -> Answer<Listed<CaseLine>> {
    known(&state, asked.topic.as_deref(), asked.town.as_deref(), asked.department.as_deref())?;
    known(&state, None, None, asked.lead.as_deref())?;
    if let Some(word) = asked.state.as_deref().filter(|word| !case_filters().any(|known| known == *word)) {
        let word: String = word.chars().take(40).collect();
        let states: Vec<&str> = case_filters().collect();
        return Err(Problem::unfit(format!("参数“state”不能是“{word}”；可用：{}", states.join("、"))));
    }
    let number = asked.number.as_deref();
    let plain = |n: &str| n.len() <= 20 && n.starts_with(|c: char| c.is_ascii_digit());
    if number.is_some_and(|n| !plain(n) || !n.bytes().all(|b| b.is_ascii_digit() || b == b'-')) {
        return Err(Problem::unfit("参数“number”应为工单号或它的开头，如 2026-00123"));
    }
    let page = ask::page("cases", asked.cursor.as_deref(), asked.limit)?;
    let mut filter = cases::filter(&state, &query)?;
    filter.soonest_first = false;
    filter.number = asked.number;
    let found = state.store.cases(&caller.viewer, &filter, page).await?;
    Ok(Json(Listed::of("cases", found, |case| CaseLine::from(&case))))
}
