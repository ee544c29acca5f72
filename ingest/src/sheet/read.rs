//! Reads a sheet file of any format in batches, in flat memory for text files.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;

use encoding_rs::Encoding;

use super::csv::{CsvRow, CsvRows, separator_of};
use super::header::HeaderError;
use super::map::ColumnMap;
use super::rows::Row;
use super::sniff::{SheetFormat, format_of};
use super::summary::SheetSummary;
use super::table::{Flow, Look, Sink, Tables};
use super::{jsonl, ods, xls, xlsx};
use crate::decode::{Survey, TextReader};

/// Bytes at the start by which format and separator are told.
const START: usize = 64 * 1024;

/// A file that is no sheet.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error("cannot be read: {0}")]
    Io(#[source] io::Error),
    #[error("is empty; a sheet with a header row and rows below it is needed")]
    Empty,
    #[error("is {what}, not a sheet; allowed: CSV, TSV, XLSX, XLS, ODS, JSON lines")]
    NotASheet { what: &'static str },
    #[error("is protected by a password; save it without one, or as CSV")]
    Protected,
    #[error("is one JSON document; JSON lines, one object a line, are needed")]
    JsonDocument,
    #[error(transparent)]
    Header(HeaderError),
    #[error("is damaged or no {format} file: {detail}")]
    Broken { format: &'static str, detail: String },
}

/// Reads a sheet and hands its rows to `sink` in batches of `batch` rows until it answers false.
///
/// Rows that cannot be read are in the batch with the reason; they never stop the rest.
///
/// # Errors
/// When the file cannot be read, is no sheet, or has no header row that is recognised. A damaged workbook may
/// fail after some batches were handed on.
pub fn read(
    path: &Path,
    map: Option<&ColumnMap>,
    batch: usize,
    sink: Sink<'_>,
) -> Result<SheetSummary, SheetError> {
    read_with(path, map, batch, None, sink).map(|(_, summary)| summary)
}

/// Reads a sheet, or looks at it, and tells its format besides.
pub(super) fn read_with(
    path: &Path,
    map: Option<&ColumnMap>,
    batch: usize,
    look: Option<Look>,
    sink: Sink<'_>,
) -> Result<(SheetFormat, SheetSummary), SheetError> {
    let name =
        path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    let mut start = Vec::new();
    let file = File::open(path).map_err(SheetError::Io)?;
    file.take(START as u64).read_to_end(&mut start).map_err(SheetError::Io)?;
    let format = format_of(path, &start)?;
    let mut tables = Tables::new(&name, map, batch, sink).look(look);
    // A damaged workbook must not end the process.
    let read = AssertUnwindSafe(move || {
        match format {
            SheetFormat::Xlsx => xlsx::read(path, &mut tables),
            SheetFormat::Xls => xls::read(path, &mut tables),
            SheetFormat::Ods => ods::read(path, &mut tables),
            SheetFormat::Csv => read_csv(path, &mut tables),
            SheetFormat::JsonLines => read_json_lines(path, &mut tables),
        }?;
        tables.end()
    });
    let summary = catch_unwind(read).unwrap_or_else(|_| {
        let detail = "its parts contradict one another".into();
        Err(SheetError::Broken { format: format.name(), detail })
    })?;
    Ok((format, summary))
}

fn read_csv(path: &Path, tables: &mut Tables<'_>) -> Result<(), SheetError> {
    let text = OpenText::of(path)?;
    tables.summary.encoding = Some(text.encoding.name());
    let separator = separator_of(&text.start()?);
    let read = Rc::clone(&text.read);
    let mut rows = CsvRows::new(text.reader(), separator);
    let mut number = 0;
    while let Some(row) = rows.next_row().map_err(SheetError::Io)? {
        number += 1;
        tables.has_read(read.get());
        let flow = match row {
            CsvRow::Cells(cells) => tables.row(Row::of(number, cells)),
            CsvRow::Broken(line, why) => tables.bad_line(number, why.to_owned(), &line, Some(separator)),
        };
        if flow != Flow::On {
            break;
        }
    }
    Ok(())
}

fn read_json_lines(path: &Path, tables: &mut Tables<'_>) -> Result<(), SheetError> {
    let text = OpenText::of(path)?;
    tables.summary.encoding = Some(text.encoding.name());
    let read = Rc::clone(&text.read);
    let mut lines = super::csv::Lines::new(text.reader());
    let mut number = 0;
    while let Some(line) = lines.next_line().map_err(SheetError::Io)? {
        number += 1;
        tables.has_read(read.get());
        if line.trim().is_empty() {
            continue;
        }
        let flow = match jsonl::cells_of(&line) {
            Ok((headers, cells)) => tables.keyed_row(&headers, Row::of(number, cells)),
            Err(why) => tables.bad_line(number, why, &line, None),
        };
        if flow != Flow::On {
            break;
        }
    }
    Ok(())
}

/// A text file whose encoding is known.
struct OpenText {
    file: File,
    encoding: &'static Encoding,
    /// Bytes read so far.
    read: Rc<Cell<u64>>,
}

impl OpenText {
    /// Looks through the whole file once for its encoding, then stands at its start again.
    fn of(path: &Path) -> Result<Self, SheetError> {
        let mut file = File::open(path).map_err(SheetError::Io)?;
        let mut survey = Survey::default();
        let mut buffer = vec![0u8; START];
        loop {
            let count = file.read(&mut buffer).map_err(SheetError::Io)?;
            if count == 0 {
                break;
            }
            survey.feed(&buffer[..count]);
        }
        if survey.is_binary() {
            return Err(SheetError::NotASheet { what: "a binary file" });
        }
        let encoding = survey.choose(&[]);
        io::Seek::rewind(&mut file).map_err(SheetError::Io)?;
        Ok(Self { file, encoding, read: Rc::default() })
    }

    /// The first part of the text.
    fn start(&self) -> Result<String, SheetError> {
        let mut file = self.file.try_clone().map_err(SheetError::Io)?;
        let mut text = Vec::new();
        let reader = TextReader::new((&mut file).take(START as u64), self.encoding);
        reader.take(START as u64).read_to_end(&mut text).map_err(SheetError::Io)?;
        io::Seek::rewind(&mut file).map_err(SheetError::Io)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn reader(self) -> BufReader<TextReader<Counting>> {
        BufReader::new(TextReader::new(Counting { file: self.file, read: self.read }, self.encoding))
    }
}

/// Counts the bytes that are read.
struct Counting {
    file: File,
    read: Rc<Cell<u64>>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}
