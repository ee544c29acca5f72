//! The rules that raise alerts: read, tried on the last days, set.

use axum::Json;
use axum::extract::State;
use qingting_models::county::{TopicCode, Town};
use qingting_models::ids::{AlertRuleId, ItemId};
use qingting_models::records::{
    AlertCondition, AlertRule, Channel, GrowthCondition, IncidentCondition, Near, Urgency, WordCondition,
};
use qingting_respond::alerts::TRIAL_DAYS;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ask::{Body, Key, object, objects};
use super::problem::Problem;
use super::schema::{At, ChannelCode, Filled, Id, TopicWord, TownWord, UrgencyLevel, Whole};
use super::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::names::Names;
use crate::pages::alert_rule_form::{form_of, in_words, read_rule};
use crate::pages::alert_rules::{Tried, examples, save, try_rule};
use crate::people::People;
use crate::view::title_text;

/// 预警的条件：写了的都要符合，没有写的不要求；至少要写一项
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AlertConditionBody {
    /// 标题和内容里的词
    #[serde(deserialize_with = "object")]
    words: AlertWords,
    /// 话题之一
    #[schema(value_type = Vec<TopicWord>, max_items = 100)]
    topics: Vec<String>,
    /// 乡镇街道之一
    #[schema(value_type = Vec<TownWord>, max_items = 100)]
    towns: Vec<String>,
    /// 渠道之一
    #[schema(value_type = Vec<ChannelCode>, max_items = 20)]
    channels: Vec<Channel>,
    /// 来源级别之一，见基础数据里的 county.toml
    #[schema(max_items = 20)]
    tiers: Vec<Filled<40>>,
    /// 至少这样紧急
    #[schema(value_type = UrgencyLevel)]
    urgency_min: Urgency,
    /// 比往常同一时段明显多；0 是不要求
    #[serde(deserialize_with = "object")]
    growth: AlertGrowth,
    /// 事件有多大；0 是不要求
    #[serde(deserialize_with = "object")]
    incident: AlertIncident,
    /// 同一事件有人看过以后，几小时内不再提醒：1 至 720
    repeat_hours: Whole,
}

/// 词：一个词里不能有空白、逗号、顿号和分号
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct AlertWords {
    /// 全都要有
    #[schema(max_items = 100)]
    all: Vec<Filled<40>>,
    /// 有一个就行
    #[schema(max_items = 100)]
    any: Vec<Filled<40>>,
    /// 一个也不能有
    #[schema(max_items = 100)]
    none: Vec<Filled<40>>,
    /// 相隔不远的两个词，有一对就行
    #[serde(deserialize_with = "objects::<100, _, _>")]
    #[schema(max_items = 100)]
    near: Vec<AlertNear>,
}

/// 相隔不远的两个词，先后不论
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AlertNear {
    one: Filled<40>,
    other: Filled<40>,
    /// 最多隔几个字：0 至 200
    within: Whole,
}

/// 比往常多：都写或都不写
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct AlertGrowth {
    /// 最近几小时：1 至 72
    hours: Whole,
    /// 至少几件：3 至 10000
    items_min: Whole,
}

/// 事件的大小：件数和小时数都写或都不写
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct AlertIncident {
    /// 同一事件至少几件：2 至 10000
    items_min: Whole,
    /// 在几小时之内：1 至 720
    within_hours: Whole,
    /// 热度至少：0 至 1000000
    #[schema(minimum = 0, maximum = 1_000_000)]
    heat_min: f64,
}

impl Default for AlertConditionBody {
    fn default() -> Self {
        Self::from(&AlertCondition::default())
    }
}

impl From<&AlertCondition> for AlertConditionBody {
    fn from(condition: &AlertCondition) -> Self {
        let words = |list: &[String]| list.iter().cloned().map(Filled).collect();
        let near = |near: &Near| AlertNear {
            one: Filled(near.one.clone()),
            other: Filled(near.other.clone()),
            within: Whole(near.within),
        };
        // What was saved was checked to lie within a million.
        let whole = |n: i64| Whole(u32::try_from(n).unwrap_or(u32::MAX));
        Self {
            words: AlertWords {
                all: words(&condition.words.all),
                any: words(&condition.words.any),
                none: words(&condition.words.none),
                near: condition.words.near.iter().map(near).collect(),
            },
            topics: condition.topics.iter().map(|topic| topic.as_str().to_owned()).collect(),
            towns: condition.towns.iter().map(|town| town.as_str().to_owned()).collect(),
            channels: condition.channels.clone(),
            tiers: words(&condition.tiers),
            urgency_min: condition.urgency_min,
            growth: AlertGrowth {
                hours: Whole(condition.growth.hours),
                items_min: whole(condition.growth.items_min),
            },
            incident: AlertIncident {
                items_min: whole(condition.incident.items_min),
                within_hours: Whole(condition.incident.within_hours),
                heat_min: condition.incident.heat_min,
            },
            repeat_hours: Whole(condition.repeat_hours),
        }
    }
}

