//! docs/研判员手册.md: who is told of what, and when nobody is told by himself.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures::StreamExt;
use qingting_models::ids::{CaseId, IncidentId};
use qingting_models::records::{Role, Upstream, Urgency};
use qingting_models::store::NewJudgement;
use tower::ServiceExt;

use super::kit::{Walk, content, path, verdict};
use super::morning::GUIDE;
use super::morning_alerts::{alert, rule};
use crate::office::{Office, add_user};

const ALL: &str = "/notices?state=all";
const UNREAD: &str = "/notices";
const NOT_OURS: [(&str, &str); 2] = [("text", "不是我们的"), ("department", "zfj")];

/// The rows of a list of notices.
async fn rows(walk: &Walk, login: &str, list: &str) -> Vec<String> {
    let page = walk.page(login, list).await;
    let list = page.split("<ol class=\"rows\">").nth(1).unwrap_or_default();
    list.split("<li>").skip(1).map(str::to_owned).collect()
}

/// The notices of a kind, about a case of this number or an alert of a rule of this name.
async fn told(walk: &Walk, login: &str, list: &str, kind: &str, about: &str) -> Vec<String> {
    let mut rows = rows(walk, login, list).await;
    rows.retain(|row| {
        row.contains(&format!(">{kind}</span>")) && row.contains(&format!("<bdi>{about}</bdi>"))
    });
    rows
}

async fn is_told(walk: &Walk, login: &str, kind: &str, about: &str) -> bool {
    !told(walk, login, ALL, kind, about).await.is_empty()
}

/// Where the browser goes that opens the notice.
async fn opened(walk: &Walk, login: &str, row: &str) -> String {
    let id = row.split("/notices/").nth(1).unwrap().split("/open").next().unwrap();
    walk.goes(login, &format!("/notices/{id}/open"), &[]).await
}

/// A rule that catches the word, and a call that it catches.
async fn caught(walk: &Walk, word: &str, urgency: Urgency, topic: &str, incidents: [IncidentId; 2]) {
    let form = rule(word, word, &[("do", "save"), ("anyway", "on")]);
    walk.goes("duty", "/alerts/rules/new", &form).await;
    let said = NewJudgement { urgency, ..verdict(topic) };
    walk.item(walk.office.source, content(&format!("{word}出事"), Upstream::default()), said).await;
    alert(walk, incidents).await;
    walk.tell().await;
}

/// Somebody says that he has looked at the alert of a rule.
async fn looks(walk: &Walk, login: &str, rule: &str) {
    let page = walk.page(login, "/alerts").await;
    let alert = page.split(&format!("<bdi>{rule}</bdi>")).nth(1).unwrap();
    let id = alert.split("/alerts/").nth(1).unwrap().split("/see").next().unwrap();
    walk.goes(login, &format!("/alerts/{id}/see"), &[("note", "已派人看")]).await;
}

#[tokio::test]
async fn everybody_is_told_what_concerns_him() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "通知");
    let store = &walk.office.store;
    add_user(store, "second", &[Role::Duty], None).await;
    add_user(store, "both", &[Role::Duty, Role::Reviewer], Some("zjj")).await;
    add_user(store, "jiwei", &[Role::Handler], Some("jw")).await;
    let first = walk.incidents();
    alert(&walk, first).await;
    walk.tell().await;
    bell(&mut walk, first).await;
    kinds(&mut walk).await;
    own_and_hidden(&mut walk).await;
    walk.says("一条预警有同事点了“已看”，其他人的那条通知就算读过");
    caught(&walk, "护栏", Urgency::Ordinary, "urban", walk.incidents()).await;
    assert_eq!(told(&walk, "duty", UNREAD, "新预警", "护栏").await.len(), 1);
    looks(&walk, "second", "护栏").await;
    assert_eq!(told(&walk, "duty", UNREAD, "新预警", "护栏").await.len(), 0);
    assert!(told(&walk, "duty", ALL, "新预警", "护栏").await[0].contains("已读"));
    walk.says("工单、报告办到下一步，催办上一步的通知也算读过");
    let (case, _) = walk.matter(walk.office.source, "窨井盖松动", "zjj", Upstream::default()).await;
    let back = [("text", "不是我们的"), ("department", "zfj")];
    walk.does("handler", case, "send_back", &back).await;
    walk.tell().await;
    assert_eq!(told(&walk, "duty", UNREAD, "退回", "窨井盖松动").await.len(), 1);
    walk.does("duty", case, "reassign", &[("text", "按职责分工"), ("department", "zjj")]).await;
    assert_eq!(told(&walk, "duty", UNREAD, "退回", "窨井盖松动").await.len(), 0);
    held(&mut walk).await;
    roster(&mut walk).await;
    walk.ends();
}

