//! What stands behind the figures of reports: the items of a figure, and how much came by day or week.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use qingting_models::county::{TopicCode, Town};
use qingting_models::ids::ItemId;
use qingting_models::records::{Channel, ReportItem, Urgency};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use super::acting::DayAsked;
use super::ask::{self, Ask, known};
use super::problem::Problem;
use super::schema::{
    AnyTopic, AnyTown, At, CaseStateCode, ChannelCode, Day, DepartmentWord, Id, TopicWord, TownWord,
    UrgencyLevel,
};
use crate::app::AppState;
use crate::caller::Caller;
use crate::pages::reports::{item_place, items_filter, items_scope};
use crate::pages::trends::{By, Counted, Counts, counted, span_of, stretches};
use crate::query::Query;
use crate::report_view::NONE;
use crate::view::title_text;

/// The one word of a filter that is on or off.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum YesWord {
    Yes,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportItemsAsked {
    /// 第一天；不写就是最后一天之前九十天
    #[param(value_type = Option<Day>)]
    #[serde(rename = "from")]
    _from: Option<DayAsked>,
    /// 最后一天；不写就是今天
    #[param(value_type = Option<Day>)]
    #[serde(rename = "to")]
    _to: Option<DayAsked>,
    #[param(value_type = Option<ChannelCode>)]
    #[serde(rename = "channel")]
    _channel: Option<Channel>,
    /// yes：只要诉求，不要新闻
    #[param(inline)]
    #[serde(rename = "demands")]
    _demands: Option<YesWord>,
    /// 话题代码，见 GET /county；- 是不涉诉求话题的
    #[param(max_length = 60)]
    topic: Option<String>,
    /// 乡镇街道名称，见 GET /county；- 是未定位的
    #[param(max_length = 60)]
    town: Option<String>,
    /// yes：只要紧急的
    #[param(inline)]
    #[serde(rename = "urgent")]
    _urgent: Option<YesWord>,
    /// 报告的范围：乡镇街道
    #[param(value_type = Option<TownWord>)]
    of_town: Option<String>,
    /// 报告的范围：话题
    #[param(value_type = Option<TopicWord>)]
    of_topic: Option<String>,
    /// 报告的范围：主办单位
    #[param(value_type = Option<DepartmentWord>)]
    of_department: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// 一个数字背后的信息
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportItemList {
    /// 一共多少条
    count: i64,
    rows: Vec<ReportItemLine>,
    /// 下一页的 cursor；没有下一页时是 null
    #[schema(required)]
    next: Option<String>,
}

/// 数字背后的一条信息
#[derive(Debug, Serialize, ToSchema)]
struct ReportItemLine {
    #[schema(value_type = Id)]
    item: ItemId,
    title: String,
    /// 反映的时间，按它统计
    at: At,
    #[schema(value_type = ChannelCode)]
    channel: Channel,
    #[schema(value_type = Option<AnyTopic>)]
    topic: Option<TopicCode>,
    #[schema(value_type = Option<AnyTown>)]
    town: Option<Town>,
    #[schema(value_type = UrgencyLevel)]
    urgency: Urgency,
    /// 答复它的工单
    case_number: Option<String>,
    #[schema(value_type = Option<CaseStateCode>)]
    case_state: Option<String>,
}

impl From<ReportItem> for ReportItemLine {
    fn from(item: ReportItem) -> Self {
        let (case_number, case_state) = item.case.unzip();
        Self {
            item: item.item,
            title: title_text(&item.title),
            at: At(item.at),
            channel: item.channel,
            topic: item.topic,
            town: item.town,
            urgency: item.urgency,
            case_number,
            case_state,
        }
    }
}

/// The name of this list in its cursors.
const LIST: &str = "report-items";

#[utoipa::path(get, path = "/reports/items", tag = "reports", summary = "报告数字背后的信息，新的在前；保密件不在内", params(ReportItemsAsked),
    responses((status = 200, description = "一页", body = ReportItemList)))]
