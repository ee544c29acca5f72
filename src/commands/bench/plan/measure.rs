//! What each stage costs on this machine: batches of two sizes go through one stage after the other, with nothing beside, and the
//! time of each is parted into that of this process's cores and that in which it waited for the database.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use qingting_ingest::http::Http;
use qingting_ingest::prepare::prepare;
use qingting_ingest::sheet;
use qingting_models::store::{Arrival, Store};

use super::simulation::{BATCH, Cost, Costs, Line, STAGES, Stage};
use crate::cli::Global;
use crate::commands::bench::{made_sheets, source};
use crate::home;
use crate::worker::Tools;

/// Items of a small batch.
const FEW: u32 = 20;
/// How many batches of each size are measured, after one that warms up.
const ROUNDS: usize = 12;

/// Seconds of this process's cores and of the database, by stage.
type Spent = [[f64; 2]; STAGES.len()];

/// Measures on an empty database.
///
/// # Errors
/// When the made-up items or the database cannot be used.
pub(super) async fn costs(global: &Global, store: &Store, folder: &Path) -> Result<Costs> {
    let imported = source(store, "plan").await?;
    let county = Arc::new(home::county_of_folder(global.dir())?);
    let tools = Tools::new(store.clone(), county, Http::new(env!("CARGO_PKG_VERSION")), None)?;
    let sizes = [FEW, BATCH];
    let needed = sizes.iter().sum::<u32>() as usize * (ROUNDS + 1);
    // Later sheets bring some items again, which costs less: of these none is taken.
    let mut records = Vec::new();
    for file in made_sheets(&folder.join("sample"), 2 * needed as u32)? {
        sheet::read(&file, None, BATCH as usize, &mut |batch| {
            records.extend(batch.records.into_iter().map(|(_, record)| record));
            true
        })?;
    }
    let mut seen = HashSet::new();
    records.retain(|record| seen.insert(record.external_id.clone()));
    ensure!(records.len() >= needed, "{} made-up items are too few", records.len());
    let mut sums = [Spent::default(); 2];
    for round in 0..=ROUNDS {
        for (sum, size) in sums.iter_mut().zip(sizes) {
            let mut spent = Spent::default();
            let rows = records.split_off(records.len() - size as usize);
            let begun = Clock::now();
            let arrivals: Vec<Arrival> = rows.into_iter().map(prepare).collect();
            store.intake(&imported, arrivals, Vec::new()).await?;
            spent[Stage::Intake as usize] = begun.spent();
            for stage in STAGES {
                let begun = Clock::now();
                while works(&tools, stage).await? {}
                let [own, database] = begun.spent();
                spent[stage as usize][0] += own;
                spent[stage as usize][1] += database;
            }
            if round > 0 {
                for (sum, spent) in sum.iter_mut().flatten().zip(spent.iter().flatten()) {
                    *sum += spent / ROUNDS as f64;
                }
            }
        }
    }
    let [few, many] = sums;
    Ok(std::array::from_fn(|stage| {
        let line = |part: usize| fitted(few[stage][part], many[stage][part]);
        Cost { own: line(0), database: line(1) }
    }))
}

/// Does one batch of a stage; `false` when there was none.
async fn works(tools: &Tools, stage: Stage) -> Result<bool> {
    Ok(match stage {
        Stage::Intake => false,
        Stage::Judge => tools.judge_once().await?.is_some(),
        Stage::Route => tools.route_once().await?,
        Stage::Join => tools.join_once().await?.is_some(),
        Stage::Alert => tools.alert_once().await?,
        Stage::Tell => tools.tell_once().await?,
        Stage::Chain => tools.chain_once().await?,
    })
}

/// The line through the seconds of a small and of a full batch.
fn fitted(few: f64, many: f64) -> Line {
    let each = ((many - few) / f64::from(BATCH - FEW)).max(0.0);
    Line { fixed: (few - each * f64::from(FEW)).max(0.0), each }
}

/// Both clocks at one moment.
struct Clock {
    at: Instant,
    cores: Duration,
}

impl Clock {
    fn now() -> Self {
        Self { at: Instant::now(), cores: cores() }
    }

    /// Seconds of this process's cores, and those in which it waited, since then.
    fn spent(&self) -> [f64; 2] {
        let now = Self::now();
        let own = (now.cores - self.cores).as_secs_f64();
        [own, ((now.at - self.at).as_secs_f64() - own).max(0.0)]
    }
}

/// The time of cores that this process has taken so far.
#[cfg(unix)]
fn cores() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let taken = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(taken.tv_sec.unsigned_abs(), taken.tv_nsec.unsigned_abs() as u32)
}

/// Elsewhere in hundredths of a second, as far as the system tells.
#[cfg(not(unix))]
fn cores() -> Duration {
    crate::commands::bench::processor_time().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_through_both_sizes() {
        let meant = Line { fixed: 0.01, each: 0.0005 };
        let found = fitted(meant.of(FEW), meant.of(BATCH));
        assert!(
            (found.fixed - meant.fixed).abs() < 1e-9 && (found.each - meant.each).abs() < 1e-9,
            "{found:?}"
        );
        assert_eq!(fitted(0.2, 0.1).each, 0.0, "a full batch costs no less than a small one");
    }
}
