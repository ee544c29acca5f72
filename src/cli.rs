//! What can be typed: commands, flags and their help. Names and meanings are fixed; others rely on them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use qingting_models::ids::QuarantineId;
use qingting_models::records::{Channel, Mode, RejectKind, Role, SourceKind};

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
    /// Print one JSON document
    #[arg(long, global = true)]
    pub json: bool,
    /// Log more
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

impl Global {
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
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
        workers: u16,
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
        after_help = "Example: qingting cluster < items.jsonl > incidents.jsonl\nA line is {\"id\",\"title\",\"body\",\"time\",\"channel\"?}, the answer {\"id\",\"incident\"} in the same order; an incident is called by its first item."
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
    /// Measure parts of the pipeline on this machine
    #[command(subcommand)]
    Bench(BenchPart),
    /// Change, back up and restore the keys; open sealed files
    #[command(subcommand)]
    Key(KeyCommand),
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
}

#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Add a source
    #[command(after_help = "\
Examples:
  qingting source add 县新闻 --kind feed --url https://news.example/rss --channel news --mode handle --full-text
  qingting source add 通知公告 --kind page --url https://www.example/tzgg/ --channel site --mode handle --settings page.toml
  qingting source add 市平台 --kind pull --url https://api.example/list --channel hotline --mode mirror --settings pull.toml --secret-stdin < key.txt
  qingting source add 城管热线 --kind open311 --url https://311.example/v2 --channel complaint --mode mirror
  qingting source add 投递箱 --kind folder --folder /srv/drop --channel hotline --mode handle
  qingting source add 政务平台 --kind push --channel complaint --mode handle

page.toml:                                   pull.toml:
  [page]                                       [pull]
  item = \"ul.news > li\"                        records = \"$.data.rows[*]\"
  title = \"a\"                                  id = \"$.id\"
  link = \"a\"                                   title = \"$.title\"
  date = \"span.date\"                           body = \"$.content\"
  body = \".article\"                            state = \"$.status\"
                                               extra = [[\"承办单位\", \"$.office.name\"]]
open311.toml:                                  secret_header = \"Authorization\"
  [open311]                                    [pull.paging]
  jurisdiction_id = \"example.cn\"               by = \"cursor\"
  service_codes = [\"001\", \"002\"]             next = \"$.data.next\"
                                               parameter = \"cursor\"")]
    Add {
        name: String,
        /// feed, page, pull, open311, folder, sheet or push
        #[arg(long)]
        kind: SourceKind,
        /// The address of a feed, list page or interface
        #[arg(long, required_if_eq_any([("kind", "feed"), ("kind", "page"), ("kind", "pull"), ("kind", "open311")]))]
        url: Option<String>,
        /// news, hotline, complaint, petition, social or site
        #[arg(long)]
        channel: Channel,
        /// handle: we open cases; mirror: another platform answers
        #[arg(long)]
        mode: Mode,
        /// Records older than this open no case: 2026-01-01
        #[arg(long, value_name = "DATE")]
        cutoff: Option<String>,
        /// A host on a private network that this source may be fetched from
        #[arg(long, value_name = "HOST")]
        allow_host: Option<String>,
        /// Minutes between two polls
        #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=10080))]
        every: u32,
        #[command(flatten)]
        parts: SourceParts,
    },
    /// List the sources with their health
    List,
    /// Show a source: its address, settings, health and last runs
    #[command(after_help = "Example: qingting source show 县新闻")]
    Show { name: String },
    /// Change a source; what is not given stays
    #[command(after_help = "Example: qingting source edit 通知公告 --settings page.toml --every 60")]
    Edit {
        name: String,
        /// A new name
        #[arg(long, value_name = "NAME")]
        rename: Option<String>,
        #[arg(long)]
        url: Option<String>,
        #[arg(long)]
        channel: Option<Channel>,
        #[arg(long)]
        mode: Option<Mode>,
        /// 2026-01-01, or "none"
        #[arg(long, value_name = "DATE")]
        cutoff: Option<String>,
        /// A host, or "none"
        #[arg(long, value_name = "HOST")]
        allow_host: Option<String>,
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10080))]
        every: Option<u32>,
        /// Leave the articles of summaries unfetched again
        #[arg(long, conflicts_with = "full_text")]
        no_full_text: bool,
        /// Forget the column map
        #[arg(long, conflicts_with = "map")]
        no_map: bool,
        #[command(flatten)]
        parts: SourceParts,
    },
    /// Show what an address or a source would bring; stores nothing
    #[command(after_help = "\
