//! A look at a sheet before it is imported: how its columns are understood and what its rows would become.

use std::path::Path;

use qingting_models::records::RowPlace;

use super::map::ColumnMap;
use super::meaning::Meaning;
use super::read::{SheetError, read_with};
use super::rows::BadRow;
use super::sniff::SheetFormat;
use super::summary::{ColumnSummary, TableSummary};
use super::table::Look;
use super::words::SURE;
use crate::record::RawRecord;

/// Rows that are shown of each table.
const ROWS: usize = 10;
/// Bad rows that are shown of each table.
const BAD: usize = 5;
/// Rows of each table that are looked at.
const LOOKED_AT: u64 = 200;

/// What a file would bring. Its records are as they stand in the file: whoever shows them masks them by
/// [`crate::prepare::prepare`].
#[derive(Debug, Clone, PartialEq)]
pub struct SheetPreview {
    pub format: SheetFormat,
    /// The encoding of a text file.
    pub encoding: Option<&'static str>,
    /// One for each table with rows, in their order.
    pub sheets: Vec<TablePreview>,
    /// Sheets without a header row that is recognised.
    pub skipped: Vec<String>,
    pub hidden: Vec<String>,
    pub charts: Vec<String>,
    /// Rows of the whole file, where it is so small that all were looked at.
    pub rows: Option<u64>,
}

/// One table of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct TablePreview {
    /// Name of the sheet within a workbook.
    pub name: Option<String>,
    /// Counted from 1 as a spreadsheet shows it.
    pub header_row: u64,
    pub columns: Vec<ColumnSummary>,
    /// From 0 to 1, see [`TableSummary::confidence`].
    pub confidence: f64,
    /// Whether a column map says what the columns are.
    pub by_map: bool,
    /// The first ten.
    pub rows: Vec<(RowPlace, RawRecord)>,
    /// The first five that cannot be read.
    pub bad: Vec<BadRow>,
}

impl TablePreview {
    /// Whether a person must confirm the columns with a column map before an import reads the table.
    pub fn needs_map(&self) -> bool {
        self.confidence < SURE
    }

    /// Whether a column was recognised as title or text. Without one nothing can be read.
    pub fn has_text(&self) -> bool {
        self.columns.iter().any(|column| matches!(column.meaning, Some(Meaning::Title | Meaning::Body)))
    }

    /// The columns as they were understood, as a map to confirm or correct.
    pub fn map(&self) -> ColumnMap {
        let needed = |c: &&ColumnSummary| !matches!(c.meaning, Some(Meaning::Counter | Meaning::RowNumber));
        let columns = self.columns.iter().filter(needed);
        ColumnMap::of(columns.filter_map(|c| Some((c.meaning?, c.header.clone()))).collect())
    }
}

/// Looks at a file: format, columns with their confidence, and the first rows of each table. A doubtful header row
/// is taken as well, so that it can be confirmed; where no sheet has even that, the widest row of the first, so
/// that a person can say what its columns are.
///
/// # Errors
/// When the file cannot be read, is no sheet, or nothing in it may be a header row.
pub fn preview(path: &Path, map: Option<&ColumnMap>) -> Result<SheetPreview, SheetError> {
    let mut records: Vec<(RowPlace, RawRecord)> = Vec::new();
    let mut bad: Vec<BadRow> = Vec::new();
    let mut sink = |batch: super::Batch| {
        for (place, record) in batch.records {
            if records.iter().filter(|(known, _)| known.sheet == place.sheet).count() < ROWS {
                records.push((place, record));
            }
        }
        for row in batch.bad {
            if bad.iter().filter(|known| known.place.sheet == row.place.sheet).count() < BAD {
                bad.push(row);
            }
        }
        true
    };
    let (format, summary) = read_with(path, map, 1, Some(Look { rows: LOOKED_AT }), &mut sink)?;
    let whole = summary.rows < LOOKED_AT;
    let mut sheet = |table: TableSummary| {
        let TableSummary { name, header_row, columns, confidence, by_map } = table;
        let (of, rest) = std::mem::take(&mut records).into_iter().partition(|(place, _)| place.sheet == name);
        records = rest;
        let (bad_of, rest) = std::mem::take(&mut bad).into_iter().partition(|row| row.place.sheet == name);
        bad = rest;
        TablePreview { name, header_row, columns, confidence, by_map, rows: of, bad: bad_of }
    };
    let sheets: Vec<TablePreview> = summary.tables.into_iter().map(&mut sheet).collect();
    let whole = whole && sheets.iter().all(TablePreview::has_text);
    Ok(SheetPreview {
        format,
        encoding: summary.encoding,
        sheets,
        skipped: summary.skipped,
        hidden: summary.hidden,
        charts: summary.charts,
        rows: whole.then_some(summary.rows),
    })
}
