//! A gateway for short messages, asked as its template says.

use qingting_models::records::{ChannelSecret, ChannelSettings, ChannelWay, HttpMethod};
use url::form_urlencoded::byte_serialize;

use super::{Courier, Parcel, SendError};

/// The longest text of a short message, in characters; what is longer is left to the page.
const LONGEST: usize = 280;

/// From so many digits on a number may be a telephone's.
const LONG_NUMBER: usize = 7;

/// How a value is written where it is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In an address or a form: percent-encoded.
    Url,
    /// Within a JSON string.
    Json,
    Plain,
}

pub(super) async fn send(
    courier: &Courier,
    settings: &ChannelSettings,
    secret: &ChannelSecret,
    parcel: &Parcel<'_>,
) -> Result<(), SendError> {
    let ChannelWay::Sms { method, url, headers, body, accepted } = &settings.way else {
        return Err(SendError::new("这个渠道不是短信网关"));
    };
    let phone = &parcel.contact.phone;
    if phone.is_empty() {
        return Err(SendError::new("接收人没有登记手机号"));
    }
    let text = shortened(&parcel.texts);
    let values = [("{phone}", phone), ("{text}", &text), ("{key}", &parcel.key), ("{secret}", &secret.key)];
    let filled = |template: &str, form| fill(template, &values, form);
    let body = match method {
        HttpMethod::Get => String::new(),
        HttpMethod::Post if body.is_empty() => return Err(SendError::new("POST 要填写内容模板")),
        HttpMethod::Post => filled(body, form_of(headers)),
    };
    let headers = headers.iter().map(|(name, value)| (name.clone(), filled(value, Form::Plain))).collect();
    let answer = courier.ask(settings, filled(url, Form::Url), headers, body.into_bytes()).await?;
    if accepted.is_empty() || answer.contains(accepted.as_str()) {
        return Ok(());
    }
    Err(SendError::new(format!("网关没有接受，它回答：{}", said(&answer))))
}

/// How the body is written, by its type.
fn form_of(headers: &[(String, String)]) -> Form {
    let typed = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    match typed.map(|(_, value)| value.to_ascii_lowercase()) {
        Some(value) if value.contains("json") => Form::Json,
        Some(value) if value.contains("urlencoded") => Form::Url,
        _ => Form::Plain,
    }
}

/// Fills each place once: what was filled in is not looked at again.
fn fill(template: &str, values: &[(&str, &String)], form: Form) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match values.iter().find(|(name, _)| from.starts_with(name)) {
            Some((name, value)) => {
                out.push_str(&written(value, form));
                rest = from.get(name.len()..).unwrap_or_default();
            }
            None => {
                out.push('{');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn written(value: &str, form: Form) -> String {
    match form {
        // Not a plus for a blank: addresses know only %20.
        Form::Url => byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20"),
        Form::Json => {
            let quoted = serde_json::Value::from(value).to_string();
            quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
        }
        // A line break would end a header.
        Form::Plain => value.replace(['\r', '\n'], " "),
    }
}

/// The beginning of an answer without long numbers: a gateway repeats the telephone's, in a form of its own.
fn said(answer: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for c in answer.chars().filter(|c| !c.is_control()).take(120).chain(['\n']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        out.push_str(if digits.len() >= LONG_NUMBER { "***" } else { &digits });
        digits.clear();
        out.push(c);
    }
    out.trim_end().to_owned()
}

/// Whole lines as far as they fit; how many more there are is said.
fn shortened(texts: &[String]) -> String {
    let whole = texts.join("；");
    if whole.chars().count() <= LONGEST {
        return whole;
    }
    let mut text = String::new();
    for (at, line) in texts.iter().enumerate() {
        let more = format!("另有 {} 件，请登录查看", texts.len() - at);
        if text.chars().count() + line.chars().count() + 1 + more.chars().count() > LONGEST {
            return text + &more;
        }
        text.push_str(line);
        text.push('；');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_message_ends_with_a_whole_line_and_says_how_many_more_there_are() {
        let lines: Vec<String> = (0..10).map(|n| format!("工单 2026-0000{n} {}", "字".repeat(70))).collect();
        let text = shortened(&lines);
        assert!(text.chars().count() <= LONGEST && text.ends_with("另有 7 件，请登录查看"), "{text}");
        assert_eq!(shortened(&lines[..1]), lines[0]);
    }

    #[test]
    fn a_gateways_answer_is_kept_without_the_number() {
        assert_eq!(said("{\"to\":\"+8613800001234\",\"code\":17}"), "{\"to\":\"+***\",\"code\":17}");
    }

    #[test]
    fn places_are_filled_as_their_surroundings_ask() {
        let (phone, text, none) = ("138".to_owned(), "一 \"二\"{phone}".to_owned(), String::new());
        let values = [("{phone}", &phone), ("{text}", &text), ("{secret}", &none)];
        assert_eq!(
            fill("/s?to={phone}&t={text}&x={y}", &values, Form::Url),
            "/s?to=138&t=%E4%B8%80%20%22%E4%BA%8C%22%7Bphone%7D&x={y}"
        );
        assert_eq!(fill("{\"t\":\"{text}\"}", &values, Form::Json), "{\"t\":\"一 \\\"二\\\"{phone}\"}");
        let quoted = "\"一\"".to_owned();
        assert_eq!(fill("\"{text}\"", &[("{text}", &quoted)], Form::Json), "\"\\\"一\\\"\"");
        assert_eq!(form_of(&[("content-type".into(), "application/JSON".into())]), Form::Json);
    }

    #[test]
    fn what_a_gateway_says_is_kept_without_the_number() {
        assert_eq!(said("{\"code\":1,\"to\":\"13800001234\"}\n"), "{\"code\":1,\"to\":\"***\"}");
    }
}
