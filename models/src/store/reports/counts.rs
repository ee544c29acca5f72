//! Counts for a report, all from one snapshot of the database, so that they agree with each other.
//!
//! Reports speak of what is open to all: of items that are judged and not confidential. An item belongs to the day on which
//! its matter was reported, see [`AT`].

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::super::db::{Arg, Row, Tx, args};
use super::super::rates::{SUMS, count_of, department_of, figure_of};
use super::super::visibility::bind;
use super::super::{Store, StoreError};
use crate::county::{DepartmentCode, TopicCode, Town};
use crate::ids::{CaseId, IncidentId};
use crate::records::{
    Channel, Outcome, Period, Rate, RateCount, RateFigure, Reply, ReplyReview, ReportScope, ReportSpan, heat,
};

/// When the matter of an item `i` was reported: what a source dates after its arrival happened at its arrival. The same
/// expression stands in the index `item_reported`.
pub(super) const AT: &str =
    "(CASE WHEN i.occurred_at < i.first_seen_at THEN i.occurred_at ELSE i.first_seen_at END)";
/// Milliseconds of a day, and how far Asia/Shanghai is ahead.
const DAY_MS: i64 = 86_400_000;
const AHEAD_MS: i64 = 8 * 3_600_000;
/// Lists of incidents are this long.
const LISTED: i64 = 10;
/// The first characters of an answer.
const ANSWER_CHARS: usize = 160;

