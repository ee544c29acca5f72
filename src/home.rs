//! A county's folder: its settings file, key, data files and database, with flags and variables on top.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use qingting_classify::{Classifier, Model};
use qingting_ingest::http::{Http, HttpSettings};
use qingting_models::clock::{Clock, SystemClock};
use qingting_models::county::{County, CountyError, CountyFiles, Texts};
use qingting_models::store::{Store, StoreSettings};
use qingting_models::vault::Vault;
use serde::Deserialize;

use crate::advisor::{self, Advisor, AdvisorSettings, AdvisorTable};
use crate::cli::Global;
use crate::model_folder::ModelFolder;

/// The settings file of a county's folder.
pub const SETTINGS: &str = "qingting.toml";
/// The master key, apart from the database.
pub const KEY: &str = "master.key";
/// The county's data files.
pub const COUNTY: &str = "county";
/// The audit log's signed heads, unless `[audit] heads` names another file.
const HEADS: &str = "audit-heads.jsonl";
/// Sheets that were uploaded and are not imported yet; emptied at each start.
pub const UPLOADS: &str = "uploads";

/// What `qingting.toml` may hold; everything has a default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    database: DatabaseTable,
    web: WebTable,
    work: WorkTable,
    http: HttpTable,
    audit: AuditTable,
    advisor: Option<AdvisorTable>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AuditTable {
    heads: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DatabaseTable {
    url: Option<String>,
    connections: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WebTable {
    bind: Option<SocketAddr>,
    base_url: Option<String>,
    secure_cookies: bool,
    behind_proxy: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WorkTable {
    workers: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HttpTable {
    proxy: Option<String>,
    no_proxy: Vec<String>,
    ca_file: Option<PathBuf>,
    contact: Option<String>,
}

/// The settings that hold: flags, then `QINGTING_*`, then the file, then defaults.
#[derive(Debug)]
pub struct Home {
    pub dir: PathBuf,
    pub database: String,
    pub connections: u32,
    pub bind: SocketAddr,
    pub base_url: Option<String>,
    pub secure_cookies: bool,
    pub behind_proxy: bool,
    pub workers: u16,
    pub http: HttpSettings,
    /// The file of the audit log's signed heads.
    pub heads: PathBuf,
    advisor: Option<AdvisorTable>,
}

impl Home {
    /// Reads the folder that `init` made.
    ///
    /// # Errors
    /// When there is none, or its settings file has a line that is not allowed.
    pub fn find(global: &Global) -> Result<Self> {
        let path = global.dir().join(SETTINGS);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => bail!(
                "{} is no county's folder: it has no {SETTINGS}; make one with `qingting init {}`, or name it with --dir",
                global.dir().display(),
                global.dir().display()
            ),
            Err(e) => return Err(e).with_context(|| format!("{} cannot be read", path.display())),
        };
        let file: File = toml::from_str(&text).map_err(|e| {
            anyhow::anyhow!("{}: {}", path.display(), e.to_string().trim().replace('\n', " "))
        })?;
        Ok(Self {
            database: global
                .database
                .clone()
                .or(file.database.url)
                .unwrap_or_else(|| sqlite_in(global.dir())),
            connections: file.database.connections.unwrap_or(8),
            bind: file.web.bind.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            base_url: file.web.base_url,
            secure_cookies: file.web.secure_cookies,
            behind_proxy: file.web.behind_proxy,
            workers: file.work.workers.unwrap_or(1),
            http: file.http.settings(global.dir()),
            heads: global.dir().join(file.audit.heads.unwrap_or_else(|| HEADS.into())),
            advisor: file.advisor,
            dir: global.dir().to_owned(),
        })
    }

    /// The county's files in the folder, and those inside the program for any that are missing.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn county_files(&self) -> Result<CountyFiles> {
        county_files(&self.dir)
    }

    /// The county's facts: the files of the folder under those that were changed on pages.
    ///
    /// # Errors
    /// At the first value that is not allowed; says so when it stands in a file that was changed on a page.
    pub async fn county(&self, store: &Store) -> Result<County> {
        put_together(&self.county_files()?, &store.county_files().await?)
    }

    /// The client that fetches from the internet.
    ///
    /// # Errors
    /// When a line under `[http]` cannot be used.
    pub fn http(&self) -> Result<Http> {
        Http::with_settings(env!("CARGO_PKG_VERSION"), &self.http)
            .map_err(|e| anyhow::anyhow!("{}: [http] {e}", self.dir.join(SETTINGS).display()))
    }

    /// The helper model, where one is named.
    ///
    /// # Errors
    /// When a line under `[advisor]`, or the key, cannot be used.
    pub fn advisor(&self, http: &Http) -> Result<Option<Advisor>> {
        let Some(table) = &self.advisor else { return Ok(None) };
        let key = std::env::var(advisor::KEY).ok();
        let settings = AdvisorSettings::read(table, key)
            .map_err(|e| anyhow::anyhow!("{}: [advisor] {e}", self.dir.join(SETTINGS).display()))?;
        Ok(Some(Advisor::new(http.clone(), settings)))
    }

    /// Opens the store with the machine's clock.
    pub async fn store(&self) -> Result<Store> {
        self.store_at(Arc::new(SystemClock)).await
    }

    /// Opens the store with a clock.
    pub async fn store_at(&self, clock: Arc<dyn Clock>) -> Result<Store> {
        let vault = Vault::load(&self.dir.join(KEY))?;
        let settings = StoreSettings { url: self.database.clone(), vault, connections: self.connections };
        Store::open(settings, clock)
            .await
            .with_context(|| format!("the database {} cannot be opened", shown(&self.database)))
    }
}

impl HttpTable {
    /// A `ca_file` is looked for in the county's folder, where its path does not begin at the root.
    fn settings(self, dir: &Path) -> HttpSettings {
        let Self { proxy, no_proxy, ca_file, contact } = self;
        HttpSettings { proxy, no_proxy, ca_file: ca_file.map(|path| dir.join(path)), contact }
    }
}

/// The client of a folder, or one without settings where there is no folder: for commands that store nothing.
pub fn http_or_default(global: &Global) -> Result<Http> {
    if !global.dir().join(SETTINGS).exists() {
        return Ok(Http::new(env!("CARGO_PKG_VERSION")));
    }
    Home::find(global)?.http()
}

/// The county of a folder as its pages show it, or the sample county where there is no folder: for commands that
/// store nothing.
pub fn county_or_sample(global: &Global) -> Result<County> {
    if !global.dir().join(SETTINGS).exists() {
        return county_of_folder(global.dir());
    }
    let home = Home::find(global)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = home.store().await?;
        let county = home.county(&store).await;
        store.close().await;
        county
    })
}

