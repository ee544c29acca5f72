//! Mirrored cases over a store: what sheets bring and change, who presses, what the clock presses, who is told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use qingting_models::county::{County, TopicCode};
use qingting_models::ids::ItemId;
use qingting_models::records::*;
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{Arrival, MirrorFilter, NewJudgement, NewSource, NewUser, Page};
use qingting_respond::acting::ActingUser;
use qingting_respond::deadline::Light;
use qingting_respond::desk::{ActError, Desk};
use qingting_respond::refusal::Refusal;

const LEASE: SignedDuration = SignedDuration::from_secs(60);

fn at(text: &str) -> Timestamp {
    format!("{text}:00+08:00").parse().unwrap()
}

struct Office {
    store: TestStore,
    desk: Desk,
    source: Source,
}

impl Office {
    /// On Monday, 2 November 2026, at nine.
    async fn on(store: TestStore) -> Self {
        store.clock.set(at("2026-11-02T09:00"));
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
        let source = store.add_source(new, Actor::Console).await.unwrap();
        let desk = Desk::new((*store).clone(), Arc::new(County::embedded().unwrap()));
        Self { store, desk, source }
    }

    /// A row of a sheet, through judging and routing.
    async fn row(&self, number: Option<&str>, upstream: Upstream, topic: &str) -> Option<ItemId> {
        self.take_in(number, upstream, &[]).await;
        self.follow(topic).await
    }

    /// A row of a sheet of which some columns are sealed.
    async fn take_in(&self, number: Option<&str>, upstream: Upstream, sealed: &[&str]) {
        let arrival = Arrival {
            external_id: number.map(str::to_owned),
            canonical: format!("{number:?}{}", serde_json::to_string(&upstream).unwrap()),
            content: ItemContent {
                title: "小区停水".into(),
                body: "三天没有水".into(),
                url: None,
                occurred_at: Some(self.store.now()),
                upstream,
            },
            original: serde_json::json!({}).into(),
            sameness: Default::default(),
            withdrawn: false,
            language: None,
            sealed_fields: sealed.iter().map(|&header| header.to_owned()).collect(),
        };
        self.store.intake(&self.source, vec![arrival], vec![]).await.unwrap();
    }

    /// Judges and routes what was taken in.
    async fn follow(&self, topic: &str) -> Option<ItemId> {
        let verdict = NewJudgement {
            model: "m".into(),
            topics: vec![TopicScore { code: TopicCode::new(topic), score: 0.99 }],
            unsure: false,
            kind: Kind::Complaint,
            urgency: Urgency::Ordinary,
            office: "住建".into(),
            offices: vec![],
            places: vec![],
            sender_town: None,
            reasons: vec![],
            search_words: String::new(),
            signature: Vec::new(),
        };
        let tasks = self.store.claim_judging("w", 10, LEASE).await.unwrap();
        let item = tasks.first().map(|task| task.item);
        let verdicts = tasks.into_iter().map(|task| (task, verdict.clone())).collect();
        self.store.save_verdicts("w", verdicts).await.unwrap();
        self.desk.route_next("w", 10).await.unwrap();
        item
    }

    async fn case(&self, item: ItemId) -> MirroredCase {
        self.store.mirrored(&Viewer::SYSTEM, item).await.unwrap().unwrap()
    }

    /// Steps and notes of the timeline.
    async fn lines(&self, item: ItemId) -> Vec<(MirrorStep, String)> {
        let lines = self.store.mirror_lines(&Viewer::SYSTEM, item).await.unwrap();
        lines.into_iter().map(|line| (line.step, line.note)).collect()
    }

    async fn user(&self, login: &str, roles: &[Role], department: Option<&str>) -> (Viewer, ActingUser) {
        let new = NewUser {
            login: login.into(),
            name: login.into(),
            roles: roles.to_vec(),
            department: department.map(Into::into),
            password_hash: "x".into(),
            must_change_password: false,
        };
        let user = self.store.add_user(new, Actor::Console).await.unwrap();
        (Viewer::of(&user), ActingUser::of(&user))
    }

    async fn told(&self, login: &str) -> Vec<NoticeKind> {
        let (user, ..) = self.store.user_named(login).await.unwrap().unwrap();
        let notices = self.store.notices(&Viewer::of(&user), user.id, true, Page::default()).await.unwrap();
        notices.rows.into_iter().map(|notice| notice.kind).collect()
    }
}

fn said(office: &str, state: &str) -> Upstream {
    Upstream {
        dispatched_at: Some(at("2026-11-02T08:30")),
        due_at: Some(at("2026-11-05T17:00")),
        finished: state == "已办结",
        case: UpstreamCase {
            office: Some(office.into()),
            state: Some(state.into()),
            ..UpstreamCase::default()
        },
        fields: Vec::new(),
    }
}

