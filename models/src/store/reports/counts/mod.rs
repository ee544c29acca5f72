//! Counts for a report, all from one snapshot of the database, so that they agree with each other.
//!
//! Reports speak of what is open to all: of items that are judged and not confidential. An item belongs to the day on which
//! its matter was reported, see [`AT`].

mod incidents;
mod work;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::county::{DepartmentCode, TopicCode, Town};
use crate::ids::IncidentId;
use crate::records::{Channel, Outcome, Period, RateCount, RateFigure, ReportScope, ReportSpan};
use crate::store::db::{Arg, Row, Tx, args};
use crate::store::visibility::bind;
use crate::store::{Store, StoreError, day_of};

/// When the matter of an item `i` was reported: what a source dates after its arrival happened at its arrival. The same
/// expression stands in the index `item_reported`.
pub(super) const AT: &str =
    "(CASE WHEN i.occurred_at < i.first_seen_at THEN i.occurred_at ELSE i.first_seen_at END)";
/// Milliseconds of a day, and how far Asia/Shanghai is ahead.
const DAY_MS: i64 = 86_400_000;
const AHEAD_MS: i64 = 8 * 3_600_000;

/// How many items of a day have these marks. A day counts from 1970-01-01 in Asia/Shanghai, like [`day_of`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemCell {
    pub day: i64,
    pub channel: Channel,
    pub topic: Option<TopicCode>,
    pub town: Option<Town>,
    /// 0, 1 or 2.
    pub urgency: i64,
    pub items: i64,
}

/// How many incidents have an item in some days, how many began in them, and how many demands came on top of the first of
/// their incident.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IncidentSums {
    pub incidents: i64,
    pub began: i64,
    pub repeats: i64,
}

/// An incident with its items of the report's days.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentCount {
    pub id: IncidentId,
    pub title: String,
    pub items: i64,
    pub before: i64,
    pub total: i64,
    pub callers: i64,
    pub first_at: Timestamp,
    pub topic: Option<TopicCode>,
    pub town: Option<Town>,
    /// At the end of the days, or at the cut-off if that is earlier.
    pub heat: f64,
    pub channels: BTreeMap<Channel, i64>,
    /// Number, lead and state code.
    pub cases: Vec<(String, DepartmentCode, String)>,
    pub answer: Option<String>,
}

/// The counts of the report's days, of the days before, or of the year before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpanCounts {
    pub cells: Vec<ItemCell>,
    pub incidents: IncidentSums,
    pub rates: Vec<RateFigure>,
}

/// Alerts that fired in the days.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertCounts {
    pub fired: i64,
    /// How long after it fired each was looked at first, in milliseconds, in rising order.
    pub looked_after_ms: Vec<i64>,
    pub by_rule: Vec<(String, i64)>,
}

/// Demands of a channel, by what became of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowCount {
    pub channel: Channel,
    /// Who leads their case; nobody while there is none.
    pub lead: Option<DepartmentCode>,
    /// The code of the case's state.
    pub state: Option<String>,
    /// Of the latest approved reply.
    pub outcome: Option<Outcome>,
    pub items: i64,
}

/// Everything that a report is drawn from.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportCounts {
    pub cutoff: Timestamp,
    /// The first day that the store knows anything of; `None` for an empty one.
    pub history_from: Option<i64>,
    pub now: SpanCounts,
    pub before: SpanCounts,
    pub year_ago: SpanCounts,
    /// Items by day over the days asked for and those of the report.
    pub days: BTreeMap<i64, i64>,
    /// Items by topic over the days asked for before the report's own.
    pub topics_past: BTreeMap<Option<TopicCode>, i64>,
    pub unjudged: i64,
    pub most_items: Vec<IncidentCount>,
    pub most_repeated: Vec<IncidentCount>,
    pub alerts: AlertCounts,
    /// Rounds of work that fell due, by who is charged and topic.
    pub due_by_topic: Vec<(Option<DepartmentCode>, Option<TopicCode>, RateCount)>,
    /// Open cases by lead, and of those the overdue ones.
    pub open: Vec<(DepartmentCode, i64, i64)>,
    pub cases_due_after: i64,
    pub promises_due_after: i64,
    pub promises_late: i64,
    pub flow: Vec<FlowCount>,
}

impl Store {
    /// Counts for a report. `past` is how many days before it are counted by day as well, `past_topics` by topic.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn report_counts(
        &self,
        span: &ReportSpan,
        scope: &ReportScope,
        past: i64,
        past_topics: i64,
    ) -> Result<ReportCounts, StoreError> {
        let mut tx = self.db().begin_reading_aside().await?;
        Counter::new(&mut tx, scope, self.now()).all(span, past, past_topics).await
    }
}

/// Counts within one snapshot.
pub(super) struct Counter<'a> {
    tx: &'a mut Tx,
    scope: &'a ReportScope,
    cutoff: Timestamp,
}

impl<'a> Counter<'a> {
    pub(super) fn new(tx: &'a mut Tx, scope: &'a ReportScope, cutoff: Timestamp) -> Self {
        Self { tx, scope, cutoff }
    }

    pub(super) async fn all(
        &mut self,
        span: &ReportSpan,
        past: i64,
        past_topics: i64,
    ) -> Result<ReportCounts, StoreError> {
        let period = span.period();
        let before = |days: i64| period.from - SignedDuration::from_hours(24 * days);
        Ok(ReportCounts {
            cutoff: self.cutoff,
            history_from: self.history_from().await?,
            now: self.span(period).await?,
            before: self.span(span.before().period()).await?,
            year_ago: self.span(span.year_ago().period()).await?,
            days: self.days(Period { from: before(past), to: period.to }).await?,
            topics_past: self.topics(Period { from: before(past_topics), to: period.from }).await?,
            unjudged: self.unjudged(period).await?,
            most_items: self.incidents(span, "items").await?,
            most_repeated: self.incidents(span, "demands").await?,
            alerts: self.alerts(period).await?,
            due_by_topic: self.due_by_topic(period).await?,
            open: self.open().await?,
            cases_due_after: self.cases_due(span.after().period()).await?,
            promises_due_after: self.promises(Some(span.after())).await?,
            promises_late: self.promises(None).await?,
            flow: self.flow(period).await?,
        })
    }

