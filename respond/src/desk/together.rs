//! One case for many: opened for the items of an incident, taken in by hand or by rule, gathered from several cases.

use qingting_models::county::DepartmentCode;
use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::{Case, CaseChange, CaseFile, Item, Viewer};
use qingting_models::store::StoreError;

use super::{ActError, Desk};
use crate::acting::ActingUser;
use crate::case_change::applied;
use crate::decide::title_of;
use crate::decide::{CalledBack, MAX_TAKEN, call_back_one, leave_out, merge, open_case_for, take_in};
use crate::refusal::Refusal;

/// What became of an item whose incident has a case that takes it.
pub(super) enum Taken {
    In,
    /// The rules do not allow it, or the case was answered meanwhile.
    Refused,
    /// Someone else was faster; to be tried again.
    Later,
}

/// What of a mass action was not done, and why: the title of an item or the number of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub what: String,
    pub why: String,
}

/// What came of gathering.
#[derive(Debug, Clone, PartialEq)]
pub struct Gathered {
    pub case: CaseId,
    /// How many items were taken in, and cases merged.
    pub items: usize,
    pub cases: usize,
    pub refused: Vec<Refused>,
}

impl Desk {
    /// Opens one case that answers all `items`; what cannot be taken in is named and left as it was. With
    /// `takes_incident` what comes to the incident of the first goes into the case too.
    ///
    /// # Errors
    /// [`ActError`]; no case was opened.
    pub async fn assign_together(
        &self,
        viewer: &Viewer,
        who: &ActingUser,
        items: &[ItemId],
        department: &DepartmentCode,
        reason: &str,
        takes_incident: bool,
    ) -> Result<Gathered, ActError> {
        let items = self.load_items(viewer, items).await?;
        let mut refused = Vec::new();
        let mut taken: Vec<Item> = Vec::new();
        let mut none = Refusal::NothingToTakeIn { max: MAX_TAKEN };
        // Each is tried by itself, so that one does not keep out the others.
        for item in items {
            let with: Vec<Item> = taken.first().into_iter().chain([&item]).cloned().collect();
            match open_case_for(&with, department, reason, takes_incident, who, &self.ctx()) {
                Ok(_) => taken.push(item),
                Err(why) => {
                    refused.push(of_item(&item, &why));
                    none = why;
                }
            }
        }
        if taken.is_empty() {
            return Err(none.into());
        }
        let change = open_case_for(&taken, department, reason, takes_incident, who, &self.ctx())?;
        let case: Case = self.store.open_case(change).await?;
        Ok(Gathered { case: case.id, items: taken.len(), cases: 0, refused })
    }

    /// Puts `items` into the case that was seen at version `seen`, and merges `cases` into it: one transaction. What cannot
    /// be taken in or merged is named and left as it was. `note` may be empty.
    ///
    /// # Errors
    /// [`ActError`]; nothing was changed. Where nothing at all could be done, the first refusal.
    #[expect(clippy::too_many_arguments, reason = "who, where to, what and why")]
    pub async fn gather(
        &self,
        viewer: &Viewer,
        who: &ActingUser,
        into: CaseId,
        seen: i64,
        items: &[ItemId],
        cases: &[CaseId],
        note: &str,
    ) -> Result<Gathered, ActError> {
        let mut file = self.load_seen(viewer, into, seen).await?;
        let mut refused: Vec<Refused> = Vec::new();
        let mut first: Option<Refusal> = None;
        let mut changes: Vec<(i64, CaseChange)> = Vec::new();
        let reason = if note.trim().is_empty() { "同一事件，一并答复" } else { note };
        let mut merged = 0;
        for id in cases.iter().filter(|id| **id != into) {
            let other = self.load(viewer, *id).await?;
            match merge(&other, &file, reason, who, &self.ctx()) {
                Ok(joined) => {
                    let after = applied(&file, &joined.target);
                    changes.push((file.case.version, joined.target));
                    changes.push((other.case.version, joined.merged));
                    file = after;
                    merged += 1;
                }
                Err(why) => {
                    refused.push(Refused { what: other.case.number.clone(), why: why.to_string() });
                    first.get_or_insert(why);
                }
            }
        }
        let mut taken = Vec::new();
        for item in self.load_items(viewer, items).await? {
            match take_in(&file, std::slice::from_ref(&item), note, who, &self.ctx()) {
                Ok(_) => taken.push(item),
                Err(why) => {
                    refused.push(of_item(&item, &why));
                    first.get_or_insert(why);
                }
            }
        }
        if !taken.is_empty() {
            changes.push((file.case.version, take_in(&file, &taken, note, who, &self.ctx())?));
        }
        if changes.is_empty() {
            return Err(first.unwrap_or(Refusal::NothingToTakeIn { max: MAX_TAKEN }).into());
        }
        self.store.save_cases(changes).await?;
        Ok(Gathered { case: into, items: taken.len(), cases: merged, refused })
    }

