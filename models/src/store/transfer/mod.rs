//! A whole database into another, of either kind: `qingting move`.
//!
//! Rows go over table by table in the order of their keys. How far it got stands in the new database, in the transaction
//! that wrote the rows, so that a move which was ended goes on where it stopped. At last both are read anew and compared,
//! row for row by count and digest; until they agree, the new database opens for nothing else.

mod rows;
mod schema;

use serde::{Deserialize, Serialize};

use super::db::{Arg, Db, Tx, args, to_json};
use super::{Store, StoreError};
use crate::ids::ItemId;
use rows::{Reader, Tally, Value};
use schema::Table;

/// The setting that says how far a move into this database got.
const STATE: &str = "transfer";
/// Tables that a new database has rows in.
const BEGUN: [&str; 3] = ["setting", "audit_head", "join_stage"];
/// Why the two sides may differ, and what to do.
const CHANGED: &str = "something was changed during the move: begin anew with an empty database";
/// How many texts are indexed in one transaction.
const TEXTS: i64 = 200;

/// How to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoveOrder<'a> {
    /// Names the old database; the same from one try to the next.
    pub from: &'a str,
    /// Nothing else works on either database, although programs that were killed still hold their numbers.
    pub alone: bool,
}

/// What is moved at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveStep {
    /// Rows of a table were written; how many in all since this run began.
    Copied { table: String, rows: u64 },
    /// So many texts can be found by their words.
    Indexed(u64),
    /// A table agrees on both sides.
    Compared { table: String, rows: u64 },
}

/// What was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Moved {
    pub tables: usize,
    pub rows: u64,
    /// Items that can be found by their words.
    pub indexed: u64,
}

/// How far a move got.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    /// Which database the rows come from.
    from: String,
    /// Tables that are through.
    done: Vec<String>,
    /// The key of the last row of the next table.
    last: Option<Vec<Value>>,
    /// The last item whose words are written.
    indexed: Option<i64>,
}

impl Store {
    /// Moves everything in this database into `to`, which has to be new or hold an unfinished move from here. `words` are the
    /// words of an item's title and body for the search index; `progress` is told of each step.
    ///
    /// # Errors
    /// When `to` holds something else, another program works on either database, the two differ afterwards, or one of them
    /// cannot be read or written. What was written so far stays, and the next call goes on from there.
    pub async fn move_into(
        &self,
        to: &Store,
        order: MoveOrder<'_>,
        words: &(dyn Fn(&str, &str) -> String + Sync),
        progress: &(dyn Fn(MoveStep) + Sync),
    ) -> Result<Moved, StoreError> {
        let tables = schema::tables(self.db()).await?;
        schema::compare(&tables, &schema::tables(to.db()).await?)?;
        if !order.alone {
            self.refuse_company().await?;
            to.refuse_company().await?;
        }
        let mut state = to.begin_move(&tables, order.from).await?;
        for table in &tables {
            if !state.done.contains(&table.name) {
                self.copy(to, table, &mut state, progress).await?;
            }
        }
        self.index(to, &mut state, words, progress).await?;
        let (had, indexed) = (self.indexed().await?, to.indexed().await?);
        if had != indexed {
            return Err(StoreError::Bad(format!(
                "{had} items can be searched here and {indexed} there; {CHANGED}"
            )));
        }
        let mut rows = 0;
        for table in &tables {
            let (here, there) = (self.tally(table).await?, to.tally(table).await?);
            if here != there {
                return Err(StoreError::Bad(format!(
                    "the table {} has {} rows here and {} there, or other ones; {CHANGED}",
                    table.name, here.rows, there.rows
                )));
            }
            rows += here.rows;
            progress(MoveStep::Compared { table: table.name.clone(), rows });
        }
        if !order.alone {
            self.refuse_company().await?;
        }
        let mut tx = to.begin().await?;
        tx.run("DELETE FROM setting WHERE name = $1", args![STATE]).await?;
        tx.commit().await?;
        Ok(Moved { tables: tables.len(), rows, indexed })
    }

    /// Other programs that hold a node number may write.
    async fn refuse_company(&self) -> Result<(), StoreError> {
        let sql = "SELECT max(until_ms) AS until_ms FROM node WHERE until_ms >= $1 AND number <> $2";
        let own = i64::from(self.inner.lease.number());
        let until = self.db().row(sql, args![self.now(), own]).await?;
        match until.map(|row| row.opt_time("until_ms")).transpose()?.flatten() {
            None => Ok(()),
            Some(until) => Err(StoreError::Bad(format!(
                "another program works on the {} database; end it first (one that was killed counts until {}; `--alone` passes over it)",
                self.engine(),
                crate::clock::minute_text(until)
            ))),
        }
    }

