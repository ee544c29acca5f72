//! Whom a rule names for an event: never the one who did it, and nobody who may not know of the matter. While a case is
//! with the duty desk, it is the desk that is pressed in the departments' place.

use qingting_models::county::DepartmentCode;
use qingting_models::records::{
    Actor, Case, CaseState, Helper, HelperState, NoticeFamily, NoticeKind, NoticePlan, Role, User, Viewer,
};
use qingting_models::store::{NoticeTask, TaskSubject};

use super::Means;

/// The users that the plan names for the event, each once.
pub(super) fn of<'a>(plan: &NoticePlan, task: &NoticeTask, means: &'a Means) -> Vec<&'a User> {
    let Some(subject) = &task.subject else { return Vec::new() };
    let may_know = |user: &&User| sees(user, subject) && task.event.actor != Actor::User(user.id);
    let receivers = &plan.receivers;
    let departments = !(receivers.lead.is_empty() && receivers.helpers.is_empty());
    let desk = is_with_the_desk(task, subject);
    let on_duty = if receivers.on_duty || desk && departments { duty(subject, means) } else { Vec::new() };
    let named = |user: &&User| {
        receivers.users.contains(&user.id)
            || receivers.roles.iter().any(|role| user.roles.contains(role))
            || on_duty.iter().any(|other| other.id == user.id)
            || !desk && in_departments(&receivers.lead, user, lead(subject))
            || !desk && in_departments(&receivers.helpers, user, helpers(task, subject))
    };
    means.users.iter().filter(may_know).filter(named).collect()
}

/// Whether a clock presses on while the case was sent back or waits for its call-back.
fn is_with_the_desk(task: &NoticeTask, subject: &TaskSubject) -> bool {
    let clock = task.event.kind.family() == Some(NoticeFamily::Clocks);
    clock
        && case(subject)
            .is_some_and(|case| matches!(case.state, CaseState::Returned { .. } | CaseState::Replied { .. }))
}

fn in_departments<'a>(
    roles: &[Role],
    user: &User,
    mut departments: impl Iterator<Item = &'a DepartmentCode>,
) -> bool {
    roles.iter().any(|role| user.roles.contains(role))
        && departments.any(|department| user.department.as_ref() == Some(department))
}

/// The department that leads the case, or that another platform's case is with.
fn lead(subject: &TaskSubject) -> impl Iterator<Item = &DepartmentCode> {
    match subject {
        TaskSubject::Case { case, .. } => Some(&case.lead),
        TaskSubject::Mirrored { case, .. } => case.mirror.department.as_ref(),
        TaskSubject::Alert(_) | TaskSubject::Report(_) => None,
    }
    .into_iter()
}

/// Of a case that asked one more to help, those that have not answered yet.
fn helpers<'a>(
    task: &NoticeTask,
    subject: &'a TaskSubject,
) -> impl Iterator<Item = &'a DepartmentCode> + use<'a> {
    let asked = task.event.kind == NoticeKind::HelperAsked;
    let helpers = case(subject).into_iter().flat_map(|case| &case.helpers);
    let named = move |helper: &&Helper| match helper.state {
        HelperState::Refused | HelperState::Released => false,
        HelperState::Asked => true,
        HelperState::Accepted | HelperState::Answered => !asked,
    };
    helpers.filter(named).map(|helper| &helper.department)
}

fn case(subject: &TaskSubject) -> Option<&Case> {
    match subject {
        TaskSubject::Case { case, .. } => Some(case),
        TaskSubject::Alert(_) | TaskSubject::Mirrored { .. } | TaskSubject::Report(_) => None,
    }
}

/// The departments that help: neither refused nor released.
fn helping(case: &Case) -> impl Iterator<Item = &DepartmentCode> {
    let gone = |state| matches!(state, HelperState::Refused | HelperState::Released);
    case.helpers.iter().filter(move |helper| !gone(helper.state)).map(|helper| &helper.department)
}

/// Who stands on the roster now and may know of the matter; where nobody does, the whole desk.
fn duty<'a>(subject: &TaskSubject, means: &'a Means) -> Vec<&'a User> {
    let on_roster = |user: &&User| means.on_duty.iter().any(|shift| shift.user == user.id);
    let listed: Vec<&User> =
        means.users.iter().filter(on_roster).filter(|user| sees(user, subject)).collect();
    if !listed.is_empty() {
        return listed;
    }
    let desk = if subject.is_confidential() { Role::Discipline } else { Role::Duty };
    means.users.iter().filter(|user| user.roles.contains(&desk)).collect()
}

/// Whether the user may know of the matter, as the store's visibility has it.
fn sees(user: &User, subject: &TaskSubject) -> bool {
    let viewer = Viewer::of(user);
    if matches!(subject, TaskSubject::Report(_)) {
        return viewer.all_open || viewer.all_confidential;
    }
    let by_role = if subject.is_confidential() { viewer.all_confidential } else { viewer.all_open };
    let by_department = match (&viewer.department, subject) {
        (Some(own), TaskSubject::Case { case, .. }) => {
            case.lead == *own || helping(case).any(|department| department == own)
        }
        (Some(own), TaskSubject::Mirrored { case, .. }) => {
            case.mirror.department.as_ref() == Some(own) && !case.item.confidential
        }
        _ => false,
    };
    by_role || by_department
}
