//! What searches find and in which order: the same on both databases.

use jiff::SignedDuration;
use qingting_models::ids::ItemId;
use qingting_models::records::*;
use qingting_models::sought::{Phrase, Sought};
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{
    BestPage, ItemFilter, ItemState, NewJudgement, PHRASE_REACH, Page, RANKED, Store,
};

use super::builders::*;

/// Takes in calls, an hour after each other, and judges them; the index gets the words that stand behind each.
async fn told(store: &TestStore, calls: &[(&str, &str, &str)]) -> Source {
    let source = sheet(store, "12345").await;
    for (n, (title, body, _)) in calls.iter().enumerate() {
        let arrival = call(Some(&format!("R{n}")), title, body);
        store.intake(&source, vec![arrival], vec![]).await.unwrap();
        store.clock.set(store.now() + SignedDuration::from_hours(1));
    }
    let tasks = store.claim_judging("w", 1_000, LEASE).await.unwrap();
    let words = |title: &str, body: &str| {
        let call = calls.iter().find(|call| (call.0, call.1) == (title, body)).unwrap();
        format!("{} {}", call.2, call.0)
    };
    let verdicts = tasks.into_iter().map(|task| {
        let search_words = words(&task.title, &task.body);
        (task, NewJudgement { search_words, ..verdict("urban") })
    });
    store.save_verdicts("w", verdicts.collect()).await.unwrap();
    source
}

fn all(sought: Sought) -> ItemFilter {
    ItemFilter { state: ItemState::All, sought, ..ItemFilter::default() }
}

fn quoted(words: &[&str], phrase: &str, of_phrase: &[&str]) -> Sought {
    let of_phrase = of_phrase.iter().map(|word| (*word).to_owned()).collect();
    Sought { phrases: vec![Phrase::new(phrase, of_phrase)], ..Sought::words(words.iter().copied()) }
}

/// The numbers of what a list holds, page by page.
async fn newest(store: &Store, filter: &ItemFilter, size: i64) -> Vec<String> {
    let (mut numbers, mut page) = (Vec::new(), Page { before: None, size });
    loop {
        let found = store.items(&DUTY, filter, page).await.unwrap();
        assert!(found.rows.len() as i64 <= size);
        numbers.extend(found.rows.into_iter().map(|item| item.external_id));
        match found.next {
            Some(next) => page.before = Some(next),
            None => return numbers,
        }
    }
}

async fn best(store: &Store, filter: &ItemFilter, size: i64) -> Vec<String> {
    let (mut numbers, mut page) = (Vec::new(), BestPage { after: None, size });
    loop {
        let found = store.best_items(&DUTY, filter, page).await.unwrap();
        assert!(found.rows.len() as i64 <= size);
        numbers.extend(found.rows.into_iter().map(|item| item.external_id));
        match found.next {
            // As it goes through the address of a page.
            Some(next) => page.after = Some(next.to_string().parse().unwrap()),
            None => return numbers,
        }
    }
}

#[tokio::test]
async fn phrases_are_found_as_written_and_nothing_else() {
    for store in each_database().await.unwrap() {
        told(
            &store,
            &[
                ("停水三天", "一直没有人来。", "停水 三天"),
                ("三天停水两次", "停水，三天都没有热水。", "停水 三天 两次"),
                ("打折100%", "ＡＢ_楼的小區說“今天停水”。", "打折 100 ab 小区 今天 停水"),
                ("打折1000", "AB楼", "打折 1000 ab"),
            ],
        )
        .await;
        for (sought, found) in [
            (quoted(&[], "停水三天", &["停水", "三天"]), vec!["R0"]),
            (quoted(&[], "停水，三天", &["停水", "三天"]), vec!["R1"]),
            (quoted(&["两次"], "三天停水", &["三天", "停水"]), vec!["R1"]),
            (quoted(&["两次"], "停水三天", &["停水", "三天"]), vec![]),
            (quoted(&[], "100%", &["100"]), vec!["R2"]),
            (quoted(&[], "1_0", &["1"]), vec![]),
            (quoted(&[], "aB_楼", &["ab"]), vec!["R2"]),
            (quoted(&[], "小区", &["小区"]), vec!["R2"]),
            (quoted(&[], "说\u{201c}今天", &["今天"]), vec!["R2"]),
            (quoted(&[], "'; DROP TABLE item; --", &["停水"]), vec![]),
            (quoted(&[], "\\", &[]), vec![]),
        ] {
            let filter = all(sought);
            let engine = store.engine();
            assert_eq!(newest(&store, &filter, 1).await, found, "{:?} on {engine}", filter.sought);
            assert_eq!(best(&store, &filter, 1).await, found, "{:?} on {engine}", filter.sought);
            assert_eq!(store.count_items(&DUTY, &filter).await.unwrap(), found.len() as i64);
        }
    }
}

