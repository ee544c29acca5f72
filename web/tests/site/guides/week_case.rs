//! docs/部门办件手册.md: a handler's work on a case, from accepting it to the reply, and the figures of it.

use jiff::SignedDuration;
use qingting_models::ids::{CaseId, IncidentId};
use qingting_models::records::{Role, Upstream};
use qingting_models::store::{Joining, NewMembership};

use super::kit::{Walk, path};
use super::week::GUIDE;
use crate::office::{Office, add_user};

#[tokio::test]
async fn a_handler_takes_a_case_from_accepting_to_the_reply() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "承办人");
    add_user(&walk.office.store, "zonghe", &[Role::Handler], Some("zfj")).await;
    let housing = walk.office.housing.0;
    walk.says("签收，或退回");
    assert_eq!(walk.offered("handler", housing).await, ["accept", "send_back"]);
    walk.says("不属本单位职责的，写明理由和应由哪个单位办理");
    walk.fails("handler", housing, "send_back", &[("text", "不是我们的")]).await;
    walk.fails("handler", housing, "send_back", &[("text", ""), ("department", "zfj")]).await;
    walk.says("每个单位对同一工单只能退回一次");
    let back = [("text", "不是我们的"), ("department", "zfj")];
    walk.does("handler", housing, "send_back", &back).await;
    walk.does("duty", housing, "reassign", &[("text", "按职责分工"), ("department", "zjj")]).await;
    walk.fails("handler", housing, "send_back", &back).await;
    walk.says("签收之后才能向群众作承诺");
    let promise =
        [("text", "将交付"), ("outcome", "partly"), ("promise_1", "交付"), ("promise_1_by", "2026-11-20")];
    walk.fails("handler", housing, "submit", &promise).await;
    walk.misses("handler", &path(housing), &["承诺事项"]).await;
    walk.does("handler", housing, "accept", &[]).await;
    walk.sees("handler", &path(housing), &["承诺事项"]).await;

    walk.says("登记已联系：与诉求人首次联系后尽快登记，答复待审核时也可以补登");
    assert!(!met(&walk, housing, "hotline.contact").await);
    walk.does("handler", housing, "contact", &[("text", "已电话联系")]).await;
    assert!(met(&walk, housing, "hotline.contact").await);
    let (late, _) = walk.matter(walk.office.source, "小区门口积水", "zjj", Upstream::default()).await;
    walk.does("handler", late, "accept", &[]).await;
    walk.does("handler", late, "submit", &[("text", "已疏通管道。"), ("outcome", "solved")]).await;
    walk.sees("reviewer", &path(late), &["首次联系还没有登记"]).await;
    walk.does("handler", late, "contact", &[("text", "已电话告知")]).await;
    assert!(met(&walk, late, "hotline.contact").await);
    walk.misses("reviewer", &path(late), &["首次联系还没有登记"]).await;
    walk.says("信访件另有告知信访人");
    let petitions = walk.petitions().await;
    let (petition, _) = walk.matter(petitions, "信访反映房屋质量", "zjj", Upstream::default()).await;
    walk.does("handler", petition, "accept", &[]).await;
    walk.does("handler", petition, "petitioner_told", &[("text", "已书面告知")]).await;
    walk.fails("handler", housing, "petitioner_told", &[("text", "已告知")]).await;
    walk.says("办理");
    walk.sees("handler", &path(housing), &["<span class=\"tag accent\">办理中</span>"]).await;
    contacts(&mut walk).await;
    together(&mut walk).await;
    waits(&mut walk).await;
    replies(&mut walk).await;
    figures(&mut walk).await;
    helps(&mut walk).await;
    walk.ends();
}

async fn met(walk: &Walk, case: CaseId, rule: &str) -> bool {
    let clocks = walk.file(case).await.clocks;
    clocks.iter().find(|clock| clock.rule.as_str() == rule).unwrap().met_at.is_some()
}

async fn contacts(walk: &mut Walk) {
    let (housing, item) = walk.office.housing;
    walk.says("在工单页点显示电话和地址，一点就有，只为办这一件，查看会记入审计日志");
    walk.sees("handler", &path(housing), &["显示电话和地址", "只用于办理本工单，查看会记入审计日志"]).await;
    let shown = walk.office.post("handler", &format!("/cases/{housing}/contact"), &[]).await.body;
    assert!(shown.contains("tel:13800000000"), "{shown}");
    let foreign = format!("/cases/{}/contact", walk.office.school.0);
    assert_eq!(walk.office.post("handler", &foreign, &[]).await.status, 404);
    assert_eq!(walk.looks().await, 1);
    walk.says("要看全部原件的，在信息页写明理由");
    let original = format!("/items/{item}/unmask");
    let silent = walk.office.post("handler", &original, &[("reason", "")]).await;
    assert!(silent.status == 422 && !silent.body.contains("13800000000"), "{}", silent.body);
    let whole = walk.office.post("handler", &original, &[("reason", "核实地址")]).await.body;
    assert!(whole.contains("开发商拖了一年 13800000000"), "{whole}");
    assert_eq!(walk.looks().await, 2);
}

