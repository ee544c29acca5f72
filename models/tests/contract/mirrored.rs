//! Mirrored cases: written once, changed by one at a time, seen by those who may, and no case of ours.

use qingting_models::ids::NoticeEventId;
use qingting_models::records::*;
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{
    Arrival, MirrorFilter, MirrorOffice, MirrorState, NewSource, Page, StoreError, TaskSubject,
};
use serde_json::json;

use super::builders::*;

async fn platform(store: &TestStore) -> Source {
    let new = NewSource {
        name: "省平台".into(),
        kind: SourceKind::Sheet,
        channel: Channel::Complaint,
        mode: Mode::Mirror,
        url: None,
        cutoff: None,
        allow_host: None,
        interval_s: 600,
        settings: Default::default(),
    };
    store.add_source(new, Actor::Console).await.unwrap()
}

fn mirror(store: &TestStore, item: &Item, department: Option<&str>, due_in: Option<i64>) -> Mirror {
    Mirror {
        item: item.id,
        source: item.source,
        number: item.external_id.clone(),
        said: UpstreamCase { office: Some("县人社局".into()), ..UpstreamCase::default() },
        department: department.map(Into::into),
        finished: false,
        dispatched_at: None,
        due_at: due_in.map(|n| store.now() + hours(n)),
        ours: Some(OurDue { rule: "hotline.handle".into(), at: store.now() + hours(100), steps: vec![] }),
        pressed: 0,
        presses: 0,
        watched: false,
        version: 1,
        changed_at: store.now(),
        changed_by: Actor::System,
    }
}

fn change_to(store: &TestStore, mirror: Mirror, step: MirrorStep, event: Option<NoticeKind>) -> MirrorChange {
    let now = store.now();
    let line =
        MirrorLine { id: store.ids().next(now), at: now, actor: Actor::System, step, note: "说明".into() };
    let event = event.map(|kind| NoticeEvent {
        id: NoticeEventId(0),
        key: format!("mirrored:{}:press", line.id),
        kind,
        subject: NoticeSubject::Mirrored(mirror.item),
        urgency: Urgency::Ordinary,
        actor: Actor::System,
        at: now,
    });
    let audit = AuditEntry {
        id: store.ids().next(now),
        at: now,
        actor: Actor::System,
        action: format!("mirrored.{step}"),
        subject: Subject::Item(mirror.item),
        detail: json!({}),
    };
    MirrorChange { mirror, line, audit, event, of_version: None }
}

#[tokio::test]
async fn of_two_changes_at_once_the_second_is_refused_and_writes_nothing() {
    for store in each_database().await.unwrap() {
        let source = platform(&store).await;
        let item = judged(&store, &source, "P1", "wages").await;
        let first = change_to(&store, mirror(&store, &item, Some("rsj"), Some(5)), MirrorStep::First, None);
        store.save_mirrored(0, &first).await.unwrap();
        let again = change_to(&store, first.mirror.clone(), MirrorStep::First, None);
        assert!(matches!(store.save_mirrored(0, &again).await, Err(StoreError::Conflict { .. })));
        let pressed = Mirror { pressed: 1, presses: 1, version: 2, ..first.mirror.clone() };
        let press = change_to(&store, pressed, MirrorStep::Press, Some(NoticeKind::PressedYellow));
        store.save_mirrored(1, &press).await.unwrap();
        let late =
            change_to(&store, press.mirror.clone(), MirrorStep::Press, Some(NoticeKind::PressedYellow));
        assert!(matches!(store.save_mirrored(1, &late).await, Err(StoreError::Conflict { .. })));
        let lines = store.mirror_lines(&DUTY, item.id).await.unwrap();
        assert_eq!(
            lines.iter().map(|line| line.step).collect::<Vec<_>>(),
            [MirrorStep::First, MirrorStep::Press]
        );
        let tasks = store.claim_telling("w", 10, LEASE, store.now() - hours(1)).await.unwrap();
        assert_eq!(tasks.len(), 1, "the press that was refused told nobody");
        let Some(TaskSubject::Mirrored { case, .. }) = &tasks[0].subject else { panic!("{tasks:?}") };
        assert_eq!((case.mirror.pressed, case.item.id), (1, item.id));
        store.chain_audit(100).await.unwrap();
        let log = store.audit_page(&Default::default(), Default::default()).await.unwrap();
        let of_item = |entry: &&ChainedEntry| entry.entry.action.starts_with("mirrored.");
        assert_eq!(log.rows.iter().filter(of_item).count(), 2);
    }
}

