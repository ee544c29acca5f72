//! Which tables a database has, as it tells itself: a table that a later migration adds is carried along without a word here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::store::StoreError;
use crate::store::db::Tx;

/// What is not carried: node numbers belong to running processes, the search index is made anew, migrations are the
/// program's.
const LEFT: [&str; 3] = ["node", "item_words", "_sqlx_migrations"];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Int,
    Real,
    Bool,
    Text,
    Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Column {
    pub name: String,
    pub kind: Kind,
}

/// A table: its columns by name, and the places of those that make its key, in the key's order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    pub key: Vec<usize>,
}

impl Table {
    pub(super) fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    pub(super) fn key_names(&self) -> Vec<&str> {
        self.key.iter().map(|&at| self.columns[at].name.as_str()).collect()
    }
}

/// The place of a column in its table's key, counted from 1; 0 for the others.
const OF_SQLITE: &str = "SELECT m.name AS table_name, c.name AS column_name, c.type AS kind, c.pk AS place
    FROM sqlite_master m, pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' AND m.name NOT LIKE 'item!_words!_%' ESCAPE '!'
    ORDER BY m.name, c.name";
const OF_POSTGRES: &str = "SELECT c.table_name::text AS table_name, c.column_name::text AS column_name,
      c.data_type::text AS kind, COALESCE(k.ordinal_position, 0)::bigint AS place
    FROM information_schema.columns c
    LEFT JOIN information_schema.table_constraints p ON p.table_schema = c.table_schema
      AND p.table_name = c.table_name AND p.constraint_type = 'PRIMARY KEY'
    LEFT JOIN information_schema.key_column_usage k ON k.constraint_schema = p.constraint_schema
      AND k.constraint_name = p.constraint_name AND k.table_name = c.table_name AND k.column_name = c.column_name
    JOIN pg_class t ON t.oid = (quote_ident(c.table_schema) || '.' || quote_ident(c.table_name))::regclass AND NOT t.relispartition
    WHERE c.table_schema = current_schema() ORDER BY c.table_name::text COLLATE \"C\", c.column_name::text COLLATE \"C\"";

/// The tables to carry, by name.
pub(super) async fn tables(tx: &mut Tx) -> Result<Vec<Table>, StoreError> {
    let sql = if tx.is_sqlite() { OF_SQLITE } else { OF_POSTGRES };
    let mut tables: BTreeMap<String, (Table, Vec<(i64, usize)>)> = BTreeMap::new();
    for row in tx.rows(sql, vec![]).await? {
        let name = row.text("table_name")?;
        if LEFT.contains(&name.as_str()) {
            continue;
        }
        let column = row.text("column_name")?;
        let kind = kind_of(&name, &column, &row.text("kind")?)?;
        let (table, key) = tables.entry(name.clone()).or_default();
        table.name = name;
        let place = row.int("place")?;
        if place > 0 {
            key.push((place, table.columns.len()));
        }
        table.columns.push(Column { name: column, kind });
    }
    let finished = |(mut table, mut key): (Table, Vec<(i64, usize)>)| {
        key.sort_unstable();
        table.key = key.into_iter().map(|(_, at)| at).collect();
        match table.key.is_empty() {
            true => {
                Err(StoreError::Bad(format!("the table {} has no key, so it cannot be carried", table.name)))
            }
            false => Ok(table),
        }
    };
    tables.into_values().map(finished).collect()
}

/// The last migration that the database went through; none where it is new.
pub(super) async fn migration(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    let known = if tx.is_sqlite() {
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'"
    } else {
        "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = '_sqlx_migrations'"
    };
    if tx.row(known, vec![]).await?.is_none() {
        return Ok(None);
    }
    let row = tx.row("SELECT max(version) AS version FROM _sqlx_migrations", vec![]).await?;
    Ok(row.map(|row| row.opt_int("version")).transpose()?.flatten())
}

fn kind_of(table: &str, column: &str, told: &str) -> Result<Kind, StoreError> {
    Ok(match told.to_ascii_lowercase().as_str() {
        "bigint" | "integer" => Kind::Int,
        "double precision" => Kind::Real,
        "boolean" => Kind::Bool,
        "text" => Kind::Text,
        "blob" | "bytea" => Kind::Bytes,
        other => {
            return Err(StoreError::Bad(format!(
                "{table}.{column} is of the kind {other}, which cannot be carried"
            )));
        }
    })
}

/// Says where two databases differ.
pub(super) fn compare(from: &[Table], to: &[Table]) -> Result<(), StoreError> {
    let other = from
        .iter()
        .find(|table| !to.contains(table))
        .or_else(|| to.iter().find(|table| !from.contains(table)));
    match other {
        None => Ok(()),
        Some(table) => Err(StoreError::Bad(format!("the databases differ in their table {}", table.name))),
    }
}
