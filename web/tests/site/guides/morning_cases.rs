//! docs/研判员手册.md: cases are watched, and what they ask of the duty officer is done.

use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::{Role, Upstream};

use super::kit::{Walk, content, path, verdict};
use super::morning::GUIDE;
use crate::office::{Office, add_user};

#[tokio::test]
async fn cases_are_watched_until_somebody_acts() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "盯工单");
    let (housing, school) = (walk.office.housing.0, walk.office.school.0);
    add_user(&walk.office.store, "zonghe", &[Role::Handler], Some("zfj")).await;
    walk.says("“工单”页列出全部工单，黄灯快到期，红灯已超期");
    walk.sees("duty", "/cases", &["商品房逾期交付", "学校食堂饭菜凉"]).await;
    walk.misses("duty", "/cases", &["tag yellow light", "tag red light"]).await;
    walk.does("handler", housing, "accept", &[]).await;
    walk.does("handler", housing, "contact", &[("text", "已联系")]).await;
    walk.at(6, 16, 0).await;
    assert_eq!(walk.file(housing).await.case.pressed, 0);
    walk.at(6, 17, 0).await;
    walk.sees("duty", "/cases", &["tag yellow light\">还剩"]).await;
    walk.says("系统在亮灯时各自动督办一次：黄灯通知承办人，红灯通知承办人和审核人");
    let all = "/notices?state=all";
    walk.sees("handler", all, &[">将到期督办<"]).await;
    walk.misses("reviewer", all, &[">将到期督办<"]).await;
    walk.at(9, 17, 0).await;
    walk.sees("duty", "/cases", &["tag red light\">"]).await;
    walk.sees("handler", all, &[">超期督办<"]).await;
    walk.sees("reviewer", all, &[">超期督办<"]).await;
    let presses = |file: &qingting_models::records::CaseFile| {
        file.timeline.iter().filter(|entry| entry.action.as_str() == "press").count()
    };
    walk.at(9, 17, 10).await;
    assert_eq!(presses(&walk.file(housing).await), 2, "once a light");
    walk.says("红灯以后四个办公小时还没有人处理，就报领导，之后每个工作日一次，直到有人在工单上做了什么");
    let number = walk.number(housing).await;
    let raised = async |walk: &Walk| {
        let body = walk.page("leader", all).await;
        body.split("<li>").filter(|row| row.contains(">超期无人处理<") && row.contains(&number)).count()
    };
    for (day, hour, minute, times) in [(10, 11, 0, 0), (10, 14, 10, 1), (10, 16, 50, 1), (11, 8, 30, 2)] {
        walk.at(day, hour, minute).await;
        assert_eq!(raised(&walk).await, times, "on the {day}th at {hour}:{minute}");
    }
    walk.does("handler", housing, "contact", &[("text", "又联系了")]).await;
    walk.at(12, 10, 0).await;
    assert_eq!(raised(&walk).await, 2);

    walk.says("需要值班研判员做的：");
    let back = walk.call("广告牌松动", "zjj", Upstream::default()).await;
    let not_ours = [("text", "不是我们的"), ("department", "zfj")];
    walk.does("handler", back, "send_back", &not_ours).await;
    assert!(walk.offered("duty", back).await.contains(&"reassign".to_owned()));
    walk.says("- 已退回：改派，或仍派原单位并写明理由");
    walk.fails("duty", back, "reassign", &[("department", "zjj"), ("text", "")]).await;
    walk.does("duty", back, "reassign", &[("department", "zjj"), ("text", "按职责分工")]).await;
    walk.says("同一单位只能退回一次");
    walk.fails("handler", back, "send_back", &not_ours).await;
    asked(&mut walk, back).await;
    several(&mut walk, school).await;
    ended(&mut walk).await;
    walk.says("每一步的条件和时限见 [案件流转](案件流转.md)");
    let flow = include_str!("../../../../docs/案件流转.md");
    for action in ["改派", "同意延期", "登记回访", "增加协办", "拆分", "并案", "不予受理", "转外部门", "作废"]
    {
        assert!(flow.contains(&format!("| {action} | `")), "{action} has no row");
    }
    walk.says("两人同时操作同一工单，后一人会看到谁先改了，填写的文字还在");
    let stale = [("action", "press"), ("version", "1"), ("level", "1"), ("text", "请抓紧办理")];
    let late = walk.office.post("duty", &format!("{}/act", path(housing)), &stale).await;
    assert_eq!(late.status, 409);
    assert!(late.body.contains(" 在") && late.body.contains("请抓紧办理"), "{}", late.body);
    walk.ends();
}