#[tokio::test]
async fn a_department_sees_those_that_name_it_and_none_that_is_confidential() {
    for store in each_database().await.unwrap() {
        let source = platform(&store).await;
        let open = judged(&store, &source, "P1", "wages").await;
        let secret = judged(&store, &source, "P2", "conduct").await;
        for item in [&open, &secret] {
            let first =
                change_to(&store, mirror(&store, item, Some("rsj"), Some(5)), MirrorStep::First, None);
            store.save_mirrored(0, &first).await.unwrap();
        }
        let all = MirrorFilter::default();
        let (own, other) = (viewer_of("rsj"), viewer_of("zjj"));
        for (viewer, seen) in [
            (&DUTY, vec![open.id]),
            (&DISCIPLINE, vec![secret.id]),
            (&own, vec![open.id]),
            (&other, vec![]),
            (&NOBODY, vec![]),
            (&Viewer::SYSTEM, vec![open.id, secret.id]),
        ] {
            let found = store.mirrored_cases(viewer, &all, 0, 10).await.unwrap();
            assert_eq!(found.iter().map(|case| case.item.id).collect::<Vec<_>>(), seen, "{viewer:?}");
            assert_eq!(store.count_mirrored(viewer, &all).await.unwrap(), seen.len() as i64);
            for item in [open.id, secret.id] {
                assert_eq!(store.mirrored(viewer, item).await.unwrap().is_some(), seen.contains(&item));
                assert_eq!(
                    store.mirror_lines(viewer, item).await.unwrap().len(),
                    usize::from(seen.contains(&item))
                );
            }
        }
        assert!(store.item(&own, open.id).await.unwrap().is_none(), "its item is not shown for that");
    }
}