Examples:
  qingting source test https://news.example/rss
  qingting source test https://www.example/tzgg/ --kind page --settings page.toml
  qingting source test --kind folder --folder /srv/drop
  qingting source test --source 通知公告")]
    Test {
        #[arg(required_unless_present_any = ["source", "folder"])]
        url: Option<String>,
        /// A source that is there
        #[arg(long, value_name = "NAME", conflicts_with_all = ["url", "kind", "settings", "full_text", "secret_stdin", "allow_host", "folder", "map"])]
        source: Option<String>,
        #[arg(long, default_value = "feed")]
        kind: SourceKind,
        #[arg(long, value_name = "HOST")]
        allow_host: Option<String>,
        #[command(flatten)]
        parts: SourceParts,
    },
    /// Make the token with which a platform pushes to a source; an earlier one ends
    #[command(after_help = "Example: qingting source token 政务平台")]
    Token {
        name: String,
        /// End the token instead
        #[arg(long)]
        end: bool,
    },
    /// Name the feeds that a web page declares
    #[command(after_help = "Example: qingting source discover https://www.example/")]
    Discover {
        url: String,
        #[arg(long, value_name = "HOST")]
        allow_host: Option<String>,
    },
    /// Read or write a list of feeds for other feed readers
    #[command(subcommand)]
    Opml(OpmlCommand),
    /// Stop polling a source
    Pause { name: String },
    /// Poll a paused source again
    Resume { name: String },
    /// Remove a source; one that has brought items stays as their origin
    Remove { name: String },
}

