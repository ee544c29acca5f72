//! Reads the corpus of feeds: `cases.json` says what the formats' specifications say must come out of each file of
//! `cases/`. Both are written by `make_cases.py`; see there for what a row holds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use qingting_ingest::feed::{FeedDocument, FeedEntry, FeedError, discover, opml, parse};
use qingting_models::clock::rfc3339;
use serde_json::{Value, json};
use url::Url;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/feeds")
}

fn rows() -> Vec<Value> {
    let table = std::fs::read_to_string(folder().join("cases.json")).unwrap();
    serde_json::from_str(&table).unwrap()
}

fn bytes(row: &Value) -> Vec<u8> {
    std::fs::read(folder().join("cases").join(row["file"].as_str().unwrap())).unwrap()
}

fn read(row: &Value) -> Result<FeedDocument, FeedError> {
    let base = Url::parse("https://news.example.cn/feed/").unwrap();
    parse(&bytes(row), row["charset"].as_str(), Some(&base))
}

/// An entry's value by the name that the table has for it.
fn value(entry: &FeedEntry, key: &str) -> Value {
    match key {
        "id" => json!(entry.id),
        "title" => json!(entry.title),
        "url" => json!(entry.url),
        "body" => json!(entry.body),
        "published" => json!(entry.published.map(rfc3339)),
        "updated" => json!(entry.updated.map(rfc3339)),
        "summary_only" => json!(entry.summary_only),
        other => panic!("the table names {other}, which no entry has"),
    }
}

/// What differs between a document and its row.
fn differences(row: &Value, feed: &FeedDocument) -> Vec<String> {
    let mut found = Vec::new();
    let mut same = |what: String, is: Value, wanted: &Value| {
        if is != *wanted {
            found.push(format!("{what} is {is}, not {wanted}"));
        }
    };
    same("the format".into(), json!(feed.format), &row["format"]);
    if row.get("title").is_some() {
        same("the feed's title".into(), json!(feed.title), &row["title"]);
    }
    if row.get("ttl_s").is_some() {
        same("ttl_s".into(), json!(feed.ttl_s), &row["ttl_s"]);
    }
    same("deleted".into(), json!(feed.deleted), row.get("deleted").unwrap_or(&json!([])));
    let wanted = row["entries"].as_array().unwrap();
    same("the number of entries".into(), json!(feed.entries.len()), &json!(wanted.len()));
    for (number, (entry, wanted)) in feed.entries.iter().zip(wanted).enumerate() {
        for (key, wanted) in wanted.as_object().unwrap() {
            same(format!("{key} of entry {number}"), value(entry, key), wanted);
        }
    }
    let reasons = row.get("lost").and_then(Value::as_array).cloned().unwrap_or_default();
    let agree = feed.lost.len() == reasons.len()
        && feed.lost.iter().zip(&reasons).all(|(lost, part)| lost.reason.contains(part.as_str().unwrap()));
    same("what was lost as told".into(), json!(agree), &json!(true));
    found
}

