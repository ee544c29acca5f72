//! Cases with their clocks, replies, ratings and timelines.

use jiff::Timestamp;
use serde_json::json;

use super::attachments::go_with_reply;
use super::case_items;
use super::db::{Arg, Row, Tx, args, to_json};
use super::rates::write_facts;
use super::replies::{drop_all_drafts, drop_drafts, track_promises};
use super::visibility::{self, bind};
use super::{Listing, Page, Store, StoreError};
use crate::clock;
use crate::county::{DepartmentCode, TopicCode, Town};
use crate::ids::{CaseId, ItemId};
use crate::records::{
    Actor, Case, CaseChange, CaseFile, CaseState, HelperState, OPEN_STATES, ReplyReview, Viewer, events_of,
};

/// Filters of the case list; all that are set must hold.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// State codes; empty for all.
    pub states: Vec<String>,
    pub open_only: bool,
    /// Led or helped by this department.
    pub department: Option<DepartmentCode>,
    pub lead: Option<DepartmentCode>,
    pub topic: Option<TopicCode>,
    pub town: Option<Town>,
    pub due_from: Option<Timestamp>,
    pub due_before: Option<Timestamp>,
    /// A case number or its beginning.
    pub number: Option<String>,
    /// Earliest due time first instead of newest first. The cursor of [`Page`] is then how many were shown before: what
    /// moves meanwhile may come twice or be passed over.
    pub soonest_first: bool,
}

/// How a case comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
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

    pub(super) async fn open_in(
        &self,
        tx: &mut Tx,
        mut change: CaseChange,
        opening: Opening,
    ) -> Result<Case, StoreError> {
        let year = i64::from(clock::local_date(change.case.opened_at).year());
        let row = tx
            .row(
                "INSERT INTO case_number (office, year, last) VALUES ('', $1, 1)
                 ON CONFLICT (office, year) DO UPDATE SET last = case_number.last + 1 RETURNING last",
                args![year],
            )
            .await?
            .ok_or(StoreError::NotFound("case number"))?;
        change.case.number = format!("{year}-{:05}", row.int("last")?);
        if let Some(fields) = change.audit.detail.as_object_mut() {
            fields.insert("number".into(), json!(change.case.number));
        }
        let case = &change.case;
        tx.run(
            "INSERT INTO case_file (id, number, item_id, state, lead, topic, town, urgency, confidential, opened_at, version,
             changed_at, changed_by, due_at, wake_at, body, is_split, takes_incident)
             VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18)",
            args![
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
            ],
        )
        .await?;
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
    pub(super) async fn conflict(&self, actor: &str, at: Timestamp) -> Result<StoreError, StoreError> {
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
        self.append_audit(tx, &change.audit).await
    }

    /// The case with all that hangs on it, if the viewer may see it.
    pub async fn case_file(&self, viewer: &Viewer, id: CaseId) -> Result<Option<CaseFile>, StoreError> {
        let mut values = args![id.0];
        let seen = visibility::cases(viewer, &mut values);
        let sql = format!("SELECT c.confidential, c.body FROM case_file c WHERE c.id = $1 AND {seen}");
        let Some(row) = self.db().row(&sql, values).await? else { return Ok(None) };
        let case = case_of(&row)?;
        let item = self.item(&Viewer::SYSTEM, case.item).await?.ok_or(StoreError::NotFound("item"))?;
        Ok(Some(CaseFile {
            clocks: self.parts("case_clock", id).await?,
            replies: self.parts("reply", id).await?,
            ratings: self.parts("rating", id).await?,
            timeline: self.parts("timeline", id).await?,
            item,
            case,
        }))
    }

    async fn parts<T: serde::de::DeserializeOwned>(
        &self,
        table: &'static str,
        case: CaseId,
    ) -> Result<Vec<T>, StoreError> {
        let sql = format!("SELECT body FROM {table} WHERE case_id = $1 ORDER BY id LIMIT 1000");
        self.db().rows(&sql, args![case.0]).await?.iter().map(|row| row.json("body")).collect()
    }

    /// Cases newest first, or soonest due first.
    pub async fn cases(
        &self,
        viewer: &Viewer,
        filter: &CaseFilter,
        page: Page,
    ) -> Result<Listing<Case>, StoreError> {
        let mut values = Vec::new();
        let condition = case_condition(viewer, filter, &mut values);
        let limit = bind(&mut values, page.size() + 1);
        let shown = page.before.unwrap_or(0).max(0);
        let rest = if filter.soonest_first {
            let offset = bind(&mut values, shown);
            format!("ORDER BY c.due_at IS NULL, c.due_at, c.id DESC LIMIT {limit} OFFSET {offset}")
        } else {
            format!("AND c.id < {} ORDER BY c.id DESC LIMIT {limit}", bind(&mut values, page.before()))
        };
        let sql = format!("SELECT c.confidential, c.body FROM case_file c WHERE {condition} {rest}");
        let rows = self.db().rows(&sql, values).await?.iter().map(case_of).collect::<Result<Vec<_>, _>>()?;
        let next = |case: &Case| if filter.soonest_first { shown + page.size() } else { case.id.0 };
        Ok(Listing::of(rows, page, next))
    }

    /// How many cases a filter finds.
    pub async fn count_cases(&self, viewer: &Viewer, filter: &CaseFilter) -> Result<i64, StoreError> {
        let mut values = Vec::new();
        let condition = case_condition(viewer, filter, &mut values);
        self.db().number(&format!("SELECT count(*) FROM case_file c WHERE {condition}"), values).await
    }

    /// Cases that wait for the resident and whose date has passed.
    pub async fn waiting_cases_due(&self, now: Timestamp) -> Result<Vec<CaseId>, StoreError> {
        let sql =
            "SELECT id FROM case_file WHERE state = 'waiting' AND wake_at <= $1 ORDER BY wake_at LIMIT 200";
        self.db().rows(sql, args![now]).await?.iter().map(|row| row.int("id").map(CaseId)).collect()
    }

    /// Open cases whose earliest due time is before `until`, soonest first, from the cursor `(due, id)` on.
    pub async fn open_cases_due(
        &self,
        until: Timestamp,
        after: (Timestamp, CaseId),
        limit: i64,
    ) -> Result<Vec<(Timestamp, CaseId)>, StoreError> {
        let sql = "SELECT id, due_at FROM case_file WHERE state IN ('assigned','returned','handling','waiting','in_review','replied')
                   AND due_at < $1 AND (due_at > $2 OR (due_at = $2 AND id > $3)) ORDER BY due_at, id LIMIT $4";
        let rows = self.db().rows(sql, args![until, after.0, after.1.0, limit]).await?;
        rows.iter().map(|row| Ok((row.time("due_at")?, CaseId(row.int("id")?)))).collect()
    }

    /// The cases with these numbers that the viewer may see, by number.
    pub async fn cases_numbered(&self, viewer: &Viewer, numbers: &[&str]) -> Result<Vec<Case>, StoreError> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let mut values = Vec::new();
        let seen = visibility::cases(viewer, &mut values);
        let marks: Vec<String> = numbers.iter().map(|number| bind(&mut values, *number)).collect();
        let sql = format!(
            "SELECT c.confidential, c.body FROM case_file c WHERE c.number IN ({}) AND {seen} ORDER BY c.number",
            marks.join(", ")
        );
        self.db().rows(&sql, values).await?.iter().map(case_of).collect()
    }

    /// The case with that number, if the viewer may see it.
    pub async fn case_numbered(&self, viewer: &Viewer, number: &str) -> Result<Option<CaseId>, StoreError> {
        let mut values = args![number.trim()];
        let seen = visibility::cases(viewer, &mut values);
        let sql = format!("SELECT c.id FROM case_file c WHERE c.number = $1 AND {seen}");
        self.db().row(&sql, values).await?.map(|row| row.int("id").map(CaseId)).transpose()
    }
}