async fn asked(walk: &mut Walk, case: CaseId) {
    walk.says("- 申请延期：到期前同意或不同意");
    walk.does("handler", case, "accept", &[]).await;
    let more = [("days", "3"), ("text", "等鉴定报告")];
    walk.does("handler", case, "ask_extension", &more).await;
    let offered = walk.offered("duty", case).await;
    assert!(["grant_extension", "refuse_extension"].iter().all(|way| offered.iter().any(|o| o == way)));
    walk.does("duty", case, "refuse_extension", &[("text", "先答复")]).await;
    walk.says("- 待回访：登记群众评价和结果");
    walk.does("handler", case, "submit", &[("text", "已加固"), ("outcome", "solved")]).await;
    walk.does("reviewer", case, "approve", &[]).await;
    walk.fails("duty", case, "call_back", &[("grade", "unsatisfied")]).await;
    walk.says("不满意的自动重办，回到原主办单位");
    walk.does("duty", case, "call_back", &[("grade", "unsatisfied"), ("outcome", "partly")]).await;
    let file = walk.file(case).await;
    assert_eq!((file.case.state.code(), file.case.lead.as_str()), ("assigned", "zjj"));
    each_of_many(walk).await;
}

/// A replied case that answers three calls; with their items, its own first.
async fn answers_three(walk: &Walk, what: &str) -> (CaseId, Vec<ItemId>) {
    let title = |n: u8| format!("{what}第{n}家");
    let (case, own) = walk.matter(walk.office.source, &title(1), "zjj", Upstream::default()).await;
    let number = walk.number(case).await;
    let mut items = vec![own];
    for n in [2, 3] {
        let item =
            walk.item(walk.office.source, content(&title(n), Upstream::default()), verdict("housing")).await;
        let row = format!("{item}.1");
        let take = [("row", row.as_str()), ("do", "take_in"), ("into", number.as_str())];
        walk.goes("duty", "/items/batch", &take).await;
        items.push(item);
    }
    walk.does("handler", case, "accept", &[]).await;
    answer(walk, case).await;
    (case, items)
}

async fn answer(walk: &Walk, case: CaseId) {
    walk.does("handler", case, "submit", &[("text", "都修好了"), ("outcome", "solved")]).await;
    walk.does("reviewer", case, "approve", &[]).await;
}

