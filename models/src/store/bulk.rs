//! Many rows into a table of PostgreSQL. A long `INSERT ... VALUES` is parsed and planned anew for each number of rows; these
//! are not.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, PgConnection, Postgres, Transaction};

use super::StoreError;
use super::db::Arg;

/// About how many bytes go out at once.
const PIECE: usize = 1 << 16;

/// Writes rows by `COPY`; how many. `columns` names as many columns as each row has values. Not for what may be dropped in the
/// middle, as the answer to a browser that went away is: the driver then leaves the connection between two answers.
pub(super) async fn copy_in(
    tx: &mut Transaction<'static, Postgres>,
    table: &str,
    columns: &[&str],
    rows: Vec<Vec<Arg>>,
) -> Result<u64, StoreError> {
    let connection: &mut PgConnection = &mut *tx;
    let statement = format!("COPY {table} ({}) FROM STDIN", columns.join(", "));
    let mut copy = connection.copy_in_raw(&statement).await?;
    let mut piece = String::with_capacity(PIECE + PIECE / 4);
    for row in rows {
        add_line(&mut piece, row);
        if piece.len() >= PIECE {
            copy.send(piece.as_bytes()).await?;
            piece.clear();
        }
    }
    copy.send(piece.as_bytes()).await?;
    Ok(copy.finish().await?)
}

/// The statement that inserts any number of rows, each column as an array, and its arguments. All values of a column are of
/// one type.
///
/// # Errors
/// When the types differ, or a value cannot be sent.
pub(super) fn by_columns(
    table: &str,
    columns: &[&str],
    rows: Vec<Vec<Arg>>,
    conflict: &str,
) -> Result<(String, PgArguments), StoreError> {
    let mut lists: Vec<Column> = rows.first().into_iter().flatten().map(Column::like).collect();
    for row in rows {
        for (list, value) in lists.iter_mut().zip(row) {
            list.push(value).map_err(|()| StoreError::Bad(format!("{table}: a column of two types")))?;
        }
    }
    let (mut types, mut arguments) = (Vec::new(), PgArguments::default());
    for (list, number) in lists.into_iter().zip(1..) {
        types.push(format!("${number}::{}[]", list.kind()));
        list.bind(&mut arguments).map_err(|e| StoreError::Bad(e.to_string()))?;
    }
    let sql = format!(
        "INSERT INTO {table} ({}) SELECT * FROM unnest({}) {conflict}",
        columns.join(", "),
        types.join(", ")
    );
    Ok((sql, arguments))
}

/// The values of one column.
enum Column {
    Int(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
    Bool(Vec<bool>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Vec<u8>>),
}

impl Column {
    /// An empty one for values like this.
    fn like(value: &Arg) -> Self {
        match value {
            Arg::Int(_) => Self::Int(Vec::new()),
            Arg::Real(_) => Self::Real(Vec::new()),
            Arg::Bool(_) => Self::Bool(Vec::new()),
            Arg::Text(_) => Self::Text(Vec::new()),
            Arg::Bytes(_) => Self::Bytes(Vec::new()),
        }
    }

    fn push(&mut self, value: Arg) -> Result<(), ()> {
        match (self, value) {
            (Self::Int(list), Arg::Int(value)) => list.push(value),
            (Self::Real(list), Arg::Real(value)) => list.push(value),
            (Self::Bool(list), Arg::Bool(value)) => list.push(value),
            (Self::Text(list), Arg::Text(value)) => list.push(value),
            (Self::Bytes(list), Arg::Bytes(value)) => list.push(value),
            _ => return Err(()),
        }
        Ok(())
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "bigint",
            Self::Real(_) => "double precision",
            Self::Bool(_) => "boolean",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytea",
        }
    }

    fn bind(self, arguments: &mut PgArguments) -> Result<(), sqlx::error::BoxDynError> {
        match self {
            Self::Int(list) => arguments.add(list),
            Self::Real(list) => arguments.add(list),
            Self::Bool(list) => arguments.add(list),
            Self::Text(list) => arguments.add(list),
            Self::Bytes(list) => arguments.add(list),
        }
    }
}

/// A row in the text format of `COPY` (PostgreSQL documentation, "COPY", File Formats).
fn add_line(out: &mut String, row: Vec<Arg>) {
    for (at, value) in row.into_iter().enumerate() {
        if at > 0 {
            out.push('\t');
        }
        // Writing to a String does not fail.
        let _ = match value {
            Arg::Int(Some(n)) => write!(out, "{n}"),
            Arg::Real(Some(n)) => write!(out, "{n}"),
            Arg::Bool(yes) => write!(out, "{}", if yes { 't' } else { 'f' }),
            Arg::Bytes(bytes) => write!(out, "\\\\x{}", HEXLOWER.encode(&bytes)),
            Arg::Text(Some(text)) => {
                add_text(out, &text);
                Ok(())
            }
            Arg::Int(None) | Arg::Real(None) | Arg::Text(None) => write!(out, "\\N"),
        };
    }
    out.push('\n');
}

fn add_text(out: &mut String, text: &str) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let told = match byte {
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(told);
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

#[cfg(test)]
mod tests {
    use super::super::db::args;
    use super::*;

    #[test]
    fn values_are_told_so_that_none_looks_like_another() {
        let mut out = String::new();
        add_line(&mut out, args![7i64, None::<i64>, Some(0.1f64), true, "\\N\t石\r\n浦", "", None::<&str>]);
        add_line(&mut out, args![vec![0u8, 255], Vec::<u8>::new(), "\\.", f64_of("-inf")]);
        assert_eq!(out, "7\t\\N\t0.1\tt\t\\\\N\\t石\\r\\n浦\t\t\\N\n\\\\x00ff\t\\\\x\t\\\\.\t-inf\n");
    }

    #[test]
    fn a_column_of_two_types_is_refused() {
        let rows = |second: &str| vec![args![1i64, "a"], vec![Arg::Int(Some(2)), Arg::from(second)]];
        let (sql, _) = by_columns("t", &["n", "s"], rows("b"), "ON CONFLICT (n) DO NOTHING").unwrap();
        assert_eq!(
            sql,
            "INSERT INTO t (n, s) SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT (n) DO NOTHING"
        );
        let mixed = vec![args![1i64], args!["two"]];
        assert!(by_columns("t", &["n"], mixed, "").is_err());
    }

    fn f64_of(text: &str) -> Option<f64> {
        text.parse().ok()
    }
}
