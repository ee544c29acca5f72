//! docs/部门办件手册.md: writing a reply, reviewing it, and what both should know.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use jiff::civil::date;
use qingting_models::clock::{from_local, minute_text};
use qingting_models::ids::CaseId;
use qingting_models::records::{Role, Upstream};
use qingting_models::store::NewJudgement;

use super::kit::{Walk, content, path, verdict};
use super::week::GUIDE;
use crate::office::{Office, add_user};
use crate::replies::classifier;

const RULE_TEXT: &str = "逾期交付的，开发企业应当按合同约定支付违约金。";

/// What was answered to like matters, each in words of its own.
const EARLIER: [(&str, &str); 4] = [
    ("一期", "消防验收没有通过，已责令整改，验收合格后交付。"),
    ("二期", "查明资金被挪用，监管账户已冻结，由银行分批拨付工程款。"),
    ("三期", "市政管网改造绕行，施工许可重新核发，年底前完工。"),
    ("四期", "双方达成协议，开发企业按日付给购房人违约金。"),
];

/// What a line holds.
fn line<'a>(name: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let agreed = [
        ("name", name),
        ("text", RULE_TEXT),
        ("valid_from", "2026-11-01"),
        ("agreed_by", "住建局、县府办"),
        ("agreed_on", "2026-11-01"),
    ];
    [&agreed[..], more].concat()
}

async fn answered(walk: &Walk, title: &str, department: &str, text: &str) -> CaseId {
    let case = walk.call(title, department, Upstream::default()).await;
    let (handler, reviewer) = match department {
        "zjj" => ("handler", "reviewer"),
        _ => ("theirs", "their-reviewer"),
    };
    walk.does(handler, case, "accept", &[]).await;
    walk.does(handler, case, "submit", &[("text", text), ("outcome", "partly")]).await;
    walk.does(reviewer, case, "approve", &[]).await;
    case
}

#[tokio::test]
async fn a_reply_is_written_with_help_and_looked_at_before_it_goes() {
    let mut walk = Walk::new(Office::wise(classifier()).await, GUIDE, "写答复");
    let store = &walk.office.store;
    add_user(store, "theirs", &[Role::Handler], Some("jyj")).await;
    add_user(store, "their-reviewer", &[Role::Reviewer], Some("jyj")).await;
    add_user(store, "second", &[Role::Handler], Some("zjj")).await;
    helps(&mut walk).await;
    drafts(&mut walk).await;
    checks(&mut walk).await;
    promises(&mut walk).await;
    walk.ends();
}

