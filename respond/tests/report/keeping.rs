//! Kept reports: drafted by the calendar, written on, submitted, approved by somebody else, and frozen.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::date;
use qingting_models::county::County;
use qingting_models::ids::ReportId;
use qingting_models::records::*;
use qingting_models::store::testing::each_database;
use qingting_models::store::{NewUser, Page};
use qingting_respond::acting::ActingUser;
use qingting_respond::desk::Desk;
use qingting_respond::report::document::Block;
use qingting_respond::report::{Judgements, ReportError, Source, digest, kept_document};

use crate::county::{World, at};

pub(crate) async fn user(world: &World, login: &str, roles: &[Role]) -> ActingUser {
    let new = NewUser {
        login: login.into(),
        name: login.into(),
        roles: roles.to_vec(),
        department: roles.contains(&Role::Handler).then(|| "rsj".into()),
        password_hash: "x".into(),
        must_change_password: false,
    };
    ActingUser::of(&world.store.add_user(new, Actor::Console).await.unwrap())
}

pub(crate) async fn kept(world: &World, id: ReportId) -> KeptReport {
    world.store.kept_report(id).await.unwrap().unwrap()
}

fn figures(kept: &KeptReport) -> &ReportFigures {
    kept.content.figures().unwrap()
}

fn figures_mut(kept: &mut KeptReport) -> &mut ReportFigures {
    match &mut kept.content {
        ReportContent::Figures(figures) => figures,
        ReportContent::Brief(_) => panic!("a brief"),
    }
}

fn said(text: &str) -> Judgements {
    Judgements::from([("overview".to_owned(), text.to_owned()), ("nonsense".to_owned(), "x".to_owned())])
}

