//! Stores for tests: a fresh SQLite file, a fresh PostgreSQL schema where `QINGTING_TEST_POSTGRES` names a server, and one through
//! the pooler before that server where `QINGTING_TEST_POOLER` names one.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::Connection as _;
use tempfile::TempDir;

use super::{Store, StoreError, StoreSettings};
use crate::clock::SetClock;
use crate::vault::Vault;

/// The variable that names the PostgreSQL server of the tests.
pub const POSTGRES: &str = "QINGTING_TEST_POSTGRES";
/// The variable that names the pooler before that server, which gives out connections by the transaction.
pub const POOLER: &str = "QINGTING_TEST_POOLER";

const KEY_FILE: &str = "master.key";

/// A store of its own with a clock that the test sets; the folder goes when it is dropped.
pub struct TestStore {
    store: Store,
    pub clock: Arc<SetClock>,
    settings: StoreSettings,
    dir: TempDir,
}

impl Deref for TestStore {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

impl TestStore {
    /// A second handle with connections and a node number of its own, as another process has.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn another(&self) -> Result<Store, StoreError> {
        let settings = StoreSettings { vault: Vault::load(&self.key_file())?, ..self.settings.clone() };
        Store::open(settings, self.clock.clone()).await
    }

    /// As [`TestStore::another`], with a replica at this address.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn beside_replica(&self, replica: &str) -> Result<Store, StoreError> {
        let (vault, replica) = (Vault::load(&self.key_file())?, Some(replica.to_owned()));
        Store::open(StoreSettings { vault, replica, ..self.settings.clone() }, self.clock.clone()).await
    }

    /// A new, empty database on each engine, with the keys of this one, to be filled.
    ///
    /// # Errors
    /// As [`each_database`].
    pub async fn empty_ones(&self) -> Result<Vec<EmptyStore>, StoreError> {
        let mut stores = Vec::new();
        for settings in self.new_ones().await? {
            let store = Store::open_to_fill(settings.clone(), self.clock.clone()).await?;
            stores.push(EmptyStore { store, settings, clock: self.clock.clone() });
        }
        Ok(stores)
    }

    /// Where a database of each engine may be that was never opened, with the keys of this one.
    ///
    /// # Errors
    /// As [`each_database`].
    pub async fn new_ones(&self) -> Result<Vec<StoreSettings>, StoreError> {
        let file = self
            .dir
            .path()
            .join(format!("{}.db", data_encoding::HEXLOWER.encode(&crate::vault::random::<8>()?)));
        let mut urls = vec![format!("sqlite:{}", file.display())];
        if let Ok(server) = std::env::var(POSTGRES) {
            urls.push(fresh_schema(&server).await?);
        }
        let settings = |url| {
            Ok(StoreSettings {
                url,
                vault: Vault::load(&self.key_file())?,
                pooler: None,
                ..self.settings.clone()
            })
        };
        urls.into_iter().map(settings).collect()
    }

    /// The key file of this store.
    pub fn key_file(&self) -> PathBuf {
        self.dir.path().join(KEY_FILE)
    }

    /// Where this store is.
    pub fn url(&self) -> &str {
        &self.settings.url
    }
}

/// A new database, opened to be filled.
pub struct EmptyStore {
    store: Store,
    settings: StoreSettings,
    clock: Arc<SetClock>,
}

impl Deref for EmptyStore {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

impl EmptyStore {
    /// A second handle, as another process gets it to work with.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn reopened(&self) -> Result<Store, StoreError> {
        Store::open(self.settings.clone(), self.clock.clone()).await
    }
}

/// 2026-11-02 09:00 in Asia/Shanghai, a Monday.
fn monday() -> Timestamp {
    Timestamp::from_second(1_793_581_200).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A fresh store on SQLite.
///
/// # Errors
/// When the folder or the file cannot be made.
pub async fn fresh() -> Result<TestStore, StoreError> {
    let dir = folder()?;
    let url = format!("sqlite:{}", dir.path().join("test.db").display());
    open(url, dir).await
}

/// A fresh store on each database: SQLite always, PostgreSQL where the variable names a server, and through its pooler where
/// that is named too.
///
/// # Errors
/// When a server is named and cannot be used, or `CI` is set and one is not named.
pub async fn each_database() -> Result<Vec<TestStore>, StoreError> {
    let mut stores = vec![fresh().await?];
    let Some(server) = named(POSTGRES)? else { return Ok(stores) };
    stores.push(fresh_postgres(&server).await?);
    if let Some(pooler) = named(POOLER)? {
        stores.push(fresh_pooled(&server, &pooler).await?);
    }
    Ok(stores)
}

/// What a variable of the tests names, which in CI has to be something.
fn named(variable: &str) -> Result<Option<String>, StoreError> {
    match std::env::var(variable) {
        Ok(named) => Ok(Some(named)),
        Err(_) if std::env::var_os("CI").is_some() => {
            Err(StoreError::Bad(format!("{variable} must name a server in CI")))
        }
        Err(_) => Ok(None),
    }
}

/// A fresh schema on the server at `server`.
///
/// # Errors
/// When the server cannot be used.
pub async fn fresh_postgres(server: &str) -> Result<TestStore, StoreError> {
    open(fresh_schema(server).await?, folder()?).await
}

/// A fresh schema on the server at `server`, all ordinary work in which goes through the pooler at `pooler`.
///
/// # Errors
/// When one of them cannot be used.
pub async fn fresh_pooled(server: &str, pooler: &str) -> Result<TestStore, StoreError> {
    let dir = folder()?;
    let (url, pooler) = pooled_schema(server, pooler).await?;
    let settings = StoreSettings { pooler: Some(pooler), ..settings(url, &dir)? };
    open_at(settings, dir, None).await
}

/// Makes an empty schema with a user of its own, whom a pooler need not be told of it, and gives the addresses that lead into it:
/// the server's and the pooler's.
///
/// # Errors
/// When the server cannot be used.
pub async fn pooled_schema(server: &str, pooler: &str) -> Result<(String, String), StoreError> {
    let user = format!("t{}", data_encoding::HEXLOWER.encode(&crate::vault::random::<8>()?));
    let pool = sqlx::PgPool::connect(server).await?;
    for statement in
        [format!("CREATE ROLE {user} LOGIN"), format!("CREATE SCHEMA {user} AUTHORIZATION {user}")]
    {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&pool).await?;
    }
    pool.close().await;
    let of_user = |url: &str| match url.split_once('@') {
        Some((_, place)) => Ok(format!("postgres://{user}@{place}")),
        None => Err(StoreError::Bad("the address of a test's server must name a user".into())),
    };
    Ok((of_user(server)?, of_user(pooler)?))
}

