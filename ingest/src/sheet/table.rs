//! Gathers rows into batches: finds the header row first, then reads each row by it.

use qingting_models::records::{RejectForm, RejectKind, RowPlace};
use serde_json::Value;

use super::header::{HeaderError, Layout};
use super::map::ColumnMap;
use super::meaning::Meaning;
use super::read::SheetError;
use super::rows::{BadRow, Row, clean, read_row};
use super::summary::{Batch, ColumnSummary, SheetSummary, TableSummary};
use super::words::SURE;

/// Filled rows in which the header row must be.
const HEADER_ROWS: usize = 20;

/// Where finished batches go; answers false to stop.
pub(super) type Sink<'s> = &'s mut dyn FnMut(Batch) -> bool;

/// Whether a reader goes on after a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    /// Nothing more of this sheet is wanted.
    NextSheet,
    Stop,
}

/// A look at a file instead of reading it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Rows of each sheet.
    pub rows: u64,
}

/// Reads one table after the other of a file.
pub(super) struct Tables<'t> {
    pub summary: SheetSummary,
    file: RowPlace,
    map: Option<&'t ColumnMap>,
    size: usize,
    sink: Sink<'t>,
    batch: Batch,
    state: State,
    /// Takes a doubtful header row too, and stops each sheet early.
    look: Option<Look>,
    /// Rows of the present sheet.
    rows: u64,
    /// The first sheet's fault, told when no sheet could be read.
    fault: Option<HeaderError>,
    /// The first sheet without a header row that is known, and what may be its header row, counted from 1.
    unnamed: Option<(Option<String>, Layout, u64)>,
    /// Sheets that were read.
    read: usize,
}

