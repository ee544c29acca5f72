//! Every route against every role, other departments' records, confidential ones, and forms without their token.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use qingting_web::routes::{RouteInfo, Verb, table};

use crate::office::{CSRF, Office, STAFF, add_user, encode};

const EVERYONE: &[&str] = &["duty", "discipline", "handler", "reviewer", "leader", "admin", "auditor"];
const READERS: &[&str] = &["duty", "discipline", "handler", "reviewer", "leader"];
const JUDGES: &[&str] = &["duty", "discipline"];
const ADMIN: &[&str] = &["admin"];

/// Who may use what, written down a second time: the route table has to say the same. `None` is public.
fn expected(verb: Verb, path: &str) -> Option<&'static [&'static str]> {
    use Verb::{Get, Post};
    Some(match (verb, path) {
        (Get, "/healthz" | "/static/{name}" | "/login") | (Post, "/login") => return None,
        (_, "/tokens" | "/tokens/make" | "/tokens/{id}/end" | "/api") => EVERYONE,
        (Get, "/" | "/password") | (Post, "/logout" | "/password") => EVERYONE,
        (Get, "/notices" | "/notices/stream") | (Post, "/notices/read" | "/notices/{id}/open") => EVERYONE,
        (_, p) if p.starts_with("/notices/roster") => &["admin", "duty", "discipline"],
        (_, p) if p.starts_with("/notices/") => ADMIN,
        (Post, "/views" | "/views/{id}/remove") => READERS,
        (Get, "/items/newer") => &["duty", "discipline", "leader"],
        (Get, "/wall") => &["duty", "discipline", "leader"],
        (Get, "/due") => READERS,
        (Get, "/items" | "/incidents" | "/incidents/{id}" | "/incidents/{id}/brief") => {
            &["duty", "discipline", "leader"]
        }
        (Get, "/items/{id}" | "/cases" | "/cases/{id}") | (Post, "/cases/{id}/act") => READERS,
        (Post, "/items/{id}/unmask") => &["duty", "discipline", "handler"],
        (Post, p) if p.starts_with("/items/{id}/") || p.starts_with("/incidents/{id}/") => JUDGES,
        (Post, "/items/batch" | "/cases/{id}/leave-out") => JUDGES,
        (Post, "/cases/batch") => &["duty", "discipline", "leader"],
        (Get, "/mirrored" | "/mirrored/{id}") => READERS,
        (Post, "/mirrored/{id}/press") => &["duty", "discipline", "leader"],
        (Post, "/mirrored/{id}/watch") => JUDGES,
        (Post, "/cases/{id}/draft") => &["handler"],
        (Post, p) if p.starts_with("/cases/{id}/attachments") => {
            &["duty", "discipline", "handler", "reviewer"]
        }
        (Post, "/cases/{id}/contact") => &["duty", "discipline", "handler"],
        (_, "/lines/new") => &["duty", "discipline", "reviewer"],
        (Get, "/lines" | "/lines/{id}" | "/promises") => READERS,
        (Post, p) if p.starts_with("/lines/") => JUDGES,
        (_, p) if p.starts_with("/templates") => &["duty", "reviewer"],
        (Post, "/promises/{id}/mark") => &["handler", "reviewer"],
        (Get, "/inbox") => &["handler", "reviewer"],
        (_, p) if p.starts_with("/sources") || p.starts_with("/users") || p == "/system" => ADMIN,
        (_, p) if p.starts_with("/webhooks") => ADMIN,
        (Post, "/quarantine/{id}/open" | "/quarantine/{id}/mend") => &["duty"],
        (_, p) if p.starts_with("/quarantine") => &["admin", "duty"],
        (_, p) if p.starts_with("/alerts/rules") => &["admin", "duty", "discipline"],
        (Get, "/alerts") => &["duty", "discipline", "leader"],
        (Post, p) if p.starts_with("/alerts/") => JUDGES,
        (_, p) if p.starts_with("/backfill") => JUDGES,
        (Get, p) if p.starts_with("/reports") || p == "/trends" => &["duty", "discipline", "leader"],
        (Post, "/reports/{id}/move") => &["duty", "discipline", "leader"],
        (Post, p) if p.starts_with("/reports/") => JUDGES,
        (Get, "/routing") => &["admin", "duty", "discipline"],
        (Get, "/departments" | "/departments/cases") => {
            &["admin", "duty", "discipline", "leader", "handler", "reviewer"]
        }
        (_, p) if p.starts_with("/county") || p.starts_with("/routing") => ADMIN,
        (Get, "/model") => &["admin", "duty", "discipline"],
        (Post, p) if p.starts_with("/model/") => ADMIN,
        (_, p) if p.starts_with("/audit") => &["admin", "auditor"],
        other => panic!("the test does not know who may use {other:?}"),
    })
}

