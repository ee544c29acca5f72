//! The weekly reports of a made-up county's year: the days of its records are those that its makers know, and every figure on
//! items is what the items themselves come to.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use qingting_models::clock::local_date;
use qingting_models::county::County as Facts;
use qingting_models::records::{Channel, Item, ReportScope, ReportShare, ReportSpan};
use qingting_respond::desk::Desk;
use serde_json::Value;

use super::support::*;

/// The day on which the matter of an item was reported; a date after its arrival is none.
fn day(item: &Item) -> Date {
    let told = item.content.occurred_at.filter(|at| *at < item.first_seen_at);
    local_date(told.unwrap_or(item.first_seen_at))
}

fn count<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, i64> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

fn shares(shares: &[ReportShare]) -> BTreeMap<Option<String>, i64> {
    let told = shares.iter().filter(|share| share.count.now > 0);
    told.map(|share| (share.code.clone(), share.count.now)).collect()
}

/// Holds the report of each week of `truth` against the items, which are judged.
pub(super) async fn assert_weeks(county: &County, truth: &[Value]) {
    let store = county.store().await;
    let items = all_items(&store).await;
    let times = truth.iter().map(|record| record["at"].as_str().unwrap());
    let days = count(times.map(|at| at[..10].parse::<Date>().unwrap()));
    assert_eq!(count(items.iter().map(day)), days, "records by day");

    let desk = Desk::new(store, Arc::new(Facts::embedded().unwrap()));
    let (first, last) = (days.keys().next().unwrap(), days.keys().next_back().unwrap());
    let mut span = ReportSpan::week_of(*first).unwrap();
    let mut weeks = 0;
    while span.from <= *last {
        let report = desk.report(span, ReportScope::default()).await.unwrap();
        let counted: Vec<&Item> = items
            .iter()
            .filter(|item| (span.from..=span.to).contains(&day(item)))
            .filter(|item| item.judged_version > 0 && !item.confidential)
            .collect();
        let week = span.name();
        let sum = |of: &dyn Fn(&Item) -> bool| counted.iter().filter(|item| of(item)).count() as i64;
        assert_eq!(report.totals.items.now, sum(&|_| true), "{week}");
        assert_eq!(report.totals.news.now, sum(&|item| item.channel == Channel::News), "{week}");
        assert_eq!(report.totals.demands.now, sum(&|item| item.channel != Channel::News), "{week}");
        assert_eq!(report.totals.urgent.now, sum(&|item| u8::from(item.urgency) == 2), "{week}");
        let channels = count(counted.iter().map(|item| Some(item.channel.code().to_owned())));
        assert_eq!(shares(&report.channels), channels, "{week}");
        let topics = count(counted.iter().map(|item| item.main_topic.as_ref().map(ToString::to_string)));
        assert_eq!(shares(&report.topics), topics, "{week}");
        let towns = count(counted.iter().map(|item| item.town.as_ref().map(ToString::to_string)));
        assert_eq!(shares(&report.towns), towns, "{week}");
        let by_day = count(counted.iter().map(|item| day(item)));
        for told in &report.days {
            assert_eq!(told.items, by_day.get(&told.day).copied().unwrap_or(0), "{week} {}", told.day);
        }
        weeks += 1;
        span = ReportSpan::week_of(span.from.checked_add(7.days()).unwrap()).unwrap();
    }
    assert!(weeks >= 52, "a year has {weeks} weeks");
}
