//! Earlier matters with their approved answers, for those who answer a like one. Confidential ones are never among them.

use jiff::Timestamp;

use std::collections::HashSet;

use super::super::db::{Row, args};
use super::super::visibility::{self, bind};
use super::super::{Store, StoreError};
use crate::county::{DepartmentCode, TopicCode};
use crate::ids::{CaseId, ItemId};
use crate::records::{Outcome, PublicText, Reply, ReplyReview, Viewer};

/// A matter that was answered; all texts masked.
#[derive(Debug, Clone, PartialEq)]
pub struct AnsweredMatter {
    pub case: CaseId,
    pub number: String,
    pub title: String,
    pub body: String,
    pub topics: Vec<TopicCode>,
    pub department: DepartmentCode,
    /// The answer that was approved.
    pub reply: String,
    /// The part of it that may be published.
    pub public_text: Option<String>,
    pub outcome: Outcome,
    pub answered_at: Timestamp,
}

impl Store {
    /// Answered matters that have one of `words` in title or body, the latest first; `but` is left out.
    pub async fn answered_matters(
        &self,
        viewer: &Viewer,
        words: &[String],
        but: CaseId,
        limit: i64,
    ) -> Result<Vec<AnsweredMatter>, StoreError> {
        let mut values = args![but.0];
        let Some(like) = self.any_word_condition(words, &mut values) else { return Ok(Vec::new()) };
        let seen = visibility::cases(viewer, &mut values);
        let limit = bind(&mut values, limit);
        let sql = format!(
            "SELECT c.id, c.number, i.title, i.body, i.topics, r.body AS reply FROM case_file c
             JOIN item i ON i.id = c.item_id JOIN reply r ON r.case_id = c.id
             WHERE c.state IN ('replied', 'closed') AND NOT c.confidential AND NOT i.confidential
             AND c.id <> $1 AND {seen} AND {like} ORDER BY c.id DESC, r.id DESC LIMIT {limit}"
        );
        self.answered(&sql, values).await
    }

    /// What was answered on other items of the item's incident.
    pub async fn answers_in_incident(
        &self,
        viewer: &Viewer,
        item: ItemId,
        but: CaseId,
    ) -> Result<Vec<AnsweredMatter>, StoreError> {
        let mut values = args![item.0, but.0];
        let seen = visibility::cases(viewer, &mut values);
        let sql = format!(
            "SELECT c.id, c.number, i.title, i.body, i.topics, r.body AS reply, {seen} AS seen FROM case_file c
             JOIN item i ON i.id = c.item_id JOIN reply r ON r.case_id = c.id
             JOIN incident_member other ON other.item_id = i.id
             JOIN incident_member own ON own.incident_id = other.incident_id AND own.item_id = $1
             WHERE c.state IN ('replied', 'closed') AND NOT c.confidential AND NOT i.confidential AND c.id <> $2
             ORDER BY c.id DESC, r.id DESC LIMIT 50"
        );
        let rows = self.db().rows(&sql, values).await?;
        let (mut found, mut cases) = (Vec::new(), HashSet::new());
        for row in &rows {
            let Some(answer) = answered_of(row)? else { continue };
            // Of a case that was reopened the last approved reply counts.
            if !cases.insert(answer.case) {
                continue;
            }
            // Of another department's case a viewer who does not see it gets what may be published, and nothing else.
            let seen = row.flag("seen")?;
            match (seen, &answer.public_text) {
                (true, _) => found.push(answer),
                (false, Some(public)) => found.push(AnsweredMatter {
                    title: String::new(),
                    body: String::new(),
                    number: String::new(),
                    reply: public.clone(),
                    ..answer
                }),
                (false, None) => {}
            }
        }
        Ok(found)
    }

    async fn answered(
        &self,
        sql: &str,
        values: Vec<super::super::db::Arg>,
    ) -> Result<Vec<AnsweredMatter>, StoreError> {
        let rows = self.db().rows(sql, values).await?;
        let mut found: Vec<AnsweredMatter> = Vec::with_capacity(rows.len());
        for row in &rows {
            // A case that was reopened has several; the last approved one counts.
            if let Some(answer) = answered_of(row)?.filter(|a| found.last().is_none_or(|l| l.case != a.case))
            {
                found.push(answer);
            }
        }
        Ok(found)
    }
}

/// The matter with its reply; none while the reply is not approved.
fn answered_of(row: &Row) -> Result<Option<AnsweredMatter>, StoreError> {
    let reply: Reply = row.json("reply")?;
    let ReplyReview::Approved { at, .. } = reply.review else { return Ok(None) };
    Ok(Some(AnsweredMatter {
        case: CaseId(row.int("id")?),
        number: row.text("number")?,
        title: row.text("title")?,
        body: row.text("body")?,
        topics: row.json("topics")?,
        department: reply.department,
        reply: reply.text,
        public_text: reply.public_text.map(|PublicText { text, .. }| text),
        outcome: reply.outcome,
        answered_at: at,
    }))
}
