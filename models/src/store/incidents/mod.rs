//! Incidents: read by people, joined by one ordered stage, changed by hand.

mod by_hand;
mod callers;
mod joining;
mod standing;

pub(super) use joining::write_signatures;
pub use joining::{Face, Holders, JoinBatch, JoinTask, Joining, NewMembership, Redirects};

use std::collections::{HashMap, HashSet};

use super::db::{Arg, Row, args};
use super::visibility::{self, bind};
use super::{Listing, Page, Store, StoreError, item_of};
use crate::county::{TopicCode, Town};
use crate::ids::{IncidentId, ItemId};
use crate::records::{Actor, Channel, Incident, IncidentMove, Item, Membership, Urgency, Viewer};

/// The most characters of an incident's title, and the title of an item `i` as SQL: its own, or how its text begins.
const TITLE: usize = 60;
const TITLE_OF_ITEM: &str =
    "substr(CASE WHEN trim(i.title) = '' THEN trim(i.body) ELSE trim(i.title) END, 1, 60)";

/// Which incidents a list shows; all that are set must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IncidentFilter {
    pub topic: Option<TopicCode>,
    pub town: Option<Town>,
    /// Only those with so many items; 2 leaves out what was reported once.
    pub items_min: i64,
}

/// The incidents that are there for the viewer and pass the filter.
fn condition(viewer: &Viewer, filter: &IncidentFilter, values: &mut Vec<Arg>) -> String {
    let mut all = vec![
        "n.merged_into IS NULL".to_owned(),
        visibility::incidents(viewer).to_owned(),
        format!("n.items >= {}", bind(values, filter.items_min.max(1))),
    ];
    if let Some(topic) = &filter.topic {
        all.push(format!("n.topic = {}", bind(values, topic.as_str())));
    }
    if let Some(town) = &filter.town {
        all.push(format!("n.town = {}", bind(values, town.as_str())));
    }
    all.join(" AND ")
}

/// A page of incidents, counted from 0; they are read hottest first, so ids give no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    pub page: i64,
    /// 1 to 200.
    pub size: i64,
}

impl Store {
    /// Incidents, hottest first; `next` of the listing is the number of the next page.
    pub async fn incidents(
        &self,
        viewer: &Viewer,
        filter: &IncidentFilter,
        rank: Rank,
    ) -> Result<Listing<Incident>, StoreError> {
        let mut values = Vec::new();
        let condition = condition(viewer, filter, &mut values);
        let (page, size) = (rank.page.max(0), rank.size.clamp(1, 200));
        let limit = bind(&mut values, size + 1);
        let offset = bind(&mut values, page * size);
        let sql = format!(
            "SELECT n.* FROM incident n WHERE {condition} ORDER BY n.heat DESC, n.id DESC LIMIT {limit} OFFSET {offset}"
        );
        let mut rows: Vec<Incident> =
            self.db().rows(&sql, values).await?.iter().map(incident_of).collect::<Result<_, _>>()?;
        let more = rows.len() as i64 > size;
        rows.truncate(usize::try_from(size).unwrap_or(1));
        Ok(Listing { rows, next: more.then_some(page + 1) })
    }

    /// Incidents, the newest first: an order in which none comes twice or is missed while heat changes.
    pub async fn incidents_by_age(
        &self,
        viewer: &Viewer,
        filter: &IncidentFilter,
        page: Page,
    ) -> Result<Listing<Incident>, StoreError> {
        let mut values = Vec::new();
        let condition = condition(viewer, filter, &mut values);
        let before = bind(&mut values, page.before());
        let limit = bind(&mut values, page.size() + 1);
        let sql = format!(
            "SELECT n.* FROM incident n WHERE {condition} AND n.id < {before} ORDER BY n.id DESC LIMIT {limit}"
        );
        let rows =
            self.db().rows(&sql, values).await?.iter().map(incident_of).collect::<Result<Vec<_>, _>>()?;
        Ok(Listing::of(rows, page, |incident| incident.id.0))
    }

