//! Every figure of every week, month and day of a year against the recount.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::date;
use qingting_models::records::*;
use qingting_models::store::testing::each_database;
use qingting_models::store::{ItemPlace, StoreError};
use qingting_respond::report::document::Value;
use qingting_respond::report::{Judgements, Source, digest, document};

use crate::county::{Known, World, at};
use crate::recount::Recount;

/// From Monday, 1 September 2025, on: the weeks of New Year and of the Spring Festival are in it.
const DAYS: i64 = 63 * 7;

async fn world(store: qingting_models::store::testing::TestStore, seed: u64) -> World {
    let mut world = World::new(store, seed).await;
    world.live(at("2025-09-01T00:00"), DAYS, 3).await;
    world.leave_unjudged().await;
    world
}

fn compare(world: &World, figures: &ReportFigures) {
    let recount = Recount::new(world);
    let span = figures.span;
    let name = span.dates();
    assert_eq!(figures.totals, recount.totals(span), "{name}");
    let shares = |shares: &[ReportShare]| -> BTreeMap<Option<String>, Compared> {
        shares.iter().map(|share| (share.code.clone(), share.count)).collect()
    };
    let channel = |known: &Known| Some(known.channel.code().to_owned());
    let topic = |known: &Known| known.topic.map(str::to_owned);
    let town = |known: &Known| known.town.map(str::to_owned);
    assert_eq!(shares(&figures.channels), recount.shares(span, channel), "{name}");
    assert_eq!(shares(&figures.topics), recount.shares(span, topic), "{name}");
    assert_eq!(shares(&figures.towns), recount.shares(span, town), "{name}");
    let number = |day| i64::from(days_apart(date(1970, 1, 1), day));
    assert_eq!(figures.days.len(), span.days().count());
    for day in &figures.days {
        assert_eq!(day.items, recount.on(number(day.day)), "{name} {}", day.day);
        assert_eq!((day.usual, day.usual_weeks), recount.usual(span, day.day), "{name} {}", day.day);
        if let Some(before) = day.before {
            let then = day.day.checked_sub(i64::from(span.before().length()).days()).unwrap();
            assert_eq!(before, recount.on(number(then)), "{name} {}", day.day);
        }
    }
    // Eight weeks before in whole weeks, or a long span alone; nothing before the first item.
    let long = span.days().count() > 56;
    let back = if long { span.from } else { span.from.checked_sub(56.days()).unwrap() };
    let mut day = back;
    while !long && day.weekday() != jiff::civil::Weekday::Monday {
        day = day.tomorrow().unwrap();
    }
    let mut told = figures.calendar.iter();
    while day <= span.to {
        if number(day) >= recount.first_day() {
            let found = told.next().map(|told| (told.day, told.items));
            assert_eq!(found, Some((day, recount.on(number(day)))), "{name}");
        }
        day = day.tomorrow().unwrap();
    }
    assert_eq!(told.next(), None, "{name}");
    assert_eq!(figures.map.len(), 18);
    let told: Vec<i64> = figures.concentrated.iter().map(|pair| pair.count.now).collect();
    assert_eq!(told, recount.concentrated(span), "{name}");
    for pair in &figures.concentrated {
        let known = |known: &Known| {
            known.channel != Channel::News
                && known.town == Some(pair.town.as_str())
                && known.topic == Some(pair.topic.as_str())
        };
        assert_eq!(pair.count, recount.items(span, known), "{name} {} {}", pair.town, pair.topic);
    }
    // Those with equally many stand in an order of their own.
    let of = |incidents: &[ReportIncident]| -> Vec<i64> { incidents.iter().map(|i| i.items).collect() };
    let most = recount.most(span, false);
    assert_eq!(of(&figures.incidents), most.iter().take(10).map(|m| m.0).collect::<Vec<_>>(), "{name}");
    for incident in figures.incidents.iter().chain(&figures.repeated) {
        let found = (incident.items, incident.before, incident.total);
        assert!(recount.most(span, false).contains(&found), "{name} {}: {found:?}", incident.title);
        assert_eq!(incident.channels.iter().map(|(_, n)| n).sum::<i64>(), incident.items, "{name}");
    }
    assert_eq!(figures.repeated.len(), recount.most(span, true).len().min(10), "{name}");
    for row in &figures.departments {
        let code = row.code.as_ref().map(|code| code.as_str());
        for (rate, count) in [
            (Rate::SentBack, row.sent),
            (Rate::Contact, row.contact),
            (Rate::OnTime, row.on_time),
            (Rate::Redone, row.redone),
            (Rate::Solved, row.solved),
            (Rate::Satisfied, row.satisfied),
        ] {
            assert_eq!(
                (count.numerator, count.denominator),
                recount.rate(span, code, rate),
                "{name} {code:?}"
            );
        }
        let open = world.open.iter().filter(|(lead, _)| Some(*lead) == code);
        assert_eq!(row.open, open.clone().count() as i64, "{name} {code:?}");
        assert_eq!(row.overdue, open.filter(|(_, late)| *late).count() as i64, "{name} {code:?}");
        match (row.expected, recount.expected(span, code)) {
            (Some(one), Some(other)) => assert!((one - other).abs() < 1e-9, "{name} {code:?}"),
            (one, other) => assert_eq!(one, other, "{name} {code:?}"),
        }
    }
    let told: i64 = figures.flow.iter().map(|flow| flow.items).sum();
    assert_eq!(told, figures.totals.demands.now, "{name}");
}

