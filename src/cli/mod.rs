//! What can be typed: commands, flags and their help. Names and meanings are fixed; others rely on them.

mod bench;
mod county;
mod intake;
mod keeping;
mod report;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use qingting_models::records::Role;

pub use bench::{BenchLoad, BenchPart, BenchPlan};
pub use county::{CalendarCommand, DepartmentCommand, RoutingCommand};
pub use intake::{Chosen, Import, OpmlCommand, QuarantineCommand, SourceCommand, SourceParts};
pub use keeping::{EraseArgs, ExportArgs, KeyCommand};
pub use report::{ReportArgs, ReportWhat};

/// The command was typed wrong: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongUsage(pub String);

/// Hears what residents worry about, hands each matter on, and answers in time.
#[derive(Debug, Parser)]
#[command(name = "qingting", version, about, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Global {
    /// The county's folder, made by `qingting init`; the present folder when left out. For `demo`, the demo's own folder
    #[arg(long, global = true, env = "QINGTING_DIR", value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The database: sqlite:PATH or postgres://USER@HOST/NAME
    #[arg(long, global = true, env = "QINGTING_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// A replica of the PostgreSQL database, on which the ranking and counts of searches and the counts of reports are read
    #[arg(
        long,
        global = true,
        env = "QINGTING_DATABASE_READ_URL",
        value_name = "URL",
        hide_env_values = true,
        hide_short_help = true
    )]
    pub read_url: Option<String>,
    /// A pooler before the PostgreSQL database that gives out connections by the transaction (PgBouncer); `--database` stays the
    /// address of the database itself
    #[arg(
        long,
        global = true,
        env = "QINGTING_DATABASE_POOL_URL",
        value_name = "URL",
        hide_env_values = true,
        hide_short_help = true
    )]
    pub pool_url: Option<String>,
    /// Print one JSON document
    #[arg(long, global = true)]
    pub json: bool,
    /// Log more
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

impl Global {
    /// Of a folder alone.
    pub fn of(dir: &Path) -> Self {
        Self {
            dir: Some(dir.to_owned()),
            database: None,
            read_url: None,
            pool_url: None,
            json: false,
            verbose: false,
        }
    }

