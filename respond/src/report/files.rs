//! A report as files: Word, sheet, CSV and JSON. HTML is the business of `web`.

use qingting_models::records::{
    Brief, KeptReport, ReportContent, ReportFigures, ReportItem, ReportItemFilter, ReportScope,
};
use qingting_models::store::{ItemPlace, StoreError};
use serde_json::json;

use super::annex::AnnexRow;
use super::document::Document;
use super::sheets::{SheetFile, csv_of, csv_of_annex};
use super::{Judgements, OPEN_TO_ALL, brief_document, digest, document, docx, flash};
use crate::desk::Desk;

/// So many rows of the annex stand in a document; a sheet has them all.
pub const IN_DOCUMENT: i64 = 200;
/// Rows that are read at once.
const PIECE: i64 = 2_000;

/// In which form a report goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    Html,
    Docx,
    Xlsx,
    Csv,
    Pdf,
    Json,
}

impl ReportFormat {
    pub const ALL: [Self; 6] = [Self::Html, Self::Docx, Self::Xlsx, Self::Csv, Self::Pdf, Self::Json];

    /// `docx`: what is typed, and the ending of its files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Pdf => "pdf",
            Self::Json => "json",
        }
    }
}

impl std::str::FromStr for ReportFormat {
    type Err = String;

    fn from_str(code: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.code() == code);
        found.ok_or_else(|| {
            let all = Self::ALL.map(Self::code);
            format!("\"{code}\" is no format; formats: {}", all.join(", "))
        })
    }
}

/// A report whose items can be listed.
#[derive(Debug, Clone)]
pub enum Source {
    /// As it is kept, with the items that it counted.
    Kept(Box<KeptReport>),
    /// Counted just now.
    Counted(Box<ReportFigures>),
    /// On one incident, as it is now, with its items.
    Brief(Box<Brief>, Vec<ReportItem>),
}