#[tokio::test]
async fn the_list_is_sorted_by_due_time_and_filtered() {
    for store in each_database().await.unwrap() {
        let source = platform(&store).await;
        let mut ids = Vec::new();
        for (n, due) in [Some(30), Some(-2), None].into_iter().enumerate() {
            let item = judged(&store, &source, &format!("浙{n}-1"), "wages").await;
            let department = (n != 1).then_some("rsj");
            let mut new = mirror(&store, &item, department, due);
            new.said.unsatisfied = n == 0;
            new.watched = n == 2;
            store.save_mirrored(0, &change_to(&store, new, MirrorStep::First, None)).await.unwrap();
            ids.push(item.id);
        }
        let now = store.now();
        let found = async |filter: MirrorFilter| {
            let cases = store.mirrored_cases(&DUTY, &filter, 0, 10).await.unwrap();
            assert_eq!(store.count_mirrored(&DUTY, &filter).await.unwrap() as usize, cases.len());
            cases.iter().map(|case| case.item.id).collect::<Vec<_>>()
        };
        let any = MirrorFilter::default;
        assert_eq!(found(any()).await, [ids[1], ids[0], ids[2]], "where the platform gives no time, by ours");
        assert_eq!(found(MirrorFilter { due_before: Some(now), ..any() }).await, [ids[1]]);
        assert_eq!(
            found(MirrorFilter { due_from: Some(now), due_before: Some(now + hours(48)), ..any() }).await,
            [ids[0]]
        );
        assert_eq!(found(MirrorFilter { unsatisfied: true, ..any() }).await, [ids[0]]);
        assert_eq!(found(MirrorFilter { watched: true, ..any() }).await, [ids[2]]);
        assert_eq!(found(MirrorFilter { office: Some(MirrorOffice::Unmapped), ..any() }).await, [ids[1]]);
        let of = MirrorFilter { office: Some(MirrorOffice::Is("rsj".into())), ..any() };
        assert_eq!(found(of).await, [ids[0], ids[2]]);
        assert_eq!(found(MirrorFilter { number: Some("浙1".into()), ..any() }).await, [ids[1]]);
        assert_eq!(found(MirrorFilter { number: Some("%".into()), ..any() }).await, []);
        assert_eq!(store.mirrored_cases(&DUTY, &any(), 1, 1).await.unwrap()[0].item.id, ids[0]);
        let two = store.mirrored_by_age(&DUTY, &any(), Page { before: None, size: 2 }).await.unwrap();
        assert_eq!(two.rows.iter().map(|case| case.item.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
        let rest = store.mirrored_by_age(&DUTY, &any(), Page { before: two.next, size: 2 }).await.unwrap();
        assert_eq!((rest.rows.len(), rest.rows[0].item.id, rest.next), (1, ids[0], None));
        let loads = store.mirror_loads(&DUTY).await.unwrap();
        let loads: Vec<_> = loads
            .iter()
            .map(|l| (l.department.as_ref().map(|d| d.as_str()), l.open, l.overdue, l.unsatisfied))
            .collect();
        assert_eq!(loads, [(None, 1, 1, 0), (Some("rsj"), 2, 0, 1)]);
        let due =
            store.mirrored_due(now + hours(48), (jiff::Timestamp::UNIX_EPOCH, 0.into()), 10).await.unwrap();
        assert_eq!(
            due.iter().map(|case| case.item.id).collect::<Vec<_>>(),
            [ids[1], ids[0]],
            "ours presses nobody"
        );
        let after = (due[0].mirror.due_at.unwrap(), due[0].item.id);
        assert_eq!(store.mirrored_due(now + hours(48), after, 10).await.unwrap().len(), 1);
        // Withdrawn by the platform: no longer open.
        store.withdraw(&source, &["浙1-1".into()]).await.unwrap();
        assert_eq!(found(any()).await, [ids[0], ids[2]]);
        assert_eq!(found(MirrorFilter { state: MirrorState::Finished, ..any() }).await, [ids[1]]);
        assert_eq!(found(MirrorFilter { state: MirrorState::All, ..any() }).await.len(), 3);
        // The county learns whom the platform means.
        assert_eq!(store.unmapped_offices().await.unwrap(), ["县人社局"]);
        assert_eq!(store.map_mirrored("县人社局", &"rsj".into()).await.unwrap(), 1);
        let mapped = store.mirrored(&DUTY, ids[1]).await.unwrap().unwrap();
        assert_eq!(mapped.mirror.department, Some("rsj".into()));
    }
}

#[tokio::test]
async fn they_are_counted_with_no_case_of_ours_and_give_way_to_one() {
    for store in each_database().await.unwrap() {
        let source = platform(&store).await;
        let item = judged(&store, &source, "P1", "wages").await;
        let first = change_to(&store, mirror(&store, &item, Some("rsj"), Some(-5)), MirrorStep::First, None);
        store.save_mirrored(0, &first).await.unwrap();
        let overview = store.overview(&DUTY).await.unwrap();
        assert_eq!((overview.open_cases, overview.overdue_cases, overview.waiting), (0, 0, 0));
        assert!(overview.departments.is_empty());
        assert_eq!(store.count_cases(&Viewer::SYSTEM, &Default::default()).await.unwrap(), 0);
        store.open_case(opening(&store, &item, "rsj")).await.unwrap();
        assert!(store.mirrored(&Viewer::SYSTEM, item.id).await.unwrap().is_none());
        assert_eq!(store.count_mirrored(&Viewer::SYSTEM, &MirrorFilter::default()).await.unwrap(), 0);
        assert!(store.mirror_loads(&DUTY).await.unwrap().is_empty());
    }
}

/// A row that says `told` in a column of its own, which the case's answer is read from, or one whose column was sealed.
fn row(number: &str, version: &str, told: Option<&str>) -> Arrival {
    let mut arrival = call(Some(number), "工地拖欠工资", version);
    let upstream = &mut arrival.content.upstream;
    upstream.case.state = Some("处理中".into());
    upstream.fields = vec![("状态".into(), "处理中".into())];
    match told {
        Some(told) => {
            upstream.case.answer = Some(told.into());
            upstream.fields.push(("处理描述".into(), told.into()));
        }
        None => arrival.sealed_fields = vec!["处理描述".into()],
    }
    arrival
}

#[tokio::test]
async fn a_column_that_is_sealed_later_is_said_of_the_case_in_no_earlier_version() {
    for store in each_database().await.unwrap() {
        let source = platform(&store).await;
        for version in
            [row("P1", "一", Some("找王某")), row("P1", "二", Some("找李某")), row("P1", "三", None)]
        {
            store.intake(&source, vec![version], vec![]).await.unwrap();
        }
        let item = store.claim_judging("w", 10, LEASE).await.unwrap().remove(0).item;
        let versions = store.item_versions(&Viewer::SYSTEM, item).await.unwrap();
        assert_eq!(versions.len(), 2);
        for version in versions {
            let upstream = &version.content.upstream;
            assert_eq!(upstream.case.answer, None);
            assert_eq!(upstream.case.state.as_deref(), Some("处理中"));
            assert_eq!(upstream.fields, [("状态".into(), "处理中".into())]);
        }
    }
}

#[tokio::test]
async fn what_another_column_says_too_stays_said_when_one_is_sealed() {
    for store in each_database().await.unwrap() {
        let source = platform(&store).await;
        store.intake(&source, vec![row("P1", "一", Some("处理中"))], vec![]).await.unwrap();
        store.intake(&source, vec![row("P1", "二", None)], vec![]).await.unwrap();
        let item = store.claim_judging("w", 10, LEASE).await.unwrap().remove(0).item;
        let before = &store.item_versions(&Viewer::SYSTEM, item).await.unwrap()[0].content.upstream;
        assert_eq!(before.fields, [("状态".into(), "处理中".into())]);
        assert_eq!(before.case.state.as_deref(), Some("处理中"), "the column of the state is not sealed");
    }
}

#[tokio::test]
async fn a_sealed_column_leaves_also_when_the_row_brings_nothing_new_or_is_withdrawn() {
    for store in each_database().await.unwrap() {
        let source = platform(&store).await;
        for number in ["P1", "P2"] {
            store.intake(&source, vec![row(number, "一", Some("找王某"))], vec![]).await.unwrap();
        }
        // The sheet left the column empty before it was sealed: its last version stays the last one.
        let emptied = Arrival { sealed_fields: vec![], ..row("P1", "二", None) };
        store.intake(&source, vec![emptied], vec![]).await.unwrap();
        let withdrawn = Arrival { withdrawn: true, ..row("P2", "二", None) };
        let counts = store.intake(&source, vec![row("P1", "二", None), withdrawn], vec![]).await.unwrap();
        assert_eq!((counts.unchanged, counts.updated), (1, 1));
        for task in store.claim_judging("w", 10, LEASE).await.unwrap() {
            let item = store.item(&Viewer::SYSTEM, task.item).await.unwrap().unwrap();
            let versions = store.item_versions(&Viewer::SYSTEM, item.id).await.unwrap();
            assert_eq!(versions.len(), usize::from(item.external_id == "P1"));
            for content in versions.iter().map(|version| &version.content).chain([&item.content]) {
                let shown = serde_json::to_string(&content.upstream).unwrap();
                assert!(!shown.contains("王某") && shown.contains("处理中"), "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn what_an_earlier_version_said_is_not_written_over_a_later_one() {
    for store in each_database().await.unwrap() {
        let source = platform(&store).await;
        let item = judged(&store, &source, "P1", "wages").await;
        store.intake(&source, vec![row("P1", "二", None)], vec![]).await.unwrap();
        let late = change_to(&store, mirror(&store, &item, Some("rsj"), Some(5)), MirrorStep::First, None);
        let late = MirrorChange { of_version: Some(1), ..late };
        store.save_mirrored(0, &late).await.unwrap();
        assert!(store.mirrored(&Viewer::SYSTEM, item.id).await.unwrap().is_none());
        store.save_mirrored(0, &MirrorChange { of_version: Some(2), ..late }).await.unwrap();
        assert!(store.mirrored(&Viewer::SYSTEM, item.id).await.unwrap().is_some());
    }
}
