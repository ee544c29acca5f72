//! A county's folder of its own for each test, and the program run in it.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use qingting_models::clock::{Clock, SystemClock};
use qingting_models::records::Viewer;
use qingting_models::store::testing::{POOLER, POSTGRES, fresh_schema, pooled_schema};
use qingting_models::store::{ItemFilter, ItemState, Page, Store, StoreSettings};
use qingting_models::vault::{Vault, random};
use serde_json::Value;
use tempfile::TempDir;

/// A county made by `qingting init` on one of the databases.
pub(crate) struct County {
    dir: TempDir,
    database: String,
    pooler: Option<String>,
}

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
    /// PostgreSQL through a pooler that gives out connections by the transaction; not among [`engines`].
    Pooled,
}

/// SQLite always, PostgreSQL where a server is named; in CI a missing server fails.
pub(crate) fn engines() -> Vec<Engine> {
    if std::env::var_os(POSTGRES).is_some() {
        return vec![Engine::Sqlite, Engine::Postgres];
    }
    assert!(std::env::var_os("CI").is_none(), "{POSTGRES} must name a server in CI");
    vec![Engine::Sqlite]
}

/// The addresses of a new database and of its pooler.
async fn new_database(dir: &Path, engine: Engine) -> (String, Option<String>) {
    let named = |variable| std::env::var(variable).unwrap();
    match engine {
        Engine::Sqlite => (format!("sqlite:{}", dir.join("county/qingting.db").display()), None),
        Engine::Postgres => (fresh_schema(&named(POSTGRES)).await.unwrap(), None),
        Engine::Pooled => {
            let (database, pooler) = pooled_schema(&named(POSTGRES), &named(POOLER)).await.unwrap();
            (database, Some(pooler))
        }
    }
}

impl County {
    pub(crate) async fn sqlite() -> Self {
        Self::on(Engine::Sqlite).await
    }

