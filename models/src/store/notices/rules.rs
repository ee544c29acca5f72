//! The rules that say who is told of what, as they are kept.

use serde_json::json;

use super::actor_of;
use crate::ids::NoticeRuleId;
use crate::records::{Actor, NoticePlan, NoticeRule, Subject};
use crate::store::db::{Row, args, to_json};
use crate::store::{Store, StoreError};

impl Store {
    /// All rules, by name.
    pub async fn notice_rules(&self) -> Result<Vec<NoticeRule>, StoreError> {
        self.db().rows("SELECT * FROM notice_rule ORDER BY name", vec![]).await?.iter().map(rule_of).collect()
    }

    pub async fn notice_rule(&self, id: NoticeRuleId) -> Result<Option<NoticeRule>, StoreError> {
        let row = self.db().row("SELECT * FROM notice_rule WHERE id = $1", args![id.0]).await?;
        row.as_ref().map(rule_of).transpose()
    }

    /// Adds rules, all or none; each with its name, whether it is enabled, and its plan.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another rule has a name.
    pub async fn add_notice_rules(
        &self,
        rules: &[(&str, bool, &NoticePlan)],
        actor: Actor,
    ) -> Result<Vec<NoticeRuleId>, StoreError> {
        let now = self.now();
        let mut added = Vec::with_capacity(rules.len());
        let mut tx = self.begin().await?;
        for (name, enabled, plan) in rules {
            let id: NoticeRuleId = self.ids().next(now);
            let sql = "INSERT INTO notice_rule (id, name, enabled, plan, version, changed_at, changed_by)
                       VALUES ($1,$2,$3,$4,1,$5,$6)";
            let values = args![id.0, *name, *enabled, to_json(plan)?, now, actor.code()];
            tx.run(sql, values).await.map_err(|error| taken(error, name))?;
            let detail = json!({ "rule": name, "enabled": enabled, "plan": plan });
            self.audit_in(&mut tx, actor, "notice_rule.add", Subject::System, detail).await?;
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
    pub async fn change_notice_rule(
        &self,
        id: NoticeRuleId,
        seen: i64,
        name: &str,
        enabled: bool,
        plan: &NoticePlan,
        actor: Actor,
    ) -> Result<NoticeRule, StoreError> {
        let before = self.notice_rule(id).await?.ok_or(StoreError::NotFound("notice rule"))?;
        let now = self.now();
        let mut tx = self.begin().await?;
        let sql = "UPDATE notice_rule SET name = $1, enabled = $2, plan = $3, version = version + 1,
                   changed_at = $4, changed_by = $5 WHERE id = $6 AND version = $7";
        let values = args![name, enabled, to_json(plan)?, now, actor.code(), id.0, seen];
        if tx.run(sql, values).await.map_err(|error| taken(error, name))? == 0 {
            return Err(StoreError::Conflict { by: before.changed_by.code(), at: before.changed_at });
        }
        let detail = json!({ "rule": name, "enabled": enabled, "plan": plan,
            "before": { "rule": before.name, "enabled": before.enabled, "plan": before.plan } });
        self.audit_in(&mut tx, actor, "notice_rule.change", Subject::System, detail).await?;
        tx.commit().await?;
        self.notice_rule(id).await?.ok_or(StoreError::NotFound("notice rule"))
    }
}

fn taken(error: StoreError, name: &str) -> StoreError {
    if error.is_unique_violation() {
        return StoreError::Taken { what: "notice rule", value: name.to_owned() };
    }
    error
}

fn rule_of(row: &Row) -> Result<NoticeRule, StoreError> {
    Ok(NoticeRule {
        id: NoticeRuleId(row.int("id")?),
        name: row.text("name")?,
        enabled: row.flag("enabled")?,
        plan: row.json("plan")?,
        version: row.int("version")?,
        changed_at: row.time("changed_at")?,
        changed_by: actor_of(&row.text("changed_by")?)?,
    })
}
