//! Notices at the pages: told to whom they concern, live, and what administrators set.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures::StreamExt;
use jiff::SignedDuration;
use qingting_models::county::County;
use qingting_models::records::{ChannelWay, DeliveryState, Viewer};
use qingting_models::store::Page;
use qingting_respond::desk::Desk;
use qingting_web::{AppState, WebSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::office::{HOSTILE, Office};

/// Longer than anything here takes; a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(60);

fn desk(office: &Office) -> Desk {
    Desk::new((*office.store).clone(), Arc::new(County::embedded().unwrap()))
}

async fn tell(office: &Office) {
    while desk(office).tell_next("t", 100).await.unwrap() > 0 {}
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map_or("", |(found, _)| found)
}

#[tokio::test]
async fn a_handler_is_told_of_a_case_and_opens_it_from_the_bell() {
    for office in Office::each().await {
        tell(&office).await;
        let inbox = office.get("handler", "/inbox").await.body;
        assert!(inbox.contains("data-unread>1<"), "the count stands on every page: {inbox}");
        let list = office.get("handler", "/notices").await.body;
        assert!(list.contains("派单") && list.contains("2026-00001") && !list.contains("学校食堂"), "{list}");
        let rows = list.split_once("<ol").unwrap().1;
        let id = between(rows, "/notices/", "/open").to_owned();
        for login in ["leader", "duty", "reviewer", "auditor"] {
            let body = office.get(login, "/notices?state=all").await.body;
            assert!(!body.contains("2026-0000"), "{login} did it or does not handle it");
            let stolen = office.post(login, &format!("/notices/{id}/open"), &[]).await;
            assert_eq!(stolen.status, StatusCode::NOT_FOUND, "{login}");
        }
        let opened = office.post("handler", &format!("/notices/{id}/open"), &[]).await;
        assert_eq!(opened.location(), format!("/cases/{}", office.housing.0));
        assert!(office.get("handler", "/inbox").await.body.contains("data-unread>0<"));
        assert!(office.get("handler", "/notices?state=all").await.body.contains("已读"));
    }
}

#[tokio::test]
async fn all_that_a_page_showed_is_marked_as_read_and_nothing_later() {
    let office = Office::new().await;
    tell(&office).await;
    let list = office.get("handler", "/notices").await.body;
    let last = between(&list, "name=\"last\" value=\"", "\"").to_owned();
    let press = [("action", "press"), ("version", "1"), ("level", "1"), ("text", "请尽快办理")];
    let pressed = office.post("duty", &format!("/cases/{}/act", office.housing.0), &press).await;
    assert_eq!(pressed.status, StatusCode::SEE_OTHER, "{}", pressed.body);
    tell(&office).await;
    let read = office.post("handler", "/notices/read", &[("last", &last)]).await;
    assert_eq!(read.location(), "/notices?done=notices-read");
    let left = office.get("handler", "/notices").await.body;
    assert!(left.contains("将到期督办") && !left.contains(">派单<"), "{left}");
    let wrong = office.post("handler", "/notices/read", &[("last", "alles")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_stream_gives_the_count_at_once_and_each_change_and_ends_with_the_session() {
    let office = Office::new().await;
    let cookie = office.cookie("handler").await;
    let ask = || Request::get("/notices/stream").header("cookie", &cookie).body(Body::empty()).unwrap();
    let answer = office.app.clone().oneshot(ask()).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("connect-src 'self'"));
    let mut parts = answer.into_body().into_data_stream();
    let next = async |parts: &mut axum::body::BodyDataStream| {
        let part = tokio::time::timeout(LONG, parts.next()).await.unwrap();
        part.map(|bytes| String::from_utf8(bytes.unwrap().to_vec()).unwrap())
    };
    assert_eq!(next(&mut parts).await.unwrap(), "event: unread\ndata: 0\n\n");
    tell(&office).await;
    assert_eq!(next(&mut parts).await.unwrap(), "event: unread\ndata: 1\n\n");
    let user = office.user("handler").await;
    office.store.set_disabled(user.id, true, qingting_models::records::Actor::Console).await.unwrap();
    loop {
        match next(&mut parts).await.unwrap().as_str() {
            "event: ended\ndata: ended\n\n" => break,
            other => assert!(other.starts_with(':'), "{other}"),
        }
    }
    assert_eq!(next(&mut parts).await, None, "and then no more");
    let again = office.app.clone().oneshot(ask()).await.unwrap();
    assert_eq!(again.status(), StatusCode::SEE_OTHER, "a browser that comes again is sent to the log-in");
}

#[tokio::test]
async fn a_stream_does_not_keep_a_session_alive() {
    let office = Office::new().await;
    let cookie = office.cookie("handler").await;
    let ask = |path: &str| Request::get(path).header("cookie", &cookie).body(Body::empty()).unwrap();
    for _ in 0..3 {
        office.store.clock.set(office.store.now() + SignedDuration::from_mins(19));
        assert_eq!(office.send(ask("/notices/stream")).await.status, StatusCode::OK);
    }
    office.store.clock.set(office.store.now() + SignedDuration::from_mins(4));
    assert_eq!(office.send(ask("/inbox")).await.status, StatusCode::SEE_OTHER, "an hour without use is over");
}

#[tokio::test]
async fn the_server_stops_while_a_stream_is_open() {
    let office = Office::new().await;
    let cookie = office.cookie("handler").await;
    let county = Arc::new(County::embedded().unwrap());
    let words = Arc::new(|_: &str| Vec::new());
    let state = AppState::new((*office.store).clone(), county, words, WebSettings::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(qingting_web::serve(listener, state, async move {
        stopped.await.unwrap();
    }));
    let mut browser = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /notices/stream HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n");
    browser.write_all(request.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains("data: 0") {
        let mut part = [0u8; 1024];
        let n = tokio::time::timeout(LONG, browser.read(&mut part)).await.unwrap().unwrap();
        assert!(n > 0, "{}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&part[..n]);
    }
    stop.send(()).unwrap();
    tokio::time::timeout(LONG, server).await.unwrap().unwrap().unwrap();
}

const RULE: [(&str, &str); 6] = [
    ("name", "重办告诉领导"),
    ("event", "case_reopened"),
    ("role", "leader"),
    ("version", "0"),
    ("enabled", "on"),
    ("urgency", "0"),
];

fn rule<'a>(with: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = RULE.iter().copied().filter(|(name, _)| with.iter().all(|(other, _)| other != name));
    kept.chain(with.iter().copied()).collect()
}

#[tokio::test]
async fn an_administrator_writes_rules_and_is_told_what_is_wrong() {
    let office = Office::new().await;
    let first = office.post("admin", "/notices/rules/first", &[]).await;
    assert_eq!(first.location(), "/notices/rules?done=notice-rule-added");
    let list = office.get("admin", "/notices/rules").await.body;
    assert!(list.contains("来件：主办单位承办人") && list.contains("只在站内"), "{list}");
    let path = "/notices/rules/new";
    for (wrong, says) in [
        (rule(&[("event", "")]), "至少选一种通知"),
        (rule(&[("role", "")]), "至少选一类接收人"),
        (rule(&[("from", "8点"), ("to", "20:00")]), "外发时段从"),
        (rule(&[("from", "08:00")]), "从几点到几点"),
        (rule(&[("wait", "9999")]), "0 至 1440"),
        (rule(&[("channel", "0000000000001")]), "没有这个外发渠道"),
        (rule(&[("lead", "leader")]), "不属于单位"),
        (rule(&[("name", "来件：主办单位承办人")]), "已有名为"),
    ] {
        let answer = office.post("admin", path, &wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(says), "{says}: {}", answer.body);
    }
    let hours = [("from", "08:00"), ("to", "20:00"), ("workdays", "on"), ("name", HOSTILE)];
    let saved = office.post("admin", path, &rule(&hours)).await;
    assert_eq!(saved.status, StatusCode::UNPROCESSABLE_ENTITY, "a name of 40 characters at most");
    let saved = office.post("admin", path, &rule(&hours[..3])).await;
    assert_eq!(saved.location(), "/notices/rules?done=notice-rule-added");
    let rules = office.store.notice_rules().await.unwrap();
    let id = rules.iter().find(|rule| rule.name == "重办告诉领导").unwrap().id;
    let form = office.get("admin", &format!("/notices/rules/{id}")).await.body;
    assert!(form.contains("value=\"08:00\"") && form.contains("value=\"case_reopened\" checked"), "{form}");
    let off = office
        .post("admin", &format!("/notices/rules/{id}"), &rule(&[("version", "1"), ("enabled", "")]))
        .await;
    assert_eq!(off.location(), "/notices/rules?done=rule-changed");
    let late = office.post("admin", &format!("/notices/rules/{id}"), &rule(&[("version", "1")])).await;
    assert!(late.body.contains("刚刚被别人改过"));
}

/// Answers one request after the other with these words, and gives what was asked.
async fn robot(answers: &'static [&'static str]) -> (String, tokio::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/send?key=nicht-zeigen", listener.local_addr().unwrap());
    let (asked, requests) = tokio::sync::mpsc::channel(8);
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            let mut part = [0u8; 4096];
            while !String::from_utf8_lossy(&read).contains("msgtype") {
                let n = stream.read(&mut part).await.unwrap();
                assert!(n > 0);
                read.extend_from_slice(&part[..n]);
            }
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let whole = format!("{head}Content-Length: {}\r\n\r\n{answer}", answer.len());
            stream.write_all(whole.as_bytes()).await.unwrap();
            asked.send(String::from_utf8(read).unwrap()).await.unwrap();
        }
    });
    (address, requests)
}

#[tokio::test]
async fn a_channel_is_added_tried_and_never_shows_its_secret() {
    let office = Office::online().await;
    let (address, mut requests) = robot(&[
        r#"{"errcode":93000,"errmsg":"invalid webhook url, key nicht-zeigen"}"#,
        r#"{"errcode":0,"errmsg":"ok"}"#,
    ])
    .await;
    let form = [
        ("kind", "wecom"),
        ("name", "值班群"),
        ("key", address.as_str()),
        ("inside", "on"),
        ("enabled", "on"),
    ];
    let added = office.post("admin", "/notices/channels/new", &form).await;
    assert_eq!(added.location(), "/notices/channels?done=channel-added", "{}", added.body);
    let channel = office.store.notice_channels().await.unwrap().remove(0);
    assert_eq!(channel.settings.way, ChannelWay::Wecom { host: "127.0.0.1".into() });
    let path = format!("/notices/channels/{}", channel.id);
    let refused = office.post("admin", &format!("{path}/test"), &[]).await.body;
    assert!(refused.contains("没有送到：机器人没有接受：errcode 93000"), "{refused}");
    assert!(requests.recv().await.unwrap().contains("测试"));
    let accepted = office.post("admin", &format!("{path}/test"), &[]).await.body;
    assert!(accepted.contains("接受了测试消息"), "{accepted}");
    let shown = office.get("admin", &path).await.body;
    for page in [&refused, &accepted, &shown, &office.get("admin", "/notices/channels").await.body] {
        assert!(!page.contains("nicht-zeigen"), "{page}");
    }
    let same = [("name", "值班群"), ("version", "1"), ("inside", "on"), ("enabled", "on")];
    let kept = office.post("admin", &path, &same).await;
    assert_eq!(kept.location(), "/notices/channels?done=channel-changed", "{}", kept.body);
    assert_eq!(office.store.channel_secret(channel.id).await.unwrap().key, address);
    let audit = office.get("auditor", "/audit").await.body;
    assert!(audit.contains("添加外发渠道") && !audit.contains("nicht-zeigen"));
}

#[tokio::test]
async fn what_is_wrong_with_a_channel_is_said() {
    let office = Office::new().await;
    let sms = [("kind", "sms"), ("name", "短信"), ("method", "POST"), ("url", "https://sms.example/send")];
    let mail = [
        ("kind", "smtp"),
        ("name", "邮件"),
        ("host", "smtp.example"),
        ("port", "25"),
        ("from", "a@b.example"),
    ];
    let with = |base: &[(&'static str, &'static str)], more: &[(&'static str, &'static str)]| {
        base.iter().chain(more).copied().collect::<Vec<_>>()
    };
    for (form, says) in [
        (vec![("kind", "feishu"), ("name", "群"), ("key", "robot")], "整个粘贴"),
        (vec![("kind", "wecom"), ("name", "群")], "请填写“机器人的 Webhook 地址”"),
        (
            vec![("kind", "webhook"), ("name", "回调"), ("url", "https://a.example/"), ("sign", "kurz")],
            "至少 16 个字符",
        ),
        (vec![("kind", "telegraph"), ("name", "电报")], "没有这种渠道"),
        (with(&mail, &[("security", "plain")]), "不加密只能用于内网"),
        (with(&mail, &[("security", "geheim")]), "加密方式"),
        (with(&sms, &[]), "内容模板"),
        (with(&sms, &[("body", "{phone}")]), "{phone} 和 {text}"),
        (with(&sms, &[("body", "{phone}{text}"), ("headers", "ohne Trenner")]), "名称: 值"),
    ] {
        let answer = office.post("admin", "/notices/channels/new", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}");
        let body = answer.body.replace("&#34;", "\"");
        assert!(body.contains(says), "{says}: {body}");
        assert!(!body.contains("kurz\""), "a secret that was typed does not come back");
    }
    assert!(office.store.notice_channels().await.unwrap().is_empty());
}

#[tokio::test]
async fn contacts_and_the_roster_are_kept_by_those_who_may() {
    let office = Office::new().await;
    let duty = office.user("duty").await;
    let path = format!("/notices/contacts/{}", duty.id);
    for wrong in [("email", "ohne-zeichen"), ("phone", "12 34"), ("feishu", "汉字")] {
        let answer = office.post("admin", &path, &[wrong]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
    let saved = office.post("admin", &path, &[("phone", "13800001234"), ("email", "d@qt.example")]).await;
    assert_eq!(saved.location(), "/notices/contacts?done=contact-changed");
    let list = office.get("admin", "/notices/contacts").await.body;
    assert!(list.contains("已登记") && !list.contains("13800001234"), "the list shows no numbers");
    assert!(office.get("admin", &path).await.body.contains("13800001234"));
    for page in ["/users", "/audit"] {
        assert!(!office.get("admin", page).await.body.contains("13800001234"), "{page}");
    }

    let id = duty.id.to_string();
    let shift = |from: &'static str, to: &'static str| {
        [("user", id.clone()), ("from", from.into()), ("to", to.into())]
    };
    let post = async |shift: &[(&'static str, String)]| {
        let form: Vec<(&str, &str)> = shift.iter().map(|(name, value)| (*name, value.as_str())).collect();
        office.post("duty", "/notices/roster/add", &form).await
    };
    for wrong in [
        shift("2026-11-02T17:00", "2026-11-02T08:00"),
        shift("morgen", "2026-11-02T08:00"),
        shift("2025-11-02T17:00", "2025-11-03T08:00"),
    ] {
        assert_eq!(post(&wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
    let added = post(&shift("2026-11-02T08:00", "2026-11-02T20:00")).await;
    assert_eq!(added.location(), "/notices/roster?done=shift-added", "{}", added.body);
    let roster = office.get("duty", "/notices/roster").await.body;
    assert!(roster.contains("当班") && roster.contains("2026-11-02 20:00"), "{roster}");
    let shift = office.store.shifts(office.store.now()).await.unwrap().remove(0);
    let gone = office.post("admin", &format!("/notices/roster/{}/remove", shift.id), &[]).await;
    assert_eq!(gone.location(), "/notices/roster?done=shift-removed");
}

#[tokio::test]
async fn what_is_stuck_is_shown_with_its_reason_and_given_up_with_a_note() {
    let office = Office::new().await;
    office.post("admin", "/notices/rules/first", &[]).await;
    let form = [
        ("kind", "webhook"),
        ("name", "回调"),
        ("url", "http://127.0.0.1:9/"),
        ("sign", "sechzehn-zeichen-und-mehr"),
        ("inside", "on"),
        ("enabled", "on"),
    ];
    office.post("admin", "/notices/channels/new", &form).await;
    let channel = office.store.notice_channels().await.unwrap()[0].id;
    let mut rule =
        office.store.notice_rules().await.unwrap().into_iter().find(|r| r.name.starts_with("来件")).unwrap();
    rule.plan.channels = vec![channel];
    (rule.plan.wait_minutes, rule.plan.hours) = (0, None);
    let by = qingting_models::records::Actor::Console;
    office.store.change_notice_rule(rule.id, rule.version, &rule.name, true, &rule.plan, by).await.unwrap();
    tell(&office).await;
    let http = qingting_ingest::http::Http::new("test");
    let courier = qingting_respond::notices::send::Courier::new((*office.store).clone(), http, None);
    for _ in 0..3 {
        assert_eq!(courier.serve("w", channel).await.unwrap(), 1);
        office.store.clock.set(office.store.now() + SignedDuration::from_mins(10));
    }
    let page = office.get("admin", "/notices/deliveries").await.body;
    assert!(page.contains("连不上 127.0.0.1") && page.contains("派单 2026-00001"), "{page}");
    assert!(!page.contains("楼") && !page.contains(HOSTILE), "no text of a complaint");
    assert!(office.get("admin", "/sources").await.body.contains("外发卡住<b class=\"count\">1</b>"));
    assert!(!office.get("duty", "/items").await.body.contains("外发卡住"));
    let id = between(&page, "action=\"/notices/deliveries/", "/retry").to_owned();
    let again = office.post("admin", &format!("/notices/deliveries/{id}/retry"), &[]).await;
    assert_eq!(again.location(), "/notices/deliveries?done=delivery-retried");
    let without = office.post("admin", &format!("/notices/deliveries/{id}/give-up"), &[]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    let given_up =
        office.post("admin", &format!("/notices/deliveries/{id}/give-up"), &[("note", "地址停用")]).await;
    assert_eq!(given_up.location(), "/notices/deliveries?done=delivery-given-up");
    let kept = office.store.deliveries(false, None, Page::default()).await.unwrap().rows.remove(0);
    assert_eq!(kept.state, DeliveryState::GivenUp);
    assert!(office.get("auditor", "/audit").await.body.contains("放弃外发"));
    assert!(
        office
            .store
            .case_file(&Viewer::SYSTEM, office.housing.0)
            .await
            .unwrap()
            .unwrap()
            .case
            .state
            .is_open()
    );
}
