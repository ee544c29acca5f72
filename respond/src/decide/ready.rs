//! What must hold before an action is offered at all, whatever is typed into its form.

use qingting_models::records::{Case, CaseFile, Channel, Helper, HelperState};

use super::MAX_WAITS;
use crate::acting::ActingUser;
use crate::case_clocks::of_rules;
use crate::case_table::{ActionKind, rule};
use crate::refusal::Refusal;

/// Red: the highest level that the program presses by itself.
pub(super) const RED: u32 = 2;

/// The conditions beyond state and role.
pub(super) fn check(kind: ActionKind, file: &CaseFile, who: &ActingUser) -> Result<(), Refusal> {
    let case = &file.case;
    match kind {
        ActionKind::SendBack if case.sent_back_by.contains(&case.lead) => Err(Refusal::SecondSendBack),
        ActionKind::TellPetitioner if case.channel != Channel::Petition => Err(Refusal::NotAPetition),
        ActionKind::TakeIn | ActionKind::TakeIncident if case.channel == Channel::Petition => {
            Err(Refusal::PetitionAlone)
        }
        ActionKind::Wait if case.waits >= MAX_WAITS => Err(Refusal::TooManyWaits { max: MAX_WAITS }),
        ActionKind::AskExtension => extension_may_be_asked(file),
        ActionKind::GrantExtension | ActionKind::RefuseExtension if !extension_is_pending(case) => {
            Err(Refusal::NoExtensionAsked)
        }
        ActionKind::Press if !who.is_person() && case.pressed >= RED => Err(Refusal::AlreadyPressed),
        ActionKind::Reopen if !who.is_person() && !last_rating_is_unsatisfied(file) => {
            Err(Refusal::Missing("不满意评价"))
        }
        ActionKind::ReleaseHelper if !case.helpers.iter().any(is_active) => {
            Err(Refusal::NoHelper(case.lead.clone()))
        }
        ActionKind::HelperAccept | ActionKind::HelperAnswer | ActionKind::HelperRefuse => {
            own_helper(case, kind, who).map(|_| ())
        }
        _ => Ok(()),
    }
}

fn extension_is_pending(case: &Case) -> bool {
    case.extension.as_ref().is_some_and(|e| e.decision.is_none())
}

fn extension_may_be_asked(file: &CaseFile) -> Result<(), Refusal> {
    match &file.case.extension {
        Some(e) if e.decision.is_none() => return Err(Refusal::ExtensionPending),
        Some(e) if e.decision.as_ref().is_some_and(|(granted, ..)| *granted) => {
            return Err(Refusal::ExtensionUsed);
        }
        _ => {}
    }
    if file.clocks.iter().any(|c| c.from_sender && c.is_open()) {
        return Err(Refusal::SenderSetsDue);
    }
    let extendable = file.clocks.iter().any(|c| c.is_open() && of_rules(c, rule::EXTENDABLE));
    if extendable { Ok(()) } else { Err(Refusal::NothingToExtend) }
}

fn last_rating_is_unsatisfied(file: &CaseFile) -> bool {
    file.ratings.last().is_some_and(|r| r.grade.is_unsatisfied())
}

/// Asked, helping or done helping; neither refused nor released.
pub(super) fn is_active(helper: &Helper) -> bool {
    !matches!(helper.state, HelperState::Refused | HelperState::Released)
}

/// The place of the user's department among the helpers, when it stands where the action needs it.
pub(super) fn own_helper(case: &Case, kind: ActionKind, who: &ActingUser) -> Result<usize, Refusal> {
    let needed = match kind {
        ActionKind::HelperAnswer => HelperState::Accepted,
        _ => HelperState::Asked,
    };
    let place = case.helpers.iter().position(|h| who.handles_for(&h.department));
    let place = place.ok_or(Refusal::NotYourDepartment { action: kind })?;
    let state = case.helpers[place].state;
    if state == needed { Ok(place) } else { Err(Refusal::HelperState { action: kind, state: state.label() }) }
}
