//! Streams the rows of an XLSX workbook, sheet by sheet, dates as text in the county's wall-clock time.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetVisible, Xlsx, XlsxError};

use super::read::SheetError;
use super::rows::Row;

/// Columns further right than this are no data; it keeps one far cell from filling memory.
const MAX_COLUMNS: usize = 2_000;

/// What the workbook's reader is told.
pub(super) enum Event {
    /// A visible worksheet begins.
    Sheet(String),
    Row(Row),
    /// The worksheet begun last has ended.
    SheetEnd,
}

/// Reads a workbook; `sink` answers false to stop.
///
/// # Errors
/// When the file is no workbook, is protected, or is damaged.
pub(super) fn read(
    path: &Path,
    sink: &mut dyn FnMut(Event) -> Result<bool, SheetError>,
) -> Result<(), SheetError> {
    let file = File::open(path).map_err(SheetError::Io)?;
    let mut book = Xlsx::new(BufReader::new(file)).map_err(broken)?;
    let visible = |sheet: &&calamine::Sheet| sheet.visible == SheetVisible::Visible;
    let names: Vec<String> = book.sheets_metadata().iter().filter(visible).map(|s| s.name.clone()).collect();
    for name in names {
        if !sink(Event::Sheet(name.clone()))? || !sheet(&mut book, &name, sink)? || !sink(Event::SheetEnd)? {
            break;
        }
    }
    Ok(())
}

fn sheet(
    book: &mut Xlsx<BufReader<File>>,
    name: &str,
    sink: &mut dyn FnMut(Event) -> Result<bool, SheetError>,
) -> Result<bool, SheetError> {
    let mut cells = match book.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        // A sheet that holds a chart or a dialogue has no cells.
        Err(XlsxError::WorksheetNotFound(_) | XlsxError::NotAWorksheet(_)) => return Ok(true),
        Err(wrong) => return Err(broken(wrong)),
    };
    let mut row = Row::default();
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (line, column) = cell.get_position();
        let number = u64::from(line) + 1;
        if number != row.number {
            let full = std::mem::replace(&mut row, Row { number, cells: Vec::new() });
            if full.number > 0 && !sink(Event::Row(full))? {
                return Ok(false);
            }
        }
        let column = column as usize;
        let text = written(cell.get_value());
        if column < MAX_COLUMNS && !text.is_empty() {
            row.cells.resize(row.cells.len().max(column + 1), String::new());
            row.cells[column] = text;
        }
    }
    if row.number > 0 { sink(Event::Row(row)) } else { Ok(true) }
}

fn broken(wrong: XlsxError) -> SheetError {
    match wrong {
        XlsxError::Password => SheetError::OldExcel,
        other => SheetError::Broken { format: "XLSX", detail: other.to_string() },
    }
}

/// A cell's value as text.
fn written(value: &DataRef<'_>) -> String {
    match value {
        DataRef::DateTime(at) if at.is_datetime() => date_text(at),
        DataRef::Error(_) => String::new(),
        other => Data::from(other.clone()).to_string(),
    }
}

/// `2020-01-06 12:09:38`, to the nearest second: the fraction of a day is seldom exact.
fn date_text(at: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let narrow = |value: u8| i8::try_from(value).unwrap_or(0);
    let year = i16::try_from(year).unwrap_or(0);
    let civil = jiff::civil::DateTime::new(
        year,
        narrow(month),
        narrow(day),
        narrow(hour),
        narrow(minute),
        narrow(second),
        0,
    );
    let rounded =
        civil.and_then(|at| at.checked_add(jiff::SignedDuration::from_secs(i64::from(milli >= 500))));
    rounded.map_or_else(|_| at.as_f64().to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
