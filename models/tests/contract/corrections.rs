//! What people said of items, as gold, and how the model did by week.

use qingting_models::ids::{ItemId, UserId};
use qingting_models::records::{Actor, Kind, Urgency, Viewer, is_blind};
use qingting_models::store::testing::each_database;
use qingting_models::store::{PersonJudgement, Store};

use super::builders::*;

const PERSON: Actor = Actor::User(UserId(7));

async fn say(store: &Store, item: ItemId, topic: &str) {
    let decided = PersonJudgement {
        topics: vec![topic.into()],
        kind: Kind::Help,
        urgency: Urgency::Watch,
        department: None,
        places: None,
    };
    store.judge_by_person(&DUTY, item, 1, decided, PERSON).await.unwrap();
}

#[tokio::test]
async fn the_latest_word_on_an_item_as_it_reads_now_is_a_correction() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let first = judged(&store, &source, "1", "wages").await.id;
        let second = judged(&store, &source, "2", "wages").await.id;
        judged(&store, &source, "3", "wages").await;
        say(&store, first, "housing").await;
        say(&store, first, "urban").await;
        say(&store, second, "wages").await;
        let found = store.corrections().await.unwrap();
        let told: Vec<_> =
            found.iter().map(|c| (c.item, c.judgement.main_topic().unwrap().as_str(), c.blind)).collect();
        assert_eq!(told, [(first, "urban", is_blind(first)), (second, "wages", is_blind(second))]);
        assert_eq!(found[0].title, "工地拖欠工资");
        // A later version of the text says something else: the word on the earlier one teaches nothing.
        store.intake(&source, vec![call(Some("1"), "路灯不亮", "修好了")], vec![]).await.unwrap();
        assert_eq!(store.corrections().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn the_weeks_tell_how_often_people_said_otherwise() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let first = judged(&store, &source, "1", "wages").await.id;
        let second = judged(&store, &source, "2", "wages").await.id;
        say(&store, first, "housing").await;
        say(&store, second, "wages").await;
        let monday = store.now();
        // The clock of the tests stands at nine on a Monday.
        store.clock.set(monday + hours(7 * 24));
        judged(&store, &source, "3", "safety").await;
        let weeks = store.weeks_at_work(&Viewer::OPEN, 2).await.unwrap();
        let counts: Vec<_> =
            weeks.values().map(|week| (week.items, week.by_person, week.corrected)).collect();
        assert_eq!(counts, [(2, 2, 1), (1, 0, 0)]);
        assert_eq!(weeks.keys().next().unwrap(), &(monday - hours(9)));
        assert_eq!(weeks.values().next().unwrap().topics["housing"], 1);
        assert_eq!(store.weeks_at_work(&Viewer::OPEN, 1).await.unwrap().len(), 1);
        // A report about a person shows in no figure of those who may not know of it.
        judged(&store, &source, "4", "conduct").await;
        let items =
            async |viewer| store.weeks_at_work(viewer, 1).await.unwrap().values().next().unwrap().items;
        assert_eq!((items(&Viewer::OPEN).await, items(&Viewer::SYSTEM).await), (1, 2));
    }
}
