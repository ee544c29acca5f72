//! The stream of what happened, and the addresses that it is sent on to.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Program, done, json as body, problem, unfit};
use crate::office::Office;

#[tokio::test]
async fn a_program_reads_what_happened_and_goes_on_where_it_was() {
    for office in Office::each().await {
        while office.store.number_events().await.unwrap() > 0 {}
        let last = office.store.outbox_state().await.unwrap().last;
        assert!(last > 4, "{last} events of the office's items and cases");
        let duty = Program::of(&office, "duty").await;
        let (mut after, mut all) = (0, Vec::new());
        loop {
            let page = duty.read(&format!("/events?after={after}&limit=3")).await;
            let events = page["events"].as_array().unwrap().clone();
            assert!(events.len() <= 3);
            all.extend(events);
            after = page["next"].as_i64().unwrap();
            if page["more"] == false {
                break;
            }
        }
        assert_eq!(after, last);
        let seqs: Vec<i64> = all.iter().map(|event| event["seq"].as_i64().unwrap()).collect();
        assert!(seqs.is_sorted() && seqs.first() == Some(&1), "{seqs:?}");
        let opened = duty.read("/events?kind=case.opened").await;
        let opened = opened["events"].as_array().unwrap().clone();
        assert!(!opened.is_empty() && opened.iter().all(|event| event["type"] == "case.opened"));
        let case = opened[0]["data"]["case"].as_str().unwrap();
        assert_eq!(duty.read(&format!("/cases/{case}")).await["number"], opened[0]["data"]["number"]);
        // A handler sees what is his department's.
        let handler = Program::of(&office, "handler").await;
        let of_handler = handler.read("/events?limit=1000").await;
        assert!(of_handler["events"].as_array().unwrap().len() < all.len());
        let admin = Program::of(&office, "admin").await;
        problem(&admin.get("/events").await, StatusCode::FORBIDDEN);
        for (query, says) in [("limit=0", "limit"), ("after=-1", "after"), ("kind=doorbell", "kind")] {
            unfit(&duty.get(&format!("/events?{query}")).await, says);
        }
        office.store.drop_events(office.store.now() + jiff::SignedDuration::from_hours(1)).await.unwrap();
        let gone = problem(&duty.get("/events?after=1").await, StatusCode::GONE);
        assert!(gone.contains("过了保存期"), "{gone}");
        let anew = duty.read("/events").await;
        assert_eq!((&anew["events"], &anew["next"]), (&json!([]), &json!(last)));
    }
}

#[tokio::test]
async fn a_program_keeps_addresses_as_the_page_does() {
    let office = Office::new().await;
    let admin = Program::of(&office, "admin").await;
    let asked = json!({"name": "平台", "url": "http://127.0.0.1:9/in", "inside": true, "kinds": ["item.new"], "after": 0});
    let added = body(&admin.post("/webhooks", asked.clone()).await);
    assert!(added["secret"].as_str().unwrap().starts_with("whsec_"));
    let path = format!("/webhooks/{}", added["id"].as_str().unwrap());
    let listed = admin.get("/webhooks").await;
    assert!(!listed.body.contains("whsec_"), "{}", listed.body);
    assert_eq!(body(&listed)[0]["seen"], 0);
    let mut change = asked;
    change["version"] = json!(1);
    change["enabled"] = json!(false);
    let saved = body(&admin.put(&path, change.clone()).await);
    assert_eq!(saved["secret"], Value::Null);
    let one = admin.read(&path).await;
    assert_eq!((&one["enabled"], &one["version"]), (&json!(false), &json!(2)));
    problem(&admin.put(&path, change.clone()).await, StatusCode::CONFLICT);
    change["version"] = json!(2);
    change["kinds"] = json!([]);
    unfit(&admin.put(&path, change).await, "请至少勾选一种变动");
    done(&admin.press(&format!("{path}/remove")).await);
    problem(&admin.get(&path).await, StatusCode::NOT_FOUND);
    let duty = Program::of(&office, "duty").await;
    problem(&duty.get("/webhooks").await, StatusCode::FORBIDDEN);
}