/// A route's address with the id of a record that is there.
fn address(office: &Office, route: &RouteInfo) -> String {
    let id = match route.path.split('/').nth(1) {
        Some("items") => office.housing.1.to_string(),
        Some("cases") => office.housing.0.to_string(),
        Some("sources") => office.source.to_string(),
        _ => "0000000000000".into(),
    };
    route.path.replace("{id}", &id).replace("{name}", "nothing.css").replace("{file}", "0000000000001")
}

#[tokio::test]
async fn every_route_lets_in_exactly_the_roles_that_are_written_down() {
    for office in Office::each().await {
        walk(&office).await;
    }
}

async fn walk(office: &Office) {
    for route in table() {
        let expected = expected(route.verb, route.path);
        for (login, ..) in STAFF {
            let answer = office.request(login, route.verb, &address(office, &route), &[("csrf", CSRF)]).await;
            let denied = answer.status == StatusCode::FORBIDDEN;
            let wanted = expected.is_some_and(|roles| !roles.contains(login));
            assert_eq!(denied, wanted, "{:?} {} as {login}: {}", route.verb, route.path, answer.status);
            assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{} as {login}", route.path);
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{} as {login}", route.path);
        }
    }
}

#[tokio::test]
async fn without_a_log_in_pages_lead_to_it_and_actions_do_nothing() {
    let office = Office::new().await;
    for route in table().into_iter().filter(|r| expected(r.verb, r.path).is_some()) {
        let answer = office.request("", route.verb, &address(&office, &route), &[("csrf", CSRF)]).await;
        match route.verb {
            Verb::Get => {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", route.path);
                assert!(answer.location().starts_with("/login?next=%2F"), "{}", answer.location());
            }
            Verb::Post => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", route.path),
        }
    }
}

#[tokio::test]
async fn every_action_needs_the_token_of_its_session_and_comes_from_our_pages() {
    let office = Office::new().await;
    let full: Vec<_> = STAFF.iter().flat_map(|(_, roles, _)| roles.iter().copied()).collect();
    add_user(&office.store, "all", &full, Some("zjj")).await;
    let guarded = table().into_iter().filter(|r| r.verb == Verb::Post && expected(r.verb, r.path).is_some());
    for route in guarded {
        let path = address(&office, &route);
        for form in [&[][..], &[("csrf", "")], &[("csrf", "guess")]] {
            let answer = office.request("all", Verb::Post, &path, form).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} with {form:?}");
        }
        for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
            let request = Request::post(&path)
                .header("host", "qt.test")
                .header("cookie", office.cookie("all").await)
                .header("content-type", "application/x-www-form-urlencoded")
                .header(name, value)
                .body(Body::from(encode(&[("csrf", CSRF)])))
                .unwrap();
            assert_eq!(
                office.send(request).await.status,
                StatusCode::FORBIDDEN,
                "{path} from {name}: {value}"
            );
        }
    }
}

#[tokio::test]
async fn another_departments_records_are_not_there() {
    let office = Office::new().await;
    let (case, item) = office.school;
    for login in ["handler", "reviewer"] {
        assert_eq!(office.get(login, &format!("/cases/{}", office.housing.0)).await.status, StatusCode::OK);
        assert_eq!(office.get(login, &format!("/items/{}", office.housing.1)).await.status, StatusCode::OK);
        for path in [format!("/cases/{case}"), format!("/items/{item}"), format!("/items/{}", office.open)] {
            assert_eq!(office.get(login, &path).await.status, StatusCode::NOT_FOUND, "{path} as {login}");
        }
        let form = [("action", "accept"), ("version", "1")];
        let answer = office.post(login, &format!("/cases/{case}/act"), &form).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        for page in ["/cases?state=all", "/cases?state=all&department=jyj", "/inbox"] {
            let list = office.get(login, page).await.body;
            assert!(!list.contains("学校食堂"), "{page} as {login} shows another department's case");
        }
    }
    let reason = [("reason", "核实地址需要")];
    let answer = office.post("handler", &format!("/items/{item}/unmask"), &reason).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(!answer.body.contains("13800000000"));
}

