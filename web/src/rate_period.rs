//! The period that a page of rates is asked for, in days of the county's calendar, both with.

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use qingting_models::clock::{from_local, local_date};
use qingting_models::records::Period;

use crate::app::AppState;
use crate::error::WebError;
use crate::query::Query;

/// How many days it is where none is asked for, today with them.
const DAYS: i64 = 90;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub from: Date,
    pub to: Date,
}

impl Days {
    /// From the query's `from` and `to`, `YYYY-MM-DD`.
    ///
    /// # Errors
    /// When one of them is no day, or the last lies before the first.
    pub fn of(state: &AppState, query: &Query) -> Result<Self, WebError> {
        let today = local_date(state.store.now());
        let to = day(query, "to", "最后一天")?.unwrap_or(today);
        let from = match day(query, "from", "第一天")? {
            Some(from) => from,
            None => to.checked_sub((DAYS - 1).days()).map_err(WebError::internal)?,
        };
        if from > to {
            return Err(WebError::bad(format!(
                "统计期间的第一天 {from} 在最后一天 {to} 之后，请改为不晚于最后一天"
            )));
        }
        Ok(Self { from, to })
    }

    /// As [`Days::of`] for a page with a form for them: where they cannot be counted, those that are counted when none are
    /// asked for, and why.
    ///
    /// # Errors
    /// When the usual days cannot be reckoned.
    pub fn or_usual(state: &AppState, query: &Query) -> Result<(Self, Option<String>), WebError> {
        match Self::of(state, query) {
            Ok(days) => Ok((days, None)),
            Err(WebError::Bad(why)) => Ok((Self::of(state, &Query::default())?, Some(why))),
            Err(other) => Err(other),
        }
    }

    /// From the first midnight to the last.
    pub fn period(self) -> Result<Period, WebError> {
        let midnight = |day: Date| from_local(day.to_datetime(Time::midnight())).map_err(WebError::internal);
        Ok(Period {
            from: midnight(self.from)?,
            to: midnight(self.to.tomorrow().map_err(WebError::internal)?)?,
        })
    }
}

fn day(query: &Query, name: &str, label: &str) -> Result<Option<Date>, WebError> {
    let Some(text) = query.get(name) else { return Ok(None) };
    let day: Result<Date, _> = text.parse();
    match day {
        Ok(day) if (2000..=2999).contains(&day.year()) => Ok(Some(day)),
        _ => Err(WebError::bad(format!("统计期间的{label}不是 2000 年以后的日期，请写成 2026-01-31 这样"))),
    }
}
