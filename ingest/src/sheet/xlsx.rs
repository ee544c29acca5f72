//! Streams the rows of an XLSX workbook, sheet by sheet, dates as text in the county's wall-clock time.
//!
//! The workbook's table of texts is held in memory, its cells are not.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{Data, DataRef, ExcelDateTime, Reader, Sheet, SheetType, SheetVisible, Xlsx, XlsxError};

use super::merge::Merges;
use super::read::SheetError;
use super::rows::Row;
use super::table::{Flow, Tables};
use super::unpack;

/// Columns further right than this are no data; it keeps one far cell from filling memory.
pub(super) const MAX_COLUMNS: usize = 2_000;

/// Reads a workbook into `tables`.
///
/// # Errors
/// When the file is no workbook, is protected, is damaged, or unpacks to more than the limits.
pub(super) fn read(path: &Path, tables: &mut Tables<'_>) -> Result<(), SheetError> {
    unpack::check_xlsx(&mut unpack::open(File::open(path).map_err(SheetError::Io)?, "XLSX")?)?;
    let file = File::open(path).map_err(SheetError::Io)?;
    let mut book = Xlsx::new(BufReader::new(file)).map_err(broken)?;
    for name in visible(book.sheets_metadata(), tables) {
        tables.begin(name.clone());
        if sheet(&mut book, &name, tables)? == Flow::Stop {
            break;
        }
        tables.end_sheet();
    }
    Ok(())
}

/// The names of the sheets that people see; the others are noted as passed over.
pub(super) fn visible(sheets: &[Sheet], tables: &mut Tables<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for sheet in sheets {
        if sheet.visible != SheetVisible::Visible {
            tables.summary.hidden.push(sheet.name.clone());
        } else if sheet.typ == SheetType::WorkSheet {
            names.push(sheet.name.clone());
        } else {
            tables.summary.charts.push(sheet.name.clone());
        }
    }
    names
}

fn sheet(book: &mut Xlsx<BufReader<File>>, name: &str, tables: &mut Tables<'_>) -> Result<Flow, SheetError> {
    let since_1904 = book.has_1904_epoch();
    let mut merges = Merges::default();
    // The merges stand behind the cells, so the part is read twice.
    for area in book.merge_cells_by_sheet_name(name).unwrap_or_default() {
        merges.add(area.start.1 as usize, u64::from(area.start.0) + 1, u64::from(area.end.0) + 1);
    }
    let mut cells = match book.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        // A sheet that holds a chart or a dialogue has no cells.
        Err(XlsxError::WorksheetNotFound(_) | XlsxError::NotAWorksheet(_)) => {
            tables.summary.charts.push(name.to_owned());
            return Ok(Flow::On);
        }
        Err(wrong) => return Err(broken(wrong)),
    };
    let mut row = Row::default();
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (line, column) = cell.get_position();
        let number = u64::from(line) + 1;
        if number != row.number {
            let mut full = std::mem::replace(&mut row, Row { number, since_1904, ..Row::default() });
            merges.fill(&mut full);
            match tables.row(full) {
                Flow::On => {}
                ended => return Ok(ended),
            }
        }
        put(&mut row, column as usize, written(cell.get_value()));
    }
    merges.fill(&mut row);
    Ok(tables.row(row))
}

/// Puts a text into a row's cell.
pub(super) fn put(row: &mut Row, column: usize, text: String) {
    if column < MAX_COLUMNS && !text.is_empty() {
        row.cells.resize(row.cells.len().max(column + 1), String::new());
        row.cells[column] = text;
    }
}

fn broken(wrong: XlsxError) -> SheetError {
    match wrong {
        XlsxError::Password => SheetError::Protected,
        other => SheetError::Broken { format: "XLSX", detail: other.to_string() },
    }
}

/// A cell's value as text.
pub(super) fn written(value: &DataRef<'_>) -> String {
    match value {
        DataRef::DateTime(at) if at.is_datetime() => date_text(at),
        DataRef::Error(_) => String::new(),
        other => Data::from(other.clone()).to_string(),
    }
}

/// `2020-01-06 12:09:38`, to the nearest second: the fraction of a day is seldom exact.
pub(super) fn date_text(at: &ExcelDateTime) -> String {
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
