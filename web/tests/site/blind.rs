//! One item in fifty is judged before the model's word is shown.

use axum::http::StatusCode;
use jiff::SignedDuration;
use qingting_models::county::TopicCode;
use qingting_models::ids::ItemId;
use qingting_models::records::*;
use qingting_models::store::NewJudgement;

use crate::office::{Office, arrival};

const ITEMS: usize = 300;

/// Brings items until one is blind; that one, and one that is not.
async fn bring(office: &Office) -> (ItemId, ItemId) {
    let store = &office.store;
    let source = store.source(office.source).await.unwrap().unwrap();
    let coming = |n: usize| arrival(&format!("B{n}"), &format!("第{n}件"), "工地三个月没发工资");
    store.intake(&source, (0..ITEMS).map(coming).collect(), vec![]).await.unwrap();
    let tasks = store.claim_judging("test", ITEMS as i64, SignedDuration::from_mins(5)).await.unwrap();
    let ids: Vec<ItemId> = tasks.iter().map(|task| task.item).collect();
    let verdict = NewJudgement {
        model: "m".repeat(64),
        topics: vec![TopicScore { code: TopicCode::from("wages"), score: 0.93 }],
        unsure: false,
        kind: Kind::Complaint,
        urgency: Urgency::Urgent,
        office: "人社".into(),
        offices: vec![("人社".into(), 0.8)],
        places: vec![],
        sender_town: None,
        reasons: vec![],
        search_words: String::new(),
        signature: Vec::new(),
    };
    let verdicts = tasks.into_iter().map(|task| (task, verdict.clone())).collect();
    store.save_verdicts("test", verdicts).await.unwrap();
    let blind = ids.iter().copied().find(|id| is_blind(*id)).unwrap();
    (blind, ids.into_iter().find(|id| !is_blind(*id)).unwrap())
}

#[tokio::test]
async fn a_blind_item_shows_its_danger_but_not_what_the_model_said() {
    let office = Office::new().await;
    let (blind, seen) = bring(&office).await;
    let page = office.get("duty", &format!("/items/{seen}")).await.body;
    assert!(page.contains("<strong>模型</strong>") && page.contains("value=\"wages\" checked"));
    let path = format!("/items/{blind}");
    let page = office.get("duty", &path).await.body;
    assert!(page.contains("盲评") && page.contains("紧急"), "{page}");
    for hidden in ["<strong>模型</strong>", "value=\"wages\" checked", "93%", "分派并立案"] {
        assert!(!page.contains(hidden), "{hidden} is shown");
    }
    // Who does not judge it may read what the model said.
    assert!(office.get("leader", &path).await.body.contains("<strong>模型</strong>"));
}

#[tokio::test]
async fn a_blind_item_cannot_be_confirmed_and_shows_everything_once_it_is_judged() {
    let office = Office::new().await;
    let (blind, _) = bring(&office).await;
    let path = format!("/items/{blind}");
    let confirmed = office.post("duty", &format!("{path}/confirm"), &[("version", "1")]).await;
    assert_eq!(confirmed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(confirmed.body.contains("盲评"));
    let form = [("version", "1"), ("topic", "housing"), ("kind", "投诉"), ("urgency", "1")];
    let judged = office.post("duty", &format!("{path}/judge"), &form).await;
    assert_eq!(judged.status, StatusCode::SEE_OTHER, "{}", judged.body);
    let page = office.get("duty", &path).await.body;
    assert!(page.contains("<strong>模型</strong>") && page.contains("分派并立案") && !page.contains("盲评"));
    let corrections = office.store.corrections().await.unwrap();
    assert_eq!((corrections.len(), corrections[0].item, corrections[0].blind), (1, blind, true));
}
