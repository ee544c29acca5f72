//! Events sent on, as an administrator sets them up on the page and a program by the API.

use axum::http::StatusCode;
use qingting_models::records::{OutKind, Webhook};

use crate::office::Office;

const HOOK: [(&str, &str); 5] = [
    ("name", "县数据平台"),
    ("url", "https://data.example.gov.cn/in?token=nicht-zeigen"),
    ("kind", "case.changed"),
    ("kind", "item.new"),
    ("after", ""),
];

async fn only(office: &Office) -> Webhook {
    office.store.webhooks().await.unwrap().remove(0)
}

fn secret_on(page: &str) -> Option<&str> {
    let from = page.find("value=\"whsec_")? + "value=\"".len();
    Some(&page[from..from + page[from..].find('"')?])
}

#[tokio::test]
async fn an_address_is_added_shows_its_secret_once_and_is_changed_and_removed() {
    let office = Office::new().await;
    let empty = office.get("admin", "/webhooks").await.body;
    assert!(empty.contains("还没有推送") && empty.contains("/api/v1/events"));
    let added = office.post("admin", "/webhooks/new", &HOOK).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    let secret = secret_on(&added.body).unwrap().to_owned();
    let one = only(&office).await;
    assert_eq!(one.settings.kinds, [OutKind::ItemNew, OutKind::CaseChanged]);
    assert_eq!(office.store.webhook_secret(one.id).await.unwrap(), secret);
    let list = office.get("admin", "/webhooks").await.body;
    assert!(list.contains("县数据平台") && list.contains("data.example.gov.cn"));
    assert!(!list.contains("whsec_") && !list.contains("nicht-zeigen"), "{list}");

    let path = format!("/webhooks/{}", one.id);
    let form = office.get("admin", &path).await.body;
    assert!(form.contains("value=\"1\"") && !form.contains("whsec_"));
    let mut change = HOOK.to_vec();
    change.extend([("version", "1"), ("enabled", "on")]);
    let kept = office.post("admin", &path, &change).await;
    assert_eq!(kept.location(), "/webhooks?done=webhook-changed", "{}", kept.body);
    let late = office.post("admin", &path, &change).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.body.contains("刚刚被别人改过"));
    change.retain(|(name, _)| *name != "version");
    change.extend([("version", "2"), ("new_secret", "on")]);
    let renewed = office.post("admin", &path, &change).await.body;
    assert_ne!(secret_on(&renewed).unwrap(), secret);
    let offline = office.post("admin", &format!("{path}/test"), &[]).await;
    assert!(offline.body.contains("不使用网络"), "{}", offline.body);
    let gone = office.post("admin", &format!("{path}/remove"), &[]).await;
    assert_eq!(gone.location(), "/webhooks?done=webhook-removed");
    assert!(office.store.webhooks().await.unwrap().is_empty());
    let audit = office.get("auditor", "/audit").await.body;
    assert!(audit.contains("添加变动推送") && !audit.contains("whsec_") && !audit.contains("nicht-zeigen"));
    assert_eq!(office.get("duty", "/webhooks").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_said_and_what_was_typed_stays() {
    let office = Office::new().await;
    let with = |name: &'static str, value: &'static str| {
        let mut form: Vec<(&str, &str)> = HOOK.iter().filter(|(key, _)| *key != name).copied().collect();
        form.push((name, value));
        form
    };
    for (form, says) in [
        (with("name", ""), "请填写“名称”"),
        (with("url", "data.example"), "http:// 或 https://"),
        (with("url", "http://data.example/in"), "https://"),
        (with("kind", ""), "请至少勾选一种变动"),
        (with("kind", "doorbell"), "没有这种变动"),
        (with("after", "-1"), "0 或更大"),
        (with("after", "许多"), "从哪一号之后开始"),
        (with("secret", "whsec_kurz"), "whsec_"),
    ] {
        let answer = office.post("admin", "/webhooks/new", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}");
        assert!(answer.body.contains(says), "{says}: {}", answer.body);
        let name = form.iter().find(|(key, _)| *key == "name").unwrap().1;
        assert!(answer.body.contains(&format!("value=\"{name}\"")), "{says}");
    }
    office.post("admin", "/webhooks/new", &HOOK).await;
    let twice = office.post("admin", "/webhooks/new", &HOOK).await;
    assert!(twice.body.contains("已有名为“县数据平台”的推送"), "{}", twice.body);
    assert_eq!(office.store.webhooks().await.unwrap().len(), 1);
}
