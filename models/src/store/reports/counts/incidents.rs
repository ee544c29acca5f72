//! The incidents of a report: how many, and those with the most items and the most repeats.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{AT, Counter, IncidentCount, IncidentSums};
use crate::county::{DepartmentCode, TopicCode, Town};
use crate::ids::IncidentId;
use crate::records::{Channel, Period, Reply, ReplyReview, ReportSpan, heat};
use crate::store::StoreError;
use crate::store::db::{Row, args};
use crate::store::visibility::bind;

/// Lists of incidents are this long.
const LISTED: i64 = 10;
/// The first characters of an answer.
const ANSWER_CHARS: usize = 160;
/// Items and demands by incident; a condition of items follows.
const GROUPS: &str =
    "SELECT m.incident_id, count(*) AS items, count(CASE WHEN i.channel <> 'news' THEN 1 END) AS demands
    FROM item i JOIN incident_member m ON m.item_id = i.id";

/// Members of an incident up to the end of some days.
#[derive(Default)]
struct Members {
    seen: Vec<(Timestamp, Channel)>,
    /// How many tell their caller's number.
    told: i64,
    of_span: BTreeMap<Channel, i64>,
}

impl Counter<'_> {
    pub(super) async fn incident_sums(&mut self, period: Period) -> Result<IncidentSums, StoreError> {
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

    /// The incidents with the most `items`, or `demands`, of the days. Of demands, those with two or more.
    pub(super) async fn incidents(
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
}

fn beginning(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = one_line.chars().take(ANSWER_CHARS).collect();
    if short.len() < one_line.len() {
        short.push('…');
    }
    short
}
