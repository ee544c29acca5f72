//! `qingting report`, as it is typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use qingting_respond::report::ReportFormat;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportWhat {
    Weekly,
    Daily,
    Monthly,
    /// Any days, --from and --to
    Period,
    /// One incident, --incident
    Brief,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    pub what: ReportWhat,
    /// The week of a weekly report, 2026-W46; the last one that is over when left out
    #[arg(long, value_name = "WEEK")]
    pub week: Option<String>,
    /// The first day; of a daily report its day, of a monthly one any day of the month
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// The last day
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    /// The incident of a brief
    #[arg(long, value_name = "ID", required_if_eq("what", "brief"))]
    pub incident: Option<String>,
    /// Only matters of this town
    #[arg(long, value_name = "NAME")]
    pub town: Option<String>,
    /// Only matters of this topic, by its code
    #[arg(long, value_name = "CODE")]
    pub topic: Option<String>,
    /// Only matters whose case this department leads, by its code
    #[arg(long, value_name = "CODE")]
    pub department: Option<String>,
    /// Count anew although there is an approved report of these days
    #[arg(long)]
    pub recount: bool,
    /// html, docx, xlsx, csv (a folder with a file for each table), json, or pdf, which needs LibreOffice or Chromium here
    #[arg(long, default_value = "html")]
    pub format: ReportFormat,
    /// Where to write it; standard output when left out, which html and json alone allow
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
