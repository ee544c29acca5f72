//! Mirrored cases: written as sheets bring them and people press them, read as the viewer may see them.
//!
//! One that has a case of ours is left out everywhere: then we handle its matter, and it is counted there.

use jiff::Timestamp;
use serde_json::json;

use super::db::{Arg, Row, Tx, args, to_json};
use super::visibility::{self, bind};
use super::{Listing, Page, Store, StoreError, item_of};
use crate::county::DepartmentCode;
use crate::ids::{ItemId, SourceId};
use crate::records::{Actor, ItemVersion, Mirror, MirrorChange, MirrorLine, MirroredCase, Subject, Viewer};

/// Which states a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MirrorState {
    /// Neither finished there nor withdrawn.
    #[default]
    Open,
    Finished,
    All,
}

/// Whose they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MirrorOffice {
    Is(DepartmentCode),
    /// The department table knows no office by the platform's word.
    Unmapped,
}

/// Filters of the list; all that are set must hold. Due times are the platform's, or where it gives none, ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MirrorFilter {
    pub state: MirrorState,
    pub due_from: Option<Timestamp>,
    pub due_before: Option<Timestamp>,
    pub unsatisfied: bool,
    pub watched: bool,
    pub office: Option<MirrorOffice>,
    pub source: Option<SourceId>,
    /// The platform's number or its beginning.
    pub number: Option<String>,
}

/// What of other platforms' cases is with a department; `None` for those that no office is known of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorLoad {
    pub department: Option<DepartmentCode>,
    pub open: i64,
    /// Of those, past their due time.
    pub overdue: i64,
    /// Unsatisfied, finished ones included.
    pub unsatisfied: i64,
}

const FROM: &str = "FROM mirrored m JOIN item i ON i.id = m.item_id";
const COLUMNS: &str = "i.*, m.body AS mirror_body, m.department AS mirror_department";
const OPEN: &str = "NOT m.finished AND i.withdrawn_at IS NULL";

