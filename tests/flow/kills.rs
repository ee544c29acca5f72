//! Killed at random moments, twenty times while importing and twenty while judging: afterwards the counts are exact.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use qingting_models::ids::IncidentId;
use qingting_models::records::Viewer;
use qingting_models::store::Store;

use super::support::*;

const KILLS: usize = 20;
const ROWS: usize = 1_500;

#[tokio::test]
async fn killed_imports_and_killed_workers_lose_nothing_and_double_nothing() {
    for engine in engines() {
        let county = County::on(engine).await;
        county.ok(&["source", "add", "12345", "--kind", "sheet", "--channel", "hotline", "--mode", "handle"]);
        let sheet = county.file("calls.csv", calls(ROWS));
        let path = sheet.to_str().unwrap();
        let import = ["import", path, "--source", "12345"];
        let importing = kill_often(&county, KILLS, &import, Duration::ZERO, Duration::from_millis(700)).await;
        let [read, new, updated, unchanged, quarantined] = county.import(&sheet, "12345");
        assert_eq!((read, updated, quarantined), (ROWS as i64, 0, 0));
        assert_eq!(new + unchanged, ROWS as i64);

        let judging =
            kill_often(&county, KILLS, &["worker"], Duration::ZERO, Duration::from_millis(2_500)).await;
        county.ok(&["import", path, "--source", "12345", "--judge"]);
        println!("{engine:?}: killed {importing} imports and {judging} workers at work");
        assert!(importing > 0 && judging > 0, "no kill met a running process");

        let store = county.store().await;
        exact(&store, ROWS, &format!("{engine:?}")).await;
        assert!(county.ok(&["audit", "verify"]).contains("whole"));

        let undisturbed = County::sqlite().await;
        undisturbed.import(&undisturbed.file("calls.csv", calls(ROWS)), "12345");
        undisturbed.ok(&["import", path, "--source", "12345", "--judge"]);
        let calm = incidents(&undisturbed.store().await).await;
        assert!((4..ROWS).contains(&calm.len()), "{} incidents", calm.len());
        assert_eq!(incidents(&store).await, calm, "the same incidents as without a kill, on SQLite");
    }
}

/// The items of each incident, by the numbers that their source gave them.
async fn incidents(store: &Store) -> BTreeSet<BTreeSet<String>> {
    let mut found: BTreeMap<IncidentId, BTreeSet<String>> = BTreeMap::new();
    for item in all_items(store).await {
        let membership = store.membership(item.id).await.unwrap().expect("every item has an incident");
        found.entry(membership.incident).or_default().insert(item.external_id);
    }
    for (id, items) in &found {
        let incident = store.incident(&Viewer::SYSTEM, *id).await.unwrap().unwrap();
        assert_eq!((incident.id, incident.items), (*id, items.len() as i64));
    }
    found.into_values().collect()
}
