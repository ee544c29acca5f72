//! Incidents: joined by one stage in order, merged with a redirect, and changed by people for ever.

use std::collections::{BTreeSet, HashSet};

use qingting_models::ids::{IncidentId, ItemId, UserId};
use qingting_models::records::{Actor, Channel, Incident, Kind, Source, Urgency, Viewer};
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{
    IncidentFilter, JoinBatch, Joining, NewMembership, Page, PersonJudgement, Rank, Store, StoreError,
};
use serde_json::json;

use super::builders::*;

const PERSON: Actor = Actor::User(UserId(7));
const FIRST_PAGE: Rank = Rank { page: 0, size: 50 };

/// Takes in and judges calls with these ids and numbers.
async fn calls(store: &TestStore, source: &Source, calls: &[(&str, &str)]) -> Vec<ItemId> {
    let arrivals = calls
        .iter()
        .map(|(id, phone)| {
            let mut arrival = call(Some(id), &format!("停水{id}"), "望海花园三期停水三天");
            arrival.original = json!({ "内容": "停水", "联系电话": phone }).into();
            arrival
        })
        .collect();
    store.intake(source, arrivals, vec![]).await.unwrap();
    let tasks = store.claim_judging("w", 100, LEASE).await.unwrap();
    let items = tasks.iter().map(|task| task.item).collect();
    let verdicts = tasks.into_iter().map(|task| (task, verdict("urban"))).collect();
    store.save_verdicts("w", verdicts).await.unwrap();
    items
}

async fn claim(store: &Store) -> JoinBatch {
    store.claim_joining("w", None, 100, LEASE).await.unwrap().expect("items wait to be joined")
}

/// Joins what waits: each item to the incident that `to` names, which is new where it was not named before.
async fn join(store: &TestStore, to: &mut Vec<IncidentId>, groups: &[usize]) {
    let batch = claim(store).await;
    assert_eq!(batch.tasks.len(), groups.len());
    let mut joining = Joining::default();
    for (task, &group) in batch.tasks.iter().zip(groups) {
        let new = group == to.len();
        if new {
            to.push(store.ids().next(store.now()));
        }
        let kinship = (!new).then_some(0.75);
        joining.joined.push(NewMembership { item: task.item, incident: to[group], kinship });
    }
    assert!(store.save_joining("w", &batch, &joining).await.unwrap());
}

async fn items_of(store: &Store, incident: IncidentId) -> BTreeSet<ItemId> {
    let members = store.members(&Viewer::SYSTEM, incident, 100).await.unwrap();
    members.into_iter().map(|(item, _)| item.id).collect()
}

async fn read(store: &Store, id: IncidentId) -> Incident {
    store.incident(&Viewer::SYSTEM, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_incident_counts_its_items_and_callers_and_grows_cold() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let numbers =
            [("1", "13800001234"), ("2", "138 0000 1234"), ("3", "0574-65712345"), ("4", "不愿透露")];
        let items = calls(&store, &source, &numbers).await;
        let mut incidents = Vec::new();
        join(&store, &mut incidents, &[0, 0, 0, 1]).await;
        let first = read(&store, incidents[0]).await;
        assert_eq!((first.items, first.callers, first.title.as_str()), (3, 2, "停水1"));
        assert_eq!((first.topic.as_ref().unwrap().as_str(), first.urgency), ("urban", Urgency::Ordinary));
        assert_eq!(read(&store, incidents[1]).await.callers, 0);
        assert_eq!(items_of(&store, incidents[0]).await, items[..3].iter().copied().collect());
        let membership = store.membership(items[1]).await.unwrap().unwrap();
        assert_eq!((membership.incident, membership.kinship), (incidents[0], Some(0.75)));

        let of = store.incidents_of(&DUTY, &[items[1], items[3], ItemId(5)]).await.unwrap();
        assert_eq!((of.len(), of[&items[1]], of[&items[3]]), (2, (incidents[0], 3), (incidents[1], 1)));

        let all = IncidentFilter::default();
        let hottest = store.incidents(&DUTY, &all, FIRST_PAGE).await.unwrap();
        assert_eq!(hottest.rows.iter().map(|n| n.id).collect::<Vec<_>>(), incidents);
        let many = IncidentFilter { items_min: 2, ..all.clone() };
        assert_eq!(store.incidents(&DUTY, &many, FIRST_PAGE).await.unwrap().rows.len(), 1);
        let small = store.incidents(&DUTY, &all, Rank { page: 1, size: 1 }).await.unwrap();
        assert_eq!((small.rows[0].id, small.next), (incidents[1], None));

        store.clock.set(store.now() + hours(6 * 24));
        assert_eq!(store.cool_incidents().await.unwrap(), 2);
        assert_eq!(store.cool_incidents().await.unwrap(), 0);
        // Two thirds of three reports, each worth a quarter after six days, and growth 1 / (1 + 3/7).
        let cooler = read(&store, incidents[0]).await.heat;
        assert!((cooler - 3.0 * 0.25 * (2.0 / 3.0) * 0.7).abs() < 1e-6, "{cooler}");
    }
}

