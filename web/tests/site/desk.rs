//! Cases on their pages: what is offered, what is refused, and two people at once.

use axum::http::StatusCode;
use qingting_models::records::Viewer;

use crate::office::Office;

/// Who, the action, its fields, and the state after it.
type Step = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

async fn state(office: &Office) -> (&'static str, i64) {
    let file = office.store.case_file(&Viewer::SYSTEM, office.housing.0).await.unwrap().unwrap();
    (file.case.state.code(), file.case.version)
}

#[tokio::test]
async fn a_case_goes_from_assigning_to_the_call_back_on_its_page() {
    let office = Office::new().await;
    let path = format!("/cases/{}/act", office.housing.0);
    let steps: &[Step] = &[
        ("handler", "accept", &[], "handling"),
        ("handler", "contact", &[("text", "已电话联系")], "handling"),
        ("handler", "submit", &[("text", "开发商承诺交付"), ("outcome", "partly")], "in_review"),
        ("reviewer", "needs_work", &[("text", "写明日期")], "handling"),
        ("handler", "submit", &[("text", "十二月底前交付"), ("outcome", "solved")], "in_review"),
        ("reviewer", "approve", &[], "replied"),
        ("duty", "call_back", &[("grade", "satisfied"), ("outcome", "solved")], "closed"),
    ];
    for (login, action, fields, after) in steps {
        let version = state(&office).await.1.to_string();
        let page = office.get(login, &format!("/cases/{}", office.housing.0)).await.body;
        assert!(page.contains(&format!("name=\"action\" value=\"{action}\"")), "{action} is not offered");
        let mut form = vec![("action", *action), ("version", version.as_str())];
        form.extend_from_slice(fields);
        let answer = office.post(login, &path, &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{action}: {}", answer.body);
        assert_eq!(state(&office).await.0, *after, "{action}");
    }
    let page = office.get("leader", &format!("/cases/{}", office.housing.0)).await.body;
    assert!(page.contains("十二月底前交付") && page.contains("依据："));
}

#[tokio::test]
async fn the_second_of_two_people_is_told_and_keeps_the_typed_text() {
    let office = Office::new().await;
    let path = format!("/cases/{}/act", office.housing.0);
    office.post("handler", &path, &[("action", "accept"), ("version", "1")]).await;
    let form = [("action", "contact"), ("version", "1"), ("text", "我也联系过了")];
    let answer = office.post("handler", &path, &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("handler员 在") && answer.body.contains("我也联系过了"));
    assert_eq!(state(&office).await, ("handling", 2));
}

#[tokio::test]
async fn what_the_rules_forbid_is_refused_with_the_reason() {
    let office = Office::new().await;
    let path = format!("/cases/{}/act", office.housing.0);
    let reviewer = office.post("reviewer", &path, &[("action", "accept"), ("version", "1")]).await;
    assert_eq!(reviewer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let nameless = [("action", "send_back"), ("version", "1"), ("text", "不是我们的")];
    let answer = office.post("handler", &path, &nameless).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("不是我们的"), "the text stays in its form");
    assert_eq!(state(&office).await, ("assigned", 1));
    for action in ["assign", "merge", "seen", "nonsense"] {
        let answer = office.post("duty", &path, &[("action", action), ("version", "1")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{action}");
    }
}

#[tokio::test]
async fn the_inbox_shows_the_departments_work_by_what_is_to_be_done() {
    let office = Office::new().await;
    let body = office.get("handler", "/inbox").await.body;
    assert!(body.contains("商品房逾期交付") && body.contains("待签收"));
    let office_head = office.get("reviewer", "/").await;
    assert_eq!(office_head.location(), "/inbox", "who sees no items begins with the department's work");
}

#[tokio::test]
async fn assigning_from_the_list_opens_a_case_once() {
    let office = Office::new().await;
    let path = format!("/items/{}/assign", office.open);
    let form = [("version", "1"), ("department", "zfj"), ("back", "/items")];
    let first = office.post("duty", &path, &form).await;
    assert_eq!(first.location(), "/items?done=assigned");
    let second = office.post("duty", &path, &form).await;
    assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(second.body.contains("已有工单"));
    let wrong = office.post("duty", &path, &[("version", "1"), ("department", "nowhere")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}
