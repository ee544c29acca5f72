//! docs/研判员手册.md: the duty officer logs in and goes through the list.

use axum::body::Body;
use axum::http::Request;
use jiff::SignedDuration;
use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::{PlaceMention, Role, Upstream, Viewer};
use qingting_models::store::{NewJudgement, RANKED};
use qingting_web::access::url_encode;

use super::kit::{Walk, content, path, verdict};
use super::unwalked;
use crate::import::{file_of, upload};
use crate::office::{Office, PASSWORD, add_user, arrival, judge};
use crate::search::bring;

pub(super) const GUIDE: &str = include_str!("../../../../docs/研判员手册.md");

#[test]
fn every_chapter_of_the_morning_is_walked() {
    let tests = [
        include_str!("morning.rs"),
        include_str!("morning_alerts.rs"),
        include_str!("morning_answers.rs"),
        include_str!("morning_cases.rs"),
        include_str!("morning_incidents.rs"),
        include_str!("morning_judging.rs"),
        include_str!("morning_lines.rs"),
        include_str!("morning_notices.rs"),
        include_str!("morning_reports.rs"),
        include_str!("morning_routing.rs"),
        include_str!("mirrored.rs"),
    ];
    assert_eq!(unwalked(GUIDE, &tests), [""; 0]);
}

#[tokio::test]
async fn the_duty_officer_and_the_discipline_officer_do_the_same() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "");
    walk.says("写给值班研判员");
    walk.sees("duty", "/items", &["信息研判", "小区路灯坏了"]).await;
    walk.says("纪检专员对保密件（干部作风类）做同样的事，值班研判员看不到保密件");
    let conduct = walk.office.conduct;
    walk.sees("discipline", "/items", &["反映村干部吃拿卡要", "data-key=\"c\"", "data-key=\"a\""]).await;
    walk.misses("duty", "/items?state=all", &["吃拿卡要", "镇干部作风"]).await;
    assert_eq!(walk.office.get("duty", &format!("/items/{conduct}")).await.status, 404);
    let assign = [("version", "1"), ("department", "jw")];
    let stolen = walk.office.post("duty", &format!("/items/{conduct}/assign"), &assign).await;
    assert_eq!(stolen.status, 404);
    walk.goes("discipline", &format!("/items/{conduct}/assign"), &assign).await;
    walk.ends();
}

fn by_the_model() -> NewJudgement {
    let place =
        PlaceMention {
            town: Some("石浦镇".into()), name: "石浦".into(), start: 0, end: 2, confidence: 0.7
        };
    NewJudgement { search_words: "石浦 停水".into(), places: vec![place], ..verdict("urban") }
}

#[tokio::test]
async fn the_list_is_gone_through_from_the_top() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "看单子");
    walk.says("登录后是“总览”");
    let form = [("login", "duty"), ("password", PASSWORD)];
    let entered = walk.office.request("", qingting_web::routes::Verb::Post, "/login", &form).await;
    assert_eq!((entered.status.as_u16(), entered.location()), (303, "/"), "{}", entered.body);
    walk.sees("duty", "/", &["<title>总览", "单位办理", "href=\"/items\""]).await;
    walk.says("点“信息研判”进入单子，最新的在前，默认只列待处理的");
    walk.at(2, 10, 0).await;
    let call = content("石浦停水三天", Upstream::default());
    let water = walk.item(walk.office.source, call, by_the_model()).await;
    let list = walk.page("duty", "/items").await;
    assert!(list.find("石浦停水").unwrap() < list.find("小区路灯坏了").unwrap(), "the newest first");
    assert!(!list.contains("商品房逾期交付"), "it has a case");
    walk.sees("duty", "/items?state=case", &["商品房逾期交付"]).await;
    filters(&mut walk).await;
    glance(&mut walk).await;
    rows(&mut walk).await;
    keys(&mut walk, water).await;
    together(&mut walk, water).await;
    walk.ends();
}

