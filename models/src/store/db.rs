//! One way to ask both databases.
//!
//! Each query is written once, with `$1` placeholders, and runs on the native driver of SQLite or
//! PostgreSQL. Values go in as [`Arg`]s and come out of [`Row`]s by column name; there is no third,
//! common-denominator driver in between (docs/decisions/0001-store.md).

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgRow};
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Executor, Postgres, Row as _, Sqlite, Transaction};

use super::bell::{Bell, CHANNEL};
use super::{StoreError, bulk};

/// The pools of one database. SQLite: one writer connection, readers that never block.
#[derive(Debug, Clone)]
pub(crate) enum Db {
    Sqlite { writer: SqlitePool, reader: SqlitePool },
    Postgres(Server),
}

/// A PostgreSQL database and what stands around it.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(super) pool: PgPool,
    /// The pool leads to a pooler that gives out connections by the transaction. What is asked outside of a transaction
    /// gets one of its own then, and no prepared statement is kept, since the next one is another connection's.
    pub(super) is_pooled: bool,
    /// The way to the database itself.
    pub(super) direct: Arc<PgConnectOptions>,
    /// Where what may be some moments old is read.
    pub(super) replica: Option<PgPool>,
}

/// A transaction that may write.
pub(crate) struct Tx {
    on: On,
    /// Rung when it is committed, if it brings what somebody waits for.
    bell: Option<Bell>,
    rings: bool,
}

enum On {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres { tx: Transaction<'static, Postgres>, is_pooled: bool },
}

impl From<On> for Tx {
    fn from(on: On) -> Self {
        Self { on, bell: None, rings: false }
    }
}

/// A value that goes into a query. Absent values keep their type, which PostgreSQL asks for.
#[derive(Debug, Clone)]
pub(crate) enum Arg {
    Int(Option<i64>),
    Real(Option<f64>),
    Bool(bool),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

/// A row of either database.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Db {
    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres(server) => {
                if let Some(replica) = &server.replica {
                    replica.close().await;
                }
                server.pool.close().await;
            }
        }
    }

    /// Begins a transaction that may write; on SQLite it takes the one writer at once.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        let on = match self {
            Self::Sqlite { writer, .. } => On::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(server) => server.begin("BEGIN").await?,
        };
        Ok(on.into())
    }

    /// Begins a transaction that only reads, all of it from one state of the database, and holds up nobody who writes.
    pub(crate) async fn begin_reading(&self) -> Result<Tx, StoreError> {
        let on = match self {
            Self::Sqlite { reader, .. } => On::Sqlite(reader.begin().await?),
            Self::Postgres(server) => server.begin(READING).await?,
        };
        Ok(on.into())
    }

    /// As [`Db::begin_reading`], on the replica where there is one and it answers: what it reads may be some moments old.
    pub(crate) async fn begin_reading_aside(&self) -> Result<Tx, StoreError> {
        if let Self::Postgres(Server { replica: Some(replica), .. }) = self {
            match replica.begin_with(READING).await {
                Ok(tx) => return Ok(On::Postgres { tx, is_pooled: false }.into()),
                Err(error) => note_replica(&error),
            }
        }
        self.begin_reading().await
    }

    /// As [`Db::rows`], on the replica where there is one and it answers: what it reads may be some moments old.
    pub(crate) async fn rows_aside(&self, sql: &str, args: Vec<Arg>) -> Result<Vec<Row>, StoreError> {
        if let Self::Postgres(Server { replica: Some(replica), .. }) = self {
            match replica.acquire().await {
                Ok(mut connection) => match postgres_rows(&mut *connection, sql, args.clone(), true).await {
                    Err(StoreError::Database(error)) => note_replica(&error),
                    answer => return answer,
                },
                Err(error) => note_replica(&error),
            }
        }
        self.rows(sql, args).await
    }

    /// Begins a transaction that counts and writes, all of its counts from one state of the database.
    pub(crate) async fn begin_counting(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { .. } => self.begin().await,
            Self::Postgres(server) => Ok(server.begin("BEGIN ISOLATION LEVEL REPEATABLE READ").await?.into()),
        }
    }

    /// Placeholders for `count` values from the `first` on, counted from 1, as a list. `$n` is slow in long
    /// statements on SQLite, so each database gets its own; a statement has either these alone or `$n` alone.
    pub(crate) fn marks(&self, first: usize, count: usize) -> String {
        marks(self.is_sqlite(), first, count)
    }

    /// Reads outside a transaction.
    pub(crate) async fn rows(&self, sql: &str, args: Vec<Arg>) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite { reader, .. } => sqlite_rows(reader, sql, args).await,
            Self::Postgres(server) if server.is_pooled => {
                let mut tx = self.begin().await?;
                let rows = tx.rows(sql, args).await?;
                tx.commit().await?;
                Ok(rows)
            }
            Self::Postgres(server) => postgres_rows(&server.pool, sql, args, true).await,
        }
    }

    /// The first row, or none.
    pub(crate) async fn row(&self, sql: &str, args: Vec<Arg>) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// One number.
    pub(crate) async fn number(&self, sql: &str, args: Vec<Arg>) -> Result<i64, StoreError> {
        match self.row(sql, args).await? {
            Some(row) => Ok(row.int_at(0)?.unwrap_or(0)),
            None => Ok(0),
        }
    }
}

