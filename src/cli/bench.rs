//! `qingting bench`: which part, how large.

use std::path::PathBuf;

use clap::Subcommand;

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