async fn filters(walk: &mut Walk) {
    walk.says("可以按状态、渠道、话题、乡镇街道、紧急程度筛选，也可以搜索");
    for name in ["state", "channel", "topic", "town", "urgency", "q"] {
        walk.sees("duty", "/items", &[&format!("name=\"{name}\"")]).await;
    }
    for (query, kept) in [
        ("state=all", true),
        ("state=case", false),
        ("channel=hotline", true),
        ("channel=news", false),
        ("topic=urban", true),
        ("topic=wages", false),
        ("urgency=2", false),
        ("q=%E5%81%9C%E6%B0%B4", true),
        ("q=%E7%94%B5%E6%A2%AF", false),
    ] {
        let body = walk.page("duty", &format!("/items?{query}")).await;
        assert_eq!(body.contains("石浦停水三天"), kept, "{query}");
    }
    walk.says("状态里的“拿不准”是模型没有把握、要人来定的");
    let doubt = NewJudgement { unsure: true, ..verdict("order") };
    walk.item(walk.office.source, content("说不清的事", Upstream::default()), doubt).await;
    walk.sees("duty", "/items?state=unsure", &["说不清的事", "拿不准"]).await;
    walk.misses("duty", "/items?state=unsure", &["石浦停水三天"]).await;
    search(walk).await;
}

/// In an office of its own, so that the list stays as it is.
async fn search(walk: &mut Walk) {
    let other = Office::new().await;
    bring(&other, &[("三天 停水", "没有人管，停水没有人管。"), ("停水 三天", ""), ("停水 一天", "")]).await;
    let list = async |q: &str| other.get("duty", &format!("/items?q={}", url_encode(q))).await.body;
    let before = |page: &str, one: &str, two: &str| page.find(one).unwrap() < page.find(two).unwrap();
    walk.says("搜索：写的字词都有的才找得到，词可以只写开头");
    let found = list("停 三").await;
    assert!(found.contains("<mark>停</mark>水 <mark>三</mark>天") && !found.contains("一天"), "{found}");
    walk.says("引号（\"…\"、“…”、「…」）里的要原样出现");
    for quoted in ["\"停水 三天\"", "“停水 三天”", "「停水 三天」"] {
        let found = list(quoted).await;
        assert!(found.contains("<mark>停水 三天</mark>") && !found.contains("三天 停水"), "{found}");
    }
    walk.says("找到的地方在标题和正文里标出来");
    let newest = list("停水").await;
    assert!(
        newest.contains("三天 <mark>停水</mark>") && newest.contains("<mark>停水</mark>没有人管"),
        "{newest}"
    );
    walk.says("默认最新的在前");
    assert!(before(&newest, "水</mark> 三天", "三天 <mark>"), "{newest}");
    walk.says("选“最相关的在前”，标题里有的、说得多的、挨得近的、较新的靠前，只排最新的 1000 条，有更早的没有排进来时会写明");
    let best = format!("/items?order=best&q={}", url_encode("停水"));
    let best = other.get("duty", &best).await.body;
    assert!(
        best.contains("selected>最相关的在前") && before(&best, "三天 <mark>", "水</mark> 三天"),
        "{best}"
    );
    assert_eq!(RANKED, 1_000);
    assert!(!best.contains("没有排进来"), "all are ranked");
    walk.says("写了乡镇、村的名称，可以点开那个乡镇街道的信息");
    bring(&other, &[("石浦 停电", "")]).await;
    assert!(list("石浦").await.contains("看石浦镇的信息"));
    walk.says("“工单”页的搜索也认引号");
    let cases = async |q: &str| other.get("duty", &format!("/cases?state=all&q={q}")).await.body;
    assert!(cases("“商品房逾期交付”").await.contains("商品房逾期交付</"));
    assert!(!cases("“商品房逾期交付”“没有”").await.contains("商品房逾期交付</"));
}

