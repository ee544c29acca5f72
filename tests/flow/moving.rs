//! A county moves to another database and back, also when the move is killed, and works on there as if nothing had been.

use std::thread::sleep;
use std::time::Duration;

use qingting_models::store::testing::{POSTGRES, fresh_schema};
use serde_json::Value;

use super::support::*;

const CALLS: usize = 400;
/// After so many milliseconds.
const KILLS: [u64; 4] = [60, 120, 240, 360];

/// A new database for each engine.
async fn new_databases(county: &County) -> Vec<String> {
    let mut urls = vec![format!("sqlite:{}", county.home().join("moved.db").display())];
    if engines().contains(&Engine::Postgres) {
        urls.push(fresh_schema(&std::env::var(POSTGRES).unwrap()).await.unwrap());
    }
    urls
}

#[tokio::test]
async fn a_county_moves_there_and_back_and_works_on() {
    for engine in engines() {
        let mut county = County::on(engine).await;
        county.ok(&["source", "add", "12345", "--kind", "sheet", "--channel", "hotline", "--mode", "handle"]);
        let sheet = county.file("calls.csv", calls(CALLS));
        county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345", "--judge"]);
        let listed = |county: &County| county.json(&["audit", "verify"])["lines"].as_i64().unwrap();
        let lines = listed(&county);
        for url in new_databases(&county).await {
            let killed = |after: u64| {
                let mut child = county.start(&["move", "--to", &url, "--alone"]);
                sleep(Duration::from_millis(after));
                child.kill().unwrap();
                child.wait().unwrap();
            };
            // What was killed still holds its numbers.
            KILLS.into_iter().for_each(killed);
            // The last kill may have come after the end, then nothing is left to go on with; what is there has to be whole.
            let output = county.run(&["move", "--to", &url, "--alone", "--json"]);
            if output.status.success() {
                let moved: Value = serde_json::from_slice(&output.stdout).unwrap();
                assert_eq!(moved["indexed"], CALLS, "{moved}");
            } else {
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(said.contains("holds something; a move needs a new, empty database"), "{said}");
            }
            let old = county.work_on(url);
            assert_eq!(listed(&county), lines + 1, "the log is whole and tells of the move");
            assert_eq!(county.import(&sheet, "12345"), [CALLS as i64, 0, 0, CALLS as i64, 0]);
            let said = county.fails(&["move", "--to", &old, "--alone"]);
            assert!(said.contains("holds something; a move needs a new, empty database"), "{said}");
            county.work_on(old);
        }
    }
}
