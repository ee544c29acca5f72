//! What the helper model proposes: asked once, of open and undecided items only, and never shown out of place.

use jiff::SignedDuration;
use qingting_models::county::TopicCode;
use qingting_models::ids::{IncidentId, ItemId, UserId};
use qingting_models::records::{Actor, AdvisedSentence, Item, Kind, Source, Urgency, Viewer};
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{AdviceTask, Joining, NewJudgement, NewMembership, PersonJudgement, Store};

use super::builders::*;

const PERSON: Actor = Actor::User(UserId(7));
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Takes in one call that the model is unsure of.
async fn unsure(store: &TestStore, source: &Source, id: &str, topic: &str) -> Item {
    take_in(store, source, id, topic, true).await
}

async fn take_in(store: &TestStore, source: &Source, id: &str, topic: &str, unsure: bool) -> Item {
    store.intake(source, vec![call(Some(id), &format!("停水{id}"), "三天没有水")], vec![]).await.unwrap();
    judge(store, topic, unsure).await
}

async fn judge(store: &TestStore, topic: &str, unsure: bool) -> Item {
    let task = store.claim_judging("w", 100, LEASE).await.unwrap().pop().unwrap();
    let item = task.item;
    let verdict = NewJudgement { unsure, ..verdict(topic) };
    store.save_verdicts("w", vec![(task, verdict)]).await.unwrap();
    store.item(&Viewer::SYSTEM, item).await.unwrap().unwrap()
}

async fn claimed(store: &Store) -> Option<ItemId> {
    store.claim_advice("a", LEASE).await.unwrap().map(|task| task.item)
}

async fn propose(store: &Store, task: &AdviceTask) -> bool {
    let topics = [TopicCode::from("wages"), TopicCode::from("labor")];
    store.save_advice("a", task, "qwen", &topics, "工地欠薪").await.unwrap()
}

async fn say(store: &Store, item: &Item, topic: &str) {
    let decided = PersonJudgement {
        topics: vec![topic.into()],
        kind: Kind::Complaint,
        urgency: Urgency::Ordinary,
        department: None,
        places: None,
    };
    store.judge_by_person(&Viewer::SYSTEM, item.id, item.version, decided, PERSON).await.unwrap();
}

#[tokio::test]
async fn only_open_recent_items_that_wait_unsure_are_asked_about() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        unsure(&store, &source, "old", "urban").await;
        store.clock.set(store.now() + hours(8 * 24));
        take_in(&store, &source, "sure", "urban", false).await;
        unsure(&store, &source, "conduct", "conduct").await;
        let dismissed = unsure(&store, &source, "dismissed", "urban").await;
        store.dismiss_item(&DUTY, dismissed.id, "测试", PERSON).await.unwrap();
        let decided = unsure(&store, &source, "decided", "urban").await;
        say(&store, &decided, "urban").await;
        unsure(&store, &source, "changed", "urban").await;
        store.intake(&source, vec![call(Some("changed"), "停水", "还没有判断")], vec![]).await.unwrap();
        assert_eq!(claimed(&store).await, None);
        let judged_again = judge(&store, "urban", true).await;
        let task = store.claim_advice("a", LEASE).await.unwrap().unwrap();
        assert_eq!((task.item, task.version, task.title.as_str()), (judged_again.id, 2, "停水"));
        assert_eq!(task.body, "还没有判断");
    }
}

#[tokio::test]
async fn a_proposal_is_asked_for_once_and_holds_for_its_version() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = unsure(&store, &source, "1", "urban").await;
        let task = store.claim_advice("a", LEASE).await.unwrap().unwrap();
        let other = store.another().await.unwrap();
        assert_eq!(claimed(&other).await, None, "it is being asked about");
        assert_eq!(store.advice(&DUTY, item.id).await.unwrap(), None);
        assert!(propose(&store, &task).await);
        let advice = store.advice(&DUTY, item.id).await.unwrap().unwrap();
        assert_eq!(advice.topics, ["wages".into(), "labor".into()]);
        assert_eq!(
            (advice.why.as_str(), advice.model.as_str(), advice.at),
            ("工地欠薪", "qwen", store.now())
        );
        assert_eq!(store.advice(&NOBODY, item.id).await.unwrap(), None);
        store.clock.set(store.now() + hours(1));
        assert_eq!(claimed(&store).await, None, "it is asked about once");

        store.intake(&source, vec![call(Some("1"), "停电", "另一件事")], vec![]).await.unwrap();
        assert_eq!(store.advice(&DUTY, item.id).await.unwrap(), None, "it was about an earlier text");
        judge(&store, "urban", true).await;
        assert_eq!(store.advice(&DUTY, item.id).await.unwrap(), None);
        let again = store.claim_advice("a", LEASE).await.unwrap().unwrap();
        assert_eq!((again.item, again.version), (item.id, 2));
        assert!(!propose(&store, &task).await, "an answer about the earlier text comes too late");
        assert!(propose(&store, &again).await);
        assert!(store.advice(&DUTY, item.id).await.unwrap().is_some());
        say(&store, &Item { version: 2, ..item.clone() }, "conduct").await;
        assert_eq!(store.advice(&Viewer::SYSTEM, item.id).await.unwrap(), None, "confidential now");
    }
}

