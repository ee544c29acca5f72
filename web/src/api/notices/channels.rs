//! The ways out of the house. Secrets go in and never come out.

use axum::Json;
use axum::extract::State;
use qingting_models::ids::NoticeChannelId;
use qingting_models::records::{HttpMethod, MailSecurity, NoticeChannel};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::ask::{self, Body, Key};
use crate::api::problem::Problem;
use crate::api::schema::{At, Filled, Id, MailSecurityCode, MethodCode, Whole};
use crate::api::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::pages::notices::channel_form::{fields, read};
use crate::pages::notices::channels::{channel, save, send_test};
use crate::people::People;

/// smtp 邮件，wecom 企业微信机器人，dingtalk 钉钉机器人，feishu 飞书机器人，webhook 签名回调，sms 短信网关
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum ChannelKindWord {
    Smtp,
    Wecom,
    Dingtalk,
    Feishu,
    Webhook,
    Sms,
}

impl ChannelKindWord {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Smtp, "smtp"),
        (Self::Wecom, "wecom"),
        (Self::Dingtalk, "dingtalk"),
        (Self::Feishu, "feishu"),
        (Self::Webhook, "webhook"),
        (Self::Sms, "sms"),
    ];

    fn code(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, code)| code)
    }
}

/// 外发渠道；密码、密钥和机器人的地址看不到
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct NoticeChannelWhole {
    #[schema(value_type = Id)]
    id: NoticeChannelId,
    name: String,
    /// 种类：smtp、wecom、dingtalk、feishu、webhook、sms
    kind: &'static str,
    enabled: bool,
    /// 接收方在内网
    inside: bool,
    /// 保密件也发，只有编号
    confidential: bool,
    has_secret: bool,
    /// 每次变动加一；修改时要带上
    version: i64,
    /// 邮件服务器，或机器人地址里的主机
    host: String,
    port: String,
    user: String,
    from: String,
    url: String,
    security: String,
    method: String,
    headers: String,
    body: String,
    accepted: String,
    changed_at: At,
    changed_by: String,
}

fn whole(channel: &NoticeChannel, people: &People) -> NoticeChannelWhole {
    let typed = fields(channel);
    NoticeChannelWhole {
        id: channel.id,
        name: typed.name,
        kind: channel.settings.way.kind(),
        enabled: typed.enabled,
        inside: typed.inside,
        confidential: typed.confidential,
        has_secret: channel.has_secret,
        version: channel.version,
        host: typed.host,
        port: typed.port,
        user: typed.user,
        from: typed.from,
        url: typed.url,
        security: typed.security,
        method: typed.method,
        headers: typed.headers,
        body: typed.body,
        accepted: typed.accepted,
        changed_at: At(channel.changed_at),
        changed_by: people.actor(channel.changed_by),
    }
}

#[utoipa::path(get, path = "/notices/channels", tag = "notices", summary = "所有外发渠道",
    responses((status = 200, description = "渠道", body = Vec<NoticeChannelWhole>)))]
pub(in crate::api) async fn channels(State(state): State<AppState>) -> Answer<Vec<NoticeChannelWhole>> {
    let people = People::load(&state.store).await?;
    let channels = state.store.notice_channels().await?;
    Ok(Json(channels.iter().map(|channel| whole(channel, &people)).collect()))
}

#[utoipa::path(get, path = "/notices/channels/{id}", tag = "notices", summary = "一个外发渠道", params(("id" = Id, Path)),
    responses((status = 200, description = "渠道", body = NoticeChannelWhole)))]
pub(in crate::api) async fn one_channel(
    State(state): State<AppState>,
    Key(id): Key<NoticeChannelId>,
) -> Answer<NoticeChannelWhole> {
    let channel = channel(&state, &id.to_string()).await?;
    Ok(Json(whole(&channel, &People::load(&state.store).await?)))
}

