//! The morning at the duty desk, without the mouse: a hundred items, two officers at once, a line that drops, a log-in that ends.

use std::time::Duration;

use qingting_models::ids::ItemId;
use qingting_models::records::Viewer;
use qingting_models::store::{ItemFilter, ItemState, Store};

use super::journeys::{PASSWORD, county};
use super::window::{Window, serve, wanted};
use crate::support::{County, Running};

/// A county in which so many calls wait for a person: nobody can tell from their text whose they are.
async fn waiting(rows: usize) -> County {
    const SAID: [&str; 4] =
        ["来电人说有一件事要反映", "来电人询问上次的事", "来电人要求回电", "来电人表示不满意"];
    let (county, _) = county().await;
    let mut sheet = String::from("工单编号,来电时间,诉求标题,诉求内容,联系电话,所属区域,承办单位\n");
    for n in 0..rows {
        let said = SAID[n % SAID.len()];
        sheet.push_str(&format!(
            "W{n:04},2026-11-20 09:{:02},{said}（{n}）,{said}，第{n}次来电，内容不详。,,,\n",
            n % 60
        ));
    }
    let sheet = county.file("waiting.csv", sheet);
    county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345", "--judge"]);
    county
}

/// The duty officer's window with the work list, in which so many wait; the store, and the server with its county.
async fn at_desk(rows: usize) -> (Window, Store, (Running, County)) {
    let county = waiting(rows).await;
    let (server, site) = serve(&county);
    let store = county.store().await;
    let window = Window::open(&site).await;
    window.look(1500, 900, false).await;
    window.log_in("duty", PASSWORD).await;
    window.go("/items").await;
    (window, store, (server, county))
}

/// The row with the focus.
async fn row(window: &Window) -> String {
    let script = "return document.activeElement.closest('[data-row]')?.dataset.row ?? ''";
    window.client.execute(script, vec![]).await.unwrap().as_str().unwrap().to_owned()
}

/// Waits for what stands below a row after it was acted on.
async fn said(window: &Window, row: &str, text: &str) {
    window.wait_for_said(&format!("[data-row='{row}'] .outcome"), text).await;
}

/// Goes to the first row that is not to be judged blind.
async fn first_row(window: &Window) -> String {
    window.keys("j").await;
    for _ in 0..20 {
        let at = row(window).await;
        if window.is_there(&format!("[data-row='{at}'] [data-key='c']")).await {
            return at;
        }
        window.keys("j").await;
    }
    panic!("all are to be judged blind");
}

async fn count(store: &Store, state: ItemState) -> i64 {
    let filter = ItemFilter { state, ..ItemFilter::default() };
    store.count_items(&Viewer::OPEN, &filter).await.unwrap()
}

#[tokio::test]
async fn a_hundred_items_are_judged_by_keys_alone() {
    if !wanted() {
        return;
    }
    let (window, store, _desk) = at_desk(130).await;
    let (waiting, dismissed) =
        (count(&store, ItemState::Open).await, count(&store, ItemState::Dismissed).await);
    assert!(waiting >= 100, "{waiting} items wait");
    window.keys("j").await;
    let (mut judged, mut pages) = (0, 1);
    while judged < 100 {
        let at = row(&window).await;
        if at.is_empty() {
            // Everything on this page is done: Enter on the link that has the focus.
            window.leave_by("\u{E007}").await;
            window.keys("j").await;
            pages += 1;
            assert!(pages < 10, "{judged} were judged");
            continue;
        }
        let said = if !window.is_there(&format!("[data-row='{at}'] [data-key='c']")).await {
            // To be judged blind: topics are chosen in the text beside the list.
            window.keys("t").await;
            window.wait_for_focus("input[name=topic]").await;
            window.keys(" ").await;
            window.keys_into("[data-pane] select[name=kind]", "\u{E015}").await;
            window.keys_into("[data-pane] form[action$='/judge'] button", "\u{E007}").await;
            "研判已保存"
        } else if judged % 3 == 0 {
            // Each third is none of the county's business, the others are right.
            window.keys("x").await;
            window.wait_for_focus("input[name=reason]").await;
            window.keys("试报\u{E007}").await;
            "已标记为不需办理"
        } else {
            window.keys("c").await;
            "已确认研判"
        };
        window.wait_for_said(&format!("[data-row='{at}'] .outcome"), said).await;
        judged += 1;
        assert_ne!(
            row(&window).await,
            at,
            "the focus goes on: {judged} judged on {pages} pages of {waiting}"
        );
    }
    assert!(judged >= 100, "{judged} were judged");
    window.shoot("triage").await;
    let now = count(&store, ItemState::Dismissed).await;
    assert!(now - dismissed >= 30, "{dismissed} before, {now} now");
    assert_eq!(window.console().await, Vec::<String>::new());
    window.close().await;
}

