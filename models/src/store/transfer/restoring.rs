//! A snapshot into a new database, of either kind: `qingting restore`.
//!
//! The database is brought to the schema that the snapshot was taken of; all rows go in and are counted again in one
//! transaction; then it is brought to this program's schema and the search index is made anew. An index that was not
//! finished is gone on with; until it is, the database opens for nothing else.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::rows::{Tally, Value, of_line};
use super::snapshot::{SnapshotHead, SnapshotPiece, SnapshotRows, cut_off, damaged, words_table};
use super::{
    SearchWords, State, WORDS, clear_begun, indexed, is_carried, refuse_rows, schema, words_id, write,
};
use crate::clock::Clock;
use crate::records::{Actor, Subject};
use crate::store::db::{Arg, Db, Tx, args};
use crate::store::opening::{SQLITE, connect, migrate};
use crate::store::{Store, StoreError, StoreSettings};

/// What [`State::from`] begins with after a restore.
pub(super) const BACKUP: &str = "backup of ";
/// So many numbers of events are left out after a restore: more than were given between a backup and the loss.
const NUMBERS_LEFT_OUT: i64 = 100_000_000;
/// Ids in one statement.
const IDS: usize = 500;

/// What is restored at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreStep {
    /// So many rows were written, the last of them into this table.
    Written { table: String, rows: u64 },
    /// So many texts can be found by their words.
    Indexed(u64),
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Items that can be found by their words.
    pub indexed: u64,
    /// The channels that sent messages out; they are paused.
    pub paused: Vec<String>,
    /// The addresses that events were sent to; they are paused.
    pub webhooks_paused: Vec<String>,
    /// Log-ins that were open; they are ended.
    pub sessions: u64,
}

impl SnapshotHead {
    fn name(&self) -> String {
        format!("{BACKUP}{}", self.at)
    }
}

impl Store {
    /// Writes all rows of a snapshot into a new database and opens it for [`Store::finish_restore`]. `next` gives the pieces
    /// of the snapshot one after the other, the sums last.
    ///
    /// # Errors
    /// When the database is not new, the snapshot was taken of a newer schema or sealed with another key, is cut off or damaged,
    /// or the database fails. The database then holds no row.
    pub async fn restore_rows(
        settings: StoreSettings,
        clock: Arc<dyn Clock>,
        head: &SnapshotHead,
        next: &mut dyn FnMut() -> Result<Option<SnapshotPiece>, StoreError>,
        progress: &(dyn Fn(RestoreStep) + Sync),
    ) -> Result<Self, StoreError> {
        if head.key != settings.vault.fingerprint() {
            return Err(StoreError::Bad(
                "the backup was sealed with another master key; put the key file that belongs to it in place"
                    .into(),
            ));
        }
        if !SQLITE.version_exists(head.migration) {
            return Err(StoreError::Bad(format!(
                "the backup was made by another, newer program (its database is at step {})",
                head.migration
            )));
        }
        let db = connect(&settings).await?;
        let filled = fill(&db, head, next, progress).await;
        db.close().await;
        filled?;
        Self::open_to_fill(settings, clock).await
    }

    /// Makes the search index of what [`Store::restore_rows`] wrote. What was restored sends no message to anybody and knows
    /// nobody who is logged in: channels and webhooks are paused, until somebody sets them to work, and log-ins ended. With its end
    /// comes a line in the log with `detail` and what was paused and ended.
    ///
    /// # Errors
    /// When the database fails; [`Store::restore_rows`] with the same snapshot then goes on from there.
    pub async fn finish_restore(
        &self,
        mut detail: serde_json::Map<String, serde_json::Value>,
        words: &SearchWords<'_>,
        progress: &(dyn Fn(RestoreStep) + Sync),
    ) -> Result<Restored, StoreError> {
        let mut tx = self.begin().await?;
        let state = State::read(&mut tx).await?;
        drop(tx);
        let mut state = state.ok_or_else(|| StoreError::Bad("no restore is under way".into()))?;
        self.index_from(self, &mut state, words, &|texts| progress(RestoreStep::Indexed(texts))).await?;
        let mut tx = self.begin().await?;
        let rows = tx.rows("SELECT name FROM notice_channel WHERE enabled ORDER BY name", vec![]).await?;
        let paused: Vec<String> = rows.iter().map(|row| row.text("name")).collect::<Result<_, _>>()?;
        tx.run(
            "UPDATE notice_channel SET enabled = $1, version = version + 1, changed_at = $2, changed_by = $3 WHERE enabled",
            args![false, self.now(), Actor::Console.code()],
        )
        .await?;
        let rows = tx.rows("SELECT name FROM webhook WHERE enabled ORDER BY name", vec![]).await?;
        let webhooks_paused = rows.iter().map(|row| row.text("name")).collect::<Result<_, _>>()?;
        tx.run(
            "UPDATE webhook SET enabled = $1, version = version + 1, changed_at = $2, changed_by = $3 WHERE enabled",
            args![false, self.now(), Actor::Console.code()],
        )
        .await?;
        // Readers know numbers that were given since the backup; none of those is given again.
        tx.run("UPDATE outbox_head SET seq = seq + $1 WHERE one = 1", args![NUMBERS_LEFT_OUT]).await?;
        let sessions = tx.run("DELETE FROM session", vec![]).await?;
        let indexed = indexed(&mut tx).await?;
        detail.insert("paused".into(), json!(paused));
        detail.insert("sessions".into(), json!(sessions));
        self.audit_in(&mut tx, Actor::Console, "store.restore", Subject::System, detail.into()).await?;
        State::end(&mut tx).await?;
        tx.commit().await?;
        Ok(Restored { indexed, paused, webhooks_paused, sessions })
    }
}

