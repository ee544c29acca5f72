//! Kept briefs: made of an incident, written on, recounted, approved with a number, and shown without what turned confidential.

use qingting_models::ids::IncidentId;
use qingting_models::records::*;
use qingting_models::store::testing::each_database;
use qingting_models::store::{IncidentFilter, Page, Rank};
use qingting_respond::report::document::{Block, Value};
use qingting_respond::report::{Judgements, ReportError, digest, flash, kept_document};

use crate::county::{World, at};
use crate::keeping::{kept, user};

fn brief(kept: &KeptReport) -> &Brief {
    match &kept.content {
        ReportContent::Brief(brief) => brief,
        ReportContent::Figures(_) => panic!("a report of days"),
    }
}

/// The open incident with the most items, and it has a case.
async fn largest(world: &World) -> IncidentId {
    let page = world
        .store
        .incidents(&Viewer::OPEN, &IncidentFilter::default(), Rank { page: 0, size: 200 })
        .await
        .unwrap();
    let mut all: Vec<(i64, IncidentId)> = Vec::new();
    for incident in page.rows {
        let members = world.store.members(&Viewer::OPEN, incident.id, 1_000).await.unwrap();
        if members.iter().any(|(item, _)| item.case.is_some()) {
            all.push((incident.items, incident.id));
        }
    }
    all.into_iter().max().unwrap().1
}

#[tokio::test]
async fn a_brief_goes_from_draft_to_approval_and_stays_as_it_was() {
    for store in each_database().await.unwrap() {
        let mut world = World::new(store, 21).await;
        world.live(at("2026-10-05T00:00"), 21, 9).await;
        let writer = user(&world, "wang", &[Role::Duty]).await;
        let leader = user(&world, "zhao", &[Role::Leader]).await;
        let (incident, by) = (largest(&world).await, writer.actor);
        let id = world.desk.make_brief(incident, by).await.unwrap();
        let second = world.desk.make_brief(incident, leader.actor).await.unwrap_err();
        assert!(matches!(&second, ReportError::BriefExists { by, .. } if by == "wang"), "{second}");

        let draft = kept(&world, id).await;
        let told = brief(&draft);
        // What it tells is what the items of the incident make.
        let members = world.store.members(&Viewer::OPEN, incident, 1_000).await.unwrap();
        assert_eq!(told.read, members.len() as i64);
        assert_eq!(told.spread.iter().map(|row| row.2).sum::<i64>(), told.read);
        let heard = members.iter().filter(|(item, _)| item.channel != Channel::News).count() as i64;
        assert!(told.asked.len() == 12 || told.asked.iter().map(|asked| asked.items).sum::<i64>() == heard);
        let rows = world.store.kept_items(id, None, 1_000).await.unwrap();
        assert_eq!(rows.len() as i64, told.read);
        assert_eq!(draft.digest, digest(told).unwrap());
        assert!(world.desk.is_sound(&draft).await.unwrap());
        let mut other = draft.clone();
        let ReportContent::Brief(changed) = &mut other.content else { panic!() };
        changed.spread[0].2 += 1;
        other.digest = digest(changed).unwrap();
        assert!(!world.desk.is_sound(&other).await.unwrap(), "its items make another count");

        let said = Judgements::from([
            ("next".to_owned(), "请回访 13800001234 的来电人。".to_owned()),
            ("overview".to_owned(), "没有这一章".to_owned()),
        ]);
        world.desk.write_report(id, 1, said, by).await.unwrap();
        world.live(at("2026-10-26T00:00"), 7, 9).await;
        world.desk.recount_report(id, 2, by).await.unwrap();
        let again = kept(&world, id).await;
        assert!(brief(&again).read >= told.read && brief(&again).cutoff > told.cutoff);
        assert_eq!(again.judgements.len(), 1, "what was written stays");
        world.desk.move_report(id, 3, ReportDeed::Submitted, "", &writer).await.unwrap();
        let own = world.desk.move_report(id, 4, ReportDeed::Approved, "", &writer).await;
        assert!(matches!(own, Err(ReportError::Refused(_))));
        world.desk.move_report(id, 4, ReportDeed::Approved, "", &leader).await.unwrap();
        let approved = kept(&world, id).await;
        let year = brief(&approved).days().1.year();
        assert_eq!(approved.number.as_deref(), Some(format!("{year}年专报第1期").as_str()));

        let document = kept_document(&approved);
        assert_eq!(document.number, approved.number);
        assert_eq!(document.subtitle, brief(&approved).incident.title);
        let codes: Vec<&str> = document.chapters.iter().map(|chapter| chapter.code).collect();
        assert_eq!(codes, ["facts", "spread", "asked", "done", "next"]);
        assert!(document.chapters[4].title.starts_with("五、"));
        let wrote = document.chapters[4].blocks.iter().find_map(|block| match block {
            Block::Judgement(text) => Some(text.clone()),
            _ => None,
        });
        let wrote = wrote.unwrap();
        assert!(wrote.starts_with("请回访") && !wrote.contains("13800001234"), "masked: {wrote}");
        let Block::Sentence(first) = &document.chapters[0].blocks[0] else { panic!("{document:?}") };
        assert_eq!(*first, flash(brief(&approved)));
        let table = document.tables().next().unwrap();
        let counts = table.rows.iter().map(|row| match row[2].value {
            Value::Count(n) => n,
            _ => panic!("{row:?}"),
        });
        assert_eq!(counts.sum::<i64>(), brief(&approved).read);

        // It is frozen, and another may be begun.
        assert!(world.desk.recount_report(id, 5, by).await.is_err());
        world.live(at("2026-11-02T00:00"), 3, 9).await;
        assert_eq!(kept(&world, id).await, approved);
        let next = world.desk.make_brief(incident, by).await.unwrap();
        let incident = world.store.incident(&Viewer::OPEN, incident).await.unwrap().unwrap().id;
        let listed = world.store.briefs_on(incident).await.unwrap();
        let listed: Vec<_> = listed.into_iter().map(|row| row.0).collect();
        assert_eq!(listed, [next, id], "also what was made before the incident was merged into this one");
        let lines =
            world.store.kept_reports(Some(ReportKind::Brief), false, Page::default()).await.unwrap().rows;
        assert_eq!(lines.iter().map(|line| line.id).collect::<Vec<_>>(), [next, id]);
        assert_eq!(lines[0].incident, Some(incident));
        let weekly =
            world.store.kept_reports(Some(ReportKind::Weekly), false, Page::default()).await.unwrap();
        assert!(weekly.rows.is_empty());
    }
}

