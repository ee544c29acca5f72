//! The helper model: a made-up server on loopback that answers well, badly, late or not at all.

use std::io::Write;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use qingting_models::records::{Advice, Item, Viewer};
use qingting_models::store::{IncidentFilter, Rank, Store};
use serde_json::{Value, json};

use super::support::*;

const KEY: &str = "sk-test-geheim";
/// What stands in the one text that must not be sent, and in an answer that must not be logged.
const SECRET: &str = "吃拿卡要";
const NONSENSE: &str = "胡言乱语";
/// How many seconds an answer is waited for that comes.
const PATIENCE: u64 = 30;

/// How the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Good,
    Nonsense,
    Slow,
}

#[derive(Clone)]
struct Model {
    mood: Mood,
    /// Authorization and body of every request.
    got: Arc<Mutex<Vec<(String, Value)>>>,
}

async fn chat(
    State(model): State<Model>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let key = headers.get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
    let told = request["messages"][0]["content"].as_str().unwrap().to_owned();
    model.got.lock().unwrap().push((key, request));
    let content = match model.mood {
        Mood::Nonsense => NONSENSE.to_owned(),
        Mood::Slow => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            String::new()
        }
        Mood::Good if told.contains("\"summary\"") => {
            json!({ "summary": "居民反映停水[1][2]。有人编造的一句。" }).to_string()
        }
        Mood::Good => json!({ "topics": ["consumer"], "why": "看文字像是消费纠纷" }).to_string(),
    };
    (StatusCode::OK, Json(json!({ "choices": [{ "message": { "role": "assistant", "content": content } }] })))
}

/// Serves below `/v1`; its address and what it is.
async fn serve(mood: Mood) -> (String, Model) {
    let model = Model { mood, got: Arc::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/v1/chat/completions", post(chat)).with_state(model.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/v1"), model)
}

/// Names the helper model in the county's settings; an answer is waited for so many seconds.
fn name(county: &County, url: &str, seconds: u64) {
    let settings = county.home().join("qingting.toml");
    let mut file = std::fs::OpenOptions::new().append(true).open(settings).unwrap();
    write!(file, "\n[advisor]\nurl = \"{url}\"\nmodel = \"made-up\"\nseconds = {seconds}\n").unwrap();
}

/// A worker that ends with the test.
struct Worker {
    process: Child,
    log: std::path::PathBuf,
}

