//! What is true of each record, a line of JSON each: what it is about, where it came, and which of its words are personal.

use anyhow::Result;
use qingting_models::clock;
use serde::Serialize;

use super::book::Book;
use super::course::Answer;
use super::senders::Sender;
use super::telling::Record;
use crate::material::slots::{CLOSE, OPEN, PERSONAL};

/// A personal value: `start..end` in characters of the field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Span {
    pub(super) field: &'static str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Takes the marks out of a text and says where the personal values stand.
pub(super) fn unmark(field: &'static str, marked: &str) -> (String, Vec<Span>) {
    let mut text = String::with_capacity(marked.len());
    let mut spans = Vec::new();
    let mut open: Option<(&'static str, usize)> = None;
    let (mut length, mut characters) = (0, marked.chars());
    while let Some(character) = characters.next() {
        match character {
            OPEN => {
                let letter = characters.next();
                let kind =
                    PERSONAL.iter().find(|(_, known, _)| Some(*known) == letter).map_or("", |kind| kind.2);
                open = Some((kind, length));
            }
            CLOSE => {
                if let Some((kind, start)) = open.take() {
                    spans.push(Span { field, kind, start, end: length });
                }
            }
            _ => {
                text.push(character);
                length += 1;
            }
        }
    }
    (text, spans)
}

/// Where else an article stands.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Appearance {
    pub(super) source: &'static str,
    pub(super) url: String,
    /// tracking, mobile or republished.
    pub(super) how: &'static str,
}

/// One line of `truth.jsonl`.
#[derive(Debug, Serialize)]
pub(super) struct Line<'r> {
    source: &'static str,
    channel: &'static str,
    /// `null` where the sender gives no numbers.
    external_id: Option<&'r str>,
    at: String,
    files: Vec<String>,
    /// How many versions the files show.
    versions: usize,
    title: String,
    body: String,
    topics: Vec<&'r str>,
    kind: &'r str,
    urgency: u8,
    department: Option<String>,
    town: Option<&'r str>,
    incident: Option<&'r str>,
    repeats: Option<&'r str>,
    personal: Vec<Span>,
    finished: bool,
    reply: Option<&'r str>,
    outcome: Option<&'r str>,
    rating: Option<&'r str>,
    appearances: Vec<Appearance>,
}

/// What the line is made of beside the record.
pub(super) struct Seen<'r> {
    pub(super) files: Vec<String>,
    pub(super) versions: usize,
    /// As the last file shows them, marked.
    pub(super) title: &'r str,
    pub(super) body: &'r str,
    pub(super) finished: bool,
    pub(super) answer: Option<&'r Answer>,
    pub(super) appearances: Vec<Appearance>,
}

impl<'r> Line<'r> {
    pub(super) fn of(book: &Book, who: &Sender, record: &'r Record, seen: Seen<'r>) -> Result<Self> {
        let (title, mut personal) = unmark("title", seen.title);
        let (body, in_body) = unmark("body", seen.body);
        personal.extend(in_body);
        let filled = |text: &'r str| Some(text).filter(|text| !text.is_empty());
        let department =
            book.county.departments.by_name(&record.office).map(|office| office.code.as_str().to_owned());
        let has_ids = who.columns().is_none_or(|columns| columns.have_ids());
        Ok(Self {
            source: who.name,
            channel: who.channel.code(),
            external_id: has_ids.then_some(record.external_id.as_str()),
            at: clock::rfc3339(jiff::Timestamp::from_second(record.at)?),
            files: seen.files,
            versions: seen.versions,
            title,
            body,
            topics: filled(&record.topic).into_iter().collect(),
            kind: &record.kind,
            urgency: if record.urgent { 2 } else { 0 },
            department,
            town: filled(&record.town),
            incident: record.incident.as_deref(),
            repeats: record.repeats.as_deref(),
            personal,
            finished: seen.finished,
            reply: seen.answer.map(|answer| answer.text.as_str()),
            outcome: seen.answer.map(|answer| answer.outcome.as_str()),
            rating: seen.answer.and_then(|answer| answer.rating),
            appearances: seen.appearances,
        })
    }

    /// The body without marks.
    pub(super) fn body(&self) -> &str {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_spans_counted_in_characters() {
        let marked = format!("住户{OPEN}n张三{CLOSE}，电话{OPEN}m13800001234{CLOSE}。");
        let (text, spans) = unmark("body", &marked);
        assert_eq!(text, "住户张三，电话13800001234。");
        let shown: Vec<(&str, String)> = spans
            .iter()
            .map(|span| (span.kind, text.chars().skip(span.start).take(span.end - span.start).collect()))
            .collect();
        assert_eq!(shown, [("name", "张三".to_owned()), ("mobile", "13800001234".to_owned())]);
    }
}
