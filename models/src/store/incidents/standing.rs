//! What an incident amounts to now: counted again from its members whenever one comes or goes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::super::{Store, StoreError};
use super::TITLE_OF_ITEM;
use crate::ids::IncidentId;
use crate::records::{Channel, heat};
use crate::store::db::{Arg, Tx, args, to_json};

/// How old a heat may get before it is reckoned again, and below what it is not any more.
const HEAT_LASTS: SignedDuration = SignedDuration::from_mins(10);
const COLD: f64 = 0.01;
/// How many incidents are cooled in one transaction.
const COOLED: i64 = 200;

/// From how many items on an incident that only gains is not counted again at once: its figures are raised, and the next
/// cooling reckons its heat.
const LARGE: i64 = 30;

/// Incidents of a batch: what came to them, be it by merging, and those that lost something.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub gained: BTreeMap<IncidentId, Gain>,
    pub lost: Vec<IncidentId>,
}

/// What came to an incident.
#[derive(Debug, Default)]
pub(super) struct Gain {
    items: i64,
    callers: i64,
    channels: BTreeMap<Channel, i64>,
    urgency: i64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    heat: f64,
}

impl Touched {
    /// Takes over what an incident is when it lives on in another: what it was before the batch and what came to it since.
    /// `callers` are those that are new to the other.
    pub(super) fn merge(&mut self, from: IncidentId, into: IncidentId, was: Gain, callers: i64) {
        let since = self.gained.remove(&from).unwrap_or_default();
        let gain = self.gained.entry(into).or_default();
        for part in [was, since] {
            gain.take(part);
        }
        gain.callers += callers;
        if self.lost.contains(&from) {
            self.lost.retain(|lost| *lost != from);
            self.lost.push(into);
        }
    }
}

impl Gain {
    /// All but the callers, whom the two may have in common.
    fn take(&mut self, other: Self) {
        self.items += other.items;
        for (channel, items) in other.channels {
            *self.channels.entry(channel).or_default() += items;
        }
        self.urgency = self.urgency.max(other.urgency);
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
        self.heat += other.heat;
    }

    pub(super) fn add_caller(&mut self) {
        self.callers += 1;
    }

    pub(super) fn add(&mut self, at: Timestamp, channel: Channel, urgency: i64) {
        self.items += 1;
        *self.channels.entry(channel).or_default() += 1;
        self.urgency = self.urgency.max(urgency);
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = self.last.max(Some(at));
        self.heat += 1.0;
    }
}

/// The figures of an incident as they were written last.
pub(super) async fn figures(tx: &mut Tx, incident: IncidentId) -> Result<Gain, StoreError> {
    let sql =
        "SELECT items, channels, urgency, first_at, last_at, heat FROM incident WHERE id = $1 AND items > 0";
    let Some(row) = tx.row(sql, args![incident.0]).await? else { return Ok(Gain::default()) };
    Ok(Gain {
        items: row.int("items")?,
        callers: 0,
        channels: row.json("channels")?,
        urgency: row.int("urgency")?,
        first: row.opt_time("first_at")?,
        last: row.opt_time("last_at")?,
        heat: row.real("heat")?,
    })
}

/// A member as counting needs it.
struct Counted {
    item: i64,
    at: Timestamp,
    channel: Channel,
    topic: Option<String>,
    town: Option<String>,
    urgency: i64,
    /// It tells its caller's number.
    told: bool,
    /// Whoever may know of the incident may know of it; one that turned confidential is about to leave.
    readable: bool,
}

impl Store {
    /// Counts what a batch touched: large incidents by what they gained, the others from their members, so that a batch
    /// costs no more when incidents have thousands.
    pub(super) async fn count_touched(&self, tx: &mut Tx, touched: Touched) -> Result<(), StoreError> {
        let Touched { gained, lost } = touched;
        let ids: Vec<IncidentId> = gained.keys().copied().collect();
        let mut large: HashMap<i64, BTreeMap<Channel, i64>> = HashMap::new();
        for part in ids.chunks(500) {
            let sql =
                format!("SELECT id, items, channels FROM incident WHERE id IN ({})", tx.marks(1, part.len()));
            for row in tx.rows(&sql, part.iter().map(|id| Arg::from(id.0)).collect()).await? {
                if row.int("items")? >= LARGE {
                    large.insert(row.int("id")?, row.json("channels")?);
                }
            }
        }
        let mut again = lost;
        for (id, gain) in gained {
            match large.remove(&id.0) {
                Some(channels) if !again.contains(&id) => raise(tx, id, gain, channels).await?,
                _ => again.push(id),
            }
        }
        again.sort_unstable();
        again.dedup();
        self.recount(tx, &again).await
    }

