//! docs/研判员手册.md: answers go back to where they came from, and the original is looked at when it must be.

use qingting_models::records::{Role, Upstream};

use super::kit::{Walk, path};
use super::morning::GUIDE;
use crate::attachments;
use crate::office::{Office, add_user};

#[tokio::test]
async fn an_approved_answer_goes_back() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "答复回填");
    let case = walk.office.housing.0;
    let source = format!("/backfill/{}", walk.office.source);
    walk.says("热线、投诉平台转来的、带有对方编号的工单，答复审核通过以后排进“回填”页");
    walk.does("handler", case, "accept", &[]).await;
    let reply = [("text", "十二月底前交付，详询13800001234"), ("outcome", "solved")];
    walk.does("handler", case, "submit", &reply).await;
    walk.misses("duty", "/backfill", &["生成批次"]).await;
    walk.does("reviewer", case, "approve", &[]).await;
    let number = walk.file(case).await.item.external_id;
    walk.sees("duty", &source, &["待回填 1 条", &number]).await;
    walk.says("点生成批次，再点下载表格，就是按对方表头排好的答复原文（下载记入审计日志），送给对方平台");
    let made = walk.goes("duty", &format!("{source}/make"), &[]).await;
    let batch = made.split('?').next().unwrap().to_owned();
    walk.sees("duty", &batch, &["下载表格"]).await;
    let sheet = walk.office.post("duty", &format!("{batch}/download"), &[]).await;
    assert_eq!(sheet.status, 200);
    assert!(sheet.headers["content-disposition"].to_str().unwrap().contains(".xlsx"), "{:?}", sheet.headers);
    walk.sees("auditor", "/audit", &["下载回填表格"]).await;
    walk.says("有了回执回到这一批：对方退回的一行一条写“编号 原因”，其余登记为已接收");
    let rejected = format!("{number} 答非所问");
    let again = walk.call("第二件漏水", "zjj", Upstream::default()).await;
    walk.goes("duty", &format!("{batch}/settle"), &[("rejected", &rejected)]).await;
    walk.sees("duty", &source, &["对方退回 1 条", "答非所问"]).await;
    walk.does("handler", again, "accept", &[]).await;
    walk.does("handler", again, "submit", &[("text", "已修好"), ("outcome", "solved")]).await;
    walk.does("reviewer", again, "approve", &[]).await;
    let next = walk.goes("duty", &format!("{source}/make"), &[]).await;
    let next = next.split('?').next().unwrap().to_owned();
    walk.goes("duty", &format!("{next}/settle"), &[("rejected", "")]).await;
    walk.sees("duty", &next, &["已接收"]).await;
    walk.says("一条答复只进一个批次");
    let none = walk.goes("duty", &format!("{source}/make"), &[]).await;
    assert!(none.ends_with("done=backfill-none"), "{none}");
    walk.says("对方退回的，要改就在工单里重办，不用改就重新排队");
    assert!(walk.offered("duty", case).await.contains(&"reopen".to_owned()));
    let page = walk.page("duty", &source).await;
    let id = page.split("/backfill/answers/").nth(1).unwrap().split('/').next().unwrap();
    walk.goes("duty", &format!("/backfill/answers/{id}/again"), &[]).await;
    walk.sees("duty", &source, &["待回填 1 条"]).await;
    walk.says("表头与对方模板不一样的，在来源那一页的“表格的列”里改");
    walk.sees("duty", &source, &["<summary>表格的列</summary>"]).await;
    let columns = [
        ("version", "0"),
        ("header-0", "诉求编号"),
        ("field-0", "number"),
        ("header-1", "答复内容"),
        ("field-1", "answer"),
    ];
    walk.goes("duty", &format!("{source}/columns"), &columns).await;
    walk.says("保密件的答复只有纪检专员能回填");
    add_user(&walk.office.store, "watch", &[Role::Handler], Some("jw")).await;
    add_user(&walk.office.store, "head", &[Role::Reviewer], Some("jw")).await;
    let secret = walk.office.secret.0;
    walk.does("watch", secret, "accept", &[]).await;
    walk.does("watch", secret, "submit", &[("text", "已约谈"), ("outcome", "solved")]).await;
    walk.does("head", secret, "approve", &[]).await;
    let number = walk.file(secret).await.item.external_id;
    walk.misses("duty", &source, &[&number]).await;
    walk.sees("discipline", &source, &[&number]).await;
    walk.ends();
}

#[tokio::test]
async fn the_original_is_looked_at_and_the_look_is_in_the_log() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "查看原件");
    let (case, item) = walk.office.housing;
    walk.says("联系诉求人时，在工单页点显示电话和地址即可，查看记入审计日志");
    walk.sees("duty", &path(case), &["显示电话和地址"]).await;
    let shown = walk.office.post("duty", &format!("{}/contact", path(case)), &[]).await.body;
    assert!(shown.contains("tel:13800000000"), "{shown}");
    assert_eq!(walk.looks().await, 1);
    walk.says("工单的附件点“下载”存到自己的电脑上，每次都记入审计日志");
    attachments::add(&walk.office, "duty", case, "回执.pdf", attachments::PDF).await;
    let file = attachments::files(&walk.office, case).await.remove(0);
    let of_file = format!("{}/attachments/{}", path(case), file.id);
    walk.office.post("duty", &format!("{of_file}/open"), &[]).await;
    assert_eq!(attachments::log(&walk.office).await[0].0, "attachment.open");
    walk.says("工单结束以后要写明理由");
    walk.does("duty", case, "void", &[("text", "立错了")]).await;
    assert_eq!(walk.office.post("duty", &format!("{of_file}/open"), &[]).await.status, 422);
    walk.says("传错的、不该留的，写明理由删除，内容随即销毁，不能恢复");
    let reason = [("reason", "传错了")];
    assert_eq!(walk.office.post("duty", &format!("{of_file}/remove"), &reason).await.status, 303);
    assert!(attachments::files(&walk.office, case).await[0].name.is_empty());
    walk.says("附件怎样添加、收什么，见 [部门办件手册]");
    walk.says("确有需要（如联系诉求人核实地址）时，在信息页点“查看未脱敏的原始内容”，写明理由");
    let page = format!("/items/{item}");
    walk.sees("duty", &page, &["查看未脱敏的原始内容", "核实地址"]).await;
    let bare = walk.office.post("duty", &format!("{page}/unmask"), &[("reason", "")]).await;
    assert!(bare.status == 422 && !bare.body.contains("13800000000"), "{}", bare.body);
    assert_eq!(walk.looks().await, 1);
    walk.says("您的姓名、时间先记入审计日志，再显示");
    let whole = walk.office.post("duty", &format!("{page}/unmask"), &[("reason", "核实地址")]).await.body;
    assert!(whole.contains("13800000000"), "{whole}");
    assert_eq!(walk.looks().await, 2);
    walk.sees("auditor", "/audit", &["duty员", "2026-11-02"]).await;
    walk.says("只显示这一次");
    walk.misses("duty", &page, &["13800000000"]).await;
    walk.ends();
}
