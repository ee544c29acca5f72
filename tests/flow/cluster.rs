//! `qingting cluster` on texts written for the project.

use std::io::Write;
use std::process::{Output, Stdio};

use super::support::*;

const ITEMS: &str = r#"{"id":"c","title":"西周镇停水","body":"西周镇岭下村停水一天了，请恢复供水。","time":"2026-11-03T09:00:00+08:00"}
{"id":"b","title":"望海花园还是没有水","body":"石浦镇望海花园三期自来水停了三天多，打供水公司电话说在抢修，什么时候恢复供水？","time":"2026-11-02T09:00:00+08:00"}
{"id":"a","title":"石浦镇望海花园停水三天","body":"望海花园三期从前天起没有自来水，老人小孩没法做饭，请尽快恢复供水。","time":"2026-11-01T09:00:00+08:00"}
"#;

fn cluster(args: &[&str], input: &str) -> Output {
    let mut command = program();
    command.arg("cluster").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that gives up early closes its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn items_join_by_time_and_are_answered_in_their_order() {
    let output = cluster(&[], ITEMS);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> =
        lines.iter().map(|l| (l["id"].as_str().unwrap(), l["incident"].as_str().unwrap())).collect();
    assert_eq!(told, [("c", "c"), ("b", "a"), ("a", "a")]);
}

#[test]
fn incidents_are_measured_against_gold() {
    let folder = tempfile::tempdir().unwrap();
    let gold = folder.path().join("gold.tsv");
    let gold = gold.to_str().unwrap();
    std::fs::write(gold, "incident\tid\nwater\ta\nwater\tb\nwater\tc\n").unwrap();
    let output = cluster(&["--json", "--gold", gold], ITEMS);
    let measured: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!((measured["best_match"].as_f64().unwrap() - 0.8).abs() < 1e-9, "{measured}");
    std::fs::write(gold, "water\tnowhere\n").unwrap();
    let refused = cluster(&["--gold", gold], ITEMS);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("item nowhere"));
}

#[test]
fn a_line_that_cannot_be_read_is_named() {
    for (input, what) in [
        ("{\"id\":\"a\",\"time\":\"yesterday\"}\n".to_owned(), "line 1"),
        (format!("{ITEMS}{}", ITEMS.lines().next().unwrap()), "line 4: the id c stood before"),
    ] {
        let output = cluster(&[], &input);
        assert!(!output.status.success());
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.contains(what), "{complaint}");
    }
}
