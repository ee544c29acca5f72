//! Items: the work list, one of them, and what is decided about it.

use axum::Json;
use axum::extract::State;
use qingting_models::county::{DepartmentCode, TopicCode, Town};
use qingting_models::ids::{CaseId, IncidentId, ItemId, SourceId};
use qingting_models::records::{Channel, Item, Judge, Judgement, Kind, PlaceMention, Role, Urgency};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Ask, Body, Key};
use super::problem::Problem;
use super::schema::{
    AnyDepartment, AnyTopic, AnyTown, At, ChannelCode, DepartmentWord, Filled, Id, KindCode, Text, TopicWord,
    TownWord, UrgencyLevel,
};
use super::{Answer, DONE, Done, Listed};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::pages::{item_assign, item_dismiss, item_judge, items};
use crate::people::People;
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

/// 信息（全文和研判）
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemWhole {
    #[serde(flatten)]
    line: ItemLine,
    /// 隐去个人信息后的全文
    body: String,
    url: Option<String>,
    occurred_at: Option<At>,
    /// 上级平台派来的时间
    dispatched_at: Option<At>,
    /// 来源要求的办结时间
    due_at: Option<At>,
    withdrawn_at: Option<At>,
    /// 来源带来的其他内容
    facts: Vec<Fact>,
    /// 所属的事件
    #[schema(value_type = Option<Id>)]
    incident: Option<IncidentId>,
    /// 研判，最近的在前；盲评时为空
    judgements: Vec<JudgementLine>,
    /// 较早的版本
    versions: Vec<VersionLine>,
}

/// 名称和内容
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: String,
}

impl From<(String, String)> for Fact {
    fn from((name, value): (String, String)) -> Self {
        Self { name, value }
    }
}

/// 一次研判
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JudgementLine {
    at: At,
    /// 由人：姓名；由模型：null
    by: Option<String>,
    model: Option<String>,
    unsure: bool,
    topics: Vec<TopicLine>,
    #[schema(value_type = KindCode)]
    kind: Kind,
    #[schema(value_type = UrgencyLevel)]
    urgency: Urgency,
    /// 建议的单位类别
    office: String,
    /// 人选定的单位
    #[schema(value_type = Option<AnyDepartment>)]
    department: Option<DepartmentCode>,
    places: Vec<PlaceLine>,
}

/// 话题和把握
#[derive(Debug, Serialize, ToSchema)]
struct TopicLine {
    #[schema(value_type = AnyTopic)]
    code: TopicCode,
    /// 0 至 1
    score: f32,
    /// 起作用的词
    words: Vec<String>,
}

/// 地点
#[derive(Debug, Serialize, ToSchema)]
struct PlaceLine {
    #[schema(value_type = Option<AnyTown>)]
    town: Option<Town>,
    name: String,
    /// 有把握
    sure: bool,
}

/// 较早的版本
#[derive(Debug, Serialize, ToSchema)]
struct VersionLine {
    version: i64,
    replaced_at: At,
    title: String,
    body: String,
}