async fn helps(walk: &mut Walk) {
    let housing = walk.office.housing.0;
    walk.says("可以参考的：签收后，写答复的框旁边列出用得上的口径、三件相近工单的答复、模板，都写着出处");
    walk.office.post("duty", "/lines/new", &line("逾期交付", &[("topic", "housing")])).await;
    walk.office.post("duty", "/templates/first", &[]).await;
    for (estate, text) in EARLIER {
        answered(walk, &format!("商品房 逾期交付 {estate}"), "zjj", text).await;
    }
    walk.misses("handler", &path(housing), &["可以参考的"]).await;
    walk.does("handler", housing, "accept", &[]).await;
    let beside =
        ["可以参考的", RULE_TEXT, "住建局、县府办 商定", "住建：商品房质量与交付", "以往答复", "2026-11-02"];
    walk.sees("handler", &path(housing), &beside).await;
    let page = walk.page("handler", &path(housing)).await;
    assert_eq!(page.matches("<span class=\"tag accent\">以往答复</span>").count(), 3, "{page}");

    walk.says("点“填入”或按 Ctrl+Alt+数字，文字接到答复后面，再按本工单的情况改");
    assert!(page.contains("data-insert=\"hint-1\" data-insert-key=\"1\""), "{page}");
    let link = page.split("?insert=").find(|rest| rest.starts_with("line-")).unwrap();
    let link = link.split(['#', '"']).next().unwrap();
    let draft = [("do", "save"), ("draft_version", "0"), ("text", "已约谈开发商。")];
    walk.office.post("handler", &format!("{}/draft", path(housing)), &draft).await;
    let filled = walk.page("handler", &format!("{}?insert={link}", path(housing))).await;
    let area = filled.split("<textarea id=\"submit-text\"").nth(1).unwrap();
    let area = area.split("</textarea>").next().unwrap();
    assert!(area.find("已约谈开发商。").unwrap() < area.find(RULE_TEXT).unwrap(), "{area}");

    walk.says("以往答复只取本单位看得到的、审核通过的，不取保密件");
    let foreign = answered(walk, "商品房 逾期交付 学区房", "jyj", "学区房的答复").await;
    let unread = walk.call("商品房 逾期交付 未审", "zjj", Upstream::default()).await;
    walk.does("handler", unread, "accept", &[]).await;
    let text = [("text", "还没有审核的答复"), ("outcome", "solved")];
    walk.does("handler", unread, "submit", &text).await;
    let hidden = ["学区房的答复", "还没有审核的答复", &format!("answer-{foreign}")];
    walk.misses("handler", &path(housing), &hidden).await;
    // One's own department answered it, so that its people may read it; an example it is for nobody.
    let said = NewJudgement { search_words: "商品房 逾期交付 收礼".into(), ..verdict("conduct") };
    let title = "商品房逾期交付，房管干部收礼";
    let item = walk.item(walk.office.source, content(title, Upstream::default()), said).await;
    let assign = [("version", "1"), ("department", "zjj"), ("reason", "核查")];
    walk.goes("discipline", &format!("/items/{item}/assign"), &assign).await;
    let secret = walk.case_of(item).await.unwrap();
    walk.does("handler", secret, "accept", &[]).await;
    let own = "已对收礼的干部立案核查。";
    walk.does("handler", secret, "submit", &[("text", own), ("outcome", "partly")]).await;
    walk.does("reviewer", secret, "approve", &[]).await;
    walk.sees("handler", &path(secret), &[own]).await;
    let asks = walk.call("商品房 逾期交付 收礼", "zjj", Upstream::default()).await;
    walk.does("handler", asks, "accept", &[]).await;
    walk.sees("handler", &path(asks), &["以往答复"]).await;
    for case in [housing, asks] {
        walk.misses("handler", &path(case), &[own, &format!("answer-{secret}")]).await;
    }
}

async fn drafts(walk: &mut Walk) {
    let case = walk.call("电梯停运", "zjj", Upstream::default()).await;
    walk.does("handler", case, "accept", &[]).await;
    let draft = format!("{}/draft", path(case));
    walk.says("草稿：写的时候每隔几秒自动保存，也可以点“保存草稿”");
    let hooks = [format!("data-draft=\"{draft}\""), "name=\"do\" value=\"save\"".to_owned()];
    walk.sees("handler", &path(case), &[&hooks[0], &hooks[1], "保存草稿"]).await;
    let typed = [("do", "quiet"), ("draft_version", "0"), ("text", "正在查电梯")];
    let kept = walk.office.post("handler", &draft, &typed).await;
    assert!(kept.status == StatusCode::OK && kept.body.contains("\"version\":1"), "{}", kept.body);
    walk.says("只有本单位的承办人看得到，提交后就删掉");
    walk.sees("second", &path(case), &["正在查电梯"]).await;
    for login in ["reviewer", "duty", "leader"] {
        walk.misses(login, &path(case), &["正在查电梯"]).await;
    }
    let gone = walk.call("门禁失灵", "zjj", Upstream::default()).await;
    walk.does("handler", gone, "accept", &[]).await;
    walk.office.post("handler", &format!("{}/draft", path(gone)), &typed).await;
    walk.does("handler", gone, "submit", &[("text", "已修好门禁"), ("outcome", "solved")]).await;
    walk.does("reviewer", gone, "needs_work", &[("text", "再写")]).await;
    walk.misses("handler", &path(gone), &["正在查电梯"]).await;
    walk.says("两个人同时写，后保存的为准，另一份留在“另存的草稿”里");
    let other = [("do", "save"), ("draft_version", "0"), ("text", "同事写的")];
    walk.office.post("second", &draft, &other).await;
    let page = walk.page("handler", &path(case)).await;
    let area = page.split("<textarea id=\"submit-text\"").nth(1).unwrap();
    assert!(area.split("</textarea>").next().unwrap().contains("同事写的"), "{page}");
    let aside = page.split("另存的草稿（1）").nth(1).unwrap();
    assert!(aside.split("</details>").next().unwrap().contains("正在查电梯"), "{aside}");
    walk.says("登录过期时文字还在页面上，按提示在新窗口登录后接着写");
    // The script keeps what is typed when it is turned away, and offers the log-in.
    let turned = Request::post(&draft).header("cookie", "qingting=over").header("host", "qt.test");
    let turned = turned.header("content-type", "application/x-www-form-urlencoded");
    let turned = walk.office.send(turned.body(Body::from("do=quiet")).unwrap()).await;
    assert!(turned.status.is_redirection() || turned.status == StatusCode::UNAUTHORIZED, "{}", turned.status);
    let script = walk.script("handler").await;
    assert!(script.contains("登录已结束，草稿没有保存，文字还在这里") && script.contains("在新窗口登录"));
}