/// In an office of its own, so that the list stays as it is.
async fn glance(walk: &mut Walk) {
    let other = Office::new().await;
    let (now, hour) = (other.store.now(), SignedDuration::from_hours(1));
    let source = other.store.source(other.source).await.unwrap().unwrap();
    let bring = async |days: i32, numbers: std::ops::Range<i32>| {
        other.store.clock.set(now - hour * (24 * days + 1));
        let coming = numbers.map(|n| arrival(&format!("P{n}"), &format!("第{n}盏路灯不亮"), ""));
        other.store.intake(&source, coming.collect(), vec![]).await.unwrap();
        judge(&other.store, |_| "urban").await;
        other.store.clock.set(now);
    };
    bring(60, 0..1).await;
    for weeks in 1..=4 {
        bring(weeks * 7, weeks * 10..weeks * 10 + 2).await;
    }
    bring(0, 100..112).await;
    let page = other.get("duty", "/").await.body;
    walk.says("总览上，“今日新到”旁边写着往常此时的条数：前四周同一个星期几到这个时候的平均");
    assert!(page.contains("<span>今日新到</span><small>往常此时 2</small>"), "{page}");
    walk.says("话题和乡镇的“往常”是前四周平均每七天的条数");
    assert!(
        page.contains("title=\"前四周平均每七天\">往常") && page.contains("<td class=\"num soft\">2</td>"),
        "{page}"
    );
    walk.says("比往常多五条以上、又超出偶然波动的，标“多于往常”");
    assert!(page.contains("<span class=\"tag yellow\">多于往常</span>"), "{page}");
    walk.says("使用不满五周时还没有往常");
    walk.misses("duty", "/", &["往常"]).await;
    walk.says("各乡镇街道照位置排成一张图，颜色越深信息越多，点开就是那里的信息");
    let town = "town=%E7%9F%B3%E6%B5%A6%E9%95%87";
    walk.sees("duty", "/", &["<li class=\"c4 r5 heat", &format!("/items?state=all&#38;{town}")]).await;
    walk.says("值班大屏（总览右上角）给值班室的大屏幕用：每半分钟自己更新，写着谁在值班、谁来接班");
    walk.sees("duty", "/", &["href=\"/wall\">值班大屏"]).await;
    walk.sees("duty", "/wall", &["每半分钟更新一次", "值班表上现在没有人"]).await;
    let wall = walk.page("duty", "/wall").await;
    let script = wall.split("src=\"").find(|part| part.starts_with("/static/wall.")).unwrap();
    let script = walk.page("duty", script.split('"').next().unwrap()).await;
    assert!(script.contains("PACE = 30_000"), "{script}");
    walk.says("不显示保密事项，谁打开都一样");
    walk.misses("discipline", "/wall", &["吃拿卡要", "镇干部作风"]).await;
    walk.says("连不上或登录结束时，顶上会写明下面是几分钟前的数据");
    // How this looks in a browser is tried in tests/browser/wall.rs.
    assert!(script.contains("连不上服务器") && script.contains("登录已结束") && script.contains("分钟前"));
    walk.says("它一直开着，登录不会因为没有人操作而结束，满十二小时仍要重新登录");
    let hours = qingting_web::WebSettings::default();
    assert_eq!((hours.idle_minutes, hours.session_hours), (120, 12));
    // A log-in of the tests ends after an hour without use, and after two in any case.
    let cookie = other.cookie("duty").await;
    for (minutes, status) in [(50, 200), (100, 200), (125, 303)] {
        other.store.clock.set(now + SignedDuration::from_mins(minutes));
        let asked = Request::get("/wall").header("cookie", &cookie).body(Body::empty()).unwrap();
        assert_eq!(other.send(asked).await.status, status, "after {minutes} minutes");
    }
}

async fn rows(walk: &mut Walk) {
    let list = walk.page("duty", "/items?q=%E5%81%9C%E6%B0%B4").await;
    walk.says("每一行有话题和模型给出的概率、诉求类型、地点、建议的单位");
    for part in [
        "城乡建设管理 <span class=\"num\" title=\"模型给出的概率\">90%</span>",
        "<span>投诉</span>",
        "石浦镇",
    ] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let quick = list.split("name=\"department\" required").nth(1).unwrap();
    assert!(quick.split("</select>").next().unwrap().contains(" selected>"), "{quick}");
    walk.says("个人信息已隐去，显示为〔手机号〕〔姓名〕〔门牌〕等");
    let sheet =
        "工单编号,标题,内容,登记时间,联系电话\nM1,桥栏断了,请回电13800000000,2026-11-02 09:30,13800000000\n";
    let preview = upload(&walk.office, "日报.csv", sheet).await;
    let run = format!("/sources/{}/import/run", walk.office.source);
    walk.goes("admin", &run, &[("file", &file_of(&preview))]).await;
    walk.judged(verdict("urban")).await;
    walk.sees("duty", "/items", &["桥栏断了", "请回电〔手机号〕"]).await;
    walk.misses("duty", "/items", &["13800000000"]).await;
}

