//! A report as sheets: one workbook, or CSV.

use qingting_models::clock::local;
use qingting_models::text::sheet_cell;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use super::annex::{AnnexRow, COLUMNS};
use super::document::{Block, Document, Table, Value};

/// Rows of a sheet of the annex; Excel knows 1,048,576.
const ROWS: u32 = 1_000_000;
/// A sheet of text has lines of so many characters.
const TEXT_WIDTH: f64 = 100.0;

/// A workbook that takes its annex piece by piece, so that a long one takes no room. Text is written as text: nothing that
/// came from outside becomes a formula.
pub(super) struct SheetFile {
    book: Workbook,
    /// Rows of the present sheet of the annex, its head with it, and how many sheets there are.
    row: u32,
    sheets: usize,
}

impl SheetFile {
    /// # Errors
    /// When the workbook cannot be written.
    pub(super) fn begin(document: &Document) -> Result<Self, XlsxError> {
        let mut book = Workbook::new();
        text_sheet(book.add_worksheet(), document)?;
        for table in document.tables() {
            table_sheet(book.add_worksheet(), table)?;
        }
        let mut file = Self { book, row: 0, sheets: 0 };
        file.next_sheet()?;
        Ok(file)
    }

    fn next_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheets += 1;
        let name = if self.sheets == 1 { "附件".to_owned() } else { format!("附件{}", self.sheets) };
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        for (column, (head, width)) in (0u16..).zip(COLUMNS.iter().zip([8, 18, 12, 18, 14, 60, 24])) {
            sheet.set_column_width(column, width)?;
            sheet.write_string_with_format(0, column, *head, &head_format())?;
        }
        sheet.set_freeze_panes(1, 0)?;
        self.row = 1;
        Ok(())
    }

    /// Adds rows of the annex.
    ///
    /// # Errors
    /// When the workbook cannot be written.
    pub(super) fn add(&mut self, rows: &[AnnexRow]) -> Result<(), XlsxError> {
        let time = Format::new().set_num_format("yyyy-mm-dd hh:mm");
        for row in rows {
            if self.row > ROWS {
                self.next_sheet()?;
            }
            let last = self.book.worksheets().len() - 1;
            let sheet = self.book.worksheet_from_index(last)?;
            sheet.write_number(self.row, 0, row.number as f64)?;
            let at = local(row.at).datetime();
            let [year, month, day] =
                [at.year().unsigned_abs(), at.month().unsigned_abs().into(), at.day().unsigned_abs().into()];
            let value = ExcelDateTime::from_ymd(year, month as u8, day as u8)?.and_hms(
                at.hour().unsigned_abs().into(),
                at.minute().unsigned_abs(),
                f64::from(at.second()),
            )?;
            sheet.write_datetime_with_format(self.row, 1, &value, &time)?;
            let words = [row.channel, &row.topic, &row.town, &row.title, &row.case];
            for (column, text) in (2u16..).zip(words) {
                sheet.write_string(self.row, column, shortened(text))?;
            }
            self.row += 1;
        }
        Ok(())
    }

    /// The bytes of the `.xlsx` file.
    ///
    /// # Errors
    /// When the workbook cannot be written.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, XlsxError> {
        let last = self.book.worksheets().len() - 1;
        let columns = u16::try_from(COLUMNS.len() - 1).unwrap_or(0);
        let sheet = self.book.worksheet_from_index(last)?;
        sheet.autofilter(0, 0, (self.row - 1).max(1), columns)?;
        self.book.save_to_buffer()
    }
}

fn head_format() -> Format {
    Format::new()
        .set_bold()
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::Center)
        .set_background_color(0x00E7_EDF3)
}

