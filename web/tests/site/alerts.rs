//! Alerts and their rules at the pages.

use axum::http::StatusCode;
use qingting_models::records::Viewer;
use qingting_models::store::{AlertFilter, Page};

use crate::office::{HOSTILE, Office};

const RULE: [(&str, &str); 6] = [
    ("name", "路灯"),
    ("any", "路灯"),
    ("repeat", "24"),
    ("enabled", "on"),
    ("version", "1"),
    ("urgency", "0"),
];

fn rule<'a>(with: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = RULE.iter().copied().filter(|(name, _)| with.iter().all(|(other, _)| other != name));
    kept.chain(with.iter().copied()).collect()
}

/// Joins what waits, each item to an incident of its own, and holds it against the rules.
async fn alert(office: &Office) {
    use qingting_models::store::{Joining, NewMembership};
    let store = &office.store;
    let lease = jiff::SignedDuration::from_mins(5);
    while let Some(batch) = store.claim_joining("t", None, 50, lease).await.unwrap() {
        let joined = batch.tasks.iter().map(|task| NewMembership {
            item: task.item,
            incident: store.ids().next(store.now()),
            kinship: None,
        });
        let joining = Joining { joined: joined.collect(), ..Joining::default() };
        assert!(store.save_joining("t", &batch, &joining).await.unwrap());
    }
    let county = std::sync::Arc::new(qingting_models::county::County::embedded().unwrap());
    qingting_respond::desk::Desk::new((**store).clone(), county).alert_next("t", 100).await.unwrap();
}