impl Server {
    async fn begin(&self, statement: &'static str) -> Result<On, StoreError> {
        Ok(On::Postgres { tx: self.pool.begin_with(statement).await?, is_pooled: self.is_pooled })
    }
}

impl Tx {
    /// Runs a statement; how many rows it touched.
    pub(crate) async fn run(&mut self, sql: &str, args: Vec<Arg>) -> Result<u64, StoreError> {
        Ok(match &mut self.on {
            On::Sqlite(tx) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), sqlite_args(args)?);
                (&mut **tx).execute(query).await?.rows_affected()
            }
            On::Postgres { tx, is_pooled } => {
                let query =
                    sqlx::query_with(AssertSqlSafe(sql), postgres_args(args)?).persistent(!*is_pooled);
                (&mut **tx).execute(query).await?.rows_affected()
            }
        })
    }

    /// Reads inside the transaction.
    pub(crate) async fn rows(&mut self, sql: &str, args: Vec<Arg>) -> Result<Vec<Row>, StoreError> {
        match &mut self.on {
            On::Sqlite(tx) => sqlite_rows(&mut **tx, sql, args).await,
            On::Postgres { tx, is_pooled } => postgres_rows(&mut **tx, sql, args, !*is_pooled).await,
        }
    }

    /// The first row, or none.
    pub(crate) async fn row(&mut self, sql: &str, args: Vec<Arg>) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Placeholders as [`Db::marks`] gives them.
    pub(crate) fn marks(&self, first: usize, count: usize) -> String {
        marks(self.is_sqlite(), first, count)
    }

    /// Placeholders for the rows of a list of values, each in brackets.
    pub(crate) fn tuples(&self, rows: usize, width: usize) -> String {
        let tuple = |row| format!("({})", self.marks(row * width + 1, width));
        (0..rows).map(tuple).collect::<Vec<_>>().join(", ")
    }

    /// Inserts many rows of one table; `columns` names as many columns as each row has values.
    pub(crate) async fn insert(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: Vec<Vec<Arg>>,
        conflict: &str,
    ) -> Result<u64, StoreError> {
        if let On::Postgres { tx, is_pooled } = &mut self.on {
            if rows.is_empty() {
                return Ok(0);
            }
            let (sql, arguments) = bulk::by_columns(table, columns, rows, conflict)?;
            let query = sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(!*is_pooled);
            return Ok((&mut **tx).execute(query).await?.rows_affected());
        }
        let width = columns.len().max(1);
        let chunk = (30_000 / width).clamp(1, 500);
        let mut touched = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let part: Vec<Vec<Arg>> = rows.by_ref().take(chunk).collect();
            let tuples = self.tuples(part.len(), width);
            let sql = format!("INSERT INTO {table} ({}) VALUES {tuples} {conflict}", columns.join(", "));
            touched += self.run(&sql, part.into_iter().flatten().collect()).await?;
        }
        Ok(touched)
    }

    /// As [`Tx::insert`] for whole tables, on PostgreSQL by `COPY`. Not for what may be dropped in the middle.
    pub(crate) async fn load(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: Vec<Vec<Arg>>,
    ) -> Result<u64, StoreError> {
        match &mut self.on {
            On::Postgres { tx, .. } => bulk::copy_in(tx, table, columns, rows).await,
            On::Sqlite(_) => self.insert(table, columns, rows, "").await,
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.on, On::Sqlite(_))
    }

    /// As [`Tx::rings`] asks, the bell is rung once this is committed.
    pub(crate) fn with_bell(self, bell: Bell) -> Self {
        Self { bell: Some(bell), ..self }
    }

    /// Notes that it puts something before a stage, or that it brings what pages show at once, so that those who wait are
    /// woken.
    pub(crate) fn rings(&mut self) {
        self.rings = true;
    }

    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        let bell = self.bell.take().filter(|_| self.rings);
        if bell.is_some() && !self.is_sqlite() {
            self.run("SELECT pg_notify($1, '')", args![CHANNEL]).await?;
        }
        match self.on {
            On::Sqlite(tx) => tx.commit().await?,
            On::Postgres { tx, .. } => tx.commit().await?,
        }
        if let Some(bell) = bell {
            bell.ring();
        }
        Ok(())
    }
}