#[tokio::test]
async fn a_lease_that_ended_goes_to_another_worker() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        unsure(&store, &source, "1", "urban").await;
        let task = store.claim_advice("a", LEASE).await.unwrap().unwrap();
        store.clock.set(store.now() + LEASE);
        let taken = store.claim_advice("b", LEASE).await.unwrap().unwrap();
        assert_eq!(taken, task);
        assert!(!propose(&store, &task).await);
        store.fail_advice("a", &task, "qwen").await.unwrap();
        assert!(store.save_advice("b", &taken, "qwen", &[], "").await.unwrap());
        assert!(store.advice(&DUTY, task.item).await.unwrap().unwrap().topics.is_empty());
    }
}

#[tokio::test]
async fn a_failure_is_repeated_three_times_and_then_given_up_until_the_item_changes() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = unsure(&store, &source, "1", "urban").await;
        for pause in [MINUTE, MINUTE * 10, hours(2)] {
            let task = store.claim_advice("a", LEASE).await.unwrap().unwrap();
            store.fail_advice("a", &task, "qwen").await.unwrap();
            store.clock.set(store.now() + pause - SignedDuration::from_secs(1));
            assert_eq!(claimed(&store).await, None, "{pause} have not passed");
            store.clock.set(store.now() + SignedDuration::from_secs(1));
        }
        let task = store.claim_advice("a", LEASE).await.unwrap().unwrap();
        store.fail_advice("a", &task, "qwen").await.unwrap();
        store.clock.set(store.now() + hours(48));
        assert_eq!(claimed(&store).await, None, "given up");
        assert_eq!(store.advice(&DUTY, item.id).await.unwrap(), None);
        store.intake(&source, vec![call(Some("1"), "停电", "另一件事")], vec![]).await.unwrap();
        judge(&store, "urban", true).await;
        let task = store.claim_advice("a", LEASE).await.unwrap().unwrap();
        store.fail_advice("a", &task, "qwen").await.unwrap();
        store.clock.set(store.now() + MINUTE);
        assert_eq!(claimed(&store).await, Some(item.id), "it begins anew");
    }
}

/// Joins what waits to one incident, which is made where there is none yet.
async fn join(store: &TestStore, incident: Option<IncidentId>) -> IncidentId {
    let batch = store.claim_joining("w", None, 100, LEASE).await.unwrap().expect("items wait to be joined");
    let id = incident.unwrap_or_else(|| store.ids().next(store.now()));
    let mut joining = Joining::default();
    for (n, task) in batch.tasks.iter().enumerate() {
        let kinship = (incident.is_some() || n > 0).then_some(0.75);
        joining.joined.push(NewMembership { item: task.item, incident: id, kinship });
    }
    assert!(store.save_joining("w", &batch, &joining).await.unwrap());
    id
}

async fn items(store: &TestStore, source: &Source, ids: std::ops::Range<usize>) -> Vec<Item> {
    let mut items = Vec::new();
    for id in ids {
        items.push(take_in(store, source, &id.to_string(), "urban", false).await);
    }
    items
}

fn sentence(text: &str, cites: &[usize]) -> AdvisedSentence {
    AdvisedSentence { text: text.into(), cites: cites.to_vec() }
}

async fn shown(store: &Store, viewer: &Viewer, incident: IncidentId) -> Vec<String> {
    let advice = store.incident_advice(viewer, incident).await.unwrap();
    advice.map(|a| a.sentences.into_iter().map(|s| s.text).collect()).unwrap_or_default()
}

