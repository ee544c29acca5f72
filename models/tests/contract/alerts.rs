//! Alerts: one for a rule and an incident until somebody has looked, none twice, none in a silence.

use jiff::SignedDuration;
use qingting_models::ids::{IncidentId, ItemId, UserId};
use qingting_models::records::{Actor, AlertCondition, AlertRule, Urgency, Viewer};
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{AlertFilter, Firing, JoinBatch, Joining, NewMembership, Page, StoreError};

use super::builders::*;

const DUTY: Viewer = Viewer::OPEN;
const PERSON: Actor = Actor::User(UserId(7));
const LEASE: SignedDuration = SignedDuration::from_mins(5);
const ALL: AlertFilter = AlertFilter { unseen: false, rule: None, incident: None };
const UNSEEN: AlertFilter = AlertFilter { unseen: true, ..ALL };

async fn rule(store: &TestStore, name: &str) -> AlertRule {
    let condition = AlertCondition { urgency_min: Urgency::Urgent, ..AlertCondition::default() };
    let id = store.add_alert_rules(&[(name, true, &condition)], PERSON).await.unwrap()[0];
    store.alert_rule(id).await.unwrap().unwrap()
}

/// Judges one more item of a topic and joins it; without an incident to a new one.
async fn item(
    store: &TestStore,
    id: &str,
    topic: &str,
    incident: Option<IncidentId>,
) -> (ItemId, IncidentId) {
    let source = match store.source_named("12345").await.unwrap() {
        Some(source) => source,
        None => sheet(store, "12345").await,
    };
    let item = judged(store, &source, id, topic).await.id;
    let batch: JoinBatch = store.claim_joining("w", None, 10, LEASE).await.unwrap().unwrap();
    let to = incident.unwrap_or_else(|| store.ids().next(store.now()));
    let kinship = incident.map(|_| 0.9);
    let joined = vec![NewMembership { item, incident: to, kinship }];
    assert!(store.save_joining("w", &batch, &Joining { joined, ..Joining::default() }).await.unwrap());
    (item, to)
}

/// Takes what waits off the queue, with a firing of the rule for each.
async fn fire(store: &TestStore, rule: &AlertRule) -> usize {
    let tasks = store.claim_alerting("w", 100, LEASE).await.unwrap();
    let firing = |task: &qingting_models::store::AlertTask| Firing {
        whole: false,
        rule: rule.id,
        rule_name: rule.name.clone(),
        item: task.item.id,
        incident: task.incident.unwrap(),
        urgency: Urgency::Urgent,
        why: "紧急".into(),
        repeat: SignedDuration::from_hours(24),
    };
    let firings: Vec<Firing> = tasks.iter().map(firing).collect();
    let items: Vec<ItemId> = tasks.iter().map(|task| task.item.id).collect();
    store.finish_alerting("w", &items, &firings).await.unwrap()
}

#[tokio::test]
async fn an_incident_is_told_once_until_somebody_has_looked() {
    for store in each_database().await.unwrap() {
        let rule = rule(&store, "危急").await;
        let (first, incident) = item(&store, "1", "safety", None).await;
        assert_eq!(fire(&store, &rule).await, 1);
        item(&store, "2", "safety", Some(incident)).await;
        assert_eq!(fire(&store, &rule).await, 0, "it is counted to the alert that waits");
        let waiting = store.alerts(&DUTY, &UNSEEN, Page::default()).await.unwrap().rows;
        assert_eq!((waiting.len(), waiting[0].items, waiting[0].item), (1, 2, first));
        let seen = store.see_alert(&DUTY, waiting[0].id, "已电话核实", PERSON).await.unwrap();
        assert_eq!(seen.seen.unwrap().note, "已电话核实");
        let again = store.see_alert(&DUTY, waiting[0].id, "", PERSON).await;
        assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
        // What comes within a day is counted there, what comes later is told again.
        item(&store, "3", "safety", Some(incident)).await;
        assert_eq!(fire(&store, &rule).await, 0);
        assert_eq!(store.alerts(&DUTY, &ALL, Page::default()).await.unwrap().rows[0].items, 3);
        assert_eq!(store.unseen_alerts(&DUTY).await.unwrap(), 0);
        store.clock.set(store.now() + hours(25));
        item(&store, "4", "safety", Some(incident)).await;
        assert_eq!(fire(&store, &rule).await, 1);
        assert_eq!(store.alerts(&DUTY, &ALL, Page::default()).await.unwrap().rows.len(), 2);
    }
}

