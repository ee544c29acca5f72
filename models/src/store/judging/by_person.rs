//! What a person found: never overwritten by the model, and taken back where it was a mistake.

use std::collections::HashSet;

use serde_json::json;

use super::applying::insert_judgements;
use crate::county::{DepartmentCode, TopicCode};
use crate::ids::{ItemId, JudgementId};
use crate::records::{Actor, Judge, Judgement, Kind, PlaceMention, Subject, TopicScore, Urgency, Viewer};
use crate::store::{Store, StoreError, work};

/// What a person decided.
#[derive(Debug, Clone)]
pub struct PersonJudgement {
    pub topics: Vec<TopicCode>,
    pub kind: Kind,
    pub urgency: Urgency,
    pub department: Option<DepartmentCode>,
    /// Replaces the places found by the model when it is set.
    pub places: Option<Vec<PlaceMention>>,
}

impl Store {
    /// Writes a person's judgement, which the model never overwrites. `seen_version` is the item version that was read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer may not see it, [`StoreError::Conflict`] when its text changed since.
    pub async fn judge_by_person(
        &self,
        viewer: &Viewer,
        id: ItemId,
        seen_version: i64,
        decided: PersonJudgement,
        actor: Actor,
    ) -> Result<Judgement, StoreError> {
        let item = self.item(viewer, id).await?.ok_or(StoreError::NotFound("item"))?;
        if item.version != seen_version {
            // A newer version came from the sender, not from a colleague.
            return Err(StoreError::Conflict { by: "来源更新".into(), at: item.updated_at });
        }
        let before = self.judgements(&Viewer::SYSTEM, id).await?;
        let judgement = self.person_judgement(&item, before.first(), &decided, actor)?;
        let mut tx = self.begin().await?;
        insert_judgements(&mut tx, std::slice::from_ref(&judgement)).await?;
        let first = if item.judged_version == 0 { HashSet::from([id.0]) } else { HashSet::new() };
        self.apply_judgements(&mut tx, std::slice::from_ref(&judgement), true, &first).await?;
        // What became confidential, or is it no more, leaves its incident.
        work::add(&mut tx, work::JOIN, &[id.0], self.now()).await?;
        let detail = json!({"topics": decided.topics, "kind": decided.kind, "urgency": decided.urgency,
            "department": decided.department});
        self.audit_in(&mut tx, actor, "item.judge", Subject::Item(id), detail).await?;
        tx.commit().await?;
        Ok(judgement)
    }

    /// Takes a judgement back: the one before it stands again, as a new row of the history.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer may not see the item, [`StoreError::Conflict`] when `undone` is not its latest
    /// judgement, [`StoreError::Bad`] when there is none before.
    pub async fn judge_as_before(
        &self,
        viewer: &Viewer,
        id: ItemId,
        undone: JudgementId,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let item = self.item(viewer, id).await?.ok_or(StoreError::NotFound("item"))?;
        let mut judgements = self.judgements(&Viewer::SYSTEM, id).await?.into_iter();
        let latest = judgements.next().ok_or(StoreError::NotFound("judgement"))?;
        if latest.id != undone {
            let by = match latest.judge {
                Judge::Person { user } => Actor::User(user).code(),
                Judge::Model { .. } => Actor::System.code(),
            };
            return Err(StoreError::Conflict { by, at: latest.at });
        }
        let before = judgements.next().filter(|before| before.item_version == item.version);
        let before = before.ok_or_else(|| StoreError::Bad("there is no judgement before".into()))?;
        let by_person = matches!(before.judge, Judge::Person { .. });
        let now = self.now();
        let again = Judgement { id: self.ids().next::<JudgementId>(now), at: now, ..before };
        let mut tx = self.begin().await?;
        insert_judgements(&mut tx, std::slice::from_ref(&again)).await?;
        self.apply_judgements(&mut tx, std::slice::from_ref(&again), by_person, &HashSet::new()).await?;
        work::add(&mut tx, work::JOIN, &[id.0], now).await?;
        self.audit_in(&mut tx, actor, "item.judge_undo", Subject::Item(id), json!({ "undone": undone }))
            .await?;
        tx.commit().await
    }

    fn person_judgement(
        &self,
        item: &crate::records::Item,
        before: Option<&Judgement>,
        decided: &PersonJudgement,
        actor: Actor,
    ) -> Result<Judgement, StoreError> {
        let user = actor.user().ok_or_else(|| StoreError::Bad("only a person judges by hand".into()))?;
        let now = self.now();
        let places = decided.places.clone().or_else(|| before.map(|b| b.places.clone())).unwrap_or_default();
        Ok(Judgement {
            id: self.ids().next::<JudgementId>(now),
            item: item.id,
            item_version: item.version,
            judge: Judge::Person { user },
            at: now,
            topics: decided.topics.iter().map(|code| TopicScore { code: code.clone(), score: 1.0 }).collect(),
            unsure: false,
            kind: decided.kind,
            urgency: decided.urgency,
            office: before.map(|b| b.office.clone()).unwrap_or_default(),
            offices: before.map(|b| b.offices.clone()).unwrap_or_default(),
            department: decided.department.clone(),
            places,
            sender_town: before.and_then(|b| b.sender_town.clone()),
            reasons: before.map(|b| b.reasons.clone()).unwrap_or_default(),
        })
    }

    /// Whether a person has judged this item, seen by the program itself.
    pub async fn is_judged_by_person(&self, id: ItemId) -> Result<bool, StoreError> {
        Ok(self.item(&Viewer::SYSTEM, id).await?.is_some_and(|item| item.judged_by_person))
    }
}
