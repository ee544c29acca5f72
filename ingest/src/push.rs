//! What a platform pushes: one JSON object to one record, or to the reason why not, which names the field.
//!
//! The fields are those of `docs/接口.md`. Nothing is guessed: a field that is not known, stands twice or has a
//! value of another type is refused, so that no sender believes something to be stored that is not.

mod json;

use jiff::Timestamp;
use qingting_models::clock;
use qingting_models::records::RejectKind;
use qingting_models::text::mask;
use serde_json::{Map, Value};

use crate::record::{Persons, RawRecord, Significant};
use crate::sheet::times::{self, BadTime};
use crate::{sheet, state, text};

/// Longest line in bytes.
pub const LINE_BYTES: usize = 1 << 20;
/// Most labels of `extra`, and the longest label in characters.
const LABELS: usize = 100;
const LABEL_CHARS: usize = 100;
/// Shortest name that is looked for in texts.
const NAME_CHARS: usize = 2;

const FIELDS: &[&str] = &[
    "id",
    "title",
    "body",
    "url",
    "occurred_at",
    "dispatched_at",
    "due_at",
    "state",
    "finished",
    "withdrawn",
    "persons",
    "extra",
];
const PERSON_FIELDS: &[&str] = &["names", "phones", "others"];

/// A pushed record that could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct BadPush {
    pub kind: RejectKind,
    /// The field at fault: `occurred_at`, `persons.phones`.
    pub field: Option<String>,
    /// What is wrong and what is allowed; personal values in it are masked.
    pub reason: String,
    /// What arrived, to be sealed: the object, or the text where it is none.
    pub original: Value,
}

/// What is wrong, before it is known what arrived.
struct Fault {
    kind: RejectKind,
    field: Option<String>,
    reason: String,
}

impl Fault {
    fn of_line(reason: impl Into<String>) -> Self {
        Self { kind: RejectKind::Line, field: None, reason: reason.into() }
    }

    fn of_field(field: &str, reason: impl Into<String>) -> Self {
        Self { kind: RejectKind::Field, field: Some(shown(field)), reason: reason.into() }
    }

    fn must_be(field: &str, what: &str) -> Self {
        Self::of_field(field, format!("the value of \"{}\" must be {what}", shown(field)))
    }

    fn with(self, original: Value) -> Box<BadPush> {
        Box::new(BadPush { kind: self.kind, field: self.field, reason: self.reason, original })
    }
}

/// Reads one pushed line, or a whole body that is one object.
///
/// # Errors
/// [`BadPush`] when it is longer than [`LINE_BYTES`], no UTF-8, no JSON object, or a field is refused.
pub fn read_line(line: &[u8]) -> Result<RawRecord, Box<BadPush>> {
    let lossy = || Value::String(String::from_utf8_lossy(line).into_owned());
    if line.len() > LINE_BYTES {
        let reason = format!("the line has {} bytes; allowed: at most {LINE_BYTES}", line.len());
        return Err(Fault::of_line(reason).with(lossy()));
    }
    let text = std::str::from_utf8(line).map_err(|wrong| {
        let reason = format!("the line is no UTF-8 text from byte {} on", wrong.valid_up_to() + 1);
        Fault::of_line(reason).with(lossy())
    })?;
    let value = json::parse(text).map_err(|wrong| fault_of_json(&wrong).with(lossy()))?;
    read_value(value)
}

/// Reads again what was sealed of a [`BadPush`], as it was or mended.
///
/// # Errors
/// As [`read_line`].
pub fn read_again(original: Value) -> Result<RawRecord, Box<BadPush>> {
    match original {
        Value::String(line) => read_line(line.as_bytes()),
        other => read_value(other),
    }
}

fn fault_of_json(wrong: &json::BadJson) -> Fault {
    match wrong {
        json::BadJson::Syntax(wrong) => Fault::of_line(format!("the line is no JSON: {wrong}")),
        json::BadJson::Twice(field) => Fault::of_field(
            field,
            format!("the field \"{}\" stands twice; allowed: each field once", shown(field)),
        ),
    }
}

