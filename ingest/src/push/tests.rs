//! What the reader of pushed records takes and refuses.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::plain;
use crate::prepare::prepare;

fn read(value: Value) -> RawRecord {
    read_line(value.to_string().as_bytes()).unwrap()
}

fn wrong(line: &str) -> BadPush {
    *read_line(line.as_bytes()).unwrap_err()
}

#[test]
fn every_field_finds_its_place() {
    let record = read(json!({
        "id": 20261, "title": "路灯\n不亮", "body": "第一段\n第二段", "url": "https://example.cn/1",
        "occurred_at": "2026-11-02 09:30", "dispatched_at": "2026-11-02T10:00:00+08:00", "due_at": 1_793_600_000,
        "state": "已办结", "withdrawn": false, "persons": {"names": ["王小明", "匿名"], "phones": ["13800000000"]},
        "extra": {"街道": "丹东街道", "件数": 2, "空": null, "联系电话": "13900000000"}
    }));
    assert_eq!(record.external_id.as_deref(), Some("20261"));
    assert_eq!((record.title.as_str(), record.body.as_str()), ("路灯 不亮", "第一段\n第二段"));
    assert_eq!(record.occurred_at.unwrap().to_string(), "2026-11-02T01:30:00Z");
    assert_eq!(record.dispatched_at.unwrap().to_string(), "2026-11-02T02:00:00Z");
    assert_eq!(record.due_at.unwrap().as_second(), 1_793_600_000);
    assert!(record.finished && !record.withdrawn);
    assert_eq!(record.persons.names, ["王小明"]);
    assert_eq!(record.persons.phones, ["13900000000", "13800000000"]);
    let labels: Vec<&str> = record.extra.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["状态", "件数", "街道"], "a personal label is not shown");
    assert_eq!(record.original.value()["id"], 20261);
}

#[test]
fn personal_values_are_masked_wherever_they_stand() {
    let arrival = prepare(read(json!({
        "id": "1", "title": "王小明反映路灯", "body": "请回电13800000000，找王小明",
        "persons": {"names": ["王小明"], "phones": ["13800000000"]}, "extra": {"备注": "王小明的电话13800000000"}
    })));
    let seen = format!("{:?}", arrival.content);
    assert!(!seen.contains("王小明") && !seen.contains("13800000000"), "{seen}");
}

