//! Writes what arrived, each record once.
//!
//! An item is unique by source and external id; where the sender gives none, by a keyed digest of its
//! canonical content. The same record again changes nothing; a later version updates the item and keeps
//! the history. A batch is one transaction, so a killed import loses nothing and doubles nothing. What is the
//! same article elsewhere is told in the file beside this one.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::arrival::{Arrival, Fate, Intake, Reject};
use super::db::{Arg, Row, Tx, args, to_json};
use super::item_rows::{Change, ItemRows};
use super::{Store, StoreError, sealed_columns};
use crate::ids::{ItemId, QuarantineId, SealedId};
use crate::records::{Source, SourceRun};

/// Longer ids are kept as a digest.
const LONGEST_ID: usize = 300;

/// An item that is stored already.
pub(super) struct Known {
    pub id: ItemId,
    pub version: i64,
    pub digest: String,
    pub withdrawn: bool,
}

/// An arrival with what it is known by, ready to be stored.
pub struct Keyed {
    pub(super) key: String,
    pub(super) digest: String,
    /// The other columns as they are stored.
    pub(super) upstream: String,
    pub(super) arrival: Arrival,
    /// Its place in the batch.
    pub(super) index: usize,
}

impl Keyed {
    /// The sender's own number as it was given.
    pub fn external_id(&self) -> Option<&str> {
        self.arrival.external_id.as_deref()
    }
}

impl Store {
    /// Writes one batch of a source and counts what became of it; `read` counts arrivals and rejects together. A
    /// reject that was dealt with in quarantine before counts as unchanged.
    ///
    /// # Errors
    /// When the database fails; then nothing of the batch is stored.
    pub async fn intake(
        &self,
        source: &Source,
        arrivals: Vec<Arrival>,
        rejects: Vec<Reject>,
    ) -> Result<SourceRun, StoreError> {
        Ok(self.take_in(source, arrivals, rejects).await?.counts)
    }

    /// Writes one batch of a source and tells what became of each arrival.
    ///
    /// # Errors
    /// When the database fails; then nothing of the batch is stored.
    pub async fn take_in(
        &self,
        source: &Source,
        arrivals: Vec<Arrival>,
        rejects: Vec<Reject>,
    ) -> Result<Intake, StoreError> {
        self.take_in_keyed(source, self.keyed(arrivals)?, rejects).await
    }

    /// [`Store::take_in`] of what [`Store::keyed`] made ready.
    ///
    /// # Errors
    /// When the database fails; then nothing of the batch is stored.
    pub async fn take_in_keyed(
        &self,
        source: &Source,
        mut keyed: Vec<Keyed>,
        rejects: Vec<Reject>,
    ) -> Result<Intake, StoreError> {
        keyed.iter_mut().enumerate().for_each(|(index, record)| record.index = index);
        // Two processes may take in the same record at once: the second sees the first's rows on its second try. It is tried
        // again too where it met somebody who changes the same items in another order, such as a withdrawal.
        let mut tries = 0;
        loop {
            match self.intake_once(source, &keyed, &rejects).await {
                Err(e) if (e.is_unique_violation() || e.is_deadlock()) && tries < 3 => tries += 1,
                other => return other,
            }
        }
    }

    /// Makes arrivals ready, as far as that needs no look into the database: on any thread, before their batch.
    ///
    /// # Errors
    /// [`StoreError::Bad`] when one cannot be written as JSON.
    pub fn keyed(&self, arrivals: Vec<Arrival>) -> Result<Vec<Keyed>, StoreError> {
        let keyed = |(index, arrival): (usize, Arrival)| {
            let digest = self.content_digest(&arrival.canonical);
            let key = match arrival.external_id.as_deref().map(str::trim) {
                Some(id) if !id.is_empty() => self.key_of(id),
                _ => format!("sha:{}", &digest[..32]),
            };
            let upstream = to_json(&arrival.content.upstream)?;
            Ok(Keyed { key, digest, upstream, arrival, index })
        };
        arrivals.into_iter().enumerate().map(keyed).collect()
    }

    /// The keyed digest by which two versions of a record are told apart.
    pub(super) fn content_digest(&self, canonical: &str) -> String {
        self.vault().digest("content", canonical.as_bytes())
    }

    /// An external id as it is kept: a long one as its digest.
    pub(super) fn key_of(&self, id: &str) -> String {
        if id.chars().count() > LONGEST_ID {
            format!("long:{}", &self.vault().digest("external id", id.as_bytes())[..32])
        } else {
            id.to_owned()
        }
    }

