//! Decides whether an action is allowed on a case, and what it changes. Pure: the time, the ids and the
//! county's rules are passed in, and nothing is written.

mod assign;
mod closing;
mod complained_about;
mod draft;
mod handling;
mod helping;
mod joining;
mod ready;
mod recount;
mod review;
mod together;
mod upstream;

use jiff::Timestamp;
use qingting_models::clock::local_date;
use qingting_models::county::{County, DepartmentCode};
use qingting_models::ids::IdSource;
use qingting_models::records::{CaseChange, CaseFile, state_label};

use crate::acting::ActingUser;
use crate::action::Action;
use crate::calendar::WorkCalendar;
use crate::case_sums::Sums;
use crate::case_table::{ActionKind, Row, Who, acts_as, row};
use crate::refusal::Refusal;
use draft::Draft;

pub use assign::open_case;
pub use closing::{CalledBack, call_back_one, called_back};
pub use joining::{Merge, Split, merge, split};
pub(crate) use together::title_of;
pub use together::{MAX_TAKEN, leave_out, open_case_for, take_in};

/// Waiting for the resident: at most so often in a case (DESIGN section 6).
pub const MAX_WAITS: u32 = 2;
/// Waiting for the resident: at most so many working days in all (DESIGN section 6).
pub const MAX_WAITED_DAYS: u32 = 10;

/// What a decision is made with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub now: Timestamp,
    pub ids: &'a IdSource,
    pub county: &'a County,
    pub calendar: &'a WorkCalendar,
}

impl<'a> Context<'a> {
    pub(crate) fn sums(&self) -> Sums<'a> {
        Sums::new(self.county, self.calendar)
    }

    /// The department's short name, when the county has it at `now`.
    ///
    /// # Errors
    /// [`Refusal::UnknownDepartment`].
    pub(crate) fn department(&self, code: &DepartmentCode) -> Result<&'a str, Refusal> {
        let mut there = self.county.departments.on(local_date(self.now));
        let department = there.find(|d| d.code == *code);
        department.map(|d| d.short_name.as_str()).ok_or_else(|| Refusal::UnknownDepartment(code.clone()))
    }
}

/// What the action changes of the case, or why it is refused. The case's version rises by one.
///
/// # Errors
/// A [`Refusal`]: wrong role, department or state, a missing text, a cap that is reached.
pub fn decide(
    file: &CaseFile,
    action: &Action,
    who: &ActingUser,
    ctx: &Context<'_>,
) -> Result<CaseChange, Refusal> {
    let kind = action.kind();
    let row = admit(kind, file, who)?;
    ready::check(kind, file, who)?;
    let mut draft = Draft::of(file, who, ctx);
    apply(&mut draft, row, file, action)?;
    Ok(draft.finish(kind))
}

fn apply(draft: &mut Draft<'_>, row: &Row, file: &CaseFile, action: &Action) -> Result<(), Refusal> {
    match action {
        Action::Accept => handling::accept(draft, row),
        Action::SendBack { reason, right_department } => {
            assign::send_back(draft, row, reason, right_department.as_ref())
        }
        Action::Reassign { department, reason } => assign::reassign(draft, row, department, reason),
        Action::Contact { note } => handling::noted(draft, row, "联系情况", note),
        Action::TellPetitioner { note } => handling::noted(draft, row, "告知情况", note),
        Action::Wait { evidence, until } => handling::wait(draft, row, evidence, *until),
        Action::GoOn { note } => handling::go_on(draft, row, note),
        Action::AskExtension { reason, days } => handling::ask_extension(draft, row, reason, *days),
        Action::GrantExtension { note } => handling::grant_extension(draft, row, note),
        Action::RefuseExtension { reason } => handling::refuse_extension(draft, row, reason),
        Action::Submit { text, public_text, outcome, promises } => {
            review::submit(draft, row, text, public_text.as_ref(), *outcome, promises)
        }
        Action::NeedsWork { note } => review::needs_work(draft, row, file, note),
        Action::Approve { note } => review::approve(draft, row, file, note),
        Action::CallBack { grade, outcome, note } => closing::call_back(draft, row, *grade, *outcome, note),
        Action::Reopen { reason } => closing::reopen(draft, row, reason),
        Action::Press { level, note } => handling::press(draft, row, *level, note),
        Action::AddHelper { department, note } => helping::add(draft, row, department, note),
        Action::ReleaseHelper { department, reason } => helping::release(draft, row, department, reason),
        Action::HelperAccept => helping::accept(draft, row),
        Action::HelperAnswer { text } => helping::answer(draft, row, text),
        Action::HelperRefuse { reason } => helping::refuse(draft, row, reason),
        Action::Decline { legal_reason } => closing::decline(draft, row, legal_reason),
        Action::Outside { authority, receipt } => closing::outside(draft, row, authority, receipt),
        Action::Void { reason } => closing::void(draft, row, reason),
        Action::TakeIncident { on } => together::take_incident(draft, row, *on),
        Action::Recount => recount::recount(draft, row),
        Action::Seen { due_at, finished } => upstream::seen(draft, row, *due_at, *finished),
    }
}

/// What the user may do with the case as it stands: the buttons of its page.
pub fn allowed(file: &CaseFile, who: &ActingUser) -> Vec<ActionKind> {
    let may = |kind: &ActionKind| {
        *kind != ActionKind::Assign
            && admit(*kind, file, who).and_then(|_| ready::check(*kind, file, who)).is_ok()
    };
    ActionKind::ALL.iter().copied().filter(may).collect()
}

/// The row of the action, when the user may act by it on the case in its state.
fn admit(kind: ActionKind, file: &CaseFile, who: &ActingUser) -> Result<&'static Row, Refusal> {
    let row = row(kind);
    if acts_as(row, file, who).is_none() {
        return Err(not_yours(row, file, who));
    }
    let state = file.case.state.code();
    if row.from.contains(&state) {
        return Ok(row);
    }
    let promises = matches!(kind, ActionKind::Contact | ActionKind::TellPetitioner | ActionKind::Submit);
    if promises && state == "assigned" {
        return Err(Refusal::PromiseBeforeAcceptance);
    }
    let allowed: Vec<&str> = row.from.iter().map(|code| state_label(code)).collect();
    Err(Refusal::WrongState { action: kind, state: file.case.state.label(), allowed: allowed.join("、") })
}

/// Which of the user's shortcomings to name.
fn not_yours(row: &Row, file: &CaseFile, who: &ActingUser) -> Refusal {
    let action = row.action;
    if row.who.contains(&Who::Duty) && file.case.confidential && who.keeps_desk(false) {
        return Refusal::DisciplineOnly { action };
    }
    let right_role = row.who.iter().any(|w| match w {
        Who::LeadHandler | Who::HelperHandler => who.handles(),
        Who::LeadReviewer => who.reviews(),
        Who::Duty | Who::System | Who::Leader => false,
    });
    if right_role {
        return Refusal::NotYourDepartment { action };
    }
    let allowed: Vec<&str> = row.who.iter().map(|w| w.label()).collect();
    Refusal::NotYourRole { action, allowed: allowed.join("、") }
}
