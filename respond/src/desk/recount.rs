//! Open clocks follow the calendar and the deadline rules: where those changed, every open case is worked out anew.

use std::hash::{DefaultHasher, Hash, Hasher};

use qingting_models::records::Viewer;
use qingting_models::store::{CaseFilter, Page, StoreError};

use super::Desk;
use crate::action::Action;

/// Cases of one page.
const PAGE: i64 = 200;

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
                // Somebody may act at this moment; the case is read again then.
                for _ in 0..3 {
                    let Some(file) = self.store().case_file(&Viewer::SYSTEM, case.id).await? else { break };
                    let version = file.case.version;
                    if self.do_by_system(&file, &Action::Recount).await? {
                        changed += 1;
                        break;
                    }
                    let now = self.store().case_file(&Viewer::SYSTEM, case.id).await?;
                    if now.is_none_or(|now| now.case.version == version) {
                        break;
                    }
                }
            }
            match listing.next {
                Some(before) => page.before = Some(before),
                None => return Ok(changed),
            }
        }
    }

    /// What due times are worked out by, in short.
    fn rules_of_clocks(&self) -> String {
        let county = self.county();
        let mut hasher = DefaultHasher::new();
        format!("{:?}{:?}{:?}", county.calendar, county.settings, county.deadline_rules).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}
