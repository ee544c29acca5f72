//! The same article at several places: each is one item, and all its appearances are counted.
//!
//! Articles of news, sites and social media are recognised by their cleaned address or by their words.
//! The first one seen is the item; the others are appearances of it, each with the digest of what it said
//! last, so that two copies that differ don't overwrite each other at every poll.

use std::collections::HashMap;

use super::arrival::Fate;
use super::db::{Arg, Row, Tx, args};
use super::intake::{Keyed, Known, known_of};
use super::item_rows::{Change, ItemRows};
use super::{Store, StoreError};
use crate::ids::{ItemId, SourceId};
use crate::records::{Appearance, Source, Viewer};

/// An appearance that is stored already.
struct Seen {
    item: ItemId,
    digest: String,
    by_url: bool,
}

/// How a record was recognised: the item, and whether by its address.
type Match = (ItemId, bool);

impl Store {
    /// Where an item appeared besides its first place, newest first.
    pub async fn appearances(&self, viewer: &Viewer, id: ItemId) -> Result<Vec<Appearance>, StoreError> {
        if self.item(viewer, id).await?.is_none() {
            return Ok(Vec::new());
        }
        let sql = "SELECT source_id, url, at FROM appearance WHERE item_id = $1 ORDER BY id DESC LIMIT 200";
        let of = |row: &Row| {
            Ok(Appearance {
                source: SourceId(row.int("source_id")?),
                url: row.opt_text("url")?,
                at: row.time("at")?,
            })
        };
        self.db().rows(sql, args![id.0]).await?.iter().map(of).collect()
    }

    /// Takes in records whose ids are new to their source: as new items, or as appearances of known ones. `rows` are
    /// written with theirs.
    pub(super) async fn take_unknown(
        &self,
        tx: &mut Tx,
        source: &Source,
        records: Vec<&Keyed>,
        mut rows: ItemRows,
    ) -> Result<Vec<(usize, Fate)>, StoreError> {
        if records.is_empty() {
            rows.insert(tx, self.now()).await?;
            return Ok(Vec::new());
        }
        let mut fates: Vec<(usize, Fate)> = Vec::with_capacity(records.len());
        let (mut fresh, mut copies) = (Vec::new(), Vec::new());
        let linking = source.channel.is_published();
        let seen = if linking { seen_before(tx, source, &records).await? } else { HashMap::new() };
        let mut links = if linking { self.linked(tx, source, &records).await? } else { HashMap::new() };
        for record in records {
            if let Some(seen) = seen.get(&record.key)
                && (seen.digest == record.digest || seen.by_url)
            {
                fates.push((record.index, self.reappear(tx, source, seen, record).await?));
                continue;
            }
            if let Some(seen) = seen.get(&record.key) {
                // A copy known by its words alone says something else now: it is an article of its own.
                part(tx, source, seen.item, &record.key).await?;
            }
            let own = self.links_of(source, record);
            let found = own.iter().find_map(|(digest, by_url)| Some((*links.get(digest)?, *by_url)));
            match found {
                Some(found) => copies.push((found, record)),
                None => {
                    let id: ItemId = self.ids().next(self.now());
                    links.extend(own.into_iter().map(|(digest, _)| (digest, id)));
                    fresh.push((id, record));
                }
            }
        }
        self.add_items(&mut rows, source, &fresh)?;
        rows.insert(tx, self.now()).await?;
        self.link(tx, source, &fresh, "").await?;
        fates.extend(fresh.iter().map(|(_, record)| (record.index, Fate::New)));
        for (found, record) in copies {
            fates.push((record.index, self.appear(tx, source, found, record).await?));
        }
        Ok(fates)
    }

    /// Another appearance of an item, seen for the first time. One at the same address that says more gives
    /// the item its content.
    async fn appear(
        &self,
        tx: &mut Tx,
        source: &Source,
        (id, by_url): Match,
        record: &Keyed,
    ) -> Result<Fate, StoreError> {
        let sealed = self.seal_in(tx, record.arrival.original.as_str()).await?;
        let row = args![
            self.ids().next::<ItemId>(self.now()).0,
            id.0,
            source.id.0,
            &record.key,
            record.arrival.content.url.clone(),
            self.now(),
            &record.digest,
            by_url,
            sealed.0
        ];
        tx.insert("appearance", APPEARANCE_COLUMNS, vec![row], "").await?;
        tx.run("UPDATE item SET appearances = appearances + 1 WHERE id = $1", args![id.0]).await?;
        let (known, length) = item_and_length(tx, id).await?;
        let says_more = record.arrival.content.body.chars().count() as i64 > length;
        if by_url && says_more && !record.arrival.withdrawn {
            let digest = &known.digest;
            self.update_item(tx, source, Change { known: &known, record, digest }).await?;
            return Ok(Fate::Updated);
        }
        Ok(Fate::Unchanged)
    }

