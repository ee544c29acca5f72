//! The figures of the first page, as the viewer may see them.

use jiff::Timestamp;

use super::db::{Arg, Row, args};
use super::visibility::{self, bind};
use super::{CaseFilter, ItemFilter, ItemState, Store, StoreError};
use crate::county::{DepartmentCode, TopicCode, Town};
use crate::records::{Urgency, Viewer};

/// What is on a department's table.
#[derive(Debug, Clone, PartialEq)]
pub struct DepartmentLoad {
    pub department: DepartmentCode,
    /// Cases that are not closed.
    pub open: i64,
    /// Of those, the ones past their due time.
    pub overdue: i64,
}

/// Counts at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overview {
    /// Items that the model has yet to judge.
    pub unjudged: i64,
    /// Items that wait for a person's decision, and of those the unsure and the urgent.
    pub waiting: i64,
    pub unsure: i64,
    pub urgent: i64,
    /// Items first seen since midnight.
    pub today: i64,
    pub open_cases: i64,
    pub overdue_cases: i64,
    /// Cases sent back, and extensions asked for, wait for the duty office.
    pub returned_cases: i64,
    /// Items of the last seven days by main topic and by town, most first.
    pub by_topic: Vec<(TopicCode, i64)>,
    pub by_town: Vec<(Town, i64)>,
    pub departments: Vec<DepartmentLoad>,
}

impl Store {
    /// The figures for `viewer`; `midnight` and `week` are the beginnings of today and of the seven days.
    pub async fn overview(
        &self,
        viewer: &Viewer,
        midnight: Timestamp,
        week: Timestamp,
    ) -> Result<Overview, StoreError> {
        let now = self.now();
        let items =
            |state, urgency_min, since| ItemFilter { state, urgency_min, since, ..ItemFilter::default() };
        let cases = |states: &[&str], due_before| CaseFilter {
            states: states.iter().map(|s| (*s).to_owned()).collect(),
            open_only: true,
            due_before,
            ..CaseFilter::default()
        };
        Ok(Overview {
            unjudged: self.waiting_work().await?.judge,
            waiting: self.count_items(viewer, &items(ItemState::Open, None, None)).await?,
            unsure: self.count_items(viewer, &items(ItemState::Unsure, None, None)).await?,
            urgent: self.count_items(viewer, &items(ItemState::Open, Some(Urgency::Urgent), None)).await?,
            today: self.count_items(viewer, &items(ItemState::All, None, Some(midnight))).await?,
            open_cases: self.count_cases(viewer, &cases(&[], None)).await?,
            overdue_cases: self.count_cases(viewer, &cases(&[], Some(now))).await?,
            returned_cases: self.count_cases(viewer, &cases(&["returned"], None)).await?,
            by_topic: self
                .shares(viewer, "main_topic", week)
                .await?
                .into_iter()
                .map(|(code, n)| (TopicCode::from(code), n))
                .collect(),
            by_town: self
                .shares(viewer, "town", week)
                .await?
                .into_iter()
                .map(|(code, n)| (Town::from(code), n))
                .collect(),
            departments: self.department_loads(viewer).await?,
        })
    }

    async fn shares(
        &self,
        viewer: &Viewer,
        column: &'static str,
        since: Timestamp,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let mut values: Vec<Arg> = args![since];
        let seen = visibility::items(viewer, &mut values);
        let sql = format!(
            "SELECT i.{column} AS code, count(*) AS n FROM item i WHERE i.first_seen_at >= $1 AND i.{column} IS NOT NULL
             AND {seen} GROUP BY i.{column} ORDER BY n DESC, code LIMIT 40"
        );
        let rows = self.db().rows(&sql, values).await?;
        rows.iter().map(|row| Ok((row.text("code")?, row.int("n")?))).collect()
    }

    /// Open and overdue cases by lead department, most overdue first.
    pub async fn department_loads(&self, viewer: &Viewer) -> Result<Vec<DepartmentLoad>, StoreError> {
        let mut values = Vec::new();
        let seen = visibility::cases(viewer, &mut values);
        let now = bind(&mut values, self.now());
        let sql = format!(
            "SELECT c.lead, count(*) AS open, count(CASE WHEN c.due_at < {now} THEN 1 END) AS overdue FROM case_file c
             WHERE c.state IN ('assigned','returned','handling','waiting','in_review','replied') AND {seen}
             GROUP BY c.lead ORDER BY overdue DESC, open DESC, c.lead"
        );
        self.db().rows(&sql, values).await?.iter().map(load_of).collect()
    }
}

fn load_of(row: &Row) -> Result<DepartmentLoad, StoreError> {
    Ok(DepartmentLoad {
        department: DepartmentCode::from(row.text("lead")?),
        open: row.int("open")?,
        overdue: row.int("overdue")?,
    })
}