    /// The county's folder.
    pub fn dir(&self) -> &Path {
        self.dir.as_deref().unwrap_or(Path::new("."))
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fill a county of its own with a made-up season and serve it
    #[command(after_help = "Example: qingting demo --port 8080")]
    Demo(Demo),
    /// Make a county's folder: settings, key, taxonomy, departments, rules, to edit
    #[command(after_help = "Example: qingting init /srv/qingting")]
    Init {
        /// The folder to make; the present one when left out
        folder: Option<PathBuf>,
    },
    /// Serve the pages, with workers in the same process
    #[command(after_help = "Example: qingting serve --bind 127.0.0.1:8080")]
    Serve(Serve),
    /// Run workers alone: fetch, judge, route
    #[command(after_help = "Example: QINGTING_DATABASE_URL=postgres://qt@db/qt qingting worker --workers 2")]
    Worker {
        /// How many there are in this process
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
        workers: u16,
        /// Where to serve /metrics, /healthz and /readyz for those who watch
        #[arg(long, env = "QINGTING_METRICS", value_name = "ADDRESS:PORT")]
        metrics: Option<SocketAddr>,
    },
    /// Add, list, test, pause and remove sources
    #[command(subcommand)]
    Source(SourceCommand),
    /// Poll the sources that are due, once
    #[command(after_help = "Example: qingting fetch --source 县新闻")]
    Fetch {
        /// Only this source, due or not
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
    },
    /// Take in a sheet: CSV, TSV, XLSX, XLS, ODS or JSONL
    #[command(after_help = "Example: qingting import 12345.xlsx --source 12345热线 --judge")]
    Import(Import),
    /// The rows that could not be read: see, mend, replay and dismiss them
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Judge texts from standard input; stores nothing
    #[command(
        after_help = "Example: echo '{\"id\":\"1\",\"title\":\"工地欠薪\",\"body\":\"三个月没发工资\"}' | qingting classify"
    )]
    Classify {
        /// A model file instead of the one inside the program
        #[arg(long, value_name = "FILE")]
        model: Option<PathBuf>,
    },
    /// Join items from standard input into incidents; stores nothing
    #[command(
        after_help = "Example: qingting cluster < items.jsonl > incidents.jsonl\nA line is {\"id\",\"title\",\"body\",\"time\",\"channel\"?,\"town\"?}, the answer {\"id\",\"incident\"} in the same order; an incident is called by its first item."
    )]
    Cluster(Cluster),
    /// Mask personal data in texts from standard input, or measure the masking; stores nothing
    #[command(after_help = "Example: echo '{\"id\":\"1\",\"text\":\"我的电话13800001234\"}' | qingting mask")]
    Mask(Mask),
    /// Train a model from labelled rows
    #[command(
        after_help = "Example: qingting train --corpus topics.jsonl --corpus news.jsonl --out new.model"
    )]
    Train(Train),
    /// Measure a model, or the way of training by cross-validation
    #[command(after_help = "Example: qingting evaluate --cv --corpus topics.jsonl --folds folds.tsv")]
    Evaluate(Evaluate),
    /// Work out a due time from the rule table and the calendar, step by step
    #[command(after_help = "Example: qingting due --rule hotline.handle --from '2026-09-30 16:00'")]
    Due(Due),
    /// The weekly report, and those of a day, a month, any days, one incident
    #[command(
        after_help = "Example: qingting report weekly --week 2026-W46 --format docx --out 周报.docx\nAn approved report of the same days is written as it was approved; --recount counts anew."
    )]
    Report(ReportArgs),
    /// Write a made-up county's year: feeds, sheets, what is true of each record, and what an import must count
    #[command(
        after_help = "Example: qingting sample --items 3000 --seed 7 --until 2026-11-22 --out /tmp/sample"
    )]
    Sample(Sample),
    /// Add, list, lock and unlock the people who may log in
    #[command(subcommand)]
    User(UserCommand),
    /// The audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Print docs/reference.md: commands, variables and settings
    #[command(hide = true)]
    Reference,
    /// Measure parts of the pipeline on this machine
    #[command(subcommand)]
    Bench(BenchPart),
    /// Move everything into another database, of either kind; it goes on where it stopped
    #[command(
        after_help = "Example: qingting move --to postgres://qt@db/qt\nEnd servers and workers first. The other database must be new. Afterwards set its address under [database] in qingting.toml."
    )]
    Move {
        /// The new database: sqlite:PATH or postgres://USER@HOST/NAME
        #[arg(long, value_name = "URL")]
        to: String,
        /// Nothing else works on either database, although programs that were killed still hold their numbers
        #[arg(long)]
        alone: bool,
    },
    /// Write everything but the keys into one file, while others go on working
    #[command(
        after_help = "Example: qingting backup /backup --keep 14\nThe keys are backed up apart: qingting key export."
    )]
    Backup {
        /// The file to write, or a folder, in which it is called by the time
        out: PathBuf,
        /// In a folder: so many backups stay, the oldest go
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        keep: Option<u16>,
    },
    /// Bring back what a backup holds, into a new folder with the keys and an empty database of either kind
    #[command(
        after_help = "Example: qingting --dir /srv/new key import /media/key/qingting.keys && qingting --dir /srv/new restore /backup/qingting-20261130-0700.tar.zst"
    )]
    Restore {
        /// What `qingting backup` wrote
        file: PathBuf,
        /// Lists of what was erased since, to be erased again; that of the folder is taken by itself
        #[arg(long, value_name = "FILE")]
        erasures: Vec<PathBuf>,
        /// Read the file through and hold it against its sums; nothing is written
        #[arg(long)]
        check: bool,
    },
    /// Write the records of a year that is over into one file, masked, with a manifest that proves it
    #[command(
        after_help = "Example: qingting export --year 2025 --out /archive\nHeld against its manifest later: qingting export --check /archive/qingting-2025.manifest.json"
    )]
    Export(ExportArgs),
    /// What is due to go by the rules of retention.toml
    #[command(
        after_help = "Example: qingting retention\nWithout --apply nothing is changed. Workers apply the rules once a day, before dawn."
    )]
    Retention {
        /// Let it go now
        #[arg(long)]
        apply: bool,
    },
    /// Destroy the originals of an item or a case because it was asked for; what is masked stays
    #[command(after_help = "Example: qingting erase --case 2026-00123 --reason 当事人申请删除个人信息")]
    Erase(EraseArgs),
    /// Change, back up and restore the keys; open sealed files
    #[command(subcommand)]
    Key(KeyCommand),
    /// Show, compare, promote and roll back the county's model
    #[command(subcommand)]
    Model(ModelCommand),
    /// The rules that raise alerts, and the routing table
    #[command(subcommand)]
    Rule(RuleCommand),
    /// The departments that take cases, and how cases fared with them
    #[command(subcommand)]
    Department(DepartmentCommand),
    /// The official arrangement of holidays and make-up workdays
    #[command(subcommand)]
    Calendar(CalendarCommand),
    /// Check the installation and say what is wrong
    #[command(after_help = "Example: qingting doctor")]
    Doctor,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// The port on 127.0.0.1; 0 for any free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// How many items the season has
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(60..=5000))]
    pub items: u32,
    /// Fill the county and stop
    #[arg(long)]
    pub no_serve: bool,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen
    #[arg(long, env = "QINGTING_BIND", value_name = "ADDRESS:PORT")]
    pub bind: Option<SocketAddr>,
    /// Workers in this process; 0 for pages only
    #[arg(long, value_parser = clap::value_parser!(u16).range(0..=64))]
    pub workers: Option<u16>,
    /// Where to serve /metrics, /healthz and /readyz for those who watch
    #[arg(long, env = "QINGTING_METRICS", value_name = "ADDRESS:PORT")]
    pub metrics: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub struct Mask {
    /// Measure instead: a file of sentences, one a line, in which personal data is labelled as ⟦mobile:13800001234⟧.
    /// A label counts as found when a span of the same type covers it and no more than 2 characters beside it
    #[arg(long, value_name = "FILE")]
    pub gold: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Cluster {
    /// Measure against these incidents instead, `incident<TAB>id` a line, - for items that belong to none
    #[arg(long, value_name = "FILE")]
    pub gold: Option<PathBuf>,
    /// Ids that count on neither side, one a line
    #[arg(long, value_name = "FILE", requires = "gold")]
    pub unsettled: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Train {
    /// Labelled rows, JSONL; may be given several times
    #[arg(long, required_unless_present = "with_corrections", num_args = 1.., value_name = "FILE")]
    pub corpus: Vec<PathBuf>,
    /// Learn what people said of items, those judged blind excepted; without --corpus from the model at work on
    #[arg(long)]
    pub with_corrections: bool,
    /// Refuse topics that this taxonomy does not have
    #[arg(long, value_name = "FILE")]
    pub taxonomy: Option<PathBuf>,
    /// Where to write the model; with corrections it becomes the county's candidate when this is left out
    #[arg(long, value_name = "FILE", required_unless_present = "with_corrections")]
    pub out: Option<PathBuf>,
}

/// What `qingting rule` does.
#[derive(Debug, Subcommand)]
pub enum RuleCommand {
    /// The rules with their conditions
    #[command(after_help = "Example: qingting rule list --json")]
    List,
    /// How the rules of a file would have done in the last days; stores nothing
    #[command(after_help = "Example: qingting rule try county/alerts.toml")]
    Try {
        /// Rules in the form of alerts.toml
        file: PathBuf,
    },
    /// Add the rules of a file, all or none
    #[command(after_help = "Example: qingting rule add county/alerts.toml")]
    Add {
        /// Rules in the form of alerts.toml
        file: PathBuf,
    },
    /// The table that says which department a matter goes to
    #[command(subcommand)]
    Routing(RoutingCommand),
}

/// What `qingting model` does.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// The model at work, the candidate, and how the model did by week
    #[command(after_help = "Example: qingting model show")]
    Show,
    /// The candidate beside the model at work: on gold rows, on what was judged blind, on corrections
    #[command(after_help = "Example: qingting model compare --gold gold.jsonl")]
    Compare {
        /// Labelled rows besides gold.jsonl of the county's folder; may be given several times
        #[arg(long, num_args = 1.., value_name = "FILE")]
        gold: Vec<PathBuf>,
    },
    /// Put the candidate to work, unless a field of the plan is worse by more than chance explains
    #[command(after_help = "Example: qingting model promote --despite hardship")]
    Promote {
        /// Labelled rows besides gold.jsonl of the county's folder; may be given several times
        #[arg(long, num_args = 1.., value_name = "FILE")]
        gold: Vec<PathBuf>,
        /// A field that may be worse; may be given several times
        #[arg(long, value_name = "FIELD")]
        despite: Vec<String>,
    },
    /// Put the model to work that was before
    #[command(after_help = "Example: qingting model rollback")]
    Rollback,
}

#[derive(Debug, Args)]
pub struct Evaluate {
    /// The model to measure; the one inside the program when left out
    #[arg(long, value_name = "FILE", conflicts_with = "cv")]
    pub model: Option<PathBuf>,
    /// Labelled rows to measure it on
    #[arg(long, value_name = "FILE", required_unless_present = "cv")]
    pub gold: Option<PathBuf>,
    /// Train on the other folds and score each
    #[arg(long, requires = "corpus")]
    pub cv: bool,
    /// Rows for --cv; may be given several times
    #[arg(long, num_args = 1.., value_name = "FILE", conflicts_with = "gold")]
    pub corpus: Vec<PathBuf>,
    /// id and fold, a line each; rows without a fold are always trained on. Five folds in the order of the rows when left out
    #[arg(long, value_name = "FILE", requires = "cv")]
    pub folds: Option<PathBuf>,
    /// Choose cost and contrast for each fold by the other folds alone, which takes ten times as long
    #[arg(long, requires = "cv")]
    pub choose: bool,
    /// Write what was made of each measured row, a JSON line each
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Due {
    /// The id of a rule, as in deadlines.toml
    #[arg(long)]
    pub rule: String,
    /// When the clock starts; - reads one time a line from standard input
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: String,
    /// 0 ordinary, 1 watch, 2 urgent
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=2))]
    pub urgency: u8,
}

