//! docs/研判员手册.md: the wordings that are agreed, those that are usual, and what was promised.

use qingting_models::records::Upstream;

use super::kit::{Walk, path};
use super::morning::GUIDE;
use crate::office::Office;

const TEXT: &str = "逾期交付的，开发企业应当按合同约定支付违约金。";

fn line<'a>(name: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("name", name),
        ("text", TEXT),
        ("valid_from", "2026-11-01"),
        ("agreed_by", "住建局、县府办"),
        ("agreed_on", "2026-11-01"),
    ];
    form.retain(|(field, _)| more.iter().all(|(other, _)| other != field));
    form.extend_from_slice(more);
    form
}

#[tokio::test]
async fn lines_templates_and_promises_are_kept() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "口径、模板和承诺");
    let housing = walk.office.housing.0;
    walk.does("handler", housing, "accept", &[]).await;
    walk.says(
        "“口径”页是各单位商定的统一说法：名称、正文、话题、哪些单位的事项、有效期、由谁商定和哪一天商定",
    );
    let fields = ["name", "text", "topic", "department", "valid_from", "valid_to", "agreed_by", "agreed_on"];
    let form = walk.page("duty", "/lines/new").await;
    for field in fields {
        assert!(form.contains(&format!("name=\"{field}\"")), "{field}: {form}");
    }
    walk.says("新建即为确认");
    let made = walk.goes("duty", "/lines/new", &line("逾期交付", &[])).await;
    let id = made.split('?').next().unwrap().to_owned();
    walk.sees("handler", &path(housing), &[TEXT]).await;
    walk.says("部门审核人提出的标着“待确认”，打开、补齐商定的单位和日期再保存，就是确认");
    let bare = [("agreed_by", ""), ("agreed_on", ""), ("text", "本局对此统一说法如下。")];
    let proposed = walk.goes("reviewer", "/lines/new", &line("本局口径", &bare)).await;
    let proposed = proposed.split('?').next().unwrap().to_owned();
    walk.sees("duty", "/lines", &["本局口径", "待确认"]).await;
    walk.misses("handler", &path(housing), &["本局对此统一说法如下。"]).await;
    let still = line("本局口径", &[&bare[..], &[("version", "1")]].concat());
    assert_eq!(walk.office.post("duty", &proposed, &still).await.status, 422);
    let whole = line("本局口径", &[("version", "1"), ("text", "本局对此统一说法如下。")]);
    walk.goes("duty", &proposed, &whole).await;
    walk.sees("handler", &path(housing), &["本局对此统一说法如下。"]).await;
    walk.says("修改成为新的一版，旧版都留着");
    let newer = line("逾期交付", &[("version", "1"), ("text", "按补充协议支付违约金和利息。")]);
    walk.goes("duty", &id, &newer).await;
    walk.sees("duty", &id, &["第 1 版", "第 2 版", TEXT, "按补充协议支付违约金和利息。"]).await;
    walk.says("不能再用的点撤回，写明原因");
    let gone = format!("{id}/withdraw");
    let silent = walk.office.post("duty", &gone, &[("version", "2"), ("reason", "")]).await;
    assert_eq!(silent.status, 422, "{}", silent.body);
    walk.goes("duty", &gone, &[("version", "2"), ("reason", "合同范本已改")]).await;
    walk.sees("duty", &id, &["合同范本已改"]).await;
    walk.says("只有今天有效的会推荐给承办人，过期、撤回的用进答复里会被指出来");
    let over = [("valid_to", "2026-11-01"), ("text", "过渡期内由物业服务企业先行垫付。")];
    walk.goes("duty", "/lines/new", &line("过渡期", &over)).await;
    walk.misses("handler", &path(housing), &["按补充协议支付违约金和利息", "先行垫付"]).await;
    let check = [
        ("do", "check"),
        ("draft_version", "0"),
        ("text", "按补充协议支付违约金和利息。过渡期内由物业服务企业先行垫付。"),
    ];
    let found = walk.office.post_and_go("handler", &format!("{}/draft", path(housing)), &check).await.body;
    assert!(found.contains("该口径已撤回") && found.contains("有效期到 2026-11-01 为止"), "{found}");
    walk.says("只用于一个事件的，填事件页地址里的编号");
    assert!(form.contains("name=\"incident\"") && form.contains("写事件页地址里的编号"));
    let none = line("一个事件", &[("incident", "没有这个"), ("text", "只用于一个事件的统一说法。")]);
    assert_eq!(walk.office.post("duty", "/lines/new", &none).await.status, 422);
    walk.says("反映干部作风的保密口径由纪检专员维护，别人看不到");
    let secret = line("吃拿卡要的说法", &[("confidential", "on"), ("department", "jw")]);
    assert_eq!(walk.office.post("duty", "/lines/new", &secret).await.status, 422);
    walk.goes("discipline", "/lines/new", &secret).await;
    walk.sees("discipline", "/lines", &["吃拿卡要的说法"]).await;
    for login in ["duty", "leader", "handler", "reviewer"] {
        walk.misses(login, "/lines", &["吃拿卡要的说法"]).await;
    }
    templates(&mut walk).await;
    promises(&mut walk).await;
    walk.ends();
}

async fn templates(walk: &mut Walk) {
    walk.says("“答复模板”页维护各单位的常用写法，花括号里的占位符填入时换成工单内容");
    let own = [("name", "收件写法"), ("text", "您的工单{工单号}已收到"), ("department", "zjj")];
    walk.goes("duty", "/templates/new", &own).await;
    let housing = walk.office.housing.0;
    let filled = format!("您的工单{}已收到", walk.number(housing).await);
    walk.sees("handler", &path(housing), &[&filled]).await;
    walk.says("写错的占位符存不进去，会列出可以用的");
    let wrong = [("name", "甲"), ("text", "您好，{姓名}")];
    let refused = walk.office.post("duty", "/templates/new", &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("{姓名}") && refused.body.contains("{工单号} {标题}"), "{}", refused.body);
    walk.misses("duty", "/templates", &["您好，{姓名}"]).await;
}

async fn promises(walk: &mut Walk) {
    walk.says("“承诺”页列出答复里写了日期的承诺，结案之后也在");
    let case = walk.call("护栏松动", "zjj", Upstream::default()).await;
    walk.does("handler", case, "accept", &[]).await;
    let reply = [
        ("text", "护栏已临时加固"),
        ("outcome", "partly"),
        ("promise_1", "更换护栏"),
        ("promise_1_by", "2026-11-10"),
    ];
    walk.does("handler", case, "submit", &reply).await;
    walk.does("reviewer", case, "approve", &[]).await;
    walk.sees("duty", "/promises", &["更换护栏", "2026-11-10"]).await;
    walk.does("duty", case, "call_back", &[("grade", "satisfied"), ("outcome", "partly")]).await;
    assert_eq!(walk.state(case).await, "closed");
    walk.sees("duty", "/promises", &["更换护栏"]).await;
    walk.says("逾期没有登记兑现的，总览上有数");
    walk.sees("duty", "/", &["<b>0</b><span>逾期承诺</span>"]).await;
    walk.at(11, 9, 0).await;
    walk.sees("duty", "/", &["<b>1</b><span>逾期承诺</span>"]).await;
}