#[tokio::test]
async fn an_incident_is_summed_up_and_again_when_it_grew_by_half() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        items(&store, &source, 0..2).await;
        let incident = join(&store, None).await;
        assert_eq!(store.claim_incident_advice("a", LEASE).await.unwrap(), None, "two are too few");
        items(&store, &source, 2..4).await;
        join(&store, Some(incident)).await;
        let task = store.claim_incident_advice("a", LEASE).await.unwrap().unwrap();
        let titles: Vec<&str> = task.items.iter().map(|(_, title, _)| title.as_str()).collect();
        assert_eq!((task.incident, titles), (incident, vec!["停水3", "停水2", "停水1", "停水0"]));
        let other = store.another().await.unwrap();
        assert_eq!(other.claim_incident_advice("b", LEASE).await.unwrap(), None);
        let said = [sentence("停水三天。", &[1, 3]), sentence("要求修好。", &[2])];
        assert!(store.save_incident_advice("a", &task, "qwen", &said).await.unwrap());
        let advice = store.incident_advice(&DUTY, incident).await.unwrap().unwrap();
        assert_eq!((advice.sentences.as_slice(), advice.items[0]), (&said[..], task.items[0].0));
        assert_eq!(shown(&store, &NOBODY, incident).await, [""; 0]);

        items(&store, &source, 4..5).await;
        join(&store, Some(incident)).await;
        assert_eq!(store.claim_incident_advice("a", LEASE).await.unwrap(), None, "five are not half more");
        items(&store, &source, 5..6).await;
        join(&store, Some(incident)).await;
        let task = store.claim_incident_advice("a", LEASE).await.unwrap().unwrap();
        store.fail_incident_advice("a", &task).await.unwrap();
        assert_eq!(store.claim_incident_advice("a", LEASE).await.unwrap(), None);
        assert_eq!(shown(&store, &DUTY, incident).await.len(), 2, "the earlier summary stays");
        store.clock.set(store.now() + MINUTE);
        let task = store.claim_incident_advice("a", LEASE).await.unwrap().unwrap();
        assert_eq!(task.items.len(), 6);
        assert!(store.save_incident_advice("a", &task, "qwen", &said[..1]).await.unwrap());
        assert_eq!(shown(&store, &DUTY, incident).await, ["停水三天。"]);
        items(&store, &source, 6..20).await;
        join(&store, Some(incident)).await;
        let task = store.claim_incident_advice("a", LEASE).await.unwrap().unwrap();
        assert_eq!(task.items.len(), 12, "the latest are sent");
    }
}

#[tokio::test]
async fn a_summary_that_fails_is_given_up_until_the_incident_changes() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        items(&store, &source, 0..3).await;
        let incident = join(&store, None).await;
        for pause in [MINUTE, MINUTE * 10, hours(2), hours(48)] {
            let task = store.claim_incident_advice("a", LEASE).await.unwrap().unwrap();
            store.fail_incident_advice("a", &task).await.unwrap();
            store.clock.set(store.now() + pause);
        }
        assert_eq!(store.claim_incident_advice("a", LEASE).await.unwrap(), None, "given up");
        items(&store, &source, 3..4).await;
        join(&store, Some(incident)).await;
        assert!(store.claim_incident_advice("a", LEASE).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_summary_shows_nothing_of_items_that_left_or_became_confidential() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let members = items(&store, &source, 0..4).await;
        let incident = join(&store, None).await;
        let task = store.claim_incident_advice("a", LEASE).await.unwrap().unwrap();
        // The latest is the first: 3, 2, 1, 0.
        let said =
            [sentence("甲", &[1]), sentence("乙", &[2, 3]), sentence("丙", &[4]), sentence("丁", &[9])];
        assert!(store.save_incident_advice("a", &task, "qwen", &said).await.unwrap());
        assert_eq!(shown(&store, &DUTY, incident).await, ["甲", "乙", "丙"]);
        store.part_items(&DUTY, incident, &[members[1].id], None, PERSON).await.unwrap();
        assert_eq!(shown(&store, &DUTY, incident).await, ["甲", "丙"]);
        say(&store, &members[3], "conduct").await;
        assert_eq!(shown(&store, &Viewer::SYSTEM, incident).await, [""; 0]);
    }
}

#[tokio::test]
async fn confidential_and_merged_incidents_are_neither_sent_nor_summed_up() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        for id in ["1", "2", "3"] {
            take_in(&store, &source, id, "conduct", true).await;
        }
        join(&store, None).await;
        assert_eq!(store.claim_incident_advice("a", LEASE).await.unwrap(), None);
        assert_eq!(claimed(&store).await, None);
        items(&store, &source, 10..13).await;
        let gone = join(&store, None).await;
        let task = store.claim_incident_advice("a", LEASE).await.unwrap().unwrap();
        assert!(store.save_incident_advice("a", &task, "qwen", &[sentence("甲", &[1])]).await.unwrap());
        items(&store, &source, 20..21).await;
        let into = join(&store, None).await;
        store.merge_incidents(&DUTY, gone, into, PERSON).await.unwrap();
        assert_eq!(shown(&store, &DUTY, gone).await, [""; 0]);
        let task = store.claim_incident_advice("a", LEASE).await.unwrap().unwrap();
        assert_eq!((task.incident, task.items.len()), (into, 4));
    }
}