enum State {
    /// Rows that may stand above the header row, or be it.
    Searching(Vec<Row>),
    /// A header row was found; the row below may be its second half.
    Found(Layout, Row),
    /// `Row` waits for the rows that are merged with it.
    Reading(Layout, Option<Row>),
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
            look: None,
            rows: 0,
            fault: None,
            unnamed: None,
            read: 0,
        }
    }

    /// Looks at the file only.
    pub(super) fn look(mut self, look: Option<Look>) -> Self {
        self.look = look;
        self
    }

    /// Begins the next sheet of a workbook.
    pub(super) fn begin(&mut self, sheet: String) {
        self.file.sheet = Some(sheet);
        self.state = State::Searching(Vec::new());
        self.rows = 0;
    }

    pub(super) fn has_read(&mut self, bytes: u64) {
        self.batch.bytes = bytes;
    }

    /// Takes the next row.
    pub(super) fn row(&mut self, row: Row) -> Flow {
        if row.is_empty() {
            return Flow::On;
        }
        match std::mem::replace(&mut self.state, State::Skipping) {
            State::Skipping => Flow::NextSheet,
            State::Reading(layout, waiting) => self.data(layout, waiting, row),
            State::Found(layout, head) => match second_header(&layout, &head, &row, self.map) {
                Some(second) => self.start(second, row.number),
                None => {
                    let flow = self.start(layout, head.number);
                    if flow == Flow::On { self.row(row) } else { flow }
                }
            },
            State::Searching(mut waiting) => {
                let head = under_groups(waiting.last(), &row);
                match Layout::of(&head.cells, self.map).filter(|layout| layout.confidence() >= 1.0) {
                    Some(layout) => {
                        self.state = State::Found(layout, head);
                        Flow::On
                    }
                    None => {
                        waiting.push(row);
                        let full = waiting.len() == HEADER_ROWS;
                        self.state = State::Searching(waiting);
                        if full { self.decide() } else { Flow::On }
                    }
                }
            }
        }
    }

    /// A row below the header. Rows that are merged with the one above in the column of their id are one record.
    fn data(&mut self, layout: Layout, waiting: Option<Row>, row: Row) -> Flow {
        let id = layout.index_of(Meaning::ExternalId);
        let mut waiting = waiting;
        if let (Some(above), Some(id)) = (&mut waiting, id)
            && row.filled.contains(&id)
        {
            join(above, &row);
            self.state = State::Reading(layout, waiting);
            return Flow::On;
        }
        let flow = waiting.map_or(Flow::On, |above| self.take(&layout, &above));
        let repeated =
            layout.columns.iter().map(|c| c.header.as_str()).eq(row.cells.iter().map(|cell| clean(cell)));
        self.state = State::Reading(layout, (!repeated).then_some(row));
        flow
    }

    fn take(&mut self, layout: &Layout, row: &Row) -> Flow {
        match read_row(layout, row, &self.file) {
            Ok(record) => {
                let place = RowPlace { row: row.number, ..self.file.clone() };
                self.batch.records.push((place, record));
            }
            Err(bad) => self.batch.bad.push(*bad),
        }
        self.rows += 1;
        self.flush_when(self.size)
    }

    /// Takes a row whose keys are its own header, as JSON lines have them.
    pub(super) fn keyed_row(&mut self, headers: &[String], row: Row) -> Flow {
        if row.is_empty() {
            return Flow::On;
        }
        let same = matches!(&self.state, State::Reading(layout, _)
            if layout.columns.iter().map(|c| &c.header).eq(headers.iter()));
        if !same {
            let sure = |layout: &Layout| layout.confidence() >= SURE || self.look.is_some();
            match Layout::of(headers, self.map).filter(sure) {
                Some(layout) => {
                    let flow = self.finish_row();
                    if self.summary.tables.is_empty() {
                        self.note(&layout, row.number);
                    }
                    self.state = State::Reading(layout, None);
                    if flow != Flow::On {
                        return flow;
                    }
                }
                None => {
                    self.keep_unnamed(&[headers], &[row.number]);
                    let fault = Layout::missing(&[headers], self.map);
                    let original =
                        headers.iter().zip(&row.cells).map(|(h, c)| (h.clone(), Value::from(c.as_str())));
                    let original = Value::Object(original.collect());
                    let place = RowPlace { row: row.number, ..self.file.clone() };
                    let (kind, form) = (RejectKind::Header, RejectForm::Row);
                    let told = self.bad(BadRow {
                        place,
                        kind,
                        form,
                        reason: fault.to_string(),
                        external_id: None,
                        original,
                    });
                    self.fault.get_or_insert(fault);
                    return told;
                }
            }
        }
        self.read += 1;
        self.row(row)
    }

    /// Takes a line of a text file that is no row at all, split by `separator` as far as it can be.
    pub(super) fn bad_line(
        &mut self,
        number: u64,
        reason: String,
        line: &str,
        separator: Option<char>,
    ) -> Flow {
        let headers: Option<Vec<&str>> = match &self.state {
            State::Reading(layout, _) => Some(layout.columns.iter().map(|c| c.header.as_str()).collect()),
            State::Found(_, head) => Some(head.cells.iter().map(String::as_str).collect()),
            _ => None,
        };
        let mut original = serde_json::json!({ "line": line });
        if let (Some(separator), Some(headers)) = (separator, headers) {
            original["headers"] = Value::from(headers);
            original["separator"] = Value::from(separator.to_string());
        }
        let place = RowPlace { row: number, ..self.file.clone() };
        let (kind, form) = (RejectKind::Line, RejectForm::Line);
        self.bad(BadRow { place, kind, form, reason, external_id: None, original })
    }

    fn bad(&mut self, bad: BadRow) -> Flow {
        self.batch.bad.push(bad);
        self.rows += 1;
        self.flush_when(self.size)
    }

    /// Ends a sheet: its last row is read, and one without a header row is noted.
    pub(super) fn end_sheet(&mut self) -> Flow {
        match std::mem::replace(&mut self.state, State::Skipping) {
            State::Found(layout, head) => self.start(layout, head.number),
            State::Searching(waiting) if !waiting.is_empty() => {
                self.state = State::Searching(waiting);
                let flow = self.decide();
                if flow == Flow::On { self.finish_row() } else { flow }
            }
            state => {
                self.state = state;
                self.finish_row()
            }
        }
    }

    fn finish_row(&mut self) -> Flow {
        match std::mem::replace(&mut self.state, State::Skipping) {
            State::Reading(layout, Some(row)) => self.take(&layout, &row),
            _ => Flow::On,
        }
    }

    /// Ends the file and hands on what is left.
    ///
    /// # Errors
    /// When no sheet had a header row, or the file no row at all.
    pub(super) fn end(mut self) -> Result<SheetSummary, SheetError> {
        self.end_sheet();
        if self.read == 0 {
            if let Some((sheet, layout, row)) = self.unnamed.take() {
                self.summary.skipped.retain(|skipped| Some(skipped) != sheet.as_ref());
                self.file.sheet = sheet;
                self.note(&layout, row);
                self.flush_when(1);
                return Ok(self.summary);
            }
            return Err(self.fault.map_or(SheetError::Empty, SheetError::Header));
        }
        self.flush_when(1);
        Ok(self.summary)
    }

    /// No row was a header row for certain: takes the surest, if it is sure enough, and reads on below it.
    fn decide(&mut self) -> Flow {
        let State::Searching(mut waiting) = std::mem::replace(&mut self.state, State::Skipping) else {
            return Flow::On;
        };
        let layouts = (0..waiting.len()).filter_map(|i| {
            let above = i.checked_sub(1).and_then(|above| waiting.get(above));
            let head = under_groups(above, &waiting[i]);
            Some((i, Layout::of(&head.cells, self.map)?))
        });
        let surer = |a: &(usize, Layout), b: &(usize, Layout)| {
            let by = a.1.confidence().total_cmp(&b.1.confidence());
            by.then(a.1.known().cmp(&b.1.known())).then(b.0.cmp(&a.0))
        };
        let guess = layouts.max_by(surer);
        let guess = guess.or_else(|| if self.may_guess() { Layout::by_content(&waiting) } else { None });
        let taken = guess.filter(|(index, layout)| {
            let sure = layout.confidence() >= SURE || self.look.is_some();
            if !sure {
                let (row, confidence) = (waiting[*index].number, layout.confidence());
                let (guess, unknown) = (layout.to_map(), layout.unknown());
                self.fault.get_or_insert(HeaderError::Unsure { row, confidence, guess, unknown });
            }
            sure
        });
        let Some((index, layout)) = taken else {
            let rows: Vec<&[String]> = waiting.iter().map(|row| row.cells.as_slice()).collect();
            self.keep_unnamed(&rows, &waiting.iter().map(|row| row.number).collect::<Vec<_>>());
            self.fault.get_or_insert_with(|| Layout::missing(&rows, self.map));
            self.summary.skipped.extend(self.file.sheet.clone());
            return Flow::NextSheet;
        };
        let below = waiting.split_off(index + 1);
        let mut flow = self.start(layout, waiting[index].number);
        for row in below {
            if flow != Flow::On {
                break;
            }
            flow = self.row(row);
        }
        flow
    }

    /// Whether columns may be guessed at: a map that was given for this very sheet fits or is wrong.
    fn may_guess(&self) -> bool {
        self.map.is_none_or(ColumnMap::is_saved)
    }

    /// Remembers what may be the header row of a sheet that has no known one, for a look at the file.
    fn keep_unnamed(&mut self, rows: &[&[String]], numbers: &[u64]) {
        if self.look.is_some() && self.may_guess() && self.unnamed.is_none() {
            let found = Layout::unnamed(rows).and_then(|(i, layout)| Some((layout, *numbers.get(i)?)));
            self.unnamed = found.map(|(layout, number)| (self.file.sheet.clone(), layout, number));
        }
    }

    fn start(&mut self, layout: Layout, row: u64) -> Flow {
        self.read += 1;
        self.note(&layout, row);
        self.state = State::Reading(layout, None);
        Flow::On
    }

    fn note(&mut self, layout: &Layout, header_row: u64) {
        let column = |c: &super::header::Column| ColumnSummary {
            header: c.header.clone(),
            meaning: c.meaning,
            confidence: c.confidence,
        };
        self.summary.tables.push(TableSummary {
            name: self.file.sheet.clone(),
            header_row,
            columns: layout.columns.iter().map(column).collect(),
            confidence: layout.confidence(),
            by_map: layout.by_map,
        });
    }

    fn flush_when(&mut self, size: usize) -> Flow {
        if self.batch.rows() >= size {
            self.summary.rows += self.batch.rows() as u64;
            let bytes = self.batch.bytes;
            let full = std::mem::replace(&mut self.batch, Batch { bytes, ..Batch::default() });
            if !(self.sink)(full) {
                return Flow::Stop;
            }
        }
        if self.look.is_some_and(|look| self.rows >= look.rows) { Flow::NextSheet } else { Flow::On }
    }
}

