//! docs/研判员手册.md: what belongs together is put together, taken apart and answered once.

use jiff::SignedDuration;
use qingting_models::ids::{IncidentId, ItemId};
use qingting_models::records::{Channel, Upstream, Viewer, heat};
use qingting_models::rising::WordCounts;
use qingting_models::store::day_of;

use super::kit::{Walk, content, path, verdict};
use super::morning::GUIDE;
use crate::office::Office;

/// Joins what waits: the open items to one incident, the confidential ones to another.
async fn join(walk: &Walk) -> (IncidentId, IncidentId) {
    let [open, secret] = walk.incidents();
    walk.joins([open, secret]).await;
    (open, secret)
}

async fn size(walk: &Walk, incident: &str) -> i64 {
    let id = incident.parse().unwrap();
    walk.office.store.incident(&Viewer::SYSTEM, id).await.unwrap().unwrap().items
}

#[tokio::test]
async fn a_matter_of_several_calls_is_one_incident() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "事件");
    let (open, secret) = join(&walk).await;
    let (id, page) = (open.to_string(), format!("/incidents/{open}"));
    walk.says("同一件事的来电、来信和新闻自动归在一起，叫一个事件");
    assert_eq!(size(&walk, &id).await, 3);
    walk.says("单子里的“同事件 N 件”、信息页右侧的“事件”都通到它");
    let link = format!("href=\"{page}\"");
    walk.sees("duty", "/items", &[&format!("{link}>同事件 3 件")]).await;
    walk.sees("duty", &format!("/items/{}", walk.office.open), &["<h2 id=\"incident\">事件</h2>", &link])
        .await;
    walk.says("“事件”页最热的在前，默认只列两件以上的");
    walk.item(walk.office.source, content("只有一件的事", Upstream::default()), verdict("urban")).await;
    let (single, _) = join(&walk).await;
    let single = format!("/incidents/{single}");
    walk.sees("duty", "/incidents", &[&page, "最热的在前"]).await;
    walk.misses("duty", "/incidents", &[&single]).await;
    walk.sees("duty", "/incidents?items=all", &[&page, &single]).await;
    heat_is_counted(&mut walk, &page).await;
    walk.says("来电人数只数号码的个数，不显示号码，也不能拿去和别的事件对照");
    let [again, other] = ["13711112222", "13733334444"];
    for (phone, title) in [(again, "没水了"), (again, "怎么还没水"), (other, "我家也没水")] {
        walk.call_from(phone, title, verdict("urban")).await;
    }
    let called = format!("/incidents/{}", join(&walk).await.0);
    walk.sees("duty", &called, &["<span>2 人来电</span>"]).await;
    walk.sees("duty", "/incidents", &["<span>2 人来电</span>"]).await;
    for page in [&page, &called, "/incidents"] {
        walk.misses("duty", page, &["13800000000", "13900000001", again, other]).await;
    }
    mends(&mut walk, &id, &page, &single).await;
    answers(&mut walk, &page).await;
    walk.says("“变化”一栏记着谁在什么时候并了、拆了、移了什么");
    walk.sees("duty", &page, &["<h2 id=\"history\">变化</h2>", "<bdi>duty员</bdi>：", "2026-11-02"]).await;
    walk.says("保密件只和保密件归在一起");
    let foreign = secret.to_string();
    let refused = walk.office.post("duty", &format!("{page}/merge"), &[("other", &foreign)]).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(walk.office.get("duty", &format!("/incidents/{secret}")).await.status, 404);
    rising(&mut walk).await;
    walk.ends();
}

