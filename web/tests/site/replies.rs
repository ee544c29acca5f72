//! Writing a reply on its page: the draft, what helps, what is looked at, the review with its changes, the promises.

use std::sync::{Arc, OnceLock};

use axum::http::StatusCode;
use jiff::SignedDuration;
use qingting_classify::{Classifier, Model};
use qingting_models::county::County;
use qingting_models::ids::CaseId;
use qingting_models::records::{Kind, TopicScore, Urgency, Viewer};
use qingting_models::store::{Arrival, AuditFilter, NewJudgement, Page};

use crate::office::{HOSTILE, Office, add_user, arrival};

pub(crate) fn classifier() -> Arc<Classifier> {
    static ONE: OnceLock<Arc<Classifier>> = OnceLock::new();
    let make = || {
        let county = County::embedded().unwrap();
        Arc::new(Classifier::new(Model::embedded().unwrap(), &county))
    };
    ONE.get_or_init(make).clone()
}

async fn version(office: &Office, case: CaseId) -> String {
    office.store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap().case.version.to_string()
}

/// Does an action on a case; what came of it.
async fn act(
    office: &Office,
    login: &str,
    case: CaseId,
    action: &str,
    fields: &[(&str, &str)],
) -> crate::office::Answer {
    let version = version(office, case).await;
    let mut form = vec![("action", action), ("version", version.as_str())];
    form.extend_from_slice(fields);
    office.post(login, &format!("/cases/{case}/act"), &form).await
}

fn line<'a>(name: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("name", name),
        ("text", "逾期交付的，开发企业应当按合同约定支付违约金。"),
        ("valid_from", "2026-11-01"),
        ("agreed_by", "住建局、县府办"),
        ("agreed_on", "2026-11-01"),
    ];
    form.retain(|(field, _)| more.iter().all(|(other, _)| other != field));
    form.extend_from_slice(more);
    form
}

#[tokio::test]
async fn a_draft_is_kept_for_the_department_and_lost_in_no_conflict() {
    let office = Office::new().await;
    let (case, _) = office.housing;
    act(&office, "handler", case, "accept", &[]).await;
    let page = format!("/cases/{case}");
    let draft = format!("{page}/draft");
    let typed = [("do", "quiet"), ("draft_version", "0"), ("text", "正在核查合同"), ("outcome", "partly")];
    let kept = office.post("handler", &draft, &typed).await;
    assert_eq!(kept.status, StatusCode::OK);
    assert!(kept.body.contains("\"version\":1"), "{}", kept.body);
    let shown = office.get("handler", &page).await.body;
    assert!(shown.contains("正在核查合同") && shown.contains("草稿：handler员"));
    for login in ["reviewer", "duty", "leader"] {
        assert!(!office.get(login, &page).await.body.contains("正在核查合同"), "{login} reads a draft");
    }
    let stale = [
        ("action", "submit"),
        ("version", "1"),
        ("draft_version", "1"),
        ("text", "写了很久的答复"),
        ("outcome", "solved"),
    ];
    let late = office.post("handler", &format!("{page}/act"), &stale).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("写了很久的答复"));
    assert!(office.get("handler", &page).await.body.contains("写了很久的答复"), "kept on the server");
    add_user(&office.store, "second", &[qingting_models::records::Role::Handler], Some("zjj")).await;
    let other = [("do", "save"), ("draft_version", "0"), ("text", "同事写的")];
    assert_eq!(office.post("second", &draft, &other).await.location(), format!("{page}?done=draft-saved"));
    let shown = office.get("handler", &page).await.body;
    assert!(shown.contains("同事写的") && shown.contains("另存的草稿"), "{shown}");
    let aside = shown.split("aside=").nth(1).unwrap().split(['"', '&', '#']).next().unwrap().to_owned();
    let looked = office.get("handler", &format!("{page}?aside={aside}")).await.body;
    assert!(
        looked.contains("name=\"draft_version\" value=\"0\""),
        "going on with it costs the other none: {looked}"
    );
    let strange = office.post("handler", &format!("/cases/{}/draft", office.school.0), &typed).await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
    act(&office, "handler", case, "submit", &[("text", "先这样答复"), ("outcome", "solved")]).await;
    act(&office, "reviewer", case, "needs_work", &[("text", "重写")]).await;
    let again = office.get("handler", &page).await.body;
    assert!(!again.contains("同事写的"), "submitted, what was kept aside is gone");
    assert!(
        again.contains("name=\"text\"") && again.contains("先这样答复"),
        "the work goes on from what was submitted"
    );
}

