//! The command line's way with sheets: a look first, an answer for the sender, and rows that are mended.

use super::support::*;

#[tokio::test]
async fn a_bad_row_is_listed_mended_and_read_after_all() {
    let county = County::sqlite().await;
    let sheet = county.file("calls.csv", calls(5).replacen("2026-11-03 09:02", "上个星期三", 1));
    assert_eq!(county.import(&sheet, "12345"), [5, 4, 0, 0, 1]);
    let rows = county.json(&["quarantine", "list", "--source", "12345", "--kind", "time"]);
    let id = rows[0]["id"].to_string();
    let id = id.trim_matches('"');
    assert!(!county.ok(&["quarantine", "show", id]).contains("content\""));
    let opened = county.json(&["quarantine", "show", id, "--reason", "更正日期"]);
    assert_eq!(opened["content"]["来电时间"], "上个星期三");
    let done = county.json(&["quarantine", "replay", id, "--set", "来电时间=2026-11-03 09:02"]);
    assert_eq!((done["read"].as_i64(), done["still_bad"].as_i64()), (Some(1), Some(0)));
    assert_eq!(county.json(&["quarantine", "list"]), serde_json::json!([]));
    assert_eq!(county.json(&["quarantine", "list", "--closed"]).as_array().map(Vec::len), Some(1));
    assert_eq!(all_items(&county.store().await).await.len(), 5);
    assert!(county.ok(&["audit", "verify"]).contains("whole"));
}

#[tokio::test]
async fn rows_are_given_up_with_a_reason_and_all_at_once() {
    let county = County::sqlite().await;
    let text = calls(5).replacen("2026-11-03 09:02", "上个星期三", 1).replacen("2026-11-04 09:03", "昨天", 1);
    let sheet = county.file("calls.csv", text);
    assert_eq!(county.import(&sheet, "12345"), [5, 3, 0, 0, 2]);
    let still = county.json(&["quarantine", "replay", "--all", "--kind", "time"]);
    assert_eq!((still["read"].as_i64(), still["still_bad"].as_i64()), (Some(0), Some(2)));
    let gone = county.json(&["quarantine", "dismiss", "--all", "--source", "12345", "--reason", "重复"]);
    assert_eq!(gone["dismissed"], 2);
    // The same rows in the next export have been dealt with.
    assert_eq!(county.import(&sheet, "12345"), [5, 0, 0, 5, 0]);
    county.ok(&["source", "remove", "12345"]);
    let closed = county.ok(&["quarantine", "list", "--closed"]);
    assert!(closed.contains("\t12345（") && !closed.contains("\t?\t"), "{closed}");
}

#[tokio::test]
async fn a_row_whose_source_is_gone_stands_in_nobodys_way() {
    let county = County::sqlite().await;
    for (source, bad) in [("甲", "上个星期三"), ("乙", "昨天")] {
        let sheet = county.file(&format!("{source}.csv"), calls(5).replacen("2026-11-03 09:02", bad, 1));
        county.import(&sheet, source);
    }
    county.ok(&["source", "remove", "甲"]);
    let still = county.json(&["quarantine", "replay", "--all"]);
    assert_eq!(still["still_bad"], 2);
    let reasons: Vec<&str> =
        still["rows"].as_array().unwrap().iter().filter_map(|row| row["reason"].as_str()).collect();
    assert!(reasons.iter().any(|reason| reason.contains("source was removed")), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("昨天")), "{reasons:?}");
}

#[tokio::test]
async fn a_sheet_is_looked_at_before_it_is_imported_and_answered_after() {
    let county = County::sqlite().await;
    let sheet = county.file("calls.csv", calls(3));
    let path = sheet.to_str().unwrap();
    let seen = county.json(&["import", path, "--preview"]);
    assert_eq!(seen["format"], "csv");
    assert_eq!(seen["sheets"][0]["rows"].as_array().map(Vec::len), Some(3));
    assert!(!seen.to_string().contains("13800000001"), "a preview is masked");
    let outcome = county.home().join("结果.csv");
    county.ok(&["import", path, "--source", "12345", "--outcome", outcome.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(&outcome).unwrap().matches("新收").count(), 3);
}
