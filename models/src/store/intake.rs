//! Writes what arrived, each record once.
//!
//! An item is unique by source and external id; where the sender gives none, by a keyed digest of its
//! canonical content. The same record again changes nothing; a later version updates the item and keeps
//! the history. A batch is one transaction, so a killed import loses nothing and doubles nothing.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::db::{Arg, Tx, args, to_json};
use super::{Store, StoreError, work};
use crate::ids::{ItemId, QuarantineId, SealedId};
use crate::records::{Channel, ItemContent, Mode, RowPlace, Source, SourceRun};

/// A record that was cleaned and masked, with its sealed-to-be original.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// As the sender gives it; `None` when there is none.
    pub external_id: Option<String>,
    /// The original content by which two versions are told apart; never stored, only its keyed digest.
    pub canonical: String,
    /// Masked.
    pub content: ItemContent,
    /// Everything that arrived; stored sealed.
    pub original: serde_json::Value,
}

/// A row that could not be read.
#[derive(Debug, Clone)]
pub struct Reject {
    pub place: RowPlace,
    pub reason: String,
    /// Stored sealed.
    pub original: serde_json::Value,
}

/// Longer ids are kept as a digest.
const LONGEST_ID: usize = 300;

struct Known {
    id: ItemId,
    version: i64,
    digest: String,
}

struct Keyed {
    key: String,
    digest: String,
    arrival: Arrival,
}

impl Store {
    /// Writes one batch of a source; `read` counts arrivals and rejects together.
    ///
    /// # Errors
    /// When the database fails; then nothing of the batch is stored.
    pub async fn intake(
        &self,
        source: &Source,
        arrivals: Vec<Arrival>,
        rejects: Vec<Reject>,
    ) -> Result<SourceRun, StoreError> {
        let keyed: Vec<Keyed> = arrivals.into_iter().map(|a| self.keyed(a)).collect();
        // Two processes may import the same file at once: the second sees the first's rows on its second try.
        let mut tries = 0;
        loop {
            match self.intake_once(source, &keyed, &rejects).await {
                Err(e) if e.is_unique_violation() && tries < 3 => tries += 1,
                other => return other,
            }
        }
    }

    fn keyed(&self, arrival: Arrival) -> Keyed {
        let digest = self.vault().digest("content", arrival.canonical.as_bytes());
        let key = match arrival.external_id.as_deref().map(str::trim) {
            Some(id) if id.chars().count() > LONGEST_ID => {
                format!("long:{}", &self.vault().digest("external id", id.as_bytes())[..32])
            }
            Some(id) if !id.is_empty() => id.to_owned(),
            _ => format!("sha:{}", &digest[..32]),
        };
        Keyed { key, digest, arrival }
    }

    async fn intake_once(
        &self,
        source: &Source,
        keyed: &[Keyed],
        rejects: &[Reject],
    ) -> Result<SourceRun, StoreError> {
        let mut run = SourceRun { read: (keyed.len() + rejects.len()) as i64, ..SourceRun::default() };
        if run.read == 0 {
            return Ok(run);
        }
        let mut tx = self.begin().await?;
        for wave in waves(keyed) {
            let known = known_items(&mut tx, source, &wave).await?;
            let mut fresh = Vec::new();
            for record in wave {
                match known.get(&record.key) {
                    None => fresh.push(record),
                    Some(item) if item.digest == record.digest => run.unchanged += 1,
                    Some(item) => {
                        self.update_item(&mut tx, source, item, record).await?;
                        run.updated += 1;
                    }
                }
            }
            run.new += fresh.len() as i64;
            self.insert_items(&mut tx, source, &fresh).await?;
        }
        for reject in rejects {
            self.insert_reject(&mut tx, source, reject).await?;
            run.quarantined += 1;
        }
        tx.commit().await?;
        Ok(run)
    }

    async fn insert_items(&self, tx: &mut Tx, source: &Source, fresh: &[&Keyed]) -> Result<(), StoreError> {
        let now = self.now();
        let (mut keys, mut items, mut seals, mut ids) = (vec![], vec![], vec![], vec![]);
        for record in fresh {
            let id: ItemId = self.ids().next(now);
            let sealed: SealedId = self.ids().next(now);
            seals.push(self.sealed_row(sealed, &record.arrival.original)?);
            keys.push(args![source.id.0, &record.key, id.0]);
            items.push(item_row(source, record, id, sealed, now)?);
            ids.push(id.0);
        }
        tx.insert("sealed", &["id", "wrapped_key", "body"], seals, "").await?;
        tx.insert("item_key", &["source_id", "external_id", "item_id"], keys, "").await?;
        tx.insert("item", ITEM_COLUMNS, items, "").await?;
        work::add(tx, work::JUDGE, &ids, now).await
    }