fn judgement(j: &Judgement, people: &People) -> JudgementLine {
    let words = |code: &TopicCode| {
        let mut words: Vec<String> = Vec::new();
        for reason in j.reasons.iter().filter(|r| r.topic == *code && r.weight > 0.0) {
            if !words.contains(&reason.word) {
                words.push(reason.word.clone());
            }
        }
        words
    };
    let (by, model) = match &j.judge {
        Judge::Person { user } => (Some(people.name(*user)), None),
        Judge::Model { model } => (None, Some(model.clone())),
    };
    JudgementLine {
        at: At(j.at),
        by,
        model,
        unsure: j.unsure,
        topics: j
            .topics
            .iter()
            .map(|t| TopicLine { words: words(&t.code), code: t.code.clone(), score: t.score })
            .collect(),
        kind: j.kind,
        urgency: j.urgency,
        office: j.office.clone(),
        department: j.department.clone(),
        places: j
            .places
            .iter()
            .map(|p: &PlaceMention| PlaceLine {
                town: p.town.clone(),
                name: p.name.clone(),
                sure: p.is_sure(),
            })
            .collect(),
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
    /// 要找的词
    #[param(value_type = Option<String>, max_length = 200, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    q: Option<Text<200>>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/items", tag = "items", summary = "信息列表，新的在前", params(ItemsAsked),
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
    let page = ask::page("items", asked.cursor.as_deref(), asked.limit)?;
    let found = state.store.items(&caller.viewer, &items::filter(&state, &query), page).await?;
    Ok(Json(Listed::of("items", found, |item| ItemLine::seen(&item, &caller))))
}

/// Refuses words that stand in no table of the county.
pub(super) fn known(
    state: &AppState,
    topic: Option<&str>,
    town: Option<&str>,
    department: Option<&str>,
) -> Result<(), Problem> {
    let names = &state.names;
    let none = |what: &str, word: &str| {
        let word: String = word.chars().take(40).collect();
        Err(Problem::unfit(format!("没有{what}“{word}”；可用的见 GET {}/county", super::PATH)))
    };
    match (topic, town, department) {
        (Some(word), ..) if !names.has_topic(word) => none("话题", word),
        (_, Some(word), _) if !names.has_town(word) => none("乡镇街道", word),
        (.., Some(word)) if !names.has_department(word) => none("单位", word),
        _ => Ok(()),
    }
}

#[utoipa::path(get, path = "/items/{id}", tag = "items", summary = "一条信息", params(("id" = Id, Path)),
    responses((status = 200, description = "信息", body = ItemWhole)))]
pub(super) async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
) -> Answer<ItemWhole> {
    let (store, eyes) = (&state.store, &caller.viewer);
    let item = store.item(eyes, id).await?.ok_or(WebError::NotFound)?;
    let judges = store.item(&caller.judging_eyes(), id).await?.is_some();
    let line = ItemLine::new(&item, judges);
    let people = People::load(store).await?;
    let judgements = if line.blind { Vec::new() } else { store.judgements(eyes, id).await? };
    let versions = store.item_versions(eyes, id).await?;
    let incident = store.incidents_of(eyes, &[id]).await?.get(&id).map(|(incident, _)| *incident);
    let content = item.content;
    Ok(Json(ItemWhole {
        line,
        body: content.body,
        url: content.url,
        occurred_at: content.occurred_at.map(At),
        dispatched_at: content.upstream.dispatched_at.map(At),
        due_at: content.upstream.due_at.map(At),
        withdrawn_at: item.withdrawn_at.map(At),
        facts: content.upstream.fields.into_iter().map(Fact::from).collect(),
        incident,
        judgements: judgements.iter().map(|j| judgement(j, &people)).collect(),
        versions: versions
            .into_iter()
            .map(|v| VersionLine {
                version: v.version,
                replaced_at: At(v.replaced_at),
                title: v.content.title,
                body: v.content.body,
            })
            .collect(),
    }))
}

/// 看到的版本
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    /// 看到的是哪一版；之后有人改过就拒绝（409）
    #[schema(minimum = 0, maximum = 4294967295u32)]
    pub(super) version: u32,
}

#[utoipa::path(post, path = "/items/{id}/confirm", tag = "items", summary = "确认现有的研判", params(("id" = Id, Path)),
    request_body = Seen, responses((status = 204, description = "已确认")))]
pub(super) async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
    Body(seen): Body<Seen>,
) -> Done {
    let item = state.store.item(&caller.judging_eyes(), id).await?.ok_or(WebError::NotFound)?;
    item_judge::confirm_item(&state, &caller, &item, seen.version.into()).await?;
    Ok(DONE)
}

