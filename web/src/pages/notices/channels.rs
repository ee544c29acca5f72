//! The ways out of the house: the list, the form of one, and a message to try it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::ids::NoticeChannelId;
use qingting_models::records::{HttpMethod, MailSecurity, NoticeChannel};
use qingting_models::store::StoreError;
use qingting_respond::notices::send::{Courier, SendError};

use super::super::{Answer, back, html, read_id};
use super::channel_form::{KINDS, Typed, blank, fields, read, typed};
use super::tabs;
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, NavLink, Notice};
use crate::moment::Moment;
use crate::people::People;
use crate::query::Query;
use crate::view::Choice;

const PATH: &str = "/notices/channels";

/// The list.
#[derive(Debug, Template)]
#[template(path = "channels.html")]
pub struct ChannelsPage {
    pub frame: Frame,
    pub tabs: Vec<NavLink>,
    pub channels: Vec<ChannelRow>,
    pub kinds: Vec<Choice>,
    /// The address that links begin with; without one messages carry no link.
    pub base_url: Option<String>,
}

/// A channel in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelRow {
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    pub confidential: bool,
    pub enabled: bool,
    pub changed_at: Moment,
    pub changed_by: String,
}

/// The form of one.
#[derive(Debug, Template)]
#[template(path = "channel.html")]
pub struct ChannelPage {
    pub frame: Frame,
    /// `None` for one that is new.
    pub id: Option<String>,
    pub kind_label: &'static str,
    pub typed: Typed,
    pub has_secret: bool,
    pub securities: Vec<Choice>,
    pub methods: Vec<Choice>,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    html(&list(&state, &caller).await?.done(query.get("done")))
}

async fn list(state: &AppState, caller: &Caller) -> Result<ChannelsPage, WebError> {
    let people = People::load(&state.store).await?;
    let now = state.store.now();
    let row = |channel: NoticeChannel| ChannelRow {
        id: channel.id.to_string(),
        kind: channel.settings.way.label(),
        confidential: channel.settings.confidential,
        name: channel.name,
        enabled: channel.enabled,
        changed_at: Moment::new(channel.changed_at, now),
        changed_by: people.actor(channel.changed_by),
    };
    Ok(ChannelsPage {
        frame: Frame::inside(state, caller, "外发渠道", PATH),
        tabs: tabs(caller, PATH),
        channels: state.store.notice_channels().await?.into_iter().map(row).collect(),
        kinds: KINDS.iter().map(|(code, label)| Choice::new(*code, *label, false)).collect(),
        base_url: state.settings.base_url.clone(),
    })
}

impl ChannelsPage {
    fn done(mut self, code: Option<&str>) -> Self {
        self.frame = self.frame.done(code);
        self
    }
}

pub async fn new(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let kind = query.text("kind");
    if !KINDS.iter().any(|(code, _)| *code == kind) {
        return Ok(axum::response::Redirect::to(PATH).into_response());
    }
    html(&page(&state, &caller, None, blank(kind)))
}

pub async fn edit(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let channel = channel(&state, &id).await?;
    let fields = fields(&channel);
    html(&page(&state, &caller, Some(&channel), fields))
}

pub async fn add(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    submit(&state, &caller, None, &form).await
}

pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let channel = channel(&state, &id).await?;
    submit(&state, &caller, Some(&channel), &form).await
}

/// Sends a message that says it is a trial, and says on the list what came of it.
pub async fn test(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let channel = channel(&state, &id).await?;
    let tried = send_test(&state, &caller, &channel).await?;
    let mut page = list(&state, &caller).await?;
    let notice = match tried {
        Ok(()) if channel.settings.way.is_personal() => {
            Notice::good(format!("“{}”接受了测试消息，发到您本人登记的地址；请看看收到没有。", channel.name))
        }
        Ok(()) => Notice::good(format!("“{}”接受了测试消息；请到接收方看看收到没有。", channel.name)),
        Err(error) => Notice::bad(format!("“{}”的测试消息没有送到：{error}", channel.name)),
    };
    page.frame = page.frame.with(Some(notice));
    html(&page)
}

/// Sends a message that says it is a trial; why it did not arrive.
///
/// # Errors
/// When the server does not use the network.
pub(crate) async fn send_test(
    state: &AppState,
    caller: &Caller,
    channel: &NoticeChannel,
) -> Result<Result<(), SendError>, WebError> {
    let http = state.http.clone().ok_or_else(|| WebError::bad("这台服务器不使用网络"))?;
    let courier = Courier::new(state.store.clone(), http, state.settings.base_url.clone());
    Ok(courier.try_channel(channel, caller.user().id).await?)
}