/// 要保存的外发渠道；哪些要写看种类，见《安装与管理》
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NoticeChannelAsked {
    /// 看到的版本；新的渠道写 0
    version: Whole,
    /// 新的渠道必填；已有的不能改
    kind: Option<ChannelKindWord>,
    name: Filled<40>,
    enabled: bool,
    /// 接收方在内网
    #[serde(default)]
    inside: bool,
    /// 保密件也发，只有编号
    #[serde(default)]
    confidential: bool,
    /// 邮件服务器
    host: Option<Filled<100>>,
    port: Option<Whole>,
    #[schema(value_type = Option<MailSecurityCode>)]
    security: Option<MailSecurity>,
    /// 邮件服务器的用户名
    user: Option<Filled<100>>,
    /// 发件地址
    from: Option<Filled<100>>,
    /// 签名回调、短信网关的地址
    url: Option<Filled<1000>>,
    #[schema(value_type = Option<MethodCode>)]
    method: Option<HttpMethod>,
    /// 短信网关的请求头，每行写成 名称: 值
    headers: Option<Filled<4000>>,
    /// 短信网关的内容模板，有 {phone} 和 {text}
    body: Option<Filled<4000>>,
    /// 短信网关的回答里有它才算收下
    accepted: Option<Filled<200>>,
    /// 密码、密钥，或机器人的整个地址；不写就照旧
    key: Option<Filled<2000>>,
    /// 签名的密钥；不写就照旧
    sign: Option<Filled<2000>>,
}

impl NoticeChannelAsked {
    /// The form that the page would have sent.
    fn form(self) -> Form {
        let on = |on: bool| if on { "on".to_owned() } else { String::new() };
        let rows = vec![
            ("version", self.version.to_string()),
            ("kind", self.kind.map(|kind| kind.code().to_owned()).unwrap_or_default()),
            ("name", self.name.0),
            ("enabled", on(self.enabled)),
            ("inside", on(self.inside)),
            ("confidential", on(self.confidential)),
            ("host", self.host.map(|text| text.0).unwrap_or_default()),
            ("port", self.port.map(|port| port.to_string()).unwrap_or_default()),
            ("security", self.security.map(|one| one.code().to_owned()).unwrap_or_default()),
            ("user", self.user.map(|text| text.0).unwrap_or_default()),
            ("from", self.from.map(|text| text.0).unwrap_or_default()),
            ("url", self.url.map(|text| text.0).unwrap_or_default()),
            ("method", self.method.map(|one| one.code().to_owned()).unwrap_or_default()),
            ("headers", self.headers.map(|text| text.0).unwrap_or_default()),
            ("body", self.body.map(|text| text.0).unwrap_or_default()),
            ("accepted", self.accepted.map(|text| text.0).unwrap_or_default()),
            ("key", self.key.map(|text| text.0).unwrap_or_default()),
            ("sign", self.sign.map(|text| text.0).unwrap_or_default()),
        ];
        ask::form(rows)
    }
}

async fn set(
    state: &AppState,
    caller: &Caller,
    before: Option<&NoticeChannel>,
    asked: NoticeChannelAsked,
) -> Result<(), Problem> {
    match (before, asked.kind) {
        (None, None) => return Err(Problem::unfit("缺少字段“kind”")),
        (Some(before), Some(kind)) if before.settings.way.kind() != kind.code() => {
            return Err(Problem::unfit("字段“kind”：渠道的种类不能改"));
        }
        _ => {}
    }
    let form = asked.form();
    read(&form, before).map_err(Problem::of_input)?;
    Ok(save(state, caller, before, &form).await?)
}

#[utoipa::path(post, path = "/notices/channels", tag = "notices", summary = "添加外发渠道", request_body = NoticeChannelAsked,
    responses((status = 204, description = "已添加")))]
pub(in crate::api) async fn add_channel(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<NoticeChannelAsked>,
) -> Done {
    set(&state, &caller, None, asked).await?;
    Ok(DONE)
}

#[utoipa::path(put, path = "/notices/channels/{id}", tag = "notices", summary = "修改外发渠道", params(("id" = Id, Path)),
    request_body = NoticeChannelAsked, responses((status = 204, description = "已保存")))]
pub(in crate::api) async fn change_channel(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<NoticeChannelId>,
    Body(asked): Body<NoticeChannelAsked>,
) -> Done {
    let before = channel(&state, &id.to_string()).await?;
    set(&state, &caller, Some(&before), asked).await?;
    Ok(DONE)
}

/// 测试消息的结果
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ChannelTested {
    /// 接收方接受了
    accepted: bool,
    /// 为什么没有送到
    why: Option<String>,
}

#[utoipa::path(post, path = "/notices/channels/{id}/test", tag = "notices", summary = "发一条测试消息", params(("id" = Id, Path)),
    responses((status = 200, description = "结果", body = ChannelTested)))]
pub(in crate::api) async fn test_channel(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<NoticeChannelId>,
) -> Answer<ChannelTested> {
    let channel = channel(&state, &id.to_string()).await?;
    let why = send_test(&state, &caller, &channel).await?.err().map(|error| error.to_string());
    Ok(Json(ChannelTested { accepted: why.is_none(), why }))
}
