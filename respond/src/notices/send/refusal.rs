//! Why a message did not arrive, in words for an administrator and without any secret.

use std::time::Duration;

use qingting_ingest::http::FetchError;
use qingting_models::records::ChannelSecret;
use url::Url;

/// The longest text that is kept, in characters.
const LONGEST: usize = 300;

/// A try that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct SendError {
    /// For an administrator.
    pub text: String,
    /// How long the receiver asked us to wait.
    pub retry_after: Option<Duration>,
}

impl SendError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into().chars().take(LONGEST).collect(), retry_after: None }
    }

    /// Takes out what a receiver, or an error, repeated of the channel's secret.
    pub(crate) fn without(self, secret: &ChannelSecret) -> Self {
        let mut text = self.text;
        let address = Url::parse(&secret.key).ok();
        let of_address = address.iter().flat_map(|url| {
            let values = url.query_pairs().map(|(_, value)| value.into_owned());
            let last = url.path_segments().and_then(|mut segments| segments.next_back()).map(str::to_owned);
            values.chain(last.filter(|part| part.len() >= 16))
        });
        for part in [secret.key.clone(), secret.sign.clone()].into_iter().chain(of_address) {
            if part.chars().count() >= 4 {
                text = text.replace(&part, "***");
            }
        }
        Self { text, ..self }
    }
}

impl From<FetchError> for SendError {
    fn from(error: FetchError) -> Self {
        let retry_after = error.retry_after();
        let text = match &error {
            // The address itself may be the secret.
            FetchError::BadAddress { .. } => "地址不是 http:// 或 https:// 开头的网址".into(),
            FetchError::BadHeader { name, .. } => format!("请求头“{name}”不能发送"),
            FetchError::Refused { host, .. } | FetchError::LocalName { host } => {
                format!("{host} 在内网；如果确实是本单位的，请在渠道里勾选“接收方在内网”")
            }
            FetchError::NotInside { host, .. } => {
                format!("{host} 不在内网；请在渠道里去掉“接收方在内网”")
            }
            FetchError::NoSuchHost { host } => format!("找不到主机 {host}，请检查拼写和域名服务器"),
            FetchError::CouldNotConnect { host, .. } => format!("连不上 {host}"),
            FetchError::NotSafe { host, why } => format!("与 {host} 的加密连接没有建立：{why}"),
            FetchError::ProxyFailed { proxy, host, .. } => format!("代理 {proxy} 没有通到 {host}"),
            FetchError::TimedOut { host, .. } => format!("{host} 没有及时回答，不知道收到没有"),
            FetchError::Status { host, status, .. } => format!("{host} 回答 HTTP {status}"),
            FetchError::CutOff { host, .. } => format!("{host} 的回答中断了，不知道收到没有"),
            _ => format!("没有送到：{error}"),
        };
        Self { retry_after, ..Self::new(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_holds_no_secret() {
        let secret =
            ChannelSecret { key: "https://robot.example/send?key=geheim".into(), sign: "SECabc".into() };
        let bad = FetchError::BadAddress { url: secret.key.clone(), why: "so".into() };
        assert!(!SendError::from(bad).text.contains("geheim"));
        let said = SendError::new(format!("no robot at {} signed SECabc", secret.key)).without(&secret);
        assert_eq!(said.text, "no robot at *** signed ***");
        assert_eq!(SendError::new("invalid key: geheim").without(&secret).text, "invalid key: ***");
    }

    #[test]
    fn a_receivers_wish_for_patience_is_kept() {
        let wait = Some(Duration::from_secs(90));
        let busy = FetchError::Status { host: "a.example".into(), status: 429, retry_after: wait };
        let said = SendError::from(busy);
        assert_eq!((said.text.as_str(), said.retry_after), ("a.example 回答 HTTP 429", wait));
    }
}
