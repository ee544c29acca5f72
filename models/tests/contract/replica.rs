//! What may be some moments old is read on a replica where there is one, all else and whatever it does not answer on the
//! database itself.

use qingting_models::records::*;
use qingting_models::sought::Sought;
use qingting_models::store::testing::each_database;
use qingting_models::store::{BestPage, ItemFilter, ItemState, Page, Store};

use super::builders::*;

/// How many items a search by a word counts, ranks and shows.
async fn found(store: &Store) -> (i64, usize, usize) {
    let sought = Sought::words(["工资"]);
    let filter = ItemFilter { state: ItemState::All, sought, ..ItemFilter::default() };
    let shown = store.items(&Viewer::SYSTEM, &filter, Page::default()).await.unwrap().rows.len();
    let best = BestPage { after: None, size: 10 };
    let ranked = store.best_items(&Viewer::SYSTEM, &filter, best).await.unwrap().ranked;
    (store.count_items(&Viewer::SYSTEM, &filter).await.unwrap(), ranked, shown)
}

#[tokio::test]
async fn searches_are_counted_and_ranked_on_the_replica_and_without_it_on_the_database() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345热线").await;
        judged(&store, &source, "1", "wages").await;
        assert_eq!(found(&store).await, (1, 1, 1));
        if store.engine() == "SQLite" {
            let refused = store.beside_replica("postgres://127.0.0.1:9/none").await.err().unwrap();
            assert!(refused.to_string().contains("SQLite has none"), "{refused}");
            continue;
        }
        let refused = store.beside_replica("sqlite:there.db").await.err().unwrap();
        assert!(refused.to_string().contains("must begin with postgres://"), "{refused}");
        // One that lags so far that it has nothing yet: it is really asked.
        let behind = store.new_ones().await.unwrap().remove(1);
        Store::open(behind.clone(), store.clock.clone()).await.unwrap().close().await;
        let with = store.beside_replica(&behind.url).await.unwrap();
        assert_eq!(found(&with).await, (0, 0, 1));
        let without = store.beside_replica("postgres://qingting@127.0.0.1:9/none").await.unwrap();
        assert_eq!(found(&without).await, (1, 1, 1));
        with.close().await;
        without.close().await;
    }
}
