//! The figures of the overview, and the rates of departments with the cases behind them.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use qingting_models::county::{DepartmentCode, TopicCode, Town};
use qingting_models::ids::CaseId;
use qingting_models::records::{Rate, RateCount};
use qingting_models::store::RateFilter;
use qingting_respond::rates::says;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::acting::DayAsked;
use super::ask::{self, Ask};
use super::problem::{Problem, ProblemDocument};
use super::schema::{AnyDepartment, AnyTopic, AnyTown, At, Day, Id, RateCode};
use super::{Answer, Listed};
use crate::app::AppState;
use crate::caller::Caller;
use crate::pages::departments::{DESK, figures_viewer};
use crate::pages::overview;
use crate::query::Query;
use crate::rate_period::Days;

/// 总览的数字，照您的查看范围
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OverviewFigures {
    /// 等模型研判的信息
    unjudged: i64,
    /// 待处理的信息，其中拿不准的、紧急的
    waiting: i64,
    unsure: i64,
    urgent: i64,
    /// 今天收到的信息
    today: i64,
    /// 往常（前四周的同一星期几）到这个时候的件数；使用不满五周时没有
    today_usual: Option<i64>,
    open_cases: i64,
    overdue_cases: i64,
    /// 退回的和申请延期的
    returned_cases: i64,
    /// 还没有人看过的预警
    unseen_alerts: i64,
    /// 近七天的信息，按话题
    by_topic: Vec<TopicCount>,
    /// 近七天的信息，按乡镇街道
    by_town: Vec<TownCount>,
    departments: Vec<LoadLine>,
}

/// 话题和件数
#[derive(Debug, Serialize, ToSchema)]
struct TopicCount {
    #[schema(value_type = AnyTopic)]
    topic: TopicCode,
    items: i64,
    /// 往常七天的件数（前四周的平均）；使用不满五周时没有
    usual: Option<i64>,
}

/// 乡镇街道和件数
#[derive(Debug, Serialize, ToSchema)]
struct TownCount {
    #[schema(value_type = AnyTown)]
    town: Town,
    items: i64,
    /// 往常七天的件数（前四周的平均）；使用不满五周时没有
    usual: Option<i64>,
}

/// 单位手上的工单
#[derive(Debug, Serialize, ToSchema)]
struct LoadLine {
    #[schema(value_type = AnyDepartment)]
    department: DepartmentCode,
    open: i64,
    overdue: i64,
}

#[utoipa::path(get, path = "/overview", tag = "overview", summary = "总览的数字",
    responses((status = 200, description = "此刻的数字", body = OverviewFigures)))]