#[test]
fn every_entry_of_every_readable_feed_is_in_and_every_unreadable_one_names_its_reason() {
    let mut wrong = Vec::new();
    for row in rows() {
        let file = row["file"].as_str().unwrap().to_owned();
        let faults = match (row.get("error"), read(&row)) {
            (None, Ok(feed)) => differences(&row, &feed),
            (None, Err(reason)) => vec![format!("it is refused: {reason}")],
            (Some(part), Err(reason)) if reason.to_string().contains(part.as_str().unwrap()) => vec![],
            (Some(part), Err(reason)) => vec![format!("the reason is \"{reason}\", without {part}")],
            (Some(_), Ok(_)) => vec!["it is read and should be refused".into()],
        };
        wrong.extend(faults.into_iter().map(|fault| format!("{file}: {fault}")));
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_and_the_folder_name_the_same_files() {
    let mut listed: Vec<String> = rows().iter().map(|row| row["file"].as_str().unwrap().to_owned()).collect();
    let entries = std::fs::read_dir(folder().join("cases")).unwrap();
    let mut there: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    listed.sort();
    there.sort();
    assert_eq!(listed, there);
    assert!(listed.len() >= 300, "{}", listed.len());
}

/// A change of a document's bytes, as cables, caches and generators make them.
#[derive(Debug, Clone)]
enum Change {
    Cut(Index),
    Remove(Index, u8),
    Set(Index, u8),
    Repeat(Index, u8, u8),
    Insert(Index, &'static str),
}

const PIECES: &[&str] = &[
    "<",
    ">",
    "&",
    "\"",
    "'",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "</item>",
    "<item>",
    "<entry>",
    "</",
    "/>",
    "<?",
    "&#",
    "&#x",
    ";",
    "xmlns:a=\"",
    " type='xhtml'",
    " mode='base64'",
    " xml:base='",
    "<x:y>",
    "\u{feff}",
    "\0",
    "石",
    "{",
    "[",
    "\\u",
    "}]",
];

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), any::<u8>()).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), any::<u8>(), 1..40u8)
            .prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        (any::<Index>(), proptest::sample::select(PIECES)).prop_map(|(at, piece)| Change::Insert(at, piece)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    let end = |at: usize, span: u8| (at + usize::from(span)).min(length);
    match change {
        Change::Cut(at) => bytes.truncate(at.index(length)),
        Change::Remove(at, span) => {
            let at = at.index(length);
            bytes.drain(at..end(at, *span));
        }
        Change::Set(at, byte) => bytes[at.index(length)] = *byte,
        Change::Repeat(at, span, times) => {
            let at = at.index(length);
            let part = bytes[at..end(at, *span)].repeat(usize::from(*times));
            bytes.splice(at..at, part);
        }
        Change::Insert(at, piece) => {
            let at = at.index(length);
            bytes.splice(at..at, piece.bytes());
        }
    }
}

/// `QINGTING_FUZZ_CASES` sets how many damaged documents are tried.
#[test]
fn no_damage_to_a_feed_makes_the_reader_panic() {
    let cases = std::env::var("QINGTING_FUZZ_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(500);
    let corpus: Vec<Vec<u8>> = rows().iter().map(bytes).collect();
    let base = Url::parse("https://news.example.cn/feed/").unwrap();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let damage = (any::<Index>(), proptest::collection::vec(change(), 1..6));
    let result = TestRunner::new(config).run(&damage, |(which, changes)| {
        let mut bytes = which.get(&corpus).clone();
        changes.iter().for_each(|change| apply(&mut bytes, change));
        if let Err(FeedError::Broken(reason)) = parse(&bytes, None, Some(&base)) {
            // `parse` turns a panic into this reason.
            prop_assert!(!reason.contains("makes the reader fail"), "a panic");
        }
        let _ = opml::read(&bytes);
        let _ = discover::discover(&String::from_utf8_lossy(&bytes), &base);
        Ok(())
    });
    result.unwrap_or_else(|wrong| panic!("{wrong}"));
}

#[test]
fn a_hostile_feed_of_megabytes_is_read_in_one_go() {
    let rss = |inside: String| {
        format!(
            "<rss version='2.0'><channel><title>t</title>{inside}<item><guid>z</guid><title>末</title></item></channel></rss>"
        )
    };
    let many = 300_000;
    let documents = [
        rss("<item/>".repeat(many)),
        rss("<item><guid>0</guid></item>".repeat(many / 3)),
        rss("<item>".repeat(many)),
        rss(format!("<x {}/>", "a='1' ".repeat(many))),
        rss(format!("<item><title>&lt;a {}&gt;</title></item>", "b ".repeat(many))),
        rss(format!("<item><description>{}</description></item>", "<b>".repeat(many))),
        rss("<x>".repeat(many)),
        rss("</x>".repeat(many)),
        rss("<!--".repeat(many)),
        rss("<![CDATA[".repeat(many)),
        rss("<!DOCTYPE [".repeat(many)),
        rss("<a b=\"".repeat(many)),
        rss("&#".repeat(many)),
        rss(format!("<item><title>{}</title></item>", "&".repeat(many))),
        rss((0..many / 10).map(|n| format!("<a{n} xmlns:n{n}='u'>")).collect()),
        format!("{{\"items\":[{}", "{\"id\":1},".repeat(many)),
        format!("{{\"items\":[{{\"id\":\"{}", "\\u".repeat(many)),
        "<".repeat(many),
        "\u{0}<".repeat(many),
    ];
    for document in documents {
        let start: String = document.chars().take(80).collect();
        let panicked = FeedError::Broken("it makes the reader fail".into());
        assert_ne!(parse(document.as_bytes(), None, None).err(), Some(panicked), "{start}");
    }
}
