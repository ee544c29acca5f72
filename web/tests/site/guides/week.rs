//! docs/部门办件手册.md: who may read what, and what every day begins with.

use jiff::civil::date;
use qingting_models::clock::from_local;
use qingting_models::records::{Actor, Upstream};
use qingting_models::store::Page;

use super::kit::{Walk, path};
use super::unwalked;
use crate::office::Office;

pub(super) const GUIDE: &str = include_str!("../../../../docs/部门办件手册.md");

#[test]
fn every_chapter_of_the_week_is_walked() {
    let tests = [
        include_str!("week.rs"),
        include_str!("week_case.rs"),
        include_str!("week_attachments.rs"),
        include_str!("week_replies.rs"),
        include_str!("mirrored.rs"),
    ];
    assert_eq!(unwalked(GUIDE, &tests), [""; 0]);
}

#[tokio::test]
async fn a_department_sees_what_it_leads_or_helps_with() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "");
    let (housing, school) = (walk.office.housing.0, walk.office.school.0);
    walk.says("写给各单位的承办人和审核人");
    for login in ["handler", "reviewer"] {
        walk.sees(login, "/inbox", &["部门待办"]).await;
    }
    assert_eq!(walk.office.get("leader", "/inbox").await.status, 403);
    walk.says("您只看得到本单位主办或协办的工单");
    walk.sees("handler", "/cases", &["商品房逾期交付"]).await;
    walk.misses("handler", "/cases", &["学校食堂饭菜凉"]).await;
    assert_eq!(walk.office.get("handler", &path(school)).await.status, 404);
    let help = [("department", "zjj"), ("text", "看看食堂的房子")];
    walk.does("duty", school, "add_helper", &help).await;
    walk.sees("handler", &path(school), &["学校食堂饭菜凉"]).await;
    walk.sees("handler", &path(housing), &["商品房逾期交付"]).await;
    walk.ends();
}

