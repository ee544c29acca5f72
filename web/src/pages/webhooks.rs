//! The addresses that events are sent on to: the list with how far each has come, the form of one, and a trial.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::ids::WebhookId;
use qingting_models::records::{OutKind, Webhook, WebhookSettings};
use qingting_models::store::{OutboxState, StoreError, WebhookStart};
use qingting_respond::notices::send::SendError;
use qingting_respond::webhooks::{Forwarder, is_secret, new_secret};

use super::notices::{channel_form::address, tabs};
use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, NavLink, Notice};
use crate::moment::Moment;
use crate::query::Query;
use crate::view::{Choice, Tag};

const PATH: &str = "/webhooks";
/// Longest name and longest address, in characters.
const NAME: usize = 40;
const URL: usize = 500;

/// The list.
#[derive(Debug, Template)]
#[template(path = "webhooks.html")]
pub struct WebhooksPage {
    pub frame: Frame,
    pub tabs: Vec<NavLink>,
    pub webhooks: Vec<WebhookRow>,
    /// The last number that was given.
    pub last: i64,
    /// How many events are kept, and for how many days.
    pub kept: i64,
    pub days: u16,
    /// Name and secret of one that was just added, or got a new secret.
    pub fresh: Option<(String, String)>,
}

/// One in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRow {
    pub id: String,
    pub name: String,
    pub host: String,
    pub kinds: Vec<&'static str>,
    pub standing: Tag,
    /// Events that wait to be sent, those of other kinds counted too.
    pub behind: i64,
    /// Events that were dropped before they could be sent.
    pub missed: i64,
    pub arrived: Option<Moment>,
    pub error: Option<String>,
    pub tries: i64,
    pub next_at: Option<Moment>,
}

