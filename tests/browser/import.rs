//! A sheet dropped on the page of its source, looked at, and imported.

use serde_json::json;

use super::journeys::{PASSWORD, county};
use super::window::{Window, serve, wanted};
use crate::support::{County, Running};

/// The administrator's window, the page that imports into a source, and the server with its county.
async fn at_import() -> (Window, String, Running, County) {
    let (county, _) = county().await;
    let (server, site) = serve(&county);
    let source = county.store().await.sources().await.unwrap()[0].id;
    let window = Window::open(&site).await;
    window.log_in("admin", PASSWORD).await;
    (window, format!("/sources/{source}/import"), server, county)
}

#[tokio::test]
async fn a_sheet_is_dropped_looked_at_and_imported() {
    if !wanted() {
        return;
    }
    let (window, page, _server, _county) = at_import().await;
    assert_eq!(window.path().await, "/system");
    window.shoot("system").await;
    window.go(&page).await;
    let sheet = "工单编号,来电时间,诉求标题,诉求内容,联系电话,所属区域,承办单位\n\
                 D1,2026-11-20 09:30,码头路灯不亮,码头边三盏路灯不亮,13800001234,石浦镇,\n\
                 D2,昨天,井盖松动,时间写错了,,,\n";
    let drop = "const data = new DataTransfer();
        data.items.add(new File([arguments[0]], '日报.csv', { type: 'text/csv' }));
        for (const what of ['dragover', 'drop']) {
          document.querySelector('main').dispatchEvent(
            new DragEvent(what, { dataTransfer: data, bubbles: true, cancelable: true }));
        }";
    window.client.execute(drop, vec![json!(sheet)]).await.unwrap();
    window.wait_for_text("前几行会这样读入").await;
    let text = window.text().await;
    assert!(text.contains("码头路灯不亮") && !text.contains("13800001234"), "{text}");
    assert!(text.contains("读不懂的行会进隔离区"), "{text}");
    window.shoot("import-preview").await;
    window.click("button[formaction$='/import/run']").await;
    window.wait_for_text("导入结果").await;
    let text = window.text().await;
    assert!(text.contains("2 行") && text.contains("日报.csv"), "{text}");
    window.shoot("import-result").await;
    assert_eq!(window.console().await, Vec::<String>::new());
    window.close().await;
}

#[tokio::test]
async fn an_import_says_how_far_it_is() {
    if !wanted() {
        return;
    }
    let (window, page, _server, _county) = at_import().await;
    window.go(&page).await;
    // Everything that the page says of it is kept, for it may be done before anybody looks.
    let watch = "window.told = [];
        new MutationObserver(() => window.told.push(document.querySelector('.underway')?.textContent ?? ''))
          .observe(document.body, { childList: true, subtree: true, characterData: true });
        sessionStorage.setItem('told', '');
        addEventListener('pagehide', () => sessionStorage.setItem('told', window.told.join('|')));
        const head = '工单编号,来电时间,诉求标题,诉求内容,联系电话,所属区域,承办单位\\n';
        const row = (n) => `P${n},2026-11-20 09:30,路灯第${n}盏不亮,第${n}盏路灯晚上不亮,,石浦镇,\\n`;
        const data = new DataTransfer();
        const rows = Array.from({ length: 100000 }, (_, n) => row(n)).join('');
        data.items.add(new File([head + rows], '大表.csv', { type: 'text/csv' }));
        document.querySelector('main').dispatchEvent(
          new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));";
    window.client.execute(watch, vec![]).await.unwrap();
    window.wait_for_text("前几行会这样读入").await;
    window.click("button[formaction$='/import/run']").await;
    window.wait_for_text("导入结果").await;
    assert!(window.text().await.contains("100000 行"));
    let told = window.client.execute("return sessionStorage.getItem('told')", vec![]).await.unwrap();
    let told = told.as_str().unwrap();
    assert!(told.contains("正在上传") || told.contains("正在读开头"), "{told}");
    assert!(told.contains("正在导入：已读"), "{told}");
    assert_eq!(window.console().await, Vec::<String>::new());
    window.close().await;
}