#[tokio::test]
async fn a_newer_sheet_is_followed_and_what_it_changed_is_told() {
    for store in each_database().await.unwrap() {
        let office = Office::on(store).await;
        let item = office.row(Some("P1"), said("县住建局、水务集团", "处理中"), "urban").await.unwrap();
        let case = office.case(item).await;
        assert_eq!(case.mirror.department, Some("zjj".into()), "the first of several that is known");
        // hotline.handle: five working days from the dispatch.
        let ours = case.mirror.ours.clone().unwrap();
        assert_eq!((ours.rule.as_str(), ours.at), ("hotline.handle", at("2026-11-09T17:00")));
        assert_eq!(case.mirror.sort_at(), Some(at("2026-11-05T17:00")), "the platform's own time counts");
        let now = at("2026-11-09T17:00");
        assert_eq!(office.desk.our_light(&case, now), Some(Light::Red));
        assert_eq!(office.desk.our_light(&case, at("2026-11-05T09:00")), Some(Light::Green));
        assert_eq!(office.lines(item).await, [(MirrorStep::First, "省平台，处理中".into())]);
        assert_eq!(office.row(Some("P1"), said("县住建局、水务集团", "处理中"), "urban").await, None);
        let mut newer = said("县住建局、水务集团", "已办结");
        newer.due_at = Some(at("2026-11-06T17:00"));
        newer.case.answer = Some("已恢复供水。".into());
        newer.case.satisfaction = Some("不满意".into());
        newer.case.unsatisfied = true;
        office.row(Some("P1"), newer.clone(), "urban").await.unwrap();
        let case = office.case(item).await;
        assert!(!case.is_open() && case.mirror.said.unsatisfied && case.mirror.version == 2);
        let note = "状态：处理中 → 已办结；平台已办结；平台时限：2026-11-05 17:00 → 2026-11-06 17:00；收到答复；满意度：无 → 不满意";
        assert_eq!(office.lines(item).await[1], (MirrorStep::Seen, note.into()));
        assert_eq!(office.store.mirror_versions(&Viewer::OPEN, item).await.unwrap().len(), 1);
        // A newer sheet with another text and the same case: nothing new is told.
        newer.fields.push(("备注".into(), "另起一行".into()));
        office.row(Some("P1"), newer, "urban").await.unwrap();
        assert_eq!(office.lines(item).await.len(), 2);
    }
}

#[tokio::test]
async fn only_what_has_a_number_there_is_mirrored_and_no_second_case_is_opened() {
    for store in each_database().await.unwrap() {
        let office = Office::on(store).await;
        let without = office.row(None, said("县住建局", "处理中"), "urban").await.unwrap();
        assert!(office.store.mirrored(&Viewer::SYSTEM, without).await.unwrap().is_none());
        let item = office.row(Some("P1"), said("没有的单位", "处理中"), "urban").await.unwrap();
        assert_eq!(office.case(item).await.mirror.department, None);
        let (viewer, duty) = office.user("duty", &[Role::Duty], None).await;
        let opened = office.desk.assign_item(&viewer, &duty, item, &"zjj".into(), "").await;
        assert!(matches!(opened, Err(ActError::Refused(Refusal::Mirrored))), "{opened:?}");
        assert_eq!(office.store.count_cases(&Viewer::SYSTEM, &Default::default()).await.unwrap(), 0);
        // What another platform does not run a case on is assigned as ever.
        office.desk.assign_item(&viewer, &duty, without, &"zjj".into(), "").await.unwrap();
    }
}

#[tokio::test]
async fn the_clock_presses_at_yellow_and_at_red_once_each_and_tells_the_department() {
    for store in each_database().await.unwrap() {
        let office = Office::on(store).await;
        office.user("handler", &[Role::Handler], Some("zjj")).await;
        office.user("reviewer", &[Role::Reviewer], Some("zjj")).await;
        office.user("other", &[Role::Handler], Some("jyj")).await;
        let item = office.row(Some("P1"), said("县住建局", "处理中"), "urban").await.unwrap();
        assert_eq!(office.desk.tick().await.unwrap().pressed, 0);
        office.store.clock.set(at("2026-11-04T16:59"));
        assert_eq!(office.desk.tick().await.unwrap().pressed, 0);
        office.store.clock.set(at("2026-11-04T17:00"));
        assert_eq!(
            office.desk.mirror_light(&office.case(item).await, office.store.now()),
            Some(Light::Yellow)
        );
        for pressed in [1, 0] {
            assert_eq!(office.desk.tick().await.unwrap().pressed, pressed, "yellow once");
        }
        office.desk.tell_next("w", 10).await.unwrap();
        assert_eq!(office.told("handler").await, [NoticeKind::PressedYellow]);
        assert_eq!(office.told("reviewer").await, []);
        office.store.clock.set(at("2026-11-05T17:00"));
        for pressed in [1, 0] {
            assert_eq!(office.desk.tick().await.unwrap().pressed, pressed, "red once");
        }
        office.desk.tell_next("w", 10).await.unwrap();
        assert_eq!(office.told("handler").await, [NoticeKind::PressedRed, NoticeKind::PressedYellow]);
        assert_eq!(office.told("reviewer").await, [NoticeKind::PressedRed]);
        assert_eq!(office.told("other").await, []);
        // A new due time is pressed anew; what is finished is pressed no more.
        let mut later = said("县住建局", "处理中");
        later.due_at = Some(at("2026-11-06T17:00"));
        office.row(Some("P1"), later, "urban").await.unwrap();
        assert_eq!(office.desk.tick().await.unwrap().pressed, 1);
        office.row(Some("P1"), said("县住建局", "已办结"), "urban").await.unwrap();
        office.store.clock.set(at("2026-11-20T17:00"));
        assert_eq!(office.desk.tick().await.unwrap().pressed, 0);
        let presses = office.lines(item).await;
        assert_eq!(presses.iter().filter(|(step, _)| *step == MirrorStep::Press).count(), 3);
    }
}