    /// Lets an item go that does not belong to the case, which was seen at version `seen`.
    ///
    /// # Errors
    /// [`ActError`]; nothing was changed.
    pub async fn leave_out(
        &self,
        viewer: &Viewer,
        who: &ActingUser,
        case: CaseId,
        seen: i64,
        item: ItemId,
        reason: &str,
    ) -> Result<CaseFile, ActError> {
        let file = self.load_seen(viewer, case, seen).await?;
        let item = self.store.item(viewer, item).await?.ok_or(ActError::NotFound)?;
        let change = leave_out(&file, &item, reason, who, &self.ctx())?;
        let after = applied(&file, &change);
        self.store.save_case(seen, change).await?;
        Ok(after)
    }

    /// Notes what one of those said whom the case answers together, which was seen at version `seen`.
    ///
    /// # Errors
    /// [`ActError`]; nothing was changed.
    pub async fn call_back_one(
        &self,
        viewer: &Viewer,
        who: &ActingUser,
        case: CaseId,
        seen: i64,
        said: &CalledBack,
    ) -> Result<CaseFile, ActError> {
        let file = self.load_seen(viewer, case, seen).await?;
        let answered = self.store.case_items(&Viewer::SYSTEM, case).await?;
        let change = call_back_one(&file, &answered, said, who, &self.ctx())?;
        let after = applied(&file, &change);
        self.store.save_case(seen, change).await?;
        Ok(after)
    }

    /// The program puts an item into the case that takes what comes to its incident.
    pub(super) async fn take_in_by_rule(&self, case: CaseId, item: &Item) -> Result<Taken, StoreError> {
        let Some(file) = self.store.case_file(&Viewer::SYSTEM, case).await? else {
            return Ok(Taken::Refused);
        };
        let items = std::slice::from_ref(item);
        let system = ActingUser::system();
        let Ok(change) = take_in(&file, items, "同一事件，按设定归入", &system, &self.ctx()) else {
            return Ok(Taken::Refused);
        };
        match self.store.save_case(file.case.version, change).await {
            Ok(()) => Ok(Taken::In),
            Err(StoreError::Conflict { .. }) => Ok(Taken::Later),
            Err(other) => Err(other),
        }
    }

    async fn load_items(&self, viewer: &Viewer, ids: &[ItemId]) -> Result<Vec<Item>, ActError> {
        let mut items = Vec::with_capacity(ids.len());
        for id in ids {
            items.push(self.store.item(viewer, *id).await?.ok_or(ActError::NotFound)?);
        }
        items.sort_by_key(|item| item.id);
        items.dedup_by_key(|item| item.id);
        Ok(items)
    }
}

fn of_item(item: &Item, why: &Refusal) -> Refused {
    let why = match why {
        Refusal::CannotTakeIn { why, .. } => why.to_string(),
        other => other.to_string(),
    };
    Refused { what: title_of(item), why }
}