#[tokio::test]
async fn every_day_begins_with_the_inbox_and_the_bell() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "每天做什么");
    let housing = walk.office.housing.0;
    walk.says("登录后是“部门待办”，分待签收、办理中、待审核三组，先到期的在前");
    assert_eq!(walk.office.get("handler", "/").await.location(), "/inbox");
    let tuesday = from_local(date(2026, 11, 3).at(12, 0, 0, 0)).unwrap();
    let soon = Upstream { due_at: Some(tuesday), ..Upstream::default() };
    let leak = walk.call("周二到期的漏水", "zjj", soon).await;
    let inbox = walk.page("handler", "/inbox").await;
    let place = |words: &str| inbox.find(words).unwrap_or_else(|| panic!("{words} is missing: {inbox}"));
    assert!(place("\">待签收 <span") < place("\">办理中 <span"));
    assert!(place("\">办理中 <span") < place("\">待审核 <span"));
    assert!(place("周二到期的漏水") < place("商品房逾期交付"), "what is due first stands first");
    walk.does("duty", leak, "void", &[("text", "立错了")]).await;

    walk.says("黄灯快到期，红灯已超期");
    walk.misses("handler", "/inbox", &["tag yellow light", "tag red light"]).await;
    walk.at(4, 10, 0).await;
    walk.sees("handler", "/inbox", &["tag yellow light\">还剩"]).await;
    walk.at(5, 9, 0).await;
    walk.sees("handler", "/inbox", &["tag red light\">超期"]).await;

    walk.says("页面顶上的“通知”写着您有几条未读，自己会变：派给您单位的、退回修改的、延期批复");
    walk.does("handler", housing, "accept", &[]).await;
    walk.does("handler", housing, "ask_extension", &[("days", "3"), ("text", "等鉴定")]).await;
    walk.does("duty", housing, "refuse_extension", &[("text", "先答复")]).await;
    walk.does("handler", housing, "submit", &[("text", "已约谈开发商"), ("outcome", "partly")]).await;
    walk.does("reviewer", housing, "needs_work", &[("text", "写明日期")]).await;
    walk.tell().await;
    let all = "/notices?state=all";
    let told = [">派单<", ">答复退回修改<", ">延期批复<", ">将到期督办<", ">超期督办<"];
    walk.sees("handler", all, &told).await;
    walk.sees("reviewer", all, &[">答复待审核<", ">超期督办<"]).await;
    walk.misses("reviewer", all, &[">派单<", ">将到期督办<"]).await;
    let first = walk.office.get("handler", "/notices/stream").await.body;
    let unread = first.trim().strip_prefix("event: unread\ndata: ").unwrap();
    assert_ne!(unread, "0");
    walk.sees("handler", "/inbox", &[&format!("data-unread>{unread}<")]).await;

    walk.says("外面收到的只有编号、紧急程度、状态、截止时间和链接，内容要登录看");
    goes_out(&walk).await;
    let late = walk.call("水管爆裂", "zjj", Upstream::default()).await;
    let number = walk.number(late).await;
    walk.tell().await;
    let sent = walk.office.store.deliveries(false, None, Page::default()).await.unwrap().rows;
    let line = sent.iter().flat_map(|delivery| &delivery.lines).find(|line| line.number == number).unwrap();
    assert_eq!(line.path, path(late));
    assert_eq!(line.due, walk.file(late).await.case.due.map(|due| due.1));
    assert!(!format!("{sent:?}").contains("水管爆裂"), "no words of the matter");
    walk.misses("admin", "/notices/deliveries", &["水管爆裂"]).await;

    walk.says("超期又没有人处理的，会报领导，每个工作日一次，直到有人处理");
    let raised = async |walk: &Walk| {
        let body = walk.page("leader", all).await;
        body.split("<li>").filter(|row| row.contains(">超期无人处理<") && row.contains(&number)).count()
    };
    for (day, hour, times) in [(9, 18, 0), (10, 15, 1), (10, 16, 1), (11, 15, 2)] {
        walk.at(day, hour, 50).await;
        assert_eq!(raised(&walk).await, times, "on the {day}th at {hour}");
    }
    walk.does("handler", late, "accept", &[]).await;
    walk.at(12, 16, 0).await;
    assert_eq!(raised(&walk).await, 2, "somebody took it up");

    walk.says("到期日历（右上角）按天列出本单位要到期的工单和承诺，放假和调休上班的日子写在格子里");
    walk.sees("handler", "/inbox", &["href=\"/due\">到期日历"]).await;
    walk.sees("handler", "/due?month=2026-02", &["春节", ">班<"]).await;
    walk.says("红色的日子已经过去，点一天看那天的工单");
    walk.sees("handler", "/due?month=2026-11", &["tag red\"><b class=\"num\">", "已超期"]).await;
    let due = walk.file(late).await.case.due.unwrap().1;
    let day = qingting_models::clock::local_date(due);
    walk.sees("handler", &format!("/due?day={day}"), &["水管爆裂"]).await;

    walk.says("打开一件，右侧“可以做的”就是您此刻能做的全部操作");
    let open = walk.call("外墙渗水", "zjj", Upstream::default()).await;
    walk.sees("handler", &path(open), &["可以做的"]).await;
    assert_eq!(walk.offered("handler", open).await, ["accept", "send_back"]);
    walk.fails("handler", open, "contact", &[("text", "联系过了")]).await;
    walk.does("handler", open, "accept", &[]).await;
    let all = ["ask_extension", "contact", "submit", "wait"];
    assert_eq!(walk.offered("handler", open).await, all);
    assert_eq!(walk.offered("reviewer", open).await, [""; 0]);
    walk.says("“时限”一栏写明到期时间、依据，点“计算过程”可看逐步推算");
    let clock =
        walk.file(open).await.clocks.into_iter().find(|c| c.rule.as_str() == "hotline.handle").unwrap();
    let due = qingting_models::clock::minute_text(clock.due_at);
    walk.sees("handler", &path(open), &["依据：", "计算过程", &due, &clock.steps[0]]).await;
    walk.ends();
}

/// A way out is set, and what comes in for a department takes it.
async fn goes_out(walk: &Walk) {
    let office = &walk.office;
    office.post("admin", "/notices/rules/first", &[]).await;
    let form = [
        ("kind", "webhook"),
        ("name", "回调"),
        ("url", "http://127.0.0.1:9/"),
        ("sign", "sechzehn-zeichen-und-mehr"),
        ("inside", "on"),
        ("enabled", "on"),
    ];
    let added = office.post("admin", "/notices/channels/new", &form).await;
    assert_eq!(added.location(), "/notices/channels?done=channel-added", "{}", added.body);
    let channel = office.store.notice_channels().await.unwrap()[0].id;
    let rules = office.store.notice_rules().await.unwrap();
    let mut rule = rules.into_iter().find(|rule| rule.name.starts_with("来件")).unwrap();
    rule.plan.channels = vec![channel];
    let change =
        office.store.change_notice_rule(rule.id, rule.version, &rule.name, true, &rule.plan, Actor::Console);
    change.await.unwrap();
}
