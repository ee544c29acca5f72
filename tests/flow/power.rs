//! The power goes while imports and a worker write to SQLite: everything is stopped at a random moment and the files are
//! taken as they stand. Each copy opens whole, has all that was acknowledged before, and comes to exact counts.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use qingting_models::store::testing::sqlite_faults;
use qingting_models::vault::random;

use super::support::*;

const COPIES: usize = 18;
const SHEETS: usize = 80;
const ROWS: usize = 12;

/// What of the files is left after the power went.
#[derive(Debug, Clone, Copy)]
enum Left {
    All,
    /// The index of the log lies in memory that is gone.
    WithoutIndex,
    /// The end of the log never reached the disk, which loses what was written last, as `synchronous=NORMAL` may.
    CutLog,
    /// Its place did, its content did not.
    BlankLog,
}

/// A copy, and how many imports had been acknowledged when it was taken.
struct Taken {
    county: County,
    left: Left,
    acknowledged: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn whenever_the_power_goes_the_files_are_whole_and_the_counts_come_out_exact() {
    let county = Arc::new(County::sqlite().await);
    county.ok(&["source", "add", "12345", "--kind", "sheet", "--channel", "hotline", "--mode", "handle"]);
    let sheets = Arc::new(sheets(&county));
    let mut worker = county.start(&["worker", "--workers", "1"]);
    let importer = Importer::start(&county, &sheets);
    let mut copies: Vec<Taken> = Vec::new();
    for n in 0..COPIES {
        tokio::time::sleep(moment(Duration::from_millis(500))).await;
        // Every other copy has more acknowledged than the one before, however slow imports are here.
        let before = copies.last().map_or(0, |copy| copy.acknowledged);
        while n % 2 == 1 && importer.is_still_at(before) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let left = [Left::All, Left::WithoutIndex, Left::CutLog, Left::BlankLog][n % 4];
        copies.push(importer.take(&county, &worker, left).await);
    }
    importer.end();
    assert!(worker.try_wait().unwrap().is_none(), "the worker goes on");
    worker.kill().unwrap();
    worker.wait().unwrap();
    let mut acknowledged: Vec<usize> = copies.iter().map(|copy| copy.acknowledged).collect();
    acknowledged.dedup();
    assert!(acknowledged.len() > COPIES / 3, "the copies are of many moments: {acknowledged:?}");
    for copy in copies {
        comes_back(copy, &sheets).await;
    }
}

/// The copy is whole, has what was acknowledged, and the same sheets again bring exactly what is missing.
async fn comes_back(Taken { county, left, acknowledged }: Taken, sheets: &[PathBuf]) {
    let told = format!("{left:?} after {acknowledged} imports");
    assert_eq!(sqlite_faults(&database(&county)).await.unwrap(), [""; 0], "{told}");
    let store = county.store().await;
    let before = all_items(&store).await;
    if matches!(left, Left::All | Left::WithoutIndex) {
        let known: HashSet<&str> = before.iter().map(|item| item.external_id.as_str()).collect();
        let rows = acknowledged.min(SHEETS) * ROWS;
        let missing = (0..rows).filter(|n| !known.contains(format!("XS{n:06}").as_str())).count();
        assert_eq!(missing, 0, "{told}: acknowledged rows are lost");
    }
    store.close().await;
    let all = county.file("all.csv", calls(SHEETS * ROWS));
    let rows = (SHEETS * ROWS) as i64;
    // The very first that was written may be what is lost.
    if county.json(&["source", "list"]).as_array().unwrap().is_empty() {
        county.ok(&["source", "add", "12345", "--kind", "sheet", "--channel", "hotline", "--mode", "handle"]);
    }
    let [read, new, updated, unchanged, quarantined] = county.import(&all, "12345");
    assert_eq!((read, updated, quarantined, new + unchanged), (rows, 0, 0, rows), "{told}");
    assert!(unchanged >= before.len() as i64, "{told}");
    county.ok(&["import", sheets[0].to_str().unwrap(), "--source", "12345", "--judge"]);
    let store = county.store().await;
    exact(&store, SHEETS * ROWS, &told).await;
    store.close().await;
    assert_eq!(sqlite_faults(&database(&county)).await.unwrap(), [""; 0], "{told}");
    assert!(county.ok(&["audit", "verify"]).contains("whole"), "{told}");
}

fn database(county: &County) -> PathBuf {
    county.home().join("qingting.db")
}

/// The rows of one sheet cut into many.
fn sheets(county: &County) -> Vec<PathBuf> {
    let all = calls(SHEETS * ROWS);
    let (header, rows) = all.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    let sheet = |(n, part): (usize, &[&str])| {
        county.file(&format!("calls-{n:02}.csv"), format!("{header}\n{}\n", part.join("\n")))
    };
    rows.chunks(ROWS).enumerate().map(sheet).collect()
}

/// Imports one sheet after the other, each by a process of its own, and all of them again.
struct Importer {
    /// The process at work; nobody starts another while it is held.
    process: Arc<Mutex<Option<Child>>>,
    /// Imports that said that they were done.
    done: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

impl Importer {
    fn start(county: &Arc<County>, sheets: &Arc<Vec<PathBuf>>) -> Self {
        let (process, done, stop) =
            <(Arc<Mutex<Option<Child>>>, Arc<AtomicUsize>, Arc<AtomicBool>)>::default();
        let (at_work, count, ended) = (process.clone(), done.clone(), stop.clone());
        let (county, sheets) = (county.clone(), sheets.clone());
        let thread = std::thread::spawn(move || {
            for sheet in sheets.iter().cycle() {
                // Held before the process is there: it must not run on while all others stand.
                let mut process = at_work.lock().unwrap();
                *process = Some(county.start(&["import", sheet.to_str().unwrap(), "--source", "12345"]));
                drop(process);
                loop {
                    let mut process = at_work.lock().unwrap();
                    if let Some(status) = process.as_mut().unwrap().try_wait().unwrap() {
                        assert!(status.success(), "{}", sheet.display());
                        count.fetch_add(1, Ordering::SeqCst);
                        *process = None;
                        break;
                    }
                    drop(process);
                    std::thread::sleep(Duration::from_millis(2));
                }
                if ended.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        Self { process, done, stop, thread }
    }

    /// The files as they stand at this moment, in a county of their own.
    async fn take(&self, county: &County, worker: &Child, left: Left) -> Taken {
        let copy = county.new_home(Engine::Sqlite).await;
        let settings = |of: &County| of.home().join("qingting.toml");
        std::fs::copy(settings(county), settings(&copy)).unwrap();
        let process = self.process.lock().unwrap();
        let pids: Vec<u32> = process.iter().map(Child::id).chain([worker.id()]).collect();
        signal("-STOP", &pids);
        pids.iter().for_each(|pid| wait_until_stopped(*pid));
        let acknowledged = self.done.load(Ordering::SeqCst);
        copy_files(&database(county), &database(&copy), left);
        signal("-CONT", &pids);
        drop(process);
        Taken { county: copy, left, acknowledged }
    }

    /// Whether as many imports are acknowledged as before, and more will be.
    fn is_still_at(&self, acknowledged: usize) -> bool {
        self.done.load(Ordering::SeqCst) == acknowledged && !self.thread.is_finished()
    }

    fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap();
    }
}

fn signal(name: &str, pids: &[u32]) {
    for pid in pids {
        // A process that has just ended is as good as one that stands.
        let _ = Command::new("kill").args([name, &pid.to_string()]).status().unwrap();
    }
}

/// Until no thread of the process runs.
fn wait_until_stopped(pid: u32) {
    let stands = |path: PathBuf| {
        let Ok(text) = std::fs::read_to_string(path) else { return true };
        let state = text.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
        matches!(state, Some('T' | 'Z' | 'X') | None)
    };
    for _ in 0..60_000 {
        let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
        let all = threads.map(|threads| threads.flatten().all(|thread| stands(thread.path().join("stat"))));
        if all.unwrap_or(true) {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("process {pid} does not stop");
}

/// A file beside the database: its log or the index of that.
fn beside(database: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", database.display()))
}

fn copy_files(from: &Path, to: &Path, left: Left) {
    std::fs::copy(from, to).unwrap();
    let (log, index) = (beside(from, "-wal"), beside(from, "-shm"));
    let Ok(mut content) = std::fs::read(&log) else { return };
    if let Left::CutLog | Left::BlankLog = left {
        let settled = settled(&index, &content);
        let [a, b, c, d] = random::<4>().unwrap();
        let length = settled + u32::from_le_bytes([a, b, c, d]) as usize % (content.len() - settled + 1);
        match left {
            Left::BlankLog => content[length..].fill(0),
            _ => content.truncate(length),
        }
    }
    std::fs::write(beside(to, "-wal"), content).unwrap();
    if matches!(left, Left::All) && index.exists() {
        std::fs::copy(index, beside(to, "-shm")).unwrap();
    }
}

/// How much of the log was on the disk for sure, in bytes: it is synced before pages go into the database from it. The
/// index keeps up to which frame that may have begun (https://www.sqlite.org/walformat.html, `nBackfillAttempted`).
fn settled(index: &Path, log: &[u8]) -> usize {
    const HEADER: usize = 32;
    const FRAME: usize = 24 + 4096;
    let attempted = std::fs::read(index).ok().and_then(|index| index.get(128..132).map(<[u8]>::to_vec));
    let frames = attempted.map_or(0, |bytes| u32::from_ne_bytes(bytes.try_into().unwrap()) as usize);
    (HEADER + frames * FRAME).min(log.len())
}
