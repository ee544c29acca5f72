//! Lists by cursor: nothing twice, nothing lost, while new items arrive.

use axum::http::StatusCode;

use super::{Program, problem};
use crate::office::{Office, arrival, judge};

async fn arrive(office: &Office, number: usize) {
    let source = office.store.source(office.source).await.unwrap().unwrap();
    let coming = arrival(&format!("N{number}"), &format!("新到{number}"), "路灯不亮");
    office.store.intake(&source, vec![coming], vec![]).await.unwrap();
    judge(&office.store, |_| "urban").await;
}

#[tokio::test]
async fn no_item_comes_twice_or_is_lost_while_new_ones_arrive() {
    for office in Office::each().await {
        for number in 0..23 {
            arrive(&office, number).await;
        }
        let program = Program::of(&office, "duty").await;
        let all = program.read("/items?state=all&limit=200").await;
        let ids = |page: &serde_json::Value| {
            let rows = page["rows"].as_array().unwrap();
            rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (wanted, mut seen, mut cursor) = (ids(&all), Vec::new(), String::new());
        assert!(wanted.len() >= 26 && all["next"].is_null(), "{}", wanted.len());
        for round in 100.. {
            let page = program.read(&format!("/items?state=all&limit=4{cursor}")).await;
            seen.extend(ids(&page));
            arrive(&office, round).await;
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, wanted);
        let other = program.get(&format!("/cases?state=all{cursor}")).await;
        let told = problem(&other, StatusCode::NOT_FOUND);
        assert!(told.contains("cursor"), "a cursor goes on in its own list alone: {told}");
    }
}