/// Makes an empty schema on the server at `server` and gives the address that leads into it.
///
/// # Errors
/// When the server cannot be used.
pub async fn fresh_schema(server: &str) -> Result<String, StoreError> {
    let name = format!("t{}", data_encoding::HEXLOWER.encode(&crate::vault::random::<8>()?));
    let pool = sqlx::PgPool::connect(server).await?;
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE SCHEMA {name}"))).execute(&pool).await?;
    pool.close().await;
    let separator = if server.contains('?') { '&' } else { '?' };
    Ok(format!("{server}{separator}options=-c%20search_path%3D{name}"))
}

/// Makes an empty database of its own on the server at `server` and gives its address and its name.
///
/// # Errors
/// When the server cannot be used.
pub async fn fresh_database(server: &str) -> Result<(String, String), StoreError> {
    let name = format!("t{}", data_encoding::HEXLOWER.encode(&crate::vault::random::<8>()?));
    let pool = sqlx::PgPool::connect(server).await?;
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&pool).await?;
    pool.close().await;
    let (address, query) = server.split_once('?').unwrap_or((server, ""));
    let host = address.rsplit_once('/').map_or(address, |(host, _)| host);
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    Ok((format!("{host}/{name}{query}"), name))
}

/// Ends every connection to a database of the server at `server`, in whatever it is; how many.
///
/// # Errors
/// When the server cannot be used.
pub async fn cut_connections(server: &str, name: &str) -> Result<i64, StoreError> {
    let pool = sqlx::PgPool::connect(server).await?;
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1";
    let cut: i64 = sqlx::query_scalar(sql).bind(name).fetch_one(&pool).await?;
    pool.close().await;
    Ok(cut)
}

/// What SQLite finds wrong with the file of a database; nothing where it is whole.
///
/// # Errors
/// When it cannot be opened or read.
pub async fn sqlite_faults(file: &Path) -> Result<Vec<String>, StoreError> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut connection = sqlx::sqlite::SqliteConnection::connect_with(&options).await?;
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut connection).await?;
    connection.close().await?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

fn folder() -> Result<TempDir, StoreError> {
    tempfile::tempdir().map_err(|e| StoreError::Bad(e.to_string()))
}

/// As [`each_database`], with the schema that a program had whose last migration was `step`: for what an earlier program
/// left behind. What later migrations brought must not be touched.
///
/// # Errors
/// As [`each_database`].
pub async fn each_database_at(step: i64) -> Result<Vec<TestStore>, StoreError> {
    let mut stores = Vec::new();
    let dir = folder()?;
    let file = format!("sqlite:{}", dir.path().join("test.db").display());
    stores.push(open_at(settings(file, &dir)?, dir, Some(step)).await?);
    if let Some(server) = named(POSTGRES)? {
        let dir = folder()?;
        stores.push(open_at(settings(fresh_schema(&server).await?, &dir)?, dir, Some(step)).await?);
    }
    Ok(stores)
}

async fn open(url: String, dir: TempDir) -> Result<TestStore, StoreError> {
    open_at(settings(url, &dir)?, dir, None).await
}

/// With a key of its own, which lies in the folder.
fn settings(url: String, dir: &TempDir) -> Result<StoreSettings, StoreError> {
    let vault = Vault::create(&dir.path().join(KEY_FILE))?;
    Ok(StoreSettings::new(url, vault, 3))
}

async fn open_at(settings: StoreSettings, dir: TempDir, step: Option<i64>) -> Result<TestStore, StoreError> {
    let clock = Arc::new(SetClock::at(monday()));
    let store = Store::open_at_step(settings.clone(), clock.clone(), step).await?;
    Ok(TestStore { store, clock, settings, dir })
}
