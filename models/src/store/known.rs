//! What is known of records before they are taken in: nothing is fetched for those that are stored, and nothing older
//! written over them unasked.

use std::collections::HashMap;

use jiff::Timestamp;

use super::db::{Arg, args};
use super::{Arrival, Store, StoreError};
use crate::ids::SourceId;
use crate::records::Source;

/// A record that is stored already, as an item or as an appearance of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownRecord {
    /// Which of the forms offered is the stored one; `None` when it is another.
    pub form: Option<usize>,
    /// The source took it back.
    pub withdrawn: bool,
}

/// Records asked for in one query.
const AT_ONCE: usize = 400;

impl Store {
    /// What is known of a source's records, in their order: each is asked for by its external id, with the
    /// canonical contents (as in [`super::Arrival`]) that it may have been stored with.
    pub async fn known_records(
        &self,
        source: &Source,
        records: &[(String, Vec<String>)],
    ) -> Result<Vec<Option<KnownRecord>>, StoreError> {
        let mut all = Vec::with_capacity(records.len());
        for chunk in records.chunks(AT_ONCE) {
            let keys: Vec<String> = chunk.iter().map(|(id, _)| self.key_of(id.trim())).collect();
            let stored = self.stored(source, &keys).await?;
            for ((_, forms), key) in chunk.iter().zip(&keys) {
                all.push(stored.get(key).map(|(digest, withdrawn)| KnownRecord {
                    form: forms.iter().position(|form| self.content_digest(form) == *digest),
                    withdrawn: *withdrawn,
                }));
            }
        }
        Ok(all)
    }

    /// Digest and withdrawal of the records of these keys.
    async fn stored(
        &self,
        source: &Source,
        keys: &[String],
    ) -> Result<HashMap<String, (String, bool)>, StoreError> {
        let marks: Vec<String> = (0..keys.len()).map(|i| format!("${}", i + 2)).collect();
        let marks = marks.join(", ");
        let sql = format!(
            "SELECT k.external_id, i.digest, i.withdrawn_at FROM item_key k JOIN item i ON i.id = k.item_id
             WHERE k.source_id = $1 AND k.external_id IN ({marks})
             UNION ALL SELECT a.external_id, a.digest, i.withdrawn_at FROM appearance a JOIN item i ON i.id = a.item_id
             WHERE a.source_id = $1 AND a.external_id IN ({marks})"
        );
        let mut values = args![source.id.0];
        values.extend(keys.iter().map(Arg::from));
        let mut stored = HashMap::new();
        for row in self.db().rows(&sql, values).await? {
            let withdrawn = row.opt_int("withdrawn_at")?.is_some();
            stored.insert(row.text("external_id")?, (row.text("digest")?, withdrawn));
        }
        Ok(stored)
    }

    /// Whether something else than this was stored of the same record since a time, or its source withdrew it: what is
    /// stored may be newer. Only records with an id of their own can differ and be the same.
    pub async fn may_be_outdated(
        &self,
        source: &Source,
        arrival: &Arrival,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(id) = arrival.external_id.as_deref() else { return Ok(false) };
        let sql = "SELECT count(*) FROM item_key k JOIN item i ON i.id = k.item_id
                   WHERE k.source_id = $1 AND k.external_id = $2
                     AND (i.updated_at > $3 AND i.digest <> $4 OR i.withdrawn_at > $3)";
        let digest = self.content_digest(&arrival.canonical);
        let values = args![source.id.0, self.key_of(id.trim()), since, digest];
        Ok(self.db().number(sql, values).await? > 0)
    }

    /// Notes how far an interface was read, while its poll goes on.
    pub async fn keep_cursor(&self, id: SourceId, cursor: Option<&str>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run("UPDATE source SET cursor = $1 WHERE id = $2", args![cursor.map(str::to_owned), id.0]).await?;
        tx.commit().await
    }
}
