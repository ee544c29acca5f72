//! The same items are judged alike and join the same incidents, whichever database keeps them and in whichever process.

use std::collections::BTreeMap;
use std::path::PathBuf;

use qingting_models::records::{Judgement, Viewer};
use qingting_models::store::Store;
use serde_json::Value;

use super::support::*;

const ITEMS: &str = "400";

/// By the number that the source gave an item: what its judgements say, and the numbers of its incident's items.
type Said = BTreeMap<String, (Value, Vec<String>)>;

async fn said(store: &Store) -> Said {
    let mut said = BTreeMap::new();
    let mut incidents: BTreeMap<_, Vec<String>> = BTreeMap::new();
    let items = all_items(store).await;
    for item in &items {
        let incident = store.membership(item.id).await.unwrap().expect("every item has an incident").incident;
        incidents.entry(incident).or_default().push(item.external_id.clone());
        let judgements = store.judgements(&Viewer::SYSTEM, item.id).await.unwrap();
        assert!(!judgements.is_empty(), "{} was judged", item.external_id);
        said.insert(item.external_id.clone(), (judgements.iter().map(content).collect::<Value>(), incident));
    }
    incidents.values_mut().for_each(|members| members.sort_unstable());
    said.into_iter().map(|(id, (content, incident))| (id, (content, incidents[&incident].clone()))).collect()
}

/// A judgement without what every store counts and stamps for itself.
fn content(judgement: &Judgement) -> Value {
    let mut value = serde_json::to_value(judgement).unwrap();
    let fields = value.as_object_mut().unwrap();
    for own in ["id", "item", "at"] {
        assert!(fields.remove(own).is_some(), "a judgement has {own}");
    }
    value
}

async fn judged(engine: Engine, sheets: &[PathBuf]) -> Said {
    let county = County::on(engine).await;
    county.ok(&["source", "add", "12345", "--kind", "sheet", "--channel", "hotline", "--mode", "handle"]);
    for sheet in sheets {
        county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345", "--judge"]);
    }
    let store = county.store().await;
    assert_eq!(store.waiting_work().await.unwrap().total(), 0);
    said(&store).await
}

#[tokio::test]
async fn the_same_items_are_judged_and_joined_alike_on_every_database() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("sample");
    let sample = ["sample", "--items", ITEMS, "--seed", "11", "--until", "2026-11-22", "--json", "--out"];
    let made = program().args(sample).arg(&out).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let hotline =
        made["sources"].as_array().unwrap().iter().find(|source| source["name"] == "12345热线").unwrap();
    let files = hotline["files"].as_array().unwrap();
    let sheets: Vec<_> = files.iter().map(|file| out.join(file["file"].as_str().unwrap())).collect();

    let first = judged(Engine::Sqlite, &sheets).await;
    assert!(first.len() > 100, "{} items", first.len());
    assert!(first.values().any(|(judgements, _)| judgements[0]["unsure"] == true));
    assert!(first.values().any(|(judgements, _)| judgements[0]["places"] != Value::Array(Vec::new())));
    assert!(first.values().any(|(_, incident)| incident.len() > 1));
    for engine in engines() {
        let again = judged(engine, &sheets).await;
        for (id, said) in &first {
            assert_eq!(again.get(id), Some(said), "item {id} on {engine:?}");
        }
        assert_eq!(again.len(), first.len());
    }
}
