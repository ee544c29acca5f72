//! The search of the work list: phrases, marks, the two orders, and what a hostile hand types.

use axum::http::StatusCode;
use qingting_web::access::url_encode;

use crate::office::{Office, arrival, judge};

/// Takes in calls; their titles, in which words stand apart, are what they are found by.
pub(crate) async fn bring(office: &Office, calls: &[(&str, &str)]) {
    let source = office.store.source(office.source).await.unwrap().unwrap();
    for (part, calls) in calls.chunks(50).enumerate() {
        let coming = calls.iter().enumerate();
        let coming = coming.map(|(n, (title, body))| arrival(&format!("{title}{part}-{n}"), title, body));
        office.store.intake(&source, coming.collect(), vec![]).await.unwrap();
        judge(&office.store, |_| "urban").await;
    }
}

async fn list(office: &Office, q: &str, more: &str) -> String {
    let answer = office.get("duty", &format!("/items?q={}{more}", url_encode(q))).await;
    assert_eq!(answer.status, StatusCode::OK, "{q}: {}", answer.body);
    answer.body
}

/// The titles of a list without their marks.
fn titles(page: &str) -> Vec<String> {
    let names = page.split("class=\"name\"").skip(1).map(|part| {
        let name = part.split("<bdi>").nth(1).unwrap().split("</bdi>").next().unwrap();
        name.replace("<mark>", "").replace("</mark>", "")
    });
    names.collect()
}

#[tokio::test]
async fn what_was_found_is_marked_around_the_best_place() {
    for office in Office::each().await {
        let long = format!("{}家里停水三天了<b>停水</b>{}", "别的事情。".repeat(80), "💧".repeat(300));
        bring(&office, &[("小区 停水 三天", &long), ("路灯 不亮", "停水三天")]).await;
        let page = list(&office, "停水 三天", "").await;
        assert!(page.contains("<bdi>小区 <mark>停水</mark> <mark>三天</mark></bdi>"), "{page}");
        assert!(
            page.contains(
                "家里<mark>停水</mark><mark>三天</mark>了&#60;b&#62;<mark>停水</mark>&#60;/b&#62;💧"
            ),
            "{page}"
        );
        assert!(page.contains("…别的事情") || page.contains("…"), "{page}");
        assert!(!page.contains("路灯 不亮") && !page.contains("<b>停水"), "{page}");
        assert!(!list(&office, "", "").await.contains("<mark>"));
        let cases =
            office.get("duty", &format!("/cases?state=all&q={}", url_encode("“商品房逾期交付”"))).await;
        assert!(cases.body.contains("商品房逾期交付</"), "{}", cases.body);
        let none =
            office.get("duty", &format!("/cases?state=all&q={}", url_encode("商品房逾期交付“没有”"))).await;
        assert!(!none.body.contains("商品房逾期交付</"), "{}", none.body);
    }
}

#[tokio::test]
async fn phrases_must_stand_there_as_written() {
    for office in Office::each().await {
        bring(&office, &[("停水 三天", "甲"), ("三天 停水", "乙")]).await;
        for (q, found) in [
            ("停水 三天", vec!["三天 停水", "停水 三天"]),
            ("\"停水 三天\"", vec!["停水 三天"]),
            ("“停水 三天”", vec!["停水 三天"]),
            ("三天「停水 三天」", vec!["停水 三天"]),
            ("“三天 停水", vec!["三天 停水", "停水 三天"]),
            ("\"天 停\"", vec![]),
        ] {
            assert_eq!(titles(&list(&office, q, "").await), found, "{q}");
            let mut best = titles(&list(&office, q, "&order=best").await);
            best.sort();
            let mut same = found.clone();
            same.sort_unstable();
            assert_eq!(best, same, "{q}");
        }
        let page = list(&office, "“停水 三天”", "").await;
        assert!(page.contains("<bdi><mark>停水 三天</mark></bdi>"), "{page}");
        assert!(page.contains("value=\"“停水 三天”\""), "what was typed stays");
    }
}

