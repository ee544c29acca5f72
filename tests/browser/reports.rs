//! A report from its draft to its approval, taken home in every form, and a figure opened.

use qingting_models::store::Page;
use serde_json::json;

use super::journeys::{PASSWORD, county};
use super::window::{Window, serve, wanted};

#[tokio::test]
async fn a_report_is_drafted_written_approved_and_taken_home() {
    if !wanted() {
        return;
    }
    let (county, _) = county().await;
    let (_server, site) = serve(&county);
    let window = Window::open(&site).await;

    window.log_in("duty", PASSWORD).await;
    window.go("/reports").await;
    window.click("details.card > summary").await;
    window.choose("#m-kind", "period").await;
    for (field, day) in [("m-from", "2026-01-01"), ("m-to", "2026-12-31")] {
        // What stands in a field for a day depends on the browser's language; its value does not.
        let set = "document.getElementById(arguments[0]).value = arguments[1]";
        window.client.execute(set, vec![json!(field), json!(day)]).await.unwrap();
    }
    window.shoot("reports").await;
    window.click("form[action='/reports/make'] button").await;
    window.wait_for_text("草稿已生成").await;
    let text = window.text().await;
    assert!(text.contains("收到信息 25 条") && text.contains("图1 每日信息量"), "{text}");
    window.fill("#w-overview", "本期以欠薪为主。").await;
    window.click("form[action$='/write'] button").await;
    window.wait_for_text("文字已保存").await;
    assert!(window.text().await.contains("本期以欠薪为主。"));
    window.shoot("report-draft").await;
    window.click("button[name=deed][value=submitted]").await;
    window.wait_for_text("已提交审核").await;
    let path = window.path().await;

    window.log_in("leader", PASSWORD).await;
    window.go(&path).await;
    window.click("form:has(input[value=approved]) button").await;
    window.wait_for_text("已签发，数字已冻结").await;
    assert!(window.text().await.contains("专期报告第1期"));
    window.shoot("report").await;

    for format in ["docx", "pdf", "xlsx", "html", "csv", "json"] {
        let fetch = "const done = arguments[1];
            fetch(document.querySelector(`a[download][href$='=${arguments[0]}']`).href)
              .then(async answer => done([answer.status, (await answer.arrayBuffer()).byteLength]))
              .catch(error => done([0, 0]))";
        let got = window.client.execute_async(fetch, vec![json!(format)]).await.unwrap();
        assert_eq!(got[0], 200, "{format}");
        assert!(got[1].as_i64().unwrap() > 1_000, "{format}: {got}");
    }
    window.click(".report-table tbody a").await;
    window.wait_for_text("共 25 条").await;
    window.shoot("report-items").await;

    // The chart that can be looked into is drawn from the table, and a bar opens its items.
    window.go("/trends?from=2026-01-01&to=2026-12-31").await;
    window.click(".explore canvas").await;
    window.click("button[data-kind=line]").await;
    assert!(window.text().await.contains("共 25 条"));
    window.shoot("trends").await;
    assert_eq!(window.console().await, Vec::<String>::new());

    // What was approved is kept once.
    let store = county.store().await;
    let kept = store.kept_reports(None, true, Page::default()).await.unwrap().rows;
    assert_eq!(kept.len(), 1);
    window.close().await;
}
