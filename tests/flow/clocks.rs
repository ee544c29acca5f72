//! The machine's clock was an hour or a day off and was put right, while work was taken, finished or left by a worker that died:
//! the program goes back to work by itself, nothing is lost and nothing is doubled.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use qingting_models::clock::{Clock, SetClock, SystemClock};
use qingting_models::store::{NewJudgement, Store};

use super::support::*;

const ROWS: usize = 240;
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// By how many hours the clock was wrong.
const WRONG: [i64; 4] = [1, -1, 24, -24];

/// As the model of another build would have judged.
fn verdict() -> NewJudgement {
    NewJudgement {
        model: "by a wrong clock".into(),
        topics: vec![],
        unsure: true,
        kind: qingting_models::records::Kind::Complaint,
        urgency: qingting_models::records::Urgency::Ordinary,
        office: "住建".into(),
        offices: vec![],
        places: vec![],
        sender_town: None,
        reasons: vec![],
        search_words: String::new(),
        signature: Vec::new(),
    }
}

/// A worker begins as each does, judges some by the clock it has, takes more of every stage, and dies.
async fn works_and_dies(store: &Store, name: &str) {
    store.heed_clock().await.unwrap();
    let some = store.claim_judging(name, 20, LEASE).await.unwrap();
    let some = some.into_iter().map(|task| (task, verdict())).collect();
    store.save_verdicts(name, some).await.unwrap();
    assert_eq!(store.claim_judging(name, 20, LEASE).await.unwrap().len(), 20);
    store.claim_joining(name, None, 10, LEASE).await.unwrap();
}

#[tokio::test]
async fn after_the_clock_was_wrong_the_program_goes_back_to_work_by_itself() {
    for engine in engines() {
        let county = County::on(engine).await;
        county.ok(&["source", "add", "12345", "--kind", "sheet", "--channel", "hotline", "--mode", "handle"]);
        let sheet = county.file("calls.csv", calls(ROWS));
        county.import(&sheet, "12345");
        let mut late = Vec::new();
        for (n, hours) in WRONG.into_iter().enumerate() {
            let clock = Arc::new(SetClock::at(SystemClock.now() + SignedDuration::from_hours(hours)));
            let store = county.store_at(clock.clone()).await;
            works_and_dies(&store, &format!("dead-{n}")).await;
            // One that takes work by the wrong clock and writes when it is right again.
            let held = store.claim_judging(&format!("late-{n}"), 5, LEASE).await.unwrap();
            clock.set(SystemClock.now());
            late.push((store, format!("late-{n}"), held));
        }
        // The program by the right clock, beside those that come late.
        let mut worker = county.start(&["worker", "--workers", "1"]);
        for (store, name, held) in late {
            let held = held.into_iter().map(|task| (task, verdict())).collect();
            store.save_verdicts(&name, held).await.unwrap();
            store.close().await;
        }
        let store = county.store().await;
        let mut left = 300;
        while store.waiting_work().await.unwrap().total() > 0 {
            assert!(left > 0, "{engine:?}: waits in vain: {:?}", store.waiting_work().await);
            left -= 1;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        worker.kill().unwrap();
        worker.wait().unwrap();
        let [read, new, _, unchanged, _] = county.import(&sheet, "12345");
        assert_eq!((read, new, unchanged), (ROWS as i64, 0, ROWS as i64));
        exact(&store, ROWS, &format!("{engine:?}")).await;
        assert!(county.ok(&["audit", "verify"]).contains("whole"));
    }
}
