//! Service requests of an Open311 server (GeoReport v2, `GET requests.json`).

use jiff::{SignedDuration, Timestamp};
use qingting_models::clock;
use qingting_models::records::{Open311Rule, RejectForm, RejectKind, RowPlace};
use qingting_models::store::Reject;
use serde_json::Value;
use url::Url;

use super::document::{document, place, seen};
use super::json::{BadRecord, JsonError};
use super::rule::BadRule;
use crate::record::{RawRecord, Significant};
use crate::sheet::times;
use crate::text::{one_line, web_address};
use crate::{sameness, state};

/// The longest window that a server need answer (GeoReport v2, "GET Service Requests").
pub const WINDOW: SignedDuration = SignedDuration::from_hours(90 * 24);

/// An answer without requests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Open311Error {
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("the Open311 server refused: {says}")]
    Refused { says: String },
    #[error("the answer is no list of service requests; it {seen}")]
    NoList { seen: String },
}

/// One answer.
#[derive(Debug, Default)]
pub struct Requests {
    pub records: Vec<RawRecord>,
    pub rejects: Vec<Reject>,
    /// The ids in the answer, to notice a server that gives the same page again.
    pub ids: Vec<String>,
    /// How many entries stood in the answer, those without an id yet included.
    pub found: usize,
    /// The latest time in the answer at which a request was made or updated.
    pub latest: Option<Timestamp>,
}

/// Checks a rule before it is saved.
///
/// # Errors
/// When a service code is empty or holds a comma, which parts codes.
pub fn check(rule: &Open311Rule) -> Result<(), BadRule> {
    for code in &rule.service_codes {
        if code.trim().is_empty() || code.contains(',') {
            let why = "a service code is not empty and has no comma; list several as [\"001\", \"002\"]";
            return Err(BadRule::Value { part: "service_codes", written: code.clone(), why });
        }
    }
    Ok(())
}

/// The address of one page of a window. `server` is the endpoint, with or without `requests.json`; page 1 is
/// asked for without a number.
pub fn address(server: &Url, rule: &Open311Rule, from: Timestamp, to: Timestamp, page: u32) -> Url {
    let mut url = server.clone();
    let path = url.path().trim_end_matches('/').to_owned();
    if !path.ends_with("/requests.json") {
        url.set_path(&format!("{path}/requests.json"));
    }
    {
        let mut query = url.query_pairs_mut();
        if let Some(id) = rule.jurisdiction_id.as_deref().filter(|id| !id.is_empty()) {
            query.append_pair("jurisdiction_id", id);
        }
        if !rule.service_codes.is_empty() {
            query.append_pair("service_code", &rule.service_codes.join(","));
        }
        // "w3 format", in UTC as the specification's examples have it.
        query.append_pair("start_date", &second(from)).append_pair("end_date", &second(to));
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
    }
    url
}

