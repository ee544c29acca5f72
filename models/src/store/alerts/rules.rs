//! The office's alert rules as they are kept.

use serde_json::json;

use super::actor_of;
use crate::ids::AlertRuleId;
use crate::records::{Actor, AlertCondition, AlertRule, Subject};
use crate::store::db::{Row, args, to_json};
use crate::store::{Store, StoreError};

impl Store {
    /// All rules, by name.
    pub async fn alert_rules(&self) -> Result<Vec<AlertRule>, StoreError> {
        self.db().rows("SELECT * FROM alert_rule ORDER BY name", vec![]).await?.iter().map(rule_of).collect()
    }

    pub async fn alert_rule(&self, id: AlertRuleId) -> Result<Option<AlertRule>, StoreError> {
        let row = self.db().row("SELECT * FROM alert_rule WHERE id = $1", args![id.0]).await?;
        row.as_ref().map(rule_of).transpose()
    }

    /// Adds rules, all or none; each with its name, whether it is enabled, and what it asks.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another rule has a name.
    pub async fn add_alert_rules(
        &self,
        rules: &[(&str, bool, &AlertCondition)],
        actor: Actor,
    ) -> Result<Vec<AlertRuleId>, StoreError> {
        let now = self.now();
        let mut added = Vec::with_capacity(rules.len());
        let mut tx = self.begin().await?;
        for (name, enabled, condition) in rules {
            let id: AlertRuleId = self.ids().next(now);
            let sql = "INSERT INTO alert_rule (id, name, enabled, condition, version, changed_at, changed_by)
                       VALUES ($1,$2,$3,$4,1,$5,$6)";
            let values = args![id.0, *name, *enabled, to_json(condition)?, now, actor.code()];
            tx.run(sql, values).await.map_err(|error| error.or_taken("alert rule", name))?;
            let detail = json!({ "rule": name, "enabled": enabled, "condition": condition });
            self.audit_in(&mut tx, actor, "alert_rule.add", Subject::System, detail).await?;
            added.push(id);
        }
        tx.commit().await?;
        Ok(added)
    }

    /// Changes a rule that was read at version `seen`; the log keeps how it was.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`] when somebody else changed it since, [`StoreError::Taken`]
    /// when another has the name.
    pub async fn change_alert_rule(
        &self,
        id: AlertRuleId,
        seen: i64,
        name: &str,
        enabled: bool,
        condition: &AlertCondition,
        actor: Actor,
    ) -> Result<AlertRule, StoreError> {
        let before = self.alert_rule(id).await?.ok_or(StoreError::NotFound("alert rule"))?;
        let now = self.now();
        let mut tx = self.begin().await?;
        let sql = "UPDATE alert_rule SET name = $1, enabled = $2, condition = $3, version = version + 1,
                   changed_at = $4, changed_by = $5 WHERE id = $6 AND version = $7";
        let values = args![name, enabled, to_json(condition)?, now, actor.code(), id.0, seen];
        if tx.run(sql, values).await.map_err(|error| error.or_taken("alert rule", name))? == 0 {
            return Err(StoreError::Conflict { by: before.changed_by.code(), at: before.changed_at });
        }
        let detail = json!({ "rule": name, "enabled": enabled, "condition": condition,
            "before": { "rule": before.name, "enabled": before.enabled, "condition": before.condition } });
        self.audit_in(&mut tx, actor, "alert_rule.change", Subject::System, detail).await?;
        tx.commit().await?;
        self.alert_rule(id).await?.ok_or(StoreError::NotFound("alert rule"))
    }
}

fn rule_of(row: &Row) -> Result<AlertRule, StoreError> {
    Ok(AlertRule {
        id: AlertRuleId(row.int("id")?),
        name: row.text("name")?,
        enabled: row.flag("enabled")?,
        condition: row.json("condition")?,
        version: row.int("version")?,
        changed_at: row.time("changed_at")?,
        changed_by: actor_of(&row.text("changed_by")?)?,
    })
}
