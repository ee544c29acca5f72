//! A whole default season: what a visitor can find in it.

use std::collections::BTreeSet;

use qingting_models::records::{CaseState, Item, OPEN_STATES, Viewer};
use qingting_models::store::QuarantineFilter;
use qingting_models::store::{
    CaseFilter, ItemFilter, ItemState, MirrorFilter, MirrorOffice, MirrorState, Page, Store,
};

use super::*;

const ITEMS: u32 = 600;
/// A Tuesday morning before the office opens.
const END: Timestamp = Timestamp::constant(1_795_467_000, 0);

#[tokio::test(flavor = "multi_thread")]
async fn a_default_season_has_cases_in_every_state_and_items_of_every_fate() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("demo");
    let (file, _site) = fill(&dir, ITEMS, END).await.unwrap();
    assert!(file.finished);
    let clock = Arc::new(SetClock::at(END));
    let store = home_of(&dir).unwrap().store_at(clock).await.unwrap();
    every_state(&store).await;
    every_fate(&store).await;
    mirrored_cases(&store).await;
    let items = count(&store, ItemState::All).await;
    assert_eq!(items, i64::from(ITEMS) - HELD as i64);
    assert_eq!(store.waiting_work().await.unwrap().total(), 0);
    let verdict = store.verify_audit(&[]).await.unwrap();
    assert_eq!((verdict.pending, verdict.broken), (0, None));
    the_desks_have_work(&store, &file).await;
}

async fn cases(store: &Store, states: &[&str]) -> i64 {
    let states = states.iter().map(|state| (*state).to_owned()).collect();
    store.count_cases(&Viewer::SYSTEM, &CaseFilter { states, ..CaseFilter::default() }).await.unwrap()
}

async fn every_state(store: &Store) {
    let ended = ["closed", "declined", "outside", "void", "merged"];
    for state in OPEN_STATES.iter().chain(&ended) {
        assert!(cases(store, &[state]).await > 0, "{state}");
    }
    let all = cases(store, &[]).await;
    assert!(cases(store, &["closed"]).await * 10 > all * 6, "most are done");
    assert!(cases(store, &["void"]).await * 20 < all, "few are void");
    let filter = CaseFilter { open_only: true, due_before: Some(END), ..CaseFilter::default() };
    let overdue = store.count_cases(&Viewer::SYSTEM, &filter).await.unwrap();
    assert!((1..30).contains(&overdue), "{overdue} overdue");
    let page = Page { before: None, size: 200 };
    let listed = store.cases(&Viewer::SYSTEM, &CaseFilter::default(), page).await.unwrap().rows;
    assert!(listed.iter().any(|case| case.reopened > 0), "somebody was not content");
    assert!(listed.iter().any(|case| !case.helpers.is_empty()), "somebody helped");
    assert!(listed.iter().any(|case| case.extension.is_some()), "somebody needed more time");
    assert!(listed.iter().any(|case| matches!(case.state, CaseState::Replied { .. })));
}

async fn count(store: &Store, state: ItemState) -> i64 {
    let filter = ItemFilter { state, ..ItemFilter::default() };
    store.count_items(&Viewer::SYSTEM, &filter).await.unwrap()
}

async fn every_fate(store: &Store) {
    for state in [ItemState::Open, ItemState::Unsure, ItemState::Dismissed, ItemState::Archived] {
        assert!(count(store, state).await > 0, "{state:?}");
    }
    assert_eq!(store.quarantine(QuarantineFilter::default(), Page::default()).await.unwrap().rows.len(), 1);
    let mut page = Page { before: None, size: 200 };
    let mut updated: Vec<Item> = Vec::new();
    loop {
        let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
        let listing = store.items(&Viewer::SYSTEM, &filter, page).await.unwrap();
        updated.extend(listing.rows.into_iter().filter(|item| item.version > 1));
        match listing.next {
            Some(before) => page.before = Some(before),
            None => break,
        }
    }
    assert!(!updated.is_empty());
    let versions = store.item_versions(&Viewer::SYSTEM, updated[0].id).await.unwrap();
    assert_eq!(versions.len() as i64, updated[0].version - 1);
}

/// The platform that is only watched has cases in every state, and none of ours was opened for them.
async fn mirrored_cases(store: &Store) {
    let now = Some(END);
    let any = MirrorFilter::default;
    for (what, filter) in [
        ("open", any()),
        ("overdue", MirrorFilter { due_before: now, ..any() }),
        ("due later", MirrorFilter { due_from: now, ..any() }),
        ("finished", MirrorFilter { state: MirrorState::Finished, ..any() }),
        ("unsatisfied", MirrorFilter { state: MirrorState::All, unsatisfied: true, ..any() }),
        (
            "unknown office",
            MirrorFilter { office: Some(MirrorOffice::Unmapped), state: MirrorState::All, ..any() },
        ),
    ] {
        assert!(store.count_mirrored(&Viewer::SYSTEM, &filter).await.unwrap() > 0, "{what}");
    }
}

/// Everybody whose log-in is shown exists, and those of a department find cases of theirs.
async fn the_desks_have_work(store: &Store, file: &DemoFile) {
    let mut roles = BTreeSet::new();
    for login in &file.logins {
        let (user, _) = store.user_named(&login.login).await.unwrap().unwrap();
        roles.extend(user.roles.iter().copied());
        if user.department.is_some() {
            let filter = CaseFilter::default();
            let own = store.count_cases(&Viewer::of(&user), &filter).await.unwrap();
            assert!(own > 0, "{} has nothing to do", login.login);
        }
    }
    assert_eq!(roles.len(), 7, "a log-in for each role");
}
