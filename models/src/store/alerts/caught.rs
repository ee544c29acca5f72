//! What came in within a time of the kind that a rule catches: for the counts that growth is told by.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::county::{TopicCode, Town};
use crate::ids::SourceId;
use crate::records::{Channel, SourceSettings, Urgency};
use crate::store::db::{Row, args};
use crate::store::visibility::bind;
use crate::store::{Store, StoreError};

/// What of a rule the database can tell; an empty list asks nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaughtFilter {
    pub topics: Vec<TopicCode>,
    pub towns: Vec<Town>,
    pub channels: Vec<Channel>,
    pub urgency_min: Urgency,
    /// Of these sources alone.
    pub sources: Option<Vec<SourceId>>,
    /// Matters that are confidential, or those that are not; the two are never counted together.
    pub confidential: bool,
    /// Whether title and body are read.
    pub texts: bool,
}

/// An item that was reported at a time; title and body are empty where they were not asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct CaughtItem {
    pub at: Timestamp,
    pub title: String,
    pub body: String,
}

impl Store {
    /// Judged items that were reported after the first instant, up to and with the second, and that came to an incident,
    /// earliest first. Those that are finished or put aside by now are among them: once they were not.
    pub async fn caught(
        &self,
        filter: &CaughtFilter,
        after: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<CaughtItem>, StoreError> {
        let mut values = args![after, until, filter.confidential, i64::from(u8::from(filter.urgency_min))];
        let mut all = vec!["m.at > $1 AND m.at <= $2 AND i.confidential = $3 AND i.urgency >= $4".to_owned()];
        let mut any = |ways: Vec<String>| {
            if !ways.is_empty() {
                all.push(format!("({})", ways.join(" OR ")));
            }
        };
        let topic =
            |topic: &TopicCode| format!("i.topics LIKE {}", bind(&mut values, format!("%\"{topic}\"%")));
        any(filter.topics.iter().map(topic).collect());
        any(filter.towns.iter().map(|t| format!("i.town = {}", bind(&mut values, t.as_str()))).collect());
        any(filter.channels.iter().map(|c| format!("i.channel = {}", bind(&mut values, c.code()))).collect());
        if let Some(sources) = &filter.sources {
            let ids = sources.iter().map(|source| format!("i.source_id = {}", bind(&mut values, source.0)));
            any(ids.chain(["1 = 0".to_owned()]).collect());
        }
        let texts = if filter.texts { "i.title, i.body" } else { "'' AS title, '' AS body" };
        let sql = format!(
            "SELECT m.at, {texts} FROM incident_member m JOIN item i ON i.id = m.item_id WHERE {} ORDER BY m.at",
            all.join(" AND ")
        );
        let item = |row: &Row| {
            Ok(CaughtItem { at: row.time("at")?, title: row.text("title")?, body: row.text("body")? })
        };
        self.db().rows(&sql, values).await?.iter().map(item).collect()
    }

    /// Whether anything at all was reported after the first instant, up to and with the second.
    pub async fn any_reported(&self, after: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM incident_member WHERE at > $1 AND at <= $2 LIMIT 1";
        Ok(self.db().row(sql, args![after, until]).await?.is_some())
    }

    /// When anything at all was reported in that time, in order.
    pub async fn reported(&self, after: Timestamp, until: Timestamp) -> Result<Vec<Timestamp>, StoreError> {
        let sql = "SELECT at FROM incident_member WHERE at > $1 AND at <= $2 ORDER BY at";
        self.db().rows(sql, args![after, until]).await?.iter().map(|row| row.time("at")).collect()
    }

    /// The tier of every source that has one, removed ones included.
    pub async fn source_tiers(&self) -> Result<HashMap<SourceId, String>, StoreError> {
        let mut tiers = HashMap::new();
        for row in self.db().rows("SELECT id, settings FROM source", vec![]).await? {
            let settings: SourceSettings = row.json("settings")?;
            if let Some(tier) = settings.tier {
                tiers.insert(SourceId(row.int("id")?), tier);
            }
        }
        Ok(tiers)
    }
}