#[tokio::test]
async fn a_report_goes_from_draft_to_approval_and_stays_as_it_was() {
    for store in each_database().await.unwrap() {
        let mut world = World::new(store, 11).await;
        world.live(at("2026-09-07T00:00"), 63, 5).await;
        let (writer, other) =
            (user(&world, "wang", &[Role::Duty]).await, user(&world, "li", &[Role::Duty]).await);
        let leader = user(&world, "zhao", &[Role::Leader]).await;
        let span = ReportSpan::week_of(date(2026, 10, 26)).unwrap();
        let scope = ReportScope::default();
        let by = writer.actor;
        let id = world.desk.make_report(span, scope.clone(), by).await.unwrap();
        // One of the same days at a time.
        let second = world.desk.make_report(span, scope.clone(), by).await.unwrap_err();
        assert!(matches!(&second, ReportError::Exists { by, .. } if by == "wang"), "{second}");
        let draft = kept(&world, id).await;
        assert_eq!((draft.state, draft.version, &draft.number), (ReportState::Draft, 1, &None));
        assert_eq!(draft.digest, digest(figures(&draft)).unwrap());

        world.desk.write_report(id, 1, said("来电 13800001234 反映集中。"), by).await.unwrap();
        let late = world.desk.write_report(id, 1, said("晚了"), other.actor).await.unwrap_err();
        assert!(matches!(&late, ReportError::Changed { by, .. } if by == "wang"), "{late}");
        let long = world.desk.write_report(id, 2, said(&"长".repeat(4_001)), by).await.unwrap_err();
        assert!(matches!(&long, ReportError::TooLong(title) if title == "总体情况"), "{long}");
        let written = kept(&world, id).await;
        assert_eq!(written.judgements.len(), 1);
        assert!(!written.judgements["overview"].contains("13800001234"), "{:?}", written.judgements);

        // A leader approves what was submitted, the writer does not approve his own.
        let early = world.desk.move_report(id, 2, ReportDeed::Approved, "", &leader).await.unwrap_err();
        assert!(matches!(early, ReportError::Refused(_)), "{early}");
        world.desk.move_report(id, 2, ReportDeed::Submitted, "", &writer).await.unwrap();
        let own = world.desk.move_report(id, 3, ReportDeed::Approved, "", &writer).await.unwrap_err();
        assert!(own.to_string().contains("提交人以外"), "{own}");
        let unsaid = world.desk.move_report(id, 3, ReportDeed::SentBack, " ", &leader).await.unwrap_err();
        assert!(unsaid.to_string().contains("原因"), "{unsaid}");
        world.desk.move_report(id, 3, ReportDeed::SentBack, "补充安全生产", &leader).await.unwrap();
        world.desk.move_report(id, 4, ReportDeed::Submitted, "", &writer).await.unwrap();
        world.desk.move_report(id, 5, ReportDeed::Approved, "", &other).await.unwrap();
        let approved = kept(&world, id).await;
        assert_eq!(approved.number.as_deref(), Some("2026年周报第1期"));
        let deeds: Vec<ReportDeed> = approved.steps.iter().map(|step| step.what).collect();
        assert_eq!(
            deeds,
            [
                ReportDeed::Made,
                ReportDeed::Written,
                ReportDeed::Submitted,
                ReportDeed::SentBack,
                ReportDeed::Submitted,
                ReportDeed::Approved
            ]
        );
        for deed in [ReportDeed::Submitted, ReportDeed::SentBack, ReportDeed::Approved] {
            let done = world.desk.move_report(id, 6, deed, "x", &leader).await;
            assert!(matches!(done, Err(ReportError::Refused(_))), "{deed}");
        }
        assert!(world.desk.write_report(id, 6, said("改"), by).await.is_err());
        assert!(world.desk.recount_report(id, 6, by).await.is_err());

        // Whatever comes later, it says what it said, and its items are those that it counted.
        world.live(at("2026-10-26T00:00"), 7, 9).await;
        let frozen = kept(&world, id).await;
        assert_eq!(frozen, approved);
        let now = world.desk.report(span, scope.clone()).await.unwrap();
        assert_ne!(now.totals.items.now, figures(&frozen).totals.items.now);
        let cells = world.store.kept_cells(id).await.unwrap();
        let mut topics: BTreeMap<Option<String>, i64> = BTreeMap::new();
        for cell in &cells {
            *topics.entry(cell.topic.as_ref().map(ToString::to_string)).or_default() += cell.items;
        }
        let shares = figures(&frozen).topics.iter().filter(|share| share.count.now > 0);
        assert_eq!(topics, shares.map(|share| (share.code.clone(), share.count.now)).collect());
        let found = world.store.approved_report(&span, &scope).await.unwrap();
        assert_eq!(found.map(|report| report.id), Some(id));
        assert!(world.desk.is_sound(&frozen).await.unwrap());
        let mut other = frozen.clone();
        figures_mut(&mut other).totals.open += 1;
        assert!(!world.desk.is_sound(&other).await.unwrap(), "another figure has another digest");
        other = frozen.clone();
        figures_mut(&mut other).topics[0].count.now += 1;
        other.digest = digest(figures(&other)).unwrap();
        assert!(!world.desk.is_sound(&other).await.unwrap(), "its items do not make this");
        let source = Source::Kept(Box::new(frozen));
        let (rows, _) = world.desk.annex(&source, None, 1_000).await.unwrap();
        assert_eq!(rows.len() as i64, source.figures().unwrap().totals.items.now);

        // A correction is a report of its own, with the next number.
        let second = world.desk.make_report(span, scope.clone(), by).await.unwrap();
        world.desk.move_report(second, 1, ReportDeed::Submitted, "", &writer).await.unwrap();
        world.desk.move_report(second, 2, ReportDeed::Approved, "", &leader).await.unwrap();
        assert_eq!(kept(&world, second).await.number.as_deref(), Some("2026年周报第2期"));
        let found = world.store.approved_report(&span, &scope).await.unwrap();
        assert_eq!(found.map(|report| report.id), Some(second));
    }
}

#[tokio::test]
async fn a_draft_is_counted_again_and_keeps_what_was_written() {
    for store in each_database().await.unwrap() {
        let mut world = World::new(store, 12).await;
        world.live(at("2026-10-05T00:00"), 28, 4).await;
        let span = ReportSpan::month_of(date(2026, 10, 9)).unwrap();
        let by = Actor::Console;
        let id = world.desk.make_report(span, ReportScope::default(), by).await.unwrap();
        world.desk.write_report(id, 1, said("月度研判。"), by).await.unwrap();
        let before = figures(&kept(&world, id).await).totals.items.now;
        world.live(at("2026-10-20T00:00"), 7, 9).await;
        world.desk.recount_report(id, 2, by).await.unwrap();
        let after = kept(&world, id).await;
        assert!(figures(&after).totals.items.now > before);
        assert_eq!(
            figures(&after).totals,
            world.desk.report(span, ReportScope::default()).await.unwrap().totals
        );
        assert_eq!(after.judgements["overview"], "月度研判。");
        let cells = world.store.kept_cells(id).await.unwrap();
        assert_eq!(cells.iter().map(|cell| cell.items).sum::<i64>(), figures(&after).totals.items.now);
    }
}

