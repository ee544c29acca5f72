//! Notices with the program killed at random while it tells and sends: each case reaches the receiver once by its key,
//! none is lost, and a receiver that never answers holds up nobody else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use qingting_models::ids::NoticeChannelId;
use qingting_models::records::{
    Actor, ChannelSecret, ChannelSettings, ChannelWay, DeliveryState, NoticeKind, NoticePlan,
    NoticeReceivers, Role, Viewer,
};
use qingting_models::store::{NewUser, Page, Store};
use serde_json::Value;

use super::support::{County, all_items, calls as sheet, engines, kill_often};

const KILLS: usize = 8;
const ROWS: usize = 160;

/// Key and body of every call that was taken, in order.
type Calls = Arc<Mutex<Vec<(String, String)>>>;

/// Takes most calls; refuses some, breaks some off after having taken them, and answers some too late.
async fn take(State(calls): State<Calls>, headers: HeaderMap, body: String) -> StatusCode {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let n = {
        let mut calls = calls.lock().unwrap();
        calls.push((key, body));
        calls.len()
    };
    tokio::time::sleep(Duration::from_millis(40)).await;
    match n % 50 {
        7 | 21 => StatusCode::INTERNAL_SERVER_ERROR,
        33 => {
            tokio::time::sleep(Duration::from_secs(12)).await;
            StatusCode::OK
        }
        _ => StatusCode::OK,
    }
}

async fn never() -> StatusCode {
    std::future::pending().await
}

async fn receivers() -> (String, Calls) {
    let calls = Calls::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router =
        Router::new().route("/take", post(take)).route("/never", post(never)).with_state(calls.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), calls)
}

async fn channel(store: &Store, name: &str, url: String) -> NoticeChannelId {
    let settings = ChannelSettings { way: ChannelWay::Webhook { url }, inside: true, confidential: true };
    let secret = ChannelSecret { key: String::new(), sign: "sechzehn-zeichen-oder-mehr".into() };
    store.add_notice_channel(name, true, &settings, Some(&secret), Actor::Console).await.unwrap()
}

/// Tells the duty officer of every case that was assigned, by both channels.
async fn rule(store: &Store, channels: Vec<NoticeChannelId>) {
    let user = NewUser {
        login: "duty".into(),
        name: "值班".into(),
        roles: vec![Role::Duty, Role::Discipline],
        department: None,
        password_hash: "x".into(),
        must_change_password: false,
    };
    store.add_user(user, Actor::Console).await.unwrap();
    let plan = NoticePlan {
        events: vec![NoticeKind::CaseAssigned],
        receivers: NoticeReceivers { roles: vec![Role::Duty], ..NoticeReceivers::default() },
        channels,
        ..NoticePlan::default()
    };
    store.add_notice_rules(&[("每一件", true, &plan)], Actor::Console).await.unwrap();
}

/// How many messages of a channel are in each state.
async fn states(store: &Store, channel: NoticeChannelId) -> BTreeMap<&'static str, usize> {
    let mut found = BTreeMap::new();
    let mut page = Page { before: None, size: 200 };
    loop {
        let listing = store.deliveries(false, Some(channel), page).await.unwrap();
        for delivery in &listing.rows {
            *found.entry(delivery.state.code()).or_default() += 1;
        }
        match listing.next {
            Some(next) => page.before = Some(next),
            None => return found,
        }
    }
}

/// How many notices of an assigned case the duty officer has in the page.
async fn assigned_in_the_page(store: &Store) -> usize {
    let user = store.user_named("duty").await.unwrap().unwrap().0;
    let mut page = Page { before: None, size: 200 };
    let mut found = 0;
    loop {
        let listing = store.notices(&Viewer::of(&user), user.id, true, page).await.unwrap();
        found += listing.rows.iter().filter(|notice| notice.kind == NoticeKind::CaseAssigned).count();
        match listing.next {
            Some(next) => page.before = Some(next),
            None => return found,
        }
    }
}

async fn numbers(store: &Store) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    for item in all_items(store).await {
        if let Some(case) = item.case {
            let file = store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap();
            assert!(numbers.insert(file.case.number));
        }
    }
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_telling_and_sending_each_case_arrives_once_by_its_key() {
    for engine in engines() {
        let county = County::on(engine).await;
        let (base, calls) = receivers().await;
        let store = county.store().await;
        let good = channel(&store, "好的", format!("{base}/take")).await;
        let silent = channel(&store, "不回答的", format!("{base}/never")).await;
        rule(&store, vec![good, silent]).await;
        let sheet = county.file("calls.csv", sheet(ROWS));
        county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345", "--judge"]);
        let expected = numbers(&store).await;
        assert!(expected.len() > 20, "{} cases", expected.len());
        let alerts = store.unseen_alerts(&Viewer::SYSTEM).await.unwrap();
        let untold = store.untold_notices().await.unwrap();
        assert_eq!(untold, expected.len() as i64 + alerts, "written with the cases and alerts");

        let worker = ["worker", "--workers", "1"];
        let (least, longest) = (Duration::from_millis(300), Duration::from_secs(2));
        let running = kill_often(&county, KILLS, &worker, least, longest).await;
        assert!(running > 0, "no kill met a running process");
        let mut worker = county.start(&worker);
        let sent = DeliveryState::Sent.code();
        let mut left = 1_200;
        while states(&store, good).await.get(sent) != Some(&expected.len()) {
            assert!(left > 0, "waited in vain: {:?}", states(&store, good).await);
            left -= 1;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        worker.kill().unwrap();
        worker.wait().unwrap();

        let taken = calls.lock().unwrap().clone();
        let by_key: BTreeMap<&str, BTreeSet<&str>> =
            taken.iter().fold(BTreeMap::new(), |mut all, (key, body)| {
                all.entry(key.as_str()).or_default().insert(body.as_str());
                all
            });
        assert!(by_key.values().all(|bodies| bodies.len() == 1), "a key always tells the same");
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        for bodies in by_key.values() {
            let body: Value = serde_json::from_str(bodies.first().unwrap()).unwrap();
            for notice in body["notices"].as_array().unwrap() {
                *told.entry(notice["number"].as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
        let twice: Vec<_> = told.iter().filter(|(_, times)| **times != 1).collect();
        assert!(twice.is_empty(), "told under two keys: {twice:?}");
        assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), expected, "none is lost");
        println!(
            "{engine:?}: {} cases, {} calls, {KILLS} kills; the silent receiver: {:?}",
            expected.len(),
            taken.len(),
            states(&store, silent).await
        );
        assert!(taken.len() > expected.len(), "what was refused or answered too late went out again");
        assert_eq!(states(&store, silent).await.get(sent), None);
        assert_eq!(assigned_in_the_page(&store).await, expected.len(), "and once in the page");
        assert!(county.ok(&["audit", "verify"]).contains("whole"));
    }
}