#[tokio::test]
async fn lines_are_agreed_by_the_duty_office_proposed_by_departments_and_put_into_the_draft() {
    let office = Office::new().await;
    let (case, _) = office.housing;
    act(&office, "handler", case, "accept", &[]).await;
    let added = office.post("duty", "/lines/new", &line("逾期交付", &[("topic", "housing")])).await;
    assert!(added.location().starts_with("/lines/") && added.location().ends_with("?done=line-added"));
    let id = added.location().trim_start_matches("/lines/").split('?').next().unwrap().to_owned();
    let page = office.get("handler", &format!("/cases/{case}")).await.body;
    assert!(
        page.contains("逾期交付的，开发企业应当按合同约定支付违约金。")
            && page.contains("住建局、县府办 商定")
    );
    assert!(page.contains(&format!("?insert=line-{id}#reply")) && page.contains("data-insert-key=\"1\""));
    let filled = office.get("handler", &format!("/cases/{case}?insert=line-{id}")).await.body;
    let area =
        filled.split("<textarea id=\"submit-text\"").nth(1).unwrap().split("</textarea>").next().unwrap();
    assert!(area.contains("按合同约定支付违约金"), "without a script the link fills the draft: {area}");
    let twice = office.post("duty", "/lines/new", &line("逾期交付", &[])).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(twice.body.contains("已经有名称为") && twice.body.contains("违约金"), "what was typed stays");
    let alone =
        office.post("duty", "/lines/new", &line("无人商定", &[("agreed_by", ""), ("agreed_on", "")])).await;
    assert!(alone.body.contains("由谁商定"), "{}", alone.body);

    let proposed = office
        .post("reviewer", "/lines/new", &line("本局口径", &[("department", "jyj"), ("confidential", "on")]))
        .await;
    assert!(proposed.location().ends_with("?done=line-proposed"), "{}", proposed.body);
    let page = office.get("handler", &format!("/cases/{case}")).await.body;
    assert!(!page.contains("本局口径"), "a proposal is not offered");
    let list = office.get("duty", "/lines").await.body;
    assert!(list.contains("本局口径") && list.contains("待确认") && list.contains("住建局"));
    let own = proposed.location().split('?').next().unwrap().to_owned();
    let touch = office.post("reviewer", &own, &line("本局口径", &[("version", "1")])).await;
    assert_eq!(touch.status, StatusCode::FORBIDDEN);
    let agreed =
        office.post("duty", &own, &line("本局口径", &[("version", "1"), ("department", "zjj")])).await;
    assert!(agreed.location().ends_with("line-changed"), "{}", agreed.body);
    assert!(office.get("handler", &format!("/cases/{case}")).await.body.contains("本局口径"));

    let path = format!("/lines/{id}/withdraw");
    let gone = office.post("duty", &path, &[("version", "1"), ("reason", "合同范本已改")]).await;
    assert!(gone.location().ends_with("line-withdrawn"));
    let check = [("do", "check"), ("text", "逾期交付的，开发企业应当按合同约定支付违约金。已约谈。")];
    // The line of the department says the same and holds: only when it is gone too is the text an old one.
    let still = office.post_and_go("handler", &format!("/cases/{case}/draft"), &check).await.body;
    assert!(!still.contains("口径已失效"), "{still}");
    office.post("duty", &format!("{own}/withdraw"), &[("version", "2"), ("reason", "合同范本已改")]).await;
    let old = office.post_and_go("handler", &format!("/cases/{case}/draft"), &check).await.body;
    assert!(old.contains("口径已失效") && old.contains("该口径已撤回"), "{old}");
}

