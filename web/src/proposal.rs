//! The department that a form to assign an item starts with, and why.

use qingting_models::clock::local_date;
use qingting_models::records::{Item, Viewer};
use qingting_respond::routing::{Reasoned, Route, route};

use crate::app::AppState;
use crate::error::WebError;

/// A proposed department.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Code of the department that is chosen beforehand; empty when the person has to choose.
    pub department: String,
    /// Why, in words.
    pub why: String,
}

/// The proposal of a row in the work list. What the model judged stands with the item, so that only a
/// person's judgement is read from the store.
///
/// # Errors
/// When the store fails.
pub(crate) async fn for_row(state: &AppState, viewer: &Viewer, item: &Item) -> Result<Proposal, WebError> {
    let route = if item.judged_by_person {
        state.desk.propose(viewer, item).await?
    } else {
        route(item, &[], state.desk.county(), local_date(state.store.now()))
    };
    Ok(chosen(state, item, &route))
}

/// The proposal of an item's own page, with the other departments that come into question in words.
///
/// # Errors
/// When the store fails.
pub(crate) async fn for_page(
    state: &AppState,
    viewer: &Viewer,
    item: &Item,
) -> Result<(Proposal, Vec<String>), WebError> {
    let route = state.desk.propose(viewer, item).await?;
    let proposal = chosen(state, item, &route);
    let other = |(code, why): &Reasoned| format!("{}，{why}", state.names.department(code.as_str()));
    let others = route.proposal.iter().filter(|(code, _)| code.as_str() != proposal.department);
    let others = others.map(other).collect();
    Ok((proposal, others))
}

/// The likeliest department. Where no rule and no person names it, people sent its like nowhere in particular, and the model's first kind of office has
/// no department for the place, nothing is chosen: the model's second guess is too weak to stand in a form.
fn chosen(state: &AppState, item: &Item, route: &Route) -> Proposal {
    let office = item.office.as_deref().filter(|office| !office.is_empty());
    let Some((code, why)) = route.proposal.first() else {
        return Proposal { department: String::new(), why: unplaced(office) };
    };
    let of_first_office = || office.is_some_and(|kind| state.names.is_of_office(code.as_str(), kind));
    if route.by_rule.is_some() || route.learned || item.judged_by_person || of_first_office() {
        return Proposal { department: code.as_str().to_owned(), why: why.clone() };
    }
    Proposal { department: String::new(), why: unplaced(office) }
}

fn unplaced(office: Option<&str>) -> String {
    match office {
        None => String::new(),
        Some("其他") => "模型看不出该由哪个单位办，请选择单位".into(),
        Some(kind) => format!("模型建议：{kind}，未能确定是哪一个，请选择单位"),
    }
}
