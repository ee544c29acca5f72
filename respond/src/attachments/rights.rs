//! Who may do what with the files of a case.

use qingting_models::records::{Attachment, CaseFile, HelperState};

use super::{AttachmentError, AttachmentRefusal};
use crate::acting::ActingUser;

/// Whether the user works on the case: keeps its desk, handles it for the lead or a department that helps, or reviews for
/// the lead. They see its files, also after it has ended.
pub fn works_on(file: &CaseFile, who: &ActingUser) -> bool {
    let case = &file.case;
    let helps = |state| !matches!(state, HelperState::Refused | HelperState::Released);
    who.keeps_desk(case.confidential)
        || who.handles_for(&case.lead)
        || who.reviews_for(&case.lead)
        || case.helpers.iter().any(|helper| helps(helper.state) && who.handles_for(&helper.department))
}

/// Whether the user may add a file now.
///
/// # Errors
/// [`AttachmentError::NotFound`] for who does not work on the case, [`AttachmentRefusal::Ended`].
pub fn may_add(file: &CaseFile, who: &ActingUser) -> Result<(), AttachmentError> {
    match (works_on(file, who), file.case.state.is_open()) {
        (false, _) => Err(AttachmentError::NotFound),
        (true, false) => Err(AttachmentRefusal::Ended.into()),
        (true, true) => Ok(()),
    }
}

/// Whether a file that the user adds can go with a reply: that of the lead department, which is the one that is reviewed.
pub fn goes_with_reply(file: &CaseFile, who: &ActingUser) -> bool {
    who.handles_for(&file.case.lead)
}

/// Whether a reason has to be given to open a file: while the case is open, it is the reason.
pub fn needs_reason(file: &CaseFile) -> bool {
    !file.case.state.is_open()
}

/// How somebody may remove a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Just so: it is one's own, and the case is open.
    Own,
    WithReason,
}

/// How the user may remove a file of the case, if at all.
pub fn removal(file: &CaseFile, attachment: &Attachment, who: &ActingUser) -> Option<Removal> {
    let own = attachment.added_by == who.actor && file.case.state.is_open();
    match (own, who.keeps_desk(file.case.confidential)) {
        (true, _) => Some(Removal::Own),
        (false, true) => Some(Removal::WithReason),
        (false, false) => None,
    }
}