/// What the kinds of sources need besides an address.
#[derive(Debug, Args)]
pub struct SourceParts {
    /// The rule for reading a page, pull or open311 source, in TOML
    #[arg(long, value_name = "FILE.toml")]
    pub settings: Option<PathBuf>,
    /// Feed: fetch the articles of entries that carry a summary only
    #[arg(long)]
    pub full_text: bool,
    /// Folder: the folder to watch
    #[arg(long, value_name = "PATH")]
    pub folder: Option<PathBuf>,
    /// Sheet and folder: the column map to keep, meaning = "header" in TOML; sheets without its headers are
    /// recognised as if there were none
    #[arg(long, value_name = "MAP.toml")]
    pub map: Option<PathBuf>,
    /// Pull: read the value of the header that the rule names from standard input; stored sealed
    #[arg(long)]
    pub secret_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub enum OpmlCommand {
    /// Add the feeds of a list as sources; known addresses are passed over
    #[command(after_help = "Example: qingting source opml import feeds.opml --channel news --mode handle")]
    Import {
        file: PathBuf,
        #[arg(long, default_value = "news")]
        channel: Channel,
        #[arg(long, default_value = "handle")]
        mode: Mode,
    },
    /// Write the feeds to a list
    #[command(after_help = "Example: qingting source opml export feeds.opml")]
    Export { file: PathBuf },
}

#[derive(Debug, Args)]
pub struct Import {
    /// CSV, TSV, XLSX, XLS, ODS or JSONL
    pub file: PathBuf,
    /// The source; an unknown one is made as sheet, complaint, handle
    #[arg(long, value_name = "NAME", required_unless_present = "preview")]
    pub source: Option<String>,
    /// A column map: meaning = "header" in TOML
    #[arg(long, value_name = "MAP.toml")]
    pub map: Option<PathBuf>,
    /// Return when the items are judged, routed and searchable
    #[arg(long)]
    pub judge: bool,
    /// Write what became of each row to a sheet for the sender, .xlsx or .csv
    #[arg(long, value_name = "FILE")]
    pub outcome: Option<PathBuf>,
    /// Show how the columns are understood and what the first rows would become; stores nothing
    #[arg(long, conflicts_with_all = ["judge", "outcome"])]
    pub preview: bool,
}

#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// List the rows that wait
    #[command(after_help = "Example: qingting quarantine list --source 12345热线 --kind time")]
    List {
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
        /// time, no_text, width, line, header, entry, field or other
        #[arg(long)]
        kind: Option<RejectKind>,
        /// Those that were dealt with
        #[arg(long)]
        closed: bool,
    },
    /// Show a row; its content with a reason, which is logged
    #[command(after_help = "Example: qingting quarantine show 123 --reason 更正日期")]
    Show {
        id: QuarantineId,
        #[arg(long)]
        reason: Option<String>,
    },
    /// Read rows again, by the present rules or as mended
    #[command(after_help = "Example: qingting quarantine replay 123 --set '推送时间=2026-11-03 09:00'")]
    Replay {
        #[command(flatten)]
        chosen: Chosen,
        /// Mend a field first: header=value; may be given several times
        #[arg(long, value_name = "HEADER=VALUE")]
        set: Vec<String>,
        /// Also over something else that was stored of the record since the row came
        #[arg(long)]
        over: bool,
    },
    /// Give rows up
    #[command(after_help = "Example: qingting quarantine dismiss --all --kind no_text --reason 空行")]
    Dismiss {
        #[command(flatten)]
        chosen: Chosen,
        #[arg(long)]
        reason: String,
    },
}

/// One row, or all that wait.
#[derive(Debug, Args)]
pub struct Chosen {
    /// The number of a row
    pub id: Option<QuarantineId>,
    /// All rows that wait
    #[arg(long, conflicts_with = "id")]
    pub all: bool,
    /// With --all: of this source
    #[arg(long, value_name = "NAME", requires = "all")]
    pub source: Option<String>,
    /// With --all: of this kind
    #[arg(long, requires = "all")]
    pub kind: Option<RejectKind>,
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
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub corpus: Vec<PathBuf>,
    /// Refuse topics that this taxonomy does not have
    #[arg(long, value_name = "FILE")]
    pub taxonomy: Option<PathBuf>,
    /// Where to write the model
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
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
pub enum BenchPart {
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

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Prove the chain, or name the first broken line
    #[command(after_help = "Example: qingting audit verify")]
    Verify,
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Wrap every original with a new key; may be killed and run again, and servers may go on
    #[command(after_help = "Example: qingting key rotate")]
    Rotate {
        /// Only make the new key, to be copied to other machines before the rotation
        #[arg(long)]
        prepare: bool,
    },
    /// Write the keys to a file sealed by a passphrase, to be kept apart from the data
    #[command(after_help = "Example: qingting key export --out /media/safe/qingting.keys")]
    Export {
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Read the passphrase from standard input instead of asking for it
        #[arg(long)]
        passphrase_stdin: bool,
    },
    /// Restore the keys that `key export` wrote into a folder that has none
    #[command(after_help = "Example: qingting --dir /srv/qingting key import /media/safe/qingting.keys")]
    Import {
        file: PathBuf,
        /// Read the passphrase from standard input instead of asking for it
        #[arg(long)]
        passphrase_stdin: bool,
    },
    /// Open a sealed file; goes into the audit log with the reason
    #[command(after_help = "Example: qingting key open 来信.xlsx.sealed --out 来信.xlsx --reason 核对原件")]
    Open {
        file: PathBuf,
        /// Where to write what was sealed; must not exist yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Why; kept sealed beside the audit log
        #[arg(long)]
        reason: String,
    },
}
