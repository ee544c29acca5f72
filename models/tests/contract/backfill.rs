//! Answers on their way back: each sent once, rejected ones again, confidential ones by those who may see them.

use qingting_models::ids::SourceId;
use qingting_models::records::{
    Actor, BackfillColumn, BackfillField, BackfillReceipt, BackfillState, CaseState, Outcome, Reply,
    ReplyReview, Source,
};
use qingting_models::store::StoreError;
use qingting_models::store::testing::{TestStore, each_database};

use super::builders::*;

/// Opens a case for a new item and approves an answer to it.
async fn answered(store: &TestStore, source: &Source, id: &str, topic: &str, text: &str) {
    let item = judged(store, source, id, topic).await;
    let mut case = store.open_case(opening(store, &item, "rsj")).await.unwrap();
    let now = store.now();
    let reply = Reply {
        id: store.ids().next(now),
        case: case.id,
        department: "rsj".into(),
        text: "已责令[手机号]发放".into(),
        sealed: store.ids().next(now),
        outcome: Outcome::Solved,
        promises: vec![],
        submitted_by: Actor::Console,
        submitted_at: now,
        public_text: None,
        review: ReplyReview::Approved { by: Actor::Console, at: now },
    };
    case.version = 2;
    case.state = CaseState::Replied { reply: reply.id, approved_at: now, by: Actor::Console };
    let mut change = change(store, case, "approve");
    change.replies = vec![(reply, Some(text.to_owned()))];
    store.save_case(1, change).await.unwrap();
}

async fn counts(store: &TestStore, source: SourceId) -> (i64, i64, i64, i64) {
    let found = store.backfill_counts(&DUTY).await.unwrap();
    let of = found.iter().find(|(id, _)| *id == source).map(|(_, counts)| *counts).unwrap_or_default();
    (of.waiting, of.sent, of.accepted, of.rejected)
}

#[tokio::test]
async fn an_answer_is_sent_once_and_a_rejected_one_again() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        for id in ["A-1", "A-2", "A-3"] {
            answered(&store, &source, id, "wages", "已责令老板13800001234发放").await;
        }
        assert_eq!(counts(&store, source.id).await, (3, 0, 0, 0));
        let other = store.another().await.unwrap();
        let (one, two) = tokio::join!(
            store.make_backfill_batch(&DUTY, source.id, Actor::Console),
            other.make_backfill_batch(&DUTY, source.id, Actor::Console)
        );
        let made: Vec<_> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
        assert_eq!(made.iter().map(|batch| batch.answers).sum::<i64>(), 3, "each answer in one batch");
        assert!(store.make_backfill_batch(&DUTY, source.id, Actor::Console).await.unwrap().is_none());
        let batch = made[0].id;
        let (_, opened) = store.open_backfill(&DUTY, batch, Actor::Console).await.unwrap();
        assert!(opened.iter().all(|(_, text)| text == "已责令老板13800001234发放"));
        let answer = opened[0].0.key();
        let reject = |reason: &str| vec![BackfillReceipt { answer, rejected: Some(reason.into()) }];
        let without = store.settle_backfill(&DUTY, batch, &reject(" "), Actor::Console).await;
        assert!(matches!(without, Err(StoreError::Bad(_))), "{without:?}");
        let rest: Vec<_> = opened[1..]
            .iter()
            .map(|(line, _)| BackfillReceipt { answer: line.key(), rejected: None })
            .chain(reject("答非所问，联系13900001111"))
            .collect();
        assert_eq!(store.settle_backfill(&DUTY, batch, &rest, Actor::Console).await.unwrap(), opened.len());
        assert_eq!(
            store.settle_backfill(&DUTY, batch, &rest, Actor::Console).await.unwrap(),
            0,
            "settled once"
        );
        let rejected = store.backfill_lines(&DUTY, source.id, BackfillState::Rejected, 10).await.unwrap();
        let reason = rejected[0].reason.clone().unwrap();
        assert!(reason.starts_with("答非所问") && !reason.contains("1390000"), "{reason}");
        assert!(store.requeue_backfill(&DUTY, answer, Actor::Console).await.unwrap());
        assert!(!store.requeue_backfill(&DUTY, answer, Actor::Console).await.unwrap());
        assert_eq!(counts(&store, source.id).await.0, 1);
        let again = store.make_backfill_batch(&DUTY, source.id, Actor::Console).await.unwrap().unwrap();
        let (_, lines) = store.backfill_batch(&DUTY, again.id).await.unwrap().unwrap();
        assert_eq!((lines[0].key(), lines[0].sent), (answer, 2));
    }
}

#[tokio::test]
async fn confidential_answers_go_back_by_the_discipline_officer_alone() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        answered(&store, &source, "A-1", "conduct", "已核查").await;
        assert_eq!(counts(&store, source.id).await, (0, 0, 0, 0));
        assert!(store.make_backfill_batch(&DUTY, source.id, Actor::Console).await.unwrap().is_none());
        let batch = store.make_backfill_batch(&DISCIPLINE, source.id, Actor::Console).await.unwrap().unwrap();
        assert!(store.backfill_batch(&DUTY, batch.id).await.unwrap().unwrap().1.is_empty());
        assert!(store.backfill_batches(&DUTY, source.id).await.unwrap().is_empty(), "nor that there is one");
        let refused = store.open_backfill(&DUTY, batch.id, Actor::Console).await;
        assert!(matches!(refused, Err(StoreError::NotFound(_))), "{refused:?}");
        assert_eq!(store.backfill_batches(&DISCIPLINE, source.id).await.unwrap()[0].answers, 1);
        assert_eq!(store.open_backfill(&DISCIPLINE, batch.id, Actor::Console).await.unwrap().1.len(), 1);
    }
}

#[tokio::test]
async fn columns_of_a_source_are_kept_and_two_people_do_not_overwrite_one_another() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let first = store.backfill_columns(source.id).await.unwrap();
        assert_eq!((first.version, first.columns[0].field), (0, BackfillField::Number));
        let columns = [BackfillColumn { header: "诉求编号".into(), field: BackfillField::Number }];
        store.set_backfill_columns(source.id, 0, &columns, Actor::Console).await.unwrap();
        assert_eq!(store.backfill_columns(source.id).await.unwrap().columns, columns);
        let late = store.set_backfill_columns(source.id, 0, &columns, Actor::Console).await;
        assert!(matches!(late, Err(StoreError::Conflict { .. })), "{late:?}");
    }
}
