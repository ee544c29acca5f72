//! Who comes in by which token, and what a token may do at most.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use qingting_models::records::{Actor, Role, Scope};
use serde_json::json;

use super::{Program, json as read, problem};
use crate::office::{Office, add_user};

#[tokio::test]
async fn only_a_good_token_opens_and_a_cookie_never_does() {
    let office = Office::new().await;
    let cookie = office.cookie("duty").await;
    for headers in [
        &[][..],
        &[("cookie", cookie.as_str())],
        &[("authorization", "Bearer qu_guess")],
        &[("authorization", "qu_guess"), ("cookie", cookie.as_str())],
    ] {
        for path in ["/items", "/me", "/nowhere"] {
            let mut request = Request::get(format!("/api/v1{path}"));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = office.send(request.body(Body::empty()).unwrap()).await;
            problem(&answer, StatusCode::UNAUTHORIZED);
            assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        }
    }
    let program = Program::of(&office, "duty").await;
    assert_eq!(program.read("/me").await["login"], "duty");
    problem(&program.get("/nowhere").await, StatusCode::NOT_FOUND);
    let wrong = program.send("DELETE", "/cases", None).await;
    problem(&wrong, StatusCode::METHOD_NOT_ALLOWED);
    assert!(wrong.headers["allow"].to_str().unwrap().contains("GET"));
    // A page is not opened by a token.
    let page = Request::get("/items").header("authorization", format!("Bearer {}", program.token));
    let answer = office.send(page.body(Body::empty()).unwrap()).await;
    assert!(answer.location().starts_with("/login"));
}

