//! The clock jumps by an hour or a day, forth and back, while work is under way: nothing is lost, nothing is done twice, and
//! what was left waiting for a time far off goes on by itself.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use qingting_models::ids::{IncidentId, ItemId};
use qingting_models::records::*;
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{
    Fetched, ItemFilter, ItemState, Joining, NewMembership, Page, PollOutcome, Store,
};

use super::builders::*;

/// By how many hours the clock is wrong, one after the other.
const WRONG: [i64; 5] = [0, 1, 0, 24, -1];

/// Judges and joins what one worker can take at this moment; whether it was anything. The clock jumps between taking and
/// writing.
async fn step(store: &Store, name: &str, jump: impl Fn()) -> bool {
    let tasks = store.claim_judging(name, 3, LEASE).await.unwrap();
    let mut did = !tasks.is_empty();
    jump();
    let verdicts = tasks.into_iter().map(|task| (task, verdict("wages"))).collect();
    store.save_verdicts(name, verdicts).await.unwrap();
    if let Some(batch) = store.claim_joining(name, None, 4, LEASE).await.unwrap() {
        jump();
        let joined = batch.tasks.iter().map(|task| NewMembership {
            item: task.item,
            incident: store.ids().next::<IncidentId>(store.now()),
            kinship: None,
        });
        let outcome = Joining { joined: joined.collect(), ..Joining::default() };
        did |= store.save_joining(name, &batch, &outcome).await.unwrap();
    }
    did
}

#[tokio::test]
async fn jumps_while_work_is_leased_lose_nothing_and_double_nothing() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let start = store.now();
        let (one, two) = (store.another().await.unwrap(), store.another().await.unwrap());
        let mut wrong = WRONG.iter().copied().cycle();
        for n in 0..60 {
            let call = call(Some(&n.to_string()), "工地拖欠工资", &format!("第{n}次"));
            store.intake(&source, vec![call], vec![]).await.unwrap();
            let wrong_by = |by: i64| start + hours(by) + SignedDuration::from_secs(n);
            store.clock.set(wrong_by(wrong.next().unwrap()));
            let jumped = wrong_by(wrong.next().unwrap());
            let (worker, name) = [(&one, "one"), (&two, "two")][n as usize % 2];
            // Every third one dies with what it took.
            if n % 3 == 0 {
                worker.claim_judging("dead", 2, LEASE).await.unwrap();
                worker.claim_joining("dead", None, 2, LEASE).await.unwrap();
            }
            step(worker, name, || store.clock.set(jumped)).await;
        }
        // The clock is right again, and only as long goes by as leases last.
        let mut now = start + SignedDuration::from_mins(2);
        for _ in 0..60 {
            store.clock.set(now);
            store.heed_clock().await.unwrap();
            while step(&one, "one", || ()).await {}
            if store.waiting_work().await.unwrap().judge + store.waiting_work().await.unwrap().join == 0 {
                break;
            }
            now += SignedDuration::from_secs(30);
        }
        assert!(now < start + SignedDuration::from_mins(10), "work waits for a time far off");
        let found =
            store.items(&Viewer::SYSTEM, &everything(), Page { before: None, size: 200 }).await.unwrap().rows;
        assert_eq!(found.len(), 60, "on {}", store.engine());
        for item in &found {
            let judgements = store.judgements(&Viewer::SYSTEM, item.id).await.unwrap();
            assert_eq!(judgements.len(), 1, "{} on {}", item.external_id, store.engine());
            assert!(store.membership(item.id).await.unwrap().is_some());
        }
        assert_eq!(store.stuck_work(10).await.unwrap(), vec![]);
    }
}

fn everything() -> ItemFilter {
    ItemFilter { state: ItemState::All, ..ItemFilter::default() }
}

/// Moves the clock and gives the time it shows.
fn put(store: &TestStore, to: Timestamp) -> Timestamp {
    store.clock.set(to);
    to
}

#[tokio::test]
async fn sources_that_were_read_by_a_clock_ahead_are_due_again() {
    for store in each_database().await.unwrap() {
        let source = feed(&store, "news").await;
        let start = store.now();
        let ahead = put(&store, start + hours(24));
        let claimed = store.claim_due_source("w", 300).await.unwrap().unwrap();
        let next_at = ahead + SignedDuration::from_mins(10);
        let outcome = PollOutcome { tried_at: ahead, result: Ok(Fetched::default()), next_at };
        store.finish_poll(&claimed, outcome).await.unwrap();
        put(&store, start + hours(1));
        assert!(store.claim_due_source("w", 300).await.unwrap().is_none());
        assert_eq!(store.heed_clock().await.unwrap(), 1);
        let due = store.claim_due_source("w", 300).await.unwrap().unwrap();
        assert_eq!(due.id, source.id);
        // The worker that has it dies by a clock that is ahead.
        put(&store, start + hours(25));
        assert!(store.claim_due_source("dead", 300).await.unwrap().is_some());
        put(&store, start + hours(1));
        assert!(store.claim_due_source("w", 300).await.unwrap().is_none());
        assert_eq!(store.heed_clock().await.unwrap(), 1);
        assert!(store.claim_due_source("w", 300).await.unwrap().is_some());
        assert_eq!(store.heed_clock().await.unwrap(), 0, "what is right stays");
    }
}

#[tokio::test]
async fn what_lies_ahead_as_it_should_is_left_alone() {
    for store in each_database().await.unwrap() {
        let source = feed(&store, "news").await;
        judged(&store, &sheet(&store, "12345").await, "1", "wages").await;
        let claimed = store.claim_due_source("w", 300).await.unwrap().unwrap();
        let next_at = store.now() + hours(7 * 24);
        let outcome = PollOutcome { tried_at: store.now(), result: Err("it is away".into()), next_at };
        store.finish_poll(&claimed, outcome).await.unwrap();
        store.claim_joining("w", None, 10, LEASE).await.unwrap().unwrap();
        assert_eq!(store.heed_clock().await.unwrap(), 0);
        assert_eq!(store.source(source.id).await.unwrap().unwrap().health.next_at, Some(next_at));
    }
}

#[tokio::test]
async fn a_number_that_made_ids_of_a_time_to_come_makes_none_before() {
    for store in each_database().await.unwrap() {
        let start = store.now();
        put(&store, start + hours(1));
        let ahead = store.another().await.unwrap();
        let made: HashSet<ItemId> = (0..50).map(|_| ahead.ids().next(ahead.now())).collect();
        ahead.close().await;
        put(&store, start);
        let back = store.another().await.unwrap();
        // An hour later the clock shows the same time once more.
        put(&store, start + hours(1));
        let again: Vec<ItemId> = (0..50).map(|_| back.ids().next(back.now())).collect();
        assert!(again.iter().all(|id| !made.contains(id)), "on {}", store.engine());
    }
}

#[tokio::test]
async fn failed_log_ins_of_a_time_to_come_block_nobody() {
    for store in each_database().await.unwrap() {
        let start = store.now();
        put(&store, start + hours(24));
        for _ in 0..8 {
            store.note_login_failure("somebody", "10.0.0.1").await.unwrap();
        }
        assert!(store.login_blocked("somebody", "10.0.0.1").await.unwrap().is_some());
        put(&store, start);
        assert_eq!(store.login_blocked("somebody", "10.0.0.1").await.unwrap(), None);
        assert!(store.login_tries_left("somebody").await.unwrap() > 0);
    }
}
