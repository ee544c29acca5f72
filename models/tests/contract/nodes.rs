//! Node numbers: two processes never make the same id, whatever becomes of their transactions.

use jiff::SignedDuration;
use qingting_models::ids::ItemId;
use qingting_models::records::Actor;
use qingting_models::store::testing::each_database;
use qingting_models::store::{Store, StoreError};

/// A transaction that is begun and rolled back.
async fn fails(store: &Store) {
    let failed = store.save_county_file("words.txt", 99, None, "x", Actor::Console).await;
    assert!(matches!(failed, Err(StoreError::Conflict { .. })), "{failed:?}");
}

#[tokio::test]
async fn a_transaction_that_is_rolled_back_does_not_give_the_number_to_another_process() {
    for store in each_database().await.unwrap() {
        store.save_county_file("words.txt", 0, None, "x", Actor::Console).await.unwrap();
        let other = store.another().await.unwrap();
        let start = store.now();
        // Half of the leases has passed, then all: each renews in a transaction that comes to nothing.
        store.clock.set(start + SignedDuration::from_mins(20));
        fails(&other).await;
        store.clock.set(start + SignedDuration::from_mins(36));
        fails(&store).await;
        fails(&other).await;
        let now = store.now();
        let (one, two): (ItemId, ItemId) = (store.ids().next(now), other.ids().next(now));
        let node = |id: ItemId| (id.0 >> 12) & 1023;
        assert_ne!(node(one), node(two), "both processes have the number {}", node(one));
    }
}
