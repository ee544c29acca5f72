//! Counts the rates by department, and draws the facts of cases that were stored without them.

use std::collections::BTreeMap;

use qingting_models::county::DepartmentCode;
use qingting_models::records::{Period, Rate, RateCount, Viewer};
use qingting_models::store::{CaseFilter, Page, StoreError};

use super::{Story, facts};
use crate::desk::Desk;

/// The definitions by which facts are drawn. Whoever changes what a rate counts counts this on, and the facts of all
/// stored cases are drawn anew.
const DEFINITIONS: &str = "1";
/// Cases of one page, which are one transaction.
const PAGE: i64 = 200;

/// The rates of each department in a period; `None` is the duty desk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DepartmentRates {
    counts: BTreeMap<(Option<DepartmentCode>, Rate), RateCount>,
}

impl DepartmentRates {
    /// A rate of one department, or of the duty desk.
    pub fn of(&self, department: Option<&DepartmentCode>, rate: Rate) -> RateCount {
        self.counts.get(&(department.cloned(), rate)).copied().unwrap_or_default()
    }

    /// A rate over all, the duty desk with them.
    pub fn over_all(&self, rate: Rate) -> RateCount {
        let counts = self.counts.iter().filter(|((_, of), _)| *of == rate);
        counts.fold(RateCount::default(), |sum, (_, count)| sum.plus(*count))
    }

    /// Whether anything is charged to it.
    pub fn has(&self, department: Option<&DepartmentCode>) -> bool {
        self.counts.keys().any(|(code, _)| code.as_ref() == department)
    }

    /// Every department with anything charged to it.
    pub fn departments(&self) -> impl Iterator<Item = &DepartmentCode> {
        let mut codes: Vec<&DepartmentCode> =
            self.counts.keys().filter_map(|(code, _)| code.as_ref()).collect();
        codes.dedup();
        codes.into_iter()
    }
}

impl Desk {
    /// The rates of a period, of what counts for the viewer.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rates(&self, viewer: &Viewer, period: Period) -> Result<DepartmentRates, StoreError> {
        let figures = self.store().rate_figures(viewer, period).await?;
        let counts = figures.into_iter().map(|f| ((f.department, f.rate), f.count)).collect();
        Ok(DepartmentRates { counts })
    }

    /// Draws the facts of all stored cases if that was never done by the present definitions; of how many, `None` when
    /// there was no need. May be killed anywhere and run by several at once.
    ///
    /// # Errors
    /// When the store fails; it begins anew at the next call.
    pub async fn draw_facts(&self) -> Result<Option<usize>, StoreError> {
        if self.store().facts_drawn_by().await?.as_deref() == Some(DEFINITIONS) {
            return Ok(None);
        }
        let (mut page, mut done) = (Page { before: None, size: PAGE }, 0);
        loop {
            let listing = self.store().cases(&Viewer::SYSTEM, &CaseFilter::default(), page).await?;
            let mut drawn = Vec::with_capacity(listing.rows.len());
            for case in &listing.rows {
                let Some(file) = self.store().case_file(&Viewer::SYSTEM, case.id).await? else { continue };
                let facts = facts(&Story::from(&file));
                drawn.push((file.case, facts));
            }
            self.store().redraw_facts(&drawn).await?;
            done += drawn.len();
            match listing.next {
                Some(before) => page.before = Some(before),
                None => break,
            }
        }
        self.store().note_facts_drawn_by(DEFINITIONS).await?;
        Ok(Some(done))
    }
}
