//! Rows of any table, out of one database and into another, and what proves that they are the same.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::schema::{Kind, Table};
use crate::store::StoreError;
use crate::store::db::{Arg, Row, Tx};

/// About how many bytes are read at once, and how many rows at first and at most: some tables hold marks, others files.
const BYTES: usize = 1 << 20;
const FIRST: usize = 32;
const MOST: usize = 2_000;

/// A value of any column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Value {
    Int(Option<i64>),
    Real(Option<f64>),
    Bool(bool),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

impl Value {
    fn read(row: &Row, column: &str, kind: Kind) -> Result<Self, StoreError> {
        Ok(match kind {
            Kind::Int => Self::Int(row.opt_int(column)?),
            Kind::Real => Self::Real(row.opt_real(column)?),
            Kind::Bool => Self::Bool(row.flag(column)?),
            Kind::Text => Self::Text(row.opt_text(column)?),
            Kind::Bytes => Self::Bytes(row.bytes(column)?),
        })
    }

    /// As it stands in a backup: bytes as Base64.
    fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Int(value) => json!(value),
            Self::Real(value) => json!(value),
            Self::Bool(value) => json!(value),
            Self::Text(value) => json!(value),
            Self::Bytes(bytes) => json!(BASE64.encode(bytes)),
        }
    }

    fn from_json(value: serde_json::Value, kind: Kind) -> Result<Self, String> {
        let told = |e: serde_json::Error| e.to_string();
        Ok(match kind {
            Kind::Int => Self::Int(serde_json::from_value(value).map_err(told)?),
            Kind::Real => Self::Real(serde_json::from_value(value).map_err(told)?),
            Kind::Bool => Self::Bool(serde_json::from_value(value).map_err(told)?),
            Kind::Text => Self::Text(serde_json::from_value(value).map_err(told)?),
            Kind::Bytes => {
                let text: String = serde_json::from_value(value).map_err(told)?;
                Self::Bytes(BASE64.decode(text.as_bytes()).map_err(|e| e.to_string())?)
            }
        })
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.as_ref().map_or(0, String::len),
            Self::Bytes(bytes) => bytes.len(),
            Self::Int(_) | Self::Real(_) | Self::Bool(_) => size_of::<i64>(),
        }
    }

    fn feed(&self, hash: &mut Sha256) {
        match self {
            Self::Int(None) | Self::Real(None) | Self::Text(None) => hash.update([0]),
            Self::Int(Some(n)) => hash.update([&[1][..], &n.to_le_bytes()].concat()),
            Self::Real(Some(n)) => hash.update([&[2][..], &n.to_bits().to_le_bytes()].concat()),
            Self::Bool(yes) => hash.update([3, u8::from(*yes)]),
            Self::Text(Some(text)) => feed_long(hash, 4, text.as_bytes()),
            Self::Bytes(bytes) => feed_long(hash, 5, bytes),
        }
    }
}

