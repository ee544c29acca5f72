//! An item with its text, judgements and versions.

use axum::Json;
use axum::extract::State;
use qingting_models::county::{DepartmentCode, TopicCode, Town};
use qingting_models::ids::{IncidentId, ItemId};
use qingting_models::records::{Judge, Judgement, Kind, PlaceMention, Urgency};
use serde::Serialize;
use utoipa::ToSchema;

use super::ItemLine;
use crate::api::Answer;
use crate::api::ask::Key;
use crate::api::schema::{AnyDepartment, AnyTopic, AnyTown, At, Id, KindCode, UrgencyLevel};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::people::People;

/// 信息（全文和研判）
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ItemWhole {
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
    /// 原始内容销毁的时间
    erased_at: Option<At>,
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
pub(in crate::api) struct Fact {
    pub(in crate::api) name: String,
    pub(in crate::api) value: String,
}

impl From<(String, String)> for Fact {
    fn from((name, value): (String, String)) -> Self {
        Self { name, value }
    }
}

/// 一次研判
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct JudgementLine {
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

#[utoipa::path(get, path = "/items/{id}", tag = "items", summary = "一条信息", params(("id" = Id, Path)),
    responses((status = 200, description = "信息", body = ItemWhole)))]
pub(in crate::api) async fn one(
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
        erased_at: item.erased_at.map(At),
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