#[tokio::test]
async fn the_best_come_first_where_that_is_asked_and_pages_follow_on() {
    for office in Office::each().await {
        let bodies: Vec<String> = (0..60).map(|n| "停水。".repeat(n % 7)).collect();
        let mut calls: Vec<(&str, &str)> = bodies.iter().map(|body| ("停水", body.as_str())).collect();
        calls.push(("停水 停水 停水 三天", "停水"));
        calls.push(("停水管 的事", ""));
        bring(&office, &calls).await;
        let by_time = list(&office, "停水", "").await;
        assert_eq!(titles(&by_time)[0], "停水管 的事");
        assert!(by_time.contains("data-address") && by_time.contains("更早的信息"));
        let page = list(&office, "停水", "&order=best").await;
        assert_eq!(titles(&page)[0], "停水 停水 停水 三天", "{page}");
        assert!(page.contains("<option value=\"best\" selected>最相关的在前</option>"), "{page}");
        assert!(!page.contains("data-address"), "the first row is not the newest");
        assert!(!page.contains("没有排进来"), "all of them are ranked");
        let (mut seen, mut page) = (titles(&page).len(), page);
        let mut last = titles(&page);
        while let Some(next) = page.split("rel=\"next\"").next().filter(|_| page.contains("rel=\"next\"")) {
            let address =
                next.rsplit("href=\"").next().unwrap().split('"').next().unwrap().replace("&#38;", "&");
            page = office.get("duty", &address).await.body;
            last = titles(&page);
            seen += last.len();
        }
        assert_eq!(seen, 62);
        assert_eq!(last.last().unwrap(), "停水管 的事", "a beginning of a word fits least");
        let plain = office.get("duty", "/items?order=best").await;
        assert!(!plain.body.contains("name=\"order\""), "nothing is ranked where nothing is searched for");
    }
}

#[tokio::test]
async fn a_place_leads_to_what_came_from_its_town() {
    for office in Office::each().await {
        bring(&office, &[("石浦 停水", "")]).await;
        let page = list(&office, "石浦 停水", "&state=all").await;
        let town = "town=%E7%9F%B3%E6%B5%A6%E9%95%87&#38;q=%E5%81%9C%E6%B0%B4\">看石浦镇的信息</a>";
        assert!(page.contains("“<bdi>石浦</bdi>”是地名") && page.contains(town), "{page}");
        assert!(!list(&office, "石浦", "&town=石浦镇").await.contains("是地名"));
        assert!(!list(&office, "停水", "").await.contains("是地名"));
    }
}

#[tokio::test]
async fn whatever_is_typed_is_searched_for_or_said_to_hold_nothing() {
    for office in Office::each().await {
        bring(&office, &[("100% _ 停水", "<script>alert(1)</script>")]).await;
        for order in ["", "&order=best", "&order=%27"] {
            for q in ["%", "_", "\"", "\"\"", "“”", "' OR 1=1 --", "\\", "「", "*", "\u{0}"] {
                let page = list(&office, q, order).await;
                let typed: String = q.chars().filter(|c| c.is_alphanumeric()).collect();
                assert_eq!(page.contains("没有按它找"), typed.is_empty(), "{q}: {page}");
            }
            for q in
                ["<script>", "\"<script>alert(1)</script>\"", "') --", "NEAR(a b)", "a:b*", "停水 AND \"x"]
            {
                let page = list(&office, q, order).await;
                assert!(!page.contains("<script>alert"), "{q}: {page}");
            }
            let long = format!("{}\"停水\"", "水\"火".repeat(400));
            list(&office, &long, order).await;
            for after in ["x", "1.2", "-1", "9223372036854775807.zzzzzzzzzzzzz", "."] {
                list(&office, "停水", &format!("{order}&after={after}")).await;
            }
        }
    }
}
