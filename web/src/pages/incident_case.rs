//! One case that answers an incident: its cases, and the form that opens one for all items, takes the others in, and merges
//! what was opened apart.

use axum::extract::{Path, State};
use qingting_models::county::DepartmentCode;
use qingting_models::ids::{CaseId, IncidentId, ItemId};
use qingting_models::records::{Channel, Item};
use qingting_respond::acting::ActingUser;
use qingting_respond::action::Action;
use qingting_respond::case_table::{ActionKind, row};
use qingting_respond::decide::MAX_TAKEN;
use qingting_respond::desk::Gathered;

use super::incident::show_again;
use super::{Answer, back, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::Notice;
use crate::proposal;
use crate::selection::Tally;
use crate::view::{Choice, choices};

/// The cases of an incident, and what may be done with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentCases {
    pub cases: Vec<IncidentCase>,
    /// Items that wait for a case.
    pub free: usize,
    /// Cases that may still take items in; none for one who does not judge.
    pub targets: Vec<Choice>,
    /// To open a case for; the proposed one chosen. None for one who does not judge.
    pub departments: Vec<Choice>,
}

/// A case of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentCase {
    pub id: String,
    pub number: String,
    pub lead: String,
    pub state: String,
    /// How many items of the incident it answers.
    pub items: usize,
    /// What else comes to the incident goes into it.
    pub takes: bool,
    /// May be merged into another.
    pub open: bool,
}

impl IncidentCases {
    /// The cases of the items of an incident; `judges` says whether the caller may change them.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn of(
        state: &AppState,
        caller: &Caller,
        items: &[&Item],
        judges: bool,
    ) -> Result<Self, WebError> {
        let mut ids: Vec<CaseId> = items.iter().filter_map(|item| item.case).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut found = Self::default();
        let unanswered = row(ActionKind::TakeIn).from;
        for case in state.store.cases_of_ids(&caller.viewer, &ids).await? {
            let id = case.id;
            let open = unanswered.contains(&case.state.code());
            let lead = state.names.department(case.lead.as_str()).to_owned();
            if judges && open && case.channel != Channel::Petition {
                let label = format!("{} {lead}（{}）", case.number, case.state.label());
                found.targets.push(Choice::new(id.to_string(), label, case.takes_incident));
            }
            found.cases.push(IncidentCase {
                id: id.to_string(),
                number: case.number.clone(),
                lead,
                state: case.state.label().to_owned(),
                items: items.iter().filter(|item| item.case == Some(id)).count(),
                takes: case.takes_incident && open,
                open,
            });
        }
        let free: Vec<&&Item> = items.iter().filter(|item| waits(item)).collect();
        found.free = free.len();
        if let (true, Some(first)) = (judges, free.last()) {
            let (proposed, _) = proposal::for_page(state, &caller.viewer, first).await?;
            found.departments = choices(&state.names.departments, &proposed.department);
        }
        Ok(found)
    }
}

/// Whether an item waits for a case of its own, or for one that takes it in.
fn waits(item: &Item) -> bool {
    item.case.is_none()
        && item.dismissed.is_none()
        && item.archived.is_none()
        && item.kind.is_some()
        && item.channel != Channel::News
        && item.channel != Channel::Petition
}

/// Answers the incident by one case: the ticked items, or all that wait, go into the chosen case, or into one that is opened
/// for the department; the ticked cases are merged into it.
pub async fn gather(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: IncidentId = read_id(&id)?;
    match gathered(&state, &caller, id, &form).await {
        Ok(done) if done.refused.is_empty() => Ok(back("", &format!("/cases/{}", done.case), "gathered")),
        Ok(done) => {
            let tally = Tally::of(done.items + done.cases, done.refused);
            show_again(&state, &caller, id, tally.notice("件")).await
        }
        Err(WebError::Bad(why) | WebError::Conflict(why)) => {
            show_again(&state, &caller, id, Notice::bad(why)).await
        }
        Err(error) => Err(error),
    }
}

/// Does what the form asks for.
///
/// # Errors
/// When the case or department is missing, or a rule refuses the whole.
pub(crate) async fn gathered(
    state: &AppState,
    caller: &Caller,
    id: IncidentId,
    form: &Form,
) -> Result<Gathered, WebError> {
    let eyes = caller.judging_eyes();
    let incident = state.store.incident(&eyes, id).await?.ok_or(WebError::NotFound)?;
    let members = state.store.members(&eyes, incident.id, MAX_TAKEN as i64).await?;
    let ticked: Vec<&str> = form.all("item").collect();
    let chosen = |item: &&Item| match ticked.is_empty() {
        true => waits(item),
        false => ticked.contains(&item.id.to_string().as_str()),
    };
    let items: Vec<ItemId> =
        members.iter().map(|(item, _)| item).filter(chosen).map(|item| item.id).collect();
    let (user, note) = (ActingUser::of(caller.user()), form.text("note"));
    let takes = !form.text("takes").is_empty();
    let Some(into) = form.parsed::<CaseId>("case", "工单")? else {
        let department = form.need("department", "主办单位", 40)?;
        if !state.names.has_department(department) {
            return Err(WebError::bad("单位不在单位表里"));
        }
        let to = DepartmentCode::from(department);
        let reason = if note.is_empty() { "同一事件，一并办理" } else { note };
        return Ok(state.desk.assign_together(&eyes, &user, &items, &to, reason, takes).await?);
    };
    let merged = form.all("merge").map(str::parse::<CaseId>).collect::<Result<Vec<_>, _>>();
    let merged = merged.map_err(|_| WebError::NotFound)?;
    let file = state.store.case_file(&eyes, into).await?.ok_or(WebError::NotFound)?;
    let seen = file.case.version;
    let done = state.desk.gather(&eyes, &user, into, seen, &items, &merged, note).await?;
    let file = state.store.case_file(&eyes, into).await?.ok_or(WebError::NotFound)?;
    if takes && !file.case.takes_incident {
        let action = Action::TakeIncident { on: true };
        state.desk.act(&eyes, &user, into, file.case.version, &action).await?;
    }
    Ok(done)
}
