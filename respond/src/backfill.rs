//! The sheet of answers that goes back to a sender, in the sender's own columns.

use std::collections::HashMap;

use jiff::Timestamp;
use qingting_models::clock::{local, minute_text};
use qingting_models::ids::{BackfillBatchId, CaseId};
use qingting_models::records::{
    Actor, BackfillColumns, BackfillField, BackfillLine, CaseFile, ReplyReview, Viewer,
};
use qingting_models::store::StoreError;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use crate::desk::Desk;

/// The widest a column is made, in characters.
const WIDEST: f64 = 60.0;

/// A sheet of answers, or why there is none.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    #[error("the sheet cannot be written: {0}")]
    Sheet(#[from] XlsxError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A workbook that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillSheet {
    /// `回填-SOURCE-20261129-0930.xlsx`.
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Desk {
    /// The workbook of a batch with the answers as they were written, which is logged. Every cell is text, so that none is
    /// taken for a formula.
    ///
    /// # Errors
    /// [`BackfillError`]; nothing was handed out then.
    pub async fn backfill_sheet(
        &self,
        viewer: &Viewer,
        batch: BackfillBatchId,
        actor: Actor,
    ) -> Result<BackfillSheet, BackfillError> {
        let store = self.store();
        let (made, lines) = store.open_backfill(viewer, batch, actor).await?;
        let columns = store.backfill_columns(made.source).await?;
        let source = store.source(made.source).await?.ok_or(StoreError::NotFound("source"))?;
        let mut files = HashMap::new();
        if columns.columns.iter().any(|c| matches!(c.field, BackfillField::Rating | BackfillField::Contacted))
        {
            for (line, _) in &lines {
                if let Some(file) = store.case_file(viewer, line.case).await? {
                    files.insert(line.case, file);
                }
            }
        }
        let row = |(line, text): &(BackfillLine, String)| -> Vec<String> {
            columns.columns.iter().map(|c| self.cell(c.field, line, text, &files)).collect()
        };
        let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
        let at = local(made.made_at).strftime("%Y%m%d-%H%M").to_string();
        let safe: String = source.name.chars().filter(|c| c.is_alphanumeric()).take(30).collect();
        Ok(BackfillSheet { name: format!("回填-{safe}-{at}.xlsx"), bytes: workbook(&columns, &rows)? })
    }

    fn cell(
        &self,
        field: BackfillField,
        line: &BackfillLine,
        text: &str,
        files: &HashMap<CaseId, CaseFile>,
    ) -> String {
        let file = files.get(&line.case);
        match field {
            BackfillField::Number => line.external_id.clone(),
            BackfillField::Case => line.case_number.clone(),
            BackfillField::Answer => text.to_owned(),
            BackfillField::Answered => approved_at(line).map(minute_text).unwrap_or_default(),
            BackfillField::Department => {
                let department = self.county().departments.by_code(&line.reply.department);
                department.map_or_else(|| line.reply.department.to_string(), |d| d.name.clone())
            }
            BackfillField::Outcome => line.reply.outcome.label().to_owned(),
            BackfillField::Rating => file
                .and_then(|file| file.ratings.iter().rfind(|rating| Some(rating.at) >= approved_at(line)))
                .map(|rating| rating.grade.label().to_owned())
                .unwrap_or_default(),
            BackfillField::Title => line.title.clone(),
            BackfillField::Contacted => file
                .and_then(|file| file.timeline.iter().find(|entry| entry.action == "contact"))
                .map(|entry| minute_text(entry.at))
                .unwrap_or_default(),
            BackfillField::Empty => String::new(),
        }
    }
}

fn approved_at(line: &BackfillLine) -> Option<Timestamp> {
    match line.reply.review {
        ReplyReview::Approved { at, .. } => Some(at),
        _ => None,
    }
}

fn workbook(columns: &BackfillColumns, rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("回填")?.set_freeze_panes(1, 0)?;
    let (head, wrapped) = (Format::new().set_bold(), Format::new().set_text_wrap());
    for (place, column) in (0u16..).zip(&columns.columns) {
        let wide = column.field == BackfillField::Answer || column.field == BackfillField::Title;
        sheet.set_column_width(place, if wide { WIDEST } else { 20.0 })?;
        sheet.write_string_with_format(0, place, &column.header, &head)?;
    }
    for (line, row) in (1u32..).zip(rows) {
        for (place, cell) in (0u16..).zip(row) {
            sheet.write_string_with_format(line, place, cell, &wrapped)?;
        }
    }
    book.save_to_buffer()
}
