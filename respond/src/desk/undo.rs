//! Taking back what was just done to an item on the work list.

use jiff::SignedDuration;
use qingting_models::ids::ItemId;
use qingting_models::records::{Actor, CaseState, Item, Judge, Viewer, is_blind};

use super::{ActError, Desk};
use crate::acting::ActingUser;
use crate::action::Action;
use crate::refusal::Refusal;

/// For so long after it somebody may take back what he did.
const UNDO: SignedDuration = SignedDuration::from_mins(10);

/// What was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// The item needs handling after all.
    Dismissal,
    /// Its case was opened by mistake and is void.
    Assignment,
    /// What was judged before stands again.
    Judgement,
}

impl Desk {
    /// Takes back the latest thing that `who` did to an item on the work list within ten minutes: marking it as one that needs
    /// no handling, assigning it, or judging it. A case may be taken back as long as nothing else happened to it.
    ///
    /// # Errors
    /// [`ActError::Refused`] with [`Refusal::NothingToUndo`]; [`ActError::NotFound`] when the viewer may not see the item.
    pub async fn undo_on_item(
        &self,
        viewer: &Viewer,
        who: &ActingUser,
        id: ItemId,
    ) -> Result<Undone, ActError> {
        let item = self.store.item(viewer, id).await?.ok_or(ActError::NotFound)?;
        if item.dismissed.is_some() {
            self.store.restore_item(viewer, id, who.actor).await?;
            return Ok(Undone::Dismissal);
        }
        if let Some(case) = item.case {
            let file = self.load(viewer, case).await?;
            let case = &file.case;
            let fresh = case.version == 1 && matches!(case.state, CaseState::Assigned { .. });
            if !fresh || case.changed_by != who.actor || !self.is_recent(case.changed_at) {
                return Err(Refusal::NothingToUndo.into());
            }
            let void = Action::Void { reason: "分派后当即撤销".into() };
            self.act(viewer, who, case.id, case.version, &void).await?;
            return Ok(Undone::Assignment);
        }
        self.undo_judgement(viewer, who.actor, &item).await?;
        Ok(Undone::Judgement)
    }

    async fn undo_judgement(&self, viewer: &Viewer, actor: Actor, item: &Item) -> Result<(), ActError> {
        let judgements = self.store.judgements(viewer, item.id).await?;
        let (Some(latest), Some(before)) = (judgements.first(), judgements.get(1)) else {
            return Err(Refusal::NothingToUndo.into());
        };
        let own = match latest.judge {
            Judge::Person { user } => actor.user() == Some(user),
            Judge::Model { .. } => false,
        };
        // Who judged blind has seen the model's word by now.
        let same_text = before.item_version == item.version && latest.item_version == item.version;
        if !own || !same_text || is_blind(item.id) || !self.is_recent(latest.at) {
            return Err(Refusal::NothingToUndo.into());
        }
        self.store.judge_as_before(viewer, item.id, latest.id, actor).await?;
        Ok(())
    }

    fn is_recent(&self, at: jiff::Timestamp) -> bool {
        self.store.now().duration_since(at) <= UNDO
    }
}
