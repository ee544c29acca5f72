//! Events for programs of others: written with their cause, numbered so that no reader misses one, shown to nobody who may
//! not see their matter, sent from where an address stands.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use qingting_models::ids::{UserId, WebhookId};
use qingting_models::records::*;
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{
    AuditFilter, EventPage, Page, PersonJudgement, Store, StoreError, WebhookStart,
};

use super::builders::*;

const PERSON: Actor = Actor::User(UserId(7));
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn read(store: &Store, viewer: &Viewer, after: i64) -> EventPage {
    while store.number_events().await.unwrap() > 0 {}
    store.events_after(viewer, after, &[], 1_000).await.unwrap()
}

fn kinds(page: &EventPage) -> Vec<OutKind> {
    page.events.iter().map(|one| one.event.kind).collect()
}

fn settings(kinds: &[OutKind]) -> WebhookSettings {
    WebhookSettings { url: "http://127.0.0.1:9/in".into(), inside: true, kinds: kinds.to_vec() }
}

async fn webhook(store: &Store, name: &str, start: WebhookStart) -> WebhookId {
    store.add_webhook(name, &settings(OutKind::ALL), SECRET, start, PERSON).await.unwrap()
}

#[tokio::test]
async fn what_happens_is_told_once_in_order_and_without_text() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let decided = PersonJudgement {
            topics: vec!["housing".into()],
            kind: Kind::Complaint,
            urgency: Urgency::Watch,
            department: None,
            places: None,
        };
        store.judge_by_person(&Viewer::SYSTEM, item.id, 1, decided, PERSON).await.unwrap();
        let opened = store.open_case(opening(&store, &item, "rsj")).await.unwrap();
        let next = Case { version: 2, ..opened.clone() };
        store.save_case(1, change(&store, next.clone(), "contact")).await.unwrap();
        assert!(store.save_case(1, change(&store, next, "contact")).await.is_err());

        let page = read(&store, &Viewer::SYSTEM, 0).await;
        use OutKind::*;
        assert_eq!(kinds(&page), [ItemNew, ItemJudged, CaseOpened, CaseChanged], "what failed told nothing");
        assert_eq!(page.events.iter().map(|one| one.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!((page.next, page.more), (4, false));
        let data: Vec<_> = page.events.iter().map(|one| &one.event.data).collect();
        assert_eq!(data[0]["item"], item.id.to_string());
        assert_eq!((data[0]["by"].as_str(), data[1]["by"].as_str()), (Some("model"), Some("person")));
        assert_eq!((&data[1]["topics"][0], &data[1]["urgency"]), (&"housing".into(), &1.into()));
        assert_eq!(data[2]["number"], opened.number);
        assert_eq!(
            (data[3]["action"].as_str(), data[3]["state"].as_str()),
            (Some("contact"), Some("assigned"))
        );
        let told = format!("{page:?}");
        assert!(!told.contains(&item.content.title) && !told.contains(&item.content.body), "{told}");

        let rest = store.events_after(&Viewer::SYSTEM, 1, &[CaseOpened, ItemJudged], 1).await.unwrap();
        assert_eq!((kinds(&rest), rest.next, rest.more), (vec![ItemJudged], 2, true));
        let rest = store.events_after(&Viewer::SYSTEM, rest.next, &[ItemNew], 1).await.unwrap();
        assert_eq!(
            (kinds(&rest), rest.next, rest.more),
            (vec![], 4, false),
            "what is of another kind is passed"
        );
    }
}

