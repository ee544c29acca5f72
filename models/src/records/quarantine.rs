//! Rows that could not be read, and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::words;
use crate::ids::{QuarantineId, SealedId, SourceId};

words! {
    /// What kind of fault put a row into quarantine; rows of one kind can be replayed or dismissed together.
    RejectKind {
        Time => "time", "时间读不懂";
        NoText => "no_text", "没有标题和正文";
        Width => "width", "列数不对";
        Line => "line", "这一行断不开";
        Header => "header", "认不出各列";
        Entry => "entry", "订阅条目损坏";
        Field => "field", "字段不合要求";
        Other => "other", "其他";
    }
}

words! {
    /// What the sealed original of a quarantined row is, so that it can be shown, mended and read again.
    RejectForm {
        /// An object of a sheet's headers and cells.
        Row => "row", "表格行";
        /// `{"line": text, "headers": [...]}`: a line of a text file that could not be split.
        Line => "line", "文本行";
        /// `{"markup": text}`: an entry of a feed as it was written.
        Markup => "markup", "订阅条目原文";
        /// The JSON record that a sender pushed or an interface gave.
        Json => "json", "接口记录";
        /// The entry of a feed or page after reading.
        Entry => "entry", "条目";
    }
}

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
    pub kind: RejectKind,
    pub form: RejectForm,
    /// What is wrong and what is allowed.
    pub reason: String,
    pub sealed: SealedId,
    /// How the row left the quarantine; `None` while it waits there.
    pub closed: Option<ClosedRow>,
}

/// How a quarantined row was dealt with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedRow {
    pub at: Timestamp,
    /// True when it was read after all, false when it was dismissed.
    pub replayed: bool,
    /// The reason given.
    pub note: Option<String>,
}