#[test]
fn each_refusal_names_its_field_and_is_told_in_chinese() {
    let cases = [
        (r#"{"title":"一","tilte":"二"}"#, Some("tilte"), RejectKind::Field),
        (r#"{"title":"一","title":"二"}"#, Some("title"), RejectKind::Field),
        (r#"{"title":"一","extra":{"a":1,"a":2}}"#, Some("a"), RejectKind::Field),
        (r#"{"title":5}"#, Some("title"), RejectKind::Field),
        (r#"{"id":1.5,"title":"一"}"#, Some("id"), RejectKind::Field),
        (r#"{"id":"a\u0000b","title":"一"}"#, Some("id"), RejectKind::Field),
        (r#"{"title":"一","url":"javascript:alert(1)"}"#, Some("url"), RejectKind::Field),
        (r#"{"title":"一","finished":"是"}"#, Some("finished"), RejectKind::Field),
        (r#"{"title":"一","persons":["王"]}"#, Some("persons"), RejectKind::Field),
        (r#"{"title":"一","persons":{"name":[]}}"#, Some("persons.name"), RejectKind::Field),
        (r#"{"title":"一","persons":{"phones":[1]}}"#, Some("persons.phones"), RejectKind::Field),
        (r#"{"title":"一","extra":[1]}"#, Some("extra"), RejectKind::Field),
        (r#"{"title":"一","extra":{"":1}}"#, Some("extra."), RejectKind::Field),
        (r#"{"title":"一","extra":{"街道":{}}}"#, Some("extra.街道"), RejectKind::Field),
        (r#"{"title":"一","occurred_at":"昨天下午"}"#, Some("occurred_at"), RejectKind::Time),
        (r#"{"title":"一","due_at":true}"#, Some("due_at"), RejectKind::Field),
        (r#"{"withdrawn":true}"#, Some("id"), RejectKind::Field),
        (r#"{"id":"1","body":" "}"#, None, RejectKind::NoText),
        (r#"["title"]"#, None, RejectKind::Line),
        (r#"{"title":"一""#, None, RejectKind::Line),
    ];
    for (line, field, kind) in cases {
        let bad = wrong(line);
        assert_eq!((bad.field.as_deref(), bad.kind), (field, kind), "{line}: {}", bad.reason);
        let told = plain::told(&bad.reason);
        assert!(told.original.is_some(), "no Chinese for: {}", bad.reason);
    }
    let many =
        json!({"title": "一", "extra": (0..101).map(|n| (n.to_string(), n.into())).collect::<Map<_, _>>()});
    let bad = wrong(&many.to_string());
    assert!(plain::told(&bad.reason).text.contains("100"), "{}", bad.reason);
}

#[test]
fn what_is_no_object_is_kept_as_text_and_read_again_when_mended() {
    let bad = wrong(r#"{"title":"一","title":"二"}"#);
    assert_eq!(bad.original, Value::String(r#"{"title":"一","title":"二"}"#.into()));
    assert!(read_again(bad.original).is_err());
    assert_eq!(read_again(Value::String(r#"{"title":"二"}"#.into())).unwrap().title, "二");
    assert_eq!(read_again(json!({"title": "三"})).unwrap().title, "三");
    let invalid = read_line(b"{\"title\":\"\xff\"}").unwrap_err();
    assert!(plain::told(&invalid.reason).text.contains("UTF-8"), "{}", invalid.reason);
    let long = format!("{{\"title\":\"{}\"}}", "长".repeat(LINE_BYTES / 3));
    let long = read_line(long.as_bytes()).unwrap_err();
    assert!(plain::told(&long.reason).original.is_some(), "{}", long.reason);
    let deep = format!("{{\"title\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(read_line(deep.as_bytes()).unwrap_err().kind, RejectKind::Line);
}

/// Sealed without its quotes, a line that is one text would be read again as another line, even as a record.
#[test]
fn a_text_in_quotes_is_refused_again_as_it_was() {
    for line in [r#""id""#, r#""""#, r#""{\"title\":\"一\"}""#] {
        let bad = wrong(line);
        assert_eq!(*read_again(bad.original.clone()).unwrap_err(), bad);
    }
}

#[test]
fn a_reason_shows_no_personal_value() {
    let bad = wrong(r#"{"title":"一","occurred_at":"打13800000000问"}"#);
    assert!(!bad.reason.contains("13800000000"), "{}", bad.reason);
    let bad = wrong(r#"{"title":"一","手机13800000000":"x"}"#);
    assert!(!format!("{}{:?}", bad.reason, bad.field).contains("13800000000"), "{}", bad.reason);
}

#[test]
fn without_an_id_a_new_state_is_the_same_record() {
    let first = read(json!({"title": "一", "state": "办理中"}));
    let later = read(json!({"title": "一", "state": "已办结", "extra": {"a": "b"}}));
    assert_eq!(first.significant, later.significant);
    let with_id = |state: &str| read(json!({"id": "1", "title": "一", "state": state})).significant;
    assert_ne!(with_id("办理中"), with_id("已办结"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1000i32..1000).prop_map(|n| Value::from(f64::from(n) / 4.0)),
        ".{0,20}".prop_map(Value::from),
        Just(Value::from("2026-11-02 09:30")),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let name = prop_oneof![proptest::sample::select(FIELDS).prop_map(str::to_owned), ".{0,6}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name, inner, 0..6).prop_map(Value::from_iter),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_with_a_reason(line in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(bad) = read_line(&line) {
            prop_assert!(!bad.reason.is_empty());
        }
    }

    #[test]
    fn any_object_is_read_or_refused_and_nothing_of_it_is_lost(
        fields in prop::collection::hash_map(proptest::sample::select(FIELDS), any_json(), 0..8)
    ) {
        let value = Value::from_iter(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        match read_line(value.to_string().as_bytes()) {
            Ok(record) => {
                prop_assert_eq!(record.original.value(), value);
                let text = record.title.is_empty() && record.body.is_empty();
                prop_assert!(!text || record.withdrawn);
                prepare(record);
            }
            Err(bad) => {
                prop_assert_eq!(&bad.original, &value);
                prop_assert!(plain::told(&bad.reason).original.is_some(), "no Chinese for: {}", bad.reason);
            }
        }
    }
}
