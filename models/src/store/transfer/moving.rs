//! A whole database into another, of either kind: `qingting move`.
//!
//! Rows go over table by table in the order of their keys. How far it got stands in the new database, in the transaction
//! that wrote the rows, so that a move which was ended goes on where it stopped. At last both are read anew and compared,
//! row for row by count and digest; until they agree, the new database opens for nothing else. The line of the log that tells of
//! the move comes with its end: whoever is killed afterwards leaves nothing undone.

use serde::Serialize;
use serde_json::json;

use super::rows::{Reader, Tally};
use super::schema::{self, Table};
use super::{SearchWords, State, clear_begun, indexed, is_carried, refuse_rows, write};
use crate::records::{Actor, Subject};
use crate::store::db::args;
use crate::store::{Store, StoreError};

/// Why the two sides may differ, and what to do.
const CHANGED: &str = "something was changed during the move: begin anew with an empty database";

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
        words: &SearchWords<'_>,
        progress: &(dyn Fn(MoveStep) + Sync),
    ) -> Result<Moved, StoreError> {
        let tables = self.tables().await?;
        schema::compare(&tables, &to.tables().await?)?;
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
        to.index_from(self, &mut state, words, &|texts| progress(MoveStep::Indexed(texts))).await?;
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
        State::end(&mut tx).await?;
        let detail = json!({ "from": self.engine(), "to": to.engine(), "rows": rows });
        to.audit_in(&mut tx, Actor::Console, "store.move", Subject::System, detail).await?;
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
        let mut tx = self.begin().await?;
        match State::read(&mut tx).await? {
            Some(state) if state.from == from => return Ok(state),
            Some(state) => {
                return Err(StoreError::Bad(format!(
                    "it holds an unfinished move from {}, not from {from}",
                    state.from
                )));
            }
            None => {}
        }
        refuse_rows(&mut tx, tables, "a move").await?;
        clear_begun(&mut tx, tables).await?;
        let state = State::from(from);
        state.keep(&mut tx).await?;
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
        let mut count = 0;
        let mut reader = Reader::new(state.last.take());
        let mut reading = self.db().begin_reading().await?;
        loop {
            self.keep_node().await?;
            let rows = reader.next(&mut reading, table).await?;
            let ended = rows.is_empty();
            state.last = reader.after().filter(|_| !ended).cloned();
            if ended {
                state.done.push(table.name.clone());
            }
            count += rows.len() as u64;
            let mut tx = to.begin().await?;
            write(&mut tx, table, rows.into_iter().filter(|row| is_carried(table, row))).await?;
            state.keep(&mut tx).await?;
            tx.commit().await?;
            progress(MoveStep::Copied { table: table.name.clone(), rows: count });
            if ended {
                return Ok(());
            }
        }
    }

    async fn tables(&self) -> Result<Vec<Table>, StoreError> {
        schema::tables(&mut self.db().begin_reading().await?).await
    }

    async fn indexed(&self) -> Result<u64, StoreError> {
        indexed(&mut self.db().begin_reading().await?).await
    }

    async fn tally(&self, table: &Table) -> Result<Tally, StoreError> {
        Tally::of(&mut self.db().begin_reading().await?, table, |row| is_carried(table, row)).await
    }
}
