//! The promises of approved replies, followed also after their cases are closed.

use jiff::civil::Date;
use serde_json::json;

use super::super::db::{Row, Tx, args, to_json};
use super::super::visibility::{self, bind};
use super::super::{Store, StoreError};
use super::actor_of;
use crate::county::DepartmentCode;
use crate::ids::{CaseId, ReplyId, TimelineId};
use crate::records::{
    Actor, PromiseState, Reply, ReplyReview, Subject, TimelineEntry, TrackedPromise, Viewer,
};

/// Which promises a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PromiseFilter {
    /// Made by this department.
    pub department: Option<DepartmentCode>,
    pub state: Option<PromiseState>,
    /// Only those whose day is before this one.
    pub before: Option<Date>,
    pub case: Option<CaseId>,
}

/// Promises with their cases, which say who may see them.
const FROM: &str = "FROM promise p JOIN case_file c ON c.id = p.case_id";
/// A list shows at most so many.
const MOST: i64 = 300;

impl Store {
    /// Promises, the next due first, at most 300.
    pub async fn promises(
        &self,
        viewer: &Viewer,
        filter: &PromiseFilter,
    ) -> Result<Vec<TrackedPromise>, StoreError> {
        let mut values = args![MOST];
        let condition = condition(viewer, filter, &mut values);
        let sql = format!(
            "SELECT p.*, c.number, c.confidential, c.body AS case_body {FROM} WHERE {condition}
             ORDER BY p.by_day, p.reply_id, p.place LIMIT $1"
        );
        self.db().rows(&sql, values).await?.iter().map(promise_of).collect()
    }

    /// How many promises a filter finds.
    pub async fn count_promises(&self, viewer: &Viewer, filter: &PromiseFilter) -> Result<i64, StoreError> {
        let mut values = Vec::new();
        let condition = condition(viewer, filter, &mut values);
        self.db().number(&format!("SELECT count(*) {FROM} WHERE {condition}"), values).await
    }

    /// The promise, if the viewer may see its case.
    pub async fn promise(
        &self,
        viewer: &Viewer,
        reply: ReplyId,
        place: i64,
    ) -> Result<Option<TrackedPromise>, StoreError> {
        let mut values = args![reply.0, place];
        let seen = visibility::cases(viewer, &mut values);
        let sql = format!(
            "SELECT p.*, c.number, c.confidential, c.body AS case_body {FROM}
             WHERE p.reply_id = $1 AND p.place = $2 AND {seen}"
        );
        self.db().row(&sql, values).await?.as_ref().map(promise_of).transpose()
    }

    /// Says that an open promise was kept, or cannot be; a line of the case's timeline and the log tell it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer may not see it, [`StoreError::Conflict`] when somebody was first,
    /// [`StoreError::Bad`] for a state that is none of the two.
    pub async fn mark_promise(
        &self,
        viewer: &Viewer,
        (reply, place): (ReplyId, i64),
        state: PromiseState,
        note: &str,
        actor: Actor,
    ) -> Result<TrackedPromise, StoreError> {
        if state == PromiseState::Open {
            return Err(StoreError::Bad("a promise is marked as kept or as broken".into()));
        }
        let note = crate::text::mask(note.trim()).text;
        let promise = self.promise(viewer, reply, place).await?.ok_or(StoreError::NotFound("promise"))?;
        let now = self.now();
        let mut tx = self.begin().await?;
        let sql = "UPDATE promise SET state = $1, marked_at = $2, marked_by = $3, note = $4
                   WHERE reply_id = $5 AND place = $6 AND state = 'open'";
        let values = args![state.code(), now, actor.code(), &note, reply.0, place];
        if tx.run(sql, values).await? == 0 {
            drop(tx);
            let marked = self.promise(viewer, reply, place).await?.and_then(|promise| promise.marked);
            let (by, at, _) = marked.ok_or(StoreError::NotFound("promise"))?;
            return Err(StoreError::Conflict { by: by.code(), at });
        }
        let row = tx.row("SELECT state FROM case_file WHERE id = $1", args![promise.case.0]).await?;
        let line = TimelineEntry {
            id: self.ids().next::<TimelineId>(now),
            case: promise.case,
            at: now,
            actor,
            action: format!("promise_{}", state.code()),
            state: row.ok_or(StoreError::NotFound("case"))?.text("state")?,
            note: format!("{}（{} 前）：{note}", promise.what, promise.by),
        };
        let sql = "INSERT INTO timeline (id, case_id, body) VALUES ($1,$2,$3)";
        tx.run(sql, args![line.id.0, promise.case.0, to_json(&line)?]).await?;
        let detail = json!({ "reply": reply, "place": place, "by": promise.by });
        let action = format!("promise.{}", state.code());
        self.audit_in(&mut tx, actor, &action, Subject::Case(promise.case), detail).await?;
        tx.commit().await?;
        Ok(TrackedPromise { state, marked: Some((actor, now, note)), ..promise })
    }
}

/// Puts the promises of an approved reply on the list; once.
pub(in crate::store) async fn track_promises(tx: &mut Tx, reply: &Reply) -> Result<(), StoreError> {
    if !matches!(reply.review, ReplyReview::Approved { .. }) {
        return Ok(());
    }
    let rows = (0i64..).zip(&reply.promises).map(|(place, promise)| {
        args![
            reply.id.0,
            place,
            reply.case.0,
            reply.department.as_str(),
            &promise.what,
            promise.by.to_string(),
            PromiseState::Open.code()
        ]
    });
    let columns = ["reply_id", "place", "case_id", "department", "what", "by_day", "state"];
    tx.insert("promise", &columns, rows.collect(), "ON CONFLICT DO NOTHING").await.map(drop)
}

fn condition(viewer: &Viewer, filter: &PromiseFilter, values: &mut Vec<super::super::db::Arg>) -> String {
    let mut all = vec![visibility::cases(viewer, values)];
    if let Some(department) = &filter.department {
        all.push(format!("p.department = {}", bind(values, department.as_str())));
    }
    if let Some(state) = filter.state {
        all.push(format!("p.state = {}", bind(values, state.code())));
    }
    if let Some(before) = filter.before {
        all.push(format!("p.by_day < {}", bind(values, before.to_string())));
    }
    if let Some(case) = filter.case {
        all.push(format!("p.case_id = {}", bind(values, case.0)));
    }
    all.join(" AND ")
}

fn promise_of(row: &Row) -> Result<TrackedPromise, StoreError> {
    let case: crate::records::Case = row.json("case_body")?;
    let by = row.text("by_day")?;
    let marked = match row.opt_time("marked_at")? {
        Some(at) => Some((actor_of(&row.text("marked_by")?)?, at, row.opt_text("note")?.unwrap_or_default())),
        None => None,
    };
    Ok(TrackedPromise {
        reply: ReplyId(row.int("reply_id")?),
        place: row.int("place")?,
        case: CaseId(row.int("case_id")?),
        case_number: row.text("number")?,
        case_title: case.title,
        confidential: row.flag("confidential")?,
        department: DepartmentCode::from(row.text("department")?),
        what: row.text("what")?,
        by: by.parse().map_err(|e| StoreError::Bad(format!("column by_day: {e}")))?,
        state: row.code("state")?,
        marked,
    })
}
