//! Events sent on with the program killed at random: each arrives, in the order of the numbers, and what comes twice comes
//! under the same id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use qingting_models::records::{Actor, OutKind, Viewer, WebhookSettings};
use qingting_models::store::{Store, WebhookStart};
use serde_json::Value;

use super::support::{County, calls as sheet, engines, kill_often};

const KILLS: usize = 8;
const ROWS: usize = 120;
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Id and number of every event that was taken, in order.
type Taken = Arc<Mutex<Vec<(String, i64)>>>;

/// Takes most events; refuses some.
async fn take(State(taken): State<Taken>, headers: HeaderMap, body: String) -> StatusCode {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    standardwebhooks::Webhook::new(SECRET).unwrap().verify(body.as_bytes(), &headers).unwrap();
    let event: Value = serde_json::from_str(&body).unwrap();
    let n = {
        let mut taken = taken.lock().unwrap();
        taken.push((text("webhook-id"), event["data"]["seq"].as_i64().unwrap()));
        taken.len()
    };
    tokio::time::sleep(Duration::from_millis(15)).await;
    if n % 60 == 7 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
}

async fn receiver() -> (String, Taken) {
    let taken = Taken::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/in", post(take)).with_state(taken.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/in"), taken)
}

/// Numbers and ids of what is open to all.
async fn open_events(store: &Store) -> BTreeMap<i64, String> {
    let page = store.events_after(&Viewer::OPEN, 0, &[], 100_000).await.unwrap();
    page.events.iter().map(|one| (one.seq, one.event.id.to_string())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_sending_each_event_arrives_in_order() {
    for engine in engines() {
        let county = County::on(engine).await;
        let (url, taken) = receiver().await;
        let store = county.store().await;
        let settings = WebhookSettings { url, inside: true, kinds: OutKind::ALL.to_vec() };
        let start = WebhookStart::Now;
        let hook = store.add_webhook("平台", &settings, SECRET, start, Actor::Console).await.unwrap();
        let sheet = county.file("calls.csv", sheet(ROWS));
        county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345"]);

        let worker = ["worker", "--workers", "1"];
        let (least, longest) = (Duration::from_millis(300), Duration::from_secs(2));
        let running = kill_often(&county, KILLS, &worker, least, longest).await;
        assert!(running > 0, "no kill met a running process");
        let mut worker = county.start(&worker);
        let mut left = 1_200;
        loop {
            let waiting = store.waiting_work().await.unwrap().total();
            // The last events may have no number yet, and are not within the reach then.
            while store.number_events().await.unwrap() > 0 {}
            let (reach, one) =
                (store.outbox_state().await.unwrap(), store.webhook(hook).await.unwrap().unwrap());
            if waiting == 0 && reach.last > 0 && one.seen == reach.last {
                break;
            }
            assert!(left > 0, "waited in vain: {waiting} wait, {reach:?}, {one:?}");
            left -= 1;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        worker.kill().unwrap();
        worker.wait().unwrap();

        let told = open_events(&store).await;
        let judged = told.len();
        let taken = taken.lock().unwrap().clone();
        let mut first = 0;
        let mut ids: BTreeMap<i64, BTreeSet<&str>> = BTreeMap::new();
        for (id, seq) in &taken {
            if ids.entry(*seq).or_default().is_empty() {
                assert!(*seq > first, "{seq} came for the first time after {first}");
                first = *seq;
            }
            ids.entry(*seq).or_default().insert(id);
        }
        assert!(ids.values().all(|ids| ids.len() == 1), "an event comes under one id alone");
        let arrived: BTreeMap<i64, String> =
            ids.iter().map(|(seq, ids)| (*seq, (*ids.first().unwrap()).to_owned())).collect();
        println!("{engine:?}: {judged} events, {} calls, {KILLS} kills", taken.len());
        assert_eq!(arrived, told, "all of them, and nothing else");
        assert!(judged > ROWS, "items and cases");
        assert!(taken.len() > told.len(), "what was refused went out again");
    }
}