    async fn update_item(
        &self,
        tx: &mut Tx,
        source: &Source,
        known: &Known,
        record: &Keyed,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let sealed = self.seal_in(tx, &record.arrival.original).await?;
        tx.run(
            "INSERT INTO item_version (item_id, version, title, body, url, occurred_at, upstream, replaced_at, sealed_id)
             SELECT id, version, title, body, url, occurred_at, upstream, $1, sealed_id FROM item WHERE id = $2",
            args![now, known.id.0],
        )
        .await?;
        let content = &record.arrival.content;
        let touched = tx
            .run(
                "UPDATE item SET version = version + 1, title = $1, body = $2, url = $3, occurred_at = $4, upstream = $5,
                 digest = $6, updated_at = $7, archived = $8, sealed_id = $9 WHERE id = $10 AND version = $11",
                args![
                    &content.title,
                    &content.body,
                    content.url.clone(),
                    content.occurred_at,
                    to_json(&content.upstream)?,
                    &record.digest,
                    now,
                    archived(source, content),
                    sealed.0,
                    known.id.0,
                    known.version
                ],
            )
            .await?;
        if touched != 1 {
            return Err(StoreError::Bad(format!("item {} changed while it was updated", known.id)));
        }
        work::add(tx, work::JUDGE, &[known.id.0], now).await
    }

    async fn insert_reject(&self, tx: &mut Tx, source: &Source, reject: &Reject) -> Result<(), StoreError> {
        let now = self.now();
        let plain = to_json(&reject.original)?;
        let digest = self.vault().digest("quarantine", plain.as_bytes());
        let known = tx
            .row(
                "SELECT id FROM quarantine WHERE source_id = $1 AND digest = $2",
                args![source.id.0, &digest],
            )
            .await?;
        if known.is_some() {
            return Ok(());
        }
        let sealed = self.seal_in(tx, &reject.original).await?;
        tx.run(
            "INSERT INTO quarantine (id, source_id, digest, at, place, reason, sealed_id) VALUES ($1,$2,$3,$4,$5,$6,$7)",
            args![
                self.ids().next::<QuarantineId>(now).0,
                source.id.0,
                digest,
                now,
                to_json(&reject.place)?,
                &reject.reason,
                sealed.0
            ],
        )
        .await?;
        Ok(())
    }

    fn sealed_row(&self, id: SealedId, original: &serde_json::Value) -> Result<Vec<Arg>, StoreError> {
        let sealed = self.vault().seal(to_json(original)?.as_bytes())?;
        Ok(args![id.0, sealed.wrapped_key, sealed.body])
    }

    /// Seals a value within a transaction.
    pub(super) async fn seal_in(
        &self,
        tx: &mut Tx,
        original: &serde_json::Value,
    ) -> Result<SealedId, StoreError> {
        let id: SealedId = self.ids().next(self.now());
        self.seal_as(tx, id, original).await?;
        Ok(id)
    }

    /// Seals a value under an id that was given before.
    pub(super) async fn seal_as(
        &self,
        tx: &mut Tx,
        id: SealedId,
        original: &serde_json::Value,
    ) -> Result<(), StoreError> {
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
    let marks: Vec<String> = (0..wave.len()).map(|i| format!("${}", i + 2)).collect();
    let lock = if tx.is_sqlite() { "" } else { "FOR UPDATE OF i" };
    let sql = format!(
        "SELECT k.external_id, i.id, i.version, i.digest FROM item_key k JOIN item i ON i.id = k.item_id
         WHERE k.source_id = $1 AND k.external_id IN ({}) {lock}",
        marks.join(", ")
    );
    let mut values = args![source.id.0];
    values.extend(wave.iter().map(|record| Arg::from(&record.key)));
    let mut known = HashMap::new();
    for row in tx.rows(&sql, values).await? {
        let item =
            Known { id: ItemId(row.int("id")?), version: row.int("version")?, digest: row.text("digest")? };
        known.insert(row.text("external_id")?, item);
    }
    Ok(known)
}

/// Why an item opens no case by itself: the code in the column `archived`, or nothing.
fn archived(source: &Source, content: &ItemContent) -> Option<&'static str> {
    let at = content.upstream.dispatched_at.or(content.occurred_at);
    match (source.cutoff, at) {
        _ if content.upstream.finished => Some("finished"),
        _ if source.mode == Mode::Mirror => Some("mirror"),
        (Some(cutoff), Some(at)) if at < cutoff => Some("cutoff"),
        _ => None,
    }
}

const ITEM_COLUMNS: &[&str] = &[
    "id",
    "source_id",
    "external_id",
    "channel",
    "version",
    "title",
    "body",
    "url",
    "occurred_at",
    "upstream",
    "digest",
    "first_seen_at",
    "updated_at",
    "archived",
    "judged_version",
    "judged_by_person",
    "topics",
    "unsure",
    "urgency",
    "confidential",
    "sealed_id",
];

fn item_row(
    source: &Source,
    record: &Keyed,
    id: ItemId,
    sealed: SealedId,
    now: Timestamp,
) -> Result<Vec<Arg>, StoreError> {
    let content = &record.arrival.content;
    let channel: Channel = source.channel;
    Ok(args![
        id.0,
        source.id.0,
        &record.key,
        channel.code(),
        1i64,
        &content.title,
        &content.body,
        content.url.clone(),
        content.occurred_at,
        to_json(&content.upstream)?,
        &record.digest,
        now,
        now,
        archived(source, content),
        0i64,
        false,
        "[]",
        false,
        0i64,
        false,
        sealed.0
    ])
}
