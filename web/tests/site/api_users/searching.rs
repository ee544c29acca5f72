//! Searches by programs: phrases, and both orders by cursor.

use axum::http::StatusCode;
use qingting_models::records::Viewer;
use qingting_models::store::{ItemFilter, ItemState, Page, RANKED};
use qingting_web::access::url_encode;

use super::{Program, problem};
use crate::office::Office;
use crate::search::bring;

#[tokio::test]
async fn programs_ask_for_either_order() {
    for office in Office::each().await {
        bring(&office, &[("停水 停水", "停水"), ("停水 了", ""), ("三天 停水", "")]).await;
        let program = Program::of(&office, "duty").await;
        let q = url_encode("停水");
        let titles = |page: &serde_json::Value| {
            let rows = page["rows"].as_array().unwrap();
            rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let newest = program.read(&format!("/items?q={q}&order=newest")).await;
        assert_eq!(titles(&newest), titles(&program.read(&format!("/items?q={q}")).await));
        assert_eq!(titles(&newest), ["三天 停水", "停水 了", "停水 停水"]);
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = program.read(&format!("/items?q={q}&order=best&limit=1{cursor}")).await;
            seen.extend(titles(&page));
            let Some(next) = page["next"].as_str() else { break };
            let other = program.get(&format!("/items?q={q}&cursor={next}")).await;
            assert!(
                problem(&other, StatusCode::NOT_FOUND).contains("cursor"),
                "it goes on in its own order alone"
            );
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, ["停水 停水", "三天 停水", "停水 了"]);
        let phrase = program.read(&format!("/items?q={}", url_encode("「停水 了」"))).await;
        assert_eq!(titles(&phrase), ["停水 了"]);
        let all = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
        let all = office.store.items(&Viewer::OPEN, &all, Page::default()).await.unwrap().rows.len();
        let without = program.read("/items?state=all&order=best").await;
        assert_eq!(titles(&without).len(), all, "where nothing is searched for, the newest come first");
        let wrong = program.get("/items?order=worst").await;
        assert!(problem(&wrong, StatusCode::UNPROCESSABLE_ENTITY).contains("newest"));
        assert_eq!(RANKED, 1_000, "the API's description says so");
    }
}
