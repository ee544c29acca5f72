//! `qingting bench`: which part, how large.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum BenchPart {
    /// Prove a long audit log, beside reading the same lines alone
    #[command(after_help = "Example: qingting bench audit --lines 1000000")]
    Audit {
        /// How many lines the log has
        #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
        lines: u32,
    },
    /// Import into the store without judging, beside csv parsing alone and beside bare inserts of the same rows
    #[command(after_help = "Example: qingting bench ingest --rows 50000")]
    Ingest {
        /// How many rows the made-up sheet has
        #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1_000..=2_000_000))]
        rows: u32,
        /// A sheet of your own instead, CSV with recognised headers
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Take a sheet in with workers running, until all is judged, joined, routed and searchable, beside bare writes
    #[command(after_help = "Example: qingting bench end-to-end --items 50000")]
    EndToEnd {
        /// How many items the made-up year has
        #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1_000..=4_000_000))]
        items: u32,
        /// A sheet of your own instead
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// How many workers there are beside the import
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
        workers: u16,
        /// Write what became of each item, a JSON document a line
        #[arg(long, value_name = "FILE")]
        outcome: Option<PathBuf>,
    },
    /// Poll sources that take their time to answer, by one worker and by several
    #[command(after_help = "Example: qingting bench fetch --database postgres://qt@db/empty --workers 1,4")]
    Fetch {
        /// How many sources there are for each number of workers
        #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(10..=20_000))]
        sources: u32,
        /// How many milliseconds a source takes to answer
        #[arg(long, value_name = "MS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(0..=10_000))]
        latency: u64,
        /// The numbers of workers, each with connections of its own
        #[arg(long, value_delimiter = ',', default_values_t = [1, 4], value_parser = clap::value_parser!(u16).range(1..=64))]
        workers: Vec<u16>,
    },
    /// Join the items of a made-up year to incidents, by the index in the database
    #[command(after_help = "Example: qingting bench join --items 50000")]
    Join {
        /// How many items the made-up year has
        #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1_000..=2_000_000))]
        items: u32,
    },
    /// Make a weekly report from what the installation holds, beside the plain counts that it needs
    #[command(after_help = "Example: qingting bench report --dir county --week 2026-W46")]
    Report {
        /// Which week; the last one that is over when it is left out
        #[arg(long, value_name = "WEEK")]
        week: Option<String>,
    },
    /// Ask for the pages of the installation as browsers do, beside a static file of the same server
    #[command(after_help = "Example: qingting bench pages --dir county --rounds 50")]
    Pages {
        /// How often each page is asked for
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(3..=10_000))]
        rounds: u32,
    },
    /// Let many users work at once while items come in, on a copy of an installation and on another beside it; the copies grow
    #[command(after_help = "Example: qingting bench load --dir small --beside large --users 50")]
    Load(BenchLoad),
    /// Measure what each stage costs, and simulate a city's day with it, beside real runs
    #[command(
        after_help = "Example: qingting bench plan --database postgres://qt@db/empty --machines 1,4,16"
    )]
    Plan(BenchPlan),
    /// Judge texts, beside bare segmentation of the same, on one thread and on two
    #[command(after_help = "Example: qingting bench classify --items 20000")]
    Classify {
        /// How many items the made-up year has
        #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
        items: u32,
        /// Texts of your own instead, a line {"title","body"} each
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct BenchLoad {
    /// The folder of another installation, to compare with
    #[arg(long, value_name = "DIR")]
    pub beside: Option<PathBuf>,
    /// How many users there are
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub users: u16,
    /// How many milliseconds a user thinks from one page to the next, on average
    #[arg(long, value_name = "MS", default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(0..=600_000))]
    pub think: u32,
    /// For how many seconds
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(5..=3_600))]
    pub seconds: u32,
    /// How many items come in each second
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=2_000))]
    pub inflow: u32,
}

#[derive(Debug, Args)]
pub struct BenchPlan {
    /// Items a day
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    pub items: u32,
    /// The sources they come from, each asked every ten minutes
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub sources: u32,
    /// How much more than on average comes in the ten busy hours, 1 to 2.4
    #[arg(long, default_value_t = 1.8, value_parser = peak)]
    pub peak: f64,
    /// Cores, and workers, of each machine with workers
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub cores: u16,
    /// Cores of the database
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub database_cores: u16,
    /// How many machines with workers are tried
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 4, 8], value_parser = clap::value_parser!(u16).range(1..=256))]
    pub machines: Vec<u16>,
    /// A real run to hold the simulation against: workers, and an empty database on this machine
    #[arg(long = "check", value_name = "WORKERS=URL", value_parser = check)]
    pub checks: Vec<(u16, String)>,
    /// How many items the made-up year of a real run has
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    pub rows: u32,
}

fn peak(text: &str) -> Result<f64, String> {
    let peak: f64 = text.parse().map_err(|_| "it is no number".to_owned())?;
    (1.0..=2.4).contains(&peak).then_some(peak).ok_or_else(|| "it must be 1 to 2.4".to_owned())
}

fn check(text: &str) -> Result<(u16, String), String> {
    let wrong = || "it must look like 2=postgres://USER@HOST/NAME, with 1 to 64 workers".to_owned();
    let (workers, url) = text.split_once('=').ok_or_else(wrong)?;
    let workers = workers.parse().ok().filter(|workers| (1..=64).contains(workers)).ok_or_else(wrong)?;
    url.starts_with("postgres").then(|| (workers, url.to_owned())).ok_or_else(wrong)
}
