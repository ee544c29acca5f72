//! The notice rules: who is told of what, and by which channels.

use axum::Json;
use axum::extract::State;
use jiff::civil::Time;
use qingting_models::ids::{NoticeChannelId, NoticeRuleId, UserId};
use qingting_models::records::{
    ActiveHours, NoticeKind, NoticePlan, NoticeReceivers, NoticeRule, Role, Urgency,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::ask::{Body, Key, Object, object};
use crate::api::problem::Problem;
use crate::api::schema::{At, Filled, Id, NoticeKindCode, RoleCode, UrgencyLevel, Whole};
use crate::api::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::pages::notices::rule_form::{events_in_words, form_of, read_rule, receivers_in_words};
use crate::pages::notices::rules::{choices, save};
use crate::people::People;

/// 通知规则写的内容
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NoticePlanBody {
    /// 通知哪些事
    #[schema(value_type = Vec<NoticeKindCode>, max_items = 100)]
    events: Vec<NoticeKind>,
    /// 至少这样紧急
    #[serde(default = "ordinary")]
    #[schema(value_type = Option<UrgencyLevel>)]
    urgency_min: Urgency,
    #[serde(deserialize_with = "object")]
    receivers: NoticeReceiversBody,
    /// 外发渠道；没有就只有站内通知
    #[serde(default)]
    #[schema(value_type = Vec<Id>, max_items = 100)]
    channels: Vec<NoticeChannelId>,
    /// 什么时候可以外发；任何时候是 null
    #[serde(default, deserialize_with = "hours_of")]
    hours: Option<NoticeHours>,
    /// 外发前等几分钟，几件一起发：0 至 1440
    #[serde(default)]
    wait_minutes: Whole,
    /// 同一件事几小时内不重复：0 至 720
    #[serde(default)]
    repeat_hours: Whole,
    /// 同一事件有更重的通知时不发
    #[serde(default)]
    inhibit: bool,
}

fn ordinary() -> Urgency {
    Urgency::Ordinary
}

fn hours_of<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<NoticeHours>, D::Error> {
    Ok(Option::<Object<NoticeHours>>::deserialize(deserializer)?.map(|Object(hours)| hours))
}

/// 通知谁；不能知道这件事的人总不在内
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct NoticeReceiversBody {
    /// 用户的编号
    #[schema(value_type = Vec<Id>, max_items = 500)]
    users: Vec<UserId>,
    /// 这些角色的所有人
    #[schema(value_type = Vec<RoleCode>, max_items = 7)]
    roles: Vec<Role>,
    /// 主办单位的这些角色
    #[schema(value_type = Vec<RoleCode>, max_items = 7)]
    lead: Vec<Role>,
    /// 协办单位的这些角色
    #[schema(value_type = Vec<RoleCode>, max_items = 7)]
    helpers: Vec<Role>,
    /// 当班人员
    on_duty: bool,
}

/// 外发的时段；从晚到早是跨夜
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoticeHours {
    #[schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    from: Filled<5>,
    #[schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    to: Filled<5>,
    /// 只在工作日
    #[serde(default)]
    workdays: bool,
    /// 紧急的不受时段限制
    #[serde(default)]
    urgent_always: bool,
}

impl From<&NoticePlan> for NoticePlanBody {
    fn from(plan: &NoticePlan) -> Self {
        let receivers = plan.receivers.clone();
        let clock = |time: Time| Filled(time.strftime("%H:%M").to_string());
        Self {
            events: plan.events.clone(),
            urgency_min: plan.urgency_min,
            receivers: NoticeReceiversBody {
                users: receivers.users,
                roles: receivers.roles,
                lead: receivers.lead,
                helpers: receivers.helpers,
                on_duty: receivers.on_duty,
            },
            channels: plan.channels.clone(),
            hours: plan.hours.as_ref().map(|hours| NoticeHours {
                from: clock(hours.from),
                to: clock(hours.to),
                workdays: hours.workdays,
                urgent_always: hours.urgent_always,
            }),
            wait_minutes: Whole(plan.wait_minutes),
            repeat_hours: Whole(plan.repeat_hours),
            inhibit: plan.inhibit,
        }
    }
}

impl NoticePlanBody {
    fn plan(self) -> Result<NoticePlan, Problem> {
        let clock = |name: &str, text: &Filled<5>| {
            let wrong = |_| Problem::unfit(format!("字段“plan.hours.{name}”：要写成 08:00 这样的时间"));
            Time::strptime("%H:%M", text.0.trim()).map_err(wrong)
        };
        let hours = self.hours.map(|hours| {
            Ok::<_, Problem>(ActiveHours {
                from: clock("from", &hours.from)?,
                to: clock("to", &hours.to)?,
                workdays: hours.workdays,
                urgent_always: hours.urgent_always,
            })
        });
        Ok(NoticePlan {
            events: self.events,
            urgency_min: self.urgency_min,
            receivers: NoticeReceivers {
                users: self.receivers.users,
                roles: self.receivers.roles,
                lead: self.receivers.lead,
                helpers: self.receivers.helpers,
                on_duty: self.receivers.on_duty,
            },
            channels: self.channels,
            hours: hours.transpose()?,
            wait_minutes: self.wait_minutes.0,
            repeat_hours: self.repeat_hours.0,
            inhibit: self.inhibit,
        })
    }
}

/// 通知规则
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct NoticeRuleWhole {
    #[schema(value_type = Id)]
    id: NoticeRuleId,
    name: String,
    enabled: bool,
    /// 每次变动加一；修改时要带上
    version: i64,
    plan: NoticePlanBody,
    /// 通知哪些事，文字
    events: String,
    /// 通知谁，文字
    receivers: String,
    changed_at: At,
    changed_by: String,
}

fn whole(rule: NoticeRule, people: &People) -> NoticeRuleWhole {
    NoticeRuleWhole {
        id: rule.id,
        enabled: rule.enabled,
        version: rule.version,
        plan: NoticePlanBody::from(&rule.plan),
        events: events_in_words(&rule.plan),
        receivers: receivers_in_words(&rule.plan, |user| people.name(user)),
        name: rule.name,
        changed_at: At(rule.changed_at),
        changed_by: people.actor(rule.changed_by),
    }
}

#[utoipa::path(get, path = "/notices/rules", tag = "notices", summary = "所有通知规则",
    responses((status = 200, description = "规则", body = Vec<NoticeRuleWhole>)))]