async fn checks(walk: &mut Walk) {
    let case = walk.call("屋面漏水", "zjj", Upstream::default()).await;
    walk.does("handler", case, "accept", &[]).await;
    walk.says("可公开的内容：要对外公开的另写一段，不含诉求人的姓名、电话、住址");
    walk.sees("handler", &path(case), &["可公开的内容", "不含诉求人的姓名、电话、住址"]).await;
    walk.says("不公开就空着");
    let plain = walk.call("走廊没灯", "zjj", Upstream::default()).await;
    walk.does("handler", plain, "accept", &[]).await;
    walk.does("handler", plain, "submit", &[("text", "走廊灯已装好"), ("outcome", "solved")]).await;
    assert!(walk.file(plain).await.replies[0].public_text.is_none());

    walk.says("检查：点“检查”，或第一次点“提交答复”时，会指出要注意的地方");
    walk.sees("handler", &path(case), &["name=\"do\" value=\"check\""]).await;
    let draft = format!("{}/draft", path(case));
    let soon = [("text", "屋面已派人，将尽快修好"), ("outcome", "partly"), ("looked", "-")];
    let checked =
        walk.office.post_and_go("handler", &draft, &[&[("do", "check")], &soon[..]].concat()).await.body;
    assert!(checked.contains("提交前请看一眼") && checked.contains("承诺没有日期"), "{checked}");
    let first = walk.try_to("handler", case, "submit", &soon).await;
    let first = walk.office.follow("handler", first).await;
    assert!(first.body.contains("承诺没有日期") && first.body.contains("答复还没有提交"), "{}", first.body);
    withdrawn_lines(walk, case, &draft).await;
    let asks = walk.call("请问电梯何时能修好", "zjj", Upstream::default()).await;
    walk.does("handler", asks, "accept", &[]).await;
    let mute = [("do", "check"), ("draft_version", "0"), ("text", "来信已经收到。")];
    let mute = walk.office.post_and_go("handler", &format!("{}/draft", path(asks)), &mute).await.body;
    assert!(mute.contains("可能没有答到"), "{mute}");
    told_otherwise(walk).await;
    walk.says("看过再点一次“提交答复”就提交");
    let looked = first.body.split("name=\"looked\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let again = [soon[0], soon[1], ("looked", looked)];
    walk.does("handler", case, "submit", &again).await;
    assert_eq!(walk.state(case).await, "in_review");
    walk.does("reviewer", case, "needs_work", &[("text", "写明日期")]).await;
    walk.says("只有可公开的内容里有个人信息时，要删去或写明保留的理由才能提交");
    let leak =
        [("text", "屋面已修好"), ("outcome", "solved"), ("public_text", "诉求人13800000000反映的屋面已修好")];
    walk.fails("handler", case, "submit", &leak).await;
    let why = [&leak[..], &[("stands_because", "对外公布的公开号码")]].concat();
    walk.does("handler", case, "submit", &why).await;
}

/// What another department said on the same incident, and what this reply says otherwise.
async fn told_otherwise(walk: &Walk) {
    walk.joins(walk.incidents()).await;
    let (ours, theirs) = ("学校旁的水管漏水", "漏水淹了学校操场");
    let other = walk.call(theirs, "jyj", Upstream::default()).await;
    let case = walk.call(ours, "zjj", Upstream::default()).await;
    walk.joins(walk.incidents()).await;
    walk.does("handler", case, "accept", &[]).await;
    let check = async |text: &str| {
        let form = [("do", "check"), ("draft_version", "0"), ("text", text), ("outcome", "partly")];
        walk.office.post_and_go("handler", &format!("{}/draft", path(case)), &form).await.body
    };
    let late = "水管11月25日修好。";
    walk.does("theirs", other, "accept", &[]).await;
    let reply = [
        ("text", "操场11月20日清理完，水管11月20日修好。"),
        ("outcome", "partly"),
        ("public_text", "水管11月20日修好。"),
    ];
    walk.does("theirs", other, "submit", &reply).await;
    assert!(!check(late).await.contains("说法不一"), "nobody has approved it");
    walk.does("their-reviewer", other, "approve", &[]).await;
    let told = check(late).await;
    assert!(told.contains("与其他单位说法不一") && told.contains("11月20日"), "{told}");
    assert!(!told.contains("操场"), "only what may be published: {told}");
    assert!(!check("水管11月20日修好。").await.contains("说法不一"));
    let elsewhere = walk.call("另一处水管", "zjj", Upstream::default()).await;
    walk.joins(walk.incidents()).await;
    walk.does("handler", elsewhere, "accept", &[]).await;
    let form = [("do", "check"), ("draft_version", "0"), ("text", late), ("outcome", "partly")];
    let draft = format!("{}/draft", path(elsewhere));
    let body = walk.office.post_and_go("handler", &draft, &form).await.body;
    assert!(body.contains("检查") && !body.contains("说法不一"), "another incident: {body}");
}

/// A line that was withdrawn, and a text that holds what is personal, are pointed out.
async fn withdrawn_lines(walk: &Walk, case: CaseId, draft: &str) {
    let old = "漏水由物业服务企业先行维修，费用另计。";
    let mut form = line("漏水", &[]);
    form.retain(|(name, _)| *name != "text");
    form.push(("text", old));
    let added = walk.goes("duty", "/lines/new", &form).await;
    let id = added.split('?').next().unwrap();
    let gone = [("version", "1"), ("reason", "办法已改")];
    walk.goes("duty", &format!("{id}/withdraw"), &gone).await;
    let check = async |text: &str| {
        let version = walk.page("handler", &path(case)).await;
        let version = version.split("name=\"draft_version\" value=\"").nth(1).unwrap();
        let version = version.split('"').next().unwrap();
        let form = [("do", "check"), ("draft_version", version), ("text", text), ("public_text", "")];
        walk.office.post_and_go("handler", draft, &form).await.body
    };
    assert!(check(&format!("{old}已派人查看。")).await.contains("该口径已撤回"));
    assert!(check("屋面漏水已修好，请联系13800000000").await.contains("个人信息"));
}

async fn promises(walk: &mut Walk) {
    walk.says("承诺：审核通过后，写了日期的承诺列在“承诺”页，结案以后也在");
    let case = walk.call("护栏松动", "zjj", Upstream::default()).await;
    walk.does("handler", case, "accept", &[]).await;
    let reply = [
        ("text", "护栏已临时加固"),
        ("outcome", "partly"),
        ("promise_1", "更换护栏"),
        ("promise_1_by", "2026-11-10"),
    ];
    walk.does("handler", case, "submit", &reply).await;
    walk.misses("handler", "/promises", &["更换护栏"]).await;
    walk.does("reviewer", case, "approve", &[]).await;
    walk.sees("handler", "/promises", &["更换护栏", "2026-11-10"]).await;
    walk.does("duty", case, "call_back", &[("grade", "satisfied"), ("outcome", "partly")]).await;
    assert_eq!(walk.state(case).await, "closed");
    walk.sees("handler", "/promises", &["更换护栏"]).await;
    walk.says("兑现了点已兑现，写一句怎样兑现的");
    let over = "项承诺过了日期还没有登记兑现";
    walk.at(11, 9, 0).await;
    walk.sees("handler", "/inbox", &[over]).await;
    let mark = format!("/promises/{}/mark", walk.file(case).await.replies[0].id);
    let bare = walk.office.post("handler", &mark, &[("place", "0"), ("became", "kept")]).await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = [("place", "0"), ("became", "kept"), ("note", "11月9日已更换")];
    assert!(walk.office.post("handler", &mark, &kept).await.location().ends_with("promise-marked"));
    walk.says("过了日期没有登记的，在“部门待办”上面提醒");
    walk.misses("handler", "/inbox", &[over]).await;
}

#[tokio::test]
async fn a_reviewer_lets_replies_go_and_keeps_the_wordings() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "审核人");
    let case = walk.office.housing.0;
    walk.does("handler", case, "accept", &[]).await;
    let soon = [("text", "已约谈，将尽快交付"), ("outcome", "partly")];
    walk.does("handler", case, "submit", &soon).await;
    walk.says("在“待审核”里打开工单，审核通过或退回修改（写明意见）");
    walk.sees("reviewer", "/inbox", &["待审核 <span class=\"tag\">1</span>", &path(case)]).await;
    assert_eq!(walk.offered("reviewer", case).await, ["approve", "needs_work"]);
    walk.fails("reviewer", case, "needs_work", &[("text", "")]).await;
    walk.says("检查出来的地方列在答复上面");
    let page = walk.page("reviewer", &path(case)).await;
    assert!(page.find("审核时请看").unwrap() < page.find("已约谈，将尽快交付").unwrap(), "{page}");
    assert!(page.contains("承诺没有日期"), "{page}");
    walk.says("改过再交的，“与上一稿比较”标出删了什么、加了什么");
    walk.does("reviewer", case, "needs_work", &[("text", "写明日期")]).await;
    let dated = [("text", "已约谈，12月底前交付"), ("outcome", "partly")];
    walk.does("handler", case, "submit", &dated).await;
    let page = walk.page("reviewer", &path(case)).await;
    let changes = page.split("与上一稿比较").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(changes.contains("<del>将尽快") && changes.contains("<ins>12月底前"), "{changes}");

    walk.says("本单位的答复模板在“答复模板”页维护");
    let own = [("name", "本局模板"), ("text", "工单{工单号}已收到")];
    let added = walk.office.post("reviewer", "/templates/new", &own).await;
    assert_eq!(added.location(), "/templates?done=template-added");
    walk.sees("reviewer", "/templates", &["本局模板"]).await;
    walk.says("要成为统一说法的，在“口径”页提出，值班室确认后可用");
    let other = walk.call("商品房延期", "zjj", Upstream::default()).await;
    walk.does("handler", other, "accept", &[]).await;
    let proposed = walk.office.post("reviewer", "/lines/new", &line("本局口径", &[])).await;
    assert!(proposed.location().ends_with("?done=line-proposed"), "{}", proposed.body);
    walk.misses("handler", &path(other), &[RULE_TEXT]).await;
    let id = proposed.location().split('?').next().unwrap();
    let agreed = line("本局口径", &[("version", "1"), ("department", "zjj")]);
    assert!(walk.office.post("duty", id, &agreed).await.location().ends_with("line-changed"));
    walk.sees("handler", &path(other), &[RULE_TEXT]).await;

    walk.says("通过后才算答复，办理时限到此为止，由值班室回访");
    let handled = async |walk: &Walk| {
        let clocks = walk.file(case).await.clocks;
        clocks.iter().find(|clock| clock.rule.as_str() == "hotline.handle").unwrap().met_at
    };
    assert_eq!(handled(&walk).await, None);
    walk.does("reviewer", case, "approve", &[]).await;
    assert_eq!(handled(&walk).await, Some(walk.office.store.now()));
    assert!(walk.offered("duty", case).await.contains(&"call_back".to_owned()));
    assert!(!walk.offered("handler", case).await.contains(&"call_back".to_owned()));
    walk.says("群众不满意的工单会回到本单位重办，另有时限");
    walk.does("duty", case, "call_back", &[("grade", "unsatisfied"), ("outcome", "partly")]).await;
    let file = walk.file(case).await;
    assert_eq!((file.case.state.code(), file.case.lead.as_str()), ("assigned", "zjj"));
    assert!(file.clocks.iter().any(|clock| clock.rule.as_str() == "rating.rectify"));
    walk.ends();
}

