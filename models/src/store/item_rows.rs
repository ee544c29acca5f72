//! The rows of items as they are written: new ones, and those that get a later version.

use jiff::Timestamp;

use super::arrival::Arrival;
use super::db::{Arg, Tx, args};
use super::intake::{Keyed, Known};
use super::{Store, StoreError, sealed_columns, work};
use crate::ids::{ItemId, SealedId};
use crate::records::{Channel, Mode, Source};

/// The next version of an item.
pub(super) struct Change<'c> {
    pub known: &'c Known,
    pub record: &'c Keyed,
    /// The main record's own digest, which stays when another appearance brought the content.
    pub digest: &'c str,
}

/// Rows of new items, and what new and changed ones have in common, ready to be written together: after each statement
/// the database is waited for.
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
    /// Adds the rows of new items, their originals sealed.
    pub(super) fn add_items(
        &self,
        rows: &mut ItemRows,
        source: &Source,
        fresh: &[(ItemId, &Keyed)],
    ) -> Result<(), StoreError> {
        let now = self.now();
        for (id, record) in fresh {
            let sealed: SealedId = self.ids().next(now);
            rows.seals.push(self.sealed_row(sealed, record.arrival.original.as_str())?);
            rows.keys.push(args![source.id.0, &record.key, id.0]);
            rows.items.push(item_row(source, record, *id, sealed, now));
            rows.ids.push(id.0);
        }
        Ok(())
    }

    /// Gives an item the content of a record and keeps the earlier one; within [`Store::wrap_in`].
    pub(super) async fn update_item(
        &self,
        tx: &mut Tx,
        source: &Source,
        change: Change<'_>,
    ) -> Result<(), StoreError> {
        let mut rows = ItemRows::default();
        self.update_items(tx, source, &[change], &mut rows).await?;
        rows.insert(tx, self.now()).await
    }

    /// Gives items the content of records and keeps the earlier ones; each item once. What is sealed and judged is
    /// added to `rows`, which are to be written afterwards.
    pub(super) async fn update_items(
        &self,
        tx: &mut Tx,
        source: &Source,
        changes: &[Change<'_>],
        rows: &mut ItemRows,
    ) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let sealed: Vec<SealedId> = changes.iter().map(|_| self.ids().next(now)).collect();
        for (change, id) in changes.iter().zip(&sealed) {
            rows.seals.push(self.sealed_row(*id, change.record.arrival.original.as_str())?);
        }
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
        update_rows(tx, source, changes, &sealed, now).await?;
        let linked: Vec<(ItemId, &Keyed)> = changes.iter().map(|c| (c.known.id, c.record)).collect();
        sealed_columns::take_away(tx, &linked).await?;
        self.link(tx, source, &linked, "ON CONFLICT (digest) DO NOTHING").await?;
        rows.ids.extend(ids);
        Ok(())
    }
}

/// Values of a change as [`update_rows`] names them: `v.column1` to `v.column12`.
const CHANGED: usize = 12;
/// Changes of one statement.
const CHANGES: usize = 500;

/// Writes the new versions, all in one statement: one after the other each would wait for the database.
async fn update_rows(
    tx: &mut Tx,
    source: &Source,
    changes: &[Change<'_>],
    sealed: &[SealedId],
    now: Timestamp,
) -> Result<(), StoreError> {
    for (changes, sealed) in changes.chunks(CHANGES).zip(sealed.chunks(CHANGES)) {
        let mut values = Vec::with_capacity(changes.len() * CHANGED);
        for (Change { known, record, digest }, sealed) in changes.iter().zip(sealed) {
            let content = &record.arrival.content;
            values.extend(args![
                known.id.0,
                known.version,
                &content.title,
                &content.body,
                content.url.clone(),
                content.occurred_at,
                &record.upstream,
                *digest,
                now,
                archived(source, &record.arrival),
                sealed.0,
                record.arrival.language.clone()
            ]);
        }
        let rows = tx.tuples(changes.len(), CHANGED);
        let sql = format!(
            "UPDATE item SET version = version + 1, title = v.column3, body = v.column4, url = v.column5,
             occurred_at = v.column6, upstream = v.column7, digest = v.column8, updated_at = v.column9,
             archived = v.column10, sealed_id = v.column11, language = v.column12, withdrawn_at = NULL,
             erased_at = NULL
             FROM (VALUES {rows}) AS v WHERE id = v.column1 AND version = v.column2"
        );
        if tx.run(&sql, values).await? != changes.len() as u64 {
            return Err(StoreError::Bad(format!("items of {} changed while they were updated", source.name)));
        }
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

fn item_row(source: &Source, record: &Keyed, id: ItemId, sealed: SealedId, now: Timestamp) -> Vec<Arg> {
    let content = &record.arrival.content;
    let channel: Channel = source.channel;
    args![
        id.0,
        source.id.0,
        &record.key,
        channel.code(),
        1i64,
        &content.title,
        &content.body,
        content.url.clone(),
        content.occurred_at,
        &record.upstream,
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
    ]
}
