//! A made-up season of Xiangshan County for the `demo` command: twelve weeks of news, hotline calls and letters as
//! their senders would send them, and the book of replies that the demo's simulated staff draw from.
//!
//! Same number of items, seed and end: same season. Texts, places and phrases are data under `data/demo`.

mod cast;
mod clockwork;
pub(crate) mod feeds;
mod mix;
pub(crate) mod replies;
pub(crate) mod sheets;

use anyhow::{Result, ensure};
use jiff::Timestamp;

use crate::material::random::Random;
pub(crate) use crate::material::{Channel, FeedKind};
use crate::material::{material, slots};
pub(crate) use clockwork::DAYS;
use replies::{ReplyBook, reply_book};

/// Fewest and most items of a season.
pub(crate) const ITEMS: std::ops::RangeInclusive<usize> = 60..=5000;

/// One record of the made-up season as its sender would send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeasonRecord {
    pub channel: Channel,
    /// Unique within its source.
    pub external_id: String,
    pub title: String,
    pub body: String,
    /// Minutes before the season's end, always negative.
    pub at_offset_minutes: i64,
    /// A caller's name or a letter writer's name or nickname; news has none.
    pub caller_name: Option<String>,
    /// Calls only.
    pub caller_phone: Option<String>,
    /// The town or subdistrict the matter lies in; `None` for news that names none.
    pub town: Option<String>,
    pub urgent: bool,
    /// The topic's code in the taxonomy; empty for news that asks nothing of the county.
    pub truth_topic: String,
    pub storyline: Option<String>,
    /// 投诉, 咨询, 求助, 建议, 举报, 表扬 or 新闻.
    pub upstream_kind: String,
    /// 承办单位 where the hotline has named one.
    pub office: Option<String>,
}

/// A season, sorted by time.
#[derive(Clone, Debug)]
pub(crate) struct Season {
    pub records: Vec<SeasonRecord>,
    pub replies: ReplyBook,
}

/// A season of `items` records whose weekdays, hours and dates in the texts fit the given end.
///
/// # Errors
/// When `items` lies outside [`ITEMS`], or an embedded file is malformed (the message names file and row).
pub(crate) fn season(items: usize, seed: u64, end: Timestamp) -> Result<Season> {
    ensure!(
        ITEMS.contains(&items),
        "a season of {items} items is not possible: from {} to {} are allowed",
        ITEMS.start(),
        ITEMS.end()
    );
    let material = material()?;
    let records = mix::records(&material, items, seed, end)?;
    Ok(Season { records, replies: reply_book()? })
}

/// Made-up full names, none twice.
///
/// # Errors
/// When the embedded list of names is malformed or has fewer than `count` names to make.
pub(crate) fn person_names(count: usize, seed: u64) -> Result<Vec<String>> {
    let places = material()?.places;
    let mut random = Random::new(seed);
    let mut names: Vec<String> = Vec::with_capacity(count);
    for _ in 0..count * 50 {
        let name = slots::full_name(&places, &mut random);
        if names.len() < count && !names.contains(&name) {
            names.push(name);
        }
    }
    ensure!(names.len() == count, "places.toml: too few names for {count} people");
    Ok(names)
}

#[cfg(test)]
mod tests;
