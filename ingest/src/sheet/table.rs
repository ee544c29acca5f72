//! Gathers rows into batches: finds the header row first, then reads each row by it.

use qingting_models::records::{RejectForm, RejectKind, RowPlace};

use super::header::{HeaderError, Layout};
use super::map::ColumnMap;
use super::read::SheetError;
use super::rows::{BadRow, Row, read_row};
use crate::record::RawRecord;

/// Filled rows in which the header row must be.
const HEADER_ROWS: usize = 20;

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetSummary {
    /// Rows below the headers that are not empty.
    pub rows: u64,
    /// The encoding of a text file.
    pub encoding: Option<&'static str>,
    /// Sheets of a workbook without a header row that was recognised.
    pub skipped: Vec<String>,
}

/// Where finished batches go; answers false to stop.
pub(super) type Sink<'s> = &'s mut dyn FnMut(Batch) -> bool;

/// Reads one table after the other of a file.
pub(super) struct Tables<'t> {
    pub summary: SheetSummary,
    file: RowPlace,
    map: Option<&'t ColumnMap>,
    size: usize,
    sink: Sink<'t>,
    batch: Batch,
    state: State,
    /// The first sheet's fault, told when no sheet could be read.
    fault: Option<HeaderError>,
    /// Sheets that were read.
    read: usize,
}

enum State {
    /// Rows that may stand above the header row, or be it.
    Searching(Vec<Row>),
    Reading(Layout),
    /// The sheet has no header row.
    Skipping,
}

impl<'t> Tables<'t> {
    pub(super) fn new(file: &str, map: Option<&'t ColumnMap>, size: usize, sink: Sink<'t>) -> Self {
        Self {
            summary: SheetSummary::default(),
            file: RowPlace { file: file.to_owned(), ..RowPlace::default() },
            map,
            size: size.max(1),
            sink,
            batch: Batch::default(),
            state: State::Searching(Vec::new()),
            fault: None,
            read: 0,
        }
    }

    /// Begins the next sheet of a workbook.
    pub(super) fn begin(&mut self, sheet: String) {
        self.file.sheet = Some(sheet);
        self.state = State::Searching(Vec::new());
    }

    pub(super) fn has_read(&mut self, bytes: u64) {
        self.batch.bytes = bytes;
    }

    /// Takes the next row; false when reading is to stop.
    pub(super) fn row(&mut self, row: Row) -> bool {
        if row.is_empty() {
            return true;
        }
        match &mut self.state {
            State::Skipping => true,
            State::Reading(layout) => {
                match read_row(layout, &row, &self.file) {
                    Ok(record) => {
                        let place = RowPlace { row: row.number, ..self.file.clone() };
                        self.batch.records.push((place, record));
                    }
                    Err(bad) => self.batch.bad.push(*bad),
                }
                self.flush_when(self.size)
            }
            State::Searching(waiting) => {
                if let Some(layout) = Layout::of(&row.cells, self.map) {
                    self.read += 1;
                    self.state = State::Reading(layout);
                    return true;
                }
                waiting.push(row);
                if waiting.len() == HEADER_ROWS {
                    self.give_up_sheet();
                }
                true
            }
        }
    }

    /// Takes a row whose keys are its own header, as JSON lines have them.
    pub(super) fn keyed_row(&mut self, headers: &[String], row: Row) -> bool {
        if row.is_empty() {
            return true;
        }
        let same = matches!(&self.state, State::Reading(layout)
            if layout.columns.iter().map(|c| &c.header).eq(headers.iter()));
        if !same {
            match Layout::of(headers, self.map) {
                Some(layout) => self.state = State::Reading(layout),
                None => {
                    let fault = Layout::missing(&[headers], self.map);
                    let original = serde_json::json!(headers.iter().zip(&row.cells).collect::<Vec<_>>());
                    let told = self.bad(RejectKind::Header, row.number, fault.to_string(), original);
                    self.fault.get_or_insert(fault);
                    return told;
                }
            }
        }
        self.read += 1;
        self.row(row)
    }

    /// Takes a line that is no row at all.
    pub(super) fn bad_line(&mut self, number: u64, reason: String, original: serde_json::Value) -> bool {
        self.bad(RejectKind::Line, number, reason, original)
    }

    fn bad(&mut self, kind: RejectKind, number: u64, reason: String, original: serde_json::Value) -> bool {
        let place = RowPlace { row: number, ..self.file.clone() };
        self.batch.bad.push(BadRow { place, kind, form: RejectForm::Line, reason, original });
        self.flush_when(self.size)
    }

    /// Ends a sheet: one without a header row is noted.
    pub(super) fn end_sheet(&mut self) {
        if matches!(&self.state, State::Searching(waiting) if !waiting.is_empty()) {
            self.give_up_sheet();
        }
    }

    /// Ends the file and hands on what is left.
    ///
    /// # Errors
    /// When no sheet had a header row, or the file no row at all.
    pub(super) fn end(mut self) -> Result<SheetSummary, SheetError> {
        self.end_sheet();
        if self.read == 0 {
            return Err(self.fault.map_or(SheetError::Empty, SheetError::Header));
        }
        self.flush_when(1);
        Ok(self.summary)
    }

    fn give_up_sheet(&mut self) {
        let State::Searching(waiting) = std::mem::replace(&mut self.state, State::Skipping) else { return };
        let rows: Vec<&[String]> = waiting.iter().map(|row| row.cells.as_slice()).collect();
        self.fault.get_or_insert(Layout::missing(&rows, self.map));
        self.summary.skipped.extend(self.file.sheet.clone());
    }

    fn flush_when(&mut self, size: usize) -> bool {
        if self.batch.rows() < size {
            return true;
        }
        self.summary.rows += self.batch.rows() as u64;
        let bytes = self.batch.bytes;
        let full = std::mem::replace(&mut self.batch, Batch { bytes, ..Batch::default() });
        (self.sink)(full)
    }
}
