//! docs/研判员手册.md: where matters go by themselves, what is proposed for the others, and how well it went.

use jiff::civil::date;
use qingting_models::clock::from_local;
use qingting_models::county::FILES;
use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::{Channel, Kind, Mode, Role, Upstream};
use qingting_models::store::NewJudgement;

use super::kit::{Walk, content, verdict};
use super::morning::GUIDE;
use crate::office::{Office, add_user};

const NOVEMBER: &str = "from=2026-11-01&to=2026-11-30";

/// Lets the program route what waits for it.
async fn route(walk: &Walk) {
    while walk.desk().route_next("t", 100).await.unwrap().taken > 0 {}
}

#[tokio::test]
async fn matters_go_where_rules_and_people_say() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "派单");
    add_user(&walk.office.store, "zonghe", &[Role::Handler], Some("zfj")).await;
    route(&walk).await;
    let by_rule = by_themselves(&mut walk).await;
    starts(&mut walk).await;
    walk.says("保密件不能派给文中被反映的单位（纪委除外）");
    let named = content("石浦镇干部收礼，县纪委请查", Upstream::default());
    let conduct = walk.item(walk.office.source, named, verdict("conduct")).await;
    let assign = format!("/items/{conduct}/assign");
    let to = |department| [("version", "1"), ("department", department), ("reason", "")];
    let refused = walk.office.post("discipline", &assign, &to("shipu")).await;
    assert!(refused.status == 422 && walk.case_of(conduct).await.is_none(), "{}", refused.body);
    walk.goes("discipline", &assign, &to("jw")).await;
    proposals(&mut walk).await;
    rules(&mut walk).await;
    figures(&mut walk).await;
    charged(&mut walk).await;
    sent(&mut walk, by_rule).await;
    walk.ends();
}

async fn by_themselves(walk: &mut Walk) -> CaseId {
    walk.says("模型有把握、分流规则指明了单位的热线、投诉、信访件，系统自动派单");
    let complaints = walk.source("网上投诉", Channel::Complaint, Mode::Handle).await;
    let petitions = walk.petitions().await;
    let mut cases = Vec::new();
    for source in [walk.office.source, complaints, petitions] {
        let title = format!("房屋交付晚了{source}");
        let item = walk.item(source, content(&title, Upstream::default()), verdict("housing")).await;
        assert_eq!(walk.case_of(item).await, None);
        route(walk).await;
        let case = walk.case_of(item).await.unwrap();
        assert_eq!(walk.file(case).await.case.lead.as_str(), "zjj");
        walk.sees("handler", "/inbox", &[&title]).await;
        cases.push(case);
    }
    walk.says("新闻、表扬、拿不准的都等人来定");
    let news = walk.source("县报", Channel::News, Mode::Handle).await;
    let praise = NewJudgement { kind: Kind::Praise, ..verdict("housing") };
    let doubt = NewJudgement { unsure: true, ..verdict("housing") };
    let silent = verdict("transport");
    for (source, title, said) in [
        (news, "报纸上的房价", verdict("housing")),
        (walk.office.source, "感谢修好房子", praise),
        (walk.office.source, "说不清的房子", doubt),
        (walk.office.source, "没有规则的路", silent),
    ] {
        let item = walk.item(source, content(title, Upstream::default()), said).await;
        route(walk).await;
        assert_eq!(walk.case_of(item).await, None, "{title}");
        walk.sees("duty", "/items", &[title]).await;
    }
    cases[0]
}

async fn starts(walk: &mut Walk) {
    walk.says("派单后对群众的时限从上级平台派单时起算，没有的从首次发现时起算");
    let friday = from_local(date(2026, 10, 30).at(15, 0, 0, 0)).unwrap();
    let sent = Upstream { dispatched_at: Some(friday), ..Upstream::default() };
    let (case, _) = walk.matter(walk.office.source, "周五派来的事", "zjj", sent).await;
    assert_eq!(handled_from(walk, case).await, friday);
    let item =
        walk.item(walk.office.source, content("早上来的事", Upstream::default()), verdict("urban")).await;
    let seen = walk.stored(item).await.first_seen_at;
    walk.at(2, 15, 0).await;
    walk.goes("duty", &format!("/items/{item}/assign"), &[("version", "1"), ("department", "zfj")]).await;
    let case = walk.case_of(item).await.unwrap();
    assert_eq!(handled_from(walk, case).await, seen, "and not from when a person got round to it");
}

