//! Files of cases: sealed in pieces, opened with a line of the log, destroyed when they are removed.

use jiff::Timestamp;
use qingting_models::ids::{AttachmentId, CaseId, ReplyId, SealedId, UserId};
use qingting_models::records::*;
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{NewAttachment, OpenAttachment, Page, Store, StoreError};
use sqlx::{AssertSqlSafe, Row};

use super::builders::*;

const ONE: Actor = Actor::User(UserId(7));
const OTHER: Actor = Actor::User(UserId(8));
const NAME: &str = "张三13800001234现场照片.jpg";

async fn case_of(store: &TestStore, id: &str, topic: &str, department: &str) -> Case {
    let source = match store.sources().await.unwrap().pop() {
        Some(source) => source,
        None => sheet(store, "12345").await,
    };
    let item = judged(store, &source, id, topic).await;
    store.open_case(opening(store, &item, department)).await.unwrap()
}

fn photo(case: CaseId, content: &[u8]) -> NewAttachment {
    NewAttachment {
        case,
        kind: FileKind::Jpg,
        name: NAME.into(),
        note: "路面已修好，联系人13800001234".into(),
        size: content.len() as i64,
        department: Some("rsj".into()),
        with_reply: false,
    }
}

async fn add(store: &Store, case: CaseId, content: &[u8]) -> Attachment {
    let mut reader = content;
    store.add_attachment(&Viewer::SYSTEM, photo(case, content), &mut reader, 50, ONE).await.unwrap()
}

async fn read(store: &Store, open: &OpenAttachment) -> Result<Vec<u8>, StoreError> {
    let mut content = Vec::new();
    for place in 0..open.pieces() {
        content.extend(store.attachment_piece(open, place).await?);
    }
    Ok(content)
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 + n / 251) as u8).collect()
}

/// The rows of a query as the database has them.
async fn raw(url: &str, sql: &str) -> Vec<Vec<u8>> {
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&pool).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&pool).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

async fn spoil(url: &str, sql: &str) {
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.unwrap();
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.unwrap();
    }
}

async fn last_lines(store: &Store) -> Vec<AuditEntry> {
    let page = store.audit_page(&Default::default(), Page::default()).await.unwrap();
    page.rows.into_iter().map(|line| line.entry).collect()
}

#[tokio::test]
async fn a_file_is_sealed_in_pieces_and_comes_back_whole() {
    for store in each_database().await.unwrap() {
        let case = case_of(&store, "1", "wages", "rsj").await;
        for length in [1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (5 << 20) / 2] {
            let content = bytes(length);
            let added = add(&store, case.id, &content).await;
            assert_eq!((added.size, added.kind, added.added_by), (length as i64, FileKind::Jpg, ONE));
            let open = store.open_attachment(&DUTY, added.id, "", OTHER).await.unwrap();
            assert_eq!(open.name, NAME);
            assert_eq!(read(&store, &open).await.unwrap(), content, "{length} bytes");
        }
        let pieces = raw(store.url(), "SELECT body FROM attachment_piece").await;
        assert_eq!(pieces.len(), 1 + 1 + 1 + 2 + 3);
        let plain = bytes(64);
        assert!(pieces.iter().all(|piece| !piece.windows(64).any(|w| w == plain)), "a piece lies open");
        let listed = store.attachments(&viewer_of("rsj"), case.id).await.unwrap();
        assert_eq!(listed.len(), 5);
        assert!(listed.iter().all(|a| !a.name.contains("13800001234") && !a.note.contains("13800001234")));
        assert!(listed.iter().all(|a| a.name.ends_with("现场照片.jpg")), "{}", listed[0].name);
    }
}