impl Store {
    /// Writes a change of a mirrored case that was read at version `seen`, 0 for one that is new: with its line, its audit
    /// entry and what is to be told, in one transaction. What an earlier version of the item said is not taken over any
    /// more: a column of it may have been sealed since, and the later version is followed in its turn.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when someone changed it since; nothing is written then.
    pub async fn save_mirrored(&self, seen: i64, change: &MirrorChange) -> Result<(), StoreError> {
        let mirror = &change.mirror;
        let mut tx = self.begin().await?;
        if change.of_version.is_some() && change.of_version != item_version(&mut tx, mirror.item).await? {
            return Ok(());
        }
        let values = args![
            mirror.item.0,
            mirror.source.0,
            &mirror.number,
            mirror.said.office.clone(),
            mirror.department.as_ref().map(DepartmentCode::as_str),
            mirror.finished,
            mirror.due_at,
            mirror.sort_at(),
            mirror.said.unsatisfied,
            mirror.watched,
            i64::from(mirror.pressed),
            mirror.version,
            mirror.changed_at,
            mirror.changed_by.code(),
            to_json(mirror)?
        ];
        let written = if seen == 0 {
            let sql = "INSERT INTO mirrored (item_id, source_id, number, office, department, finished, due_at, sort_at,
                       unsatisfied, watched, pressed, version, changed_at, changed_by, body)
                       VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15) ON CONFLICT (item_id) DO NOTHING";
            tx.run(sql, values).await?
        } else {
            let sql = "UPDATE mirrored SET source_id = $2, number = $3, office = $4, department = $5, finished = $6,
                       due_at = $7, sort_at = $8, unsatisfied = $9, watched = $10, pressed = $11, version = $12,
                       changed_at = $13, changed_by = $14, body = $15 WHERE item_id = $1 AND version = $16";
            tx.run(sql, values.into_iter().chain(args![seen]).collect()).await?
        };
        if written == 0 {
            drop(tx);
            return Err(self.mirror_conflict(mirror.item).await?);
        }
        let sql = "INSERT INTO mirrored_line (id, item_id, body) VALUES ($1, $2, $3)";
        tx.run(sql, args![change.line.id.0, mirror.item.0, to_json(&change.line)?]).await?;
        if mirror.finished {
            self.settle_mirrored(&mut tx, mirror.item).await?;
        }
        self.tell_in(&mut tx, change.event.as_slice()).await?;
        self.append_audit(&mut tx, &change.audit).await?;
        tx.commit().await
    }

    async fn mirror_conflict(&self, item: ItemId) -> Result<StoreError, StoreError> {
        let sql = "SELECT changed_by, changed_at FROM mirrored WHERE item_id = $1";
        match self.db().row(sql, args![item.0]).await? {
            Some(row) => self.conflict(&row.text("changed_by")?, row.time("changed_at")?).await,
            None => Ok(StoreError::NotFound("mirrored case")),
        }
    }

    /// The mirrored case of an item, if the viewer may see it and no case of ours took its place.
    pub async fn mirrored(&self, viewer: &Viewer, item: ItemId) -> Result<Option<MirroredCase>, StoreError> {
        let mut values = args![item.0];
        let seen = visibility::mirrored(viewer, &mut values);
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE m.item_id = $1 AND i.case_id IS NULL AND {seen}");
        self.db().row(&sql, values).await?.as_ref().map(case_of).transpose()
    }

    /// Its timeline, oldest first; empty where the viewer may not see it.
    pub async fn mirror_lines(&self, viewer: &Viewer, item: ItemId) -> Result<Vec<MirrorLine>, StoreError> {
        if self.mirrored(viewer, item).await?.is_none() {
            return Ok(Vec::new());
        }
        let sql = "SELECT body FROM mirrored_line WHERE item_id = $1 ORDER BY id LIMIT 1000";
        self.db().rows(sql, args![item.0]).await?.iter().map(|row| row.json("body")).collect()
    }

    /// What earlier sheets said of it, newest first; nothing where the viewer may not see it.
    pub async fn mirror_versions(
        &self,
        viewer: &Viewer,
        item: ItemId,
    ) -> Result<Vec<ItemVersion>, StoreError> {
        match self.mirrored(viewer, item).await? {
            Some(_) => self.item_versions(&Viewer::SYSTEM, item).await,
            None => Ok(Vec::new()),
        }
    }

    /// Mirrored cases, soonest due first, those without a due time last: at most `limit` after the first `skip`.
    pub async fn mirrored_cases(
        &self,
        viewer: &Viewer,
        filter: &MirrorFilter,
        skip: i64,
        limit: i64,
    ) -> Result<Vec<MirroredCase>, StoreError> {
        let mut values = Vec::new();
        let condition = condition(viewer, filter, &mut values);
        let limit = bind(&mut values, limit.clamp(1, 201));
        let skip = bind(&mut values, skip.max(0));
        let sql = format!(
            "SELECT {COLUMNS} {FROM} WHERE {condition} ORDER BY m.sort_at IS NULL, m.sort_at, m.item_id
             LIMIT {limit} OFFSET {skip}"
        );
        self.db().rows(&sql, values).await?.iter().map(case_of).collect()
    }

    /// Mirrored cases, the newest first: an order in which none comes twice or is missed while due times change.
    pub async fn mirrored_by_age(
        &self,
        viewer: &Viewer,
        filter: &MirrorFilter,
        page: Page,
    ) -> Result<Listing<MirroredCase>, StoreError> {
        let mut values = Vec::new();
        let condition = condition(viewer, filter, &mut values);
        let before = bind(&mut values, page.before());
        let limit = bind(&mut values, page.size() + 1);
        let sql = format!(
            "SELECT {COLUMNS} {FROM} WHERE {condition} AND m.item_id < {before} ORDER BY m.item_id DESC LIMIT {limit}"
        );
        let rows = self.db().rows(&sql, values).await?.iter().map(case_of).collect::<Result<Vec<_>, _>>()?;
        Ok(Listing::of(rows, page, |case| case.item.id.0))
    }

    /// How many a filter finds.
    pub async fn count_mirrored(&self, viewer: &Viewer, filter: &MirrorFilter) -> Result<i64, StoreError> {
        let mut values = Vec::new();
        let condition = condition(viewer, filter, &mut values);
        self.db().number(&format!("SELECT count(*) {FROM} WHERE {condition}"), values).await
    }

    /// What is with each department, most overdue first.
    pub async fn mirror_loads(&self, viewer: &Viewer) -> Result<Vec<MirrorLoad>, StoreError> {
        let mut values = args![self.now()];
        let seen = visibility::mirrored(viewer, &mut values);
        let sql = format!(
            "SELECT m.department, count(CASE WHEN {OPEN} THEN 1 END) AS n_open,
             count(CASE WHEN {OPEN} AND m.sort_at < $1 THEN 1 END) AS n_over,
             count(CASE WHEN m.unsatisfied THEN 1 END) AS n_unsatisfied
             {FROM} WHERE i.case_id IS NULL AND {seen} GROUP BY m.department
             ORDER BY n_over DESC, n_open DESC, m.department"
        );
        let load = |row: &Row| {
            Ok(MirrorLoad {
                department: row.opt_text("department")?.map(DepartmentCode::from),
                open: row.int("n_open")?,
                overdue: row.int("n_over")?,
                unsatisfied: row.int("n_unsatisfied")?,
            })
        };
        self.db().rows(&sql, values).await?.iter().map(load).collect()
    }

    /// Open ones that the platform wants done before `until` and that were not pressed at red, soonest first, from the cursor
    /// `(due, item)` on.
    pub async fn mirrored_due(
        &self,
        until: Timestamp,
        after: (Timestamp, ItemId),
        limit: i64,
    ) -> Result<Vec<MirroredCase>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} {FROM} WHERE {OPEN} AND i.case_id IS NULL AND i.judged_version > 0 AND m.pressed < 2
             AND m.due_at < $1 AND (m.due_at > $2 OR (m.due_at = $2 AND m.item_id > $3))
             ORDER BY m.due_at, m.item_id LIMIT $4"
        );
        self.db().rows(&sql, args![until, after.0, after.1.0, limit]).await?.iter().map(case_of).collect()
    }

    /// The platforms' words for offices that the department table did not know.
    pub async fn unmapped_offices(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT office FROM mirrored WHERE department IS NULL AND office IS NOT NULL ORDER BY office LIMIT 500";
        self.db().rows(sql, vec![]).await?.iter().map(|row| row.text("office")).collect()
    }

    /// Gives the mirrored cases whose office was unknown the department that the word means now; how many they were.
    pub async fn map_mirrored(&self, office: &str, department: &DepartmentCode) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE mirrored SET department = $1 WHERE department IS NULL AND office = $2";
        let mapped = tx.run(sql, args![department.as_str(), office]).await?;
        let detail = json!({ "department": department, "cases": mapped });
        self.audit_in(&mut tx, Actor::System, "mirrored.map", Subject::System, detail).await?;
        tx.commit().await?;
        Ok(mapped)
    }
}

