//! Open clocks follow the calendar and the deadline rules: where those changed, every open case is worked out anew.

use std::hash::{DefaultHasher, Hash, Hasher};

use qingting_models::ids::CaseId;
use qingting_models::records::Viewer;
use qingting_models::store::{CaseFilter, Page, StoreError};

use super::Desk;
use crate::acting::ActingUser;
use crate::action::Action;
use crate::decide::decide;

/// Cases of one page.
const PAGE: i64 = 200;
/// How many open cases a trial looks at, and of how many it tells.
const TRIED: usize = 2_000;
const EXAMPLES: usize = 5;

/// What other rules would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RulesTrial {
    /// Open cases of which a due time would move.
    pub cases: usize,
    /// Numbers of some with what their timelines would say.
    pub examples: Vec<(String, String)>,
}

impl Desk {
    /// Works out the clocks of all open cases anew if the calendar, the office hours or the deadline rules are others
    /// than those by which it was last done; how many cases changed, `None` when there was no need. Each change stands
    /// in the case's timeline and in the log. May be killed anywhere and run by several at once.
    ///
    /// # Errors
    /// When the store fails; what was done stays done, and the rest is done at the next call.
    pub async fn follow_rules(&self) -> Result<Option<usize>, StoreError> {
        let rules = self.rules_of_clocks();
        let before = self.store().counted_by().await?;
        if before.as_deref() == Some(rules.as_str()) {
            return Ok(None);
        }
        let changed = self.recount_open().await?;
        self.store().note_counted_by(&rules).await?;
        Ok(Some(changed))
    }

    async fn recount_open(&self) -> Result<usize, StoreError> {
        let filter = CaseFilter { open_only: true, ..CaseFilter::default() };
        let mut page = Page { before: None, size: PAGE };
        let mut changed = 0;
        loop {
            let listing = self.store().cases(&Viewer::SYSTEM, &filter, page).await?;
            for case in &listing.rows {
                changed += usize::from(self.recount(case.id).await?);
            }
            match listing.next {
                Some(before) => page.before = Some(before),
                None => return Ok(changed),
            }
        }
    }

    /// Works out the clocks of one case; whether any changed. Should somebody act at this moment, the case is read again.
    async fn recount(&self, case: CaseId) -> Result<bool, StoreError> {
        loop {
            let Some(file) = self.store().case_file(&Viewer::SYSTEM, case).await? else { return Ok(false) };
            let Ok(change) = decide(&file, &Action::Recount, &ActingUser::system(), &self.ctx()) else {
                return Ok(false);
            };
            match self.store().save_case(file.case.version, change).await {
                Ok(()) => return Ok(true),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What [`Desk::follow_rules`] would change by these rules; nothing is written. At most [`TRIED`] open cases are
    /// looked at, the newest, and none that is confidential.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn try_rules(&self) -> Result<RulesTrial, StoreError> {
        let filter = CaseFilter { open_only: true, ..CaseFilter::default() };
        let mut page = Page { before: None, size: PAGE };
        let (mut trial, mut looked) = (RulesTrial::default(), 0);
        while looked < TRIED {
            let listing = self.store().cases(&Viewer::OPEN, &filter, page).await?;
            looked += listing.rows.len();
            for case in &listing.rows {
                let Some(file) = self.store().case_file(&Viewer::OPEN, case.id).await? else { continue };
                let Ok(change) = decide(&file, &Action::Recount, &ActingUser::system(), &self.ctx()) else {
                    continue;
                };
                trial.cases += 1;
                if trial.examples.len() < EXAMPLES {
                    let note = change.timeline.last().map(|line| line.note.clone()).unwrap_or_default();
                    trial.examples.push((case.number.clone(), note));
                }
            }
            match listing.next {
                Some(before) => page.before = Some(before),
                None => break,
            }
        }
        Ok(trial)
    }

    /// What due times are worked out by, in short.
    fn rules_of_clocks(&self) -> String {
        let county = self.county();
        let mut hasher = DefaultHasher::new();
        format!("{:?}{:?}{:?}", county.calendar, county.settings, county.deadline_rules).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}
