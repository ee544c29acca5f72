//! Sources: how each is doing, and everything an administrator does with them.

pub mod act;
pub mod add;
mod address;
pub mod detail;
pub(crate) mod draft;
pub mod edit;
mod fields;
mod folder;
mod form;
mod kinds;
pub mod list;
pub mod opml;
mod paging;
mod problems;
mod reading;
pub mod remove;
mod rules;
#[cfg(test)]
mod samples;
mod state;
pub mod token;
pub(crate) mod trial;

pub use add::AddPage;
pub use detail::DetailPage;
pub use edit::EditPage;
pub use list::SourcesPage;
pub use opml::OpmlPage;
pub(crate) use problems::Problems;
pub use remove::RemovePage;

use qingting_models::ids::SourceId;
use qingting_models::records::Source;
use qingting_models::store::StoreError;

use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::error::WebError;

/// Where the list stands.
const PATH: &str = "/sources";
/// Days that the charts show.
const DAYS: i64 = 30;

/// The address of a source's page.
fn page_of(id: SourceId) -> String {
    format!("{PATH}/{id}")
}

/// The source of an address; one that was removed is not there.
pub(crate) async fn find(state: &AppState, id: &str) -> Result<Source, WebError> {
    let found = state.store.source(read_id(id)?).await?;
    found.filter(|source| source.removed_at.is_none()).ok_or(WebError::NotFound)
}

/// A store's refusal of a name, in words.
fn taken(error: StoreError) -> WebError {
    match error {
        StoreError::Taken { value, .. } => WebError::bad(format!("已有名为“{value}”的来源，请换一个名称")),
        other => other.into(),
    }
}
