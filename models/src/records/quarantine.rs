//! Rows that could not be read, and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{QuarantineId, SealedId, SourceId};

/// Where a bad row stands: `complaints.xlsx, sheet 1, row 17, column 留言时间`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowPlace {
    /// File name or address.
    pub file: String,
    /// Name of the sheet within a workbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Row counted from 1 as a spreadsheet shows it; for feeds the entry's number.
    pub row: u64,
    /// Header of the column at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

impl std::fmt::Display for RowPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(sheet) = &self.sheet {
            write!(f, ", sheet {sheet}")?;
        }
        write!(f, ", row {}", self.row)?;
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        Ok(())
    }
}

/// A row in quarantine; its content is sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuarantinedRow {
    pub id: QuarantineId,
    pub source: SourceId,
    pub at: Timestamp,
    pub place: RowPlace,
    /// What is wrong and what is allowed.
    pub reason: String,
    pub sealed: SealedId,
}
