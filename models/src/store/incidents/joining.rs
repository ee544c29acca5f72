//! The joining stage: one worker at a time, in the order in which items arrived.
//!
//! A worker takes the stage by lease, reads what its items can meet, decides, and writes the outcome in one transaction
//! that checks that the stage is still its own and that no person has changed an incident meanwhile. Otherwise nothing
//! is written, and the items are taken again. An item is given out only when none that came before it is still to be
//! judged, so that the result does not depend on how many judge.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::super::{Store, StoreError, work};
use super::callers::caller_of;
use super::standing::{Touched, figures};
use super::{TITLE, TITLE_OF_ITEM};
use crate::county::Town;
use crate::ids::{IncidentId, ItemId, SealedId};
use crate::records::{Actor, Channel};
use crate::store::db::{Arg, Row, Tx, args};

/// Incidents that have a term and the time of the last member that had it, in milliseconds since 1970; the latest last.
pub type Holders = Vec<(IncidentId, i64)>;

/// Latest members of an incident, the earliest first: signature and time in milliseconds since 1970.
pub type Face = Vec<(Vec<u8>, i64)>;

/// Items to join, and what a worker must know besides.
#[derive(Debug, Default)]
pub struct JoinBatch {
    /// In the order in which they are to be joined.
    pub tasks: Vec<JoinTask>,
    /// `None` for a worker that knows them.
    pub redirects: Option<Redirects>,
    /// The count of changes by people and by this stage when this was read: whoever knows the incidents as of this count
    /// knows them as they are.
    pub changes: i64,
}

/// What became of incidents.
#[derive(Debug, Default)]
pub struct Redirects {
    /// Merged incidents and where they live on.
    pub merged: Vec<(IncidentId, IncidentId)>,
    /// Incidents that a person parted.
    pub apart: Vec<(IncidentId, IncidentId)>,
}

/// An item as the joining stage reads it.
#[derive(Debug)]
pub struct JoinTask {
    pub item: ItemId,
    pub channel: Channel,
    pub title: String,
    pub body: String,
    pub at: Timestamp,
    pub confidential: bool,
    /// By its judgement: where it happens, or the sender's.
    pub town: Option<Town>,
    urgency: i64,
    pub signature: Option<Vec<u8>>,
    /// The incident it belongs to already, and whether that one is confidential.
    pub member_of: Option<(IncidentId, bool)>,
    sealed: SealedId,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMembership {
    pub item: ItemId,
    pub incident: IncidentId,
    /// `None` for the first item of an incident.
    pub kinship: Option<f32>,
}

/// The outcome of a batch.
#[derive(Debug, Default)]
pub struct Joining {
    /// Items that come to an incident; one that is new has a first item without kinship.
    pub joined: Vec<NewMembership>,
    /// Incidents that were merged, and into which one, in this order.
    pub merged: Vec<(IncidentId, IncidentId)>,
    /// Terms with their holders, in place of what stood there.
    pub terms: Vec<(i64, Holders)>,
    /// Items that could not be read; they stay where they are.
    pub unread: Vec<ItemId>,
    /// Signatures that were missing.
    pub signatures: Vec<(ItemId, Vec<u8>)>,
}

impl Store {
    /// Takes the stage and up to `batch` items that may be joined; `None` when another worker has it or nothing waits.
    /// `known` is the count of changes as of which the worker knows the redirects, where it does.
    pub async fn claim_joining(
        &self,
        worker: &str,
        known: Option<i64>,
        batch: i64,
        lease: SignedDuration,
    ) -> Result<Option<JoinBatch>, StoreError> {
        // Most rounds find nothing, and then no writer waits.
        if !self.has_work(work::JOIN).await? {
            return Ok(None);
        }
        let now = self.now();
        let mut tx = self.begin().await?;
        let sql = "UPDATE join_stage SET lease_by = $1, lease_until = $2
                   WHERE one = 1 AND (lease_by = $1 OR lease_until <= $3) RETURNING changes";
        let Some(stage) = tx.row(sql, args![worker, now + lease, now]).await? else { return Ok(None) };
        let changes = stage.int("changes")?;
        let ids = work::claim_in_order(&mut tx, work::JOIN, work::JUDGE, worker, batch, lease, now).await?;
        if ids.is_empty() {
            let free = "UPDATE join_stage SET lease_until = 0 WHERE one = 1";
            tx.run(free, vec![]).await?;
            tx.commit().await?;
            return Ok(None);
        }
        tx.commit().await?;
        // Should a person change an incident before these are read, the outcome is not written.
        let tasks = self.join_tasks(&ids).await?;
        let redirects = if known == Some(changes) { None } else { Some(self.redirects().await?) };
        Ok(Some(JoinBatch { tasks, redirects, changes }))
    }