#[tokio::test]
async fn nobody_is_told_of_what_he_may_not_see_now() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let open = judged(&store, &source, "1", "wages").await;
        let hidden = judged(&store, &source, "2", "conduct").await;
        store.open_case(opening(&store, &open, "rsj")).await.unwrap();
        store.open_case(opening(&store, &hidden, "jw")).await.unwrap();
        let department =
            |code: &str| Viewer { all_open: false, all_confidential: false, department: Some(code.into()) };
        let counts = async |viewer: &Viewer| read(&store, viewer, 0).await.events.len();
        assert_eq!(counts(&Viewer::SYSTEM).await, 4);
        assert_eq!(counts(&Viewer::OPEN).await, 2);
        assert_eq!(counts(&department("rsj")).await, 2);
        assert_eq!(counts(&department("zjj")).await, 0);
        let nothing = read(&store, &department("zjj"), 0).await;
        assert_eq!((nothing.next, nothing.more), (4, false), "and goes on behind it");
        // What turns confidential is withheld from then on.
        let decided = PersonJudgement {
            topics: vec!["conduct".into()],
            kind: Kind::Report,
            urgency: Urgency::Ordinary,
            department: None,
            places: None,
        };
        store.judge_by_person(&Viewer::SYSTEM, open.id, 1, decided, PERSON).await.unwrap();
        assert_eq!(counts(&Viewer::OPEN).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_misses_nothing_while_many_write() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        const WRITERS: usize = 4;
        const EACH: usize = 15;
        let mut items = Vec::new();
        for n in 0..WRITERS * EACH {
            items.push(judged(&store, &source, &n.to_string(), "wages").await);
        }
        let writers = items.chunks(EACH).map(|some| {
            let (store, some) = ((*store).clone(), some.to_vec());
            tokio::spawn(async move {
                for item in some {
                    store.open_case(opening(&store, &item, "rsj")).await.unwrap();
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        let (mut seen, mut after, mut ends) = (BTreeSet::new(), 0, 0);
        while ends < 2 {
            // Two readings after the last writer has ended: the first of them may have begun before.
            ends += usize::from(writers.iter().all(|writer| writer.is_finished()));
            store.number_events().await.unwrap();
            let page = store.events_after(&Viewer::SYSTEM, after, &[], 7).await.unwrap();
            for one in &page.events {
                assert!(one.seq > after && seen.insert(one.event.id), "in order and once");
                after = one.seq;
            }
            assert!(page.next >= after);
            after = page.next;
            if page.more {
                ends = 0;
            }
        }
        assert_eq!(seen.len(), 2 * WRITERS * EACH, "a new item and a new case each");
    }
}

#[tokio::test]
async fn old_events_are_dropped_and_known_to_be() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        judged(&store, &source, "1", "wages").await;
        let late = webhook(&store, "后来的", WebhookStart::After(0)).await;
        read(&store, &Viewer::SYSTEM, 0).await;
        store.clock.set(store.now() + SignedDuration::from_hours(48));
        judged(&store, &source, "2", "wages").await;
        assert_eq!(store.drop_events(store.now() - SignedDuration::from_hours(24)).await.unwrap(), 1);
        let page = read(&store, &Viewer::SYSTEM, 0).await;
        assert_eq!(page.events.iter().map(|one| one.seq).collect::<Vec<_>>(), [2]);
        let state = store.outbox_state().await.unwrap();
        assert_eq!((state.dropped, state.last), (1, 2));
        assert_eq!(store.drop_events(store.now() - SignedDuration::from_hours(24)).await.unwrap(), 0);
        // What has no number yet is not dropped before somebody could read it.
        judged(&store, &source, "3", "wages").await;
        assert_eq!(store.drop_events(store.now() + SignedDuration::from_hours(1)).await.unwrap(), 1);
        assert_eq!(read(&store, &Viewer::SYSTEM, 2).await.events.len(), 1);
        assert_eq!(store.webhook(late).await.unwrap().unwrap().seen, 0, "it is told of the gap");
    }
}

#[tokio::test]
async fn months_that_are_over_go_at_once_and_none_before_all_of_it_could_be_read() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        // Before there was a table for its month.
        judged(&store, &source, "1", "wages").await;
        if store.engine() == "SQLite" {
            assert_eq!(store.make_months().await.unwrap(), 0);
            continue;
        }
        // November has an event already, and stays without one.
        assert_eq!(store.make_months().await.unwrap(), 2);
        assert_eq!(store.make_months().await.unwrap(), 0);
        store.clock.set(store.now() + SignedDuration::from_hours(30 * 24));
        judged(&store, &source, "2", "wages").await;
        assert_eq!(store.make_months().await.unwrap(), 1, "February's");
        assert_eq!(read(&store, &Viewer::SYSTEM, 0).await.events.len(), 2);
        let in_january = store.now() + SignedDuration::from_hours(31 * 24);
        let over = later(in_january, SignedDuration::from_hours(31 * 24));
        store.clock.set(over);
        judged(&store, &source, "3", "wages").await;
        // Of December all is read; the cut lies within it, then after it.
        assert_eq!(
            store.drop_events(in_january - SignedDuration::from_hours(24 * 20)).await.unwrap(),
            1,
            "what has no month"
        );
        assert_eq!(store.drop_events(in_january - SignedDuration::from_hours(24 * 20)).await.unwrap(), 0);
        assert_eq!(store.drop_events(in_january).await.unwrap(), 1);
        let state = store.outbox_state().await.unwrap();
        assert_eq!((state.dropped, state.last), (2, 2));
        // February's has no number yet.
        assert_eq!(store.drop_events(later(over, SignedDuration::from_hours(24 * 60))).await.unwrap(), 0);
        assert_eq!(read(&store, &Viewer::SYSTEM, 2).await.events.len(), 1);
        assert_eq!(store.drop_events(later(over, SignedDuration::from_hours(24 * 60))).await.unwrap(), 1);
        assert_eq!(store.outbox_state().await.unwrap().dropped, 3);
    }
}

