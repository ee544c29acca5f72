//! What goes by the rules of retention, what is exported, and what does not go: originals of matters that ended, never of those that go on; listed
//! before they go, and gone again after a restore.

use jiff::{SignedDuration, Timestamp};
use qingting_models::county::RetentionCuts;
use qingting_models::ids::{CaseId, UserId};
use qingting_models::records::*;
use qingting_models::store::testing::{TestStore, each_database, fresh};
use qingting_models::store::{
    AuditFilter, Cleared, Erasure, ErasureList, ErasureOf, ExportPart, ExportSpan, NewAttachment, NewUser,
    Page, Store, StoreError,
};
use qingting_models::vault::VaultError;

use super::builders::*;

const PERSON: Actor = Actor::User(UserId(7));

fn cuts(before: Timestamp) -> RetentionCuts {
    let all = Some(before);
    RetentionCuts { originals: all, attachments: all, quarantine: all, notices: all, events: before }
}

async fn original(store: &Store, item: &Item) -> Result<serde_json::Value, StoreError> {
    store.unmask_item(&Viewer::SYSTEM, item.id, "核对", PERSON).await
}

fn is_erased<T>(opened: &Result<T, StoreError>) -> bool {
    matches!(opened, Err(StoreError::Vault(VaultError::Erased)))
}

fn later(store: &TestStore, days: i64) {
    store.clock.set(store.now() + SignedDuration::from_hours(24 * days));
}

async fn closed(store: &TestStore, item: &Item) -> Case {
    let case = store.open_case(opening(store, item, "rsj")).await.unwrap();
    let mut end = case.clone();
    end.version = 2;
    end.changed_at = store.now();
    end.state = CaseState::Declined { at: store.now(), by: Actor::Console, legal_reason: "重复".into() };
    store.save_case(1, change(store, end.clone(), "decline")).await.unwrap();
    end
}

async fn photo_of(store: &TestStore, case: CaseId) -> Attachment {
    let new = NewAttachment {
        case,
        kind: FileKind::Jpg,
        name: "张三现场照片.jpg".into(),
        note: String::new(),
        size: 5,
        department: Some("rsj".into()),
        with_reply: false,
    };
    let mut content = b"hello".as_slice();
    store.add_attachment(&Viewer::SYSTEM, new, &mut content, 9, PERSON).await.unwrap()
}

#[tokio::test]
async fn originals_of_what_ended_go_and_those_of_what_goes_on_stay() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let ended = judged(&store, &source, "ended", "wages").await;
        closed(&store, &ended).await;
        let open = judged(&store, &source, "open", "wages").await;
        store.open_case(opening(&store, &open, "rsj")).await.unwrap();
        let waiting = judged(&store, &source, "waiting", "wages").await;
        let aside = judged(&store, &source, "aside", "wages").await;
        store.dismiss_item(&Viewer::SYSTEM, aside.id, "咨询已答", PERSON).await.unwrap();
        // Another version of what ended, whose earlier words go too.
        let changed = call(Some("ended"), "工地拖欠工资", "后来又来电补充");
        store.intake(&source, vec![changed], vec![]).await.unwrap();
        store.intake(&source, vec![], vec![reject(3, "昨天 13800001234")]).await.unwrap();
        let rows = store.quarantine(Default::default(), Page::default()).await.unwrap().rows;
        let before = store.now();
        later(&store, 40);
        store.close_quarantined(rows[0].id, false, "重复", PERSON).await.unwrap();
        let late = judged(&store, &source, "late", "wages").await;
        closed(&store, &late).await;

        let cuts = cuts(before + SignedDuration::from_hours(24));
        let due = store.due_to_clear(&cuts).await.unwrap();
        assert_eq!((due.items, due.replies, due.quarantined), (2, 0, 0), "{due:?}");
        for item in [&ended, &aside] {
            assert!(original(&store, item).await.is_ok(), "counting changes nothing");
        }
        while store.number_events().await.unwrap() > 0 {}
        let gone = store.clear_due(&cuts, Actor::System).await.unwrap();
        assert_eq!(gone.items, 2);
        assert!(gone.events >= 4, "{gone:?}");
        for (item, erased) in
            [(&ended, true), (&aside, true), (&open, false), (&waiting, false), (&late, false)]
        {
            let opened = original(&store, item).await;
            assert_eq!(is_erased(&opened), erased, "{}: {opened:?}", item.external_id);
            let kept = store.item(&Viewer::SYSTEM, item.id).await.unwrap().unwrap();
            assert_eq!((kept.erased_at.is_some(), kept.content.title.as_str()), (erased, "工地拖欠工资"));
        }
        assert_eq!(store.contact_for_checks(ended.id).await.unwrap(), CallerContact::default());
        let rest = store.due_to_clear(&cuts).await.unwrap();
        assert_eq!(rest, Cleared::default());
        assert!(store.clear_due(&cuts, Actor::System).await.unwrap().is_nothing());
        // An erased item that changes again has an original again.
        store.intake(&source, vec![call(Some("ended"), "工地拖欠工资", "再次来电")], vec![]).await.unwrap();
        assert!(
            original(&store, &store.item(&Viewer::SYSTEM, ended.id).await.unwrap().unwrap()).await.is_ok()
        );

        let filter = AuditFilter { action: Some("retention.".into()), ..AuditFilter::default() };
        let lines = store.audit_page(&filter, Page::default()).await.unwrap().rows;
        assert_eq!(lines.len(), 1, "once, with how much");
        assert_eq!(lines[0].entry.detail["items"], 2);
    }
}

