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
/// Cases of one page, which are one transaction, and pages of one call.
const PAGE: i64 = 200;
const PAGES: usize = 5;

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

    /// Draws the facts of stored cases, newest first, until all are by the present definitions: at most a thousand at a
    /// call, so that whoever calls is not held up. How many; none when there is nothing left to do. May be killed anywhere
    /// and run by several at once.
    ///
    /// # Errors
    /// When the store fails; the next call goes on from the page that was finished last.
    pub async fn draw_facts(&self) -> Result<usize, StoreError> {
        let state = self.store().facts_drawn_by().await?.unwrap_or_default();
        if state == DEFINITIONS {
            return Ok(0);
        }
        let before = state.strip_prefix(&under_way("")).and_then(|cursor| cursor.parse().ok());
        let (mut page, mut done) = (Page { before, size: PAGE }, 0);
        for _ in 0..PAGES {
            let listing = self.store().cases(&Viewer::SYSTEM, &CaseFilter::default(), page).await?;
            let mut drawn = Vec::with_capacity(listing.rows.len());
            for case in &listing.rows {
                let Some(file) = self.store().case_file(&Viewer::SYSTEM, case.id).await? else { continue };
                let facts = facts(&Story::from(&file));
                drawn.push((file.case, facts));
            }
            self.store().redraw_facts(&drawn).await?;
            done += drawn.len();
            let state = listing.next.map_or(DEFINITIONS.to_owned(), |before| under_way(&before.to_string()));
            self.store().note_facts_drawn_by(&state).await?;
            match listing.next {
                Some(_) => page.before = listing.next,
                None => break,
            }
        }
        Ok(done)
    }
}

/// What is noted while cases before the cursor are still to be drawn.
fn under_way(cursor: &str) -> String {
    format!("{DEFINITIONS} before {cursor}")
}
