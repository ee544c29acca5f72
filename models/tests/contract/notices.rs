//! Notices: written with their cause and once, told to nobody who may not know, sent under one key, secrets sealed.

use jiff::{SignedDuration, Timestamp};
use qingting_models::county::DepartmentCode;
use qingting_models::ids::{NoticeChannelId, NoticeId, UserId};
use qingting_models::records::*;
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{
    AuditFilter, DeliveryOutcome, NewMessage, NewNotice, NewUser, NoticeTask, Page, Store, StoreError,
    TaskSubject, ToldEvent,
};

use super::builders::*;

const PERSON: Actor = Actor::User(UserId(7));

async fn user(store: &Store, login: &str, roles: &[Role], department: Option<&str>) -> User {
    let new = NewUser {
        login: login.into(),
        name: login.into(),
        roles: roles.to_vec(),
        department: department.map(DepartmentCode::from),
        password_hash: "x".into(),
        must_change_password: false,
    };
    store.add_user(new, Actor::Console).await.unwrap()
}

/// A case that was assigned just now.
async fn case(store: &TestStore, id: &str, topic: &str) -> Case {
    let source = match store.source_named("12345").await.unwrap() {
        Some(source) => source,
        None => sheet(store, "12345").await,
    };
    let item = judged(store, &source, id, topic).await;
    store.open_case(opening(store, &item, "rsj")).await.unwrap()
}

async fn webhook(store: &Store, name: &str) -> NoticeChannelId {
    let settings = ChannelSettings {
        way: ChannelWay::Webhook { url: "http://127.0.0.1:9/".into() },
        inside: true,
        confidential: false,
    };
    let secret = ChannelSecret { key: String::new(), sign: "geheimes-wort".into() };
    store.add_notice_channel(name, true, &settings, Some(&secret), PERSON).await.unwrap()
}

async fn take(store: &Store) -> Vec<NoticeTask> {
    store.claim_telling("w", 100, LEASE, Timestamp::UNIX_EPOCH).await.unwrap()
}

/// Whether the event was still the worker's to tell.
async fn tell(
    store: &Store,
    worker: &str,
    task: &NoticeTask,
    notices: &[NewNotice],
    messages: &[NewMessage],
) -> bool {
    let told = ToldEvent { task, notices: notices.to_vec(), messages: messages.to_vec() };
    store.finish_telling(worker, &[told]).await.unwrap() == 1
}

fn line(task: &NoticeTask) -> MessageLine {
    let Some(TaskSubject::Case { case, .. }) = &task.subject else { panic!("no case") };
    MessageLine {
        kind: task.event.kind,
        urgency: task.event.urgency,
        number: case.number.clone(),
        state: case.state.label().into(),
        lead: Some("人社局".into()),
        due: None,
        path: format!("/cases/{}", case.id),
    }
}

fn message(store: &Store, task: &NoticeTask, channel: NoticeChannelId, wait_minutes: i64) -> NewMessage {
    NewMessage {
        channel,
        receiver: None,
        mentions: vec![],
        line: line(task),
        ready_at: store.now() + SignedDuration::from_mins(wait_minutes),
        held: None,
    }
}

#[tokio::test]
async fn what_is_told_is_written_with_its_cause_and_once() {
    for store in each_database().await.unwrap() {
        let opened = case(&store, "1", "wages").await;
        let mut next = opened.clone();
        next.version = 2;
        store.save_case(1, change(&store, next.clone(), "send_back")).await.unwrap();
        let late = store.save_case(1, change(&store, next.clone(), "reassign")).await;
        assert!(matches!(late, Err(StoreError::Conflict { .. })));
        next.version = 3;
        store.save_case(2, change(&store, next, "contact")).await.unwrap();
        let tasks = take(&store).await;
        let kinds: Vec<NoticeKind> = tasks.iter().map(|task| task.event.kind).collect();
        assert_eq!(
            kinds,
            [NoticeKind::CaseAssigned, NoticeKind::CaseSentBack],
            "a contact concerns nobody else"
        );
        assert_eq!(tasks[0].event.subject, NoticeSubject::Case(opened.id));
        let again = NoticeEvent { kind: NoticeKind::Escalated, ..tasks[0].event.clone() };
        assert!(!store.tell(&again).await.unwrap(), "the same key is the same event");
        assert!(store.is_told(&again.key).await.unwrap());
    }
}