fn read_value(value: Value) -> Result<RawRecord, Box<BadPush>> {
    let read = match &value {
        Value::Object(fields) => Reader { fields }.record(),
        _ => Err(Fault::of_line("the record is JSON but no object; allowed: {\"id\": ..., \"title\": ...}")),
    };
    match read {
        Ok(record) => Ok(RawRecord { original: value.into(), ..record }),
        // A text in quotes is sealed with them: what is sealed as a text is the line that arrived.
        Err(fault) if value.is_string() => Err(fault.with(Value::String(value.to_string()))),
        Err(fault) => Err(fault.with(value)),
    }
}

/// A piece of what arrived as a message may show it: short, without control characters, masked.
fn shown(text: &str) -> String {
    mask(&text.chars().filter(|c| !c.is_control()).take(60).collect::<String>()).text
}

struct Reader<'r> {
    fields: &'r Map<String, Value>,
}

impl<'r> Reader<'r> {
    fn record(&self) -> Result<RawRecord, Fault> {
        known(self.fields, FIELDS, "")?;
        let external_id = self.id()?;
        let status = text::one_line(self.text("state")?);
        let taken_back = self.flag("withdrawn")?;
        if taken_back && external_id.is_none() {
            return Err(Fault::of_field("id", "a withdrawn record needs its \"id\""));
        }
        let withdrawn = taken_back || (external_id.is_some() && state::is_withdrawn(&status));
        let title = text::one_line(self.text("title")?);
        let body = text::tidy_lines(self.text("body")?);
        if title.is_empty() && body.is_empty() && !withdrawn {
            let reason = "the record has neither a title nor a text; one of them is needed".into();
            return Err(Fault { kind: RejectKind::NoText, field: None, reason });
        }
        let (extra, mut persons) = self.extra()?;
        self.persons(&mut persons)?;
        let record = RawRecord {
            external_id,
            title,
            body,
            url: self.url()?,
            occurred_at: self.time("occurred_at")?,
            dispatched_at: self.time("dispatched_at")?,
            due_at: self.time("due_at")?,
            finished: self.flag("finished")? || state::is_finished(&status),
            persons,
            extra: shown_extra(status, extra),
            withdrawn,
            ..RawRecord::default()
        };
        Ok(RawRecord { significant: significant(&record), ..record })
    }

    /// The value of a field; `null` is as good as nothing.
    fn value(&self, name: &str) -> Option<&'r Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<&'r str, Fault> {
        match self.value(name) {
            None => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(Fault::must_be(name, "a text in quotes")),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, Fault> {
        match self.value(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Fault::must_be(name, "true or false")),
        }
    }

    fn id(&self) -> Result<Option<String>, Fault> {
        let id = match self.value("id") {
            None => return Ok(None),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) if !number.is_f64() => number.to_string(),
            Some(_) => return Err(Fault::must_be("id", "a text or a whole number")),
        };
        if id.chars().any(char::is_control) {
            return Err(Fault::must_be("id", "without control characters"));
        }
        Ok(Some(id).filter(|id| !id.is_empty()))
    }

