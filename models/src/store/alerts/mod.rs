//! Alerts: the office's rules, what they found, who has looked, and silences.

mod caught;
mod firing;
mod rules;

pub use caught::{CaughtFilter, CaughtItem};
pub(super) use firing::merge_alerts;
pub use firing::{AlertTask, Firing};

use jiff::Timestamp;
use serde_json::json;

use super::db::{Row, args};
use super::visibility::{self, bind};
use super::{Listing, Page, Store, StoreError};
use crate::ids::{AlertId, AlertRuleId, IncidentId, ItemId, SilenceId};
use crate::records::{Actor, Alert, AlertSeen, Silence, Subject, Urgency, Viewer};

/// Which alerts a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertFilter {
    /// Only those that nobody has looked at.
    pub unseen: bool,
    pub rule: Option<AlertRuleId>,
    pub incident: Option<IncidentId>,
}

/// The most characters that are told of the item that an alert fired for.
const HIT: usize = 120;
/// An alert's row with what is told of the item that it fired for first.
const COLUMNS: &str = "a.*, i.confidential, i.title AS hit_title, i.body AS hit_body";
/// Alerts with the item that they fired for first, which says who may see them.
const FROM: &str = "FROM alert a JOIN item i ON i.id = a.item_id";

impl Store {
    /// Alerts, the latest first.
    pub async fn alerts(
        &self,
        viewer: &Viewer,
        filter: &AlertFilter,
        page: Page,
    ) -> Result<Listing<Alert>, StoreError> {
        let mut values = Vec::new();
        let mut all = vec![visibility::items(viewer, &mut values)];
        if filter.unseen {
            all.push("a.seen_at IS NULL".to_owned());
        }
        if let Some(rule) = filter.rule {
            all.push(format!("a.rule_id = {}", bind(&mut values, rule.0)));
        }
        if let Some(incident) = filter.incident {
            all.push(format!("a.incident_id = {}", bind(&mut values, incident.0)));
        }
        let before = bind(&mut values, page.before());
        let limit = bind(&mut values, page.size() + 1);
        let sql = format!(
            "SELECT {COLUMNS} {FROM} WHERE {} AND a.id < {before} ORDER BY a.id DESC LIMIT {limit}",
            all.join(" AND ")
        );
        let rows = self.db().rows(&sql, values).await?.iter().map(alert_of).collect::<Result<Vec<_>, _>>()?;
        Ok(Listing::of(rows, page, |alert| alert.id.0))
    }

    /// How many alerts nobody has looked at.
    pub async fn unseen_alerts(&self, viewer: &Viewer) -> Result<i64, StoreError> {
        let mut values = Vec::new();
        let seen = visibility::items(viewer, &mut values);
        let sql = format!("SELECT count(*) {FROM} WHERE a.seen_at IS NULL AND {seen}");
        self.db().number(&sql, values).await
    }

    /// The alert, if the viewer may see it.
    pub async fn alert(&self, viewer: &Viewer, id: AlertId) -> Result<Option<Alert>, StoreError> {
        let mut values = args![id.0];
        let seen = visibility::items(viewer, &mut values);
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE a.id = $1 AND {seen}");
        self.db().row(&sql, values).await?.as_ref().map(alert_of).transpose()
    }

    /// Notes that a person has looked at an alert. Who looked first stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer may not see it, [`StoreError::Conflict`] when somebody else was first.
    pub async fn see_alert(
        &self,
        viewer: &Viewer,
        id: AlertId,
        note: &str,
        actor: Actor,
    ) -> Result<Alert, StoreError> {
        let alert = self.alert(viewer, id).await?.ok_or(StoreError::NotFound("alert"))?;
        let now = self.now();
        let mut tx = self.begin().await?;
        let sql = "UPDATE alert SET seen_at = $1, seen_by = $2, note = $3 WHERE id = $4 AND seen_at IS NULL";
        if tx.run(sql, args![now, actor.code(), note, id.0]).await? == 0 {
            return Err(self.was_seen(viewer, id).await);
        }
        // Somebody has looked: nobody else need be called for it.
        let sql = "UPDATE notice SET read_at = $1 WHERE read_at IS NULL
                   AND event_id IN (SELECT id FROM notice_event WHERE alert_id = $2)";
        tx.run(sql, args![now, id.0]).await?;
        let detail = json!({ "alert": id, "rule": alert.rule_name, "items": alert.items });
        self.audit_in(&mut tx, actor, "alert.see", Subject::Incident(alert.incident), detail).await?;
        tx.commit().await?;
        let seen = Some(AlertSeen { by: actor, at: now, note: note.to_owned() });
        Ok(Alert { seen, ..alert })
    }