/// The page says how it counts, and it counts so.
async fn heat_is_counted(walk: &mut Walk, page: &str) {
    let now = walk.office.store.now();
    let calls = |hours: &[i64]| -> Vec<(jiff::Timestamp, Channel)> {
        hours.iter().map(|h| (now - SignedDuration::from_hours(*h), Channel::Hotline)).collect()
    };
    walk.says("热度的算法：每件按三天减半计数");
    walk.sees("duty", page, &["每件按三天减半计数"]).await;
    let aged = heat(&calls(&[30 * 24]), 0, 0, now) / heat(&calls(&[27 * 24]), 0, 0, now);
    assert!((aged - 0.5).abs() < 1e-9, "{aged}");
    walk.says("同一个号码反复来电只算一人");
    walk.sees("duty", page, &["同一个号码反复来电只算一人"]).await;
    let (one, both) = (heat(&calls(&[240, 240]), 1, 2, now), heat(&calls(&[240, 240]), 2, 2, now));
    assert!((one * 2.0 - both).abs() < 1e-9, "{one} {both}");
    walk.says("多一个渠道加一半");
    walk.sees("duty", page, &["多一个渠道加一半"]).await;
    let mut mixed = calls(&[240, 240]);
    mixed[0].1 = Channel::Petition;
    assert!((heat(&mixed, 2, 2, now) - both * 1.5).abs() < 1e-9);
    walk.says("近一天比前七天多就升高、少就降低");
    walk.sees("duty", page, &["近一天比前七天多就升高，少就降低"]).await;
    assert!(heat(&calls(&[0]), 0, 0, now) > 1.0, "more than before");
    let fewer = heat(&calls(&[48; 14]), 0, 0, now);
    assert!(fewer < 14.0 * (-2.0_f64 / 3.0).exp2(), "{fewer}");
}

async fn mends(walk: &mut Walk, id: &str, page: &str, single: &str) {
    walk.says("归错了可以改，改过的程序不会再动");
    walk.sees("duty", page, &["人工拆开、移动过的，程序不会再并回去", "把勾选的拆出为新事件", "改名"]).await;
    walk.misses("leader", page, &["把勾选的拆出为新事件", "改名"]).await;
    walk.says("- 不是一件事：在事件页勾选，拆出为新事件，或选一个事件移动过去");
    let open = walk.office.open.to_string();
    let new = walk.goes("duty", &format!("{page}/split"), &[("item", &open)]).await;
    let new = new.split('?').next().unwrap().to_owned();
    assert_eq!(size(walk, id).await, 2);
    let target = new.trim_start_matches("/incidents/");
    let school = walk.office.school.1.to_string();
    walk.goes("duty", &format!("{page}/move"), &[("item", &school), ("target", target)]).await;
    assert_eq!((size(walk, id).await, size(walk, target).await), (1, 2));
    walk.says("- 其实是一件事：在要留下的事件里点把另一个事件并进来，选同话题、同地的，或粘贴它的网址");
    let pasted = format!("http://127.0.0.1{new}");
    walk.goes("duty", &format!("{page}/merge"), &[("other", ""), ("address", &pasted)]).await;
    assert_eq!(size(walk, id).await, 3);
    let other = single.trim_start_matches("/incidents/");
    walk.goes("duty", &format!("{page}/merge"), &[("other", other)]).await;
    assert_eq!(size(walk, id).await, 4);
    walk.says("并掉的事件，原网址会转过来");
    assert_eq!(walk.office.get("duty", &new).await.location(), page);
    walk.says("- 名称不合适：改名");
    walk.goes("duty", &format!("{page}/name"), &[("title", "望海花园停水")]).await;
    walk.sees("duty", page, &["望海花园停水"]).await;
    walk.says("- 只有一条归错了：在单子里按 `i`，或在信息页“事件”一栏点归入别的事件，可以选同话题、同地的事件，也可以让它单独成为一个事件");
    let one = format!("/items/{open}");
    walk.sees("duty", &one, &["归入别的事件", "都不是，单独成为一个事件"]).await;
    walk.goes("duty", &format!("{one}/incident"), &[("other", "own")]).await;
    assert_eq!(size(walk, id).await, 3);
    walk.goes("duty", &format!("{one}/incident"), &[("address", page)]).await;
    assert_eq!(size(walk, id).await, 4);
}

