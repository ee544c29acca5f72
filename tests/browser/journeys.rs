//! What people do on a day: an item becomes a case, is answered, approved and closed; and what they must not see.

use std::io::Write;
use std::process::Stdio;

use qingting_models::ids::CaseId;
use qingting_models::records::{Case, Viewer};
use qingting_models::store::{CaseFilter, Page};

use super::window::{Window, serve, wanted};
use crate::support::{County, calls};

pub(super) const PASSWORD: &str = "Journey-2026-test";

/// A county with judged calls, and a user of each role with one password.
pub(super) async fn county() -> (County, Case) {
    let county = County::sqlite().await;
    county.ok(&["source", "add", "12345", "--kind", "sheet", "--channel", "hotline", "--mode", "handle"]);
    let sheet = county.file("calls.csv", calls(25));
    county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345", "--judge"]);
    let store = county.store().await;
    let cases = store.cases(&Viewer::SYSTEM, &CaseFilter::default(), Page::default()).await.unwrap().rows;
    let case = cases.into_iter().find(|c| c.title == "工地拖欠工资").expect("a case opened by rule");
    let lead = case.lead.to_string();
    for (login, role, department) in [
        ("duty", "duty", None),
        ("jiwei", "discipline", None),
        ("leader", "leader", None),
        ("admin", "admin", None),
        ("auditor", "auditor", None),
        ("handler", "handler", Some(lead.as_str())),
        ("reviewer", "reviewer", Some(lead.as_str())),
        ("stranger", "handler", Some("slj")),
    ] {
        add_user(&county, login, role, department);
    }
    (county, case)
}

fn add_user(county: &County, login: &str, role: &str, department: Option<&str>) {
    let mut args = vec!["user", "add", login, "--name", login, "--role", role, "--password-stdin"];
    args.extend(department.map(|code| ["--department", code]).into_iter().flatten());
    let mut child = county.command(&args).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(child.wait().unwrap().success(), "user {login}");
}

fn page(case: CaseId) -> String {
    format!("/cases/{case}")
}

#[tokio::test]
async fn a_case_goes_from_the_department_to_its_end() {
    if !wanted() {
        return;
    }
    let (county, case) = county().await;
    let (_server, site) = serve(&county);
    let window = Window::open(&site).await;

    window.log_in("handler", PASSWORD).await;
    window.go("/inbox").await;
    assert!(window.text().await.contains(&case.number));
    window.shoot("inbox").await;
    window.go(&page(case.id)).await;
    let text = window.text().await;
    assert!(text.contains("待签收") && text.contains("时限") && text.contains("依据"), "{text}");
    window.act("accept", &[]).await;
    window.act("contact", &[("text", "已电话联系来电人，核实班组名单。")]).await;
    let answer = "经核实，欠薪属实，施工企业已补发全部工资。";
    window.act("submit", &[("text", answer), ("outcome", "solved")]).await;
    assert!(window.text().await.contains("待审核"));

    window.log_in("reviewer", PASSWORD).await;
    window.go(&page(case.id)).await;
    window.act("approve", &[]).await;
    assert!(window.text().await.contains("待回访"));

    window.log_in("duty", PASSWORD).await;
    window.go(&page(case.id)).await;
    window.act("call_back", &[("grade", "satisfied"), ("outcome", "solved")]).await;
    let text = window.text().await;
    assert!(text.contains("已办结") && text.contains(answer) && text.contains("满意"), "{text}");
    window.shoot("case").await;
    window.close().await;
    assert!(county.ok(&["audit", "verify"]).contains("whole"));
}

#[tokio::test]
async fn each_role_sees_its_work_and_nothing_else() {
    if !wanted() {
        return;
    }
    let (county, case) = county().await;
    let (_server, site) = serve(&county);
    let window = Window::open(&site).await;
    for (login, home, may_read_case) in [
        ("duty", "/items", true),
        ("leader", "/", true),
        ("admin", "/sources", false),
        ("auditor", "/audit", false),
        ("jiwei", "/items", false),
        ("stranger", "/inbox", false),
    ] {
        window.log_in(login, PASSWORD).await;
        window.go(home).await;
        assert_eq!(window.path().await, home, "{login}");
        assert!(!window.text().await.contains("没有权限"), "{login}");
        window.shoot(&format!("role-{login}")).await;
        window.go(&page(case.id)).await;
        assert_eq!(window.text().await.contains("工地拖欠工资"), may_read_case, "{login}");
    }
    window.close().await;
}

#[tokio::test]
async fn a_duty_officer_finds_an_item_and_pages_fit_a_phone() {
    if !wanted() {
        return;
    }
    let (county, _) = county().await;
    let (_server, site) = serve(&county);
    let window = Window::open(&site).await;
    window.log_in("duty", PASSWORD).await;
    window.go("/items?state=all&q=路灯").await;
    assert!(window.text().await.contains("路灯不亮"));
    window.go("/items?state=all&q=不存在的词").await;
    assert!(!window.text().await.contains("路灯不亮"));

    window.client.set_window_size(390, 844).await.unwrap();
    for path in ["/", "/items?state=all", "/cases"] {
        window.go(path).await;
        let wide = window
            .client
            .execute(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
                vec![],
            )
            .await
            .unwrap();
        assert_eq!(wide, 0, "{path} is wider than the phone");
        window.shoot(&format!("phone{}", path.replace(['/', '?', '='], "-"))).await;
    }
    window.close().await;
}

#[tokio::test]
async fn a_reply_is_begun_by_a_key_saved_by_itself_and_outlives_the_log_in() {
    if !wanted() {
        return;
    }
    let (county, case) = county().await;
    let (_server, site) = serve(&county);
    let window = Window::open(&site).await;
    window.log_in("handler", PASSWORD).await;
    window.go(&page(case.id)).await;
    window.act("accept", &[]).await;
    window.shoot("reply-desk").await;
    // The first thing that helps is put behind the answer by Ctrl, Alt and 1.
    let press = "document.dispatchEvent(new KeyboardEvent('keydown', { code: 'Digit1', key: '1', ctrlKey: true, altKey: true }))";
    window.client.execute(press, vec![]).await.unwrap();
    let typed = "return document.querySelector('#submit-text').value";
    let text = window.client.execute(typed, vec![]).await.unwrap();
    assert!(text.as_str().unwrap().contains(&case.number), "{text}: a template is filled in with the number");
    window.wait_for_text("草稿已保存").await;

    // The log-in ends elsewhere: what is typed then stays on the page.
    window.client.delete_all_cookies().await.unwrap();
    let type_on = "const area = document.querySelector('#submit-text'); area.value = '登录结束之后写的'; \
        area.dispatchEvent(new Event('input', { bubbles: true })); \
        document.querySelector('form[data-draft] button').click();";
    window.client.execute(type_on, vec![]).await.unwrap();
    window.wait_for_text("登录已结束").await;
    let text = window.client.execute(typed, vec![]).await.unwrap();
    assert_eq!(text.as_str(), Some("登录结束之后写的"));

    // What was saved is there after a new log-in.
    window.log_in("handler", PASSWORD).await;
    window.go(&page(case.id)).await;
    let text = window.client.execute(typed, vec![]).await.unwrap();
    assert!(text.as_str().unwrap().contains(&case.number), "{text}");
    window.close().await;
}
