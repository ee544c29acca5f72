//! A signed call of a program of the house (docs/接口.md): JSON, its HMAC-SHA256 with the time, and a key that stays.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use qingting_models::clock::rfc3339;
use qingting_models::records::{ChannelSecret, ChannelSettings, MessageLine};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Courier, Parcel, SendError};

pub(super) async fn send(
    courier: &Courier,
    settings: &ChannelSettings,
    url: &str,
    secret: &ChannelSecret,
    parcel: &Parcel<'_>,
) -> Result<(), SendError> {
    let body = body(parcel, courier.base_url.as_deref()).to_string();
    let timestamp = courier.store.now().as_second();
    let signature = signature(&secret.sign, timestamp, &body)?;
    let headers = [
        ("Content-Type", "application/json; charset=utf-8".to_owned()),
        ("Idempotency-Key", parcel.key.clone()),
        ("X-Qingting-Timestamp", timestamp.to_string()),
        ("X-Qingting-Signature", format!("sha256={signature}")),
    ];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    courier.ask(settings, url.to_owned(), headers, body.into_bytes()).await.map(drop)
}

/// The same over all tries.
fn body(parcel: &Parcel<'_>, base: Option<&str>) -> Value {
    let notice = |(line, confidential): &(MessageLine, bool)| {
        json!({
            "event": line.kind.code(),
            "label": line.kind.label(),
            "number": line.number,
            "urgency": u8::from(line.urgency),
            "state": line.state,
            "department": line.lead.as_ref().filter(|_| !confidential),
            "due": line.due.map(rfc3339),
            "url": base.map(|base| format!("{}{}", base.trim_end_matches('/'), line.path)),
        })
    };
    json!({
        "id": parcel.key,
        "at": rfc3339(parcel.made_at),
        "test": parcel.lines.is_empty(),
        "notices": parcel.lines.iter().map(notice).collect::<Vec<_>>(),
    })
}

/// Hex HMAC-SHA256 over `timestamp.body`.
fn signature(secret: &str, timestamp: i64, body: &str) -> Result<String, SendError> {
    if secret.is_empty() {
        return Err(SendError::new("没有填写签名密钥"));
    }
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| SendError::new("签名密钥不能用"))?;
    mac.update(format!("{timestamp}.").as_bytes());
    mac.update(body.as_bytes());
    Ok(HEXLOWER.encode(&mac.finalize().into_bytes()))
}
