//! Records of a platform's interface: JSON, read by the paths of a rule (JSONPath, RFC 9535).

use jiff::Timestamp;
use qingting_models::clock;
use qingting_models::records::{Paging, PullRule, RejectForm, RejectKind, RowPlace};
use qingting_models::store::Reject;
use serde::Serialize;
use serde_json::Value;
use serde_json_path::JsonPath;
use url::Url;

use super::document::{document, place, seen};
use super::rule::{BadRule, header_name, parameter, path};
use crate::prepare::prepare;
use crate::record::{Persons, RawRecord, Significant};
use crate::sheet::times;
use crate::text::{one_line, tidy_lines, web_address};
use crate::{sameness, state};

/// A document that gave no records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("the answer is no JSON: {why}")]
    NotJson { why: String },
    #[error("the path \"{path}\" finds no records in the answer, which {seen}")]
    NoRecords { path: String, seen: String },
    #[error(transparent)]
    Rule(#[from] BadRule),
}

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub struct BadRecord {
    pub kind: RejectKind,
    /// The path at fault.
    pub path: Option<String>,
    /// What is wrong and what is allowed.
    pub reason: String,
}

/// One page of records.
#[derive(Debug, Default)]
pub struct JsonPage {
    pub records: Vec<RawRecord>,
    pub rejects: Vec<Reject>,
    /// Where the document says the next page is: a cursor or an address, as the rule's paging has it.
    pub next: Option<String>,
}

/// What a path of the rule found in a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The part of the rule: `title`, or `extra` with the label.
    pub part: String,
    pub path: String,
    /// Whether it found something.
    pub any: bool,
    /// What it found, masked; always empty for names and numbers of persons.
    pub text: String,
}

/// A part of a record: its path, read and as it was written.
struct Part {
    path: JsonPath,
    written: String,
}

/// A rule that is ready to read.
pub struct Mapping {
    records: Part,
    list: Option<JsonPath>,
    id: Option<Part>,
    title: Option<Part>,
    body: Option<Part>,
    url: Option<Part>,
    occurred: Option<Part>,
    dispatched: Option<Part>,
    due: Option<Part>,
    state: Option<Part>,
    person_name: Option<Part>,
    person_phone: Option<Part>,
    extra: Vec<(String, Part)>,
    next: Option<Part>,
}

/// Checks a rule before it is saved.
///
/// # Errors
/// When the records or both text and title have no path, or a path, header or parameter cannot be used.
pub fn check(rule: &PullRule) -> Result<(), BadRule> {
    Mapping::of(rule).map(|_| ())
}

impl Mapping {
    /// Reads the rule's paths.
    ///
    /// # Errors
    /// As [`check`].
    pub fn of(rule: &PullRule) -> Result<Self, BadRule> {
        if rule.records.trim().is_empty() {
            let needed = "it is the JSONPath of the records, for example $.data.rows[*]";
            return Err(BadRule::Missing { part: "records", needed });
        }
        if rule.title.is_none() && rule.body.is_none() {
            let needed =
                "a record needs the path of its text or of its title, for example body = \"$.content\"";
            return Err(BadRule::Missing { part: "body", needed });
        }
        let part = |name: &str, written: &str| {
            Ok(Part { path: path(name, written)?, written: written.trim().to_owned() })
        };
        let optional = |name, written: &Option<String>| written.as_deref().map(|w| part(name, w)).transpose();
        let next = match &rule.paging {
            None => None,
            Some(Paging::Cursor { next, parameter: name }) => {
                parameter(name)?;
                Some(part("paging.next", next)?)
            }
            Some(Paging::Link { next }) => optional("paging.next", next)?,
            Some(Paging::Number { parameter: name, .. }) => {
                parameter(name)?;
                None
            }
        };
        rule.secret_header.as_deref().map(header_name).transpose()?;
        let records = part("records", &rule.records)?;
        let list = records.written.strip_suffix("[*]").or_else(|| records.written.strip_suffix(".*"));
        Ok(Self {
            list: list.and_then(|list| JsonPath::parse(list).ok()),
            records,
            id: optional("id", &rule.id)?,
            title: optional("title", &rule.title)?,
            body: optional("body", &rule.body)?,
            url: optional("url", &rule.url)?,
            occurred: optional("occurred", &rule.occurred)?,
            dispatched: optional("dispatched", &rule.dispatched)?,
            due: optional("due", &rule.due)?,
            state: optional("state", &rule.state)?,
            person_name: optional("person_name", &rule.person_name)?,
            person_phone: optional("person_phone", &rule.person_phone)?,
            extra: rule
                .extra
                .iter()
                .map(|(label, written)| Ok((label.clone(), part(&format!("extra {label}"), written)?)))
                .collect::<Result<_, BadRule>>()?,
            next,
        })
    }