#[tokio::test]
async fn what_both_should_know_is_so() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "请注意");
    let case = walk.office.housing.0;
    walk.does("handler", case, "accept", &[]).await;
    walk.says("答复和说明中的姓名、电话等会自动隐去，原文密封保存");
    walk.does("handler", case, "contact", &[("text", "已联系13811112222")]).await;
    let reply = [("text", "详询13800001234"), ("outcome", "solved")];
    walk.does("handler", case, "submit", &reply).await;
    walk.misses("handler", &path(case), &["13811112222", "13800001234"]).await;
    walk.sees("handler", &path(case), &["已联系〔", "详询〔"]).await;
    walk.says("保存时提示他人已修改的，先看最新内容");
    let stale = [("action", "needs_work"), ("version", "1"), ("text", "写了很久的意见")];
    let late = walk.office.post("reviewer", &format!("{}/act", path(case)), &stale).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("handler员 在") && late.body.contains("详询〔"), "{}", late.body);
    walk.says("您写的文字还在表单里");
    assert!(late.body.contains("写了很久的意见"), "{}", late.body);
    walk.says("时限从上级平台派单时起算，不是从您看到时起算");
    let friday = from_local(date(2026, 10, 30).at(15, 0, 0, 0)).unwrap();
    let sent = Upstream { dispatched_at: Some(friday), ..Upstream::default() };
    let case = walk.call("周五派来的漏水", "zjj", sent).await;
    let clocks = walk.file(case).await.clocks;
    let handle = clocks.iter().find(|clock| clock.rule.as_str() == "hotline.handle").unwrap();
    assert_eq!((handle.started_at, minute_text(handle.due_at).as_str()), (friday, "2026-11-06 17:00"));
    walk.says("上级平台给定截止时间的，以它为准");
    let given = from_local(date(2026, 11, 4).at(12, 0, 0, 0)).unwrap();
    let sent = Upstream { dispatched_at: Some(friday), due_at: Some(given), ..Upstream::default() };
    let case = walk.call("周三到期的漏水", "zjj", sent).await;
    walk.does("handler", case, "accept", &[]).await;
    walk.does("handler", case, "contact", &[("text", "已联系")]).await;
    assert_eq!(walk.file(case).await.case.due.map(|due| due.1), Some(given));
    walk.sees("handler", &path(case), &["2026-11-04 12:00"]).await;
    walk.says("每一步的条件和时限见 [案件流转](案件流转.md)");
    let flow = include_str!("../../../../docs/案件流转.md");
    for action in ["签收", "退回", "等待群众", "申请延期", "提交答复", "审核通过"] {
        assert!(flow.contains(&format!("| {action} | `")), "{action} has no row");
    }
    walk.ends();
}
