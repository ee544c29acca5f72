//! What happens by the clock alone: waiting cases go on, and cases near or past their due time are pressed.

use jiff::Timestamp;
use qingting_models::clock::{local_date, minute_text};
use qingting_models::records::{Case, CaseFile, HelperState, Viewer};
use qingting_models::store::{CaseFilter, Page, StoreError};

use super::Desk;
use crate::acting::ActingUser;
use crate::action::Action;
use crate::case_clocks::earliest;
use crate::deadline::{Light, Running, light};
use crate::decide::decide;

/// Cases of one page of the watch.
const PAGE: i64 = 200;

/// What one round of watching did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watched {
    pub went_on: usize,
    /// Mirrored cases included.
    pub pressed: usize,
}

impl Desk {
    /// One round: lets cases go on whose waiting is over, and presses at yellow and at red, once a level.
    /// Running it again changes nothing more.
    ///
    /// # Errors
    /// When the store fails; what was done stays done.
    pub async fn tick(&self) -> Result<Watched, StoreError> {
        let now = self.store.now();
        let went_on = self.end_waiting(now).await?;
        self.map_offices().await?;
        let pressed = self.press_due(now).await? + self.press_mirrored_due(now).await?;
        Ok(Watched { went_on, pressed })
    }

    async fn end_waiting(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut done = 0;
        loop {
            let mut ended = 0;
            for id in self.store.waiting_cases_due(now).await? {
                if let Some(file) = self.store.case_file(&Viewer::SYSTEM, id).await? {
                    let action = Action::GoOn { note: "等待期满".into() };
                    ended += usize::from(self.do_by_system(&file, &action).await?);
                }
            }
            // They come by the page; what somebody else acts on at this moment is left to the next round.
            if ended == 0 {
                return Ok(done);
            }
            done += ended;
        }
    }

    async fn press_due(&self, now: Timestamp) -> Result<usize, StoreError> {
        // A clock of days turns yellow one working day ahead; a clock of hours later than that.
        let Some(until) = self.soon(now) else { return Ok(0) };
        let filter = CaseFilter { open_only: true, due_before: Some(until), ..CaseFilter::default() };
        let mut page = Page { before: None, size: PAGE };
        let mut done = 0;
        loop {
            let listing = self.store.cases(&Viewer::SYSTEM, &filter, page).await?;
            for case in listing.rows.iter().filter(|case| may_need_press(case, now)) {
                done += usize::from(self.press_case(case, now).await?);
            }
            match listing.next {
                Some(before) => page.before = Some(before),
                None => return Ok(done),
            }
        }
    }

    async fn press_case(&self, case: &Case, now: Timestamp) -> Result<bool, StoreError> {
        let Some(file) = self.store.case_file(&Viewer::SYSTEM, case.id).await? else { return Ok(false) };
        match self.needed_press(&file, now) {
            Some(action) => self.do_by_system(&file, &action).await,
            None => Ok(false),
        }
    }

    /// The press that the light of the earliest clock asks for, if it was not sent yet.
    fn needed_press(&self, file: &CaseFile, now: Timestamp) -> Option<Action> {
        let clock = earliest(&file.clocks)?;
        let rule = self.county().deadline_rules.rule_on(&clock.rule, local_date(clock.started_at))?;
        let running = Running {
            amount: rule.amount_for(file.case.urgency.into()),
            started: clock.started_at,
            due: clock.due_at,
            paused_at: None,
        };
        let (level, says) = match light(self.calendar(), &running, now).ok()? {
            Light::Green => return None,
            Light::Yellow => (1, "即将到期"),
            Light::Red => (2, "已超期"),
        };
        let mut note = format!("{}{says}，截止 {}", rule.title, minute_text(clock.due_at));
        for name in self.stalling(file) {
            note.push_str(&format!("；协办单位{name}尚未反馈"));
        }
        (file.case.pressed < level).then_some(Action::Press { level, note })
    }

    /// Helpers that have yet to answer.
    fn stalling<'a>(&'a self, file: &'a CaseFile) -> impl Iterator<Item = &'a str> {
        let waits = |state| matches!(state, HelperState::Asked | HelperState::Accepted);
        let departments = &self.county().departments;
        file.case
            .helpers
            .iter()
            .filter(move |h| waits(h.state))
            .map(|h| departments.by_code(&h.department).map_or(h.department.as_str(), |d| &d.short_name))
    }

    /// Whether the action took effect; one that someone else forestalled does not.
    async fn do_by_system(&self, file: &CaseFile, action: &Action) -> Result<bool, StoreError> {
        let Ok(change) = decide(file, action, &ActingUser::system(), &self.ctx()) else { return Ok(false) };
        match self.store.save_case(file.case.version, change).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(e) => Err(e),
        }
    }
}

/// Red once, and yellow once before it.
fn may_need_press(case: &Case, now: Timestamp) -> bool {
    match &case.due {
        Some((_, at)) if *at <= now => case.pressed < 2,
        Some(_) => case.pressed < 1,
        None => false,
    }
}