#[tokio::test]
async fn answers_files_and_quarantined_rows_lose_what_is_sealed() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let case = store.open_case(opening(&store, &item, "rsj")).await.unwrap();
        let file = photo_of(&store, case.id).await;
        let mut replied = case.clone();
        replied.version = 2;
        let mut with_reply = change(&store, replied, "submit");
        let reply = Reply {
            id: store.ids().next(store.now()),
            case: case.id,
            department: "rsj".into(),
            text: "已与███联系".into(),
            public_text: None,
            sealed: store.ids().next(store.now()),
            outcome: Outcome::Solved,
            promises: vec![],
            submitted_by: PERSON,
            submitted_at: store.now(),
            review: ReplyReview::Pending,
        };
        with_reply.replies = vec![(reply.clone(), Some("已与13800001234联系".into()))];
        store.save_case(1, with_reply).await.unwrap();
        let mut end = case.clone();
        (end.version, end.changed_at) = (3, store.now());
        end.state =
            CaseState::Declined { at: store.now(), by: Actor::Console, legal_reason: "重复".into() };
        store.save_case(2, change(&store, end, "decline")).await.unwrap();
        store.intake(&source, vec![], vec![reject(3, "昨天 13800001234"), reject(4, "前天")]).await.unwrap();
        let rows = store.quarantine(Default::default(), Page::default()).await.unwrap().rows;
        store.close_quarantined(rows[0].id, false, "重复", PERSON).await.unwrap();
        later(&store, 1);
        let gone = store.clear_due(&cuts(store.now()), Actor::System).await.unwrap();
        assert_eq!((gone.items, gone.replies, gone.attachments, gone.quarantined), (1, 1, 1, 1), "{gone:?}");
        let file = store.attachment(&Viewer::SYSTEM, file.id).await.unwrap().unwrap();
        assert!(file.removed.is_some() && file.name.is_empty());
        assert!(is_erased(&store.quarantined_original(rows[0].id).await));
        assert!(store.quarantined_original(rows[1].id).await.is_ok(), "nobody has dealt with it yet");
        let kept = store.case_file(&Viewer::SYSTEM, case.id).await.unwrap().unwrap();
        assert_eq!(kept.replies[0].text, reply.text, "the masked words stay");
    }
}

