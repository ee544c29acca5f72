//! Messages out of the house: what stands in them, and that each is delivered once by its key, whatever the receiver does.

use std::collections::BTreeSet;
use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use qingting_ingest::http::Http;
use qingting_models::records::*;
use qingting_models::store::Page;
use qingting_respond::notices::send::Courier;
use serde_json::Value;
use sha2::Sha256;

use crate::office::{Office, TEXT, to_handlers};
use crate::receivers::{Asked, Does, LITTLE_PATIENCE, MailServer, PATIENCE, WebServer};

const SIGN: &str = "ein-langes-geheimnis";
const BASE: &str = "https://qt.example.gov.cn";

fn courier(office: &Office) -> Courier {
    let courier = Courier::new((*office.store).clone(), Http::new("test"), Some(BASE.into()));
    courier.with_patience(PATIENCE)
}

fn secret(key: &str, sign: &str) -> ChannelSecret {
    ChannelSecret { key: key.into(), sign: sign.into() }
}

/// Serves the channel again and again while the clock goes on, until nothing waits.
async fn serve_all(office: &Office, channel: &NoticeChannel) {
    serve_all_with(PATIENCE, office, channel).await;
}

async fn serve_all_with(patience: Duration, office: &Office, channel: &NoticeChannel) {
    for _ in 0..60 {
        courier(office).with_patience(patience).serve("w", channel.id).await.unwrap();
        let all = office.store.deliveries(false, Some(channel.id), Page::default()).await.unwrap();
        if all.rows.iter().all(|delivery| delivery.state != DeliveryState::Waiting) {
            return;
        }
        office.pass(SignedDuration::from_mins(5));
    }
    panic!("messages still wait");
}

async fn reach(office: &Office, login: &str) {
    let contact = Contact {
        email: format!("{login}@qt.example"),
        phone: "13800001234".into(),
        wecom: format!("{login}-wx"),
        dingtalk: format!("{login}-dd"),
        feishu: format!("ou_{login}"),
    };
    let user = office.user(login).await;
    office.store.set_contact(user.id, &contact, Actor::Console).await.unwrap();
}

