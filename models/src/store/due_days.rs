//! What falls due day by day: open cases by their earliest due time, and open promises.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};

use super::db::args;
use super::visibility::{self, bind};
use super::{Store, StoreError};
use crate::clock;
use crate::county::DepartmentCode;
use crate::records::{OPEN_STATES, PromiseState, Viewer};

const DAY_MS: i64 = 86_400_000;

/// What falls due on a day of the county's calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DueDay {
    /// Open cases whose earliest due time lies in the day.
    pub cases: i64,
    /// Promises to residents that are neither kept nor given up.
    pub promises: i64,
}

impl Store {
    /// The days from `from` to before `to` on which anything falls due that the viewer may see, led or helped by
    /// `department` if one is named; a day without anything is not listed.
    ///
    /// # Errors
    /// [`StoreError::Bad`] for days that no time can name.
    pub async fn due_days(
        &self,
        viewer: &Viewer,
        department: Option<&DepartmentCode>,
        (from, to): (Date, Date),
    ) -> Result<BTreeMap<Date, DueDay>, StoreError> {
        let mut days: BTreeMap<Date, DueDay> = BTreeMap::new();
        for (day, cases) in self.due_cases(viewer, department, (midnight(from)?, midnight(to)?)).await? {
            days.entry(day).or_default().cases = cases;
        }
        let mut values = args![PromiseState::Open.code(), from.to_string(), to.to_string()];
        let seen = visibility::cases(viewer, &mut values);
        let own = department.map_or_else(String::new, |department| {
            format!(" AND p.department = {}", bind(&mut values, department.as_str()))
        });
        let sql = format!(
            "SELECT p.by_day, count(*) AS n FROM promise p JOIN case_file c ON c.id = p.case_id
             WHERE p.state = $1 AND p.by_day >= $2 AND p.by_day < $3 AND {seen}{own} GROUP BY p.by_day"
        );
        for row in self.db().rows(&sql, values).await? {
            let day: Date = row
                .text("by_day")?
                .parse()
                .map_err(|error| StoreError::Bad(format!("column by_day: {error}")))?;
            days.entry(day).or_default().promises = row.int("n")?;
        }
        Ok(days)
    }

    async fn due_cases(
        &self,
        viewer: &Viewer,
        department: Option<&DepartmentCode>,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<(Date, i64)>, StoreError> {
        let mut values = args![from.as_millisecond(), to, DAY_MS];
        let seen = visibility::cases(viewer, &mut values);
        // Written out, so that the index of open cases serves.
        let states: Vec<String> = OPEN_STATES.iter().map(|state| format!("'{state}'")).collect();
        let own = department.map_or_else(String::new, |department| {
            let mark = bind(&mut values, department.as_str());
            format!(" AND EXISTS (SELECT 1 FROM case_department fd WHERE fd.case_id = c.id AND fd.department = {mark})")
        });
        // Every day of the county has the same length, so the days after the first midnight can be counted.
        let sql = format!(
            "SELECT (c.due_at - $1) / $3 AS day, count(*) AS n FROM case_file c
             WHERE c.due_at >= $1 AND c.due_at < $2 AND c.state IN ({}) AND {seen}{own} GROUP BY 1",
            states.join(", ")
        );
        let first = clock::local_date(from);
        let day = |n: i64| first.checked_add(n.days()).map_err(|error| StoreError::Bad(error.to_string()));
        let rows = self.db().rows(&sql, values).await?;
        rows.iter().map(|row| Ok((day(row.int("day")?)?, row.int("n")?))).collect()
    }
}

fn midnight(day: Date) -> Result<Timestamp, StoreError> {
    let day = day.clamp(date(1970, 1, 2), date(2999, 12, 31));
    clock::from_local(day.at(0, 0, 0, 0)).map_err(|error| StoreError::Bad(error.to_string()))
}
