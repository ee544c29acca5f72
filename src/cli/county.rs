//! What can be typed about the county's tables: departments, holidays, routing.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum DepartmentCommand {
    /// List the departments with the cases of the last 90 days: sent by rule, by people, sent back
    #[command(after_help = "Example: qingting department list --json")]
    List,
    /// Show a department and the rows of the routing table that name it
    #[command(after_help = "Example: qingting department show rsj")]
    Show { code: String },
    /// Take in a table of departments; it is checked with the rest of the county first, and every version is kept
    #[command(after_help = "Example: qingting department import departments.csv --reason 机构改革")]
    Import {
        /// CSV with the columns code, name, short_name, kind, town, aliases, valid_from, valid_to
        file: PathBuf,
        /// Why, for the history
        #[arg(long)]
        reason: String,
    },
    /// Print the table as it counts now
    #[command(after_help = "Example: qingting department export > departments.csv")]
    Export,
}

#[derive(Debug, Subcommand)]
pub enum CalendarCommand {
    /// List the years whose holidays are known
    #[command(after_help = "Example: qingting calendar list")]
    List,
    /// Take in a year; due times of open cases are then worked out anew
    #[command(
        after_help = "Example: qingting calendar import 2027.json\nThe file is {\"year\":2027,\"days\":[{\"name\":\"元旦\",\"date\":\"2027-01-01\",\"isOffDay\":true}]}"
    )]
    Import { file: PathBuf },
}

#[derive(Debug, Subcommand)]
pub enum RoutingCommand {
    /// Print the table as it counts now
    #[command(after_help = "Example: qingting rule routing export > routing.csv")]
    Export,
    /// Try a table on the items of the last 30 days; nothing is stored
    #[command(after_help = "Example: qingting rule routing try routing.csv")]
    Try { file: PathBuf },
    /// Take in a table; it is checked with the rest of the county first, and every version is kept
    #[command(after_help = "Example: qingting rule routing import routing.csv --reason 新的分工")]
    Import {
        /// CSV with the columns priority, topic, place, kind, words, department, note, valid_from, valid_to
        file: PathBuf,
        /// Why, for the history
        #[arg(long)]
        reason: String,
    },
}