async fn next(parts: &mut BodyDataStream) -> String {
    let part = tokio::time::timeout(Duration::from_secs(60), parts.next()).await.unwrap();
    String::from_utf8(part.unwrap().unwrap().to_vec()).unwrap()
}

async fn bell(walk: &mut Walk, incidents: [IncidentId; 2]) {
    walk.says("页面顶上的“通知”写着您有几条未读，不用刷新就会变");
    let housing = walk.office.housing.0;
    let cookie = walk.office.cookie("duty").await;
    let ask = Request::get("/notices/stream").header("cookie", &cookie).body(Body::empty()).unwrap();
    let mut parts = walk.office.app.clone().oneshot(ask).await.unwrap().into_body().into_data_stream();
    assert_eq!(next(&mut parts).await, "event: unread\ndata: 0\n\n");
    walk.does("handler", housing, "send_back", &NOT_OURS).await;
    walk.tell().await;
    assert_eq!(next(&mut parts).await, "event: unread\ndata: 1\n\n");
    walk.sees("duty", "/items", &["data-live=\"/notices/stream\"", "data-unread>1<"]).await;
    let script = walk.script("duty").await;
    assert!(script.contains("new EventSource(bell.dataset.live)") && script.contains("\"unread\""));

    walk.says("打开一条就算读过，并转到那张工单或那条预警");
    let number = walk.number(housing).await;
    let row = told(walk, "duty", UNREAD, "退回", &number).await.remove(0);
    assert_eq!(opened(walk, "duty", &row).await, path(housing));
    walk.sees("duty", "/items", &["data-unread>0<"]).await;
    assert!(told(walk, "duty", UNREAD, "退回", &number).await.is_empty());
    caught(walk, "广告牌", Urgency::Ordinary, "urban", incidents).await;
    let row = told(walk, "duty", UNREAD, "新预警", "广告牌").await.remove(0);
    let to = opened(walk, "duty", &row).await;
    assert!(to.contains(&incidents[0].to_string()), "{to}");
    walk.sees("duty", &to, &["<bdi>广告牌</bdi>"]).await;
}

/// A case that was accepted.
async fn accepted(walk: &Walk, title: &str) -> CaseId {
    let case = walk.call(title, "zjj", Upstream::default()).await;
    walk.does("handler", case, "accept", &[]).await;
    walk.does("handler", case, "contact", &[("text", "已联系")]).await;
    case
}

/// A case whose reply was approved by `reviewer`.
async fn answered(walk: &Walk, title: &str, reviewer: &str) -> String {
    let case = accepted(walk, title).await;
    walk.does("handler", case, "submit", &[("text", "已修好"), ("outcome", "solved")]).await;
    walk.does(reviewer, case, "approve", &[]).await;
    walk.tell().await;
    walk.number(case).await
}

