//! The pages of mirrored cases: who sees what, how it is pressed, what is due.

use axum::http::StatusCode;
use jiff::SignedDuration;
use qingting_models::ids::ItemId;
use qingting_models::records::*;
use qingting_models::store::{Arrival, MirrorFilter, NewJudgement, NewSource};
use qingting_respond::desk::Desk;

use crate::office::{HOSTILE, Office};

/// A case of the provincial platform with its office, through judging and routing.
async fn mirrored(
    office: &Office,
    number: &str,
    title: &str,
    of: &str,
    topic: &str,
    due_hours: i64,
) -> ItemId {
    let store = &office.store;
    let source = match store.source_named("省平台").await.unwrap() {
        Some(source) => source,
        None => {
            let new = NewSource {
                name: "省平台".into(),
                kind: SourceKind::Sheet,
                channel: Channel::Complaint,
                mode: Mode::Mirror,
                url: None,
                cutoff: None,
                allow_host: None,
                interval_s: 900,
                settings: Default::default(),
            };
            store.add_source(new, Actor::Console).await.unwrap()
        }
    };
    let now = store.now();
    let upstream = Upstream {
        dispatched_at: Some(now - SignedDuration::from_hours(30)),
        due_at: Some(now + SignedDuration::from_hours(due_hours)),
        finished: false,
        case: UpstreamCase {
            office: Some(of.into()),
            state: Some(format!("处理中{HOSTILE}")),
            answer: Some("已派人查看".into()),
            satisfaction: Some("不满意".into()),
            unsatisfied: true,
            ..UpstreamCase::default()
        },
        fields: vec![("所属区域".into(), HOSTILE.into())],
    };
    let arrival = Arrival {
        external_id: Some(number.into()),
        canonical: number.into(),
        content: ItemContent {
            title: title.into(),
            body: "三天没有人管".into(),
            url: None,
            occurred_at: None,
            upstream,
        },
        original: serde_json::json!({}).into(),
        sameness: Default::default(),
        withdrawn: false,
        language: None,
        sealed_fields: Vec::new(),
    };
    store.intake(&source, vec![arrival], vec![]).await.unwrap();
    let tasks = store.claim_judging("m", 10, SignedDuration::from_mins(5)).await.unwrap();
    let item = tasks[0].item;
    let verdict = NewJudgement {
        model: "m".into(),
        topics: vec![TopicScore { code: topic.into(), score: 0.9 }],
        unsure: false,
        kind: Kind::Complaint,
        urgency: Urgency::Ordinary,
        office: "住建".into(),
        offices: vec![],
        places: vec![],
        sender_town: None,
        reasons: vec![],
        search_words: title.into(),
        signature: Vec::new(),
    };
    store.save_verdicts("m", tasks.into_iter().map(|task| (task, verdict.clone())).collect()).await.unwrap();
    let county = std::sync::Arc::new(qingting_models::county::County::embedded().unwrap());
    Desk::new((**store).clone(), county).route_next("m", 50).await.unwrap();
    item
}

