//! One state of the whole database, read while others go on writing: `qingting backup`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::rows::{Reader, Tally, line, of_line};
use super::schema::{self, Column, Kind, Table};
use super::{WORDS, is_carried, words_id};
use crate::records::{Actor, Subject};
use crate::store::db::{Tx, args, to_json};
use crate::store::{Store, StoreError};

/// What a snapshot is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotHead {
    /// `SQLite` or `PostgreSQL`; it may be restored into either.
    pub engine: String,
    /// The last migration of the database.
    pub migration: i64,
    /// The fingerprint of the root key that sealed the originals.
    pub key: String,
    pub at: Timestamp,
    pub(super) tables: Vec<Table>,
}

/// A piece of a snapshot. The sums are the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotPiece {
    Rows(SnapshotRows),
    Sums(SnapshotSums),
}

/// Some rows of a table, about a megabyte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRows {
    pub table: String,
    /// A row a line, a JSON array of its values in the order of the head's columns.
    pub lines: String,
}

/// What proves that a snapshot is whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotSums {
    pub rows: u64,
    pub(super) tables: BTreeMap<String, Tally>,
}

/// A state of the database that is being read.
pub struct Snapshot {
    tx: Tx,
    head: SnapshotHead,
    /// The table that is read, from the first on.
    at: usize,
    reader: Option<Reader>,
    sums: SnapshotSums,
    ended: bool,
}

impl SnapshotHead {
    /// The table of that name; of the search index only which items it knows.
    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

/// Which items the search index knows, as a table.
pub(super) fn words_table(sqlite: bool) -> Table {
    let column = Column { name: words_id(sqlite).to_owned(), kind: Kind::Int };
    Table { name: WORDS.to_owned(), columns: vec![column], key: vec![0] }
}

impl SnapshotHead {
    /// To prove a snapshot without a database.
    pub fn count(&self) -> SnapshotCount<'_> {
        SnapshotCount { head: self, found: SnapshotSums::default(), told: None }
    }
}

/// Counts the pieces of a snapshot and holds them against its sums.
pub struct SnapshotCount<'h> {
    head: &'h SnapshotHead,
    found: SnapshotSums,
    told: Option<SnapshotSums>,
}

impl SnapshotCount<'_> {
    /// Counts a piece.
    ///
    /// # Errors
    /// When its rows cannot be read.
    pub fn add(&mut self, piece: SnapshotPiece) -> Result<(), StoreError> {
        match piece {
            SnapshotPiece::Sums(sums) => self.told = Some(sums),
            SnapshotPiece::Rows(rows) => {
                let damaged = |why: String| damaged(&rows.table, &why);
                let table = self.head.table(&rows.table).ok_or_else(|| damaged("no such table".into()))?;
                let tally = self.found.tables.entry(rows.table.clone()).or_default();
                for line in rows.lines.lines() {
                    tally.add(&of_line(table, line).map_err(damaged)?);
                    self.found.rows += 1;
                }
            }
        }
        Ok(())
    }

    /// How many rows there were.
    ///
    /// # Errors
    /// When they are not those that were backed up.
    pub fn end(mut self) -> Result<u64, StoreError> {
        let told = self.told.take().ok_or_else(cut_off)?;
        for table in &self.head.tables {
            let found = self.found.tables.get(&table.name).copied().unwrap_or_default();
            if told.tables.get(&table.name) != Some(&found) {
                return Err(damaged(&table.name, "its rows are not those that were backed up"));
            }
        }
        Ok(self.found.rows)
    }
}

pub(super) fn cut_off() -> StoreError {
    StoreError::Bad("the backup is cut off: its sums are missing".into())
}

pub(super) fn damaged(table: &str, why: &str) -> StoreError {
    StoreError::Bad(format!("the backup is damaged: {table}: {why}"))
}

/// The setting that tells of the last backup.
const LAST: &str = "last backup";

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupNote {
    /// The state that it holds.
    pub at: Timestamp,
    pub rows: u64,
    /// Files of the county's folder.
    pub files: u64,
    pub bytes: u64,
}

impl Store {
    /// Remembers that a backup was made, with a line of the log.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_backup(&self, note: &BackupNote, actor: Actor) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO setting (name, value) VALUES ($1, $2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        tx.run(sql, args![LAST, to_json(note)?]).await?;
        self.audit_in(&mut tx, actor, "store.backup", Subject::System, json!(note)).await?;
        tx.commit().await
    }

    /// The last backup by this program; none where it never made one of this database.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_backup(&self) -> Result<Option<BackupNote>, StoreError> {
        let row = self.db().row("SELECT value FROM setting WHERE name = $1", args![LAST]).await?;
        row.map(|row| row.json("value")).transpose()
    }

    /// Begins to read all there is, as it stands at this moment. On SQLite the write-ahead log grows until it is dropped.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let mut tx = self.db().begin_reading().await?;
        let mut tables = schema::tables(&mut tx).await?;
        tables.push(words_table(tx.is_sqlite()));
        let head = SnapshotHead {
            engine: self.engine().to_owned(),
            migration: schema::migration(&mut tx).await?.unwrap_or(0),
            key: self.vault().fingerprint(),
            at: self.now(),
            tables,
        };
        Ok(Snapshot { tx, head, at: 0, reader: None, sums: SnapshotSums::default(), ended: false })
    }
}

impl Snapshot {
    pub fn head(&self) -> &SnapshotHead {
        &self.head
    }

    /// The next piece; none after the sums.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next(&mut self) -> Result<Option<SnapshotPiece>, StoreError> {
        while let Some(table) = self.head.tables.get(self.at) {
            let reader = self.reader.get_or_insert_with(|| Reader::new(None));
            let rows = reader.next(&mut self.tx, table).await?;
            let tally = self.sums.tables.entry(table.name.clone()).or_default();
            if rows.is_empty() {
                self.sums.rows += tally.rows;
                self.at += 1;
                self.reader = None;
                continue;
            }
            let mut lines = String::new();
            for row in rows.iter().filter(|row| is_carried(table, row)) {
                tally.add(row);
                lines.push_str(&line(row));
                lines.push('\n');
            }
            return Ok(Some(SnapshotPiece::Rows(SnapshotRows { table: table.name.clone(), lines })));
        }
        let ended = std::mem::replace(&mut self.ended, true);
        Ok((!ended).then(|| SnapshotPiece::Sums(std::mem::take(&mut self.sums))))
    }
}