    pub(crate) async fn on(engine: Engine) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (database, pooler) = new_database(dir.path(), engine).await;
        let county = Self { dir, database, pooler };
        county.ok(&["init", county.home().to_str().unwrap()]);
        county
    }

    /// A new folder with the keys of this county alone, and a new database.
    pub(crate) async fn new_home(&self, engine: Engine) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (database, pooler) = new_database(dir.path(), engine).await;
        let county = Self { dir, database, pooler };
        std::fs::create_dir(county.home()).unwrap();
        std::fs::copy(self.home().join("master.key"), county.home().join("master.key")).unwrap();
        county
    }

    /// Works with another database from now on; the one from before.
    pub(crate) fn work_on(&mut self, database: String) -> String {
        std::mem::replace(&mut self.database, database)
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("county")
    }

    /// A file beside the county's folder.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = program();
        command.env("QINGTING_DIR", self.home()).env("QINGTING_DATABASE_URL", &self.database).args(args);
        command.envs(self.pooler.iter().map(|pooler| ("QINGTING_DATABASE_POOL_URL", pooler)));
        command
    }

    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs a command that must succeed; its standard output.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{args:?}: {}\n{out}", String::from_utf8_lossy(&output.stderr));
        out
    }

    /// Runs a command that must fail; what it says on standard error.
    pub(crate) fn fails(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(!output.status.success(), "{args:?} succeeded: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    /// Runs a command that reads standard input and must succeed; its standard output.
    pub(crate) fn feed(&self, args: &[&str], input: &str) -> String {
        let file = self.file("standard-input", input);
        let input = std::fs::File::open(file).unwrap();
        let output = self.command(args).stdin(input).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must succeed and print one JSON document.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let with_json: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        let out = self.ok(&with_json);
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{args:?}: {e}: {out}"))
    }

    /// The counts of an import: read, new, updated, unchanged, quarantined.
    pub(crate) fn import(&self, path: &Path, source: &str) -> [i64; 5] {
        counts(&self.json(&["import", path.to_str().unwrap(), "--source", source]))
    }

    /// The store as another process sees it.
    pub(crate) async fn store(&self) -> Store {
        self.store_at(Arc::new(SystemClock)).await
    }

    /// The same by another clock.
    pub(crate) async fn store_at(&self, clock: Arc<dyn Clock>) -> Store {
        let vault = Vault::load(&self.home().join("master.key")).unwrap();
        let settings = StoreSettings::new(&self.database, vault, 4);
        Store::open(settings, clock).await.unwrap()
    }
}

/// A process that ends with the test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server that says its address on its first line, which it does once its store is open.
pub(crate) fn started(mut command: Command) -> (Running, String) {
    let mut server = Running(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap());
    let mut first = String::new();
    BufReader::new(server.0.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    (server, first.trim().to_owned())
}

/// An address of this machine at which nobody listens at this moment.
pub(crate) fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

pub(crate) fn client() -> reqwest::Client {
    // Fails where another test was faster, which installed the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// The text of an address, once it answers.
pub(crate) async fn ask(url: &str) -> String {
    let client = client();
    for _ in 0..1_200 {
        if let Ok(answer) = client.get(url).send().await
            && answer.status().is_success()
        {
            return answer.text().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{url} does not answer");
}

/// The built program, away from the variables of the caller.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingting"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("QINGTING_") && !name.starts_with("QINGTING_TEST_") {
            command.env_remove(&*name);
        }
    }
    command.env("LC_ALL", "C");
    command
}

pub(crate) fn counts(run: &Value) -> [i64; 5] {
    ["read", "new", "updated", "unchanged", "quarantined"].map(|name| run[name].as_i64().unwrap())
}

pub(crate) fn everything() -> ItemFilter {
    ItemFilter { state: ItemState::All, ..ItemFilter::default() }
}

/// All items of a store, newest first.
pub(crate) async fn all_items(store: &Store) -> Vec<qingting_models::records::Item> {
    let mut page = Page { before: None, size: 200 };
    let mut items = Vec::new();
    loop {
        let listing = store.items(&Viewer::SYSTEM, &everything(), page).await.unwrap();
        items.extend(listing.rows);
        match listing.next {
            Some(next) => page.before = Some(next),
            None => return items,
        }
    }
}

/// Every call is there once, judged once, in an incident, and answered by a case of its own where there is one.
pub(crate) async fn exact(store: &Store, rows: usize, told: &str) {
    assert_eq!(store.waiting_work().await.unwrap().total(), 0, "{told}");
    assert_eq!(store.stuck_work(10).await.unwrap(), vec![], "{told}");
    let items = all_items(store).await;
    let ids: HashSet<&str> = items.iter().map(|item| item.external_id.as_str()).collect();
    assert_eq!((items.len(), ids.len()), (rows, rows), "{told}");
    let mut cases = HashSet::new();
    for item in &items {
        let judgements = store.judgements(&Viewer::SYSTEM, item.id).await.unwrap();
        assert_eq!(judgements.len(), 1, "{told}: item {} was judged once", item.external_id);
        assert!(store.membership(item.id).await.unwrap().is_some(), "{told}: {}", item.external_id);
        if let Some(case) = item.case {
            assert!(cases.insert(case), "{told}: case {case} answers one item");
        }
    }
    let opened = store.count_cases(&Viewer::SYSTEM, &Default::default()).await.unwrap();
    assert_eq!((opened, opened > 0), (cases.len() as i64, true), "{told}");
}

/// A moment within `longest`, from the operating system's random numbers.
pub(crate) fn moment(longest: Duration) -> Duration {
    let [low, high] = random::<2>().unwrap();
    longest * u32::from(u16::from_le_bytes([low, high])) / u32::from(u16::MAX)
}

/// Starts a command `times` times and kills it (SIGKILL) within `longest` after `least`, sooner where it had ended before;
/// how often it still ran then.
pub(crate) async fn kill_often(
    county: &County,
    times: usize,
    args: &[&str],
    least: Duration,
    mut longest: Duration,
) -> usize {
    const SHORTEST: Duration = Duration::from_millis(10);
    let mut running = 0;
    for _ in 0..times {
        let mut child = county.start(args);
        tokio::time::sleep(least + moment(longest)).await;
        let at_work = child.try_wait().unwrap().is_none();
        running += usize::from(at_work);
        if !at_work {
            longest = (longest * 2 / 3).max(SHORTEST);
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    running
}

/// A sheet of `rows` made-up calls with the headers of a hotline.
pub(crate) fn calls(rows: usize) -> String {
    const MATTERS: [(&str, &str); 5] = [
        ("工地拖欠工资", "我们班组二十多人在工地做了四个月，工资一直没有发，项目部总说再等等。"),
        ("路灯不亮", "小区门口的路灯坏了一个多星期，晚上接孩子很不方便，希望尽快修好。"),
        ("学校食堂饭菜变质", "孩子说食堂的肉有异味，好几个同学吃完肚子疼，请有关部门查一查。"),
        ("河水发臭", "村口的河水发黑发臭，早上能看到有管子往里面排水，窗户都不敢开。"),
        ("公交班次太少", "早高峰等车要四十分钟，老人和学生都挤不上去，建议增加班次。"),
    ];
    const ESTATES: [&str; 12] = [
        "望海花园",
        "金色家园",
        "东谷小区",
        "梅园新村",
        "滨江苑",
        "书香名邸",
        "丹河华庭",
        "西郊公寓",
        "桃源居",
        "海宁里",
        "松岭家园",
        "明珠大院",
    ];
    let mut sheet = String::from("工单编号,来电时间,诉求标题,诉求内容,联系电话,所属区域,承办单位\n");
    for n in 0..rows {
        let (title, body) = MATTERS[n % MATTERS.len()];
        let estate = ESTATES[n / MATTERS.len() % ESTATES.len()];
        let phone = 13_800_000_000u64 + n as u64;
        sheet.push_str(&format!(
            "XS{n:06},2026-11-{:02} 09:{:02},{title},我住{estate}。{body}第{n}次来电。,{phone},石浦镇,\n",
            n % 20 + 1,
            n % 60
        ));
    }
    sheet
}
