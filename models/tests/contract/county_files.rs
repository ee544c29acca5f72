//! County files that are changed on a page: versions, two people at once, and back to the folder's.

use qingting_models::ids::UserId;
use qingting_models::records::Actor;
use qingting_models::store::StoreError;
use qingting_models::store::testing::each_database;

const ADMIN: Actor = Actor::User(UserId(7));
const ROUTES: &str = "routing.csv";

#[tokio::test]
async fn the_newest_version_counts_and_the_earlier_ones_are_kept() {
    for store in each_database().await.unwrap() {
        assert!(store.county_files().await.unwrap().is_empty());
        assert_eq!(store.save_county_file(ROUTES, 0, Some("甲"), "改派住建", ADMIN).await.unwrap(), 1);
        assert_eq!(store.save_county_file(ROUTES, 1, Some("乙"), "改派人社", ADMIN).await.unwrap(), 2);
        assert_eq!(store.county_files().await.unwrap()[ROUTES], "乙");
        assert_eq!(store.county_mark().await.unwrap(), 2);
        let history = store.county_file_history(ROUTES).await.unwrap();
        let told: Vec<_> = history.iter().map(|v| (v.version, v.reason.as_str(), v.changed_by)).collect();
        assert_eq!(told, [(2, "改派人社", ADMIN), (1, "改派住建", ADMIN)]);
        let first = store.county_file_version(ROUTES, 1).await.unwrap().unwrap();
        assert_eq!(first.text.as_deref(), Some("甲"));
        assert!(store.county_file_version(ROUTES, 9).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn of_two_who_change_one_file_the_second_is_told() {
    for store in each_database().await.unwrap() {
        store.save_county_file(ROUTES, 0, Some("甲"), "一", ADMIN).await.unwrap();
        let other = store.another().await.unwrap();
        let refused = other.save_county_file(ROUTES, 0, Some("乙"), "二", ADMIN).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        assert_eq!(store.county_files().await.unwrap()[ROUTES], "甲");
    }
}

#[tokio::test]
async fn without_a_text_the_file_of_the_folder_counts_again() {
    for store in each_database().await.unwrap() {
        store.save_county_file(ROUTES, 0, Some("甲"), "一", ADMIN).await.unwrap();
        store.save_county_file(ROUTES, 1, None, "恢复原来的文件", ADMIN).await.unwrap();
        assert!(store.county_files().await.unwrap().is_empty());
        let mark = store.county_mark().await.unwrap();
        store.save_county_file(ROUTES, 2, Some("甲"), "再改", ADMIN).await.unwrap();
        assert!(store.county_mark().await.unwrap() > mark);
    }
}

#[tokio::test]
async fn by_which_rules_clocks_were_counted_is_kept() {
    for store in each_database().await.unwrap() {
        assert_eq!(store.counted_by().await.unwrap(), None);
        for rules in ["a", "b"] {
            store.note_counted_by(rules).await.unwrap();
            assert_eq!(store.counted_by().await.unwrap().as_deref(), Some(rules));
        }
    }
}