/// The sheet of what the report says.
fn text_sheet(sheet: &mut Worksheet, document: &Document) -> Result<(), XlsxError> {
    sheet.set_name("报告")?;
    sheet.set_column_width(0, TEXT_WIDTH)?;
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let bold = Format::new().set_bold();
    let mut row = 0;
    let mut line = |text: &str, format: &Format| -> Result<(), XlsxError> {
        sheet.write_string_with_format(row, 0, shortened(text), format)?;
        row += 1;
        Ok(())
    };
    if let Some(header) = &document.header {
        line(header, &bold)?;
    }
    line(&document.title, &Format::new().set_bold().set_font_size(16))?;
    line(&document.subtitle, &wrapped)?;
    if let Some(number) = &document.number {
        line(&format!("编号 {number}"), &wrapped)?;
    }
    for text in &document.lines {
        line(text, &wrapped)?;
    }
    for chapter in &document.chapters {
        line(&chapter.title, &bold)?;
        for block in &chapter.blocks {
            match block {
                Block::Sentence(text) | Block::Judgement(text) => line(text, &wrapped)?,
                Block::Heading(text) => line(text, &bold)?,
                Block::Table(_) | Block::Chart(_) => {}
            }
        }
    }
    Ok(())
}

fn table_sheet(sheet: &mut Worksheet, table: &Table) -> Result<(), XlsxError> {
    // 31 characters without []:*?/\ are a name that Excel takes; ours are shorter and have none.
    sheet.set_name(table.title.chars().take(31).collect::<String>())?;
    let (whole, tenth, share) = (
        Format::new().set_num_format("0"),
        Format::new().set_num_format("0.0"),
        Format::new().set_num_format("0.0%"),
    );
    for (column, head) in (0u16..).zip(&table.columns) {
        sheet.set_column_width(column, f64::from(head.width).max(8.0) * 1.1)?;
        sheet.write_string_with_format(0, column, &head.name, &head_format())?;
    }
    sheet.set_freeze_panes(1, 1)?;
    let mut last = 0;
    for (row, cells) in (1u32..).zip(&table.rows) {
        last = row;
        for (column, cell) in (0u16..).zip(cells) {
            match &cell.value {
                Value::None => {}
                Value::Text(text) => {
                    sheet.write_string(row, column, shortened(text))?;
                }
                Value::Count(count) => {
                    sheet.write_number_with_format(row, column, *count as f64, &whole)?;
                }
                Value::Number(number) => {
                    sheet.write_number_with_format(row, column, *number, &tenth)?;
                }
                Value::Share(part) => {
                    sheet.write_number_with_format(row, column, *part, &share)?;
                }
            }
        }
    }
    if last > 0 {
        let columns = u16::try_from(table.columns.len().saturating_sub(1)).unwrap_or(0);
        sheet.autofilter(0, 0, last, columns)?;
    }
    if let Some(note) = &table.note {
        sheet.write_string(last + 2, 0, format!("注：{note}"))?;
    }
    Ok(())
}

/// A cell holds 32,767 characters.
fn shortened(text: &str) -> &str {
    text.char_indices().nth(32_000).map_or(text, |(at, _)| &text[..at])
}

/// A table as CSV with a mark of its encoding, as Excel and WPS want it; cells that a sheet would take for a formula begin with
/// an apostrophe.
///
/// # Errors
/// When it cannot be written.
pub(super) fn csv_of(table: &Table) -> Result<Vec<u8>, csv::Error> {
    let heads = table.columns.iter().map(|column| column.name.clone()).collect();
    let rows = table.rows.iter().map(|row| row.iter().map(|cell| csv_text(&cell.value)).collect());
    csv_rows(std::iter::once(heads).chain(rows))
}

/// The annex as CSV, its head first where `begins`.
///
/// # Errors
/// When it cannot be written.
pub(super) fn csv_of_annex(rows: &[AnnexRow], begins: bool) -> Result<Vec<u8>, csv::Error> {
    let heads = begins.then(|| COLUMNS.map(str::to_owned).to_vec());
    let rows = rows.iter().map(|row| row.cells().iter().map(|cell| sheet_cell(cell)).collect());
    let bytes = csv_rows(heads.into_iter().chain(rows))?;
    Ok(if begins { bytes } else { bytes[MARK.len()..].to_vec() })
}

/// UTF-8, for readers that else take the local encoding.
const MARK: &[u8] = "\u{feff}".as_bytes();

fn csv_rows(rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(MARK.to_vec());
    for row in rows {
        writer.write_record(&row)?;
    }
    writer.into_inner().map_err(|e| csv::Error::from(std::io::Error::other(e.to_string())))
}

fn csv_text(value: &Value) -> String {
    match value {
        Value::None => String::new(),
        Value::Text(text) => sheet_cell(text),
        other => other.text(),
    }
}