/// 研判
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct JudgementAsked {
    #[schema(minimum = 0, maximum = 4294967295u32)]
    version: u32,
    /// 话题，最主要的在前；可以一个也没有
    #[schema(value_type = Vec<TopicWord>, max_items = 20)]
    topics: Vec<String>,
    #[schema(value_type = KindCode)]
    kind: Kind,
    #[schema(value_type = UrgencyLevel)]
    urgency: Urgency,
    #[schema(value_type = Option<TownWord>)]
    town: Option<String>,
    /// 建议的单位
    #[schema(value_type = Option<DepartmentWord>)]
    department: Option<String>,
}

impl JudgementAsked {
    fn form(&self) -> Form {
        let mut rows: Vec<(&str, String)> = vec![
            ("version", self.version.to_string()),
            ("kind", self.kind.code().into()),
            ("urgency", u8::from(self.urgency).to_string()),
            ("town", self.town.clone().unwrap_or_default()),
            ("department", self.department.clone().unwrap_or_default()),
        ];
        rows.extend(self.topics.iter().map(|code| ("topic", code.clone())));
        ask::form(rows)
    }
}

#[utoipa::path(post, path = "/items/{id}/judge", tag = "items", summary = "重新研判", params(("id" = Id, Path)),
    request_body = JudgementAsked, responses((status = 204, description = "已保存；涉及保密的可能从此看不到")))]
pub(super) async fn judge(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
    Body(asked): Body<JudgementAsked>,
) -> Done {
    if asked.topics.len() > 20 {
        return Err(Problem::unfit("字段“topics”最多 20 个"));
    }
    for topic in &asked.topics {
        known(&state, Some(topic), None, None)?;
    }
    known(&state, None, asked.town.as_deref(), asked.department.as_deref())?;
    item_judge::judge_item(&state, &caller, id, &asked.form()).await?;
    Ok(DONE)
}

/// 分派
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssignmentAsked {
    #[schema(minimum = 0, maximum = 4294967295u32)]
    version: u32,
    /// 主办单位
    #[schema(value_type = DepartmentWord)]
    department: String,
    #[schema(value_type = Option<String>, max_length = 1000, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    reason: Option<Text<1000>>,
}

/// 立的工单
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Opened {
    #[schema(value_type = Id)]
    id: CaseId,
    /// 工单号，如 2026-00123
    number: String,
}

#[utoipa::path(post, path = "/items/{id}/assign", tag = "items", summary = "分派给单位，立工单", params(("id" = Id, Path)),
    request_body = AssignmentAsked, responses((status = 200, description = "工单已建立", body = Opened)))]
pub(super) async fn assign(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
    Body(asked): Body<AssignmentAsked>,
) -> Answer<Opened> {
    known(&state, None, None, Some(&asked.department))?;
    let form = ask::form(vec![
        ("version", asked.version.to_string()),
        ("department", asked.department),
        ("reason", asked.reason.unwrap_or_default().0),
    ]);
    let case = item_assign::assign(&state, &caller, id, &form).await?;
    Ok(Json(Opened { id: case.id, number: case.number }))
}

/// 理由
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    pub(super) reason: Filled<200>,
}

#[utoipa::path(post, path = "/items/{id}/dismiss", tag = "items", summary = "标记为不需办理", params(("id" = Id, Path)),
    request_body = Reason, responses((status = 204, description = "已标记")))]
pub(super) async fn dismiss(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ItemId>,
    Body(asked): Body<Reason>,
) -> Done {
    item_dismiss::dismiss_item(&state, &caller, id, &ask::form(vec![("reason", asked.reason.0)])).await?;
    Ok(DONE)
}

#[utoipa::path(post, path = "/items/{id}/restore", tag = "items", summary = "恢复到待研判", params(("id" = Id, Path)),
    responses((status = 204, description = "已恢复")))]
pub(super) async fn restore(State(state): State<AppState>, caller: Caller, Key(id): Key<ItemId>) -> Done {
    state.store.restore_item(&caller.judging_eyes(), id, caller.actor()).await?;
    Ok(DONE)
}