#[tokio::test]
async fn what_was_read_and_sent_goes_and_what_waits_stays() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let user = NewUser {
            login: "wang".into(),
            name: "王某".into(),
            roles: vec![Role::Duty],
            department: None,
            password_hash: "hash".into(),
            must_change_password: false,
        };
        let user = store.add_user(user, Actor::Console).await.unwrap();
        for id in ["read", "unread"] {
            let item = judged(&store, &source, id, "wages").await;
            store.open_case(opening(&store, &item, "rsj")).await.unwrap();
        }
        let tasks = store.claim_telling("w", 10, LEASE, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(tasks.len(), 2);
        for task in &tasks {
            let notices = vec![qingting_models::store::NewNotice { user: user.id, held: None }];
            let told = qingting_models::store::ToldEvent { task, notices, messages: Vec::new() };
            assert_eq!(store.finish_telling("w", &[told]).await.unwrap(), 1);
        }
        let viewer = Viewer::of(&user);
        let unread = store.notices(&viewer, user.id, true, Page::default()).await.unwrap().rows;
        store.read_notice(user.id, unread[0].id).await.unwrap();
        later(&store, 1);
        let gone = store.clear_due(&cuts(store.now()), Actor::System).await.unwrap();
        assert_eq!(gone.notices, 1, "{gone:?}");
        let left = store.notices(&viewer, user.id, true, Page::default()).await.unwrap().rows;
        assert_eq!(left.iter().map(|notice| notice.id).collect::<Vec<_>>(), [unread[1].id]);
    }
}

#[tokio::test]
async fn each_erasure_is_listed_first_and_can_be_done_again() {
    for store in each_database().await.unwrap() {
        let dir = tempfile::tempdir().unwrap();
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let case = store.open_case(opening(&store, &item, "rsj")).await.unwrap();
        let photo = photo_of(&store, case.id).await;
        let other = judged(&store, &source, "2", "wages").await;
        // A list that cannot be written: nothing is erased.
        let blocked = dir.path().join("blocked");
        std::fs::create_dir(&blocked).unwrap();
        let second = store.another().await.unwrap();
        second.list_erasures_in(ErasureList::at(&blocked));
        let refused = second.erase_matter(ErasureOf::Item(other.id), "本人要求", PERSON).await.unwrap_err();
        assert!(refused.to_string().contains("nothing was erased"), "{refused}");
        assert!(original(&store, &other).await.is_ok());

        let file = dir.path().join("erasures.jsonl");
        store.list_erasures_in(ErasureList::at(&file));
        let erased =
            store.erase_matter(ErasureOf::Case(case.id), "张三 13800001234 要求", PERSON).await.unwrap();
        assert_eq!(erased, [item.id]);
        let photo = store.attachment(&Viewer::SYSTEM, photo.id).await.unwrap().unwrap();
        assert!(photo.removed.is_some() && photo.name.is_empty(), "files of the case too");
        assert!(is_erased(&original(&store, &item).await) && original(&store, &other).await.is_ok());
        assert!(matches!(
            store.erase_matter(ErasureOf::Item(item.id), " ", PERSON).await,
            Err(StoreError::Bad(_))
        ));
        let list = ErasureList::read(&file).unwrap();
        assert_eq!(list.iter().flat_map(|one| &one.sealed).collect::<Vec<_>>(), [&item.sealed]);
        assert_eq!(list.iter().flat_map(|one| &one.attachments).collect::<Vec<_>>(), [&photo.id]);
        assert_eq!(store.erase_again(&list).await.unwrap(), 0, "it is gone");
        let log = store.audit_page(&AuditFilter::default(), Page::default()).await.unwrap().rows;
        let said = format!("{log:?}");
        assert!(
            said.contains("retention.erase") && said.contains("item.erase") && !said.contains("13800001234")
        );
        // As in a database that was restored from a backup of before.
        let back = [Erasure { at: store.now(), sealed: vec![other.sealed], attachments: vec![photo.id] }];
        assert_eq!(store.erase_again(&back).await.unwrap(), 1);
        assert!(is_erased(&original(&store, &other).await));
        assert!(store.item(&Viewer::SYSTEM, other.id).await.unwrap().unwrap().erased_at.is_some());
    }
}