/// The county with another style of the weekly report and another sentence.
fn restyled() -> County {
    let weekly = include_str!("../../../data/xiangshan/reports/weekly.toml");
    let (head, _) = weekly.split_once("[[chapter]]").unwrap();
    let head =
        head.replace("header = \"\"", "header = \"象山县网络舆情信息中心\"").replace("bars = 12", "bars = 2");
    let chapter = |code: &str, title: &str| format!("[[chapter]]\ncode = \"{code}\"\ntitle = \"{title}\"\n");
    let weekly = format!("{head}{}{}", chapter("ahead", "下周重点"), chapter("shares", "都在说什么"));
    let wording = "[shares]\ntopics = \"说得最多的是{话题}，见{表}。\"\n".to_owned();
    let texts = [("reports/weekly.toml", weekly), ("reports/wording.toml", wording)];
    County::from_texts(&texts.map(|(name, text)| (name.to_owned(), text)).into()).unwrap()
}

#[tokio::test]
async fn a_report_looks_as_the_county_had_it_when_it_was_counted() {
    for store in each_database().await.unwrap() {
        let mut world = World::new(store, 16).await;
        world.live(at("2026-10-05T00:00"), 28, 4).await;
        let (span, by) = (ReportSpan::week_of(date(2026, 10, 19)).unwrap(), Actor::Console);
        let id = world.desk.make_report(span, ReportScope::default(), by).await.unwrap();
        world.desk.write_report(id, 1, said("总的看法。"), by).await.unwrap();
        let read = async |world: &World| {
            let kept = kept(world, id).await;
            kept_document(&kept)
        };
        let before = read(&world).await;
        assert_eq!((before.chapters.len(), &before.header), (9, &None));
        world.desk = Desk::new((*world.store).clone(), Arc::new(restyled()));
        assert_eq!(read(&world).await, before, "what is written stays as it is");
        world.desk.recount_report(id, 2, by).await.unwrap();
        let after = read(&world).await;
        assert_eq!(after.header.as_deref(), Some("象山县网络舆情信息中心"));
        let titles: Vec<&str> = after.chapters.iter().map(|chapter| chapter.title.as_str()).collect();
        assert_eq!(titles, ["一、下周重点", "二、都在说什么"]);
        let Block::Sentence(said_now) = &after.chapters[1].blocks[0] else { panic!("{after:?}") };
        assert!(said_now.starts_with("说得最多的是") && said_now.ends_with("，见表2。"), "{said_now}");
        let bars = after.charts().find(|chart| chart.title.ends_with("各话题信息量")).unwrap();
        assert_eq!(bars.drawing.says.matches(" 条").count(), 2, "{}", bars.drawing.says);
        // What was written on a chapter that is left out now is kept until it is there again.
        let other = Judgements::from([("ahead".to_owned(), "盯住工地。".to_owned())]);
        world.desk.write_report(id, 3, other, by).await.unwrap();
        let judgements = kept(&world, id).await.judgements;
        assert_eq!(
            (judgements["overview"].as_str(), judgements["ahead"].as_str()),
            ("总的看法。", "盯住工地。")
        );
    }
}

#[tokio::test]
async fn the_calendar_drafts_each_report_once_from_its_hour_on() {
    for store in each_database().await.unwrap() {
        let mut world = World::new(store, 13).await;
        world.store.clock.set(at("2026-10-05T07:00"));
        assert_eq!(world.desk.draft_reports().await.unwrap(), 0, "nothing is known of the time before");
        world.live(at("2026-10-19T00:00"), 2, 3).await;
        // Weekly and monthly at seven, as the county's file says.
        world.store.clock.set(at("2026-11-30T06:59"));
        assert_eq!(world.desk.draft_reports().await.unwrap(), 1, "October is long past its hour");
        world.store.clock.set(at("2026-11-30T07:00"));
        assert_eq!(world.desk.draft_reports().await.unwrap(), 1);
        assert_eq!(world.desk.draft_reports().await.unwrap(), 0);
        world.store.clock.set(at("2026-12-02T09:00"));
        assert_eq!(world.desk.draft_reports().await.unwrap(), 1);
        let all = world.store.kept_reports(None, false, Page::default()).await.unwrap().rows;
        let names: Vec<String> =
            all.iter().map(|line| format!("{}{}", line.span.kind.label(), line.span.name())).collect();
        assert_eq!(names, ["月报2026年11月", "周报2026年第48周", "月报2026年10月"]);
        assert!(all.iter().all(|line| line.state == ReportState::Draft));
        let two = tokio::join!(world.desk.draft_reports(), world.desk.draft_reports());
        assert_eq!((two.0.unwrap(), two.1.unwrap()), (0, 0));
    }
}