    /// The incident, or the one that it lives on in, if the viewer may see it.
    pub async fn incident(&self, viewer: &Viewer, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        let mut id = id;
        // Redirects always lead to another incident that was there before the merge, so this ends.
        loop {
            let sql =
                format!("SELECT n.* FROM incident n WHERE n.id = $1 AND {}", visibility::incidents(viewer));
            let Some(row) = self.db().row(&sql, args![id.0]).await? else { return Ok(None) };
            let incident = incident_of(&row)?;
            match incident.merged_into {
                Some(into) => id = into,
                None => return Ok(Some(incident)),
            }
        }
    }

    /// Those of the incidents of which the viewer may see the one that they live on in, and an item of it.
    pub async fn readable_incidents(
        &self,
        viewer: &Viewer,
        incidents: &[IncidentId],
    ) -> Result<HashSet<IncidentId>, StoreError> {
        let mut found = HashSet::new();
        let mut asked: HashMap<i64, Vec<IncidentId>> = HashMap::new();
        incidents.iter().for_each(|id| asked.entry(id.0).or_default().push(*id));
        while !asked.is_empty() {
            let mut merged: HashMap<i64, Vec<IncidentId>> = HashMap::new();
            let ids: Vec<i64> = asked.keys().copied().collect();
            for part in ids.chunks(500) {
                let mut values: Vec<Arg> = part.iter().map(|id| Arg::from(*id)).collect();
                let marks: Vec<String> = (1..=part.len()).map(|n| format!("${n}")).collect();
                let seen = visibility::items(viewer, &mut values);
                let sql = format!(
                    "SELECT n.id, n.merged_into FROM incident n WHERE n.id IN ({}) AND {}
                       AND (n.merged_into IS NOT NULL OR EXISTS (SELECT 1 FROM incident_member m
                         JOIN item i ON i.id = m.item_id WHERE m.incident_id = n.id AND {seen}))",
                    marks.join(", "),
                    visibility::incidents(viewer)
                );
                for row in self.db().rows(&sql, values).await? {
                    let of = asked.remove(&row.int("id")?).unwrap_or_default();
                    match row.opt_int("merged_into")? {
                        Some(into) => merged.entry(into).or_default().extend(of),
                        None => found.extend(of),
                    }
                }
            }
            asked = merged;
        }
        Ok(found)
    }

    /// To which incident an item belongs, if it was joined.
    pub async fn membership(&self, item: ItemId) -> Result<Option<Membership>, StoreError> {
        let row = self.db().row("SELECT * FROM incident_member WHERE item_id = $1", args![item.0]).await?;
        row.as_ref().map(membership_of).transpose()
    }

    /// The incidents of items with how many items each has; those that the viewer may not see are left out.
    pub async fn incidents_of(
        &self,
        viewer: &Viewer,
        items: &[ItemId],
    ) -> Result<HashMap<ItemId, (IncidentId, i64)>, StoreError> {
        let mut found = HashMap::new();
        for part in items.chunks(500) {
            let marks: Vec<String> = (1..=part.len()).map(|n| format!("${n}")).collect();
            let sql = format!(
                "SELECT m.item_id, n.id, n.items FROM incident_member m JOIN incident n ON n.id = m.incident_id
                 WHERE m.item_id IN ({}) AND {}",
                marks.join(", "),
                visibility::incidents(viewer)
            );
            for row in self.db().rows(&sql, part.iter().map(|item| Arg::from(item.0)).collect()).await? {
                let incident = (IncidentId(row.int("id")?), row.int("items")?);
                found.insert(ItemId(row.int("item_id")?), incident);
            }
        }
        Ok(found)
    }

    /// The items of an incident that the viewer may see, latest first.
    pub async fn members(
        &self,
        viewer: &Viewer,
        incident: IncidentId,
        limit: i64,
    ) -> Result<Vec<(Item, Membership)>, StoreError> {
        let mut values = args![incident.0, limit.clamp(1, 1_000)];
        let seen = visibility::items(viewer, &mut values);
        let sql = format!(
            "SELECT i.*, m.incident_id, m.item_id, m.at, m.kinship, m.by_person FROM incident_member m
             JOIN item i ON i.id = m.item_id WHERE m.incident_id = $1 AND {seen} ORDER BY m.at DESC, m.item_id DESC LIMIT $2"
        );
        let rows = self.db().rows(&sql, values).await?;
        rows.iter().map(|row| Ok((item_of(row)?, membership_of(row)?))).collect()
    }

