//! Cases on their pages: what is offered, what is refused, and two people at once.

use axum::http::StatusCode;
use qingting_models::ids::CaseId;
use qingting_models::records::{CaseState, Viewer};

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

async fn number_of(office: &Office, case: CaseId) -> String {
    office.store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap().case.number
}

#[tokio::test]
async fn a_case_is_merged_into_another_by_its_number() {
    let office = Office::new().await;
    let (into, other) = (office.school.0, office.housing.0);
    let number = number_of(&office, into).await;
    let path = format!("/cases/{other}/act");
    let page = office.get("duty", &format!("/cases/{other}")).await.body;
    assert!(page.contains("name=\"action\" value=\"merge\""), "the duty office may merge");
    let page = office.get("handler", &format!("/cases/{other}")).await.body;
    assert!(!page.contains("value=\"merge\"") && !page.contains("value=\"split\""), "a department may not");
    for (wrong, says) in [("2026-99999", "没有编号为"), ("", "并入的工单号"), ("我不知道", "没有编号为")]
    {
        let form = [("action", "merge"), ("version", "1"), ("into", wrong), ("text", "同一件事")];
        let answer = office.post("duty", &path, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(answer.body.contains(says) && answer.body.contains("同一件事"), "{wrong}: the text stays");
    }
    let secret = number_of(&office, office.secret.0).await;
    let form = [("action", "merge"), ("version", "1"), ("into", secret.as_str()), ("text", "同一件事")];
    assert!(office.post("duty", &path, &form).await.body.contains("没有编号为"), "it is not there for duty");
    let full_width = number.replace('-', "－");
    let form = [("action", "merge"), ("version", "1"), ("into", full_width.as_str()), ("text", "同一件事")];
    let by_department = office.post("handler", &path, &form).await;
    assert_eq!(by_department.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = office.post("duty", &path, &form).await;
    assert_eq!(answer.location(), format!("/cases/{into}?done=case-merged"), "{}", answer.body);
    let merged = office.store.case_file(&Viewer::SYSTEM, other).await.unwrap().unwrap();
    assert!(matches!(merged.case.state, CaseState::Merged { into: to, .. } if to == into));
    let page = office.get("duty", &format!("/cases/{other}")).await.body;
    assert!(page.contains("本工单已并入") && page.contains(&number));
}

#[tokio::test]
async fn a_part_is_split_off_for_another_department() {
    let office = Office::new().await;
    let path = format!("/cases/{}/act", office.housing.0);
    let form = [("action", "split"), ("version", "1"), ("department", "slj"), ("text", "积水由水利局处理")];
    let answer = office.post("duty", &path, &form).await;
    let location = answer.location().to_owned();
    assert!(location.ends_with("?done=case-split"), "{}", answer.body);
    let new: CaseId = location.trim_start_matches("/cases/").split('?').next().unwrap().parse().unwrap();
    assert_ne!(new, office.housing.0);
    let new = office.store.case_file(&Viewer::SYSTEM, new).await.unwrap().unwrap();
    assert_eq!((new.case.lead.as_str(), new.case.item), ("slj", office.housing.1));
    assert_eq!(state(&office).await, ("assigned", 2), "the first case goes on");
    let again = office.post("duty", &path, &form).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "the version was seen before the split");
}

#[tokio::test]
async fn cases_are_found_by_the_words_of_their_matter_and_by_number() {
    let office = Office::new().await;
    let found = async |login: &str, q: &str| {
        let query = format!("/cases?q={}", qingting_web::access::url_encode(q));
        office.get(login, &query).await.body
    };
    let number = number_of(&office, office.housing.0).await;
    let by_number = found("duty", &number).await;
    assert!(by_number.contains("商品房逾期交付") && !by_number.contains("学校食堂饭菜凉"));
    let by_words = found("duty", "商品房逾期交付").await;
    assert!(by_words.contains(&number) && !by_words.contains("学校食堂饭菜凉"));
    assert!(!found("handler", "学校食堂饭菜凉").await.contains("/cases/"), "another department's case");
    assert!(found("duty", "没有这样的事").await.contains("没有符合条件的工单"));
    let closed = office.get("duty", "/cases?q=商品房逾期交付&state=closed").await.body;
    assert!(closed.contains("没有符合条件的工单"), "the other filters hold");
}

#[tokio::test]
async fn each_presses_by_the_levels_that_are_his() {
    let office = Office::new().await;
    let page = format!("/cases/{}", office.housing.0);
    let leader = office.get("leader", &page).await.body;
    assert!(leader.contains("<option value=\"3\" selected>领导</option>"), "{leader}");
    assert!(!leader.contains("<option value=\"1\"") && !leader.contains("值班室发黄色"), "{leader}");
    let duty = office.get("duty", &page).await.body;
    assert!(duty.contains("<option value=\"1\">黄色") && !duty.contains("<option value=\"3\""), "{duty}");
}

#[tokio::test]
async fn open_cases_stand_in_the_order_in_which_they_are_due_unless_another_is_asked_for() {
    let office = Office::new().await;
    let place = |body: &str, case: CaseId| body.find(&format!("href=\"/cases/{case}\"")).unwrap();
    let due = |case: CaseId| {
        let store = &office.store;
        async move { store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap().case.due.unwrap().1 }
    };
    let (housing, school) = (office.housing.0, office.school.0);
    let path = format!("/cases/{housing}/act");
    // Once accepted its first contact is due, long before the other's answer.
    office.post("handler", &path, &[("action", "accept"), ("version", "1")]).await;
    let (first, last) =
        if due(housing).await <= due(school).await { (housing, school) } else { (school, housing) };
    let body = office.get("leader", "/cases").await.body;
    assert!(place(&body, first) < place(&body, last));
    let newest = housing.max(school);
    let body = office.get("leader", "/cases?order=new").await.body;
    assert!(place(&body, newest) < place(&body, housing.min(school)));
}

#[tokio::test]
async fn users_are_found_by_name_role_and_office() {
    let office = Office::new().await;
    let names = async |query: &str| {
        let body = office.get("admin", &format!("/users{query}")).await.body;
        body.split("<th scope=\"row\"><bdi>")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = names("").await.len();
    let reviewers = names("?role=reviewer").await;
    assert!(!reviewers.is_empty() && reviewers.len() < all, "{reviewers:?}");
    assert!(names("?role=reviewer&department=zjj").await.contains(&"reviewer员".to_owned()));
    assert_eq!(names("?q=LEADER").await, ["leader员"]);
    let leader = office.user("leader").await.id;
    let back = [("back", "/users?role=leader")];
    let answer = office.post("admin", &format!("/users/{leader}/disable"), &back).await;
    assert_eq!(answer.location(), "/users?role=leader&done=user-disabled");
}