async fn keys(walk: &mut Walk, water: ItemId) {
    let list = walk.page("duty", "/items").await;
    let script = walk.script("duty").await;
    walk.says("| 键 | 作用 |");
    assert!(list.contains("键盘：j、k 上下移动，c 确认，t 改话题，d 选单位（打首字母找，如 rsj；回车就分派），a 分派，i 归入别的事件，x 不需办理，u 撤销，s 勾选，/ 搜索，回车打开，Esc 回到这一行"), "{list}");
    walk.says("| `j` `k` | 下一条、上一条 |");
    assert!(list.contains("data-row") && script.contains("[data-row]"));
    walk.says("| `c` | 确认模型的研判 |");
    assert!(list.contains("<button data-key=\"c\""));
    let sure = walk.item(walk.office.source, content("树倒了", Upstream::default()), verdict("urban")).await;
    walk.goes("duty", &format!("/items/{sure}/confirm"), &[("version", "1")]).await;
    walk.sees("duty", &format!("/items/{sure}"), &["duty员"]).await;
    let place = list.split("src=\"").find(|part| part.starts_with("/static/triage.")).unwrap();
    let triage = walk.page("duty", place.split('"').next().unwrap()).await;
    walk.says("| `t` | 改话题：屏幕宽时就在旁边改 |");
    assert!(triage.contains("t: \"judge\"") && list.contains("data-pane"));
    walk.says("| `d` | 到选单位的框：打单位代码的首字母找到它，如 `rsj`");
    walk.says("回车就分派 |");
    assert!(script.contains("chooseOffice") && list.contains("<option value=\"rsj\""));
    assert!(list.contains("data-key=\"d\"") && script.contains("event.key === \"d\""));
    walk.says("| `a` | 分派给选中的单位，建立工单 |");
    assert!(list.contains("data-key=\"a\">分派</button>"));
    let version = walk.version(sure).await;
    let to = [("version", version.as_str()), ("department", "zfj")];
    walk.goes("duty", &format!("/items/{sure}/assign"), &to).await;
    let case = walk.case_of(sure).await.unwrap();
    assert_eq!(walk.file(case).await.case.lead.as_str(), "zfj");
    walk.says("| `i` | 归入别的事件：屏幕宽时就在旁边选 |");
    assert!(triage.contains("i: \"incident\""));
    walk.says("| `x` | 不需办理，写明理由 |");
    assert!(list.contains("<summary data-key=\"x\">不需办理</summary>"));
    let aside = format!("/items/{water}/dismiss");
    let bare = walk.office.post("duty", &aside, &[("version", "1"), ("reason", "")]).await;
    assert_eq!(bare.status, 422, "{}", bare.body);
    walk.goes("duty", &aside, &[("version", "1"), ("reason", "重复来电")]).await;
    walk.sees("duty", &format!("/items/{water}"), &["已标记为不需办理：<bdi>重复来电"]).await;
    walk.goes("duty", &format!("/items/{water}/restore"), &[]).await;
    walk.says("| `u` | 撤销刚做的一步 |");
    assert!(triage.contains("event.key === \"u\""));
    walk.says("| `s` | 勾选，在单子下面一起办 |");
    assert!(list.contains("data-key=\"s\"") && list.contains("批量办理"));
    walk.says("| `/` | 到搜索框 |");
    assert!(triage.contains("event.key === \"/\"") && list.contains("id=\"q\""));
    walk.says("| 回车 | 打开这一条 |");
    assert!(
        list.contains(&format!("class=\"name\" href=\"/items/{water}\"")) && script.contains("\"Enter\"")
    );
    walk.says("| Esc | 从旁边的框回到这一行 |");
    assert!(triage.contains("event.key === \"Escape\""));

    // How this looks in a browser is tried in tests/browser/triage.rs.
    walk.says("办一条不离开单子：结果写在这一行，光标到下一条");
    assert!(triage.contains("x-inline") && triage.contains("next(row)"));
    walk.says("屏幕宽时，光标所在那条的正文、依据和处理都在右边");
    walk.sees("duty", &format!("/items/{water}"), &["data-item"]).await;
    walk.says("没有连上、登录结束时，填写的还在，连上以后再按一次");
    assert!(
        triage.contains("连不上服务器，没有保存，填写的还在")
            && triage.contains("登录已结束，没有保存，填写的还在")
    );
    walk.says("十分钟内可以撤销自己刚做的一步");
    walk.goes("duty", &format!("/items/{water}/dismiss"), &[("reason", "误点")]).await;
    walk.goes("duty", &format!("/items/{water}/undo"), &[]).await;
    walk.misses("duty", &format!("/items/{water}"), &["已标记为不需办理"]).await;
    walk.says("单位已签收的、盲评的不能撤销");
    add_user(&walk.office.store, "zfj.cb", &[Role::Handler], Some("zfj")).await;
    let accept = [("action", "accept"), ("version", "1")];
    walk.goes("zfj.cb", &format!("/cases/{case}/act"), &accept).await;
    let refused = walk.office.post("duty", &format!("/items/{sure}/undo"), &[]).await;
    assert!(
        refused.status == 422 && refused.body.contains("单位已签收的、盲评的不能撤销"),
        "{}",
        refused.body
    );
    walk.says("新到的信息不会挤动正在看的，页面上方写着有几条新的");
    assert!(list.contains("有 <span data-count></span> 条新的") && list.contains("/items/newer?"));
    walk.says("常用的筛选可以存为视图，下次点它的名称");
    let filtered = "/items?topic=urban";
    walk.sees("duty", filtered, &["存为视图"]).await;
    walk.goes("duty", "/views", &[("filters", filtered), ("name", "城管的")]).await;
    walk.sees("duty", "/items", &["href=\"/items?topic=urban\"><bdi>城管的</bdi>"]).await;
    walk.says("视图只有自己看得到");
    walk.misses("discipline", "/items", &["城管的"]).await;
}

