//! A channel as a form: what stands in the fields, what they mean, and what is wrong with them. Secrets go in and never
//! come out.

use qingting_models::records::{
    ChannelSecret, ChannelSettings, ChannelWay, HttpMethod, MailSecurity, NoticeChannel,
};
use url::Url;

use crate::caller::Form;
use crate::error::WebError;

/// The kinds that can be added, with their words.
pub(crate) const KINDS: &[(&str, &str)] = &[
    ("smtp", "邮件"),
    ("wecom", "企业微信机器人"),
    ("dingtalk", "钉钉机器人"),
    ("feishu", "飞书机器人"),
    ("webhook", "签名回调"),
    ("sms", "短信网关"),
];

/// What stands in the fields; secrets never do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub kind: String,
    pub version: String,
    pub name: String,
    pub enabled: bool,
    pub inside: bool,
    pub confidential: bool,
    pub host: String,
    pub port: String,
    pub user: String,
    pub from: String,
    pub url: String,
    pub security: String,
    pub method: String,
    pub headers: String,
    pub body: String,
    pub accepted: String,
}

/// What was typed.
pub(super) fn typed(form: &Form) -> Typed {
    let text = |name: &str| form.text(name).to_owned();
    let on = |name: &str| form.text(name) == "on";
    Typed {
        kind: text("kind"),
        version: text("version"),
        name: text("name"),
        enabled: on("enabled"),
        inside: on("inside"),
        confidential: on("confidential"),
        host: text("host"),
        port: text("port"),
        user: text("user"),
        from: text("from"),
        url: text("url"),
        security: text("security"),
        method: text("method"),
        headers: text("headers"),
        body: text("body"),
        accepted: text("accepted"),
    }
}

/// A new channel of a kind.
pub(super) fn blank(kind: &str) -> Typed {
    Typed {
        kind: kind.to_owned(),
        version: "0".into(),
        enabled: true,
        port: "465".into(),
        security: MailSecurity::Tls.code().into(),
        method: HttpMethod::Post.code().into(),
        headers: if kind == "sms" { "Content-Type: application/json".into() } else { String::new() },
        ..Typed::default()
    }
}

/// The fields of a channel that there is.
pub(crate) fn fields(channel: &NoticeChannel) -> Typed {
    let ChannelSettings { way, inside, confidential } = &channel.settings;
    let base = Typed {
        version: channel.version.to_string(),
        name: channel.name.clone(),
        enabled: channel.enabled,
        inside: *inside,
        confidential: *confidential,
        ..blank(way.kind())
    };
    match way.clone() {
        ChannelWay::Smtp { host, port, security, user, from } => {
            Typed { host, port: port.to_string(), security: security.code().into(), user, from, ..base }
        }
        ChannelWay::Wecom { host } | ChannelWay::Dingtalk { host } | ChannelWay::Feishu { host } => {
            Typed { host, ..base }
        }
        ChannelWay::Webhook { url } => Typed { url, ..base },
        ChannelWay::Sms { method, url, headers, body, accepted } => {
            let headers: Vec<String> =
                headers.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
            let method = method.code().to_owned();
            Typed { method, url, headers: headers.join("\n"), body, accepted, ..base }
        }
    }
}

/// Name, settings and, where one was typed, the secret. `before` is the channel that is changed.
///
/// # Errors
/// In words for the one who typed, naming the field.
pub(crate) fn read(
    form: &Form,
    before: Option<&NoticeChannel>,
) -> Result<(String, ChannelSettings, Option<ChannelSecret>), WebError> {
    let name = form.need("name", "名称", 40)?.to_owned();
    let kind = before.map_or_else(|| form.text("kind"), |channel| channel.settings.way.kind());
    let typed_secret =
        ChannelSecret { key: form.raw("key").trim().into(), sign: form.raw("sign").trim().into() };
    let secret = (typed_secret != ChannelSecret::default()).then_some(typed_secret);
    let inside = form.text("inside") == "on";
    let way = match kind {
        "smtp" => smtp(form, inside)?,
        "wecom" | "dingtalk" | "feishu" => robot(kind, secret.as_ref(), before)?,
        "webhook" => {
            if before.is_none() && secret.as_ref().is_none_or(|secret| secret.sign.len() < 16) {
                return Err(WebError::bad("“签名密钥”至少 16 个字符，由您定，也告诉接收方"));
            }
            ChannelWay::Webhook { url: address(form.need("url", "地址", 500)?)? }
        }
        "sms" => sms(form)?,
        _ => return Err(WebError::bad("没有这种渠道")),
    };
    if secret.is_none() && before.is_some_and(|before| goes_elsewhere(&before.settings.way, &way)) {
        return Err(WebError::bad("密码、密钥会送往的地方改了，请重新填写密码或密钥再保存"));
    }
    let settings = ChannelSettings { way, inside, confidential: form.text("confidential") == "on" };
    Ok((name, settings, secret))
}

