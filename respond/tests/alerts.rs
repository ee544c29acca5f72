//! Alert rules over a store: what fires, what does not, and what a trial says beforehand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

use std::sync::Arc;

use jiff::SignedDuration;
use qingting_models::county::{County, TopicCode};
use qingting_models::ids::IncidentId;
use qingting_models::records::*;
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{
    AlertFilter, Arrival, Joining, NewJudgement, NewMembership, NewSource, Page, SourceChange, Store,
};
use qingting_respond::desk::Desk;

const LEASE: SignedDuration = SignedDuration::from_secs(60);
const ALL: AlertFilter = AlertFilter { unseen: false, rule: None, incident: None };

fn desk(store: &TestStore) -> Desk {
    Desk::new((**store).clone(), Arc::new(County::embedded().unwrap()))
}

async fn source(store: &Store, mode: Mode) -> Source {
    let name = mode.code().to_owned();
    if let Some(source) = store.source_named(&name).await.unwrap() {
        return source;
    }
    let new = NewSource {
        name,
        kind: SourceKind::Sheet,
        channel: Channel::Hotline,
        mode,
        url: None,
        cutoff: None,
        allow_host: None,
        interval_s: 600,
        settings: Default::default(),
    };
    store.add_source(new, Actor::Console).await.unwrap()
}

/// Brings a call in through all stages before the alerts; without an incident to a new one.
async fn call(
    store: &TestStore,
    mode: Mode,
    text: &str,
    finished: bool,
    incident: Option<IncidentId>,
) -> IncidentId {
    let from = source(store, mode).await;
    let upstream = Upstream { finished, ..Upstream::default() };
    let arrival = Arrival {
        external_id: Some(format!("{:?}", store.now())),
        canonical: text.to_owned(),
        content: ItemContent {
            title: text.to_owned(),
            body: String::new(),
            url: None,
            occurred_at: Some(store.now()),
            upstream,
        },
        original: serde_json::json!({}).into(),
        sameness: Default::default(),
        withdrawn: false,
        language: None,
        sealed_fields: Vec::new(),
    };
    store.intake(&from, vec![arrival], vec![]).await.unwrap();
    let tasks = store.claim_judging("w", 10, LEASE).await.unwrap();
    let verdict = NewJudgement {
        model: "m".into(),
        topics: vec![TopicScore { code: TopicCode::new("urban"), score: 0.9 }],
        unsure: false,
        kind: Kind::Complaint,
        urgency: Urgency::Watch,
        office: "住建".into(),
        offices: vec![],
        places: vec![],
        sender_town: None,
        reasons: vec![],
        search_words: String::new(),
        signature: Vec::new(),
    };
    let verdicts = tasks.into_iter().map(|task| (task, verdict.clone())).collect();
    store.save_verdicts("w", verdicts).await.unwrap();
    let batch = store.claim_joining("w", None, 10, LEASE).await.unwrap().unwrap();
    let to = incident.unwrap_or_else(|| store.ids().next(store.now()));
    let joined =
        vec![NewMembership { item: batch.tasks[0].item, incident: to, kinship: incident.map(|_| 0.9) }];
    assert!(store.save_joining("w", &batch, &Joining { joined, ..Joining::default() }).await.unwrap());
    store.clock.set(store.now() + SignedDuration::from_hours(1));
    to
}

async fn rule(store: &TestStore, condition: AlertCondition) -> AlertCondition {
    store.add_alert_rules(&[("规则", true, &condition)], Actor::Console).await.unwrap();
    condition
}

fn with_words(any: &[&str]) -> AlertCondition {
    let any = any.iter().map(|word| (*word).to_owned()).collect();
    AlertCondition { words: WordCondition { any, ..WordCondition::default() }, ..AlertCondition::default() }
}

#[tokio::test]
async fn an_incident_fires_when_it_has_grown_and_says_why() {
    for store in each_database().await.unwrap() {
        let grown = IncidentCondition { items_min: 3, within_hours: 4, heat_min: 0.0 };
        rule(&store, AlertCondition { incident: grown, ..with_words(&["停水"]) }).await;
        let desk = desk(&store);
        let incident = call(&store, Mode::Handle, "小区停水", false, None).await;
        call(&store, Mode::Handle, "又停水了", false, Some(incident)).await;
        assert_eq!(desk.alert_next("w", 10).await.unwrap().raised, 0);
        call(&store, Mode::Handle, "還在停水", false, Some(incident)).await;
        let alerted = desk.alert_next("w", 10).await.unwrap();
        assert_eq!((alerted.taken, alerted.raised), (1, 1));
        let alert = store.alerts(&Viewer::OPEN, &ALL, Page::default()).await.unwrap().rows.remove(0);
        assert_eq!((alert.incident, alert.why.as_str()), (incident, "词语“停水”；4 小时内 3 件"));
        assert_eq!(desk.alert_next("w", 10).await.unwrap().taken, 0);
    }
}

