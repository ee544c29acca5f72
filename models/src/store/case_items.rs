//! Which items a case answers: its own, those that were taken into it, and those of the cases that were merged into it.

use std::collections::HashMap;

use serde_json::json;

use super::db::{Tx, args};
use super::items::item_of;
use super::visibility::{self, bind};
use super::{Store, StoreError};
use crate::ids::{AuditId, CaseId, ItemId, TimelineId};
use crate::records::{Actor, AuditEntry, Item, Subject, TimelineEntry, Viewer};

/// The most items of a case that are read at once.
const CASE_ITEMS: i64 = 1_000;

/// The states, as SQL, in which what comes to its incident may still go into a case.
const TAKES: &str =
    "c.takes_incident AND c.state IN ('assigned','returned','handling','waiting','in_review')";

impl Store {
    /// The items that a case answers, as far as the viewer sees them, the earliest first; at most a thousand.
    pub async fn case_items(&self, viewer: &Viewer, case: CaseId) -> Result<Vec<Item>, StoreError> {
        let mut values = args![case.0, CASE_ITEMS];
        let seen = visibility::items(viewer, &mut values);
        let sql = format!(
            "SELECT i.* FROM case_item k JOIN item i ON i.id = k.item_id WHERE k.case_id = $1 AND {seen} ORDER BY i.id LIMIT $2"
        );
        self.db().rows(&sql, values).await?.iter().map(item_of).collect()
    }

    /// For each of the items whose incident has an open case that takes what comes to it: that case.
    pub async fn taking_cases(&self, items: &[ItemId]) -> Result<HashMap<ItemId, CaseId>, StoreError> {
        if items.is_empty() {
            return Ok(HashMap::new());
        }
        let mut values = Vec::new();
        let marks: Vec<String> = items.iter().map(|id| bind(&mut values, id.0)).collect();
        let sql = format!(
            "SELECT m.item_id, min(c.id) AS case_id FROM case_file c JOIN incident_member o ON o.item_id = c.item_id
             JOIN incident_member m ON m.incident_id = o.incident_id WHERE {TAKES} AND m.item_id IN ({}) GROUP BY m.item_id",
            marks.join(", ")
        );
        let rows = self.db().rows(&sql, values).await?;
        rows.iter().map(|row| Ok((ItemId(row.int("item_id")?), CaseId(row.int("case_id")?)))).collect()
    }
}

/// Whether some open case takes what comes to its incident, so that routing waits for joining.
pub(super) async fn any_takes(tx: &mut Tx) -> Result<bool, StoreError> {
    let sql = format!("SELECT 1 FROM case_file c WHERE {TAKES} LIMIT 1");
    Ok(tx.row(&sql, args![]).await?.is_some())
}

/// Notes that the case answers its own item.
pub(super) async fn own(tx: &mut Tx, case: CaseId, item: ItemId) -> Result<(), StoreError> {
    let sql = "INSERT INTO case_item (case_id, item_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    tx.run(sql, args![case.0, item.0]).await?;
    Ok(())
}

/// Takes free items into a case; gives the first that is not free, and then the transaction must not be committed.
pub(super) async fn take_in(
    tx: &mut Tx,
    case: CaseId,
    items: &[ItemId],
) -> Result<Option<ItemId>, StoreError> {
    for item in items {
        let sql = "UPDATE item SET case_id = $1 WHERE id = $2 AND case_id IS NULL AND dismissed IS NULL";
        if tx.run(sql, args![case.0, item.0]).await? == 0 {
            return Ok(Some(*item));
        }
        own(tx, case, *item).await?;
    }
    Ok(None)
}

/// Lets items go that a case answered; they wait to be assigned again.
pub(super) async fn leave_out(tx: &mut Tx, case: CaseId, items: &[ItemId]) -> Result<(), StoreError> {
    for item in items {
        tx.run("DELETE FROM case_item WHERE case_id = $1 AND item_id = $2", args![case.0, item.0]).await?;
        let sql = "UPDATE item SET case_id = NULL WHERE id = $1 AND case_id = $2";
        tx.run(sql, args![item.0, case.0]).await?;
    }
    Ok(())
}

/// The items of a case that was merged are answered by the one under which the matter goes on.
pub(super) async fn follow(tx: &mut Tx, merged: CaseId, into: CaseId) -> Result<(), StoreError> {
    let sql = "INSERT INTO case_item (case_id, item_id) SELECT $1, item_id FROM case_item WHERE case_id = $2
               ON CONFLICT DO NOTHING";
    tx.run(sql, args![into.0, merged.0]).await?;
    tx.run("UPDATE item SET case_id = $1 WHERE case_id = $2", args![into.0, merged.0]).await?;
    Ok(())
}

/// Lets every item of a case go that was opened by mistake. One whose matter was split is still answered by the other part.
pub(super) async fn free_all(tx: &mut Tx, case: CaseId) -> Result<(), StoreError> {
    let sql = "UPDATE item SET case_id = (SELECT max(c.id) FROM case_file c
               WHERE c.item_id = item.id AND c.state NOT IN ('void','merged')) WHERE case_id = $1";
    tx.run(sql, args![case.0]).await?;
    tx.run("DELETE FROM case_item WHERE case_id = $1", args![case.0]).await?;
    Ok(())
}

impl Store {
    /// After an item became confidential, or is it no more: whoever shares a case with it and is not of its kind leaves
    /// the case and waits to be assigned again.
    pub(super) async fn part_confidential(&self, tx: &mut Tx, item: ItemId) -> Result<(), StoreError> {
        let sql = "SELECT k.case_id, k.item_id, c.state FROM case_item own JOIN case_item k ON k.case_id = own.case_id
                   JOIN case_file c ON c.id = k.case_id JOIN item i ON i.id = k.item_id
                   WHERE own.item_id = $1 AND i.case_id = c.id AND c.item_id <> i.id AND i.confidential <> c.confidential";
        let rows = tx.rows(sql, args![item.0]).await?;
        let now = self.now();
        for row in rows {
            let (case, left) = (CaseId(row.int("case_id")?), ItemId(row.int("item_id")?));
            leave_out(tx, case, &[left]).await?;
            let line = TimelineEntry {
                id: self.ids().next::<TimelineId>(now),
                case,
                at: now,
                actor: Actor::System,
                action: "leave_out".into(),
                state: row.text("state")?,
                note: "保密范围变化，一件诉求移出本工单".into(),
            };
            let sql = "INSERT INTO timeline (id, case_id, body) VALUES ($1,$2,$3)";
            tx.run(sql, args![line.id.0, case.0, super::db::to_json(&line)?]).await?;
            let audit = AuditEntry {
                id: self.ids().next::<AuditId>(now),
                at: now,
                actor: Actor::System,
                action: "case.leave_out".into(),
                subject: Subject::Case(case),
                detail: json!({ "items": [left.to_string()] }),
            };
            self.append_audit(tx, &audit).await?;
        }
        Ok(())
    }
}