/// The county of a folder without what was changed on its pages, or the sample county: for measurements.
pub fn county_of_folder(dir: &Path) -> Result<County> {
    Ok(county_files(dir)?.county(&Texts::new())?)
}

fn county_files(dir: &Path) -> Result<CountyFiles> {
    let folder = dir.join(COUNTY);
    Ok(if folder.is_dir() { CountyFiles::read(&folder)? } else { CountyFiles::sample() })
}

/// The county of a folder's files under those that the store keeps.
///
/// # Errors
/// At the first value that is not allowed; says so when it stands in a file that was changed on a page.
pub fn put_together(files: &CountyFiles, kept: &Texts) -> Result<County> {
    files.county(kept).map_err(|error| {
        let changed = matches!(&error, CountyError::Invalid { file, .. } if kept.contains_key(file));
        let error = anyhow::Error::from(error);
        if changed { error.context("the county's files as they were changed on pages") } else { error }
    })
}

/// The classifier with the model in `model`, or with the one at work in a county's folder.
pub fn classifier(dir: &Path, county: &County, model: Option<&Path>) -> Result<Classifier> {
    let model = match model {
        Some(path) => Model::load(path)?,
        None => ModelFolder::of(dir).model()?,
    };
    Ok(Classifier::new(model, county))
}

/// The SQLite address of the database in a folder.
pub fn sqlite_in(dir: &Path) -> String {
    format!("sqlite:{}", dir.join("qingting.db").display())
}

/// An address without its password.
pub fn shown(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}***{}", &url[..scheme + 3], &url[at..]),
        _ => url.to_owned(),
    }
}