pub(super) async fn items(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    Ask(asked): Ask<ReportItemsAsked>,
) -> Answer<ReportItemList> {
    let marked = |word: &Option<String>| word.clone().filter(|word| word != NONE);
    known(&state, marked(&asked.topic).as_deref(), marked(&asked.town).as_deref(), None)?;
    known(&state, asked.of_topic.as_deref(), asked.of_town.as_deref(), asked.of_department.as_deref())?;
    let size = ask::page(LIST, None, asked.limit)?.size;
    let place = asked.cursor.as_deref().map(|cursor| ask::opened(LIST, cursor)).transpose()?;
    let place = place.map(|place| item_place(&place)).transpose()?;
    let filter = items_filter(&state, &query).map_err(Problem::of_input)?;
    let (scope, store) = (items_scope(&query), &state.store);
    let mut found = store.report_items(&caller.viewer, &scope, &filter, place, size + 1).await?;
    let most = usize::try_from(size).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more);
    let next = next.map(|last| ask::closed(LIST, &format!("{}-{}", last.at.as_millisecond(), last.item)));
    Ok(Json(ReportItemList {
        count: store.count_report_items(&caller.viewer, &scope, &filter).await?,
        rows: found.into_iter().map(ReportItemLine::from).collect(),
        next,
    }))
}

/// What is told apart.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ByWord {
    Topic,
    Channel,
    Town,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TrendsAsked {
    /// 第一天；不写就是最后一天之前九十天
    #[param(value_type = Option<Day>)]
    #[serde(rename = "from")]
    _from: Option<DayAsked>,
    /// 最后一天；不写就是今天
    #[param(value_type = Option<Day>)]
    #[serde(rename = "to")]
    _to: Option<DayAsked>,
    /// 按什么分：topic 话题（缺省），channel 渠道，town 乡镇街道
    #[param(inline)]
    #[serde(rename = "by")]
    _by: Option<ByWord>,
    #[param(value_type = Option<ChannelCode>)]
    #[serde(rename = "channel")]
    _channel: Option<Channel>,
    #[param(value_type = Option<TopicWord>)]
    topic: Option<String>,
    #[param(value_type = Option<TownWord>)]
    town: Option<String>,
    /// 主办单位
    #[param(value_type = Option<DepartmentWord>)]
    department: Option<String>,
    /// yes：只要诉求，不要新闻
    #[param(inline)]
    #[serde(rename = "demands")]
    _demands: Option<YesWord>,
}

/// 趋势
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrendTable {
    #[schema(value_type = Day)]
    from: Date,
    #[schema(value_type = Day)]
    to: Date,
    by: ByWord,
    /// 一共多少条
    total: i64,
    /// 分成哪些，多的在前
    marks: Vec<TrendMark>,
    /// 一天一行；期间长的一周一行
    rows: Vec<TrendLine>,
}

/// 分成的一种
#[derive(Debug, Serialize, ToSchema)]
struct TrendMark {
    /// 代码；不涉诉求话题的、未定位的是 null
    code: Option<String>,
    name: String,
}

/// 一天或一周
#[derive(Debug, Serialize, ToSchema)]
struct TrendLine {
    #[schema(value_type = Day)]
    from: Date,
    #[schema(value_type = Day)]
    to: Date,
    items: i64,
    /// 各种的条数，先后同 marks
    of: Vec<i64>,
}

#[utoipa::path(get, path = "/trends", tag = "reports", summary = "按天或按周有多少信息，按反映的时间；保密件不在内", params(TrendsAsked),
    responses((status = 200, description = "条数", body = TrendTable)))]
pub(super) async fn trends(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    Ask(asked): Ask<TrendsAsked>,
) -> Answer<TrendTable> {
    known(&state, asked.topic.as_deref(), asked.town.as_deref(), asked.department.as_deref())?;
    let span = span_of(&state, &query).map_err(Problem::of_input)?;
    let Counted { by, counts, .. } = counted(&state, &caller, &query, span).await?;
    let table = Counts::of(&counts);
    let line = |(from, to): (Date, Date)| TrendLine {
        from,
        to,
        items: table.sum(from, to, None),
        of: table.marks.iter().map(|mark| table.sum(from, to, Some(mark))).collect(),
    };
    let rows: Vec<TrendLine> = stretches(&span).into_iter().map(line).collect();
    let mark = |mark: &Option<String>| TrendMark {
        code: mark.clone(),
        name: by.name(mark.as_deref(), &state.names),
    };
    Ok(Json(TrendTable {
        from: span.from,
        to: span.to,
        by: match by {
            By::Topic => ByWord::Topic,
            By::Channel => ByWord::Channel,
            By::Town => ByWord::Town,
        },
        total: rows.iter().map(|row| row.items).sum(),
        marks: table.marks.iter().map(mark).collect(),
        rows,
    }))
}