pub(super) async fn figures(State(state): State<AppState>, caller: Caller) -> Answer<OverviewFigures> {
    let found = state.store.overview(&caller.viewer).await?;
    let week = overview::week_figures(&state, &caller.viewer).await?;
    let load = |l: qingting_models::store::DepartmentLoad| LoadLine {
        department: l.department,
        open: l.open,
        overdue: l.overdue,
    };
    Ok(Json(OverviewFigures {
        unjudged: found.unjudged,
        waiting: found.waiting,
        unsure: found.unsure,
        urgent: found.urgent,
        today: week.today,
        today_usual: week.today_usual,
        open_cases: found.open_cases,
        overdue_cases: found.overdue_cases,
        returned_cases: found.returned_cases,
        unseen_alerts: state.store.unseen_alerts(&caller.viewer).await?,
        by_topic: week
            .by_topic
            .iter()
            .map(|(topic, count)| TopicCount { topic: topic.clone(), items: count.week, usual: count.usual })
            .collect(),
        by_town: week
            .by_town
            .iter()
            .map(|(town, count)| TownCount { town: town.clone(), items: count.week, usual: count.usual })
            .collect(),
        departments: found.departments.into_iter().map(load).collect(),
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RatesAsked {
    /// 第一天；不写是 90 天前
    #[param(value_type = Option<Day>)]
    #[serde(rename = "from")]
    _from: Option<DayAsked>,
    /// 最后一天；不写是今天
    #[param(value_type = Option<Day>)]
    #[serde(rename = "to")]
    _to: Option<DayAsked>,
}

/// 一段时间的指标
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RatesWhole {
    #[schema(value_type = Day)]
    from: Date,
    #[schema(value_type = Day)]
    to: Date,
    rates: Vec<RateMeaning>,
    departments: Vec<DepartmentFigures>,
}

/// 指标的意思
#[derive(Debug, Serialize, ToSchema)]
struct RateMeaning {
    #[schema(value_type = RateCode)]
    rate: Rate,
    label: &'static str,
    says: &'static str,
    /// 下限，百分数
    floor: Option<u8>,
}

/// 一个单位的指标
#[derive(Debug, Serialize, ToSchema)]
struct DepartmentFigures {
    /// 单位；`-` 是不算在单位头上的（值班室）
    department: String,
    figures: Vec<RateValue>,
}

/// 分子、分母，等待和延期的时间
#[derive(Debug, Serialize, ToSchema)]
struct RateValue {
    #[schema(value_type = RateCode)]
    rate: Rate,
    numerator: i64,
    denominator: i64,
    /// 其中等待过的件数和毫秒数
    waited: i64,
    waited_ms: i64,
    /// 其中延期过的件数和天数
    extended: i64,
    extended_days: i64,
}

fn value(rate: Rate, count: RateCount) -> RateValue {
    RateValue {
        rate,
        numerator: count.numerator,
        denominator: count.denominator,
        waited: count.waited,
        waited_ms: count.waited_ms,
        extended: count.extended,
        extended_days: count.extended_days,
    }
}

#[utoipa::path(get, path = "/departments/rates", tag = "overview", summary = "单位的指标", params(RatesAsked),
    responses((status = 200, description = "各单位的指标", body = RatesWhole),
        (status = 409, description = "第一天在最后一天之后", body = ProblemDocument, content_type = "application/problem+json")))]
pub(super) async fn rates(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    Ask(_): Ask<RatesAsked>,
) -> Answer<RatesWhole> {
    let days = Days::of(&state, &query)?;
    let found = state.desk.rates(&figures_viewer(&caller), days.period()?).await?;
    let of = |code: Option<&DepartmentCode>| DepartmentFigures {
        department: code.map_or(DESK, |code| code.as_str()).to_owned(),
        figures: Rate::ALL.iter().map(|rate| value(*rate, found.of(code, *rate))).collect(),
    };
    let mut departments: Vec<DepartmentFigures> = Vec::new();
    if found.has(None) {
        departments.push(of(None));
    }
    departments.extend(found.departments().map(|code| of(Some(code))));
    let meaning = |rate: &Rate| RateMeaning {
        rate: *rate,
        label: rate.label(),
        says: says(*rate),
        floor: state.desk.county().settings.floor(*rate),
    };
    let rates = Rate::ALL.iter().map(meaning).collect();
    Ok(Json(RatesWhole { from: days.from, to: days.to, rates, departments }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RateCasesAsked {
    #[param(value_type = RateCode)]
    rate: Rate,
    /// 第一天；不写是 90 天前
    #[param(value_type = Option<Day>)]
    #[serde(rename = "from")]
    _from: Option<DayAsked>,
    /// 最后一天；不写是今天
    #[param(value_type = Option<Day>)]
    #[serde(rename = "to")]
    _to: Option<DayAsked>,
    /// 单位；不写是全部
    #[param(value_type = Option<super::schema::DepartmentWord>)]
    department: Option<String>,
    /// true 只要计入分子的，false 只要没有计入的
    holds: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// 指标背后的工单
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RateCaseLine {
    #[schema(value_type = Id)]
    case: CaseId,
    number: String,
    /// 不能打开的是 null
    title: Option<String>,
    at: At,
    numerator: i64,
    denominator: i64,
}

#[utoipa::path(get, path = "/departments/rates/cases", tag = "overview", summary = "指标背后的工单", params(RateCasesAsked),
    responses((status = 200, description = "一页", body = Listed<RateCaseLine>),
        (status = 409, description = "第一天在最后一天之后", body = ProblemDocument, content_type = "application/problem+json")))]
pub(super) async fn rate_cases(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    Ask(asked): Ask<RateCasesAsked>,
) -> Answer<Listed<RateCaseLine>> {
    super::ask::known(&state, None, None, asked.department.as_deref())?;
    let days = Days::of(&state, &query)?;
    let page = ask::page("rate_cases", asked.cursor.as_deref(), asked.limit)?;
    let filter = RateFilter {
        rate: asked.rate,
        period: days.period()?,
        department: asked.department.map(|code| Some(DepartmentCode::from(code))),
        holds: asked.holds,
    };
    let found = state.store.rate_cases(&figures_viewer(&caller), &caller.viewer, &filter, page).await?;
    let line = |case: qingting_models::records::RateCase| RateCaseLine {
        case: case.case,
        number: case.number,
        title: case.title,
        at: At(case.at),
        numerator: case.count.numerator,
        denominator: case.count.denominator,
    };
    Ok::<_, Problem>(Json(Listed::of("rate_cases", found, line)))
}