async fn fill(
    db: &Db,
    head: &SnapshotHead,
    next: &mut dyn FnMut() -> Result<Option<SnapshotPiece>, StoreError>,
    progress: &(dyn Fn(RestoreStep) + Sync),
) -> Result<(), StoreError> {
    let (at, state) = present(db).await?;
    match state {
        Some(state) if state.from == head.name() => return Ok(()),
        Some(state) => {
            return Err(StoreError::Bad(format!(
                "it holds an unfinished restore or move from {}, not from the {}",
                state.from,
                head.name()
            )));
        }
        None if at.is_some_and(|at| at > head.migration) => {
            return Err(StoreError::Bad(
                "the database is of a newer version than the backup; name one that was never opened".into(),
            ));
        }
        None => {
            let mut tx = db.begin_reading().await?;
            let tables = schema::tables(&mut tx).await?;
            refuse_rows(&mut tx, &tables, "a restore").await?;
            drop(tx);
            migrate(db, Some(head.migration)).await?;
        }
    }
    let mut tx = db.begin().await?;
    let mut tables = schema::tables(&mut tx).await?;
    tables.push(words_table(tx.is_sqlite()));
    for table in &tables {
        let told = head.table(&table.name);
        if table.name != WORDS && told != Some(table) {
            return Err(StoreError::Bad(format!("the backup has another table {}", table.name)));
        }
    }
    clear_begun(&mut tx, &tables).await?;
    let mut written = 0;
    let sums = loop {
        match next()? {
            None => return Err(cut_off()),
            Some(SnapshotPiece::Sums(sums)) => break sums,
            Some(SnapshotPiece::Rows(rows)) => {
                written += write_lines(&mut tx, &tables, &rows).await?;
                progress(RestoreStep::Written { table: rows.table, rows: written });
            }
        }
    };
    for table in &tables {
        let tally = Tally::of(&mut tx, table, |row| is_carried(table, row)).await?;
        if sums.tables.get(&table.name) != Some(&tally) {
            return Err(damaged(&table.name, "its rows are not those that were backed up"));
        }
    }
    State::from(&head.name()).keep(&mut tx).await?;
    tx.commit().await
}

/// Which migration the database is at, and what was begun in it.
async fn present(db: &Db) -> Result<(Option<i64>, Option<State>), StoreError> {
    let mut tx = db.begin_reading().await?;
    let at = schema::migration(&mut tx).await?;
    let state = if at.is_some() { State::read(&mut tx).await? } else { None };
    Ok((at, state))
}

async fn write_lines(tx: &mut Tx, tables: &[schema::Table], part: &SnapshotRows) -> Result<u64, StoreError> {
    let damaged = |why: String| damaged(&part.table, &why);
    let table = tables
        .iter()
        .find(|table| table.name == part.table)
        .ok_or_else(|| damaged("no such table".into()))?;
    let rows = part.lines.lines().map(|line| of_line(table, line).map_err(damaged));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let count = rows.len() as u64;
    if table.name != WORDS {
        write(tx, table, rows.into_iter()).await?;
        return Ok(count);
    }
    // Which items are to be found; the words themselves follow.
    let ids: Vec<Value> = rows.into_iter().flatten().collect();
    for ids in ids.chunks(IDS) {
        let tuples: Vec<String> = (1..=ids.len()).map(|n| format!("({}, '')", tx.marks(n, 1))).collect();
        let id = words_id(tx.is_sqlite());
        let sql = format!("INSERT INTO {WORDS} ({id}, words) VALUES {}", tuples.join(", "));
        tx.run(&sql, ids.iter().cloned().map(Arg::from).collect()).await?;
    }
    Ok(count)
}
