//! What a page shows of a sheet before it is imported: how its columns are understood, what they lack, and the first
//! rows as they would be read.

use std::path::Path;

use qingting_ingest::prepare::prepare;
use qingting_ingest::record::RawRecord;
use qingting_ingest::sheet::{ColumnSummary, Meaning, SheetPreview, TablePreview};
use qingting_models::clock::minute_text;

use super::import_act::name_of;
use super::import_file::Uploaded;
use crate::caller::Form;
use crate::plain::{self, Told};
use crate::view::{Choice, snippet};

/// What a column without a meaning is called.
const ORDINARY: &str = "普通列（显示在事项上）";
/// Most columns whose meaning can be chosen.
pub(crate) const COLUMNS: usize = 200;

/// What an uploaded file would bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewView {
    pub file: String,
    pub name: String,
    pub rows: Option<u64>,
    pub tables: Vec<TableView>,
    /// Sheets that are not read, with the reason.
    pub passed_over: Vec<(String, &'static str)>,
    /// The columns are too unsure to import without a look.
    pub doubtful: bool,
    /// No column is known as the text or the title.
    pub unread: bool,
    /// At least one table would be read; the others wait until their columns are confirmed.
    pub ready: bool,
    /// Whether the column map saved with the source says what the columns are.
    pub mapped: bool,
}

/// A table of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableView {
    pub name: Option<String>,
    pub header_row: u64,
    /// Whether the meanings of its columns can be changed here.
    pub may_change: bool,
    pub columns: Vec<ColumnView>,
    /// What the columns lack that a person should know before the first import.
    pub lacks: Vec<&'static str>,
    /// Whether it has columns that are shown with the items as they are.
    pub ordinary: bool,
    /// The first rows, masked.
    pub rows: Vec<RowView>,
    /// Place and reason of rows that cannot be read.
    pub bad: Vec<(String, Told)>,
}

/// A row as it would be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowView {
    pub id: String,
    pub title: String,
    pub body: String,
    pub at: String,
    /// The ordinary columns with their values, as they are shown with the item.
    pub fields: Vec<(String, String)>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnView {
    pub index: usize,
    pub header: String,
    pub meaning: &'static str,
    /// The word for the meaning as it is read now; empty for an ordinary column.
    pub word: &'static str,
    /// Percent; none for an ordinary column.
    pub sure: Option<u32>,
    /// What it can mean, for the table whose columns can be changed.
    pub choices: Vec<Choice>,
}

pub(super) fn view(
    uploaded: &Uploaded,
    path: &Path,
    found: &SheetPreview,
    chosen: Option<&Form>,
) -> PreviewView {
    let passed = |names: &[String], why: &'static str| {
        names.iter().map(|name| (name.clone(), why)).collect::<Vec<_>>()
    };
    PreviewView {
        file: uploaded.id.to_string(),
        name: name_of(path),
        rows: found.rows,
        tables: found.sheets.iter().enumerate().map(|(n, table)| table_view(table, n == 0, chosen)).collect(),
        passed_over: [
            passed(&found.skipped, "没有认出表头"),
            passed(&found.hidden, "隐藏的工作表"),
            passed(&found.charts, "图表"),
        ]
        .concat(),
        doubtful: found.sheets.iter().any(TablePreview::needs_map),
        unread: !found.sheets.iter().any(TablePreview::has_text),
        ready: found.rows != Some(0) && !found.sheets.iter().all(TablePreview::needs_map),
        mapped: found.sheets.iter().any(|table| table.by_map),
    }
}

fn table_view(table: &TablePreview, may_change: bool, chosen: Option<&Form>) -> TableView {
    let meaning_of = |index: usize, column: &ColumnSummary| {
        let form = chosen.filter(|form| form.raw(&format!("h-{index}")) == column.header);
        form.map_or(column.meaning, |form| Meaning::of_word(form.text(&format!("m-{index}"))))
    };
    let column = |(index, column): (usize, &ColumnSummary)| ColumnView {
        index,
        header: column.header.clone(),
        meaning: column.meaning.map_or(ORDINARY, Meaning::chinese),
        word: column.meaning.map_or("", Meaning::word),
        sure: column.meaning.map(|_| crate::view::percent(column.confidence as f32)),
        choices: if may_change { meanings(meaning_of(index, column)) } else { Vec::new() },
    };
    TableView {
        name: table.name.clone(),
        header_row: table.header_row,
        may_change,
        columns: table.columns.iter().take(COLUMNS).enumerate().map(column).collect(),
        lacks: lacks(table),
        ordinary: table.columns.iter().any(|column| column.meaning.is_none()),
        rows: table.rows.iter().map(|(_, record)| row_view(record)).collect(),
        bad: table.bad.iter().map(|bad| (plain::place(&bad.place), plain::told(&bad.reason))).collect(),
    }
}

fn row_view(record: &RawRecord) -> RowView {
    let arrival = prepare(record.clone());
    let content = arrival.content;
    RowView {
        id: arrival.external_id.unwrap_or_default(),
        title: snippet(&content.title, 60),
        body: snippet(&content.body, 120),
        at: content.occurred_at.map(minute_text).unwrap_or_default(),
        fields: content
            .upstream
            .fields
            .iter()
            .map(|(name, value)| (name.clone(), snippet(value, 40)))
            .collect(),
    }
}

fn lacks(table: &TablePreview) -> Vec<&'static str> {
    let has =
        |meanings: &[Meaning]| table.columns.iter().any(|c| c.meaning.is_some_and(|m| meanings.contains(&m)));
    let number = (!has(&[Meaning::ExternalId])).then_some(
        "没有编号列：只好按内容辨认同一条，对方改了字就会算作新的一条。表里有编号的，请现在选上；导入以后再选，已有的会重复。",
    );
    let time = (!has(&[Meaning::Dispatched, Meaning::Occurred]))
        .then_some("没有时间列：办理时限只能从导入的时候算起。表里有派单时间或来电时间的，请选上。");
    number.into_iter().chain(time).filter(|_| table.has_text()).collect()
}

fn meanings(chosen: Option<Meaning>) -> Vec<Choice> {
    let of = |(meaning, word): &(Meaning, &'static str)| {
        Choice::new(*word, meaning.chinese(), chosen == Some(*meaning))
    };
    std::iter::once(Choice::new("", ORDINARY, chosen.is_none())).chain(Meaning::ALL.iter().map(of)).collect()
}
