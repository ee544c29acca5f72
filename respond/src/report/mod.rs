//! Reports: the one place that says what each of their figures counts.
//!
//! A report counts what is open to all: items that are judged and not confidential, and cases that are not confidential. An
//! item belongs to the day on which its matter was reported to the platform (a date after its arrival counts as its arrival),
//! so a sheet that comes late still falls into the week that it tells of. Everything is counted from one state of the
//! database, at the **cut-off**; what changes later is in a later count.
//!
//! | figure | what it counts |
//! | --- | --- |
//! | 信息 `items` | items of the days |
//! | 新闻 `news`, 诉求 `demands` | of those the ones of the channel news; all others |
//! | 紧急 `urgent` | of those the ones of urgency 2 |
//! | 事件 `incidents` | incidents with at least one item of the days |
//! | 新事件 `new_incidents` | of those the ones whose first item is of the days |
//! | 重复诉求 `repeats` | demands beyond the first of the days in their incident |
//! | 新立工单 `opened` | cases that were opened in the days and are not void ([`Rate::Repeated`]'s denominator) |
//! | 到期 `due`, 按时 `on_time` | rounds of work that fell due in the days, and of those the ones answered in time ([`Rate::OnTime`]) |
//! | 评价 `rated`, 满意 `satisfied` | [`Rate::Satisfied`] |
//! | 在办 `open`, 超期 `overdue` | cases open at the cut-off; of those the ones past their due time |
//! | 集中的诉求 `concentrated` | demands of one topic in one town, from five on |
//! | 诉求去向 `flow` | demands of the days by channel, lead and what the case came to by the cut-off |
//!
//! **Held against**: the days before, the same days of the year before ([`ReportSpan::before`], [`ReportSpan::year_ago`]),
//! and for each day the mean of the same weekday in the eight weeks before, of which only days of the same kind (working day,
//! day off) count. Where the store does not reach back so far there is no figure, never a nought.
//! Whether a difference is told as one: see [`trend`].
//!
//! **Forecast** of the days after: for each day the mean of the same weekday in the last four weeks; its error is that of the
//! same forecast for each of the up to eight stretches of as many days before, summed without sign, as a share of what came.
//!
//! **Expected** on-time rate of a department: the on-time rate of the county for each topic, weighted by the department's own
//! rounds of work (indirect standardisation): what it would be, had each topic gone as everywhere.
//!
//! [`Rate::Repeated`]: qingting_models::records::Rate::Repeated
//! [`Rate::OnTime`]: qingting_models::records::Rate::OnTime
//! [`Rate::Satisfied`]: qingting_models::records::Rate::Satisfied
//! [`ReportSpan::before`]: qingting_models::records::ReportSpan::before
//! [`ReportSpan::year_ago`]: qingting_models::records::ReportSpan::year_ago

pub mod annex;
mod brief;
mod chapters;
pub mod document;
mod docx;
pub mod drawing;
mod emf;
mod figures;
mod files;
mod forecast;
mod keeping;
mod kept_brief;
mod pdf;
mod sheets;
mod svg;
pub mod trend;

pub use brief::{brief_document, flash};
pub use chapters::{Judgements, document};
pub use docx::file_name;
pub use files::{FileError, IN_DOCUMENT, ReportFormat, Source, kept_document};
pub use keeping::{LONGEST, ReportError, last_of, may_be_done, may_do};
pub use pdf::{PdfError, makes_pdf, pdf};
pub use svg::svg;

use qingting_models::records::{ReportFigures, ReportScope, ReportSpan, Viewer};
use qingting_models::rising::{Rise, rises};
use qingting_models::store::{StoreError, WORD_DAYS, day_of};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::desk::Desk;

/// The definitions by which reports are counted, kept with each. Whoever changes what a figure counts counts this on.
pub const DEFINITION: u32 = 1;
/// How many days before its own a report counts by day: eight weeks, and as many as the forecast looks back on.
const USUAL_DAYS: i64 = 56;
/// In so many items a word stands before it can rise.
const LEAST_WORDS: i64 = 3;
/// Against so many days before words are held.
const WORDS_PAST: i64 = 28;

impl Desk {
    /// Counts a report, from what the store holds now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn report(&self, span: ReportSpan, scope: ReportScope) -> Result<ReportFigures, StoreError> {
        let past = USUAL_DAYS.max(forecast::looks_back(&span));
        let counts = self.store().report_counts(&span, &scope, past, USUAL_DAYS).await?;
        let words = match scope.is_whole() {
            true => self.risen_words(&span).await?,
            false => None,
        };
        Ok(figures::draw(self.county(), self.calendar(), span, scope, counts, words))
    }

    /// The words that rose in the days, by the day on which their items came in; `None` where they are not counted any more.
    async fn risen_words(&self, span: &ReportSpan) -> Result<Option<Vec<Rise>>, StoreError> {
        let period = span.period();
        let first = day_of(period.from);
        let last = first + i64::from(span.length()) - 1;
        if first - WORDS_PAST <= day_of(self.store().now()) - WORD_DAYS {
            return Ok(None);
        }
        let (now, before) = self.store().words_of_days((first, last), WORDS_PAST, LEAST_WORDS).await?;
        Ok(Some(rises(&before, &now, &self.county().stop_words)))
    }
}

/// Reports are read by many: what is confidential is in none.
const OPEN_TO_ALL: Viewer = Viewer { all_open: true, all_confidential: false, department: None };

/// The digest of what a report tells (figures or a brief), by which it is known to be what was approved: SHA-256 of its JSON,
/// in hexadecimal.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn digest(told: &impl Serialize) -> Result<String, serde_json::Error> {
    let json = serde_json::to_vec(told)?;
    Ok(data_encoding::HEXLOWER.encode(&Sha256::digest(json)))
}