/// A call with a title, judged to be about a topic.
async fn about(store: &TestStore, source: &Source, title: &str, topic: &str) {
    store.intake(source, vec![call(Some(title), title, "请尽快处理")], vec![]).await.unwrap();
    let tasks = store.claim_judging("w", 100, LEASE).await.unwrap();
    store.save_verdicts("w", tasks.into_iter().map(|task| (task, verdict(topic))).collect()).await.unwrap();
}

#[tokio::test]
async fn an_incident_is_called_after_what_most_of_its_items_are_about_unless_a_person_named_it() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        about(&store, &source, "阳光房违建", "urban").await;
        about(&store, &source, "厨房漏气", "safety").await;
        let mut ids = Vec::new();
        join(&store, &mut ids, &[0, 0]).await;
        let first = read(&store, ids[0]).await.title;
        assert_eq!(first, "阳光房违建", "of two topics with one item each the first item names it");
        about(&store, &source, "还在漏气", "safety").await;
        join(&store, &mut ids, &[0]).await;
        let first = read(&store, ids[0]).await.title;
        assert_eq!(first, "厨房漏气", "the first of the topic that most have");
        store.name_incident(&DUTY, ids[0], "燃气泄漏", PERSON).await.unwrap();
        about(&store, &source, "又漏气", "safety").await;
        join(&store, &mut ids, &[0]).await;
        assert_eq!(read(&store, ids[0]).await.title, "燃气泄漏");
    }
}

#[tokio::test]
async fn items_are_joined_in_the_order_of_arrival_by_one_worker_at_a_time() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let first = calls(&store, &source, &[("1", "")]).await;
        store.intake(&source, vec![call(Some("2"), "路灯", "不亮")], vec![]).await.unwrap();
        let waiting = store.claim_judging("w", 1, LEASE).await.unwrap();
        let last = calls(&store, &source, &[("3", "")]).await;
        assert!(store.claim_joining("other", None, 100, LEASE).await.unwrap().is_some());
        assert!(store.claim_joining("w", None, 100, LEASE).await.unwrap().is_none(), "the stage is taken");
        store.clock.set(store.now() + hours(1));
        let batch = claim(&store).await;
        let order: Vec<ItemId> = batch.tasks.iter().map(|task| task.item).collect();
        assert_eq!(order, first, "what came after an unjudged item waits");
        assert!(
            !store.save_joining("other", &batch, &Joining::default()).await.unwrap(),
            "the lease is gone"
        );
        join(&store, &mut Vec::new(), &[0]).await;
        assert!(store.claim_joining("w", None, 100, LEASE).await.unwrap().is_none());
        store.clock.set(store.now() + hours(1));
        let again = store.claim_judging("w", 5, LEASE).await.unwrap();
        assert_eq!(again[0].item, waiting[0].item);
        let verdicts = again.into_iter().map(|task| (task, verdict("urban"))).collect();
        store.save_verdicts("w", verdicts).await.unwrap();
        let order: Vec<ItemId> = claim(&store).await.tasks.iter().map(|task| task.item).collect();
        assert_eq!(order, [waiting[0].item, last[0]]);
    }
}