impl Worker {
    fn start(county: &County) -> Self {
        let log = county.home().with_file_name("worker.log");
        let process = county
            .command(&["worker", "--workers", "1"])
            .env("QINGTING_ADVISOR_KEY", KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { process, log }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Looks again and again until there is something.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("waited in vain: {what}");
}

/// Four calls about one matter, one that says nothing, and one about an official's conduct.
fn sheet() -> String {
    let mut sheet = String::from("工单编号,来电时间,诉求标题,诉求内容,联系电话\n");
    for n in 1..=4 {
        let call = "望海花园三期从昨天早上开始停水，物业说水泵坏了，老人孩子没水用，请尽快恢复供水。";
        sheet.push_str(&format!("XS{n},2026-11-02 09:0{n},望海花园三期停水,{call},1380000000{n}\n"));
    }
    sheet.push_str("XS8,2026-11-02 09:08,来电,想问一下那件事，上次说过的，请回电。,13800000008\n");
    let conduct = "村干部办事吃拿卡要，索要香烟和红包，请纪委调查。";
    sheet.push_str(&format!("XS9,2026-11-02 09:09,举报村干部吃拿卡要,{conduct},13800000009\n"));
    sheet
}

/// A county that took the sheet in and leaves the rest to the workers.
async fn county(engine: Engine) -> Arc<County> {
    let county = Arc::new(County::on(engine).await);
    let path = county.file("calls.csv", sheet());
    assert_eq!(county.import(&path, "12345"), [6, 6, 0, 0, 0]);
    county
}

/// The items when every stage is done with them, by external id.
async fn finished(store: &Store) -> Vec<Item> {
    until("the stages are done", async || (store.waiting_work().await.unwrap().total() == 0).then_some(()))
        .await;
    let mut items = all_items(store).await;
    items.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    items
}

/// What was decided of an item, without what differs from county to county.
fn decided(items: &[Item]) -> Vec<String> {
    let words = |i: &Item| {
        format!("{} {:?} {} {} {}", i.content.title, i.topics, i.unsure, i.confidential, i.case.is_some())
    };
    items.iter().map(words).collect()
}

async fn advice(store: &Store, items: &[Item]) -> Vec<Advice> {
    let mut found = Vec::new();
    for item in items {
        found.extend(store.advice(&Viewer::SYSTEM, item.id).await.unwrap());
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsure_item_gets_a_proposal_and_an_incident_a_summary() {
    for engine in engines() {
        let (url, model) = serve(Mood::Good).await;
        let county = county(engine).await;
        name(&county, &url, PATIENCE);
        let worker = Worker::start(&county);
        let store = county.store().await;
        let items = finished(&store).await;
        let unsure: Vec<&Item> = items.iter().filter(|i| i.unsure && !i.confidential).collect();
        assert!(!unsure.is_empty(), "the model was sure of everything: {:?}", decided(&items));
        assert!(items.iter().any(|i| i.confidential), "nothing is confidential: {:?}", decided(&items));
        let found = until("a proposal for each unsure item", async || {
            let found = advice(&store, &items).await;
            (found.len() == unsure.len()).then_some(found)
        })
        .await;
        assert_eq!((found[0].topics[0].as_str(), found[0].model.as_str()), ("consumer", "made-up"));
        let rank = Rank { page: 0, size: 10 };
        let filter = IncidentFilter { items_min: 3, ..IncidentFilter::default() };
        let incidents = store.incidents(&Viewer::OPEN, &filter, rank).await.unwrap().rows;
        let summary =
            until("a summary", async || store.incident_advice(&Viewer::OPEN, incidents[0].id).await.unwrap())
                .await;
        assert_eq!(summary.sentences.len(), 1, "the sentence without a source is dropped");
        assert_eq!(
            (summary.sentences[0].text.as_str(), &summary.sentences[0].cites[..]),
            ("居民反映停水。", &[1, 2][..])
        );
        assert_eq!(decided(&items), decided(&finished(&store).await), "a proposal decides nothing");

        let got = model.got.lock().unwrap();
        assert!(got.iter().all(|(key, _)| *key == format!("Bearer {KEY}")));
        let sent: String = got.iter().map(|(_, request)| request.to_string()).collect();
        assert!(sent.contains("望海花园") && sent.contains("上次说过的"), "{sent}");
        assert!(!sent.contains(SECRET) && !sent.contains("1380000000"), "{sent}");
        assert!(!worker.log().contains(KEY));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_changes_nothing_else_and_is_logged() {
    let without = {
        let county = county(Engine::Sqlite).await;
        let _worker = Worker::start(&county);
        decided(&finished(&county.store().await).await)
    };
    // Its port is held, but nobody listens there.
    let silent = tokio::net::TcpSocket::new_v4().unwrap();
    silent.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let away = format!("http://{}/v1", silent.local_addr().unwrap());
    let (nonsense, _) = serve(Mood::Nonsense).await;
    let (slow, _) = serve(Mood::Slow).await;
    let cases = [
        (away, PATIENCE, "could not connect"),
        (nonsense, PATIENCE, "not the JSON that was asked for"),
        (slow, 1, "did not answer in time"),
    ];
    for (url, seconds, words) in cases {
        let county = county(Engine::Sqlite).await;
        name(&county, &url, seconds);
        let mut worker = Worker::start(&county);
        let store = county.store().await;
        let items = finished(&store).await;
        assert_eq!(decided(&items), without, "{words}");
        let log = until(words, async || Some(worker.log()).filter(|log| log.contains(words))).await;
        assert!(log.contains("helper model, i"), "{log}");
        for hidden in [NONSENSE, "望海花园", "上次说过的", KEY] {
            assert!(!log.contains(hidden), "{hidden} is logged: {log}");
        }
        assert_eq!(advice(&store, &items).await, []);
        assert!(worker.process.try_wait().unwrap().is_none(), "the worker goes on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_where_no_helper_model_is_named() {
    let (url, model) = serve(Mood::Good).await;
    let county = county(Engine::Sqlite).await;
    let said = county.ok(&["doctor"]);
    assert!(said.contains("ok    helper model: none is named"), "{said}");
    {
        let worker = Worker::start(&county);
        let items = finished(&county.store().await).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(advice(&county.store().await, &items).await, []);
        assert!(!worker.log().contains("helper model"));
    }
    assert!(model.got.lock().unwrap().is_empty());
    name(&county, &url, PATIENCE);
    let doctor = {
        let county = county.clone();
        move || county.ok(&["doctor"])
    };
    let said = tokio::task::spawn_blocking(doctor).await.unwrap();
    assert!(said.contains("ok    helper model: made-up answers"), "{said}");
    assert_eq!(model.got.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn wrong_settings_are_refused_at_start_and_a_server_that_is_away_is_a_warning() {
    for (url, words) in [
        ("http://8.8.8.8/v1", "outside the house"),
        ("ftp://10.0.0.8/v1", "its scheme is ftp"),
        ("http://u:geheim@10.0.0.8/v1", "QINGTING_ADVISOR_KEY"),
    ] {
        let county = County::sqlite().await;
        name(&county, url, PATIENCE);
        for args in [&["serve", "--bind", "127.0.0.1:0"][..], &["worker"]] {
            let said = county.fails(args);
            assert!(said.contains("[advisor]") && said.contains(words), "{said}");
            assert!(said.lines().count() == 1 && !said.contains("geheim"), "{said}");
        }
        assert!(county.run(&["doctor"]).status.code() == Some(1));
    }
    let county = County::sqlite().await;
    name(&county, "http://127.0.0.1:1/v1", PATIENCE);
    let said = county.ok(&["doctor"]);
    assert!(said.contains("look  helper model: made-up does not answer: could not connect"), "{said}");
}