    async fn join_tasks(&self, ids: &[i64]) -> Result<Vec<JoinTask>, StoreError> {
        let sql = format!(
            "SELECT i.id, i.channel, i.title, i.body, i.occurred_at, i.first_seen_at, i.confidential, i.town, i.urgency, i.sealed_id, s.signature, m.incident_id, n.confidential AS of_confidential
             FROM item i LEFT JOIN item_signature s ON s.item_id = i.id LEFT JOIN incident_member m ON m.item_id = i.id
             LEFT JOIN incident n ON n.id = m.incident_id WHERE i.id IN ({}) ORDER BY i.id",
            self.db().marks(1, ids.len())
        );
        let rows = self.db().rows(&sql, ids.iter().map(|id| Arg::from(*id)).collect()).await?;
        rows.iter().map(task_of).collect()
    }

    async fn redirects(&self) -> Result<Redirects, StoreError> {
        let merged = "SELECT id AS one, merged_into AS other FROM incident WHERE merged_into IS NOT NULL";
        Ok(Redirects {
            merged: pairs(&self.db().rows(merged, vec![]).await?)?,
            apart: pairs(&self.db().rows("SELECT one, other FROM incident_apart", vec![]).await?)?,
        })
    }

    /// The holders of terms; those that none has are missing.
    pub async fn term_holders(&self, terms: &[i64]) -> Result<HashMap<i64, Holders>, StoreError> {
        let mut found = HashMap::with_capacity(terms.len());
        for part in terms.chunks(500) {
            let sql = format!(
                "SELECT term, holders FROM incident_term WHERE term IN ({})",
                self.db().marks(1, part.len())
            );
            for row in self.db().rows(&sql, part.iter().map(|term| Arg::from(*term)).collect()).await? {
                found.insert(row.int("term")?, holders_of(&row.bytes("holders")?)?);
            }
        }
        Ok(found)
    }

    /// The latest `most` members of incidents that have signatures.
    pub async fn faces(
        &self,
        incidents: &[IncidentId],
        most: i64,
    ) -> Result<HashMap<IncidentId, Face>, StoreError> {
        let mut found: HashMap<IncidentId, Face> = HashMap::with_capacity(incidents.len());
        for part in incidents.chunks(500) {
            let (last, ids) = (self.db().marks(1, 1), self.db().marks(2, part.len()));
            let sql = format!(
                "SELECT m.incident_id, m.at, s.signature FROM incident n
                 JOIN incident_member m ON m.incident_id = n.id AND m.at >= COALESCE((
                   SELECT l.at FROM incident_member l WHERE l.incident_id = n.id
                   ORDER BY l.at DESC LIMIT 1 OFFSET {last}), -9000000000000000)
                 JOIN item_signature s ON s.item_id = m.item_id
                 WHERE n.id IN ({ids}) ORDER BY m.incident_id, m.at, m.item_id"
            );
            let mut values = args![most.max(1) - 1];
            values.extend(part.iter().map(|id| Arg::from(id.0)));
            for row in self.db().rows(&sql, values).await? {
                let face = found.entry(IncidentId(row.int("incident_id")?)).or_default();
                face.push((row.bytes("signature")?, row.int("at")?));
            }
        }
        let most = usize::try_from(most).unwrap_or(1);
        found.values_mut().for_each(|face| drop(face.drain(..face.len().saturating_sub(most))));
        Ok(found)
    }