#[tokio::test]
async fn what_is_over_raises_nothing_and_what_is_watched_does() {
    for store in each_database().await.unwrap() {
        rule(&store, with_words(&["停水"])).await;
        let desk = desk(&store);
        call(&store, Mode::Handle, "停水，已办结", true, None).await;
        assert_eq!(desk.alert_next("w", 10).await.unwrap().raised, 0);
        call(&store, Mode::Mirror, "停水，由省平台办理", false, None).await;
        assert_eq!(desk.alert_next("w", 10).await.unwrap().raised, 1);
        call(&store, Mode::Handle, "路灯不亮", false, None).await;
        assert_eq!(desk.alert_next("w", 10).await.unwrap().raised, 0);
    }
}

#[tokio::test]
async fn a_trial_says_what_the_rule_will_do() {
    for store in each_database().await.unwrap() {
        let desk = desk(&store);
        let incident = call(&store, Mode::Handle, "小区停水", false, None).await;
        for _ in 0..20 {
            call(&store, Mode::Handle, "小区停水", false, Some(incident)).await;
        }
        call(&store, Mode::Handle, "路灯不亮", false, None).await;
        let trial = desk.try_alert_rule(&with_words(&["停水"]), &Viewer::OPEN).await.unwrap();
        assert_eq!((trial.items, trial.caught, trial.alerts), (22, 21, 1));
        assert!(trial.catches_nearly_all());
        assert_eq!((trial.examples.len(), trial.examples[0].1.as_str()), (10, "词语“停水”"));
        let rare = desk.try_alert_rule(&with_words(&["路灯"]), &Viewer::OPEN).await.unwrap();
        assert_eq!((rare.caught, rare.catches_nearly_all()), (1, false));
        let nobody = Viewer { all_open: false, all_confidential: true, department: None };
        assert_eq!(desk.try_alert_rule(&with_words(&["停水"]), &nobody).await.unwrap().items, 0);
        // The same condition with the size of the incident: the first two were too few.
        let grown = IncidentCondition { items_min: 3, within_hours: 3, heat_min: 0.0 };
        let condition = AlertCondition { incident: grown, ..with_words(&["停水"]) };
        let trial = desk.try_alert_rule(&condition, &Viewer::OPEN).await.unwrap();
        assert_eq!(trial.caught, 19);
        rule(&store, condition).await;
        assert_eq!(desk.alert_next("w", 100).await.unwrap().raised, trial.alerts);
        let alert = store.alerts(&Viewer::OPEN, &ALL, Page::default()).await.unwrap().rows.remove(0);
        assert_eq!(alert.items as usize, trial.caught);
        store.clock.set(store.now() + SignedDuration::from_hours(24 * 31));
        assert_eq!(desk.try_alert_rule(&with_words(&["停水"]), &Viewer::OPEN).await.unwrap().items, 0);
    }
}

#[tokio::test]
async fn a_county_begins_with_the_rules_of_its_file_and_keeps_its_own() {
    for store in each_database().await.unwrap() {
        let desk = desk(&store);
        assert_eq!(desk.add_first_alert_rules(Actor::Console).await.unwrap(), 8);
        assert_eq!(desk.add_first_alert_rules(Actor::Console).await.unwrap(), 0);
        assert_eq!(store.alert_rules().await.unwrap().len(), 8);
    }
}

/// Wednesdays at nine, each a week after the other, up to and without 26 August 2026: one call about the street lamps each.
async fn quiet_weeks(store: &TestStore, weeks: i64) {
    let wednesday: jiff::Timestamp = "2026-08-26T09:00:00+08:00".parse().unwrap();
    for week in (1..=weeks).rev() {
        store.clock.set(wednesday - SignedDuration::from_hours(7 * 24 * week));
        call(store, Mode::Handle, "路灯不亮", false, None).await;
    }
    store.clock.set(wednesday);
}

fn growing(items_min: i64) -> AlertCondition {
    AlertCondition { growth: GrowthCondition { hours: 6, items_min }, ..with_words(&["停水"]) }
}