    async fn intake_once(
        &self,
        source: &Source,
        keyed: &[Keyed],
        rejects: &[Reject],
    ) -> Result<Intake, StoreError> {
        let mut fates = vec![Fate::Unchanged; keyed.len()];
        if keyed.is_empty() && rejects.is_empty() {
            return Ok(Intake::default());
        }
        let mut tx = self.begin().await?;
        self.wrap_in(&mut tx).await?;
        for wave in waves(keyed) {
            let known = known_items(&mut tx, source, &wave).await?;
            let (mut unknown, mut changed, mut same) = (Vec::new(), Vec::new(), Vec::new());
            for record in wave {
                match known.get(&record.key) {
                    None => unknown.push(record),
                    Some(item) if record.arrival.withdrawn => {
                        same.push((item.id, record));
                        if mark_withdrawn(&mut tx, item.id, self.now()).await? {
                            fates[record.index] = Fate::Updated;
                        }
                    }
                    Some(item) if item.digest == record.digest && !item.withdrawn => {
                        same.push((item.id, record));
                    }
                    Some(item) => {
                        fates[record.index] = Fate::Updated;
                        changed.push(Change { known: item, record, digest: &record.digest });
                    }
                }
            }
            sealed_columns::take_away(&mut tx, &same).await?;
            let mut rows = ItemRows::default();
            self.update_items(&mut tx, source, &changed, &mut rows).await?;
            for (index, fate) in self.take_unknown(&mut tx, source, unknown, rows).await? {
                fates[index] = fate;
            }
        }
        let closed = self.insert_rejects(&mut tx, source, rejects).await?;
        tx.commit().await?;
        let of = |fate| fates.iter().filter(|f| **f == fate).count() as i64;
        let counts = SourceRun {
            read: (keyed.len() + rejects.len()) as i64,
            new: of(Fate::New),
            updated: of(Fate::Updated),
            unchanged: of(Fate::Unchanged) + closed,
            quarantined: rejects.len() as i64 - closed,
        };
        Ok(Intake { counts, fates })
    }

    /// Marks records that their source withdrew; how many were marked. Unknown ids are passed over.
    pub async fn withdraw(&self, source: &Source, external_ids: &[String]) -> Result<i64, StoreError> {
        let mut tx = self.begin().await?;
        let mut marked = 0;
        for id in external_ids {
            let sql = "SELECT item_id FROM item_key WHERE source_id = $1 AND external_id = $2";
            let row = tx.row(sql, args![source.id.0, self.key_of(id.trim())]).await?;
            if let Some(row) = row {
                marked += i64::from(mark_withdrawn(&mut tx, ItemId(row.int("item_id")?), self.now()).await?);
            }
        }
        tx.commit().await?;
        Ok(marked)
    }

    /// Puts rows into quarantine, each once; how many were there before and have been dealt with.
    async fn insert_rejects(
        &self,
        tx: &mut Tx,
        source: &Source,
        rejects: &[Reject],
    ) -> Result<i64, StoreError> {
        if rejects.is_empty() {
            return Ok(0);
        }
        let now = self.now();
        let plain: Vec<String> =
            rejects.iter().map(|reject| to_json(&reject.original)).collect::<Result<_, _>>()?;
        let digest = |plain: &String| self.vault().digest("quarantine", plain.as_bytes());
        let digests: Vec<String> = plain.iter().map(digest).collect();
        let mut known = quarantined(tx, source, &digests).await?;
        let (mut seals, mut rows, mut closed) = (Vec::new(), Vec::new(), 0);
        for ((reject, plain), digest) in rejects.iter().zip(&plain).zip(digests) {
            if let Some(is_closed) = known.get(&digest) {
                closed += i64::from(*is_closed);
                continue;
            }
            let sealed: SealedId = self.ids().next(now);
            seals.push(self.sealed_row(sealed, plain)?);
            rows.push(args![
                self.ids().next::<QuarantineId>(now).0,
                source.id.0,
                &digest,
                now,
                to_json(&reject.place)?,
                reject.kind.code(),
                reject.form.code(),
                &reject.reason,
                sealed.0
            ]);
            known.insert(digest, false);
        }
        tx.insert("sealed", &["id", "wrapped_key", "body"], seals, "").await?;
        let columns = ["id", "source_id", "digest", "at", "place", "kind", "form", "reason", "sealed_id"];
        tx.insert("quarantine", &columns, rows, "").await?;
        Ok(closed)
    }

    pub(super) fn sealed_row(&self, id: SealedId, original: &str) -> Result<Vec<Arg>, StoreError> {
        let sealed = self.vault().seal(original.as_bytes())?;
        Ok(args![id.0, sealed.wrapped_key, sealed.body])
    }

