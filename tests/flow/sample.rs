//! A made-up county's year goes in through sheets and feeds, twice, and is counted exactly as its makers say, also when the
//! imports are killed at random moments.
//!
//! `QINGTING_KILLS` says how often (6), `QINGTING_SAMPLE` how many records (3000); CONTRIBUTING names the command of the big run.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use qingting_models::records::Viewer;
use qingting_models::vault::random;
use serde_json::Value;
use tempfile::TempDir;

use super::support::*;
use super::weeks::assert_weeks;

/// A number from the environment, or the usual one.
fn setting(name: &str, usual: usize) -> usize {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => usual,
    }
}

/// A sample made by the program.
struct Sample {
    dir: TempDir,
    made: Value,
}

impl Sample {
    fn make(items: usize, seed: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("sample");
        let (items, seed) = (items.to_string(), seed.to_string());
        let output = program()
            .args(["sample", "--items", &items, "--seed", &seed, "--until", "2026-11-22", "--json", "--out"])
            .arg(&out)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { made: serde_json::from_slice(&output.stdout).unwrap(), dir }
    }

    fn path(&self, file: &Value) -> std::path::PathBuf {
        self.dir.path().join("sample").join(file["file"].as_str().unwrap())
    }

    /// What is true of each record, a line each.
    fn truth(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.dir.path().join("sample/truth.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn sources(&self) -> &[Value] {
        self.made["sources"].as_array().unwrap()
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

/// A site that answers with the feed that it is given.
#[derive(Clone, Default)]
struct FeedSite(Arc<Mutex<Vec<u8>>>);

impl FeedSite {
    /// Opens on the loopback; its address.
    async fn open(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/feed.xml", get(|State(site): State<Self>| async move { site.0.lock().unwrap().clone() }))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/feed.xml")
    }

    fn show(&self, path: &Path) {
        *self.0.lock().unwrap() = std::fs::read(path).unwrap();
    }
}

/// Adds the sample's sources; the feeds all stand at one address that shows what it is given.
fn add_sources(county: &County, sample: &Sample, url: &str) {
    for (number, source) in sample.sources().iter().enumerate() {
        let url = format!("{url}?{number}");
        let (name, kind) = (text(source, "name"), text(source, "kind"));
        let (channel, mode) = (text(source, "channel"), text(source, "mode"));
        let mut args = vec!["source", "add", name, "--kind", kind, "--channel", channel, "--mode", mode];
        if kind == "feed" {
            args.extend(["--url", &url, "--allow-host", "127.0.0.1"]);
        }
        county.ok(&args);
    }
}

/// Brings in one file and gives its counts.
fn take_in(county: &County, site: &FeedSite, sample: &Sample, source: &Value, file: &Value) -> [i64; 5] {
    let (name, path) = (text(source, "name"), sample.path(file));
    if text(source, "kind") == "sheet" {
        return county.import(&path, name);
    }
    site.show(&path);
    counts(&county.json(&["fetch", "--source", name])[0]["run"])
}

/// Brings in everything in order; every file must count what the sample says of this pass.
fn take_in_all(county: &County, site: &FeedSite, sample: &Sample, pass: &str) {
    let begun = Instant::now();
    for source in sample.sources() {
        for file in source["files"].as_array().unwrap() {
            let found = take_in(county, site, sample, source, file);
            assert_eq!(found, counts(&file[pass]), "{pass} import of {}", file["file"]);
        }
    }
    println!("{pass} import: {} in {:.1} s", sample.made[pass], begun.elapsed().as_secs_f64());
}

/// Has everything judged, by bringing in once more what is known.
fn judge(county: &County, sample: &Sample) {
    let sheet = sample.sources().iter().find(|source| text(source, "kind") == "sheet").unwrap();
    let last = sample.path(sheet["files"].as_array().unwrap().last().unwrap());
    county.ok(&["import", last.to_str().unwrap(), "--source", text(sheet, "name"), "--judge"]);
}

async fn same_place<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

async fn assert_items(county: &County, sample: &Sample) {
    let store = county.store().await;
    let items = store.count_items(&Viewer::SYSTEM, &everything()).await.unwrap();
    assert_eq!(items, sample.made["first"]["new"].as_i64().unwrap());
}

#[tokio::test]
async fn a_generated_year_goes_in_twice_with_exact_counts() {
    for (seed, engine) in
        [11, 12, 13].into_iter().flat_map(|seed| engines().into_iter().map(move |e| (seed, e)))
    {
        println!("seed {seed}, {engine:?}");
        let sample = Arc::new(Sample::make(setting("QINGTING_SAMPLE", 3_000), seed));
        let site = FeedSite::default();
        let url = site.open().await;
        let county = Arc::new(County::on(engine).await);
        let (own, year) = (Arc::clone(&county), Arc::clone(&sample));
        same_place(move || {
            add_sources(&own, &year, &url);
            take_in_all(&own, &site, &year, "first");
            take_in_all(&own, &site, &year, "second");
            judge(&own, &year);
        })
        .await;
        assert_items(&county, &sample).await;
        assert_weeks(&county, &sample.truth()).await;
    }
}

/// A moment within `longest`, from the operating system's random numbers.
fn moment(longest: Duration) -> Duration {
    let [low, high] = random::<2>().unwrap();
    longest * u32::from(u16::from_le_bytes([low, high])) / u32::from(u16::MAX)
}

/// Starts a command and kills it (SIGKILL) at a random moment, again and again until a kill met it at work; `longest` learns
/// how long it takes. False when it was always faster.
fn kill_at_work(county: &County, args: &[&str], longest: &mut Duration) -> bool {
    for _ in 0..40 {
        let begun = Instant::now();
        let mut child = county.start(args);
        sleep(moment(*longest));
        let at_work = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        if at_work {
            *longest = *longest * 5 / 4;
            return true;
        }
        *longest = begun.elapsed().min(*longest) * 2 / 3;
    }
    false
}

/// Brings in everything while `kills` kills fall on files drawn at random; each file goes in whole in the end.
fn take_in_through_kills(county: &County, site: &FeedSite, sample: &Sample, kills: usize) {
    let files: usize = sample.sources().iter().map(|source| source["files"].as_array().unwrap().len()).sum();
    let mut falls = vec![0; files];
    for _ in 0..kills {
        let [low, high] = random::<2>().unwrap();
        falls[usize::from(u16::from_le_bytes([low, high])) % files] += 1;
    }
    let (mut longest, mut falls) = (Duration::from_millis(300), falls.into_iter());
    for source in sample.sources() {
        for file in source["files"].as_array().unwrap() {
            let (name, path) = (text(source, "name"), sample.path(file));
            let args = match text(source, "kind") {
                "sheet" => vec!["import", path.to_str().unwrap(), "--source", name],
                _ => vec!["fetch", "--source", name],
            };
            site.show(&path);
            for _ in 0..falls.next().unwrap() {
                assert!(
                    kill_at_work(county, &args, &mut longest),
                    "no kill met the import of {}",
                    file["file"]
                );
            }
            take_in(county, site, sample, source, file);
        }
    }
}

#[tokio::test]
async fn a_generated_year_survives_kills_with_exact_counts() {
    let kills = setting("QINGTING_KILLS", 6);
    let sample = Arc::new(Sample::make(setting("QINGTING_SAMPLE", 3_000), 11));
    for engine in engines() {
        let site = FeedSite::default();
        let url = site.open().await;
        let county = Arc::new(County::on(engine).await);
        let (own, year) = (Arc::clone(&county), Arc::clone(&sample));
        let shown = site.clone();
        same_place(move || {
            add_sources(&own, &year, &url);
            take_in_through_kills(&own, &shown, &year, kills)
        })
        .await;
        println!("{engine:?}: {kills} kills met an import at work");
        assert_items(&county, &sample).await;
        // What a kill had lost or doubled would show in the second pass: each file's counts are exact only when every
        // record stands there once, in the state in which the last file showed it.
        let (own, year) = (Arc::clone(&county), Arc::clone(&sample));
        same_place(move || take_in_all(&own, &site, &year, "second")).await;
        assert_items(&county, &sample).await;
        let expected = quarantined_once(&sample);
        assert_eq!(county.store().await.count_quarantine(Default::default()).await.unwrap(), expected);
    }
}

/// Rows that cannot be read are kept once each, however often they come.
fn quarantined_once(sample: &Sample) -> i64 {
    sample.made["first"]["quarantined"].as_i64().unwrap()
}