    /// An appearance seen again: a changed one at the item's address is an edit of the article.
    async fn reappear(
        &self,
        tx: &mut Tx,
        source: &Source,
        seen: &Seen,
        record: &Keyed,
    ) -> Result<Fate, StoreError> {
        if seen.digest == record.digest || record.arrival.withdrawn {
            return Ok(Fate::Unchanged);
        }
        tx.run(
            "UPDATE appearance SET digest = $1 WHERE source_id = $2 AND external_id = $3",
            args![&record.digest, source.id.0, &record.key],
        )
        .await?;
        let (known, _) = item_and_length(tx, seen.item).await?;
        let digest = &known.digest;
        self.update_item(tx, source, Change { known: &known, record, digest }).await?;
        Ok(Fate::Updated)
    }

    /// Keeps by what the copies of items are recognised.
    pub(super) async fn link(
        &self,
        tx: &mut Tx,
        source: &Source,
        items: &[(ItemId, &Keyed)],
        on_conflict: &str,
    ) -> Result<(), StoreError> {
        let of = |(id, record): &(ItemId, &Keyed)| {
            let id = id.0;
            self.links_of(source, record).into_iter().map(move |(digest, _)| args![digest, id])
        };
        let rows: Vec<_> = items.iter().flat_map(of).collect();
        tx.insert("item_link", &["digest", "item_id"], rows, on_conflict).await?;
        Ok(())
    }

    /// The digests by which a record's copies are recognised, that of the address first and marked. Sources
    /// that we answer and sources that we watch are kept apart.
    fn links_of(&self, source: &Source, record: &Keyed) -> Vec<(String, bool)> {
        if !source.channel.is_published() {
            return Vec::new();
        }
        let same = &record.arrival.sameness;
        let digest = |purpose: &str, text: &String| {
            let text = format!("{}\n{text}", source.mode.code());
            self.vault().digest(purpose, text.as_bytes())[..32].to_owned()
        };
        let address = same.address.as_ref().map(|text| (digest("address", text), true));
        let words = same.words.as_ref().map(|text| (digest("words", text), false));
        address.into_iter().chain(words).collect()
    }

    async fn linked(
        &self,
        tx: &mut Tx,
        source: &Source,
        records: &[&Keyed],
    ) -> Result<HashMap<String, ItemId>, StoreError> {
        let digests: Vec<String> =
            records.iter().flat_map(|r| self.links_of(source, r)).map(|(digest, _)| digest).collect();
        if digests.is_empty() {
            return Ok(HashMap::new());
        }
        let marks = tx.marks(1, digests.len());
        let sql = format!("SELECT digest, item_id FROM item_link WHERE digest IN ({marks})");
        let rows = tx.rows(&sql, digests.iter().map(Arg::from).collect()).await?;
        rows.iter().map(|row| Ok((row.text("digest")?, ItemId(row.int("item_id")?)))).collect()
    }
}

const APPEARANCE_COLUMNS: &[&str] =
    &["id", "item_id", "source_id", "external_id", "url", "at", "digest", "by_url", "sealed_id"];

async fn seen_before(
    tx: &mut Tx,
    source: &Source,
    records: &[&Keyed],
) -> Result<HashMap<String, Seen>, StoreError> {
    let sql = format!(
        "SELECT external_id, item_id, digest, by_url FROM appearance WHERE source_id = {} AND external_id IN ({})",
        tx.marks(1, 1),
        tx.marks(2, records.len())
    );
    let mut values = args![source.id.0];
    values.extend(records.iter().map(|record| Arg::from(&record.key)));
    let mut seen = HashMap::new();
    for row in tx.rows(&sql, values).await? {
        let of = Seen {
            item: ItemId(row.int("item_id")?),
            digest: row.text("digest")?,
            by_url: row.flag("by_url")?,
        };
        seen.insert(row.text("external_id")?, of);
    }
    Ok(seen)
}

/// Takes an appearance from its item.
async fn part(tx: &mut Tx, source: &Source, item: ItemId, key: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM appearance WHERE source_id = $1 AND external_id = $2";
    tx.run(sql, args![source.id.0, key]).await?;
    tx.run("UPDATE item SET appearances = appearances - 1 WHERE id = $1", args![item.0]).await?;
    Ok(())
}

async fn item_and_length(tx: &mut Tx, id: ItemId) -> Result<(Known, i64), StoreError> {
    let lock = if tx.is_sqlite() { "" } else { "FOR UPDATE" };
    let sql = format!(
        "SELECT id, version, digest, withdrawn_at, CAST(length(body) AS BIGINT) AS length FROM item WHERE id = $1 {lock}"
    );
    let row = tx.row(&sql, args![id.0]).await?.ok_or(StoreError::NotFound("item"))?;
    Ok((known_of(&row)?, row.int("length")?))
}
