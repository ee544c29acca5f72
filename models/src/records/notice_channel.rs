//! The ways out of the house: channels with their settings and secrets, where users are reached, messages on their way.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, NoticeKind, Urgency, words};
use crate::ids::{DeliveryId, NoticeChannelId, UserId};

/// A channel. Its secret is sealed in the store and never part of this record.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeChannel {
    pub id: NoticeChannelId,
    pub name: String,
    pub enabled: bool,
    pub settings: ChannelSettings,
    pub has_secret: bool,
    pub version: i64,
    pub changed_at: Timestamp,
    pub changed_by: Actor,
}

/// What a channel needs to know beside its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSettings {
    pub way: ChannelWay,
    /// The receiver stands inside the house: at a private address or on this machine.
    #[serde(default)]
    pub inside: bool,
    /// Confidential matters go out here too: as a number, without the department.
    #[serde(default)]
    pub confidential: bool,
}

/// How a channel sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ChannelWay {
    /// To each receiver's address. The secret is the password, where a `user` is named.
    Smtp { host: String, port: u16, security: MailSecurity, user: String, from: String },
    /// A robot in a group; its whole address is the secret, `host` is what is shown of it.
    Wecom { host: String },
    /// As [`ChannelWay::Wecom`], signed.
    Dingtalk { host: String },
    /// As [`ChannelWay::Wecom`], signed.
    Feishu { host: String },
    /// JSON to a program of the house, signed.
    Webhook { url: String },
    /// To each receiver's telephone by a gateway. `{phone}`, `{text}`, `{key}` and `{secret}` are filled in in address,
    /// headers and body; `accepted` has to stand in the answer, where it is not empty.
    Sms { method: HttpMethod, url: String, headers: Vec<(String, String)>, body: String, accepted: String },
}

impl ChannelWay {
    /// The code of the kind, as the settings have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Smtp { .. } => "smtp",
            Self::Wecom { .. } => "wecom",
            Self::Dingtalk { .. } => "dingtalk",
            Self::Feishu { .. } => "feishu",
            Self::Webhook { .. } => "webhook",
            Self::Sms { .. } => "sms",
        }
    }

    /// The word that people read.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Smtp { .. } => "邮件",
            Self::Wecom { .. } => "企业微信机器人",
            Self::Dingtalk { .. } => "钉钉机器人",
            Self::Feishu { .. } => "飞书机器人",
            Self::Webhook { .. } => "签名回调",
            Self::Sms { .. } => "短信网关",
        }
    }

    /// Goes to each receiver apart, not to a group.
    pub fn is_personal(&self) -> bool {
        matches!(self, Self::Smtp { .. } | Self::Sms { .. })
    }
}

words! {
    /// How the way to a mail server is kept safe.
    MailSecurity {
        Tls => "tls", "TLS（465）";
        Starttls => "starttls", "STARTTLS（587）";
        /// Allowed only inside the house.
        Plain => "plain", "不加密（仅限内网）";
    }
}

words! {
    /// How a gateway is asked.
    HttpMethod {
        Get => "GET", "GET";
        Post => "POST", "POST";
    }
}

/// What opens a channel: a robot's whole address or a password, and the key of the signature.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSecret {
    #[serde(default)]
    pub key: String,
    #[serde(default)]
    pub sign: String,
}

impl fmt::Debug for ChannelSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChannelSecret")
    }
}

/// Where a user is reached outside; empty where not. Sealed in the store.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    pub email: String,
    pub phone: String,
    /// The user's id there, for being called by name in a group.
    pub wecom: String,
    pub dingtalk: String,
    pub feishu: String,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact")
    }
}

words! {
    /// Where a message stands; apart from where its case stands.
    DeliveryState {
        Waiting => "waiting", "等待发送";
        Sent => "sent", "已送达";
        /// Tried too often; a person decides.
        Failed => "failed", "卡住";
        GivenUp => "given_up", "已放弃";
        /// A louder message about the same incident made it superfluous.
        Held => "held", "已抑制";
    }
}

/// A message and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub channel: NoticeChannelId,
    /// `None` for whoever the channel reaches.
    pub receiver: Option<UserId>,
    pub state: DeliveryState,
    pub tries: i64,
    pub next_at: Timestamp,
    /// Why the last try failed, or why it was held.
    pub error: Option<String>,
    pub made_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    /// What the person noted who gave it up.
    pub note: Option<String>,
    /// Who is called by name, where the channel can.
    pub mentions: Vec<UserId>,
    pub lines: Vec<MessageLine>,
}

/// What one event is outside: number, grade, state, time and link. There is no field for a text that anybody wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageLine {
    pub kind: NoticeKind,
    pub urgency: Urgency,
    /// A case's number; of an alert its id.
    pub number: String,
    /// The case's state in words; empty for an alert.
    pub state: String,
    /// The lead department's short name; none for a confidential case and for an alert.
    pub lead: Option<String>,
    pub due: Option<Timestamp>,
    /// The page's path: `/cases/...`.
    pub path: String,
}
