//! A whole database elsewhere: into another ([`Store::move_into`]), out of itself ([`Store::snapshot`]) and back
//! ([`Store::restore_rows`]). Which tables there are, the database tells; rows go by their keys and are proved by count and digest; the
//! search index is made anew from the texts.

mod bare;
mod moving;
mod restoring;
mod rows;
mod schema;
mod snapshot;

use serde::{Deserialize, Serialize};

use super::db::{Arg, Row, Tx, args, to_json};
use super::{Store, StoreError};
use crate::ids::ItemId;
use rows::Value;
use schema::Table;

pub use moving::{MoveOrder, MoveStep, Moved};
pub use restoring::{RestoreStep, Restored};
pub use snapshot::{
    BackupNote, Snapshot, SnapshotCount, SnapshotHead, SnapshotPiece, SnapshotRows, SnapshotSums,
};

/// The setting that says how far a move or a restore into this database got.
const STATE: &str = "transfer";
/// Tables that a new database has rows in.
const BEGUN: [&str; 4] = ["setting", "audit_head", "join_stage", "outbox_head"];
/// The search index, of which only is carried which items it knows.
const WORDS: &str = "item_words";
/// How many texts are indexed in one transaction.
const TEXTS: i64 = 200;

/// The words of an item's title and body for the search index.
pub type SearchWords<'w> = dyn Fn(&str, &str) -> String + Sync + 'w;

/// How far a move or a restore got.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    /// Which database, or backup, the rows come from.
    from: String,
    /// Tables that are through.
    done: Vec<String>,
    /// The key of the last row of the next table.
    last: Option<Vec<Value>>,
    /// The last item whose words are written.
    indexed: Option<i64>,
}

impl State {
    fn from(from: &str) -> Self {
        Self { from: from.to_owned(), ..Self::default() }
    }

    async fn keep(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let sql = "INSERT INTO setting (name, value) VALUES ($1, $2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        tx.run(sql, args![STATE, to_json(self)?]).await?;
        Ok(())
    }

    async fn read(tx: &mut Tx) -> Result<Option<Self>, StoreError> {
        let row = tx.row("SELECT value FROM setting WHERE name = $1", args![STATE]).await?;
        row.map(|row| row.json("value")).transpose()
    }

    async fn end(tx: &mut Tx) -> Result<(), StoreError> {
        tx.run("DELETE FROM setting WHERE name = $1", args![STATE]).await?;
        Ok(())
    }
}

impl Store {
    /// Writes the words of the items that `from` can find by theirs.
    async fn index_from(
        &self,
        from: &Store,
        state: &mut State,
        words: &SearchWords<'_>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<(), StoreError> {
        let id = words_id(from.db().is_sqlite());
        let sql = format!(
            "SELECT i.id, i.title, i.body FROM item i
             WHERE i.id IN (SELECT {id} FROM {WORDS} WHERE {id} > $1 ORDER BY {id} LIMIT {TEXTS}) ORDER BY i.id"
        );
        let mut count = 0;
        loop {
            let rows = from.db().rows(&sql, args![state.indexed.unwrap_or(i64::MIN)]).await?;
            let texts = words_of(&rows, words)?;
            state.indexed = texts.last().map(|(item, _)| item.0).or(state.indexed);
            let mut tx = self.begin().await?;
            self.set_words(&mut tx, &borrowed(&texts)).await?;
            state.keep(&mut tx).await?;
            tx.commit().await?;
            count += rows.len() as u64;
            progress(count);
            if rows.is_empty() {
                return Ok(());
            }
        }
    }
}

/// The column of the search index that names the item.
fn words_id(sqlite: bool) -> &'static str {
    if sqlite { "rowid" } else { "item_id" }
}

/// The words of items from their texts.
fn words_of(rows: &[Row], words: &SearchWords<'_>) -> Result<Vec<(ItemId, String)>, StoreError> {
    let of = |row: &Row| Ok((ItemId(row.int("id")?), words(&row.text("title")?, &row.text("body")?)));
    rows.iter().map(of).collect()
}

fn borrowed(texts: &[(ItemId, String)]) -> Vec<(ItemId, &str)> {
    texts.iter().map(|(item, words)| (*item, words.as_str())).collect()
}

/// How many items can be found by their words.
async fn indexed(tx: &mut Tx) -> Result<u64, StoreError> {
    let row = tx.row(&format!("SELECT count(*) AS n FROM {WORDS}"), vec![]).await?;
    let count = row.map(|row| row.int("n")).transpose()?.unwrap_or(0);
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Says which table holds something that a new database has not.
async fn refuse_rows(tx: &mut Tx, tables: &[Table], what: &str) -> Result<(), StoreError> {
    for table in tables.iter().filter(|table| !BEGUN.contains(&table.name.as_str())) {
        if tx.row(&format!("SELECT 1 FROM {} LIMIT 1", table.name), vec![]).await?.is_some() {
            return Err(StoreError::Bad(format!(
                "its table {} holds something; {what} needs a new, empty database",
                table.name
            )));
        }
    }
    Ok(())
}

/// Takes away what a new database begins with, but its settings, which are written over. One of an earlier schema has fewer
/// of these tables.
async fn clear_begun(tx: &mut Tx, tables: &[Table]) -> Result<(), StoreError> {
    let there = |begun: &&&str| **begun != "setting" && tables.iter().any(|table| table.name == **begun);
    for begun in BEGUN.iter().filter(there) {
        tx.run(&format!("DELETE FROM {begun}"), vec![]).await?;
    }
    Ok(())
}

/// Writes rows of a table.
async fn write(tx: &mut Tx, table: &Table, rows: impl Iterator<Item = Vec<Value>>) -> Result<(), StoreError> {
    let values: Vec<Vec<Arg>> = rows.map(|row| row.into_iter().map(Arg::from).collect()).collect();
    let written = if table.name == "setting" {
        let replace = "ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        tx.insert(&table.name, &table.names(), values, replace).await
    } else {
        tx.load(&table.name, &table.names(), values).await
    };
    match written {
        Ok(_) => Ok(()),
        Err(error) => Err(StoreError::Bad(format!("{}: {error}", table.name))),
    }
}

/// Whether a row is carried: not the line that says how far it got.
fn is_carried(table: &Table, row: &[Value]) -> bool {
    table.name != "setting" || rows::key_of(table, row) != [Value::Text(Some(STATE.to_owned()))]
}

/// A database into which a move or a restore did not end is no database to work with.
pub(super) async fn refuse_unfinished(store: &Store) -> Result<(), StoreError> {
    let mut tx = store.db().begin_reading().await?;
    match State::read(&mut tx).await? {
        None => Ok(()),
        Some(State { from, .. }) if from.starts_with(restoring::BACKUP) => Err(StoreError::Bad(format!(
            "the restore of the {from} into this database did not end; run `qingting restore` with the same file again"
        ))),
        Some(State { from, .. }) => Err(StoreError::Bad(format!(
            "the move from {from} into this database did not end; run `qingting move --to` there again"
        ))),
    }
}
