//! What happened: events by number, and the addresses that they are sent on to.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use qingting_models::ids::{OutEventId, WebhookId};
use qingting_models::records::{NumberedEvent, OutKind, Webhook};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Ask, Body, Key};
use super::problem::{Problem, ProblemDocument};
use super::schema::{At, Filled, Id, OutKindCode, Whole};
use super::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::pages::webhooks::{behind, create, missed, save, send_test, webhook};
use crate::people::People;

/// Events of a page where none are asked for.
const ROWS: i64 = 100;

/// 一条变动；只有编号、代码和时间，要看文字凭编号去取
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventLine {
    /// 号码，后来的总比先来的大
    seq: i64,
    /// 同一条变动无论取几次、送几次都相同，用它去重
    #[schema(value_type = Id)]
    id: OutEventId,
    #[serde(rename = "type")]
    #[schema(value_type = OutKindCode)]
    kind: OutKind,
    timestamp: At,
    /// 信息的：item、version、by（model 或 person）、topics、unsure、kind、urgency、town、office；
    /// 工单的：case、number、item、version、action、by（user、system、console）、state、lead、helpers、topic、town、urgency、due
    data: Map<String, Value>,
}

impl From<NumberedEvent> for EventLine {
    fn from(NumberedEvent { seq, event }: NumberedEvent) -> Self {
        let data = match event.data {
            Value::Object(data) => data,
            _ => Map::new(),
        };
        Self { seq, id: event.id, kind: event.kind, timestamp: At(event.at), data }
    }
}

/// 一段变动
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventsRead {
    events: Vec<EventLine>,
    /// 下一次的 after；这一号和以前的都看过了
    next: i64,
    /// 后面马上还有
    more: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsAsked {
    /// 上一次回答里的 next；不写就从保存着的最早一条开始
    #[param(minimum = 0)]
    after: Option<i64>,
    /// 只要这一种
    #[param(value_type = Option<OutKindCode>)]
    kind: Option<OutKind>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

#[utoipa::path(get, path = "/events", tag = "events", summary = "变动流", params(EventsAsked),
    responses((status = 200, description = "after 之后的变动，按号码", body = EventsRead),
        (status = 410, description = "after 以后的变动有的过了保存期，已经删除；请不带 after 重新开始，并核对数据", body = ProblemDocument,
            content_type = "application/problem+json")))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Ask(asked): Ask<EventsAsked>,
) -> Answer<EventsRead> {
    let limit = asked.limit.unwrap_or(ROWS);
    if !(1..=1000).contains(&limit) {
        return Err(Problem::unfit("参数“limit”应为 1 至 1000"));
    }
    let dropped = state.store.outbox_state().await?.dropped;
    let after = asked.after.unwrap_or(dropped);
    if after < 0 {
        return Err(Problem::unfit("参数“after”应为 0 或更大"));
    }
    if after < dropped {
        let detail =
            format!("第 {dropped} 号和以前的变动过了保存期，已经删除；请不带 after 重新开始，并核对数据");
        return Err(Problem::new(StatusCode::GONE, detail));
    }
    let kinds: Vec<OutKind> = asked.kind.into_iter().collect();
    let page = state.store.events_after(&caller.viewer, after, &kinds, limit).await?;
    Ok(Json(EventsRead {
        events: page.events.into_iter().map(EventLine::from).collect(),
        next: page.next,
        more: page.more,
    }))
}

/// 推送；签名密钥只在添加和更换时给一次
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookWhole {
    #[schema(value_type = Id)]
    id: WebhookId,
    name: String,
    url: String,
    /// 接收方在内网
    inside: bool,
    #[schema(value_type = Vec<OutKindCode>)]
    kinds: Vec<OutKind>,
    enabled: bool,
    /// 每次变动加一；修改时要带上
    version: i64,
    /// 送到哪一号了
    seen: i64,
    /// 待送的，别的种类也算在内
    behind: i64,
    /// 没来得及送就过了保存期的
    missed: i64,
    /// 下一条试过多少次
    tries: i64,
    /// 上一次为什么没有送到
    error: Option<String>,
    /// 最近一次送到
    arrived_at: Option<At>,
    changed_at: At,
    changed_by: String,
}

async fn whole(state: &AppState, webhooks: Vec<Webhook>) -> Result<Vec<WebhookWhole>, Problem> {
    let people = People::load(&state.store).await?;
    let reach = state.store.outbox_state().await?;
    let one = |webhook: Webhook| WebhookWhole {
        behind: behind(&webhook, reach),
        missed: missed(&webhook, reach),
        id: webhook.id,
        name: webhook.name,
        url: webhook.settings.url,
        inside: webhook.settings.inside,
        kinds: webhook.settings.kinds,
        enabled: webhook.enabled,
        version: webhook.version,
        seen: webhook.seen,
        tries: webhook.tries,
        error: webhook.error,
        arrived_at: webhook.arrived_at.map(At),
        changed_at: At(webhook.changed_at),
        changed_by: people.actor(webhook.changed_by),
    };
    Ok(webhooks.into_iter().map(one).collect())
}

#[utoipa::path(get, path = "/webhooks", tag = "events", summary = "所有推送",
    responses((status = 200, description = "推送", body = Vec<WebhookWhole>)))]
pub(super) async fn webhooks(State(state): State<AppState>) -> Answer<Vec<WebhookWhole>> {
    Ok(Json(whole(&state, state.store.webhooks().await?).await?))
}