#[tokio::test]
async fn a_token_does_what_its_scopes_and_its_users_roles_both_allow() {
    let office = Office::new().await;
    let reader = Program::with(&office, "duty", &[Scope::ItemsRead]).await;
    assert_eq!(reader.get("/items").await.status, StatusCode::OK);
    let confirm = format!("/items/{}/confirm", office.open);
    let told = problem(&reader.post(&confirm, json!({"version": 1})).await, StatusCode::FORBIDDEN);
    assert!(told.contains("items:judge"), "{told}");
    let handler = Program::of(&office, "handler").await;
    problem(&handler.get("/items").await, StatusCode::FORBIDDEN);
    problem(&handler.get("/users").await, StatusCode::FORBIDDEN);
    assert_eq!(handler.get(&format!("/cases/{}", office.housing.0)).await.status, StatusCode::OK);
    for path in [format!("/cases/{}", office.school.0), format!("/items/{}", office.open)] {
        problem(&handler.get(&path).await, StatusCode::NOT_FOUND);
    }
    let duty = Program::of(&office, "duty").await;
    for path in [format!("/cases/{}", office.secret.0), format!("/items/{}", office.conduct)] {
        problem(&duty.get(&path).await, StatusCode::NOT_FOUND);
    }
    let listed = duty.get("/items?state=all").await.body;
    assert!(!listed.contains("干部吃拿卡要") && !listed.contains("镇干部作风"), "{listed}");
    add_user(&office.store, "both", &[Role::Leader, Role::Discipline], None).await;
    let both = Program::of(&office, "both").await;
    assert_eq!(both.get(&format!("/items/{}", office.open)).await.status, StatusCode::OK);
    problem(&both.post(&confirm, json!({"version": 1})).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_personal_stays_masked() {
    let office = Office::new().await;
    let duty = Program::of(&office, "duty").await;
    for path in [format!("/items/{}", office.open), format!("/cases/{}", office.housing.0)] {
        let answer = duty.get(&path).await;
        assert!(answer.status.is_success() && !answer.body.contains("13800000000"), "{}", answer.body);
    }
    let document = office.get("", "/api/v1/openapi.json").await;
    assert!(!document.body.contains("unmask"), "the API looks behind no mask");
}

#[tokio::test]
async fn a_source_pushes_and_a_user_does_not() {
    let office = Office::new().await;
    let program = Program::of(&office, "admin").await;
    let told = problem(&program.post("/items", json!({"title": "一"})).await, StatusCode::FORBIDDEN);
    assert!(told.contains("qt_"), "{told}");
}

#[tokio::test]
async fn an_ended_token_and_a_changed_user_count_at_once() {
    let office = Office::new().await;
    let program = Program::of(&office, "duty").await;
    let user = office.user("duty").await;
    let token = office.store.user_tokens(user.id).await.unwrap()[0].id;
    let ended = office.post("duty", &format!("/tokens/{token}/end"), &[]).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.body);
    problem(&program.get("/me").await, StatusCode::UNAUTHORIZED);
    let program = Program::of(&office, "duty").await;
    let admin = office.post("admin", &format!("/users/{}/reset", user.id), &[]).await;
    assert_eq!(admin.status, StatusCode::OK);
    problem(&program.get("/me").await, StatusCode::UNAUTHORIZED);
    let program = Program::of(&office, "leader").await;
    let leader = office.user("leader").await;
    office.store.set_disabled(leader.id, true, Actor::Console).await.unwrap();
    problem(&program.get("/me").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_is_made_on_its_page_and_shown_once() {
    let office = Office::new().await;
    let form = [("name", "县平台"), ("days", "30"), ("scope", "items:read"), ("scope", "cases:read")];
    let made = office.post("duty", "/tokens/make", &form).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let token = made.body.split("value=\"qu_").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let program = Program { office: &office, token: format!("qu_{token}") };
    assert_eq!(program.read("/me").await["scopes"], json!(["items:read", "cases:read"]));
    let page = office.get("duty", "/tokens").await;
    assert!(page.body.contains("县平台") && !page.body.contains(token), "{}", page.body);
    for form in [
        &[("name", ""), ("days", "30"), ("scope", "items:read")][..],
        &[("name", "一"), ("days", "366"), ("scope", "items:read")],
        &[("name", "一"), ("days", "30")],
        &[("name", "一"), ("days", "30"), ("scope", "everything")],
    ] {
        let refused = office.post("duty", "/tokens/make", form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
    }
    let other = office.user("duty").await;
    let id = office.store.user_tokens(other.id).await.unwrap()[0].id;
    let foreign = office.post("leader", &format!("/tokens/{id}/end"), &[]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "nobody ends another's token");
}

#[tokio::test]
async fn who_comes_too_often_waits() {
    let office = Office::new().await;
    let program = Program::of(&office, "duty").await;
    let mut refused = None;
    // The clock of the test stands still: the burst is used up and nothing comes after.
    for _ in 0..400 {
        let answer = program.get("/me").await;
        if answer.status != StatusCode::OK {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    problem(&refused, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers["retry-after"], "1");
    let other = Program::of(&office, "duty").await;
    assert_eq!(other.get("/me").await.status, StatusCode::OK, "each token has its own");
}

#[tokio::test]
async fn slips_are_told_with_what_is_allowed() {
    let office = Office::new().await;
    let program = Program::of(&office, "duty").await;
    for (path, wanted) in [
        ("/items?tpoic=urban", "没有参数“tpoic”；可用：state、channel、topic"),
        ("/items?topic=nonsense", "没有话题“nonsense”"),
        ("/items?state=closed", "可用：open、unsure"),
        ("/items?limit=0", "1 至 200"),
        ("/items?limit=x", "limit"),
        ("/items?limit=1&limit=2", "写了两次"),
        ("/me?x=1", "这里没有参数"),
    ] {
        let told = problem(&program.get(path).await, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.contains(wanted), "{path}: {told}");
    }
    let path = format!("/items/{}/dismiss", office.open);
    for (body, wanted) in [
        (json!({"raeson": "重复"}), "没有字段“raeson”；可用：reason"),
        (json!({}), "缺少字段“reason”"),
        (json!({"reason": " "}), "不能为空"),
        (json!({"reason": "一".repeat(201)}), "最多 200 个字"),
        (json!({"reason": "a\u{0}b"}), "控制字符"),
        (json!(["重复"]), "JSON 对象"),
    ] {
        let told = problem(&program.post(&path, body.clone()).await, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.contains(wanted), "{body}: {told}");
    }
    let send = async |kind: &'static str, body: &'static str| {
        let request = Request::post(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {}", program.token))
            .header("content-type", kind);
        office.send(request.body(Body::from(body)).unwrap()).await
    };
    problem(&send("text/plain", "{}").await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    problem(&send("application/json", "{\"reason\":").await, StatusCode::BAD_REQUEST);
    problem(&send("application/json", "{\"reason\":\"一\"} x").await, StatusCode::BAD_REQUEST);
    let item = read(&program.get(&format!("/items/{}", office.open)).await);
    assert_eq!(item["dismissed"], json!(null), "nothing was done");
}