#[tokio::test]
async fn an_item_that_comes_by_again_fires_nothing_again() {
    for store in each_database().await.unwrap() {
        let rule = rule(&store, "危急").await;
        let (first, incident) = item(&store, "1", "safety", None).await;
        assert_eq!(fire(&store, &rule).await, 1);
        let alert = store.alerts(&DUTY, &UNSEEN, Page::default()).await.unwrap().rows.remove(0);
        store.see_alert(&DUTY, alert.id, "", PERSON).await.unwrap();
        store.clock.set(store.now() + hours(100));
        // A person's word brings the item through the stages once more.
        let batch = {
            let source = store.source_named("12345").await.unwrap().unwrap();
            let item = store.item(&Viewer::SYSTEM, first).await.unwrap().unwrap();
            assert_eq!(item.source, source.id);
            let decided = qingting_models::store::PersonJudgement {
                topics: vec!["safety".into()],
                kind: qingting_models::records::Kind::Complaint,
                urgency: Urgency::Urgent,
                department: None,
                places: None,
            };
            store.judge_by_person(&DUTY, first, item.version, decided, PERSON).await.unwrap();
            store.claim_joining("w", None, 10, LEASE).await.unwrap().unwrap()
        };
        assert!(store.save_joining("w", &batch, &Joining::default()).await.unwrap());
        assert_eq!(fire(&store, &rule).await, 0);
        assert_eq!(store.alert(&DUTY, alert.id).await.unwrap().unwrap().items, 1);
        assert_eq!(store.incident_items_within(incident, hours(1), alert.first_at).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_silence_keeps_a_rule_quiet_for_an_incident_or_for_all_until_it_ends() {
    for store in each_database().await.unwrap() {
        let rule = rule(&store, "危急").await;
        let (_, incident) = item(&store, "1", "safety", None).await;
        let until = store.now() + hours(6);
        let past = store.silence(rule.id, None, store.now(), "演练", PERSON).await;
        assert!(matches!(past, Err(StoreError::Bad(_))), "{past:?}");
        let of_one = store.silence(rule.id, Some(incident), until, "已在处置", PERSON).await.unwrap();
        assert_eq!(store.silences().await.unwrap(), std::slice::from_ref(&of_one));
        assert_eq!(fire(&store, &rule).await, 0);
        item(&store, "2", "safety", None).await;
        assert_eq!(fire(&store, &rule).await, 1, "another incident is told");
        store.end_silence(of_one.id, PERSON).await.unwrap();
        item(&store, "3", "safety", Some(incident)).await;
        assert_eq!(fire(&store, &rule).await, 1);
        store.silence(rule.id, None, until, "演练", PERSON).await.unwrap();
        item(&store, "4", "safety", None).await;
        assert_eq!(fire(&store, &rule).await, 0);
        store.clock.set(until);
        assert!(store.silences().await.unwrap().is_empty());
        assert!(matches!(store.end_silence(of_one.id, PERSON).await, Err(StoreError::NotFound(_))));
    }
}

#[tokio::test]
async fn a_report_about_a_person_raises_an_alert_for_the_discipline_officer_alone() {
    for store in each_database().await.unwrap() {
        let rule = rule(&store, "危急").await;
        item(&store, "1", "conduct", None).await;
        assert_eq!(fire(&store, &rule).await, 1);
        let discipline = Viewer { all_open: false, all_confidential: true, department: None };
        let alert = store.alerts(&discipline, &UNSEEN, Page::default()).await.unwrap().rows.remove(0);
        assert!(alert.confidential);
        assert!(store.alerts(&DUTY, &ALL, Page::default()).await.unwrap().rows.is_empty());
        assert_eq!(store.unseen_alerts(&DUTY).await.unwrap(), 0);
        let seen = store.see_alert(&DUTY, alert.id, "", PERSON).await;
        assert!(matches!(seen, Err(StoreError::NotFound(_))), "{seen:?}");
        let tried = store.alert_trial(&DUTY, alert.first_at - hours(1), ItemId(0), 10).await.unwrap();
        assert!(tried.is_empty());
    }
}

#[tokio::test]
async fn rules_have_names_of_their_own_and_two_people_do_not_overwrite_each_other() {
    for store in each_database().await.unwrap() {
        let (one, two) = (rule(&store, "甲").await, rule(&store, "乙").await);
        let both = [("丁", false, &one.condition), ("甲", true, &one.condition)];
        let taken = store.add_alert_rules(&both, PERSON).await;
        assert!(matches!(taken, Err(StoreError::Taken { .. })), "{taken:?}");
        let wider = AlertCondition { urgency_min: Urgency::Watch, ..AlertCondition::default() };
        let changed = store.change_alert_rule(two.id, 1, "丙", false, &wider, PERSON).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.enabled, changed.version), ("丙", false, 2));
        let late = store.change_alert_rule(two.id, 1, "丁", true, &wider, PERSON).await;
        assert!(matches!(late, Err(StoreError::Conflict { .. })), "{late:?}");
        let taken = store.change_alert_rule(two.id, 2, "甲", true, &wider, PERSON).await;
        assert!(matches!(taken, Err(StoreError::Taken { .. })), "{taken:?}");
        let names: Vec<String> =
            store.alert_rules().await.unwrap().into_iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), 2);
        assert_eq!(store.alert_rule(two.id).await.unwrap().unwrap().condition, wider);
    }
}

#[tokio::test]
async fn incidents_that_become_one_keep_one_alert_and_their_silence() {
    for store in each_database().await.unwrap() {
        let (rule, other) = (rule(&store, "危急").await, rule(&store, "另一条").await);
        let (_, into) = item(&store, "1", "safety", None).await;
        assert_eq!(fire(&store, &rule).await, 1);
        let (_, from) = item(&store, "2", "safety", None).await;
        assert_eq!(fire(&store, &rule).await, 1);
        let silence =
            store.silence(other.id, Some(from), store.now() + hours(6), "已在处置", PERSON).await.unwrap();
        store.merge_incidents(&DUTY, from, into, PERSON).await.unwrap();
        let waiting = store.alerts(&DUTY, &UNSEEN, Page::default()).await.unwrap().rows;
        assert_eq!((waiting.len(), waiting[0].incident, waiting[0].items), (1, into, 2));
        let quiet = store.silences().await.unwrap().remove(0);
        assert_eq!((quiet.id, quiet.incident), (silence.id, Some(into)));
        store.see_alert(&DUTY, waiting[0].id, "", PERSON).await.unwrap();
        // What was looked at goes along too, and no item fires again.
        let (_, third) = item(&store, "3", "safety", None).await;
        assert_eq!(fire(&store, &rule).await, 1);
        store.merge_incidents(&DUTY, third, into, PERSON).await.unwrap();
        let of_one = AlertFilter { incident: Some(into), ..ALL };
        assert_eq!(store.alerts(&DUTY, &of_one, Page::default()).await.unwrap().rows.len(), 2);
    }
}
