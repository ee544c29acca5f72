//! The desk over a store: from an item to an answer, two people at once, and what the clock does by itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use qingting_models::county::{County, DepartmentCode, TopicCode};
use qingting_models::ids::{CaseId, IncidentId};
use qingting_models::records::{
    Actor, CaseFile, Channel, ItemContent, Kind, Mode, Outcome, Role, SourceKind, TopicScore, Upstream,
    Urgency, User, Viewer,
};
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{
    Arrival, CaseFilter, ItemFilter, Joining, NewJudgement, NewMembership, NewSource, NewUser, Page,
};
use qingting_respond::acting::ActingUser;
use qingting_respond::action::Action;
use qingting_respond::desk::{ActError, Desk, Routed, Watched};

const LEASE: SignedDuration = SignedDuration::from_secs(60);

fn desk(store: &TestStore) -> Desk {
    Desk::new((**store).clone(), Arc::new(County::embedded().unwrap()))
}

async fn user(
    store: &TestStore,
    login: &str,
    role: Role,
    department: Option<&str>,
) -> (User, ActingUser, Viewer) {
    let new = NewUser {
        login: login.into(),
        name: format!("{login}同志"),
        roles: vec![role],
        department: department.map(DepartmentCode::new),
        password_hash: "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$c29tZWhhc2g".into(),
        must_change_password: false,
    };
    let user = store.add_user(new, Actor::Console).await.unwrap();
    let (who, viewer) = (ActingUser::of(&user), Viewer::of(&user));
    (user, who, viewer)
}

/// Brings items in and judges them as wages, sure.
async fn judged(store: &TestStore, ids: &[&str], due_at: Option<Timestamp>) {
    let source = match store.source_named("热线").await.unwrap() {
        Some(source) => source,
        None => {
            let new = NewSource {
                name: "热线".into(),
                kind: SourceKind::Sheet,
                channel: Channel::Hotline,
                mode: Mode::Handle,
                url: None,
                cutoff: None,
                allow_host: None,
                interval_s: 600,
                settings: Default::default(),
            };
            store.add_source(new, Actor::Console).await.unwrap()
        }
    };
    let arrival = |id: &&str| Arrival {
        external_id: Some((*id).to_string()),
        canonical: format!("{id} {due_at:?}"),
        content: ItemContent {
            title: format!("工地欠薪{id}"),
            body: "老板拖欠三个月工资".into(),
            url: None,
            occurred_at: Some(store.now()),
            upstream: Upstream { due_at, ..Upstream::default() },
        },
        original: serde_json::json!({"标题": id}).into(),
        sameness: Default::default(),
        withdrawn: false,
        language: None,
        sealed_fields: Vec::new(),
    };
    store.intake(&source, ids.iter().map(arrival).collect(), vec![]).await.unwrap();
    let tasks = store.claim_judging("w", 100, LEASE).await.unwrap();
    let verdict = NewJudgement {
        model: "m".into(),
        topics: vec![TopicScore { code: TopicCode::new("wages"), score: 0.9 }],
        unsure: false,
        kind: Kind::Complaint,
        urgency: Urgency::Ordinary,
        office: "人社".into(),
        offices: vec![("人社".into(), 0.9)],
        places: vec![],
        sender_town: None,
        reasons: vec![],
        search_words: "工地 欠薪".into(),
        signature: Vec::new(),
    };
    let verdicts = tasks.into_iter().map(|task| (task, verdict.clone())).collect();
    store.save_verdicts("w", verdicts).await.unwrap();
}

async fn only_case(store: &TestStore) -> CaseFile {
    let listing = store.cases(&Viewer::SYSTEM, &CaseFilter::default(), Page::default()).await.unwrap();
    assert_eq!(listing.rows.len(), 1);
    file(store, listing.rows[0].id).await
}

