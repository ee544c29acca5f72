//! What goes out and what does not get out.

use axum::Json;
use axum::extract::State;
use qingting_models::ids::{DeliveryId, NoticeChannelId, UserId};
use qingting_models::records::{Delivery, DeliveryState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::ask::{self, Ask, Body, Key};
use crate::api::schema::{At, DeliveryStateCode, Filled, Id};
use crate::api::{Answer, DONE, Done, Listed};
use crate::app::AppState;
use crate::caller::Caller;

/// 一条外发的消息；里面只有编号、状态和时限
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DeliveryLine {
    #[schema(value_type = Id)]
    id: DeliveryId,
    #[schema(value_type = Id)]
    channel: NoticeChannelId,
    /// 发给谁；发到群里的是 null
    #[schema(value_type = Option<Id>)]
    receiver: Option<UserId>,
    /// 通知的事：种类和编号
    told: Vec<String>,
    #[schema(value_type = DeliveryStateCode)]
    state: DeliveryState,
    tries: i64,
    /// 为什么没有送到
    error: Option<String>,
    /// 放弃的原因
    note: Option<String>,
    made_at: At,
    /// 下一次发送；不再发的是 null
    next_at: Option<At>,
    sent_at: Option<At>,
}

impl From<Delivery> for DeliveryLine {
    fn from(delivery: Delivery) -> Self {
        let told = delivery.lines.iter().map(|line| format!("{} {}", line.kind.label(), line.number));
        Self {
            id: delivery.id,
            channel: delivery.channel,
            receiver: delivery.receiver,
            told: told.collect(),
            state: delivery.state,
            tries: delivery.tries,
            error: delivery.error,
            note: delivery.note,
            made_at: At(delivery.made_at),
            next_at: (delivery.state == DeliveryState::Waiting).then_some(At(delivery.next_at)),
            sent_at: delivery.sent_at.map(At),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DeliveriesWord {
    Stuck,
    All,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct DeliveriesAsked {
    /// stuck 未送达的（缺省），all 全部
    #[param(inline)]
    state: Option<DeliveriesWord>,
    #[param(value_type = Option<Id>)]
    channel: Option<NoticeChannelId>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/notices/deliveries", tag = "notices", summary = "外发的消息，新的在前", params(DeliveriesAsked),
    responses((status = 200, description = "一页", body = Listed<DeliveryLine>)))]
pub(in crate::api) async fn deliveries(
    State(state): State<AppState>,
    Ask(asked): Ask<DeliveriesAsked>,
) -> Answer<Listed<DeliveryLine>> {
    let page = ask::page("deliveries", asked.cursor.as_deref(), asked.limit)?;
    let stuck = asked.state != Some(DeliveriesWord::All);
    let found = state.store.deliveries(stuck, asked.channel, page).await?;
    Ok(Json(Listed::of("deliveries", found, DeliveryLine::from)))
}

#[utoipa::path(post, path = "/notices/deliveries/{id}/retry", tag = "notices", summary = "马上再发", params(("id" = Id, Path)),
    responses((status = 204, description = "已排上")))]
pub(in crate::api) async fn retry(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<DeliveryId>,
) -> Done {
    state.store.retry_delivery(id, caller.actor()).await?;
    Ok(DONE)
}

/// 为什么放弃
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct GiveUpAsked {
    note: Filled<200>,
}

#[utoipa::path(post, path = "/notices/deliveries/{id}/give-up", tag = "notices", summary = "放弃外发；站内通知不变", params(("id" = Id, Path)),
    request_body = GiveUpAsked, responses((status = 204, description = "已放弃")))]
pub(in crate::api) async fn give_up(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<DeliveryId>,
    Body(asked): Body<GiveUpAsked>,
) -> Done {
    state.store.give_up_delivery(id, asked.note.0.trim(), caller.actor()).await?;
    Ok(DONE)
}
