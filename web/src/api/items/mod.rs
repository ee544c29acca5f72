//! Items: the work list. What is known of one and what is decided about it stand in files of their own.

pub(super) mod decide;
pub(super) mod whole;

use axum::Json;
use axum::extract::State;
use qingting_models::county::{TopicCode, Town};
use qingting_models::ids::{CaseId, ItemId, SourceId};
use qingting_models::records::{Channel, Item, Kind, Role, Urgency};
use qingting_models::store::BestPage;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Ask, known};
use super::problem::Problem;
use super::schema::{
    AnyTopic, AnyTown, At, ChannelCode, Id, KindCode, Text, TopicWord, TownWord, UrgencyLevel,
};
use super::{Answer, Listed};
use crate::app::AppState;
use crate::caller::Caller;
use crate::pages::items;
use crate::query::Query;
use crate::view::{snippet, title_text, waits_blind};

/// 信息（列表里的一条）
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemLine {
    #[schema(value_type = Id)]
    id: ItemId,
    /// 内容的版本，来源更新一次加一；办理时要带上
    version: i64,
    title: String,
    /// 内容的开头
    summary: String,
    #[schema(value_type = ChannelCode)]
    channel: Channel,
    #[schema(value_type = Id)]
    source: SourceId,
    /// 第一次收到的时间
    first_seen_at: At,
    /// 研判过（模型或人）
    judged: bool,
    judged_by_person: bool,
    /// 盲评：研判人先自己判断，看不到模型的意见
    blind: bool,
    /// 模型拿不准
    unsure: bool,
    #[schema(value_type = Vec<AnyTopic>)]
    topics: Vec<TopicCode>,
    #[schema(value_type = Option<KindCode>)]
    kind: Option<Kind>,
    #[schema(value_type = UrgencyLevel)]
    urgency: Urgency,
    #[schema(value_type = Option<AnyTown>)]
    town: Option<Town>,
    /// 保密件
    confidential: bool,
    /// 标记为不需办理的理由
    dismissed: Option<String>,
    /// 只存档的原因
    archived: Option<String>,
    /// 答复它的工单
    #[schema(value_type = Option<Id>)]
    case: Option<CaseId>,
}

impl ItemLine {
    fn new(item: &Item, judges: bool) -> Self {
        let blind = judges && waits_blind(item);
        Self {
            id: item.id,
            version: item.version,
            title: title_text(&item.content.title),
            summary: snippet(&item.content.body, 160),
            channel: item.channel,
            source: item.source,
            first_seen_at: At(item.first_seen_at),
            judged: item.judged_version > 0,
            judged_by_person: item.judged_by_person,
            blind,
            unsure: item.unsure && !blind,
            topics: if blind { Vec::new() } else { item.topics.clone() },
            kind: item.kind.filter(|_| !blind),
            urgency: item.urgency,
            town: item.town.clone().filter(|_| !blind),
            confidential: item.confidential,
            dismissed: item.dismissed.clone(),
            archived: item.archived.clone(),
            case: item.case,
        }
    }

    /// As the caller sees it in a list.
    pub(super) fn seen(item: &Item, caller: &Caller) -> Self {
        Self::new(item, caller.has_any(&[Role::Duty, Role::Discipline]))
    }
}

/// Which items a list shows, by the words of its page.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ItemStateWord {
    Open,
    Unsure,
    Case,
    Dismissed,
    Archived,
    All,
}

/// In which order a list holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ItemOrderWord {
    Newest,
    Best,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ItemsAsked {
    /// 状态：open 待处理（缺省），unsure 拿不准，case 已立工单，dismissed 不需办理，archived 存档，all 全部
    #[param(inline)]
    #[serde(rename = "state")]
    _state: Option<ItemStateWord>,
    #[param(value_type = Option<ChannelCode>)]
    #[serde(rename = "channel")]
    _channel: Option<Channel>,
    #[param(value_type = Option<TopicWord>)]
    topic: Option<String>,
    #[param(value_type = Option<TownWord>)]
    town: Option<String>,
    /// 紧急程度不低于：1 关注，2 紧急
    #[param(minimum = 0, maximum = 2)]
    urgency: Option<u8>,
    /// 要找的词；引号（"…"、“…”、「…」）里的要原样出现，这时一页可能不满甚至是空的，next 不是 null 就还要接着读
    #[param(value_type = Option<String>, max_length = 200, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    q: Option<Text<200>>,
    /// 顺序：newest 新的在前（缺省），best 最相关的在前，只排找到的最新 1000 条；没有 q 时都是新的在前
    #[param(inline)]
    order: Option<ItemOrderWord>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// The name of the list in the order of what fits best, for its cursors.
const BEST: &str = "items-best";

#[utoipa::path(get, path = "/items", tag = "items", summary = "信息列表，新的或最相关的在前", params(ItemsAsked),
    responses((status = 200, description = "一页", body = Listed<ItemLine>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    Ask(asked): Ask<ItemsAsked>,
) -> Answer<Listed<ItemLine>> {
    known(&state, asked.topic.as_deref(), asked.town.as_deref(), None)?;
    if asked.urgency.is_some_and(|level| level > 2) {
        return Err(Problem::unfit("参数“urgency”只能是 0、1、2"));
    }
    let _ = asked.q;
    let filter = items::filter(&state, &query);
    let cursor = asked.cursor.as_deref();
    if asked.order == Some(ItemOrderWord::Best) && !filter.sought.is_empty() {
        let size = ask::page("items", None, asked.limit)?.size;
        let after = cursor.map(|cursor| ask::place_in(BEST, cursor)).transpose()?;
        let found = state.store.best_items(&caller.viewer, &filter, BestPage { after, size }).await?;
        let next = found.next.map(|place| ask::closed(BEST, &place.to_string()));
        let rows = found.rows.iter().map(|item| ItemLine::seen(item, &caller)).collect();
        return Ok(Json(Listed { rows, next }));
    }
    let page = ask::page("items", cursor, asked.limit)?;
    let found = state.store.items(&caller.viewer, &filter, page).await?;
    Ok(Json(Listed::of("items", found, |item| ItemLine::seen(&item, &caller))))
}