fn second(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

/// Reads an answer.
///
/// # Errors
/// When it is no JSON, an error document of the specification, or no list.
pub fn read(bytes: &[u8], charset: Option<&str>, url: &Url, first: u64) -> Result<Requests, Open311Error> {
    let document = document(bytes, charset)?;
    if let Some(says) = refusal(&document) {
        return Err(Open311Error::Refused { says });
    }
    let list = match &document {
        Value::Array(list) => list,
        // Some servers wrap the list.
        Value::Object(object) => match object.get("service_requests").or_else(|| object.get("requests")) {
            Some(Value::Array(list)) => list,
            _ => return Err(Open311Error::NoList { seen: seen(&document) }),
        },
        _ => return Err(Open311Error::NoList { seen: seen(&document) }),
    };
    let mut requests = Requests { found: list.len(), ..Requests::default() };
    for (number, value) in (first..).zip(list) {
        let id = text(value, "service_request_id");
        if id.is_empty() && !text(value, "token").is_empty() {
            // Accepted and not numbered yet: it comes again with its number.
            continue;
        }
        match record(value, &id) {
            Ok(record) => {
                requests.latest = requests.latest.max(times_of(value));
                requests.ids.push(id);
                requests.records.push(record);
            }
            Err(BadRecord { kind, path, reason }) => requests.rejects.push(Reject {
                place: RowPlace { file: place(url), row: number, column: path, ..RowPlace::default() },
                kind,
                form: RejectForm::Json,
                reason,
                original: value.clone(),
            }),
        }
    }
    Ok(requests)
}

/// What an error document says: a list of `{"code", "description"}` (GeoReport v2, "Errors").
pub fn refusal(document: &Value) -> Option<String> {
    let errors: Vec<&Value> = match document {
        Value::Array(list) if !list.is_empty() => list.iter().collect(),
        Value::Object(_) => vec![document],
        _ => return None,
    };
    let says = |error: &Value| {
        let known = error.get("service_request_id").is_some() || error.get("token").is_some();
        let description = text(error, "description");
        let code = text(error, "code");
        (!known && !code.is_empty() && !description.is_empty())
            .then(|| format!("{code}: {}", description.chars().take(200).collect::<String>()))
    };
    let all: Option<Vec<String>> = errors.into_iter().map(says).collect();
    all.map(|all| all.join("; "))
}

fn times_of(value: &Value) -> Option<Timestamp> {
    let at = |key| times::parse_cell(&text(value, key)).ok().flatten();
    at("updated_datetime").max(at("requested_datetime"))
}

/// Reads one service request.
///
/// # Errors
/// When it has no id, neither service name nor description, or a time cannot be read.
pub fn record(value: &Value, id: &str) -> Result<RawRecord, BadRecord> {
    if id.is_empty() {
        let reason = "the service request has neither an id nor a token".to_owned();
        return Err(BadRecord { kind: RejectKind::Field, path: Some("service_request_id".into()), reason });
    }
    let (title, body) =
        (one_line(&text(value, "service_name")), crate::feed::html_to_text(&text(value, "description")));
    if title.is_empty() && body.is_empty() {
        let reason = "the record has neither a title nor a text; one of them is needed".to_owned();
        return Err(BadRecord { kind: RejectKind::NoText, path: Some("description".into()), reason });
    }
    let time = |key: &str| {
        times::parse_cell(&text(value, key)).map_err(|wrong| BadRecord {
            kind: RejectKind::Time,
            path: Some(key.to_owned()),
            reason: wrong.to_string(),
        })
    };
    let (occurred_at, due_at) = (time("requested_datetime")?, time("expected_datetime")?);
    let status = text(value, "status");
    let extra = extra(value);
    let mut significant = vec![("title".to_owned(), title.clone()), ("body".to_owned(), body.clone())];
    significant.push(("expected".to_owned(), due_at.map_or_else(String::new, clock::rfc3339)));
    significant.extend(extra.iter().cloned());
    Ok(RawRecord {
        external_id: Some(id.to_owned()),
        url: web_address(&text(value, "media_url")),
        sameness: sameness::of(None, &title, &body),
        finished: state::is_finished(&status),
        withdrawn: state::is_withdrawn(&status),
        title,
        body,
        occurred_at,
        due_at,
        extra,
        significant: Significant::of(&significant),
        original: value.into(),
        ..RawRecord::default()
    })
}

/// What is shown besides, with the labels that the pages show.
fn extra(value: &Value) -> Vec<(String, String)> {
    let parts = [
        ("状态", one_line(&text(value, "status"))),
        ("办理说明", one_line(&text(value, "status_notes"))),
        ("承办单位", one_line(&text(value, "agency_responsible"))),
        ("地址", one_line(&text(value, "address"))),
        ("坐标", position(value)),
    ];
    parts.into_iter().filter(|(_, v)| !v.is_empty()).map(|(label, v)| (label.to_owned(), v)).collect()
}

/// Latitude and longitude in degrees (WGS 84).
fn position(value: &Value) -> String {
    let (lat, long) = (text(value, "lat"), text(value, "long"));
    if lat.is_empty() || long.is_empty() { String::new() } else { format!("{lat}, {long}") }
}

fn text(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn url() -> Url {
        Url::parse("https://311.example.cn/v2/").unwrap()
    }

    fn answer(document: &Value) -> Result<Requests, Open311Error> {
        read(document.to_string().as_bytes(), None, &url(), 1)
    }

    #[test]
    fn the_parts_of_a_request_are_read() {
        let read = answer(&json!([{
            "service_request_id": 638_344, "status": "closed", "status_notes": "已修复", "service_name": "路灯",
            "service_code": "006", "description": "东门路灯不亮", "agency_responsible": "住建局",
            "requested_datetime": "2026-10-30T06:37:38+08:00", "updated_datetime": "2026-11-01T06:37:38-00:00",
            "expected_datetime": "2026-11-05T06:37:38Z", "address": "东门路", "lat": 29.47, "long": 121.87,
            "media_url": "http://311.example.cn/media/1.jpg"
        }]))
        .unwrap();
        let record = &read.records[0];
        assert_eq!(record.external_id.as_deref(), Some("638344"));
        assert!(record.finished && record.due_at.is_some());
        assert_eq!(record.url.as_deref(), Some("http://311.example.cn/media/1.jpg"));
        let shown: Vec<_> = record.extra.iter().map(|(l, v)| format!("{l}={v}")).collect();
        assert_eq!(
            shown,
            ["状态=closed", "办理说明=已修复", "承办单位=住建局", "地址=东门路", "坐标=29.47, 121.87"]
        );
        assert_eq!(read.latest.map(clock::rfc3339).as_deref(), Some("2026-11-01T14:37:38+08:00"));
    }

    #[test]
    fn a_request_without_an_id_yet_waits_and_a_broken_one_is_told() {
        let read = answer(&json!([
            {"token": "t1", "service_name": "路灯"},
            {"service_name": "路灯"},
            {"service_request_id": "2", "description": "积水", "requested_datetime": "soon"},
            {"service_request_id": "3"},
            {"service_request_id": "4", "description": "积水"}
        ]))
        .unwrap();
        assert_eq!((read.found, read.records.len()), (5, 1));
        let told: Vec<_> =
            read.rejects.iter().map(|r| (r.place.row, r.place.column.as_deref().unwrap())).collect();
        assert_eq!(told, [(2, "service_request_id"), (3, "requested_datetime"), (4, "description")]);
    }

    #[test]
    fn error_documents_are_told_in_their_own_words() {
        let refused =
            answer(&json!([{"code": 404, "description": "jurisdiction_id not found"}])).unwrap_err();
        assert_eq!(refused.to_string(), "the Open311 server refused: 404: jurisdiction_id not found");
        assert!(matches!(answer(&json!({"rows": []})), Err(Open311Error::NoList { .. })));
        assert_eq!(answer(&json!([])).unwrap().found, 0);
    }

    #[test]
    fn the_address_asks_for_a_window_as_the_specification_says() {
        let rule =
            Open311Rule { jurisdiction_id: Some("x.cn".into()), service_codes: vec!["1".into(), "2".into()] };
        let (from, to) =
            (Timestamp::from_second(1_793_500_000).unwrap(), Timestamp::from_second(1_793_581_200).unwrap());
        let asked = address(&url(), &rule, from, to, 2);
        assert_eq!(
            asked.as_str(),
            "https://311.example.cn/v2/requests.json?jurisdiction_id=x.cn&service_code=1%2C2&\
             start_date=2026-11-01T02%3A26%3A40Z&end_date=2026-11-02T01%3A00%3A00Z&page=2"
        );
        let whole = Url::parse("https://311.example.cn/v2/requests.json?api_key=1").unwrap();
        let asked = address(&whole, &Open311Rule::default(), from, to, 1);
        assert!(
            asked.as_str().starts_with("https://311.example.cn/v2/requests.json?api_key=1&start_date="),
            "{asked}"
        );
        assert!(check(&rule).is_ok());
        assert!(check(&Open311Rule { service_codes: vec!["1,2".into()], ..rule }).is_err());
    }
}