/// A transaction of PostgreSQL that only reads, all of it from one state.
const READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// Says that the database itself is asked instead of its replica.
fn note_replica(error: &sqlx::Error) {
    tracing::warn!("the replica does not answer, the database itself is asked: {error}");
}

fn marks(sqlite: bool, first: usize, count: usize) -> String {
    let marks: Vec<String> = match sqlite {
        true => vec!["?".into(); count],
        false => (first..first + count).map(|i| format!("${i}")).collect(),
    };
    marks.join(", ")
}

async fn sqlite_rows<'c>(
    on: impl Executor<'c, Database = Sqlite>,
    sql: &str,
    args: Vec<Arg>,
) -> Result<Vec<Row>, StoreError> {
    let query = sqlx::query_with(AssertSqlSafe(sql), sqlite_args(args)?);
    Ok(query.fetch_all(on).await?.into_iter().map(Row::Sqlite).collect())
}

async fn postgres_rows<'c>(
    on: impl Executor<'c, Database = Postgres>,
    sql: &str,
    args: Vec<Arg>,
    keeps_statement: bool,
) -> Result<Vec<Row>, StoreError> {
    let query = sqlx::query_with(AssertSqlSafe(sql), postgres_args(args)?).persistent(keeps_statement);
    Ok(query.fetch_all(on).await?.into_iter().map(Row::Postgres).collect())
}

fn sqlite_args(args: Vec<Arg>) -> Result<SqliteArguments, StoreError> {
    let mut out = SqliteArguments::default();
    for arg in args {
        match arg {
            Arg::Int(v) => out.add(v),
            Arg::Real(v) => out.add(v),
            Arg::Bool(v) => out.add(v),
            Arg::Text(v) => out.add(v),
            Arg::Bytes(v) => out.add(v),
        }
        .map_err(|e| StoreError::Bad(e.to_string()))?;
    }
    Ok(out)
}

fn postgres_args(args: Vec<Arg>) -> Result<PgArguments, StoreError> {
    let mut out = PgArguments::default();
    for arg in args {
        match arg {
            Arg::Int(v) => out.add(v),
            Arg::Real(v) => out.add(v),
            Arg::Bool(v) => out.add(v),
            Arg::Text(v) => out.add(v),
            Arg::Bytes(v) => out.add(v),
        }
        .map_err(|e| StoreError::Bad(e.to_string()))?;
    }
    Ok(out)
}

