//! What those who watch over the program can ask of it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::support::*;

/// Figures by their name with labels.
async fn figures(bind: &str) -> BTreeMap<String, f64> {
    let text = ask(&format!("http://{bind}/metrics")).await;
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let figure = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
        assert!(!line.contains("工资") && !line.contains("12345热线"), "no word of a text or name: {line}");
        (name.to_owned(), value)
    };
    lines.map(figure).collect()
}

#[tokio::test]
async fn a_worker_and_a_server_say_what_waits_and_what_they_did() {
    for engine in engines() {
        let county = County::on(engine).await;
        let sheet = county.file("calls.csv", calls(120));
        county.ok(&[
            "source",
            "add",
            "12345热线",
            "--kind",
            "sheet",
            "--channel",
            "hotline",
            "--mode",
            "handle",
        ]);
        county.import(&sheet, "12345热线");
        let (bind, watching) = (free_port(), free_port());
        let server =
            Running(county.start(&["serve", "--workers", "0", "--bind", &bind, "--metrics", &watching]));
        let before = figures(&watching).await;
        assert_eq!(before["qingting_store_up"], 1.0);
        assert_eq!(before["qingting_waiting{stage=\"judge\"}"], 120.0);
        assert!(before["qingting_lag_seconds{stage=\"judge\"}"] > 0.0, "{before:?}");
        assert!(!before.contains_key("qingting_last_backup_timestamp_seconds"));
        assert_eq!(ask(&format!("http://{watching}/readyz")).await, "ready\n");
        assert_eq!(ask(&format!("http://{watching}/healthz")).await, "ok\n");
        // Pages are counted by their route, whichever number stands in the address.
        for path in ["/login", "/cases/1", "/cases/2", "/nowhere/at/all"] {
            let _ = client().get(format!("http://{bind}{path}")).send().await.unwrap();
        }
        let odd = reqwest::Method::from_bytes(b"BREW").unwrap();
        let _ = client().request(odd, format!("http://{bind}/login")).send().await.unwrap();
        let after = figures(&watching).await;
        let requests: BTreeMap<&str, f64> = after
            .iter()
            .filter_map(|(name, value)| {
                Some((name.strip_prefix("qingting_request_duration_seconds_count{")?, *value))
            })
            .collect();
        assert_eq!(requests["method=\"GET\",route=\"/cases/{id}\",status=\"303\"}"], 2.0, "{requests:?}");
        assert!(requests.keys().any(|name| name.contains("route=\"none\",status=\"404\"")), "{requests:?}");
        assert!(requests.keys().any(|name| name.starts_with("method=\"other\"")), "{requests:?}");

        let other = free_port();
        let worker = Running(county.start(&["worker", "--metrics", &other]));
        let mut done = BTreeMap::new();
        // What waits is read before what was done: both are asked for, or one answer may hold
        // the count of before a batch beside the sum of after it.
        let finished = |figures: &BTreeMap<String, f64>| {
            ["judge", "route", "join"].iter().all(|stage| {
                figures.get(&format!("qingting_stage_items_total{{stage=\"{stage}\"}}")) == Some(&120.0)
            }) && ["judge", "route", "join", "alert"]
                .iter()
                .all(|stage| figures.get(&format!("qingting_waiting{{stage=\"{stage}\"}}")) == Some(&0.0))
        };
        for _ in 0..1_200 {
            done = figures(&other).await;
            if finished(&done) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        for stage in ["judge", "route", "join"] {
            assert_eq!(done[&format!("qingting_stage_items_total{{stage=\"{stage}\"}}")], 120.0, "{done:?}");
            assert_eq!(done[&format!("qingting_waiting{{stage=\"{stage}\"}}")], 0.0, "{done:?}");
        }
        assert_eq!(figures(&watching).await["qingting_waiting{stage=\"judge\"}"], 0.0, "both say the same");
        county.ok(&["backup", county.file("x", "").with_file_name("all.tar.zst").to_str().unwrap()]);
        assert!(figures(&watching).await.contains_key("qingting_last_backup_timestamp_seconds"));
        drop((server, worker));
    }
}
