//! Takes columns that were sealed later from what is stored of their items: from the present version and the earlier ones,
//! from the mirrored case and from the lines that sheets wrote about it. The sealed originals keep them.

use std::collections::{BTreeMap, BTreeSet};

use super::StoreError;
use super::db::{Arg, Tx, args, to_json};
use super::intake::Keyed;
use crate::ids::ItemId;
use crate::records::{CasePart, Mirror, MirrorLine, Upstream};

/// Items of one query.
const AT_ONCE: usize = 400;

/// The platform's words for parts of a case that stood in sealed columns alone. The longest come first: one may be the
/// beginning of another.
type Words = BTreeSet<(std::cmp::Reverse<usize>, CasePart, String)>;

/// Takes the fields that records name as sealed from what is stored of their items.
pub(super) async fn take_away(tx: &mut Tx, records: &[(ItemId, &Keyed)]) -> Result<(), StoreError> {
    let sealing = records.iter().filter(|(_, record)| !record.arrival.sealed_fields.is_empty());
    let sealing: Vec<(i64, &[String])> =
        sealing.map(|(id, record)| (id.0, record.arrival.sealed_fields.as_slice())).collect();
    for some in sealing.chunks(AT_ONCE) {
        let fields: BTreeMap<i64, &[String]> = some.iter().copied().collect();
        let mut gone: BTreeMap<i64, Words> = BTreeMap::new();
        for (table, key) in [("item", "id"), ("item_version", "item_id")] {
            from_versions(tx, (table, key), &fields, &mut gone).await?;
        }
        gone.retain(|_, words| !words.is_empty());
        if !gone.is_empty() {
            from_mirrored(tx, &gone).await?;
            from_lines(tx, &gone).await?;
        }
    }
    Ok(())
}

/// From all versions of items that stand in a table.
async fn from_versions(
    tx: &mut Tx,
    (table, key): (&str, &str),
    fields: &BTreeMap<i64, &[String]>,
    gone: &mut BTreeMap<i64, Words>,
) -> Result<(), StoreError> {
    let marks = tx.marks(1, fields.len());
    let sql = format!("SELECT {key} AS item, version, upstream FROM {table} WHERE {key} IN ({marks})");
    for row in tx.rows(&sql, fields.keys().map(|id| Arg::from(*id)).collect()).await? {
        let item = row.int("item")?;
        let mut upstream: Upstream = row.json("upstream")?;
        let sealed = fields.get(&item).copied().unwrap_or_default();
        if !upstream.fields.iter().any(|(name, _)| sealed.contains(name)) {
            continue;
        }
        gone.entry(item).or_default().extend(forget_fields(&mut upstream, sealed));
        let sql = format!("UPDATE {table} SET upstream = $1 WHERE {key} = $2 AND version = $3");
        tx.run(&sql, args![to_json(&upstream)?, item, row.int("version")?]).await?;
    }
    Ok(())
}

/// Takes fields from what one version says, and from its case what no other column says; returns the latter. A case says
/// what a column says, to the letter: by that it is told which columns it was read from.
fn forget_fields(upstream: &mut Upstream, sealed: &[String]) -> Words {
    let (gone, kept): (Vec<_>, Vec<_>) =
        std::mem::take(&mut upstream.fields).into_iter().partition(|(name, _)| sealed.contains(name));
    let said = |fields: &[(String, String)], words: &String| fields.iter().any(|(_, value)| value == words);
    let mut forgotten = Words::new();
    for part in CasePart::ALL.iter().copied() {
        if let Some(words) = upstream.case.part(part)
            && said(&gone, words)
            && !said(&kept, words)
        {
            forgotten.insert((std::cmp::Reverse(words.len()), part, words.clone()));
            upstream.case.forget(part);
        }
    }
    upstream.fields = kept;
    forgotten
}

/// From mirrored cases. Their version counts on, so that nobody writes back what he read before.
async fn from_mirrored(tx: &mut Tx, gone: &BTreeMap<i64, Words>) -> Result<(), StoreError> {
    let lock = if tx.is_sqlite() { "" } else { " FOR UPDATE" };
    let marks = tx.marks(1, gone.len());
    let sql = format!("SELECT item_id, body FROM mirrored WHERE item_id IN ({marks}) ORDER BY item_id{lock}");
    for row in tx.rows(&sql, gone.keys().map(|id| Arg::from(*id)).collect()).await? {
        let item = row.int("item_id")?;
        let mut mirror: Mirror = row.json("body")?;
        for (_, part, words) in gone.get(&item).into_iter().flatten() {
            if mirror.said.part(*part) == Some(words) {
                mirror.said.forget(*part);
            }
        }
        mirror.version += 1;
        let (said, body) = (&mirror.said, to_json(&mirror)?);
        let sql =
            "UPDATE mirrored SET office = $1, unsatisfied = $2, version = $3, body = $4 WHERE item_id = $5";
        tx.run(sql, args![said.office.clone(), said.unsatisfied, mirror.version, body, item]).await?;
    }
    Ok(())
}

/// From the lines about mirrored cases.
async fn from_lines(tx: &mut Tx, gone: &BTreeMap<i64, Words>) -> Result<(), StoreError> {
    let sql =
        format!("SELECT id, item_id, body FROM mirrored_line WHERE item_id IN ({})", tx.marks(1, gone.len()));
    for row in tx.rows(&sql, gone.keys().map(|id| Arg::from(*id)).collect()).await? {
        let mut line: MirrorLine = row.json("body")?;
        let mut stood = false;
        for (_, part, words) in gone.get(&row.int("item_id")?).into_iter().flatten() {
            stood |= line.forget(*part, words);
        }
        if stood {
            let sql = "UPDATE mirrored_line SET body = $1 WHERE id = $2";
            tx.run(sql, args![to_json(&line)?, row.int("id")?]).await?;
        }
    }
    Ok(())
}
