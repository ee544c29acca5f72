//! The county's own model: learned from what people said, compared, put to work, and taken back.

use qingting_models::ids::UserId;
use qingting_models::records::{Actor, Kind, Urgency, Viewer, is_blind};
use qingting_models::store::PersonJudgement;

use super::support::*;

const ROWS: usize = 260;

/// Judges every item as a person who calls what has a word in its title a matter of culture, and agrees with the model
/// in the rest; how many items were judged blind.
async fn judge_all(county: &County, word: &str) -> usize {
    let store = county.store().await;
    let mut blind = 0;
    for item in all_items(&store).await {
        blind += usize::from(is_blind(item.id));
        let topic = if item.content.title.contains(word) { "culture".into() } else { item.topics[0].clone() };
        let decided = PersonJudgement {
            topics: vec![topic],
            kind: Kind::Complaint,
            urgency: Urgency::Ordinary,
            department: None,
            places: None,
        };
        let actor = Actor::User(UserId(1));
        store.judge_by_person(&Viewer::SYSTEM, item.id, item.version, decided, actor).await.unwrap();
    }
    store.close().await;
    blind
}

#[tokio::test]
async fn what_people_say_becomes_a_candidate_that_is_compared_promoted_and_rolled_back() {
    let county = County::sqlite().await;
    let sheet = county.file("calls.csv", calls(ROWS));
    county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345", "--judge"]);
    let none = county.fails(&["model", "compare"]);
    assert!(none.contains("no candidate"), "{none}");
    let blind = judge_all(&county, "公交").await;

    let inside = county.json(&["model", "show"]);
    assert_eq!(inside["at_work"], "embedded");
    assert_eq!(inside["weeks"].as_array().unwrap().len(), 1);
    assert_eq!(inside["weeks"][0]["week"]["by_person"], ROWS);
    assert_eq!(inside["weeks"][0]["week"]["corrected"], ROWS / 5);
    let trained = county.json(&["train", "--with-corrections"]);
    assert_eq!(trained["rows"], ROWS - blind, "what was judged blind teaches nothing");
    let candidate = trained["card"]["digest"].as_str().unwrap().to_owned();

    // Gold on which the candidate keeps what it knew, and gold that it has unlearned.
    let bus = |n: usize, topic: &str| {
        format!(
            "{{\"id\":\"b{n}\",\"title\":\"公交班次太少\",\"body\":\"早高峰等车要四十分钟，建议增加公交班次{n}。\",\"topics\":[\"{topic}\"]}}\n"
        )
    };
    let good = county.file("good.jsonl", (0..20).map(|n| bus(n, "culture")).collect::<String>());
    let compared = county.json(&["model", "compare", "--gold", good.to_str().unwrap()]);
    assert_eq!(compared["sets"][0]["compared"]["first"]["only_candidate"], 20, "{compared}");
    assert_eq!(compared["worse"], serde_json::json!([]));
    let promoted = county.json(&["model", "promote", "--gold", good.to_str().unwrap()]);
    assert_eq!(promoted["at_work"], candidate.as_str());
    let text = "{\"id\":\"1\",\"title\":\"公交班次太少\",\"body\":\"早高峰等车要四十分钟\"}";
    assert!(county.feed(&["classify"], text).contains("\"culture\""));
    county.ok(&["model", "rollback"]);
    assert!(county.feed(&["classify"], text).contains("\"transport\""));
    assert_eq!(county.json(&["model", "show"])["at_work"], "embedded");
    assert!(county.fails(&["model", "rollback"]).contains("no model was at work before"));
    assert!(county.ok(&["audit", "verify"]).contains("whole"));
}

#[tokio::test]
async fn a_candidate_that_unlearned_a_field_of_the_plan_needs_a_name() {
    let county = County::sqlite().await;
    let sheet = county.file("calls.csv", calls(ROWS));
    county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345", "--judge"]);
    judge_all(&county, "工资").await;
    county.ok(&["train", "--with-corrections"]);
    let wages = |n: usize| {
        format!(
            "{{\"id\":\"w{n}\",\"title\":\"工地拖欠工资\",\"body\":\"我们班组在工地做了四个月，工资一直没有发{n}。\",\"topics\":[\"wages\"]}}\n"
        )
    };
    let gold = county.file("gold.jsonl", (0..30).map(wages).collect::<String>());
    let promote = ["model", "promote", "--gold", gold.to_str().unwrap()];
    let refused = county.fails(&promote);
    assert!(refused.contains("wages") && refused.contains("--despite wages"), "{refused}");
    assert_eq!(county.json(&["model", "show"])["at_work"], "embedded");
    let named: Vec<&str> = promote.into_iter().chain(["--despite", "wages"]).collect();
    county.ok(&named);
    assert_ne!(county.json(&["model", "show"])["at_work"], "embedded");
}
