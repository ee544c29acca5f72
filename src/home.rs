//! A county's folder: its settings file, key, data files and database, with flags and variables on top.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use qingting_classify::{Classifier, Model};
use qingting_ingest::http::{Http, HttpSettings};
use qingting_models::clock::{Clock, SystemClock};
use qingting_models::county::{County, CountyError, CountyFiles, Texts};
use qingting_models::records::FileKind;
use qingting_models::store::{ErasureList, Store, StoreSettings};
use qingting_models::vault::Vault;
use qingting_respond::attachments::{AttachmentRules, Scan};
use schemars::{JsonSchema, Schema, schema_for};
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
/// The list of what was erased, which a restore needs.
pub const ERASURES: &str = "erasures.jsonl";
/// The audit log's signed heads, unless `[audit] heads` names another file.
const HEADS: &str = "audit-heads.jsonl";
/// Sheets that were uploaded and are not imported yet; emptied at each start.
pub const UPLOADS: &str = "uploads";
/// Files of cases while they are looked at, before they are sealed; emptied at each start.
pub const ATTACHMENTS: &str = "attachments";

/// How long a scanner may look at a file, where the settings say nothing.
const SCAN_SECONDS: u64 = 60;

/// What `qingting.toml` may hold; everything has a default. What is said of the keys goes into `docs/reference.md`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct File {
    database: DatabaseTable,
    web: WebTable,
    work: WorkTable,
    http: HttpTable,
    audit: AuditTable,
    attachments: AttachmentsTable,
    metrics: MetricsTable,
    advisor: Option<AdvisorTable>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct AuditTable {
    /// The file to which a signed head of the audit log is added each day; `audit-heads.jsonl` in the county's folder
    heads: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct DatabaseTable {
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`; the file `qingting.db` in the county's folder
    url: Option<String>,
    /// A replica of the PostgreSQL database, on which the ranking and counts of searches and the counts of reports are read
    read_url: Option<String>,
    /// A pooler before the PostgreSQL database that gives out connections by the transaction (PgBouncer); `url` stays the address of the
    /// database itself, for changes of the schema and for waking each other
    pool_url: Option<String>,
    /// Connections that read (SQLite) or do anything (PostgreSQL) in each process; 8
    connections: Option<u32>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct WebTable {
    /// Where `serve` listens; `127.0.0.1:8080`
    #[schemars(with = "Option<String>")]
    bind: Option<SocketAddr>,
    /// The address that browsers use, with which links in messages begin
    base_url: Option<String>,
    /// Cookies go over TLS alone; for a proxy that ends TLS
    secure_cookies: bool,
    /// The address of who asks is read from what the proxy says
    behind_proxy: bool,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct WorkTable {
    /// How many workers `serve` runs; 1
    workers: Option<u16>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct HttpTable {
    /// A proxy (`http://`, `socks5://`, `socks5h://`) by which feeds and pages are fetched
    proxy: Option<String>,
    /// Hosts that are asked without the proxy
    no_proxy: Vec<String>,
    /// Authorities that are trusted besides the system's, in PEM; looked for in the county's folder
    ca_file: Option<PathBuf>,
    /// An e-mail address or page that the user agent shows
    contact: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct MetricsTable {
    /// Where `serve` and `worker` serve `/metrics`, `/healthz` and `/readyz`; nowhere
    #[schemars(with = "Option<String>")]
    bind: Option<SocketAddr>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct AttachmentsTable {
    /// Types of files that are taken for cases; all that are known but gif, bmp, tif, dps, mp4 and zip
    types: Option<Vec<String>>,
    /// Largest file in megabytes, 1 to 100; 20
    max_mb: Option<u64>,
    /// How many files a case may have, 1 to 400; 50
    max_files: Option<u32>,
    /// A command that looks at each file before it is kept, `{}` being its path; exit 0 says clean
    scan: Option<Vec<String>>,
    /// How long it may take, 1 to 300 seconds; 60
    scan_seconds: Option<u64>,
}

/// The shape of the settings file, with what its keys mean.
pub fn settings_schema() -> Schema {
    schema_for!(File)
}

/// The settings that hold: flags, then `QINGTING_*`, then the file, then defaults.
#[derive(Debug)]
pub struct Home {
    pub dir: PathBuf,
    pub database: String,
    /// A replica of the PostgreSQL database, where there is one.
    pub replica: Option<String>,
    /// The pooler before it, where there is one.
    pub pooler: Option<String>,
    pub connections: u32,
    pub bind: SocketAddr,
    pub base_url: Option<String>,
    pub secure_cookies: bool,
    pub behind_proxy: bool,
    pub workers: u16,
    pub http: HttpSettings,
    /// The file of the audit log's signed heads.
    pub heads: PathBuf,
    /// What files are taken for cases.
    pub attachments: AttachmentRules,
    /// Where figures for those who watch are served, if anywhere.
    pub metrics: Option<SocketAddr>,
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
        let attachments = file
            .attachments
            .rules()
            .map_err(|why| anyhow::anyhow!("{}: [attachments] {why}", path.display()))?;
        Ok(Self {
            attachments,
            metrics: file.metrics.bind,
            database: global
                .database
                .clone()
                .or(file.database.url)
                .unwrap_or_else(|| sqlite_in(global.dir())),
            // The file's are those of the file's database.
            replica: global.read_url.clone().or(file.database.read_url.filter(|_| global.database.is_none())),
            pooler: global.pool_url.clone().or(file.database.pool_url.filter(|_| global.database.is_none())),
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
        let store = Store::open(self.store_settings(&self.database)?, clock)
            .await
            .with_context(|| format!("the database {} cannot be opened", shown(&self.database)))?;
        store.list_erasures_in(ErasureList::at(self.dir.join(ERASURES)));
        Ok(store)
    }

    /// Opens another database with the same keys, to move everything into it.
    pub async fn store_to_fill(&self, url: &str, clock: Arc<dyn Clock>) -> Result<Store> {
        Store::open_to_fill(self.store_settings(url)?, clock)
            .await
            .with_context(|| format!("the database {} cannot be opened", shown(url)))
    }

    /// With what a database is opened.
    pub fn store_settings(&self, url: &str) -> Result<StoreSettings> {
        let vault = Vault::load(&self.dir.join(KEY))?;
        // They are those of the county's database, and of no other.
        let of_it = |named: &Option<String>| named.clone().filter(|_| url == self.database);
        let (replica, pooler) = (of_it(&self.replica), of_it(&self.pooler));
        Ok(StoreSettings { replica, pooler, ..StoreSettings::new(url, vault, self.connections) })
    }
}

impl HttpTable {
    /// A `ca_file` is looked for in the county's folder, where its path does not begin at the root.
    fn settings(self, dir: &Path) -> HttpSettings {
        let Self { proxy, no_proxy, ca_file, contact } = self;
        HttpSettings { proxy, no_proxy, ca_file: ca_file.map(|path| dir.join(path)), contact }
    }
}

impl AttachmentsTable {
    /// What the table says, and what is usual where it says nothing.
    fn rules(self) -> Result<AttachmentRules, String> {
        let usual = AttachmentRules::default();
        let kinds = match self.types {
            None => usual.kinds,
            Some(types) if types.is_empty() => return Err("types needs one type or more".into()),
            Some(types) => types.iter().map(|word| kind_of(word)).collect::<Result<_, _>>()?,
        };
        let within = |name: &str, value: u64, most: u64| match value {
            1.. if value <= most => Ok(value),
            _ => Err(format!("{name} must be 1 to {most}, not {value}")),
        };
        let max_mb = self.max_mb.unwrap_or(usual.max_bytes >> 20);
        let max_files = self.max_files.unwrap_or(usual.max_files);
        let scan = self.scan.map(|words| Scan::of(&words, self.scan_seconds.unwrap_or(SCAN_SECONDS)));
        Ok(AttachmentRules {
            kinds,
            max_bytes: within("max_mb", max_mb, AttachmentRules::MOST_MB)? << 20,
            max_files: within("max_files", max_files.into(), AttachmentRules::MOST_FILES.into())
                .map(|_| max_files)?,
            scan: scan.transpose().map_err(|fault| fault.to_string())?,
        })
    }
}

fn kind_of(word: &str) -> Result<FileKind, String> {
    FileKind::of_ending(word.trim_start_matches('.')).ok_or_else(|| {
        let all: Vec<&str> = FileKind::ALL.iter().map(|kind| kind.code()).collect();
        format!("types: \"{word}\" is not known; allowed: {}", all.join(", "))
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(toml: &str) -> Result<AttachmentRules, String> {
        toml::from_str::<File>(toml).map_err(|e| e.to_string())?.attachments.rules()
    }

    #[test]
    fn without_a_line_the_usual_files_are_taken() {
        assert_eq!(rules("").unwrap(), AttachmentRules::default());
        let own = rules("[attachments]\ntypes = [\"JPEG\", \".pdf\", \"zip\"]\nmax_mb = 5\nmax_files = 3\nscan = [\"scan\", \"{}\"]").unwrap();
        assert_eq!(own.kinds, [FileKind::Jpg, FileKind::Pdf, FileKind::Zip]);
        assert_eq!((own.max_bytes, own.max_files), (5 << 20, 3));
        assert!(own.scan.is_some());
    }

    #[test]
    fn what_is_mistyped_is_named_with_what_is_allowed() {
        for (line, says) in [
            ("types = [\"exe\"]", "\"exe\" is not known; allowed: jpg, png"),
            ("types = []", "one type or more"),
            ("max_mb = 0", "max_mb must be 1 to 100, not 0"),
            ("max_mb = 101", "1 to 100, not 101"),
            ("max_files = 0", "max_files must be 1 to 400"),
            ("scan = []", "scan needs a program"),
            ("scan = [\"clamdscan\"]", "needs an argument with {}"),
            ("scan = [\"clamdscan\", \"{}\"]\nscan_seconds = 0", "scan_seconds must be 1 to 300, not 0"),
            ("scann = []", "unknown field `scann`"),
        ] {
            let said = rules(&format!("[attachments]\n{line}")).unwrap_err();
            assert!(said.contains(says), "{line}: {said}");
        }
    }
}
