//! Alerts: the list, that somebody looked, and silences.

use axum::Json;
use axum::extract::State;
use qingting_models::ids::{AlertId, AlertRuleId, IncidentId, ItemId, SilenceId};
use qingting_models::records::{Alert, Urgency};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Ask, Body, Key};
use super::schema::{At, Filled, Id, Text, UrgencyLevel};
use super::{Answer, DONE, Done, Listed};
use crate::app::AppState;
use crate::caller::Caller;
use crate::pages::alerts;
use crate::people::People;
use crate::query::Query;

/// 预警
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AlertLine {
    #[schema(value_type = Id)]
    id: AlertId,
    #[schema(value_type = Id)]
    rule: AlertRuleId,
    rule_name: String,
    #[schema(value_type = Id)]
    incident: IncidentId,
    /// 最先命中的信息
    #[schema(value_type = Id)]
    item: ItemId,
    confidential: bool,
    why: String,
    /// 命中多少件
    items: i64,
    #[schema(value_type = UrgencyLevel)]
    urgency: Urgency,
    first_at: At,
    last_at: At,
    /// 谁看过；还没有人看过是 null
    seen: Option<LookedAt>,
}

/// 谁在什么时候看过
#[derive(Debug, Serialize, ToSchema)]
struct LookedAt {
    by: String,
    at: At,
    note: String,
}

fn line(alert: Alert, people: &People) -> AlertLine {
    AlertLine {
        id: alert.id,
        rule: alert.rule,
        rule_name: alert.rule_name,
        incident: alert.incident,
        item: alert.item,
        confidential: alert.confidential,
        why: alert.why,
        items: alert.items,
        urgency: alert.urgency,
        first_at: At(alert.first_at),
        last_at: At(alert.last_at),
        seen: alert.seen.map(|seen| LookedAt { by: people.actor(seen.by), at: At(seen.at), note: seen.note }),
    }
}

/// Whether a list shows also what somebody has looked at.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AlertStateWord {
    Unseen,
    All,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AlertsAsked {
    /// unseen 还没有人看过的（缺省），all 全部
    #[param(inline)]
    #[serde(rename = "state")]
    _state: Option<AlertStateWord>,
    #[param(value_type = Option<Id>)]
    #[serde(rename = "rule")]
    _rule: Option<AlertRuleId>,
    #[param(value_type = Option<Id>)]
    #[serde(rename = "incident")]
    _incident: Option<IncidentId>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/alerts", tag = "alerts", summary = "预警列表，新的在前", params(AlertsAsked),
    responses((status = 200, description = "一页", body = Listed<AlertLine>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    Ask(asked): Ask<AlertsAsked>,
) -> Answer<Listed<AlertLine>> {
    let page = ask::page("alerts", asked.cursor.as_deref(), asked.limit)?;
    let found = state.store.alerts(&caller.viewer, &alerts::filter(&query), page).await?;
    let people = People::load(&state.store).await?;
    Ok(Json(Listed::of("alerts", found, |alert| line(alert, &people))))
}

/// 备注
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteAsked {
    #[schema(value_type = Option<String>, max_length = 200, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    note: Option<Text<200>>,
}

#[utoipa::path(post, path = "/alerts/{id}/see", tag = "alerts", summary = "记下已经看过", params(("id" = Id, Path)),
    request_body = NoteAsked, responses((status = 204, description = "已记下；别人先看过的也一样")))]
pub(super) async fn see(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<AlertId>,
    Body(asked): Body<NoteAsked>,
) -> Done {
    alerts::look(&state, &caller, id, &asked.note.unwrap_or_default().0).await?;
    Ok(DONE)
}

/// 静默
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SilenceAsked {
    /// 多少小时：6、24、72、168
    #[schema(value_type = SilenceHours)]
    hours: i64,
    reason: Filled<100>,
    /// 整条规则都静默，不只对这个事件
    #[serde(default)]
    whole: bool,
}

/// How long a rule may be silenced, for the document alone.
struct SilenceHours;

impl utoipa::PartialSchema for SilenceHours {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .enum_values(Some(alerts::SILENCES.iter().map(|(hours, _)| *hours)))
            .into()
    }
}

impl ToSchema for SilenceHours {}

#[utoipa::path(post, path = "/alerts/{id}/silence", tag = "alerts", summary = "静默这条规则", params(("id" = Id, Path)),
    request_body = SilenceAsked, responses((status = 204, description = "已静默")))]
pub(super) async fn silence(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<AlertId>,
    Body(asked): Body<SilenceAsked>,
) -> Done {
    if !alerts::SILENCES.iter().any(|(hours, _)| *hours == asked.hours) {
        return Err(super::problem::Problem::unfit("字段“hours”只能是 6、24、72、168"));
    }
    let form = ask::form(vec![
        ("hours", asked.hours.to_string()),
        ("reason", asked.reason.0),
        ("whole", if asked.whole { "on".into() } else { String::new() }),
    ]);
    alerts::be_silent(&state, &caller, id, &form).await?;
    Ok(DONE)
}

/// 正在静默
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SilenceLine {
    #[schema(value_type = Id)]
    id: SilenceId,
    #[schema(value_type = Id)]
    rule: AlertRuleId,
    /// 只对哪个事件；整条规则的是 null
    #[schema(value_type = Option<Id>)]
    incident: Option<IncidentId>,
    reason: String,
    by: String,
    until: At,
}

#[utoipa::path(get, path = "/alerts/silences", tag = "alerts", summary = "正在静默的", responses((status = 200, description = "全部", body = Vec<SilenceLine>)))]
pub(super) async fn silences(State(state): State<AppState>, caller: Caller) -> Answer<Vec<SilenceLine>> {
    let people = People::load(&state.store).await?;
    let mut lines = Vec::new();
    for silence in state.store.silences().await? {
        if let Some(id) = silence.incident
            && state.store.incident(&caller.viewer, id).await?.is_none()
        {
            continue;
        }
        lines.push(SilenceLine {
            id: silence.id,
            rule: silence.rule,
            incident: silence.incident,
            reason: silence.reason,
            by: people.actor(silence.by),
            until: At(silence.until),
        });
    }
    Ok(Json(lines))
}

#[utoipa::path(post, path = "/alerts/silences/{id}/end", tag = "alerts", summary = "提前结束静默", params(("id" = Id, Path)),
    responses((status = 204, description = "已结束")))]
pub(super) async fn end_silence(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SilenceId>,
) -> Done {
    state.store.end_silence(id, caller.actor()).await?;
    Ok(DONE)
}