    /// The signatures of the items of an incident that the viewer may see, by which copies are told; those of the latest
    /// `limit` items, the latest first. An item without one is left out.
    pub async fn member_signatures(
        &self,
        viewer: &Viewer,
        incident: IncidentId,
        limit: i64,
    ) -> Result<Vec<(ItemId, Vec<u8>)>, StoreError> {
        let mut values = args![incident.0, limit.clamp(1, 1_000)];
        let seen = visibility::items(viewer, &mut values);
        let sql = format!(
            "SELECT m.item_id, s.signature FROM incident_member m JOIN item i ON i.id = m.item_id
             JOIN item_signature s ON s.item_id = m.item_id
             WHERE m.incident_id = $1 AND {seen} ORDER BY m.at DESC, m.item_id DESC LIMIT $2"
        );
        let rows = self.db().rows(&sql, values).await?;
        rows.iter().map(|row| Ok((ItemId(row.int("item_id")?), row.bytes("signature")?))).collect()
    }

    /// The signature of an item, if it was judged.
    pub async fn signature(&self, item: ItemId) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT signature FROM item_signature WHERE item_id = $1";
        self.db().row(sql, args![item.0]).await?.map(|row| row.bytes("signature")).transpose()
    }

    /// When the items of an incident were reported, the earliest first.
    pub async fn incident_times(
        &self,
        incident: IncidentId,
    ) -> Result<Vec<(jiff::Timestamp, Channel)>, StoreError> {
        let sql = "SELECT m.at, i.channel FROM incident_member m JOIN item i ON i.id = m.item_id
                   WHERE m.incident_id = $1 ORDER BY m.at, m.item_id";
        let rows = self.db().rows(sql, args![incident.0]).await?;
        rows.iter().map(|row| Ok((row.time("at")?, row.code("channel")?))).collect()
    }

    /// What came to an incident and left it, the latest first.
    pub async fn incident_moves(
        &self,
        incident: IncidentId,
        limit: i64,
    ) -> Result<Vec<IncidentMove>, StoreError> {
        let sql =
            "SELECT * FROM incident_move WHERE source_id = $1 OR target_id = $1 ORDER BY id DESC LIMIT $2";
        let rows = self.db().rows(sql, args![incident.0, limit.clamp(1, 1_000)]).await?;
        rows.iter().map(move_of).collect()
    }
}

pub(in crate::store) fn incident_of(row: &Row) -> Result<Incident, StoreError> {
    Ok(Incident {
        id: IncidentId(row.int("id")?),
        title: row.text("title")?,
        confidential: row.flag("confidential")?,
        merged_into: row.opt_int("merged_into")?.map(IncidentId),
        items: row.int("items")?,
        callers: row.int("callers")?,
        channels: row.json("channels")?,
        topic: row.opt_text("topic")?.map(|code| TopicCode::new(code.as_str())),
        town: row.opt_text("town")?.map(|name| Town::new(name.as_str())),
        urgency: u8::try_from(row.int("urgency")?)
            .ok()
            .and_then(|level| Urgency::try_from(level).ok())
            .unwrap_or_default(),
        first_at: row.time("first_at")?,
        last_at: row.time("last_at")?,
        heat: row.opt_real("heat")?.unwrap_or(0.0),
        heat_at: row.time("heat_at")?,
    })
}

fn membership_of(row: &Row) -> Result<Membership, StoreError> {
    Ok(Membership {
        item: ItemId(row.int("item_id")?),
        incident: IncidentId(row.int("incident_id")?),
        at: row.time("at")?,
        kinship: row.opt_real("kinship")?.map(|value| value as f32),
        by_person: row.flag("by_person")?,
    })
}

fn move_of(row: &Row) -> Result<IncidentMove, StoreError> {
    Ok(IncidentMove {
        item: ItemId(row.int("item_id")?),
        from: IncidentId(row.int("source_id")?),
        to: IncidentId(row.int("target_id")?),
        at: row.time("at")?,
        actor: Actor::from_code(&row.text("actor")?).map_err(|e| StoreError::Bad(e.to_string()))?,
        why: row.text("why")?,
    })
}