/// How many items of a day have these marks. A day counts from 1970-01-01 in Asia/Shanghai, like [`super::super::day_of`].
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
        let mut tx = self.db().begin_reading().await?;
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

    /// The condition of open cases `c` of the scope.
    fn cases(&self, values: &mut Vec<Arg>) -> String {
        let mut all = vec!["NOT c.confidential".to_owned()];
        if let Some(town) = &self.scope.town {
            all.push(format!("c.town = {}", bind(values, town.as_str())));
        }
        if let Some(topic) = &self.scope.topic {
            all.push(format!("c.topic = {}", bind(values, topic.as_str())));
        }
        if let Some(department) = &self.scope.department {
            all.push(format!("c.lead = {}", bind(values, department.as_str())));
        }
        all.join(" AND ")
    }

    /// The condition of facts `f` with their cases `c`; what a department is charged with is its own.
    fn facts(&self, period: Period, values: &mut Vec<Arg>) -> String {
        let from = bind(values, period.from);
        let to = bind(values, period.to.as_millisecond().min(self.cutoff.as_millisecond() + 1));
        let mut all = vec![format!("f.at >= {from} AND f.at < {to} AND NOT f.confidential")];
        if let Some(town) = &self.scope.town {
            all.push(format!("c.town = {}", bind(values, town.as_str())));
        }
        if let Some(topic) = &self.scope.topic {
            all.push(format!("c.topic = {}", bind(values, topic.as_str())));
        }
        if let Some(department) = &self.scope.department {
            all.push(format!("f.department = {}", bind(values, department.as_str())));
        }
        all.join(" AND ")
    }

    async fn history_from(&mut self) -> Result<Option<i64>, StoreError> {
        let sql = format!(
            "SELECT min({AT}) AS first FROM item i WHERE i.judged_version > 0 AND NOT i.confidential"
        );
        let first = self.tx.row(&sql, vec![]).await?.map(|row| row.opt_time("first")).transpose()?.flatten();
        Ok(first.map(super::super::day_of))
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
        let mut cells = Vec::new();
        for row in self.tx.rows(&sql, values).await? {
            cells.push(ItemCell {
                day: row.int("day")?,
                channel: row.code("channel")?,
                topic: row.opt_text("main_topic")?.map(TopicCode::from),
                town: row.opt_text("town")?.map(Town::from),
                urgency: row.int("urgency")?,
                items: row.int("n")?,
            });
        }
        Ok(cells)
    }

    async fn incident_sums(&mut self, period: Period) -> Result<IncidentSums, StoreError> {
        let mut values = Vec::new();
        let items = self.items(period, &mut values);
        let (from, to) = (bind(&mut values, period.from), bind(&mut values, period.to));
        let sql = format!(
            "SELECT count(*) AS incidents, count(CASE WHEN n.first_at >= {from} AND n.first_at < {to} THEN 1 END) AS began,
             CAST(COALESCE(sum(CASE WHEN g.demands > 1 THEN g.demands - 1 ELSE 0 END), 0) AS BIGINT) AS repeats
             FROM ({GROUPS} WHERE {items} GROUP BY m.incident_id) g JOIN incident n ON n.id = g.incident_id WHERE NOT n.confidential"
        );
        let Some(row) = self.tx.row(&sql, values).await? else { return Ok(IncidentSums::default()) };
        Ok(IncidentSums {
            incidents: row.int("incidents")?,
            began: row.int("began")?,
            repeats: row.int("repeats")?,
        })
    }

    async fn rates(&mut self, period: Period) -> Result<Vec<RateFigure>, StoreError> {
        let mut values = Vec::new();
        let facts = self.facts(period, &mut values);
        let cases = self.joined_cases();
        let sql = format!(
            "SELECT f.rate, f.department, {SUMS} FROM case_fact f {cases} WHERE {facts}
             GROUP BY f.rate, f.department ORDER BY f.rate, f.department"
        );
        self.tx.rows(&sql, values).await?.iter().map(figure_of).collect()
    }

    /// Facts are joined with their cases only where the scope asks something of them.
    fn joined_cases(&self) -> &'static str {
        let asks = self.scope.town.is_some() || self.scope.topic.is_some();
        if asks { "JOIN case_file c ON c.id = f.case_id" } else { "" }
    }

    async fn due_by_topic(
        &mut self,
        period: Period,
    ) -> Result<Vec<(Option<DepartmentCode>, Option<TopicCode>, RateCount)>, StoreError> {
        let mut values = args![Rate::OnTime.code()];
        let facts = self.facts(period, &mut values);
        let sql = format!(
            "SELECT f.department, c.topic, {SUMS} FROM case_fact f JOIN case_file c ON c.id = f.case_id
             WHERE f.rate = $1 AND {facts} GROUP BY f.department, c.topic ORDER BY f.department, c.topic"
        );
        let row = |row: &Row| {
            Ok((department_of(row)?, row.opt_text("topic")?.map(TopicCode::from), count_of(row)?))
        };
        self.tx.rows(&sql, values).await?.iter().map(row).collect()
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

    /// The incidents with the most `items`, or `demands`, of the days. Of demands, those with two or more.
    async fn incidents(
        &mut self,
        span: &ReportSpan,
        by: &'static str,
    ) -> Result<Vec<IncidentCount>, StoreError> {
        let mut values = Vec::new();
        let items = self.items(span.period(), &mut values);
        let limit = bind(&mut values, LISTED);
        let sql = format!(
            "SELECT n.*, g.items AS of_span FROM ({GROUPS} WHERE {items} GROUP BY m.incident_id) g
             JOIN incident n ON n.id = g.incident_id WHERE NOT n.confidential AND g.{by} > 1
             ORDER BY g.{by} DESC, n.heat DESC, n.id LIMIT {limit}"
        );
        let mut incidents = Vec::new();
        for row in self.tx.rows(&sql, values).await? {
            let id = IncidentId(row.int("id")?);
            let members = self.members(id, span).await?;
            let callers = row.int("callers")?;
            incidents.push(IncidentCount {
                id,
                title: row.text("title")?,
                items: row.int("of_span")?,
                before: self.members_within(id, span.before().period()).await?,
                total: row.int("items")?,
                callers,
                first_at: row.time("first_at")?,
                topic: row.opt_text("topic")?.map(TopicCode::from),
                town: row.opt_text("town")?.map(Town::from),
                heat: heat(&members.seen, callers, members.told, span.period().to.min(self.cutoff)),
                channels: members.of_span,
                cases: self.cases_of(id).await?,
                answer: self.answer_of(id).await?,
            });
        }
        Ok(incidents)
    }

    async fn members(&mut self, incident: IncidentId, span: &ReportSpan) -> Result<Members, StoreError> {
        let period = span.period();
        let sql = format!(
            "SELECT {AT} AS at, i.channel, m.told FROM incident_member m JOIN item i ON i.id = m.item_id
             WHERE m.incident_id = $1 AND {AT} < $2 AND i.judged_version > 0 AND NOT i.confidential"
        );
        let mut members = Members::default();
        for row in self.tx.rows(&sql, args![incident.0, period.to]).await? {
            let (at, channel): (Timestamp, Channel) = (row.time("at")?, row.code("channel")?);
            members.seen.push((at, channel));
            members.told += i64::from(row.flag("told")?);
            if at >= period.from {
                *members.of_span.entry(channel).or_default() += 1;
            }
        }
        Ok(members)
    }

    async fn members_within(&mut self, incident: IncidentId, period: Period) -> Result<i64, StoreError> {
        let mut values = args![incident.0];
        let items = self.items(period, &mut values);
        let sql = format!(
            "SELECT count(*) AS n FROM incident_member m JOIN item i ON i.id = m.item_id WHERE m.incident_id = $1 AND {items}"
        );
        let row = self.tx.row(&sql, values).await?;
        row.map_or(Ok(0), |row| row.int("n"))
    }

    async fn cases_of(
        &mut self,
        incident: IncidentId,
    ) -> Result<Vec<(String, DepartmentCode, String)>, StoreError> {
        let sql = "SELECT DISTINCT c.id, c.number, c.lead, c.state FROM incident_member m
                   JOIN case_item ci ON ci.item_id = m.item_id JOIN case_file c ON c.id = ci.case_id
                   WHERE m.incident_id = $1 AND NOT c.confidential AND c.state NOT IN ('void','merged') ORDER BY c.id LIMIT 20";
        let rows = self.tx.rows(sql, args![incident.0]).await?;
        let row = |row: &Row| {
            Ok((row.text("number")?, DepartmentCode::from(row.text("lead")?), row.text("state")?))
        };
        rows.iter().map(row).collect()
    }

    /// The latest approved answer of any case of an incident.
    async fn answer_of(&mut self, incident: IncidentId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT r.case_id, r.body FROM reply r WHERE r.case_id IN
                   (SELECT c.id FROM incident_member m JOIN case_item ci ON ci.item_id = m.item_id
                    JOIN case_file c ON c.id = ci.case_id
                    WHERE m.incident_id = $1 AND NOT c.confidential AND c.state IN ('replied','closed'))
                   ORDER BY r.id DESC LIMIT 20";
        for row in self.tx.rows(sql, args![incident.0]).await? {
            let reply: Reply = row.json("body")?;
            if matches!(reply.review, ReplyReview::Approved { .. }) {
                let text = reply.public_text.map_or(reply.text, |public| public.text);
                return Ok(Some(beginning(&text)));
            }
        }
        Ok(None)
    }

    async fn alerts(&mut self, period: Period) -> Result<AlertCounts, StoreError> {
        let mut values = args![period.from, period.to];
        let mut all = vec!["i.judged_version > 0 AND NOT i.confidential".to_owned()];
        all.extend(of_scope(self.scope, &mut values));
        let sql = format!(
            "SELECT a.rule_name, a.first_at, a.seen_at FROM alert a JOIN item i ON i.id = a.item_id
             WHERE a.first_at >= $1 AND a.first_at < $2 AND {}",
            all.join(" AND ")
        );
        let mut counts = AlertCounts::default();
        let mut rules: BTreeMap<String, i64> = BTreeMap::new();
        for row in self.tx.rows(&sql, values).await? {
            counts.fired += 1;
            *rules.entry(row.text("rule_name")?).or_default() += 1;
            if let Some(seen) = row.opt_time("seen_at")? {
                let after = seen.as_millisecond() - row.time("first_at")?.as_millisecond();
                counts.looked_after_ms.push(after.max(0));
            }
        }
        counts.looked_after_ms.sort_unstable();
        counts.by_rule = rules.into_iter().collect();
        counts.by_rule.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        Ok(counts)
    }

    async fn open(&mut self) -> Result<Vec<(DepartmentCode, i64, i64)>, StoreError> {
        let mut values = args![self.cutoff];
        let cases = self.cases(&mut values);
        let sql = format!(
            "SELECT c.lead, count(*) AS open, count(CASE WHEN c.due_at < $1 THEN 1 END) AS overdue FROM case_file c
             WHERE c.state IN ('assigned','returned','handling','waiting','in_review','replied') AND {cases}
             GROUP BY c.lead ORDER BY c.lead"
        );
        let rows = self.tx.rows(&sql, values).await?;
        let row =
            |row: &Row| Ok((DepartmentCode::from(row.text("lead")?), row.int("open")?, row.int("overdue")?));
        rows.iter().map(row).collect()
    }

    /// Open cases that fall due within a period.
    async fn cases_due(&mut self, period: Period) -> Result<i64, StoreError> {
        let mut values = args![period.from, period.to];
        let cases = self.cases(&mut values);
        let sql = format!(
            "SELECT count(*) AS n FROM case_file c WHERE c.due_at >= $1 AND c.due_at < $2
             AND c.state IN ('assigned','returned','handling','waiting','in_review','replied') AND {cases}"
        );
        let row = self.tx.row(&sql, values).await?;
        row.map_or(Ok(0), |row| row.int("n"))
    }

    /// Open promises for some days, or those whose day has passed at the cut-off.
    async fn promises(&mut self, of: Option<ReportSpan>) -> Result<i64, StoreError> {
        let today = crate::clock::local_date(self.cutoff).to_string();
        let mut values = match of {
            Some(span) => args![span.from.to_string(), span.to.to_string()],
            None => args!["0000-01-01", today],
        };
        let end = if of.is_some() { "<=" } else { "<" };
        let cases = self.cases(&mut values);
        let sql = format!(
            "SELECT count(*) AS n FROM promise p JOIN case_file c ON c.id = p.case_id
             WHERE p.state = 'open' AND p.by_day >= $1 AND p.by_day {end} $2 AND {cases}"
        );
        let row = self.tx.row(&sql, values).await?;
        row.map_or(Ok(0), |row| row.int("n"))
    }

    async fn flow(&mut self, period: Period) -> Result<Vec<FlowCount>, StoreError> {
        let mut values = Vec::new();
        let items = self.items(period, &mut values);
        let sql = format!(
            "SELECT i.channel, c.lead, c.state, c.id AS case_id, count(*) AS n FROM item i
             LEFT JOIN case_file c ON c.id = i.case_id AND NOT c.confidential WHERE {items} AND i.channel <> 'news'
             GROUP BY i.channel, c.lead, c.state, c.id"
        );
        let rows = self.tx.rows(&sql, values).await?;
        let mut answered: Vec<CaseId> = Vec::new();
        for row in &rows {
            if matches!(row.opt_text("state")?.as_deref(), Some("replied" | "closed")) {
                answered.extend(row.opt_int("case_id")?.map(CaseId));
            }
        }
        let outcomes = self.outcomes(&answered).await?;
        let mut sums: BTreeMap<FlowCount, i64> = BTreeMap::new();
        for row in &rows {
            let kind = FlowCount {
                channel: row.code("channel")?,
                lead: row.opt_text("lead")?.map(DepartmentCode::from),
                state: row.opt_text("state")?,
                outcome: row.opt_int("case_id")?.and_then(|id| outcomes.get(&id).copied()),
                items: 0,
            };
            *sums.entry(kind).or_default() += row.int("n")?;
        }
        Ok(sums.into_iter().map(|(kind, items)| FlowCount { items, ..kind }).collect())
    }

    /// What the latest approved reply of each case brought.
    async fn outcomes(&mut self, cases: &[CaseId]) -> Result<BTreeMap<i64, Outcome>, StoreError> {
        let mut outcomes = BTreeMap::new();
        for part in cases.chunks(500) {
            let marks = self.tx.marks(1, part.len());
            let sql = format!("SELECT case_id, body FROM reply WHERE case_id IN ({marks}) ORDER BY id");
            for row in self.tx.rows(&sql, part.iter().map(|id| Arg::from(id.0)).collect()).await? {
                let reply: Reply = row.json("body")?;
                if matches!(reply.review, ReplyReview::Approved { .. }) {
                    outcomes.insert(row.int("case_id")?, reply.outcome);
                }
            }
        }
        Ok(outcomes)
    }
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
pub(super) fn of_scope(scope: &ReportScope, values: &mut Vec<Arg>) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(town) = &scope.town {
        all.push(format!("i.town = {}", bind(values, town.as_str())));
    }
    if let Some(topic) = &scope.topic {
        all.push(format!("i.main_topic = {}", bind(values, topic.as_str())));
    }
    if let Some(department) = &scope.department {
        let mark = bind(values, department.as_str());
        all.push(format!(
            "EXISTS (SELECT 1 FROM case_item ci JOIN case_file sc ON sc.id = ci.case_id
             WHERE ci.item_id = i.id AND sc.lead = {mark} AND sc.state NOT IN ('void','merged'))"
        ));
    }
    all
}

/// Members of an incident up to the end of some days.
#[derive(Default)]
struct Members {
    seen: Vec<(Timestamp, Channel)>,
    /// How many tell their caller's number.
    told: i64,
    of_span: BTreeMap<Channel, i64>,
}

/// Items and demands by incident; a condition of items follows.
const GROUPS: &str =
    "SELECT m.incident_id, count(*) AS items, count(CASE WHEN i.channel <> 'news' THEN 1 END) AS demands
    FROM item i JOIN incident_member m ON m.item_id = i.id";

/// The day of an item, as it is counted here.
pub(super) fn day_sql() -> String {
    format!("(({AT} + {AHEAD_MS}) / {DAY_MS})")
}

fn beginning(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = one_line.chars().take(ANSWER_CHARS).collect();
    if short.len() < one_line.len() {
        short.push('…');
    }
    short
}
