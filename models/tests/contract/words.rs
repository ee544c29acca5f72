//! In how many items of a day a word stands.

use qingting_models::rising::WordCounts;
use qingting_models::store::day_of;
use qingting_models::store::testing::{TestStore, each_database};

use super::builders::*;

fn counts(items: i64, words: &[(&str, i64)]) -> WordCounts {
    WordCounts { items, words: words.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect() }
}

/// Counts every day that is due, each as nothing; which days those were, and how many texts they had.
async fn count_all(store: &TestStore) -> Vec<(i64, usize)> {
    let mut days = Vec::new();
    while let Some((day, texts)) = store.claim_word_day().await.unwrap() {
        days.push((day, texts.len()));
        store.save_word_day(day, &counts(texts.len() as i64, &[])).await.unwrap();
    }
    days
}

#[tokio::test]
async fn each_day_is_counted_once_and_the_present_one_again() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        judged(&store, &source, "1", "wages").await;
        judged(&store, &source, "2", "conduct").await;
        let today = day_of(store.now());
        let all = count_all(&store).await;
        assert_eq!(all[0], (today, 1), "the confidential item is left out");
        assert_eq!((all.len(), all[55]), (56, (today - 55, 0)));
        assert!(count_all(&store).await.is_empty());
        store.clock.set(store.now() + hours(1));
        assert_eq!(count_all(&store).await, [(today, 1)]);
        store.clock.set(store.now() + hours(24));
        assert_eq!(count_all(&store).await, [(today + 1, 0), (today, 1)]);
        store.clock.set(store.now() + hours(24));
        assert_eq!(count_all(&store).await, [(today + 2, 0), (today + 1, 0)]);
    }
}

#[tokio::test]
async fn a_day_whose_counting_was_killed_is_counted_again() {
    for store in each_database().await.unwrap() {
        count_all(&store).await;
        store.clock.set(store.now() + hours(25));
        let (first, _) = store.claim_word_day().await.unwrap().unwrap();
        let other = store.another().await.unwrap();
        let (second, _) = other.claim_word_day().await.unwrap().unwrap();
        assert_ne!(first, second, "no two workers count one day");
        assert!(store.claim_word_day().await.unwrap().is_none());
        store.clock.set(store.now() + hours(1));
        let again: Vec<i64> = count_all(&store).await.into_iter().map(|(day, _)| day).collect();
        assert!(again.contains(&first) && again.contains(&second), "{again:?}");
    }
}

#[tokio::test]
async fn a_days_words_stand_beside_those_of_the_days_before() {
    for store in each_database().await.unwrap() {
        let today = day_of(store.now());
        for (day, items, words) in [
            (today, 10, vec![("停水", 4), ("路灯", 1)]),
            (today - 1, 8, vec![("停水", 1), ("公交", 5)]),
            (today - 28, 9, vec![("停水", 2)]),
            (today - 29, 9, vec![("停水", 9)]),
        ] {
            while let Some((claimed, _)) = store.claim_word_day().await.unwrap() {
                store.save_word_day(claimed, &counts(0, &[])).await.unwrap();
            }
            store.save_word_day(day, &counts(items, &words)).await.unwrap();
        }
        let (of_day, past) = store.words_of_days((today, today), 28, 3).await.unwrap();
        assert_eq!(of_day, counts(10, &[("停水", 4)]));
        assert_eq!(past, counts(17, &[("停水", 3)]));
        store.save_word_day(today, &counts(10, &[("停水", 5)])).await.unwrap();
        assert_eq!(store.words_of_days((today, today), 28, 3).await.unwrap().0, counts(10, &[("停水", 5)]));
    }
}