/// Two calls about one matter are answered by one case.
async fn together(walk: &mut Walk) {
    walk.says("一件工单有多位诉求人的，“一并答复的诉求”里列出每一件，各有电话和地址");
    let store = &walk.office.store;
    let batch = store.claim_joining("w", None, 50, SignedDuration::from_mins(5)).await.unwrap().unwrap();
    let incident: IncidentId = store.ids().next(store.now());
    let (own, other) = (walk.office.housing, walk.office.open);
    let members = batch.tasks.iter().filter(|task| task.item == own.1 || task.item == other);
    let joined = members.enumerate().map(|(place, task)| NewMembership {
        item: task.item,
        incident,
        kinship: (place > 0).then_some(0.9),
    });
    let joining = Joining { joined: joined.collect(), ..Joining::default() };
    assert!(store.save_joining("w", &batch, &joining).await.unwrap());
    let into = own.0.to_string();
    let gathered =
        walk.office.post("duty", &format!("/incidents/{incident}/gather"), &[("case", &into)]).await;
    assert!(gathered.location().contains("done=gathered"), "{}", gathered.body);
    let both = ["一并答复的诉求 2 件", "小区路灯坏了", "商品房逾期交付", ">电话和地址</button>"];
    walk.sees("handler", &path(own.0), &both).await;
    let item = other.to_string();
    let contact = walk.office.post("handler", &format!("/cases/{into}/contact"), &[("item", &item)]).await;
    assert!(contact.body.contains("13800000000"), "{}", contact.body);
    walk.says("答复写一份，通过后逐件送回来件的平台");
    let reply = [("text", "都已处理"), ("outcome", "solved")];
    walk.does("handler", own.0, "submit", &reply).await;
    let backfill = format!("/backfill/{}", walk.office.source);
    walk.misses("duty", &backfill, &["待回填 2 条"]).await;
    walk.does("reviewer", own.0, "approve", &[]).await;
    assert_eq!(walk.file(own.0).await.replies.len(), 1);
    walk.sees("duty", &backfill, &["待回填 2 条"]).await;
}

async fn waits(walk: &mut Walk) {
    walk.says("用等待群众：写明依据和日期，最多两次、累计不超过十个工作日，已超期的时限不暂停");
    let case = walk.call("阳台漏水", "zjj", Upstream::default()).await;
    walk.does("handler", case, "accept", &[]).await;
    let wait = |text, until| [("text", text), ("until", until)];
    walk.fails("handler", case, "wait", &wait("", "2026-11-04")).await;
    walk.fails("handler", case, "wait", &wait("补交材料", "")).await;
    walk.fails("handler", case, "wait", &wait("补交材料", "2026-11-18")).await;
    walk.does("handler", case, "wait", &wait("补交材料", "2026-11-04")).await;
    assert!(paused(walk, case).await);
    let late = walk.call("过期的裂缝", "zjj", Upstream::default()).await;
    walk.does("handler", late, "accept", &[]).await;
    walk.says("到期自动恢复，也可提前继续办理");
    walk.at(5, 9, 0).await;
    assert_eq!(walk.state(case).await, "handling");
    walk.does("handler", case, "wait", &wait("再补一份", "2026-11-09")).await;
    walk.does("handler", case, "go_on", &[]).await;
    assert!(!paused(walk, case).await);
    walk.fails("handler", case, "wait", &wait("第三次", "2026-11-09")).await;
    walk.at(10, 9, 0).await;
    walk.does("handler", late, "wait", &wait("补交材料", "2026-11-12")).await;
    assert!(!paused(walk, late).await, "what is overdue is not paused");

    walk.says("到期前办不完的，申请延期，值班室同意后时限顺延");
    let case = walk.call("屋顶开裂", "zjj", Upstream::default()).await;
    walk.does("handler", case, "accept", &[]).await;
    let before = due(walk, case).await;
    let more = [("days", "3"), ("text", "等鉴定报告")];
    walk.does("handler", case, "ask_extension", &more).await;
    assert_eq!(due(walk, case).await, before, "asking moves nothing");
    walk.does("duty", case, "grant_extension", &[]).await;
    assert!(due(walk, case).await > before);
    walk.says("只能一次");
    walk.fails("handler", case, "ask_extension", &more).await;
    walk.fails("handler", late, "ask_extension", &more).await;
}

async fn handle_clock(walk: &Walk, case: CaseId) -> qingting_models::records::Clock {
    let clocks = walk.file(case).await.clocks;
    clocks.into_iter().find(|clock| clock.rule.as_str() == "hotline.handle").unwrap()
}