/// The version that an item has, and has until the transaction ends.
async fn item_version(tx: &mut Tx, item: ItemId) -> Result<Option<i64>, StoreError> {
    let lock = if tx.is_sqlite() { "" } else { " FOR SHARE" };
    let sql = format!("SELECT version FROM item WHERE id = $1{lock}");
    tx.row(&sql, args![item.0]).await?.map(|row| row.int("version")).transpose()
}

fn condition(viewer: &Viewer, filter: &MirrorFilter, values: &mut Vec<Arg>) -> String {
    let mut all = vec![visibility::mirrored(viewer, values), "i.case_id IS NULL".to_owned()];
    match filter.state {
        MirrorState::Open => all.push(OPEN.into()),
        MirrorState::Finished => all.push("(m.finished OR i.withdrawn_at IS NOT NULL)".into()),
        MirrorState::All => {}
    }
    if let Some(from) = filter.due_from {
        all.push(format!("m.sort_at >= {}", bind(values, from)));
    }
    if let Some(before) = filter.due_before {
        all.push(format!("m.sort_at < {}", bind(values, before)));
    }
    if filter.unsatisfied {
        all.push("m.unsatisfied".into());
    }
    if filter.watched {
        all.push("m.watched".into());
    }
    match &filter.office {
        Some(MirrorOffice::Is(code)) => all.push(format!("m.department = {}", bind(values, code.as_str()))),
        Some(MirrorOffice::Unmapped) => all.push("m.department IS NULL".into()),
        None => {}
    }
    if let Some(source) = filter.source {
        all.push(format!("m.source_id = {}", bind(values, source.0)));
    }
    if let Some(number) = &filter.number {
        let beginning: String = number.trim().chars().take(100).collect();
        let length = beginning.chars().count();
        all.push(format!("substr(m.number, 1, {length}) = {}", bind(values, beginning)));
    }
    all.join(" AND ")
}

fn case_of(row: &Row) -> Result<MirroredCase, StoreError> {
    let mut mirror: Mirror = row.json("mirror_body")?;
    mirror.department = row.opt_text("mirror_department")?.map(DepartmentCode::from);
    Ok(MirroredCase { mirror, item: item_of(row)? })
}
