//! Rotating the wrapping keys while others seal and read.

use std::sync::atomic::{AtomicBool, Ordering};

use qingting_models::records::{Actor, Viewer};
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{AuditFilter, ItemFilter, ItemState, Page, Store, StoreError, StoreSettings};
use qingting_models::vault::{Vault, VaultError};
use sqlx::Row;

use super::builders::*;

async fn take_in(store: &Store, source: &qingting_models::records::Source, from: usize, rows: usize) {
    let calls =
        (from..from + rows).map(|n| call(Some(&format!("n{n}")), "工地拖欠工资", &format!("第{n}次来电")));
    store.intake(source, calls.collect(), vec![]).await.unwrap();
}

/// Finishes a rotation in steps of `max` rows; how many rows it wrapped anew.
async fn finish(store: &Store, max: i64) -> i64 {
    loop {
        let step = store.rewrap_some(max, Actor::Console).await.unwrap();
        assert_eq!(step.damaged, 0);
        if step.done {
            return step.rewrapped;
        }
    }
}

/// How many sealed rows each wrapping key has, by its number; erased rows count under 0.
async fn rows_by_key(url: &str) -> std::collections::BTreeMap<u32, usize> {
    const SQL: &str = "SELECT wrapped_key FROM sealed";
    let keys: Vec<Vec<u8>> = if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query(SQL).fetch_all(&pool).await.unwrap().iter().map(|row| row.get(0)).collect()
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query(SQL).fetch_all(&pool).await.unwrap().iter().map(|row| row.get(0)).collect()
    };
    let mut counts = std::collections::BTreeMap::new();
    for key in keys {
        let number = match key.get(..5) {
            None => 0,
            Some([2, number @ ..]) => u32::from_be_bytes(number.try_into().unwrap()),
            Some(_) => panic!("{key:?}"),
        };
        *counts.entry(number).or_default() += 1;
    }
    counts
}

fn everything() -> ItemFilter {
    ItemFilter { state: ItemState::All, ..ItemFilter::default() }
}

async fn all_open(store: &Store, rows: usize) {
    let mut page = Page { before: None, size: 200 };
    let mut seen = 0;
    loop {
        let listing = store.items(&Viewer::SYSTEM, &everything(), page).await.unwrap();
        for item in &listing.rows {
            let plain = store.unmask_item(&Viewer::SYSTEM, item.id, "核对", Actor::Console).await.unwrap();
            assert_eq!(plain["phone"], "13800001234");
            seen += 1;
        }
        match listing.next {
            Some(next) => page.before = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, rows);
}

async fn damage(url: &str, sql: &'static str) {
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query(sql).execute(&pool).await.unwrap();
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
}

#[tokio::test]
async fn a_rotation_wraps_every_row_and_changes_no_identity() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "热线").await;
        take_in(&store, &source, 0, 40).await;
        damage(store.url(), "UPDATE sealed SET wrapped_key = '' WHERE id = (SELECT min(id) FROM sealed)")
            .await;
        assert!(matches!(store.begin_rotation(Actor::Console).await, Err(StoreError::Bad(_))));
        assert_eq!(store.prepare_key(Actor::Console).await.unwrap(), 2);
        assert_eq!(store.prepare_key(Actor::Console).await.unwrap(), 2, "a key is prepared once");
        take_in(&store, &source, 40, 5).await;
        assert_eq!(rows_by_key(store.url()).await, [(0, 1), (1, 44)].into(), "a prepared key does not wrap");

        store.begin_rotation(Actor::Console).await.unwrap();
        assert!(matches!(store.prepare_key(Actor::Console).await, Err(StoreError::Bad(_))));
        assert_eq!(finish(&store, 7).await, 44);
        assert_eq!(rows_by_key(store.url()).await, [(0, 1), (2, 44)].into(), "what was erased stays erased");
        let status = store.key_status().await.unwrap();
        assert_eq!((status.current, status.prepared, status.rotating), (2, None, false));

        let again =
            store.intake(&source, vec![call(Some("n3"), "工地拖欠工资", "第3次来电")], vec![]).await.unwrap();
        assert_eq!((again.new, again.unchanged), (0, 1));
        let filter = AuditFilter { action: Some("key.".into()), ..Default::default() };
        let lines = store.audit_page(&filter, Page::default()).await.unwrap().rows;
        let actions: Vec<&str> = lines.iter().map(|line| line.entry.action.as_str()).collect();
        assert_eq!(actions, ["key.rotated", "key.rotate", "key.prepare"]);
        assert_eq!(lines[0].entry.detail["rewrapped"], 44);
    }
}

#[tokio::test]
async fn a_rotation_that_was_killed_goes_on_where_it_was() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "热线").await;
        take_in(&store, &source, 0, 30).await;
        store.prepare_key(Actor::Console).await.unwrap();
        store.begin_rotation(Actor::Console).await.unwrap();
        let step = store.rewrap_some(11, Actor::Console).await.unwrap();
        assert_eq!((step.rewrapped, step.done), (11, false));
        assert_eq!(rows_by_key(store.url()).await, [(1, 19), (2, 11)].into());

        let next = store.another().await.unwrap();
        assert!(next.key_status().await.unwrap().rotating);
        all_open(&next, 30).await;
        next.begin_rotation(Actor::Console).await.unwrap();
        let (a, b) = tokio::join!(finish(&next, 4), finish(&store, 3));
        assert_eq!(a.max(b), 30);
        // The reasons of the thirty looks are sealed too.
        assert_eq!(rows_by_key(store.url()).await, [(2, 60)].into());
        all_open(&store, 30).await;
    }
}