#[tokio::test]
async fn confidential_lines_are_kept_and_seen_by_few() {
    let office = Office::new().await;
    let secret = [("confidential", "on"), ("department", "jw")];
    let by_duty = office.post("duty", "/lines/new", &line("吃拿卡要的说法", &secret)).await;
    assert_eq!(by_duty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let added = office.post("discipline", "/lines/new", &line("吃拿卡要的说法", &secret)).await;
    let path = added.location().split('?').next().unwrap().to_owned();
    for login in ["duty", "leader", "handler", "reviewer"] {
        assert_eq!(office.get(login, &path).await.status, StatusCode::NOT_FOUND, "{login}");
        assert!(!office.get(login, "/lines").await.body.contains("吃拿卡要的说法"), "{login}");
    }
    assert_eq!(office.get("discipline", &path).await.status, StatusCode::OK);
    let hostile = line(HOSTILE, &[("text", HOSTILE)]);
    let added = office.post("duty", "/lines/new", &hostile).await;
    let path = added.location().split('?').next().unwrap().to_owned();
    for page in ["/lines", path.as_str()] {
        assert!(!office.get("duty", page).await.body.contains("<script>alert(1)"), "{page}");
    }
}

#[tokio::test]
async fn templates_are_filled_from_the_case_and_unknown_places_refused() {
    let office = Office::new().await;
    let (case, _) = office.housing;
    act(&office, "handler", case, "accept", &[]).await;
    let first = office.post("duty", "/templates/first", &[]).await;
    assert_eq!(first.location(), "/templates?done=template-added");
    let page = office.get("handler", &format!("/cases/{case}")).await.body;
    assert!(page.contains("住建：商品房质量与交付") && page.contains("住房和城乡建设局会同"), "{page}");
    assert!(
        page.contains("“商品房逾期交付”（工单 2026-00001）"),
        "the case's number and title are filled in"
    );
    assert!(!page.contains("欠薪：已发放"), "another department's template");
    let wrong = [("name", "甲"), ("text", "您好，{姓名}")];
    let answer = office.post("reviewer", "/templates/new", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("{姓名}") && answer.body.contains("{工单号} {标题}"), "{}", answer.body);
    let own = [("name", "本局模板"), ("text", "工单{工单号}已收到"), ("department", "jyj")];
    assert_eq!(
        office.post("reviewer", "/templates/new", &own).await.location(),
        "/templates?done=template-added"
    );
    let kept = office.store.reply_templates(Some(&"jyj".into())).await.unwrap();
    assert!(kept.iter().all(|t| t.content.name != "本局模板"), "a reviewer writes for the own department");
    let general = kept.iter().find(|t| t.content.department.is_none()).unwrap();
    let path = format!("/templates/{}", general.id);
    assert_eq!(office.get("reviewer", &path).await.status, StatusCode::OK);
    let theirs = office.post("reviewer", &format!("{path}/remove"), &[]).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND, "what is everybody's is the duty office's to change");
}

#[tokio::test]
async fn what_is_to_be_looked_at_is_shown_once_and_a_leak_needs_a_reason() {
    let office = Office::new().await;
    let (case, _) = office.housing;
    act(&office, "handler", case, "accept", &[]).await;
    let soon = [("text", "开发商已约谈，将尽快交付"), ("outcome", "partly"), ("looked", "-")];
    let first = act(&office, "handler", case, "submit", &soon).await;
    assert_eq!(
        first.location(),
        format!("/cases/{case}?checked=submit#reply"),
        "going back sends nothing again"
    );
    let first = office.follow("handler", first).await;
    assert!(first.body.contains("开发商已约谈，将尽快交付"), "what was typed is there: {}", first.body);
    assert!(first.body.contains("承诺没有日期") && first.body.contains("答复还没有提交"), "{}", first.body);
    let looked =
        first.body.split("name=\"looked\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let again = [("text", "开发商已约谈，将尽快交付"), ("outcome", "partly"), ("looked", looked.as_str())];
    assert_eq!(act(&office, "handler", case, "submit", &again).await.status, StatusCode::SEE_OTHER);
    let review = office.get("reviewer", &format!("/cases/{case}")).await.body;
    assert!(review.contains("审核时请看") && review.contains("承诺没有日期"));
    act(&office, "reviewer", case, "needs_work", &[("text", "写明日期")]).await;

    let leak = [
        ("text", "已约谈开发商"),
        ("outcome", "partly"),
        ("public_text", "诉求人13800000000反映的交付问题已约谈"),
    ];
    let refused = act(&office, "handler", case, "submit", &leak).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("可公开内容里有个人信息"), "{}", refused.body);
    let mut shown = leak.to_vec();
    shown.push(("looked", "-"));
    let shown = act(&office, "handler", case, "submit", &shown).await;
    let shown = office.follow("handler", shown).await.body;
    assert!(shown.contains("泄露个人信息") && shown.contains("写明保留的理由"), "{shown}");
    let mut explained = leak.to_vec();
    explained.push(("stands_because", "对外公布的公开号码"));
    assert_eq!(act(&office, "handler", case, "submit", &explained).await.status, StatusCode::SEE_OTHER);
    let review = office.get("reviewer", &format!("/cases/{case}")).await.body;
    assert!(review.contains("对外公布的公开号码") && review.contains("可公开的内容"));
    assert!(
        review.contains("与上一稿比较") && review.contains("<del>") && review.contains("<ins>"),
        "{review}"
    );
}

