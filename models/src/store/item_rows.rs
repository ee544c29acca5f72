//! The rows of items as they are written: new ones, and those that get a later version.

use jiff::Timestamp;

use super::arrival::Arrival;
use super::db::{Arg, Tx, args, to_json};
use super::intake::{Keyed, Known};
use super::{Store, StoreError, work};
use crate::ids::{ItemId, SealedId};
use crate::records::{Channel, Mode, Source};

/// The next version of an item.
pub(super) struct Change<'c> {
    pub known: &'c Known,
    pub record: &'c Keyed,
    /// The main record's own digest, which stays when another appearance brought the content.
    pub digest: &'c str,
}

/// Rows of new items, ready to be written.
#[derive(Default)]
pub(super) struct ItemRows {
    keys: Vec<Vec<Arg>>,
    items: Vec<Vec<Arg>>,
    seals: Vec<Vec<Arg>>,
    ids: Vec<i64>,
}

impl ItemRows {
    /// Writes the rows and puts the items before the judging.
    pub(super) async fn insert(self, tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
        tx.insert("sealed", &["id", "wrapped_key", "body"], self.seals, "").await?;
        tx.insert("item_key", &["source_id", "external_id", "item_id"], self.keys, "").await?;
        tx.insert("item", ITEM_COLUMNS, self.items, "").await?;
        work::add(tx, work::JUDGE, &self.ids, now).await
    }
}

impl Store {
    pub(super) async fn insert_items(
        &self,
        tx: &mut Tx,
        source: &Source,
        fresh: &[(ItemId, &Keyed)],
    ) -> Result<(), StoreError> {
        self.wrap_in(tx).await?;
        self.item_rows(source, fresh)?.insert(tx, self.now()).await
    }

    /// The rows of new items, their originals sealed.
    pub(super) fn item_rows(
        &self,
        source: &Source,
        fresh: &[(ItemId, &Keyed)],
    ) -> Result<ItemRows, StoreError> {
        let now = self.now();
        let mut rows = ItemRows::default();
        for (id, record) in fresh {
            let sealed: SealedId = self.ids().next(now);
            rows.seals.push(self.sealed_row(sealed, record.arrival.original.as_str())?);
            rows.keys.push(args![source.id.0, &record.key, id.0]);
            rows.items.push(item_row(source, record, *id, sealed, now)?);
            rows.ids.push(id.0);
        }
        Ok(rows)
    }

    /// Gives items the content of records and keeps the earlier ones; each item once.
    pub(super) async fn update_items(
        &self,
        tx: &mut Tx,
        source: &Source,
        changes: &[Change<'_>],
    ) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let now = self.now();
        self.wrap_in(tx).await?;
        let sealed: Vec<SealedId> = changes.iter().map(|_| self.ids().next(now)).collect();
        let seals = changes
            .iter()
            .zip(&sealed)
            .map(|(change, id)| self.sealed_row(*id, change.record.arrival.original.as_str()));
        tx.insert("sealed", &["id", "wrapped_key", "body"], seals.collect::<Result<_, _>>()?, "").await?;
        let ids: Vec<i64> = changes.iter().map(|change| change.known.id.0).collect();
        let keep = format!(
            "INSERT INTO item_version (item_id, version, title, body, url, occurred_at, upstream, replaced_at, sealed_id)
             SELECT id, version, title, body, url, occurred_at, upstream, {}, sealed_id FROM item WHERE id IN ({})",
            tx.marks(1, 1),
            tx.marks(2, ids.len())
        );
        let mut values = args![now];
        values.extend(ids.iter().map(|id| Arg::from(*id)));
        tx.run(&keep, values).await?;
        for (change, sealed) in changes.iter().zip(sealed) {
            update_row(tx, source, change, sealed, now).await?;
        }
        let linked: Vec<(ItemId, &Keyed)> = changes.iter().map(|c| (c.known.id, c.record)).collect();
        self.link(tx, source, &linked, "ON CONFLICT (digest) DO NOTHING").await?;
        work::add(tx, work::JUDGE, &ids, now).await
    }
}

async fn update_row(
    tx: &mut Tx,
    source: &Source,
    change: &Change<'_>,
    sealed: SealedId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Change { known, record, digest } = change;
    let content = &record.arrival.content;
    let touched = tx
        .run(
            "UPDATE item SET version = version + 1, title = $1, body = $2, url = $3, occurred_at = $4, upstream = $5,
             digest = $6, updated_at = $7, archived = $8, sealed_id = $9, language = $10, withdrawn_at = NULL
             WHERE id = $11 AND version = $12",
            args![
                &content.title,
                &content.body,
                content.url.clone(),
                content.occurred_at,
                to_json(&content.upstream)?,
                *digest,
                now,
                archived(source, &record.arrival),
                sealed.0,
                record.arrival.language.clone(),
                known.id.0,
                known.version
            ],
        )
        .await?;
    if touched != 1 {
        return Err(StoreError::Bad(format!("item {} changed while it was updated", known.id)));
    }
    Ok(())
}

/// Why an item opens no case by itself: the code in the column `archived`, or nothing.
fn archived(source: &Source, arrival: &Arrival) -> Option<&'static str> {
    let content = &arrival.content;
    let at = content.upstream.dispatched_at.or(content.occurred_at);
    match (source.cutoff, at) {
        _ if arrival.withdrawn => Some("withdrawn"),
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
    "withdrawn_at",
    "language",
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
        archived(source, &record.arrival),
        0i64,
        false,
        "[]",
        false,
        0i64,
        false,
        sealed.0,
        record.arrival.withdrawn.then_some(now),
        record.arrival.language.clone()
    ])
}
