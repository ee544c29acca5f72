//! Hotline and complaint sheets: CSV, XLSX and JSON lines to records, row by row.

mod csv;
mod header;
mod jsonl;
mod map;
mod read;
mod rows;
mod sniff;
mod table;
pub mod times;
mod xlsx;

pub use header::{HeaderError, Meaning};
pub use map::{BadMap, ColumnMap};
pub use read::{SheetError, read};
pub use rows::BadRow;
pub use sniff::SheetFormat;
pub use table::{Batch, SheetSummary};