async fn kinds(walk: &mut Walk) {
    let late = accepted(walk, "等鉴定的裂缝").await;
    walk.does("handler", late, "ask_extension", &[("days", "3"), ("text", "等鉴定报告")]).await;
    let done = answered(walk, "修好的门窗", "reviewer").await;
    let last = walk.page("duty", UNREAD).await;
    let unread = rows(walk, "duty", UNREAD).await;
    assert_eq!(unread.len(), 2, "{unread:?}");
    walk.says("也可以全部标为已读");
    let last = last.split("name=\"last\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    walk.goes("duty", "/notices/read", &[("last", last)]).await;
    assert_eq!(rows(walk, "duty", UNREAD).await.len(), 0);
    walk.sees("duty", "/items", &["data-unread>0<"]).await;

    walk.says("告诉值班研判员的有：新预警、到了规则写明的小时数还没有人看的预警、被退回的、申请延期的、待回访的，已退回、待回访的工单亮灯时的督办和超期无人处理（通知规则由管理员改）");
    let (late, returned) = (walk.number(late).await, walk.number(walk.office.housing.0).await);
    for (kind, about) in
        [("新预警", "广告牌"), ("退回", &*returned), ("申请延期", &*late), ("待回访", &*done)]
    {
        assert_eq!(told(walk, "duty", ALL, kind, about).await.len(), 1, "{kind} {about}");
    }
    walk.at(3, 8, 59).await;
    assert!(!is_told(walk, "duty", "预警还没有人看", "广告牌").await, "the rule says a day");
    walk.at(3, 9, 30).await;
    assert!(is_told(walk, "duty", "预警还没有人看", "广告牌").await);
    walk.at(6, 17, 0).await;
    assert!(is_told(walk, "duty", "将到期督办", &returned).await);
    assert!(!is_told(walk, "handler", "将到期督办", &returned).await, "it is not with the department");
    let open = walk.number(accepted(walk, "新来的漏水").await).await;
    walk.at(16, 9, 0).await;
    assert!(is_told(walk, "handler", "超期督办", &open).await);
    assert!(is_told(walk, "duty", "超期督办", &returned).await);
    assert!(is_told(walk, "duty", "超期督办", &done).await, "nobody has called back");
    assert!(!is_told(walk, "duty", "超期督办", &open).await, "it is with the department");
    let kinds: BTreeSet<String> = rows(walk, "duty", ALL)
        .await
        .iter()
        .map(|row| row.split("<span class=\"tag").nth(1).unwrap().split_once('>').unwrap().1)
        .map(|row| row.split('<').next().unwrap().to_owned())
        .collect();
    let known =
        ["新预警", "预警还没有人看", "退回", "申请延期", "待回访", "将到期督办", "超期督办", "超期无人处理"];
    assert_eq!(kinds, known.map(str::to_owned).into(), "and of nothing else");
    assert_eq!(walk.office.get("duty", "/notices/rules").await.status, 403);
    walk.sees("admin", "/notices/rules", &["退回、延期、待回访：当班人员"]).await;
}

async fn own_and_hidden(walk: &mut Walk) {
    walk.says("自己做的事不通知自己");
    let by_another = answered(walk, "水箱修好了", "reviewer").await;
    assert!(is_told(walk, "both", "待回访", &by_another).await);
    let by_himself = answered(walk, "护墙修好了", "both").await;
    assert!(is_told(walk, "duty", "待回访", &by_himself).await);
    assert!(!is_told(walk, "both", "待回访", &by_himself).await);
    walk.says("您看不到的事不会通知您");
    let secret = walk.office.secret.0;
    walk.does("jiwei", secret, "send_back", &NOT_OURS).await;
    walk.tell().await;
    let number = walk.number(secret).await;
    assert!(is_told(walk, "discipline", "退回", &number).await);
    for login in ["duty", "second", "both", "leader", "handler"] {
        walk.misses(login, ALL, &[&number]).await;
    }
}

async fn held(walk: &mut Walk) {
    walk.says("同一事件一天之内已经有更紧急的预警或督办通知的，较低的那条只列在“全部”里，写明“没有单独提醒”");
    let one = walk.incidents();
    caught(walk, "塌方", Urgency::Urgent, "urban", one).await;
    caught(walk, "积泥", Urgency::Ordinary, "urban", one).await;
    assert_eq!(told(walk, "duty", UNREAD, "新预警", "塌方").await.len(), 1);
    assert_eq!(told(walk, "duty", UNREAD, "新预警", "积泥").await.len(), 0);
    let low = told(walk, "duty", ALL, "新预警", "积泥").await.remove(0);
    assert!(low.contains("没有单独提醒：<bdi>同一事件已有更高级别的通知"), "{low}");
    caught(walk, "落石", Urgency::Ordinary, "urban", walk.incidents()).await;
    assert_eq!(told(walk, "duty", UNREAD, "新预警", "落石").await.len(), 1, "another incident");
    let (loud, quiet) = (accepted(walk, "屋面漏水甲").await, accepted(walk, "屋面漏水乙").await);
    alert(walk, walk.incidents()).await;
    for (case, level) in [(loud, "2"), (quiet, "1")] {
        walk.does("duty", case, "press", &[("level", level), ("text", "抓紧")]).await;
        walk.tell().await;
    }
    let (loud, quiet) = (walk.number(loud).await, walk.number(quiet).await);
    assert_eq!(told(walk, "handler", UNREAD, "超期督办", &loud).await.len(), 1);
    assert_eq!(told(walk, "handler", UNREAD, "将到期督办", &quiet).await.len(), 0);
    let low = told(walk, "handler", ALL, "将到期督办", &quiet).await.remove(0);
    assert!(low.contains("没有单独提醒"), "{low}");
    looks(walk, "second", "塌方").await;
    walk.at(17, 9, 1).await;
    caught(walk, "淤泥", Urgency::Ordinary, "urban", one).await;
    assert_eq!(told(walk, "duty", UNREAD, "新预警", "淤泥").await.len(), 1, "the next day");
}

async fn shift(walk: &Walk, login: &str, from: &str, to: &str) {
    let user = walk.office.user(login).await.id.to_string();
    let form = [("user", user.as_str()), ("from", from), ("to", to), ("note", "")];
    let to = walk.goes("duty", "/notices/roster/add", &form).await;
    assert_eq!(to, "/notices/roster?done=shift-added");
}

async fn roster(walk: &mut Walk) {
    walk.says("值班表：在“通知”页上面点开，写谁从几点值到几点");
    walk.sees("duty", UNREAD, &["<a href=\"/notices/roster\">值班表</a>"]).await;
    shift(walk, "second", "2026-11-17T09:00", "2026-11-17T12:00").await;
    walk.sees("duty", "/notices/roster", &["second员", "2026-11-17 09:00", "2026-11-17 12:00", "当班"]).await;
    walk.says("“当班人员”的通知按它找人");
    let during = answered(walk, "值班时修好", "reviewer").await;
    assert!(is_told(walk, "second", "待回访", &during).await);
    assert!(!is_told(walk, "duty", "待回访", &during).await);
    walk.says("此刻没有排班，或当班的人无权看这件事，就通知全体值班研判员（保密件是纪检专员）");
    caught(walk, "索要", Urgency::Ordinary, "conduct", walk.incidents()).await;
    assert!(is_told(walk, "discipline", "新预警", "索要").await, "who is on duty may not know of it");
    assert!(!is_told(walk, "second", "新预警", "索要").await);
    walk.at(17, 12, 0).await;
    let after = answered(walk, "下班后修好", "reviewer").await;
    for login in ["duty", "second", "both"] {
        assert!(is_told(walk, login, "待回访", &after).await, "{login}");
    }
    assert!(!is_told(walk, "discipline", "待回访", &after).await);
    shift(walk, "discipline", "2026-11-17T12:00", "2026-11-17T18:00").await;
    let open = answered(walk, "纪检当班时修好", "reviewer").await;
    assert!(is_told(walk, "duty", "待回访", &open).await && is_told(walk, "second", "待回访", &open).await);
    assert!(!is_told(walk, "discipline", "待回访", &open).await);
}
