//! Reply templates as they are kept.

use serde_json::json;

use super::super::db::{Row, args, to_json};
use super::super::{Store, StoreError};
use super::actor_of;
use crate::county::DepartmentCode;
use crate::ids::TemplateId;
use crate::records::{Actor, ReplyTemplate, Subject, TemplateContent};

impl Store {
    /// Templates by name: those of `department` and those of all; every one without a department.
    pub async fn reply_templates(
        &self,
        department: Option<&DepartmentCode>,
    ) -> Result<Vec<ReplyTemplate>, StoreError> {
        let of = department.map(DepartmentCode::as_str);
        let sql = "SELECT * FROM reply_template WHERE $1 = '' OR department IS NULL OR department = $1
                   ORDER BY name LIMIT 1000";
        let rows = self.db().rows(sql, args![of.unwrap_or_default()]).await?;
        rows.iter().map(template_of).collect()
    }

    pub async fn reply_template(&self, id: TemplateId) -> Result<Option<ReplyTemplate>, StoreError> {
        let row = self.db().row("SELECT * FROM reply_template WHERE id = $1", args![id.0]).await?;
        row.as_ref().map(template_of).transpose()
    }

    /// Adds templates, all or none.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another template has a name.
    pub async fn add_reply_templates(
        &self,
        contents: &[TemplateContent],
        actor: Actor,
    ) -> Result<Vec<TemplateId>, StoreError> {
        let now = self.now();
        let mut added = Vec::with_capacity(contents.len());
        let mut tx = self.begin().await?;
        for content in contents {
            let id: TemplateId = self.ids().next(now);
            let sql =
                "INSERT INTO reply_template (id, name, department, version, changed_at, changed_by, body)
                       VALUES ($1,$2,$3,1,$4,$5,$6)";
            let department = content.department.as_ref().map(DepartmentCode::as_str);
            let values = args![id.0, &content.name, department, now, actor.code(), to_json(content)?];
            tx.run(sql, values).await.map_err(|error| error.or_taken("template", &content.name))?;
            let detail = json!({ "template": id, "department": department, "version": 1 });
            self.audit_in(&mut tx, actor, "template.add", Subject::System, detail).await?;
            added.push(id);
        }
        tx.commit().await?;
        Ok(added)
    }

    /// Changes a template that was read at version `seen`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`] when somebody else changed it since, [`StoreError::Taken`]
    /// when another has the name.
    pub async fn change_reply_template(
        &self,
        id: TemplateId,
        seen: i64,
        content: &TemplateContent,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let before = self.reply_template(id).await?.ok_or(StoreError::NotFound("template"))?;
        let mut tx = self.begin().await?;
        let sql =
            "UPDATE reply_template SET name = $1, department = $2, version = version + 1, changed_at = $3,
                   changed_by = $4, body = $5 WHERE id = $6 AND version = $7";
        let department = content.department.as_ref().map(DepartmentCode::as_str);
        let values =
            args![&content.name, department, self.now(), actor.code(), to_json(content)?, id.0, seen];
        if tx.run(sql, values).await.map_err(|error| error.or_taken("template", &content.name))? == 0 {
            return Err(StoreError::Conflict { by: before.changed_by.code(), at: before.changed_at });
        }
        let detail = json!({ "template": id, "department": department, "version": seen + 1 });
        self.audit_in(&mut tx, actor, "template.change", Subject::System, detail).await?;
        tx.commit().await
    }

    /// Takes a template away.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_reply_template(&self, id: TemplateId, actor: Actor) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        if tx.run("DELETE FROM reply_template WHERE id = $1", args![id.0]).await? == 0 {
            return Err(StoreError::NotFound("template"));
        }
        self.audit_in(&mut tx, actor, "template.remove", Subject::System, json!({ "template": id })).await?;
        tx.commit().await
    }
}

fn template_of(row: &Row) -> Result<ReplyTemplate, StoreError> {
    Ok(ReplyTemplate {
        id: TemplateId(row.int("id")?),
        content: row.json("body")?,
        version: row.int("version")?,
        changed_at: row.time("changed_at")?,
        changed_by: actor_of(&row.text("changed_by")?)?,
    })
}
