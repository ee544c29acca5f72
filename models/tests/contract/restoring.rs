//! A snapshot of a database, read while others write, and back into a new one of either kind.

use std::collections::VecDeque;

use qingting_models::records::{
    Actor, ChannelSettings, ChannelWay, OutKind, Role, Subject, Viewer, WebhookSettings,
};
use qingting_models::store::testing::{TestStore, each_database, each_database_at};
use qingting_models::store::{
    BackupNote, ItemFilter, ItemState, NewUser, Page, RestoreStep, SnapshotHead, SnapshotPiece, SnapshotRows,
    Store, StoreError, StoreSettings, WebhookStart,
};
use qingting_models::vault::Vault;
use serde_json::{Map, json};
use tokio::sync::Notify;

use super::builders::*;
use super::transfer::{ITEMS, filled, seen, words};

type Pieces = Vec<SnapshotPiece>;

async fn pieces_of(store: &Store) -> (SnapshotHead, Pieces) {
    let mut snapshot = store.snapshot().await.unwrap();
    let mut pieces = Vec::new();
    while let Some(piece) = snapshot.next().await.unwrap() {
        pieces.push(piece);
    }
    assert!(matches!(pieces.last(), Some(SnapshotPiece::Sums(_))));
    (snapshot.head().clone(), pieces)
}

async fn restore(
    from: &TestStore,
    into: &StoreSettings,
    head: &SnapshotHead,
    pieces: &Pieces,
) -> Result<Store, StoreError> {
    // The line that tells of it has a place after all that is there.
    from.clock.set(from.now() + hours(1));
    let mut pieces: VecDeque<SnapshotPiece> = pieces.clone().into();
    let mut next = || Ok(pieces.pop_front());
    Store::restore_rows(into.clone(), from.clock.clone(), head, &mut next, &|_| ()).await
}

#[tokio::test]
async fn what_was_there_at_that_moment_comes_back_into_a_database_of_either_kind() {
    for from in filled().await {
        let before = seen(&from).await;
        let mut snapshot = from.snapshot().await.unwrap();
        let (mut pieces, mut late) = (Vec::new(), 0);
        while let Some(piece) = snapshot.next().await.unwrap() {
            // What others write meanwhile is of another state.
            late += 1;
            from.audit(Actor::System, "test.late", Subject::System, json!({ "n": late })).await.unwrap();
            pieces.push(piece);
        }
        assert!(late > 10, "{late}");
        for settings in from.new_ones().await.unwrap() {
            let to = restore(&from, &settings, snapshot.head(), &pieces).await.unwrap();
            assert_eq!(to.finish_restore(Map::new(), &words, &|_| ()).await.unwrap().indexed, ITEMS as u64);
            assert_eq!(seen(&to).await, before, "{} to {}", from.engine(), to.engine());
            // What was sealed opens, and what is new has its place.
            let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
            let item = to.items(&Viewer::SYSTEM, &filter, Page::default()).await.unwrap().rows.remove(0);
            let plain = to.unmask_item(&Viewer::SYSTEM, item.id, "核对", Actor::Console).await.unwrap();
            assert_eq!(plain["phone"], "13800001234");
            from.clock.set(from.now() + hours(1));
            let source = sheet(&to, "23456").await;
            to.intake(&source, vec![call(Some("next"), "路灯不亮", "三天了")], vec![]).await.unwrap();
            to.close().await;
            Store::open(settings, from.clock.clone()).await.unwrap().close().await;
        }
    }
}

#[tokio::test]
async fn a_damaged_or_cut_off_backup_brings_nothing_and_the_right_one_then_comes() {
    for from in filled().await {
        let (head, pieces) = pieces_of(&from).await;
        let rows_of = |name: &str| {
            pieces.iter().position(|p| matches!(p, SnapshotPiece::Rows(r) if r.table == name)).unwrap()
        };
        let changed = |at: usize, change: &dyn Fn(&mut SnapshotRows)| {
            let mut pieces = pieces.clone();
            let SnapshotPiece::Rows(rows) = &mut pieces[at] else { panic!("{at} is no piece of rows") };
            change(rows);
            pieces
        };
        let item = rows_of("item");
        let mut doubled = pieces.clone();
        doubled.insert(item, pieces[item].clone());
        let mut lacking = pieces.clone();
        lacking.remove(rows_of("item_words"));
        let cases = [
            (pieces[..pieces.len() - 1].to_vec(), "cut off: its sums are missing"),
            (lacking, "item_words: its rows are not those"),
            (doubled, "item: "),
            (
                changed(item, &|rows| rows.lines = rows.lines.replacen("wages", "order", 1)),
                "item: its rows are not those",
            ),
            (changed(item, &|rows| rows.lines.insert_str(0, "[1]\n")), "item: it has 1 values, not"),
            (changed(item, &|rows| rows.table = "itam".into()), "itam: no such table"),
        ];
        for settings in from.new_ones().await.unwrap() {
            for (pieces, why) in &cases {
                let error = restore(&from, &settings, &head, pieces).await.err().expect(why).to_string();
                assert!(error.contains(why), "{error}");
                let mut count = head.count();
                let checked = pieces.iter().try_for_each(|piece| count.add(piece.clone()));
                assert!(checked.and_then(|()| count.end()).is_err(), "{why}: found without a database too");
            }
            let to = restore(&from, &settings, &head, &pieces).await.unwrap();
            to.finish_restore(Map::new(), &words, &|_| ()).await.unwrap();
            assert_eq!(seen(&to).await, seen(&from).await);
            to.close().await;
        }
    }
}