#[utoipa::path(get, path = "/webhooks/{id}", tag = "events", summary = "一个推送", params(("id" = Id, Path)),
    responses((status = 200, description = "推送", body = WebhookWhole)))]
pub(super) async fn one_webhook(
    State(state): State<AppState>,
    Key(id): Key<WebhookId>,
) -> Answer<WebhookWhole> {
    let webhook = webhook(&state, &id.to_string()).await?;
    let one = whole(&state, vec![webhook]).await?.pop();
    one.map(Json).ok_or_else(|| Problem::internal("no webhook"))
}

/// 要添加的推送
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookAsked {
    name: Filled<40>,
    /// 以 https:// 开头；内网的也可以是 http://
    url: Filled<500>,
    /// 接收方在内网
    #[serde(default)]
    inside: bool,
    /// 送什么，至少一种
    #[schema(value_type = Vec<OutKindCode>, min_items = 1)]
    kinds: Vec<OutKind>,
    /// 从哪一号之后开始；不写就从现在起
    after: Option<Whole>,
    /// 签名密钥：whsec_ 加 Base64；不写就由程序生成
    secret: Option<Filled<100>>,
}

/// 要修改的推送
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookChange {
    /// 看到的版本
    version: Whole,
    name: Filled<40>,
    /// 以 https:// 开头；内网的也可以是 http://
    url: Filled<500>,
    /// 接收方在内网
    #[serde(default)]
    inside: bool,
    enabled: bool,
    /// 送什么，至少一种
    #[schema(value_type = Vec<OutKindCode>, min_items = 1)]
    kinds: Vec<OutKind>,
    /// 从哪一号之后开始；不写就从停下的地方接着送
    after: Option<Whole>,
    /// 换一个新的签名密钥
    #[serde(default)]
    new_secret: bool,
}

fn form(rows: Vec<(&'static str, String)>, kinds: &[OutKind], after: Option<&Whole>) -> Form {
    let kinds = kinds.iter().map(|kind| ("kind", kind.code().to_owned()));
    let after = after.map(|after| ("after", after.to_string()));
    ask::form(rows.into_iter().chain(kinds).chain(after).collect())
}

fn on(on: bool) -> String {
    if on { "on".to_owned() } else { String::new() }
}

/// 添加了的推送
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookAdded {
    #[schema(value_type = Id)]
    id: WebhookId,
    /// 签名密钥，只给这一次
    secret: String,
}

#[utoipa::path(post, path = "/webhooks", tag = "events", summary = "添加推送", request_body = WebhookAsked,
    responses((status = 200, description = "已添加", body = WebhookAdded)))]
pub(super) async fn add_webhook(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<WebhookAsked>,
) -> Answer<WebhookAdded> {
    let rows = vec![
        ("name", asked.name.0),
        ("url", asked.url.0),
        ("inside", on(asked.inside)),
        ("secret", asked.secret.map(|secret| secret.0).unwrap_or_default()),
    ];
    let form = form(rows, &asked.kinds, asked.after.as_ref());
    let (id, _, secret) = create(&state, &caller, &form).await.map_err(Problem::of_input)?;
    Ok(Json(WebhookAdded { id, secret }))
}

/// 修改了的推送
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookSaved {
    /// 新的签名密钥，只给这一次；没有换就是 null
    secret: Option<String>,
}

#[utoipa::path(put, path = "/webhooks/{id}", tag = "events", summary = "修改推送", params(("id" = Id, Path)),
    request_body = WebhookChange, responses((status = 200, description = "已保存", body = WebhookSaved)))]
pub(super) async fn change_webhook(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<WebhookId>,
    Body(asked): Body<WebhookChange>,
) -> Answer<WebhookSaved> {
    let before = webhook(&state, &id.to_string()).await?;
    let rows = vec![
        ("version", asked.version.to_string()),
        ("name", asked.name.0),
        ("url", asked.url.0),
        ("inside", on(asked.inside)),
        ("enabled", on(asked.enabled)),
        ("new_secret", on(asked.new_secret)),
    ];
    let form = form(rows, &asked.kinds, asked.after.as_ref());
    let secret = save(&state, &caller, &before, &form).await.map_err(Problem::of_input)?;
    Ok(Json(WebhookSaved { secret }))
}

#[utoipa::path(post, path = "/webhooks/{id}/remove", tag = "events", summary = "移除推送", params(("id" = Id, Path)),
    responses((status = 204, description = "已移除")))]
pub(super) async fn remove_webhook(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<WebhookId>,
) -> Done {
    state.store.remove_webhook(id, caller.actor()).await?;
    Ok(DONE)
}

/// 测试的结果
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookTested {
    /// 接收方收下了
    accepted: bool,
    /// 为什么没有送到
    why: Option<String>,
}

#[utoipa::path(post, path = "/webhooks/{id}/test", tag = "events", summary = "发一条测试", params(("id" = Id, Path)),
    responses((status = 200, description = "结果", body = WebhookTested)))]
pub(super) async fn test_webhook(
    State(state): State<AppState>,
    Key(id): Key<WebhookId>,
) -> Answer<WebhookTested> {
    let webhook = webhook(&state, &id.to_string()).await?;
    let why = send_test(&state, &webhook).await?.err().map(|error| error.to_string());
    Ok(Json(WebhookTested { accepted: why.is_none(), why }))
}
