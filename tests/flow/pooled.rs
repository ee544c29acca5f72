//! A county whose programs reach PostgreSQL through a pooler that gives out connections by the transaction.

use std::time::Duration;

use qingting_models::store::testing::POOLER;

use super::support::*;

const CALLS: usize = 150;
const KILLS: usize = 8;

#[tokio::test]
async fn programs_share_a_pooler_and_lose_and_double_nothing() {
    if std::env::var_os(POOLER).is_none() {
        assert!(std::env::var_os("CI").is_none(), "{POOLER} must name a pooler in CI");
        return;
    }
    let county = County::on(Engine::Pooled).await;
    county.ok(&["source", "add", "12345", "--kind", "sheet", "--channel", "hotline", "--mode", "handle"]);
    let sheet = county.file("calls.csv", calls(CALLS));
    let sheet = sheet.to_str().unwrap();
    // One works on beside those that are killed.
    let mut other = county.start(&["worker", "--workers", "2"]);
    let import = ["import", sheet, "--source", "12345", "--judge"];
    kill_often(&county, KILLS, &import, Duration::ZERO, Duration::from_millis(600)).await;
    county.ok(&import);
    assert_eq!(county.import(sheet.as_ref(), "12345"), [CALLS as i64, 0, 0, CALLS as i64, 0]);
    let store = county.store().await;
    // What a killed one held comes back after its lease.
    while store.waiting_work().await.unwrap().total() > 0 {
        assert!(other.try_wait().unwrap().is_none(), "the other one works on");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    exact(&store, CALLS, "through the pooler").await;
    other.kill().unwrap();
    other.wait().unwrap();
    store.close().await;
    county.ok(&["audit", "verify"]);
}