async fn each_of_many(walk: &mut Walk) {
    walk.says("一件工单答复多件诉求的，选一件逐件登记，都登记了就办结");
    let (case, items) = answers_three(walk, "墙面渗水").await;
    let ids: Vec<String> = items.iter().map(ToString::to_string).collect();
    let says = |item, grade| [("called", item), ("grade", grade), ("outcome", "solved")];
    let offered = async |walk: &Walk| {
        let page = walk.page("duty", &path(case)).await;
        let options =
            page.split("name=\"called\"").nth(1).unwrap().split("</select>").next().unwrap().to_owned();
        ids.iter().map(|id| options.contains(&format!("value=\"{id}\""))).collect::<Vec<_>>()
    };
    assert_eq!(offered(walk).await, [true, true, true]);
    walk.does("duty", case, "call_back", &says(&ids[1], "satisfied")).await;
    assert_eq!(walk.state(case).await, "replied");
    assert_eq!(offered(walk).await, [true, false, true]);
    walk.sees("duty", &path(case), &["<bdi>墙面渗水第2家</bdi>：<span class=\"tag green\">满意"]).await;
    walk.fails("duty", case, "call_back", &says(&ids[1], "satisfied")).await;
    let foreign = walk.office.school.1.to_string();
    walk.fails("duty", case, "call_back", &says(&foreign, "satisfied")).await;
    // One who is not satisfied reopens it, whoever was satisfied before; then each is asked about the new reply.
    walk.does("duty", case, "call_back", &says(&ids[0], "unsatisfied")).await;
    let file = walk.file(case).await;
    assert_eq!((file.case.state.code(), file.case.lead.as_str()), ("assigned", "zjj"));
    assert!(file.timeline.iter().any(|line| line.action == "reopen" && line.note.contains("墙面渗水第1家")));
    walk.does("handler", case, "accept", &[]).await;
    answer(walk, case).await;
    assert_eq!(offered(walk).await, [true, true, true]);
    for (n, state) in [(2, "replied"), (0, "replied"), (1, "closed")] {
        walk.does("duty", case, "call_back", &says(&ids[n], "basically")).await;
        assert_eq!(walk.state(case).await, state);
    }
    walk.says("也可以选“全部，一并登记”，当即办结");
    let (case, items) = answers_three(walk, "天花板渗水").await;
    let first = items[0].to_string();
    walk.does("duty", case, "call_back", &says(&first, "satisfied")).await;
    walk.sees("duty", &path(case), &[">全部，一并登记</option>"]).await;
    walk.does("duty", case, "call_back", &says("all", "satisfied")).await;
    assert_eq!(walk.state(case).await, "closed");
}

async fn several(walk: &mut Walk, school: CaseId) {
    walk.says("- 需要几家配合的，增加协办");
    walk.does("duty", school, "add_helper", &[("department", "zfj"), ("text", "看看食堂")]).await;
    walk.sees("zonghe", &path(school), &["学校食堂饭菜凉"]).await;
    walk.says("其中一部分应由别家办的，拆分出新工单");
    let before = walk.page("duty", "/cases").await.matches("学校食堂饭菜凉</bdi></a>").count();
    walk.does("duty", school, "split", &[("department", "scj"), ("text", "食品安全部分")]).await;
    let after = walk.page("duty", "/cases").await.matches("学校食堂饭菜凉</bdi></a>").count();
    assert_eq!(after, before + 1);
    walk.says("同一件事立了两件的，并案（写明并入的工单号）");
    let twice = walk.call("食堂饭菜又凉了", "jyj", Upstream::default()).await;
    let number = walk.number(school).await;
    walk.fails("duty", twice, "merge", &[("into", ""), ("text", "同一件事")]).await;
    walk.does("duty", twice, "merge", &[("into", &number), ("text", "同一件事")]).await;
    assert_eq!(walk.state(twice).await, "merged");
}

async fn ended(walk: &mut Walk) {
    walk.says("- 办不了的：不予受理（写法定理由）、转外部门（写机关和回执）");
    let case = walk.call("已判决的纠纷", "zjj", Upstream::default()).await;
    walk.fails("duty", case, "decline", &[("text", "")]).await;
    walk.does("duty", case, "decline", &[("text", "已进入诉讼程序")]).await;
    assert_eq!(walk.state(case).await, "declined");
    let case = walk.call("邻县的事", "zjj", Upstream::default()).await;
    walk.fails("duty", case, "outside", &[("authority", ""), ("text", "回执1号")]).await;
    walk.does("duty", case, "outside", &[("authority", "邻县信访局"), ("text", "回执1号")]).await;
    assert_eq!(walk.state(case).await, "outside");
    walk.says("立错的用作废，信息可重新派单");
    let (case, item) = walk.matter(walk.office.source, "立错的事", "zjj", Upstream::default()).await;
    walk.does("duty", case, "void", &[("text", "立错了")]).await;
    let version = walk.version(item).await;
    let again = [("version", version.as_str()), ("department", "zfj")];
    walk.goes("duty", &format!("/items/{item}/assign"), &again).await;
    assert_ne!(walk.case_of(item).await, Some(case));
}
