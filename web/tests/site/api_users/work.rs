//! A matter from its item to its closing, by programs alone, with the refusals that pages give too.

use axum::http::StatusCode;
use qingting_models::records::Viewer;
use serde_json::{Value, json};

use super::{Program, json as read, problem};
use crate::office::Office;

async fn version(program: &Program<'_>, case: &str) -> i64 {
    program.read(&format!("/cases/{case}")).await["version"].as_i64().unwrap()
}

/// Does an action on the case as it is now.
async fn act(program: &Program<'_>, case: &str, mut body: Value) -> Value {
    body["version"] = json!(version(program, case).await);
    read(&program.done(&format!("/cases/{case}/actions"), body).await)
}

#[tokio::test]
async fn an_item_becomes_an_answered_case() {
    for office in Office::each().await {
        let duty = Program::of(&office, "duty").await;
        let open = format!("/items/{}", office.open);
        duty.done(&format!("{open}/confirm"), json!({"version": 1})).await;
        let judged =
            json!({"version": 1, "topics": ["housing"], "kind": "投诉", "urgency": 1, "department": "zjj"});
        duty.done(&format!("{open}/judge"), judged).await;
        assert_eq!(duty.read(&open).await["topics"], json!(["housing"]));
        duty.done(&format!("{open}/dismiss"), json!({"reason": "重复来件"})).await;
        assert_eq!(duty.read(&open).await["dismissed"], "重复来件");
        assert_eq!(duty.send("POST", &format!("{open}/restore"), None).await.status, StatusCode::NO_CONTENT);
        let opened = duty.done(&format!("{open}/assign"), json!({"version": 1, "department": "zjj"})).await;
        let opened = read(&opened);
        let case = opened["id"].as_str().unwrap();
        assert!(opened["number"].as_str().unwrap().contains('-'), "{opened}");
        let again = duty.post(&format!("{open}/assign"), json!({"version": 1, "department": "zjj"})).await;
        problem(&again, StatusCode::CONFLICT);
        assert_eq!(read(&again)["type"], "/api#refused");

        let handler = Program::of(&office, "handler").await;
        let before = handler.read(&format!("/cases/{case}")).await;
        assert!(before["actions"].as_array().unwrap().contains(&json!("accept")), "{before}");
        act(&handler, case, json!({"action": "accept"})).await;
        act(&handler, case, json!({"action": "contact", "text": "已电话联系"})).await;
        let draft = format!("/cases/{case}/draft");
        let saved = handler.send("PUT", &draft, Some(json!({"version": 0, "text": "已派人去修"}))).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        assert_eq!(handler.read(&draft).await["text"], "已派人去修");
        let promises = json!([{"what": "月底前换好路灯", "by": "2027-01-31"}]);
        let submit = json!({"action": "submit", "text": "路灯已报修，三天内换好", "outcome": "partly", "promises": promises});
        act(&handler, case, submit).await;
        let reviewer = Program::of(&office, "reviewer").await;
        act(&reviewer, case, json!({"action": "approve"})).await;
        let tracked = handler.read(&format!("/promises?state=all&case={case}")).await;
        assert_eq!(tracked[0]["what"], "月底前换好路灯", "{tracked}");
        let reply = tracked[0]["reply"].as_str().unwrap();
        let kept = json!({"place": 0, "became": "kept", "note": "已经换好"});
        handler.done(&format!("/promises/{reply}/mark"), kept).await;
        let called = json!({"action": "call_back", "grade": "satisfied", "outcome": "solved"});
        let closed = act(&duty, case, called).await;
        assert_eq!(closed["state"], "closed");
        let whole = duty.read(&format!("/cases/{case}")).await;
        assert_eq!(whole["ratings"][0]["grade"], "satisfied");
        assert!(whole["clocks"].as_array().unwrap().iter().all(|clock| clock["light"].is_null()), "{whole}");
    }
}

#[tokio::test]
async fn the_second_of_two_is_told_who_was_first() {
    for office in Office::each().await {
        let handler = Program::of(&office, "handler").await;
        let case = office.housing.0.to_string();
        let seen = version(&handler, &case).await;
        act(&handler, &case, json!({"action": "accept"})).await;
        let late = json!({"action": "accept", "version": seen});
        let refused = handler.post(&format!("/cases/{case}/actions"), late).await;
        let told = problem(&refused, StatusCode::CONFLICT);
        assert_eq!(read(&refused)["type"], "/api#changed");
        assert!(told.contains("handler员") && told.contains("修改了"), "{told}");
        let wrong = json!({"action": "approve", "version": seen + 1});
        let refused = handler.post(&format!("/cases/{case}/actions"), wrong).await;
        problem(&refused, StatusCode::CONFLICT);
        assert_eq!(read(&refused)["type"], "/api#refused");
    }
}

#[tokio::test]
async fn what_a_program_does_stands_in_the_log_as_its_users() {
    let office = Office::new().await;
    let handler = Program::of(&office, "handler").await;
    act(&handler, &office.housing.0.to_string(), json!({"action": "accept"})).await;
    let admin = Program::of(&office, "admin").await;
    let who = office.user("handler").await.id;
    let log = admin.read(&format!("/audit?actor={who}")).await;
    let actions: Vec<&str> =
        log["rows"].as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["case.accept", "token.make"]);
    let file = office.store.case_file(&Viewer::SYSTEM, office.housing.0).await.unwrap().unwrap();
    assert_eq!(file.case.changed_by.user(), Some(who));
}

#[tokio::test]
async fn administrators_add_and_lock_out_users() {
    let office = Office::new().await;
    let admin = Program::of(&office, "admin").await;
    let new = json!({"name": "新来的", "login": "xin", "roles": ["handler"], "department": "zjj"});
    let added = read(&admin.done("/users", new.clone()).await);
    assert!(added["password"].as_str().unwrap().len() > 10);
    problem(&admin.post("/users", new).await, StatusCode::CONFLICT);
    let users = admin.read("/users").await;
    let user = users.as_array().unwrap().iter().find(|user| user["login"] == "xin").unwrap();
    assert_eq!((&user["must_change_password"], &user["disabled"]), (&json!(true), &json!(false)));
    let path = format!("/users/{}/disable", user["id"].as_str().unwrap());
    assert_eq!(admin.send("POST", &path, None).await.status, StatusCode::NO_CONTENT);
    let own = office.user("admin").await.id;
    problem(&admin.send("POST", &format!("/users/{own}/disable"), None).await, StatusCode::CONFLICT);
    let source = format!("/sources/{}", office.source);
    assert_eq!(admin.send("POST", &format!("{source}/pause"), None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(admin.read(&source).await["paused"], true);
}