    fn url(&self) -> Result<Option<String>, Fault> {
        match self.text("url")?.trim() {
            "" => Ok(None),
            url => text::web_address(url).map(Some).ok_or_else(|| {
                let reason = format!(
                    "\"{}\" is no address to link to; allowed: http://... and https://...",
                    shown(url)
                );
                Fault::of_field("url", reason)
            }),
        }
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>, Fault> {
        let text = match self.value(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(Fault::must_be(name, "a time in quotes, or epoch seconds")),
        };
        times::parse_cell(&text).map_err(|wrong| {
            let wrong = match wrong {
                BadTime::Unknown(text) => BadTime::Unknown(shown(&text)),
                BadTime::Impossible(text) => BadTime::Impossible(shown(&text)),
                BadTime::OutOfRange(text) => BadTime::OutOfRange(shown(&text)),
            };
            Fault { kind: RejectKind::Time, field: Some(name.into()), reason: wrong.to_string() }
        })
    }

    fn persons(&self, persons: &mut Persons) -> Result<(), Fault> {
        let lists = match self.value("persons") {
            None => return Ok(()),
            Some(Value::Object(lists)) => lists,
            Some(_) => return Err(Fault::must_be("persons", "an object of the lists names, phones, others")),
        };
        known(lists, PERSON_FIELDS, "persons.")?;
        persons.names.extend(texts(lists, "names")?.into_iter().filter(|name| is_name(name)));
        persons.phones.extend(texts(lists, "phones")?);
        persons.others.extend(texts(lists, "others")?);
        Ok(())
    }

    /// The labels to show, and the personal values among them, which are not shown.
    fn extra(&self) -> Result<(Vec<(String, String)>, Persons), Fault> {
        let (mut extra, mut persons) = (Vec::new(), Persons::default());
        let labels = match self.value("extra") {
            None => return Ok((extra, persons)),
            Some(Value::Object(labels)) => labels,
            Some(_) => return Err(Fault::must_be("extra", "an object of labels and texts")),
        };
        if labels.len() > LABELS {
            let reason = format!("\"extra\" has {} labels; allowed: at most {LABELS}", labels.len());
            return Err(Fault::of_field("extra", reason));
        }
        for (label, value) in labels {
            let field = format!("extra.{label}");
            let name = text::one_line(label);
            if name.is_empty() || name.chars().count() > LABEL_CHARS {
                let reason = format!("a label of \"extra\" must have 1 to {LABEL_CHARS} characters");
                return Err(Fault::of_field(&field, reason));
            }
            let value = match value {
                Value::Null => continue,
                Value::String(text) => text::tidy_lines(text),
                Value::Number(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
                Value::Array(_) | Value::Object(_) => {
                    return Err(Fault::must_be(&field, "a text, a number, true or false"));
                }
            };
            match sheet::personal_column(&name) {
                _ if value.is_empty() => {}
                Some(sheet::Meaning::PersonName) if is_name(&value) => persons.names.push(value),
                Some(sheet::Meaning::PersonName) => {}
                Some(sheet::Meaning::PersonPhone) => persons.phones.push(value),
                Some(_) => persons.others.push(value),
                None => extra.push((name, value)),
            }
        }
        Ok((extra, persons))
    }
}

/// Refuses a field that is not `allowed`; `prefix` tells the object it stands in.
fn known(fields: &Map<String, Value>, allowed: &[&str], prefix: &str) -> Result<(), Fault> {
    match fields.keys().find(|name| !allowed.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let name = format!("{prefix}{name}");
            let reason = format!("\"{}\" is no field; allowed: {}", shown(&name), allowed.join(", "));
            Err(Fault::of_field(&name, reason))
        }
    }
}

fn texts(lists: &Map<String, Value>, name: &str) -> Result<Vec<String>, Fault> {
    let field = format!("persons.{name}");
    let list = match lists.get(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Fault::must_be(&field, "a list of texts")),
    };
    let mut read = Vec::new();
    for value in list {
        let text = value.as_str().ok_or_else(|| Fault::must_be(&field, "a list of texts"))?;
        read.extend(Some(text.trim().to_owned()).filter(|text| !text.is_empty()));
    }
    Ok(read)
}

fn is_name(name: &str) -> bool {
    name.chars().count() >= NAME_CHARS && !state::is_nobody(name)
}

fn shown_extra(state: String, extra: Vec<(String, String)>) -> Vec<(String, String)> {
    let state = Some(("状态".to_owned(), state)).filter(|(_, state)| !state.is_empty());
    state.into_iter().chain(extra).collect()
}

/// With an id every field counts. Without one the digest is the record's identity, so only what never changes
/// counts: else a new state would double the record.
fn significant(record: &RawRecord) -> Significant {
    let time = |at: Option<Timestamp>| at.map(clock::rfc3339).unwrap_or_default();
    let mut all = vec![
        ("title".to_owned(), record.title.clone()),
        ("body".to_owned(), record.body.clone()),
        ("occurred_at".to_owned(), time(record.occurred_at)),
        ("dispatched_at".to_owned(), time(record.dispatched_at)),
    ];
    let Persons { names, phones, others } = &record.persons;
    let personal = [("names", names), ("phones", phones), ("others", others)];
    all.extend(personal.map(|(name, values)| (name.to_owned(), values.join("\n"))));
    if record.external_id.is_some() {
        all.push(("url".into(), record.url.clone().unwrap_or_default()));
        all.push(("due_at".into(), time(record.due_at)));
        all.push(("finished".into(), record.finished.to_string()));
        all.extend(record.extra.iter().map(|(label, value)| (format!("extra.{label}"), value.clone())));
    }
    all.retain(|(_, value)| !value.is_empty());
    Significant::of(&all)
}

#[cfg(test)]
mod tests;
