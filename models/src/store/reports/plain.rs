//! The counts that a report cannot do without, as somebody would ask for them by hand: what its time is held against.

use super::counts::{AT, day_sql};
use crate::records::ReportSpan;
use crate::store::db::{Arg, args};
use crate::store::{Store, StoreError};

impl Store {
    /// Asks for the plain counts behind a report of the whole county, one statement each, and throws them away; how many rows
    /// they have. Of the days before it `past` are counted by day, `past_topics` by topic. For benchmarks.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn plain_report_counts(
        &self,
        span: &ReportSpan,
        past: i64,
        past_topics: i64,
    ) -> Result<usize, StoreError> {
        let day = day_sql();
        let open = "i.judged_version > 0 AND NOT i.confidential";
        let of_days = format!("{AT} >= $1 AND {AT} < $2 AND {open}");
        let mut asked: Vec<(String, Vec<Arg>)> = Vec::new();
        for period in [span.period(), span.before().period(), span.year_ago().period()] {
            let (from, to) = (period.from, period.to);
            asked.push((
                format!(
                    "SELECT {day}, i.channel, i.main_topic, i.town, i.urgency, count(*) FROM item i WHERE {of_days}
                     GROUP BY {day}, i.channel, i.main_topic, i.town, i.urgency"
                ),
                args![from, to],
            ));
            asked.push((
                format!(
                    "SELECT m.incident_id, count(*) FROM item i JOIN incident_member m ON m.item_id = i.id WHERE {of_days}
                     GROUP BY m.incident_id"
                ),
                args![from, to],
            ));
            asked.push((
                "SELECT rate, department, count(*) FROM case_fact WHERE at >= $1 AND at < $2 GROUP BY rate, department"
                    .into(),
                args![from, to],
            ));
        }
        let now = span.period();
        let before = |days: i64| now.from - jiff::SignedDuration::from_hours(24 * days);
        asked.push((
            format!("SELECT {day}, count(*) FROM item i WHERE {of_days} GROUP BY {day}"),
            args![before(past), now.to],
        ));
        asked.push((
            format!("SELECT i.main_topic, count(*) FROM item i WHERE {of_days} GROUP BY i.main_topic"),
            args![before(past_topics), now.from],
        ));
        asked.push((
            format!(
                "SELECT i.channel, c.lead, c.state, count(*) FROM item i LEFT JOIN case_file c ON c.id = i.case_id
                 WHERE {of_days} GROUP BY i.channel, c.lead, c.state"
            ),
            args![now.from, now.to],
        ));
        asked.push((
            "SELECT lead, count(*) FROM case_file WHERE state IN ('assigned','returned','handling','waiting','in_review','replied')
             GROUP BY lead"
                .into(),
            args![],
        ));
        asked.push((
            "SELECT rule_name, count(*) FROM alert WHERE first_at >= $1 AND first_at < $2 GROUP BY rule_name"
                .into(),
            args![now.from, now.to],
        ));
        let mut tx = self.db().begin_reading().await?;
        let mut rows = 0;
        for (sql, values) in asked {
            rows += tx.rows(&sql, values).await?.len();
        }
        Ok(rows)
    }
}