#[tokio::test]
async fn merged_incidents_lead_to_the_one_they_live_on_in() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let items =
            calls(&store, &source, &[("1", "13800001234"), ("2", "13800001234"), ("3", "13900001234")]).await;
        let mut ids = Vec::new();
        join(&store, &mut ids, &[0, 1, 2]).await;
        // The program merges the second into the first, and a person the third into the second.
        calls(&store, &source, &[("4", "")]).await;
        let batch = claim(&store).await;
        let joined = NewMembership { item: batch.tasks[0].item, incident: ids[0], kinship: Some(0.5) };
        let joining = Joining { joined: vec![joined], merged: vec![(ids[1], ids[0])], ..Joining::default() };
        assert!(store.save_joining("w", &batch, &joining).await.unwrap());
        let merged = store.merge_incidents(&DUTY, ids[2], ids[1], PERSON).await.unwrap();
        assert_eq!((merged.id, merged.items, merged.callers), (ids[0], 4, 2));
        for id in &ids {
            assert_eq!(read(&store, *id).await.id, ids[0]);
        }
        let readable = store.readable_incidents(&DUTY, &ids).await.unwrap();
        assert_eq!(readable, HashSet::from_iter(ids.iter().copied()), "each by the one that it lives on in");
        assert!(store.readable_incidents(&NOBODY, &ids).await.unwrap().is_empty());
        let again = store.merge_incidents(&DUTY, ids[2], ids[0], PERSON).await;
        assert!(matches!(again, Err(StoreError::Bad(_))));
        let moves = store.incident_moves(ids[0], 10).await.unwrap();
        let told: Vec<_> = moves.iter().map(|m| (m.item, m.actor, m.why.as_str())).collect();
        assert_eq!(told, [(items[2], PERSON, "merge"), (items[1], Actor::System, "merge")]);
        assert_eq!(
            store.incidents(&DUTY, &IncidentFilter::default(), FIRST_PAGE).await.unwrap().rows.len(),
            1
        );
    }
}

#[tokio::test]
async fn what_a_person_parts_stays_parted() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let items =
            calls(&store, &source, &[("1", "13800001234"), ("2", "13900001234"), ("3", "13900001234")]).await;
        let mut ids = Vec::new();
        join(&store, &mut ids, &[0, 0, 0]).await;
        calls(&store, &source, &[("4", "")]).await;
        let stale = claim(&store).await;
        let new = store.part_items(&DUTY, ids[0], &items[1..2], None, PERSON).await.unwrap();
        assert_eq!((new.items, new.callers, new.title.as_str()), (1, 1, "停水2"));
        let old = read(&store, ids[0]).await;
        assert_eq!((old.items, old.callers), (2, 2));
        // What was decided before the person acted counts for nothing, and is decided again.
        assert!(!store.save_joining("w", &stale, &Joining::default()).await.unwrap());
        let batch = claim(&store).await;
        assert_eq!(batch.redirects.as_ref().unwrap().apart, [(ids[0].min(new.id), ids[0].max(new.id))]);
        // The moved item comes by once more, to be put under its terms, and stays where the person put it.
        let moved = batch.tasks.iter().find(|task| task.item == items[1]).unwrap();
        assert_eq!(moved.member_of, Some((new.id, false)));
        assert!(store.save_joining("w", &batch, &Joining::default()).await.unwrap());
        assert!(store.membership(items[1]).await.unwrap().unwrap().by_person);
        // Who knows what became of the incidents is not told again, until somebody changes one.
        calls(&store, &source, &[("5", "")]).await;
        let told =
            async |known| store.claim_joining("w", known, 100, LEASE).await.unwrap().unwrap().redirects;
        assert!(told(Some(batch.changes + 1)).await.is_none());
        assert!(told(Some(batch.changes)).await.is_some() && told(None).await.is_some());

        let moved = store.part_items(&DUTY, ids[0], &items[2..], Some(new.id), PERSON).await.unwrap();
        assert_eq!((moved.id, moved.items, moved.callers), (new.id, 2, 1));
        for (incident, chosen, target) in [
            (ids[0], &items[..0], None),
            (ids[0], &items[..1], None),
            (ids[0], &items[1..2], Some(new.id)),
            (new.id, &items[1..], Some(new.id)),
        ] {
            let refused = store.part_items(&DUTY, incident, chosen, target, PERSON).await;
            assert!(matches!(refused, Err(StoreError::Bad(_))), "{refused:?}");
        }
        // Who parted them may put them together again.
        store.merge_incidents(&DUTY, new.id, ids[0], PERSON).await.unwrap();
        let actions: Vec<String> = store
            .audit_page(&Default::default(), Default::default())
            .await
            .unwrap()
            .rows
            .into_iter()
            .map(|line| line.entry.action)
            .filter(|action| action.starts_with("incident."))
            .collect();
        assert_eq!(actions, ["incident.merge", "incident.move", "incident.split"]);
    }
}

