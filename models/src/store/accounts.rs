//! The people who may log in.

use serde_json::json;

use super::db::{Row, args, to_json};
use super::{Store, StoreError};
use crate::county::DepartmentCode;
use crate::ids::UserId;
use crate::records::{Actor, Role, Subject, User};

/// A user as an administrator enters one.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub login: String,
    pub name: String,
    pub roles: Vec<Role>,
    pub department: Option<DepartmentCode>,
    /// An argon2id hash in PHC form.
    pub password_hash: String,
    pub must_change_password: bool,
}

impl Store {
    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the log-in is in use; [`StoreError::Bad`] when the log-in's form, the roles or the department do not fit.
    pub async fn add_user(&self, new: NewUser, actor: Actor) -> Result<User, StoreError> {
        check(&new)?;
        let now = self.now();
        let id: UserId = self.ids().next(now);
        let mut tx = self.begin().await?;
        let made = tx
            .run(
                "INSERT INTO account (id, login, name, roles, department, disabled, created_at, must_change_password, password_hash)
                 VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9) ON CONFLICT (login) DO NOTHING",
                args![
                    id.0,
                    &new.login,
                    new.name.trim(),
                    to_json(&new.roles)?,
                    new.department.as_ref().map(DepartmentCode::as_str),
                    false,
                    now,
                    new.must_change_password,
                    &new.password_hash
                ],
            )
            .await?;
        if made == 0 {
            return Err(StoreError::Taken { what: "log-in", value: new.login });
        }
        let detail = json!({"roles": new.roles, "department": new.department});
        self.audit_in(&mut tx, actor, "user.add", Subject::User(id), detail).await?;
        tx.commit().await?;
        self.user(id).await?.ok_or(StoreError::NotFound("user"))
    }

    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.db()
            .row("SELECT * FROM account WHERE id = $1", args![id.0])
            .await?
            .as_ref()
            .map(user_of)
            .transpose()
    }

    /// The user of a log-in with the password hash.
    pub async fn user_named(&self, login: &str) -> Result<Option<(User, String)>, StoreError> {
        let row = self.db().row("SELECT * FROM account WHERE login = $1", args![login.trim()]).await?;
        row.map(|row| Ok((user_of(&row)?, row.text("password_hash")?))).transpose()
    }

    /// All users, by log-in; at most 2,000.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let mut users: Vec<User> = self
            .db()
            .rows("SELECT * FROM account ORDER BY id LIMIT 2000", vec![])
            .await?
            .iter()
            .map(user_of)
            .collect::<Result<_, _>>()?;
        users.sort_by(|a, b| a.login.cmp(&b.login));
        Ok(users)
    }

    /// Sets a new password and ends every session of the user; one that has to be changed, because somebody else set it,
    /// ends the tokens too.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_password(
        &self,
        id: UserId,
        hash: &str,
        must_change: bool,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let touched = tx
            .run(
                "UPDATE account SET password_hash = $1, must_change_password = $2 WHERE id = $3",
                args![hash, must_change, id.0],
            )
            .await?;
        if touched == 0 {
            return Err(StoreError::NotFound("user"));
        }
        tx.run("DELETE FROM session WHERE account_id = $1", args![id.0]).await?;
        let ended = if must_change { self.end_user_tokens_in(&mut tx, id).await? } else { 0 };
        let detail = if ended > 0 { json!({"tokens_ended": ended}) } else { json!({}) };
        self.audit_in(&mut tx, actor, "user.password", Subject::User(id), detail).await?;
        tx.commit().await
    }

    /// Locks a user out and ends the sessions and tokens, or lets the user in again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_disabled(&self, id: UserId, disabled: bool, actor: Actor) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        if tx.run("UPDATE account SET disabled = $1 WHERE id = $2", args![disabled, id.0]).await? == 0 {
            return Err(StoreError::NotFound("user"));
        }
        tx.run("DELETE FROM session WHERE account_id = $1", args![id.0]).await?;
        let ended = if disabled { self.end_user_tokens_in(&mut tx, id).await? } else { 0 };
        let action = if disabled { "user.disable" } else { "user.enable" };
        let detail = if ended > 0 { json!({"tokens_ended": ended}) } else { json!({}) };
        self.audit_in(&mut tx, actor, action, Subject::User(id), detail).await?;
        tx.commit().await
    }
}

fn check(new: &NewUser) -> Result<(), StoreError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !(2..=32).contains(&new.login.len()) || !new.login.chars().all(fits) {
        return Err(StoreError::Bad(format!(
            "the log-in \"{}\" is not allowed; it is 2 to 32 of a-z, A-Z, 0-9, . _ -",
            new.login
        )));
    }
    if new.name.trim().is_empty() || new.name.chars().count() > 40 {
        return Err(StoreError::Bad("a user needs a name of 1 to 40 characters".into()));
    }
    if new.roles.is_empty() {
        return Err(StoreError::Bad("a user needs at least one role".into()));
    }
    let needs = new.roles.iter().any(|role| role.needs_department());
    if needs != new.department.is_some() {
        return Err(StoreError::Bad(
            "handlers and reviewers belong to a department, the other roles to none".into(),
        ));
    }
    Ok(())
}

pub(super) fn user_of(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: UserId(row.int("id")?),
        login: row.text("login")?,
        name: row.text("name")?,
        roles: row.json("roles")?,
        department: row.opt_text("department")?.map(DepartmentCode::from),
        disabled: row.flag("disabled")?,
        created_at: row.time("created_at")?,
        must_change_password: row.flag("must_change_password")?,
    })
}
