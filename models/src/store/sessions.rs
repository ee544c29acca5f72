//! Log-ins that end, and the limit on tries.

use jiff::{SignedDuration, Timestamp};

use super::accounts::user_of;
use super::db::args;
use super::{Store, StoreError};
use crate::ids::UserId;
use crate::records::Session;

/// Failed tries of one log-in, or ten times as many from one address, within [`WINDOW`] before it has to wait.
const TRIES: i64 = 6;
const WINDOW: SignedDuration = SignedDuration::from_mins(15);

impl Store {
    /// Keeps a session under the digest of its token. It ends after `idle_s` seconds without use and at `total_s` in any case.
    pub async fn start_session(
        &self,
        user: UserId,
        token_digest: &str,
        csrf: &str,
        idle_s: i64,
        total_s: i64,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        tx.run("DELETE FROM session WHERE expires_at < $1 OR idle_until < $1", args![now]).await?;
        tx.run(
            "INSERT INTO session (token_digest, account_id, csrf, idle_until, expires_at, idle_s) VALUES ($1,$2,$3,$4,$5,$6)",
            args![
                token_digest,
                user.0,
                csrf,
                now + SignedDuration::from_secs(idle_s),
                now + SignedDuration::from_secs(total_s),
                idle_s
            ],
        )
        .await?;
        tx.commit().await
    }

    /// The session of a token, prolonged by its use; `None` when it ended or its user was locked out.
    pub async fn session(&self, token_digest: &str) -> Result<Option<Session>, StoreError> {
        let now = self.now();
        let sql = "SELECT s.csrf, s.idle_until, s.expires_at, s.idle_s, a.* FROM session s
                   JOIN account a ON a.id = s.account_id
                   WHERE s.token_digest = $1 AND s.idle_until >= $2 AND s.expires_at >= $2 AND NOT a.disabled";
        let Some(row) = self.db().row(sql, args![token_digest, now]).await? else { return Ok(None) };
        let idle = SignedDuration::from_secs(row.int("idle_s")?);
        // Written at most once a minute, so that reading a page rarely waits for the writer.
        if row.time("idle_until")? < now + idle - SignedDuration::from_mins(1) {
            let mut tx = self.begin().await?;
            tx.run(
                "UPDATE session SET idle_until = $1 WHERE token_digest = $2",
                args![now + idle, token_digest],
            )
            .await?;
            tx.commit().await?;
        }
        Ok(Some(Session {
            user: user_of(&row)?,
            csrf: row.text("csrf")?,
            expires_at: row.time("expires_at")?,
        }))
    }

    /// The session of a token, looked at without prolonging it.
    pub async fn session_now(&self, token_digest: &str) -> Result<Option<Session>, StoreError> {
        let sql = "SELECT s.csrf, s.expires_at, a.* FROM session s JOIN account a ON a.id = s.account_id
                   WHERE s.token_digest = $1 AND s.idle_until >= $2 AND s.expires_at >= $2 AND NOT a.disabled";
        let row = self.db().row(sql, args![token_digest, self.now()]).await?;
        let session = |row: super::db::Row| {
            Ok(Session { user: user_of(&row)?, csrf: row.text("csrf")?, expires_at: row.time("expires_at")? })
        };
        row.map(session).transpose()
    }

    /// Ends a session.
    pub async fn end_session(&self, token_digest: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run("DELETE FROM session WHERE token_digest = $1", args![token_digest]).await?;
        tx.commit().await
    }

    /// Counts a failed try of a log-in from an address.
    pub async fn note_login_failure(&self, login: &str, origin: &str) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        tx.run("DELETE FROM login_try WHERE at < $1", args![now - WINDOW]).await?;
        let id: i64 = self.ids().next(now);
        tx.run(
            "INSERT INTO login_try (id, login, origin, at) VALUES ($1,$2,$3,$4)",
            args![id, login.trim().to_lowercase(), origin, now],
        )
        .await?;
        tx.commit().await
    }

    /// How many more failed tries of a log-in are answered before it has to wait.
    pub async fn login_tries_left(&self, login: &str) -> Result<i64, StoreError> {
        let now = self.now();
        let sql = "SELECT count(*) FROM login_try WHERE login = $1 AND at >= $2 AND at <= $3";
        let values = args![login.trim().to_lowercase(), now - WINDOW, now + WINDOW];
        let tried = self.db().number(sql, values).await?;
        Ok((TRIES - tried).max(0))
    }

    /// Until when this log-in, or this address, has to wait after too many failed tries.
    pub async fn login_blocked(&self, login: &str, origin: &str) -> Result<Option<Timestamp>, StoreError> {
        // What lies further ahead was noted by a clock that was wrong.
        let (since, until) = (self.now() - WINDOW, self.now() + WINDOW);
        for (column, value, limit) in
            [("login", login.trim().to_lowercase(), TRIES), ("origin", origin.to_owned(), TRIES * 10)]
        {
            let sql = format!(
                "SELECT at FROM login_try WHERE {column} = $1 AND at >= $2 AND at <= $3 ORDER BY at DESC LIMIT {limit}"
            );
            let rows = self.db().rows(&sql, args![value, since, until]).await?;
            if let Some(first) = rows.last().filter(|_| rows.len() as i64 >= limit) {
                return Ok(Some(first.time("at")? + WINDOW));
            }
        }
        Ok(None)
    }
}
