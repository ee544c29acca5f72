//! What a season promises: counts, shares, sameness, unique ids, readable feeds, storylines.

use std::collections::{BTreeMap, BTreeSet};

use super::feeds::{atom, json_feed, rss};
use super::sheets::{complaint_rows, hotline_csv};
use super::*;

/// A Friday evening.
const END: Timestamp = Timestamp::constant(1_784_280_600, 0);

fn standard() -> Season {
    season(600, 20_260_717, END).unwrap()
}

fn count(records: &[SeasonRecord], test: impl Fn(&SeasonRecord) -> bool) -> usize {
    records.iter().filter(|record| test(record)).count()
}

#[test]
fn a_season_of_any_size_keeps_its_shares() {
    for items in [60, 61, 250, 600, 1234, 5000] {
        let records = season(items, 3, END).unwrap().records;
        assert_eq!(records.len(), items);
        let calls = count(&records, |record| record.channel == Channel::Hotline);
        let letters = count(&records, |record| record.channel == Channel::Complaint);
        assert!((calls * 100).abs_diff(items * 55) < items * 3, "{calls} calls of {items}");
        assert!((letters * 100).abs_diff(items * 30) < items * 3, "{letters} letters of {items}");
        assert!(records.is_sorted_by_key(|record| record.at_offset_minutes));
        assert!(records.iter().all(|record| (-84 * 1440..0).contains(&record.at_offset_minutes)));
    }
}

#[test]
fn sizes_outside_the_range_are_refused_with_the_range() {
    for items in [0, 59, 5001] {
        let message = season(items, 1, END).unwrap_err().to_string();
        assert!(message.contains("60") && message.contains("5000"), "{message}");
    }
}

#[test]
fn the_same_seed_makes_the_same_season_and_another_seed_another() {
    assert_eq!(season(300, 8, END).unwrap().records, season(300, 8, END).unwrap().records);
    assert_ne!(season(300, 8, END).unwrap().records, season(300, 9, END).unwrap().records);
}

#[test]
fn external_ids_are_unique() {
    let records = season(5000, 4, END).unwrap().records;
    let ids: BTreeSet<&String> = records.iter().map(|record| &record.external_id).collect();
    assert_eq!(ids.len(), records.len());
}

#[test]
fn every_topic_is_told_at_least_eight_times_and_only_news_may_have_none() {
    let records = standard().records;
    let mut topics: BTreeMap<&str, usize> = BTreeMap::new();
    for record in &records {
        *topics.entry(record.truth_topic.as_str()).or_default() += 1;
        assert!(!record.truth_topic.is_empty() || matches!(record.channel, Channel::News { .. }));
    }
    let taxonomy = [
        "business",
        "housing",
        "wages",
        "environment",
        "food_drug",
        "edu_med_elder",
        "safety",
        "hardship",
        "urban",
        "transport",
        "labor",
        "rural",
        "order",
        "consumer",
        "culture",
        "conduct",
        "other",
    ];
    for topic in taxonomy {
        assert!(topics.get(topic).is_some_and(|count| *count >= 8), "{topic}: {:?}", topics.get(topic));
    }
    assert_eq!(topics.len(), taxonomy.len() + 1, "{topics:?}");
}

#[test]
fn each_storyline_is_told_by_all_channels_and_over_several_days() {
    let records = standard().records;
    let stories: BTreeSet<&String> = records.iter().filter_map(|record| record.storyline.as_ref()).collect();
    assert_eq!(stories.len(), 5);
    for story in stories {
        let told: Vec<&SeasonRecord> =
            records.iter().filter(|record| record.storyline.as_ref() == Some(story)).collect();
        assert!((8..=25).contains(&told.len()), "{story}: {}", told.len());
        assert!(told.iter().any(|record| matches!(record.channel, Channel::News { .. })));
        assert!(told.iter().any(|record| record.channel == Channel::Hotline));
        assert!(told.iter().any(|record| record.channel == Channel::Complaint));
        let days = told.last().unwrap().at_offset_minutes - told[0].at_offset_minutes;
        assert!(days > 4 * 1440, "{story}");
    }
}

#[test]
fn no_slot_or_choice_is_left_open_and_bodies_hardly_repeat() {
    let records = standard().records;
    let mut bodies = BTreeSet::new();
    for record in &records {
        for text in [&record.title, &record.body] {
            assert!(!text.contains(['{', '}', '[', ']', '|']), "{text}");
        }
        bodies.insert(&record.body);
    }
    assert!(bodies.len() >= 595, "{}", bodies.len());
}

#[test]
fn texts_are_of_a_length_that_people_write() {
    for record in standard().records {
        let length = record.body.chars().count();
        assert!((12..=320).contains(&length), "{length}: {}", record.body);
        assert!((4..=40).contains(&record.title.chars().count()), "{}", record.title);
    }
}

#[test]
fn the_hotline_sheet_has_a_row_for_each_call_with_all_columns() {
    let records = standard().records;
    let csv = hotline_csv(&records, END);
    let mut lines = csv.split("\r\n");
    assert_eq!(lines.next(), Some("工单编号,来电时间,诉求标题,诉求内容,联系电话,所属区域,承办单位"));
    let rows: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    assert_eq!(rows.len(), count(&records, |record| record.channel == Channel::Hotline));
    for row in rows {
        assert!(row.split(',').count() >= 7 && row.starts_with("XS20"), "{row}");
    }
}

#[test]
fn the_complaint_board_has_a_row_for_each_letter() {
    let records = standard().records;
    let rows = complaint_rows(&records, END);
    assert_eq!(rows.len(), count(&records, |record| record.channel == Channel::Complaint));
    assert!(rows.iter().all(|row| row[3].len() == 19 && row[5].parse::<u32>().is_ok()));
}

/// Checks that every element that opens is closed in its order and returns how many there are of each name.
fn elements(xml: &str) -> BTreeMap<String, usize> {
    let mut open: Vec<String> = Vec::new();
    let mut seen = BTreeMap::new();
    for tag in xml.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').expect("a tag is closed");
        assert!(!text.contains('>') && text.split('&').skip(1).all(|entity| entity.contains(';')), "{text}");
        if tag.starts_with('?') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap().to_owned();
        *seen.entry(name.clone()).or_insert(0) += 1;
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    seen
}

#[test]
fn the_xml_feeds_are_well_formed_and_complete() {
    let records = standard().records;
    let of = |feed| count(&records, |record| record.channel == Channel::News { feed });
    let rss = elements(&rss(&records, "http://127.0.0.1:9?a=1&b=2", END));
    assert_eq!(rss.get("item"), Some(&of(FeedKind::Rss)));
    assert_eq!(rss.get("guid"), Some(&of(FeedKind::Rss)));
    let atom = elements(&atom(&records, "http://127.0.0.1:9", END));
    assert_eq!(atom.get("entry"), Some(&of(FeedKind::Atom)));
    assert!(of(FeedKind::Rss) >= 15 && of(FeedKind::Atom) >= 15 && of(FeedKind::Json) >= 15);
}

#[test]
fn the_json_feed_lists_its_news_newest_first() {
    let records = standard().records;
    let feed: serde_json::Value =
        serde_json::from_str(&json_feed(&records, "http://127.0.0.1:9", END)).unwrap();
    let dates: Vec<&str> = feed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["date_published"].as_str().unwrap())
        .collect();
    assert_eq!(
        dates.len(),
        count(&records, |record| record.channel == Channel::News { feed: FeedKind::Json })
    );
    assert!(dates.is_sorted_by(|newer, older| newer >= older));
}
