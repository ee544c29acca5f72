//! The outcome of an import as a sheet for the sender: what became of each row, and why it was not taken in.
//!
//! It holds no personal data besides the sender's own ids: reasons are masked, texts are not in it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use qingting_models::records::RowPlace;
use qingting_models::store::Fate;
use qingting_models::text::{mask, sheet_cell};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use crate::plain;

/// Rows of one sheet of a workbook besides the header.
const SHEET_ROWS: u32 = 1_000_000;
const HEADERS: [&str; 6] = ["行号", "工作表", "编号", "结果", "列", "原因"];
const WIDTHS: [f64; 6] = [8.0, 16.0, 24.0, 8.0, 16.0, 60.0];

/// An outcome sheet that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutcomeError {
    #[error("the outcome sheet must end in .xlsx or .csv; {} does not", .0.display())]
    Kind(PathBuf),
    #[error("the outcome sheet {} cannot be written: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("the outcome sheet {} cannot be written: {source}", path.display())]
    Workbook { path: PathBuf, source: XlsxError },
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeLine {
    pub place: RowPlace,
    /// The sender's own number.
    pub external_id: Option<String>,
    /// `None` for a row that was sent back with a reason.
    pub fate: Option<Fate>,
    /// Why it was not taken in, as the reader says it.
    pub reason: Option<String>,
}

impl OutcomeLine {
    fn cells(&self) -> [String; 6] {
        let outcome = match self.fate {
            Some(Fate::New) => "新收",
            Some(Fate::Updated) => "更新",
            Some(Fate::Unchanged) => "未变",
            None => "退回",
        };
        let masked = |text: &str| mask(text).text;
        [
            self.place.row.to_string(),
            self.place.sheet.as_deref().map(masked).unwrap_or_default(),
            self.external_id.clone().unwrap_or_default(),
            outcome.to_owned(),
            self.place.column.as_deref().map(masked).unwrap_or_default(),
            self.reason.as_deref().map(|reason| masked(&plain::told(reason).text)).unwrap_or_default(),
        ]
    }
}

/// Writes an outcome sheet row by row; it appears under its name when it is finished.
pub struct OutcomeSheet {
    path: PathBuf,
    form: Form,
}

enum Form {
    Csv { part: PathBuf, writer: Box<csv::Writer<File>> },
    Xlsx { part: PathBuf, book: Box<Workbook>, sheets: usize, row: u32 },
}

impl OutcomeSheet {
    /// Begins a sheet; the ending of the name, .csv or .xlsx, says its kind.
    ///
    /// # Errors
    /// When the name ends otherwise or the file cannot be made.
    pub fn create(path: &Path) -> Result<Self, OutcomeError> {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let part = path.with_file_name(format!(".{name}.part"));
        let fail = |source| OutcomeError::Io { path: path.to_owned(), source };
        let form = match ending.as_str() {
            "csv" => {
                let mut file = File::create(&part).map_err(fail)?;
                // Spreadsheets take a CSV without a byte order mark for GBK.
                io::Write::write_all(&mut file, "\u{feff}".as_bytes()).map_err(fail)?;
                Form::Csv { part, writer: Box::new(csv::Writer::from_writer(file)) }
            }
            "xlsx" => {
                File::create(&part).map_err(fail)?;
                Form::Xlsx { part, book: Box::new(Workbook::new()), sheets: 0, row: SHEET_ROWS }
            }
            _ => return Err(OutcomeError::Kind(path.to_owned())),
        };
        let mut sheet = Self { path: path.to_owned(), form };
        if let Form::Csv { writer, .. } = &mut sheet.form {
            writer.write_record(HEADERS).map_err(|e| fail(e.into()))?;
        }
        Ok(sheet)
    }

    /// Adds a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, line: &OutcomeLine) -> Result<(), OutcomeError> {
        let cells = line.cells();
        match &mut self.form {
            Form::Csv { writer, .. } => {
                let record = cells.iter().map(|cell| sheet_cell(cell));
                writer
                    .write_record(record)
                    .map_err(|e| OutcomeError::Io { path: self.path.clone(), source: e.into() })
            }
            Form::Xlsx { book, sheets, row, .. } => xlsx_line(book, sheets, row, &cells)
                .map_err(|source| OutcomeError::Workbook { path: self.path.clone(), source }),
        }
    }

    /// Ends the sheet and puts it under its name; one that stands there is replaced.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<(), OutcomeError> {
        let path = self.path;
        let fail = |source| OutcomeError::Io { path: path.clone(), source };
        let part = match self.form {
            Form::Csv { part, writer } => {
                let file = writer.into_inner().map_err(|e| fail(e.into_error()))?;
                file.sync_all().map_err(fail)?;
                part
            }
            Form::Xlsx { part, mut book, mut sheets, row } => {
                let told = |source| OutcomeError::Workbook { path: path.clone(), source };
                if row == SHEET_ROWS && sheets == 0 {
                    begin(&mut book, &mut sheets).map_err(told)?;
                }
                book.save(&part).map_err(told)?;
                part
            }
        };
        fs::rename(part, &path).map_err(fail)
    }
}

fn xlsx_line(
    book: &mut Workbook,
    sheets: &mut usize,
    row: &mut u32,
    cells: &[String; 6],
) -> Result<(), XlsxError> {
    if *row == SHEET_ROWS {
        begin(book, sheets)?;
        *row = 0;
    }
    *row += 1;
    let sheet = book.worksheet_from_index(*sheets - 1)?;
    // As strings, so that nothing in them is a formula.
    cells.iter().zip(0..).try_for_each(|(cell, column)| sheet.write_string(*row, column, cell).map(|_| ()))
}

fn begin(book: &mut Workbook, sheets: &mut usize) -> Result<(), XlsxError> {
    *sheets += 1;
    // Rows go to a file of their own at once instead of staying in memory.
    let sheet: &mut Worksheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name(if *sheets == 1 { "结果".to_owned() } else { format!("结果{sheets}") })?;
    let bold = Format::new().set_bold();
    for ((header, width), column) in HEADERS.iter().zip(WIDTHS).zip(0..) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, *header, &bold)?;
    }
    Ok(())
}
