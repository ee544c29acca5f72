//! What a sample promises, on small ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::civil::date;
use serde_json::Value;
use tempfile::TempDir;

use super::*;

fn sample(items: u64, seed: u64) -> (TempDir, Made) {
    let dir = tempfile::tempdir().unwrap();
    let made = make(Order { items, seed, until: date(2026, 11, 22) }, dir.path(), &|_| {}).unwrap();
    (dir, made)
}

fn truth(dir: &Path) -> Vec<Value> {
    let text = fs::read_to_string(dir.join("truth.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(dir).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn the_same_order_makes_the_same_bytes_and_another_seed_others() {
    let (one, again, other) = (sample(400, 3).0, sample(400, 3).0, sample(400, 4).0);
    let bytes = files(one.path());
    assert!(bytes == files(again.path()));
    assert!(bytes != files(other.path()));
    assert!(bytes.len() > 4 * SENDERS.len());
}

#[test]
fn orders_out_of_range_and_folders_in_use_are_refused_with_what_is_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let refused =
        |items, until| make(Order { items, seed: 1, until }, dir.path(), &|_| {}).unwrap_err().to_string();
    let until = date(2026, 11, 22);
    for items in [0, 99, 5_000_001] {
        let error = refused(items, until);
        assert!(error.contains("100") && error.contains("5000000"), "{error}");
    }
    assert!(refused(100, date(1999, 1, 1)).contains("2001"));
    fs::write(dir.path().join("letter.txt"), "mine").unwrap();
    assert!(refused(100, until).contains("not empty"));
}

#[test]
fn every_record_has_its_truth_and_stands_in_the_files_it_names() {
    let (dir, made) = sample(2_500, 5);
    let lines = truth(dir.path());
    assert_eq!(lines.len(), 2_500);
    assert_eq!(made.first.new, 2_500);
    assert!(made.first.appearances > 0);
    let mut ids = BTreeSet::new();
    let mut channels = BTreeSet::new();
    for line in &lines {
        channels.insert(line["channel"].as_str().unwrap().to_owned());
        if let Some(id) = line["external_id"].as_str() {
            assert!(ids.insert((line["source"].to_string(), id.to_owned())), "{id} stands twice");
        }
        for file in line["files"].as_array().unwrap() {
            assert!(dir.path().join(file.as_str().unwrap()).is_file(), "{file}");
        }
        assert!(line["topics"].as_array().unwrap().is_empty() || line["department"].is_string(), "{line}");
    }
    assert_eq!(channels.len(), 6, "{channels:?}");
    assert!(lines.iter().any(|line| line["versions"] == 2 && line["finished"] == true));
    assert!(lines.iter().any(|line| line["rating"] == "满意"));
    assert!(lines.iter().any(|line| line["repeats"].is_string()));
    assert!(lines.iter().any(|line| !line["appearances"].as_array().unwrap().is_empty()));
    let read = fs::read_to_string(dir.path().join("counts.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&read).unwrap(), serde_json::to_value(&made).unwrap());
}

#[test]
fn personal_values_stand_where_the_truth_says_and_no_mark_or_slot_is_left() {
    let (dir, _) = sample(2_500, 6);
    let mut kinds = BTreeSet::new();
    for line in truth(dir.path()) {
        for field in ["title", "body"] {
            let text = line[field].as_str().unwrap();
            let open = ['{', '}', '[', ']', '|', '\u{E000}', '\u{E001}'];
            assert!(!text.contains(open) && !text.is_empty(), "{text}");
        }
        for span in line["personal"].as_array().unwrap() {
            let text = line[span["field"].as_str().unwrap()].as_str().unwrap();
            let at = |name: &str| span[name].as_u64().unwrap() as usize;
            let value: String = text.chars().skip(at("start")).take(at("end") - at("start")).collect();
            let kind = span["type"].as_str().unwrap();
            match kind {
                "mobile" => assert_eq!(value.len(), 11, "{value}"),
                "idcard" => assert_eq!(value.len(), 18, "{value}"),
                "plate" => assert!(value.starts_with('浙'), "{value}"),
                _ => assert!(!value.is_empty()),
            }
            kinds.insert(kind.to_owned());
        }
    }
    for kind in ["name", "mobile", "address", "idcard", "plate", "wechat", "bankcard", "landline"] {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
}

#[test]
fn incidents_grow_over_channels_and_texts_hardly_repeat() {
    let (dir, made) = sample(20_000, 7);
    assert!(made.distinct_share > 0.97, "{}", made.distinct_share);
    let mut incidents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut members = 0;
    for line in truth(dir.path()) {
        if let Some(id) = line["incident"].as_str() {
            members += 1;
            incidents.entry(id.to_owned()).or_default().insert(line["channel"].to_string());
        }
    }
    assert!((2_000..3_000).contains(&members), "{members}");
    assert!(incidents.values().any(|channels| channels.len() >= 4));
    let typhoons = incidents.keys().filter(|id| id.starts_with("typhoon")).count();
    assert!(typhoons > 0);
}
