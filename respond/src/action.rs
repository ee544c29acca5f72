//! What a person or the program asks to be done with a case, as it came from a form.

use jiff::Timestamp;
use qingting_models::county::DepartmentCode;
use qingting_models::records::{Outcome, Promise, PublicText, RatingGrade};
use qingting_models::text::mask;

use crate::case_table::ActionKind;
use crate::refusal::Refusal;

/// The longest text of an action, in characters.
pub const MAX_TEXT: usize = 4000;

/// An action on one open or replied case. Texts are as written; [`crate::decide::decide`] checks and masks
/// them. Opening, merging, splitting, taking in and leaving out touch more than one record and have functions of their own.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Accept,
    /// `right_department`: who is right; required ("not ours" must name who).
    SendBack {
        reason: String,
        right_department: Option<DepartmentCode>,
    },
    Reassign {
        department: DepartmentCode,
        reason: String,
    },
    Contact {
        note: String,
    },
    TellPetitioner {
        note: String,
    },
    /// `evidence`: why it is the resident who is waited for.
    Wait {
        evidence: String,
        until: Timestamp,
    },
    /// `note` may be empty.
    GoOn {
        note: String,
    },
    /// `days`: working days for hotline rules, calendar days for petitions.
    AskExtension {
        reason: String,
        days: u32,
    },
    /// `note` may be empty.
    GrantExtension {
        note: String,
    },
    RefuseExtension {
        reason: String,
    },
    /// `public_text`: what may be published, apart from the answer to the caller; what looks like personal data in it
    /// stands only with a reason.
    Submit {
        text: String,
        public_text: Option<PublicText>,
        outcome: Outcome,
        promises: Vec<Promise>,
    },
    NeedsWork {
        note: String,
    },
    /// `note` may be empty.
    Approve {
        note: String,
    },
    /// `note` may be empty.
    CallBack {
        grade: RatingGrade,
        outcome: Outcome,
        note: String,
    },
    Reopen {
        reason: String,
    },
    /// `level`: 1 yellow, 2 red, 3 leader; `note` may be empty for the program.
    Press {
        level: u32,
        note: String,
    },
    AddHelper {
        department: DepartmentCode,
        note: String,
    },
    ReleaseHelper {
        department: DepartmentCode,
        reason: String,
    },
    HelperAccept,
    HelperAnswer {
        text: String,
    },
    HelperRefuse {
        reason: String,
    },
    Decline {
        legal_reason: String,
    },
    Outside {
        authority: String,
        receipt: String,
    },
    Void {
        reason: String,
    },
    /// Whether what else comes to the incident of its item goes into the case.
    TakeIncident {
        on: bool,
    },
    /// The sender's newer sheet: its due time, and whether its state word says finished.
    Seen {
        due_at: Option<Timestamp>,
        finished: bool,
    },
    /// The calendar or the deadline rules changed: open clocks are worked out anew.
    Recount,
}

impl Action {
    /// The row of the case table that governs it.
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::Accept => ActionKind::Accept,
            Self::SendBack { .. } => ActionKind::SendBack,
            Self::Reassign { .. } => ActionKind::Reassign,
            Self::Contact { .. } => ActionKind::Contact,
            Self::TellPetitioner { .. } => ActionKind::TellPetitioner,
            Self::Wait { .. } => ActionKind::Wait,
            Self::GoOn { .. } => ActionKind::GoOn,
            Self::AskExtension { .. } => ActionKind::AskExtension,
            Self::GrantExtension { .. } => ActionKind::GrantExtension,
            Self::RefuseExtension { .. } => ActionKind::RefuseExtension,
            Self::Submit { .. } => ActionKind::Submit,
            Self::NeedsWork { .. } => ActionKind::NeedsWork,
            Self::Approve { .. } => ActionKind::Approve,
            Self::CallBack { .. } => ActionKind::CallBack,
            Self::Reopen { .. } => ActionKind::Reopen,
            Self::Press { .. } => ActionKind::Press,
            Self::AddHelper { .. } => ActionKind::AddHelper,
            Self::ReleaseHelper { .. } => ActionKind::ReleaseHelper,
            Self::HelperAccept => ActionKind::HelperAccept,
            Self::HelperAnswer { .. } => ActionKind::HelperAnswer,
            Self::HelperRefuse { .. } => ActionKind::HelperRefuse,
            Self::Decline { .. } => ActionKind::Decline,
            Self::Outside { .. } => ActionKind::Outside,
            Self::Void { .. } => ActionKind::Void,
            Self::TakeIncident { .. } => ActionKind::TakeIncident,
            Self::Seen { .. } => ActionKind::Seen,
            Self::Recount => ActionKind::Recount,
        }
    }
}

/// A text that must be there, trimmed and masked.
///
/// # Errors
/// [`Refusal::Missing`] or [`Refusal::TooLong`], which name the field.
pub(crate) fn required(field: &'static str, text: &str) -> Result<String, Refusal> {
    let masked = optional(field, text)?;
    if masked.is_empty() { Err(Refusal::Missing(field)) } else { Ok(masked) }
}

/// A text that may be empty, trimmed and masked.
///
/// # Errors
/// [`Refusal::TooLong`], which names the field.
pub(crate) fn optional(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let got = text.chars().count();
    if got > MAX_TEXT {
        return Err(Refusal::TooLong { field, got, max: MAX_TEXT });
    }
    Ok(mask(text).text)
}