#[tokio::test]
async fn those_whom_a_report_calls_for_are_told() {
    for store in each_database().await.unwrap() {
        let mut world = World::new(store, 14).await;
        world.desk.add_first_notice_rules(Actor::Console).await.unwrap();
        let (writer, leader) =
            (user(&world, "wang", &[Role::Duty]).await, user(&world, "zhao", &[Role::Leader]).await);
        user(&world, "clerk", &[Role::Handler]).await;
        world.live(at("2026-10-19T00:00"), 2, 3).await;
        world.store.clock.set(at("2026-10-26T07:00"));
        assert_eq!(world.desk.draft_reports().await.unwrap(), 1);
        let id = world.store.kept_reports(None, false, Page::default()).await.unwrap().rows[0].id;
        let told = async |login: &str| -> Vec<(NoticeKind, String)> {
            while world.desk.tell_next("w", 50).await.unwrap() > 0 {}
            let (user, ..) = world.store.user_named(login).await.unwrap().unwrap();
            let page = world.store.notices(&Viewer::of(&user), user.id, true, Page::default()).await.unwrap();
            let told = page.rows.into_iter().filter_map(|notice| match notice.about {
                NoticeAbout::Report(line) => Some((notice.kind, line.span.name())),
                _ => None,
            });
            told.collect()
        };
        let week = || "2026年第43周".to_owned();
        assert_eq!(told("wang").await, [(NoticeKind::ReportDrafted, week())]);
        assert_eq!(told("zhao").await, []);
        world.desk.move_report(id, 1, ReportDeed::Submitted, "", &writer).await.unwrap();
        assert_eq!(told("zhao").await, [(NoticeKind::ReportSubmitted, week())]);
        assert_eq!(told("wang").await, [], "who submits knows of it, and there is no draft any more");
        world.desk.move_report(id, 2, ReportDeed::SentBack, "补充", &leader).await.unwrap();
        assert_eq!(told("wang").await[0], (NoticeKind::ReportSentBack, week()));
        world.desk.move_report(id, 3, ReportDeed::Submitted, "", &writer).await.unwrap();
        assert_eq!(told("zhao").await.len(), 1, "that it was submitted before calls for nothing");
        world.desk.move_report(id, 4, ReportDeed::Approved, "", &leader).await.unwrap();
        assert_eq!(told("zhao").await, [], "who approves knows of it");
        assert_eq!(told("clerk").await, []);
    }
}

#[tokio::test]
async fn an_incident_that_turned_confidential_is_named_in_no_report_any_more() {
    for store in each_database().await.unwrap() {
        let mut world = World::new(store, 15).await;
        world.live(at("2026-10-19T00:00"), 7, 12).await;
        let span = ReportSpan::week_of(date(2026, 10, 19)).unwrap();
        let id = world.desk.make_report(span, ReportScope::default(), Actor::Console).await.unwrap();
        let before = kept(&world, id).await;
        let hidden = figures(&before).incidents[0].id;
        assert_eq!(world.desk.shown(before.clone()).await.unwrap(), before, "nothing is confidential yet");
        world.seal_incident(hidden).await;
        let shown = world.desk.shown(kept(&world, id).await).await.unwrap();
        assert_eq!(figures(&shown).totals, figures(&before).totals, "its figures stay");
        let places = figures(&before).incidents.iter().zip(&figures(&shown).incidents);
        for (then, now) in places {
            let gone = then.id == hidden;
            assert_eq!(now.title.contains("保密"), gone, "{}", then.title);
            assert_eq!(now.title == then.title, !gone, "{}", then.title);
        }
        assert!(world.desk.is_sound(&kept(&world, id).await).await.unwrap());
    }
}