async fn together(walk: &mut Walk, water: ItemId) {
    walk.says("几条要同样处理的，勾选以后在单子下面一起办：确认研判、不需办理、分派（不选单位就各自派给建议的单位）");
    let list = walk.page("duty", "/items").await;
    for way in ["confirm", "dismiss", "assign", "take_in"] {
        assert!(list.contains(&format!("name=\"do\" value=\"{way}\"")), "{way}");
    }
    assert!(list.contains("<option value=\"\">各自建议的单位</option>"));
    let first =
        walk.item(walk.office.source, content("楼板开裂一", Upstream::default()), verdict("housing")).await;
    let second =
        walk.item(walk.office.source, content("楼板开裂二", Upstream::default()), verdict("housing")).await;
    let rows = [format!("{first}.1"), format!("{second}.1")];
    let rows = [("row", rows[0].as_str()), ("row", rows[1].as_str())];
    let note = ("note", "请今天办");
    let sent = [&rows[..], &[("do", "assign"), ("department", ""), note]].concat();
    let said = walk.goes("duty", "/items/batch", &sent).await;
    walk.says("说明记在每一条上");
    for item in [first, second] {
        let case = walk.case_of(item).await.unwrap();
        let file = walk.file(case).await;
        assert_eq!(file.case.lead.as_str(), "zjj", "as it was proposed");
        assert!(file.timeline[0].note.contains("请今天办"), "{file:?}");
    }
    walk.says("不选单位而模型拿不准的，先列出会派给哪里，勾选“看过了，就这样分派”才分派");
    let unsure = NewJudgement { unsure: true, ..verdict("housing") };
    let doubt = walk.item(walk.office.source, content("楼板开裂三", Upstream::default()), unsure).await;
    let row = format!("{doubt}.1");
    let sent = [("row", row.as_str()), ("do", "assign"), ("department", "")];
    let asked = walk.office.post("duty", "/items/batch", &sent).await.body;
    assert!(asked.contains("楼板开裂三 → 住建局") && asked.contains("看过了，就这样分派"), "{asked}");
    assert_eq!(walk.case_of(doubt).await, None);
    walk.goes("duty", "/items/batch", &[&sent[..], &[("unsure", "on")]].concat()).await;
    assert!(walk.case_of(doubt).await.is_some());
    walk.says("办好以后写明几条、派给了哪些单位、工单号");
    let told = walk.page("duty", &said).await;
    assert!(told.contains("已分派 2 条。住建局 2 件（<a href=\"/cases/"), "{told}");
    walk.says("有办不了的，其余照办，哪几条为什么没有办会写明");
    let version = walk.version(water).await;
    let third = format!("{water}.{version}");
    let mixed = [("row", rows[0].1), ("row", third.as_str()), ("do", "dismiss"), ("note", "重复来电")];
    let some = walk.office.post("duty", "/items/batch", &mixed).await.body;
    assert!(some.contains("办好了 1 条，1 条没有办") && some.contains("已有工单"), "{some}");
    walk.says("“工单”页也可以勾选几件一起督办、并案、改派");
    let cases = walk.page("duty", "/cases").await;
    for way in ["press", "merge", "reassign"] {
        assert!(cases.contains(&format!("name=\"do\" value=\"{way}\"")), "{way}: {cases}");
    }
    let mut pressed = vec![("do", "press"), ("level", "1"), ("note", "抓紧")];
    let mut named = Vec::new();
    for item in [first, second] {
        let case = walk.case_of(item).await.unwrap();
        named.push((case, format!("{case}.{}", walk.file(case).await.case.version)));
    }
    pressed.extend(named.iter().map(|(_, row)| ("row", row.as_str())));
    walk.goes("duty", "/cases/batch", &pressed).await;
    for (case, _) in &named {
        assert_eq!(walk.file(*case).await.case.pressed, 1);
    }
    assert!(walk.office.store.item(&Viewer::SYSTEM, water).await.unwrap().unwrap().dismissed.is_some());
    several_cases(walk).await;
}