    /// How far a move got, or a fresh beginning in a database that holds nothing.
    async fn begin_move(&self, tables: &[Table], from: &str) -> Result<State, StoreError> {
        if let Some(state) = unfinished(self.db()).await? {
            if state.from == from {
                return Ok(state);
            }
            return Err(StoreError::Bad(format!(
                "it holds an unfinished move from {}, not from {from}",
                state.from
            )));
        }
        for table in tables.iter().filter(|table| !BEGUN.contains(&table.name.as_str())) {
            let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT 1) AS t", table.name);
            if self.db().number(&sql, vec![]).await? > 0 {
                return Err(StoreError::Bad(format!(
                    "its table {} holds something; a move needs a new, empty database",
                    table.name
                )));
            }
        }
        let state = State { from: from.to_owned(), ..State::default() };
        let mut tx = self.begin().await?;
        for table in BEGUN.iter().filter(|table| **table != "setting") {
            tx.run(&format!("DELETE FROM {table}"), vec![]).await?;
        }
        keep(&mut tx, &state).await?;
        tx.commit().await?;
        Ok(state)
    }

    async fn copy(
        &self,
        to: &Store,
        table: &Table,
        state: &mut State,
        progress: &(dyn Fn(MoveStep) + Sync),
    ) -> Result<(), StoreError> {
        let names = table.names();
        let settings = table.name == "setting";
        let replace = if settings { "ON CONFLICT (name) DO UPDATE SET value = excluded.value" } else { "" };
        let mut count = 0;
        let mut reader = Reader::new(table, state.last.take());
        loop {
            self.keep_node().await?;
            let rows = reader.next(self.db()).await?;
            let ended = rows.is_empty();
            state.last = reader.after().filter(|_| !ended).cloned();
            if ended {
                state.done.push(table.name.clone());
            }
            count += rows.len() as u64;
            let mut tx = to.begin().await?;
            let values = rows.into_iter().filter(|row| counts(table, row));
            let values = values.map(|row| row.into_iter().map(Arg::from).collect()).collect();
            tx.insert(&table.name, &names, values, replace)
                .await
                .map_err(|error| StoreError::Bad(format!("{}: {error}", table.name)))?;
            keep(&mut tx, state).await?;
            tx.commit().await?;
            progress(MoveStep::Copied { table: table.name.clone(), rows: count });
            if ended {
                return Ok(());
            }
        }
    }

    /// Writes the words of the items that had some.
    async fn index(
        &self,
        to: &Store,
        state: &mut State,
        words: &(dyn Fn(&str, &str) -> String + Sync),
        progress: &(dyn Fn(MoveStep) + Sync),
    ) -> Result<(), StoreError> {
        let id = if self.db().is_sqlite() { "rowid" } else { "item_id" };
        let sql = format!(
            "SELECT i.id, i.title, i.body FROM item i
             WHERE i.id IN (SELECT {id} FROM item_words WHERE {id} > $1 ORDER BY {id} LIMIT {TEXTS}) ORDER BY i.id"
        );
        let mut count = 0;
        loop {
            let rows = self.db().rows(&sql, args![state.indexed.unwrap_or(i64::MIN)]).await?;
            let mut tx = to.begin().await?;
            for row in &rows {
                let item = ItemId(row.int("id")?);
                to.set_words(&mut tx, item, &words(&row.text("title")?, &row.text("body")?)).await?;
                state.indexed = Some(item.0);
            }
            keep(&mut tx, state).await?;
            tx.commit().await?;
            count += rows.len() as u64;
            progress(MoveStep::Indexed(count));
            if rows.is_empty() {
                return Ok(());
            }
        }
    }

    /// How many items can be found by their words.
    async fn indexed(&self) -> Result<u64, StoreError> {
        let count = self.db().number("SELECT count(*) FROM item_words", vec![]).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn tally(&self, table: &Table) -> Result<Tally, StoreError> {
        Tally::of(self.db(), table, |row| counts(table, row)).await
    }
}

/// Whether a row is carried: not the line that says how far the move got.
fn counts(table: &Table, row: &[Value]) -> bool {
    table.name != "setting" || rows::key_of(table, row) != [Value::Text(Some(STATE.to_owned()))]
}

async fn keep(tx: &mut Tx, state: &State) -> Result<(), StoreError> {
    let sql = "INSERT INTO setting (name, value) VALUES ($1, $2)
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    tx.run(sql, args![STATE, to_json(state)?]).await?;
    Ok(())
}

async fn unfinished(db: &Db) -> Result<Option<State>, StoreError> {
    let row = db.row("SELECT value FROM setting WHERE name = $1", args![STATE]).await?;
    row.map(|row| row.json("value")).transpose()
}

/// A database into which a move did not end is no database to work with.
pub(super) async fn refuse_unfinished(db: &Db) -> Result<(), StoreError> {
    match unfinished(db).await? {
        None => Ok(()),
        Some(state) => Err(StoreError::Bad(format!(
            "the move from {} into this database did not end; run `qingting move --to` there again",
            state.from
        ))),
    }
}