async fn paused(walk: &Walk, case: CaseId) -> bool {
    handle_clock(walk, case).await.paused_at.is_some()
}

async fn due(walk: &Walk, case: CaseId) -> jiff::Timestamp {
    handle_clock(walk, case).await.due_at
}

async fn replies(walk: &mut Walk) {
    walk.says("写答复：写清楚办了什么，选结果（已解决、部分解决、解释说明、无法解决）");
    let case = walk.call("门窗损坏", "zjj", Upstream::default()).await;
    walk.does("handler", case, "accept", &[]).await;
    walk.fails("handler", case, "submit", &[("text", ""), ("outcome", "solved")]).await;
    walk.fails("handler", case, "submit", &[("text", "已更换门窗")]).await;
    let outcomes = [">已解决</option>", ">部分解决</option>", ">解释说明</option>", ">无法解决</option>"];
    walk.sees("handler", &path(case), &outcomes).await;
    walk.says("作了承诺的，写明事项和日期");
    let bare = [("text", "已更换门窗"), ("outcome", "solved"), ("promise_1", "再检查一次")];
    walk.fails("handler", case, "submit", &bare).await;
    let dated = [&bare[..], &[("promise_1_by", "2026-11-20")]].concat();
    walk.does("handler", case, "submit", &dated).await;
    walk.sees("reviewer", &path(case), &["承诺：<bdi>再检查一次</bdi>（2026-11-20 前）"]).await;
    walk.says("见下一节");
    let next = super::chapters(GUIDE).into_iter().skip_while(|title| *title != "承办人").nth(1);
    assert_eq!(next, Some("写答复"));
}

async fn figures(walk: &mut Walk) {
    walk.says("“单位”页是本单位的响应率、按时办结率、满意率等，点数字看背后的工单");
    let moved = walk.call("沿街广告牌松动", "zjj", Upstream::default()).await;
    let kept = walk.call("楼道墙皮脱落", "zjj", Upstream::default()).await;
    let back = [("text", "不是我们的"), ("department", "zfj")];
    walk.does("handler", moved, "send_back", &back).await;
    walk.does("duty", moved, "reassign", &[("text", "按职责"), ("department", "zfj")]).await;
    let (moved, kept) = (walk.number(moved).await, walk.number(kept).await);
    walk.at(25, 9, 0).await;
    let page = "/departments?from=2026-11-01&to=2026-11-30";
    walk.sees("handler", page, &["住建局", "响应率", "按时办结率", "满意率", "/departments/cases?"]).await;
    walk.misses("handler", page, &["教育局"]).await;
    let behind = |rate: &str| format!("/departments/cases?from=2026-11-01&to=2026-11-30&rate={rate}");
    walk.sees("handler", &behind("on_time"), &["楼道墙皮脱落", &kept]).await;
    walk.says("到期时工单在本单位手里才算本单位的");
    walk.misses("handler", &behind("on_time"), &[&moved]).await;
    walk.sees("zonghe", &behind("on_time"), &[&moved]).await;
    walk.says("等待群众和延期用去的时间写在旁边");
    walk.sees("handler", page, &["等待 1 件共 3 天，延期 1 件共 3 天"]).await;
    walk.says("已经转给别的单位的，只列编号");
    walk.sees("handler", &behind("sent_back"), &[&moved, "不在您的查看范围内"]).await;
    walk.misses("handler", &behind("sent_back"), &["沿街广告牌松动"]).await;
}

async fn helps(walk: &mut Walk) {
    walk.says("协办单位的承办人用协办签收、协办反馈、协办不承担");
    let case = walk.call("车库积水", "zjj", Upstream::default()).await;
    walk.does("handler", case, "accept", &[]).await;
    let ask = [("department", "zfj"), ("text", "看看有没有违建")];
    walk.does("duty", case, "add_helper", &ask).await;
    walk.does("zonghe", case, "helper_refuse", &[("text", "没有违建")]).await;
    let other = walk.call("围墙倾斜", "zjj", Upstream::default()).await;
    walk.does("handler", other, "accept", &[]).await;
    walk.does("duty", other, "add_helper", &ask).await;
    walk.does("zonghe", other, "helper_accept", &[]).await;
    walk.does("zonghe", other, "helper_answer", &[("text", "已现场查看")]).await;
    walk.sees("handler", &path(other), &["已现场查看"]).await;
    walk.says("主办单位可以不等协办意见先行答复");
    let alone = walk.call("水箱渗漏", "zjj", Upstream::default()).await;
    walk.does("handler", alone, "accept", &[]).await;
    walk.does("duty", alone, "add_helper", &ask).await;
    walk.does("handler", alone, "submit", &[("text", "水箱已更换"), ("outcome", "solved")]).await;
    walk.does("reviewer", alone, "approve", &[]).await;
    assert_eq!(walk.state(alone).await, "replied");
}