#[tokio::test]
async fn an_event_is_told_once_also_by_two_workers_and_after_a_kill() {
    for store in each_database().await.unwrap() {
        let other = store.another().await.unwrap();
        let reader = user(&store, "handler", &[Role::Handler], Some("rsj")).await;
        case(&store, "1", "wages").await;
        let first = take(&store).await.remove(0);
        assert!(
            other.claim_telling("v", 10, LEASE, Timestamp::UNIX_EPOCH).await.unwrap().is_empty(),
            "it is leased"
        );
        store.clock.set(store.now() + LEASE + LEASE);
        let second = other.claim_telling("v", 10, LEASE, Timestamp::UNIX_EPOCH).await.unwrap().remove(0);
        let told = [NewNotice { user: reader.id, held: None }];
        assert!(!tell(&store, "w", &first, &told, &[]).await, "the lease went on");
        assert!(tell(&other, "v", &second, &told, &[]).await);
        assert!(!tell(&other, "v", &second, &told, &[]).await);
        let viewer = Viewer::of(&reader);
        assert_eq!(store.unread_notices(&viewer, reader.id).await.unwrap(), 1);
        assert_eq!(store.untold_notices().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn of_a_batch_only_what_is_still_leased_is_told() {
    for store in each_database().await.unwrap() {
        let other = store.another().await.unwrap();
        let reader = user(&store, "handler", &[Role::Handler], Some("rsj")).await;
        case(&store, "1", "wages").await;
        let stolen = take(&store).await;
        store.clock.set(store.now() + LEASE + LEASE);
        assert_eq!(other.claim_telling("v", 10, LEASE, Timestamp::UNIX_EPOCH).await.unwrap().len(), 1);
        case(&store, "2", "wages").await;
        let tasks = [stolen, take(&store).await].concat();
        let notices = vec![NewNotice { user: reader.id, held: None }];
        let told = |task| ToldEvent { task, notices: notices.clone(), messages: Vec::new() };
        let told: Vec<_> = tasks.iter().map(told).collect();
        assert_eq!(told.len(), 2);
        assert_eq!(store.finish_telling("w", &told).await.unwrap(), 1);
        assert_eq!(store.unread_notices(&Viewer::of(&reader), reader.id).await.unwrap(), 1);
        assert_eq!(store.untold_notices().await.unwrap(), 1);
        assert_eq!(store.finish_telling("w", &[]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_notice_is_there_for_its_reader_only_as_long_as_they_may_know() {
    for store in each_database().await.unwrap() {
        let reader = user(&store, "duty", &[Role::Duty], None).await;
        let viewer = Viewer::of(&reader);
        let opened = case(&store, "1", "wages").await;
        let task = take(&store).await.remove(0);
        let told = [
            NewNotice { user: reader.id, held: None },
            NewNotice { user: UserId(99), held: Some("held".into()) },
        ];
        assert!(tell(&store, "w", &task, &told, &[]).await);
        let page = store.notices(&viewer, reader.id, true, Page::default()).await.unwrap();
        let NoticeAbout::Case { number, .. } = &page.rows[0].about else { panic!() };
        assert_eq!((page.rows.len(), number), (1, &opened.number));
        let seen = store.notices(&NOBODY, reader.id, false, Page::default()).await.unwrap();
        assert!(seen.rows.is_empty());
        assert_eq!(store.unread_notices(&NOBODY, reader.id).await.unwrap(), 0);
        assert_eq!(store.unread_notices(&viewer, UserId(99)).await.unwrap(), 0, "held back");
        let mut secret = opened.clone();
        (secret.confidential, secret.version) = (true, 2);
        store.save_case(1, change(&store, secret, "contact")).await.unwrap();
        assert_eq!(store.unread_notices(&viewer, reader.id).await.unwrap(), 0, "it turned confidential");
        let id = page.rows[0].id;
        assert!(matches!(store.read_notice(UserId(99), id).await, Err(StoreError::NotFound(_))));
        assert_eq!(store.read_notice(reader.id, id).await.unwrap(), NoticeSubject::Case(opened.id));
        assert_eq!(store.read_notices(reader.id, NoticeId(i64::MAX)).await.unwrap(), 0);
    }
}

/// The case a version further, in another state.
fn stepped(store: &Store, case: &Case, state: CaseState) -> Case {
    Case { state, version: case.version + 1, changed_at: store.now(), ..case.clone() }
}

#[tokio::test]
async fn a_notice_is_read_by_itself_when_its_matter_goes_on() {
    for store in each_database().await.unwrap() {
        let reader = user(&store, "handler", &[Role::Handler], Some("rsj")).await;
        let viewer = Viewer::of(&reader);
        let told = [NewNotice { user: reader.id, held: None }];
        let unread = || store.unread_notices(&viewer, reader.id);
        let tell_all = async || {
            for task in take(&store).await {
                assert!(tell(&store, "w", &task, &told, &[]).await);
            }
        };
        let opened = case(&store, "1", "wages").await;
        case(&store, "2", "wages").await;
        tell_all().await;
        assert_eq!(unread().await.unwrap(), 2);
        // A colleague accepts it.
        let handling = CaseState::Handling { accepted_at: store.now(), by: PERSON };
        let accepted = stepped(&store, &opened, handling.clone());
        store.save_case(1, change(&store, accepted.clone(), "accept")).await.unwrap();
        assert_eq!(unread().await.unwrap(), 1, "only that of the other case");
        let all = store.notices(&viewer, reader.id, false, Page::default()).await.unwrap();
        assert_eq!(all.rows.iter().filter(|notice| notice.read_at.is_some()).count(), 1);

        let pressed = stepped(&store, &accepted, handling);
        store.save_case(2, change(&store, pressed.clone(), "press")).await.unwrap();
        tell_all().await;
        assert_eq!(unread().await.unwrap(), 2, "what is pressed for is not done yet");
        let approved_at = store.now();
        let replied = CaseState::Replied { reply: 5.into(), approved_at, by: PERSON };
        let replied = stepped(&store, &pressed, replied);
        store.save_case(3, change(&store, replied.clone(), "approve")).await.unwrap();
        let closed = CaseState::Closed { at: store.now(), by: PERSON, rating: 6.into() };
        let closed = stepped(&store, &replied, closed);
        store.save_case(4, change(&store, closed, "call_back")).await.unwrap();
        assert_eq!(unread().await.unwrap(), 1);
        // That the call-back was due is told late, when it was made already.
        tell_all().await;
        assert_eq!(unread().await.unwrap(), 1);
        let all = store.notices(&viewer, reader.id, false, Page::default()).await.unwrap();
        assert!(all.rows.iter().any(|n| n.kind == NoticeKind::ReplyApproved && n.read_at.is_some()));
    }
}

#[tokio::test]
async fn messages_to_one_receiver_wait_for_each_other_and_go_out_as_one() {
    for store in each_database().await.unwrap() {
        let channel = webhook(&store, "回调").await;
        for id in ["1", "2", "3"] {
            case(&store, id, "wages").await;
        }
        let tasks = take(&store).await;
        for task in &tasks[..2] {
            let out = [message(&store, task, channel, 5)];
            assert!(tell(&store, "w", task, &[], &out).await);
            store.clock.set(store.now() + SignedDuration::from_mins(1));
        }
        assert!(store.channels_to_serve().await.unwrap().is_empty(), "they wait");
        store.clock.set(store.now() + SignedDuration::from_mins(4));
        assert_eq!(store.channels_to_serve().await.unwrap(), [channel]);
        let sent = store.claim_deliveries("w", channel, 4, LEASE).await.unwrap();
        assert_eq!((sent.len(), sent[0].delivery.lines.len()), (1, 2));
        assert_eq!(sent[0].confidential, [false, false]);
        // One that comes now is no part of what is on its way.
        let late = take(&store).await;
        let late = late.first().unwrap_or(&tasks[2]);
        assert!(tell(&store, "w", late, &[], &[message(&store, late, channel, 0)]).await);
        let more = store.claim_deliveries("w", channel, 4, LEASE).await.unwrap();
        assert_eq!(more.len(), 1);
        assert_ne!(more[0].delivery.id, sent[0].delivery.id);
    }
}

#[tokio::test]
async fn a_message_is_claimed_by_one_and_comes_back_under_its_key() {
    for store in each_database().await.unwrap() {
        let channel = webhook(&store, "回调").await;
        case(&store, "1", "wages").await;
        let task = take(&store).await.remove(0);
        assert!(tell(&store, "w", &task, &[], &[message(&store, &task, channel, 0)]).await);
        let other = store.another().await.unwrap();
        let first = store.claim_deliveries("w", channel, 4, LEASE).await.unwrap().remove(0);
        assert!(other.claim_deliveries("v", channel, 4, LEASE).await.unwrap().is_empty());
        store.clock.set(store.now() + LEASE + LEASE);
        let again = other.claim_deliveries("v", channel, 4, LEASE).await.unwrap().remove(0);
        assert_eq!(
            (again.delivery.id, again.delivery.tries),
            (first.delivery.id, 0),
            "a kill is no failed try"
        );
        let id = first.delivery.id;
        assert!(!store.finish_delivery("w", id, &DeliveryOutcome::Sent).await.unwrap());
        let later = Some(store.now() + hours(1));
        let failed = DeliveryOutcome::Failed { error: "HTTP 500".into(), next_at: later };
        assert!(other.finish_delivery("v", id, &failed).await.unwrap());
        assert_eq!(store.deliveries(true, None, Page::default()).await.unwrap().rows[0].id, id);
        assert_eq!(store.stuck_deliveries().await.unwrap(), 0, "once is no reason to call anybody");
        assert!(
            other.claim_deliveries("v", channel, 4, LEASE).await.unwrap().is_empty(),
            "not before its time"
        );
        store.retry_delivery(id, PERSON).await.unwrap();
        let now = other.claim_deliveries("v", channel, 4, LEASE).await.unwrap().remove(0);
        assert_eq!((now.delivery.id, now.delivery.tries), (id, 0));
        let for_good = DeliveryOutcome::Failed { error: "HTTP 500".into(), next_at: None };
        assert!(other.finish_delivery("v", id, &for_good).await.unwrap());
        assert_eq!(store.stuck_deliveries().await.unwrap(), 1);
        store.give_up_delivery(id, "地址已停用", PERSON).await.unwrap();
        assert_eq!(store.stuck_deliveries().await.unwrap(), 0);
        let kept = store.deliveries(false, Some(channel), Page::default()).await.unwrap().rows.remove(0);
        assert_eq!((kept.state, kept.note.as_deref()), (DeliveryState::GivenUp, Some("地址已停用")));
        assert!(matches!(store.retry_delivery(id, PERSON).await, Err(StoreError::NotFound(_))));
        let log = store.audit_page(&AuditFilter::default(), Page::default()).await.unwrap();
        assert!(log.rows.iter().any(|line| line.entry.action == "delivery.give_up"));
        assert!(!format!("{log:?}").contains("地址已停用"), "a note stays out of the log");
    }
}

#[tokio::test]
async fn what_is_louder_about_an_incident_is_known() {
    for store in each_database().await.unwrap() {
        let reader = user(&store, "duty", &[Role::Duty], None).await;
        case(&store, "1", "wages").await;
        let mut task = take(&store).await.remove(0);
        let incident = store.ids().next(store.now());
        if let Some(TaskSubject::Case { incident: of, .. }) = &mut task.subject {
            *of = Some(incident);
        }
        task.event.kind = NoticeKind::PressedRed;
        let told = [NewNotice { user: reader.id, held: None }];
        let channel = webhook(&store, "回调").await;
        assert!(tell(&store, "w", &task, &told, &[message(&store, &task, channel, 0)]).await);
        let since = store.now() - hours(24);
        let heard = |grade| store.heard_louder(reader.id, incident, NoticeFamily::Clocks, grade, since);
        assert!(heard(0).await.unwrap() && !heard(1).await.unwrap());
        let went = |grade| store.went_louder(channel, incident, NoticeFamily::Clocks, grade, since);
        assert!(went(0).await.unwrap() && !went(1).await.unwrap());
        let alerts = store.heard_louder(reader.id, incident, NoticeFamily::Alerts, 0, since).await.unwrap();
        assert!(!alerts, "another family");
        let before = store.now() - SignedDuration::from_secs(1);
        assert!(
            store
                .was_told(
                    reader.id,
                    &NoticeEvent { kind: NoticeKind::CaseAssigned, ..task.event.clone() },
                    before
                )
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn secrets_and_addresses_are_sealed_and_stay_out_of_the_log() {
    for store in each_database().await.unwrap() {
        let id = webhook(&store, "回调").await;
        let known = store.notice_channel(id).await.unwrap().unwrap();
        assert!(known.has_secret);
        let again = store.add_notice_channel("回调", true, &known.settings, None, PERSON).await;
        assert!(matches!(again, Err(StoreError::Taken { .. })));
        store.change_notice_channel(id, 1, "回调二", false, &known.settings, None, PERSON).await.unwrap();
        assert_eq!(store.channel_secret(id).await.unwrap().sign, "geheimes-wort", "kept");
        let late = store.change_notice_channel(id, 1, "三", true, &known.settings, None, PERSON).await;
        assert!(matches!(late, Err(StoreError::Conflict { .. })));
        let new = ChannelSecret { key: String::new(), sign: "anderes-wort".into() };
        store
            .change_notice_channel(id, 2, "回调二", true, &known.settings, Some(&new), PERSON)
            .await
            .unwrap();
        assert_eq!(store.channel_secret(id).await.unwrap(), new);

        let reader = user(&store, "duty", &[Role::Duty], None).await;
        let contact = Contact { phone: "13800001234".into(), ..Contact::default() };
        store.set_contact(reader.id, &contact, PERSON).await.unwrap();
        assert_eq!(store.contact(reader.id).await.unwrap(), contact);
        assert_eq!(store.reachable_users().await.unwrap(), [(reader.id, false, true)]);
        store.set_contact(reader.id, &Contact::default(), PERSON).await.unwrap();
        assert!(store.reachable_users().await.unwrap().is_empty());
        let nobody = store.set_contact(UserId(3), &contact, PERSON).await;
        assert!(matches!(nobody, Err(StoreError::NotFound(_))));

        let log = format!("{:?}", store.audit_page(&AuditFilter::default(), Page::default()).await.unwrap());
        for secret in ["wort", "1380000", "127.0.0.1"] {
            assert!(!log.contains(secret), "{secret} stands in the log");
        }
        assert!(!format!("{new:?}{contact:?}").contains("1380000") && !format!("{new:?}").contains("wort"));
    }
}

#[tokio::test]
async fn a_time_of_duty_begins_ends_and_is_taken_off() {
    for store in each_database().await.unwrap() {
        let reader = user(&store, "duty", &[Role::Duty], None).await;
        let now = store.now();
        let id = store.add_shift(reader.id, (now, now + hours(8)), "早班", PERSON).await.unwrap();
        let wrong = store.add_shift(reader.id, (now, now), "", PERSON).await;
        assert!(matches!(wrong, Err(StoreError::Bad(_))));
        assert_eq!(store.shifts(now).await.unwrap()[0].note, "早班");
        assert!(store.shifts(now + hours(8)).await.unwrap().is_empty(), "it has ended then");
        store.remove_shift(id, PERSON).await.unwrap();
        assert!(matches!(store.remove_shift(id, PERSON).await, Err(StoreError::NotFound(_))));
    }
}

#[tokio::test]
async fn a_rule_is_kept_with_its_version() {
    for store in each_database().await.unwrap() {
        let plan = NoticePlan {
            events: vec![NoticeKind::CaseAssigned],
            receivers: NoticeReceivers { roles: vec![Role::Leader], ..NoticeReceivers::default() },
            ..NoticePlan::default()
        };
        let id = store.add_notice_rules(&[("规则", true, &plan)], PERSON).await.unwrap()[0];
        let twice = store.add_notice_rules(&[("另一条", true, &plan), ("规则", true, &plan)], PERSON).await;
        assert!(matches!(twice, Err(StoreError::Taken { .. })));
        assert_eq!(store.notice_rules().await.unwrap().len(), 1, "all or none");
        let changed = store.change_notice_rule(id, 1, "规则", false, &plan, PERSON).await.unwrap();
        assert_eq!((changed.version, changed.enabled, &changed.plan), (2, false, &plan));
        let late = store.change_notice_rule(id, 1, "规则", true, &plan, PERSON).await;
        assert!(matches!(late, Err(StoreError::Conflict { .. })));
    }
}