    /// Reads one page. `base` is its address, `first` the number of its first record, counted from 1.
    ///
    /// # Errors
    /// When it is no JSON, or the path of the records finds neither records nor an empty list.
    pub fn page(
        &self,
        bytes: &[u8],
        charset: Option<&str>,
        base: &Url,
        first: u64,
    ) -> Result<JsonPage, JsonError> {
        let document = document(bytes, charset)?;
        let mut page = JsonPage {
            next: self.next.as_ref().and_then(|next| scalar(&document, next)),
            ..JsonPage::default()
        };
        for (number, record) in (first..).zip(self.records_of(&document)?) {
            match self.record(record, base) {
                Ok(record) => page.records.push(record),
                Err(BadRecord { kind, path, reason }) => page.rejects.push(Reject {
                    place: RowPlace { file: place(base), row: number, column: path, ..RowPlace::default() },
                    kind,
                    form: RejectForm::Json,
                    reason,
                    original: record.clone(),
                }),
            }
        }
        Ok(page)
    }

    fn records_of<'d>(&self, document: &'d Value) -> Result<Vec<&'d Value>, JsonError> {
        let found = self.records.path.query(document).all();
        match found.as_slice() {
            // The path of the list itself will do.
            [Value::Array(list)] => return Ok(list.iter().collect()),
            [] => {}
            _ => return Ok(found),
        }
        let list = self.list.as_ref().and_then(|list| list.query(document).first());
        // Many interfaces write null for an empty list.
        if list.is_some_and(|list| list.is_array() || list.is_object() || list.is_null()) {
            return Ok(Vec::new());
        }
        Err(JsonError::NoRecords { path: self.records.written.clone(), seen: seen(document) })
    }

    /// What each path finds in the first record of a page, which need not fit the rule; nothing when there is none.
    pub fn found_in_first(&self, bytes: &[u8], charset: Option<&str>) -> Vec<Found> {
        let Ok(document) = document(bytes, charset) else { return Vec::new() };
        let records = self.records_of(&document).unwrap_or_default();
        let Some(record) = records.first() else { return Vec::new() };
        let parts = self.parts();
        parts.into_iter().map(|(name, part, personal)| self.found(record, name, part, personal)).collect()
    }

    /// Every part that is looked for in a record, with its name, and whether it is personal.
    fn parts(&self) -> Vec<(String, &Part, bool)> {
        let fixed = [
            ("id", &self.id, false),
            ("title", &self.title, false),
            ("body", &self.body, false),
            ("url", &self.url, false),
            ("occurred", &self.occurred, false),
            ("dispatched", &self.dispatched, false),
            ("due", &self.due, false),
            ("state", &self.state, false),
            ("person_name", &self.person_name, true),
            ("person_phone", &self.person_phone, true),
        ];
        let fixed = fixed
            .into_iter()
            .filter_map(|(name, part, personal)| Some((name.to_owned(), part.as_ref()?, personal)));
        let extra = self.extra.iter().map(|(label, part)| {
            (format!("extra {label}"), part, crate::sheet::personal_column(label).is_some())
        });
        fixed.chain(extra).collect()
    }

    fn found(&self, record: &Value, name: String, part: &Part, personal: bool) -> Found {
        let found = texts(record, part);
        let (any, path) = (!found.is_empty(), part.written.clone());
        if personal {
            return Found { part: name, path, any, text: String::new() };
        }
        // The record's own names and numbers are masked in it, as they would be in what is stored.
        let persons = Persons { names: self.names(record), phones: self.phones(record), others: Vec::new() };
        let body = crate::feed::html_to_text(&found.join("\n"));
        let text = prepare(RawRecord { body, persons, ..RawRecord::default() }).content.body;
        Found { part: name, path, any, text }
    }

    /// Reads one record.
    ///
    /// # Errors
    /// When it is no object, lacks the id that the rule names or title and text, or a time cannot be read.
    pub fn record(&self, record: &Value, base: &Url) -> Result<RawRecord, BadRecord> {
        if !record.is_object() {
            let reason = "the record is no JSON object".to_owned();
            return Err(BadRecord {
                kind: RejectKind::Field,
                path: Some(self.records.written.clone()),
                reason,
            });
        }
        let external_id = self.id.as_ref().map(|part| (part, scalar(record, part)));
        if let Some((part, None)) = &external_id {
            let reason = "the record has no id there; without it an edit could not be told from a new record"
                .to_owned();
            return Err(BadRecord { kind: RejectKind::Field, path: Some(part.written.clone()), reason });
        }
        let external_id = external_id.and_then(|(_, id)| id);
        let text = |part: &Option<Part>| {
            part.as_ref().map(|part| texts(record, part).join("\n")).unwrap_or_default()
        };
        let (title, body) = (one_line(&text(&self.title)), crate::feed::html_to_text(&text(&self.body)));
        if title.is_empty() && body.is_empty() {
            let at = self.body.as_ref().or(self.title.as_ref()).map(|part| part.written.clone());
            let reason = "the record has neither a title nor a text; one of them is needed".to_owned();
            return Err(BadRecord { kind: RejectKind::NoText, path: at, reason });
        }
        let url = self.url.as_ref().and_then(|part| scalar(record, part));
        let url = url.and_then(|url| web_address(base.join(url.trim()).ok()?.as_str()));
        let state = text(&self.state);
        let mut raw = RawRecord {
            sameness: sameness::of(url.as_deref(), &title, &body),
            occurred_at: time(record, self.occurred.as_ref())?,
            dispatched_at: time(record, self.dispatched.as_ref())?,
            due_at: time(record, self.due.as_ref())?,
            finished: state::is_finished(&state),
            withdrawn: state::is_withdrawn(&state),
            persons: Persons { names: self.names(record), phones: self.phones(record), others: Vec::new() },
            extra: self.extras(record, &state),
            original: record.into(),
            external_id,
            title,
            body,
            url,
            ..RawRecord::default()
        };
        raw.significant = significant(&raw);
        Ok(raw)
    }

    fn names(&self, record: &Value) -> Vec<String> {
        let all = self.person_name.as_ref().map(|part| texts(record, part)).unwrap_or_default();
        split(&all).filter(|name| !state::is_nobody(name)).collect()
    }

    fn phones(&self, record: &Value) -> Vec<String> {
        let all = self.person_phone.as_ref().map(|part| texts(record, part)).unwrap_or_default();
        split(&all).collect()
    }

    fn extras(&self, record: &Value, state: &str) -> Vec<(String, String)> {
        let state = (!state.is_empty()).then(|| ("状态".to_owned(), one_line(state)));
        let named = self
            .extra
            .iter()
            .map(|(label, part)| (label.clone(), tidy_lines(&texts(record, part).join("、"))));
        state.into_iter().chain(named).filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// With an id of its own every part of a record counts. Without one its digest is its identity, so only what
/// never changes counts: else a new state would double the record.
fn significant(raw: &RawRecord) -> Significant {
    let at =
        |name: &str, at: Option<Timestamp>| (name.to_owned(), at.map_or_else(String::new, clock::rfc3339));
    let mut all = vec![
        ("title".to_owned(), raw.title.clone()),
        ("body".to_owned(), raw.body.clone()),
        at("occurred", raw.occurred_at),
        at("dispatched", raw.dispatched_at),
        (
            "persons".to_owned(),
            raw.persons.names.iter().chain(&raw.persons.phones).cloned().collect::<Vec<_>>().join("、"),
        ),
    ];
    if raw.external_id.is_some() {
        all.push(at("due", raw.due_at));
        all.extend(raw.extra.iter().map(|(label, value)| (format!("extra {label}"), value.clone())));
    }
    all.retain(|(_, value)| !value.is_empty());
    Significant::of(&all)
}

fn time(record: &Value, part: Option<&Part>) -> Result<Option<Timestamp>, BadRecord> {
    let Some(part) = part else { return Ok(None) };
    let Some(written) = scalar(record, part) else { return Ok(None) };
    times::parse_cell(&written).map_err(|wrong| BadRecord {
        kind: RejectKind::Time,
        path: Some(part.written.clone()),
        reason: wrong.to_string(),
    })
}

/// The first filled value that the path finds.
fn scalar(value: &Value, part: &Part) -> Option<String> {
    texts(value, part).into_iter().next()
}

/// The filled values that the path finds; those of a list one by one.
fn texts(value: &Value, part: &Part) -> Vec<String> {
    let found = part.path.query(value).all();
    let each = found.into_iter().flat_map(|value| match value {
        Value::Array(list) => list.iter().collect(),
        other => vec![other],
    });
    each.filter_map(plain).collect()
}

fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

fn split(values: &[String]) -> impl Iterator<Item = String> {
    let parts =
        values.iter().flat_map(|value| value.split(|c: char| c.is_whitespace() || "、,，;；/|".contains(c)));
    parts.filter(|part| part.chars().count() >= 2).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule() -> PullRule {
        let some = |path: &str| Some(path.to_owned());
        PullRule {
            records: "$.data.rows[*]".into(),
            id: some("$.no"),
            title: some("$.title"),
            body: some("$.content"),
            url: some("$.link"),
            occurred: some("$.time.reported"),
            due: some("$.time.due"),
            state: some("$.state"),
            person_name: some("$.person.name"),
            person_phone: some("$.person.phones"),
            extra: vec![("承办单位".into(), "$.offices[*].name".into())],
            paging: Some(Paging::Cursor { next: "$.data.next".into(), parameter: "cursor".into() }),
            ..PullRule::default()
        }
    }

    fn page(document: &Value, rule: &PullRule) -> Result<JsonPage, JsonError> {
        let base = Url::parse("https://api.example.cn/v1/list?key=geheim").unwrap();
        Mapping::of(rule)?.page(document.to_string().as_bytes(), None, &base, 1)
    }

    fn full() -> Value {
        json!({
            "no": 17, "title": "路灯", "content": "<p>东门路灯不亮</p><p>已三天</p>", "link": "/show/17",
            "time": {"reported": "2026/11/1 9:00", "due": 1_793_581_200_000_i64}, "state": "已办结（超期）",
            "person": {"name": "章小雨", "phones": ["13800001234", "0574-65712345"]},
            "offices": [{"name": "住建局"}, {"name": "供电公司"}]
        })
    }

    #[test]
    fn what_each_path_finds_in_the_first_record_is_masked() {
        let mut record = full();
        record["title"] = json!("章小雨反映路灯不亮");
        record["no"] = Value::Null;
        let document = json!({"data": {"rows": [record]}}).to_string();
        let found = Mapping::of(&rule()).unwrap().found_in_first(document.as_bytes(), None);
        let of = |part: &str| found.iter().find(|found| found.part == part).unwrap();
        assert!(!of("id").any && of("state").text.contains("已办结"));
        assert!(of("title").text.contains("路灯不亮") && of("extra 承办单位").text.contains("住建局"));
        assert_eq!((of("person_name").any, of("person_name").text.as_str()), (true, ""));
        let all = format!("{found:?}");
        assert!(!all.contains("章小雨") && !all.contains("13800001234"), "{all}");
    }

    #[test]
    fn every_part_is_read_by_its_path() {
        let read = page(&json!({"data": {"rows": [full()], "next": "c2"}}), &rule()).unwrap();
        assert_eq!(read.next.as_deref(), Some("c2"));
        let record = &read.records[0];
        assert_eq!(record.external_id.as_deref(), Some("17"));
        assert_eq!((record.title.as_str(), record.body.as_str()), ("路灯", "东门路灯不亮\n\n已三天"));
        assert_eq!(record.url.as_deref(), Some("https://api.example.cn/show/17"));
        assert_eq!(record.occurred_at.map(clock::rfc3339).as_deref(), Some("2026-11-01T09:00:00+08:00"));
        assert_eq!(record.due_at.map(|at| at.as_second()), Some(1_793_581_200));
        assert!(record.finished && !record.withdrawn);
        assert_eq!(record.persons.names, ["章小雨"]);
        assert_eq!(record.persons.phones, ["13800001234", "0574-65712345"]);
        assert_eq!(
            record.extra,
            [
                ("状态".to_owned(), "已办结（超期）".to_owned()),
                ("承办单位".to_owned(), "住建局、供电公司".to_owned())
            ]
        );
    }

    #[test]
    fn a_record_that_cannot_be_read_costs_no_other_and_names_its_path() {
        let with = |key: &str, value: Value| {
            let mut record = full();
            record[key] = value;
            record
        };
        let rows = json!([with("no", json!(null)), with("time", json!({"due": "昨天"})), "text", full(),
            {"no": 5, "title": " ", "content": null}]);
        let read = page(&json!({"data": {"rows": rows}}), &rule()).unwrap();
        assert_eq!(read.records.len(), 1);
        let told: Vec<_> =
            read.rejects.iter().map(|r| (r.place.row, r.place.column.as_deref().unwrap(), r.kind)).collect();
        assert_eq!(
            told,
            [
                (1, "$.no", RejectKind::Field),
                (2, "$.time.due", RejectKind::Time),
                (3, "$.data.rows[*]", RejectKind::Field),
                (5, "$.content", RejectKind::NoText)
            ]
        );
        assert!(
            read.rejects
                .iter()
                .all(|r| r.form == RejectForm::Json && r.place.file == "https://api.example.cn/v1/list")
        );
    }

    #[test]
    fn an_empty_list_is_no_fault_and_a_missing_one_is() {
        for empty in [json!({"data": {"rows": []}}), json!({"data": {"rows": null}})] {
            assert_eq!(page(&empty, &rule()).unwrap().records.len(), 0);
        }
        let told =
            page(&json!({"code": 401, "msg": "令牌过期", "result": {}}), &rule()).unwrap_err().to_string();
        assert!(
            told.contains("\"$.data.rows[*]\" finds no records")
                && told.contains("code, msg, result and says: 令牌过期"),
            "{told}"
        );
        let direct = PullRule { records: "$".into(), ..rule() };
        assert_eq!(page(&json!([full()]), &direct).unwrap().records.len(), 1);
        let base = Url::parse("https://a.cn/").unwrap();
        for (bytes, says) in [("<html>", "a web page"), ("{", "EOF"), ("", "EOF")] {
            let told = Mapping::of(&rule()).unwrap().page(bytes.as_bytes(), None, &base, 1).unwrap_err();
            assert!(matches!(&told, JsonError::NotJson { why } if why.contains(says)), "{told}");
        }
    }

    #[test]
    fn without_an_id_a_new_state_makes_no_new_record() {
        let anonymous = PullRule { id: None, ..rule() };
        let one = page(&json!({"data": {"rows": [full()]}}), &anonymous).unwrap();
        let mut later = full();
        later["state"] = json!("已归档");
        let two = page(&json!({"data": {"rows": [later.clone()]}}), &anonymous).unwrap();
        assert_eq!(one.records[0].significant, two.records[0].significant);
        let named = page(&json!({"data": {"rows": [later]}}), &rule()).unwrap();
        assert_ne!(
            page(&json!({"data": {"rows": [full()]}}), &rule()).unwrap().records[0].significant,
            named.records[0].significant
        );
    }

    #[test]
    fn rules_that_cannot_work_are_refused_when_they_are_saved() {
        assert_eq!(check(&rule()), Ok(()));
        assert!(matches!(check(&PullRule::default()), Err(BadRule::Missing { part: "records", .. })));
        assert!(matches!(
            check(&PullRule { title: None, body: None, ..rule() }),
            Err(BadRule::Missing { part: "body", .. })
        ));
        let told = check(&PullRule { due: Some("time.due".into()), ..rule() }).unwrap_err().to_string();
        assert!(
            told.starts_with("\"time.due\" for \"due\" is no JSONPath") && told.contains("$.id"),
            "{told}"
        );
        for header in ["", "X Key", "Host", "a:b", "令牌"] {
            assert!(check(&PullRule { secret_header: Some(header.into()), ..rule() }).is_err(), "{header}");
        }
        let paging = Some(Paging::Number { parameter: "a&b".into(), first: 1 });
        assert!(check(&PullRule { paging, ..rule() }).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_document_makes_it_panic(text in "[\\[\\]{}\",:0-9a-c$ ]{0,60}") {
            let base = Url::parse("https://a.cn/").unwrap();
            let _ = Mapping::of(&rule()).unwrap().page(text.as_bytes(), None, &base, 1);
        }
    }
}
