//! Events sent on: signed as the standard says, in order, each until it has arrived, none of what is confidential.

use std::time::Duration;

use jiff::SignedDuration;
use qingting_ingest::http::Http;
use qingting_models::ids::WebhookId;
use qingting_models::records::*;
use qingting_models::store::WebhookStart;
use qingting_respond::webhooks::{Forwarder, new_secret};
use serde_json::Value;
use standardwebhooks::Webhook as Verifier;

use crate::office::{Office, TEXT};
use crate::receivers::{Asked, Does, LITTLE_PATIENCE, PATIENCE, WebServer};

fn forwarder(office: &Office) -> Forwarder {
    Forwarder::new((*office.store).clone(), Http::new("test")).with_patience(PATIENCE)
}

async fn webhook(office: &Office, url: &str) -> (WebhookId, String) {
    let secret = new_secret().unwrap();
    let settings = WebhookSettings { url: url.into(), inside: true, kinds: OutKind::ALL.to_vec() };
    let start = WebhookStart::After(0);
    let id = office.store.add_webhook("平台", &settings, &secret, start, Actor::Console).await.unwrap();
    (id, secret)
}

/// Serves the address again and again while the clock goes on, until all has arrived.
async fn serve_all(office: &Office, id: WebhookId) {
    serve_all_with(PATIENCE, office, id).await;
}

async fn serve_all_with(patience: Duration, office: &Office, id: WebhookId) {
    office.store.number_events().await.unwrap();
    let last = office.store.outbox_state().await.unwrap().last;
    for _ in 0..60 {
        forwarder(office).with_patience(patience).serve("w", id).await.unwrap();
        if office.store.webhook(id).await.unwrap().unwrap().seen == last {
            return;
        }
        office.pass(SignedDuration::from_mins(5));
    }
    panic!("events still wait: {:?}", office.store.webhook(id).await.unwrap());
}

fn bodies(asked: &[Asked]) -> Vec<Value> {
    asked.iter().map(|one| serde_json::from_str(&one.body).unwrap()).collect()
}

fn id(asked: &Asked) -> &str {
    asked.header("webhook-id").unwrap()
}

#[tokio::test]
async fn each_event_goes_out_signed_and_in_order_until_it_has_arrived() {
    for office in Office::each().await {
        let server = WebServer::that(&[
            Does::Answers("{}"),
            Does::Refuses(500, ""),
            Does::Breaks,
            Does::Hangs,
            Does::Refuses(429, "Retry-After: 600\r\n"),
            Does::Answers("{}"),
        ])
        .await;
        for _ in 0..3 {
            office.case("wages", Urgency::Urgent, None).await;
        }
        let (hook, secret) = webhook(&office, &server.url).await;
        serve_all_with(LITTLE_PATIENCE, &office, hook).await;
        let asked = server.asked();
        assert_eq!(asked.len(), 6 + 4, "four tries of the second failed");
        for (n, one) in asked.iter().enumerate() {
            // Signed anew with each try, for the receiver's window is short; the clock of the test is not the real one.
            let at: i64 = one.header("webhook-timestamp").unwrap().parse().unwrap();
            let signed = Verifier::new(&secret).unwrap().sign(id(one), at, one.body.as_bytes()).unwrap();
            assert_eq!(one.header("webhook-signature").unwrap(), signed, "request {n}");
            assert!(!one.body.contains(TEXT) && !one.head.contains("whsec_"));
        }
        assert!(asked[1..=5].windows(2).all(|two| id(&two[0]) == id(&two[1]) && two[0].body == two[1].body));
        let seqs: Vec<i64> =
            bodies(&asked).iter().map(|body| body["data"]["seq"].as_i64().unwrap()).collect();
        assert_eq!(seqs, [1, 2, 2, 2, 2, 2, 3, 4, 5, 6]);
        let kinds: Vec<String> =
            bodies(&asked).iter().map(|body| body["type"].as_str().unwrap().to_owned()).collect();
        assert_eq!((kinds[0].as_str(), kinds[5].as_str()), ("item.new", "case.opened"));
        let one = office.store.webhook(hook).await.unwrap().unwrap();
        assert_eq!((one.tries, one.error), (0, None));
    }
}

#[tokio::test]
async fn one_who_never_answers_is_given_up_and_goes_on_later_where_he_was() {
    for office in Office::each().await {
        let server = WebServer::that(&[Does::Refuses(503, "")]).await;
        office.case("wages", Urgency::Ordinary, None).await;
        let (hook, _) = webhook(&office, &server.url).await;
        office.store.number_events().await.unwrap();
        for _ in 0..40 {
            forwarder(&office).serve("w", hook).await.unwrap();
            office.pass(SignedDuration::from_hours(8));
        }
        assert_eq!(server.asked().len(), 15);
        let one = office.store.webhook(hook).await.unwrap().unwrap();
        assert!(!one.enabled && one.seen == 0 && one.error.unwrap().contains("503"));
        let mended = WebServer::that(&[Does::Answers("")]).await;
        let settings = WebhookSettings { url: mended.url.clone(), ..one.settings };
        let version = one.version;
        let store = &office.store;
        store
            .change_webhook(hook, version, "平台", true, &settings, None, None, Actor::Console)
            .await
            .unwrap();
        serve_all(&office, hook).await;
        assert_eq!(bodies(&mended.asked()).len(), 2);
    }
}

#[tokio::test]
async fn nothing_confidential_goes_out_and_a_trial_says_that_it_is_one() {
    for office in Office::each().await {
        let server = WebServer::that(&[Does::Answers("")]).await;
        let (hook, _) = webhook(&office, &server.url).await;
        office.case("conduct", Urgency::Urgent, None).await;
        serve_all(&office, hook).await;
        assert!(server.asked().is_empty());
        let one = office.store.webhook(hook).await.unwrap().unwrap();
        forwarder(&office).try_webhook(&one).await.unwrap().unwrap();
        assert_eq!(bodies(&server.asked())[0]["type"], "test");
        // A receiver outside of the house is not looked for inside of it.
        let outside = Webhook { settings: WebhookSettings { inside: false, ..one.settings.clone() }, ..one };
        let refused = forwarder(&office).try_webhook(&outside).await.unwrap().unwrap_err();
        assert!(refused.text.contains("内网"), "{refused}");
    }
}