fn case_condition(viewer: &Viewer, filter: &CaseFilter, values: &mut Vec<Arg>) -> String {
    let mut all = vec![visibility::cases(viewer, values)];
    let states: Vec<&str> = match (filter.open_only, filter.states.is_empty()) {
        (true, true) => OPEN_STATES.to_vec(),
        (true, false) => {
            filter.states.iter().map(String::as_str).filter(|s| OPEN_STATES.contains(s)).collect()
        }
        (false, _) => filter.states.iter().map(String::as_str).collect(),
    };
    if !states.is_empty() {
        let marks: Vec<String> = states.iter().map(|state| bind(values, *state)).collect();
        all.push(format!("c.state IN ({})", marks.join(", ")));
    }
    if let Some(department) = &filter.department {
        let mark = bind(values, department.as_str());
        all.push(format!(
            "EXISTS (SELECT 1 FROM case_department fd WHERE fd.case_id = c.id AND fd.department = {mark})"
        ));
    }
    if let Some(lead) = &filter.lead {
        all.push(format!("c.lead = {}", bind(values, lead.as_str())));
    }
    if let Some(topic) = &filter.topic {
        all.push(format!("c.topic = {}", bind(values, topic.as_str())));
    }
    if let Some(town) = &filter.town {
        all.push(format!("c.town = {}", bind(values, town.as_str())));
    }
    if let Some(from) = filter.due_from {
        all.push(format!("c.due_at >= {}", bind(values, from)));
    }
    if let Some(before) = filter.due_before {
        all.push(format!("c.due_at < {}", bind(values, before)));
    }
    if let Some(number) = &filter.number {
        let beginning: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
        all.push(format!("c.number LIKE {}", bind(values, format!("{beginning}%"))));
    }
    all.join(" AND ")
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

/// Which departments see the case: its lead and the helpers who neither refused nor were released.
async fn write_departments(tx: &mut Tx, case: &Case) -> Result<(), StoreError> {
    tx.run("DELETE FROM case_department WHERE case_id = $1", args![case.id.0]).await?;
    let mut rows = vec![args![case.id.0, case.lead.as_str(), "lead"]];
    for helper in &case.helpers {
        let gone = matches!(helper.state, HelperState::Refused | HelperState::Released);
        if !gone && helper.department != case.lead {
            rows.push(args![case.id.0, helper.department.as_str(), "helper"]);
        }
    }
    tx.insert("case_department", &["case_id", "department", "role"], rows, "ON CONFLICT DO NOTHING").await?;
    Ok(())
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

fn case_of(row: &Row) -> Result<Case, StoreError> {
    let mut case: Case = row.json("body")?;
    case.confidential = row.flag("confidential")?;
    Ok(case)
}
