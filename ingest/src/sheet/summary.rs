//! What reading a sheet hands on: its rows in batches, and how its tables were understood.

use qingting_models::records::RowPlace;
use serde::Serialize;

use super::meaning::Meaning;
use super::rows::BadRow;
use crate::record::RawRecord;

/// Some rows of a sheet, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    pub records: Vec<(RowPlace, RawRecord)>,
    pub bad: Vec<BadRow>,
    /// Bytes of the file read so far; 0 for a workbook, whose size tells nothing.
    pub bytes: u64,
}

impl Batch {
    /// Rows that are not empty.
    pub fn rows(&self) -> usize {
        self.records.len() + self.bad.len()
    }
}

/// What a whole file held.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SheetSummary {
    /// Rows below the headers that are not empty.
    pub rows: u64,
    /// The encoding of a text file.
    pub encoding: Option<&'static str>,
    /// The tables that were read, in their order.
    pub tables: Vec<TableSummary>,
    /// Sheets of a workbook without a header row that was recognised.
    pub skipped: Vec<String>,
    /// Hidden sheets, which are passed over.
    pub hidden: Vec<String>,
    /// Sheets of charts, dialogues and macros, which have no rows.
    pub charts: Vec<String>,
}

/// How the columns of one table were understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableSummary {
    /// Name of the sheet within a workbook.
    pub name: Option<String>,
    /// Counted from 1 as a spreadsheet shows it; of a header over two rows the second.
    pub header_row: u64,
    pub columns: Vec<ColumnSummary>,
    /// How sure the columns are, from 0 to 1: as sure as the least sure one of id, title, text and times.
    pub confidence: f64,
    /// Whether a column map says so, rather than the words of the headers.
    pub by_map: bool,
}

/// How one column was understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnSummary {
    /// As the sheet writes it, unique within the table.
    pub header: String,
    /// `None` for an ordinary column, which is shown as it is.
    pub meaning: Option<Meaning>,
    /// How sure the meaning is, from 0 to 1; 0 for an ordinary column.
    pub confidence: f64,
}
