//! Cases with their clocks, replies, ratings and timelines: how they are opened and changed; [`reading`] finds them.

use jiff::Timestamp;
use serde_json::json;

use super::attachments::go_with_reply;
use super::case_items;
use super::db::{Arg, Tx, args, to_json};
use super::rates::write_facts;
use super::replies::{drop_all_drafts, drop_drafts, track_promises};
use super::{Store, StoreError};
use crate::clock;
use crate::county::{TopicCode, Town};
use crate::ids::{CaseId, ItemId};
use crate::records::{Actor, Case, CaseChange, CaseState, HelperState, OutEvent, ReplyReview, events_of};

mod opening;
mod reading;

use opening::{set_number, take_numbers};
pub use reading::CaseFilter;
pub(in crate::store) use reading::case_of;

/// How a case comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Opening {
    /// The one case that answers its item.
    OfItem,
    /// A part of the matter that another department answers beside the item's case.
    SplitOff,
}

impl Store {
    /// Opens a case for an item: gives it its number, and writes everything in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the item has a case already.
    pub async fn open_case(&self, change: CaseChange) -> Result<Case, StoreError> {
        let item = change.case.item;
        let mut tx = self.begin().await?;
        let opened = self.open_in(&mut tx, change, Opening::OfItem).await;
        match opened {
            Ok(case) => {
                tx.commit().await?;
                Ok(case)
            }
            Err(e) if e.is_unique_violation() => {
                drop(tx);
                Err(self.item_conflict(item).await?)
            }
            Err(e) => Err(e),
        }
    }

    async fn item_conflict(&self, item: ItemId) -> Result<StoreError, StoreError> {
        let row = self
            .db()
            .row(
                "SELECT changed_by, changed_at FROM case_file WHERE item_id = $1 AND state NOT IN ('void','merged')
                 UNION ALL SELECT c.changed_by, c.changed_at FROM item i JOIN case_file c ON c.id = i.case_id WHERE i.id = $1",
                args![item.0],
            )
            .await?;
        match row {
            Some(row) => self.conflict(&row.text("changed_by")?, row.time("changed_at")?).await,
            None => Ok(StoreError::NotFound("item")),
        }
    }

    pub(in crate::store) async fn open_in(
        &self,
        tx: &mut Tx,
        mut change: CaseChange,
        opening: Opening,
    ) -> Result<Case, StoreError> {
        let year = opened_in(&change.case);
        let number = take_numbers(tx, year, 1).await?;
        set_number(&mut change, year, number);
        let case = &change.case;
        tx.insert("case_file", CASE_COLUMNS, vec![case_row(case, opening)?], "").await?;
        if opening == Opening::OfItem {
            let sql = "UPDATE item SET case_id = $1 WHERE id = $2 AND dismissed IS NULL";
            if tx.run(sql, args![case.id.0, case.item.0]).await? == 0 {
                return Err(StoreError::NotFound("item"));
            }
        }
        case_items::own(tx, case.id, case.item).await?;
        if let Some(item) = case_items::take_in(tx, case.id, &change.taken_in).await? {
            return Err(self.item_conflict(item).await?);
        }
        let case = change.case.clone();
        self.write_parts(tx, change).await?;
        Ok(case)
    }

    /// Writes one action on a case that was read at version `seen`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when someone changed it since; nothing is written then.
    pub async fn save_case(&self, seen: i64, change: CaseChange) -> Result<(), StoreError> {
        self.save_cases(vec![(seen, change)]).await
    }

    /// Writes the changes of several cases (merging, splitting) in one transaction. A change of
    /// version 0 opens a case that was split off another.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when any was changed since; nothing is written then.
    pub async fn save_cases(&self, changes: Vec<(i64, CaseChange)>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (seen, change) in changes {
            if seen == 0 {
                self.open_in(&mut tx, change, Opening::SplitOff).await?;
                continue;
            }
            let id = change.case.id;
            if !update_row(&mut tx, seen, &change.case).await? {
                drop(tx);
                return Err(self.case_conflict(id).await?);
            }
            if let Some(item) = case_items::take_in(&mut tx, id, &change.taken_in).await? {
                drop(tx);
                return Err(self.item_conflict(item).await?);
            }
            case_items::leave_out(&mut tx, id, &change.left_out).await?;
            match change.case.state {
                CaseState::Void { .. } => case_items::free_all(&mut tx, id).await?,
                CaseState::Merged { into, .. } => case_items::follow(&mut tx, id, into).await?,
                _ => {}
            }
            self.write_parts(&mut tx, change).await?;
        }
        tx.commit().await
    }

    async fn case_conflict(&self, id: CaseId) -> Result<StoreError, StoreError> {
        let row =
            self.db().row("SELECT changed_by, changed_at FROM case_file WHERE id = $1", args![id.0]).await?;
        match row {
            Some(row) => self.conflict(&row.text("changed_by")?, row.time("changed_at")?).await,
            None => Ok(StoreError::NotFound("case")),
        }
    }

    /// Says who changed a record, by name.
    pub(in crate::store) async fn conflict(
        &self,
        actor: &str,
        at: Timestamp,
    ) -> Result<StoreError, StoreError> {
        let actor = Actor::from_code(actor).map_err(|e| StoreError::Bad(e.to_string()))?;
        let by = match actor {
            Actor::System | Actor::Console => actor.code(),
            Actor::User(id) => self.user(id).await?.map_or_else(|| id.to_string(), |user| user.name),
        };
        Ok(StoreError::Conflict { by, at })
    }

