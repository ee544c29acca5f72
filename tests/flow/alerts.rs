//! Alerts from the command line: the rules a county begins with, tried and added; and what a sheet raises.

use qingting_models::records::Viewer;
use qingting_models::store::{AlertFilter, Page};

use super::support::*;

const SHEET: &str = "工单编号,工单标题,工单内容,推送时间,承办单位\n\
    1,小区停水,小区停水三天没人管,2026-11-20 09:00,\n\
    2,路灯不亮,建设路路灯不亮,2026-11-20 10:00,\n";
const RULES: &str = "[[rule]]\nname = \"停水\"\nwords = { any = [\"停水\"] }\n\n\
    [[rule]]\nname = \"没有的话\"\nwords = { all = [\"不会出现的话\"] }\n";

#[tokio::test]
async fn a_county_begins_with_rules_tries_more_and_adds_them_all_or_none() {
    for engine in engines() {
        let county = County::on(engine).await;
        let listed = county.json(&["rule", "list"]);
        let names: Vec<&str> =
            listed["rules"].as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"危及生命健康") && names.len() == 8, "{names:?}");
        let sheet = county.file("a.csv", SHEET);
        county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345", "--judge"]);
        let file = county.file("more.toml", RULES);
        let file = file.to_str().unwrap();
        let tried = county.json(&["rule", "try", file]);
        let of = |n: usize| (tried["rules"][n]["items"].as_u64(), tried["rules"][n]["caught"].as_u64());
        assert_eq!((of(0), of(1)), ((Some(2), Some(1)), (Some(2), Some(0))));
        assert!(county.ok(&["rule", "try", file]).contains("catches nothing"));
        county.ok(&["rule", "add", file]);
        let again = county.fails(&["rule", "add", file]);
        assert!(again.contains("nothing was added: 停水, 没有的话"), "{again}");
        assert_eq!(county.json(&["rule", "list"])["rules"].as_array().unwrap().len(), 10);
        let wrong = county.file("wrong.toml", "[[rule]]\nname = \"空\"\n");
        let error = county.fails(&["rule", "add", wrong.to_str().unwrap()]);
        assert!(error.contains("line 2") && error.contains("asks nothing"), "{error}");
    }
}

#[tokio::test]
async fn a_call_raises_an_alert_and_the_same_sheet_again_raises_none() {
    for engine in engines() {
        let county = County::on(engine).await;
        let rules = county.file("more.toml", RULES);
        county.ok(&["rule", "add", rules.to_str().unwrap()]);
        let sheet = county.file("a.csv", SHEET);
        for _ in 0..2 {
            county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345", "--judge"]);
        }
        let store = county.store().await;
        let alerts = store.alerts(&Viewer::SYSTEM, &AlertFilter::default(), Page::default()).await.unwrap();
        let told: Vec<_> = alerts
            .rows
            .iter()
            .map(|alert| (alert.rule_name.as_str(), alert.items, alert.why.as_str()))
            .collect();
        assert_eq!(told, [("停水", 1, "词语“停水”")]);
        assert!(county.ok(&["audit", "verify"]).contains("whole"));
    }
}
