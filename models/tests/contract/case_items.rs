//! One case for many items: taken in, left out, merged, parted by confidence, and answered each to its sender.

use jiff::SignedDuration;
use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::{
    Actor, BackfillState, Case, CaseState, Item, Kind, Outcome, Reply, ReplyReview, Urgency, Viewer,
};
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{PersonJudgement, StoreError};

use super::builders::*;

async fn answered_by(store: &TestStore, item: &Item) -> Option<CaseId> {
    store.item(&Viewer::SYSTEM, item.id).await.unwrap().unwrap().case
}

/// The next version of the case, with items that come or go.
async fn save(
    store: &TestStore,
    case: &mut Case,
    taken_in: &[&Item],
    left_out: &[&Item],
) -> Result<(), StoreError> {
    let seen = case.version;
    case.version += 1;
    let mut next = change(store, case.clone(), "take_in");
    next.taken_in = taken_in.iter().map(|item| item.id).collect();
    next.left_out = left_out.iter().map(|item| item.id).collect();
    store.save_case(seen, next).await
}

#[tokio::test]
async fn an_item_goes_into_one_case_and_comes_free_when_it_is_left_out() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let first = judged(&store, &source, "A-1", "urban").await;
        let second = judged(&store, &source, "A-2", "urban").await;
        let third = judged(&store, &source, "A-3", "urban").await;
        let mut case = store.open_case(opening(&store, &first, "zjj")).await.unwrap();
        let mut other = store.open_case(opening(&store, &third, "zfj")).await.unwrap();
        save(&store, &mut case, &[&second], &[]).await.unwrap();
        assert_eq!(answered_by(&store, &second).await, Some(case.id));
        let items: Vec<ItemId> =
            store.case_items(&viewer_of("zjj"), case.id).await.unwrap().iter().map(|item| item.id).collect();
        assert_eq!(items, [first.id, second.id], "the department sees what it answers");
        assert!(store.item(&viewer_of("zfj"), second.id).await.unwrap().is_none());

        let taken = save(&store, &mut other, &[&second], &[]).await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
        other.version -= 1;
        save(&store, &mut case, &[], &[&second]).await.unwrap();
        assert_eq!(answered_by(&store, &second).await, None);
        save(&store, &mut other, &[&second], &[]).await.unwrap();
        assert_eq!(answered_by(&store, &second).await, Some(other.id));
    }
}

#[tokio::test]
async fn what_a_merged_case_answered_is_answered_by_the_other_and_a_void_one_frees_all() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let first = judged(&store, &source, "A-1", "urban").await;
        let second = judged(&store, &source, "A-2", "urban").await;
        let third = judged(&store, &source, "A-3", "urban").await;
        let mut target = store.open_case(opening(&store, &first, "zjj")).await.unwrap();
        let mut merged = store.open_case(opening(&store, &second, "zfj")).await.unwrap();
        save(&store, &mut merged, &[&third], &[]).await.unwrap();
        let (at, seen) = (store.now(), merged.version);
        merged.version += 1;
        merged.state = CaseState::Merged { at, by: Actor::Console, into: target.id };
        store.save_case(seen, change(&store, merged.clone(), "merge")).await.unwrap();
        for item in [&first, &second, &third] {
            assert_eq!(answered_by(&store, item).await, Some(target.id));
        }
        let seen = target.version;
        target.version += 1;
        target.state = CaseState::Void { at, by: Actor::Console, reason: "立错".into() };
        store.save_case(seen, change(&store, target.clone(), "void")).await.unwrap();
        for item in [&first, &second, &third] {
            assert_eq!(answered_by(&store, item).await, None);
        }
        let again = store.open_case(opening(&store, &second, "zjj")).await.unwrap();
        assert_eq!(answered_by(&store, &second).await, Some(again.id));
    }
}

#[tokio::test]
async fn an_answer_goes_back_once_for_each_item_that_has_a_number() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let first = judged(&store, &source, "A-1", "urban").await;
        let second = judged(&store, &source, "A-2", "urban").await;
        let mut case = store.open_case(opening(&store, &first, "zjj")).await.unwrap();
        save(&store, &mut case, &[&second], &[]).await.unwrap();
        let now = store.now();
        let reply = Reply {
            id: store.ids().next(now),
            case: case.id,
            department: "zjj".into(),
            text: "管道已修好".into(),
            public_text: None,
            sealed: store.ids().next(now),
            outcome: Outcome::Solved,
            promises: vec![],
            submitted_by: Actor::Console,
            submitted_at: now,
            review: ReplyReview::Approved { by: Actor::Console, at: now },
        };
        let seen = case.version;
        case.version += 1;
        case.state = CaseState::Replied { reply: reply.id, approved_at: now, by: Actor::Console };
        let mut approved = change(&store, case, "approve");
        approved.replies = vec![(reply, Some("管道已修好".into()))];
        store.save_case(seen, approved).await.unwrap();
        let lines = store.backfill_lines(&DUTY, source.id, BackfillState::Waiting, 10).await.unwrap();
        let mut numbers: Vec<&str> = lines.iter().map(|line| line.external_id.as_str()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, ["A-1", "A-2"]);
    }
}

#[tokio::test]
async fn an_item_that_turns_confidential_leaves_the_open_case_of_others() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let first = judged(&store, &source, "A-1", "urban").await;
        let second = judged(&store, &source, "A-2", "urban").await;
        let mut case = store.open_case(opening(&store, &first, "zjj")).await.unwrap();
        save(&store, &mut case, &[&second], &[]).await.unwrap();
        let user = qingting_models::ids::UserId(7);
        let conduct = PersonJudgement {
            topics: vec!["conduct".into()],
            kind: Kind::Report,
            urgency: Urgency::Ordinary,
            department: None,
            places: None,
        };
        store.judge_by_person(&DUTY, second.id, 1, conduct, Actor::User(user)).await.unwrap();
        assert_eq!(answered_by(&store, &second).await, None);
        assert!(store.item(&viewer_of("zjj"), second.id).await.unwrap().is_none());
        let file = store.case_file(&DUTY, case.id).await.unwrap().unwrap();
        assert_eq!(file.timeline.last().unwrap().action, "leave_out");
        assert!(!file.case.confidential);
    }
}

#[tokio::test]
async fn while_a_case_takes_its_incident_routing_waits_for_joining() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let lease = SignedDuration::from_secs(60);
        let first = judged(&store, &source, "A-1", "urban").await;
        let mut case = store.open_case(opening(&store, &first, "zjj")).await.unwrap();
        store.claim_routing("w", 10, lease).await.unwrap();
        store.finish_routing("w", vec![(first.id, None)]).await.unwrap();
        let second = judged(&store, &source, "A-2", "urban").await;
        case.takes_incident = true;
        save(&store, &mut case, &[], &[]).await.unwrap();
        assert!(store.claim_routing("w", 10, lease).await.unwrap().is_empty(), "neither item was joined yet");
        case.takes_incident = false;
        save(&store, &mut case, &[], &[]).await.unwrap();
        let claimed = store.claim_routing("w", 10, lease).await.unwrap();
        assert_eq!(claimed.iter().map(|item| item.id).collect::<Vec<_>>(), [second.id]);
    }
}
