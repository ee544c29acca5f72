//! What can be typed about sources, what comes from them, and what could not be read of it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use qingting_models::ids::QuarantineId;
use qingting_models::records::{Channel, Mode, RejectKind, SourceKind};

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
        /// The tier of the source, one of those that county.toml names: 省级媒体
        #[arg(long, value_name = "TIER")]
        tier: Option<String>,
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
        /// A tier that county.toml names, or "none"
        #[arg(long, value_name = "TIER")]
        tier: Option<String>,
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