#[tokio::test]
async fn each_sees_the_mirrored_cases_that_are_theirs() {
    for office in Office::each().await {
        let housing = mirrored(&office, "M1", "小区停水", "县住建局", "urban", 40).await;
        let school = mirrored(&office, "M2", "校门口堵车", "县教育局", "urban", 90).await;
        let secret = mirrored(&office, "M3", "村干部吃拿卡要", "县住建局", "conduct", 40).await;
        let unknown = mirrored(&office, "M4", "公园没有灯", "省级某公司", "urban", -4).await;
        let all = [housing, school, secret, unknown];
        for (login, seen) in [
            ("duty", vec![housing, school, unknown]),
            ("leader", vec![housing, school, unknown]),
            ("discipline", vec![secret]),
            ("handler", vec![housing]),
            ("reviewer", vec![housing]),
        ] {
            let list = office.get(login, "/mirrored").await;
            assert_eq!(list.status, StatusCode::OK);
            for item in all {
                assert_eq!(list.body.contains(&format!("/mirrored/{item}")), seen.contains(&item), "{login}");
                let one = office.get(login, &format!("/mirrored/{item}")).await.status;
                let wanted = if seen.contains(&item) { StatusCode::OK } else { StatusCode::NOT_FOUND };
                assert_eq!(one, wanted, "{login}");
            }
            assert!(!list.body.contains("<img src=x"), "any text is shown as text");
        }
        let inbox = office.get("handler", "/inbox").await.body;
        assert!(inbox.contains(&format!("/mirrored/{housing}")) && !inbox.contains("校门口堵车"), "{inbox}");
        let list = office.get("duty", "/mirrored?view=over").await.body;
        assert!(
            list.contains("公园没有灯") && list.contains("没有对应的本县单位") && !list.contains("小区停水"),
            "{list}"
        );
        let found = office.get("duty", "/mirrored?q=M2&view=unsatisfied").await.body;
        assert!(found.contains("校门口堵车") && !found.contains("小区停水"));
        let of = office.get("duty", "/mirrored?department=zjj").await.body;
        assert!(of.contains("小区停水") && !of.contains("校门口堵车"));
        // Our own cases and their search know nothing of them.
        assert!(!office.get("duty", "/cases?state=all").await.body.contains("小区停水"));
        let found = office.get("duty", "/cases?state=all&q=小区停水").await.body;
        assert!(found.contains("没有符合条件的工单"), "{found}");
    }
}

#[tokio::test]
async fn a_mirrored_case_is_pressed_with_a_note_and_marked_but_never_opened() {
    let office = Office::new().await;
    let item = mirrored(&office, "M1", "小区停水", "县住建局", "urban", 40).await;
    let page = format!("/mirrored/{item}");
    let one = office.get("duty", &page).await.body;
    for text in ["已派人查看", "不满意", "平台时限", "本县参考", "不是对群众的承诺", "三天没有人管"]
    {
        assert!(one.contains(text), "{text}: {one}");
    }
    assert!(!office.get("handler", &page).await.body.contains(&format!("{page}/press")));
    let press = format!("{page}/press");
    let refused = office.post("duty", &press, &[("version", "1"), ("note", "")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let pressed = office.post("duty", &press, &[("version", "1"), ("note", "请尽快恢复供水")]).await;
    assert_eq!(pressed.location(), format!("{page}?done=mirrored-pressed"));
    let late = office.post("leader", &press, &[("version", "1"), ("note", "快")]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.body.contains("duty员"), "who was first is told: {}", late.body);
    let watch = office
        .post("duty", &format!("{page}/watch"), &[("version", "2"), ("watch", "on"), ("note", "反复停水")])
        .await;
    assert_eq!(watch.location(), format!("{page}?done=mirrored-watched"));
    assert!(office.get("duty", "/mirrored?view=watched").await.body.contains("小区停水"));
    let one = office.get("duty", &page).await.body;
    assert!(one.contains("请尽快恢复供水") && one.contains("反复停水") && one.contains("黄色督办"), "{one}");
    assert!(office.get("handler", &page).await.body.contains("请尽快恢复供水"));
    let opened = office
        .post("duty", &format!("/items/{item}/assign"), &[("version", "1"), ("department", "zjj")])
        .await;
    assert_eq!(opened.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(opened.body.contains("不重复立案"), "{}", opened.body);
    assert!(office.get("duty", &format!("/items/{item}")).await.body.contains(&page));
    assert_eq!(office.store.count_mirrored(&Viewer::SYSTEM, &MirrorFilter::default()).await.unwrap(), 1);
    office.store.chain_audit(1000).await.unwrap();
    let log = office.get("auditor", "/audit").await.body;
    assert!(log.contains("督办镜像工单") && log.contains("关注镜像工单"), "{log}");
}