#[tokio::test]
async fn what_was_done_is_taken_back_and_the_text_stands_beside_the_list() {
    if !wanted() {
        return;
    }
    let (window, store, _desk) = at_desk(20).await;
    let first = first_row(&window).await;
    let item: ItemId = first.parse().unwrap();
    let text = store.item(&Viewer::OPEN, item).await.unwrap().unwrap().content.body;
    window.wait_for_said("[data-pane] article", text.trim()).await;
    window.shoot("triage-pane").await;
    window.keys("x").await;
    window.wait_for_focus("input[name=reason]").await;
    window.keys("重复\u{E007}").await;
    said(&window, &first, "已标记为不需办理").await;
    assert_ne!(row(&window).await, first, "the next one has the focus");
    assert!(store.item(&Viewer::OPEN, item).await.unwrap().unwrap().dismissed.is_some());
    window.keys("u").await;
    window.wait_for_text("已撤销，恢复到待研判").await;
    assert_eq!(row(&window).await, first);
    assert!(store.item(&Viewer::OPEN, item).await.unwrap().unwrap().dismissed.is_none());
    // Another topic, chosen beside the list.
    window.keys("t").await;
    window.wait_for_focus("input[name=topic]").await;
    window.keys(" ").await;
    window.click("[data-pane] form[action$='/judge'] button").await;
    said(&window, &first, "研判已保存").await;
    assert!(store.item(&Viewer::OPEN, item).await.unwrap().unwrap().judged_by_person);
    window.close().await;
}

#[tokio::test]
async fn an_item_is_taken_out_of_its_incident_by_a_key() {
    if !wanted() {
        return;
    }
    let (window, store, _desk) = at_desk(20).await;
    window.keys("j").await;
    // The first that shares its incident with others.
    let mut at = row(&window).await;
    for _ in 0..25 {
        window.wait_for(&format!("[data-pane][data-shown='{at}']")).await;
        if window.is_there("#incident-other option[value=own]").await {
            break;
        }
        window.keys("j").await;
        at = row(&window).await;
    }
    let item: ItemId = at.parse().unwrap();
    let of = async || store.incidents_of(&Viewer::OPEN, &[item]).await.unwrap()[&item].0;
    let before = of().await;
    window.keys("i").await;
    window.wait_for_focus("#incident-other").await;
    window.choose("#incident-other", "own").await;
    window.click("[data-pane] form[action$='/incident'] button").await;
    said(&window, &at, "已归入选中的事件").await;
    assert_eq!(row(&window).await, at, "it is still to be judged");
    assert_ne!(of().await, before);
    window.close().await;
}

#[tokio::test]
async fn nothing_is_lost_when_the_line_drops_the_log_in_ends_or_a_colleague_is_faster() {
    if !wanted() {
        return;
    }
    let county = waiting(20).await;
    let (_server, site) = serve(&county);
    let store = county.store().await;
    let (window, other) = (Window::open(&site).await, Window::open(&site).await);
    for each in [&window, &other] {
        each.log_in("duty", PASSWORD).await;
        each.go("/items").await;
    }
    let first = first_row(&window).await;
    assert_eq!(first_row(&other).await, first);
    let item: ItemId = first.parse().unwrap();
    let now = async || store.item(&Viewer::OPEN, item).await.unwrap().unwrap();

    window.cut_off(true).await;
    window.keys("x").await;
    window.wait_for_focus("input[name=reason]").await;
    window.keys("重复来件\u{E007}").await;
    said(&window, &first, "连不上服务器，没有保存").await;
    assert!(now().await.dismissed.is_none());
    window.cut_off(false).await;

    // The log-in has ended; what was typed is still there.
    let kept = window.client.get_all_cookies().await.unwrap();
    window.client.delete_all_cookies().await.unwrap();
    window.click(&format!("[data-row='{first}'] form[action$='/dismiss'] button")).await;
    said(&window, &first, "登录已结束，没有保存").await;
    assert!(now().await.dismissed.is_none());
    for cookie in kept {
        window.client.add_cookie(cookie).await.unwrap();
    }
    window.click(&format!("[data-row='{first}'] form[action$='/dismiss'] button")).await;
    said(&window, &first, "已标记为不需办理").await;
    assert_eq!(now().await.dismissed.as_deref(), Some("重复来件"));

    // The colleague still sees it waiting, and is told.
    assert_eq!(row(&other).await, first);
    // The office is found by the letters of its code, and Enter assigns.
    let office = format!("[data-row='{first}'] select[name=department]");
    other.keys("d").await;
    other.wait_for_focus(&office).await;
    let chosen = format!("return document.querySelector(\"{office}\").value");
    let mut tries = 0;
    loop {
        other.keys("zfj").await;
        let value = other.client.execute(&chosen, vec![]).await.unwrap();
        if value == "zfj" {
            break;
        }
        // On a busy machine a letter may come so late that the page has forgotten those before it.
        tries += 1;
        assert!(tries < 3, "{value} was chosen");
        tokio::time::sleep(Duration::from_millis(1_600)).await;
    }
    other.keys("\u{E007}").await;
    said(&other, &first, "不处理（重复来件）").await;
    assert!(now().await.case.is_none());
    window.close().await;
    other.close().await;
}