async fn file(store: &TestStore, id: CaseId) -> CaseFile {
    store.case_file(&Viewer::SYSTEM, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_judged_item_becomes_a_case_once_and_is_answered() {
    for store in each_database().await.unwrap() {
        let desk = desk(&store);
        judged(&store, &["1", "2"], None).await;
        assert_eq!(desk.route_next("w", 1).await.unwrap(), Routed { taken: 1, opened: 1 });
        assert_eq!(desk.route_next("w", 10).await.unwrap(), Routed { taken: 1, opened: 1 });
        assert_eq!(desk.route_next("w", 10).await.unwrap(), Routed::default());
        let listing = store.cases(&Viewer::SYSTEM, &CaseFilter::default(), Page::default()).await.unwrap();
        let case = listing.rows[0].clone();
        assert_eq!((case.lead.as_str(), listing.rows.len()), ("rsj", 2));

        let (_, handler, seen_by) = user(&store, "chengban", Role::Handler, Some("rsj")).await;
        let (_, reviewer, _) = user(&store, "shenhe", Role::Reviewer, Some("rsj")).await;
        let (_, duty, all) = user(&store, "zhiban", Role::Duty, None).await;
        let submit = Action::Submit {
            text: "已责令发放".into(),
            public_text: None,
            outcome: Outcome::Solved,
            promises: vec![],
        };
        let mut seen = case.version;
        for (who, viewer, action) in [
            (&handler, &seen_by, Action::Accept),
            (&handler, &seen_by, Action::Contact { note: "已电话联系".into() }),
            (&handler, &seen_by, submit),
            (&reviewer, &seen_by, Action::Approve { note: String::new() }),
        ] {
            let after = desk.act(viewer, who, case.id, seen, &action).await.unwrap();
            assert_eq!(after, file(&store, case.id).await, "what is given back is what is stored");
            seen = after.case.version;
        }
        let strange = desk.act(&seen_by, &duty, CaseId(1), 1, &Action::Accept).await.unwrap_err();
        assert!(matches!(strange, ActError::NotFound));
        let refused = desk.act(&all, &duty, case.id, seen, &Action::Accept).await.unwrap_err();
        assert!(matches!(refused, ActError::Refused(_)));
        assert_eq!(file(&store, case.id).await.case.version, seen);
    }
}

#[tokio::test]
async fn of_two_people_at_once_the_second_hears_who_was_first() {
    for store in each_database().await.unwrap() {
        let desk = desk(&store);
        judged(&store, &["1"], None).await;
        desk.route_next("w", 10).await.unwrap();
        let case = only_case(&store).await.case;
        let (_, first, viewer) = user(&store, "jia", Role::Handler, Some("rsj")).await;
        let (_, second, _) = user(&store, "yi", Role::Handler, Some("rsj")).await;
        desk.act(&viewer, &first, case.id, case.version, &Action::Accept).await.unwrap();
        let late = desk.act(&viewer, &second, case.id, case.version, &Action::Accept).await.unwrap_err();
        assert!(late.to_string().starts_with("该工单已被 jia同志 于 2026-11-02 09:00 更改"), "{late}");
    }
}

#[tokio::test]
async fn the_clock_wakes_what_waited_and_presses_once_a_level() {
    for store in each_database().await.unwrap() {
        let desk = desk(&store);
        judged(&store, &["1"], None).await;
        desk.route_next("w", 10).await.unwrap();
        let case = only_case(&store).await.case;
        let (_, handler, viewer) = user(&store, "jia", Role::Handler, Some("rsj")).await;
        let mut seen = case.version;
        let until = store.now() + SignedDuration::from_hours(24);
        for action in [
            Action::Accept,
            Action::Contact { note: "已联系".into() },
            Action::Wait { evidence: "等待工资条".into(), until },
        ] {
            seen = desk.act(&viewer, &handler, case.id, seen, &action).await.unwrap().case.version;
        }
        assert_eq!(desk.tick().await.unwrap(), Watched::default());
        store.clock.set(until);
        assert_eq!(desk.tick().await.unwrap(), Watched { went_on: 1, pressed: 0 });
        let due = file(&store, case.id).await.case.due.unwrap().1;
        store.clock.set(due - SignedDuration::from_hours(2));
        assert_eq!(desk.tick().await.unwrap().pressed, 1);
        assert_eq!(desk.tick().await.unwrap().pressed, 0, "yellow once");
        store.clock.set(due);
        assert_eq!(desk.tick().await.unwrap().pressed, 1);
        assert_eq!(desk.tick().await.unwrap().pressed, 0, "red once");
        let after = file(&store, case.id).await;
        assert_eq!(after.case.pressed, 2);
        let presses = after.timeline.iter().filter(|line| line.action == "press").count();
        assert_eq!(presses, 2);
    }
}

#[tokio::test]
async fn a_newer_sheet_moves_the_due_time_of_its_case() {
    for store in each_database().await.unwrap() {
        let desk = desk(&store);
        judged(&store, &["1"], None).await;
        desk.route_next("w", 10).await.unwrap();
        let theirs = store.now() + SignedDuration::from_hours(30);
        judged(&store, &["1"], Some(theirs)).await;
        assert_eq!(desk.route_next("w", 10).await.unwrap(), Routed { taken: 1, opened: 0 });
        let after = only_case(&store).await;
        assert_eq!(after.case.due.unwrap().1, theirs);
        judged(&store, &["1"], Some(theirs)).await;
        assert_eq!(desk.route_next("w", 10).await.unwrap(), Routed::default());
    }
}

#[tokio::test]
async fn the_desk_opens_by_hand_merges_and_voids() {
    for store in each_database().await.unwrap() {
        let desk = desk(&store);
        let (_, duty, all) = user(&store, "zhiban", Role::Duty, None).await;
        judged(&store, &["1", "2"], None).await;
        let items = store.items(&all, &Default::default(), Page::default()).await.unwrap().rows;
        let to = DepartmentCode::new("zjj");
        let one = desk.assign_item(&all, &duty, items[0].id, &to, "工地在建").await.unwrap();
        let two = desk.assign_item(&all, &duty, items[1].id, &to, "").await.unwrap();
        let twice = desk.assign_item(&all, &duty, items[1].id, &to, "").await.unwrap_err();
        assert!(matches!(twice, ActError::Refused(_)), "{twice}");
        let target = desk.merge(&all, &duty, one.id, one.version, two.id, "同一工地").await.unwrap();
        assert_eq!(target, file(&store, two.id).await);
        assert_eq!(file(&store, one.id).await.case.state.code(), "merged");
        let void = Action::Void { reason: "派错".into() };
        desk.act(&all, &duty, two.id, target.case.version, &void).await.unwrap();
        let again =
            desk.assign_item(&all, &duty, items[1].id, &DepartmentCode::new("rsj"), "").await.unwrap();
        assert_ne!(again.number, two.number);
        let proposal = desk.propose(&all, &items[0]).await.unwrap().proposal;
        assert_eq!(proposal[0].0.as_str(), "rsj");
    }
}

#[tokio::test]
async fn open_cases_follow_a_calendar_that_was_published_later() {
    for store in each_database().await.unwrap() {
        store.clock.set("2026-12-29T10:00:00+08:00".parse().unwrap());
        let (_, duty, viewer) = user(&store, "duty", Role::Duty, None).await;
        judged(&store, &["A-1"], None).await;
        let item =
            store.items(&viewer, &ItemFilter::default(), Page::default()).await.unwrap().rows.remove(0);
        let desk = desk(&store);
        let case = desk.assign_item(&viewer, &duty, item.id, &DepartmentCode::new("rsj"), "").await.unwrap();
        assert_eq!(desk.follow_rules().await.unwrap(), Some(0), "counted by these rules already");
        assert_eq!(desk.follow_rules().await.unwrap(), None, "nothing changed since");
        let text = r#"{"year":2027,"days":[{"name":"元旦","date":"2027-01-01","isOffDay":true}]}"#;
        let texts = [("calendar/2027.json".to_owned(), text.to_owned())].into();
        let later = Desk::new((*store).clone(), Arc::new(County::from_texts(&texts).unwrap()));
        assert_eq!(later.follow_rules().await.unwrap(), Some(1));
        assert_eq!(later.follow_rules().await.unwrap(), None);
        let file = store.case_file(&viewer, case.id).await.unwrap().unwrap();
        let handle = file.clocks.iter().find(|clock| clock.rule.as_str() == "hotline.handle").unwrap();
        assert_eq!(handle.due_at, "2027-01-06T17:00:00+08:00".parse().unwrap());
        assert_eq!(file.timeline.last().unwrap().action, "recount");
    }
}

#[tokio::test]
async fn where_people_sent_a_topic_is_proposed_where_no_rule_speaks() {
    for store in each_database().await.unwrap() {
        let (_, duty, viewer) = user(&store, "duty", Role::Duty, None).await;
        // A table without a word on wages.
        let table = "priority,topic,department\n1,housing,zjj\n";
        let texts = [("routing.csv".to_owned(), table.to_owned())].into();
        let desk = Desk::new((*store).clone(), Arc::new(County::from_texts(&texts).unwrap()));
        judged(&store, &["1", "2", "3", "4"], None).await;
        let items = store.items(&viewer, &ItemFilter::default(), Page::default()).await.unwrap().rows;
        let proposed = async |item| desk.propose(&viewer, item).await.unwrap().proposal.remove(0);
        assert_eq!(proposed(&items[0]).await.0.as_str(), "rsj", "the model's office before anybody decided");
        for item in &items[1..] {
            let to = DepartmentCode::new("yjj");
            desk.assign_item(&viewer, &duty, item.id, &to, "").await.unwrap();
        }
        let (code, why) = proposed(&items[0]).await;
        assert_eq!(code.as_str(), "yjj");
        assert_eq!(why, "近半年同话题信息由人决定的 3 件里，3 件交给该单位");
    }
}

/// Puts everything that waits into one incident.
async fn join(store: &TestStore, incident: IncidentId, first: bool) {
    let batch = store.claim_joining("w", None, 50, LEASE).await.unwrap().unwrap();
    let joined = batch.tasks.iter().map(|task| NewMembership {
        item: task.item,
        incident,
        kinship: (!first).then_some(0.9),
    });
    let joining = Joining { joined: joined.collect(), ..Joining::default() };
    assert!(store.save_joining("w", &batch, &joining).await.unwrap());
}

#[tokio::test]
async fn what_comes_to_an_incident_goes_into_the_case_that_takes_it() {
    for store in each_database().await.unwrap() {
        let desk = desk(&store);
        let (_, duty, all) = user(&store, "zhiban", Role::Duty, None).await;
        let incident: IncidentId = store.ids().next(store.now());
        judged(&store, &["1"], None).await;
        join(&store, incident, true).await;
        assert_eq!(desk.route_next("w", 10).await.unwrap().opened, 1);
        let case = only_case(&store).await.case;
        let on = Action::TakeIncident { on: true };
        desk.act(&all, &duty, case.id, case.version, &on).await.unwrap();

        let soon = store.now() + SignedDuration::from_hours(5);
        judged(&store, &["2", "3"], Some(soon)).await;
        assert_eq!(
            desk.route_next("w", 10).await.unwrap(),
            Routed::default(),
            "they wait for their incident"
        );
        join(&store, incident, false).await;
        assert_eq!(desk.route_next("w", 10).await.unwrap(), Routed { taken: 2, opened: 0 });
        let after = only_case(&store).await;
        assert_eq!(store.case_items(&Viewer::SYSTEM, case.id).await.unwrap().len(), 3);
        assert_eq!(after.case.due.map(|(_, at)| at), Some(soon), "the earliest of all due times counts");
        let told: Vec<&str> = after.timeline.iter().map(|line| line.action.as_str()).collect();
        assert_eq!(told, ["assign", "take_incident", "take_in", "take_in"]);

        // A sender moves one of the due times: the earliest that is left counts.
        let (sooner, later) = (soon - SignedDuration::from_hours(1), soon + SignedDuration::from_hours(9));
        for (id, due, counts) in [("2", sooner, sooner), ("2", later, soon), ("3", later, later)] {
            judged(&store, &[id], Some(due)).await;
            join(&store, incident, false).await;
            desk.route_next("w", 10).await.unwrap();
            assert_eq!(only_case(&store).await.case.due.map(|(_, at)| at), Some(counts), "{id} {due}");
        }

        let version = only_case(&store).await.case.version;
        let off = Action::TakeIncident { on: false };
        desk.act(&all, &duty, case.id, version, &off).await.unwrap();
        judged(&store, &["4"], None).await;
        assert_eq!(desk.route_next("w", 10).await.unwrap(), Routed { taken: 1, opened: 1 });
    }
}
