//! What is written to the keys, and to those who keep a county's records or let go of them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use qingting_models::ids::ItemId;

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

/// What `export` writes.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The year, which has to be over
    #[arg(long, value_parser = clap::value_parser!(i16).range(2000..2999))]
    pub year: Option<i16>,
    /// The folder that the file and its manifest go to
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Leave out what is confidential, and the log
    #[arg(long)]
    pub open_only: bool,
    /// Hold a file against its manifest; nothing is written
    #[arg(long, value_name = "MANIFEST", conflicts_with_all = ["year", "out"])]
    pub check: Option<PathBuf>,
}

/// What `erase` destroys.
#[derive(Debug, Args)]
pub struct EraseArgs {
    /// The number of an item
    #[arg(long, conflicts_with_all = ["case", "list"])]
    pub item: Option<ItemId>,
    /// The number of a case: its items, its answers as they were written, and its files
    #[arg(long, conflicts_with = "list")]
    pub case: Option<String>,
    /// Why; it goes into the log, masked
    #[arg(long)]
    pub reason: Option<String>,
    /// Lists of erasures: what came back with a restore is erased again
    #[arg(long, value_name = "FILE")]
    pub list: Vec<PathBuf>,
}