/// The form of one.
#[derive(Debug, Template)]
#[template(path = "webhook.html")]
pub struct WebhookPage {
    pub frame: Frame,
    /// `None` for one that is new.
    pub id: Option<String>,
    pub version: String,
    pub name: String,
    pub url: String,
    pub inside: bool,
    pub enabled: bool,
    pub kinds: Vec<Choice>,
    /// From which number on it is sent events; what stands there when it stays where it is.
    pub after: String,
    pub dropped: i64,
    pub last: i64,
    pub longest_name: usize,
    pub longest_url: usize,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let mut page = list(&state, &caller).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

async fn list(state: &AppState, caller: &Caller) -> Result<WebhooksPage, WebError> {
    let reach = state.store.outbox_state().await?;
    let now = state.store.now();
    let row = |webhook: Webhook| WebhookRow {
        standing: standing(&webhook),
        behind: behind(&webhook, reach),
        missed: missed(&webhook, reach),
        arrived: webhook.arrived_at.map(|at| Moment::new(at, now)),
        next_at: (webhook.enabled && webhook.tries > 0).then(|| Moment::new(webhook.next_at, now)),
        id: webhook.id.to_string(),
        host: host(&webhook.settings.url),
        kinds: webhook.settings.kinds.iter().map(|kind| kind.label()).collect(),
        name: webhook.name,
        error: webhook.error,
        tries: webhook.tries,
    };
    Ok(WebhooksPage {
        frame: Frame::inside(state, caller, "变动推送", PATH),
        tabs: tabs(caller, PATH),
        webhooks: state.store.webhooks().await?.into_iter().map(row).collect(),
        last: reach.last,
        kept: reach.last - reach.dropped,
        days: state.desk.county().retention.events,
        fresh: None,
    })
}

/// Events that wait to be sent, those of other kinds counted too.
pub(crate) fn behind(webhook: &Webhook, reach: OutboxState) -> i64 {
    reach.last - webhook.seen.max(reach.dropped)
}

/// Events that were dropped before they could be sent.
pub(crate) fn missed(webhook: &Webhook, reach: OutboxState) -> i64 {
    (reach.dropped - webhook.seen).max(0)
}

fn standing(webhook: &Webhook) -> Tag {
    match (webhook.enabled, webhook.error.is_some()) {
        (true, false) => Tag::new("正常", "tag green"),
        (true, true) => Tag::new("送不到，在重试", "tag yellow"),
        (false, true) => Tag::new("送不到，已停", "tag red"),
        (false, false) => Tag::new("停用", "tag"),
    }
}

/// The machine of an address; the rest may hold a password.
fn host(address: &str) -> String {
    url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

pub async fn new(State(state): State<AppState>, caller: Caller) -> Answer {
    let kinds = OutKind::ALL.iter().map(|kind| ("kind", kind.code()));
    let typed: Vec<(&str, &str)> = [("version", "0")].into_iter().chain(kinds).collect();
    html(&page(&state, &caller, None, &Form::of(&typed)).await?)
}

pub async fn edit(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let webhook = webhook(&state, &id).await?;
    let on = |on: bool| if on { "on" } else { "" };
    let version = webhook.version.to_string();
    let mut typed = vec![
        ("name", webhook.name.as_str()),
        ("url", webhook.settings.url.as_str()),
        ("inside", on(webhook.settings.inside)),
        ("enabled", on(webhook.enabled)),
        ("version", version.as_str()),
    ];
    typed.extend(webhook.settings.kinds.iter().map(|kind| ("kind", kind.code())));
    html(&page(&state, &caller, Some(&webhook), &Form::of(&typed)).await?)
}

async fn page(
    state: &AppState,
    caller: &Caller,
    before: Option<&Webhook>,
    typed: &Form,
) -> Result<WebhookPage, WebError> {
    let reach = state.store.outbox_state().await?;
    let chosen: Vec<&str> = typed.all("kind").collect();
    Ok(WebhookPage {
        frame: Frame::inside(state, caller, "变动推送", PATH),
        id: before.map(|webhook| webhook.id.to_string()),
        version: typed.text("version").into(),
        name: typed.text("name").into(),
        url: typed.text("url").into(),
        inside: typed.text("inside") == "on",
        enabled: typed.text("enabled") == "on",
        kinds: OutKind::ALL
            .iter()
            .map(|kind| Choice::new(kind.code(), kind.label(), chosen.contains(&kind.code())))
            .collect(),
        after: typed.text("after").into(),
        dropped: reach.dropped,
        last: reach.last,
        longest_name: NAME,
        longest_url: URL,
    })
}

pub async fn add(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    match create(&state, &caller, &form).await {
        Ok((_, name, secret)) => shown(&state, &caller, name, secret).await,
        Err(error) => refused(&state, &caller, None, &form, error).await,
    }
}

pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let before = webhook(&state, &id).await?;
    match save(&state, &caller, &before, &form).await {
        Ok(Some(secret)) => shown(&state, &caller, form.text("name").to_owned(), secret).await,
        Ok(None) => Ok(back("", PATH, "webhook-changed")),
        Err(error) => refused(&state, &caller, Some(&before), &form, error).await,
    }
}

/// The list with a secret, this one time.
async fn shown(state: &AppState, caller: &Caller, name: String, secret: String) -> Answer {
    let mut page = list(state, caller).await?;
    page.fresh = Some((name, secret));
    html(&page)
}

async fn refused(
    state: &AppState,
    caller: &Caller,
    before: Option<&Webhook>,
    form: &Form,
    error: WebError,
) -> Answer {
    let (WebError::Bad(why) | WebError::Conflict(why)) = error else { return Err(error) };
    let mut again = page(state, caller, before, form).await?;
    again.frame = again.frame.with(Some(Notice::bad(why)));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&again)?).into_response())
}

/// Adds the address of a form; its id, its name and its secret.
///
/// # Errors
/// [`WebError::Bad`] that says what is wrong.
pub(crate) async fn create(
    state: &AppState,
    caller: &Caller,
    form: &Form,
) -> Result<(WebhookId, String, String), WebError> {
    let (name, settings) = read(form)?;
    let start = start(form)?.unwrap_or(WebhookStart::Now);
    let secret = match form.raw("secret").trim() {
        "" => new_secret()?,
        typed if is_secret(typed) => typed.to_owned(),
        _ => {
            return Err(WebError::bad(
                "“签名密钥”应为 whsec_ 加上 24 至 64 个字节的 Base64；不填就由程序生成",
            ));
        }
    };
    let added = state.store.add_webhook(&name, &settings, &secret, start, caller.actor()).await;
    Ok((added.map_err(in_words)?, name, secret))
}

/// Saves the address of a form, which has to be at the version that the form names; the new secret, if one was asked for.
///
/// # Errors
/// [`WebError::Bad`] that says what is wrong, [`WebError::Conflict`] when somebody else was faster.
pub(crate) async fn save(
    state: &AppState,
    caller: &Caller,
    before: &Webhook,
    form: &Form,
) -> Result<Option<String>, WebError> {
    let (name, settings) = read(form)?;
    let start = start(form)?;
    let secret = if form.text("new_secret") == "on" { Some(new_secret()?) } else { None };
    let seen = form.must("version", "版本")?;
    let enabled = form.text("enabled") == "on";
    let (id, actor) = (before.id, caller.actor());
    let saved = state
        .store
        .change_webhook(id, seen, &name, enabled, &settings, secret.as_deref(), start, actor)
        .await;
    saved.map(|()| secret).map_err(in_words)
}