/// The header row with the names from the row above for columns that have none of their own: in a header over two
/// rows the columns without a group stand in the upper one.
fn under_groups(above: Option<&Row>, row: &Row) -> Row {
    let mut head = row.clone();
    let Some(above) = above.filter(|above| above.number + 1 == row.number) else { return head };
    let filled = |row: &Row| row.cells.iter().filter(|cell| !clean(cell).is_empty()).count();
    if filled(above) < 2 || filled(row) < 2 {
        return head;
    }
    head.cells.resize(head.cells.len().max(above.cells.len()), String::new());
    for (cell, name) in head.cells.iter_mut().zip(&above.cells) {
        if clean(cell).is_empty() {
            cell.clone_from(name);
        }
    }
    head
}

/// The layout by the row below the header row, when that is the lower half of a header over two rows: it says at
/// least as much, or is merged with the upper half.
fn second_header(layout: &Layout, head: &Row, row: &Row, map: Option<&ColumnMap>) -> Option<Layout> {
    if row.number != head.number + 1 {
        return None;
    }
    let second = Layout::of(&under_groups(Some(head), row).cells, map)?;
    let own = Layout::of(&row.cells, map).filter(|own| own.confidence() >= 1.0);
    let more = own.is_some_and(|own| own.known() >= layout.known());
    let merged = row.filled.iter().any(|column| head.cells.get(*column) == row.cells.get(*column));
    let differs = row.cells.iter().map(|c| clean(c)).ne(head.cells.iter().map(|c| clean(c)));
    ((more && differs) || merged).then_some(second)
}

/// Adds to a row what the next row of the same record says else.
fn join(above: &mut Row, row: &Row) {
    above.cells.resize(above.cells.len().max(row.cells.len()), String::new());
    for (cell, more) in above.cells.iter_mut().zip(&row.cells) {
        let more = clean(more);
        if clean(cell).is_empty() {
            more.clone_into(cell);
        } else if !more.is_empty() && !cell.split('；').any(|part| part == more) {
            cell.push('；');
            cell.push_str(more);
        }
    }
}