    /// Counts incidents again from their members.
    pub(super) async fn recount(&self, tx: &mut Tx, incidents: &[IncidentId]) -> Result<(), StoreError> {
        for part in incidents.chunks(500) {
            let members = members(tx, part).await?;
            let callers = callers(tx, part).await?;
            let titles = titles(tx, members.values().filter_map(|of| most_telling(of))).await?;
            let row = |id: &IncidentId| {
                let counted = members.get(&id.0).map(Vec::as_slice).unwrap_or_default();
                let title = most_telling(counted).and_then(|item| titles.get(&item));
                let title = title.map(String::as_str);
                self.figures_row(*id, counted, callers.get(&id.0).copied().unwrap_or(0), title)
            };
            let rows = part.iter().map(row).collect::<Result<Vec<_>, _>>()?;
            write(tx, rows).await?;
        }
        Ok(())
    }

    /// Reckons the heat again where it has grown old; how many incidents it did.
    pub async fn cool_incidents(&self) -> Result<usize, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let sql =
            "SELECT id FROM incident WHERE merged_into IS NULL AND items > 0 AND heat > $1 AND heat_at <= $2
                   ORDER BY heat DESC LIMIT $3";
        let rows =
            tx.rows(sql, vec![Arg::Real(Some(COLD)), Arg::from(now - HEAT_LASTS), Arg::from(COOLED)]).await?;
        let ids =
            rows.iter().map(|row| Ok(IncidentId(row.int("id")?))).collect::<Result<Vec<_>, StoreError>>()?;
        self.recount(&mut tx, &ids).await?;
        tx.commit().await?;
        Ok(ids.len())
    }

    /// The values of [`write`].
    fn figures_row(
        &self,
        id: IncidentId,
        members: &[Counted],
        callers: i64,
        title: Option<&str>,
    ) -> Result<Vec<Arg>, StoreError> {
        let now = self.now();
        let mut channels: BTreeMap<Channel, i64> = BTreeMap::new();
        for member in members {
            *channels.entry(member.channel).or_default() += 1;
        }
        let items: Vec<(Timestamp, Channel)> = members.iter().map(|m| (m.at, m.channel)).collect();
        let told = members.iter().filter(|m| m.told).count() as i64;
        let heat = heat(&items, callers, told, now);
        let (first, last) = (items.iter().map(|i| i.0).min(), items.iter().map(|i| i.0).max());
        Ok(args![
            members.len() as i64,
            callers,
            to_json(&channels)?,
            commonest(members.iter().filter_map(|m| m.topic.as_deref())),
            commonest(members.iter().filter_map(|m| m.town.as_deref())),
            members.iter().map(|m| m.urgency).max().unwrap_or(0),
            first,
            last,
            Some(heat),
            now,
            title,
            id.0
        ])
    }
}

/// Writes the figures of incidents in one statement. Both databases call the columns of a list of values `column1` and so on.
async fn write(tx: &mut Tx, rows: Vec<Vec<Arg>>) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE incident SET items = v.column1, callers = v.column2, channels = v.column3, topic = v.column4,
         town = v.column5, urgency = v.column6, first_at = COALESCE(v.column7, first_at),
         last_at = COALESCE(v.column8, last_at), heat = v.column9, heat_at = v.column10,
         title = CASE WHEN named THEN title ELSE COALESCE(v.column11, title) END
         FROM (VALUES {}) AS v WHERE incident.id = v.column12",
        tx.tuples(rows.len(), 12)
    );
    tx.run(&sql, rows.into_iter().flatten().collect()).await?;
    Ok(())
}

