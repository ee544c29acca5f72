//! What people said of items: gold to learn from and to measure by.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::db::args;
use super::{Store, StoreError, visibility};
use crate::ids::ItemId;
use crate::records::{Channel, Judgement, Viewer, is_blind};

/// An item as it reads now, and what a person said of this version.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    pub item: ItemId,
    pub channel: Channel,
    pub title: String,
    pub body: String,
    pub judgement: Judgement,
    /// The person did not see what the model said: such items measure, and nothing is learned from them.
    pub blind: bool,
}

/// How the model did with the items of a week.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct WeekAtWork {
    /// Items first seen in the week that were judged.
    pub items: i64,
    pub unsure: i64,
    /// Of these, items that a person judged, and how many got another first topic by it.
    pub by_person: i64,
    pub corrected: i64,
    /// The same of items that were judged blind.
    pub blind: i64,
    pub blind_corrected: i64,
    /// Items by main topic.
    pub topics: BTreeMap<String, i64>,
}

const WEEK_MS: i64 = 7 * 86_400_000;
/// 1970-01-05 00:00 in Asia/Shanghai, a Monday.
const FIRST_MONDAY_MS: i64 = 4 * 86_400_000 - 8 * 3_600_000;

impl Store {
    /// What people said of items as they read now, by item; the latest word counts.
    pub async fn corrections(&self) -> Result<Vec<Correction>, StoreError> {
        let sql = "SELECT i.id, i.channel, i.title, i.body, j.body AS judgement FROM item i
                   JOIN judgement j ON j.item_id = i.id AND j.item_version = i.version
                   WHERE i.judged_by_person AND j.by_person ORDER BY j.id";
        let mut latest: BTreeMap<ItemId, Correction> = BTreeMap::new();
        for row in self.db().rows(sql, vec![]).await? {
            let item = ItemId(row.int("id")?);
            let correction = Correction {
                item,
                channel: row.code("channel")?,
                title: row.text("title")?,
                body: row.text("body")?,
                judgement: row.json("judgement")?,
                blind: is_blind(item),
            };
            latest.insert(item, correction);
        }
        Ok(latest.into_values().collect())
    }

    /// How the model did with what the viewer may see, by week from Monday on, over the last `weeks`.
    pub async fn weeks_at_work(
        &self,
        viewer: &Viewer,
        weeks: i64,
    ) -> Result<BTreeMap<Timestamp, WeekAtWork>, StoreError> {
        let now = self.now().as_millisecond();
        let monday = |at: i64| (at - FIRST_MONDAY_MS).div_euclid(WEEK_MS) * WEEK_MS + FIRST_MONDAY_MS;
        let since = monday(now) - (weeks.clamp(1, 520) - 1) * WEEK_MS;
        let mut values = args![since, FIRST_MONDAY_MS, WEEK_MS];
        let seen = visibility::items(viewer, &mut values);
        let sql = format!(
            "SELECT (i.first_seen_at - $2) / $3 AS week, i.main_topic, i.unsure, count(*) AS n FROM item i
             WHERE i.judged_version > 0 AND i.first_seen_at >= $1 AND {seen} GROUP BY 1, 2, 3"
        );
        let mut found: BTreeMap<i64, WeekAtWork> = BTreeMap::new();
        for row in self.db().rows(&sql, values).await? {
            let (week, n) = (found.entry(row.int("week")?).or_default(), row.int("n")?);
            week.items += n;
            week.unsure += if row.flag("unsure")? { n } else { 0 };
            *week.topics.entry(row.opt_text("main_topic")?.unwrap_or_default()).or_default() += n;
        }
        let mut values = args![since];
        let seen = visibility::items(viewer, &mut values);
        let sql = format!(
            "SELECT i.id, i.first_seen_at, j.by_person, j.body AS judgement FROM item i
             JOIN judgement j ON j.item_id = i.id AND j.item_version = i.version
             WHERE i.judged_by_person AND i.first_seen_at >= $1 AND {seen} ORDER BY j.id"
        );
        let mut said: BTreeMap<ItemId, (i64, [Option<Judgement>; 2])> = BTreeMap::new();
        for row in self.db().rows(&sql, values).await? {
            let both =
                said.entry(ItemId(row.int("id")?)).or_insert((row.int("first_seen_at")?, [None, None]));
            both.1[usize::from(row.flag("by_person")?)] = Some(row.json("judgement")?);
        }
        for (item, (seen, [model, person])) in said {
            let (Some(model), Some(person)) = (model, person) else { continue };
            let week = found.entry((seen - FIRST_MONDAY_MS) / WEEK_MS).or_default();
            let corrected = i64::from(model.main_topic() != person.main_topic());
            week.by_person += 1;
            week.corrected += corrected;
            if is_blind(item) {
                week.blind += 1;
                week.blind_corrected += corrected;
            }
        }
        found.into_iter().map(|(week, counts)| Ok((monday_of(week)?, counts))).collect()
    }
}

fn monday_of(week: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(week * WEEK_MS + FIRST_MONDAY_MS).map_err(|e| StoreError::Bad(e.to_string()))
}