async fn handled_from(walk: &Walk, case: CaseId) -> jiff::Timestamp {
    let clocks = walk.file(case).await.clocks;
    clocks.iter().find(|clock| clock.rule.as_str() == "hotline.handle").unwrap().started_at
}

/// A matter that no rule names a department for, from this town.
async fn unruled(walk: &Walk, title: &str, town: &str) -> ItemId {
    let said = NewJudgement { sender_town: Some(town.into()), ..verdict("other") };
    let one = walk.office.store.ids().next::<ItemId>(walk.office.store.now());
    walk.item(walk.office.source, content(&format!("{title}{one}"), Upstream::default()), said).await
}

/// Three matters of the town, given by a person.
async fn given(walk: &Walk, town: &str, departments: [&str; 3]) {
    for department in departments {
        let item = unruled(walk, "由人派的一件", town).await;
        let form = [("version", "1"), ("department", department)];
        walk.goes("duty", &format!("/items/{item}/assign"), &form).await;
    }
}

async fn proposals(walk: &mut Walk) {
    walk.says("没有规则指明单位时，打开一条或者一起办，系统先看近半年同话题、同地的信息由人派给了哪里：有三件以上、多数交给同一个单位的，先建议它");
    let chosen = async |walk: &Walk, code: &str| {
        let item = unruled(walk, "新的一件", "石浦镇").await;
        let page = walk.page("duty", &format!("/items/{item}")).await;
        let form = page.split("id=\"assign-to\"").nth(1).unwrap().split("</select>").next().unwrap();
        assert!(form.contains(&format!("value=\"{code}\" selected")), "{form}");
        let hint = page.split("id=\"assign-to\"").nth(1).unwrap().split("class=\"hint\">").nth(1).unwrap();
        (item, hint.split('<').next().unwrap().to_owned())
    };
    let now = walk.office.store.now();
    walk.office.store.clock.set(now - jiff::SignedDuration::from_hours(24 * 185));
    given(walk, "石浦镇", ["jtj"; 3]).await;
    walk.office.store.clock.set(now);
    given(walk, "爵溪街道", ["jtj"; 3]).await;
    given(walk, "石浦镇", ["jtj", "jtj", "zfj"]).await;
    let (_, by_model) = chosen(walk, "zjj").await;
    assert!(by_model.starts_with("模型建议：住建"), "too long ago, elsewhere, too few: {by_model}");
    given(walk, "石浦镇", ["jtj", "zfj", "zfj"]).await;
    let (_, by_model) = chosen(walk, "zjj").await;
    assert!(by_model.starts_with("模型建议：住建"), "three of six are not most: {by_model}");
    given(walk, "石浦镇", ["jtj", "jtj", "zfj"]).await;
    let (item, learned) = chosen(walk, "jtj").await;
    assert_eq!(learned, "近半年石浦镇的同话题信息由人决定的 9 件里，5 件交给该单位");
    let row = format!("{item}.1");
    let batch = [("row", row.as_str()), ("do", "assign"), ("department", ""), ("note", "")];
    walk.goes("duty", "/items/batch", &batch).await;
    assert_eq!(walk.file(walk.case_of(item).await.unwrap()).await.case.lead.as_str(), "jtj");
    walk.says("不然用模型的建议，单子的行里也是");
    let item = unruled(walk, "行里的一件", "石浦镇").await;
    let list = walk.page("duty", "/items").await;
    let row = list.split(&format!("/items/{item}/assign")).nth(1).unwrap().split("</form>").next().unwrap();
    assert!(row.contains("value=\"zjj\" selected"), "{row}");
}

