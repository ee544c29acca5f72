//! The administrator's first page: what is still to be done, and how the installation is doing.

use axum::http::StatusCode;
use qingting_models::records::Role;

use crate::office::{Office, add_user};

/// What the page says of a step.
async fn step(office: &Office, title: &str) -> String {
    let body = office.get("admin", "/system").await.body;
    let found = body.split("<li>").find(|row| row.contains(&format!("<strong>{title}</strong>")));
    found.unwrap_or_else(|| panic!("{title}: {body}")).split("</li>").next().unwrap().to_owned()
}

#[tokio::test]
async fn an_administrator_begins_where_it_says_what_is_still_to_be_done() {
    for office in Office::each().await {
        let home = office.get("admin", "/").await;
        assert_eq!((home.status, home.location()), (StatusCode::SEE_OTHER, "/system"));
        let page = office.get("admin", "/system").await.body;
        assert!(page.contains("项没有办，从上到下办就行"), "{page}");
        // The clock of these tests stands in November 2026.
        let days = step(&office, "放假和调休").await;
        assert!(days.contains("待办") && days.contains("没有 2027 年的放假安排"), "{days}");
        let address = step(&office, "消息里的网址").await;
        assert!(address.contains("待办") && address.contains("qingting.toml"), "{address}");
        assert!(step(&office, "来源").await.contains("现有 1 个来源"));
        assert!(step(&office, "县名、办公时间").await.contains("请核对"));

        let rules = step(&office, "预警规则").await;
        assert!(rules.contains("待办") && rules.contains("href=\"/alerts/rules\""), "{rules}");
        office.post("admin", "/alerts/rules/first", &[]).await;
        assert!(step(&office, "预警规则").await.contains("已就绪"));

        let users = step(&office, "用户").await;
        assert!(users.contains("已就绪"), "{users}");
        let leader = office.user("leader").await;
        office.store.set_disabled(leader.id, true, qingting_models::records::Actor::Console).await.unwrap();
        assert!(step(&office, "用户").await.contains("还没有领导"));
        add_user(&office.store, "second", &[Role::Leader], None).await;
        assert!(step(&office, "用户").await.contains("已就绪"));
    }
}