    /// Writes what became of a batch; `false`, and nothing is written, when the stage went to another worker or a person
    /// changed an incident meanwhile.
    pub async fn save_joining(
        &self,
        worker: &str,
        batch: &JoinBatch,
        outcome: &Joining,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        let numbers = self.callers(batch.tasks.iter().map(|task| task.sealed)).await?;
        let mut tx = self.begin().await?;
        let sql = "UPDATE join_stage SET lease_until = 0, changes = changes + 1
                   WHERE one = 1 AND lease_by = $1 AND lease_until > $2 AND changes = $3";
        if tx.run(sql, args![worker, now, batch.changes]).await? == 0 {
            return Ok(false);
        }
        let all: Vec<i64> = batch
            .tasks
            .iter()
            .map(|task| task.item)
            .filter(|id| !outcome.unread.contains(id))
            .map(|id| id.0)
            .collect();
        let mine = work::finish(&mut tx, work::JOIN, worker, &all).await?;
        if mine.len() != all.len() {
            return Ok(false);
        }
        work::add(&mut tx, work::ALERT, &all, now).await?;
        let mut touched = self.add_members(&mut tx, batch, outcome, &numbers).await?;
        for &(from, into) in &outcome.merged {
            let was = figures(&mut tx, from).await?;
            let callers = self.merge_in(&mut tx, from, into, Actor::System).await?;
            touched.merge(from, into, was, callers);
        }
        write_terms(&mut tx, &outcome.terms).await?;
        write_signatures(&mut tx, &outcome.signatures).await?;
        self.count_touched(&mut tx, touched).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Writes new incidents and memberships; what became of which incidents.
    async fn add_members(
        &self,
        tx: &mut Tx,
        batch: &JoinBatch,
        outcome: &Joining,
        numbers: &HashMap<SealedId, Zeroizing<String>>,
    ) -> Result<Touched, StoreError> {
        let now = self.now();
        let tasks: HashMap<ItemId, &JoinTask> = batch.tasks.iter().map(|task| (task.item, task)).collect();
        let (mut incidents, mut members, mut touched) = (Vec::new(), Vec::new(), Touched::default());
        let mut callers = Vec::new();
        for joined in &outcome.joined {
            let task = tasks.get(&joined.item).ok_or(StoreError::NotFound("item to join"))?;
            if joined.kinship.is_none() {
                incidents.push(incident_row(joined.incident, task, now));
            }
            let caller = numbers.get(&task.sealed);
            if let Some((from, _)) = task.member_of {
                let why = if task.confidential { "confidential" } else { "open" };
                self.note_moves(tx, from, joined.incident, &[task.item], Actor::System, why).await?;
                touched.lost.push(from);
            }
            members.push(args![
                joined.item.0,
                joined.incident.0,
                task.at,
                Arg::Real(joined.kinship.map(f64::from)),
                false,
                caller.is_some()
            ]);
            callers.extend(caller.map(|number| (joined.incident, number.as_str())));
            let gain = touched.gained.entry(joined.incident).or_default();
            gain.add(task.at, task.channel, task.urgency);
        }
        for incident in self.note_callers(tx, &callers).await? {
            touched.gained.entry(incident).or_default().add_caller();
        }
        tx.insert("incident", INCIDENT_COLUMNS, incidents, "").await?;
        tx.insert(
            "incident_member",
            &["item_id", "incident_id", "at", "kinship", "by_person", "told"],
            members,
            "ON CONFLICT (item_id) DO UPDATE SET incident_id = excluded.incident_id, kinship = excluded.kinship, by_person = excluded.by_person",
        )
        .await?;
        for left in &touched.lost {
            self.callers_again(tx, *left).await?;
            call_after_another(tx, *left, &left_by(batch, *left)).await?;
        }
        Ok(touched)
    }

    /// The numbers in originals, where they have one and can be opened. An erased original tells none. They are read and
    /// opened outside of a transaction, which would hold up everybody who writes.
    pub(super) async fn callers(
        &self,
        sealed: impl Iterator<Item = SealedId>,
    ) -> Result<HashMap<SealedId, Zeroizing<String>>, StoreError> {
        let all: Vec<SealedId> = sealed.collect();
        let mut found = HashMap::new();
        for part in all.chunks(500) {
            let sql = format!("SELECT * FROM sealed WHERE id IN ({})", self.db().marks(1, part.len()));
            for row in self.db().rows(&sql, part.iter().map(|id| Arg::from(id.0)).collect()).await? {
                let id = SealedId(row.int("id")?);
                match self.open_sealed(Some(row)) {
                    Ok(original) => found.extend(caller_of(&original).map(|number| (id, number))),
                    Err(StoreError::Vault(_) | StoreError::NotFound(_) | StoreError::Bad(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(found)
    }
}

const INCIDENT_COLUMNS: &[&str] = &[
    "id",
    "title",
    "confidential",
    "items",
    "callers",
    "channels",
    "urgency",
    "first_at",
    "last_at",
    "heat",
    "heat_at",
];
pub(super) const MOVE_COLUMNS: &[&str] = &["id", "item_id", "source_id", "target_id", "at", "actor", "why"];

fn title_of(task: &JoinTask) -> String {
    let words = if task.title.trim().is_empty() { &task.body } else { &task.title };
    words.trim().chars().take(TITLE).collect()
}

/// A new incident; it is counted before its transaction ends.
fn incident_row(id: IncidentId, task: &JoinTask, now: Timestamp) -> Vec<Arg> {
    args![id.0, title_of(task), task.confidential, 0i64, 0i64, "{}", 0i64, task.at, task.at, Some(0.0), now]
}

/// The items of a batch that leave an incident.
fn left_by(batch: &JoinBatch, incident: IncidentId) -> Vec<&JoinTask> {
    let leaves = |task: &&JoinTask| {
        task.member_of.is_some_and(|(of, confidential)| of == incident && confidential != task.confidential)
    };
    batch.tasks.iter().filter(leaves).collect()
}

/// Gives an incident that is called after an item which left it, since that may not be read by all any more, the title of
/// the earliest item that stays.
async fn call_after_another(tx: &mut Tx, incident: IncidentId, left: &[&JoinTask]) -> Result<(), StoreError> {
    for title in left.iter().map(|task| title_of(task)) {
        let sql = format!(
            "UPDATE incident SET title = COALESCE((SELECT {TITLE_OF_ITEM} FROM incident_member m
               JOIN item i ON i.id = m.item_id WHERE m.incident_id = $1
               ORDER BY m.at, m.item_id LIMIT 1), '') WHERE id = $1 AND title = $2"
        );
        tx.run(&sql, args![incident.0, title]).await?;
    }
    Ok(())
}

fn task_of(row: &Row) -> Result<JoinTask, StoreError> {
    let seen = row.time("first_seen_at")?;
    let incident = row.opt_int("incident_id")?.map(IncidentId);
    Ok(JoinTask {
        item: ItemId(row.int("id")?),
        channel: row.code("channel")?,
        title: row.text("title")?,
        body: row.text("body")?,
        // What a source dates after its arrival happened at its arrival.
        at: row.opt_time("occurred_at")?.map_or(seen, |at| at.min(seen)),
        confidential: row.flag("confidential")?,
        town: row.opt_text("town")?.map(Town::from),
        urgency: row.int("urgency")?,
        signature: row.opt_bytes("signature")?,
        member_of: match incident {
            Some(id) => Some((id, row.opt_flag("of_confidential")?.unwrap_or(false))),
            None => None,
        },
        sealed: SealedId(row.int("sealed_id")?),
    })
}

fn pairs(rows: &[Row]) -> Result<Vec<(IncidentId, IncidentId)>, StoreError> {
    rows.iter().map(|row| Ok((IncidentId(row.int("one")?), IncidentId(row.int("other")?)))).collect()
}

async fn write_terms(tx: &mut Tx, terms: &[(i64, Holders)]) -> Result<(), StoreError> {
    let rows = terms.iter().map(|(term, holders)| args![*term, bytes_of(holders)]).collect();
    let conflict = "ON CONFLICT (term) DO UPDATE SET holders = excluded.holders";
    tx.insert("incident_term", &["term", "holders"], rows, conflict).await?;
    Ok(())
}

pub(in crate::store) async fn write_signatures(
    tx: &mut Tx,
    signatures: &[(ItemId, Vec<u8>)],
) -> Result<(), StoreError> {
    let rows = signatures.iter().map(|(item, signature)| args![item.0, signature.clone()]).collect();
    let conflict = "ON CONFLICT (item_id) DO UPDATE SET signature = excluded.signature";
    tx.insert("item_signature", &["item_id", "signature"], rows, conflict).await?;
    Ok(())
}

/// Sixteen bytes a holder: incident and time, little-endian.
fn bytes_of(holders: &Holders) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 * holders.len());
    for (incident, at) in holders {
        bytes.extend_from_slice(&incident.0.to_le_bytes());
        bytes.extend_from_slice(&at.to_le_bytes());
    }
    bytes
}

fn holders_of(bytes: &[u8]) -> Result<Holders, StoreError> {
    let (chunks, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(StoreError::Bad("a row of incident_term has a damaged list".into()));
    }
    let number = |bytes: &[u8]| bytes.try_into().map(i64::from_le_bytes).unwrap_or_default();
    Ok(chunks.iter().map(|chunk| (IncidentId(number(&chunk[..8])), number(&chunk[8..]))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_come_back_from_their_bytes() {
        let holders = vec![(IncidentId(7), -5), (IncidentId(i64::MAX), i64::MIN)];
        assert_eq!(holders_of(&bytes_of(&holders)).unwrap(), holders);
        assert!(holders_of(&[0; 17]).is_err());
    }
}