async fn rules(walk: &mut Walk) {
    walk.says("分流规则在“分流”页可以查看，由管理员修改");
    walk.sees("duty", "/routing", &["房产买卖、交付、公积金和保障房"]).await;
    walk.misses("duty", "/routing", &["/routing/new"]).await;
    let form = [
        ("version", "0"),
        ("priority", "1"),
        ("topic", "transport"),
        ("department", "jtj"),
        ("words", "路"),
        ("note", "路归交通"),
        ("reason", "试点"),
        ("do", "save"),
    ];
    let stolen = walk.office.post("duty", "/routing/new", &form).await;
    assert!(stolen.status.is_client_error(), "{}", stolen.status);
    walk.misses("duty", "/routing", &["路归交通"]).await;
    walk.goes("admin", "/routing/new", &form).await;
    walk.sees("duty", "/routing", &["路归交通"]).await;
}

/// The cell of a rate in the row of a department.
async fn cell(walk: &Walk, query: &str, department: &str, rate: &str) -> String {
    let page = walk.page("duty", &format!("/departments?{query}")).await;
    let table = page.split("<h2>派单</h2>").next().unwrap();
    let row = table.split(&format!("<bdi>{department}</bdi></th>")).nth(1);
    let row = row.unwrap_or_else(|| panic!("no row of {department}: {table}")).split("</tr>").next().unwrap();
    let cell = row.split(&format!("data-label=\"{rate}\">")).nth(1).unwrap();
    cell.split("</td>").next().unwrap().to_owned()
}

async fn figures(walk: &mut Walk) {
    let silent = walk.call("没有人联系的漏水", "zjj", Upstream::default()).await;
    walk.does("handler", silent, "accept", &[]).await;
    let long = walk.call("等材料的漏水", "zjj", Upstream::default()).await;
    walk.does("handler", long, "accept", &[]).await;
    walk.does("handler", long, "contact", &[("text", "已联系")]).await;
    walk.does("handler", long, "wait", &[("text", "补交材料"), ("until", "2026-11-04")]).await;
    walk.at(5, 9, 0).await;
    walk.does("handler", long, "ask_extension", &[("days", "3"), ("text", "等鉴定报告")]).await;
    walk.does("duty", long, "grant_extension", &[]).await;
    walk.says("“单位”页按选定的期间列出全部和各单位的响应率、按时办结率、解决率、满意率、退单率、重办率、重复投诉率，写着分子");
    let rates = ["响应率", "按时办结率", "解决率", "满意率", "退单率", "重办率", "重复投诉率"];
    for department in ["全部", "住建局", "综合执法局"] {
        for rate in rates {
            cell(walk, NOVEMBER, department, rate).await;
        }
    }
    let contact = cell(walk, NOVEMBER, "住建局", "响应率").await;
    assert!(contact.contains("<bdi>50.0%</bdi>"), "one was told in time, one was not: {contact}");
    assert!(contact.contains(">1</a>/<a ") && contact.contains(">2</a>"), "{contact}");
    assert!(cell(walk, NOVEMBER, "全部", "响应率").await.contains(">1</a>/<a "));
    let before = walk.page("duty", "/departments?from=2026-01-01&to=2026-01-31").await;
    assert!(!before.contains("<bdi>50.0%</bdi>"), "nothing was due then");
    let behind = contact.split("href=\"").nth(2).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    walk.sees("duty", &behind.replace("&#38;", "&"), &["没有人联系的漏水", "等材料的漏水"]).await;

    walk.says("低于下限的标红，下限在 `county.toml` 的 `[floors]` 里");
    assert!(contact.contains("<span class=\"tag red\"><bdi>50.0%"), "{contact}");
    let shipped = FILES.iter().find(|(name, _)| *name == "county.toml").unwrap().1;
    let lower = shipped.replace("contact = 92", "contact = 50");
    assert!(shipped.contains("[floors]\ncontact = 92"));
    let form = [
        ("name", "county.toml"),
        ("version", "0"),
        ("reason", "下限改低"),
        ("do", "save"),
        ("text", &*lower),
    ];
    walk.goes("admin", "/county/file", &form).await;
    let contact = cell(walk, NOVEMBER, "住建局", "响应率").await;
    assert!(contact.contains("50.0%") && !contact.contains("tag red"), "{contact}");
    walk.at(25, 9, 0).await;
    walk.says("按时的指标旁边写着等待群众和延期用去的时间");
    let on_time = cell(walk, NOVEMBER, "住建局", "按时办结率").await;
    assert!(on_time.contains("等待 1 件共 2 天，延期 1 件共 3 天"), "{on_time}");
}