#[tokio::test]
async fn what_fits_best_stands_first() {
    for store in each_database().await.unwrap() {
        told(
            &store,
            &[
                ("工地拖欠工资", "两个月没有发。", "工地 拖欠 工资"),
                ("拖欠工资", "拖欠工资，一直拖欠工资。", "拖欠 工资"),
                ("老板不讲理", "他拖欠大家很久了，说等到年底才结清工资。", "拖欠 工资"),
                ("老板不讲理", "他拖欠工资。", "拖欠 工资"),
                ("拖欠工资条", "工资条也不给。", "拖欠 工资条"),
            ],
        )
        .await;
        let filter = all(Sought::words(["拖欠", "工资"]));
        assert_eq!(best(&store, &filter, 200).await, ["R1", "R0", "R4", "R3", "R2"], "{}", store.engine());
        assert_eq!(newest(&store, &filter, 200).await, ["R4", "R3", "R2", "R1", "R0"]);
        // Confidential items are as far away as in every other list.
        let found = store.best_items(&NOBODY, &filter, BestPage { after: None, size: 10 }).await.unwrap();
        assert_eq!((found.rows.len(), found.ranked, found.more), (0, 0, false));
    }
}

/// Made-up texts of few words, each said again and again.
fn texts() -> Vec<(String, String)> {
    const WORDS: [&str; 9] = ["停水", "停电", "小区", "三天", "工资", "covid19", "café", "物业", "路灯"];
    let mut state = 7u64;
    let mut any = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % most
    };
    let mut text = |most: usize| {
        let length = any(most);
        let mut text = String::new();
        for _ in 0..length {
            text.push_str(WORDS[any(WORDS.len())]);
            text.push_str(["", " ", "，", "的事情"][any(4)]);
        }
        text
    };
    (0..120).map(|n| (format!("{n}号 {}", text(4)), text(30))).collect()
}

#[tokio::test]
async fn both_databases_find_the_same_in_the_same_order() {
    let texts = texts();
    let words: Vec<String> = texts.iter().map(|(title, body)| spaced(&format!("{title} {body}"))).collect();
    let calls: Vec<(&str, &str, &str)> = texts
        .iter()
        .zip(&words)
        .map(|((title, body), words)| (title.as_str(), body.as_str(), words.as_str()))
        .collect();
    let mut first: Option<Vec<Vec<String>>> = None;
    for store in each_database().await.unwrap() {
        told(&store, &calls).await;
        let mut orders = Vec::new();
        for sought in [
            Sought::words(["停水"]),
            Sought::words(["停"]),
            Sought::words(["小区", "停水", "三天"]),
            Sought::words(["cov"]),
            Sought::words(["café"]),
            Sought::words(["cafe"]),
            Sought::words(["caf"]),
            Sought::words(["1", "工"]),
            quoted(&["物业"], "停水三天", &["停水", "三天"]),
            quoted(&[], "路灯的事情", &["路灯"]),
        ] {
            let filter = all(sought);
            let ranked = best(&store, &filter, 200).await;
            assert_eq!(ranked, best(&store, &filter, 7).await, "pages are cut out of one order");
            let mut sorted = newest(&store, &filter, 200).await;
            assert_eq!(sorted, newest(&store, &filter, 3).await);
            orders.push(sorted.clone());
            sorted.sort_unstable();
            let mut same = ranked.clone();
            same.sort_unstable();
            assert_eq!(sorted, same, "both orders hold the same items");
            orders.push(ranked);
        }
        assert!(orders.iter().all(|order| !order.is_empty()), "{orders:?}");
        match &first {
            Some(first) => assert_eq!(first, &orders, "{} orders otherwise", store.engine()),
            None => first = Some(orders),
        }
    }
}

