//! Tokens by which programs act for users: made, found again by their digest, ended.

use jiff::SignedDuration;
use serde_json::json;

use super::accounts::user_of;
use super::db::{Row, Tx, args, to_json};
use super::{Store, StoreError};
use crate::ids::{TokenId, UserId};
use crate::records::{Actor, Scope, Subject, User, UserToken};
use crate::text::mask;
use crate::vault::random;

impl Store {
    /// Makes a token for a user and gives it; only its digest is stored. Only the user makes one.
    ///
    /// # Errors
    /// [`StoreError::Bad`] when the name, the scopes or the days do not fit, or the user has too many.
    pub async fn make_user_token(
        &self,
        user: UserId,
        name: &str,
        scopes: &[Scope],
        days: i64,
    ) -> Result<(UserToken, String), StoreError> {
        let name = mask(name.trim()).text;
        if name.is_empty() || name.chars().count() > UserToken::LONGEST_NAME {
            let most = UserToken::LONGEST_NAME;
            return Err(StoreError::Bad(format!("a token needs a name of 1 to {most} characters")));
        }
        if scopes.is_empty() || !(1..=UserToken::MOST_DAYS).contains(&days) {
            let most = UserToken::MOST_DAYS;
            return Err(StoreError::Bad(format!("a token needs a scope and 1 to {most} days")));
        }
        let token = format!("qu_{}", data_encoding::HEXLOWER.encode(&random::<24>()?));
        let now = self.now();
        let made = UserToken {
            id: self.ids().next(now),
            name,
            scopes: scopes.to_vec(),
            made_at: now,
            expires_at: now + SignedDuration::from_hours(24 * days),
            used_at: None,
            ended_at: None,
        };
        let mut tx = self.begin().await?;
        let open = "SELECT id FROM user_token WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2";
        if tx.rows(open, args![user.0, now]).await?.len() >= UserToken::MOST {
            return Err(StoreError::Bad(format!("a user has at most {} tokens", UserToken::MOST)));
        }
        tx.run(
            "INSERT INTO user_token (id, account_id, name, scopes, digest, made_at, expires_at) VALUES ($1,$2,$3,$4,$5,$6,$7)",
            args![
                made.id.0,
                user.0,
                &made.name,
                to_json(&made.scopes)?,
                self.user_token_digest(&token),
                made.made_at,
                made.expires_at
            ],
        )
        .await?;
        let detail = json!({"token": made.id, "scopes": made.scopes, "days": days});
        self.audit_in(&mut tx, Actor::User(user), "token.make", Subject::User(user), detail).await?;
        tx.commit().await?;
        Ok((made, token))
    }

    /// The tokens of a user, newest first; at most 200.
    pub async fn user_tokens(&self, user: UserId) -> Result<Vec<UserToken>, StoreError> {
        let sql = "SELECT * FROM user_token WHERE account_id = $1 ORDER BY id DESC LIMIT 200";
        self.db().rows(sql, args![user.0]).await?.iter().map(token_of).collect()
    }

    /// Ends a token of a user.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the user has no such token that is still in use.
    pub async fn end_user_token(&self, user: UserId, id: TokenId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql =
            "UPDATE user_token SET ended_at = $1 WHERE id = $2 AND account_id = $3 AND ended_at IS NULL";
        if tx.run(sql, args![self.now(), id.0, user.0]).await? == 0 {
            return Err(StoreError::NotFound("token"));
        }
        let detail = json!({"token": id});
        self.audit_in(&mut tx, Actor::User(user), "token.end", Subject::User(user), detail).await?;
        tx.commit().await
    }

    /// The token and its user as they are now, if it still opens anything: it has neither ended nor expired, and its
    /// user is neither locked out nor has to change the password.
    pub async fn user_of_token(&self, token: &str) -> Result<Option<(UserToken, User)>, StoreError> {
        let now = self.now();
        let digest = self.user_token_digest(token);
        let sql = "SELECT * FROM user_token WHERE digest = $1 AND ended_at IS NULL AND expires_at > $2";
        let Some(row) = self.db().row(sql, args![digest, now]).await? else { return Ok(None) };
        let found = token_of(&row)?;
        let sql = "SELECT * FROM account WHERE id = $1 AND NOT disabled AND NOT must_change_password";
        let Some(account) = self.db().row(sql, args![row.int("account_id")?]).await? else { return Ok(None) };
        // Written at most once an hour, so that a program that asks often rarely waits for the writer.
        if found.used_at.is_none_or(|at| at < now - SignedDuration::from_hours(1)) {
            let mut tx = self.begin().await?;
            tx.run("UPDATE user_token SET used_at = $1 WHERE id = $2", args![now, found.id.0]).await?;
            tx.commit().await?;
        }
        Ok(Some((found, user_of(&account)?)))
    }

    fn user_token_digest(&self, token: &str) -> String {
        self.vault().digest("user token", token.as_bytes())
    }

    /// Ends every token of a user in the transaction of its cause; gives how many.
    pub(super) async fn end_user_tokens_in(&self, tx: &mut Tx, user: UserId) -> Result<u64, StoreError> {
        let sql = "UPDATE user_token SET ended_at = $1 WHERE account_id = $2 AND ended_at IS NULL";
        tx.run(sql, args![self.now(), user.0]).await
    }
}

fn token_of(row: &Row) -> Result<UserToken, StoreError> {
    Ok(UserToken {
        id: TokenId(row.int("id")?),
        name: row.text("name")?,
        scopes: row.json("scopes")?,
        made_at: row.time("made_at")?,
        expires_at: row.time("expires_at")?,
        used_at: row.opt_time("used_at")?,
        ended_at: row.opt_time("ended_at")?,
    })
}
