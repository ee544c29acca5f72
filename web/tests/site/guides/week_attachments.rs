//! docs/部门办件手册.md: files on the page of a case.

use super::kit::{Walk, path};
use super::week::GUIDE;
use crate::attachments::{self, PDF, Part};
use crate::office::{CSRF, Office};

#[tokio::test]
async fn files_are_added_opened_and_removed_as_the_guide_says() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "附件");
    let case = walk.office.housing.0;
    walk.does("handler", case, "accept", &[]).await;
    walk.says("放在工单页的“附件”里，值班室、主办和协办单位的承办人、主办单位的审核人都看得到");
    walk.says("工单结束前，点“添加附件”，选一个或几个文件，可以写一句说明");
    let parts: &[Part<'_>] = &[
        ("csrf", None, CSRF.as_bytes()),
        ("note", None, "问13800001234".as_bytes()),
        ("with_reply", None, b"1"),
        ("file", Some("回执13900001234.pdf"), PDF),
    ];
    attachments::send(&walk.office, "handler", case, parts).await;
    for login in ["duty", "handler", "reviewer"] {
        walk.sees(login, &path(case), &["附件 1 个", "回执", ">下载</button>"]).await;
    }
    walk.says("勾选“随本单位的答复一起提交审核”，审核人在答复下面看得到");
    let reply = [("text", "已约谈"), ("outcome", "partly")];
    walk.does("handler", case, "submit", &reply).await;
    walk.sees("reviewer", &path(case), &["附件：<bdi>回执"]).await;
    walk.says("退回修改的，下一稿自动带上");
    walk.does("reviewer", case, "needs_work", &[("text", "写明日期")]).await;
    walk.does("handler", case, "submit", &reply).await;
    let file = attachments::files(&walk.office, case).await.remove(0);
    let replies = walk.office.store.case_file(&qingting_models::records::Viewer::SYSTEM, case).await;
    assert_eq!(file.reply, replies.unwrap().unwrap().replies.last().map(|reply| reply.id));
    walk.says(
        "一般是图片、PDF、OFD、Word、Excel、PowerPoint、WPS 和文本，每个不超过 20 MB，一个工单最多 50 个",
    );
    walk.says("以页面上写的为准，由管理员设定");
    walk.sees("handler", &path(case), &["ofd", "每个不超过 20 MB，一个工单最多 50 个"]).await;
    walk.says("看内容，不只看后缀：改了后缀的、带宏的、设了密码的、空的不收，并写明哪一个、为什么");
    walk.says("其余的照收");
    let parts: &[Part<'_>] = &[
        ("csrf", None, CSRF.as_bytes()),
        ("file", Some("改过.jpg"), PDF),
        ("file", Some("空.pdf"), b""),
        ("file", Some("好.pdf"), b"%PDF-1.4 good"),
    ];
    let mixed = attachments::send(&walk.office, "handler", case, parts).await.body;
    for said in ["“改过.jpg”没有添加：按名称是JPG 图片，内容是PDF 文件", "文件是空的", "已添加 1 个附件"]
    {
        assert!(mixed.contains(said), "{said}: {mixed}");
    }
    walk.says("装了查毒程序的，先查毒");
    walk.says("点“下载”，存到您的电脑上");
    let of_file = format!("{}/attachments/{}", path(case), file.id);
    let opened = walk.office.post("handler", &format!("{of_file}/open"), &[]).await;
    assert_eq!(opened.body.as_bytes(), PDF);
    walk.says("所以谁在什么时候下载过都记入审计日志");
    assert_eq!(attachments::log(&walk.office).await[0].0, "attachment.open");
    walk.says("工单结束以后，要先写明理由");
    walk.says("领导只看得到有附件，打不开");
    walk.sees("leader", &path(case), &["附件 2 个"]).await;
    walk.misses("leader", &path(case), &[">下载</button>"]).await;
    walk.says("传错了的，添加的人在工单结束前可以删除");
    let good = attachments::files(&walk.office, case).await.remove(1);
    let remove = format!("{}/attachments/{}/remove", path(case), good.id);
    assert_eq!(walk.office.post("handler", &remove, &[]).await.status, 303);
    walk.says("别人传的、结束以后的，请值班室写明理由删除");
    walk.does("duty", case, "void", &[("text", "立错了")]).await;
    assert_eq!(walk.office.post("handler", &format!("{of_file}/open"), &[]).await.status, 422);
    assert_eq!(walk.office.post("handler", &format!("{of_file}/remove"), &[]).await.status, 422);
    let reason = [("reason", "立错了")];
    walk.says("删除就是销毁，不能恢复，时间线上留一行");
    assert_eq!(walk.office.post("duty", &format!("{of_file}/remove"), &reason).await.status, 303);
    walk.sees("handler", &path(case), &["已删除的附件 2 个", "删除附件"]).await;
    walk.says("文件名和说明里的手机号等会自动隐去");
    walk.misses("handler", &path(case), &["13800001234", "13900001234"]).await;
    walk.says("请不要把姓名写进文件名");
    walk.ends();
}
