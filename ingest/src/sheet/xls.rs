//! Reads old Excel workbooks (BIFF8 and BIFF5 in a compound file), which are held in memory whole.
//!
//! The reader lays each sheet out as a full rectangle, so one far cell costs as much as a full sheet. The
//! records are therefore looked through first: [MS-XLS] 2.1.4, a type and a length of two bytes each.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use calamine::{Data, Reader, Xls, XlsError};

use super::merge::Merges;
use super::read::SheetError;
use super::rows::Row;
use super::table::{Flow, Tables};
use super::xlsx::{date_text, put, visible};

/// Bytes of a workbook.
const MAX_FILE: u64 = 256 << 20;
/// Sheets times cells of the rectangle that spans all: three sheets of 65,536 rows and 80 columns. At 24 bytes a
/// cell that is 380 MB.
const MAX_CELLS: u64 = 16_000_000;

/// What a compound file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compound {
    Xls,
    /// A workbook that is encrypted with a password ([MS-OFFCRYPTO] 2.3.4.4).
    Encrypted,
    Other(&'static str),
}

/// Tells by its streams what a compound file holds.
pub(super) fn compound(path: &Path) -> Result<Compound, SheetError> {
    let file = cfb::CompoundFile::open(File::open(path).map_err(SheetError::Io)?).map_err(broken)?;
    let has = |name: &str| file.exists(format!("/{name}"));
    Ok(match () {
        () if has("EncryptedPackage") => Compound::Encrypted,
        () if has("Workbook") || has("Book") => Compound::Xls,
        () if has("WordDocument") => Compound::Other("a Word document"),
        () if has("PowerPoint Document") => Compound::Other("a PowerPoint presentation"),
        () if has("__properties_version1.0") => Compound::Other("an Outlook message"),
        () => Compound::Other("an old Office document or installer"),
    })
}

/// Reads a workbook into `tables`.
///
/// # Errors
/// When it is protected, damaged, or larger than the limits.
pub(super) fn read(path: &Path, tables: &mut Tables<'_>) -> Result<(), SheetError> {
    check(path)?;
    let file = File::open(path).map_err(SheetError::Io)?;
    let mut book = Xls::new(BufReader::new(file)).map_err(told)?;
    let since_1904 = book.has_1904_epoch();
    for name in visible(book.sheets_metadata(), tables) {
        let mut merges = Merges::default();
        for area in book.merge_cells_by_sheet_name(&name).unwrap_or_default() {
            merges.add(area.start.1 as usize, u64::from(area.start.0) + 1, u64::from(area.end.0) + 1);
        }
        let Ok(cells) = book.worksheet_range(&name) else {
            tables.summary.charts.push(name);
            continue;
        };
        tables.begin(name);
        let (top, left) = cells.start().unwrap_or_default();
        let mut flow = Flow::On;
        for (number, line) in (u64::from(top) + 1..).zip(cells.rows()) {
            let mut row = Row { number, since_1904, ..Row::default() };
            line.iter().zip(left as usize..).for_each(|(cell, column)| put(&mut row, column, written(cell)));
            merges.fill(&mut row);
            flow = tables.row(row);
            if flow != Flow::On {
                break;
            }
        }
        if flow == Flow::Stop {
            break;
        }
        tables.end_sheet();
    }
    Ok(())
}

/// A cell's value as text.
fn written(value: &Data) -> String {
    match value {
        Data::DateTime(at) if at.is_datetime() => date_text(at),
        Data::Error(_) => String::new(),
        other => other.to_string(),
    }
}

/// Looks through the records for a password and for sheets that would not fit into memory.
fn check(path: &Path) -> Result<(), SheetError> {
    let file = File::open(path).map_err(SheetError::Io)?;
    if file.metadata().map_err(SheetError::Io)?.len() > MAX_FILE {
        let detail = format!("it is larger than {} MB; save it as .xlsx or CSV", MAX_FILE >> 20);
        return Err(SheetError::Broken { format: "XLS", detail });
    }
    let mut file = cfb::CompoundFile::open(file).map_err(broken)?;
    let name = if file.exists("/Workbook") { "/Workbook" } else { "/Book" };
    let mut stream = BufReader::new(file.open_stream(name).map_err(broken)?);
    let (mut area, mut sheets, mut body) = (Area::default(), 0, Vec::new());
    while let Some(kind) = next_record(&mut stream, &mut body).map_err(broken)? {
        match kind {
            FILE_PASS => return Err(SheetError::Protected),
            // Several names may stand for the same cells, so each counts with the area of all.
            SHEET => sheets += 1,
            BLANK | NUMBER | LABEL | BOOL_ERR | FORMULA | RK | LABEL_SST | RSTRING => {
                area.take_in(&body, false)
            }
            MUL_RK | MUL_BLANK => area.take_in(&body, true),
            _ => {}
        }
        if area.cells() * sheets > MAX_CELLS {
            let detail = "its cells lie too far apart or are too many; save it as .xlsx or CSV".into();
            return Err(SheetError::Broken { format: "XLS", detail });
        }
    }
    Ok(())
}

// Record types, [MS-XLS] 2.3.1.
const FORMULA: u16 = 0x0006;
const FILE_PASS: u16 = 0x002F;
const SHEET: u16 = 0x0085;
const MUL_RK: u16 = 0x00BD;
const MUL_BLANK: u16 = 0x00BE;
const RSTRING: u16 = 0x00D6;
const LABEL_SST: u16 = 0x00FD;
const BLANK: u16 = 0x0201;
const NUMBER: u16 = 0x0203;
const LABEL: u16 = 0x0204;
const BOOL_ERR: u16 = 0x0205;
const RK: u16 = 0x027E;

/// Reads the next record's content into `body` and answers its type; `None` at the end.
fn next_record(stream: &mut impl Read, body: &mut Vec<u8>) -> io::Result<Option<u16>> {
    let mut head = [0u8; 4];
    match stream.read_exact(&mut head) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let [a, b, c, d] = head;
    body.clear();
    stream.take(u64::from(u16::from_le_bytes([c, d]))).read_to_end(body)?;
    Ok(Some(u16::from_le_bytes([a, b])))
}

/// The rectangle that a sheet's cells span.
#[derive(Debug, Default)]
struct Area {
    rows: Option<(u16, u16)>,
    columns: Option<(u16, u16)>,
}

impl Area {
    /// Takes in a cell by its record: row and column, and for several cells the last column at the end.
    fn take_in(&mut self, body: &[u8], several: bool) {
        let &[a, b, c, d, ..] = body else { return };
        let wider = |known: Option<(u16, u16)>, at: u16| {
            Some(known.map_or((at, at), |(low, high)| (low.min(at), high.max(at))))
        };
        self.rows = wider(self.rows, u16::from_le_bytes([a, b]));
        self.columns = wider(self.columns, u16::from_le_bytes([c, d]));
        if let (true, &[.., y, z]) = (several, body) {
            self.columns = wider(self.columns, u16::from_le_bytes([y, z]));
        }
    }

    fn cells(&self) -> u64 {
        let span = |known: Option<(u16, u16)>| known.map_or(0, |(low, high)| u64::from(high - low) + 1);
        span(self.rows) * span(self.columns)
    }
}

fn broken(wrong: io::Error) -> SheetError {
    SheetError::Broken { format: "XLS", detail: wrong.to_string() }
}

fn told(wrong: XlsError) -> SheetError {
    match wrong {
        XlsError::Password => SheetError::Protected,
        other => SheetError::Broken { format: "XLS", detail: other.to_string() },
    }
}