#[tokio::test]
async fn where_the_platform_gives_no_due_time_ours_only_warns() {
    for store in each_database().await.unwrap() {
        let office = Office::on(store).await;
        let item = office
            .row(Some("P1"), Upstream { due_at: None, ..said("县住建局", "处理中") }, "urban")
            .await
            .unwrap();
        office.store.clock.set(at("2026-11-20T09:00"));
        assert_eq!(office.desk.mirror_light(&office.case(item).await, office.store.now()), Some(Light::Red));
        assert_eq!(office.desk.tick().await.unwrap().pressed, 0);
    }
}

#[tokio::test]
async fn people_press_with_a_note_and_mark_what_is_to_be_watched() {
    for store in each_database().await.unwrap() {
        let office = Office::on(store).await;
        office.user("handler", &[Role::Handler], Some("zjj")).await;
        let (all, duty) = office.user("duty", &[Role::Duty], None).await;
        let (_, leader) = office.user("leader", &[Role::Leader], None).await;
        let (own, reviewer) = office.user("reviewer", &[Role::Reviewer], Some("zjj")).await;
        let item = office.row(Some("P1"), said("县住建局", "处理中"), "urban").await.unwrap();
        let desk = &office.desk;
        let refused = |outcome: Result<(), ActError>| match outcome {
            Err(ActError::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        };
        assert!(matches!(refused(desk.press_mirrored(&all, &duty, item, 1, " ").await), Refusal::Missing(_)));
        assert_eq!(refused(desk.press_mirrored(&own, &reviewer, item, 1, "快").await), Refusal::MirrorRole);
        let long = "长".repeat(501);
        assert!(matches!(
            refused(desk.press_mirrored(&all, &duty, item, 1, &long).await),
            Refusal::TooLong { .. }
        ));
        desk.press_mirrored(&all, &leader, item, 1, "").await.unwrap();
        let again = desk.press_mirrored(&all, &duty, item, 1, "请抓紧").await;
        assert!(matches!(again, Err(ActError::Changed { .. })), "{again:?}");
        assert!(matches!(
            refused(desk.press_mirrored(&all, &leader, item, 2, "").await),
            Refusal::Missing(_)
        ));
        desk.press_mirrored(&all, &duty, item, 2, "群众再次来电 13800000000").await.unwrap();
        let case = office.case(item).await;
        assert_eq!((case.mirror.pressed, case.mirror.presses), (3, 2));
        assert!(!office.lines(item).await[2].1.contains("13800000000"), "notes are masked");
        desk.tell_next("w", 10).await.unwrap();
        let told = office.told("handler").await;
        assert!(told.contains(&NoticeKind::PressedByLeader), "{told:?}");
        assert!(matches!(
            refused(desk.watch_mirrored(&all, &duty, item, 3, true, "").await),
            Refusal::Missing(_)
        ));
        assert_eq!(
            refused(desk.watch_mirrored(&all, &leader, item, 3, true, "看").await),
            Refusal::MirrorRole
        );
        desk.watch_mirrored(&all, &duty, item, 3, true, "群众不满意").await.unwrap();
        assert!(office.case(item).await.mirror.watched);
        assert_eq!(
            refused(desk.watch_mirrored(&all, &duty, item, 4, true, "再看").await),
            Refusal::NothingNew
        );
        desk.watch_mirrored(&all, &duty, item, 4, false, "").await.unwrap();
        office.row(Some("P1"), said("县住建局", "已办结"), "urban").await.unwrap();
        assert_eq!(refused(desk.press_mirrored(&all, &duty, item, 6, "再催").await), Refusal::MirrorOver);
    }
}

#[tokio::test]
async fn a_conduct_matter_is_pressed_by_the_discipline_officer_and_no_department_hears_of_it() {
    for store in each_database().await.unwrap() {
        let office = Office::on(store).await;
        office.user("handler", &[Role::Handler], Some("zjj")).await;
        let (all, duty) = office.user("duty", &[Role::Duty], None).await;
        let (eyes, discipline) = office.user("discipline", &[Role::Discipline], None).await;
        let item = office.row(Some("P1"), said("县住建局", "处理中"), "conduct").await.unwrap();
        let unseen = office.desk.press_mirrored(&all, &duty, item, 1, "催").await;
        assert!(matches!(unseen, Err(ActError::NotFound)), "{unseen:?}");
        office.desk.press_mirrored(&eyes, &discipline, item, 1, "请按时办理").await.unwrap();
        office.store.clock.set(at("2026-11-05T17:00"));
        assert_eq!(office.desk.tick().await.unwrap().pressed, 1);
        office.desk.tell_next("w", 10).await.unwrap();
        assert_eq!(office.told("handler").await, []);
    }
}

/// A sheet in which every part of the case stands in a column of its own.
fn in_columns(office: &str, state: &str, satisfaction: &str) -> Upstream {
    let mut upstream = said(office, state);
    upstream.case.satisfaction = Some(satisfaction.into());
    upstream.case.unsatisfied = true;
    upstream.case.answer = Some("已答复王某".into());
    let columns = [("经办", office), ("进度", state), ("回访记录", satisfaction), ("处理描述", "已答复王某")];
    upstream.fields = columns.map(|(header, value)| (header.to_owned(), value.to_owned())).to_vec();
    upstream
}

#[tokio::test]
async fn columns_that_are_sealed_later_are_told_nowhere_and_what_came_of_them_neither() {
    for store in each_database().await.unwrap() {
        let office = Office::on(store).await;
        let item =
            office.row(Some("P1"), in_columns("王科长", "王某在办", "王某不满意"), "urban").await.unwrap();
        let newer = in_columns("王科长；李科员", "王某在办；李某协办", "王某不满意；李某也不满意");
        office.row(Some("P1"), newer, "urban").await.unwrap();
        let noted = "状态：王某在办 → 王某在办；李某协办；承办单位：王科长 → 王科长；李科员；满意度：王某不满意 → 王某不满意；李某也不满意";
        assert_eq!(office.lines(item).await[1].1, noted);
        let sealed = ["经办", "进度", "回访记录", "处理描述"];
        let bare = Upstream { case: UpstreamCase::default(), ..said("", "") };
        office.take_in(Some("P1"), bare, &sealed).await;
        // Also before the next judging and routing, and no less after it.
        for judged in [false, true] {
            if judged {
                assert_eq!(office.follow("urban").await, Some(item));
            }
            let case = office.case(item).await;
            assert_eq!(case.mirror.said, UpstreamCase::default());
            assert_eq!(office.store.unmapped_offices().await.unwrap(), [""; 0]);
            let unsatisfied = MirrorFilter { unsatisfied: true, ..MirrorFilter::default() };
            assert_eq!(office.store.count_mirrored(&Viewer::SYSTEM, &unsatisfied).await.unwrap(), 0);
            let seal = "（列已密封）";
            assert_eq!(
                office.lines(item).await,
                [
                    (MirrorStep::First, format!("省平台，{seal}")),
                    (
                        MirrorStep::Seen,
                        format!("状态：{seal} → {seal}；承办单位：{seal} → {seal}；满意度：{seal} → {seal}")
                    ),
                ]
            );
            for version in office.store.mirror_versions(&Viewer::SYSTEM, item).await.unwrap() {
                let upstream = version.content.upstream;
                assert_eq!((upstream.case, upstream.fields), (UpstreamCase::default(), Vec::new()));
            }
        }
    }
}

#[tokio::test]
async fn a_press_that_was_read_before_a_column_was_sealed_does_not_bring_its_words_back() {
    for store in each_database().await.unwrap() {
        let office = Office::on(store).await;
        let (all, duty) = office.user("duty", &[Role::Duty], None).await;
        let item =
            office.row(Some("P1"), in_columns("县住建局", "在办", "王某不满意"), "urban").await.unwrap();
        let seen = office.case(item).await.mirror.version;
        let mut shown = in_columns("县住建局", "在办", "");
        shown.case.satisfaction = None;
        shown.fields.retain(|(header, _)| header != "回访记录");
        office.take_in(Some("P1"), shown, &["回访记录"]).await;
        let pressed = office.desk.press_mirrored(&all, &duty, item, seen, "请抓紧").await;
        assert!(matches!(pressed, Err(ActError::Changed { .. })), "{pressed:?}");
        assert_eq!(office.case(item).await.mirror.said.satisfaction, None);
    }
}