#[derive(Debug, Args)]
pub struct Sample {
    /// Distinct records, from 100 to 5000000
    #[arg(long, value_name = "N")]
    pub items: u64,
    /// Another seed makes another year
    #[arg(long, default_value_t = 1, value_name = "S")]
    pub seed: u64,
    /// A folder that is not there, or empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The last day of the year; the latest Sunday that is over when left out
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user; prints a first password that must be changed at log-in
    #[command(after_help = "Example: qingting user add zhang --name 张三 --role handler --department rsj")]
    Add {
        login: String,
        #[arg(long)]
        name: String,
        /// duty, discipline, handler, reviewer, leader, admin, auditor; several with commas
        #[arg(long, required = true, value_delimiter = ',')]
        role: Vec<Role>,
        /// The department's code, for handlers and reviewers
        #[arg(long)]
        department: Option<String>,
        /// Read the password from standard input instead of making one
        #[arg(long)]
        password_stdin: bool,
    },
    /// List the users
    List,
    /// Lock a user out
    Disable { login: String },
    /// Let a user in again
    Enable { login: String },
    /// Set a new first password
    Password {
        login: String,
        /// Read the password from standard input instead of making one
        #[arg(long)]
        password_stdin: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Prove the chain, or name the first broken line
    #[command(after_help = "Example: qingting audit verify --heads /media/safe/audit-heads.jsonl")]
    Verify {
        /// Signed heads that were kept elsewhere, a line each; the installation's own file when left out
        #[arg(long, value_name = "FILE")]
        heads: Option<PathBuf>,
    },
    /// Sign the head of the chain and print it, to be kept elsewhere
    #[command(after_help = "Example: qingting audit head >> /media/safe/audit-heads.jsonl")]
    Head,
}
