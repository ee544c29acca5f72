//! One article, once: copies at other addresses and in other sources, edits, and withdrawals.

use qingting_models::records::*;
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{Arrival, Fate, ItemFilter, ItemState, Page, Sameness};

use super::builders::*;

const LONG: &str = "县里三处水库今天同时放水，下游五个村的村民已经提前转移。";

fn article(id: &str, address: Option<&str>, words: Option<&str>, body: &str) -> Arrival {
    let sameness = Sameness { address: address.map(str::to_owned), words: words.map(str::to_owned) };
    Arrival { sameness, ..call(Some(id), "水库放水", body) }
}

async fn items(store: &TestStore) -> Vec<Item> {
    let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
    store.items(&Viewer::SYSTEM, &filter, Page::default()).await.unwrap().rows
}

#[tokio::test]
async fn an_article_at_several_places_is_one_item_with_its_appearances_counted() {
    for store in each_database().await.unwrap() {
        let (first, second) = (feed(&store, "县新闻").await, feed(&store, "市新闻").await);
        let batch = || {
            vec![
                article("1", Some("a.cn/1"), Some(LONG), LONG),
                article("1?from=wx", Some("a.cn/1"), Some(LONG), LONG),
            ]
        };
        let told = store.take_in(&first, batch(), vec![]).await.unwrap();
        assert_eq!(told.fates, [Fate::New, Fate::Unchanged]);
        let copy = || vec![article("x", Some("b.cn/9"), Some(LONG), LONG)];
        assert_eq!(store.take_in(&second, copy(), vec![]).await.unwrap().fates, [Fate::Unchanged]);
        for _ in 0..2 {
            assert_eq!(store.intake(&first, batch(), vec![]).await.unwrap().unchanged, 2);
            assert_eq!(store.intake(&second, copy(), vec![]).await.unwrap().unchanged, 1);
        }
        let found = items(&store).await;
        assert_eq!(found.iter().map(|item| item.appearances).collect::<Vec<_>>(), [3]);
        let places = store.appearances(&Viewer::SYSTEM, found[0].id).await.unwrap();
        assert_eq!(places.iter().map(|p| p.source).collect::<Vec<_>>(), [second.id, first.id]);
    }
}

#[tokio::test]
async fn a_copy_at_the_same_address_that_says_more_or_is_edited_updates_the_item() {
    for store in each_database().await.unwrap() {
        let (first, second) = (feed(&store, "摘要").await, feed(&store, "全文").await);
        let short = || vec![article("1", Some("a.cn/1"), None, "短")];
        let long = |body: &str| vec![article("9", Some("a.cn/1"), None, body)];
        store.intake(&first, short(), vec![]).await.unwrap();
        assert_eq!(store.take_in(&second, long(LONG), vec![]).await.unwrap().fates, [Fate::Updated]);
        // The two differ for good and must not overwrite each other at every poll.
        for _ in 0..3 {
            assert_eq!(store.take_in(&first, short(), vec![]).await.unwrap().fates, [Fate::Unchanged]);
            assert_eq!(store.take_in(&second, long(LONG), vec![]).await.unwrap().fates, [Fate::Unchanged]);
        }
        assert_eq!(store.take_in(&second, long("改过"), vec![]).await.unwrap().fates, [Fate::Updated]);
        let found = items(&store).await;
        assert_eq!((found[0].content.body.as_str(), found[0].version, found.len()), ("改过", 3, 1));
    }
}

#[tokio::test]
async fn a_copy_known_by_its_words_that_changes_becomes_an_item_of_its_own() {
    for store in each_database().await.unwrap() {
        let (first, second) = (feed(&store, "甲").await, feed(&store, "乙").await);
        store.intake(&first, vec![article("1", Some("a.cn/1"), Some(LONG), LONG)], vec![]).await.unwrap();
        store.intake(&second, vec![article("2", Some("b.cn/2"), Some(LONG), LONG)], vec![]).await.unwrap();
        let changed = || vec![article("2", Some("b.cn/2"), Some("另一篇"), "另一篇")];
        assert_eq!(store.take_in(&second, changed(), vec![]).await.unwrap().fates, [Fate::New]);
        assert_eq!(store.take_in(&second, changed(), vec![]).await.unwrap().fates, [Fate::Unchanged]);
        let mut counts: Vec<i64> = items(&store).await.iter().map(|item| item.appearances).collect();
        counts.sort_unstable();
        assert_eq!(counts, [1, 1]);
    }
}

#[tokio::test]
async fn calls_with_the_same_words_stay_apart() {
    for store in each_database().await.unwrap() {
        let hotline = sheet(&store, "12345").await;
        let two = vec![
            article("1", Some("a.cn/1"), Some(LONG), LONG),
            article("2", Some("a.cn/1"), Some(LONG), LONG),
        ];
        assert_eq!(store.intake(&hotline, two, vec![]).await.unwrap().new, 2);
    }
}

#[tokio::test]
async fn a_withdrawn_record_is_marked_once_and_can_come_back() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let call = |withdrawn| vec![Arrival { withdrawn, ..call(Some("7"), "标题", "内容") }];
        store.intake(&source, call(false), vec![]).await.unwrap();
        let ids = ["7".to_owned(), "unknown".to_owned()];
        assert_eq!(store.withdraw(&source, &ids).await.unwrap(), 1);
        assert_eq!(store.withdraw(&source, &ids).await.unwrap(), 0);
        assert_eq!(store.take_in(&source, call(true), vec![]).await.unwrap().fates, [Fate::Unchanged]);
        let item = items(&store).await.remove(0);
        assert_eq!((item.withdrawn_at, item.archived.as_deref()), (Some(store.now()), Some("withdrawn")));
        assert_eq!(store.take_in(&source, call(false), vec![]).await.unwrap().fates, [Fate::Updated]);
        let item = items(&store).await.remove(0);
        assert_eq!((item.withdrawn_at, item.archived), (None, None));
    }
}
