//! Opens the pools of a database and brings its schema up to date.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, migrate};

use super::db::{Db, Server};
use super::{StoreError, StoreSettings};

pub(super) static SQLITE: Migrator = migrate!("./migrations/sqlite");
static POSTGRES: Migrator = migrate!("./migrations/postgres");

/// Brings the schema up to a migration; `None` for the last.
pub(super) async fn migrate(db: &Db, to: Option<i64>) -> Result<(), StoreError> {
    match (db, to) {
        (Db::Sqlite { writer, .. }, None) => SQLITE.run(writer).await?,
        (Db::Sqlite { writer, .. }, Some(to)) => SQLITE.run_to(to, writer).await?,
        // Its lock holds for a connection, which a pooler does not give out.
        (Db::Postgres(server), to) => {
            let mut connection = PgConnection::connect_with(&server.direct).await?;
            match to {
                None => POSTGRES.run(&mut connection).await?,
                Some(to) => POSTGRES.run_to(to, &mut connection).await?,
            }
            connection.close().await?;
        }
    }
    Ok(())
}

/// Opens the pools.
pub(super) async fn connect(settings: &StoreSettings) -> Result<Db, StoreError> {
    let url = settings.url.as_str();
    if let Some(path) = url.strip_prefix("sqlite:") {
        for (what, named) in [("a replica", &settings.replica), ("a pooler", &settings.pooler)] {
            if named.is_some() {
                return Err(StoreError::Bad(format!(
                    "only a PostgreSQL database can have {what}, SQLite has none"
                )));
            }
        }
        return open_sqlite(Path::new(path.trim_start_matches("//")), settings.connections).await;
    }
    if is_postgres(url) {
        return open_postgres(settings).await;
    }
    Err(StoreError::Bad(
        "the database address must begin with sqlite: or postgres://, for example sqlite:data/qingting.db"
            .into(),
    ))
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

async fn open_postgres(settings: &StoreSettings) -> Result<Db, StoreError> {
    let direct = Arc::new(postgres_at("database", &settings.url)?);
    let pooler = settings.pooler.as_deref().map(|pooler| postgres_at("pooler", pooler)).transpose()?;
    let is_pooled = pooler.is_some();
    let most = settings.connections.max(2);
    let pool = PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(pooler.unwrap_or_else(|| direct.as_ref().clone()))
        .await?;
    let replica = settings.replica.as_deref().map(|replica| open_replica(replica, most)).transpose()?;
    Ok(Db::Postgres(Server { pool, is_pooled, direct, replica }))
}

fn postgres_at(what: &str, url: &str) -> Result<PgConnectOptions, StoreError> {
    if !is_postgres(url) {
        return Err(StoreError::Bad(format!("the address of the {what} must begin with postgres://")));
    }
    Ok(PgConnectOptions::from_str(url)?.application_name("qingting"))
}

/// How long a replica may take to give a connection before the database itself is asked.
const REPLICA_ANSWERS: Duration = Duration::from_secs(2);

/// Opened when it is asked first: a replica that is away keeps nobody from working.
fn open_replica(url: &str, most: u32) -> Result<PgPool, StoreError> {
    let pool = PgPoolOptions::new().max_connections(most).acquire_timeout(REPLICA_ANSWERS);
    Ok(pool.connect_lazy_with(postgres_at("replica", url)?))
}

/// Pages of the write-ahead log, 4 kB each, before they go into the database: what many batches rewrite goes there once.
const CHECKPOINT_PAGES: &str = "8000";
/// To how many bytes the log is cut again after a transaction that made it longer.
const LOG_LIMIT: &str = "67108864";

/// WAL, so that readers never wait for the writer; `synchronous=NORMAL` keeps every commit over a killed
/// process and loses at most the last ones over a power cut, never the file.
async fn open_sqlite(path: &Path, readers: u32) -> Result<Db, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(60))
        .foreign_keys(false)
        .pragma("cache_size", "-16384")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("journal_size_limit", LOG_LIMIT)
        // What is erased is overwritten where its page is written anyway.
        .pragma("secure_delete", "FAST")
        .optimize_on_close(false, None);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(120))
        // After an error such as a full disk SQLite rolls back by itself, and the rollback that is then asked for fails: such
        // a connection would begin no transaction any more.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(options.clone())
        .await?;
    let reader = SqlitePoolOptions::new()
        .max_connections(readers.max(1))
        .acquire_timeout(Duration::from_secs(30))
        .connect_lazy_with(options.pragma("query_only", "ON"));
    Ok(Db::Sqlite { writer, reader })
}