/// Whether a case is behind the figure of reply times of a department; the duty desk is `-`.
async fn charges(walk: &Walk, department: &str, case: CaseId) -> bool {
    let query = format!("/departments/cases?rate=on_time&{NOVEMBER}&department={department}");
    let number = walk.number(case).await;
    walk.page("duty", &query).await.contains(&number)
}

async fn charged(walk: &mut Walk) {
    walk.says("到期时工单在谁手里就算谁的");
    let give = |text: &'static str| [("text", text), ("department", "zfj")];
    walk.office.store.clock.set(from_local(date(2026, 11, 9).at(9, 0, 0, 0)).unwrap());
    let moved = walk.call("转给执法局的招牌", "zjj", Upstream::default()).await;
    let desk = walk.call("退回以后没有人管的招牌", "zjj", Upstream::default()).await;
    let kept = walk.call("一直在住建局的招牌", "zjj", Upstream::default()).await;
    for case in [moved, desk] {
        walk.does("handler", case, "send_back", &give("不是我们的")).await;
    }
    walk.does("duty", moved, "reassign", &give("按职责")).await;
    let old = from_local(date(2026, 11, 2).at(9, 0, 0, 0)).unwrap();
    let long_ago = Upstream { dispatched_at: Some(old), ..Upstream::default() };
    walk.at(16, 8, 0).await;
    assert!(!charges(walk, "zjj", kept).await, "not due yet");
    walk.at(25, 9, 0).await;
    assert!(charges(walk, "zjj", kept).await && !charges(walk, "zfj", kept).await);
    assert!(charges(walk, "zfj", moved).await && !charges(walk, "zjj", moved).await);
    walk.says("退回以后、改派以前，以及派单以前到期的，算值班室的");
    walk.does("duty", desk, "reassign", &give("按职责")).await;
    let (late, _) = walk.matter(walk.office.source, "拖了很久才派的招牌", "zjj", long_ago).await;
    for case in [desk, late] {
        assert!(charges(walk, "-", case).await);
        assert!(!charges(walk, "zjj", case).await && !charges(walk, "zfj", case).await);
    }
    cell(walk, NOVEMBER, "值班室", "按时办结率").await;
}

/// How cases were sent to a department, as its page counts: by rule, sent back of these, how right the rules were, by
/// people, sent back of these.
async fn sent_to(walk: &Walk, query: &str, department: &str) -> [String; 5] {
    let page = walk.page("duty", &format!("/departments?{query}")).await;
    let table = page.split("<h2>派单</h2>").nth(1).unwrap();
    let row = table.split("<tr>").find(|row| row.contains(&format!("<bdi>{department}</bdi>"))).unwrap();
    let cells: Vec<_> = row.split("data-label=\"").skip(2).collect();
    std::array::from_fn(|n| cells[n].split_once('>').unwrap().1.split('<').next().unwrap().to_owned())
}

async fn sent(walk: &mut Walk, by_rule: CaseId) {
    walk.says("下面是同一期间按规则、由人派给各单位的工单，退回了多少，规则准不准");
    let count = |cells: &[String; 5], n: usize| cells[n].parse::<i64>().unwrap();
    let before = sent_to(walk, NOVEMBER, "住建局").await;
    assert_eq!((&*before[0], &*before[1], &*before[2]), ("3", "0", "100%"));
    walk.does("handler", by_rule, "send_back", &[("text", "不是我们的"), ("department", "zfj")]).await;
    let after = sent_to(walk, NOVEMBER, "住建局").await;
    assert_eq!((&*after[0], &*after[1], &*after[2]), ("3", "1", "67%"));
    assert_eq!(
        (count(&after, 3), count(&after, 4)),
        (count(&before, 3), 2),
        "those that were sent back above"
    );
    walk.call("今天又派的招牌", "zjj", Upstream::default()).await;
    let more = sent_to(walk, NOVEMBER, "住建局").await;
    assert_eq!(count(&more, 3), count(&after, 3) + 1);
    assert_eq!(sent_to(walk, "from=2026-01-01&to=2026-01-31", "住建局").await[0], "0");
}
