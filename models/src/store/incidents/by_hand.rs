//! What people change of incidents: merge, move, split, rename. The program never takes it back.

use serde_json::json;

use super::super::alerts::merge_alerts;
use super::super::{Store, StoreError, work};
use super::joining::MOVE_COLUMNS;
use super::{TITLE, TITLE_OF_ITEM};
use crate::ids::{IncidentId, ItemId, MoveId, SealedId};
use crate::records::{Actor, Incident, Subject, Viewer};
use crate::store::db::{Arg, Tx, args};

impl Store {
    /// Makes two incidents one: `from` lives on in `into`, and leads there for ever.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer may not see both, [`StoreError::Bad`] when they are one already or
    /// only one of them is confidential.
    pub async fn merge_incidents(
        &self,
        viewer: &Viewer,
        from: IncidentId,
        into: IncidentId,
        actor: Actor,
    ) -> Result<Incident, StoreError> {
        let from = self.seen(viewer, from).await?;
        let into = self.seen(viewer, into).await?;
        if from.id == into.id {
            return Err(StoreError::Bad("the two incidents are one already".into()));
        }
        if from.confidential != into.confidential {
            return Err(StoreError::Bad("a confidential incident and an open one stay apart".into()));
        }
        let mut tx = self.begin().await?;
        changed(&mut tx).await?;
        let sql = "DELETE FROM incident_apart WHERE (one = $1 AND other = $2) OR (one = $2 AND other = $1)";
        tx.run(sql, args![from.id.0, into.id.0]).await?;
        self.merge_in(&mut tx, from.id, into.id, actor).await?;
        self.recount(&mut tx, &[into.id]).await?;
        let detail = json!({ "from_incident": from.id, "items": from.items });
        self.audit_in(&mut tx, actor, "incident.merge", Subject::Incident(into.id), detail).await?;
        tx.commit().await?;
        self.seen(viewer, into.id).await
    }

    /// Takes items out of an incident: into `target`, or into a new incident of their own. The program will not bring
    /// the two together again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer may not see one of them, [`StoreError::Bad`] when no item is named, one
    /// does not belong to the incident, all would leave for a new one, or only one incident is confidential.
    pub async fn part_items(
        &self,
        viewer: &Viewer,
        incident: IncidentId,
        items: &[ItemId],
        target: Option<IncidentId>,
        actor: Actor,
    ) -> Result<Incident, StoreError> {
        let from = self.seen(viewer, incident).await?;
        let mut items = items.to_vec();
        items.sort_unstable();
        items.dedup();
        self.check_leaving(viewer, &from, &items, target).await?;
        let target = match target {
            Some(id) => Some(self.seen(viewer, id).await?),
            None => None,
        };
        if let Some(target) = &target {
            if target.id == from.id {
                return Err(StoreError::Bad("the items are in this incident already".into()));
            }
            if target.confidential != from.confidential {
                return Err(StoreError::Bad("a confidential incident and an open one stay apart".into()));
            }
        }
        let why = if target.is_some() { "move" } else { "split" };
        let mut tx = self.begin().await?;
        changed(&mut tx).await?;
        let to = match target {
            Some(target) => target.id,
            None => self.begin_incident(&mut tx, &from, items[0]).await?,
        };
        self.move_in(&mut tx, &from, to, &items, actor, why).await?;
        part(&mut tx, from.id, to).await?;
        self.recount(&mut tx, &[from.id, to]).await?;
        let detail = json!({ "to_incident": to, "items": items });
        self.audit_in(&mut tx, actor, &format!("incident.{why}"), Subject::Incident(from.id), detail).await?;
        tx.commit().await?;
        self.seen(viewer, to).await
    }