    /// Seals a JSON text within a transaction.
    pub(super) async fn seal_in(&self, tx: &mut Tx, original: &str) -> Result<SealedId, StoreError> {
        let id: SealedId = self.ids().next(self.now());
        self.seal_as(tx, id, original).await?;
        Ok(id)
    }

    /// Seals a JSON text under an id that was given before.
    pub(super) async fn seal_as(&self, tx: &mut Tx, id: SealedId, original: &str) -> Result<(), StoreError> {
        self.wrap_in(tx).await?;
        let row = self.sealed_row(id, original)?;
        tx.insert("sealed", &["id", "wrapped_key", "body"], vec![row], "").await?;
        Ok(())
    }
}

/// Records of one key must be written one after the other: each wave holds a key once.
fn waves(keyed: &[Keyed]) -> Vec<Vec<&Keyed>> {
    let mut waves: Vec<(HashSet<&str>, Vec<&Keyed>)> = Vec::new();
    for record in keyed {
        match waves.iter_mut().find(|(keys, _)| !keys.contains(record.key.as_str())) {
            Some((keys, wave)) => {
                keys.insert(&record.key);
                wave.push(record);
            }
            None => waves.push((HashSet::from([record.key.as_str()]), vec![record])),
        }
    }
    waves.into_iter().map(|(_, wave)| wave).collect()
}

async fn known_items(
    tx: &mut Tx,
    source: &Source,
    wave: &[&Keyed],
) -> Result<HashMap<String, Known>, StoreError> {
    let known = format!(
        "FROM item_key k JOIN item i ON i.id = k.item_id WHERE k.source_id = {} AND k.external_id IN ({})",
        tx.marks(1, 1),
        tx.marks(2, wave.len())
    );
    let mut values = args![source.id.0];
    values.extend(wave.iter().map(|record| Arg::from(&record.key)));
    if tx.is_sqlite() {
        // Its driver hands over each row by itself and waits for it to be taken: here all come as one.
        let columns = "k.external_id, i.id, i.version, i.digest, i.withdrawn_at IS NOT NULL";
        let sql = format!("SELECT json_group_array(json_array({columns})) AS found {known}");
        let Some(row) = tx.row(&sql, values).await? else { return Ok(HashMap::new()) };
        let found: Vec<(String, i64, i64, String, i64)> = row.json("found")?;
        let known = |(key, id, version, digest, withdrawn)| {
            (key, Known { id: ItemId(id), version, digest, withdrawn: withdrawn != 0 })
        };
        return Ok(found.into_iter().map(known).collect());
    }
    let sql = format!(
        "SELECT k.external_id, i.id, i.version, i.digest, i.withdrawn_at {known} ORDER BY i.id FOR UPDATE OF i"
    );
    let rows = tx.rows(&sql, values).await?;
    rows.iter().map(|row| Ok((row.text("external_id")?, known_of(row)?))).collect()
}

/// Which of these digests are in quarantine, and whether they have been dealt with.
async fn quarantined(
    tx: &mut Tx,
    source: &Source,
    digests: &[String],
) -> Result<HashMap<String, bool>, StoreError> {
    let mut known = HashMap::new();
    for digests in digests.chunks(500) {
        let sql = format!(
            "SELECT digest, closed_at FROM quarantine WHERE source_id = {} AND digest IN ({})",
            tx.marks(1, 1),
            tx.marks(2, digests.len())
        );
        let values = [Arg::from(source.id.0)].into_iter().chain(digests.iter().map(Arg::from));
        for row in tx.rows(&sql, values.collect()).await? {
            known.insert(row.text("digest")?, row.opt_int("closed_at")?.is_some());
        }
    }
    Ok(known)
}

/// From a row of id, version, digest and withdrawn_at.
pub(super) fn known_of(row: &Row) -> Result<Known, StoreError> {
    Ok(Known {
        id: ItemId(row.int("id")?),
        version: row.int("version")?,
        digest: row.text("digest")?,
        withdrawn: row.opt_int("withdrawn_at")?.is_some(),
    })
}

/// Marks an item as withdrawn, once; one without a case waits for nobody any more.
async fn mark_withdrawn(tx: &mut Tx, id: ItemId, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE item SET withdrawn_at = $1, archived = CASE WHEN case_id IS NULL THEN 'withdrawn' ELSE archived END
               WHERE id = $2 AND withdrawn_at IS NULL";
    Ok(tx.run(sql, args![now, id.0]).await? == 1)
}
