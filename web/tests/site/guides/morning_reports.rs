//! docs/研判员手册.md: reports.

use jiff::civil::date;
use qingting_models::clock::from_local;
use qingting_models::records::{Actor, ReportScope, ReportSpan, Role};
use qingting_respond::desk::Desk;

use super::kit::Walk;
use super::morning::GUIDE;
use crate::office::{Office, add_user};

#[tokio::test]
async fn reports_are_drafted_written_issued_and_taken_home() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "报告");
    let store = &walk.office.store;
    let county = std::sync::Arc::new(qingting_models::county::County::embedded().unwrap());
    let desk = Desk::new((**store).clone(), county);
    desk.add_first_notice_rules(Actor::Console).await.unwrap();
    let monday = |day| from_local(day).unwrap();
    walk.says("每周一早上自动有一份上周的周报草稿，每月 1 日有上月的月报");
    walk.office.store.clock.set(monday(date(2026, 11, 9).at(6, 59, 0, 0)));
    assert_eq!(desk.draft_reports().await.unwrap(), 0);
    walk.office.store.clock.set(monday(date(2026, 11, 9).at(7, 0, 0, 0)));
    assert_eq!(desk.draft_reports().await.unwrap(), 1);
    walk.sees("duty", "/reports", &["周报 2026年第45周", "草稿"]).await;
    let tell = async || while desk.tell_next("w", 50).await.unwrap() > 0 {};
    tell().await;
    walk.office.store.clock.set(monday(date(2026, 12, 1).at(7, 0, 0, 0)));
    desk.draft_reports().await.unwrap();
    walk.sees("duty", "/reports", &["月报 2026年11月"]).await;
    walk.says("要别的日期、某个乡镇街道、话题或单位的，展开“新建报告”");
    let form = [("kind", "period"), ("from", "2026-11-01"), ("to", "2026-11-20"), ("topic", "housing")];
    let made = walk.goes("duty", "/reports/make", &form).await;
    let one = made.split('?').next().unwrap().to_owned();
    walk.sees("duty", &one, &["2026年11月1日至20日", "舆情专期报告（房地产金融）"]).await;

    // Two calls about housing and about a school on the second of November; one about conduct, which is confidential.
    let week = ReportSpan::week_of(date(2026, 11, 2)).unwrap();
    let listed = walk.page("duty", "/reports").await;
    let weekly = listed.split("周报 2026年第45周").next().unwrap().rsplit("href=\"").next().unwrap();
    let weekly = weekly.split('"').next().unwrap().to_owned();
    walk.says("数字由程序统计，按诉求发生的日期归入各天，不含保密件和尚未研判的");
    let figures = desk.report(week, ReportScope::default()).await.unwrap();
    let open = figures.totals.items.now;
    assert_eq!(figures.days.iter().map(|day| day.items).sum::<i64>(), open);
    let page = walk.page("leader", &weekly).await;
    assert!(page.contains(&format!("收到信息 {open} 条")) && page.contains("不含保密事项"), "{page}");
    walk.says("点数字看背后的信息或工单");
    let behind = format!("/reports/items?from={}&to={}", week.from, week.to);
    assert!(page.contains(&behind.replace('&', "&#38;")), "{page}");
    walk.sees("leader", &behind, &[&format!("共 {open} 条"), "商品房逾期交付"]).await;
    walk.misses("discipline", &behind, &["村干部吃拿卡要", "镇干部作风"]).await;
    let cases = format!("/departments/cases?rate=repeated&from={}&to={}", week.from, week.to);
    walk.sees("leader", &cases, &["2026-0"]).await;
    walk.says("“—”表示当时还没有数据");
    assert!(figures.totals.items.before.is_none() && page.contains("<bdi>—</bdi>"));
    walk.says("右边“研判文字”按章写判断，保存后放在该章的数字之前，电话等个人信息会自动遮盖");
    let words = [("version", "1"), ("overview", "来电人 13900001234 反映集中。")];
    walk.goes("duty", &format!("{weekly}/write"), &words).await;
    let page = walk.page("leader", &weekly).await;
    let (said, table) = (page.find("反映集中").unwrap(), page.find("表1 总体情况").unwrap());
    assert!(said < table && !page.contains("13900001234"), "{page}");
    walk.says("数据有补充的，点重新统计，文字保留");
    walk.goes("duty", &format!("{weekly}/recount"), &[("version", "2")]).await;
    walk.sees("duty", &weekly, &["反映集中", "重新统计"]).await;
    walk.says("自动生成的草稿、退回修改的，通知当班人员");
    walk.sees("duty", "/notices", &["报告草稿", "周报 2026年第45周"]).await;
    let moves = format!("{weekly}/move");
    walk.goes("duty", &moves, &[("version", "3"), ("deed", "submitted")]).await;
    walk.says("待审核的、签发的，通知领导");
    tell().await;
    walk.sees("leader", "/notices", &["报告待审核"]).await;
    walk.misses("handler", "/notices", &["报告"]).await;

    walk.says("写好后点提交审核");
    walk.sees("duty", &weekly, &["提交审核", "待审核"]).await;
    walk.says("领导，或提交人以外的研判员、纪检专员可以签发，或写明原因退回修改");
    let approve = |version: &'static str| [("version", version), ("deed", "approved")];
    assert_eq!(walk.office.post("duty", &moves, &approve("4")).await.status, 422);
    let silent = [("version", "4"), ("deed", "sent_back"), ("note", "")];
    assert_eq!(walk.office.post("leader", &moves, &silent).await.status, 422);
    let back = [("version", "4"), ("deed", "sent_back"), ("note", "补充下周关注")];
    walk.goes("leader", &moves, &back).await;
    walk.sees("duty", &weekly, &["补充下周关注", "退回修改"]).await;
    tell().await;
    walk.sees("duty", "/notices", &["报告退回修改"]).await;
    walk.goes("duty", &moves, &[("version", "5"), ("deed", "submitted")]).await;
    add_user(&walk.office.store, "second", &[Role::Duty], None).await;
    walk.sees("discipline", &weekly, &["签发"]).await;
    walk.goes("second", &moves, &approve("6")).await;
    walk.says("签发后编号、冻结，谁也不能再改");
    walk.sees("leader", &weekly, &["2026年周报第1期", "已签发"]).await;
    tell().await;
    walk.sees("leader", "/notices", &["报告签发"]).await;
    for (login, to, form) in [
        ("duty", format!("{weekly}/write"), vec![("version", "7"), ("overview", "改")]),
        ("duty", format!("{weekly}/recount"), vec![("version", "7")]),
        ("leader", moves.clone(), vec![("version", "7"), ("deed", "sent_back"), ("note", "改")]),
    ] {
        assert_eq!(walk.office.post(login, &to, &form).await.status, 422, "{to}");
    }
    walk.says("“与现在的数据比较”核对报告与所统计的信息是否一致，列出此后变了的数字，要更正就再出一期");
    walk.sees("leader", &format!("{weekly}?since=yes"), &["数字没有变化", "数字与所统计的信息一致"]).await;
    let again = [("kind", "weekly"), ("from", "2026-11-04")];
    let second = walk.goes("duty", "/reports/make", &again).await;
    assert_ne!(second.split('?').next().unwrap(), weekly);

    walk.says("下载有 Word 文件（公文格式）、电子表格（附全部信息）、网页文件、CSV 和 JSON");
    for (format, mime) in [
        ("docx", "wordprocessingml"),
        ("xlsx", "spreadsheetml"),
        ("html", "text/html"),
        ("csv", "application/zip"),
        ("json", "application/json"),
    ] {
        let answer = walk.office.get("leader", &format!("{weekly}/file?format={format}")).await;
        assert_eq!(answer.status, 200, "{format}");
        let header = |name: &str| answer.headers.get(name).unwrap().to_str().unwrap().to_owned();
        assert!(header("content-type").contains(mime), "{format}: {}", header("content-type"));
        assert!(header("content-disposition").starts_with("attachment; filename*=UTF-8''"), "{format}");
    }

    walk.says("事件页的专报、快报写一个事件的来龙去脉：传播、诉求、处置和建议，附信息清单");
    let [incident, secret] = [(); 2].map(|()| walk.office.store.ids().next(walk.office.store.now()));
    walk.joins([incident, secret]).await;
    walk.sees("duty", &format!("/incidents/{incident}"), &["专报、快报"]).await;
    let brief = format!("/incidents/{incident}/brief");
    walk.sees("duty", &brief, &["传播情况", "群众诉求", "处置情况", "下一步建议", "住建局"]).await;
    let file = walk.office.get("duty", &format!("{brief}?format=html")).await;
    assert!(file.body.contains("信息清单") && file.body.contains("商品房逾期交付"), "{}", file.body);
    walk.says("快报是一段话，复制就能发");
    walk.sees("duty", &brief, &["快报", "以来收到 3 条"]).await;
    walk.says(
        "要编发的点生成专报草稿，按当时的数据留存，与报告一样写各章的判断、提交审核、签发编号，存在“报告”页",
    );
    let kept = walk.goes("duty", &brief, &[]).await.split('?').next().unwrap().to_owned();
    walk.sees("duty", &kept, &["提交审核", "研判文字", "五、下一步建议"]).await;
    let next = [("version", "1"), ("next", "建议本周内现场会商。")];
    walk.goes("duty", &format!("{kept}/write"), &next).await;
    let moves = format!("{kept}/move");
    walk.goes("duty", &moves, &[("version", "2"), ("deed", "submitted")]).await;
    walk.goes("leader", &moves, &[("version", "3"), ("deed", "approved")]).await;
    walk.sees("leader", &kept, &["2026年专报第1期", "建议本周内现场会商。"]).await;
    walk.sees("leader", "/reports", &["专报 ", "2026年专报第1期"]).await;
    walk.says("保密的事件不能留存专报");
    let refused = walk.office.post("discipline", &format!("/incidents/{secret}/brief"), &[]).await;
    assert!(refused.status == 422 && refused.body.contains("专报不能入库"), "{}", refused.body);

    walk.says("“报告”页的看趋势按天看信息量，按话题、渠道或乡镇街道分开，两个多月以上的按周");
    walk.sees("duty", "/reports", &["href=\"/trends\"", "看趋势"]).await;
    let trend = format!("/trends?from={}&to={}", week.from, week.to);
    walk.sees("leader", &trend, &[&format!("共 {open} 条"), "data-echarts", &week.from.to_string()]).await;
    walk.sees("leader", &format!("{trend}&by=channel"), &["热线"]).await;
    walk.sees("leader", &format!("{trend}&by=town"), &["未定位"]).await;
    walk.sees("leader", "/trends?from=2026-01-01&to=2026-11-08", &["2026-11-02 至 2026-11-08"]).await;
    walk.says("图上点一根柱子、表里点一个数字，看它的信息");
    let page = walk.page("leader", &trend).await;
    let link = page.find("href=\"/reports/items?").map(|at| &page[at + 6..]).unwrap();
    let link = link.split('"').next().unwrap().replace("&#38;", "&");
    let number = page.split(&link.replace('&', "&#38;")).nth(1).unwrap();
    let number = number.trim_start_matches("\">").split('<').next().unwrap();
    walk.sees("leader", &link, &[&format!("共 {number} 条")]).await;
    walk.ends();
}