/// The channel of an address.
///
/// # Errors
/// When there is none.
pub(crate) async fn channel(state: &AppState, id: &str) -> Result<NoticeChannel, WebError> {
    let id: NoticeChannelId = read_id(id)?;
    state.store.notice_channel(id).await?.ok_or(WebError::NotFound)
}

async fn submit(state: &AppState, caller: &Caller, before: Option<&NoticeChannel>, form: &Form) -> Answer {
    match save(state, caller, before, form).await {
        Ok(()) => Ok(back("", PATH, if before.is_some() { "channel-changed" } else { "channel-added" })),
        Err(WebError::Bad(why) | WebError::Conflict(why)) => {
            let kind = before.map_or_else(|| form.text("kind"), |channel| channel.settings.way.kind());
            let typed = Typed { kind: kind.to_owned(), ..typed(form) };
            let mut shown = page(state, caller, before, typed);
            shown.frame = shown.frame.with(Some(Notice::bad(why)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)?).into_response())
        }
        Err(error) => Err(error),
    }
}

/// Saves the channel of a form; one that there is has to be at the version that the form names.
///
/// # Errors
/// [`WebError::Bad`] that says what is wrong, [`WebError::Conflict`] when somebody else was faster.
pub(crate) async fn save(
    state: &AppState,
    caller: &Caller,
    before: Option<&NoticeChannel>,
    form: &Form,
) -> Result<(), WebError> {
    let (name, settings, secret) = read(form, before)?;
    let (enabled, by) = (form.text("enabled") == "on", caller.actor());
    let secret = secret.as_ref();
    let saved = match before {
        None => state.store.add_notice_channel(&name, enabled, &settings, secret, by).await.map(drop),
        Some(channel) => {
            let seen = form.must("version", "版本")?;
            let (id, store) = (channel.id, &state.store);
            store.change_notice_channel(id, seen, &name, enabled, &settings, secret, by).await
        }
    };
    match saved {
        Ok(()) => Ok(()),
        Err(StoreError::Taken { value, .. }) => {
            Err(WebError::bad(format!("已有名为“{value}”的渠道，请换一个名称")))
        }
        Err(StoreError::Conflict { .. }) => {
            Err(WebError::Conflict("这个渠道刚刚被别人改过；请从列表重新打开，再做修改".into()))
        }
        Err(error) => Err(error.into()),
    }
}

fn page(state: &AppState, caller: &Caller, before: Option<&NoticeChannel>, typed: Typed) -> ChannelPage {
    let label = KINDS.iter().find(|(code, _)| *code == typed.kind).map_or("渠道", |(_, label)| label);
    ChannelPage {
        frame: Frame::inside(state, caller, "外发渠道", PATH),
        id: before.map(|channel| channel.id.to_string()),
        kind_label: label,
        has_secret: before.is_some_and(|channel| channel.has_secret),
        securities: MailSecurity::ALL
            .iter()
            .map(|one| Choice::new(one.code(), one.label(), one.code() == typed.security))
            .collect(),
        methods: HttpMethod::ALL
            .iter()
            .map(|one| Choice::new(one.code(), one.label(), one.code() == typed.method))
            .collect(),
        typed,
    }
}

#[cfg(test)]
impl crate::samples::Sampled for ChannelsPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile, moment};
        let row = |t: &str, enabled: bool| ChannelRow {
            id: t.into(),
            name: t.into(),
            kind: "邮件",
            confidential: enabled,
            enabled,
            changed_at: moment(60),
            changed_by: t.into(),
        };
        let page = |t: String| Self {
            frame: frame(&t),
            tabs: vec![],
            channels: vec![row(&t, true), row(&t, false)],
            kinds: vec![choice(&t)],
            base_url: Some(t),
        };
        let empty = |t: String| Self { channels: vec![], base_url: None, ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}

#[cfg(test)]
impl crate::samples::Sampled for ChannelPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile};
        let page = |t: &str, kind: &str| Self {
            frame: frame(t),
            id: (kind != "sms").then(|| t.to_owned()),
            kind_label: "邮件",
            typed: Typed {
                kind: kind.to_owned(),
                version: t.into(),
                name: t.into(),
                enabled: true,
                inside: true,
                confidential: true,
                host: t.into(),
                port: t.into(),
                user: t.into(),
                from: t.into(),
                url: t.into(),
                security: t.into(),
                method: t.into(),
                headers: t.into(),
                body: t.into(),
                accepted: t.into(),
            },
            has_secret: kind != "sms",
            securities: vec![choice(t)],
            methods: vec![choice(t)],
        };
        let every = |t: String| KINDS.iter().map(move |(kind, _)| page(&t, kind)).collect::<Vec<_>>();
        hostile().into_iter().flat_map(every).collect()
    }
}
