//! A folder is looked at before a source that reads it is saved.

use qingting_ingest::folder::{self, FolderError};
use qingting_models::ids::SourceId;
use qingting_models::records::SourceKind;
use qingting_models::store::Store;

use super::draft::Draft;
use super::problems::Problems;
use crate::error::WebError;
use crate::plain;

/// Why the folder that `draft` describes cannot be watched, at its field; `own` is the source that is changed.
pub(super) async fn problem(
    store: &Store,
    draft: &Draft,
    own: Option<SourceId>,
) -> Result<Option<Problems>, WebError> {
    if draft.kind != SourceKind::Folder {
        return Ok(None);
    }
    match folder::look(store, &draft.name, draft.settings.folder.as_deref(), own).await {
        Ok(()) => Ok(None),
        Err(FolderError::Store(error)) => Err(error.into()),
        Err(wrong) => Ok(Some(Problems::one("folder", plain::told(&wrong.to_string()).text))),
    }
}
