//! Mail by SMTP, over TLS where the server is not in the house.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use qingting_ingest::http::is_inside;
use qingting_models::records::{ChannelSecret, ChannelSettings, ChannelWay, MailSecurity};
use tokio::time::timeout;

use super::{Courier, Parcel, SendError};

pub(super) async fn send(
    courier: &Courier,
    settings: &ChannelSettings,
    secret: &ChannelSecret,
    parcel: &Parcel<'_>,
) -> Result<(), SendError> {
    let ChannelWay::Smtp { host, port, security, user, from } = &settings.way else {
        return Err(SendError::new("这个渠道不是邮件"));
    };
    if parcel.contact.email.is_empty() {
        return Err(SendError::new("接收人没有登记邮箱"));
    }
    if *security == MailSecurity::Plain && !settings.inside {
        return Err(SendError::new("不加密只能用于内网的邮件服务器"));
    }
    let message = message(parcel, from)?;
    let tls = || TlsParameters::new(host.clone()).map_err(|_| SendError::new("邮件服务器的名称不能用于 TLS"));
    let tls = match security {
        MailSecurity::Tls => Tls::Wrapper(tls()?),
        MailSecurity::Starttls => Tls::Required(tls()?),
        MailSecurity::Plain => Tls::None,
    };
    let reached = match security {
        MailSecurity::Plain => inside(host, *port).await?,
        MailSecurity::Tls | MailSecurity::Starttls => host.clone(),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(reached)
        .port(*port)
        .tls(tls)
        .hello_name(ClientId::Domain("qingting".into()))
        .timeout(Some(courier.patience));
    if !user.is_empty() {
        builder = builder.credentials(Credentials::new(user.clone(), secret.key.clone()));
    }
    let transport = builder.build();
    match timeout(courier.patience, transport.send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(in_words(host, &error)),
        Err(_) => Err(SendError::new(format!("{host} 没有及时回答，不知道收到没有"))),
    }
}

/// The address of a server that is spoken to in clear: every address of its name has to be one of the house.
async fn inside(host: &str, port: u16) -> Result<String, SendError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::net::lookup_host((bare, port)).await;
    let found: Vec<_> = found.map_err(|_| SendError::new(format!("找不到邮件服务器 {host}")))?.collect();
    match found.first() {
        Some(first) if found.iter().all(|address| is_inside(address.ip())) => Ok(first.ip().to_string()),
        Some(_) => Err(SendError::new(format!("{host} 不在内网，不加密不能发往那里"))),
        None => Err(SendError::new(format!("找不到邮件服务器 {host}"))),
    }
}

/// The message. Its id is its key, so that the same sent twice is one in a mailbox that looks.
fn message(parcel: &Parcel<'_>, from: &str) -> Result<Message, SendError> {
    let from: Mailbox = from.parse().map_err(|_| SendError::new("发件地址不是邮箱地址"))?;
    let to: Mailbox =
        parcel.contact.email.parse().map_err(|_| SendError::new("接收人登记的邮箱不是邮箱地址"))?;
    let made_at = u64::try_from(parcel.made_at.as_millisecond()).unwrap_or(0);
    let id = format!("<{}@{}>", parcel.key, from.email.domain());
    Message::builder()
        .from(from)
        .to(to)
        .subject(parcel.heading.clone())
        .message_id(Some(id))
        .date(UNIX_EPOCH + Duration::from_millis(made_at))
        .header(ContentType::TEXT_PLAIN)
        .body(parcel.texts.join("\r\n"))
        .map_err(|error| SendError::new(format!("邮件没有写成：{error}")))
}

fn in_words(host: &str, error: &lettre::transport::smtp::Error) -> SendError {
    if error.is_timeout() {
        return SendError::new(format!("{host} 没有及时回答，不知道收到没有"));
    }
    match error.status() {
        // What a server says beside its code repeats the receiver's address.
        Some(code) => {
            let means = if error.is_permanent() { "不肯收这封邮件" } else { "暂时不收" };
            SendError::new(format!("邮件服务器 {host} 回答 {code}，{means}"))
        }
        None if error.is_tls() => SendError::new(format!("与 {host} 的加密连接没有建立：{error}")),
        None => SendError::new(format!("邮件没有交给 {host}：{error}")),
    }
}