/// The words of a made-up text.
fn spaced(text: &str) -> String {
    let mut words = text.to_owned();
    for word in ["停水", "停电", "小区", "三天", "工资", "covid19", "café", "物业", "路灯"] {
        words = words.replace(word, &format!(" {word} "));
    }
    words
}

#[tokio::test]
async fn only_the_newest_thousand_are_ranked_and_a_phrase_is_looked_for_step_by_step() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let many = PHRASE_REACH + 300;
        let title = |n: usize| if n == 0 { "停水三天" } else { "三天停水" };
        let calls = (0..many).map(|n| call(Some(&format!("R{n:05}")), title(n), "没有人管")).collect();
        store.intake(&source, calls, vec![]).await.unwrap();
        loop {
            let tasks = store.claim_judging("w", 500, LEASE).await.unwrap();
            if tasks.is_empty() {
                break;
            }
            let said = |task| (task, NewJudgement { search_words: "停水 三天".into(), ..verdict("urban") });
            store.save_verdicts("w", tasks.into_iter().map(said).collect()).await.unwrap();
        }
        let filter = all(Sought::words(["停水"]));
        let found = store.best_items(&DUTY, &filter, BestPage { after: None, size: 10 }).await.unwrap();
        assert_eq!((found.rows.len(), found.ranked, found.more), (10, RANKED, true));
        let mut ranked = best(&store, &filter, 200).await;
        ranked.sort_unstable();
        let newest_thousand: Vec<String> = (many - RANKED..many).map(|n| format!("R{n:05}")).collect();
        assert_eq!(ranked, newest_thousand);

        let filter = all(quoted(&[], "停水三天", &["停水", "三天"]));
        let first = store.items(&DUTY, &filter, Page::default()).await.unwrap();
        assert_eq!(first.rows, vec![], "the only one is further back");
        let page = Page { before: first.next, ..Page::default() };
        let second = store.items(&DUTY, &filter, page).await.unwrap();
        assert_eq!((second.rows.len(), second.next), (1, None));
        let found = store.best_items(&DUTY, &filter, BestPage { after: None, size: 10 }).await.unwrap();
        assert_eq!((found.rows.len(), found.ranked, found.more), (0, 0, true));
        assert_eq!(store.count_items(&DUTY, &filter).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_page_goes_on_behind_the_last_one_while_items_come_and_go() {
    for store in each_database().await.unwrap() {
        let texts: Vec<(String, String)> = (0..9).map(|n| ("停水".to_owned(), "停水。".repeat(n))).collect();
        let calls: Vec<_> =
            texts.iter().map(|(title, body)| (title.as_str(), body.as_str(), "停水")).collect();
        let source = told(&store, &calls).await;
        let filter = ItemFilter { sought: Sought::words(["停水"]), ..ItemFilter::default() };
        let before = best(&store, &filter, 200).await;
        let page = |after| BestPage { after, size: 4 };
        let first = store.best_items(&DUTY, &filter, page(None)).await.unwrap();
        let gone: Vec<ItemId> = first.rows.iter().take(2).map(|item| item.id).collect();
        for id in gone {
            store.dismiss_item(&DUTY, id, "重复", Actor::Console).await.unwrap();
        }
        judged(&store, &source, "later", "wages").await;
        let second = store.best_items(&DUTY, &filter, page(first.next)).await.unwrap();
        let numbers: Vec<String> = second.rows.into_iter().map(|item| item.external_id).collect();
        assert_eq!(numbers, before[4..8], "on {}", store.engine());
    }
}