async fn answers(walk: &mut Walk, page: &str) {
    let (into, other) = (walk.office.housing, walk.office.school);
    walk.says("在事件页“工单”一栏点“立一件工单答复 N 件”，或者选一件已有的工单归入，把分别立了的并进来");
    walk.sees("duty", page, &["立一件工单答复 2 件", "用一件工单一并答复"]).await;
    let (case, merged) = (into.0.to_string(), other.0.to_string());
    let form = [("case", case.as_str()), ("merge", merged.as_str()), ("takes", "1")];
    walk.goes("duty", &format!("{page}/gather"), &form).await;
    assert_eq!(walk.case_of(walk.office.open).await, Some(into.0));
    assert_eq!(walk.state(other.0).await, "merged");
    walk.says("答复只写一次，审核通过后逐件回填");
    walk.sees("handler", &path(into.0), &["一并答复的诉求 4 件"]).await;
    walk.sees("duty", page, &["答复 4 件"]).await;
    walk.says("截止时间取其中最早的");
    let clocks = walk.file(into.0).await.clocks;
    let running = clocks.iter().filter(|clock| clock.met_at.is_none() && clock.dropped_at.is_none());
    assert_eq!(walk.file(into.0).await.case.due.map(|due| due.1), running.map(|clock| clock.due_at).min());
    walk.says("勾了“以后归到本事件的诉求也归入”，新来的热线、投诉直接归入这件工单，不再各立一件");
    assert!(walk.file(into.0).await.case.takes_incident);
    walk.sees("handler", &path(into.0), &["以后归到同一事件的诉求也归入本工单"]).await;
    walk.says("信访件须逐件办理，不归入");
    let petitions = walk.petitions().await;
    let letter = walk.item(petitions, content("信访反映停水", Upstream::default()), verdict("urban")).await;
    let row = format!("{letter}.1");
    let number = walk.number(into.0).await;
    let take = [("row", row.as_str()), ("do", "take_in"), ("into", number.as_str())];
    let refused = walk.office.post("duty", "/items/batch", &take).await.body;
    assert!(refused.contains("信访件须逐件登记"), "{refused}");
    walk.says("归错了的，在工单页“一并答复的诉求”里移出，写明理由，它就回到待处理的信息里");
    let (open, version) = (walk.office.open, walk.file(into.0).await.case.version.to_string());
    leaves(walk, open, &version).await;
}

async fn leaves(walk: &Walk, item: ItemId, version: &str) {
    let (into, id) = (format!("{}/leave-out", path(walk.office.housing.0)), item.to_string());
    let bare = [("item", id.as_str()), ("version", version), ("reason", "")];
    assert_eq!(walk.office.post("duty", &into, &bare).await.status, 422);
    walk.goes("duty", &into, &[("item", &id), ("version", version), ("reason", "是路灯")]).await;
    assert_eq!(walk.case_of(item).await, None);
    walk.sees("duty", "/items", &["小区路灯坏了"]).await;
}

async fn rising(walk: &mut Walk) {
    walk.says("事件页上方的“今天突然多起来的说法”，是与前四周比超出偶然波动的词，点开就是这些信息");
    let store = &walk.office.store;
    let today = day_of(store.now());
    while let Some((day, _)) = store.claim_word_day().await.unwrap() {
        let usual: &[(&str, i64)] = &[("物业", 20)];
        let words: &[(&str, i64)] = if day == today { &[("停水", 9), ("物业", 22)] } else { usual };
        let words = words.iter().map(|(word, items)| ((*word).to_owned(), *items)).collect();
        store.save_word_day(day, &WordCounts { items: 100, words }).await.unwrap();
    }
    let link = "/items?state=all&#38;q=%E5%81%9C%E6%B0%B4";
    walk.sees("duty", "/incidents", &["今天突然多起来的说法", link]).await;
    walk.misses("duty", "/incidents", &["<bdi>物业</bdi>"]).await;
}