fn keys(asked: &[Asked]) -> BTreeSet<String> {
    asked.iter().map(|one| one.header("idempotency-key").unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_receiver_that_is_slow_refuses_and_forgets_to_answer_gets_each_notice_once_by_its_key() {
    for office in Office::each().await {
        let server = WebServer::that(&[
            Does::Refuses(500, ""),
            Does::Hangs,
            Does::Breaks,
            Does::Refuses(429, "Retry-After: 600\r\n"),
            Does::Answers("taken"),
        ])
        .await;
        let way = ChannelWay::Webhook { url: server.url.clone() };
        let channel = office.channel(way, secret("", SIGN), false).await;
        office.only_rule(to_handlers(&[NoticeKind::CaseAssigned], &[channel.id])).await;
        for _ in 0..6 {
            office.case("wages", Urgency::Ordinary, None).await;
        }
        office.tell().await;
        serve_all_with(LITTLE_PATIENCE, &office, &channel).await;
        let asked = server.asked();
        assert_eq!(asked.len(), 6 + 4, "four went out a second time");
        assert_eq!(keys(&asked).len(), 6);
        let mut numbers: BTreeSet<String> = BTreeSet::new();
        for one in &asked {
            let body: Value = serde_json::from_str(&one.body).unwrap();
            assert_eq!(body["id"], one.header("idempotency-key").unwrap());
            numbers.extend(
                body["notices"].as_array().unwrap().iter().map(|n| n["number"].as_str().unwrap().to_owned()),
            );
            let same: BTreeSet<&str> = asked
                .iter()
                .filter(|other| other.header("idempotency-key") == one.header("idempotency-key"))
                .map(|other| other.body.as_str())
                .collect();
            assert_eq!(same.len(), 1, "the body stays over the tries");
        }
        assert_eq!(numbers.len(), 6, "none is lost");
        assert_eq!(office.store.stuck_deliveries().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_channel_that_was_switched_off_sends_nothing_and_what_grew_old_stays() {
    for office in Office::each().await {
        let server = WebServer::that(&[Does::Answers("")]).await;
        let way = ChannelWay::Webhook { url: server.url.clone() };
        let channel = office.channel(way, secret("", SIGN), false).await;
        office.only_rule(to_handlers(&[NoticeKind::CaseAssigned], &[channel.id])).await;
        office.case("wages", Urgency::Ordinary, None).await;
        office.tell().await;
        let switch = async |seen, on| {
            let (name, settings) = (&channel.name, &channel.settings);
            let by = Actor::Console;
            office.store.change_notice_channel(channel.id, seen, name, on, settings, None, by).await.unwrap();
        };
        switch(1, false).await;
        office.pass(SignedDuration::from_hours(8 * 24));
        assert_eq!(courier(&office).serve("w", channel.id).await.unwrap(), 0);
        switch(2, true).await;
        serve_all(&office, &channel).await;
        assert!(server.asked().is_empty(), "weeks later nobody wants it");
    }
}

#[tokio::test]
async fn a_call_is_signed_with_its_time() {
    for office in Office::each().await {
        let server = WebServer::that(&[Does::Answers("")]).await;
        let way = ChannelWay::Webhook { url: server.url.clone() };
        let channel = office.channel(way, secret("", SIGN), false).await;
        office.only_rule(to_handlers(&[NoticeKind::CaseAssigned], &[channel.id])).await;
        office.case("wages", Urgency::Urgent, None).await;
        office.tell().await;
        serve_all(&office, &channel).await;
        let asked = server.asked().remove(0);
        let timestamp = asked.header("x-qingting-timestamp").unwrap();
        assert_eq!(timestamp, office.store.now().as_second().to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(SIGN.as_bytes()).unwrap();
        mac.update(format!("{timestamp}.{}", asked.body).as_bytes());
        let expected = format!("sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()));
        assert_eq!(asked.header("x-qingting-signature"), Some(expected.as_str()));
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        let notice = &body["notices"][0];
        assert_eq!((notice["event"].as_str(), notice["urgency"].as_u64()), (Some("case_assigned"), Some(2)));
        assert_eq!(notice["department"].as_str(), Some("人社局"));
        assert!(notice["url"].as_str().unwrap().starts_with("https://qt.example.gov.cn/cases/"));
    }
}

#[tokio::test]
async fn a_receiver_that_asks_for_patience_is_left_alone_so_long() {
    for office in Office::each().await {
        let server = WebServer::that(&[Does::Refuses(503, "Retry-After: 3600\r\n"), Does::Answers("")]).await;
        let way = ChannelWay::Webhook { url: server.url.clone() };
        let channel = office.channel(way, secret("", SIGN), false).await;
        office.only_rule(to_handlers(&[NoticeKind::CaseAssigned], &[channel.id])).await;
        office.case("wages", Urgency::Ordinary, None).await;
        office.tell().await;
        let courier = courier(&office);
        assert_eq!(courier.serve("w", channel.id).await.unwrap(), 1);
        office.pass(SignedDuration::from_mins(59));
        assert_eq!(courier.serve("w", channel.id).await.unwrap(), 0);
        office.pass(SignedDuration::from_mins(2));
        assert_eq!(courier.serve("w", channel.id).await.unwrap(), 1);
        assert_eq!(server.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_message_that_never_gets_through_is_put_before_a_person() {
    for office in Office::each().await {
        let server = WebServer::that(&[Does::Refuses(404, "")]).await;
        let way = ChannelWay::Webhook { url: server.url.clone() };
        let channel = office.channel(way, secret("", SIGN), false).await;
        office.only_rule(to_handlers(&[NoticeKind::CaseAssigned], &[channel.id])).await;
        office.case("wages", Urgency::Ordinary, None).await;
        office.tell().await;
        for _ in 0..30 {
            courier(&office).serve("w", channel.id).await.unwrap();
            office.pass(SignedDuration::from_hours(8));
        }
        let kept = office.store.deliveries(true, None, Page::default()).await.unwrap().rows.remove(0);
        assert_eq!((kept.state, kept.tries), (DeliveryState::Failed, 15));
        assert_eq!(kept.error.as_deref(), Some("127.0.0.1 回答 HTTP 404"));
        assert_eq!(keys(&server.asked()).len(), 1);
    }
}

#[tokio::test]
async fn cases_within_the_wait_go_out_as_one_message_and_at_night_in_the_morning() {
    for office in Office::each().await {
        let server = WebServer::that(&[Does::Answers("")]).await;
        let way = ChannelWay::Webhook { url: server.url.clone() };
        let channel = office.channel(way, secret("", SIGN), false).await;
        let hours = ActiveHours {
            from: jiff::civil::Time::constant(8, 0, 0, 0),
            to: jiff::civil::Time::constant(20, 0, 0, 0),
            workdays: false,
            urgent_always: true,
        };
        let plan = to_handlers(&[NoticeKind::CaseAssigned], &[channel.id]);
        office.only_rule(NoticePlan { wait_minutes: 5, hours: Some(hours), ..plan }).await;
        for _ in 0..3 {
            office.case("wages", Urgency::Ordinary, None).await;
            office.tell().await;
            office.pass(SignedDuration::from_mins(1));
        }
        let courier = courier(&office);
        assert_eq!(courier.serve("w", channel.id).await.unwrap(), 0, "it waits for others");
        office.pass(SignedDuration::from_mins(2));
        assert_eq!(courier.serve("w", channel.id).await.unwrap(), 1);
        let notices = |n: usize| {
            let body: Value = serde_json::from_str(&server.asked()[n].body).unwrap();
            body["notices"].as_array().unwrap().len()
        };
        assert_eq!(notices(0), 3);
        office.at("2026-11-02T21:00");
        office.case("wages", Urgency::Ordinary, None).await;
        office.case("wages", Urgency::Urgent, None).await;
        office.tell().await;
        office.at("2026-11-02T21:10");
        assert_eq!(courier.serve("w", channel.id).await.unwrap(), 1, "what is urgent does not wait");
        assert_eq!(notices(1), 1);
        office.at("2026-11-03T07:59");
        assert_eq!(courier.serve("w", channel.id).await.unwrap(), 0);
        office.at("2026-11-03T08:00");
        assert_eq!(courier.serve("w", channel.id).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_mail_has_the_same_id_over_its_tries() {
    for office in Office::each().await {
        let server = MailServer::busy(2).await;
        let way = ChannelWay::Smtp {
            host: "127.0.0.1".into(),
            port: server.port,
            security: MailSecurity::Plain,
            user: String::new(),
            from: "qingting@qt.example".into(),
        };
        let channel = office.channel(way, ChannelSecret::default(), false).await;
        office.only_rule(to_handlers(&[NoticeKind::CaseAssigned], &[channel.id])).await;
        office.case("wages", Urgency::Ordinary, None).await;
        office.tell().await;
        assert_eq!(courier(&office).serve("w", channel.id).await.unwrap(), 0, "nobody has an address");
        reach(&office, "handler").await;
        office.case("wages", Urgency::Ordinary, None).await;
        office.tell().await;
        serve_all(&office, &channel).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 3);
        assert!(mails.iter().all(|mail| mail.to == "handler@qt.example"));
        let id = |mail: &str| mail.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
        let ids: BTreeSet<String> = mails.iter().map(|mail| id(&mail.text)).collect();
        assert_eq!(ids.len(), 1);
        let kept = office.store.deliveries(false, None, Page::default()).await.unwrap().rows.remove(0);
        assert_eq!((kept.state, kept.tries), (DeliveryState::Sent, 3));
    }
}

/// The text of a mail, of which body and subject are encoded.
fn decoded(mail: &str) -> String {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let plain: String = body.split_whitespace().collect();
    let text = BASE64
        .decode(plain.as_bytes())
        .map_or_else(|_| body.to_owned(), |bytes| String::from_utf8(bytes).unwrap());
    format!("{head}\n{text}")
}

#[tokio::test]
async fn nothing_outside_holds_a_text_and_of_confidential_matters_not_even_the_department() {
    for office in Office::each().await {
        let ok = WebServer::that(&[Does::Answers(r#"{"errcode":0,"code":0}"#)]).await;
        let mail = MailServer::busy(0).await;
        let robot = |kind: fn(String) -> ChannelWay| kind("127.0.0.1".into());
        let sms = ChannelWay::Sms {
            method: HttpMethod::Post,
            url: format!("{}?to={{phone}}", ok.url),
            headers: vec![
                ("Content-Type".into(), "application/json".into()),
                ("X-Key".into(), "{secret}".into()),
            ],
            body: r#"{"phone":"{phone}","text":"{text}","id":"{key}"}"#.into(),
            accepted: "\"errcode\":0".into(),
        };
        let smtp = ChannelWay::Smtp {
            host: "127.0.0.1".into(),
            port: mail.port,
            security: MailSecurity::Plain,
            user: String::new(),
            from: "qingting@qt.example".into(),
        };
        let ways = [
            (ChannelWay::Webhook { url: ok.url.clone() }, secret("", SIGN)),
            (robot(|host| ChannelWay::Wecom { host }), secret(&ok.url, "")),
            (robot(|host| ChannelWay::Dingtalk { host }), secret(&ok.url, SIGN)),
            (robot(|host| ChannelWay::Feishu { host }), secret(&ok.url, SIGN)),
            (sms, secret("gateway-key", "")),
            (smtp, ChannelSecret::default()),
        ];
        let mut channels = Vec::new();
        for (way, secret) in ways {
            channels.push(office.channel(way, secret, true).await);
        }
        let closed = WebServer::that(&[Does::Answers("")]).await;
        let settings = ChannelSettings {
            way: ChannelWay::Webhook { url: closed.url.clone() },
            inside: true,
            confidential: false,
        };
        let id = office
            .store
            .add_notice_channel("不发保密件", true, &settings, Some(&secret("", SIGN)), Actor::Console)
            .await
            .unwrap();
        channels.push(office.store.notice_channel(id).await.unwrap().unwrap());
        let ids: Vec<_> = channels.iter().map(|channel| channel.id).collect();
        office.only_rule(to_handlers(&[NoticeKind::CaseAssigned], &ids)).await;
        reach(&office, "handler").await;
        reach(&office, "inspector").await;
        office.case("wages", Urgency::Urgent, None).await;
        office.tell().await;
        for channel in &channels {
            serve_all(&office, channel).await;
        }
        let open = outside(&ok.asked(), &mail);
        assert!(open.iter().all(|text| text.contains("2026-00001")), "{open:?}");
        assert!(open.iter().any(|text| text.contains("人社局")) && open.len() == 6);
        let said = ok.asked();
        assert!(said.iter().any(|one| one.body.contains("handler-wx")), "called by name");
        assert!(said.iter().any(|one| one.head.contains("sign=") && one.body.contains("@handler-dd")));
        assert!(said.iter().any(|one| one.body.contains("\"sign\":") && one.body.contains("ou_handler")));
        assert!(
            said.iter()
                .any(|one| one.head.contains("to=13800001234") && one.header("x-key") == Some("gateway-key"))
        );

        office.case("conduct", Urgency::Urgent, None).await;
        office.tell().await;
        for channel in &channels {
            serve_all(&office, channel).await;
        }
        let all = outside(&ok.asked(), &mail);
        let secret: Vec<&String> = all.iter().filter(|text| text.contains("2026-00002")).collect();
        assert_eq!(secret.len(), 6);
        assert!(
            secret.iter().all(|text| !text.contains("纪委") && !text.contains("department\":\"")),
            "{secret:?}"
        );
        for text in &all {
            assert!(!text.contains(TEXT) && !text.contains("老板") && !text.contains("按职责"), "{text}");
        }
        assert_eq!(closed.asked().len(), 1, "a channel that takes no confidential matters gets none");
    }
}

fn outside(asked: &[Asked], mail: &MailServer) -> Vec<String> {
    let web = asked.iter().map(|one| format!("{}{}", one.head, one.body));
    web.chain(mail.mails().iter().map(|mail| decoded(&mail.text))).collect()
}

#[tokio::test]
async fn what_turns_confidential_while_it_waits_stays_in_the_house() {
    for office in Office::each().await {
        let server = WebServer::that(&[Does::Answers("")]).await;
        let way = ChannelWay::Webhook { url: server.url.clone() };
        let channel = office.channel(way, secret("", SIGN), false).await;
        let plan = to_handlers(&[NoticeKind::CaseAssigned], &[channel.id]);
        office.only_rule(NoticePlan { wait_minutes: 5, ..plan }).await;
        let case = office.case("wages", Urgency::Ordinary, None).await;
        office.tell().await;
        let file = office.store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap();
        let now = office.store.now();
        let mut secret = file.case.clone();
        (secret.confidential, secret.version) = (true, secret.version + 1);
        let audit = AuditEntry {
            id: office.store.ids().next(now),
            at: now,
            actor: Actor::Console,
            action: "case.seen".into(),
            subject: Subject::Case(case),
            detail: serde_json::json!({}),
        };
        let (clocks, replies, ratings, timeline) = (vec![], vec![], vec![], vec![]);
        let (taken_in, left_out) = (vec![], vec![]);
        let change = CaseChange {
            case: secret,
            clocks,
            replies,
            ratings,
            timeline,
            taken_in,
            left_out,
            facts: None,
            audit,
        };
        office.store.save_case(file.case.version, change).await.unwrap();
        office.pass(SignedDuration::from_mins(6));
        courier(&office).serve("w", channel.id).await.unwrap();
        assert!(server.asked().is_empty());
        let kept = office.store.deliveries(false, None, Page::default()).await.unwrap().rows.remove(0);
        assert_eq!(kept.state, DeliveryState::Held);
    }
}
