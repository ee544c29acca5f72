//! docs/研判员手册.md: an item is opened and judged, set aside or brought back.

use jiff::SignedDuration;
use qingting_models::ids::ItemId;
use qingting_models::records::{ItemContent, Reason, TopicScore, Upstream, Urgency, Viewer, is_blind};
use qingting_models::store::NewJudgement;

use super::kit::{Walk, content, verdict};
use super::morning::GUIDE;
use crate::office::Office;

#[tokio::test]
async fn an_item_is_judged_by_a_person() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "研判");
    let source = walk.office.source;
    walk.says("打开一条，模型依据的词会标出来");
    let reason = Reason { topic: "urban".into(), word: "路面".into(), weight: 1.0, start: 0, end: 2 };
    let marked = NewJudgement { reasons: vec![reason], ..verdict("urban") };
    let road = walk.item(source, content("路面塌陷", Upstream::default()), marked).await;
    let page = format!("/items/{road}");
    let body = walk.page("duty", &page).await;
    let mark = body.split("<mark title=\"").nth(1).unwrap_or_else(|| panic!("{body}"));
    assert!(mark.split("</mark>").next().unwrap().ends_with(">路面"), "{mark}");
    walk.says("研判不对就点“修改研判”：话题可以多选，不涉及办理的一个也不选");
    assert!(body.contains("<summary>修改研判</summary>"), "{body}");
    let two =
        [("version", "1"), ("topic", "transport"), ("topic", "safety"), ("kind", "投诉"), ("urgency", "0")];
    walk.goes("duty", &format!("{page}/judge"), &two).await;
    let topics = walk.stored(road).await.topics;
    assert_eq!(topics.iter().map(|t| t.as_str()).collect::<Vec<_>>(), ["transport", "safety"]);
    let thanks = walk.item(source, content("谢谢你们", Upstream::default()), verdict("urban")).await;
    let none = [("version", "1"), ("kind", "表扬"), ("urgency", "0")];
    walk.goes("duty", &format!("/items/{thanks}/judge"), &none).await;
    assert!(walk.stored(thanks).await.topics.is_empty());
    walk.says("再定诉求类型、紧急程度、乡镇街道、建议单位");
    for name in ["kind", "urgency", "town", "department"] {
        assert!(body.contains(&format!("<select id=\"j-{name}\" name=\"{name}\">")), "{name}: {body}");
    }
    walk.says("人作出的研判，模型不会再改");
    let worse = ItemContent {
        body: "路面塌陷，请尽快处理，坑更大了".into(),
        ..content("路面塌陷", Upstream::default())
    };
    walk.item(source, worse, NewJudgement { urgency: Urgency::Urgent, ..verdict("wages") }).await;
    let stored = walk.stored(road).await;
    assert_eq!((stored.version, stored.judged_version), (2, 2), "the model has judged it again");
    assert_eq!(stored.topics.iter().map(|t| t.as_str()).collect::<Vec<_>>(), ["transport", "safety"]);
    assert!(stored.judged_by_person && stored.urgency == Urgency::Ordinary);
    walk.sees("duty", "/items?topic=transport", &["路面塌陷"]).await;
    walk.misses("duty", "/items?topic=wages", &["路面塌陷"]).await;
    updates(&mut walk).await;
    blind(&mut walk).await;
    advice(&mut walk).await;
    aside(&mut walk, thanks).await;
    walk.ends();
}

async fn updates(walk: &mut Walk) {
    walk.says("来源更新了内容时，旧版本仍可查看");
    let source = walk.office.source;
    let first = content("井盖松动", Upstream::default());
    let item = walk.item(source, first.clone(), verdict("urban")).await;
    let later = ItemContent { body: "井盖松动，已有人受伤".into(), ..first };
    walk.item(source, later, verdict("urban")).await;
    let page = format!("/items/{item}");
    walk.sees("duty", &page, &["已有人受伤", "以前的版本（1）", "井盖松动，请尽快处理"]).await;
    walk.says("如果您打开后内容变了，保存时会提示先看新内容");
    let stale = [("version", "1"), ("topic", "urban"), ("kind", "投诉"), ("urgency", "0")];
    let late = walk.office.post("duty", &format!("{page}/judge"), &stale).await;
    assert!(late.status == 409 && late.body.contains("请查看最新内容后再决定"), "{}", late.body);
}