#[tokio::test]
async fn an_address_goes_on_where_it_was_and_is_served_by_one_alone() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        judged(&store, &source, "1", "wages").await;
        read(&store, &Viewer::SYSTEM, 0).await;
        let all = webhook(&store, "全部", WebhookStart::After(0)).await;
        let now = webhook(&store, "现在起", WebhookStart::Now).await;
        assert!(matches!(
            store
                .add_webhook("全部", &settings(&[OutKind::ItemNew]), SECRET, WebhookStart::Now, PERSON)
                .await,
            Err(StoreError::Taken { .. })
        ));
        assert_eq!(store.webhooks_to_serve().await.unwrap(), [all]);
        judged(&store, &source, "2", "conduct").await;
        judged(&store, &source, "3", "wages").await;
        read(&store, &Viewer::SYSTEM, 0).await;
        assert_eq!(store.webhooks_to_serve().await.unwrap(), [all, now]);

        let task = store.claim_webhook("w", all, 10, LEASE).await.unwrap().unwrap();
        assert_eq!(task.events.iter().map(|one| one.seq).collect::<Vec<_>>(), [1, 3], "nothing confidential");
        assert_eq!((task.next, task.secret.as_str()), (3, SECRET));
        assert!(store.claim_webhook("other", all, 10, LEASE).await.unwrap().is_none());
        let later = store.now() + SignedDuration::from_mins(2);
        assert!(store.finish_webhook("w", all, 1, true, Some(("HTTP 500", Some(later)))).await.unwrap());
        assert!(!store.finish_webhook("w", all, 3, true, None).await.unwrap(), "the lease is over");
        let one = store.webhook(all).await.unwrap().unwrap();
        assert_eq!((one.seen, one.tries, one.error.as_deref()), (1, 1, Some("HTTP 500")));
        assert!(one.arrived_at.is_some() && one.enabled);
        assert!(store.claim_webhook("w", all, 10, LEASE).await.unwrap().is_none(), "not before its time");

        // A worker that was killed is waited for no longer than its lease.
        store.clock.set(later);
        assert!(store.claim_webhook("killed", all, 10, LEASE).await.unwrap().is_some());
        store.clock.set(later + LEASE);
        let task = store.claim_webhook("w", all, 10, LEASE).await.unwrap().unwrap();
        assert_eq!(task.events.len(), 1);
        // Given up: out of use until somebody sets it to work again.
        assert!(store.finish_webhook("w", all, 1, false, Some(("HTTP 410", None))).await.unwrap());
        let one = store.webhook(all).await.unwrap().unwrap();
        assert_eq!((one.enabled, one.tries), (false, 2));
        assert_eq!(store.webhooks_to_serve().await.unwrap(), [now]);
        assert!(store.stuck_deliveries().await.unwrap() >= 1, "an administrator is told of it");
        let change = store.change_webhook(all, 1, "全部", true, &one.settings, None, None, PERSON);
        change.await.unwrap();
        let one = store.webhook(all).await.unwrap().unwrap();
        assert_eq!((one.tries, one.error, one.version), (0, None, 2));
        assert_eq!(store.claim_webhook("w", all, 10, LEASE).await.unwrap().unwrap().events.len(), 1);
        // Whoever is sending while it is changed moves nothing on.
        let again = store.change_webhook(
            all,
            2,
            "全部",
            true,
            &one.settings,
            Some("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            Some(WebhookStart::After(0)),
            PERSON,
        );
        again.await.unwrap();
        assert!(!store.finish_webhook("w", all, 3, true, None).await.unwrap());
        let task = store.claim_webhook("w", all, 10, LEASE).await.unwrap().unwrap();
        assert_eq!((task.events.len(), task.secret.ends_with("AAAA")), (2, true));
        assert!(matches!(
            store.change_webhook(all, 2, "全部", true, &one.settings, None, None, PERSON).await,
            Err(StoreError::Conflict { .. })
        ));
        store.remove_webhook(all, PERSON).await.unwrap();
        assert!(!store.finish_webhook("w", all, 3, true, None).await.unwrap());
        assert!(matches!(store.remove_webhook(all, PERSON).await, Err(StoreError::NotFound(_))));
        logged(&store).await;
    }
}

/// What was done stands in the log, without address and secret.
async fn logged(store: &TestStore) {
    let filter = AuditFilter { action: Some("webhook.".into()), ..AuditFilter::default() };
    let lines = store.audit_page(&filter, Page::default()).await.unwrap().rows;
    let actions: Vec<&str> = lines.iter().rev().map(|line| line.entry.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "webhook.add",
            "webhook.add",
            "webhook.give_up",
            "webhook.change",
            "webhook.change",
            "webhook.remove"
        ]
    );
    let said = format!("{lines:?}");
    assert!(!said.contains("whsec_") && !said.contains("127.0.0.1"), "{said}");
}
