//! Robots in groups of WeCom, DingTalk and Feishu. They answer 200 also when they refuse: the answer's body says so.
//!
//! Formats: WeCom "群机器人配置说明" (errcode), DingTalk "自定义机器人" (timestamp and sign in the address, errcode), Feishu
//! "自定义机器人使用指南" (timestamp and sign in the body, code).

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use qingting_models::records::{ChannelSecret, ChannelSettings, Contact};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::{Courier, Parcel, SendError};

pub(super) async fn wecom(
    courier: &Courier,
    settings: &ChannelSettings,
    secret: &ChannelSecret,
    parcel: &Parcel<'_>,
) -> Result<(), SendError> {
    let body = json!({ "msgtype": "text", "text": {
        "content": parcel.texts.join("\n"), "mentioned_list": ids(parcel, |contact| &contact.wecom) } });
    let answer = post(courier, settings, secret.key.clone(), &body).await?;
    accepted(&answer, "errcode", "errmsg")
}

pub(super) async fn dingtalk(
    courier: &Courier,
    settings: &ChannelSettings,
    secret: &ChannelSecret,
    parcel: &Parcel<'_>,
) -> Result<(), SendError> {
    let mut url = Url::parse(&secret.key).map_err(|_| no_address())?;
    if !secret.sign.is_empty() {
        let timestamp = courier.store.now().as_millisecond().to_string();
        let sign = signature(secret.sign.as_bytes(), format!("{timestamp}\n{}", secret.sign).as_bytes())?;
        url.query_pairs_mut().append_pair("timestamp", &timestamp).append_pair("sign", &sign);
    }
    let called = ids(parcel, |contact| &contact.dingtalk);
    let at: String = called.iter().map(|id| format!(" @{id}")).collect();
    let body = json!({ "msgtype": "text", "text": { "content": format!("{}{at}", parcel.texts.join("\n")) },
        "at": { "atUserIds": called, "isAtAll": false } });
    let answer = post(courier, settings, url.into(), &body).await?;
    accepted(&answer, "errcode", "errmsg")
}

pub(super) async fn feishu(
    courier: &Courier,
    settings: &ChannelSettings,
    secret: &ChannelSecret,
    parcel: &Parcel<'_>,
) -> Result<(), SendError> {
    let called = ids(parcel, |contact| &contact.feishu);
    let at: String = called.iter().map(|id| format!(" <at user_id=\"{id}\"></at>")).collect();
    let text = format!("{}{at}", parcel.texts.join("\n"));
    let mut body = json!({ "msg_type": "text", "content": { "text": text } });
    if !secret.sign.is_empty() {
        let timestamp = courier.store.now().as_second().to_string();
        let sign = signature(format!("{timestamp}\n{}", secret.sign).as_bytes(), b"")?;
        body["timestamp"] = json!(timestamp);
        body["sign"] = json!(sign);
    }
    let answer = post(courier, settings, secret.key.clone(), &body).await?;
    accepted(&answer, "code", "msg")
}

/// The ids of those who are called, in that system; letters that could mean something to it are left out.
fn ids<'a>(parcel: &'a Parcel<'_>, of: impl Fn(&'a Contact) -> &'a String) -> Vec<String> {
    let plain = |id: &String| id.chars().filter(|c| c.is_alphanumeric() || "_-.@".contains(*c)).collect();
    parcel.mentions.iter().map(of).map(plain).filter(|id: &String| !id.is_empty()).collect()
}

async fn post(
    courier: &Courier,
    settings: &ChannelSettings,
    url: String,
    body: &Value,
) -> Result<String, SendError> {
    if url.is_empty() {
        return Err(no_address());
    }
    let headers = vec![("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned())];
    courier.ask(settings, url, headers, body.to_string().into_bytes()).await
}

fn no_address() -> SendError {
    SendError::new("没有填写机器人的地址，或它不是网址")
}

/// Base64 of HMAC-SHA256.
fn signature(key: &[u8], text: &[u8]) -> Result<String, SendError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| SendError::new("加签密钥不能用"))?;
    mac.update(text);
    Ok(BASE64.encode(&mac.finalize().into_bytes()))
}

/// Zero under `code` is yes; anything else is no, in the robot's own words.
fn accepted(answer: &str, code: &str, message: &str) -> Result<(), SendError> {
    let read: Value = serde_json::from_str(answer).unwrap_or(Value::Null);
    match read[code].as_i64() {
        Some(0) => Ok(()),
        Some(number) => {
            let said = read[message].as_str().unwrap_or_default();
            Err(SendError::new(format!("机器人没有接受：{code} {number} {said}")))
        }
        None => {
            Err(SendError::new(format!("机器人的回答里没有 {code}；请检查地址是不是机器人的 Webhook 地址")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_in_an_answer_of_200_is_one() {
        assert_eq!(accepted(r#"{"errcode":0,"errmsg":"ok"}"#, "errcode", "errmsg"), Ok(()));
        let no =
            accepted(r#"{"errcode":310000,"errmsg":"sign not match"}"#, "errcode", "errmsg").unwrap_err();
        assert_eq!(no.text, "机器人没有接受：errcode 310000 sign not match");
        assert!(accepted("<html>", "code", "msg").unwrap_err().text.contains("没有 code"));
        assert!(accepted("{}", "code", "msg").is_err());
    }

    #[test]
    fn signatures_are_those_of_the_two_robots() {
        // Computed with Python: base64(hmac.new(b"SEC1", b"1700000000000\nSEC1", sha256)), and for Feishu the other way round.
        let ding = signature(b"SEC1", b"1700000000000\nSEC1").unwrap();
        let feishu = signature(b"1700000000\nSEC1", b"").unwrap();
        assert_eq!(ding, DING);
        assert_eq!(feishu, FEISHU);
    }

    const DING: &str = "ukR4+WoOOBTGaOauYqugxVrMSFyr92q4hPxJxuOkiio=";
    const FEISHU: &str = "s3Va4ru9IQUY6HTJcYx7OEVyXl0V0S/y32v4ZbfOHCI=";
}