async fn blind(walk: &mut Walk) {
    walk.says("大约五十条里有一条标着盲评：先不显示模型的意见，请您打开后自己选话题再保存");
    let mut found = None;
    for n in 0..1000 {
        let said = NewJudgement { urgency: Urgency::Urgent, ..verdict("wages") };
        let item =
            walk.item(walk.office.source, content(&format!("欠薪{n}"), Upstream::default()), said).await;
        if is_blind(item) {
            found = Some(item);
            break;
        }
    }
    let item = found.unwrap();
    let page = format!("/items/{item}");
    walk.sees("duty", &page, &["盲评"]).await;
    walk.misses("duty", &page, &["模型 mmmmmmmm", "value=\"wages\" checked", "90%"]).await;
    walk.sees("duty", "/items", &[">盲评</span>"]).await;
    let confirmed = walk.office.post("duty", &format!("{page}/confirm"), &[("version", "1")]).await;
    assert_eq!(confirmed.status, 422, "{}", confirmed.body);
    walk.says("这些判断只用来衡量模型准不准，不用来教它");
    let form = [("version", "1"), ("topic", "housing"), ("kind", "投诉"), ("urgency", "1")];
    let urgent = walk.page("duty", &page).await.contains("tag red\">紧急");
    walk.goes("duty", &format!("{page}/judge"), &form).await;
    let corrections = walk.office.store.corrections().await.unwrap();
    assert!(corrections.iter().find(|c| c.item == item).unwrap().blind, "kept apart from what teaches");
    walk.says("紧急程度照常显示");
    assert!(urgent);
}

async fn advice(walk: &mut Walk) {
    walk.says("管理员启用了辅助模型时，拿不准的信息上可能有一行辅助模型建议");
    let doubt = NewJudgement {
        unsure: true,
        topics: vec![TopicScore { code: "urban".into(), score: 0.4 }],
        ..verdict("urban")
    };
    let mut item =
        walk.item(walk.office.source, content("说不清的事", Upstream::default()), doubt.clone()).await;
    if is_blind(item) {
        item = walk.item(walk.office.source, content("又说不清的事", Upstream::default()), doubt).await;
    }
    let page = format!("/items/{item}");
    walk.misses("duty", &page, &["辅助模型"]).await;
    let store = &walk.office.store;
    let lease = SignedDuration::from_mins(5);
    while let Some(task) = store.claim_advice("a", lease).await.unwrap() {
        assert!(store.save_advice("a", &task, "qwen", &["wages".into()], "没有发工资").await.unwrap());
    }
    walk.sees("duty", &page, &["辅助模型建议：<strong>工资拖欠</strong>"]).await;
    walk.says("都只是建议，可能不对");
    walk.sees("duty", &page, &["仅供参考，由人工决定"]).await;
    walk.says("不会替您选好什么，仍由您决定");
    walk.misses("duty", &page, &["value=\"wages\" checked"]).await;
    assert!(walk.stored(item).await.unsure);
}

async fn aside(walk: &mut Walk, thanks: ItemId) {
    walk.says("“不需办理”可以恢复");
    let page = format!("/items/{thanks}");
    let version = walk.version(thanks).await;
    walk.goes("duty", &format!("{page}/dismiss"), &[("version", &version), ("reason", "表扬")]).await;
    walk.sees("duty", "/items?state=dismissed", &["谢谢你们"]).await;
    walk.goes("duty", &format!("{page}/restore"), &[]).await;
    walk.misses("duty", "/items?state=dismissed", &["谢谢你们"]).await;
    assert!(walk.stored(thanks).await.dismissed.is_none());
    walk.sees("duty", &page, &["<summary>不需办理</summary>"]).await;
    walk.says("早于来源起始日期的、上级平台已办结的、由其他平台办理的，列为“存档”，不会自动立案");
    let over = Upstream { finished: true, ..Upstream::default() };
    let item = walk.item(walk.office.source, content("早就办好的事", over), verdict("urban")).await;
    walk.sees("duty", "/items?state=archived", &["早就办好的事"]).await;
    walk.sees("duty", &format!("/items/{item}"), &["存档，不会自动立案"]).await;
    let stored = walk.office.store.item(&Viewer::SYSTEM, item).await.unwrap().unwrap();
    assert!(stored.case.is_none());
}