/// The item that says best what an incident is about: of the topic that most of its items have, of these the most urgent,
/// of these the first. So one that came in by mistake at the beginning gives no name to all.
fn most_telling(members: &[Counted]) -> Option<i64> {
    let mut with_topic: HashMap<Option<&str>, usize> = HashMap::new();
    members.iter().for_each(|m| *with_topic.entry(m.topic.as_deref()).or_default() += 1);
    let weight = |m: &&Counted| {
        let like = with_topic.get(&m.topic.as_deref()).copied().unwrap_or(0);
        (like, m.urgency, Reverse(m.at), Reverse(m.item))
    };
    members.iter().filter(|m| m.readable).max_by_key(weight).map(|m| m.item)
}

/// The titles of items.
async fn titles(tx: &mut Tx, items: impl Iterator<Item = i64>) -> Result<HashMap<i64, String>, StoreError> {
    let values: Vec<Arg> = items.map(Arg::from).collect();
    if values.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT i.id, {TITLE_OF_ITEM} AS title FROM item i WHERE i.id IN ({})",
        tx.marks(1, values.len())
    );
    let rows = tx.rows(&sql, values).await?;
    rows.iter().map(|row| Ok((row.int("id")?, row.text("title")?))).collect()
}

/// Raises the figures of a large incident. Its heat grows by what came and is old at once, so that the cooling looks at it.
async fn raise(
    tx: &mut Tx,
    id: IncidentId,
    gain: Gain,
    mut channels: BTreeMap<Channel, i64>,
) -> Result<(), StoreError> {
    for (channel, items) in gain.channels {
        *channels.entry(channel).or_default() += items;
    }
    tx.run(
        "UPDATE incident SET items = items + $1, callers = callers + $2, channels = $3,
         urgency = CASE WHEN urgency < $4 THEN $4 ELSE urgency END,
         first_at = CASE WHEN first_at > $5 THEN $5 ELSE first_at END,
         last_at = CASE WHEN last_at < $6 THEN $6 ELSE last_at END,
         heat = heat + $7, heat_at = 0 WHERE id = $8",
        args![
            gain.items,
            gain.callers,
            to_json(&channels)?,
            gain.urgency,
            gain.first,
            gain.last,
            Some(gain.heat),
            id.0
        ],
    )
    .await?;
    Ok(())
}

/// The commonest word; of equals the one that came first in the alphabet.
fn commonest<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(word, _)| word.to_owned())
}

async fn members(tx: &mut Tx, incidents: &[IncidentId]) -> Result<HashMap<i64, Vec<Counted>>, StoreError> {
    let sql = format!(
        "SELECT m.incident_id, m.item_id, m.at, m.told, i.channel, i.main_topic, i.town, i.urgency, i.confidential,
         n.confidential AS of_confidential FROM incident_member m JOIN item i ON i.id = m.item_id
         JOIN incident n ON n.id = m.incident_id WHERE m.incident_id IN ({})",
        tx.marks(1, incidents.len())
    );
    let mut found: HashMap<i64, Vec<Counted>> = HashMap::new();
    for row in tx.rows(&sql, incidents.iter().map(|id| Arg::from(id.0)).collect()).await? {
        found.entry(row.int("incident_id")?).or_default().push(Counted {
            item: row.int("item_id")?,
            at: row.time("at")?,
            channel: row.code("channel")?,
            topic: row.opt_text("main_topic")?,
            town: row.opt_text("town")?,
            urgency: row.int("urgency")?,
            told: row.flag("told")?,
            readable: row.flag("confidential")? == row.flag("of_confidential")?,
        });
    }
    Ok(found)
}

async fn callers(tx: &mut Tx, incidents: &[IncidentId]) -> Result<HashMap<i64, i64>, StoreError> {
    let sql = format!(
        "SELECT incident_id, count(*) AS n FROM incident_caller WHERE incident_id IN ({}) GROUP BY incident_id",
        tx.marks(1, incidents.len())
    );
    let rows = tx.rows(&sql, incidents.iter().map(|id| Arg::from(id.0)).collect()).await?;
    rows.iter().map(|row| Ok((row.int("incident_id")?, row.int("n")?))).collect()
}