#[tokio::test]
async fn what_turns_confidential_leaves_its_incident_and_the_eyes_of_others() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let items = calls(&store, &source, &[("1", "13800001234"), ("2", "13900001234")]).await;
        let mut ids = Vec::new();
        join(&store, &mut ids, &[0, 0]).await;
        let decided = PersonJudgement {
            topics: vec!["conduct".into()],
            kind: Kind::Report,
            urgency: Urgency::Ordinary,
            department: None,
            places: None,
        };
        store.judge_by_person(&DUTY, items[0], 1, decided, PERSON).await.unwrap();
        let batch = claim(&store).await;
        assert_eq!((batch.tasks[0].confidential, batch.tasks[0].member_of), (true, Some((ids[0], false))));
        let own: IncidentId = store.ids().next(store.now());
        let joined = vec![NewMembership { item: items[0], incident: own, kinship: None }];
        assert!(store.save_joining("w", &batch, &Joining { joined, ..Joining::default() }).await.unwrap());
        assert_eq!(items_of(&store, ids[0]).await, [items[1]].into());
        let left = read(&store, ids[0]).await;
        assert_eq!(
            (left.items, left.callers, left.title.as_str()),
            (1, 1, "停水2"),
            "the title left with its item"
        );
        assert_eq!(store.incident(&DUTY, own).await.unwrap(), None);
        assert_eq!(store.readable_incidents(&DUTY, &[own, ids[0]]).await.unwrap(), HashSet::from([ids[0]]));
        assert!(store.incidents_of(&DUTY, &items[..1]).await.unwrap().is_empty());
        assert!(read(&store, own).await.confidential);
        let both = store.merge_incidents(&Viewer::SYSTEM, own, ids[0], PERSON).await;
        assert!(matches!(both, Err(StoreError::Bad(_))));
        assert!(matches!(
            store.merge_incidents(&DUTY, own, ids[0], PERSON).await,
            Err(StoreError::NotFound(_))
        ));
    }
}

#[tokio::test]
async fn terms_and_faces_are_read_as_they_were_written() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        calls(&store, &source, &[("1", ""), ("2", ""), ("3", "")]).await;
        let batch = claim(&store).await;
        let id: IncidentId = store.ids().next(store.now());
        let joined = |index: usize| NewMembership {
            item: batch.tasks[index].item,
            incident: id,
            kinship: (index > 0).then_some(0.5),
        };
        let holders = vec![(id, 5), (IncidentId(3), -7)];
        let joining = Joining {
            joined: (0..3).map(joined).collect(),
            terms: vec![(9, holders.clone()), (1 << 33, vec![])],
            signatures: (0..3).map(|index| (batch.tasks[index].item, vec![index as u8])).collect(),
            ..Joining::default()
        };
        assert!(store.save_joining("w", &batch, &joining).await.unwrap());
        let found = store.term_holders(&[9, 10, 1 << 33]).await.unwrap();
        assert_eq!((found.len(), &found[&9]), (2, &holders));
        let faces = store.faces(&[id, IncidentId(3)], 2).await.unwrap();
        let latest: Vec<&[u8]> = faces[&id].iter().map(|(signature, _)| signature.as_slice()).collect();
        assert_eq!((faces.len(), latest), (1, vec![[1u8].as_slice(), &[2]]));
    }
}

