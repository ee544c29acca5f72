//! The figures of the first page, as the viewer may see them.

use jiff::{Timestamp, ToSpan};

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
    pub open_cases: i64,
    pub overdue_cases: i64,
    /// Cases sent back, and extensions asked for, wait for the duty office.
    pub returned_cases: i64,
    pub departments: Vec<DepartmentLoad>,
}

/// What today and the last seven days brought: counted over many rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WeekFigures {
    /// Items first seen since midnight, and how many there were by this hour on the same weekday of the four weeks
    /// before, on average; `None` where the house is younger than that.
    pub today: i64,
    pub today_usual: Option<i64>,
    /// Items of the last seven days by main topic and by town, most first.
    pub by_topic: Vec<(TopicCode, WeekCount)>,
    pub by_town: Vec<(Town, WeekCount)>,
}

/// A count of seven days beside the usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WeekCount {
    pub week: i64,
    /// What seven days held in the four weeks before, on average; `None` where the house is younger than that.
    pub usual: Option<i64>,
}

impl WeekCount {
    /// More than chance explains: at least five above the usual, and more than twice its square root, which is the
    /// standard deviation of a count (Poisson).
    pub fn is_risen(self) -> bool {
        self.usual.is_some_and(|usual| {
            let above = self.week - usual;
            above >= 5 && above * above > 4 * usual
        })
    }
}

/// Weeks that the usual is taken from.
const WEEKS: i64 = 4;

impl Store {
    /// What waits, for `viewer`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn overview(&self, viewer: &Viewer) -> Result<Overview, StoreError> {
        let now = self.now();
        let items = |state, urgency_min| ItemFilter { state, urgency_min, ..ItemFilter::default() };
        let cases = |states: &[&str], due_before| CaseFilter {
            states: states.iter().map(|s| (*s).to_owned()).collect(),
            open_only: true,
            due_before,
            ..CaseFilter::default()
        };
        Ok(Overview {
            unjudged: self.waiting_work().await?.judge,
            waiting: self.count_items(viewer, &items(ItemState::Open, None)).await?,
            unsure: self.count_items(viewer, &items(ItemState::Unsure, None)).await?,
            urgent: self.count_items(viewer, &items(ItemState::Open, Some(Urgency::Urgent))).await?,
            open_cases: self.count_cases(viewer, &cases(&[], None)).await?,
            overdue_cases: self.count_cases(viewer, &cases(&[], Some(now))).await?,
            returned_cases: self.count_cases(viewer, &cases(&["returned"], None)).await?,
            departments: self.department_loads(viewer).await?,
        })
    }

    /// What came in, for `viewer`; `midnight` and `week` are the beginnings of today and of the seven days.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn week_figures(
        &self,
        viewer: &Viewer,
        midnight: Timestamp,
        week: Timestamp,
    ) -> Result<WeekFigures, StoreError> {
        let past = self.usual_since(week).await?;
        let today = ItemFilter { state: ItemState::All, since: Some(midnight), ..ItemFilter::default() };
        let (by_topic, by_town) = (
            self.shares(viewer, "main_topic", week, past).await?,
            self.shares(viewer, "town", week, past).await?,
        );
        Ok(WeekFigures {
            today: self.count_items(viewer, &today).await?,
            today_usual: match past {
                Some(_) => Some(self.usual_by_now(viewer, midnight, self.now()).await?),
                None => None,
            },
            by_topic: by_topic.into_iter().map(|(code, n)| (TopicCode::from(code), n)).collect(),
            by_town: by_town.into_iter().map(|(code, n)| (Town::from(code), n)).collect(),
        })
    }

    /// Where the weeks begin that the usual is taken from, if the first item came before.
    async fn usual_since(&self, week: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let since = weeks_before(week, WEEKS)?;
        let older =
            self.db().row("SELECT 1 AS one FROM item WHERE first_seen_at < $1 LIMIT 1", args![since]).await?;
        Ok(older.map(|_| since))
    }

    /// How many items a day of the same weekday had by the hour of `now`, on average, to the nearest.
    async fn usual_by_now(
        &self,
        viewer: &Viewer,
        midnight: Timestamp,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let mut values = Vec::new();
        let seen = visibility::items(viewer, &mut values);
        let mut days = Vec::new();
        for weeks in 1..=WEEKS {
            let from = bind(&mut values, weeks_before(midnight, weeks)?);
            let to = bind(&mut values, weeks_before(now, weeks)?);
            days.push(format!("i.first_seen_at >= {from} AND i.first_seen_at < {to}"));
        }
        let sql = format!("SELECT count(*) FROM item i WHERE ({}) AND {seen}", days.join(" OR "));
        Ok(average(self.db().number(&sql, values).await?))
    }

    async fn shares(
        &self,
        viewer: &Viewer,
        column: &'static str,
        week: Timestamp,
        past: Option<Timestamp>,
    ) -> Result<Vec<(String, WeekCount)>, StoreError> {
        let mut values: Vec<Arg> = args![past.unwrap_or(week), week];
        let seen = visibility::items(viewer, &mut values);
        let sql = format!(
            "SELECT COALESCE(i.{column}, '') AS code, count(CASE WHEN i.first_seen_at >= $2 THEN 1 END) AS n,
             count(*) AS total FROM item i WHERE i.first_seen_at >= $1 AND {seen}
             GROUP BY COALESCE(i.{column}, '') ORDER BY n DESC, code LIMIT 400"
        );
        // Grouped by an expression, so that no index of the column alone is taken for the one that begins with the time.
        let rows = self.db().rows(&sql, values).await?;
        let count = |week: i64, total: i64| WeekCount { week, usual: past.map(|_| average(total - week)) };
        let mut shares = Vec::with_capacity(rows.len());
        for row in &rows {
            let code = row.text("code")?;
            if !code.is_empty() {
                shares.push((code, count(row.int("n")?, row.int("total")?)));
            }
        }
        Ok(shares)
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

fn weeks_before(at: Timestamp, weeks: i64) -> Result<Timestamp, StoreError> {
    at.checked_sub((weeks * 7 * 24).hours()).map_err(|error| StoreError::Bad(error.to_string()))
}

/// A sum over the weeks of the usual, for one of them, to the nearest.
fn average(sum: i64) -> i64 {
    (sum + WEEKS / 2) / WEEKS
}

fn load_of(row: &Row) -> Result<DepartmentLoad, StoreError> {
    Ok(DepartmentLoad {
        department: DepartmentCode::from(row.text("lead")?),
        open: row.int("open")?,
        overdue: row.int("overdue")?,
    })
}