pub(in crate::api) async fn rules(State(state): State<AppState>) -> Answer<Vec<NoticeRuleWhole>> {
    let people = People::load(&state.store).await?;
    let rules = state.store.notice_rules().await?;
    Ok(Json(rules.into_iter().map(|rule| whole(rule, &people)).collect()))
}

#[utoipa::path(get, path = "/notices/rules/{id}", tag = "notices", summary = "一条通知规则", params(("id" = Id, Path)),
    responses((status = 200, description = "规则", body = NoticeRuleWhole)))]
pub(in crate::api) async fn rule(
    State(state): State<AppState>,
    Key(id): Key<NoticeRuleId>,
) -> Answer<NoticeRuleWhole> {
    let rule = state.store.notice_rule(id).await?.ok_or(WebError::NotFound)?;
    Ok(Json(whole(rule, &People::load(&state.store).await?)))
}

/// 要保存的通知规则
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NoticeRuleAsked {
    /// 看到的版本；新的规则写 0
    version: Whole,
    name: Filled<40>,
    enabled: bool,
    #[serde(deserialize_with = "object")]
    plan: NoticePlanBody,
}

async fn set(
    state: &AppState,
    caller: &Caller,
    id: Option<NoticeRuleId>,
    asked: NoticeRuleAsked,
) -> Result<(), Problem> {
    let plan = asked.plan.plan()?;
    let form = form_of(asked.name.0.trim(), &asked.version.to_string(), asked.enabled, &plan);
    let (users, channels) = choices(state).await?;
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let known: Vec<NoticeChannelId> = channels.iter().map(|channel| channel.id).collect();
    read_rule(&form, &ids, &known).map_err(|error| Problem::of_field("plan", error))?;
    Ok(save(state, caller, id, &form, &users, &channels).await?)
}

#[utoipa::path(post, path = "/notices/rules", tag = "notices", summary = "添加一条通知规则", request_body = NoticeRuleAsked,
    responses((status = 204, description = "已添加")))]
pub(in crate::api) async fn add_rule(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<NoticeRuleAsked>,
) -> Done {
    set(&state, &caller, None, asked).await?;
    Ok(DONE)
}

#[utoipa::path(put, path = "/notices/rules/{id}", tag = "notices", summary = "修改、停用、启用一条通知规则", params(("id" = Id, Path)),
    request_body = NoticeRuleAsked, responses((status = 204, description = "已保存")))]
pub(in crate::api) async fn change_rule(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<NoticeRuleId>,
    Body(asked): Body<NoticeRuleAsked>,
) -> Done {
    state.store.notice_rule(id).await?.ok_or(WebError::NotFound)?;
    set(&state, &caller, Some(id), asked).await?;
    Ok(DONE)
}

#[utoipa::path(post, path = "/notices/rules/first", tag = "notices", summary = "一条规则也没有时，装入样例",
    responses((status = 204, description = "已装入；有规则的不变")))]
pub(in crate::api) async fn first_rules(State(state): State<AppState>, caller: Caller) -> Done {
    state.desk.add_first_notice_rules(caller.actor()).await?;
    Ok(DONE)
}