    /// Gives an incident a title; it is masked.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Bad`] when it is empty or longer than 60 characters.
    pub async fn name_incident(
        &self,
        viewer: &Viewer,
        id: IncidentId,
        title: &str,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let incident = self.seen(viewer, id).await?;
        let title = crate::text::mask(title.trim()).text;
        if !(1..=TITLE).contains(&title.chars().count()) {
            return Err(StoreError::Bad("an incident's title has 1 to 60 characters".into()));
        }
        let mut tx = self.begin().await?;
        let sql = "UPDATE incident SET title = $1, named = TRUE WHERE id = $2";
        tx.run(sql, args![title, incident.id.0]).await?;
        self.audit_in(&mut tx, actor, "incident.name", Subject::Incident(incident.id), json!({})).await?;
        tx.commit().await
    }

    /// Moves all members, counts the callers again under the other's key, and leaves a redirect. Answers how many callers
    /// are new to the other.
    pub(super) async fn merge_in(
        &self,
        tx: &mut Tx,
        from: IncidentId,
        into: IncidentId,
        actor: Actor,
    ) -> Result<i64, StoreError> {
        let items = items_of(tx, from).await?;
        self.note_moves(tx, from, into, &items, actor, "merge").await?;
        merge_alerts(tx, from, into).await?;
        let callers = self.callers_to(tx, into, &items).await?;
        let sql = "UPDATE incident_member SET incident_id = $1 WHERE incident_id = $2";
        tx.run(sql, args![into.0, from.0]).await?;
        tx.run("DELETE FROM incident_caller WHERE incident_id = $1", args![from.0]).await?;
        // Whom a person parted from the one stays parted from the other.
        let sql = "SELECT CASE WHEN one = $1 THEN other ELSE one END AS other FROM incident_apart WHERE one = $1 OR other = $1";
        for row in tx.rows(sql, args![from.0]).await? {
            let other = IncidentId(row.int("other")?);
            if other != into {
                part(tx, into, other).await?;
            }
        }
        tx.run("DELETE FROM incident_apart WHERE one = $1 OR other = $1", args![from.0]).await?;
        let sql = "UPDATE incident SET merged_into = $1, items = 0, callers = 0, heat = 0 WHERE id = $2 AND merged_into IS NULL";
        if tx.run(sql, args![into.0, from.0]).await? == 0 {
            return Err(StoreError::Bad("the incident was merged already".into()));
        }
        Ok(callers)
    }

    async fn check_leaving(
        &self,
        viewer: &Viewer,
        from: &Incident,
        items: &[ItemId],
        target: Option<IncidentId>,
    ) -> Result<(), StoreError> {
        if items.is_empty() {
            return Err(StoreError::Bad("no item was chosen".into()));
        }
        if target.is_none() && items.len() as i64 >= from.items {
            return Err(StoreError::Bad("one item at least stays in the incident".into()));
        }
        for item in items {
            self.item(viewer, *item).await?.ok_or(StoreError::NotFound("item"))?;
            if self.membership(*item).await?.map(|m| m.incident) != Some(from.id) {
                return Err(StoreError::Bad(format!("item {item} is not in this incident any more")));
            }
        }
        Ok(())
    }

    /// A new incident, called after an item that will belong to it.
    async fn begin_incident(
        &self,
        tx: &mut Tx,
        like: &Incident,
        first: ItemId,
    ) -> Result<IncidentId, StoreError> {
        let id: IncidentId = self.ids().next(self.now());
        let sql = format!(
            "INSERT INTO incident (id, title, confidential, items, callers, channels, urgency, first_at, last_at, heat, heat_at)
             SELECT $1, {TITLE_OF_ITEM}, $2, 0, 0, '{{}}', 0, m.at, m.at, 0.0, $3
             FROM item i JOIN incident_member m ON m.item_id = i.id WHERE i.id = $4"
        );
        tx.run(&sql, args![id.0, like.confidential, self.now(), first.0]).await?;
        Ok(id)
    }