impl AlertConditionBody {
    fn condition(self) -> AlertCondition {
        let words =
            |list: Vec<Filled<40>>| list.into_iter().map(|Filled(word)| word.trim().to_owned()).collect();
        let near = |near: AlertNear| Near {
            one: near.one.0.trim().to_owned(),
            other: near.other.0.trim().to_owned(),
            within: near.within.0,
        };
        AlertCondition {
            words: WordCondition {
                all: words(self.words.all),
                any: words(self.words.any),
                none: words(self.words.none),
                near: self.words.near.into_iter().map(near).collect(),
            },
            topics: self.topics.into_iter().map(TopicCode::from).collect(),
            towns: self.towns.into_iter().map(Town::from).collect(),
            channels: self.channels,
            tiers: words(self.tiers),
            urgency_min: self.urgency_min,
            growth: GrowthCondition { hours: self.growth.hours.0, items_min: self.growth.items_min.into() },
            incident: IncidentCondition {
                items_min: self.incident.items_min.into(),
                within_hours: self.incident.within_hours.0,
                heat_min: self.incident.heat_min,
            },
            repeat_hours: self.repeat_hours.0,
        }
    }
}

/// 预警规则
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AlertRuleWhole {
    #[schema(value_type = Id)]
    id: AlertRuleId,
    name: String,
    enabled: bool,
    /// 每次变动加一；修改时要带上
    version: i64,
    condition: AlertConditionBody,
    /// 条件的文字说法
    says: String,
    changed_at: At,
    changed_by: String,
}

fn whole(rule: AlertRule, names: &Names, people: &People) -> AlertRuleWhole {
    AlertRuleWhole {
        id: rule.id,
        enabled: rule.enabled,
        version: rule.version,
        condition: AlertConditionBody::from(&rule.condition),
        says: in_words(&rule.condition, names),
        name: rule.name,
        changed_at: At(rule.changed_at),
        changed_by: people.actor(rule.changed_by),
    }
}

#[utoipa::path(get, path = "/alerts/rules", tag = "alerts", summary = "所有预警规则",
    responses((status = 200, description = "规则", body = Vec<AlertRuleWhole>)))]
pub(super) async fn rules(State(state): State<AppState>) -> Answer<Vec<AlertRuleWhole>> {
    let people = People::load(&state.store).await?;
    let rules = state.store.alert_rules().await?;
    Ok(Json(rules.into_iter().map(|rule| whole(rule, &state.names, &people)).collect()))
}

#[utoipa::path(get, path = "/alerts/rules/{id}", tag = "alerts", summary = "一条预警规则", params(("id" = Id, Path)),
    responses((status = 200, description = "规则", body = AlertRuleWhole)))]
pub(super) async fn rule(State(state): State<AppState>, Key(id): Key<AlertRuleId>) -> Answer<AlertRuleWhole> {
    let rule = state.store.alert_rule(id).await?.ok_or(WebError::NotFound)?;
    Ok(Json(whole(rule, &state.names, &People::load(&state.store).await?)))
}

/// 要试算的条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TryRuleAsked {
    #[serde(deserialize_with = "object")]
    condition: AlertConditionBody,
}

/// 试算：用在最近三十天的信息上会怎样；保密件不在内
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RuleTrial {
    days: i64,
    /// 看过的第一条信息是什么时候来的
    since: Option<At>,
    /// 看过多少条
    items: usize,
    /// 命中多少条
    caught: usize,
    /// 会有多少次预警
    alerts: usize,
    /// 保存前该知道的：一条也没有命中，或者几乎都命中
    warning: Option<String>,
    /// 最近命中的，至多 10 条；只列您看得到的
    examples: Vec<CaughtLine>,
}

/// 命中的信息
#[derive(Debug, Serialize, ToSchema)]
struct CaughtLine {
    #[schema(value_type = Id)]
    item: ItemId,
    title: String,
    /// 命中了什么
    why: String,
    at: At,
}

