//! Kept briefs: reports on one incident, with the items that they tell of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::db::{Tx, args, to_json};
use super::super::visibility::bind;
use super::super::{Store, StoreError};
use crate::ids::{IncidentId, ReportId};
use crate::records::{Actor, Brief, KeptReport, ReportContent, ReportDeed, ReportItem, ReportState};

/// Rows that are written at once.
const AT_ONCE: usize = 100;

/// What `scope` of the table holds for a brief.
#[derive(Serialize, Deserialize)]
pub(super) struct BriefScope {
    #[serde(default)]
    pub incident: Option<IncidentId>,
}

/// What was read of an incident, to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct BriefOrder {
    pub brief: Brief,
    /// The items that it tells of.
    pub items: Vec<ReportItem>,
    /// Of the brief.
    pub digest: String,
}

impl Store {
    /// Keeps a brief as a draft.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody is working on one on the same incident already.
    pub async fn make_brief(&self, order: BriefOrder, actor: Actor) -> Result<ReportId, StoreError> {
        let incident = order.brief.incident.id;
        let scope = to_json(&BriefScope { incident: Some(incident) })?;
        let id: ReportId = self.ids().next(self.now());
        let content = ReportContent::Brief(Box::new(order.brief));
        let mut tx = self.begin().await?;
        match self.insert_kept(&mut tx, id, scope, content, &order.digest, actor).await {
            Err(error) if error.is_unique_violation() => {
                drop(tx);
                return Err(self.open_brief(incident).await?);
            }
            other => other?,
        }
        keep(&mut tx, id, &order.items).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Puts what is known of the incident now in the place of what a draft tells. What the editors wrote stays.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is not as it was seen at `version`, or the incident was merged into one that somebody
    /// is working on; [`StoreError::Bad`] when it is no draft.
    pub async fn recount_brief(
        &self,
        id: ReportId,
        version: i64,
        order: BriefOrder,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let kept = self.report_as_seen(id, version, &[ReportState::Draft]).await?;
        let incident = order.brief.incident.id;
        let (from, to) = order.brief.days();
        let mut tx = self.begin().await?;
        let sql = "UPDATE report SET from_day = $1, to_day = $2, scope = $3 WHERE id = $4";
        let scope = to_json(&BriefScope { incident: Some(incident) })?;
        match tx.run(sql, args![from.to_string(), to.to_string(), scope, id.0]).await {
            Err(error) if error.is_unique_violation() => {
                drop(tx);
                return Err(self.open_brief(incident).await?);
            }
            other => other?,
        };
        tx.run("DELETE FROM report_item WHERE report_id = $1", args![id.0]).await?;
        keep(&mut tx, id, &order.items).await?;
        let content = ReportContent::Brief(Box::new(order.brief));
        let kept = KeptReport { content, digest: order.digest, ..kept };
        self.write_kept(&mut tx, kept, ReportDeed::Recounted, None, actor).await?;
        tx.commit().await
    }

    /// Who is working on a brief on the incident.
    async fn open_brief(&self, incident: IncidentId) -> Result<StoreError, StoreError> {
        let sql = "SELECT changed_at, changed_by FROM report WHERE kind = 'brief' AND scope = $1 AND state <> 'approved'";
        let scope = to_json(&BriefScope { incident: Some(incident) })?;
        Ok(match self.db().row(sql, args![scope]).await? {
            Some(row) => StoreError::Conflict { by: row.text("changed_by")?, at: row.time("changed_at")? },
            None => StoreError::Conflict { by: Actor::System.code(), at: self.now() },
        })
    }

    /// The kept briefs on an incident, and on those that were merged into it, with state, number and cut-off, the latest
    /// first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn briefs_on(
        &self,
        incident: IncidentId,
    ) -> Result<Vec<(ReportId, ReportState, Option<String>, Timestamp)>, StoreError> {
        let (mut all, mut followed) = (vec![incident], 0);
        while let Some(into) = all.get(followed).copied() {
            let merged =
                self.db().rows("SELECT id FROM incident WHERE merged_into = $1", args![into.0]).await?;
            for row in &merged {
                all.push(IncidentId(row.int("id")?));
            }
            followed += 1;
        }
        let mut rows = Vec::new();
        for part in all.chunks(AT_ONCE) {
            let mut values = Vec::new();
            let mut scopes = Vec::with_capacity(part.len());
            for incident in part {
                scopes.push(bind(&mut values, to_json(&BriefScope { incident: Some(*incident) })?));
            }
            let sql = format!(
                "SELECT id, state, number, cutoff FROM report WHERE kind = 'brief' AND scope IN ({})",
                scopes.join(",")
            );
            rows.extend(self.db().rows(&sql, values).await?);
        }
        let line = |row: &super::super::db::Row| {
            Ok((ReportId(row.int("id")?), row.code("state")?, row.opt_text("number")?, row.time("cutoff")?))
        };
        let mut found = rows.iter().map(line).collect::<Result<Vec<_>, StoreError>>()?;
        found.sort_by_key(|(id, ..)| std::cmp::Reverse(*id));
        Ok(found)
    }
}

async fn keep(tx: &mut Tx, id: ReportId, items: &[ReportItem]) -> Result<(), StoreError> {
    for part in items.chunks(AT_ONCE) {
        let mut values = args![id.0];
        let mut rows = Vec::with_capacity(part.len());
        for item in part {
            let mut row = vec!["$1".to_owned()];
            row.push(bind(&mut values, item.at));
            row.push(bind(&mut values, item.item.0));
            row.push(bind(&mut values, item.channel.code()));
            row.push(bind(&mut values, item.topic.as_ref().map(|code| code.as_str())));
            row.push(bind(&mut values, item.town.as_ref().map(|town| town.as_str())));
            row.push(bind(&mut values, i64::from(u8::from(item.urgency))));
            rows.push(format!("({})", row.join(",")));
        }
        let sql = format!(
            "INSERT INTO report_item (report_id, at, item_id, channel, main_topic, town, urgency) VALUES {}",
            rows.join(",")
        );
        tx.run(&sql, values).await?;
    }
    Ok(())
}
