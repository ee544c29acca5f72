//! What offices did: their rates, their open cases, alerts, promises, and what became of what came in.

use std::collections::BTreeMap;

use super::{AlertCounts, Counter, FlowCount, of_scope, town_and_topic};
use crate::county::{DepartmentCode, TopicCode};
use crate::ids::CaseId;
use crate::records::{Outcome, Period, Rate, RateCount, RateFigure, Reply, ReplyReview, ReportSpan};
use crate::store::StoreError;
use crate::store::db::{Arg, Row, args};
use crate::store::rates::{SUMS, count_of, department_of, figure_of};
use crate::store::visibility::bind;

impl Counter<'_> {
    pub(super) async fn rates(&mut self, period: Period) -> Result<Vec<RateFigure>, StoreError> {
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

    pub(super) async fn due_by_topic(
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

    pub(super) async fn alerts(&mut self, period: Period) -> Result<AlertCounts, StoreError> {
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

    pub(super) async fn open(&mut self) -> Result<Vec<(DepartmentCode, i64, i64)>, StoreError> {
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
    pub(super) async fn cases_due(&mut self, period: Period) -> Result<i64, StoreError> {
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
    pub(super) async fn promises(&mut self, of: Option<ReportSpan>) -> Result<i64, StoreError> {
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

    pub(super) async fn flow(&mut self, period: Period) -> Result<Vec<FlowCount>, StoreError> {
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

    /// The condition of open cases `c` of the scope.
    fn cases(&self, values: &mut Vec<Arg>) -> String {
        let mut all = vec!["NOT c.confidential".to_owned()];
        all.extend(town_and_topic(self.scope, ["c.town", "c.topic"], values));
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
        all.extend(town_and_topic(self.scope, ["c.town", "c.topic"], values));
        if let Some(department) = &self.scope.department {
            all.push(format!("f.department = {}", bind(values, department.as_str())));
        }
        all.join(" AND ")
    }
}