#[tokio::test]
async fn what_turned_confidential_is_told_by_no_brief_any_more() {
    for store in each_database().await.unwrap() {
        let mut world = World::new(store, 22).await;
        world.live(at("2026-10-05T00:00"), 21, 9).await;
        let incident = largest(&world).await;
        let id = world.desk.make_brief(incident, Actor::Console).await.unwrap();
        let said = Judgements::from([("facts".to_owned(), "事关重大。".to_owned())]);
        world.desk.write_report(id, 1, said, Actor::Console).await.unwrap();
        let before = kept(&world, id).await;
        assert_eq!(world.desk.shown(before.clone()).await.unwrap(), before);
        let (title, asked) = (brief(&before).incident.title.clone(), brief(&before).asked.clone());
        assert!(!asked.is_empty());
        world.seal_incident(incident).await;
        let shown = world.desk.shown(kept(&world, id).await).await.unwrap();
        let text = format!("{:?}", kept_document(&shown));
        assert!(text.contains("已转为保密件") && !text.contains("事关重大"), "{text}");
        assert!(!text.contains(&title) && asked.iter().all(|asked| !text.contains(&asked.title)), "{text}");
        let rows = world.store.kept_items(id, None, 1_000).await.unwrap();
        assert!(!rows.is_empty() && rows.iter().all(|row| row.title.contains("保密") && row.case.is_none()));
        let again = world.desk.recount_report(id, 2, Actor::Console).await;
        assert!(matches!(again, Err(ReportError::NotFound)));
        assert!(matches!(world.desk.make_brief(incident, Actor::Console).await, Err(ReportError::NotFound)));
        assert!(world.desk.is_sound(&kept(&world, id).await).await.unwrap(), "what is stored stays");
    }
}