#[tokio::test]
async fn a_restore_that_was_cut_off_goes_on_and_until_then_the_database_opens_for_nothing_else() {
    for from in filled().await {
        let (head, pieces) = pieces_of(&from).await;
        for settings in from.new_ones().await.unwrap() {
            let to = restore(&from, &settings, &head, &pieces).await.unwrap();
            let stop = Notify::new();
            let progress = |step| {
                assert!(matches!(step, RestoreStep::Indexed(_)), "{step:?}");
                stop.notify_one();
            };
            tokio::select! {
                biased;
                () = stop.notified() => {}
                ended = to.finish_restore(Map::new(), &words, &progress) => panic!("it ended before: {ended:?}"),
            }
            to.close().await;
            let error = Store::open(settings.clone(), from.clock.clone()).await.err().unwrap().to_string();
            assert!(error.contains("backup of 2026-") && error.contains("qingting restore"), "{error}");
            let to = restore(&from, &settings, &head, &pieces).await.unwrap();
            assert_eq!(to.finish_restore(Map::new(), &words, &|_| ()).await.unwrap().indexed, ITEMS as u64);
            assert_eq!(seen(&to).await, seen(&from).await);
            to.close().await;
        }
    }
}

#[tokio::test]
async fn a_database_that_holds_something_another_key_and_a_newer_program_are_refused() {
    for from in filled().await {
        let (head, pieces) = pieces_of(&from).await;
        for settings in from.new_ones().await.unwrap() {
            let refused = |into: StoreSettings, head: SnapshotHead| {
                let (from, pieces) = (&from, &pieces);
                async move { restore(from, &into, &head, pieces).await.err().unwrap().to_string() }
            };
            let at_migration = |migration| {
                let mut head = head.clone();
                head.migration = migration;
                head
            };
            let newer = at_migration(9_000);
            assert!(refused(settings.clone(), newer).await.contains("newer program"));
            let dir = tempfile::tempdir().unwrap();
            let vault = Vault::create(&dir.path().join("other.key")).unwrap();
            let other = StoreSettings { vault, ..settings.clone() };
            assert!(refused(other, head.clone()).await.contains("another master key"));

            let store = Store::open(settings.clone(), from.clock.clone()).await.unwrap();
            sheet(&store, "34567").await;
            store.close().await;
            let error = refused(settings.clone(), head.clone()).await;
            assert!(error.contains("holds something; a restore needs a new, empty database"), "{error}");
            assert!(refused(settings, at_migration(1)).await.contains("of a newer version than the backup"));
        }
    }
}

#[tokio::test]
async fn what_was_restored_sends_nothing_out_and_knows_nobody_who_is_logged_in() {
    for from in each_database().await.unwrap() {
        let user = NewUser {
            login: "wang".into(),
            name: "王某".into(),
            roles: vec![Role::Duty],
            department: None,
            password_hash: "hash".into(),
            must_change_password: false,
        };
        let user = from.add_user(user, Actor::Console).await.unwrap();
        from.start_session(user.id, "digest", "csrf", 3_600, 3_600).await.unwrap();
        let way = ChannelWay::Webhook { url: "http://127.0.0.1:9/".into() };
        let channel = ChannelSettings { way, inside: true, confidential: false };
        from.add_notice_channel("值班群", true, &channel, None, Actor::Console).await.unwrap();
        let source = sheet(&from, "12345").await;
        judged(&from, &source, "1", "wages").await;
        from.number_events().await.unwrap();
        let hook = WebhookSettings {
            url: "http://127.0.0.1:9/".into(),
            inside: true,
            kinds: vec![OutKind::ItemNew],
        };
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        from.add_webhook("平台", &hook, secret, WebhookStart::Now, Actor::Console).await.unwrap();
        let (head, pieces) = pieces_of(&from).await;
        // Given after the backup, and known to those who read.
        judged(&from, &source, "2", "wages").await;
        from.number_events().await.unwrap();
        let known = from.outbox_state().await.unwrap().last;
        for settings in from.new_ones().await.unwrap() {
            let to = restore(&from, &settings, &head, &pieces).await.unwrap();
            let restored = to.finish_restore(Map::new(), &words, &|_| ()).await.unwrap();
            assert_eq!((restored.paused, restored.sessions), (vec!["值班群".to_owned()], 1));
            assert!(to.notice_channels().await.unwrap().iter().all(|channel| !channel.enabled));
            assert_eq!(restored.webhooks_paused, ["平台"]);
            assert!(to.webhooks().await.unwrap().iter().all(|webhook| !webhook.enabled));
            let page = to.events_after(&Viewer::SYSTEM, 0, &[], 10).await.unwrap();
            assert_eq!(page.events.len(), 1);
            assert!(page.next > known, "no number is given twice: {} after {known}", page.next);
            to.close().await;
        }
        assert!(from.notice_channels().await.unwrap()[0].enabled, "the old one goes on");
    }
}