/// Cases that are given to another department, and merged, several at once.
async fn several_cases(walk: &Walk) {
    let mut cases = Vec::new();
    for title in ["围挡倒了甲", "围挡倒了乙", "围挡倒了丙"] {
        cases.push(walk.matter(walk.office.source, title, "zjj", Upstream::default()).await);
    }
    let rows = async |walk: &Walk, of: &[(CaseId, ItemId)]| {
        let mut rows = Vec::new();
        for (case, _) in of {
            rows.push(format!("{case}.{}", walk.file(*case).await.case.version));
        }
        rows
    };
    for (case, _) in &cases[..2] {
        walk.does("handler", *case, "send_back", &[("text", "不是我们的"), ("department", "zfj")]).await;
    }
    let chosen = rows(walk, &cases[..2]).await;
    let give = [("do", "reassign"), ("department", "zfj"), ("note", "围挡归执法局")];
    let form = chosen.iter().map(|row| ("row", row.as_str())).chain(give).collect::<Vec<_>>();
    assert!(walk.goes("duty", "/cases/batch", &form).await.contains("done=batch&count="));
    for (case, _) in &cases[..2] {
        let file = walk.file(*case).await;
        assert_eq!((file.case.lead.as_str(), file.case.state.code()), ("zfj", "assigned"));
        assert!(
            file.timeline.iter().any(|line| line.action == "reassign" && line.note.contains("围挡归执法局"))
        );
    }
    let (into, number) = (cases[2].0, walk.number(cases[2].0).await);
    let chosen = rows(walk, &cases[..2]).await;
    let merge = [("do", "merge"), ("into", number.as_str()), ("note", "同一处围挡")];
    let form = chosen.iter().map(|row| ("row", row.as_str())).chain(merge).collect::<Vec<_>>();
    assert!(walk.goes("duty", "/cases/batch", &form).await.contains("done=batch&count="));
    for (case, item) in &cases {
        assert_eq!(walk.case_of(*item).await, Some(into));
        assert_eq!(walk.state(*case).await, if *case == into { "assigned" } else { "merged" });
    }
    walk.sees("handler", &path(into), &["一并答复的诉求 3 件"]).await;
}