#[tokio::test]
async fn servers_seal_and_read_while_keys_rotate_under_them() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "热线").await;
        take_in(&store, &source, 0, 20).await;
        let server = store.another().await.unwrap();
        let over = AtomicBool::new(false);
        let serving = async {
            let mut rows = 20;
            while !over.load(Ordering::Relaxed) {
                take_in(&server, &source, rows, 3).await;
                rows += 3;
                let newest = server.items(&Viewer::SYSTEM, &everything(), Page::default()).await.unwrap();
                let id = newest.rows[0].id;
                server.unmask_item(&Viewer::SYSTEM, id, "核对", Actor::Console).await.unwrap();
            }
            rows
        };
        let rotating = async {
            for _ in 0..4 {
                store.prepare_key(Actor::Console).await.unwrap();
                store.begin_rotation(Actor::Console).await.unwrap();
                finish(&store, 5).await;
            }
            over.store(true, Ordering::Relaxed);
        };
        let (rows, ()) = tokio::join!(serving, rotating);
        let by_key = rows_by_key(store.url()).await;
        assert_eq!(by_key.keys().copied().collect::<Vec<_>>(), [5], "{by_key:?}");
        all_open(&server, rows).await;
    }
}

/// Another machine: the same database with its own copy of the key file.
async fn machine(store: &TestStore, key_file: &std::path::Path) -> Result<Store, StoreError> {
    let vault = Vault::load(key_file)?;
    let settings = StoreSettings::new(store.url(), vault, 3);
    Store::open(settings, store.clock.clone()).await
}

#[tokio::test]
async fn a_machine_without_the_new_key_says_so_until_the_file_is_copied() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "热线").await;
        take_in(&store, &source, 0, 3).await;
        let dir = tempfile::tempdir().unwrap();
        let copy = dir.path().join("master.key");
        std::fs::copy(store.key_file(), &copy).unwrap();
        let there = machine(&store, &copy).await.unwrap();

        store.prepare_key(Actor::Console).await.unwrap();
        assert_eq!(there.key_status().await.unwrap().prepared, Some((2, false)));
        let unknown = |error: StoreError| matches!(error, StoreError::Vault(VaultError::UnknownKey(2)));
        assert!(unknown(there.prepare_key(Actor::Console).await.unwrap_err()));
        assert!(unknown(there.begin_rotation(Actor::Console).await.unwrap_err()));
        take_in(&there, &source, 3, 1).await;

        store.begin_rotation(Actor::Console).await.unwrap();
        let refused = there.intake(&source, vec![call(Some("late"), "路灯不亮", "坏了")], vec![]).await;
        assert!(unknown(refused.unwrap_err()));
        assert!(unknown(machine(&store, &copy).await.err().unwrap()));
        std::fs::copy(store.key_file(), &copy).unwrap();
        take_in(&there, &source, 4, 1).await;
        finish(&there, 100).await;
        all_open(&there, 5).await;

        // A key of the same number that was made elsewhere is not the database's.
        let other = Vault::load(&copy).unwrap();
        other.add_key().unwrap();
        store.prepare_key(Actor::Console).await.unwrap();
        let other = machine(&store, &copy).await.unwrap().prepare_key(Actor::Console).await;
        assert!(matches!(other, Err(StoreError::Vault(VaultError::OtherKey(3)))));
    }
}

#[tokio::test]
async fn a_damaged_row_does_not_hold_up_the_others() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "热线").await;
        take_in(&store, &source, 0, 10).await;
        damage(store.url(), "UPDATE sealed SET wrapped_key = body WHERE id = (SELECT max(id) FROM sealed)")
            .await;
        store.prepare_key(Actor::Console).await.unwrap();
        store.begin_rotation(Actor::Console).await.unwrap();
        let step = store.rewrap_some(100, Actor::Console).await.unwrap();
        assert_eq!((step.rewrapped, step.damaged, step.done), (9, 1, true));
    }
}

#[tokio::test]
async fn a_key_left_behind_by_a_kill_is_used_and_an_older_database_moves_to_it() {
    for store in each_database().await.unwrap() {
        store.vault().add_key().unwrap();
        let next = store.another().await.unwrap();
        assert_eq!(next.key_status().await.unwrap().current, 1, "the database says which key wraps");
        assert_eq!(next.prepare_key(Actor::Console).await.unwrap(), 2);
        assert_eq!(next.vault().newest(), 2);
    }
}

#[tokio::test]
async fn opening_a_file_is_logged_without_its_words() {
    for store in each_database().await.unwrap() {
        let refused = store.note_file_opening("张三来信.xlsx", "ab12", " ", Actor::Console).await;
        assert!(matches!(refused, Err(StoreError::Bad(_))));
        store.note_file_opening("张三来信.xlsx", "ab12", "核对原件", Actor::Console).await.unwrap();
        let lines = store.audit_page(&AuditFilter::default(), Page::default()).await.unwrap().rows;
        assert_eq!(lines[0].entry.action, "file.open");
        let detail = lines[0].entry.detail.to_string();
        assert!(detail.contains("ab12") && !detail.contains("张三") && !detail.contains("核对"), "{detail}");
        assert_eq!(rows_by_key(store.url()).await, [(1, 1)].into());
    }
}