#[tokio::test]
async fn every_figure_of_a_year_is_what_the_records_make_it() {
    for seed in [1, 2, 3] {
        for store in each_database().await.unwrap() {
            let world = world(store, seed).await;
            let scope = ReportScope::default;
            for week in 0..DAYS / 7 {
                let monday = date(2025, 9, 1).checked_add((7 * week).days()).unwrap();
                let figures = world.desk.report(ReportSpan::week_of(monday).unwrap(), scope()).await.unwrap();
                compare(&world, &figures);
            }
            for month in 0..14 {
                let first = date(2025, 9, 1).checked_add(month.months()).unwrap();
                let figures = world.desk.report(ReportSpan::month_of(first).unwrap(), scope()).await.unwrap();
                compare(&world, &figures);
            }
            let day = ReportSpan::day(date(2026, 2, 17)).unwrap();
            compare(&world, &world.desk.report(day, scope()).await.unwrap());
            let half = ReportSpan::days_between(date(2025, 10, 1), date(2026, 3, 31)).unwrap();
            let figures = world.desk.report(half, scope()).await.unwrap();
            assert!(!figures.concentrated.is_empty(), "half a year has enough of one topic in one town");
            compare(&world, &figures);
            // Of half a year the weeks are listed, the first and the last in part.
            let document = document(&figures, &Judgements::new(), None);
            let table = document.tables().find(|table| table.title.ends_with("每周信息量")).unwrap();
            let counts = table.rows.iter().map(|row| match row[1].value {
                Value::Count(items) => items,
                _ => panic!("{:?}", row[1]),
            });
            assert_eq!((table.rows.len(), counts.sum::<i64>()), (27, figures.totals.items.now));
        }
    }
}

#[tokio::test]
async fn the_annex_lists_what_is_counted_and_a_scope_counts_its_part() {
    for store in each_database().await.unwrap() {
        let world = world(store, 4).await;
        let span = ReportSpan::days_between(date(2025, 10, 1), date(2026, 3, 31)).unwrap();
        let whole = world.desk.report(span, ReportScope::default()).await.unwrap();
        let (mut rows, mut place) = (Vec::new(), None);
        let source = Source::Counted(Box::new(whole.clone()));
        loop {
            let (piece, next) = world.desk.annex(&source, place, 7).await.unwrap();
            rows.extend(piece);
            match next {
                Some(next) => place = Some(next),
                None => break,
            }
        }
        assert_eq!(rows.len() as i64, whole.totals.items.now);
        assert!(rows.windows(2).all(|pair| pair[0].at <= pair[1].at && pair[0].number + 1 == pair[1].number));
        let mut parts = 0;
        for town in &whole.towns {
            let Some(code) = &town.code else {
                parts += town.count.now;
                continue;
            };
            let scope = ReportScope { town: Some(code.as_str().into()), ..ReportScope::default() };
            let part = world.desk.report(span, scope).await.unwrap();
            assert_eq!(part.totals.items, town.count, "{code}");
            assert_eq!(part.scope_name, *code);
            parts += part.totals.items.now;
        }
        assert_eq!(parts, whole.totals.items.now);
        for topic in whole.topics.iter().filter_map(|topic| Some((topic.code.as_ref()?, topic.count))) {
            let scope = ReportScope { topic: Some(topic.0.as_str().into()), ..ReportScope::default() };
            let part = world.desk.report(span, scope.clone()).await.unwrap();
            assert_eq!(part.totals.items, topic.1, "{}", topic.0);
            // The items behind the figure are as many.
            let filter = ReportItemFilter::of_days(span.from, span.to);
            let found = behind(&world, &scope, &filter).await.unwrap();
            assert_eq!(found, topic.1.now, "{}", topic.0);
            let by_mark = ReportItemFilter { topic: Some(scope.topic.clone()), ..filter };
            assert_eq!(behind(&world, &ReportScope::default(), &by_mark).await.unwrap(), found);
        }
    }
}

/// How many items are listed, page by page, and counted at once.
async fn behind(world: &World, scope: &ReportScope, filter: &ReportItemFilter) -> Result<i64, StoreError> {
    let (mut listed, mut place): (i64, Option<ItemPlace>) = (0, None);
    loop {
        let items = world.store.report_items(&Viewer::OPEN, scope, filter, place, 9).await?;
        listed += items.len() as i64;
        match items.last() {
            Some(last) if items.len() == 9 => place = Some((last.at, last.item)),
            _ => break,
        }
    }
    assert_eq!(listed, world.store.count_report_items(&Viewer::OPEN, scope, filter).await?);
    Ok(listed)
}

#[tokio::test]
async fn the_same_state_gives_the_same_figures_and_an_empty_one_none() {
    for store in each_database().await.unwrap() {
        let world = World::new(store, 5).await;
        world.store.clock.set(at("2026-11-09T08:00"));
        let span = ReportSpan::week("2026-W45").unwrap();
        let empty = world.desk.report(span, ReportScope::default()).await.unwrap();
        assert_eq!(empty.totals, ReportTotals::default());
        assert!(empty.topics.is_empty() && empty.departments.is_empty() && empty.forecast.is_none());
        assert_eq!(empty.days.len(), 7);
        let again = world.desk.report(span, ReportScope::default()).await.unwrap();
        assert_eq!(digest(&empty).unwrap(), digest(&again).unwrap());
    }
}
