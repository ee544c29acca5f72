//! PostgreSQL's connections cut at random while imports, workers and pages are at work: all come back by themselves, nothing is
//! lost and nothing doubled.

use std::process::Stdio;
use std::time::Duration;

use qingting_models::store::testing::{POSTGRES, cut_connections, fresh_database};

use super::support::*;

const CUTS: usize = 50;
const ROWS: usize = 1_200;

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_cost_nothing_but_time() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let server = std::env::var(POSTGRES).unwrap();
    let (url, name) = fresh_database(&server).await.unwrap();
    let mut county = County::on(Engine::Postgres).await;
    county.work_on(url);
    county.ok(&["source", "add", "12345", "--kind", "sheet", "--channel", "hotline", "--mode", "handle"]);
    let sheet = county.file("calls.csv", calls(ROWS));
    let path = sheet.to_str().unwrap();
    // Nothing is cut before both have opened the store: who cannot open it says so and ends.
    let mut serving = county.command(&["serve", "--bind", "127.0.0.1:0", "--workers", "1"]);
    serving.stderr(Stdio::null());
    let (mut server_process, _) = started(serving);
    let watched = free_port();
    let mut worker = Running(county.start(&["worker", "--workers", "1", "--metrics", &watched]));
    ask(&format!("http://{watched}/readyz")).await;
    let mut importing = county.start(&["import", path, "--source", "12345"]);
    let (mut cut, mut imports) = (0, 1);
    for _ in 0..CUTS {
        tokio::time::sleep(moment(Duration::from_millis(1_500))).await;
        // A command that is cut off says so and ends; a person, or a timer, does it again.
        if importing.try_wait().unwrap().is_some() {
            importing = county.start(&["import", path, "--source", "12345"]);
            imports += 1;
        }
        cut += cut_connections(&server, &name).await.unwrap();
    }
    importing.wait().unwrap();
    assert!(cut > CUTS as i64, "{cut} connections were cut");
    assert!(server_process.0.try_wait().unwrap().is_none(), "the server goes on");
    assert!(worker.0.try_wait().unwrap().is_none(), "the worker goes on");
    let [read, new, updated, unchanged, quarantined] = county.import(&sheet, "12345");
    assert_eq!((read, updated, quarantined), (ROWS as i64, 0, 0));
    assert_eq!(new + unchanged, ROWS as i64);
    let store = county.store().await;
    let mut left = 600;
    while store.waiting_work().await.unwrap().total() > 0 || store.untold_notices().await.unwrap() > 0 {
        assert!(left > 0, "waited in vain: {:?}", store.waiting_work().await);
        left -= 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    drop((server_process, worker));
    println!("{cut} connections were cut in {CUTS} cuts; {imports} imports");
    exact(&store, ROWS, "after the cuts").await;
    assert!(county.ok(&["audit", "verify"]).contains("whole"));
}
