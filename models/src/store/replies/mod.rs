//! What replies are written with: agreed wordings, templates, drafts, earlier answers; and the promises they make.

mod answered;
mod drafts;
mod lines;
mod promises;
mod templates;

pub use answered::AnsweredMatter;
pub(super) use drafts::{drop_all_drafts, drop_drafts};
pub use lines::{LineFilter, NewLine};
pub use promises::PromiseFilter;
pub(super) use promises::track_promises;

use super::StoreError;
use crate::records::Actor;

fn actor_of(code: &str) -> Result<Actor, StoreError> {
    Actor::from_code(code).map_err(|e| StoreError::Bad(e.to_string()))
}