fn in_words(error: StoreError) -> WebError {
    match error {
        StoreError::Taken { value, .. } => WebError::bad(format!("已有名为“{value}”的推送，请换一个名称")),
        StoreError::Conflict { .. } => {
            WebError::Conflict("这个推送刚刚被别人改过；请从列表重新打开，再做修改".into())
        }
        other => other.into(),
    }
}

/// Name and settings.
fn read(form: &Form) -> Result<(String, WebhookSettings), WebError> {
    let name = form.need("name", "名称", NAME)?.to_owned();
    let url = address(form.need("url", "地址", URL)?)?;
    let inside = form.text("inside") == "on";
    if url.starts_with("http://") && !inside {
        return Err(WebError::bad("内网以外的地址要用 https://"));
    }
    let kinds: Option<Vec<OutKind>> = form.all("kind").map(OutKind::from_code).collect();
    let mut kinds = kinds.ok_or_else(|| WebError::bad("没有这种变动"))?;
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        return Err(WebError::bad("请至少勾选一种变动"));
    }
    Ok((name, WebhookSettings { url, inside, kinds }))
}

/// The number that was typed; none for one that stays where it is, or begins now.
fn start(form: &Form) -> Result<Option<WebhookStart>, WebError> {
    let after: Option<i64> = form.parsed("after", "从哪一号之后开始")?;
    match after {
        Some(after) if after < 0 => Err(WebError::bad("“从哪一号之后开始”应为 0 或更大的整数")),
        after => Ok(after.map(WebhookStart::After)),
    }
}

pub async fn remove(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let webhook = webhook(&state, &id).await?;
    state.store.remove_webhook(webhook.id, caller.actor()).await?;
    Ok(back("", PATH, "webhook-removed"))
}

/// Sends an event that says it is a trial, and says on the list what came of it.
pub async fn test(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let webhook = webhook(&state, &id).await?;
    let notice = match send_test(&state, &webhook).await? {
        Ok(()) => Notice::good(format!("“{}”收下了测试。", webhook.name)),
        Err(error) => Notice::bad(format!("“{}”没有收下测试：{error}", webhook.name)),
    };
    let mut page = list(&state, &caller).await?;
    page.frame = page.frame.with(Some(notice));
    html(&page)
}

/// Sends an event that says it is a trial; why it did not arrive.
///
/// # Errors
/// When the server does not use the network.
pub(crate) async fn send_test(
    state: &AppState,
    webhook: &Webhook,
) -> Result<Result<(), SendError>, WebError> {
    let http = state.http.clone().ok_or_else(|| WebError::bad("这台服务器不使用网络"))?;
    Ok(Forwarder::new(state.store.clone(), http).try_webhook(webhook).await?)
}

/// The one of an address.
///
/// # Errors
/// When there is none.
pub(crate) async fn webhook(state: &AppState, id: &str) -> Result<Webhook, WebError> {
    let id: WebhookId = read_id(id)?;
    state.store.webhook(id).await?.ok_or(WebError::NotFound)
}

#[cfg(test)]
impl crate::samples::Sampled for WebhooksPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let row = |t: &str, failing: bool| WebhookRow {
            id: t.into(),
            name: t.into(),
            host: t.into(),
            kinds: vec!["新工单", "工单变动"],
            standing: if failing {
                Tag::new("送不到，在重试", "tag yellow")
            } else {
                Tag::new("正常", "tag green")
            },
            behind: i64::from(failing) * 12,
            missed: i64::from(failing),
            arrived: (!failing).then(|| moment(60)),
            error: failing.then(|| t.to_owned()),
            tries: i64::from(failing),
            next_at: failing.then(|| moment(-60)),
        };
        let page = |t: String| Self {
            frame: frame(&t),
            tabs: vec![],
            webhooks: vec![row(&t, true), row(&t, false)],
            last: 12_345,
            kept: 12_000,
            days: 30,
            fresh: Some((t.clone(), t)),
        };
        let empty = |t: String| Self { webhooks: vec![], fresh: None, ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}

#[cfg(test)]
impl crate::samples::Sampled for WebhookPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile};
        let page = |t: &str, id: Option<String>| Self {
            frame: frame(t),
            id,
            version: t.into(),
            name: t.into(),
            url: t.into(),
            inside: true,
            enabled: true,
            kinds: vec![choice(t)],
            after: t.into(),
            dropped: 7,
            last: 12_345,
            longest_name: NAME,
            longest_url: URL,
        };
        hostile().into_iter().flat_map(|t| [page(&t, None), page(&t, Some(t.clone()))]).collect()
    }
}