#[tokio::test]
async fn the_timeline_and_the_log_tell_of_it_without_its_name() {
    for store in each_database().await.unwrap() {
        let case = case_of(&store, "1", "wages", "rsj").await;
        let added = add(&store, case.id, b"picture").await;
        store.open_attachment(&DUTY, added.id, "", OTHER).await.unwrap();
        store.remove_attachment(&DUTY, added.id, "传错了，张三13800001234", OTHER).await.unwrap();
        let file = store.case_file(&Viewer::SYSTEM, case.id).await.unwrap().unwrap();
        assert_eq!(file.case.version, case.version, "who writes a reply meanwhile is in nobody's way");
        let told: Vec<(&str, &str)> =
            file.timeline.iter().map(|line| (line.action.as_str(), line.note.as_str())).collect();
        assert_eq!(told[1], ("attach", "JPG 图片，7 字节"));
        assert_eq!(told[2].0, "detach");
        assert!(told[2].1.starts_with("JPG 图片，7 字节：传错了"), "{told:?}");
        let lines = last_lines(&store).await;
        let actions: Vec<&str> = lines[..3].iter().map(|line| line.action.as_str()).collect();
        assert_eq!(actions, ["attachment.remove", "attachment.open", "attachment.add"]);
        assert!(lines[..3].iter().all(|line| line.subject == Subject::Case(case.id)));
        assert!(lines[..3].iter().all(|line| line.detail["attachment"] == added.id.to_string()));
        assert!(lines[..3].iter().all(|line| line.detail["digest"] == added.digest[..16]));
        let all = format!("{lines:?}{:?}", file.timeline);
        assert!(!all.contains("照片") && !all.contains("13800001234"), "{all}");
    }
}

#[tokio::test]
async fn what_was_removed_is_gone_with_its_key_and_stays_named() {
    for store in each_database().await.unwrap() {
        let case = case_of(&store, "1", "wages", "rsj").await;
        let kept = add(&store, case.id, b"another").await;
        let sealed = raw(store.url(), "SELECT wrapped_key FROM sealed").await.len();
        let added = add(&store, case.id, &bytes(3 << 20)).await;
        let open = store.open_attachment(&DUTY, added.id, "", ONE).await.unwrap();
        store.remove_attachment(&DUTY, added.id, "重复", OTHER).await.unwrap();
        assert_eq!(raw(store.url(), "SELECT body FROM attachment_piece").await.len(), 1);
        assert_eq!(raw(store.url(), "SELECT wrapped_key FROM sealed").await.len(), sealed);
        let late = read(&store, &open).await;
        assert!(matches!(late, Err(StoreError::NotFound(_))), "who was reading it reads no further");
        let again = store.open_attachment(&DUTY, added.id, "", ONE).await;
        assert!(matches!(again, Err(StoreError::NotFound(_))), "{again:?}");
        let twice = store.remove_attachment(&DUTY, added.id, "", ONE).await;
        assert!(matches!(twice, Err(StoreError::Conflict { .. })), "{twice:?}");
        let gone = store.attachment(&DUTY, added.id).await.unwrap().unwrap();
        assert_eq!((gone.name.as_str(), gone.note.as_str()), ("", ""));
        assert_eq!(gone.removed, Some((store.now(), OTHER, "重复".into())));
        let open = store.open_attachment(&DUTY, kept.id, "", ONE).await.unwrap();
        assert_eq!(read(&store, &open).await.unwrap(), b"another");
        add(&store, case.id, &bytes(3 << 20)).await;
    }
}