/// Why a file cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the sheet cannot be written: {0}")]
    Sheet(#[from] rust_xlsxwriter::XlsxError),
    #[error("the Word file cannot be written: {0}")]
    Word(#[from] zip::result::ZipError),
    #[error("the table cannot be written: {0}")]
    Csv(#[from] csv::Error),
    #[error("the figures cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// Where the annex goes on: after an item, which was the so-manyth.
type Place = (ItemPlace, i64);

impl Source {
    /// The figures of a report on days; a brief has none.
    pub fn figures(&self) -> Option<&ReportFigures> {
        match self {
            Self::Kept(kept) => kept.content.figures(),
            Self::Counted(figures) => Some(figures),
            Self::Brief(..) => None,
        }
    }

    /// How many items its annex has.
    pub fn items(&self) -> i64 {
        match self {
            Self::Brief(brief, _) => brief.read,
            Self::Kept(kept) => match &kept.content {
                ReportContent::Figures(figures) => figures.totals.items.now,
                ReportContent::Brief(brief) => brief.read,
            },
            Self::Counted(figures) => figures.totals.items.now,
        }
    }

    /// Of whose matters it speaks.
    pub fn scope(&self) -> ReportScope {
        self.figures().map(|figures| figures.scope.clone()).unwrap_or_default()
    }

    /// As a document, with what the editors wrote.
    pub fn document(&self) -> Document {
        match self {
            Self::Kept(kept) => kept_document(kept),
            Self::Counted(figures) => document(figures, &Judgements::new(), None),
            Self::Brief(brief, _) => brief_document(brief, &Judgements::new(), None),
        }
    }
}

/// A kept report as a document, with what the editors wrote.
pub fn kept_document(kept: &KeptReport) -> Document {
    let number = kept.number.as_deref();
    match &kept.content {
        ReportContent::Figures(figures) => document(figures, &kept.judgements, number),
        ReportContent::Brief(brief) => brief_document(brief, &kept.judgements, number),
    }
}

impl Desk {
    /// The report as the bytes of a Word file.
    ///
    /// # Errors
    /// When the store fails or the file cannot be put together.
    pub async fn report_docx(&self, source: &Source) -> Result<Vec<u8>, FileError> {
        let (annex, _) = self.annex(source, None, IN_DOCUMENT).await?;
        Ok(docx::docx(&source.document(), &annex, source.items())?)
    }

    /// The report as a workbook, with all items.
    ///
    /// # Errors
    /// As [`Desk::report_docx`].
    pub async fn report_xlsx(&self, source: &Source) -> Result<Vec<u8>, FileError> {
        let mut file = SheetFile::begin(&source.document())?;
        let mut place = None;
        loop {
            let (rows, next) = self.annex(source, place, PIECE).await?;
            file.add(&rows)?;
            match next {
                Some(next) => place = Some(next),
                None => return Ok(file.finish()?),
            }
        }
    }

    /// Each table as a CSV file, with its name; the annex last.
    ///
    /// # Errors
    /// As [`Desk::report_docx`].
    pub async fn report_csv(&self, source: &Source) -> Result<Vec<(String, Vec<u8>)>, FileError> {
        let mut files = Vec::new();
        for table in source.document().tables() {
            files.push((format!("{}.csv", table.title), csv_of(table)?));
        }
        let (mut annex, mut place) = (Vec::new(), None);
        loop {
            let (rows, next) = self.annex(source, place, PIECE).await?;
            annex.extend(csv_of_annex(&rows, place.is_none())?);
            match next {
                Some(next) => place = Some(next),
                None => break,
            }
        }
        files.push(("附件.csv".into(), annex));
        Ok(files)
    }

    /// The figures with what the editors wrote, as JSON.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn report_json(&self, source: &Source) -> Result<serde_json::Value, FileError> {
        let told = match source {
            Source::Counted(figures) => json!({ "digest": digest(figures)?, "figures": figures }),
            Source::Brief(brief, items) => {
                let mut told = json!({ "brief": brief, "flash": flash(brief) });
                told["brief"]["items"] = json!(items);
                told
            }
            Source::Kept(kept) => {
                let mut told = match &kept.content {
                    ReportContent::Figures(figures) => json!({ "figures": figures }),
                    ReportContent::Brief(brief) => json!({ "brief": brief, "flash": flash(brief) }),
                };
                told["number"] = json!(kept.number);
                told["state"] = json!(kept.state);
                told["digest"] = json!(kept.digest);
                told["judgements"] = json!(kept.judgements);
                told
            }
        };
        Ok(told)
    }

    /// A piece of the annex: at most `limit` rows after a place, and where the next one goes on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn annex(
        &self,
        source: &Source,
        after: Option<Place>,
        limit: i64,
    ) -> Result<(Vec<AnnexRow>, Option<Place>), StoreError> {
        let (place, before) = after.unzip();
        let items = match source {
            Source::Kept(kept) => self.store().kept_items(kept.id, place, limit).await?,
            Source::Counted(figures) => {
                let filter = ReportItemFilter::of_days(figures.span.from, figures.span.to);
                self.store().report_items(&OPEN_TO_ALL, &figures.scope, &filter, place, limit).await?
            }
            Source::Brief(_, items) => {
                let after = |item: &&ReportItem| place.is_none_or(|place| (item.at, item.item) > place);
                let limit = usize::try_from(limit).unwrap_or(0);
                items.iter().filter(after).take(limit).cloned().collect()
            }
        };
        let before = before.unwrap_or(0);
        let full = i64::try_from(items.len()).is_ok_and(|n| n == limit);
        let next = items.last().filter(|_| full).map(|item| ((item.at, item.item), before + limit));
        let row = |(n, item): (i64, ReportItem)| AnnexRow::of(self.county(), n, item);
        Ok(((before + 1..).zip(items).map(row).collect(), next))
    }
}
