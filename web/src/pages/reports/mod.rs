//! Reports (周报 and others): kept ones, their pages and files, and the items behind a figure.

mod act;
mod brief;
mod file;
mod items;
mod list;
mod one;

pub(crate) use act::make_one;
pub use act::{make, move_on, recount, write};
pub use brief::{BriefPage, make as make_brief, show as show_brief};
pub(crate) use brief::{file as brief_file, make_one as make_one_brief};
pub use file::download;
pub(crate) use file::file_of;
pub use items::{ReportItemsPage, show as show_items, title as items_title};
pub(crate) use items::{filter as items_filter, place as item_place, scope as items_scope};
pub use list::{ReportsPage, show};
pub use one::{ReportPage, show as show_one};

use qingting_models::ids::ReportId;
use qingting_models::records::{KeptReport, ReportScope, ReportState};
use qingting_respond::report::ReportError;

use super::read_id;
use crate::app::AppState;
use crate::error::WebError;
use crate::names::Names;
use crate::view::Tag;

pub(super) const PATH: &str = "/reports";

fn state_tag(state: ReportState) -> Tag {
    let class = match state {
        ReportState::Draft => "tag",
        ReportState::Review => "tag yellow",
        ReportState::Approved => "tag green",
    };
    Tag::new(state.label(), class)
}

async fn kept(state: &AppState, id: &str) -> Result<KeptReport, WebError> {
    let id: ReportId = read_id(id)?;
    state.store.kept_report(id).await?.ok_or(WebError::NotFound)
}

/// `石浦镇、工资拖欠`, or nothing for the whole county.
fn scope_name(scope: &ReportScope, names: &Names) -> String {
    let town = scope.town.as_ref().map(|town| town.as_str().to_owned());
    let topic = scope.topic.as_ref().map(|code| names.topic(code.as_str()).to_owned());
    let department = scope.department.as_ref().map(|code| names.department(code.as_str()).to_owned());
    town.into_iter().chain(topic).chain(department).collect::<Vec<_>>().join("、")
}

pub(crate) fn in_words(error: ReportError) -> WebError {
    match error {
        ReportError::NotFound => WebError::NotFound,
        ReportError::Changed { .. } => WebError::Conflict(error.to_string()),
        ReportError::Store(cause) => cause.into(),
        other => WebError::bad(other.to_string()),
    }
}
