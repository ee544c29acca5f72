//! What is read of cases: one with all that hangs on it, several at once, lists by filter and by due time.

use std::collections::HashMap;

use jiff::Timestamp;

use super::super::db::{Arg, Row, args};
use super::super::visibility::{self, bind};
use super::super::{Listing, Page, Store, StoreError};
use crate::county::{DepartmentCode, TopicCode, Town};
use crate::ids::CaseId;
use crate::records::{Case, CaseFile, OPEN_STATES, Reply, Viewer};

/// So many cases are asked for at once.
const AT_ONCE: usize = 400;

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

impl Store {
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

    /// Those of these cases that the viewer may see, by id. Asked once for a page, not once for a case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cases_of_ids(&self, viewer: &Viewer, ids: &[CaseId]) -> Result<Vec<Case>, StoreError> {
        let mut cases = Vec::with_capacity(ids.len());
        for part in ids.chunks(AT_ONCE) {
            let mut values = Vec::new();
            let seen = visibility::cases(viewer, &mut values);
            let marks = bind_all(&mut values, part);
            let sql = format!(
                "SELECT c.confidential, c.body FROM case_file c WHERE c.id IN ({marks}) AND {seen} ORDER BY c.id"
            );
            for row in self.db().rows(&sql, values).await? {
                cases.push(case_of(&row)?);
            }
        }
        Ok(cases)
    }

    /// The replies to each of these cases, in the order in which they were given. Whoever asks has seen the cases.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replies_to(&self, cases: &[CaseId]) -> Result<HashMap<CaseId, Vec<Reply>>, StoreError> {
        let mut replies: HashMap<CaseId, Vec<Reply>> = HashMap::new();
        for part in cases.chunks(AT_ONCE) {
            let mut values = Vec::new();
            let marks = bind_all(&mut values, part);
            let sql = format!("SELECT case_id, body FROM reply WHERE case_id IN ({marks}) ORDER BY id");
            for row in self.db().rows(&sql, values).await? {
                replies.entry(CaseId(row.int("case_id")?)).or_default().push(row.json("body")?);
            }
        }
        Ok(replies)
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

/// Placeholders for the ids, as a list.
fn bind_all(values: &mut Vec<Arg>, ids: &[CaseId]) -> String {
    let marks: Vec<String> = ids.iter().map(|id| bind(values, id.0)).collect();
    marks.join(", ")
}

pub(in crate::store) fn case_of(row: &Row) -> Result<Case, StoreError> {
    let mut case: Case = row.json("body")?;
    case.confidential = row.flag("confidential")?;
    Ok(case)
}