#[tokio::test]
async fn the_last_backup_is_remembered() {
    for store in each_database().await.unwrap() {
        assert_eq!(store.last_backup().await.unwrap(), None);
        let note = BackupNote { at: store.now(), rows: 7, files: 2, bytes: 900 };
        store.note_backup(&note, Actor::Console).await.unwrap();
        assert_eq!(store.last_backup().await.unwrap(), Some(note));
        let logged = store.audit_page(&Default::default(), Page::default()).await.unwrap().rows;
        assert_eq!(
            (logged[0].entry.action.as_str(), &logged[0].entry.detail["rows"]),
            ("store.backup", &json!(7))
        );
    }
}

/// The last migration of the schema that the first backups were taken of.
const FIRST_BACKUPS: i64 = 21;

/// A database as an earlier program left it: items that wait to be judged, one in quarantine, a user, lines of the log.
async fn of_an_earlier_program() -> Vec<TestStore> {
    let stores = each_database_at(FIRST_BACKUPS).await.unwrap();
    for store in &stores {
        let source = sheet(store, "12345").await;
        let calls =
            (0..ITEMS).map(|n| call(Some(&n.to_string()), "工地拖欠工资", "三个月没有发钱")).collect();
        store.intake(&source, calls, vec![reject(3, "昨天")]).await.unwrap();
        while store.chain_audit(100).await.unwrap() > 0 {}
    }
    stores
}

/// All that was there is there, and the present program works with it.
async fn works(store: &Store, lines: i64) {
    assert_eq!(store.verify_audit(&[]).await.unwrap().broken, None);
    assert!(store.verify_audit(&[]).await.unwrap().lines >= lines);
    assert_eq!(store.quarantine(Default::default(), Page::default()).await.unwrap().rows.len(), 1);
    let tasks = store.claim_judging("w", 100, LEASE).await.unwrap();
    assert_eq!(tasks.len(), ITEMS);
    let first = tasks[0].item;
    store.save_verdicts("w", tasks.into_iter().map(|task| (task, verdict("wages"))).collect()).await.unwrap();
    let opened = store.unmask_item(&Viewer::SYSTEM, first, "核对", Actor::Console).await.unwrap();
    assert_eq!(opened["phone"], "13800001234");
    assert_eq!(store.number_events().await.unwrap(), ITEMS as u64);
}

#[tokio::test]
async fn a_backup_of_an_earlier_program_comes_back_and_is_brought_up_to_date() {
    for from in of_an_earlier_program().await {
        let (head, pieces) = pieces_of(&from).await;
        let lines = from.verify_audit(&[]).await.unwrap().lines;
        // No two ids are made in one millisecond by two programs with one number.
        from.clock.set(from.now() + jiff::SignedDuration::from_secs(1));
        for settings in from.new_ones().await.unwrap() {
            let to = restore(&from, &settings, &head, &pieces).await.unwrap();
            to.finish_restore(Map::new(), &words, &|_| ()).await.unwrap();
            works(&to, lines).await;
            to.close().await;
        }
    }
}

#[tokio::test]
async fn a_database_of_an_earlier_program_is_brought_up_to_date_while_it_works() {
    for old in of_an_earlier_program().await {
        let lines = old.verify_audit(&[]).await.unwrap().lines;
        // The present program opens it; the earlier one goes on with what it knows.
        let new = old.another().await.unwrap();
        let source = old.source_named("12345").await.unwrap().unwrap();
        let late = old
            .intake(&source, vec![call(Some("0"), "工地拖欠工资", "三个月没有发钱")], vec![])
            .await
            .unwrap();
        assert_eq!(late.unchanged, 1);
        works(&new, lines).await;
        new.close().await;
    }
}
