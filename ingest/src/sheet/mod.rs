//! Hotline and complaint sheets: CSV, XLSX, XLS, ODS and JSON lines to records, row by row.

mod csv;
mod header;
mod jsonl;
mod map;
mod meaning;
mod merge;
mod ods;
mod preview;
mod read;
mod reread;
mod rows;
mod sniff;
mod summary;
mod table;
pub mod times;
mod unpack;
mod words;
mod xls;
mod xlsx;

pub use header::HeaderError;
pub use map::{BadMap, ColumnMap};
pub use meaning::Meaning;
pub use preview::{SheetPreview, TablePreview, preview};
pub use read::{SheetError, read};
pub use reread::{line, row};
pub use rows::{BadRow, Fault};
pub use sniff::SheetFormat;
pub use summary::{Batch, ColumnSummary, SheetSummary, TableSummary};
pub use words::SURE;

/// What a header or label means that is one of the usual words.
pub(crate) fn means(header: &str) -> Option<Meaning> {
    words::Words::get().exact(header).map(|guess| guess.meaning)
}

/// The personal meaning of a header or label, if it has one.
pub fn personal_column(header: &str) -> Option<Meaning> {
    words::Words::get().guess(header).map(|guess| guess.meaning).filter(|meaning| meaning.is_personal())
}