macro_rules! getter {
    ($(#[$doc:meta])* $name:ident, $opt:ident, $type:ty) => {
        $(#[$doc])*
        pub(crate) fn $opt(&self, column: &str) -> Result<Option<$type>, StoreError> {
            Ok(match self {
                Self::Sqlite(row) => row.try_get::<Option<$type>, _>(column)?,
                Self::Postgres(row) => row.try_get::<Option<$type>, _>(column)?,
            })
        }

        $(#[$doc])*
        pub(crate) fn $name(&self, column: &str) -> Result<$type, StoreError> {
            self.$opt(column)?.ok_or_else(|| StoreError::Bad(format!("column {column} is empty")))
        }
    };
}

impl Row {
    getter!(int, opt_int, i64);
    getter!(
        #[allow(dead_code)]
        real,
        opt_real,
        f64
    );
    getter!(
        #[allow(dead_code)]
        flag,
        opt_flag,
        bool
    );
    getter!(text, opt_text, String);
    getter!(
        #[allow(dead_code)]
        bytes,
        opt_bytes,
        Vec<u8>
    );

    /// The number in a column by position, for counts.
    pub(crate) fn int_at(&self, index: usize) -> Result<Option<i64>, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get::<Option<i64>, _>(index)?,
            Self::Postgres(row) => row.try_get::<Option<i64>, _>(index)?,
        })
    }

    /// A time, stored as milliseconds since 1970 UTC.
    pub(crate) fn opt_time(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        self.opt_int(column)?.map(time_of).transpose()
    }

    pub(crate) fn time(&self, column: &str) -> Result<Timestamp, StoreError> {
        time_of(self.int(column)?)
    }

    /// A JSON column.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?)
            .map_err(|e| StoreError::Bad(format!("column {column}: {e}")))
    }

    /// A column whose text is one of an enum's codes.
    pub(crate) fn code<T: std::str::FromStr<Err = String>>(&self, column: &str) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|e| StoreError::Bad(format!("column {column}: {e}")))
    }
}

fn time_of(ms: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(ms).map_err(|e| StoreError::Bad(e.to_string()))
}

/// Reads JSON that the store itself wrote, or says which record is damaged.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Bad(e.to_string()))
}

macro_rules! arg_from {
    ($($type:ty => |$v:ident| $make:expr;)*) => {$(
        impl From<$type> for Arg { fn from($v: $type) -> Self { $make } }
    )*};
}

arg_from! {
    i64 => |v| Arg::Int(Some(v));
    Option<i64> => |v| Arg::Int(v);
    Option<f64> => |v| Arg::Real(v);
    bool => |v| Arg::Bool(v);
    String => |v| Arg::Text(Some(v));
    &String => |v| Arg::Text(Some(v.clone()));
    &str => |v| Arg::Text(Some(v.to_owned()));
    Option<String> => |v| Arg::Text(v);
    Option<&str> => |v| Arg::Text(v.map(str::to_owned));
    Vec<u8> => |v| Arg::Bytes(v);
    Timestamp => |v| Arg::Int(Some(v.as_millisecond()));
    Option<Timestamp> => |v| Arg::Int(v.map(Timestamp::as_millisecond));
}

/// `args![a, b]`: a list of [`Arg`]s.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::db::Arg::from($value)),*] };
}
pub(crate) use args;

#[cfg(test)]
mod tests {
    use super::super::testing::fresh;
    use super::*;

    #[tokio::test]
    async fn a_full_disk_stops_no_later_transaction() {
        let store = fresh().await.unwrap();
        let mut tx = store.db().begin().await.unwrap();
        // Of this connection alone.
        tx.rows("PRAGMA max_page_count = 1", vec![]).await.unwrap();
        let page = "x".repeat(4_000);
        let full = async {
            loop {
                let values = args![crate::vault::random::<8>().map(|b| format!("{b:?}")).unwrap(), &page];
                tx.run("INSERT INTO setting (name, value) VALUES ($1, $2)", values).await?;
            }
        };
        let error: Result<(), StoreError> = full.await;
        assert!(error.unwrap_err().to_string().contains("full"));
        drop(tx);
        for n in 0..3 {
            let mut tx = store.db().begin().await.unwrap_or_else(|e| panic!("transaction {n}: {e}"));
            let values = args![format!("after-{n}"), &page];
            tx.run("INSERT INTO setting (name, value) VALUES ($1, $2)", values).await.unwrap();
            tx.commit().await.unwrap();
        }
        let sql = "SELECT count(*) FROM setting WHERE name LIKE 'after-%'";
        assert_eq!(store.db().number(sql, vec![]).await.unwrap(), 3);
        let left = store.db().number("SELECT count(*) FROM setting WHERE value LIKE 'xxx%'", vec![]).await;
        assert_eq!(left.unwrap(), 3, "nothing of what failed");
    }
}
