//! Originals that go by rule, because it was asked for, and once more after a restore; a year that is exported.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use qingting_models::clock::{Clock, SetClock, SystemClock, local_date};
use qingting_models::records::{Actor, Item, ItemContent, Subject, Upstream, Viewer};
use qingting_models::store::{Arrival, Store, StoreError};
use qingting_models::vault::VaultError;

use super::support::*;

const CALLS: usize = 40;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn is_erased(store: &Store, item: &Item) -> bool {
    let opened = store.unmask_item(&Viewer::SYSTEM, item.id, "核对", Actor::Console).await;
    match opened {
        Ok(_) => false,
        Err(StoreError::Vault(VaultError::Erased)) => true,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn what_was_erased_comes_back_with_no_backup() {
    for engine in engines() {
        let county = County::on(engine).await;
        let sheet = county.file("calls.csv", calls(CALLS));
        county.ok(&["import", text(&sheet), "--source", "12345", "--judge"]);
        let store = county.store().await;
        let items = all_items(&store).await;
        let with_case = items.iter().find(|item| item.case.is_some()).unwrap();
        let file = store.case_file(&Viewer::SYSTEM, with_case.case.unwrap()).await.unwrap().unwrap();
        let other = items.iter().find(|item| item.case != with_case.case).unwrap();
        let backup = county.file("x", "").with_file_name("county.tar.zst");
        county.ok(&["backup", text(&backup)]);

        let said = county.fails(&["erase", "--case", &file.case.number]);
        assert!(said.contains("--reason says why"), "{said}");
        let said = county.fails(&["erase", "--case", "2026-99999", "--reason", "本人要求"]);
        assert!(said.contains("there is no case 2026-99999"), "{said}");
        let said = county.ok(&["erase", "--case", &file.case.number, "--reason", "本人要求"]);
        assert!(said.contains("are erased; what is masked stays"), "{said}");
        county.ok(&["erase", "--item", &other.id.to_string(), "--reason", "本人要求"]);
        assert!(is_erased(&store, with_case).await && is_erased(&store, other).await);
        let kept = store.item(&Viewer::SYSTEM, other.id).await.unwrap().unwrap();
        assert_eq!(kept.content, other.content);
        // The same sheet again changes nothing, and brings nothing back.
        assert_eq!(county.import(&sheet, "12345"), [CALLS as i64, 0, 0, CALLS as i64, 0]);
        assert!(is_erased(&store, other).await);
        store.close().await;

        let list = county.home().join("erasures.jsonl");
        for into in engines() {
            // With the list of the lost folder beside the key.
            let new = county.new_home(into).await;
            fs::copy(&list, new.home().join("erasures.jsonl")).unwrap();
            let restored = new.json(&["restore", text(&backup)]);
            assert_eq!(restored["erased_again"], 2, "{restored}");
            let store = new.store().await;
            assert!(is_erased(&store, with_case).await && is_erased(&store, other).await);
            store.close().await;
            // Without it at first.
            let late = county.new_home(into).await;
            let said = late.ok(&["restore", text(&backup)]);
            assert!(said.contains("no list of erasures is at hand"), "{said}");
            let store = late.store().await;
            assert!(!is_erased(&store, other).await);
            assert_eq!(late.json(&["erase", "--list", text(&list)])["again"], 2);
            assert!(is_erased(&store, other).await);
            store.close().await;
            assert!(late.ok(&["audit", "verify"]).contains("whole"));
        }
        let wrong = county.file("wrong.jsonl", "{\"sealed\": 7}\n");
        let said = county.fails(&["erase", "--list", text(&wrong)]);
        assert!(said.contains("wrong.jsonl line 1 is no erasure"), "{said}");
    }
}

#[tokio::test]
async fn the_rules_are_tried_before_they_are_applied() {
    for engine in engines() {
        let county = County::on(engine).await;
        let sheet = county.file("calls.csv", calls(CALLS));
        county.ok(&["import", text(&sheet), "--source", "12345", "--judge"]);
        let said = county.ok(&["retention"]);
        assert!(said.contains("originals: kept for ever; due: 0 items"), "{said}");
        assert!(said.contains("nothing is due"), "{said}");
        let rules = county.home().join("county/retention.toml");
        let shipped = fs::read_to_string(&rules).unwrap();
        fs::write(&rules, shipped.replace("originals_months = 0", "originals_months = viel")).unwrap();
        let said = county.fails(&["retention"]);
        assert!(said.contains("retention.toml line 5"), "{said}");
        fs::write(&rules, shipped.replace("originals_months = 0", "originals_months = 1")).unwrap();
        // Nothing of today has ended a month ago.
        assert_eq!(county.json(&["retention", "--apply"])["cleared"]["items"], 0);
    }
}

const PHONE: &str = "13800001234";

/// Calls of last year and the line of the log about them; how many calls.
async fn of_last_year(county: &County) -> usize {
    let then = "2025-06-02T09:00:00+08:00".parse().unwrap();
    let store = county.store_at(Arc::new(SetClock::at(then))).await;
    let source = store.source_named("12345").await.unwrap().unwrap();
    let call = |n: usize| Arrival {
        external_id: Some(format!("2025-{n}")),
        canonical: n.to_string(),
        content: ItemContent {
            title: "路灯不亮".into(),
            body: format!("第{n}盏"),
            url: None,
            occurred_at: None,
            upstream: Upstream::default(),
        },
        original: serde_json::json!({ "phone": PHONE }).into(),
        sameness: Default::default(),
        withdrawn: false,
        language: None,
        sealed_fields: Vec::new(),
    };
    let calls: Vec<Arrival> = (0..3).map(call).collect();
    let count = calls.len();
    store.intake(&source, calls, vec![]).await.unwrap();
    store.audit(Actor::Console, "test.line", Subject::System, serde_json::json!({})).await.unwrap();
    while store.chain_audit(100).await.unwrap() > 0 {}
    store.close().await;
    count
}

#[tokio::test]
async fn a_year_is_exported_whole_and_proved() {
    for engine in engines() {
        let county = County::on(engine).await;
        let sheet = county.file("calls.csv", calls(CALLS));
        county.ok(&["import", text(&sheet), "--source", "12345", "--judge"]);
        let out = county.file("x", "").with_file_name("archive");
        let said = county.fails(&["export", "--year", "2025", "--out", text(&out)]);
        assert!(said.contains("there is no folder"), "{said}");
        fs::create_dir(&out).unwrap();
        let this_year = local_date(SystemClock.now()).year();
        let said = county.fails(&["export", "--year", &this_year.to_string(), "--out", text(&out)]);
        assert!(said.contains("is not over"), "{said}");
        // What came in today is of no year that is over.
        let empty = county.json(&["export", "--year", "2024", "--out", text(&out)]);
        assert_eq!(empty["content"]["records"], serde_json::json!({}), "{empty}");
        let items = of_last_year(&county).await;
        let made = county.json(&["export", "--year", "2025", "--out", text(&out)]);
        let records = &made["content"]["records"];
        assert_eq!((&records["item"], &records["audit"]), (&items.into(), &1.into()), "{made}");
        let manifest = out.join("qingting-2025.manifest.json");
        let said = county.ok(&["export", "--check", text(&manifest)]);
        assert!(said.contains(&format!("whole, {} documents", items + 1)), "{said}");
        let file = fs::File::open(out.join("qingting-2025.jsonl.zst")).unwrap();
        let written = std::io::read_to_string(zstd::Decoder::new(file).unwrap()).unwrap();
        assert_eq!(written.lines().count(), items + 1);
        assert!(written.contains("路灯不亮") && !written.contains(PHONE) && !written.contains("sealed"));
        let open = county.json(&["export", "--year", "2025", "--out", text(&out), "--open-only"]);
        assert_eq!(open["content"]["records"], serde_json::json!({}), "nobody has judged them yet");
        let file = out.join("qingting-2025.jsonl.zst");
        fs::write(&file, b"else").unwrap();
        let said = county.fails(&["export", "--check", text(&manifest)]);
        assert!(said.contains("is not what its manifest tells of"), "{said}");
    }
}