#[tokio::test]
async fn no_key_of_what_was_erased_stays_in_the_file() {
    let store = fresh().await.unwrap();
    let source = sheet(&store, "12345").await;
    let gone = judged(&store, &source, "gone", "wages").await;
    let stays = judged(&store, &source, "stays", "wages").await;
    let pool = sqlx::SqlitePool::connect(store.url()).await.unwrap();
    let key = async |item: &Item| -> Vec<u8> {
        let sql = "SELECT wrapped_key FROM sealed WHERE id = $1";
        sqlx::query_scalar(sql).bind(item.sealed.0).fetch_one(&pool).await.unwrap()
    };
    let (gone_key, kept_key) = (key(&gone).await, key(&stays).await);
    pool.close().await;
    store.erase_matter(ErasureOf::Item(gone.id), "本人要求", PERSON).await.unwrap();
    store.close().await;
    let file = std::fs::read(store.url().trim_start_matches("sqlite:")).unwrap();
    let holds = |key: &[u8]| file.windows(key.len()).any(|bytes| bytes == key);
    assert!(holds(&kept_key) && !holds(&gone_key));
}

#[tokio::test]
async fn one_worker_clears_a_day() {
    for store in each_database().await.unwrap() {
        let day = jiff::civil::date(2026, 11, 30);
        assert!(store.claim_clearing(day).await.unwrap());
        assert!(!store.claim_clearing(day).await.unwrap());
        assert!(!store.claim_clearing(day.yesterday().unwrap()).await.unwrap());
        assert!(store.claim_clearing(day.tomorrow().unwrap()).await.unwrap());
    }
}

#[tokio::test]
async fn a_year_is_told_whole_masked_and_without_what_is_confidential_where_that_is_asked() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let open = judged(&store, &source, "1", "wages").await;
        let hidden = judged(&store, &source, "2", "conduct").await;
        store.intake(&source, vec![call(Some("1"), "工地拖欠工资", "又来电补充")], vec![]).await.unwrap();
        let case = closed(&store, &open).await;
        store.open_case(opening(&store, &hidden, "jw")).await.unwrap();
        while store.chain_audit(100).await.unwrap() > 0 {}
        let now = store.now();
        let span =
            ExportSpan { from: now - SignedDuration::from_hours(1), to: now + SignedDuration::from_hours(1) };
        let all = async |viewer: &Viewer, part: ExportPart| {
            let (mut after, mut found) = (0, Vec::new());
            loop {
                let page = store.export_page(viewer, part, span, after, 1).await.unwrap();
                let Some((last, _)) = page.last() else { return found };
                after = *last;
                found.extend(page.into_iter().map(|(_, document)| document));
            }
        };
        let items = all(&Viewer::SYSTEM, ExportPart::Items).await;
        assert_eq!(items.len(), 2);
        let one = &items[0];
        assert_eq!(
            (&one["record"], &one["external_id"], &one["source_name"]),
            (&"item".into(), &"1".into(), &"12345".into())
        );
        assert_eq!((&one["versions"][0]["version"], &one["version"]), (&1.into(), &2.into()));
        assert_eq!(one["judgements"][0]["topics"][0]["code"], "wages");
        assert!(!format!("{items:?}").contains("sealed"), "{items:?}");
        let cases = all(&Viewer::SYSTEM, ExportPart::Cases).await;
        assert_eq!((cases.len(), &cases[0]["number"]), (2, &case.number.clone().into()));
        assert_eq!(cases[0]["items"][0], open.id.to_string());
        assert_eq!(cases[0]["timeline"].as_array().unwrap().len(), 2);
        let log = all(&Viewer::SYSTEM, ExportPart::Audit).await;
        assert_eq!(log[0]["seq"], 1);
        assert_eq!(store.still_open(span).await.unwrap(), 1);

        for part in [ExportPart::Items, ExportPart::Cases] {
            let open = all(&Viewer::OPEN, part).await;
            assert_eq!(open.len(), 1, "{part}: {open:?}");
        }
        assert!(all(&Viewer::OPEN, ExportPart::Audit).await.is_empty());
        let before = ExportSpan { from: span.from - SignedDuration::from_hours(9), to: span.from };
        for part in ExportPart::ALL {
            assert!(
                store.export_page(&Viewer::SYSTEM, *part, before, 0, 9).await.unwrap().is_empty(),
                "{part}"
            );
        }
    }
}