    async fn was_seen(&self, viewer: &Viewer, id: AlertId) -> StoreError {
        match self.alert(viewer, id).await {
            Ok(Some(Alert { seen: Some(seen), .. })) => {
                StoreError::Conflict { by: seen.by.code(), at: seen.at }
            }
            Ok(_) => StoreError::NotFound("alert"),
            Err(error) => error,
        }
    }

    /// Keeps a rule silent until a time: for one incident, or for all.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such rule, [`StoreError::Bad`] for an end that has passed.
    pub async fn silence(
        &self,
        rule: AlertRuleId,
        incident: Option<IncidentId>,
        until: Timestamp,
        reason: &str,
        actor: Actor,
    ) -> Result<Silence, StoreError> {
        let now = self.now();
        if until <= now {
            return Err(StoreError::Bad("a silence ends in the future".into()));
        }
        let name = self.alert_rule(rule).await?.ok_or(StoreError::NotFound("alert rule"))?.name;
        let id: SilenceId = self.ids().next(now);
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO alert_silence (id, rule_id, incident_id, reason, by_whom, at, until)
                   VALUES ($1,$2,$3,$4,$5,$6,$7)";
        let of = incident.map(|incident| incident.0);
        tx.run(sql, args![id.0, rule.0, of, reason, actor.code(), now, until]).await?;
        let subject = incident.map_or(Subject::System, Subject::Incident);
        let detail = json!({ "silence": id, "rule": name, "until": until });
        self.audit_in(&mut tx, actor, "alert.silence", subject, detail).await?;
        tx.commit().await?;
        Ok(Silence { id, rule, incident, reason: reason.to_owned(), by: actor, at: now, until })
    }

    /// Ends a silence now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, or it has ended.
    pub async fn end_silence(&self, id: SilenceId, actor: Actor) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let sql = "UPDATE alert_silence SET until = $1 WHERE id = $2 AND until > $1";
        if tx.run(sql, args![now, id.0]).await? == 0 {
            return Err(StoreError::NotFound("silence"));
        }
        self.audit_in(&mut tx, actor, "alert.silence_end", Subject::System, json!({ "silence": id })).await?;
        tx.commit().await
    }

    /// The silences that hold now, the next to end first.
    pub async fn silences(&self) -> Result<Vec<Silence>, StoreError> {
        let sql = "SELECT * FROM alert_silence WHERE until > $1 ORDER BY until, id";
        self.db().rows(sql, args![self.now()]).await?.iter().map(silence_of).collect()
    }
}

fn alert_of(row: &Row) -> Result<Alert, StoreError> {
    let seen = match row.opt_time("seen_at")? {
        Some(at) => Some(AlertSeen {
            by: actor_of(&row.text("seen_by")?)?,
            at,
            note: row.opt_text("note")?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(Alert {
        id: AlertId(row.int("id")?),
        rule: AlertRuleId(row.int("rule_id")?),
        rule_name: row.text("rule_name")?,
        incident: IncidentId(row.int("incident_id")?),
        confidential: row.flag("confidential")?,
        item: ItemId(row.int("item_id")?),
        hit: hit_of(&row.text("hit_title")?, &row.text("hit_body")?),
        why: row.text("why")?,
        items: row.int("items")?,
        urgency: urgency_of(row.int("urgency")?),
        first_at: row.time("first_at")?,
        last_at: row.time("last_at")?,
        seen,
    })
}

/// What the item says: its title, and how its text begins.
fn hit_of(title: &str, body: &str) -> String {
    let begin: String = body.trim().chars().take(HIT).collect();
    let title = title.trim();
    let said =
        if title.is_empty() || begin.starts_with(title) { begin } else { format!("{title}：{begin}") };
    said.chars().take(HIT).collect()
}

fn silence_of(row: &Row) -> Result<Silence, StoreError> {
    Ok(Silence {
        id: SilenceId(row.int("id")?),
        rule: AlertRuleId(row.int("rule_id")?),
        incident: row.opt_int("incident_id")?.map(IncidentId),
        reason: row.text("reason")?,
        by: actor_of(&row.text("by_whom")?)?,
        at: row.time("at")?,
        until: row.time("until")?,
    })
}

fn urgency_of(level: i64) -> Urgency {
    u8::try_from(level).ok().and_then(|level| Urgency::try_from(level).ok()).unwrap_or_default()
}

fn actor_of(code: &str) -> Result<Actor, StoreError> {
    Actor::from_code(code).map_err(|e| StoreError::Bad(e.to_string()))
}