#[tokio::test]
async fn what_rises_against_its_own_past_fires_once_and_the_trial_says_so_before() {
    for store in each_database().await.unwrap() {
        let desk = desk(&store);
        quiet_weeks(&store, 8).await;
        let condition = rule(&store, growing(3)).await;
        for text in ["甲小区停水", "乙小区停水"] {
            call(&store, Mode::Handle, text, false, None).await;
        }
        assert_eq!(desk.alert_next("w", 100).await.unwrap().raised, 0, "two are too few");
        for (text, raised) in [("丙小区停水", 1), ("丁小区停水", 0)] {
            call(&store, Mode::Handle, text, false, None).await;
            assert_eq!(desk.alert_next("w", 100).await.unwrap().raised, raised, "{text}");
        }
        let alerts = store.alerts(&Viewer::OPEN, &ALL, Page::default()).await.unwrap().rows;
        assert_eq!(alerts.len(), 1, "one for the rise, whichever incidents it is of");
        assert_eq!(alerts[0].why, "词语“停水”；6 小时内 3 件，往常同一时段平均 0.0 件");
        assert_eq!(alerts[0].items, 2);
        let trial = desk.try_alert_rule(&condition, &Viewer::OPEN).await.unwrap();
        assert_eq!((trial.caught, trial.alerts), (2, 1));
        assert_eq!(trial.examples[1].1, alerts[0].why, "the trial counts as of each item's time");
        // What is usual does not rise: the street lamps come every Wednesday.
        let lamps =
            AlertCondition { growth: GrowthCondition { hours: 6, items_min: 3 }, ..with_words(&["路灯"]) };
        assert_eq!(desk.try_alert_rule(&lamps, &Viewer::OPEN).await.unwrap().caught, 0);
        // By topic, where everything here is of one: seven against one each week.
        let by_topic = |topic: &str| AlertCondition {
            topics: vec![topic.into()],
            growth: GrowthCondition { hours: 6, items_min: 4 },
            ..AlertCondition::default()
        };
        for text in ["戊", "己", "庚"] {
            store.clock.set(store.now() - SignedDuration::from_mins(59));
            call(&store, Mode::Handle, text, false, None).await;
        }
        assert!(desk.try_alert_rule(&by_topic("urban"), &Viewer::OPEN).await.unwrap().caught > 0);
        assert_eq!(desk.try_alert_rule(&by_topic("wages"), &Viewer::OPEN).await.unwrap().caught, 0);
    }
}

#[tokio::test]
async fn nothing_rises_where_too_little_is_known_of_the_past() {
    for store in each_database().await.unwrap() {
        let desk = desk(&store);
        quiet_weeks(&store, 2).await;
        let condition = rule(&store, growing(3)).await;
        for text in ["甲小区停水", "乙小区停水", "丙小区停水", "丁小区停水"] {
            call(&store, Mode::Handle, text, false, None).await;
        }
        assert_eq!(desk.alert_next("w", 100).await.unwrap().raised, 0);
        assert_eq!(desk.try_alert_rule(&condition, &Viewer::OPEN).await.unwrap().caught, 0);
    }
}

#[tokio::test]
async fn a_rule_may_ask_for_the_tier_of_the_source() {
    for store in each_database().await.unwrap() {
        let desk = desk(&store);
        let provincial = source(&store, Mode::Mirror).await;
        let mut change = SourceChange::of(&provincial);
        change.settings.tier = Some("省级媒体".into());
        store.change_source(provincial.id, change, Actor::Console).await.unwrap();
        let tiers = vec!["中央媒体".to_owned(), "省级媒体".to_owned()];
        let condition = rule(&store, AlertCondition { tiers, ..with_words(&["停水"]) }).await;
        call(&store, Mode::Handle, "小区停水", false, None).await;
        assert_eq!(desk.alert_next("w", 10).await.unwrap().raised, 0, "the other source has no tier");
        call(&store, Mode::Mirror, "县城停水", false, None).await;
        assert_eq!(desk.alert_next("w", 10).await.unwrap().raised, 1);
        let alert = store.alerts(&Viewer::OPEN, &ALL, Page::default()).await.unwrap().rows.remove(0);
        assert_eq!(alert.why, "词语“停水”；省级媒体");
        assert_eq!(desk.try_alert_rule(&condition, &Viewer::OPEN).await.unwrap().caught, 1);
    }
}
