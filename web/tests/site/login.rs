//! Logging in and out: sessions, tries, cookies and headers.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use qingting_models::records::{Actor, ChainedEntry, Subject};
use qingting_models::store::{AuditFilter, Page};
use qingting_web::routes::Verb;
use qingting_web::{DemoLogin, WebSettings};

use crate::office::{HOSTILE, Office, PASSWORD, encode};

fn cookie(answer: &crate::office::Answer) -> String {
    let set = answer.headers.get(header::SET_COOKIE).map_or("", |v| v.to_str().unwrap());
    set.split(';').next().unwrap_or_default().to_owned()
}

async fn log_in(office: &Office, rows: &[(&str, &str)]) -> crate::office::Answer {
    office.request("", Verb::Post, "/login", rows).await
}

async fn get_with(office: &Office, cookie: &str, path: &str) -> crate::office::Answer {
    office.send(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_log_in_gives_a_new_token_and_a_log_out_takes_it_away() {
    let office = Office::new().await;
    let form = [("login", "duty"), ("password", PASSWORD), ("next", "/items?state=all")];
    let (first, second) = (log_in(&office, &form).await, log_in(&office, &form).await);
    assert_eq!((first.status, first.location()), (StatusCode::SEE_OTHER, "/items?state=all"));
    let (one, two) = (cookie(&first), cookie(&second));
    assert_ne!(one, two);
    let page = get_with(&office, &one, "/items").await;
    assert_eq!(page.status, StatusCode::OK);
    let token = page.body.split("name=\"csrf\" value=\"").nth(1).and_then(|r| r.split('"').next()).unwrap();
    let request = Request::post("/logout")
        .header("cookie", &one)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(encode(&[("csrf", token)])))
        .unwrap();
    assert_eq!(office.send(request).await.status, StatusCode::SEE_OTHER);
    assert_eq!(get_with(&office, &one, "/items").await.status, StatusCode::SEE_OTHER, "the session is over");
    assert_eq!(get_with(&office, &two, "/items").await.status, StatusCode::OK, "the other one is not");
}

#[tokio::test]
async fn the_same_words_meet_an_unknown_name_and_a_wrong_password() {
    let office = Office::new().await;
    let unknown = log_in(&office, &[("login", "nobody"), ("password", PASSWORD)]).await;
    let wrong = log_in(&office, &[("login", "duty"), ("password", "wrong-password")]).await;
    assert_eq!(unknown.status, wrong.status);
    assert_eq!(unknown.body.replace("nobody", "duty"), wrong.body);
    assert!(wrong.body.contains("登录名或密码不正确"));
    assert!(!wrong.body.contains("wrong-password"), "a password is never sent back");
    assert!(wrong.headers.get(header::SET_COOKIE).is_none());
}

/// Actor, action, subject and detail of the lines about log-ins, oldest first.
async fn lines(office: &Office) -> Vec<(Actor, String, Subject, String)> {
    let filter = AuditFilter { action: Some("user.log".into()), ..AuditFilter::default() };
    let page = office.store.audit_page(&filter, Page::default()).await.unwrap();
    let line = |e: ChainedEntry| (e.entry.actor, e.entry.action, e.entry.subject, e.entry.detail.to_string());
    page.rows.into_iter().rev().map(line).collect()
}

#[tokio::test]
async fn each_log_in_try_and_log_out_leaves_a_line_without_what_was_typed() {
    let office = Office::new().await;
    let duty = office.user("duty").await.id;
    log_in(&office, &[("login", "duty"), ("password", "wrong-password")]).await;
    log_in(&office, &[("login", "my-secret-password"), ("password", "x")]).await;
    log_in(&office, &[("login", "duty"), ("password", PASSWORD)]).await;
    let answer = office.post("duty", "/logout", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let nothing = || "{}".to_owned();
    let expected = vec![
        (Actor::System, "user.login_failed".to_owned(), Subject::User(duty), nothing()),
        (Actor::System, "user.login_failed".to_owned(), Subject::System, nothing()),
        (Actor::User(duty), "user.login".to_owned(), Subject::User(duty), nothing()),
        (Actor::User(duty), "user.logout".to_owned(), Subject::User(duty), nothing()),
    ];
    assert_eq!(lines(&office).await, expected);
    let shown = office.get("auditor", "/audit").await.body;
    assert!(shown.contains("登录失败") && !shown.contains("my-secret-password"));
}

#[tokio::test]
async fn a_disabled_user_and_a_blocked_try_leave_no_line_of_a_log_in() {
    let office = Office::new().await;
    let user = office.user("handler").await;
    office.post("admin", &format!("/users/{}/disable", user.id), &[]).await;
    log_in(&office, &[("login", "handler"), ("password", PASSWORD)]).await;
    while log_in(&office, &[("login", "duty"), ("password", "wrong-password")]).await.status
        != StatusCode::TOO_MANY_REQUESTS
    {}
    let before = lines(&office).await;
    log_in(&office, &[("login", "duty"), ("password", PASSWORD)]).await;
    let after = lines(&office).await;
    assert_eq!(before, after, "a blocked try adds nothing, so that nobody can flood the log");
    assert!(after.iter().all(|(_, action, ..)| action == "user.login_failed"));
    assert!(after.iter().any(|(_, _, subject, _)| *subject == Subject::User(user.id)));
}

#[tokio::test]
async fn before_a_log_in_has_to_wait_it_is_said_how_many_tries_are_left() {
    let office = Office::new().await;
    for login in ["duty", "nobody"] {
        let mut told = Vec::new();
        for _ in 0..6 {
            told.push(log_in(&office, &[("login", login), ("password", "wrong-password")]).await.body);
        }
        assert!(told[..2].iter().all(|page| !page.contains("还可以再试")));
        for (page, left) in told[2..5].iter().zip([3, 2, 1]) {
            assert!(page.contains(&format!("还可以再试 {left} 次")), "{page}");
        }
        assert!(told[5].contains("请过一刻钟再试"), "{}", told[5]);
    }
}

#[tokio::test]
async fn after_too_many_tries_even_the_right_password_has_to_wait() {
    let office = Office::new().await;
    let mut refused = 0;
    while log_in(&office, &[("login", "duty"), ("password", "wrong-password")]).await.status
        != StatusCode::TOO_MANY_REQUESTS
    {
        refused += 1;
        assert!(refused < 50, "tries are not limited");
    }
    let right = log_in(&office, &[("login", "duty"), ("password", PASSWORD)]).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS);
    let later = office.store.now() + jiff::SignedDuration::from_hours(1);
    office.store.clock.set(later);
    let right = log_in(&office, &[("login", "duty"), ("password", PASSWORD)]).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_ends_without_use_and_in_any_case_after_its_hours() {
    let office =
        Office::with(WebSettings { idle_minutes: 30, session_hours: 1, ..WebSettings::default() }).await;
    let form = [("login", "duty"), ("password", PASSWORD)];
    let start = office.store.now();
    let after = |minutes| office.store.clock.set(start + jiff::SignedDuration::from_mins(minutes));
    let used = cookie(&log_in(&office, &form).await);
    let unused = cookie(&log_in(&office, &form).await);
    for minutes in [20, 40, 59] {
        after(minutes);
        assert_eq!(get_with(&office, &used, "/items").await.status, StatusCode::OK, "minute {minutes}");
    }
    assert_eq!(get_with(&office, &unused, "/items").await.status, StatusCode::SEE_OTHER);
    after(61);
    assert_eq!(get_with(&office, &used, "/items").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn nobody_is_sent_to_another_site_after_the_log_in() {
    let office = Office::new().await;
    for next in ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"] {
        let answer = log_in(&office, &[("login", "duty"), ("password", PASSWORD), ("next", next)]).await;
        assert_eq!(answer.location(), "/", "{next}");
    }
}

#[tokio::test]
async fn a_log_in_form_of_another_site_is_refused() {
    let office = Office::new().await;
    let request = Request::post("/login")
        .header("host", "qt.test")
        .header("origin", "https://evil.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(encode(&[("login", "duty"), ("password", PASSWORD)])))
        .unwrap();
    let answer = office.send(request).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.headers.get(header::SET_COOKIE).is_none());
}

#[tokio::test]
async fn demo_log_ins_are_shown_only_where_they_are_set() {
    let plain = Office::new().await;
    assert!(!plain.get("", "/login").await.body.contains("演示账号"));
    let login = DemoLogin { login: "duty".into(), password: "demo-pass".into(), label: HOSTILE.into() };
    let demo = Office::with(WebSettings { demo_logins: vec![login], ..WebSettings::default() }).await;
    let body = demo.get("", "/login").await.body;
    assert!(body.contains("demo-pass") && !body.contains("<script>alert"));
}

#[tokio::test]
async fn every_answer_carries_the_safe_headers() {
    let office = Office::new().await;
    for (login, path) in
        [("", "/login"), ("", "/healthz"), ("duty", "/items"), ("duty", "/nowhere"), ("duty", "/users")]
    {
        let answer = office.get(login, path).await;
        let header = |name: &str| answer.headers.get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
        let policy = header("content-security-policy");
        for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(rule), "{path}: {rule}");
        }
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(!header("permissions-policy").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn static_files_stand_under_their_digest_and_keep() {
    let office = Office::new().await;
    let page = office.get("", "/login").await.body;
    for ending in [".css", ".js", ".svg"] {
        let found = page.split('"').find(|p| p.starts_with("/static/") && p.ends_with(ending)).unwrap();
        let answer = office.get("", found).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    }
    assert_eq!(office.get("", "/static/app.css").await.status, StatusCode::NOT_FOUND);
    assert!(!page.contains("http://") && !page.contains("https://"), "a page asks nobody else for anything");
}

#[tokio::test]
async fn what_was_typed_when_the_log_in_had_ended_is_given_back() {
    let office = Office::new().await;
    let path = format!("/cases/{}/act", office.housing.0);
    let form = encode(&[
        ("csrf", "old"),
        ("action", "send_back"),
        ("version", "1"),
        ("reason", "不属于我局职责 <b>应由</b> 自然资源规划局办理"),
    ]);
    let send = |origin: &'static str| {
        Request::post(&path)
            .header("host", "qt.test")
            .header("origin", origin)
            .header("referer", "http://qt.test/cases/0123456789abc?done=acted")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.clone()))
            .unwrap()
    };
    let answer = office.send(send("http://qt.test")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body.contains("不属于我局职责 &#60;b&#62;应由&#60;/b&#62;"), "{}", answer.body);
    assert!(!answer.body.contains("send_back") && !answer.body.contains(">old<"), "{}", answer.body);
    assert!(answer.body.contains("/login?next=%2Fcases%2F0123456789abc"), "{}", answer.body);
    let foreign = office.send(send("https://evil.example")).await;
    assert_eq!(foreign.status, StatusCode::UNAUTHORIZED);
    assert!(!foreign.body.contains("不属于我局"), "what others made a browser send is not shown");
}

#[tokio::test]
async fn a_body_of_more_than_a_megabyte_is_refused() {
    let office = Office::new().await;
    let big = "x".repeat(2 << 20);
    let answer = log_in(&office, &[("login", "duty"), ("password", &big)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