#[tokio::test]
async fn a_large_incident_is_raised_by_what_comes_and_counted_again_when_it_cools() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let numbers: Vec<(String, String)> =
            (0..210).map(|n| (n.to_string(), format!("138000{:05}", n % 150))).collect();
        let mut ids = Vec::new();
        for part in numbers.chunks(100) {
            let part: Vec<(&str, &str)> =
                part.iter().map(|(id, phone)| (id.as_str(), phone.as_str())).collect();
            calls(&store, &source, &part).await;
            join(&store, &mut ids, &vec![0; part.len()]).await;
        }
        let counted = read(&store, ids[0]).await;
        assert_eq!((counted.items, counted.callers), (210, 150));
        store.clock.set(store.now() + hours(1));
        calls(&store, &source, &[("new", "13900001234"), ("known", "13800000001")]).await;
        join(&store, &mut ids, &[0, 0]).await;
        let raised = read(&store, ids[0]).await;
        assert_eq!((raised.items, raised.callers, raised.channels[&Channel::Hotline]), (212, 151, 212));
        assert_eq!((raised.first_at, raised.last_at), (counted.first_at, store.now()));
        assert_eq!(raised.heat, counted.heat + 2.0);
        assert_eq!(store.cool_incidents().await.unwrap(), 1);
        let again = read(&store, ids[0]).await;
        assert_eq!((again.items, again.callers, again.channels.clone()), (212, 151, raised.channels));
        assert_ne!(again.heat, raised.heat);
    }
}

#[tokio::test]
async fn by_age_each_incident_comes_once_while_new_ones_arrive() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "热线").await;
        let mut incidents = Vec::new();
        calls(&store, &source, &[("1", ""), ("2", ""), ("3", ""), ("4", ""), ("5", "")]).await;
        join(&store, &mut incidents, &[0, 1, 2, 3, 4]).await;
        let filter = IncidentFilter { items_min: 1, ..IncidentFilter::default() };
        let (mut seen, mut page) = (Vec::new(), Page { before: None, size: 2 });
        let mut late = 10;
        loop {
            let found = store.incidents_by_age(&Viewer::OPEN, &filter, page).await.unwrap();
            seen.extend(found.rows.iter().map(|incident| incident.id));
            late += 1;
            calls(&store, &source, &[(&late.to_string(), "")]).await;
            let next = incidents.len();
            join(&store, &mut incidents, &[next]).await;
            let Some(before) = found.next else { break };
            page.before = Some(before);
        }
        let mut wanted = incidents[..5].to_vec();
        wanted.reverse();
        assert_eq!(seen, wanted);
        let none =
            store.incidents_by_age(&Viewer { all_open: false, ..Viewer::OPEN }, &filter, page).await.unwrap();
        assert_eq!(none.rows, []);
    }
}

#[tokio::test]
async fn an_incident_that_a_large_one_swallows_adds_what_it_was_and_what_came_since() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let numbers: Vec<(String, String)> =
            (0..40).map(|n| (n.to_string(), format!("138000{:05}", n % 20))).collect();
        let many: Vec<(&str, &str)> =
            numbers.iter().map(|(id, phone)| (id.as_str(), phone.as_str())).collect();
        let mut ids = Vec::new();
        calls(&store, &source, &many).await;
        join(&store, &mut ids, &[0; 40]).await;
        calls(&store, &source, &[("a", "13900001234"), ("b", "13800000001")]).await;
        join(&store, &mut ids, &[1, 1]).await;
        let (large, small) = (read(&store, ids[0]).await, read(&store, ids[1]).await);
        store.clock.set(store.now() + hours(1));
        // One comes to the small one, a new one begins, and both turn out to be the large one's matter.
        calls(&store, &source, &[("c", "13700001234"), ("d", "13900001234")]).await;
        let batch = claim(&store).await;
        let new = store.ids().next(store.now());
        let to = [(ids[1], Some(0.5)), (new, None)];
        let joined = batch.tasks.iter().zip(to).map(|(task, (incident, kinship))| NewMembership {
            item: task.item,
            incident,
            kinship,
        });
        let merged = vec![(new, ids[1]), (ids[1], ids[0])];
        let joining = Joining { joined: joined.collect(), merged, ..Joining::default() };
        assert!(store.save_joining("w", &batch, &joining).await.unwrap());
        let raised = read(&store, ids[0]).await;
        assert_eq!((raised.items, raised.callers, raised.channels[&Channel::Hotline]), (44, 22, 44));
        assert_eq!((raised.first_at, raised.last_at), (large.first_at, store.now()));
        assert_eq!(raised.heat, large.heat + small.heat + 2.0);
        store.cool_incidents().await.unwrap();
        let again = read(&store, ids[0]).await;
        assert_eq!((again.items, again.callers, again.channels), (44, 22, raised.channels));
    }
}