fn feed_long(hash: &mut Sha256, kind: u8, bytes: &[u8]) {
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

impl From<Value> for Arg {
    fn from(value: Value) -> Self {
        match value {
            Value::Int(n) => Self::Int(n),
            Value::Real(n) => Self::Real(n),
            Value::Bool(yes) => Self::Bool(yes),
            Value::Text(text) => Self::Text(text),
            Value::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}

/// Reads a table by its key, some rows at a time.
pub(super) struct Reader {
    /// The key of the row that was read last.
    after: Option<Vec<Value>>,
    most: usize,
}

impl Reader {
    /// From the row behind the one with the key `after`.
    pub(super) fn new(after: Option<Vec<Value>>) -> Self {
        Self { after, most: FIRST }
    }

    /// The key of the row that was read last.
    pub(super) fn after(&self) -> Option<&Vec<Value>> {
        self.after.as_ref()
    }

    /// The next rows; none at the end.
    pub(super) async fn next(&mut self, tx: &mut Tx, table: &Table) -> Result<Vec<Vec<Value>>, StoreError> {
        let Self { after, most } = self;
        let (names, key) = (table.names().join(", "), table.key_names().join(", "));
        let beyond = after.as_ref().map_or(String::new(), |after| {
            let marks: Vec<String> = (1..=after.len()).map(|n| format!("${n}")).collect();
            format!("WHERE ({key}) > ({})", marks.join(", "))
        });
        let mut args: Vec<Arg> = after.iter().flatten().cloned().map(Arg::from).collect();
        args.push(Arg::from(*most as i64));
        let limit = args.len();
        let sql = format!("SELECT {names} FROM {} {beyond} ORDER BY {key} LIMIT ${limit}", table.name);
        let rows = tx.rows(&sql, args).await?;
        let read = |row: &Row| table.columns.iter().map(|c| Value::read(row, &c.name, c.kind)).collect();
        let rows: Vec<Vec<Value>> = rows.iter().map(read).collect::<Result<_, _>>()?;
        if let Some(last) = rows.last() {
            *after = Some(key_of(table, last));
        }
        let bytes = rows.iter().flatten().map(Value::bytes).sum::<usize>().max(1);
        *most = (BYTES * rows.len() / bytes).clamp(1, (2 * *most).min(MOST));
        Ok(rows)
    }
}

/// The key of a row.
pub(super) fn key_of(table: &Table, row: &[Value]) -> Vec<Value> {
    table.key.iter().map(|&at| row[at].clone()).collect()
}

/// A row as a line of a backup: a JSON array of its values, in the order of the table's columns.
pub(super) fn line(row: &[Value]) -> String {
    serde_json::Value::Array(row.iter().map(Value::to_json).collect()).to_string()
}

/// The row of a line.
///
/// # Errors
/// What is wrong with it.
pub(super) fn of_line(table: &Table, line: &str) -> Result<Vec<Value>, String> {
    let values: Vec<serde_json::Value> = serde_json::from_str(line).map_err(|e| e.to_string())?;
    if values.len() != table.columns.len() {
        return Err(format!("it has {} values, not {}", values.len(), table.columns.len()));
    }
    let columns = values.into_iter().zip(&table.columns);
    columns
        .map(|(value, column)| {
            Value::from_json(value, column.kind).map_err(|e| format!("{}: {e}", column.name))
        })
        .collect()
}

/// How many rows there are, and a sum over the SHA-256 of each, which does not depend on their order: the databases sort
/// texts differently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub rows: u64,
    sum: [u64; 4],
}

impl Tally {
    pub(super) fn add(&mut self, row: &[Value]) {
        let mut hash = Sha256::new();
        row.iter().for_each(|value| value.feed(&mut hash));
        let hash: [u8; 32] = hash.finalize().into();
        self.rows += 1;
        for (sum, part) in self.sum.iter_mut().zip(hash.as_chunks::<8>().0) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*part));
        }
    }

    /// Counts a whole table.
    pub(super) async fn of(
        tx: &mut Tx,
        table: &Table,
        counts: impl Fn(&[Value]) -> bool,
    ) -> Result<Self, StoreError> {
        let (mut tally, mut reader) = (Self::default(), Reader::new(None));
        loop {
            let rows = reader.next(tx, table).await?;
            if rows.is_empty() {
                return Ok(tally);
            }
            rows.iter().filter(|row| counts(row)).for_each(|row| tally.add(row));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::Column;
    use super::*;

    #[test]
    fn a_tally_knows_rows_in_any_order_and_no_other_rows() {
        let row =
            |n: i64, text: Option<&str>| vec![Value::Int(Some(n)), Value::Text(text.map(str::to_owned))];
        let of = |rows: &[Vec<Value>]| {
            let mut tally = Tally::default();
            rows.iter().for_each(|row| tally.add(row));
            tally
        };
        let (a, b) = (row(1, Some("石浦")), row(2, None));
        assert_eq!(of(&[a.clone(), b.clone()]), of(&[b.clone(), a.clone()]));
        for other in [row(2, Some("")), row(3, None), row(1, Some("石浦"))] {
            assert_ne!(of(&[a.clone(), b.clone()]), of(&[a.clone(), other.clone()]), "{other:?}");
        }
        // Where one text ends and the next begins is told.
        let two = |a: &str, b: &str| vec![Value::Text(Some(a.into())), Value::Text(Some(b.into()))];
        assert_ne!(of(&[two("石浦", "镇")]), of(&[two("石", "浦镇")]));
    }

    #[test]
    fn a_row_comes_back_from_its_line_as_it_was() {
        let column = |name: &str, kind| Column { name: name.into(), kind };
        let table = Table {
            name: "t".into(),
            columns: vec![
                column("a", Kind::Int),
                column("b", Kind::Real),
                column("c", Kind::Bool),
                column("d", Kind::Text),
                column("e", Kind::Bytes),
            ],
            key: vec![0],
        };
        let rows = [
            vec![
                Value::Int(Some(i64::MIN)),
                Value::Real(Some(0.1 + 0.2)),
                Value::Bool(true),
                Value::Text(Some("石浦\n\u{2028}\"".into())),
                Value::Bytes(vec![0, 255, 10]),
            ],
            vec![
                Value::Int(None),
                Value::Real(None),
                Value::Bool(false),
                Value::Text(None),
                Value::Bytes(Vec::new()),
            ],
        ];
        for row in rows {
            let text = line(&row);
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(of_line(&table, &text).unwrap(), row);
        }
        for (bad, why) in [
            ("[1,2]", "it has 2 values, not 5"),
            ("[\"1\",0,true,null,\"\"]", "a: "),
            ("[1,0,true,null,\"*\"]", "e: "),
            ("[1,", "EOF"),
        ] {
            let error = of_line(&table, bad).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