    async fn write_parts(&self, tx: &mut Tx, change: CaseChange) -> Result<(), StoreError> {
        let case = &change.case;
        write_departments(tx, case).await?;
        for clock in &change.clocks {
            tx.run(
                "INSERT INTO case_clock (id, case_id, rule, due_at, is_open, body) VALUES ($1,$2,$3,$4,$5,$6)
                 ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at, is_open = excluded.is_open, body = excluded.body",
                args![clock.id.0, case.id.0, clock.rule.as_str(), clock.due_at, clock.is_open(), to_json(clock)?],
            )
            .await?;
        }
        for (reply, original) in &change.replies {
            tx.run(
                "INSERT INTO reply (id, case_id, sealed_id, body) VALUES ($1,$2,$3,$4)
                 ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                args![reply.id.0, case.id.0, reply.sealed.0, to_json(reply)?],
            )
            .await?;
            self.queue_backfill(tx, case.id, reply).await?;
            if let Some(original) = &original {
                self.seal_as(tx, reply.sealed, &json!({ "text": original }).to_string()).await?;
                go_with_reply(tx, reply).await?;
            }
            if original.is_some() || matches!(reply.review, ReplyReview::Approved { .. }) {
                drop_drafts(tx, case.id, &reply.department).await?;
            }
            track_promises(tx, reply).await?;
        }
        let done =
            |state| matches!(state, HelperState::Answered | HelperState::Refused | HelperState::Released);
        for helper in case.helpers.iter().filter(|helper| done(helper.state)) {
            drop_drafts(tx, case.id, &helper.department).await?;
        }
        if !case.state.is_open() {
            drop_all_drafts(tx, case.id).await?;
        }
        for rating in &change.ratings {
            let sql = "INSERT INTO rating (id, case_id, body) VALUES ($1,$2,$3)";
            tx.run(sql, args![rating.id.0, case.id.0, to_json(rating)?]).await?;
        }
        for line in &change.timeline {
            let sql = "INSERT INTO timeline (id, case_id, body) VALUES ($1,$2,$3)";
            tx.run(sql, args![line.id.0, case.id.0, to_json(line)?]).await?;
        }
        if let Some(facts) = &change.facts {
            write_facts(tx, case, facts).await?;
        }
        self.settle_case(tx, case).await?;
        self.tell_in(tx, &events_of(&change)).await?;
        let out = OutEvent::of_case(self.ids().next(self.now()), case, &change.audit.action);
        self.put_out(tx, vec![out]).await?;
        self.append_audit(tx, &change.audit).await
    }
}

async fn update_row(tx: &mut Tx, seen: i64, case: &Case) -> Result<bool, StoreError> {
    let touched = tx
        .run(
            "UPDATE case_file SET state = $1, lead = $2, urgency = $3, version = $4, changed_at = $5, changed_by = $6,
             due_at = $7, wake_at = $8, body = $9, confidential = $10, takes_incident = $11 WHERE id = $12 AND version = $13",
            args![
                case.state.code(),
                case.lead.as_str(),
                i64::from(u8::from(case.urgency)),
                case.version,
                case.changed_at,
                case.changed_by.code(),
                due(case),
                wake(case),
                to_json(case)?,
                case.confidential,
                case.takes_incident,
                case.id.0,
                seen
            ],
        )
        .await?;
    Ok(touched == 1)
}

/// The columns of a new case.
const CASE_COLUMNS: &[&str] = &[
    "id",
    "number",
    "item_id",
    "state",
    "lead",
    "topic",
    "town",
    "urgency",
    "confidential",
    "opened_at",
    "version",
    "changed_at",
    "changed_by",
    "due_at",
    "wake_at",
    "body",
    "is_split",
    "takes_incident",
];

/// The values of [`CASE_COLUMNS`].
fn case_row(case: &Case, opening: Opening) -> Result<Vec<Arg>, StoreError> {
    Ok(args![
        case.id.0,
        &case.number,
        case.item.0,
        case.state.code(),
        case.lead.as_str(),
        case.topic.as_ref().map(TopicCode::as_str),
        case.town.as_ref().map(Town::as_str),
        i64::from(u8::from(case.urgency)),
        case.confidential,
        case.opened_at,
        case.version,
        case.changed_at,
        case.changed_by.code(),
        due(case),
        wake(case),
        to_json(case)?,
        opening == Opening::SplitOff,
        case.takes_incident
    ])
}

/// The year whose numbers a case gets.
fn opened_in(case: &Case) -> i64 {
    i64::from(clock::local_date(case.opened_at).year())
}

/// Which departments see the case: its lead and the helpers who neither refused nor were released.
async fn write_departments(tx: &mut Tx, case: &Case) -> Result<(), StoreError> {
    tx.run("DELETE FROM case_department WHERE case_id = $1", args![case.id.0]).await?;
    let rows = department_rows(case);
    tx.insert("case_department", &["case_id", "department", "role"], rows, "ON CONFLICT DO NOTHING").await?;
    Ok(())
}

fn department_rows(case: &Case) -> Vec<Vec<Arg>> {
    let mut rows = vec![args![case.id.0, case.lead.as_str(), "lead"]];
    for helper in &case.helpers {
        let gone = matches!(helper.state, HelperState::Refused | HelperState::Released);
        if !gone && helper.department != case.lead {
            rows.push(args![case.id.0, helper.department.as_str(), "helper"]);
        }
    }
    rows
}

fn due(case: &Case) -> Option<Timestamp> {
    case.due.as_ref().map(|(_, at)| *at)
}

fn wake(case: &Case) -> Option<Timestamp> {
    match case.state {
        CaseState::Waiting { until, .. } => Some(until),
        _ => None,
    }
}