    async fn move_in(
        &self,
        tx: &mut Tx,
        from: &Incident,
        to: IncidentId,
        items: &[ItemId],
        actor: Actor,
        why: &str,
    ) -> Result<(), StoreError> {
        self.note_moves(tx, from.id, to, items, actor, why).await?;
        for item in items {
            let sql = "UPDATE incident_member SET incident_id = $1, kinship = NULL, by_person = $2
                       WHERE item_id = $3 AND incident_id = $4";
            if tx.run(sql, args![to.0, true, item.0, from.id.0]).await? == 0 {
                return Err(StoreError::Bad(format!("item {item} is not in this incident any more")));
            }
        }
        self.callers_to(tx, to, items).await?;
        self.callers_again(tx, from.id).await?;
        // The joining puts them under their terms.
        let ids: Vec<i64> = items.iter().map(|item| item.0).collect();
        work::add(tx, work::JOIN, &ids, self.now()).await
    }

    pub(super) async fn note_moves(
        &self,
        tx: &mut Tx,
        from: IncidentId,
        to: IncidentId,
        items: &[ItemId],
        actor: Actor,
        why: &str,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let row = |item: &ItemId| {
            let id: MoveId = self.ids().next(now);
            args![id.0, item.0, from.0, to.0, now, actor.code(), why]
        };
        tx.insert("incident_move", MOVE_COLUMNS, items.iter().map(row).collect(), "").await?;
        Ok(())
    }

    /// Counts the callers of items for an incident; how many are new to it.
    async fn callers_to(
        &self,
        tx: &mut Tx,
        incident: IncidentId,
        items: &[ItemId],
    ) -> Result<i64, StoreError> {
        let mut new = 0;
        for part in items.chunks(500) {
            let sql = format!(
                "SELECT i.sealed_id FROM item i JOIN incident_member m ON m.item_id = i.id AND m.told WHERE i.id IN ({})",
                tx.marks(1, part.len())
            );
            let rows = tx.rows(&sql, part.iter().map(|item| Arg::from(item.0)).collect()).await?;
            let sealed = rows.iter().map(|row| row.int("sealed_id").map(SealedId));
            let numbers = self.callers(sealed.collect::<Result<Vec<_>, _>>()?.into_iter()).await?;
            let callers: Vec<_> = numbers.values().map(|number| (incident, number.as_str())).collect();
            new += self.note_callers(tx, &callers).await?.len() as i64;
        }
        Ok(new)
    }

    /// Counts the callers of an incident anew after items left it.
    pub(super) async fn callers_again(&self, tx: &mut Tx, incident: IncidentId) -> Result<(), StoreError> {
        tx.run("DELETE FROM incident_caller WHERE incident_id = $1", args![incident.0]).await?;
        let left = items_of(tx, incident).await?;
        self.callers_to(tx, incident, &left).await?;
        Ok(())
    }

    async fn seen(&self, viewer: &Viewer, id: IncidentId) -> Result<Incident, StoreError> {
        self.incident(viewer, id).await?.ok_or(StoreError::NotFound("incident"))
    }
}

async fn items_of(tx: &mut Tx, incident: IncidentId) -> Result<Vec<ItemId>, StoreError> {
    let sql = "SELECT item_id FROM incident_member WHERE incident_id = $1 ORDER BY item_id";
    let rows = tx.rows(sql, args![incident.0]).await?;
    rows.iter().map(|row| Ok(ItemId(row.int("item_id")?))).collect()
}

/// Tells the joining stage that what it read has changed.
async fn changed(tx: &mut Tx) -> Result<(), StoreError> {
    tx.run("UPDATE join_stage SET changes = changes + 1 WHERE one = 1", vec![]).await?;
    Ok(())
}

/// Notes that a person parted two incidents.
async fn part(tx: &mut Tx, one: IncidentId, other: IncidentId) -> Result<(), StoreError> {
    let sql = "INSERT INTO incident_apart (one, other) VALUES ($1, $2) ON CONFLICT (one, other) DO NOTHING";
    tx.run(sql, args![one.min(other).0, one.max(other).0]).await?;
    Ok(())
}
