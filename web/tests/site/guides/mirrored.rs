//! What both guides say of the cases that another platform answers.

use jiff::SignedDuration;
use qingting_models::ids::ItemId;
use qingting_models::records::{Upstream, UpstreamCase};

use super::kit::{Walk, content, verdict};
use super::{morning, week};
use crate::office::Office;

/// A case of the platform that names this office, due in some hours.
async fn seen(walk: &Walk, title: &str, office: &str, topic: &str, hours: i64) -> ItemId {
    let source = match walk.office.store.source_named("市级热线").await.unwrap() {
        Some(source) => source.id,
        None => walk.mirror().await,
    };
    let now = walk.office.store.now();
    let upstream = Upstream {
        dispatched_at: Some(now - SignedDuration::from_hours(30)),
        due_at: Some(now + SignedDuration::from_hours(hours)),
        case: UpstreamCase {
            office: Some(office.into()),
            state: Some("处理中".into()),
            answer: Some("已派人查看".into()),
            satisfaction: Some("不满意".into()),
            unsatisfied: true,
            ..UpstreamCase::default()
        },
        ..Upstream::default()
    };
    let item = walk.item(source, content(title, upstream), verdict(topic)).await;
    walk.desk().route_next("m", 50).await.unwrap();
    item
}

async fn notices(walk: &Walk, login: &str) -> usize {
    walk.tell().await;
    walk.page(login, "/notices?state=all").await.matches("督办").count()
}

#[tokio::test]
async fn the_morning_follows_what_other_platforms_answer() {
    let mut walk = Walk::new(Office::new().await, morning::GUIDE, "镜像工单");
    let item = seen(&walk, "小区停水", "县住建局", "urban", 40).await;
    let page = format!("/mirrored/{item}");
    walk.says("省、市平台自己办理和答复的件，来源设为“平台镜像”，带平台编号的就列在“镜像工单”页");
    let list = ["小区停水", "县住建局", "处理中", "不满意"];
    walk.sees("duty", "/mirrored", &list).await;
    walk.sees("duty", &page, &["平台时限", "已派人查看", "不满意", "编号"]).await;
    walk.says("不另立案，不进“工单”，信息页上也不能分派");
    assert_eq!(walk.case_of(item).await, None);
    walk.misses("duty", "/cases?state=all", &["小区停水"]).await;
    let assign = [("version", "1"), ("department", "zjj")];
    let refused = walk.office.post("duty", &format!("/items/{item}/assign"), &assign).await;
    assert!(refused.status == 422 && refused.body.contains("不重复立案"), "{}", refused.body);
    walk.says("平台的新表格导入后自动跟着变，变了什么写在“经过”里");
    let again = seen(&walk, "小区停水", "县教育局", "urban", 30).await;
    assert_eq!(again, item);
    walk.sees("duty", &page, &["县教育局", "经过"]).await;
    seen(&walk, "小区停水", "县住建局", "urban", 40).await;
    walk.says("- 黄灯、红灯按平台时限");
    let late = seen(&walk, "公园没有灯", "省级某公司", "urban", -4).await;
    walk.sees("duty", "/mirrored?view=over", &["公园没有灯", "red"]).await;
    walk.misses("duty", "/mirrored?view=over", &["小区停水"]).await;
    walk.says("旁边的“本县参考”按本县规则从平台派单时算，只作提醒，不是对群众的承诺");
    walk.sees("duty", &page, &["本县参考", "从平台派单时算起，只作提醒，不是对群众的承诺"]).await;
    walk.says("- 系统按平台时限在黄灯、红灯时各督办一次");
    let presses =
        async |walk: &Walk| walk.page("duty", &format!("/mirrored/{late}")).await.matches("红色督办").count();
    walk.desk().tick().await.unwrap();
    let once = presses(&walk).await;
    assert!(once > 0);
    walk.desk().tick().await.unwrap();
    assert_eq!(presses(&walk).await, once, "not twice");
    walk.says("- 您可以督办，要写说明");
    let version = version_of(&walk, "duty", &page).await;
    let press = format!("{page}/press");
    let bare = walk.office.post("duty", &press, &[("version", &version), ("note", "")]).await;
    assert_eq!(bare.status, 422, "{}", bare.body);
    walk.says("对应到本县单位的，通知该单位");
    let before = notices(&walk, "handler").await;
    walk.goes("duty", &press, &[("version", &version), ("note", "请尽快恢复供水")]).await;
    assert!(notices(&walk, "handler").await > before);
    walk.says("没有对应单位的只记录");
    walk.sees("duty", &format!("/mirrored/{late}"), &["没有对应的本县单位，只记录，不通知"]).await;
    walk.says("- 群众不满意或反复出现的，可以列入关注，写明理由");
    let watch = format!("{page}/watch");
    let version = version_of(&walk, "duty", &page).await;
    let bare =
        walk.office.post("duty", &watch, &[("version", &version), ("watch", "on"), ("note", "")]).await;
    assert_eq!(bare.status, 422, "{}", bare.body);
    walk.goes("duty", &watch, &[("version", &version), ("watch", "on"), ("note", "反复停水")]).await;
    walk.sees("duty", "/mirrored?view=watched", &["小区停水"]).await;
    walk.says("- “没有对应的本县单位”：请管理员把平台的写法加进单位表的别名");
    walk.sees("duty", "/mirrored", &["没有对应的本县单位"]).await;
    walk.says("- 反映干部作风的只有纪检专员看得到");
    seen(&walk, "村干部吃拿卡要二", "县住建局", "conduct", 40).await;
    walk.sees("discipline", "/mirrored", &["村干部吃拿卡要二"]).await;
    for login in ["duty", "leader", "handler"] {
        walk.misses(login, "/mirrored", &["村干部吃拿卡要二"]).await;
    }
    walk.ends();
}

/// The version that the page of a mirrored case sends back.
async fn version_of(walk: &Walk, login: &str, page: &str) -> String {
    let body = walk.page(login, page).await;
    body.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_week_sees_what_other_platforms_ask_of_the_department() {
    let mut walk = Walk::new(Office::new().await, week::GUIDE, "镜像工单");
    let item = seen(&walk, "小区停水", "县住建局", "urban", 40).await;
    let page = format!("/mirrored/{item}");
    walk.says("“镜像工单”是省、市平台办理、写明由您单位承办的件，列在“部门待办”最下面和“镜像工单”页");
    walk.sees("handler", "/inbox", &["小区停水", &page]).await;
    walk.sees("handler", "/mirrored", &["小区停水"]).await;
    walk.says("签收、答复都在原平台上做，这里只是跟踪");
    walk.misses("handler", &page, &["/press", "/watch", "action=\"/cases/"]).await;
    walk.says("快到平台时限和超期时系统各督办一次，值班室和领导也可以督办，通知会告诉您");
    let before = notices(&walk, "handler").await;
    walk.office.store.clock.set(walk.office.store.now() + SignedDuration::from_hours(60));
    walk.desk().tick().await.unwrap();
    let told = notices(&walk, "handler").await;
    assert!(told > before);
    walk.desk().tick().await.unwrap();
    assert_eq!(notices(&walk, "handler").await, told);
    let version = version_of(&walk, "leader", &page).await;
    walk.goes("leader", &format!("{page}/press"), &[("version", &version), ("note", "本周办结")]).await;
    assert!(notices(&walk, "handler").await > told);
    walk.says("“本县参考”时限只作提醒");
    walk.sees("handler", &page, &["本县参考", "只作提醒"]).await;
    walk.ends();
}