/// Whether the secret that is kept would be handed to another machine, or less guarded, than it was given for.
fn goes_elsewhere(before: &ChannelWay, now: &ChannelWay) -> bool {
    match (before, now) {
        (
            ChannelWay::Smtp { host, port, security, user, .. },
            ChannelWay::Smtp { host: h, port: p, security: s, user: u, .. },
        ) => !(user.is_empty() || u.is_empty()) && (host, port, security) != (h, p, s),
        (ChannelWay::Sms { url, headers, body, .. }, ChannelWay::Sms { url: u, headers: h, body: b, .. }) => {
            (url, headers, body) != (u, h, b)
        }
        _ => false,
    }
}

fn smtp(form: &Form, inside: bool) -> Result<ChannelWay, WebError> {
    let security = MailSecurity::from_code(form.text("security"))
        .ok_or_else(|| WebError::bad("请选择邮件服务器的加密方式"))?;
    if security == MailSecurity::Plain && !inside {
        return Err(WebError::bad("不加密只能用于内网的邮件服务器；请勾选“接收方在内网”，或选 TLS"));
    }
    let host = form.need("host", "邮件服务器", 100)?;
    if !host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c)) {
        return Err(WebError::bad("“邮件服务器”写主机名或 IP，如 smtp.example.gov.cn"));
    }
    let from = form.need("from", "发件地址", 100)?;
    if from.split('@').filter(|part| !part.is_empty()).count() != 2 {
        return Err(WebError::bad("“发件地址”要写成 name@example.gov.cn 这样"));
    }
    Ok(ChannelWay::Smtp {
        host: host.into(),
        port: form.must("port", "端口")?,
        security,
        user: form.text("user").into(),
        from: from.into(),
    })
}

/// The robot's whole address is its secret; only the host is kept to be shown.
fn robot(
    kind: &str,
    secret: Option<&ChannelSecret>,
    before: Option<&NoticeChannel>,
) -> Result<ChannelWay, WebError> {
    let host = match (secret, before) {
        (Some(secret), _) => {
            let url = Url::parse(&secret.key).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            let url = url.ok_or_else(|| {
                WebError::bad("“机器人的 Webhook 地址”要整个粘贴，以 https:// 开头；改加签密钥时也要重填地址")
            })?;
            url.host_str().unwrap_or_default().to_owned()
        }
        (None, Some(channel)) => match &channel.settings.way {
            ChannelWay::Wecom { host } | ChannelWay::Dingtalk { host } | ChannelWay::Feishu { host } => {
                host.clone()
            }
            _ => String::new(),
        },
        (None, None) => return Err(WebError::bad("请填写“机器人的 Webhook 地址”")),
    };
    Ok(match kind {
        "wecom" => ChannelWay::Wecom { host },
        "dingtalk" => ChannelWay::Dingtalk { host },
        _ => ChannelWay::Feishu { host },
    })
}

fn sms(form: &Form) -> Result<ChannelWay, WebError> {
    let method =
        HttpMethod::from_code(form.text("method")).ok_or_else(|| WebError::bad("请选择 GET 或 POST"))?;
    let url = form.need("url", "网关地址", 1000)?.to_owned();
    // A place that is filled in later is no part of a valid address.
    address(&url.replace(['{', '}'], ""))?;
    let (body, headers) = (form.text("body").to_owned(), headers(form.text("headers"))?);
    if body.chars().count() > 4000 {
        return Err(WebError::bad("“内容模板”最多 4000 个字"));
    }
    if method == HttpMethod::Post && body.is_empty() {
        return Err(WebError::bad("POST 要填写“内容模板”"));
    }
    let everything = format!("{url}{body}");
    if !everything.contains("{phone}") || !everything.contains("{text}") {
        return Err(WebError::bad("地址或内容模板里要有 {phone} 和 {text}，发送时换成手机号和文字"));
    }
    Ok(ChannelWay::Sms { method, url, headers, body, accepted: form.text("accepted").into() })
}

/// One `name: value` a line.
fn headers(text: &str) -> Result<Vec<(String, String)>, WebError> {
    let line = |line: &str| {
        let (name, value) = line.split_once(':').ok_or_else(|| {
            WebError::bad(format!("请求头“{}”要写成“名称: 值”", line.chars().take(40).collect::<String>()))
        })?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.trim().is_empty() || !name.trim().chars().all(plain) {
            return Err(WebError::bad("请求头的名称只能用字母、数字、- 和 _"));
        }
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    };
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() > 20 {
        return Err(WebError::bad("请求头最多 20 行"));
    }
    lines.into_iter().map(line).collect()
}

/// An address as it was typed.
///
/// # Errors
/// When it is none of the web.
pub(crate) fn address(text: &str) -> Result<String, WebError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    match url.filter(Url::has_host) {
        Some(_) => Ok(text.to_owned()),
        None => Err(WebError::bad("地址要以 http:// 或 https:// 开头")),
    }
}