#[tokio::test]
async fn promises_are_followed_after_closing_and_marked_by_their_department() {
    let office = Office::new().await;
    let (case, _) = office.housing;
    act(&office, "handler", case, "accept", &[]).await;
    let reply = [
        ("text", "已约谈开发商"),
        ("outcome", "partly"),
        ("promise_1", "完成交付"),
        ("promise_1_by", "2026-11-20"),
    ];
    act(&office, "handler", case, "submit", &reply).await;
    assert!(!office.get("handler", "/promises").await.body.contains("完成交付"), "not before it is approved");
    act(&office, "reviewer", case, "approve", &[]).await;
    let rated = [("grade", "satisfied"), ("outcome", "partly")];
    act(&office, "duty", case, "call_back", &rated).await;
    let list = office.get("handler", "/promises").await.body;
    assert!(list.contains("完成交付") && list.contains("2026-11-20") && list.contains("待兑现"));
    assert!(!office.get("discipline", "/promises?state=all").await.body.contains("完成交付"));
    let quiet = office.get("duty", "/").await.body;
    assert!(quiet.contains("逾期承诺"));
    office.store.clock.set(office.store.now() + SignedDuration::from_hours(24 * 25));
    assert!(office.get("handler", "/inbox").await.body.contains("项承诺过了日期"));
    let late = office.get("leader", "/promises?state=over").await.body;
    assert!(late.contains("逾期未兑现") && !late.contains("value=\"kept\">已兑现</button>"));
    let reply = office.store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap().replies[0].id;
    let path = format!("/promises/{reply}/mark");
    let bare = office.post("handler", &path, &[("place", "0"), ("became", "kept")]).await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = [("place", "0"), ("became", "kept"), ("note", "11月28日已交付")];
    assert_eq!(office.post("handler", &path, &kept).await.location(), "/promises?done=promise-marked");
    assert_eq!(
        office.post("reviewer", &path, &kept).await.location(),
        "/promises?done=promise-marked-before"
    );
    let page = office.get("duty", &format!("/cases/{case}")).await.body;
    assert!(
        page.contains("承诺已兑现") && page.contains("11月28日已交付") && page.contains("逾期兑现"),
        "{page}"
    );
    assert!(!office.get("handler", "/inbox").await.body.contains("项承诺过了日期"));
}

#[tokio::test]
async fn the_handler_who_must_call_sees_the_number_by_one_tap_and_the_log_has_it() {
    let office = Office::new().await;
    let (case, _) = office.housing;
    let path = format!("/cases/{case}/contact");
    assert!(office.get("handler", &format!("/cases/{case}")).await.body.contains("显示电话和地址"));
    let shown = office.post("handler", &path, &[]).await;
    assert!(
        shown.body.contains("tel:13800000000") && shown.body.contains("已记入审计日志"),
        "{}",
        shown.body
    );
    assert!(!office.get("handler", &format!("/cases/{case}")).await.body.contains("13800000000"));
    let filter = AuditFilter { action: Some("item.unmask".into()), ..AuditFilter::default() };
    let log = office.store.audit_page(&filter, Page::default()).await.unwrap();
    assert_eq!(log.rows.len(), 1, "the look is in the log");
    let strange = office.post("handler", &format!("/cases/{}/contact", office.school.0), &[]).await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
    let secret = office.post("duty", &format!("/cases/{}/contact", office.secret.0), &[]).await;
    assert_eq!(secret.status, StatusCode::NOT_FOUND);
    act(&office, "duty", case, "void", &[("text", "立错了")]).await;
    let over = office.post("duty", &path, &[]).await;
    assert!(!over.body.contains("13800000000"), "a case that is over needs no call");
}

/// Brings one more call, judged, assigned to `zjj`, and answered.
async fn answered(office: &Office, title: &str, body: &str, words: &str, answer: &str) -> CaseId {
    let source = office.store.source(office.source).await.unwrap().unwrap();
    let coming = Arrival {
        original: serde_json::json!({ "诉求内容": body }).into(),
        ..arrival(title, title, body)
    };
    office.store.intake(&source, vec![coming], vec![]).await.unwrap();
    let tasks = office.store.claim_judging("test", 50, SignedDuration::from_mins(5)).await.unwrap();
    let item = tasks[0].item;
    let verdict = NewJudgement {
        model: "m".repeat(64),
        topics: vec![TopicScore { code: "housing".into(), score: 0.9 }],
        unsure: false,
        kind: Kind::Complaint,
        urgency: Urgency::Ordinary,
        office: "住建".into(),
        offices: vec![("住建".into(), 0.8)],
        places: vec![],
        sender_town: None,
        reasons: vec![],
        search_words: words.into(),
        signature: Vec::new(),
    };
    office
        .store
        .save_verdicts("test", tasks.into_iter().map(|t| (t, verdict.clone())).collect())
        .await
        .unwrap();
    let assigned = office
        .post(
            "duty",
            &format!("/items/{item}/assign"),
            &[("department", "zjj"), ("reason", "主管"), ("version", "1")],
        )
        .await;
    assert_eq!(assigned.status, StatusCode::SEE_OTHER, "{}", assigned.body);
    let case = office.store.item(&Viewer::SYSTEM, item).await.unwrap().unwrap().case.unwrap();
    act(office, "handler", case, "accept", &[]).await;
    act(office, "handler", case, "submit", &[("text", answer), ("outcome", "partly")]).await;
    act(office, "reviewer", case, "approve", &[]).await;
    case
}

