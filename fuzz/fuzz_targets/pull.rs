//! What is fetched beyond feeds: records of interfaces, list pages and articles. The first byte tells which is read.

#![no_main]

use std::sync::LazyLock;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use qingting_fuzz::{each, text};
use qingting_ingest::prepare::prepare_all;
use qingting_ingest::pull::{article, json, open311, page};
use qingting_models::records::{PageRule, PullRule};
use url::Url;

static MAPPING: LazyLock<json::Mapping> = LazyLock::new(|| json::Mapping::of(&rule()).unwrap());

fuzz_target!(|data: &[u8]| each(data, read));

fn read(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else { return };
    let url = Url::parse("https://311.example.cn/v2/list?page=1").unwrap();
    match kind {
        b'j' => {
            if let Ok(read) = MAPPING.page(data, None, &url, 1) {
                prepare_all(read.records);
            }
        }
        b'o' => {
            if let Ok(read) = open311::read(data, None, &url, 1) {
                prepare_all(read.records);
            }
        }
        b'r' => rules(&text(data)),
        b'a' => {
            let _ = article::read(data, None, &url, None);
        }
        b'b' => {
            let _ = article::read(data, None, &url, Some("div, p, #content"));
        }
        _ => pages(data, &url),
    }
}

fn rule() -> PullRule {
    let some = |path: &str| Some(path.to_owned());
    PullRule {
        records: "$.rows[*]".into(),
        id: some("$.id"),
        title: some("$..title"),
        body: some("$.body"),
        url: some("$.url"),
        occurred: some("$.at"),
        dispatched: some("$.sent"),
        due: some("$.due"),
        state: some("$.state"),
        person_name: some("$.name"),
        person_phone: some("$.phone[*]"),
        extra: vec![("类别".into(), "$.kind".into())],
        ..PullRule::default()
    }
}

/// A rule of an administrator, on a document, both written in the input: a path or selector to a line.
fn rules(text: &str) {
    let Some((written, document)) = text.split_once('\n') else { return };
    let url = Url::parse("https://news.example.cn/").unwrap();
    let rule = PullRule { records: written.into(), title: Some(written.into()), ..PullRule::default() };
    if let Ok(mapping) = json::Mapping::of(&rule) {
        let _ = mapping.page(document.as_bytes(), None, &url, 1);
    }
    let rule = PageRule { item: written.into(), ..PageRule::default() };
    let _ = page::read(document.as_bytes(), None, &url, &rule, Timestamp::UNIX_EPOCH);
}

fn pages(data: &[u8], url: &Url) {
    let some = |selector: &str| Some(selector.to_owned());
    let now: Timestamp = "2026-11-01T08:00:00Z".parse().unwrap();
    let bare = PageRule { item: "li, tr, div".into(), ..PageRule::default() };
    let whole = PageRule {
        item: "li".into(),
        title: some("a"),
        link: some("a[href]"),
        date: some("span, td:last-child"),
        ..PageRule::default()
    };
    for rule in [bare, whole] {
        let _ = page::read(data, None, url, &rule, now);
    }
}