    /// The condition of the items of a period and of the scope.
    fn items(&self, period: Period, values: &mut Vec<Arg>) -> String {
        items(self.scope, period, values)
    }

    async fn history_from(&mut self) -> Result<Option<i64>, StoreError> {
        let sql = format!(
            "SELECT min({AT}) AS first FROM item i WHERE i.judged_version > 0 AND NOT i.confidential"
        );
        let first = self.tx.row(&sql, vec![]).await?.map(|row| row.opt_time("first")).transpose()?.flatten();
        Ok(first.map(day_of))
    }

    async fn span(&mut self, period: Period) -> Result<SpanCounts, StoreError> {
        Ok(SpanCounts {
            cells: self.cells(period).await?,
            incidents: self.incident_sums(period).await?,
            rates: self.rates(period).await?,
        })
    }

    async fn cells(&mut self, period: Period) -> Result<Vec<ItemCell>, StoreError> {
        let mut values = Vec::new();
        let items = self.items(period, &mut values);
        let sql = format!(
            "SELECT {DAY} AS day, i.channel, i.main_topic, i.town, i.urgency, count(*) AS n FROM item i WHERE {items}
             GROUP BY {DAY}, i.channel, i.main_topic, i.town, i.urgency",
            DAY = day_sql()
        );
        self.tx.rows(&sql, values).await?.iter().map(cell_of).collect()
    }

    async fn days(&mut self, period: Period) -> Result<BTreeMap<i64, i64>, StoreError> {
        let mut values = Vec::new();
        let items = self.items(period, &mut values);
        let sql = format!(
            "SELECT {DAY} AS day, count(*) AS n FROM item i WHERE {items} GROUP BY {DAY}",
            DAY = day_sql()
        );
        let rows = self.tx.rows(&sql, values).await?;
        rows.iter().map(|row| Ok((row.int("day")?, row.int("n")?))).collect()
    }

    async fn topics(&mut self, period: Period) -> Result<BTreeMap<Option<TopicCode>, i64>, StoreError> {
        let mut values = Vec::new();
        let items = self.items(period, &mut values);
        let sql =
            format!("SELECT i.main_topic, count(*) AS n FROM item i WHERE {items} GROUP BY i.main_topic");
        let rows = self.tx.rows(&sql, values).await?;
        let row = |row: &Row| Ok((row.opt_text("main_topic")?.map(TopicCode::from), row.int("n")?));
        rows.iter().map(row).collect()
    }

    /// They have no town, topic or case yet, so that they are told of the whole county alone.
    async fn unjudged(&mut self, period: Period) -> Result<i64, StoreError> {
        if !self.scope.is_whole() {
            return Ok(0);
        }
        let sql = "SELECT count(*) AS n FROM item i JOIN work w ON w.stage = 'judge' AND w.subject = i.id
                   WHERE i.judged_version = 0 AND i.first_seen_at >= $1 AND i.first_seen_at < $2";
        let row = self.tx.row(sql, args![period.from, period.to]).await?;
        row.map_or(Ok(0), |row| row.int("n"))
    }
}

/// A cell from `day`, the marks of items, and `n`.
pub(super) fn cell_of(row: &Row) -> Result<ItemCell, StoreError> {
    Ok(ItemCell {
        day: row.int("day")?,
        channel: row.code("channel")?,
        topic: row.opt_text("main_topic")?.map(TopicCode::from),
        town: row.opt_text("town")?.map(Town::from),
        urgency: row.int("urgency")?,
        items: row.int("n")?,
    })
}

/// The condition of the items `i` of a period and of a scope.
pub(super) fn items(scope: &ReportScope, period: Period, values: &mut Vec<Arg>) -> String {
    let from = bind(values, period.from);
    let to = bind(values, period.to);
    let mut all = vec![
        format!("{AT} >= {from} AND {AT} < {to}"),
        "i.judged_version > 0 AND NOT i.confidential".to_owned(),
    ];
    all.extend(of_scope(scope, values));
    all.join(" AND ")
}

/// The conditions of a scope on items `i`.
fn of_scope(scope: &ReportScope, values: &mut Vec<Arg>) -> Vec<String> {
    let mut all = town_and_topic(scope, ["i.town", "i.main_topic"], values);
    if let Some(department) = &scope.department {
        let mark = bind(values, department.as_str());
        all.push(format!(
            "EXISTS (SELECT 1 FROM case_item ci JOIN case_file sc ON sc.id = ci.case_id
             WHERE ci.item_id = i.id AND sc.lead = {mark} AND sc.state NOT IN ('void','merged'))"
        ));
    }
    all
}

/// The part of a scope that items and cases have alike, in these columns.
fn town_and_topic(scope: &ReportScope, [town, topic]: [&str; 2], values: &mut Vec<Arg>) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(of) = &scope.town {
        all.push(format!("{town} = {}", bind(values, of.as_str())));
    }
    if let Some(of) = &scope.topic {
        all.push(format!("{topic} = {}", bind(values, of.as_str())));
    }
    all
}

/// The day of an item, as it is counted here.
pub(super) fn day_sql() -> String {
    format!("(({AT} + {AHEAD_MS}) / {DAY_MS})")
}