#[tokio::test]
async fn conduct_matters_are_there_for_the_discipline_officer_only() {
    let office = Office::new().await;
    let (case, item) = office.secret;
    let pages = [format!("/cases/{case}"), format!("/items/{item}"), format!("/items/{}", office.conduct)];
    for path in &pages {
        assert_eq!(office.get("discipline", path).await.status, StatusCode::OK, "{path}");
        for login in ["duty", "leader", "handler", "reviewer"] {
            assert_eq!(office.get(login, path).await.status, StatusCode::NOT_FOUND, "{path} as {login}");
        }
    }
    for action in ["confirm", "judge", "assign", "dismiss", "restore", "unmask"] {
        let form = [
            ("version", "1"),
            ("department", "zjj"),
            ("reason", "试一试看"),
            ("kind", "投诉"),
            ("urgency", "0"),
        ];
        let answer = office.post("duty", &format!("/items/{}/{action}", office.conduct), &form).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action} as duty");
        assert!(!answer.body.contains("13800000000"));
    }
    for login in ["duty", "leader"] {
        for page in ["/", "/items?state=all", "/items?state=all&topic=conduct", "/cases?state=all"] {
            let body = office.get(login, page).await.body;
            assert!(!body.contains("干部吃拿卡要") && !body.contains("镇干部作风"), "{page} as {login}");
        }
    }
    let open = office.get("discipline", &format!("/items/{}", office.open)).await;
    assert_eq!(open.status, StatusCode::NOT_FOUND, "the discipline officer sees conduct matters only");
}

#[tokio::test]
async fn who_only_reads_an_item_by_another_role_cannot_change_or_unmask_it() {
    let office = Office::new().await;
    use qingting_models::records::Role;
    add_user(&office.store, "both", &[Role::Leader, Role::Discipline], None).await;
    let path = format!("/items/{}", office.open);
    assert_eq!(office.get("both", &path).await.status, StatusCode::OK);
    let form = [("version", "1"), ("reason", "想看一看")];
    for action in ["confirm", "dismiss", "unmask"] {
        let answer = office.post("both", &format!("{path}/{action}"), &form).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}");
    }
}

#[tokio::test]
async fn who_has_to_change_the_password_gets_no_further() {
    let office = Office::new().await;
    let user = office.user("duty").await;
    let hash = qingting_web::password::hash("一次性的密码-1234").unwrap();
    office.store.set_password(user.id, &hash, true, user_actor(&user)).await.unwrap();
    for route in table().into_iter().filter(|r| r.verb == Verb::Get && !r.path.contains('{')) {
        let allowed = expected(route.verb, route.path).is_some_and(|roles| roles.contains(&"duty"));
        let answer = office.get("duty", route.path).await;
        if allowed && route.path != "/password" {
            assert_eq!(
                (answer.status, answer.location()),
                (StatusCode::SEE_OTHER, "/password"),
                "{}",
                route.path
            );
        }
    }
    let form =
        [("old", "一次性的密码-1234"), ("new", "潮水退了又涨起来-2026"), ("again", "潮水退了又涨起来-2026")];
    let answer = office.post("duty", "/password", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(office.get("duty", "/items").await.status, StatusCode::OK);
}

fn user_actor(user: &qingting_models::records::User) -> qingting_models::records::Actor {
    qingting_models::records::Actor::User(user.id)
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once() {
    let office = Office::new().await;
    let cookie = office.cookie("handler").await;
    let user = office.user("handler").await;
    let answer = office.post("admin", &format!("/users/{}/disable", user.id), &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let request = Request::get("/inbox").header("cookie", cookie).body(Body::empty()).unwrap();
    assert!(office.send(request).await.location().starts_with("/login"));
    let own = office.user("admin").await;
    let answer = office.post("admin", &format!("/users/{}/disable", own.id), &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "no administrator locks the own account");
}