#[utoipa::path(post, path = "/alerts/rules/try", tag = "alerts", summary = "试算一个条件，什么也不保存",
    request_body = TryRuleAsked, responses((status = 200, description = "结果", body = RuleTrial)))]
pub(super) async fn try_condition(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<TryRuleAsked>,
) -> Answer<RuleTrial> {
    let (_, _, condition) = read("试算", true, 0, asked.condition, &state.names)?;
    let Tried { trial, warning } = try_rule(&state, &condition).await?;
    let (since, items, caught, alerts) = (trial.since, trial.items, trial.caught, trial.alerts);
    let found = examples(&state, &caller, &condition, trial).await?.into_iter();
    let line = |(item, why): (qingting_models::records::Item, String)| CaughtLine {
        item: item.id,
        title: title_text(&item.content.title),
        why,
        at: At(item.first_seen_at),
    };
    Ok(Json(RuleTrial {
        days: TRIAL_DAYS,
        since: since.map(At),
        items,
        caught,
        alerts,
        warning,
        examples: found.map(line).collect(),
    }))
}

/// 要保存的预警规则
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertRuleAsked {
    /// 看到的版本；新的规则写 0
    version: Whole,
    name: Filled<40>,
    enabled: bool,
    #[serde(deserialize_with = "object")]
    condition: AlertConditionBody,
    /// 试算有提醒的（一条也没有命中，或者几乎都命中），仍要启用
    #[serde(default)]
    anyway: bool,
}

/// 保存的规则
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AlertRuleSaved {
    #[schema(value_type = Id)]
    id: AlertRuleId,
}

#[utoipa::path(post, path = "/alerts/rules", tag = "alerts", summary = "添加一条预警规则；先试算，有提醒的要写 anyway",
    request_body = AlertRuleAsked, responses((status = 200, description = "已添加", body = AlertRuleSaved)))]
pub(super) async fn add_rule(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<AlertRuleAsked>,
) -> Answer<AlertRuleSaved> {
    Ok(Json(AlertRuleSaved { id: set(&state, &caller, None, asked).await? }))
}

#[utoipa::path(put, path = "/alerts/rules/{id}", tag = "alerts", summary = "修改、停用、启用一条预警规则", params(("id" = Id, Path)),
    request_body = AlertRuleAsked, responses((status = 204, description = "已保存")))]
pub(super) async fn change_rule(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<AlertRuleId>,
    Body(asked): Body<AlertRuleAsked>,
) -> Done {
    state.store.alert_rule(id).await?.ok_or(WebError::NotFound)?;
    set(&state, &caller, Some(id), asked).await?;
    Ok(DONE)
}

#[utoipa::path(post, path = "/alerts/rules/first", tag = "alerts", summary = "一条规则也没有时，装入样例",
    responses((status = 204, description = "已装入；有规则的不变")))]
pub(super) async fn first_rules(State(state): State<AppState>, caller: Caller) -> Done {
    state.desk.add_first_alert_rules(caller.actor()).await?;
    Ok(DONE)
}

/// Saves a rule as its page does: tried before, and with a word more where the trial speaks against it.
async fn set(
    state: &AppState,
    caller: &Caller,
    id: Option<AlertRuleId>,
    asked: AlertRuleAsked,
) -> Result<AlertRuleId, Problem> {
    let enabled = asked.enabled;
    let (form, name, condition) =
        read(&asked.name.0, enabled, asked.version.0, asked.condition, &state.names)?;
    if enabled
        && !asked.anyway
        && let Some(warning) = try_rule(state, &condition).await?.warning
    {
        return Err(Problem::refused(format!("{warning}仍要保存，请写 \"anyway\": true")));
    }
    Ok(save(state, caller, id, &form, &name, enabled, &condition).await?)
}

/// The form that the page would have sent, and what it says. A word that the page's fields would cut in two is refused.
fn read(
    name: &str,
    enabled: bool,
    version: u32,
    condition: AlertConditionBody,
    names: &Names,
) -> Result<(Form, String, AlertCondition), Problem> {
    let asked = condition.condition();
    let form = form_of(name, &version.to_string(), enabled, &asked);
    let in_condition = |error| Problem::of_field("condition", error);
    let (name, condition) = read_rule(&form, names).map_err(in_condition)?;
    if condition != asked {
        let detail = "一个词里不能有空白、逗号、顿号和分号，请拆成几个词";
        return Err(Problem::unfit(format!("字段“condition.words”：{detail}")));
    }
    Ok((form, name, condition))
}