#[tokio::test]
async fn earlier_answers_to_like_matters_stand_beside_the_draft_with_their_source() {
    let office = Office::wise(classifier()).await;
    let (case, _) = office.housing;
    act(&office, "handler", case, "accept", &[]).await;
    let answer = "您好！来函阅悉，兹答复如下：经查，该项目因消防验收未通过推迟交付，已责令开发商在三个月内完成整改，\
        逾期按合同支付违约金。感谢您的支持！";
    let like =
        answered(&office, "期房一直不交付", "商品房买了两年还没有交付", "商品房 逾期 交付 期房", answer)
            .await;
    answered(&office, "电梯坏了", "电梯停运一周", "电梯 停运", "电梯已修好，于11月3日恢复运行。").await;
    let page = office.get("handler", &format!("/cases/{case}")).await.body;
    assert!(page.contains("以往答复") && page.contains("期房一直不交付"), "{page}");
    assert!(page.contains(&format!("?insert=answer-{like}#reply")));
    let hint = page.split("id=\"hint-1\"").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(hint.contains("消防验收未通过") && !hint.contains("收悉") && !hint.contains("感谢"), "{hint}");
    assert!(!page.contains("电梯已修好"), "another matter");
}

#[tokio::test]
async fn a_department_that_helps_writes_with_a_draft_and_what_helps() {
    let office = Office::new().await;
    let (case, _) = office.housing;
    add_user(&office.store, "zonghe", &[qingting_models::records::Role::Handler], Some("zfj")).await;
    act(&office, "duty", case, "add_helper", &[("department", "zfj"), ("text", "看看有没有违建")]).await;
    let added = office.post("duty", "/lines/new", &line("逾期交付口径", &[])).await;
    assert!(added.location().contains("done="), "{}", added.body);
    let page = format!("/cases/{case}");
    assert!(!office.get("zonghe", &page).await.body.contains("写协办反馈"), "not before it has accepted");
    act(&office, "zonghe", case, "helper_accept", &[]).await;
    let shown = office.get("zonghe", &page).await.body;
    assert!(shown.contains("写协办反馈") && shown.contains("可以参考的"), "{shown}");
    let draft = [("text", "现场看过，没有违建"), ("draft_version", "0"), ("do", "save")];
    let saved = office.post("zonghe", &format!("{page}/draft"), &draft).await;
    assert!(saved.location().ends_with("done=draft-saved"), "{}", saved.body);
    assert!(office.get("zonghe", &page).await.body.contains("现场看过，没有违建"));
    assert!(
        !office.get("handler", &page).await.body.contains("现场看过，没有违建"),
        "a draft is its department's"
    );
    let done = act(&office, "zonghe", case, "helper_answer", &[("text", "现场看过，没有违建")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let own = "zfj".into();
    let (kept, aside) = office.store.draft(case, &own).await.unwrap();
    assert!(kept.is_none() && aside.is_empty(), "what was said needs no draft");
}

#[tokio::test]
async fn usual_wordings_stand_beside_what_may_be_done_in_a_state() {
    let office = Office::new().await;
    let (case, _) = office.housing;
    let template = [
        ("name", "退回写法"),
        ("text", "工单{工单号}反映的事项由其他单位负责。"),
        ("state", "assigned"),
        ("department", "zjj"),
        ("version", "0"),
    ];
    let added = office.post("reviewer", "/templates/new", &template).await;
    assert!(added.location().ends_with("done=template-added"), "{}", added.body);
    let page = office.get("handler", &format!("/cases/{case}")).await.body;
    assert!(page.contains("常用写法") && page.contains("反映的事项由其他单位负责"), "{page}");
    act(&office, "handler", case, "accept", &[]).await;
    let page = office.get("handler", &format!("/cases/{case}")).await.body;
    assert!(!page.contains("反映的事项由其他单位负责"), "it is for another state");
}
