//! The items behind a report and behind each of its figures.

use jiff::Timestamp;

use super::super::db::{Arg, Row};
use super::super::visibility::{self, bind};
use super::super::{Store, StoreError};
use super::counts::{AT, day_sql, items};
use crate::county::{TopicCode, Town};
use crate::ids::ItemId;
use crate::records::{ReportItem, ReportItemFilter, ReportKind, ReportScope, ReportSpan, Urgency, Viewer};

/// Where a list of items goes on: after the item of this time and id.
pub type ItemPlace = (Timestamp, ItemId);

/// By what items are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemMark {
    Channel,
    Topic,
    Town,
}

impl ItemMark {
    fn column(self) -> &'static str {
        match self {
            Self::Channel => "i.channel",
            Self::Topic => "i.main_topic",
            Self::Town => "i.town",
        }
    }
}

impl Store {
    /// The items that a figure counts, by the time at which they were reported, at most `limit` after a place. They are what
    /// is open to all, and of that what `viewer` sees.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn report_items(
        &self,
        viewer: &Viewer,
        scope: &ReportScope,
        filter: &ReportItemFilter,
        after: Option<ItemPlace>,
        limit: i64,
    ) -> Result<Vec<ReportItem>, StoreError> {
        let mut values = Vec::new();
        let condition = condition(scope, filter, &mut values);
        let seen = visibility::items(viewer, &mut values);
        let from = match after {
            Some((at, id)) => {
                let (at, id) = (bind(&mut values, at), bind(&mut values, id.0));
                format!("AND {AT} >= {at} AND ({AT} > {at} OR i.id > {id})")
            }
            None => String::new(),
        };
        let limit = bind(&mut values, limit);
        let sql = format!(
            "SELECT i.id, {AT} AS at, i.channel, i.main_topic, i.town, i.urgency, i.title, c.number, c.state FROM item i
             LEFT JOIN case_file c ON c.id = i.case_id AND NOT c.confidential
             WHERE {condition} AND {seen} {from} ORDER BY {AT}, i.id LIMIT {limit}"
        );
        self.db().rows(&sql, values).await?.iter().map(item_of).collect()
    }

    /// How many items of each day have which mark, `None` for none, of what is open to all and `viewer` sees. A day counts from
    /// 1970-01-01 in Asia/Shanghai.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn report_items_by_day(
        &self,
        viewer: &Viewer,
        scope: &ReportScope,
        filter: &ReportItemFilter,
        by: ItemMark,
    ) -> Result<Vec<(i64, Option<String>, i64)>, StoreError> {
        let mut values = Vec::new();
        let condition = condition(scope, filter, &mut values);
        let seen = visibility::items(viewer, &mut values);
        let (day, mark) = (day_sql(), by.column());
        let sql = format!(
            "SELECT {day} AS day, {mark} AS mark, count(*) AS n FROM item i WHERE {condition} AND {seen}
             GROUP BY {day}, {mark} ORDER BY {day}, {mark}"
        );
        let rows = self.db().rows(&sql, values).await?;
        rows.iter().map(|row| Ok((row.int("day")?, row.opt_text("mark")?, row.int("n")?))).collect()
    }

    /// How many items a figure counts of what `viewer` sees.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn count_report_items(
        &self,
        viewer: &Viewer,
        scope: &ReportScope,
        filter: &ReportItemFilter,
    ) -> Result<i64, StoreError> {
        let mut values = Vec::new();
        let condition = condition(scope, filter, &mut values);
        let seen = visibility::items(viewer, &mut values);
        self.db().number(&format!("SELECT count(*) FROM item i WHERE {condition} AND {seen}"), values).await
    }
}

fn condition(scope: &ReportScope, filter: &ReportItemFilter, values: &mut Vec<Arg>) -> String {
    let period = ReportSpan { kind: ReportKind::Period, from: filter.from, to: filter.to }.period();
    let mut all = vec![items(scope, period, values)];
    if let Some(channel) = filter.channel {
        all.push(format!("i.channel = {}", bind(values, channel.code())));
    }
    if filter.demands {
        all.push("i.channel <> 'news'".into());
    }
    match &filter.topic {
        Some(Some(topic)) => all.push(format!("i.main_topic = {}", bind(values, topic.as_str()))),
        Some(None) => all.push("i.main_topic IS NULL".into()),
        None => {}
    }
    match &filter.town {
        Some(Some(town)) => all.push(format!("i.town = {}", bind(values, town.as_str()))),
        Some(None) => all.push("i.town IS NULL".into()),
        None => {}
    }
    if filter.urgent {
        all.push("i.urgency = 2".into());
    }
    all.join(" AND ")
}

pub(super) fn item_of(row: &Row) -> Result<ReportItem, StoreError> {
    let urgency = u8::try_from(row.int("urgency")?).map_err(|e| StoreError::Bad(e.to_string()))?;
    Ok(ReportItem {
        item: ItemId(row.int("id")?),
        at: row.time("at")?,
        channel: row.code("channel")?,
        topic: row.opt_text("main_topic")?.map(TopicCode::from),
        town: row.opt_text("town")?.map(Town::from),
        urgency: Urgency::try_from(urgency).map_err(StoreError::Bad)?,
        title: row.text("title")?,
        case: row.opt_text("number")?.zip(row.opt_text("state")?),
    })
}