#[tokio::test]
async fn whose_eyes_do_not_reach_the_case_find_no_file() {
    for store in each_database().await.unwrap() {
        let open = case_of(&store, "1", "wages", "rsj").await;
        let secret = case_of(&store, "2", "conduct", "jw").await;
        let (a, b) = (add(&store, open.id, b"a").await, add(&store, secret.id, b"b").await);
        let none = AttachmentId(1);
        for (viewer, sees_a, sees_b) in [
            (DUTY, true, false),
            (DISCIPLINE, false, true),
            (viewer_of("rsj"), true, false),
            (viewer_of("jw"), false, true),
            (viewer_of("zjj"), false, false),
            (NOBODY, false, false),
        ] {
            for (case, id, sees) in
                [(open.id, a.id, sees_a), (secret.id, b.id, sees_b), (open.id, none, false)]
            {
                assert_eq!(store.attachment(&viewer, id).await.unwrap().is_some(), sees, "{viewer:?}");
                if id != none {
                    assert_eq!(
                        !store.attachments(&viewer, case).await.unwrap().is_empty(),
                        sees,
                        "{viewer:?}"
                    );
                }
                let opened = store.open_attachment(&viewer, id, "", ONE).await;
                assert_eq!(opened.is_ok(), sees, "{viewer:?}");
                if !sees {
                    assert!(matches!(opened, Err(StoreError::NotFound(_))));
                    let removed = store.remove_attachment(&viewer, id, "", ONE).await;
                    assert!(matches!(removed, Err(StoreError::NotFound(_))), "{removed:?}");
                }
            }
            if !sees_a {
                let added =
                    store.add_attachment(&viewer, photo(open.id, b"c"), &mut &b"c"[..], 50, ONE).await;
                assert!(matches!(added, Err(StoreError::NotFound(_))), "{added:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_does_not_fit_leaves_nothing_behind() {
    for store in each_database().await.unwrap() {
        let case = case_of(&store, "1", "wages", "rsj").await;
        add(&store, case.id, b"first").await;
        let counts = async || {
            let mut counts = Vec::new();
            let bytes = if store.engine() == "SQLite" { "BLOB" } else { "BYTEA" };
            for table in ["attachment", "attachment_piece", "sealed", "timeline", "audit"] {
                let sql = format!("SELECT CAST('x' AS {bytes}) FROM {table}");
                counts.push(raw(store.url(), &sql).await.len());
            }
            counts
        };
        let before = counts().await;
        let put = async |new: NewAttachment, mut content: &[u8], most| {
            store.add_attachment(&DUTY, new, &mut content, most, ONE).await
        };
        let same = put(photo(case.id, b"first"), b"first", 50).await;
        assert!(matches!(same, Err(StoreError::Taken { .. })), "{same:?}");
        let many = put(photo(case.id, b"second"), b"second", 1).await;
        assert!(matches!(many, Err(StoreError::Bad(_))), "{many:?}");
        for content in [&b"shorter"[..], b"longer than what was said"] {
            let other = put(photo(case.id, b"as was said"), content, 50).await;
            assert!(matches!(other, Err(StoreError::Bad(_))), "{other:?}");
        }
        assert_eq!(counts().await, before);
    }
}

async fn ended(store: &Store, case: &Case) {
    let mut case = store.case_file(&Viewer::SYSTEM, case.id).await.unwrap().unwrap().case;
    let seen = case.version;
    case.version += 1;
    case.state = CaseState::Void { at: store.now(), by: ONE, reason: "立错".into() };
    store.save_case(seen, change(store, case, "void")).await.unwrap();
}

#[tokio::test]
async fn of_a_case_that_has_ended_files_are_opened_for_a_reason_only() {
    for store in each_database().await.unwrap() {
        let case = case_of(&store, "1", "wages", "rsj").await;
        let added = add(&store, case.id, b"picture").await;
        ended(&store, &case).await;
        let late = store.add_attachment(&DUTY, photo(case.id, b"x"), &mut &b"x"[..], 50, ONE).await;
        assert!(matches!(late, Err(StoreError::Bad(_))), "{late:?}");
        let bare = store.open_attachment(&DUTY, added.id, " ", ONE).await;
        assert!(matches!(bare, Err(StoreError::Bad(_))), "{bare:?}");
        let open = store.open_attachment(&DUTY, added.id, "复查，问过张三13800001234", ONE).await.unwrap();
        assert_eq!(read(&store, &open).await.unwrap(), b"picture");
        let line = last_lines(&store).await.remove(0);
        assert_eq!(line.action, "attachment.open");
        assert!(line.detail["reason_digest"].is_string() && !line.detail.to_string().contains("复查"));
        let sealed =
            raw(store.url(), &format!("SELECT body FROM sealed WHERE id = {}", SealedId(line.id.0).0)).await;
        assert_eq!(sealed.len(), 1, "its words are kept sealed beside the log");
        store.remove_attachment(&DUTY, added.id, "不再需要", ONE).await.unwrap();
    }
}

#[tokio::test]
async fn pieces_that_were_changed_or_exchanged_do_not_open() {
    for store in each_database().await.unwrap() {
        let case = case_of(&store, "1", "wages", "rsj").await;
        let (one, two) =
            (add(&store, case.id, &bytes(3 << 20)).await, add(&store, case.id, &bytes((3 << 20) - 1)).await);
        let fails = async |id: AttachmentId| {
            let open = store.open_attachment(&DUTY, id, "", ONE).await.unwrap();
            assert!(matches!(read(&store, &open).await, Err(StoreError::Vault(_))));
        };
        let place = "UPDATE attachment_piece SET place = CASE place WHEN 0 THEN 11 ELSE 10 END WHERE place < 2 AND attachment_id =";
        spoil(store.url(), &format!("{place} {}", one.id.0)).await;
        let back = "UPDATE attachment_piece SET place = place - 10 WHERE place >= 10 AND attachment_id =";
        spoil(store.url(), &format!("{back} {}", one.id.0)).await;
        fails(one.id).await;
        let size = "UPDATE attachment SET size = 2097152 WHERE id =";
        spoil(store.url(), &format!("{size} {}", two.id.0)).await;
        fails(two.id).await;
    }
}

#[tokio::test]
async fn a_rotation_of_keys_takes_files_along() {
    for store in each_database().await.unwrap() {
        let case = case_of(&store, "1", "wages", "rsj").await;
        let before = add(&store, case.id, b"before").await;
        store.prepare_key(ONE).await.unwrap();
        store.begin_rotation(ONE).await.unwrap();
        let during = add(&store, case.id, b"during").await;
        while !store.rewrap_some(2, ONE).await.unwrap().done {}
        for key in raw(store.url(), "SELECT wrapped_key FROM sealed").await {
            assert_eq!(key[..5], [2, 0, 0, 0, 2], "under the new key");
        }
        for (id, content) in [(before.id, &b"before"[..]), (during.id, b"during")] {
            let open = store.open_attachment(&DUTY, id, "", ONE).await.unwrap();
            assert_eq!(read(&store, &open).await.unwrap(), content);
        }
    }
}

#[tokio::test]
async fn files_go_with_the_departments_reply_and_with_the_next_while_none_is_approved() {
    for store in each_database().await.unwrap() {
        let case = case_of(&store, "1", "wages", "rsj").await;
        let with = |name: &str, department: &str| NewAttachment {
            with_reply: true,
            department: Some(department.into()),
            name: name.into(),
            ..photo(case.id, name.as_bytes())
        };
        let put = async |new: NewAttachment| {
            let content = new.name.clone();
            store.add_attachment(&DUTY, new, &mut content.as_bytes(), 50, ONE).await.unwrap().id
        };
        let own = put(with("a.jpg", "rsj")).await;
        let foreign = put(with("b.jpg", "zjj")).await;
        let loose = add(&store, case.id, b"c").await.id;
        let reply_of = async |id| store.attachment(&DUTY, id).await.unwrap().unwrap().reply;
        let first = submit(&store, case.id, None).await;
        assert_eq!((reply_of(own).await, reply_of(foreign).await), (Some(first), None));
        let later = put(with("d.jpg", "rsj")).await;
        let second = submit(&store, case.id, None).await;
        assert_eq!((reply_of(own).await, reply_of(later).await), (Some(second), Some(second)));
        submit(&store, case.id, Some(second)).await;
        assert_eq!(reply_of(own).await, Some(second), "what was approved stays with its reply");
        assert_eq!(reply_of(loose).await, None);
    }
}

/// Submits a reply of the lead, after approving another where one is named.
async fn submit(store: &Store, case: CaseId, approved: Option<ReplyId>) -> ReplyId {
    let file = store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap();
    let at: Timestamp = store.now();
    let mut change = change(store, Case { version: file.case.version + 1, ..file.case.clone() }, "submit");
    if let Some(id) = approved {
        let mut reply = file.replies.iter().find(|reply| reply.id == id).unwrap().clone();
        reply.review = ReplyReview::Approved { by: OTHER, at };
        change.replies.push((reply, None));
    }
    let id: ReplyId = store.ids().next(at);
    let reply = Reply {
        id,
        case,
        department: "rsj".into(),
        text: "已发放。".into(),
        public_text: None,
        outcome: Outcome::Solved,
        promises: Vec::new(),
        submitted_by: ONE,
        submitted_at: at,
        review: ReplyReview::Pending,
        sealed: store.ids().next(at),
    };
    change.replies.push((reply, Some("已发放。".into())));
    store.save_case(file.case.version, change).await.unwrap();
    id
}
