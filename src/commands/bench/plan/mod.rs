//! What it takes for a city: the measured cost of each stage, the walls that a flood meets first, and a simulated day with one
//! worker machine and with many, beside real runs on this machine that the simulation did not know.

mod measure;
mod simulation;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::{Scratch, end_to_end, made_sheets, open};
use crate::cli::{BenchPlan, Global};
use crate::output;
use simulation::{Cost, Costs, Load, Machines, Outcome, STAGES, Stage, simulate};

/// How often a source is asked, in seconds, and how long it takes to answer.
const EVERY: f64 = 600.0;
const LATENCY: f64 = 0.05;

#[derive(Debug, Serialize)]
struct Found {
    /// Milliseconds for an item of a full batch.
    costs: Vec<StageCost>,
    /// Bytes that an item takes in the database, with all that came of it.
    bytes_an_item: f64,
    walls: Vec<Wall>,
    days: Vec<Day>,
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct StageCost {
    stage: Stage,
    own_ms: f64,
    database_ms: f64,
}

/// What can bear no more than so many items a day, with the busy hours as they are.
#[derive(Debug, Serialize)]
struct Wall {
    what: String,
    items_a_day: f64,
    moved_by: &'static str,
}

#[derive(Debug, Serialize)]
struct Day {
    machines: Machines,
    outcome: Outcome,
}

/// A real run of a backlog beside the simulated one.
#[derive(Debug, Serialize)]
struct Check {
    workers: u16,
    rows: u32,
    simulated: f64,
    measured: f64,
    /// The simulated time less the measured, as a share of the measured.
    off: f64,
}

pub(super) async fn run(global: &Global, plan: &BenchPlan) -> Result<()> {
    let url = global.database.as_deref().filter(|url| url.starts_with("postgres"));
    let url = url.context(
        "a city is planned over PostgreSQL: name an empty database with --database postgres://USER@HOST/NAME",
    )?;
    let folder = Scratch::new()?;
    let store = open(url).await?;
    let costs = measure::costs(global, &store, &folder.0).await?;
    let (bytes, items) = (store.bytes_held().await?, store.totals().await?.items);
    store.close().await;
    let bytes_an_item = (bytes as f64 / items.max(1) as f64).round();
    let day = Load::Day {
        items: plan.items.into(),
        sources: plan.sources,
        every: EVERY,
        latency: LATENCY,
        peak: plan.peak,
    };
    let simulated = |machines: &u16| {
        let machines = Machines {
            machines: (*machines).into(),
            cores: plan.cores.into(),
            workers: plan.cores.into(),
            database: Some(plan.database_cores.into()),
        };
        Day { machines, outcome: simulate(&costs, &machines, day) }
    };
    let days = plan.machines.iter().map(simulated).collect();
    let walls = walls(&costs, plan);
    let mut checks = Vec::new();
    for (workers, url) in &plan.checks {
        checks.push(check(global, &costs, &folder, *workers, url, plan.rows).await?);
    }
    report(global, plan, &Found { costs: table(&costs), bytes_an_item, walls, days, checks })
}

/// By the utilisation law: what is needed for an item, against what there is (Lazowska et al., Quantitative System Performance,
/// 1984, chapter 3).
fn walls(costs: &Costs, plan: &BenchPlan) -> Vec<Wall> {
    let of = |stage: Stage| costs[stage as usize].own.full() + costs[stage as usize].database.full();
    let a_day = |items_a_second: f64| (items_a_second * 86_400.0 / plan.peak).round();
    let database: f64 = costs.iter().map(|cost| cost.database.full()).sum();
    let own: f64 = costs.iter().map(|cost| cost.own.full()).sum();
    let ordered = STAGES.into_iter().filter(|stage| stage.is_ordered()).map(|stage| Wall {
        what: format!("{stage:?}: one at a time, in the order of arrival").to_lowercase(),
        items_a_day: a_day(1.0 / of(stage).max(1e-9)),
        moved_by: "a database for each district: each has an order of its own",
    });
    let mut walls: Vec<Wall> = ordered.collect();
    walls.push(Wall {
        what: format!("the {} cores of the database", plan.database_cores),
        items_a_day: a_day(f64::from(plan.database_cores) / database.max(1e-9)),
        moved_by: "more cores, searches and reports on a replica, then a database for each district",
    });
    walls.push(Wall {
        what: format!("the {} cores of one machine with workers", plan.cores),
        items_a_day: a_day(f64::from(plan.cores) / own.max(1e-9)),
        moved_by: "more machines with workers",
    });
    walls.sort_by(|a, b| a.items_a_day.total_cmp(&b.items_a_day));
    walls
}

async fn check(
    global: &Global,
    costs: &Costs,
    folder: &Scratch,
    workers: u16,
    url: &str,
    rows: u32,
) -> Result<Check> {
    let files = made_sheets(&folder.0.join(format!("check-{workers}")), rows)?;
    let store = open(url).await?;
    let run = end_to_end::whole_way(global, &store, &files, workers).await;
    store.close().await;
    let (measured, rows) = run?.taken();
    ensure!(measured > 0.0, "the run took no time");
    let cores = std::thread::available_parallelism()?.get() as f64;
    // The database works on the cores of this machine.
    let machines = Machines { machines: 1, cores, workers: usize::from(workers), database: None };
    let rows = u32::try_from(rows)?;
    let simulated = simulate(costs, &machines, Load::Backlog { rows }).end;
    let off = ((simulated - measured) / measured * 100.0).round() / 100.0;
    Ok(Check { workers, rows, simulated: (simulated * 10.0).round() / 10.0, measured, off })
}

fn table(costs: &Costs) -> Vec<StageCost> {
    let ms = |seconds: f64| (seconds * 1e6).round() / 1e3;
    let row = |stage: Stage| {
        let Cost { own, database } = costs[stage as usize];
        StageCost { stage, own_ms: ms(own.full()), database_ms: ms(database.full()) }
    };
    STAGES.into_iter().map(row).collect()
}

fn report(global: &Global, plan: &BenchPlan, found: &Found) -> Result<()> {
    if global.json {
        return output::json(found);
    }
    output::line("milliseconds an item of a full batch: of a worker's core, of the database")?;
    for StageCost { stage, own_ms, database_ms } in &found.costs {
        let stage = format!("{stage:?}").to_lowercase();
        output::line(&format!("  {stage:<8}{own_ms:>9.3}{database_ms:>9.3}"))?;
    }
    let terabytes = found.bytes_an_item * f64::from(plan.items) * 365.0 / 1e12;
    output::line(&format!(
        "an item takes {:.1} kB in the database: {terabytes:.1} TB a year at {:.1} million items a day",
        found.bytes_an_item / 1e3,
        f64::from(plan.items) / 1e6
    ))?;
    output::line("walls, in millions of items a day:")?;
    for Wall { what, items_a_day, moved_by } in &found.walls {
        output::line(&format!("  {:>9.1}  {what}; moved by {moved_by}", items_a_day / 1e6))?;
    }
    output::line(&format!(
        "a day of {:.1} million items from {} sources, {} times the average in ten busy hours:",
        f64::from(plan.items) / 1e6,
        plan.sources,
        plan.peak
    ))?;
    output::line("  machines  their cores  database  joining  lag, half  lag, 99 %  left at the end")?;
    for Day { machines, outcome } in &found.days {
        output::line(&format!(
            "  {:>8}{:>11.0} %{:>8.0} %{:>7.0} %{:>9.1} s{:>9.1} s{:>17}",
            machines.machines,
            100.0 * outcome.worker_cores,
            100.0 * outcome.database_cores,
            100.0 * outcome.joining,
            outcome.lag_median,
            outcome.lag_p99,
            outcome.left
        ))?;
    }
    for Check { workers, rows, simulated, measured, off } in &found.checks {
        output::line(&format!(
            "{rows} rows, {workers} workers beside the database on this machine: {simulated:.1} s simulated, {measured:.1} s measured, {:+.0} %",
            100.0 * off
        ))?;
    }
    Ok(())
}
