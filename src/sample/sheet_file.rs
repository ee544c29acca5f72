//! A sheet on its way to disk, row by row: CSV in the encodings that senders use, or a workbook.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use encoding_rs::{Encoding, GB18030, UTF_8};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};

use super::senders::SheetForm;

/// A cell.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Text(String),
    /// Epoch seconds with the way they are written in CSV; a date in a workbook.
    Time(i64, String),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Text(text) | Self::Time(_, text) => text,
        }
    }
}

pub(super) enum SheetFile {
    Csv { out: BufWriter<File>, encoding: &'static Encoding, quotes: bool },
    Xlsx { book: Box<Workbook>, row: u32, path: PathBuf },
}

impl SheetFile {
    /// # Errors
    /// When the file cannot be made.
    pub(super) fn create(path: &Path, form: SheetForm) -> Result<Self> {
        if form == SheetForm::Xlsx {
            let mut book = Workbook::new();
            // Each row goes to a temporary file as soon as the next begins.
            book.add_worksheet_with_constant_memory()?;
            // Without a time of its own the workbook would carry the machine's.
            let made = ExcelDateTime::from_ymd(2026, 1, 1)?;
            book.set_properties(&DocProperties::new().set_creation_datetime(&made));
            return Ok(Self::Xlsx { book: Box::new(book), row: 0, path: path.to_owned() });
        }
        let file = File::create(path).with_context(|| format!("{} cannot be made", path.display()))?;
        let mut out = BufWriter::with_capacity(1 << 17, file);
        let (encoding, quotes) = match form {
            SheetForm::Gb18030 => (GB18030, false),
            _ => (UTF_8, true),
        };
        if form == (SheetForm::Utf8 { mark: true }) {
            out.write_all("\u{feff}".as_bytes())?;
        }
        Ok(Self::Csv { out, encoding, quotes })
    }

    pub(super) fn row(&mut self, cells: &[Cell]) -> Result<()> {
        match self {
            Self::Csv { out, encoding, quotes } => {
                let cells: Vec<String> = cells.iter().map(|cell| quoted(cell.shown(), *quotes)).collect();
                write_line(out, encoding, &cells.join(","))
            }
            Self::Xlsx { book, row, .. } => {
                let sheet = book.worksheet_from_index(0)?;
                write_cells(sheet, *row, cells)?;
                *row += 1;
                Ok(())
            }
        }
    }

    /// A line as it stands, whatever it holds; a workbook has no lines and passes it over.
    pub(super) fn line(&mut self, line: &str) -> Result<()> {
        match self {
            Self::Csv { out, encoding, .. } => write_line(out, encoding, line),
            Self::Xlsx { .. } => Ok(()),
        }
    }

    /// # Errors
    /// When the disk is full.
    pub(super) fn finish(self) -> Result<()> {
        match self {
            Self::Csv { mut out, .. } => Ok(out.flush()?),
            Self::Xlsx { mut book, path, .. } => {
                book.save(&path).with_context(|| format!("{} cannot be written", path.display()))
            }
        }
    }
}

fn write_line(out: &mut BufWriter<File>, encoding: &'static Encoding, line: &str) -> Result<()> {
    let (bytes, _, _) = encoding.encode(line);
    out.write_all(&bytes)?;
    Ok(out.write_all(b"\r\n")?)
}

/// A cell in quotes where CSV needs them (RFC 4180); a sender that never quotes writes what needs none.
fn quoted(cell: &str, quotes: bool) -> String {
    let needs = cell.contains([',', '"', '\n', '\r']);
    match (needs, quotes) {
        (false, _) => cell.to_owned(),
        (true, true) => format!("\"{}\"", cell.replace('"', "\"\"")),
        (true, false) => cell.replace(',', "，").replace('"', "＂").replace(['\n', '\r'], ""),
    }
}

fn write_cells(sheet: &mut Worksheet, row: u32, cells: &[Cell]) -> Result<()> {
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    for (column, cell) in (0_u16..).zip(cells) {
        match cell {
            Cell::Text(text) if text.is_empty() => {}
            Cell::Text(text) => {
                sheet.write_string(row, column, text)?;
            }
            Cell::Time(at, _) => {
                // Days since 1899-12-30 on the county's wall clock.
                let serial = (at + 8 * 3600) as f64 / 86_400.0 + 25_569.0;
                sheet.write_number_with_format(row, column, serial, &date)?;
            }
        }
    }
    Ok(())
}
