//! Proposals of the helper model on the pages: as text, to those who decide, and never before a blind judgement.

use jiff::SignedDuration;
use qingting_models::county::TopicCode;
use qingting_models::ids::{IncidentId, ItemId};
use qingting_models::records::*;
use qingting_models::store::{Joining, NewJudgement, NewMembership};

use crate::office::{HOSTILE, Office, arrival};

const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// Brings calls that the model is unsure of, until one is to be judged blind; that one, and one that is not.
async fn bring(office: &Office) -> (ItemId, ItemId) {
    let store = &office.store;
    let source = store.source(office.source).await.unwrap().unwrap();
    let coming = |n: usize| arrival(&format!("V{n}"), &format!("第{n}件"), "三天没有水");
    store.intake(&source, (0..300).map(coming).collect(), vec![]).await.unwrap();
    let tasks = store.claim_judging("test", 300, LEASE).await.unwrap();
    let ids: Vec<ItemId> = tasks.iter().map(|task| task.item).collect();
    let verdict = NewJudgement {
        model: "m".repeat(64),
        topics: vec![TopicScore { code: TopicCode::from("urban"), score: 0.4 }],
        unsure: true,
        kind: Kind::Complaint,
        urgency: Urgency::Ordinary,
        office: "住建".into(),
        offices: vec![],
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

/// Proposes the same for every item that is to be asked about.
async fn advise(office: &Office) {
    while let Some(task) = office.store.claim_advice("a", LEASE).await.unwrap() {
        let topics = [TopicCode::from("wages"), TopicCode::from("labor")];
        assert!(office.store.save_advice("a", &task, "qwen", &topics, HOSTILE).await.unwrap());
    }
}

#[tokio::test]
async fn a_proposal_is_shown_as_text_to_those_who_decide_and_chooses_nothing() {
    let office = Office::new().await;
    let (_, item) = bring(&office).await;
    advise(&office).await;
    let path = format!("/items/{item}");
    let page = office.get("duty", &path).await.body;
    assert!(page.contains("辅助模型建议：<strong>工资拖欠、劳动就业</strong>"), "{page}");
    assert!(page.contains("仅供参考，由人工决定") && page.contains("<bdi>qwen</bdi>"));
    assert!(page.contains("&#60;script&#62;alert(1)") && !page.contains("<script>alert"));
    assert!(!page.contains("<img src=x"));
    assert!(page.contains("value=\"urban\" checked") && !page.contains("value=\"wages\" checked"));
    assert!(!office.get("leader", &path).await.body.contains("辅助模型"));
    let stored = office.store.item(&Viewer::SYSTEM, item).await.unwrap().unwrap();
    assert_eq!((stored.main_topic, stored.unsure), (Some(TopicCode::from("urban")), true));
}

#[tokio::test]
async fn a_blind_item_shows_no_proposal_before_it_is_judged() {
    let office = Office::new().await;
    let (blind, _) = bring(&office).await;
    advise(&office).await;
    assert!(office.store.advice(&Viewer::SYSTEM, blind).await.unwrap().is_some());
    let page = office.get("duty", &format!("/items/{blind}")).await.body;
    assert!(page.contains("盲评") && !page.contains("辅助模型") && !page.contains("qwen"), "{page}");
}

#[tokio::test]
async fn an_item_that_became_confidential_shows_none() {
    let office = Office::new().await;
    let (_, item) = bring(&office).await;
    advise(&office).await;
    let path = format!("/items/{item}");
    let form = [("version", "1"), ("topic", "conduct"), ("kind", "投诉"), ("urgency", "0")];
    office.post("duty", &format!("{path}/judge"), &form).await;
    let page = office.get("discipline", &path).await.body;
    assert!(page.contains("三天没有水") && !page.contains("辅助模型"), "{page}");
}

/// Joins the open items of the office to one incident and sums it up in sentences.
async fn summed_up(office: &Office, sentences: &[(&str, &[usize])]) -> (IncidentId, Vec<ItemId>) {
    let store = &office.store;
    let batch = store.claim_joining("w", None, 50, LEASE).await.unwrap().unwrap();
    let [open, conduct]: [IncidentId; 2] = std::array::from_fn(|_| store.ids().next(store.now()));
    let mut seen = Vec::new();
    let joined = batch.tasks.iter().map(|task| {
        let incident = if task.confidential { conduct } else { open };
        let kinship = seen.contains(&incident).then_some(0.87);
        seen.push(incident);
        NewMembership { item: task.item, incident, kinship }
    });
    let joining = Joining { joined: joined.collect(), ..Joining::default() };
    assert!(store.save_joining("w", &batch, &joining).await.unwrap());
    let task = store.claim_incident_advice("a", LEASE).await.unwrap().unwrap();
    assert_eq!(task.incident, open);
    let said: Vec<AdvisedSentence> = sentences
        .iter()
        .map(|(text, cites)| AdvisedSentence { text: (*text).into(), cites: cites.to_vec() })
        .collect();
    assert!(store.save_incident_advice("a", &task, "qwen", &said).await.unwrap());
    assert_eq!(store.claim_incident_advice("a", LEASE).await.unwrap(), None, "the other is confidential");
    (open, task.items.into_iter().map(|(id, ..)| id).collect())
}

#[tokio::test]
async fn a_summary_links_its_sources_and_is_shown_as_text() {
    for office in Office::each().await {
        let (open, items) = summed_up(&office, &[(HOSTILE, &[1, 3]), ("路灯不亮。", &[2])]).await;
        let path = format!("/incidents/{open}");
        let page = office.get("duty", &path).await.body;
        assert!(page.contains("辅助模型小结（建议）") && page.contains("<bdi>qwen</bdi>"), "{page}");
        let links =
            format!(" <a href=\"/items/{}\">[1]</a> <a href=\"/items/{}\">[3]</a></p>", items[0], items[2]);
        assert!(page.contains(&links), "{links}: {page}");
        assert!(page.contains("&#60;script&#62;alert(1)") && !page.contains("<script>alert"));
        assert!(office.get("leader", &path).await.body.contains("辅助模型小结（建议）"));

        // An item that is in another incident now takes its sentence along.
        let moved = items[2].to_string();
        office.post("duty", &format!("{path}/split"), &[("item", moved.as_str())]).await;
        let page = office.get("duty", &path).await.body;
        assert!(page.contains("路灯不亮。") && !page.contains("alert(1)"), "{page}");
    }
}
