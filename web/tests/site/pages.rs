//! What the pages show and do, over the real store.

use axum::http::StatusCode;
use qingting_models::records::{Actor, Viewer};
use qingting_models::store::{AuditFilter, ErasureOf, Page};

use crate::office::{CSRF, HOSTILE, Office, arrival};

async fn actions(office: &Office) -> Vec<String> {
    let page = office.store.audit_page(&AuditFilter::default(), Page::default()).await.unwrap();
    page.rows.into_iter().map(|e| e.entry.action).collect()
}

#[tokio::test]
async fn hostile_text_from_a_source_is_shown_as_text() {
    let office = Office::new().await;
    for path in
        ["/items".to_owned(), format!("/items/{}", office.open), format!("/items?q={}", "%3Cscript%3E")]
    {
        let body = office.get("duty", &path).await.body;
        assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{path}");
    }
    let body = office.get("duty", &format!("/items/{}", office.open)).await.body;
    assert!(body.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{HOSTILE} is gone");
}

#[tokio::test]
async fn confirming_dismissing_and_restoring_go_back_to_the_list() {
    let office = Office::new().await;
    let path = format!("/items/{}", office.open);
    let form = [("version", "1"), ("back", "/items?topic=urban")];
    let answer = office.post("duty", &format!("{path}/confirm"), &form).await;
    assert_eq!(answer.location(), "/items?topic=urban&done=confirmed");
    let item = office.store.item(&Viewer::SYSTEM, office.open).await.unwrap().unwrap();
    assert!(item.judged_by_person);
    let form = [("reason", "重复"), ("back", "https://evil.example")];
    let answer = office.post("duty", &format!("{path}/dismiss"), &form).await;
    assert_eq!(answer.location(), format!("{path}?done=dismissed"));
    assert!(!office.get("duty", "/items").await.body.contains("小区路灯坏了"));
    office.post("duty", &format!("{path}/restore"), &[]).await;
    assert!(office.get("duty", "/items").await.body.contains("小区路灯坏了"));
}

#[tokio::test]
async fn a_judgement_that_makes_an_item_confidential_takes_it_out_of_sight() {
    let office = Office::new().await;
    let form = [("version", "1"), ("topic", "conduct"), ("kind", "举报"), ("urgency", "1")];
    let answer = office.post("duty", &format!("/items/{}/judge", office.open), &form).await;
    assert_eq!(answer.location(), "/items?done=judged");
    let gone = office.get("duty", &format!("/items/{}", office.open)).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(office.get("discipline", &format!("/items/{}", office.open)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn codes_that_the_county_does_not_have_are_refused() {
    let office = Office::new().await;
    let base = [("version", "1"), ("kind", "投诉"), ("urgency", "1")];
    for wrong in [
        ("topic", "witchcraft"),
        ("department", "nowhere"),
        ("town", "月球镇"),
        ("urgency", "9"),
        ("kind", "吵架"),
    ] {
        let mut form: Vec<(&str, &str)> = base.iter().copied().filter(|(k, _)| *k != wrong.0).collect();
        form.push(wrong);
        let answer = office.post("duty", &format!("/items/{}/judge", office.open), &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
}

#[tokio::test]
async fn an_older_version_cannot_be_judged() {
    let office = Office::new().await;
    let answer = office.post("duty", &format!("/items/{}/confirm", office.open), &[("version", "0")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_was_destroyed_behind_the_mask_is_said_to_be() {
    let office = Office::new().await;
    let of = ErasureOf::Item(office.open);
    office.store.erase_matter(of, "本人要求", Actor::Console).await.unwrap();
    let page = format!("/items/{}", office.open);
    let shown = office.get("duty", &page).await.body;
    assert!(shown.contains("销毁，谁也打不开") && !shown.contains("查看并记录"), "{shown}");
    // From a page that was open before.
    let late = office.post("duty", &format!("{page}/unmask"), &[("reason", "联系诉求人核实")]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.body.contains("原始内容已经销毁"), "{}", late.body);
}

#[tokio::test]
async fn a_look_behind_the_mask_needs_a_reason_and_leaves_a_line() {
    let office = Office::new().await;
    let path = format!("/items/{}/unmask", office.open);
    let answer = office.post("duty", &path, &[("reason", "看看")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!actions(&office).await.contains(&"item.unmask".to_owned()));
    let answer = office.post("duty", &path, &[("reason", "联系诉求人核实")]).await;
    assert!(answer.body.contains("13800000000"));
    assert!(actions(&office).await.contains(&"item.unmask".to_owned()));
    let again = office.get("duty", &format!("/items/{}", office.open)).await.body;
    assert!(!again.contains("13800000000"), "it is shown once");
    // The auditor reads who looked at what, and why; the administrator that somebody did.
    let log = office.get("auditor", "/audit?action=item.unmask").await.body;
    assert!(log.contains("duty员") && log.contains("理由：<bdi>联系诉求人核实</bdi>"), "{log}");
    assert!(!office.get("admin", "/audit").await.body.contains("联系诉求人核实"));
    let day = qingting_models::clock::local_date(office.store.now());
    let file = office.get("auditor", &format!("/audit/file?action=item.unmask&from={day}&to={day}")).await;
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(file.body.lines().count(), 2, "{}", file.body);
    assert!(file.body.contains("查看原始内容") && file.body.contains("联系诉求人核实"), "{}", file.body);
    let before = day.yesterday().unwrap();
    let none = office.get("auditor", &format!("/audit/file?to={before}")).await;
    assert_eq!(none.body.lines().count(), 1, "{}", none.body);
    let wrong = office.get("auditor", "/audit?from=2026-02-30").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_handler_may_unmask_the_item_of_the_own_case() {
    let office = Office::new().await;
    let path = format!("/items/{}/unmask", office.housing.1);
    let answer = office.post("handler", &path, &[("reason", "上门核实地址")]).await;
    assert!(answer.body.contains("13800000000"), "{}", answer.status);
}

#[tokio::test]
async fn lists_go_on_by_cursor_and_keep_their_filters() {
    let office = Office::new().await;
    bring_more(&office, 60).await;
    let mut path = "/items?state=all&channel=hotline".to_owned();
    let (mut pages, mut seen) = (0, 0);
    loop {
        let body = office.get("duty", &path).await.body;
        pages += 1;
        seen += body.matches("class=\"name\"").count();
        assert!(body.matches("class=\"name\"").count() <= 25, "a list never loads more than a page");
        let next =
            body.split("href=\"").find(|p| p.contains("rel=\"next\"")).map(|p| p.split('"').next().unwrap());
        let Some(next) = next else { break };
        path = next.replace("&#38;", "&");
        assert!(path.contains("channel=hotline") && path.contains("state=all"), "{path}");
        assert!(pages < 20);
    }
    // 60 more, and of the first five the three that are not about conduct.
    assert_eq!((pages, seen), (3, 63));
}

async fn bring_more(office: &Office, n: usize) {
    use qingting_models::records::{Kind, Urgency};
    use qingting_models::store::NewJudgement;
    let source = office.store.source(office.source).await.unwrap().unwrap();
    let coming = |k: usize| arrival(&format!("M{k}"), &format!("道路坑洼第{k}处"), "");
    office.store.intake(&source, (0..n).map(coming).collect(), vec![]).await.unwrap();
    let lease = jiff::SignedDuration::from_mins(5);
    let tasks = office.store.claim_judging("more", 200, lease).await.unwrap();
    let verdict = |task| {
        let new = NewJudgement {
            model: "m".into(),
            topics: vec![],
            unsure: true,
            kind: Kind::Complaint,
            urgency: Urgency::Ordinary,
            office: String::new(),
            offices: vec![],
            places: vec![],
            sender_town: None,
            reasons: vec![],
            search_words: String::new(),
            signature: Vec::new(),
        };
        (task, new)
    };
    office.store.save_verdicts("more", tasks.into_iter().map(verdict).collect()).await.unwrap();
}

/// Judges an item without a topic, of this kind of office, in this town.
async fn bring_for_office(office: &Office, title: &str, kind: &str, town: Option<&str>) {
    use qingting_models::records::{Kind, PlaceMention, Urgency};
    use qingting_models::store::NewJudgement;
    let source = office.store.source(office.source).await.unwrap().unwrap();
    let coming = arrival(title, title, "请帮忙看看");
    office.store.intake(&source, vec![coming], vec![]).await.unwrap();
    let tasks = office.store.claim_judging("one", 9, jiff::SignedDuration::from_mins(5)).await.unwrap();
    let place =
        |t: &str| PlaceMention { town: Some(t.into()), name: t.into(), start: 0, end: 3, confidence: 1.0 };
    let verdict = NewJudgement {
        model: "m".into(),
        topics: vec![],
        unsure: true,
        kind: Kind::Help,
        urgency: Urgency::Ordinary,
        office: kind.into(),
        offices: vec![(kind.into(), 0.6), ("住建".into(), 0.2)],
        places: town.map(place).into_iter().collect(),
        sender_town: None,
        reasons: vec![],
        search_words: title.into(),
        signature: Vec::new(),
    };
    let verdicts = tasks.into_iter().map(|task| (task, verdict.clone())).collect();
    office.store.save_verdicts("one", verdicts).await.unwrap();
}

/// The form to assign the item of this title in the list, and the item's page.
async fn places_to_assign(office: &Office, title: &str) -> (String, String) {
    let list = office.get("duty", "/items").await.body;
    let row = list.split("<li").find(|row| row.contains(title)).unwrap().to_owned();
    let link = row.split("href=\"").nth(1).and_then(|r| r.split('"').next()).unwrap();
    let page = office.get("duty", link).await.body;
    (row, page)
}

#[tokio::test]
async fn the_department_of_the_town_is_proposed_and_none_where_the_town_is_not_known() {
    let office = Office::new().await;
    bring_for_office(&office, "村里的老路塌了一段", "乡镇街道", Some("石浦镇")).await;
    let (row, page) = places_to_assign(&office, "村里的老路塌了一段").await;
    assert!(row.contains("value=\"shipu\" selected") && row.contains("模型建议：乡镇街道"), "{row}");
    assert!(page.contains("value=\"shipu\" selected") && page.contains("模型建议：乡镇街道（60%）"));
    bring_for_office(&office, "不知哪里的老路塌了", "乡镇街道", None).await;
    let (row, page) = places_to_assign(&office, "不知哪里的老路塌了").await;
    assert!(!row.contains(" selected") && row.contains("未能确定是哪一个"), "{row}");
    assert!(page.contains("也可以考虑：住建局，模型建议：住建（20%）"));
}

#[tokio::test]
async fn the_routing_table_comes_before_the_model() {
    let office = Office::new().await;
    let (row, page) = places_to_assign(&office, "小区路灯坏了").await;
    let chosen = |html: &str| html.split("<option").find(|o| o.contains(" selected")).map(str::to_owned);
    assert!(row.contains("分流规则第"), "{row}");
    assert!(page.contains("分流规则第"));
    assert!(
        !chosen(&row).unwrap().contains("value=\"zjj\""),
        "the model says 住建, the table something else"
    );
}

#[tokio::test]
async fn what_a_person_chose_is_proposed_first() {
    let office = Office::new().await;
    let form =
        [("version", "1"), ("topic", "urban"), ("kind", "投诉"), ("urgency", "0"), ("department", "slj")];
    let answer = office.post("duty", &format!("/items/{}/judge", office.open), &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let (row, page) = places_to_assign(&office, "小区路灯坏了").await;
    assert!(row.contains("value=\"slj\" selected") && row.contains("研判时由人工选定"), "{row}");
    assert!(page.contains("value=\"slj\" selected"));
}

#[tokio::test]
async fn an_administrator_adds_a_user() {
    let office = Office::new().await;
    let user = [("name", "王敏"), ("login", "wang.min"), ("role", "handler"), ("department", "zjj")];
    let added = office.post("admin", "/users/add", &user).await;
    let password = added.body.split("的初始密码：<code>").nth(1).and_then(|r| r.split('<').next()).unwrap();
    let form = [("csrf", CSRF), ("login", "wang.min"), ("password", password)];
    let answer = office.request("", qingting_web::routes::Verb::Post, "/login", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "the shown password is the one that was set");
    assert!(office.user("wang.min").await.must_change_password);
    let homeless = [("name", "李"), ("login", "li"), ("role", "reviewer")];
    let answer = office.post("admin", "/users/add", &homeless).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_auditor_reads_the_log_and_checks_the_chain() {
    let office = Office::new().await;
    office.store.chain_audit(1000).await.unwrap();
    let page = office.get("auditor", "/audit?kind=source").await;
    assert!(page.body.contains("<bdi>添加来源</bdi>") && !page.body.contains("<bdi>分派</bdi>"));
    let verdict = office.post("auditor", "/audit/verify", &[]).await;
    assert!(verdict.body.contains("审计链完整"));
}