#[tokio::test]
async fn a_rule_is_tried_saved_and_raises_an_alert_that_is_looked_at_and_silenced() {
    let office = Office::new().await;
    alert(&office).await;
    assert!(office.get("duty", "/alerts").await.body.contains("还没有预警规则"));
    let tried = office.post("duty", "/alerts/rules/new", &rule(&[("do", "try")])).await;
    assert_eq!(tried.status, StatusCode::OK);
    assert!(tried.body.contains("命中 <strong class=\"num\">1</strong> 条"), "{}", tried.body);
    assert!(tried.body.contains("小区路灯坏了") && office.store.alert_rules().await.unwrap().is_empty());
    let saved = office.post("duty", "/alerts/rules/new", &rule(&[("do", "save")])).await;
    assert_eq!(saved.location(), "/alerts/rules?done=rule-added");
    let form = [("version", "1"), ("topic", "urban"), ("kind", "投诉"), ("urgency", "2")];
    office.post("duty", &format!("/items/{}/judge", office.open), &form).await;
    alert(&office).await;
    let page = office.get("duty", "/alerts").await.body;
    assert!(page.contains("词语“路灯”") && page.contains("已看"), "{page}");
    let found = office
        .store
        .alerts(&Viewer::OPEN, &AlertFilter { unseen: true, ..AlertFilter::default() }, Page::default())
        .await
        .unwrap();
    let id = found.rows[0].id;
    let seen = office.post("duty", &format!("/alerts/{id}/see"), &[("note", HOSTILE)]).await;
    assert_eq!(seen.location(), "/alerts?done=alert-seen");
    let again = office.post("duty", &format!("/alerts/{id}/see"), &[("note", "")]).await;
    assert_eq!(again.location(), "/alerts?done=alert-seen-before");
    let all = office.get("leader", "/alerts?state=all").await.body;
    assert!(all.contains("已看") && !all.contains("<script>alert(1)"), "{all}");
    let quiet = [("hours", "24"), ("reason", "已在处置")];
    let silenced = office.post("duty", &format!("/alerts/{id}/silence"), &quiet).await;
    assert_eq!(silenced.location(), "/alerts?done=alert-silenced");
    let page = office.get("duty", "/alerts").await.body;
    assert!(page.contains("正在静默") && page.contains("已在处置"));
    let silence = office.store.silences().await.unwrap()[0].id;
    let ended = office.post("duty", &format!("/alerts/silences/{silence}/end"), &[]).await;
    assert_eq!(ended.location(), "/alerts?done=silence-ended");
    let wrong =
        office.post("duty", &format!("/alerts/{id}/silence"), &[("hours", "999"), ("reason", "x")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_rule_that_catches_nothing_is_saved_only_by_one_who_says_so() {
    let office = Office::new().await;
    alert(&office).await;
    let never = rule(&[("any", "不会出现的话"), ("do", "save")]);
    let warned = office.post("admin", "/alerts/rules/new", &never).await;
    assert!(warned.body.contains("一条也没有命中") && warned.body.contains("仍然保存"), "{}", warned.body);
    assert!(office.store.alert_rules().await.unwrap().is_empty());
    let sure: Vec<_> = never.iter().copied().chain([("anyway", "on")]).collect();
    let saved = office.post("admin", "/alerts/rules/new", &sure).await;
    assert_eq!(saved.location(), "/alerts/rules?done=rule-added");
    let off = rule(&[("name", "先不用"), ("any", "也不会出现"), ("enabled", ""), ("do", "save")]);
    let kept = office.post("admin", "/alerts/rules/new", &off).await;
    assert_eq!(kept.location(), "/alerts/rules?done=rule-added", "one that is off raises nothing");
    let rules = office.store.alert_rules().await.unwrap();
    let enabled = |name: &str| rules.iter().find(|rule| rule.name == name).unwrap().enabled;
    assert!(enabled("路灯") && !enabled("先不用"));
    let id = rules.iter().find(|rule| rule.name == "路灯").unwrap().id;
    let path = format!("/alerts/rules/{id}");
    let form = office.get("admin", &path).await.body;
    assert!(form.contains("不会出现的话") && form.contains("value=\"24\""));
    let wrong = office.post("admin", &path, &rule(&[("near", "只有一个词"), ("do", "save")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("看不懂") && wrong.body.contains("只有一个词"), "what was typed stays");
    let off = office.post("admin", &path, &rule(&[("enabled", ""), ("do", "save")])).await;
    assert_eq!(off.location(), "/alerts/rules?done=rule-changed");
    let late = office.post("duty", &path, &rule(&[("do", "save")])).await;
    assert!(late.body.contains("刚刚被别人改过"), "{}", late.body);
}

#[tokio::test]
async fn an_administrator_tries_rules_without_seeing_items() {
    let office = Office::new().await;
    alert(&office).await;
    let tried = office.post("admin", "/alerts/rules/new", &rule(&[("do", "try")])).await.body;
    assert!(tried.contains("命中 <strong class=\"num\">1</strong> 条") && !tried.contains("小区路灯坏了"));
    assert!(office.get("admin", "/").await.location() == "/system");
    let first = office.post("admin", "/alerts/rules/first", &[]).await;
    assert_eq!(first.location(), "/alerts/rules?done=rule-added");
    let list = office.get("admin", "/alerts/rules").await.body;
    assert!(list.contains("危及生命健康") && list.contains("关注以上") && list.contains("预警规则"));
}

#[tokio::test]
async fn a_rule_asks_for_growth_and_for_the_tier_of_the_source() {
    let office = Office::new().await;
    let asked =
        [("any", ""), ("growth_hours", "6"), ("growth_items", "4"), ("tier", "省级媒体"), ("enabled", "")];
    let saved =
        office.post("duty", "/alerts/rules/new", &rule(&[&asked[..], &[("do", "save")]].concat())).await;
    assert_eq!(saved.location(), "/alerts/rules?done=rule-added");
    let rules = office.store.alert_rules().await.unwrap();
    let condition = &rules[0].condition;
    assert_eq!((condition.growth.hours, condition.growth.items_min), (6, 4));
    assert_eq!(condition.tiers, ["省级媒体"]);
    let list = office.get("duty", "/alerts/rules").await.body;
    assert!(
        list.contains("6 小时内 4 件以上，且明显多于往常同一时段") && list.contains("省级媒体"),
        "{list}"
    );
    let half =
        office.post("duty", "/alerts/rules/new", &rule(&[("growth_items", "4"), ("do", "save")])).await;
    assert_eq!(half.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(half.body.contains("“比往常多”的件数和小时数要一起写"), "{}", half.body);
}
